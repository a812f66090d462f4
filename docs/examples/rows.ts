/**
 * MNIST read as sequences: a gated recurrent unit takes a digit row by row, 28 steps of 28 pixels,
 * and the last state is classified. Every weight is Bayesian. Takes some minutes on a CPU.
 *
 *     node docs/example.mjs rows
 *
 * In tests: gpu small steps=2 samples=2
 */
import { Dataset, Layer, Likelihood, Metrics, Model, Optimizer, fit, orThrow, pipe, predict } from 'gelato-gpu'

const { train, test } = await orThrow(Dataset.mnist())

const network = pipe(
  Layer.input([null, 1, 28, 28], { name: 'x', scale: 1 / 255 }),
  Layer.reshape({ shape: [[0], 28, 28] }),
  Layer.gru({ units: 64, onlyReturnFinal: true }),
  Layer.dense({ units: 10, activation: 'softmax' }))
const model = pipe(network, Model.observe(Likelihood.categorical(), { name: 'y' }))
console.log(Model.summary(model))

const rate = Optimizer.cosine({ value: 5e-3, end: 5e-4, steps: 800 })
const approx = await orThrow(fit(model, { data: train, steps: 800, batchSize: 100, optimizer: Optimizer.adam({ learningRate: rate }), seed: 0 }))
const post = await orThrow(predict(approx, { x: test.x }, { samples: 5, seed: 1 }))
console.log('loss, nats:', approx.history.loss.at(-1))
console.log('wrong on the test set:', Metrics.errorRate(test.y.data)(post.predictiveMode.data))
console.log('calibration error:', Metrics.ece(test.y.data)(post.predictiveMean.data))
