/** The notebook's examples, and the contract's, with what they print. */
import { describe, expect, test } from 'vitest'
import { pipe } from '../../src/fp.ts'
import * as Spec from '../../src/spec/index.ts'
import * as Tensor from '../../src/tensor/index.ts'
import { right, shape, sites, tags, text } from './tools.ts'

const expr = pipe(Spec.normal(), Spec.mul(pipe(Spec.normal(), Spec.withShape([]))))
const tagged = pipe(Spec.normal(), Spec.withTag('one'), Spec.mul(pipe(Spec.normal(), Spec.withTag('two'))), Spec.add(Spec.normal()))
const ones = pipe(Spec.normal(), Spec.withShape((s) => s.map(() => 1)), Spec.mul(Spec.normal()))

test('a product of a matrix and a scalar', () => {
  expect(Spec.show(expr)).toBe('mul(normal(), normal().withShape([]))')
  const r = right(Spec.resolve([100, 2])(expr))
  expect(sites(r)).toEqual(['value.0 [100, 2]', 'value.1 []'])
  expect(shape(r)).toEqual([100, 2])
  expect(r.deterministics.map(([n]) => n)).toEqual(['value'])
})

test('behaves as a tensor', () => {
  const least = Spec.argmin()(expr)
  expect(Spec.show(least)).toBe('argmin(mul(normal(), normal().withShape([])))')
  expect(shape(right(Spec.resolve([100, 2])(least)))).toEqual([])
})

test('tags', () => {
  expect(Spec.show(tagged)).toBe("add(mul(normal().withTag('one'), normal().withTag('two')), normal())")
  expect(sites(right(Spec.resolve({ one: [100, 2], two: [], default: [100, 1] })(tagged))))
    .toEqual(['value.0.0 [100, 2]', 'value.0.1 []', 'value.1 [100, 1]'])
  const none = Spec.resolve([100, 1])(tagged)
  expect(tags(none)).toEqual(['MissingTag', 'MissingTag'])
  expect(text(none)).toContain("»normal().withTag('one')«")
  expect(text(none)).toContain("»normal().withTag('two')«")
})

test('a shape that is a function of the shape', () => {
  const r = right(Spec.resolve([10, 10])(ones))
  expect(sites(r)).toEqual(['value.0 [1, 1]', 'value.1 [10, 10]'])
  expect(Spec.show(ones)).toBe('mul(normal().withShape(<function>), normal())')
})

test('a function of tensors, delayed', () => {
  const trace = (t: Tensor.Tensor): Tensor.Tensor => Tensor.sum()(Tensor.mul(Tensor.eye(10))(t))
  const delayed = Spec.asSpecOp(trace)(ones)
  expect(Spec.show(delayed)).toBe('trace(mul(normal().withShape(<function>), normal()))')
  expect(shape(right(Spec.resolve([10, 10])(delayed)))).toEqual([])
})

test('one scale over all weights', () => {
  const hyper = pipe(Spec.logNormal({ sd: 10 }), Spec.withShape([]))
  const prior = Spec.normal({ sd: hyper })
  expect(Spec.show(prior)).toBe('normal({ sd: logNormal({ sd: 10 }).withShape([]) })')
  const r = right(Spec.resolve([32, 1, 5, 5], { name: 'W', layer: 'conv2d_1', role: 'weight' })(prior))
  expect(sites(r)).toEqual(['conv2d_1.W.sd []', 'conv2d_1.W [32, 1, 5, 5]'])
  expect(r.sites.map((s) => [s.role, s.layer, s.bijector._tag])).toEqual([['scale', 'conv2d_1', 'Exp'], ['weight', 'conv2d_1', 'Identity']])
  expect(r.sites[1].dist.params['sd']).toBe(r.sites[0].leaf)
})

test('a tree with the names that resolving gives', () => {
  expect(Spec.tree(Spec.normal({ sd: pipe(Spec.halfNormal(), Spec.mul(2)) }), 'W')).toBe(
    ['W: normal', '  W.sd: mul', '    W.sd.0: halfNormal', '    W.sd.1: 2'].join('\n'))
})

describe('the five expressions of the original tests at [10, 10]', () => {
  const square = (m: Tensor.Tensor): Tensor.Tensor => Tensor.matmul(m)(m)
  const lowRank = pipe(Spec.normal(), Spec.withShape((s) => [s[0], 1]), Spec.matmul(pipe(Spec.normal(), Spec.withShape((s) => [1, s[1]]))), Spec.add(Spec.laplace()))
  const three = (): Spec.Spec => pipe(Spec.normal(), Spec.add(Spec.laplace()), Spec.div(100), Spec.sub(Spec.normal()))
  const e = three()
  const f = pipe(Spec.normal(), Spec.add(pipe(Spec.laplace(), Spec.withShape([]))), Spec.div(100), Spec.sub(Spec.normal()))
  test.each([
    ['sum and difference', three()],
    ['matrix power', pipe(Spec.asSpecOp(square)(Spec.mul(Spec.laplace())(Spec.normal())), Spec.div(100), Spec.sub(Spec.normal()))],
    ['low rank', lowRank],
    ['squared, sharing its parts', pipe(e, Spec.mul(e))],
    ['squared, with a scalar part', pipe(f, Spec.mul(f))]
  ] as const)('%s', (_, s) => {
    const r = right(Spec.resolve([10, 10])(s))
    expect(r.sites.length).toBe(3)
    expect(shape(r)).toEqual([10, 10])
  })
  test('the low-rank prior has a column and a row', () => {
    expect(sites(right(Spec.resolve([10, 7])(lowRank)))).toEqual(['value.0.0 [10, 1]', 'value.0.1 [1, 7]', 'value.1 [10, 7]'])
  })
})

describe('every distribution takes the shape that is asked for', () => {
  const priors = {
    normal: [Spec.normal(), Spec.normal({ mu: 1, sd: 2 })], logNormal: [Spec.logNormal(), Spec.logNormal({ mu: 0, sd: 10 })],
    flat: [Spec.flat()], halfNormal: [Spec.halfNormal(), Spec.halfNormal({ sd: 3 })], uniform: [Spec.uniform(), Spec.uniform({ lower: -1, upper: 2 })],
    exponential: [Spec.exponential(), Spec.exponential({ lam: 2 })], laplace: [Spec.laplace(), Spec.laplace({ mu: 1, b: 2 })],
    cauchy: [Spec.cauchy(), Spec.cauchy({ alpha: 1, beta: 2 })], halfCauchy: [Spec.halfCauchy(), Spec.halfCauchy({ beta: 5 })]
  }
  test.each(Object.entries(priors).flatMap(([name, ss]) => ss.flatMap((s) => [[1, 1], [10, 1], [10, 1, 10]].map((d) => [name, d, s] as const))))('%s at %j', (name, dims, s) => {
    const r = right(Spec.resolve(dims)(s))
    expect([r.sites.length, r.sites[0].dist.family, shape(r)]).toEqual([1, name, dims])
  })
})
