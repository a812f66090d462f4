/** Maps of whole axes: simplexes, Cholesky factors of correlations, increasing vectors. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Dist from '../../src/dist/index.ts'
import type { Bijector } from '../../src/dist/index.ts'
import * as B from '../../src/tensor/build.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { shapeOf } from '../../src/tensor/node.ts'
import { value } from './tools.ts'

const { forward, inverse, logDetJacobian, freeShape, eventRank, totalLogDet } = Dist.Bijectors

/** Shapes of values, and which of a value's elements move freely. */
interface Case { readonly b: Bijector; readonly shapes: readonly (readonly number[])[]; readonly free: (shape: readonly number[]) => readonly number[] }
const range = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i)
const cases: readonly Case[] = [
  { b: Dist.Bijectors.stickBreaking, shapes: [[1], [2], [5]], free: ([k]) => range(k - 1) },
  { b: Dist.Bijectors.choleskyCorr, shapes: [[1, 1], [2, 2], [4, 4]], free: ([k]) => range(k * k).filter((i) => i % k < Math.floor(i / k)) },
  { b: Dist.Bijectors.ordered, shapes: [[1], [2], [5]], free: ([k]) => range(k) }
]
const count = (s: readonly number[]): number => s.reduce((a, b) => a * b, 1)

const run = (f: (u: Tensor) => Tensor, shape: readonly number[], data: readonly number[]): readonly number[] =>
  value(f(B.leaf('input', 'u', shape)), { u: { shape, data } })

const determinant = (rows: readonly (readonly number[])[]): number => {
  const a = rows.map((r) => [...r])
  let d = 1
  for (let i = 0; i < a.length; i++) {
    const p = range(a.length).slice(i).reduce((best, r) => (Math.abs(a[r][i]) > Math.abs(a[best][i]) ? r : best), i)
    if (p !== i) { [a[i], a[p]] = [a[p], a[i]]; d = -d }
    d *= a[i][i]
    for (let r = i + 1; r < a.length; r++) { const m = a[r][i] / a[i][i]; for (let c = i; c < a.length; c++) a[r][c] -= m * a[i][c] }
  }
  return d
}

describe.each(cases.flatMap((c) => c.shapes.map((shape) => ({ ...c, shape, tag: `${c.b._tag} [${shape.join(', ')}]` }))))('$tag', ({ b, shape, free }) => {
  const own = freeShape(b)(shape), n = count(own)
  const us = fc.array(fc.double({ min: -4, max: 4, noNaN: true }), { minLength: n, maxLength: n })

  test('shapes', () => {
    const x = forward(b)(B.leaf('input', 'u', [3, ...own]))
    expect(shapeOf(x)).toEqual([3, ...shape])
    expect(shapeOf(inverse(b)(x))).toEqual([3, ...own])
    expect(shapeOf(logDetJacobian(b)(B.leaf('input', 'u', [3, ...own])))).toEqual([3])
    expect(eventRank(b)).toBe(shape.length)
  })
  test('there and back', () => {
    // Within |u| < 4 the smallest share of a stick of five is 1e-9: f64 keeps seven digits of what is left.
    fc.assert(fc.property(us, (u) => {
      run((t) => inverse(b)(forward(b)(t)), own, u).forEach((v, i) => { expect(v).toBeCloseTo(u[i], 5) })
    }))
  })
  test('the log Jacobian is the log of the determinant', () => {
    if (n === 0) return expect(run(logDetJacobian(b), own, [])[0]).toBe(0)
    fc.assert(fc.property(us, (u) => {
      const h = 1e-5
      const x = (d: number, i: number): readonly number[] => run(forward(b), own, u.map((v, k) => (k === i ? v + d : v)))
      const columns = range(n).map((i) => { const hi = x(h, i), lo = x(-h, i); return free(shape).map((k) => (hi[k] - lo[k]) / (2 * h)) })
      expect(run(logDetJacobian(b), own, u)[0]).toBeCloseTo(Math.log(Math.abs(determinant(columns))), 4)
    }), { numRuns: 50 })
  })
  test('rows of a batch are maps of their own', () => {
    fc.assert(fc.property(us, us, (u, v) => {
      const both = run(forward(b), [2, ...own], [...u, ...v])
      expect(both.slice(0, count(shape))).toEqual(run(forward(b), own, u))
      expect(both.slice(count(shape))).toEqual(run(forward(b), own, v))
      expect(run(totalLogDet(b, [2, ...shape]), [2, ...own], [...u, ...v])[0]).toBeCloseTo(run(logDetJacobian(b), own, u)[0] + run(logDetJacobian(b), own, v)[0], 9)
    }), { numRuns: 20 })
  })
})

test('a simplex sums to one, also far out', () => {
  for (const u of [[-300, 0, 300], [50, 50, 50], [0, 0, 0]]) {
    const x = run(forward(Dist.Bijectors.stickBreaking), [3], u)
    expect(x.reduce((a, v) => a + v, 0)).toBeCloseTo(1, 12)
    expect(x.every((v) => v >= 0)).toBe(true)
  }
  run(forward(Dist.Bijectors.stickBreaking), [3], [0, 0, 0]).forEach((v) => { expect(v).toBeCloseTo(0.25, 7) })
})

test('rows of a Cholesky factor of a correlation have length one and a positive end', () => {
  fc.assert(fc.property(fc.array(fc.double({ min: -6, max: 6, noNaN: true }), { minLength: 6, maxLength: 6 }), (u) => {
    const x = run(forward(Dist.Bijectors.choleskyCorr), [6], u)
    for (const i of range(4)) {
      expect(range(4).reduce((s, j) => s + x[4 * i + j] ** 2, 0)).toBeCloseTo(1, 10)
      expect(x[5 * i]).toBeGreaterThan(0)
      range(4).filter((j) => j > i).forEach((j) => { expect(x[4 * i + j]).toBe(0) })
    }
  }))
})

test('an increasing vector increases', () => {
  fc.assert(fc.property(fc.array(fc.double({ min: -6, max: 6, noNaN: true }), { minLength: 5, maxLength: 5 }), (u) => {
    const x = run(forward(Dist.Bijectors.ordered), [5], u)
    range(4).forEach((i) => { expect(x[i + 1]).toBeGreaterThan(x[i]) })
  }))
})

// The joint density over u integrates to the evidence: with the Jacobian forgotten each is far off.
describe('evidence', () => {
  const grid = range(241).map((i) => -18 + i * 0.15)
  const plane = (f: (u: Tensor) => Tensor): number => {
    const points = grid.flatMap((a) => grid.map((b) => [a, b]))
    return run(f, [points.length, 2], points.flat()).reduce((s, l) => s + Math.exp(l) * 0.15 ** 2, 0)
  }
  const column = (x: Tensor, i: number): Tensor => B.reshape(B.sliceAxis(x, 1, i, i + 1), [shapeOf(x)[0]])

  test('stick breaking: shares with a uniform prior, classes seen 2, 0 and 1 times', () => {
    // 2! times the integral of x1^2 x3: 2! * 2! 0! 1! / (2 + 0 + 1 + 2)!
    const b = Dist.Bijectors.stickBreaking
    const z = plane((u) => {
      const x = forward(b)(u)
      return B.add(B.add(B.add(Math.log(2), B.mul(2, B.log(column(x, 0)))), B.log(column(x, 2))), logDetJacobian(b)(u))
    })
    expect(Math.log(z)).toBeCloseTo(Math.log((2 * 2) / 120), 6)
  })
  test('correlations: two variables, uniform correlation', () => {
    const b = Dist.Bijectors.choleskyCorr
    const us = range(4001).map((i) => -20 + i * 0.01)
    // The prior of r = tanh(u) is 1/2 on (-1, 1); r^2 has the expectation 1/3.
    const l = run((u) => B.add(B.add(Math.log(0.5), B.log(B.square(B.reshape(B.slice(forward(b)(u), [0, 1, 0], [us.length, 2, 1]), [us.length])))), logDetJacobian(b)(u)), [us.length, 1], us)
    expect(l.reduce((s, v) => s + (Number.isFinite(v) ? Math.exp(v) * 0.01 : 0), 0)).toBeCloseTo(1 / 3, 6)
  })
  test('increasing pairs of standard normals are half of all pairs', () => {
    const b = Dist.Bijectors.ordered
    const normal = (x: Tensor): Tensor => B.sub(B.mul(-0.5, B.square(x)), 0.5 * Math.log(2 * Math.PI))
    const z = plane((u) => { const x = forward(b)(u); return B.add(B.add(normal(column(x, 0)), normal(column(x, 1))), logDetJacobian(b)(u)) })
    expect(z).toBeCloseTo(0.5, 5)
  })
})
