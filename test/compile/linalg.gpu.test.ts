/**
 * Sorting and linear algebra on the device for sizes beyond those of the op cases: longer
 * than a workgroup has invocations, odd and even, several matrices at once.
 *
 * Tolerances are backward errors: n roundings of 2^-24 of the norm, with a factor for the
 * constants of the method.
 */
import { describe, expect, test } from 'vitest'
import { orThrow } from '../../src/error.ts'
import { E } from '../../src/fp.ts'
import { interpret } from '../../src/reference/index.ts'
import { openSession } from '../../src/run/open.ts'
import * as B from '../../src/tensor/build.ts'
import { batch, grad } from '../../src/tensor/index.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { rngOf } from '../tensor/draw.ts'

const EPS = 2 ** -24

const onDevice = async (outputs: Readonly<Record<string, Tensor>>, values: Readonly<Record<string, { readonly shape: readonly number[]; readonly data: Float32Array }>>): Promise<Readonly<Record<string, ArrayLike<number>>>> => {
  const session = await orThrow(openSession({ outputs, updates: {}, record: {}, extents: {} }, values))
  await orThrow(session.run(1))
  const read = await orThrow(session.read(Object.keys(outputs)))
  session.destroy()
  return Object.fromEntries(Object.entries(read).map(([k, v]) => [k, v.data]))
}

const random = (seed: number, n: number): Float32Array => {
  const rng = rngOf(seed)
  return Float32Array.from({ length: n }, () => 2 * rng() - 1)
}
/** Largest difference of a product of n by n matrices from what it should be, in f64. */
const off = (n: number, at: (i: number, j: number, k: number) => number, want: (i: number, j: number) => number): number => {
  let worst = 0
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) {
    let s = 0
    for (let k = 0; k < n; k++) s += at(i, j, k)
    worst = Math.max(worst, Math.abs(s - want(i, j)))
  }
  return worst
}
/** Symmetric with eigenvalues of either sign, or positive definite by its diagonal. */
const symmetric = (seed: number, n: number, diagonal: number): Float32Array => {
  const r = random(seed, n * n)
  return r.map((_, e) => r[Math.max(Math.floor(e / n), e % n) * n + Math.min(Math.floor(e / n), e % n)] + (Math.floor(e / n) === e % n ? diagonal : 0))
}

describe('order', () => {
  test.each([65, 128, 1000, 4097])('an axis of %i is sorted both ways, stably', async (n) => {
    // Whole numbers, so that many are equal.
    const data = random(n, 3 * n).map((v) => Math.round(20 * v)), x = B.leaf('input', 'x', [n, 3])
    const r = await onDevice({ up: B.argsort(x, 0), down: B.argsort(x, 0, true) }, { x: { shape: [n, 3], data } })
    for (const [name, sign] of [['up', 1], ['down', -1]] as const)
      for (let c = 0; c < 3; c++) {
        const want = Array.from({ length: n }, (_, i) => i).sort((i, j) => sign * (data[3 * i + c] - data[3 * j + c]) || i - j)
        expect(want.map((_, i) => r[name][3 * i + c])).toEqual(want)
      }
  })

  test('NaN is sorted as the largest', async () => {
    const x = B.leaf('input', 'x', [5]), data = Float32Array.of(2, NaN, -Infinity, Infinity, -1)
    const r = await onDevice({ up: B.argsort(x), down: B.argsort(x, 0, true) }, { x: { shape: [5], data } })
    expect([[...Array.from(r['up'])], [...Array.from(r['down'])]]).toEqual([[2, 4, 0, 3, 1], [1, 3, 0, 4, 2]])
  })
})

describe('matrices', () => {
  test.each([33, 70, 150])('of %i rows: L L^T = a', async (n) => {
    const a = symmetric(n, n, n), { l } = await onDevice({ l: B.cholesky(B.leaf('input', 'a', [n, n])) }, { a: { shape: [n, n], data: a } })
    expect(off(n, (i, j, k) => l[i * n + k] * l[j * n + k], (i, j) => a[i * n + j])).toBeLessThan(4 * n * EPS * n)
    for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) expect(l[i * n + j]).toBe(0)
  })

  test('that are not positive definite give NaN, the others of the batch not', async () => {
    const a = Float32Array.of(4, 0, 2, 2, 1, 0, 2, 1, 1, 0, 0, 1), x = B.leaf('input', 'a', [3, 2, 2])
    const { l } = await onDevice({ l: B.cholesky(x) }, { a: { shape: [3, 2, 2], data: a } })
    expect([...Array.from(l)]).toEqual([2, 0, 1, 1, NaN, 0, NaN, NaN, 1, 0, 0, 1])
  })

  test.each([33, 70, 150])('of %i rows: a x = b, and the determinant of the elimination', async (n) => {
    const a = random(n, 2 * n * n), x = B.leaf('input', 'a', [2, n, n]), b = random(n + 1, n * n), y = B.leaf('input', 'b', [n, n])
    const r = await onDevice({ x: B.solve(x, y), d: B.logAbsDet(x) }, { a: { shape: [2, n, n], data: a }, b: { shape: [n, n], data: b } })
    for (let m = 0; m < 2; m++) {
      const size = Math.max(...Array.from({ length: n * n }, (_, e) => Math.abs(r['x'][m * n * n + e])))
      expect(off(n, (i, j, k) => a[m * n * n + i * n + k] * r['x'][m * n * n + k * n + j], (i, j) => b[i * n + j])).toBeLessThan(20 * n * EPS * Math.max(1, size))
      expect(Math.abs(r['d'][m] - logAbs(a.slice(m * n * n, (m + 1) * n * n), n))).toBeLessThan(1e-3)
    }
  })

  test.each([2, 33, 64, 101])('of %i rows: a v = lambda v with orthonormal v', async (n) => {
    const a = symmetric(n + 7, n, 0), { values, vectors } = B.eigh(B.leaf('input', 'a', [n, n]))
    const r = await onDevice({ values, vectors }, { a: { shape: [n, n], data: a } }), v = r['vectors'], w = r['values']
    const scale = Math.max(Math.abs(w[0]), Math.abs(w[n - 1]))
    expect(off(n, (i, j, k) => v[k * n + i] * v[k * n + j], (i, j) => (i === j ? 1 : 0))).toBeLessThan(40 * Math.sqrt(n) * EPS)
    expect(off(n, (i, j, k) => a[i * n + k] * v[k * n + j] - (k === i ? w[j] * v[k * n + j] : 0), () => 0)).toBeLessThan(40 * n * EPS * Math.max(1, scale))
    for (let i = 1; i < n; i++) expect(w[i]).toBeGreaterThanOrEqual(w[i - 1])
    expect(Array.from(w).reduce((s, x) => s + x, 0)).toBeCloseTo(Array.from({ length: n }, (_, i) => a[i * n + i]).reduce((s, x) => s + x, 0), 3)
  })

  test('equal eigenvalues, and zero', async () => {
    const { values, vectors } = B.eigh(B.leaf('input', 'a', [3, 3]))
    const r = await onDevice({ values, vectors }, { a: { shape: [3, 3], data: new Float32Array(9).fill(1) } })
    Array.from(r['values']).forEach((v, i) => expect(v).toBeCloseTo([0, 0, 3][i], 5))
    for (let i = 0; i < 3; i++) expect(r['vectors'][3 * i + 2]).toBeCloseTo(1 / Math.sqrt(3), 5)
  })

  test('parts of a large concatenation go where they belong', async () => {
    const n = 96, a = symmetric(3, n, n), x = B.leaf('input', 'a', [n, n]), l = B.cholesky(x), few = B.sliceAxis(x, 0, 0, 1)
    const whole = {
      beside: B.concat([B.exp(x), B.cholesky(x)], 1), product: B.concat([B.exp(x), B.matmul(x, x)], 1),
      under: B.concat([B.exp(x), B.relu(B.matmul(x, x))], 0),
      shifted: B.concat([B.reshape(B.sliceAxis(few, 1, 0, 10), [10]), B.reshape(B.relu(B.matmul(x, x)), [n * n])], 0)
    }
    const r = await onDevice(whole, { a: { shape: [n, n], data: a } })
    const s = await onDevice({ l, p: B.matmul(x, x) }, { a: { shape: [n, n], data: a } })
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) {
      expect(r['beside'][i * 2 * n + n + j]).toBe(s['l'][i * n + j])
      const p = s['p'][i * n + j], near = Math.max(1, Math.abs(p)) * 1e-4
      expect(Math.abs(r['product'][i * 2 * n + n + j] - p)).toBeLessThan(near)
      expect(Math.abs(r['under'][n * n + i * n + j] - Math.max(0, p))).toBeLessThan(near)
      expect(Math.abs(r['shifted'][10 + i * n + j] - Math.max(0, p))).toBeLessThan(near)
    }
  })
})

describe('composites', () => {
  const a = B.leaf('site', 'a', [4, 4]), b = B.leaf('site', 'b', [4])
  const near = B.add(B.mul(0.2, B.matmul(a, B.swapLast(a))), B.diag(B.iota([4], 0, 'f32'))), pd = B.add(near, B.diag(B.full([4], 1)))
  const scalars: Readonly<Record<string, Tensor>> = {
    logdet: B.logdet(pd), logAbsDet: B.logAbsDet(pd), det: B.det(B.mul(0.5, pd)), inverse: B.sum(B.square(B.inverse(pd))),
    mahalanobis: B.dot(b, B.choleskySolve(B.cholesky(pd), b)), values: B.sum(B.square(B.eigh(pd).values)), vectors: B.sum(B.mul(a, B.eigh(pd).vectors)),
    sort: B.sum(B.mul(B.sort(a), B.iota([4, 4], 1, 'f32'))), median: B.median(a), cumprod: B.sum(B.cumprod(a, 0)), cumsum: B.sum(B.square(B.cumsum(a, 1))),
    norm: B.norm(a, { axes: [0], ord: 3 }), std: B.std(a), power: B.trace(B.matrixPower(B.mul(0.3, pd), -2)), diagonals: B.sum(B.square(B.diagonal(a, 1))),
    triangles: B.sum(B.exp(B.add(B.tril(a), B.triu(a, 1)))), choose: B.sum(B.choose(B.argsort(b), [b, B.mul(2, b), 3]))
  }
  const values = { a: { shape: [3, 4, 4], data: random(5, 48) }, b: { shape: [3, 4], data: random(6, 12) } }

  // Values and gradients, of three slices at once; condition numbers are below 1e3.
  test.each(Object.keys(scalars))('%s: value and gradient of a batch, beside f64', async (name) => {
    const y = scalars[name].type._tag === 'Right' && scalars[name].type.right.shape.length > 0 ? B.sum(scalars[name]) : scalars[name]
    const outputs = batch(3, [[a, B.leaf('input', 'a', [3, 4, 4])], [b, B.leaf('input', 'b', [3, 4])]])([y, ...grad([a, b])(y)])
    const got = await onDevice(Object.fromEntries(outputs.map((t, k) => [String(k), t])), values)
    const want = interpret(values)(outputs)
    if (E.isLeft(want)) throw new Error(JSON.stringify(want.left))
    want.right.forEach((w, k) => {
      const scale = Math.max(1, ...w.data.map(Math.abs))
      w.data.forEach((v, i) => expect(Math.abs(v - got[String(k)][i]) / scale).toBeLessThan(2e-4))
    })
  })
})

/** log |det| by unpivoted elimination on doubles after sorting rows by their largest remaining element. */
const logAbs = (a: Float32Array, n: number): number => {
  const rows = Array.from({ length: n }, (_, i) => Float64Array.from(a.slice(i * n, (i + 1) * n)))
  let total = 0
  for (let k = 0; k < n; k++) {
    const top = rows.slice(k).reduce((best, r, i) => (Math.abs(r[k]) > Math.abs(rows[best][k]) ? k + i : best), k)
    ;[rows[k], rows[top]] = [rows[top], rows[k]]
    total += Math.log(Math.abs(rows[k][k]))
    for (let i = k + 1; i < n; i++) {
      const f = rows[i][k] / rows[k][k]
      for (let j = k; j < n; j++) rows[i][j] -= f * rows[k][j]
    }
  }
  return total
}
