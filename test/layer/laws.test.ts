/** Laws of networks: sharing, sequences, defaults, names; anything can be built, nothing throws. */
import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { E, flow, pipe } from '../../src/fp.ts'
import * as Layer from '../../src/layer/index.ts'
import * as Model from '../../src/model/index.ts'
import * as Likelihood from '../../src/model/likelihood.ts'
import * as Spec from '../../src/spec/index.ts'
import * as Tensor from '../../src/tensor/index.ts'

const row = Layer.input([null, 4], { name: 'x' })
const told = (n: Layer.Network): string => {
  const e = Layer.elaborate(n)
  return `${Tensor.listing([e.prediction])}\n${e.sites.map((s) => `${s.name} ${JSON.stringify(s.shape)}`).join('\n')}\n${JSON.stringify(e.problems)}`
}

/** Layers that may or may not fit one another. */
const layer: fc.Arbitrary<Layer.Layer> = fc.oneof(
  fc.record({ units: fc.integer({ min: 1, max: 5 }), activation: fc.constantFrom('tanh' as const, 'softmax' as const, 'gelu' as const) }).map((c) => Layer.dense(c)),
  fc.record({ filters: fc.integer({ min: 1, max: 3 }), size: fc.integer({ min: 1, max: 4 }), padding: fc.constantFrom('same' as const, 'valid' as const, 1) }).map((c) => Layer.conv2d(c)),
  fc.integer({ min: 1, max: 3 }).map((size) => Layer.maxPool2d({ size })),
  fc.integer({ min: 1, max: 3 }).map((outdim) => Layer.flatten({ outdim })),
  fc.constantFrom('relu' as const, 'linear' as const).map((f) => Layer.activation(f)),
  fc.constant(Layer.reshape({ shape: [[0], 1, 2, -1] })),
  fc.constant(Layer.withDefaultSpec(Spec.normal())),
  fc.integer({ min: 1, max: 4 }).map((units) => Layer.residual(Layer.dense({ units })))
)
const start = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 0, maxLength: 3 }).map((s) => Layer.input([null, ...s], { name: 'x' }))

describe('sequential', () => {
  it('of two lists is the flow of both', () =>
    fc.assert(fc.property(start, fc.array(layer, { maxLength: 4 }), fc.array(layer, { maxLength: 4 }), (n, a, b) => {
      expect(told(Layer.sequential([...a, ...b])(n))).toBe(told(flow(Layer.sequential(a), Layer.sequential(b))(n)))
    })))
  it('of nothing leaves a network as it is', () => {
    expect(Layer.sequential([])(row)).toBe(row)
  })
  it('linear layers are neutral', () =>
    fc.assert(fc.property(start, fc.array(layer, { maxLength: 4 }), (n, ls) => {
      const net = Layer.sequential(ls)(n)
      const plain = Layer.elaborate(net), more = Layer.elaborate(Layer.activation('linear')(net))
      expect(Tensor.listing([more.prediction])).toBe(Tensor.listing([plain.prediction]))
      expect(more.sites.map((s) => s.name)).toEqual(plain.sites.map((s) => s.name))
    })))
})

describe('sharing', () => {
  it('a layer function applied twice makes two parameter sets', () => {
    const d = Layer.dense({ units: 4 })
    expect(Layer.elaborate(pipe(row, d, d)).sites.map((s) => s.name)).toEqual(['dense_1.W', 'dense_1.b', 'dense_2.W', 'dense_2.b'])
  })
  it('a network value reached twice is one', () => {
    const stem = Layer.dense({ units: 4 })(row)
    const e = Layer.elaborate(pipe(stem, Layer.parallel([Layer.activation('tanh'), Layer.activation('relu')]), Layer.add()))
    expect(e.sites.map((s) => s.name)).toEqual(['dense_1.W', 'dense_1.b'])
    expect(e.layers.map((l) => l.name)).toEqual(['x', 'dense_1', 'activation_1', 'activation_2', 'add_1'])
  })
  it('a spec in two parameters is two variables, and that is noted; by default it is not', () => {
    const s = Spec.normal()
    const twice = Model.of(pipe(row, Layer.dense({ units: 4, W: s, b: null }), Layer.dense({ units: 2, W: s, b: null })))
    expect(twice.sites.map((x) => x.name)).toEqual(['dense_1.W', 'dense_2.W'])
    expect(Model.notes(twice).map((n) => n._tag)).toEqual(['SeveralVariables'])
    expect(Model.notes(twice)[0].got).toContain('dense_1.W, dense_2.W')
    expect(E.isRight(Model.check(twice))).toBe(true)
    const byDefault = Model.of(pipe(row, Layer.dense({ units: 4 }), Layer.dense({ units: 2 }), Layer.withDefaultSpec(s, { bias: s })))
    expect(byDefault.sites).toHaveLength(4)
    expect(Model.notes(byDefault)).toEqual([])
  })
  it('a shared spec is one variable in all layers', () => {
    const sd = Spec.shared('sd', pipe(Spec.logNormal(), Spec.withShape([])))
    const e = Layer.elaborate(pipe(row, Layer.dense({ units: 4, b: null }), Layer.dense({ units: 2, b: null }), Layer.withDefaultSpec(Spec.normal({ sd }))))
    expect(e.sites.map((s) => s.name)).toEqual(['sd', 'dense_1.W', 'dense_2.W'])
    const noisy = Model.observe(Likelihood.normal({ sd }), { name: 'y' })(pipe(row, Layer.dense({ units: 1, b: null }), Layer.withDefaultSpec(Spec.normal({ sd }))))
    expect(noisy.sites.map((s) => s.name)).toEqual(['sd', 'dense_1.W'])
    expect(noisy.problems).toEqual([])
  })
  it('hyper-priors of one default are separate in each parameter', () => {
    const hyper = pipe(Spec.halfNormal(), Spec.withShape([]))
    const e = Layer.elaborate(pipe(row, Layer.dense({ units: 4 }), Layer.withDefaultSpec(Spec.normal({ sd: hyper }), { bias: Spec.normal({ sd: hyper }) })))
    expect(e.sites.map((s) => s.name)).toEqual(['dense_1.W.sd', 'dense_1.W', 'dense_1.b.sd', 'dense_1.b'])
  })
})

describe('withDefaultSpec', () => {
  it('fills holes only, by role, below itself only', () => {
    const n = pipe(row, Layer.dense({ units: 4, W: Spec.laplace() }), Layer.dense({ units: 3, b: null }), Layer.withDefaultSpec(Spec.uniform(), { bias: Spec.cauchy() }), Layer.dense({ units: 2 }))
    expect(Layer.elaborate(n).sites.map((s) => `${s.name} ${s.dist.family}`)).toEqual([
      'dense_1.W laplace', 'dense_1.b cauchy', 'dense_2.W uniform', 'dense_3.W normal', 'dense_3.b normal'
    ])
  })
  it('the first default wins, and the network it was put on is unchanged', () => {
    const bare = Layer.dense({ units: 2 })(row)
    const filled = pipe(bare, Layer.withDefaultSpec(Spec.uniform()), Layer.withDefaultSpec(Spec.laplace()))
    expect(Layer.elaborate(filled).sites[0].dist.family).toBe('uniform')
    expect(Layer.elaborate(bare).sites[0].dist.family).toBe('normal')
  })
  it('leaves arrays and tensors as they are', () => {
    const data = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8), t = Tensor.constant({ shape: [2], data: Float32Array.of(1, 2) })
    const n = pipe(row, Layer.dense({ units: 2, W: { shape: [4, 2], data }, b: t }), Layer.withDefaultSpec(Spec.normal()))
    expect(Layer.elaborate(n).problems).toEqual([])
    data[0] = 9
    expect(data[0]).toBe(9)
    expect(Object.isFrozen(t.attrs)).toBe(false)
  })
  it('takes composite priors', () => {
    const e = Layer.elaborate(pipe(row, Layer.dense({ units: 2, b: null }), Layer.withDefaultSpec(pipe(Spec.normal(), Spec.mul(pipe(Spec.normal(), Spec.withShape([])))))))
    expect(e.sites.map((s) => [s.name, s.shape])).toEqual([['dense_1.W.0', [4, 2]], ['dense_1.W.1', []]])
    expect(e.deterministics.map(([name]) => name)).toEqual(['dense_1.W'])
  })
  it('two edits of one branch meet: what is said wins, two sayings clash', () => {
    const stem = Layer.dense({ units: 2, b: null })(row)
    const a = Layer.withDefaultSpec(Spec.uniform())(stem), b = Layer.withDefaultSpec(Spec.laplace())(stem)
    expect(Layer.elaborate(Layer.add()([stem, a])).sites.map((s) => s.dist.family)).toEqual(['uniform'])
    expect(Layer.elaborate(Layer.add()([a, b])).problems.map((p) => [p._tag, ...p.path])).toEqual([['ConflictingParameter', 'dense_1', 'W']])
  })
  it('states its own defaults: weights 1 / sqrt(fan in), biases 10', () => {
    const [w, b] = Layer.elaborate(Layer.dense({ units: 2 })(row)).sites
    expect(Tensor.show(w.dist.params['sd'])).toBe('0.5')
    expect(Tensor.show(b.dist.params['sd'])).toBe('10')
  })
})

describe('names', () => {
  it('are those of the kind and the place, and the same twice', () => {
    const make = (): Layer.Network => pipe(Layer.input([null, 1, 8, 8]), Layer.conv2d({ filters: 2, size: 3 }), Layer.conv2d({ filters: 2, size: 3, name: 'middle' }), Layer.conv2d({ filters: 2, size: 3 }))
    expect(Layer.elaborate(make()).layers.map((l) => l.name)).toEqual(['input_1', 'conv2d_1', 'middle', 'conv2d_3'])
    expect(told(make())).toBe(told(make()))
  })
  it('several inputs share the batch axis, other nulls are their own', () => {
    const e = Layer.elaborate(Layer.concat()([Layer.input([null, 3], { name: 'a' }), Layer.input([null, 2], { name: 'b' })]))
    expect(e.problems).toEqual([])
    expect(Object.keys(e.inputs)).toEqual(['a', 'b'])
    expect(Tensor.symbolsOf([Layer.elaborate(Layer.input([null, null, 2], { name: 'c' })).prediction])).toEqual(['batch', 'c.1'])
  })
})

describe('anything can be built', () => {
  it('networks that fit or not: values or errors, never exceptions; sites add up', () =>
    fc.assert(fc.property(start, fc.array(layer, { maxLength: 7 }), (n, ls) => {
      const m = Model.observe(Likelihood.normal({ sd: 1 }))(Layer.sequential(ls)(n))
      const checked = Model.check(m)
      expect(E.isRight(checked)).toBe(E.isRight(m.prediction.type) && m.problems.length === 0)
      expect(Model.parameterCount(m)).toBe(m.sites.reduce((s, x) => s + x.shape.reduce((a, b) => a * b, 1), 0))
      expect(new Set(m.sites.map((s) => s.name)).size).toBe(m.sites.length)
      expect(typeof Model.summary(m)).toBe('string')
      expect(Model.toMermaid(m)).toContain('flowchart')
    })))
  it('whatever a plain JavaScript caller passes', () => {
    const constructors = [
      Layer.dense, Layer.conv2d, Layer.maxPool2d, Layer.avgPool2d, Layer.flatten, Layer.reshape, Layer.activation, Layer.withDefaultSpec
    ] as unknown as readonly ((x: unknown) => (n: unknown) => Layer.Network)[]
    fc.assert(fc.property(fc.constantFrom(...constructors), fc.anything(), fc.oneof(fc.constant(row as unknown), fc.anything()), fc.anything(), (make, config, n, join) => {
      const m = Model.observe(Likelihood.categorical(config as never), join as never)(make(config)(n))
      expect(Array.isArray(m.problems)).toBe(true)
      expect(Layer.elaborate(Layer.concat(config as never)(join as never)).problems.length).toBeGreaterThan(0)
      expect(typeof Model.summary(m)).toBe('string')
      expect(E.isLeft(Model.check(Layer.input(config as never, join as never))) || Array.isArray(config)).toBe(true)
    }))
  })
  it('a hundred layers, and branches that join sixty times, are walked once', () => {
    const deep = Layer.sequential(Array.from({ length: 100 }, () => Layer.dense({ units: 4, activation: 'tanh' })))(row)
    expect(Model.sites(deep)).toHaveLength(200)
    const joined = Layer.sequential(Array.from({ length: 60 }, () => Layer.residual(Layer.dense({ units: 4 }))))(row)
    expect(E.isRight(Model.check(joined))).toBe(true)
    expect(Model.sites(joined)).toHaveLength(120)
  })
})
