/** Windows over one, two and three axes: unfolding against indices, transposes by inner products, errors. */
import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import * as B from '../../src/tensor/build.ts'
import * as Ext from '../../src/tensor/extent.ts'
import { grad } from '../../src/tensor/index.ts'
import { shapeOf } from '../../src/tensor/node.ts'
import { adjoint, convolve, maxPool, patches, sumPool, unfold } from '../../src/tensor/windows.ts'
import { errorsIn, evaluate } from './support.ts'

const count = (s: readonly number[]): number => s.reduce((a, b) => a * b, 1)
const random = (shape: readonly number[], seed: number) => ({ shape, data: Array.from({ length: count(shape) }, (_, i) => Math.sin(37.7 * (i + 1) * seed)) })
const small = (least: number, most: number): fc.Arbitrary<number> => fc.integer({ min: least, max: most })

describe('unfold', () => {
  test('element (k, o) of the two axes is element stride o + dilation k, for known and open extents; each is summed back where it came from', () =>
    fc.assert(fc.property(small(0, 2), small(1, 3), small(1, 4), small(1, 3), small(1, 3), small(0, 4), fc.boolean(), (before, after, kernel, stride, dilation, more, open) => {
      const n = dilation * (kernel - 1) + 1 + more, positions = Math.floor(more / stride) + 1
      const x = random([before, n, after], 1), t = B.leaf('input', 'x', open ? [before, Ext.sym('n'), after] : x.shape), y = unfold(t, 1, kernel, stride, dilation)
      const ct = random([before, kernel, positions, after], 2), loss = B.sum(B.mul(y, B.leaf('input', 'ct', shapeOf(y))))
      const [value, , slope] = evaluate({ x, ct }, [y, loss, ...grad([t])(loss)])
      expect(value.shape).toEqual(ct.shape)
      const back = new Float64Array(count(x.shape))
      for (let i = 0; i < count(ct.shape); i++) {
        const j = i % after, o = Math.floor(i / after) % positions, k = Math.floor(i / after / positions) % kernel, b = Math.floor(i / after / positions / kernel)
        const from = (b * n + o * stride + k * dilation) * after + j
        expect(value.data[i]).toBe(x.data[from])
        back[from] += ct.data[i]
      }
      slope.data.forEach((v, i) => expect(v).toBeCloseTo(back[i], 12))
    })))

  test('a kernel longer than the axis is an error', () => {
    expect(errorsIn(unfold(B.leaf('input', 'x', [2, 3]), 1, 2, 1, 3))).toEqual(['ShapeMismatch'])
  })
})

describe('windows', () => {
  const x = B.leaf('input', 'x', [2, 4, 5, 6, 7]), w = B.leaf('input', 'w', [6, 2, 2, 3, 2])
  const g = { stride: [2, 1, 3], padding: [[1, 0], [0, 2], [1, 1]] as const, dilation: [1, 2, 1], groups: 2 }
  test('the adjoint has the same inner product and gives images back in their shape', () => {
    const y = convolve(x, w, g), back = adjoint(B.leaf('input', 'y', shapeOf(y)), w, [5, 6, 7], g)
    expect(shapeOf(back)).toEqual(shapeOf(x))
    const values = { x: random([2, 4, 5, 6, 7], 1), w: random([6, 2, 2, 3, 2], 2), y: random(shapeOf(y) as readonly number[], 3) }
    const [a, b] = evaluate(values, [B.sum(B.mul(y, B.leaf('input', 'y', shapeOf(y)))), B.sum(B.mul(x, back))])
    expect(a.data[0]).toBeCloseTo(b.data[0], 9)
  })
  test('patches have an axis of the kernel and one of the positions for each', () => {
    expect(shapeOf(patches(x, [2, 3, 2], g))).toEqual([2, 4, 2, 3, 3, 4, 2, 3])
  })
  test('pools over trailing axes keep all leading ones', () => {
    const pool = { window: [2, 3, 2], stride: [1, 3, 2], padding: [[0, 1], [0, 0], [1, 0]] as const }
    expect(shapeOf(maxPool(x, pool))).toEqual([2, 4, 5, 2, 4])
    expect(shapeOf(sumPool(B.leaf('input', 'v', [9]), { window: [3], stride: [2], padding: [[0, 0]] }))).toEqual([4])
  })
  test('errors of the operands are carried, each once', () => {
    const wrong = B.reshape(B.leaf('input', 'x', [3]), [4])
    expect(errorsIn(convolve(wrong, w, g))).toEqual(['ShapeMismatch'])
    expect(errorsIn(adjoint(wrong, wrong, [5, 6, 7], g))).toEqual(['ShapeMismatch'])
    expect(errorsIn(maxPool(wrong, { window: [1], stride: [1], padding: [[0, 0]] }))).toEqual(['ShapeMismatch'])
    expect(errorsIn(patches(wrong, [2], { stride: [1], padding: [[0, 0]], dilation: [1] }))).toEqual(['ShapeMismatch'])
  })
})
