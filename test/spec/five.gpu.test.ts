/** One step of a fit of each of the original's five expressions, on the GPU and in f64. */
import { expect, test } from 'vitest'
import { orThrow } from '../../src/error.ts'
import { pipe } from '../../src/fp.ts'
import * as Dist from '../../src/dist/index.ts'
import { fit } from '../../src/infer/index.ts'
import * as Model from '../../src/model/index.ts'
import * as Spec from '../../src/spec/index.ts'
import { five } from './five.ts'

test.each(five)('%s', async (_, s) => {
  const model = Model.joint({ e: pipe(s, Spec.withShape([10, 10])) }, ({ e }) => ({ obs: Dist.normal({ mu: e }) }))
  const data = { obs: { shape: [10, 10], data: Float32Array.from({ length: 100 }, (_x, i) => Math.sin(i)) } }
  const gpu = await orThrow(fit(model, { data, steps: 1, seed: 0 }))
  const host = await orThrow(fit(model, { data, steps: 1, seed: 0, gpu: 'reference' }))
  // One draw of the same noise: f32 sums of a few hundred terms.
  expect(Math.abs(gpu.history.loss[0] / host.history.loss[0] - 1)).toBeLessThan(1e-4)
})
