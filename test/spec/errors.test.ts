/** Every way to go wrong shows the expression with the guilty part marked, and a fix. */
import { describe, expect, test } from 'vitest'
import { E, pipe } from '../../src/fp.ts'
import * as Spec from '../../src/spec/index.ts'
import type * as Tensor from '../../src/tensor/index.ts'
import { right, tags } from './tools.ts'

const n = Spec.normal

const ways: readonly (readonly [string, Spec.SpecArg, Spec.Shapes | readonly number[], string, string])[] = [
  ['a tag without a shape', pipe(n(), Spec.withTag('one'), Spec.mul(n())), [3], 'MissingTag', "mul(»normal().withTag('one')«, normal())"],
  ['no default', pipe(pipe(n(), Spec.withShape([])), Spec.mul(n())), {}, 'MissingTag', 'mul(normal().withShape([]), »normal()«)'],
  ['shapes that do not broadcast', pipe(n(), Spec.add(pipe(n(), Spec.withShape([7]))), Spec.exp), [3, 4], 'ShapeMismatch', 'exp(»add(normal(), normal().withShape([7]))«)'],
  ['a hyper-prior larger than its variable', pipe(n({ sd: pipe(Spec.halfNormal(), Spec.withShape([4])) }), Spec.withShape([])), [], 'ShapeMismatch', 'normal({ sd: »halfNormal().withShape([4])« }).withShape([])'],
  ['a scale that is not positive', pipe(n({ sd: -1 }), Spec.mul(n())), [3], 'OutsideDomain', 'mul(normal({ sd: »-1« }), normal())'],
  ['a scale that comes out negative', n({ sd: Spec.sub(3)(Spec.constant([4, 2])) }), [2], 'OutsideDomain', 'normal({ sd: »sub([4, 2], 3)« })'],
  ['bounds the wrong way round', Spec.uniform({ lower: 2, upper: 1 }), [3], 'OutsideDomain', '»uniform({ lower: 2, upper: 1 })«'],
  ['a start outside the support', pipe(Spec.exponential(), Spec.withInit(-2), Spec.mul(2)), [3], 'BadInit', 'mul(»exponential().withInit(-2)«, 2)'],
  ['text where a spec is needed', n({ mu: 'zero' as unknown as number }), [3], 'NotASpec', "normal({ mu: »<the text 'zero'>« })"],
  ['an unknown parameter', (n as (p: object) => Spec.Spec)({ mean: 1 }), [3], 'UnknownParameter', '»normal({ mean: 1 })«'],
  ['one name for two', pipe(n(), Spec.withName('a'), Spec.mul(pipe(Spec.laplace(), Spec.withName('a')))), [3], 'NameClash', "mul(normal().withName('a'), »laplace().withName('a')«)"],
  ['a shape that is none', pipe(n(), Spec.withShape([2, -1]), Spec.exp), [3], 'BadShape', 'exp(»normal().withShape([2, -1])«)'],
  ['a function that throws', Spec.asSpecOp((_: Tensor.Tensor): Tensor.Tensor => { throw new Error('singular') })(n()), [3], 'FunctionFailed', 'singular'],
  ['a function that gives no tensor', Spec.asSpecOp((() => 'text') as never as (t: Tensor.Tensor) => Tensor.Tensor)(n()), [3], 'NotATensor', "the text 'text'"],
  ['a function of the shape that throws', pipe(n(), Spec.withShape((s) => [(s[9] as unknown as { x: { y: number } }).x.y])), [3], 'FunctionFailed', 'withShape'],
  ['a function of the place that gives text', n({ sd: (() => 'wide') as never }), [3], 'NotASpec', 'normal({ sd: »<function of the place>« })'],
  ['ragged numbers', n({ mu: [[1], [2, 3]] }), [2, 2], 'RaggedArray', '»'],
  ['a shared name with two specs', pipe(Spec.shared('s', n()), Spec.mul(Spec.shared('s', Spec.laplace()))), [3], 'SharedConflict', "»shared('s', laplace())«"],
  ['a shared name at two shapes', pipe(Spec.shared('s', n()), Spec.mul(Spec.withShape([1])(Spec.shared('s', n())))), [3], 'SharedShapes', "»shared('s', normal()).withShape([1])«"]
]

describe('ways to go wrong', () => {
  test.each(ways)('%s', (_, s, shapes, tag, part) => {
    const r = Spec.resolve(shapes)(s)
    expect(tags(r)).toEqual([tag])
    if (E.isRight(r)) return
    expect(r.left[0].got).toContain(part)
    expect(r.left[0].path[0]).toMatch(/^value/)
    expect(r.left[0].hint.length).toBeGreaterThan(10)
  })
})

test('independent errors come together, each once', () => {
  const bad = n({ sd: -1 })
  expect(tags(Spec.resolve([3])(pipe(bad, Spec.mul(bad), Spec.add(pipe(n(), Spec.withTag('x'))))))).toEqual(['OutsideDomain', 'MissingTag'])
})

describe('JSON', () => {
  const s = pipe(n({ sd: pipe(Spec.halfNormal({ sd: [1, 2] }), Spec.withTag('t'), Spec.withInit([1, 1])) }), Spec.sum({ axes: [0], keepDims: true }), Spec.mul(Spec.shared('k', n())), Spec.named('z'))
  const json = right(Spec.toJson(s))
  test('keeps fields, attributes and what is shared', () => {
    const text = JSON.stringify(json)
    const back = right(Spec.fromJson(JSON.parse(text)))
    expect(Spec.show(back)).toBe(Spec.show(s))
    expect(Spec.equal(back)(s)).toBe(true)
    expect(JSON.stringify(right(Spec.toJson(back)))).toBe(text)
    const x = n(), square = right(Spec.fromJson(right(Spec.toJson(pipe(x, Spec.mul(x))))))
    expect(right(Spec.resolve([2])(square)).sites.length).toBe(1)
  })
  test('a function is a Left with its path', () => {
    const r = Spec.toJson(pipe(n({ sd: pipe(n(), Spec.withShape((d) => d)) }), Spec.mul(n())))
    expect(tags(r)).toEqual(['NoJsonForm'])
    expect(E.isLeft(r) && r.left[0].path).toEqual(['mul', '0', 'normal', 'sd', 'shape'])
    expect(tags(Spec.toJson(Spec.asSpecOp((t: Tensor.Tensor) => t)(n())))).toEqual(['NoJsonForm'])
    expect(tags(Spec.toJson(n({ sd: Spec.fanIn((k) => k) })))).toEqual(['NoJsonForm'])
  })
  test('what is read is not trusted', () => {
    const nodes = json.nodes as readonly Readonly<Record<string, unknown>>[]
    const broken: readonly unknown[] = [
      null, [], {}, { nodes: [], root: 0 }, { nodes: json.nodes, root: 99 }, { nodes: [1], root: 0 },
      ...nodes.flatMap((_, i) => ['kind', 'family', 'params', 'op', 'args', 'value', 'fields', 'token', 'shared', 'name'].filter((k) => k in nodes[i]).map((k) => ({
        ...json, nodes: nodes.map((x, j) => (i === j ? { ...x, [k]: { strange: 1 } } : x)) }))),
      { ...json, nodes: [...nodes].reverse() }
    ]
    for (const b of broken) expect(tags(Spec.fromJson(b))).toEqual(['CorruptSpec'])
  })
})

test('equality tells variables apart', () => {
  const a = n(), b = n()
  expect(Spec.equal(pipe(a, Spec.mul(a)))(pipe(b, Spec.mul(b)))).toBe(true)
  expect(Spec.equal(pipe(a, Spec.mul(a)))(pipe(a, Spec.mul(b)))).toBe(false)
  expect(Spec.equal(n({ sd: 1 }))(n({ sd: 2 }))).toBe(false)
  expect(Spec.equal(n({ sd: 1, mu: 2 }))(n({ mu: 2, sd: 1 }))).toBe(true)
  const f = (d: readonly number[]): readonly number[] => d
  expect(Spec.equal(Spec.withShape(f)(n()))(Spec.withShape(f)(n()))).toBe(true)
  expect(Spec.equal(Spec.withShape(f)(n()))(Spec.withShape((d) => d)(n()))).toBe(false)
  const g = (t: Tensor.Tensor): Tensor.Tensor => t
  expect(Spec.equal(Spec.asSpecOp(g)(n()))(Spec.asSpecOp(g)(n()))).toBe(true)
})
