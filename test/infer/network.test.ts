/** The whole way from priors and layers to predictions, on the reference. */
import { expect, test } from 'vitest'
import { pipe } from '../../src/fp.ts'
import * as Layer from '../../src/layer/index.ts'
import * as Likelihood from '../../src/model/likelihood.ts'
import * as Model from '../../src/model/index.ts'
import * as Spec from '../../src/spec/index.ts'
import { elbo } from '../../src/infer/elbo.ts'
import { fit } from '../../src/infer/fit.ts'
import * as Optimizer from '../../src/infer/optimizer.ts'
import { errorRate } from '../../src/predict/metrics.ts'
import { predict } from '../../src/predict/predict.ts'
import { open, right } from './models.ts'

const bnn = pipe(
  Layer.input([null, 2], { name: 'x' }),
  Layer.dense({ units: 3, activation: 'tanh' }),
  Layer.dense({ units: 2, activation: 'softmax' }),
  Layer.withDefaultSpec(Spec.normal({ sd: 2 })),
  Model.observe(Likelihood.categorical(), { name: 'y' })
)
const x = Array.from({ length: 60 }, (_, i) => [Math.sin(3 * i), Math.cos(5 * i)])
const y = x.map(([a, b]) => (a + b > 0 ? 1 : 0))

test('a network learns a line through the plane, and its bound rises', async () => {
  const o = { data: { x, y }, batchSize: 20, optimizer: Optimizer.adam({ learningRate: 0.05 }), seed: 2, open }
  const before = right(await fit(bnn, { ...o, steps: 0 })()), after = right(await fit(bnn, { ...o, from: before, steps: 150 })())
  const post = right(await predict(after, { x }, { samples: 20, seed: 1, open })())
  expect(errorRate(y)(post.predictiveMode.data)).toBeLessThan(0.1)
  expect(post.kind).toBe('classes')
  const bound = async (a: typeof before): Promise<number> => right(await elbo(a, { x, y }, { samples: 10, open })()).value
  expect(await bound(after)).toBeGreaterThan((await bound(before)) + 5)
  expect(Object.keys(after.mean)).toEqual(bnn.sites.map((s) => s.name))
  expect(after.data.step).toBe(150)
}, 120_000)

test('a prior without a density is marked: the bound is up to a constant', async () => {
  const flat = pipe(Layer.input([null, 2], { name: 'x' }), Layer.dense({ units: 2, activation: 'softmax' }), Layer.withDefaultSpec(Spec.normal(), { bias: Spec.flat() }), Model.observe(Likelihood.categorical(), { name: 'y' }))
  const approx = right(await fit(flat, { data: { x, y }, steps: 1, open })())
  expect(right(await elbo(approx, { x, y }, { samples: 2, open })()).upToConstant).toBe(true)
})
