/** Bad input is an error value that names the user's own layer, input or option and the fix: everything that needs no device. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Approximation, Dataset, Dist, Layer, Likelihood, Method, Model, Optimizer, Spec, Tensor, elbo, evaluate, fit, pipe, predict } from '../../src/index.ts'
import type { FitOptions, GelatoError } from '../../src/index.ts'
import { openReference } from '../../src/run/reference.ts'
import { left, right } from './tools.ts'

const N = 6
const images = (n: number, at?: number): { readonly shape: readonly number[]; readonly data: Float32Array } =>
  ({ shape: [n, 1, 6, 6], data: Float32Array.from({ length: 36 * n }, (_, i) => (i === at ? NaN : 0.5)) })
const data = { x: images(N), y: [0, 1, 2, 0, 1, 2] }
const net = (...layers: readonly Layer.Layer[]): Model.Model => pipe(
  Layer.input([null, 1, 6, 6], { name: 'x' }), Layer.sequential(layers), Layer.dense({ name: 'out', units: 3, activation: 'softmax' }),
  Layer.withDefaultSpec(Spec.normal()), Model.observe(Likelihood.categorical(), { name: 'y' }))
const model = net(Layer.conv2d({ filters: 2, size: [3, 3], activation: 'tanh' }))

/** The error of a fit that must not begin: an executor that can't be opened would show it. */
const refused = async (o: object, m: unknown = model): Promise<GelatoError> =>
  left(await fit(m as Model.Model, { data, steps: 2, open: () => { throw new Error('it began') }, ...o } as FitOptions)())

/** It has all its parts, and they speak of what they should. */
const says = (e: GelatoError, tag: string, path: readonly string[], ...words: readonly string[]): void => {
  expect(e).toMatchObject({ _tag: tag, path })
  for (const part of [e.got, e.need, e.hint]) expect(part.length).toBeGreaterThan(0)
  for (const w of words) expect(`${e.got} | ${e.need} | ${e.hint}`).toContain(w)
  expect(JSON.parse(JSON.stringify(e))).toMatchObject({ _tag: tag })
}

test('layers that do not fit are named, alone and in fit', async () => {
  const cases: readonly (readonly [Model.Model, readonly string[], string])[] = [
    [net(Layer.conv2d({ name: 'big', filters: 2, size: [9, 3] })), ['big', 'size'], 'kernel 9 x 3 on an image of 6 x 6'],
    [net(Layer.conv2d({ filters: 2, size: [5, 5] }), Layer.maxPool2d({ size: [3, 3] })), ['maxPool2d_1', 'size'], 'window 3 x 3 on an image of 2 x 2'],
    [net(Layer.flatten(), Layer.conv2d({ filters: 2, size: [3, 3] })), ['conv2d_1'], 'put conv2d before flatten'],
    [net(Layer.dense({ name: 'fixed', units: 2, W: Tensor.ones([4, 2]) })), ['fixed', 'W'], '[36, 2]']
  ]
  for (const [m, path, words] of cases) {
    const [first] = left(Model.check(m))
    says(first, 'ShapeMismatch', path, words)
    expect(await refused({}, m)).toMatchObject({ _tag: 'ShapeMismatch', path })
  }
})

test('labels', async () => {
  says(await refused({ data: { ...data, y: [0, 1, 3, 0, 1, 2] } }), 'BadLabel', ['data', 'y', 'row 2'], 'label 3', 'from 0 to 2', 'more units')
  says(await refused({ data: { ...data, y: [0, -1, 2, 0, 1, 2] } }), 'BadLabel', ['data', 'y', 'row 1'], 'label -1')
  says(await refused({ data: { ...data, y: [0, 1, 2, 0.5, 1, 2] } }), 'NotAnInteger', ['data', 'y', 'row 3'], '0.5', 'class numbers')
})

test('data that hold no number, nothing, too little, or other shapes', async () => {
  says(await refused({ data: { ...data, x: images(N, 77) } }), 'NonFinite', ['x', 'row 2, element 5 of it'], 'NaN', 'drop or fill')
  says(await refused({ data: { ...data, y: [0, 1, Infinity, 0, 1, 2] } }), 'NonFinite', ['y', 'row 2'], 'Infinity')
  says(await refused({ data: { x: [], y: [] } }), 'EmptyDataset', ['x'], 'at least one row')
  says(await refused({ data: {} }), 'EmptyDataset', [], 'no fields')
  says(await refused({ data: Dataset.of(data) }), 'UnknownForm', ['data'], 'Either (Right), as Dataset.of gives', 'data.right')
  says(await refused({ data: Dataset.of({}) }), 'UnknownForm', ['data'], 'Either (Left)', 'data.left')
  says(left(Dataset.of({ x: [], y: [] }))[0], 'EmptyDataset', ['x'])
  says(await refused({ data: undefined }), 'MissingData', ['fit', 'data'])
  says(await refused({ data: 'train.csv' }), 'UnknownForm', ['data'], 'string')
  says(await refused({ data: { X: data.x, y: data.y } }), 'MissingField', ['data', 'x'], "rename 'X'")
  says(await refused({ data: { x: data.x } }), 'MissingField', ['data', 'y'], 'observation')
  says(await refused({ data: { x: { shape: [N, 36], data: new Float32Array(36 * N) }, y: data.y } }), 'RowShape', ['data', 'x'], '[36]', '[1, 6, 6]')
  says(await refused({ data: { x: data.x, y: [0, 1] } }), 'RowMismatch', ['y'], '2 rows', 'has 6')
  says(await refused({ data: { x: [[1, 2], [3]], y: [0, 1] } }), 'Ragged', ['x', '[1]'])
})

test('batches that can not be drawn', async () => {
  says(await refused({ batchSize: 7 }), 'BadOption', ['fit', 'batchSize'], '7', 'at most the 6 rows')
  for (const batchSize of [0, -1, 1.5, '4', NaN]) says(await refused({ batchSize }), 'BadOption', ['fit', 'batchSize'], String(batchSize))
  says(await refused({ totalSize: 3 }), 'BadOption', ['fit', 'totalSize'], '6 rows')
})

test('a model that fixes its rows takes them all at once, or says so', async () => {
  const local = Model.joint({ w: pipe(Spec.normal(), Spec.withShape([4])) }, ({ w }) => ({ y: Dist.normal({ mu: w }) }))
  says(await refused({ data: { y: [1, 2, 3, 4] }, batchSize: 2 }, local), 'BadOption', ['fit', 'batchSize'], 'batchSize: 4')
  says(await refused({ data: { y: [1, 2, 3] } }, local), 'RowShape', ['data', 'y'], '3 rows', '4 rows')
  const approx = right(await fit(local, { data: { y: [1, 2, 3, 4] }, steps: 1, open: openReference })())
  expect(right(await elbo(approx, { y: [1, 2, 3, 4] }, { batchSize: 2, samples: 2, open: openReference })()).value).toBeLessThan(0)
})

test('unknown options, each with its nearest', async () => {
  says(await refused({ batchsize: 2 }), 'UnknownOption', ['fit', 'batchsize'], "did you mean 'batchSize'?")
  says(await refused({ optimiser: 1 }), 'UnknownOption', ['fit', 'optimiser'], "did you mean 'optimizer'?")
  says(await refused({ clip: { norms: 1 } }), 'UnknownOption', ['fit', 'clip', 'norms'], "did you mean 'norm'?")
  says(await refused({ optimizer: Optimizer.adam({ beta: 0.5 } as object) }), 'UnknownOption', ['optimizer', 'adam', 'beta'], 'beta1')
  says(await refused({ method: Method.map({ spaces: 1 } as object) }), 'UnknownOption', ['method', 'map', 'spaces'], "did you mean 'space'?")
  says(await refused({ start: { 'out.w': { mean: 0 } } }), 'UnknownSite', ['start', 'out.w'], "did you mean 'out.W'?")
  const approx = right(await fit(model, { data, steps: 0, open: openReference })())
  says(left(await predict(approx, { x: data.x }, { sample: 3 } as object)()), 'UnknownOption', ['predict', 'sample'], "did you mean 'samples'?")
  says(left(await elbo(approx, data, { seeds: 3 } as object)()), 'UnknownOption', ['elbo', 'seeds'], "did you mean 'seed'?")
  says(left(await approx.sample({ sise: 3 } as object)()), 'UnknownOption', ['sample', 'sise'], "did you mean 'size'?")
  says(left(approx.sampleNode(model.prediction, { sise: 3 } as object).type)[0], 'UnknownOption', ['sampleNode', 'sise'], "did you mean 'size'?")
  says(left(approx.applyReplacements(model.prediction, { determinist: true } as object).type)[0], 'UnknownOption', ['applyReplacements', 'determinist'], "did you mean 'deterministic'?")
  const x = Tensor.input('x', [null, 2])
  says(left(await evaluate([x], { x: [[1, 2]] }, { sed: 1 } as object)()), 'UnknownOption', ['evaluate', 'sed'], "did you mean 'seed'?")
  says(left(await evaluate([x], { X: [[1, 2]] })()), 'UnknownOption', ['evaluate', 'X'], "did you mean 'x'?")
})

test('options of a wrong type', async () => {
  for (const steps of [1.5, -1, '10', NaN]) says(await refused({ steps }), 'BadOption', ['fit', 'steps'], String(steps), 'a whole number')
  for (const seed of [0.5, -1, 'a']) says(await refused({ seed }), 'BadOption', ['fit', 'seed'], String(seed))
  for (const samples of [0, '2']) says(await refused({ samples }), 'BadOption', ['fit', 'samples'])
  for (const learningRate of ['0.001', NaN, -1, null, {}, Infinity] as readonly number[])
    says(await refused({ optimizer: Optimizer.adam({ learningRate }) }), 'BadOption', ['optimizer', 'learningRate'], 'a learning rate such as 1e-3')
  says(await refused({ optimizer: Optimizer.adam({ learningRate: ((step: number) => 1 / step) as never }) }), 'BadOption', ['optimizer', 'learningRate'], 'a function', 'Optimizer.cosine(')
  says(await refused({ optimizer: Optimizer.adam({ learningRate: { _tag: 'Cosine', value: 1, end: 0 } as never }) }), 'MissingOption', ['optimizer', 'learningRate', 'Optimizer.cosine', 'steps'], 'value: 1e-3, steps: 1000')
  says(await refused({ optimizer: Optimizer.adam({ beta2: 1 }) }), 'BadOption', ['optimizer', 'beta2'])
  says(await refused({ optimizer: 'adam' }), 'BadOption', ['fit', 'optimizer'], 'Optimizer.adam()')
  says(await refused({ method: 'map' }), 'BadOption', ['fit', 'method'], 'Method.map()')
  says(await refused({ kl: 'mc' }), 'BadOption', ['fit', 'kl'], "'monteCarlo'")
  says(await refused({ pathDerivative: 'yes' }), 'BadOption', ['fit', 'pathDerivative'])
  says(await refused({ clip: { norm: '3' } }), 'BadOption', ['fit', 'clip'])
  says(await refused({ start: { 'out.W': { mean: [1, 2] } } }), 'ShapeMismatch', ['start', 'out.W', 'mean'], '2 numbers', '96')
  says(await refused({ from: {} }), 'BadOption', ['fit', 'from'])
  says(await refused({ signal: {} }), 'BadOption', ['fit', 'signal'], 'AbortController')
  says(await refused({ onEvent: 3 }), 'BadOption', ['fit', 'onEvent'])
  says(await refused({ open: undefined, gpu: 'cpu' }), 'BadOption', ['gpu'], 'Gpu.open()')
  says(await refused({}, null), 'NotAModel', ['fit'])
  says(await refused({}, pipe(Layer.input([null, 3]), Layer.dense({ units: 1 }))), 'NotAModel', ['fit'], 'Model.observe')
  says(left(await fit(model, undefined as unknown as FitOptions)()), 'BadOption', ['fit'])
})

test('an observer that throws ends the fit with an error of its own', async () => {
  says(left(await fit(model, { data, steps: 3, open: openReference, onEvent: () => { throw new Error('mine') } })()), 'ObserverFailed', ['fit', 'onEvent'], 'mine')
})

test('inputs of evaluate and predict that are missing or do not fit', async () => {
  const x = Tensor.input('pixels', [null, 2])
  says(left(await evaluate([x], {})()), 'MissingInput', ['evaluate', 'pixels'], "'pixels'", '[pixels.0, 2]')
  says(left(await evaluate([x], { pixels: [[1, 2, 3]] }, { gpu: 'reference' })()), 'ShapeMismatch', ['pixels'], '[1, 3]', '[1, 2]')
  says(left(await evaluate([x], { pixels: [[1, NaN]] })()), 'NonFinite', ['pixels', 'row 0, element 1 of it'])
  says(left(await evaluate(x as unknown as readonly Tensor.Tensor[], {})()), 'NotATensor', ['evaluate'], 'give [tensor, ...]')
  says(left(await evaluate([x], { pixels: [[1, 2]] }, { seed: 'a' } as object)()), 'BadOption', ['evaluate', 'seed'])
  says(left(await evaluate([Tensor.add(Tensor.ones([3]))(x)], { pixels: [[1, 2]] })()), 'ShapeMismatch', ['broadcast'], '[3]')
  const approx = right(await fit(model, { data, steps: 0, open: openReference })())
  says(left(await predict(approx, { z: data.x })()), 'MissingField', ['data', 'x'], 'z')
  says(left(await predict(approx, { x: [[1, 2]] })()), 'RowShape', ['data', 'x'], '[1, 6, 6]')
  says(left(await predict(approx, { x: images(1, 3) })()), 'NonFinite', ['x', 'row 0, element 3 of it'])
  for (const samples of [0, 1.5, 'a'] as readonly number[]) says(left(await predict(approx, { x: data.x }, { samples })()), 'BadOption', ['predict', 'samples'])
  for (const seed of [-1, 'a'] as readonly number[]) {
    says(left(await predict(approx, { x: data.x }, { seed })()), 'BadOption', ['predict', 'seed'])
    says(left(await elbo(approx, data, { seed })()), 'BadOption', ['elbo', 'seed'])
    says(left(await approx.sample({ seed })()), 'BadOption', ['sample', 'seed'])
    says(left(approx.sampleNode(model.prediction, { seed }).type)[0], 'BadOption', ['sampleNode', 'seed'])
  }
  says(left(approx.sampleNode(model.prediction, { size: 0 }).type)[0], 'BadOption', ['sampleNode', 'size'])
  says(left(approx.applyReplacements(model.prediction, { moreReplacements: [[model.inputs['x'], Tensor.input('p', [null, 3])]] }).type)[0], 'ReplacementMismatch', ['replace', 'x'], '[p.0, 3]', '[batch, 1, 6, 6]')
})

test('another model, another method, another optimiser can not be gone on with', async () => {
  const from = right(await fit(model, { data, steps: 0, open: openReference })())
  says(await refused({ from }, net()), 'ModelMismatch', ['fit', 'from'], 'conv2d_1.W')
  says(await refused({ from, method: Method.map() }), 'MethodMismatch', ['fit', 'from'], 'map')
  says(await refused({ from, optimizer: Optimizer.sgd() }), 'OptimizerMismatch', ['fit', 'from'], 'sgd')
})

test('files of MNIST that are cut, padded or not there name the file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gelato-'))
  try {
    says(left(await Dataset.mnist({ folder })()), 'MissingFile', ['mnist', 'train-images-idx3-ubyte'])
    const idx = (dims: readonly number[]): Uint8Array => Uint8Array.from([0, 0, 8, dims.length, ...dims.flatMap((d) => [d >>> 24, (d >>> 16) & 255, (d >>> 8) & 255, d & 255]), ...new Uint8Array(dims.reduce((a, b) => a * b, 1))])
    const good: Readonly<Record<string, Uint8Array>> = {
      'train-images-idx3-ubyte': idx([2, 28, 28]), 'train-labels-idx1-ubyte': idx([2]), 't10k-images-idx3-ubyte': idx([1, 28, 28]), 't10k-labels-idx1-ubyte': idx([1])
    }
    const put = (changed: Readonly<Record<string, Uint8Array>>): Promise<unknown> => Promise.all(Object.entries({ ...good, ...changed }).map(([k, b]) => writeFile(join(folder, k), b)))
    await put({})
    expect(right(await Dataset.mnist({ folder })()).train.x.shape).toEqual([2, 1, 28, 28])
    for (const [name, bytes] of Object.entries(good)) {
      await put({ [name]: bytes.subarray(0, bytes.length - 1) })
      const e = left(await Dataset.mnist({ folder })())
      expect(e._tag).toBe('CorruptIdx')
      expect(e.path.join(' ')).toContain(name)
      expect(e.got).toContain('cut short')
    }
    await put({ 'train-labels-idx1-ubyte': Uint8Array.of(1, 2, 3, 4, 5) })
    expect(left(await Dataset.mnist({ folder })())).toMatchObject({ _tag: 'CorruptIdx', got: 'magic 01 02 03 04' })
    says(left(await Dataset.mnist({ foldr: folder } as object)()), 'UnknownOption', ['mnist', 'foldr'], "did you mean 'folder'?")
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('files of approximations that are not there', async () => {
  const e = left(await Approximation.load('nowhere/bnn')())
  expect(e._tag).toBe('CannotRead')
  expect(e.path.join(' ')).toContain('nowhere/bnn.json')
})
