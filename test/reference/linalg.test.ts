/**
 * Linear algebra, sorting and rearrangement in f64 against identities and definitions:
 * L L^T = a, a x = b, a v = lambda v, determinants by expansion along the first row,
 * orders by comparison of all pairs. Differences are roundings of 2^-53 times a condition
 * number below 1e4: 1e-10.
 */
import { describe, expect, test } from 'vitest'
import * as B from '../../src/tensor/build.ts'
import { batch, grad } from '../../src/tensor/index.ts'
import * as Ext from '../../src/tensor/extent.ts'
import { rowAxes } from '../../src/tensor/rows.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { shapeOf } from '../../src/tensor/node.ts'
import { rngOf } from '../tensor/draw.ts'
import { distance, errorsIn, evaluate } from '../tensor/support.ts'

const random = (seed: number, n: number): readonly number[] => {
  const rng = rngOf(seed)
  return Array.from({ length: n }, () => 2 * rng() - 1)
}
const constant = (data: readonly number[], shape: readonly number[] = [data.length]): Tensor => B.array(Float64Array.from(data), shape)
const value = (t: Tensor): readonly number[] => [...evaluate({}, [t])[0].data]
const near = (a: readonly number[], b: readonly number[], by = 1e-10): void => expect(distance(a, b)).toBeLessThan(by)
const transposed = (t: Tensor): Tensor => B.swapLast(t)
const eye = (n: number): readonly number[] => Array.from({ length: n * n }, (_, e) => (e % (n + 1) === 0 ? 1 : 0))

/** Expansion along the first row. */
const cofactors = (a: readonly (readonly number[])[]): number =>
  a.length === 0 ? 1 : a[0].reduce((s, v, j) => s + (j % 2 === 0 ? v : -v) * cofactors(a.slice(1).map((r) => r.filter((_, k) => k !== j))), 0)
const rowsOf = (data: readonly number[], n: number): readonly (readonly number[])[] => Array.from({ length: n }, (_, i) => data.slice(i * n, (i + 1) * n))

const SIZES = [1, 2, 3, 5, 8, 20]
const definite = (n: number): Tensor => {
  const x = constant(random(n, 2 * n * n), [2, n, n])
  return B.add(B.matmul(x, transposed(x)), B.mul(0.5, constant(eye(n), [n, n])))
}

describe('linear algebra', () => {
  test.each(SIZES)('L L^T = a, n = %i', (n) => {
    const a = definite(n), l = B.cholesky(a)
    near(value(B.matmul(l, transposed(l))), value(a))
    near(value(B.triu(l, 1)), value(B.mul(0, l)))
    near(value(B.matmul(a, B.choleskySolve(l, constant(eye(n), [n, n])))), [...eye(n), ...eye(n)], 1e-8)
    near(value(B.logdet(a)), value(B.logAbsDet(a)))
  })

  test('the upper triangle of a symmetric matrix is not read', () => {
    const [a, b] = [constant([4, 2, 2, 10], [2, 2]), constant([4, 99, 2, 10], [2, 2])]
    expect(value(B.cholesky(b))).toEqual([2, 0, 1, 3])
    near(value(B.eigh(b).values), value(B.eigh(a).values))
  })

  test('not positive definite is NaN', () => {
    expect(value(B.cholesky(constant([1, 0, 0, 2, 1, 0, 0, 0, 1], [3, 3])))).toEqual([NaN, 0, 0, NaN, NaN, 0, NaN, NaN, NaN])
    expect(value(B.logdet(constant([0], [1, 1])))).toEqual([NaN])
  })

  test.each(SIZES)('op(l) x = b for every triangle, n = %i', (n) => {
    const l = B.add(constant(random(n + 1, n * n), [n, n]), B.mul(n, constant(eye(n), [n, n]))), b = constant(random(n + 2, 3 * n * 2), [3, n, 2])
    for (const lower of [true, false]) for (const transpose of [true, false]) for (const unit of [true, false]) {
      const x = B.triangularSolve(l, b, { lower, transpose, unit }), own = lower ? B.tril(l, unit ? -1 : 0) : B.triu(l, unit ? 1 : 0)
      const m = unit ? B.add(own, constant(eye(n), [n, n])) : own
      near(value(B.matmul(transpose ? transposed(m) : m, x)), value(b), unit ? 1e-4 : 1e-10)
    }
  })

  test.each(SIZES)('a x = b, and the inverse, n = %i', (n) => {
    const a = constant(random(n + 3, n * n), [n, n]), b = constant(random(n + 4, 2 * n * 3), [2, n, 3]), v = constant(random(n, n))
    near(value(B.matmul(a, B.solve(a, b))), value(b), 1e-9)
    near(value(B.dot(a, B.solve(a, v))), value(v), 1e-9)
    near(value(B.matmul(B.inverse(a), a)), eye(n), 1e-9)
  })

  test('pivoting: zeros on the diagonal', () => {
    const a = constant([0, 1, 2, 3, 0, 1, 1, 1, 0], [3, 3])
    near(value(B.matmul(a, B.solve(a, constant([1, 2, 3], [3, 1])))), [1, 2, 3])
    near(value(B.det(a)), [7])
  })

  test.each([1, 2, 3, 4, 5, 6])('determinants by expansion, n = %i', (n) => {
    const data = random(n + 5, n * n), a = constant(data, [n, n]), d = cofactors(rowsOf(data, n))
    near(value(B.det(a)), [d])
    near(value(B.logAbsDet(a)), [Math.log(Math.abs(d))])
  })

  test('a singular matrix has determinant 0', () => {
    near(value(B.det(constant([1, 2, 2, 4], [2, 2]))), [0])
    near(value(B.det(constant([0, 0, 0, 0], [2, 2]))), [0])
    expect(value(B.det(constant([], [0, 0])))).toEqual([1])
  })

  test.each(SIZES)('a v = lambda v, n = %i', (n) => {
    const x = constant(random(n + 6, n * n), [n, n]), a = B.add(x, transposed(x)), { values, vectors } = B.eigh(a)
    near(value(B.matmul(a, vectors)), value(B.mul(vectors, values)))
    near(value(B.matmul(transposed(vectors), vectors)), eye(n))
    const w = value(values)
    expect([...w].sort((p, q) => p - q)).toEqual(w)
    near([w.reduce((p, q) => p + q, 0)], value(B.trace(a)))
    near([w.reduce((p, q) => p * q, 1)], value(B.det(a)), 1e-8)
  })

  test('the sign of eigenvectors: the first component of some size is positive', () => {
    near(value(B.eigh(constant([0, 1, 1, 0], [2, 2])).vectors), [Math.SQRT1_2, Math.SQRT1_2, -Math.SQRT1_2, Math.SQRT1_2])
  })

  test('powers', () => {
    const a = constant([1, 1, 0, 2], [2, 2])
    expect(value(B.matrixPower(a, 3))).toEqual([1, 7, 0, 8])
    near(value(B.matmul(B.matrixPower(a, -3), B.matrixPower(a, 3))), eye(2))
    expect(value(B.matrixPower(a, 0))).toEqual(eye(2))
    expect(errorsIn(B.matrixPower(a, 0.5))).toEqual(['BadOption'])
  })

  test('gradients: inverse of the transpose, also where eigenvalues are equal', () => {
    const a = B.leaf('input', 'a', [3, 3]), data = [2, 0.3, 0.1, 0.2, 3, 0.4, 0.5, 0.1, 1], at = { a: { shape: [3, 3], data } }
    const [g] = grad([a])(B.logAbsDet(a)), [d] = grad([a])(B.det(a))
    const [x, y, inverse, det] = evaluate(at, [g, d, transposed(B.inverse(a)), B.det(a)])
    near([...x.data], [...inverse.data])
    near([...y.data], [...inverse.data].map((v) => v * det.data[0]))
    // The sum of the squared eigenvalues of the lower triangle's matrix: twice each diagonal element, four times each other.
    const [e] = grad([a])(B.sum(B.square(B.eigh(a).values)))
    near([...evaluate({ a: { shape: [3, 3], data: eye(3) } }, [e])[0].data], eye(3).map((v) => 2 * v))
  })

  test('misfits say what to do', () => {
    const a = B.leaf('input', 'a', [2, 3]), v = B.leaf('input', 'v', [3])
    for (const t of [B.cholesky(a), B.det(a), B.inverse(a), B.eigh(a).values, B.solve(a, v), B.triangularSolve(a, v), B.matrixPower(a, 2), B.dot(a, a), B.logdet(v)])
      expect(errorsIn(t)).toEqual(['ShapeMismatch'])
  })

  test('dot and outer as numpy has them', () => {
    const v = constant([1, 2, 3]), m = constant([1, 2, 3, 4, 5, 6], [2, 3]), n = constant(random(1, 24), [2, 3, 4])
    expect(value(B.dot(v, v))).toEqual([14])
    expect(value(B.dot(m, v))).toEqual([14, 32])
    expect(value(B.dot(v, B.scalar(2)))).toEqual([2, 4, 6])
    expect(shapeOf(B.dot(m, n))).toEqual([2, 2, 4])
    near(value(B.dot(m, n)), value(B.moveAxis(B.matmul(m, n), 0, 1)))
    expect(value(B.outer(constant([1, 2]), v))).toEqual([1, 2, 3, 2, 4, 6])
  })

  test('norms', () => {
    const m = constant([1, -2, 3, -4], [2, 2])
    const by = (o: Parameters<typeof B.norm>[1]): readonly number[] => value(B.norm(m, o))
    near(by({}), [Math.sqrt(30)])
    near(by({ axes: [0, 1], ord: 'fro' }), [Math.sqrt(30)])
    near(by({ axes: [1] }), [Math.sqrt(5), 5])
    near(by({ axes: [1], ord: 1 }), [3, 7])
    near(by({ axes: [1], ord: 3 }), [Math.cbrt(9), Math.cbrt(91)])
    near(by({ axes: [1], ord: Infinity }), [2, 4])
    near(by({ axes: [1], ord: -Infinity }), [1, 3])
    near(by({ axes: [1], ord: 0 }), [2, 2])
    // The largest sums of absolute values of columns and of rows.
    near(by({ axes: [0, 1], ord: 1 }), [6])
    near(by({ axes: [0, 1], ord: Infinity }), [7])
    near(by({ axes: [0, 1], ord: -1 }), [4])
    expect(shapeOf(B.norm(m, { axes: [0, 1], ord: 1, keepDims: true }))).toEqual([1, 1])
    expect(errorsIn(B.norm(m, { axes: [0, 1], ord: 2 }))).toEqual(['BadOption'])
    const x = B.leaf('input', 'x', [2])
    for (const ord of [undefined, 2, 1, 3]) expect([...evaluate({ x: { shape: [2], data: [0, 0] } }, grad([x])(B.norm(x, ord === undefined ? {} : { ord, axes: [0] })))[0].data]).toEqual([0, 0])
  })
})

describe('recurrences', () => {
  test('sums and products so far, from either end, with or without the element', () => {
    const x = constant([1, 2, 3, 4])
    expect(value(B.cumsum(x))).toEqual([1, 3, 6, 10])
    expect(value(B.cumsum(x, 0, { exclusive: true }))).toEqual([0, 1, 3, 6])
    expect(value(B.cumsum(x, 0, { reverse: true }))).toEqual([10, 9, 7, 4])
    expect(value(B.cumsum(x, -1, { reverse: true, exclusive: true }))).toEqual([9, 7, 4, 0])
    expect(value(B.cumprod(x))).toEqual([1, 2, 6, 24])
    expect(value(B.cumprod(x, 0, { exclusive: true }))).toEqual([1, 1, 2, 6])
    expect(value(B.cumprod(x, 0, { reverse: true }))).toEqual([24, 24, 12, 4])
    expect(value(B.cumprod(x, 0, { reverse: true, exclusive: true }))).toEqual([24, 12, 4, 1])
    expect(value(B.cumsum(constant([1, 2, 3, 4], [2, 2]), 0))).toEqual([1, 2, 4, 6])
    expect(value(B.cumprod(B.array(Int32Array.of(2, 3), [2], 'i32')))).toEqual([2, 6])
  })

  test('the gradient of a product so far is exact at zeros', () => {
    const x = B.leaf('input', 'x', [4]), data = [2, 0, 3, 0]
    const [g] = grad([x])(B.sum(B.mul(B.cumprod(x), constant([1, 10, 100, 1000]))))
    // d/dx0: 1 + 10 x1 + 100 x1 x2 + 1000 x1 x2 x3, d/dx1: 10 x0 + 100 x0 x2 + 1000 x0 x2 x3, ...
    expect([...evaluate({ x: { shape: [4], data } }, [g])[0].data]).toEqual([1, 620, 0, 0])
  })

  test('over a symbolic axis and beside one', () => {
    const n = Ext.sym('n'), x = B.leaf('input', 'x', [n, 2]), v = { x: { shape: [3, 2], data: [1, 2, 3, 4, 5, 6] } }
    expect(evaluate(v, [B.cumsum(x, 1), B.cumsum(x, 0), B.cumprod(x, 0), B.cumprod(x, 0, { reverse: true })]).map((r) => [...r.data]))
      .toEqual([[1, 3, 3, 7, 5, 11], [1, 2, 4, 6, 9, 12], [1, 2, 3, 8, 15, 48], [15, 48, 15, 24, 5, 6]])
  })
})

describe('order', () => {
  test('sort is by rank among all pairs, gradients follow the elements', () => {
    const data = random(9, 24), x = B.leaf('input', 'x', [2, 3, 4]), at = { x: { shape: [2, 3, 4], data } }
    for (const axis of [0, 1, 2]) {
      const y = B.sort(x, axis), [s] = evaluate(at, [y]), [back] = evaluate(at, [B.sort(x, axis, true)])
      const step = [12, 4, 1][axis], n = [2, 3, 4][axis]
      for (let e = 0; e < 24; e++) if (Math.floor(e / step) % n === 0) {
        const line = Array.from({ length: n }, (_, k) => data[e + k * step])
        const want = line.map((_, r) => line.find((v) => line.filter((w) => w < v).length === r))
        expect(line.map((_, k) => s.data[e + k * step])).toEqual(want)
        expect(line.map((_, k) => back.data[e + k * step])).toEqual([...want].reverse())
      }
      const w = random(3, 24), [g] = grad([x])(B.sum(B.mul(y, constant(w, [2, 3, 4])))), [got] = evaluate(at, [g])
      data.forEach((v, e) => expect(got.data[e]).toBe(w[[...s.data].indexOf(v)]))
    }
  })

  test('equals keep their order, both zeros are equal, NaN is last', () => {
    const x = constant([1, 0, NaN, -0, 1, -Infinity])
    expect(value(B.argsort(x))).toEqual([5, 1, 3, 0, 4, 2])
    expect(value(B.argsort(x, 0, true))).toEqual([2, 0, 4, 1, 3, 5])
  })

  test('searchsorted counts', () => {
    const edges = constant([0, 1, 1, 2]), v = constant([-1, 0, 0.5, 1, 2, 3])
    expect(value(B.searchsorted(edges, v))).toEqual([0, 0, 1, 1, 3, 4])
    expect(value(B.searchsorted(edges, v, 'right'))).toEqual([0, 1, 1, 3, 4, 4])
    expect(value(B.searchsorted(constant([0, 1, 5, 6], [2, 2]), constant([1, 5.5], [2, 1])))).toEqual([1, 1])
  })

  test('medians', () => {
    expect(value(B.median(constant([5, 1, 2])))).toEqual([2])
    expect(value(B.median(constant([5, 1, 2, 40, 7, 7], [2, 3]), [1]))).toEqual([2, 7])
    expect(value(B.median(constant([5, 1, 2, 40], [2, 2]), undefined, true))).toEqual([3.5])
    const n = Ext.sym('n'), x = B.leaf('input', 'x', [n])
    for (const data of [[3, 1, 2], [4, 3, 1, 2]]) expect([...evaluate({ x: { shape: [data.length], data } }, [B.median(x)])[0].data]).toEqual([data.length === 3 ? 2 : 2.5])
  })

  test('takeAlong takes an index for each line', () => {
    const x = constant([1, 2, 3, 4, 5, 6], [2, 3]), ix = B.array(Int32Array.of(2, 0, 1, 1), [2, 2], 'i32')
    expect(value(B.takeAlong(x, ix))).toEqual([3, 1, 5, 5])
    expect(value(B.takeAlong(x, B.array(Int32Array.of(1, 0, 1), [1, 3], 'i32'), 0))).toEqual([4, 2, 6])
    expect(errorsIn(B.takeAlong(x, B.array(Int32Array.of(0), [1], 'i32')))).toEqual(['ShapeMismatch'])
  })
})

describe('diagonals and rearrangements', () => {
  const m = constant([1, 2, 3, 4, 5, 6], [2, 3])
  test('diagonals, triangles', () => {
    for (const offset of [-2, -1, 0, 1, 2, 3]) {
      const want = [0, 1].flatMap((i) => (i + offset >= 0 && i + offset < 3 ? [1 + 3 * i + i + offset] : []))
      expect(value(B.diagonal(m, offset))).toEqual(want)
      expect(value(B.trace(m, offset))).toEqual([want.reduce((a, b) => a + b, 0)])
    }
    const x = random(2, 12)
    expect(value(B.diagonal(constant(x, [2, 3, 2]), 0, 2, 0))).toEqual([0, 1, 2].flatMap((j) => [0, 1].map((i) => x[i * 6 + j * 2 + i])))
    expect(value(B.diag(constant([1, 2]), 1))).toEqual([0, 1, 0, 0, 0, 2, 0, 0, 0])
    expect(value(B.diag(constant([1, 2]), -1))).toEqual([0, 0, 0, 1, 0, 0, 0, 2, 0])
    expect(shapeOf(B.diag(m))).toEqual([2, 3, 3])
    expect(value(B.tril(m))).toEqual([1, 0, 0, 4, 5, 0])
    expect(value(B.tril(m, 1))).toEqual([1, 2, 0, 4, 5, 6])
    expect(value(B.triu(m, 1))).toEqual([0, 2, 3, 0, 0, 6])
  })

  test('diagonals under a batch, and of symbolic squares', () => {
    const n = Ext.sym('n'), x = B.leaf('input', 'x', [n, n]), v = { x: { shape: [2, 2], data: [1, 2, 3, 4] } }
    expect([...evaluate(v, [B.diagonal(x)])[0].data]).toEqual([1, 4])
    expect(errorsIn(B.diagonal(x, 1))).toEqual(['ShapeMismatch'])
    const w = B.leaf('site', 'w', [2, 2]), [many] = batch(2, [[w, B.leaf('input', 'ws', [2, 2, 2])]])([B.trace(w)])
    expect([...evaluate({ ws: { shape: [2, 2, 2], data: [1, 2, 3, 4, 5, 6, 7, 8] } }, [many])[0].data]).toEqual([5, 13])
  })

  test('repeat, tile, squeeze, moves', () => {
    expect(value(B.repeat(m, 2, 1))).toEqual([1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6])
    expect(value(B.repeat(m, 2, 0))).toEqual([1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6])
    expect(value(B.repeat(constant([1, 2], [2, 1]), 2))).toEqual([1, 1, 2, 2])
    expect(value(B.tile(constant([1, 2]), [2, 2]))).toEqual([1, 2, 1, 2, 1, 2, 1, 2])
    expect(shapeOf(B.tile(m, [2]))).toEqual([2, 6])
    const x = B.leaf('input', 'x', [1, 2, 1, 3])
    expect([B.squeeze(x), B.squeeze(x, [-2]), B.moveAxis(x, 1, -1), B.swapAxes(x, 0, 3), B.flatten(x)].map(shapeOf)).toEqual([[2, 3], [1, 2, 3], [1, 1, 3, 2], [3, 2, 1, 1], [6]])
    expect(errorsIn(B.squeeze(x, [1]))).toEqual(['ShapeMismatch'])
    expect(errorsIn(B.repeat(x, -1))).toEqual(['BadOption'])
  })

  test('compress and choose', () => {
    expect(value(B.compress(m, [true, false, true], 1))).toEqual([1, 3, 4, 6])
    expect(value(B.compress(m, [0, 1, 1]))).toEqual([2, 3])
    expect(errorsIn(B.compress(m, [true, true, true], 0))).toEqual(['ShapeMismatch'])
    const ix = B.array(Int32Array.of(0, 1, 2, -5, 9), [5], 'i32')
    expect(value(B.choose(ix, [10, B.scalar(20), constant([1, 2, 3, 4, 5])]))).toEqual([10, 20, 3, 10, 5])
    expect(errorsIn(B.choose(ix, []))).toEqual(['BadOption'])
  })

  test('reductions', () => {
    const b = constant([0, 1, 0, 0], [2, 2])
    expect([B.any(b), B.any(b, [1]), B.all(b, [0]), B.all(B.ge(b, 0))].map(value)).toEqual([[1], [1, 0], [0, 0], [1]])
    expect(value(B.ptp(m, [1]))).toEqual([2, 2])
    near(value(B.variance(m)), [35 / 12])
    near(value(B.variance(m, { axes: [1], ddof: 1 })), [1, 1])
    near(value(B.std(m, { axes: [0] })), [1.5, 1.5, 1.5])
    const x = B.leaf('input', 'x', [3])
    expect([...evaluate({ x: { shape: [3], data: [2, 2, 2] } }, grad([x])(B.std(x)))[0].data]).toEqual([0, 0, 0])
  })
})

test('rows: independent along the leading axes, mixed along their own', () => {
  const n = Ext.sym('batch'), x = B.leaf('input', 'x', [n, 3, 3]), v = B.leaf('input', 'v', [n, 3]), a = B.leaf('site', 'a', [3, 3])
  const along = [B.cholesky(x), B.solve(x, a), B.triangularSolve(a, x), B.eigh(x).vectors, B.cumsum(v, 1), B.cumprod(v, 1), B.argsort(v, 1), B.sort(v, 1), B.searchsorted(B.leaf('site', 's', [4]), v)]
  expect(rowAxes('batch')(along)).toEqual(along.map(() => 0))
  const mixed = [B.cumsum(v, 0), B.argsort(v, 0), B.solve(a, B.swapLast(v)), B.searchsorted(B.reshape(B.sliceAxis(v, 1, 0, 1), [n]), B.leaf('site', 's', [4]))]
  expect(rowAxes('batch')(mixed)).toEqual(mixed.map(() => 'mixed'))
})
