/** Fits, bounds and predictions on the device: those of the reference, and the same bits however they are submitted. */
import { expect, test } from 'vitest'
import { elbo } from '../../src/infer/elbo.ts'
import { fit } from '../../src/infer/fit.ts'
import type { Aborted } from '../../src/infer/fit.ts'
import { predict } from '../../src/predict/predict.ts'
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
