/**
 * A server that answers with what a posterior knows: POST { "x": [[...]] } gives the mean and the
 * standard deviation of the prediction. For the example it fits a line first, asks itself once and stops.
 *
 *     node docs/example.mjs server
 *
 * In tests: steps=100
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Approximation, E, Layer, Likelihood, Model, Optimizer, Spec, fit, orThrow, pipe, predict } from 'gelato-gpu'

const model = pipe(
  Layer.input([null, 1], { name: 'x' }),
  Layer.dense({ units: 1, W: Spec.normal({ sd: 3 }), b: Spec.normal() }),
  Model.observe(Likelihood.normal({ sd: 0.2 }), { name: 'y' }))
const fitted = await orThrow(fit(model, {
  data: { x: [[-1], [-0.5], [0], [0.5], [1]], y: [-1.9, -1.1, 0.1, 0.9, 2] },
  steps: 400, optimizer: Optimizer.adam({ learningRate: 0.05 }), seed: 0, gpu: 'reference'
}))

// A server loads what was saved; here it is passed through its stored form.
const loaded = pipe(Approximation.toSaved(fitted), E.chain(Approximation.fromSaved))
if (E.isLeft(loaded)) throw new Error(JSON.stringify(loaded.left))
const approx = loaded.right

const server = createServer((request, response) => {
  let body = ''
  request.on('data', (chunk) => { body += String(chunk) })
  request.on('end', () => {
    const answer = (status: number, value: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    }
    try {
      const { x } = JSON.parse(body) as { readonly x: number[][] }
      // An error is a value too: it goes back to who asked, with what was wrong and what to do.
      void predict(approx, { x }, { samples: 50, seed: 0, gpu: 'reference' })().then(E.match(
        (e) => { answer(400, e) },
        (p) => { answer(200, { mean: Array.from(p.predictiveMean.data), sd: Array.from(p.variance.data, Math.sqrt) }) }
      ))
    } catch {
      answer(400, { need: 'JSON such as { "x": [[0.5]] }' })
    }
  })
})

await new Promise<void>((ready) => { server.listen(0, '127.0.0.1', ready) })
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
const post = (body: unknown): Promise<Response> => fetch(url, { method: 'POST', body: JSON.stringify(body) })
console.log('at 0.5:', await (await post({ x: [[0.5]] })).json())
console.log('two numbers a row:', await (await post({ x: [[0.5, 1]] })).json())
server.closeAllConnections()
server.close()
