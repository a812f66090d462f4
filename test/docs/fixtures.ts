/** What examples in doc comments take for granted: a small model, data, an approximation. */
import { Dataset, E, Layer, Likelihood, Model, Spec, TE, Tensor, fit, orThrow, pipe } from '../../src/index.ts'
import { toTask } from '../../src/error.ts'
import type { TrainTest } from '../../src/data/mnist.ts'
import type { Tensor as T } from '../../src/tensor/node.ts'

export { kernels, libraries } from '../../src/shaders.ts'

export const x: T = Tensor.input('x', [null, 1, 28, 28])
export const hyper = pipe(Spec.logNormal({ sd: 10 }), Spec.withShape([]))
export const expr = pipe(Spec.normal(), Spec.mul(pipe(Spec.normal(), Spec.withShape([]))))
export const s = expr
export const stem = pipe(Layer.input([null, 1, 28, 28], { name: 'x', scale: 1 / 255 }), Layer.maxPool2d({ size: [4, 4] }), Layer.flatten())
export const left = Layer.dense({ units: 3 })
export const right = Layer.dense({ units: 4, activation: 'tanh' })
export const network = pipe(stem, Layer.dense({ units: 10, activation: 'softmax' }))
export const bnn = pipe(network, Model.observe(Likelihood.categorical(), { name: 'y' }))

const images = (n: number, seed: number): { readonly x: { readonly dtype: 'u8'; readonly shape: readonly number[]; readonly data: Uint8Array }; readonly y: Int32Array } => ({
  x: { dtype: 'u8', shape: [n, 1, 28, 28], data: Uint8Array.from({ length: n * 784 }, (_, i) => ((i + seed) * 2654435761) >>> 24) },
  y: Int32Array.from({ length: n }, (_, i) => (i + seed) % 10)
})
export const train = images(200, 1)
export const test = images(50, 2)
export const data = await orThrow(toTask(Dataset.of(train, { name: 'train' })))

/** An approximation of the small model, fitted by the interpreter: no device. */
export const approx = await orThrow(fit(bnn, { data: train, steps: 2, batchSize: 20, seed: 0, gpu: 'reference' }))

/** The first images of MNIST. */
export const smallMnist = (): ReturnType<typeof Dataset.mnist> =>
  pipe(Dataset.mnist(), TE.chain(({ train: a, test: b }) => toTask(pipe(
    E.Do,
    E.bind('train', () => Dataset.take(512)(a)),
    E.bind('test', () => Dataset.take(200)(b)),
    E.map((d) => d as unknown as TrainTest)
  ))))
