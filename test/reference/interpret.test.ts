/**
 * The f64 interpreter: symbols bound from values, missing inputs and wrong shapes as
 * errors, and no memory of earlier calls.
 */
import { describe, expect, test } from 'vitest'
import { E } from '../../src/fp.ts'
import { extentsFrom, interpret } from '../../src/reference/index.ts'
import * as B from '../../src/tensor/build.ts'
import * as Ext from '../../src/tensor/extent.ts'
import { opNames } from '../../src/tensor/index.ts'
import { cases } from '../tensor/cases.ts'
import { errorsIn, evaluate, seeded, valueOf, valuesOf } from '../tensor/support.ts'

const batch = Ext.sym('batch')
const x = B.leaf('input', 'x', [batch, 2]), y = B.leaf('input', 'y', [batch])
const tags = (values: Parameters<typeof interpret>[0], t: Parameters<ReturnType<typeof interpret>>[0][number]): readonly string[] => {
  const r = interpret(values)([t])
  return E.isLeft(r) ? r.left.map((e) => `${e._tag} ${e.path.join('/')}`) : []
}

describe('the interpreter', () => {
  test('binds symbols from the shapes of values, wherever they stand', () => {
    const t = B.add(B.sum(x, [1]), B.mul(B.iota([batch]), B.extentScalar(Ext.mul(2, batch))))
    for (const n of [0, 1, 2, 5]) {
      const [r] = evaluate({ x: { shape: [n, 2], data: Array.from({ length: 2 * n }, (_, i) => i) } }, [t])
      expect(r.shape).toEqual([n])
      expect([...r.data]).toEqual(Array.from({ length: n }, (_, i) => 4 * i + 1 + 2 * n * i))
    }
    expect(extentsFrom([x, y], { x: { shape: [3, 2], data: [] } })).toEqual({ batch: 3 })
  })

  test('a missing input is Left, by its name', () => {
    expect(tags({ x: { shape: [3, 2], data: [1, 2, 3, 4, 5, 6] } }, B.add(B.sum(x, [1]), y))).toEqual(['MissingInput y'])
    expect(tags({}, B.leaf('site', 'w', [2]))).toEqual(['MissingInput w'])
  })

  test('a wrong shape is Left, also one that two inputs disagree about', () => {
    const t = B.add(B.sum(x, [1]), y)
    expect(tags({ x: { shape: [3, 3], data: Array(9).fill(0) }, y: { shape: [3], data: [0, 0, 0] } }, t)).toEqual(['ShapeMismatch x'])
    expect(tags({ x: { shape: [3], data: [0, 0, 0] }, y: { shape: [3], data: [0, 0, 0] } }, t)).toEqual(['ShapeMismatch x'])
    expect(tags({ x: { shape: [3, 2], data: Array(6).fill(0) }, y: { shape: [4], data: Array(4).fill(0) } }, t)[0]).toMatch(/^ShapeMismatch/)
  })

  test('a symbol that no value gives is Left', () => {
    expect(tags({}, B.sum(B.iota([batch])))).toEqual(['UnboundExtent iota'])
  })

  test('ill-shaped outputs are Left with all their errors, each once', () => {
    const a = B.add(B.leaf('input', 'a', [2]), B.leaf('input', 'b', [3])), b = B.reshape(y, [7])
    const r = interpret({})([B.exp(a), B.exp(b), a])
    expect(E.isLeft(r) && r.left.length).toBe(2)
    expect(errorsIn(a)).toEqual(['ShapeMismatch'])
  })

  test('an op that turns out ill-shaped once extents are known is Left', () => {
    const t = B.conv2d(B.leaf('input', 'image', [1, 1, batch, batch]), B.full([1, 1, 3, 3], 1), { stride: [1, 1], padding: [[0, 0], [0, 0]], dilation: [1, 1], groups: 1 })
    expect(errorsIn(t)).toEqual([])
    expect(tags({ image: { shape: [1, 1, 2, 2], data: [0, 0, 0, 0] } }, t)).toEqual(['ShapeMismatch conv2d'])
    expect([...evaluate({ image: { shape: [1, 1, 3, 3], data: Array(9).fill(1) } }, [t])[0].data]).toEqual([9])
  })

  test('remembers nothing: the same call gives the same, in any order, and leaves its values alone', () => {
    for (const op of opNames) {
      const [a, b] = seeded(`memory ${op}`, 2).map((rng) => cases[op](rng))
      const first = valueOf(a), between = valueOf(b), second = valueOf(a)
      expect(second).toEqual(first)
      expect(valueOf(b)).toEqual(between)
      const values = valuesOf(a.leaves), kept = structuredClone(values)
      evaluate(values, [a.node, a.node])[0].data.fill(-1)
      expect(values).toEqual(kept)
      expect(valueOf(a)).toEqual(first)
    }
  })

  test('evaluates several outputs over one graph, unused values allowed', () => {
    const [a, b, c] = evaluate({ y: { shape: [2], data: [1, 2] }, other: { shape: [1], data: [0] } }, [y, B.exp(y), y])
    expect([...a.data]).toEqual([1, 2])
    expect([...b.data]).toEqual([Math.E, Math.exp(2)])
    expect(c).toBe(a)
    expect(evaluate({}, [])).toEqual([])
  })
})
