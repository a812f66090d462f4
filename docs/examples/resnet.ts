/**
 * A residual network on MNIST: nine convolutions with batch normalisation, and a dense layer on
 * their mean over places. Every kernel is Bayesian; the factors and offsets of the normalisation
 * are point estimates, and its running statistics are states that the approximation keeps.
 * Takes some minutes on a CPU.
 *
 *     node docs/example.mjs resnet
 *
 * In tests: gpu small steps=2 samples=2
 */
import { Dataset, Layer, Likelihood, Metrics, Model, Optimizer, fit, orThrow, pipe, predict } from 'gelato-gpu'

const { train, test } = await orThrow(Dataset.mnist())

const normalised = (filters: number, stride = 1): Layer.Layer => Layer.sequential([
  Layer.conv2d({ filters, size: 3, stride, padding: 1, b: null }),
  Layer.batchNorm()
])
/** Two convolutions around which the input goes; a convolution of one place where the shape changes. */
const block = (filters: number, stride = 1): Layer.Layer => Layer.sequential([
  Layer.residual(
    Layer.sequential([normalised(filters, stride), Layer.nonlinearity('relu'), normalised(filters)]),
    stride === 1 ? {} : { projection: Layer.conv2d({ filters, size: 1, stride, b: null }) }),
  Layer.nonlinearity('relu')
])

const network = pipe(
  Layer.input([null, 1, 28, 28], { name: 'x', scale: 1 / 255 }),
  normalised(8, 2), Layer.nonlinearity('relu'),
  block(8), block(16, 2), block(16), block(32, 2),
  Layer.globalPool(),
  Layer.dense({ units: 10, activation: 'softmax' }),
  Layer.pointEstimate({ kind: 'batchNorm' }))
const model = pipe(network, Model.observe(Likelihood.categorical(), { name: 'y' }))
console.log(Model.summary(model))

const rate = Optimizer.cosine({ value: 4e-3, end: 4e-4, steps: 1200 })
const approx = await orThrow(fit(model, { data: train, steps: 1200, batchSize: 64, optimizer: Optimizer.adam({ learningRate: rate }), seed: 0 }))
const post = await orThrow(predict(approx, { x: test.x }, { samples: 20, seed: 1 }))
console.log('loss, nats:', approx.history.loss.at(-1))
console.log('wrong on the test set:', Metrics.errorRate(test.y.data)(post.predictiveMode.data))
console.log('calibration error:', Metrics.ece(test.y.data)(post.predictiveMean.data))
