/** Point estimates and states on the device: those of the reference, and the same bits however they are submitted. */
import { expect, test } from 'vitest'
import { fit } from '../../src/infer/fit.ts'
import * as Optimizer from '../../src/infer/optimizer.ts'
import { predict } from '../../src/predict/index.ts'
import { line, mixed, normalised } from './held.ts'
import { open, right } from './models.ts'
import * as Spec from '../../src/spec/index.ts'

// The bias below the centring has no gradient but rounding, which Adam would divide by its own size.
const o = { data: line, batchSize: 3, seed: 5, samples: 2, optimizer: Optimizer.sgd({ learningRate: 1e-3 }) }

type Fitted = { readonly [K in 'params' | 'states']: Readonly<Record<string, { readonly data: ArrayLike<number> }>> } & { readonly history: { readonly loss: Float32Array } }

/** Sums of some ten nats in single precision. */
const agrees = (gpu: Fitted, ref: Fitted): void => {
  gpu.history.loss.forEach((l, i) => expect(Math.abs(l / ref.history.loss[i] - 1)).toBeLessThan(1e-5))
  for (const held of ['params', 'states'] as const)
    for (const [k, a] of Object.entries(ref[held])) Array.from(a.data).forEach((v, i) => expect(Math.abs(v - gpu[held][k].data[i])).toBeLessThan(1e-5))
}

test('beside sites: as the reference; stopped and continued, one step a submission or many, the same bits', async () => {
  const whole = right(await fit(mixed, { ...o, steps: 7 })())
  const first = right(await fit(mixed, { ...o, steps: 3, stepsPerSubmit: 1 })())
  const second = right(await fit(mixed, { data: line, from: first, steps: 4 })())
  expect([second.params, second.states, second.history]).toEqual([whole.params, whole.states, whole.history])
  agrees(whole, right(await fit(mixed, { ...o, steps: 7, open })()))
})

test('without sites: fits and predictions are those of the reference', async () => {
  const m = normalised(Spec.learn())
  const gpu = right(await fit(m, { ...o, steps: 7 })())
  agrees(gpu, right(await fit(m, { ...o, steps: 7, open })()))
  const [p, q] = [right(await predict(gpu, { x: line.x }, { samples: 1 })()), right(await predict(gpu, { x: line.x }, { samples: 1, gpu: 'reference' })())]
  p.predictiveMean.data.forEach((v, i) => expect(Math.abs(v - q.predictiveMean.data[i])).toBeLessThan(1e-5))
})
