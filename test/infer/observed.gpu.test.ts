/** What can't be has no likelihood on the device either. */
import { expect, test } from 'vitest'
import { Dist, Model, Optimizer, Spec, elbo, fit } from '../../src/index.ts'
import { left, right } from '../checks/tools.ts'

test('bounds that are inferred: draws that pass them end the run, a prior that ends at the data is fitted', async () => {
  const upTo = (theta: Spec.Spec): Model.Model => Model.joint({ theta }, (v) => ({ y: Dist.uniform({ lower: 0, upper: v.theta }) }))
  const run = (theta: Spec.Spec): ReturnType<ReturnType<typeof fit>> =>
    fit(upTo(theta), { data: { y: [1, 2, 3] }, steps: 200, optimizer: Optimizer.adam({ learningRate: 0.05 }) })()
  // Under a normal about 3 half of the draws fall below 3.
  expect(left(await run(Spec.truncatedNormal({ mu: 3, sd: 0.5, lower: 0 })))).toMatchObject({ _tag: 'Diverged', path: ['fit', 'y'], need: expect.stringContaining('at least 3') })
  const a = right(await run(Spec.truncatedNormal({ mu: 3, sd: 1, lower: 3, upper: 8 })))
  expect(a.history.loss.every(Number.isFinite)).toBe(true)
  expect(right(await elbo(a, { y: [1, 2, 7.9] }, { samples: 5 })()).value).toBe(-Infinity)
})
