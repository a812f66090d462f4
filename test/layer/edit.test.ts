/** Edits of what is Bayesian: laws over drawn networks and selectors, weight tying, messages. */
import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { E, pipe } from '../../src/fp.ts'
import * as Layer from '../../src/layer/index.ts'
import * as Model from '../../src/model/index.ts'
import * as Spec from '../../src/spec/index.ts'
import { interpret } from '../../src/reference/index.ts'
import * as Tensor from '../../src/tensor/index.ts'

const row = Layer.input([null, 4], { name: 'x' })
/** What every parameter came to: its prior, shape and the starts of its sites and points. */
const told = (n: Layer.Network): string => {
  const e = Layer.elaborate(n)
  return JSON.stringify([
    e.layers.map((l) => [l.name, l.params.map((p) => [p.name, p.prior, p.shape, p.sites, p.points])]),
    e.sites.map((s) => [s.name, s.dist.family, s.init]), Object.values(e.params).map((p) => [p.name, p.init]), e.problems
  ], (_, v: unknown) => (ArrayBuffer.isView(v) ? Array.from(v as Float32Array) : v))
}
const priors = (n: Layer.Network): readonly string[] => Layer.elaborate(n).layers.flatMap((l) => l.params.map((p) => `${l.name}.${p.name} ${p.prior}`))

const value = fc.constantFrom<Layer.OptionalWeight | undefined>(undefined, Spec.laplace(), Spec.learn(0.5), Spec.frozen(2), Spec.exp(Spec.learn(0)), 3, Spec.mul(Spec.learn(1))(Spec.normal()))
const network = fc.array(fc.record({ units: fc.integer({ min: 1, max: 3 }), W: value, b: fc.oneof(value, fc.constant(null)) }), { minLength: 1, maxLength: 4 })
  .map((ds) => Layer.sequential(ds.map(({ units, W, b }) => Layer.dense({ units, ...(W === undefined ? {} : { W: W as Layer.Weight }), ...(b === undefined ? {} : { b }) })))(row))
const selector: fc.Arbitrary<Layer.Selector> = fc.letrec<{ s: Layer.Selector }>((tie) => ({
  s: fc.oneof({ maxDepth: 2 },
    fc.constantFrom<Layer.Selector>({}, { role: 'bias' }, { role: ['weight', 'scale'] }, { kind: 'dense' }, { kind: 'batchNorm' }, { layer: 'dense_1' }, { layer: 'dense_1', role: 'weight' }, [], Layer.lastLayer, (p) => p.param === 'W'),
    tie('s').map(Layer.not), fc.array(tie('s'), { maxLength: 3 }))
})).s
const edits: readonly ((s: Layer.Selector) => Layer.Layer)[] = [
  (s) => Layer.withSpecs(s, Spec.cauchy()), (s) => Layer.withSpecs(s, 1.5), (s) => Layer.withSpecs(s, Spec.normal({ sd: Spec.halfNormal() })),
  (s) => Layer.pointEstimate(s), (s) => Layer.pointEstimate(s, 0.1), (s) => Layer.bayesian(s), (s) => Layer.bayesian(s, Spec.uniform()), (s) => Layer.freeze(s), (s) => Layer.freeze(s, 2)
]
const edit = fc.constantFrom(...edits)

describe('edits', () => {
  it('twice are once', () =>
    fc.assert(fc.property(network, selector, edit, (n, s, f) => { expect(told(pipe(n, f(s), f(s)))).toBe(told(pipe(n, f(s)))) })))
  it('of nothing are the identity', () =>
    fc.assert(fc.property(network, edit, (n, f) => { expect(f([])(n)).toBe(n); expect(f(Layer.not({}))(n)).toBe(n) })))
  it('of what is selected, then of the rest, are edits of all; not of not is the selector', () =>
    fc.assert(fc.property(network, selector, edit, (n, s, f) => {
      expect(told(pipe(n, f(s), f(Layer.not(s))))).toBe(told(pipe(n, f({}))))
      expect(told(pipe(n, f(Layer.not(Layer.not(s)))))).toBe(told(pipe(n, f(s))))
    })))
  it('the later one wins where both set a value', () =>
    fc.assert(fc.property(network, selector, edit, (n, s, f) => {
      expect(told(pipe(n, f(s), Layer.withSpecs(s, Spec.cauchy())))).toBe(told(pipe(n, Layer.withSpecs(s, Spec.cauchy()))))
    })))
  it('leave the network that they were put on', () =>
    fc.assert(fc.property(network, selector, edit, (n, s, f) => { const before = told(n); f(s)(n); expect(told(n)).toBe(before) })))
  it('whatever is passed gives a network with errors or without, never an exception', () =>
    fc.assert(fc.property(fc.constantFrom(Layer.withSpecs, Layer.pointEstimate, Layer.bayesian, Layer.freeze) as fc.Arbitrary<(...x: readonly unknown[]) => Layer.Layer>, fc.anything(), fc.anything(), fc.oneof(fc.constant(row as unknown), fc.anything()), (f, s, v, n) => {
      expect(Array.isArray(Layer.elaborate(f(s, v)(n as Layer.Network)).problems)).toBe(true)
    })))
})

const net = pipe(row, Layer.dense({ units: 3, activation: 'tanh' }), Layer.dense({ units: 3, b: null }), Layer.dense({ units: 2, name: 'head' }))

describe('what is Bayesian', () => {
  it('the last layer only', () => {
    const n = pipe(net, Layer.pointEstimate(Layer.not(Layer.lastLayer)))
    expect(Layer.elaborate(n).sites.map((s) => s.name)).toEqual(['head.W', 'head.b'])
    expect(Object.keys(Layer.elaborate(n).params)).toEqual(['dense_1.W', 'dense_1.b', 'dense_2.W'])
    expect(Object.values(Layer.elaborate(n).params).map((p) => [p.role, p.init._tag, p.layer])).toEqual([['weight', 'Glorot', 'dense_1'], ['bias', 'Constant', 'dense_1'], ['weight', 'Glorot', 'dense_2']])
    expect(told(pipe(net, Layer.pointEstimate({}), Layer.bayesian(Layer.lastLayer)))).toBe(told(n))
    expect(Model.summary(n)).toContain('point estimate')
    expect(Model.parameterCount(n)).toBe(4 * 3 + 3 + 9 + 6 + 2)
  })
  it('specs are made afresh for each parameter', () => {
    const hyper = pipe(Spec.halfNormal(), Spec.withShape([]))
    const e = Layer.elaborate(pipe(net, Layer.withSpecs({ role: 'weight' }, Spec.normal({ sd: hyper }))))
    expect(e.sites.filter((s) => s.role === 'scale').map((s) => s.name)).toEqual(['dense_1.W.sd', 'dense_2.W.sd', 'head.W.sd'])
    expect(Model.notes(Model.of(pipe(net, Layer.withSpecs({}, Spec.normal()))))).toEqual([])
  })
  it('defaults fill only what edits leave', () => {
    expect(priors(pipe(net, Layer.bayesian({ layer: 'head' }, Spec.laplace()), Layer.withDefaultSpec(Spec.cauchy(), { bias: 0 })))).toEqual([
      'dense_1.W cauchy()', 'dense_1.b fixed', 'dense_2.W cauchy()', 'head.W laplace()', 'head.b laplace()'])
  })
  it('numbers stay starts: an array made a point estimate starts there, frozen at it, stays there', () => {
    const n = Layer.dense({ units: 1, W: [[1], [2], [3], [4]], b: Spec.learn(7) })(row)
    const point = Layer.elaborate(Layer.pointEstimate({})(n)).params
    expect([point['dense_1.W'].init, point['dense_1.b'].init].map((i) => (i._tag === 'Value' ? Array.from(i.data) : i._tag === 'Constant' ? i.value : i))).toEqual([[1, 2, 3, 4], 7])
    const frozen = pipe(n, Layer.freeze({}))
    expect(priors(frozen)).toEqual(['dense_1.W fixed', 'dense_1.b frozen(7)'])
    expect([Model.parameterCount(n), Model.parameterCount(frozen)]).toEqual([1, 0])
    expect(Model.summary(frozen)).toMatch(/b +\[1\] +0 +frozen/)
  })
  it('freezing at values by name', () => {
    const values = { 'dense_1.W': { shape: [4, 3], data: new Float64Array(12).fill(2) }, 'dense_1.b': [0, 1, 2], 'other.b': 0 }
    expect(priors(pipe(net, Layer.freeze({ layer: 'dense_1' }, values))).slice(0, 3)).toEqual(['dense_1.W fixed', 'dense_1.b fixed', 'dense_2.W normal({ sd: 0.5773502691896258 })'])
    const e = Layer.elaborate(pipe(net, Layer.freeze({ layer: 'head' }, values)))
    expect(e.problems.map((p) => [p._tag, ...p.path])).toEqual([['MissingValue', 'freeze_1', 'values', 'head.W'], ['MissingValue', 'freeze_1', 'values', 'head.b']])
    expect(e.problems[1].got).toContain('other.b')
  })
  it('null takes biases away, and is refused of weights; what is null stays so', () => {
    expect(Layer.elaborate(pipe(net, Layer.withSpecs({ role: 'bias' }, null), Layer.bayesian({}))).sites.map((s) => s.name)).toEqual(['dense_1.W', 'dense_2.W', 'head.W'])
    expect(Layer.elaborate(pipe(net, Layer.withSpecs({ layer: 'head' }, null))).problems[0]).toMatchObject({ _tag: 'BadOption', path: ['withSpecs_1', 'spec', 'head.W'] })
  })
  it('a name that is not there is an error with the nearest', () => {
    const wrong = (s: object) => Layer.elaborate(pipe(net, Layer.freeze(s as Layer.Selector))).problems.map((p) => [p._tag, ...p.path, p.hint])
    expect(wrong({ layer: 'dense1' })).toEqual([['UnknownLayer', 'freeze_1', 'layer', "did you mean 'dense_1'?"]])
    expect(wrong({ param: 'w' })).toEqual([['UnknownParameter', 'freeze_1', 'param', "did you mean 'W'?"]])
    expect(wrong({ role: 'wieght' })).toEqual([['UnknownRole', 'freeze_1', 'role', "did you mean 'weight'?"]])
    expect(wrong({ layers: 'head' })).toEqual([['UnknownOption', 'freeze_1', 'layers', "did you mean 'layer'?"]])
    expect(wrong(Layer.not({ layer: 'haed' }))).toHaveLength(1)
    expect(wrong({ kind: 'batchNorm' })).toEqual([])
  })
})

describe('weight tying', () => {
  const encoder = Layer.dense({ units: 2, activation: 'tanh', name: 'encoder', b: null })
  const autoencoder = pipe(row, encoder, Layer.dense({ units: 4, b: null, W: Layer.tied('encoder.W', Tensor.transpose()) }))
  it('an autoencoder has one matrix, and its value in both places', () => {
    const e = Layer.elaborate(autoencoder)
    expect([e.problems, e.sites.map((s) => s.name)]).toEqual([[], ['encoder.W']])
    expect(e.layers[2].params).toEqual([{ name: 'W', role: 'weight', shape: [2, 4], prior: 'tied to encoder.W', sites: ['encoder.W'], points: [] }])
    const W = [[1, 0], [0, 2], [0, 0], [1, 1]], x = [1, -1, 3, 0.5]
    const h = [0, 1].map((j) => Math.tanh(x.reduce((s, v, i) => s + v * W[i][j], 0)))
    const r = interpret({ x: { shape: [1, 4], data: x }, 'encoder.W': { shape: [4, 2], data: W.flat() } })([e.prediction])
    expect(E.isRight(r) && r.right[0].data.every((v, i) => Math.abs(v - (W[i][0] * h[0] + W[i][1] * h[1])) < 1e-12)).toBe(true)
  })
  it('to a composite, a point estimate, an array or a tied parameter', () => {
    const chain = (W: Layer.Weight) => Layer.elaborate(pipe(row, Layer.dense({ units: 4, W, b: null, name: 'a' }), Layer.dense({ units: 4, W: Layer.tied('a.W'), b: null, name: 'b' }), Layer.dense({ units: 4, W: Layer.tied('b.W'), b: null })))
    for (const W of [Spec.mul(2)(Spec.normal()), Spec.learn(1), 0.5, Spec.normal({ sd: Spec.halfNormal() })]) expect(chain(W).problems).toEqual([])
    expect(Object.keys(chain(Spec.learn(1)).params)).toEqual(['a.W'])
  })
  it('edits leave what is tied, and reach what it is tied to', () => {
    const e = Layer.elaborate(pipe(autoencoder, Layer.pointEstimate({})))
    expect([e.sites, Object.keys(e.params), e.problems]).toEqual([[], ['encoder.W'], []])
  })
  it('wrong names, order and shapes are errors that say which', () => {
    const wrong = (W: Layer.Weight, units = 4) => Layer.elaborate(pipe(row, encoder, Layer.dense({ units, b: null, W }), Layer.dense({ units: 4, b: null, name: 'last' }))).problems
    expect(wrong(Layer.tied('encodr.W'))).toMatchObject([{ _tag: 'UnknownParameter', path: ['dense_2', 'W'], hint: "did you mean 'encoder.W'?" }])
    expect(wrong(Layer.tied('last.W'))).toMatchObject([{ _tag: 'TiedTooEarly', path: ['dense_2', 'W'] }])
    expect(wrong(Layer.tied('encoder.W'))).toMatchObject([{ _tag: 'ShapeMismatch', path: ['dense_2', 'W'], got: "'encoder.W' of shape [4, 2]", hint: "transpose it: Layer.tied('encoder.W', Tensor.transpose())" }])
    expect(wrong(Layer.tied('encoder.W'), 3)).toMatchObject([{ _tag: 'ShapeMismatch', need: "the parameter's shape [2, 3]" }])
    expect(wrong(Layer.tied('encoder.b'))).toMatchObject([{ _tag: 'UnknownParameter', got: "tied to 'encoder.b', which is null" }])
    expect(wrong(Layer.tied('encoder.W', () => { throw new Error('oh') }))).toMatchObject([{ _tag: 'BadFunction' }])
    expect(wrong(Layer.tied('encoder' as string))).toMatchObject([{ _tag: 'BadOption', path: ['dense_2', 'W'] }])
    const broken = Layer.elaborate(pipe(row, Layer.dense({ units: 2, b: null, name: 'encoder', W: Spec.normal({ sd: -1 }) }), Layer.dense({ units: 4, b: null, W: Layer.tied('encoder.W') })))
    expect(broken.problems.map((p) => p._tag)).toEqual(['OutsideDomain'])
  })
})
