/** Fits, bounds and predictions on the device: those of the reference, and the same bits however they are submitted. */
import { expect, test } from 'vitest'
import { elbo } from '../../src/infer/elbo.ts'
import { fit } from '../../src/infer/fit.ts'
import type { Aborted } from '../../src/infer/fit.ts'
import { predict } from '../../src/predict/predict.ts'
import { Dist, Method, Model, Optimizer, Spec, Tensor } from '../../src/index.ts'
import { classifier, left, open, right } from './models.ts'

const { model: net, data } = classifier()
const o = { data, batchSize: 4, seed: 9, samples: 2 }

test('stopped and continued, one step a submission or many: the same bits', async () => {
  const whole = right(await fit(net, { ...o, steps: 7 })())
  const first = right(await fit(net, { ...o, steps: 3, stepsPerSubmit: 1 })())
  const second = right(await fit(net, { data, from: first, steps: 4 })())
  expect(second.data.state).toEqual(whole.data.state)
  expect(second.history).toEqual(whole.history)
})

test('the device agrees with the reference', async () => {
  const gpu = right(await fit(net, { ...o, steps: 7 })()), ref = right(await fit(net, { ...o, steps: 7, open })())
  // Sums of about a hundred nats in single precision.
  gpu.history.loss.forEach((l, i) => expect(Math.abs(l / ref.history.loss[i] - 1)).toBeLessThan(1e-5))
  ref.data.state['mu'].data.forEach((v, i) => expect(Math.abs(v - gpu.data.state['mu'].data[i])).toBeLessThan(1e-5))
  const [a, b] = [right(await elbo(gpu, data, { samples: 5, batchSize: 3 })()), right(await elbo(gpu, data, { samples: 5, open })())]
  expect(Math.abs(a.value / b.value - 1)).toBeLessThan(1e-5)
  const [p, q] = [right(await predict(gpu, { x: data.x }, { samples: 5, batchSize: 3 })()), right(await predict(gpu, { x: data.x }, { samples: 5, open })())]
  p.predictiveMean.data.forEach((v, i) => expect(Math.abs(v - q.predictiveMean.data[i])).toBeLessThan(1e-5))
  expect(p.votes).toEqual(q.votes)
})

test('a cancelled fit has a whole partial result; a gradient that is not finite names its site', async () => {
  const stop = new AbortController()
  const e = left(await fit(net, { ...o, steps: 20_000, signal: stop.signal, onEvent: (x) => { if (x._tag === 'Progress') stop.abort() } })()) as Aborted
  expect(e._tag).toBe('Aborted')
  expect(e.partial.history.loss.length).toBe(e.partial.data.step)
  expect(left(await fit(net, { ...o, steps: 50, start: { 'd1.W.sd': { mean: 1e-30 } } })())).toMatchObject({ _tag: 'Diverged', path: ['fit', 'd1.W.sd'] })
})

test.each([1e-25, 1e-19, 1, 1e19, 1e25])('the divergence of the prior from itself is 0, at a scale of %d, given or drawn', async (sd) => {
  const still = { data: { y: [0] }, steps: 1, optimizer: Optimizer.sgd({ learningRate: 0 }) }
  const seen = (z: Tensor.Tensor) => ({ y: Dist.normal({ mu: Tensor.broadcastTo([1])(z), sd: 1e30 }) })
  const given = right(await fit(Model.joint({ z: Spec.normal({ sd }) }, ({ z }) => seen(z)), { ...still, start: { z: { mean: 0, sd } } })())
  // Logarithms of scales are up to 58, in single precision.
  expect(Math.abs(given.history.kl[0])).toBeLessThan(58 * 2 ** -23)
  // Under a drawn scale the divergence is that of the scale from its own prior, N(log sd, 1), too: log 1000 - 1/2 where q's sd is .001.
  const s = Spec.logNormal({ mu: Math.log(sd), sd: 1 })
  const drawn = right(await fit(Model.joint({ s, z: Spec.normal({ sd: s }) }, ({ z }) => seen(z)), { ...still, start: { s: { mean: sd, sd: 1e-3 * sd }, z: { mean: 0, sd } } })())
  expect(Math.abs(drawn.history.kl[0] - (Math.log(1000) - 0.5))).toBeLessThan(0.01)
})

test('a gradient whose square is beyond single precision is told, clipped or taken: never a step of 0', async () => {
  // (z - 1) 1e20, and (z - 1) 1e25
  for (const sd of [1e-10, Math.sqrt(1e-25)]) {
    const m = Model.joint({ z: Spec.normal() }, ({ z }) => ({ y: Dist.normal({ mu: Tensor.broadcastTo([1])(z), sd }) }))
    const go = (optimizer: Optimizer.Optimizer, more: object = {}) => fit(m, { data: { y: [1] }, method: Method.map(), steps: 150, start: { z: { mean: 0 } }, optimizer, ...more })()
    for (const o of [Optimizer.adam(), Optimizer.rmsprop()]) expect(left(await go(o))).toMatchObject({ _tag: 'Diverged', path: ['fit', 'z'] })
    // Steps of .01 of a gradient of norm 1, and of Adam's and Adamax's .01 at most.
    for (const [o, more] of [[Optimizer.sgd({ learningRate: 0.01 }), { clip: { norm: 1 } }], [Optimizer.adam({ learningRate: 0.01 }), { clip: { norm: 1 } }], [Optimizer.adamax({ learningRate: 0.01 }), {}]] as const)
      expect(Math.abs(right(await go(o, more)).mean['z'].data[0] - 1)).toBeLessThan(0.2)
  }
})
