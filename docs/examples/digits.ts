/**
 * The digits of the live page: a small Bayesian network learns MNIST at 14 x 14 pixels, and its
 * posterior is written as the two files that the page loads. Takes some minutes on a CPU.
 *
 *     node docs/example.mjs digits
 *
 * In tests: gpu small steps=4 samples=2
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { Approximation, Dataset, E, Layer, Likelihood, Metrics, Model, Optimizer, Spec, fit, orThrow, pipe, predict } from 'gelato-gpu'

const { train, test } = await orThrow(Dataset.mnist())
const network = pipe(
  Layer.input([null, 1, 28, 28], { name: 'x', scale: 1 / 255 }),
  Layer.avgPool2d({ size: [2, 2] }),
  Layer.dense({ units: 64, activation: 'tanh', W: Spec.normal({ sd: 0.3 }), b: Spec.normal() }),
  Layer.dense({ units: 10, activation: 'softmax', W: Spec.normal({ sd: 0.3 }), b: Spec.normal() }))
const bnn = pipe(network, Model.observe(Likelihood.categorical(), { name: 'y' }))

const rate = Optimizer.cosine({ value: 5e-3, end: 2e-4, steps: 12_000 })
const approx = await orThrow(fit(bnn, { data: train, steps: 12_000, batchSize: 200, optimizer: Optimizer.adam({ learningRate: rate }), seed: 0 }))
const post = await orThrow(predict(approx, { x: test.x }, { samples: 30, seed: 1 }))
console.log('loss, nats:', approx.history.loss.at(-1))
console.log('wrong on the test set:', Metrics.errorRate(test.y.data)(post.predictiveMode.data))
console.log('calibration error:', Metrics.ece(test.y.data)(post.predictiveMean.data))

// A visitor's browser doesn't go on training: the optimiser's state and the history stay at home.
const slim = Approximation.of({
  ...approx.data,
  state: {},
  history: { loss: new Float32Array(0), kl: new Float32Array(0), logLik: new Float32Array(0) }
})
const saved = Approximation.toSaved(slim)
if (E.isLeft(saved)) throw new Error(JSON.stringify(saved.left))
const bytes = Approximation.encodeSafetensors({ tensors: saved.right.tensors, metadata: {} })
if (E.isLeft(bytes)) throw new Error(JSON.stringify(bytes.left))

const folder = process.env['LIVE_FOLDER'] ?? 'out'
await mkdir(folder, { recursive: true })
await writeFile(`${folder}/digits.json`, JSON.stringify(saved.right.json))
await writeFile(`${folder}/digits.safetensors`, bytes.right)
console.log(`${folder}/digits.safetensors: ${bytes.right.length} bytes`)
