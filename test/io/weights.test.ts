/** Weights read, mapped to PyTorch's names and back, started at, and as centres of priors. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Approximation, E, Layer, Likelihood, Method, Model, Spec, Weights, evaluate, fit, orThrow, pipe } from '../../src/index.ts'
import type { GelatoErrors, Tensor } from '../../src/index.ts'
import { open } from '../infer/models.ts'

const folder = join(import.meta.dirname, '../fixtures/weights')
const got = <A>(e: E.Either<GelatoErrors, A>): A => {
  if (E.isLeft(e)) throw new Error(JSON.stringify(e.left, null, 1))
  return e.right
}
const told = (e: E.Either<GelatoErrors, unknown>): string => (E.isLeft(e) ? e.left.map((x) => `${x._tag} ${x.path.join(' ')}: ${x.got}; ${x.need}; ${x.hint}`).join('\n') : 'Right')

interface Numbers { readonly shape: readonly number[]; readonly data: readonly number[] }
const outputs = JSON.parse(readFileSync(join(folder, 'outputs.json'), 'utf8')) as Readonly<Record<string, { readonly x: Numbers; readonly y: Numbers }>>
const file = got(Weights.fromSafetensors('weights.safetensors')(new Uint8Array(readFileSync(join(folder, 'weights.safetensors')))))
/** The state dict of one module. */
const stateDict = (name: string): Weights.Weights =>
  Object.fromEntries(Object.entries(file).flatMap(([k, v]) => (k.startsWith(`${name}.`) ? [[k.slice(name.length + 1), v]] : [])))

/** Our networks for the modules of the fixture, and which layer each module is. */
const cases: Readonly<Record<string, readonly [Layer.Network, Weights.Modules]>> = {
  convolutional: [
    pipe(
      Layer.input([null, 2, 4, 4], { name: 'x' }), Layer.conv2d({ filters: 4, size: 3, padding: 1 }), Layer.batchNorm({ epsilon: 1e-5 }), Layer.prelu(),
      Layer.transposedConv2d({ filters: 2, size: 2, stride: 2, activation: 'tanh' }), Layer.flatten(), Layer.layerNorm({ epsilon: 1e-5 }), Layer.dense({ units: 3 })
    ),
    { 'features.0': 'conv2d_1', 'features.1': 'batchNorm_1', 'features.2': 'prelu_1', 'features.3': 'transposedConv2d_1', norm: 'layerNorm_1', fc: 'dense_1' }
  ],
  rnn: [pipe(Layer.input([null, 5, 3], { name: 'x' }), Layer.recurrent({ units: 4, activation: 'tanh' }), Layer.dense({ units: 2, numLeadingAxes: 2 })), { rnn: 'recurrent_1', fc: 'dense_1' }],
  lstm: [
    pipe(Layer.input([null, 5, 3], { name: 'x' }), Layer.lstm({ units: 4, peepholes: false }), Layer.lstm({ units: 4, peepholes: false }), Layer.dense({ units: 2, numLeadingAxes: 2 })),
    { rnn: ['lstm_1', 'lstm_2'], fc: 'dense_1' }
  ],
  gru: [pipe(Layer.input([null, 5, 3], { name: 'x' }), Layer.gru({ units: 4, hiddenUpdate: { bHid: Spec.normal() } }), Layer.dense({ units: 2, numLeadingAxes: 2 })), { rnn: 'gru_1', fc: 'dense_1' }],
  attentive: [pipe(Layer.input([null, 4, 6], { name: 'x' }), Layer.multiHeadAttention({ heads: 2 })), { attention: 'multiHeadAttention_1' }]
}

describe.each(Object.keys(cases))('a PyTorch state dict: %s', (name) => {
  const [network, modules] = cases[name]
  const model = Model.of(network)
  const weights = (): Weights.Weights => got(Weights.fromTorch(modules)(network)(stateDict(name)))

  test('gives every parameter and state, and the outputs that PyTorch has', async () => {
    const w = weights()
    expect(Object.keys(w).sort()).toEqual([...model.sites.map((s) => s.name), ...Object.keys(model.states)].sort())
    const { x, y } = outputs[name]
    const [out] = await orThrow(evaluate([model.prediction], { ...w, x: { shape: x.shape, data: Float32Array.from(x.data) } } as never, { gpu: 'reference' }))
    expect(out.shape).toEqual(y.shape)
    y.data.forEach((v, i) => expect(Math.abs(out.data[i] - v)).toBeLessThan(1e-5))
  })

  test('written and read again, the weights are the same', () => {
    const w = weights()
    const bytes = pipe(Weights.toTorch(modules)(network)(w), E.chain((t) => Weights.toSafetensors(t)), E.chain(Weights.fromSafetensors()))
    expect(got(pipe(bytes, E.chain(Weights.fromTorch(modules)(network))))).toEqual(w)
    // What a module keeps besides: its counter, and the split of a bias in two.
    const theirs = got(Weights.toTorch(modules)(network)(w))
    for (const [k, v] of Object.entries(stateDict(name)))
      if (!k.endsWith('num_batches_tracked') && !k.includes('bias_')) expect(theirs[k], k).toEqual({ shape: v.shape, data: Float32Array.from(v.data) })
  })
})

const dense = pipe(Layer.input([null, 2], { name: 'x' }), Layer.dense({ units: 3, name: 'fc' }))

test('any weights of a dense layer come back from PyTorch order', () => {
  fc.assert(fc.property(fc.array(fc.float({ noNaN: true }), { minLength: 9, maxLength: 9 }), (v) => {
    const w = { 'fc.W': { shape: [2, 3], data: Float32Array.from(v.slice(0, 6)) }, 'fc.b': { shape: [3], data: Float32Array.from(v.slice(6)) } }
    const theirs = got(Weights.toTorch({ linear: 'fc' })(dense)(w))
    expect(theirs['linear.weight'].shape).toEqual([3, 2])
    expect(Object.is(theirs['linear.weight'].data[1], w['fc.W'].data[3])).toBe(true)
    expect(got(Weights.fromTorch({ linear: 'fc' })(dense)(theirs))).toEqual(w)
  }))
})

test('what does not fit is told with its names', () => {
  const weight = { shape: [3, 2], data: new Float32Array(6) }, bias = { shape: [3], data: new Float32Array(3) }
  const read = (modules: Weights.Modules, tensors: Weights.Weights, network = dense): string => told(Weights.fromTorch(modules)(network)(tensors))
  expect(read({ a: 'fcc' }, {})).toMatch(/UnknownLayer modules a: 'fcc'.*did you mean 'fc'/)
  expect(read({ a: 'x' }, {})).toMatch(/UnsupportedLayer modules a: 'x', which is input/)
  expect(read({ a: 'fc' }, { 'a.weight': weight, 'a.bias': bias, 'b.0.weight': weight })).toMatch(/UnmappedTensor b.0.weight.*map 'b.0' to a layer, or to null/)
  expect(read({ a: 'fc', b: null }, { 'a.weight': weight, 'a.bias': bias, 'b.0.weight': weight })).toBe('Right')
  expect(read({ a: 'fc' }, { 'a.weight': weight })).toMatch(/MissingTensor a fc.b: tensors a.weight/)
  expect(read({ a: 'fc' }, { 'a.weight': { shape: [2, 3], data: weight.data }, 'a.bias': bias })).toMatch(/ShapeMismatch a.weight: shape \[3, 2\] for 'fc.W', transposed; shape \[2, 3\]/)
  const bare = pipe(Layer.input([null, 2]), Layer.dense({ units: 3, b: null, name: 'fc' }))
  expect(read({ a: 'fc' }, { 'a.weight': weight, 'a.bias': bias }, bare)).toBe('Right')
  expect(read({ a: 'fc' }, { 'a.weight': weight, 'a.bias': { shape: [3], data: Float32Array.of(0, 1, 0) } }, bare)).toMatch(/NoSuchParameter a.bias: numbers for 'fc.b'/)
  const gru = (options: object): Layer.Network => pipe(Layer.input([null, 5, 3], { name: 'x' }), Layer.gru({ units: 4, ...options }))
  const levels = (kind: string) => Object.fromEntries(Object.entries(stateDict(kind)).filter(([k]) => k.endsWith('l0')))
  expect(read({ rnn: 'gru_1' }, levels('gru'), gru({}))).toMatch(/NoSuchParameter .*give the layer its hiddenUpdate.bHid: \{ hiddenUpdate: \{ bHid: Spec.normal\(\) \} \}/)
  expect(read({ rnn: 'gru_1' }, levels('gru'), gru({ hiddenUpdate: { bHid: Spec.normal() } }))).toBe('Right')
  const peeping = pipe(Layer.input([null, 5, 3], { name: 'x' }), Layer.lstm({ units: 4 }))
  expect(read({ rnn: 'lstm_1' }, Object.fromEntries(Object.entries(stateDict('lstm')).filter(([k]) => k.endsWith('l0'))), peeping)).toMatch(/MissingTensor rnn lstm_1.ingate.Wcell.*peepholes: false/)
  expect(told(Weights.toTorch({ a: 'fc' })(dense)({ 'fc.W': weight }))).toMatch(/MissingWeights fc: weights fc.W; 'fc.b'/)
  expect(told(Weights.toSafetensors({}))).toMatch(/EmptyWeights/)
})

test('files of others: doubles, halves and 64-bit integers', () => {
  const header = JSON.stringify({
    d: { dtype: 'F64', shape: [1], data_offsets: [0, 8] }, i: { dtype: 'I64', shape: [1], data_offsets: [8, 16] },
    h: { dtype: 'F16', shape: [4], data_offsets: [16, 24] }, b: { dtype: 'BF16', shape: [2], data_offsets: [24, 28] }
  })
  const text = new TextEncoder().encode(header), out = new Uint8Array(8 + text.length + 28), view = new DataView(out.buffer)
  view.setBigUint64(0, BigInt(text.length), true)
  out.set(text, 8)
  const at = 8 + text.length
  view.setFloat64(at, 0.1, true)
  view.setBigInt64(at + 8, -3n, true)
  // 1.5, -2^-24 (the least subnormal), 65504 (the largest), infinity
  ;[0x3e00, 0x8001, 0x7bff, 0x7c00].forEach((v, k) => view.setUint16(at + 16 + 2 * k, v, true))
  ;[0x3fc0, 0xc2f7].forEach((v, k) => view.setUint16(at + 24 + 2 * k, v, true))
  const w = got(Weights.fromSafetensors()(out))
  expect(Array.from(w['d'].data)).toEqual([Math.fround(0.1)])
  expect(Array.from(w['i'].data)).toEqual([-3])
  expect(Array.from(w['h'].data)).toEqual([1.5, -(2 ** -24), 65504, Infinity])
  expect(Array.from(w['b'].data)).toEqual([1.5, -123.5])
  view.setBigInt64(at + 8, 2n ** 40n, true)
  expect(told(Weights.fromSafetensors('mine')(out))).toMatch(/OutOfRange mine i/)
})

describe('what is done with weights', () => {
  const network = pipe(Layer.input([null, 2], { name: 'x' }), Layer.dense({ units: 3, activation: 'tanh' }), Layer.batchNorm(), Layer.dense({ units: 1 }))
  const weights: Weights.Weights = Object.fromEntries([
    ...Model.sites(network).map((s) => [s.name, s.shape] as const), ...Object.entries(Model.of(network).states).map(([k, s]) => [k, s.shape] as const)
  ].map(([k, shape], j) => [k, { shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => 0.3 + 0.1 * i + 0.05 * j) }]))
  const observed = (n: Layer.Network | Model.Model): Model.Model => pipe(n, Model.observe(Likelihood.normal({ sd: 0.1 }), { name: 'y' }))
  const data = { x: [[0.1, -0.5], [1, 2]], y: [0, 1] }

  test('startAt: the approximation begins there, statistics included', async () => {
    const a = await orThrow(fit(observed(Model.startAt(weights)(network)), { data, steps: 0, open }))
    for (const s of a.model.sites) expect(Array.from(a.mean[s.name].data, Math.fround), s.name).toEqual(Array.from(weights[s.name].data))
    const centre = got(Weights.of(a))
    expect(Object.keys(centre).sort()).toEqual(Object.keys(weights).sort())
    for (const [k, w] of Object.entries(weights)) expect(Array.from(centre[k].data), k).toEqual(Array.from(w.data))
    // Spreads are the same fraction of the layer's own scale as without a start.
    const plain = await orThrow(fit(observed(network), { data, steps: 0, open }))
    expect(a.unconstrained['dense_1.W'].sd).toEqual(plain.unconstrained['dense_1.W'].sd)
    // The file holds the start.
    const again = got(Approximation.fromSaved(got(Approximation.toSaved(a))))
    expect(Array.from(again.mean['dense_1.W'].data, Math.fround)).toEqual(Array.from(weights['dense_1.W'].data))
  })

  test('startAt: point estimates too', async () => {
    const m = pipe(Layer.input([null, 2], { name: 'x' }), Layer.dense({ units: 1, W: Spec.learn(), b: Spec.normal() }), observed, Model.startAt({ 'dense_1.W': { shape: [2, 1], data: Float32Array.of(3, -4) } }))
    const a = await orThrow(fit(m, { data, steps: 0, open }))
    expect(Array.from(a.data.params['dense_1.W'].data)).toEqual([3, -4])
    expect(Array.from(got(Weights.of(a))['dense_1.W'].data)).toEqual([3, -4])
  })

  test('weights of composite priors are what the layer uses', async () => {
    const m = observed(pipe(Layer.input([null, 2], { name: 'x' }), Layer.dense({ units: 1, W: pipe(Spec.normal(), Spec.mul(pipe(Spec.halfNormal(), Spec.withShape([])))) })))
    const w = got(Weights.of(await orThrow(fit(m, { data, steps: 1, open }))))
    Array.from(w['dense_1.W'].data).forEach((v, i) => expect(v).toBeCloseTo(w['dense_1.W.0'].data[i] * w['dense_1.W.1'].data[0], 6))
  })

  test('startAt no weights is the identity; what is unknown or misfits is told', () => {
    const m = observed(network)
    expect(pipe(m, Model.startAt({}), Model.diff(m))).toEqual([])
    const problem = (w: Weights.Weights): string => told(Model.check(Model.startAt(w)(network)))
    expect(problem({ 'dense_1.w': weights['dense_1.W'] })).toMatch(/UnknownSite Model.startAt dense_1.w.*did you mean 'dense_1.W'/)
    expect(problem({ 'dense_1.W': { shape: [3, 2], data: new Float32Array(6) } })).toMatch(/ShapeMismatch Model.startAt dense_1.W: shape \[3, 2\].*shape \[2, 3\]/)
    const scaled = pipe(Layer.input([null, 2]), Layer.dense({ units: 1, W: pipe(Spec.normal(), Spec.mul(pipe(Spec.halfNormal(), Spec.withShape([])))) }))
    expect(told(Model.check(Model.startAt({ 'dense_1.W': { shape: [2, 1], data: new Float32Array(2) } })(scaled)))).toMatch(/made of several variables/)
  })

  test('withWeights: the prediction is that of the weights, and they are no longer inferred', async () => {
    const fixed = pipe(network, Layer.withWeights(weights))
    expect(Model.parameterCount(fixed)).toBe(0)
    const x = data.x
    const [a] = await orThrow(evaluate([Model.of(fixed).prediction], { x } as never, { gpu: 'reference' }))
    const [b] = await orThrow(evaluate([Model.of(network).prediction], { ...weights, x } as never, { gpu: 'reference' }))
    expect(a).toEqual(b)
  })

  test('moped: priors centred at the weights, sd a fraction of their size', async () => {
    const w = { shape: [3, 1], data: Float32Array.of(2, -0.5, 0) }
    const m = observed(pipe(network, Layer.moped({ 'dense_2.W': w }, { delta: 0.2, least: 0.01 })))
    const site = m.sites.find((s) => s.name === 'dense_2.W')
    expect(site?.dist.family).toBe('normal')
    const [mu, sd] = await orThrow(evaluate([site?.dist.params['mu'], site?.dist.params['sd']] as [Tensor.Tensor, Tensor.Tensor], {}, { gpu: 'reference' }))
    expect(Array.from(mu.data)).toEqual([2, -0.5, 0])
    expect(Array.from(sd.data, (v) => Number(v.toFixed(6)))).toEqual([0.4, 0.1, 0.01])
    const a = await orThrow(fit(m, { data, method: Method.map(), steps: 0, open }))
    expect(Array.from(a.mean['dense_2.W'].data)).toEqual([2, -0.5, 0])
    // Spreads start at a tenth of the weights' root mean square.
    const q = await orThrow(fit(m, { data, steps: 0, open }))
    q.std['dense_2.W'].data.forEach((v) => expect(v).toBeCloseTo(0.1 * Math.sqrt(4.25 / 3), 5))
    // Other parameters keep their priors.
    expect(Model.diff(observed(network))(m).map((c) => c.name)).toEqual(['dense_2.W', 'dense_2.W'])
  })

  test('moped: what is wrong is said', () => {
    const problem = (l: Layer.Layer): string => told(Model.check(l(network)))
    expect(problem(Layer.moped({ 'dense_9.W': weights['dense_1.W'] }))).toMatch(/UnknownLayer.*moped dense_9.W: weights 'dense_9.W'.*did you mean 'dense_1.W'/)
    expect(problem(Layer.moped(weights, { delta: -1 }))).toMatch(/moped delta: -1; a number above 0/)
    expect(problem(Layer.moped({ 'dense_1.W': { shape: [2, 3], data: new Float32Array(5) } }))).toMatch(/BadArray.*shape \[2, 3\] with 5 numbers/)
    expect(problem(Layer.withWeights({ 'dense_1.W': { shape: [3, 2], data: new Float32Array(6) } }))).toMatch(/ShapeMismatch.*\[3, 2\].*\[2, 3\]/)
  })
})
