/**
 * A regression on a CSV file: reads it, splits it, fits, and prints how far off unseen rows are.
 * Without an argument it takes the made-up table below.
 *
 *     node docs/example.mjs csv
 *
 * In tests: steps=150
 */
import { Dataset, E, Layer, Likelihood, Metrics, Model, Optimizer, Spec, fit, orThrow, pipe, predict } from 'gelato-gpu'

// Made up: weight = 90 (height - 1) + 2 (age / 10) and a wobble.
const text = ['height,age,weight', ...Array.from({ length: 40 }, (_, i) => {
  const h = 1.5 + ((7 * i) % 40) / 100, age = 20 + ((11 * i) % 40)
  return [h.toFixed(2), age, (90 * (h - 1) + age / 5 + 3 * Math.sin(5 * i)).toFixed(1)].join(',')
})].join('\n')

const [head, ...lines] = text.trim().split(/\r?\n/).map((l) => l.split(','))
const column = (name: string): readonly number[] => lines.map((row) => Number(row[head.indexOf(name)]))

/** Numbers with mean 0 and standard deviation 1. */
const standard = (xs: readonly number[]): readonly number[] => {
  const m = xs.reduce((a, b) => a + b) / xs.length
  const s = Math.sqrt(xs.reduce((a, b) => a + (b - m) ** 2, 0) / xs.length)
  return xs.map((x) => (x - m) / s)
}
const [h, a, w] = ['height', 'age', 'weight'].map((n) => standard(column(n)))

const parts = pipe(
  Dataset.of({ x: h.map((v, i) => [v, a[i]]), y: [...w] }),
  E.chain(Dataset.split({ train: 0.75, test: 0.25 }, 0)))
if (E.isLeft(parts)) throw new Error(JSON.stringify(parts.left))
const { train, test } = parts.right

const model = pipe(
  Layer.input([null, 2], { name: 'x' }),
  Layer.dense({ units: 1, W: Spec.normal(), b: Spec.normal() }),
  Model.observe(Likelihood.normal({ sd: Spec.halfNormal() }), { name: 'y' }))

const rate = Optimizer.cosine({ value: 0.05, steps: 800 })
const approx = await orThrow(fit(model, { data: train, steps: 800, samples: 2, optimizer: Optimizer.adam({ learningRate: rate }), seed: 0, gpu: 'reference' }))
const post = await orThrow(predict(approx, { x: test.fields['x'] }, { samples: 50, seed: 1, gpu: 'reference' }))

console.log('effect of height and age, in standard deviations:', Array.from(approx.mean['dense_1.W'].data))
console.log('noise:', approx.mean['y.sd'].data[0])
console.log('root mean squared error on unseen rows:', Metrics.rmse(test.fields['y'].data)(post.predictiveMean.data))
