/** Where the original was wrong or silent (S1 to S15), scopes, sharing, starts, fan-in. */
import { describe, expect, test } from 'vitest'
import { pipe } from '../../src/fp.ts'
import { Bijectors, constantOf } from '../../src/dist/index.ts'
import * as Layer from '../../src/layer/index.ts'
import * as Likelihood from '../../src/model/likelihood.ts'
import * as Model from '../../src/model/index.ts'
import * as Spec from '../../src/spec/index.ts'
import * as Tensor from '../../src/tensor/index.ts'
import { right, shape, sites, tags, text } from './tools.ts'

const n = Spec.normal

describe('variables', () => {
  test('S1: one distribution at two shapes is two variables', () => {
    const s = n()
    const e = pipe(s, Spec.add(Spec.laplace()), Spec.withShape([2, 2]), Spec.mul(pipe(s, Spec.add(Spec.laplace()), Spec.withShape([1, 2]))))
    expect(sites(right(Spec.resolve([9])(e)))).toEqual(['value.0.0 [2, 2]', 'value.0.1 [2, 2]', 'value.1.0 [1, 2]', 'value.1.1 [1, 2]'])
  })
  test('S4: fields are replaced on a copy, and the copy is the same variable at the same shape', () => {
    const s = n(), t = pipe(s, Spec.withShape([3]))
    expect(s.fields).toEqual({})
    expect(sites(right(Spec.resolve([3])(pipe(s, Spec.mul(t)))))).toEqual(['value.0 [3]'])
    expect(sites(right(Spec.resolve([1])(pipe(s, Spec.mul(t)))))).toEqual(['value.0 [1]', 'value.1 [3]'])
  })
  test('two calls are two variables, one spec used twice is one', () => {
    const s = n()
    expect(right(Spec.resolve([2])(pipe(n(), Spec.mul(n())))).sites.length).toBe(2)
    expect(right(Spec.resolve([2])(pipe(s, Spec.mul(s)))).sites.length).toBe(1)
  })
  test('fresh makes new variables and keeps what was shared inside', () => {
    const s = n(), e = pipe(s, Spec.mul(s))
    expect(right(Spec.resolve([2])(pipe(e, Spec.add(Spec.fresh(e))))).sites.length).toBe(2)
  })
  test('the last field wins', () => {
    expect(sites(right(Spec.resolve([9])(pipe(n(), Spec.withShape([2]), Spec.withShape([3])))))).toEqual(['value [3]'])
  })
  test('S7: a tag is a field of its own, not a parameter', () => {
    expect(tags(Spec.resolve([9])(Spec.of('normal', { tag: 'x' } as never)))).toEqual(['UnknownParameter'])
    expect(sites(right(Spec.resolve({ x: [4] })(pipe(Spec.of('normal'), Spec.withTag('x')))))).toEqual(['value [4]'])
  })
  test('S10: what is not set is not printed', () => {
    expect(Spec.show(n())).toBe('normal()')
    expect(Spec.show(pipe(n(), Spec.withShape([]), Spec.withTag('t'), Spec.withName('a'), Spec.withInit(0)))).toBe("normal().withShape([]).withTag('t').withName('a').withInit(0)")
    expect(Spec.tree(pipe(n({ sd: pipe(Spec.halfNormal(), Spec.named('s')) }), Spec.withShape([3]), Spec.exp), 'W')).toBe(
      ['W: exp', '  W.0: normal.withShape([3])', "    s: halfNormal.named('s')"].join('\n'))
  })
  test('S13: any spec can be the default of a network', () => {
    const low = pipe(n(), Spec.withShape((s) => [s[0], 1]), Spec.mul(pipe(Spec.laplace(), Spec.withShape((s) => [1, s[1]]))))
    const net = pipe(Layer.input([null, 4]), Layer.dense({ units: 3 }), Layer.withDefaultSpec(low))
    expect(sites({ sites: Model.sites(pipe(net, Model.observe(Likelihood.normal({ sd: 1 }), { name: 'y' }))) })).toEqual(['dense_1.W.0 [4, 1]', 'dense_1.W.1 [1, 3]', 'dense_1.b [3]'])
  })
  test('S6: tag and shape are independent of their order', () => {
    const shapes = { default: [9], x: [4] }
    const twice = (s: readonly number[]): readonly number[] => [...s, 2]
    for (const f of [Spec.withShape([3]), Spec.withShape(twice)])
      expect(right(Spec.resolve(shapes)(pipe(n(), f, Spec.withTag('x')))).sites[0].shape).toEqual(right(Spec.resolve(shapes)(pipe(n(), Spec.withTag('x'), f))).sites[0].shape)
    expect(right(Spec.resolve(shapes)(pipe(n(), Spec.withTag('x'), Spec.withShape(twice)))).sites[0].shape).toEqual([4, 2])
  })
})

describe('shapes', () => {
  test('a node sets the default below it; tags pass through', () => {
    const e = pipe(n(), Spec.withTag('one'), Spec.add(n()), Spec.withShape([1, 4]))
    expect(sites(right(Spec.resolve({ default: [1], one: [4] })(e)))).toEqual(['value.0 [4]', 'value.1 [1, 4]'])
  })
  test('S15: only tags that are reached are required', () => {
    expect(sites(right(Spec.resolve({ a: [3] })(pipe(n(), Spec.withTag('a')))))).toEqual(['value [3]'])
    expect(sites(right(Spec.resolve({})(pipe(n(), Spec.withShape([])))))).toEqual(['value []'])
    expect(tags(Spec.resolve({ a: [3] })(n()))).toEqual(['MissingTag'])
  })
  test('hyper-priors follow the shape of what they parametrise', () => {
    const perColumn = pipe(Spec.halfNormal(), Spec.withShape((s) => [1, s[1]]))
    expect(sites(right(Spec.resolve([4, 5])(n({ sd: Spec.logNormal() }))))).toEqual(['value.sd [4, 5]', 'value [4, 5]'])
    expect(sites(right(Spec.resolve([4, 5])(n({ sd: perColumn }))))).toEqual(['value.sd [1, 5]', 'value [4, 5]'])
  })
  test('a composite has the shape that its op gives; a parameter that needs another says so', () => {
    const e = pipe(n(), Spec.sum({ axes: [0] }))
    expect(shape(right(Spec.resolve([4, 5])(e)))).toEqual([5])
    const r = Spec.resolve([4, 5], { name: 'W', layer: 'dense_1', expect: [4, 5] })(e)
    expect(tags(r)).toEqual(['ShapeMismatch'])
    expect(text(r)).toContain('dense_1 > W')
    expect(shape(right(Spec.resolve([4, 5], { expect: [4, 5] })(Spec.constant(2))))).toEqual([4, 5])
  })
})

describe('arguments', () => {
  test('S3: specs inside arrays and records are specs', () => {
    expect(sites(right(Spec.resolve([3])(Spec.stack([n(), Spec.laplace()]))))).toEqual(['value.0.0 [3]', 'value.0.1 [3]'])
    const pick = Spec.asSpecOp((o: { readonly from: readonly Tensor.Tensor[]; readonly k: number }) => o.from[o.k])
    expect(sites(right(Spec.resolve([3])(pick({ from: [n(), n()], k: 1 }))))).toEqual(['value.0.from.0 [3]', 'value.0.from.1 [3]'])
    expect(sites(right(Spec.resolve([])(pipe(Spec.constant([10, 20, 30]), Spec.take(Spec.cast('i32')(Spec.uniform({ upper: 3 })))))))).toEqual(['value.1.0 []'])
    expect(sites(right(Spec.resolve([2])(n({ mu: [n(), 0].map((x) => (typeof x === 'number' ? x : pipe(x, Spec.withShape([])))) }))))).toEqual(['value.mu.0.0 []', 'value [2]'])
  })
  test('S14: numbers and arrays stand on either side', () => {
    expect(right(Spec.resolve([2])(Spec.mul(n())([1, 2]))).sites.length).toBe(1)
    expect(right(Spec.resolve([2])(Spec.asSpecOp(Tensor.mul)(n())(2))).sites.length).toBe(1)
    expect(right(Spec.resolve([2])(Spec.div(n())(1))).sites.length).toBe(1)
    const mul = Spec.asSpecOp((a: Tensor.Tensor | number, b: Tensor.Tensor) => Tensor.mul(b)(a))
    expect(right(Spec.resolve([2])(mul(3, n()))).sites.length).toBe(1)
  })
  test('a function of the namespace keeps its form', () => {
    const e = pipe(n(), Spec.asSpecOp(Tensor.mul)(n()))
    expect(Spec.show(e)).toBe('mul(normal(), normal())')
    expect(Spec.show(Spec.asSpecOp(Tensor.exp)(n()))).toBe('exp(normal())')
  })
  test('numbers, arrays, tensors and typed arrays are parameters', () => {
    const r = right(Spec.resolve([2, 2])(n({ mu: [[1, 2]], sd: { shape: [], data: Float32Array.of(3) } })))
    expect(Object.values(r.sites[0].dist.params).map((t) => constantOf(t)?.data)).toEqual([Float64Array.of(1, 2), Float64Array.of(3)])
  })
})

describe('names', () => {
  test('S5: names are paths, the same each time', () => {
    const e = (): Spec.Spec => pipe(n({ mu: Spec.laplace(), sd: Spec.halfNormal() }), Spec.mul(n({ sd: Spec.exponential() })))
    const names = ['W.0.mu', 'W.0.sd', 'W.0', 'W.1.sd', 'W.1']
    for (const s of [e(), e()]) expect(right(Spec.resolve([2], { name: 'W' })(s)).sites.map((x) => x.name)).toEqual(names)
  })
  test('S11: composite values are kept under the name of the parameter', () => {
    const r = right(Spec.resolve([2], { name: 'W', layer: 'dense_2' })(pipe(n(), Spec.mul(n()))))
    expect(r.deterministics).toEqual([['dense_2.W', r.value]])
    expect(right(Spec.resolve([2])(n())).deterministics).toEqual([])
  })
  test('withName is relative to the layer, named to the parameter', () => {
    const place = { name: 'W', layer: 'dense_1' }
    expect(sites(right(Spec.resolve([2], place)(pipe(n({ sd: Spec.halfNormal() }), Spec.withName('loading')))))).toEqual(['dense_1.loading.sd [2]', 'dense_1.loading [2]'])
    const r = right(Spec.resolve([2], place)(pipe(n(), Spec.mul(n()), Spec.named('raw'), Spec.add(n()))))
    expect(sites(r)).toEqual(['dense_1.W.raw.0 [2]', 'dense_1.W.raw.1 [2]', 'dense_1.W.1 [2]'])
    expect(r.deterministics.map(([k]) => k)).toEqual(['dense_1.W.raw', 'dense_1.W'])
  })
  test('clashes and contradictions are errors', () => {
    expect(tags(Spec.resolve([2])(pipe(n(), Spec.withName('a'), Spec.mul(pipe(n(), Spec.withName('a'))))))).toEqual(['NameClash'])
    expect(tags(Spec.resolve([2], { name: 'W' })(pipe(n({ sd: Spec.halfNormal() }), Spec.mul(pipe(n(), Spec.withName('W.0.sd'))))))).toEqual(['NameClash'])
    const s = n()
    expect(tags(Spec.resolve([2])(pipe(s, Spec.withName('a'), Spec.mul(pipe(s, Spec.withName('b'))))))).toEqual(['ConflictingNames'])
    expect(tags(Spec.resolve([2])(pipe(s, Spec.withInit(0), Spec.mul(pipe(s, Spec.withInit(1))))))).toEqual(['ConflictingInits'])
  })
})

describe('scopes', () => {
  const at = (name: string, s: Spec.SpecArg, dims: readonly number[] = [2]) => Spec.resolveIn({ name: 'W', layer: name, shapes: dims, role: 'weight' })(s)
  test('a spec in two layers is two variables, and the table tells', () => {
    const s = n()
    const one = right(at('a', s)(Spec.emptyTable)), two = right(at('b', s)(one.table))
    expect([...sites(one.resolved), ...sites(two.resolved)]).toEqual(['a.W [2]', 'b.W [2]'])
    expect(Spec.severalScopes(two.table)).toEqual([['a.W', 'b.W']])
    expect(Spec.severalScopes(one.table)).toEqual([])
  })
  test('S12: a shared spec is one variable in all layers', () => {
    const tau = (): Spec.Spec => Spec.shared('tau', pipe(Spec.halfNormal({ sd: Spec.exponential() }), Spec.withShape([])))
    const one = right(at('a', n({ sd: tau() }))(Spec.emptyTable)), two = right(at('b', n({ sd: tau() }), [5])(one.table))
    expect(sites(one.resolved)).toEqual(['tau.sd []', 'tau []', 'a.W [2]'])
    expect(sites(two.resolved)).toEqual(['b.W [5]'])
    expect(two.resolved.sites[0].dist.params['sd']).toBe(one.resolved.sites[1].leaf)
  })
  test('a shared composite is kept under its name once', () => {
    const g = Spec.shared('g', pipe(n(), Spec.square, Spec.withShape([])))
    const one = right(at('a', n({ sd: g }))(Spec.emptyTable)), two = right(at('b', n({ sd: g }))(one.table))
    expect([one, two].map((r) => r.resolved.deterministics.map(([k]) => k))).toEqual([['g'], []])
  })
  test('one shared name, two specs or two shapes', () => {
    const one = right(at('a', n({ sd: Spec.shared('tau', Spec.halfNormal()) }))(Spec.emptyTable))
    expect(tags(at('b', n({ sd: Spec.shared('tau', Spec.exponential()) }))(one.table))).toEqual(['SharedConflict'])
    expect(tags(at('b', n({ sd: Spec.shared('tau', Spec.halfNormal()) }), [7])(one.table))).toEqual(['SharedShapes'])
  })
  test('resolving leaves the table as it was', () => {
    const before = Spec.emptyTable
    right(at('a', n())(before))
    expect(before.entries.size).toBe(0)
  })
})

describe('joint models', () => {
  test('entries are scalars in one scope, and stand for themselves wherever they are used', () => {
    const mu = n({ sd: 5 }), tau = Spec.halfNormal({ sd: 5 })
    const theta = pipe(n({ mu, sd: tau }), Spec.withShape([8]))
    const j = right(Spec.resolveJoint({ theta, mu, tau, twice: Spec.mul(2)(theta) }))
    expect(sites(j)).toEqual(['mu []', 'tau []', 'theta [8]'])
    expect(j.values['theta']).toBe(j.sites[2].leaf)
    expect(j.deterministics.map(([k]) => k)).toEqual(['twice'])
  })
  test('a composite entry stands for itself too', () => {
    const scale = Spec.exp(n())
    const j = right(Spec.resolveJoint({ a: pipe(n({ sd: scale }), Spec.withShape([3])), scale }))
    expect(sites(j)).toEqual(['scale.0 []', 'a [3]'])
    expect(j.sites[1].dist.params['sd']).toBe(j.values['scale'])
  })
  test('a part that is no entry is one variable for all entries', () => {
    const s = Spec.halfNormal()
    expect(sites(right(Spec.resolveJoint({ a: n({ sd: s }), b: n({ sd: s }) })))).toEqual(['a.sd []', 'a []', 'b []'])
  })
  test('one variable as two entries is an error', () => {
    const s = n()
    expect(tags(Spec.resolveJoint({ a: s, b: s }))).toEqual(['ConflictingNames'])
  })
})

describe('starts (S9)', () => {
  const init = (s: Spec.Spec, dims: readonly number[] = [2]): unknown => {
    const r = right(Spec.resolve(dims)(s)).sites[0].init
    return r._tag === 'Value' ? Array.from(r.data) : r._tag
  }
  test('numbers, arrays, functions of the shape, the centre of the prior', () => {
    expect(init(n())).toBe('Auto')
    expect(init(pipe(n(), Spec.withInit(3)))).toEqual([3, 3])
    expect(init(pipe(n(), Spec.withInit([1, 2])))).toEqual([1, 2])
    expect(init(pipe(n(), Spec.withInit((d) => d.map((x) => x * 10))), [2])).toEqual([20, 20])
    expect(init(pipe(Spec.exponential({ lam: 2 }), Spec.withInit('prior')))).toEqual([Math.LN2 / 2, Math.LN2 / 2])
  })
  test('nested, typed, broadcast, given twice alike', () => {
    expect(init(pipe(n(), Spec.withInit([[1, 2], [3, 4]])), [2, 2])).toEqual([1, 2, 3, 4])
    expect(init(pipe(n(), Spec.withInit({ shape: [2, 1], data: Float32Array.of(5, 6) })), [2, 2])).toEqual([5, 5, 6, 6])
    expect(init(pipe(n(), Spec.withInit((d) => Array.from({ length: d[0] }, (_, i) => Array.from({ length: d[1] }, (_x, j) => 10 * i + j)))), [2, 3])).toEqual([0, 1, 2, 10, 11, 12])
    expect(tags(Spec.resolve([2, 2])(pipe(n(), Spec.withInit([[1], [2, 3]]))))).toEqual(['BadInit'])
    const s = n()
    expect(right(Spec.resolve([2])(pipe(s, Spec.withInit([1, 2]), Spec.mul(pipe(s, Spec.withInit([1, 2])))))).sites.length).toBe(1)
  })
  test('numbers are kept in the units of the variable; the bijector takes them to the reals', () => {
    const r = right(Spec.resolve([3])(pipe(Spec.uniform({ lower: 1, upper: 5 }), Spec.withInit([2, 3, 4])))).sites[0]
    const u = constantOf(Bijectors.inverse(r.bijector)(Tensor.constant([2, 3, 4])))?.data ?? []
    expect([...u].map((x) => Number(x.toFixed(6)))).toEqual([-1.098612, 0, 1.098612])   // logit of 1/4, 1/2, 3/4
  })
  test('outside the support, of another shape, of another kind', () => {
    expect(tags(Spec.resolve([2])(pipe(Spec.logNormal(), Spec.withInit(-1))))).toEqual(['BadInit'])
    expect(tags(Spec.resolve([2])(pipe(Spec.uniform({ lower: 2, upper: 3 }), Spec.withInit([2.5, 3.5]))))).toEqual(['BadInit'])
    expect(tags(Spec.resolve([2])(pipe(n(), Spec.withInit([1, 2, 3]))))).toEqual(['BadInit'])
    expect(tags(Spec.resolve([2])(pipe(n(), Spec.withInit(NaN))))).toEqual(['BadInit'])
    expect(tags(Spec.resolve([2])(pipe(n(), Spec.withInit('far' as 'prior'))))).toEqual(['BadInit'])
    expect(tags(Spec.resolve([2])(pipe(n({ mu: n() }), Spec.withInit('prior'))))).toEqual(['BadInit'])
    expect(tags(Spec.resolve([2])(pipe(n(), Spec.mul(2), Spec.withInit(1))))).toEqual(['InitOnExpression'])
  })
  test('a layer says how a site that is the whole prior starts', () => {
    const glorot = { _tag: 'Glorot', fanIn: 4, fanOut: 5 } as const
    const r = right(Spec.resolve([4, 5], { init: glorot })(n({ sd: Spec.halfNormal() })))
    expect(r.sites.map((s) => s.init._tag)).toEqual(['Auto', 'Glorot'])
  })
})

describe('functions of the place', () => {
  const sd = (s: Spec.Spec, dims: readonly number[], o = {}): number | undefined => constantOf(right(Spec.resolve(dims, o)(s)).sites[0].dist.params['sd'])?.data[0]
  test('fan-in and fan-out of matrices and convolutions', () => {
    const he = n({ sd: Spec.fanIn((k) => Math.sqrt(2 / k)) })
    expect(sd(he, [50, 3])).toBe(Math.sqrt(2 / 50))
    expect(sd(he, [32, 16, 5, 5])).toBe(Math.sqrt(2 / (16 * 25)))
    expect(sd(he, [7], { fan: { fanIn: 12, fanOut: 1 } })).toBe(Math.sqrt(2 / 12))
    expect(sd(n({ sd: Spec.fanOut((k) => 1 / k) }), [32, 16, 5, 5])).toBe(1 / (32 * 25))
    expect(sd(n({ sd: (e) => (e.role === 'weight' ? 2 : 3) }), [2], { role: 'weight' })).toBe(3)
  })
  test('they may give priors, and give the same variable at the same place', () => {
    const s = n({ sd: Spec.fanIn((k) => pipe(Spec.halfNormal({ sd: 1 / k }), Spec.withShape([]))) })
    expect(sites(right(Spec.resolve([4, 2])(pipe(s, Spec.mul(s)))))).toEqual(['value.0.sd []', 'value.0 [4, 2]'])
  })
})
