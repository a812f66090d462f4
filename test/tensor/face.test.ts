/** What the public functions of tensors say of arguments that are not theirs: one error for each result, and none silent. */
import { describe, expect, test } from 'vitest'
import { E } from '../../src/fp.ts'
import { interpret } from '../../src/reference/index.ts'
import * as B from '../../src/tensor/build.ts'
import { batch as coreBatch } from '../../src/tensor/batch.ts'
import { grad as coreGrad } from '../../src/tensor/grad.ts'
import * as Tensor from '../../src/tensor/index.ts'
import { bindExtents, replace as coreReplace } from '../../src/tensor/replace.ts'

const never = (x: unknown): never => x as never
const said = (t: Tensor.Tensor): string => (E.isLeft(t.type) ? t.type.left.map((e) => `${e._tag} ${e.path.join('.')}: ${e.got}; ${e.need}; ${e.hint}`).join('\n') : 'nothing')
const v = Tensor.constant([1, 2]), m = Tensor.constant([[1, 2, 3], [4, 5, 6]]), k = Tensor.key(0)

describe('extents', () => {
  test.each<readonly [string, Tensor.Tensor]>([
    ['zeros', Tensor.zeros([-1])], ['full', Tensor.full([2, -3], 1)], ['arange', Tensor.arange(-1)], ['eye', Tensor.eye(-2)], ['reshape', Tensor.reshape([-1, -2])(v)],
    ['broadcastTo', Tensor.broadcastTo([-1])(Tensor.constant(1))], ['randomNormal', Tensor.randomNormal([-2])(k)], ['randomPoisson', Tensor.randomPoisson(1, [-2])(k)],
    ['scatterAdd', Tensor.scatterAdd(Tensor.constant([0], 'i32'), -1)(Tensor.constant([1]))], ['batch', Tensor.batch(-1, [])([v])[0]]
  ])('%s takes none below 0', (name, t) => {
    expect(said(t)).toContain(`BadOption ${name}: `)
    expect(said(t)).toMatch(/none below 0|from 0/)
  })

  test('inside, no node has one below 0, given or bound later', () => {
    for (const t of [B.full([], 1), B.iota([3])]) expect(said(t)).toBe('nothing')
    for (const t of [B.iota([-1]), B.broadcastTo(B.scalar(1), [-1]), B.reshape(v, [-1, -2]), B.randomNormal(k, [-1]), B.randomNormal(k, [1.5])]) expect(said(t)).toContain('whole and not negative')
    const x = Tensor.input('x', [null]), cut = B.slice(x, [3], [(E.isRight(x.type) ? x.type.right.shape : [0])[0]])
    expect(said(cut)).toBe('nothing')
    expect(said(bindExtents({ 'x.0': 3 })([cut])[0])).toBe('nothing')
    expect(said(bindExtents({ 'x.0': 2 })([cut])[0])).toContain('ShapeMismatch slice')
  })
})

describe('axes', () => {
  test('count from the end below 0, and are refused where there are none', () => {
    expect(Tensor.shape(Tensor.moveAxis(-1, 0)(m))).toEqual([3, 2])
    expect(Tensor.shape(Tensor.swapAxes(-1, -2)(m))).toEqual([3, 2])
    expect(Tensor.shape(Tensor.expandDims(-1)(m))).toEqual([2, 3, 1])
    expect(Tensor.shape(Tensor.expandDims(2)(m))).toEqual([2, 3, 1])
    const ends = interpret({})([Tensor.extent(-1)(m), Tensor.extent(0)(m)])
    expect(E.isRight(ends) && ends.right.map((r) => r.data[0])).toEqual([3, 2])
    for (const t of [Tensor.expandDims(3)(m), Tensor.expandDims(-4)(m), Tensor.extent(2)(m), Tensor.extent(-3)(m), Tensor.moveAxis(2, 0)(m)]) expect(said(t)).toContain('ShapeMismatch')
  })
  test('are whole numbers', () => {
    for (const t of [Tensor.expandDims(0.5)(m), Tensor.concat(never('0'))([m, m]), Tensor.moveAxis(0, never(null))(m), Tensor.swapAxes(never(undefined), 0)(m), Tensor.extent(never({}))(m)]) expect(said(t)).toContain('an axis: a whole number')
  })
  test('places and counts below 0 are told by what takes them', () => {
    expect(said(Tensor.slice([-1], [2])(v))).toContain('0 <= start')
    expect(said(Tensor.pad([-1], [0])(v))).toContain('use slice to cut')
    expect(said(Tensor.tile([-1])(v))).toContain('repetitions')
    expect(said(Tensor.matrixPower(-1)(Tensor.eye(2)))).toBe('nothing')
    expect(said(Tensor.matrixPower(never(v))(Tensor.eye(2)))).toContain('BadOption matrixPower: a tensor')
  })
})

describe('values', () => {
  test('of full are numbers', () => {
    for (const bad of [v, undefined, '1']) expect(said(Tensor.full([2], never(bad)))).toContain('BadOption full')
  })
  test('of seeds are whole numbers', () => {
    for (const bad of ['x', NaN, 0.5, undefined, v]) expect(said(Tensor.key(never(bad)))).toContain('BadOption key')
    expect(said(Tensor.key(2 ** 40))).toBe('nothing')
  })
  test('of sides are two', () => {
    expect(said(Tensor.searchsorted(v, never('rigth'))(v))).toContain("BadOption searchsorted: 'rigth'; 'left' or 'right'")
    for (const side of ['left', 'right', undefined] as const) expect(said(Tensor.searchsorted(v, side)(v))).toBe('nothing')
  })
  test('of constants are rows of one length and one depth', () => {
    for (const bad of [[[1, 2], [3, [4]]], [[1, 2], [3]], [[], [1]], [1, [2]], [[1], 2], [[[1], [2]], [[3, 4]]]]) expect(said(Tensor.constant(never(bad)))).toContain('RaggedArray constant')
    for (const good of [[], [[]], [[1], [2]], [[[1, 2]], [[3, 4]]]]) expect(said(Tensor.constant(good))).toBe('nothing')
  })
})

describe('lists', () => {
  const x = Tensor.input('x', [2]), y = Tensor.sum()(Tensor.square(x))
  test('have an error for each tensor that was asked for', () => {
    for (const ts of [Tensor.grad([x, never(undefined)])(y), Tensor.grad([x, x])(never('y')), Tensor.replace(never([[x]]))([x, y]), Tensor.replace([])([x, never(undefined)]), Tensor.batch(3, never('x'))([x, y])]) {
      expect(ts.length).toBe(2)
      for (const t of ts) expect(said(t)).not.toBe('nothing')
    }
    for (const ts of [Tensor.grad(never(undefined))(y), Tensor.replace([])(never(undefined)), Tensor.batch(2, [])(never(3))]) expect(said(ts[0])).not.toBe('nothing')
  })
  test('inside, what throws is not caught', () => {
    const broken = never({ ...y, args: undefined })
    expect(said(Tensor.replace([[x, x]])([broken])[0])).toContain('BadOption replace')
    expect(() => coreReplace([[x, x]])([broken])).toThrow(TypeError)
    expect(() => coreBatch(2, [[x, x]])([broken])).toThrow(TypeError)
    expect(() => coreGrad([x])(broken)).toThrow(TypeError)
  })
})
