/** A network of two heads, one observed with gaps, fitted and predicted on the device. */
import { expect, test } from 'vitest'
import { Layer, Likelihood, Model, Optimizer, fit, orThrow, pipe, predict } from '../../src/index.ts'

test('two heads, classes and numbers with gaps: gaps have no say, and what was learnt predicts', async () => {
  const model = pipe(
    Layer.input([null, 1], { name: 'x' }),
    Layer.parallel([Layer.dense({ units: 2, name: 'kind', activation: 'softmax' }), Layer.dense({ units: 1, name: 'size' })]),
    Layer.outputs(),
    Model.observe(Likelihood.categorical(), { name: 'k', layer: 'kind' }),
    Model.observe(Likelihood.normal({ sd: 0.1 }), { name: 's', layer: 'size', missing: true })
  )
  // Sizes are 2 x, missing in every third row; the kind is the sign of x.
  const x = Array.from({ length: 60 }, (_, i) => (i - 29.5) / 30)
  const run = (filler: number, steps: number): ReturnType<typeof fit> => fit(model, {
    data: { x: x.map((v) => [v]), k: x.map((v) => Number(v > 0)), s: x.map((v, i) => (i % 3 === 0 ? filler : 2 * v)), 's.mask': x.map((_, i) => Number(i % 3 > 0)) },
    steps, batchSize: 60, seed: 1, optimizer: Optimizer.adam({ learningRate: 0.1 })
  })
  const a = await orThrow(run(0, 120)), b = await orThrow(run(1e6, 10))
  // The same bits whatever stands in the gaps.
  expect(Array.from(b.history.loss)).toEqual(Array.from(a.history.loss.slice(0, 10)))
  // The slope's posterior: 40 rows of sum x^2 about 13, sd 0.1, so within 5 x 0.03 of 2.
  expect(Math.abs(a.mean['size.W'].data[0] - 2)).toBeLessThan(0.15)
  const at = { x: [[-0.9], [0.9]] }
  const sizes = await orThrow(predict(a, at, { name: 's', samples: 20 })), classes = await orThrow(predict(a, at, { samples: 20 }))
  expect(Array.from(classes.predictiveMode.data)).toEqual([0, 1])
  expect(sizes.kind).toBe('real')
  sizes.predictiveMean.data.forEach((v, i) => expect(Math.abs(v - [-1.8, 1.8][i])).toBeLessThan(0.2))
}, 60_000)
