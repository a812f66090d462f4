/**
 * Two moons: a small Bayesian network learns to tell two crescents apart, and says where it
 * can't. Prints its error and its doubt at three places.
 *
 *     node docs/example.mjs two-moons
 *
 * In tests: gpu steps=40 samples=10
 */
import { Layer, Likelihood, Metrics, Model, Optimizer, Spec, fit, orThrow, pipe, predict } from 'gelato-gpu'

// A generator of our own, so that the data are the same everywhere.
const uniform = (seed: number) => () => (seed = (seed * 1664525 + 1013904223) >>> 0) / 2 ** 32
const u = uniform(1)
const normal = () => Math.sqrt(-2 * Math.log(1 - u())) * Math.cos(2 * Math.PI * u())
const rows = Array.from({ length: 200 }, (_, i) => {
  const a = Math.PI * u(), upper = i % 2 === 0
  return [(upper ? Math.cos(a) : 1 - Math.cos(a)) + 0.1 * normal(), (upper ? Math.sin(a) : 0.5 - Math.sin(a)) + 0.1 * normal()]
})
const train = { x: rows, y: Int32Array.from(rows, (_, i) => i % 2) }

const network = pipe(
  Layer.input([null, 2], { name: 'x' }),
  Layer.dense({ units: 8, activation: 'tanh' }),
  Layer.dense({ units: 8, activation: 'tanh' }),
  Layer.dense({ units: 2, activation: 'softmax' }),
  Layer.withDefaultSpec(Spec.normal({ sd: 2 }), { bias: Spec.normal({ sd: 2 }) }))
const bnn = pipe(network, Model.observe(Likelihood.categorical(), { name: 'y' }))
console.log(Model.summary(bnn))

const rate = Optimizer.cosine({ value: 2e-2, steps: 1000 })
const approx = await orThrow(fit(bnn, { data: train, steps: 1000, optimizer: Optimizer.adam({ learningRate: rate }), seed: 0 }))
console.log('loss, nats:', approx.history.loss[0], 'to', approx.history.loss.at(-1))

const seen = await orThrow(predict(approx, { x: train.x }, { samples: 100, seed: 1 }))
console.log('error rate on the training set:', Metrics.errorRate(train.y)(seen.predictiveMode.data))

const places = [[0, 1], [0.5, 0.25], [1, -0.5]]
const post = await orThrow(predict(approx, { x: places }, { samples: 100, seed: 1 }))
places.forEach((p, i) => {
  console.log(`at (${p.join(', ')}): class ${post.predictiveMode.data[i]}, ${(100 * post.expectedErrorRate.data[i]).toFixed(0)} % of draws say otherwise`)
})
