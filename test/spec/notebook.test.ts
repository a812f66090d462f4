/** The notebook's examples, and the contract's, with what they print. */
import { expect, test } from 'vitest'
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
  const det = Spec.asSpecOp(Tensor.det)
  expect(det).toBe(Spec.det)
  expect(Spec.show(det(ones))).toBe('det(mul(normal().withShape(<function>), normal()))')
  expect(shape(right(Spec.resolve([10, 10])(det(ones))))).toEqual([])
  expect(sites(right(Spec.resolve([10, 10])(det(ones))))).toEqual(['value.0.0 [1, 1]', 'value.0.1 [10, 10]'])
  const spread = (t: Tensor.Tensor): Tensor.Tensor => Tensor.sub(Tensor.min()(t))(Tensor.max()(t))
  expect(Spec.show(Spec.asSpecOp(spread)(ones))).toBe('spread(mul(normal().withShape(<function>), normal()))')
})

test("the namespace has the tensor's methods", () => {
  expect(['argmax', 'argmin', 'argsort'].every((k) => Spec.specOpNames.includes(k))).toBe(true)
})

test('without the default shape it is an error, and a shape for every tag that is reached is enough', () => {
  const two = pipe(Spec.normal(), Spec.withTag('one'), Spec.mul(pipe(Spec.normal(), Spec.withTag('two'))))
  expect(sites(right(Spec.resolve({ one: [100, 2], two: [] })(two)))).toEqual(['value.0 [100, 2]', 'value.1 []'])
  expect(tags(Spec.resolve({ one: [100, 2], two: [] })(tagged))).toEqual(['MissingTag'])
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
