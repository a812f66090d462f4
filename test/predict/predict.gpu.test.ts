/** Predictions on a device: the numbers of the interpreter, and few programs for many numbers of rows. */
import { expect, test } from 'vitest'
import { Gpu, Layer, Likelihood, Model, Spec, fit, orThrow, pipe, predict } from '../../src/index.ts'
import { sessionOf } from '../../src/gpu/session.ts'
import { device, right } from '../checks/tools.ts'

const model = pipe(Layer.input([null, 2], { name: 'x' }), Layer.dense({ units: 3, activation: 'tanh' }), Layer.dense({ units: 1, activation: 'sigmoid' }),
  Layer.withDefaultSpec(Spec.normal()), Model.observe(Likelihood.bernoulli(), { name: 'y' }))
const x = Array.from({ length: 37 }, (_, i) => [Math.sin(i), Math.cos(2 * i)]), y = x.map(([a, b]) => (a * b > 0 ? 1 : 0))
const approx = right(await fit(model, { data: { x, y }, steps: 2, gpu: 'reference' })())

test('log likelihoods and binary predictions are those of the interpreter, in pieces too', async () => {
  const gpu = await device()
  const o = { samples: 45, seed: 3 }, reference = { ...o, gpu: 'reference' as const }
  const ll = right(await predict.logLikelihood(approx, { x, y }, reference)()), post = right(await predict(approx, { x }, reference)())
  for (const cut of [{}, { batchSize: 10 }, { batchSize: 10, memory: 20_000 }]) {
    const there = right(await predict.logLikelihood(approx, { x, y }, { ...o, ...cut, gpu })()), seen = right(await predict(approx, { x }, { ...o, ...cut, gpu })())
    // single precision through a network with sums of a few terms
    there.data.forEach((v, i) => { expect(Math.abs(v - ll.data[i])).toBeLessThan(2e-5 * Math.max(1, Math.abs(ll.data[i]))) })
    seen.predictiveMean.data.forEach((v, i) => { expect(v).toBeCloseTo(post.predictiveMean.data[i], 5) })
    seen.logPredictiveMean.data.forEach((v, i) => { expect(v).toBeCloseTo(post.logPredictiveMean.data[i], 4) })
    expect([...seen.votes.data]).toEqual([...post.votes.data])
  }
}, 120_000)

test('all numbers of rows up to 37 are seven programs, or twice as many with the centre', async () => {
  const gpu = await orThrow(Gpu.open({ dawn: ['backend=null'] }))
  const { programs } = sessionOf(gpu)
  for (let n = 1; n <= 37; n++) right(await predict(approx, { x: x.slice(0, n) }, { samples: 2, gpu })())
  // 1, 2, 4, ..., 64 rows, each of draws and of the centre
  expect(programs.size).toBe(2 * 7)
  Gpu.close(gpu)
}, 120_000)
