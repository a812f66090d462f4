/**
 * Gradients as graphs: against central differences in f64 for every op and twice, and the
 * laws of `grad`, `vjp` and `jvp`.
 *
 * With h = 1e-5 and functions of order 1 the difference quotient is wrong by about
 * h^2 f''' / 6 + 1e-16 f / h, some 1e-9 for the domains of the cases; 2e-6 of the scale
 * leaves room for third derivatives of a few thousand and can't hide a wrong term.
 */
import { describe, expect, test } from 'vitest'
import * as B from '../../src/tensor/build.ts'
import { grad, jvp, opNames, vjp } from '../../src/tensor/index.ts'
import type { OpName, Tensor } from '../../src/tensor/index.ts'
import { shapeOf, topo, typeOf } from '../../src/tensor/node.ts'
import { leafName } from '../../src/tensor/ops/leaves.ts'
import { cases } from './cases.ts'
import type { Case, Rng } from './cases.ts'
import { errorsIn, evaluate, seeded, valuesOf } from './support.ts'

const H = 1e-5
const TOLERANCE = 2e-6

/** The f32 leaves of a case, as they are in its graph. */
const floats = (c: Case): readonly Tensor[] => topo([c.node]).filter((t) => leafName(t) !== undefined && typeOf(t).dtype === 'f32')

const random = (rng: Rng, n: number): Float64Array => Float64Array.from({ length: n }, () => 2 * rng() - 1)
const size = (t: Tensor): number => (shapeOf(t) as readonly number[]).reduce((a, b) => a * b, 1)
const weighted = (t: Tensor, w: Float64Array): Tensor => B.sum(B.mul(t, B.array(w, shapeOf(t))))

/** Values moved by h along the directions of the leaves. */
const moved = (c: Case, xs: readonly Tensor[], ds: readonly Float64Array[], h: number): ReturnType<typeof valuesOf> =>
  Object.fromEntries(c.leaves.map((l) => {
    const k = xs.findIndex((x) => leafName(x) === l.name)
    return [l.name, { shape: l.shape, data: k < 0 ? l.data : l.data.map((v, i) => v + h * ds[k][i]) }]
  }))

const slope = (c: Case, y: Tensor, xs: readonly Tensor[], ds: readonly Float64Array[]): { readonly value: number; readonly scale: number } => {
  const [[up], [down]] = [H, -H].map((h) => evaluate(moved(c, xs, ds, h), [y]))
  return { value: (up.data[0] - down.data[0]) / (2 * H), scale: Math.max(1, Math.abs(up.data[0])) }
}

/** Derivative along directions, by the gradient. */
const along = (gs: readonly Tensor[], ds: readonly Float64Array[]): Tensor => gs.map((g, i) => weighted(g, ds[i])).reduce((a, b) => B.add(a, b))

const check = (c: Case, y: Tensor, xs: readonly Tensor[], ds: readonly Float64Array[], s: Tensor): void => {
  const [{ data: [got] }] = evaluate(valuesOf(c.leaves), [s])
  const want = slope(c, y, xs, ds)
  expect(Math.abs(got - want.value) / Math.max(want.scale, Math.abs(want.value))).toBeLessThan(TOLERANCE)
}

const NONE: readonly OpName[] = ['stopGradient', 'randomNormal', 'randomUniform']

describe('grad', () => {
  for (const op of opNames)
    test(`of ${op} is the slope, once and twice`, () => {
      let checked = 0
      for (const rng of seeded(`grad ${op}`, 25)) {
        const c = cases[op](rng)
        const xs = floats(c)
        if (typeOf(c.node).dtype !== 'f32' || xs.length === 0) continue
        const ds = xs.map((x) => random(rng, size(x))), es = xs.map((x) => random(rng, size(x)))
        const y = weighted(c.node, random(rng, size(c.node)))
        const gs = grad(xs)(y)
        gs.forEach((g, i) => {
          expect(errorsIn(g)).toEqual([])
          expect(shapeOf(g)).toEqual(shapeOf(xs[i]))
        })
        const first = along(gs, ds)
        if (NONE.includes(op)) {
          expect(evaluate(valuesOf(c.leaves), gs).every((g) => g.data.every((v) => v === 0))).toBe(true)
          continue
        }
        check(c, y, xs, ds, first)
        check(c, first, xs, es, along(grad(xs)(first), es))
        // Only one of the leaves: the others' branches are not followed.
        const one = Math.floor(rng() * xs.length)
        check(c, y, [xs[one]], [ds[one]], weighted(grad([xs[one]])(y)[0], ds[one]))
        checked++
      }
      const smooth = seeded(`grad ${op}`, 25).map((rng) => cases[op](rng)).some((c) => typeOf(c.node).dtype === 'f32' && floats(c).length > 0)
      expect(checked > 0).toBe(smooth && !NONE.includes(op))
    })

  test('goes through a composition of many ops', () => {
    for (const rng of seeded('composition', 5)) {
      const x = B.leaf('input', 'x', [2, 1, 6, 6]), w = B.leaf('input', 'w', [3, 1, 3, 3]), v = B.leaf('input', 'v', [12, 5])
      const h = B.maxPool2d(B.tanh(B.conv2d(x, w, { stride: [1, 1], padding: [[0, 0], [0, 0]], dilation: [1, 1], groups: 1 })), { window: [2, 2], stride: [2, 2], padding: [[0, 0], [0, 0]] })
      const y = B.neg(B.mean(B.sliceAxis(B.logSoftmax(B.matmul(B.reshape(h, [2, 12]), v)), 1, 1, 2)))
      const xs = [x, w, v]
      const leaves = xs.map((t) => {
        const data = [...random(rng, size(t))]
        return { name: leafName(t) as string, shape: shapeOf(t) as readonly number[], dtype: 'f32' as const, data, again: () => data }
      })
      const c: Case = { leaves, node: y, tolerance: 0 }
      const ds = xs.map((t) => random(rng, size(t))), first = along(grad(xs)(y), ds)
      check(c, y, xs, ds, first)
      check(c, first, xs, ds, along(grad(xs)(first), ds))
    }
  })

  test('of a sum is the sum of the gradients', () => {
    const x = B.leaf('input', 'x', [4])
    const a = B.sum(B.exp(x)), b = B.sum(B.mul(x, B.sin(x)))
    const [[whole], [ga], [gb]] = [B.add(a, b), a, b].map((y) => grad([x])(y))
    const [w, u, v] = evaluate({ x: { shape: [4], data: [0.1, -2, 3, 0.7] } }, [whole, ga, gb])
    w.data.forEach((g, i) => expect(g).toBeCloseTo(u.data[i] + v.data[i], 12))
  })

  test('is taken by an inner node, and counts every path to it', () => {
    const x = B.leaf('input', 'x', [3]), u = B.mul(x, 2), y = B.sum(B.mul(u, B.add(u, x)))
    const [gu, gx] = grad([u, x])(y)
    const at = { x: { shape: [3], data: [1, -2, 0.5] } }
    // y = u (u + x) = 6 x^2: by u alone 2 u + x = 5 x, by x in all 12 x.
    const [a, b] = evaluate(at, [gu, gx])
    expect([...a.data]).toEqual([5, -10, 2.5])
    expect([...b.data]).toEqual([12, -24, 6])
  })

  test('of what does not matter is zero, of the whole itself is one', () => {
    const x = B.leaf('input', 'x', [2, 3]), z = B.leaf('input', 'z', [2]), k = B.leaf('input', 'k', [2], 'i32'), y = B.sum(x)
    const [gz, gk, gy] = grad([z, k, y])(y)
    expect(evaluate({}, [gz, gk, gy]).map((r) => [...r.data])).toEqual([[0, 0], [0, 0], [1]])
  })

  test('of a vector cut into parts is the parts side by side', () => {
    const x = B.leaf('input', 'x', [10])
    const cut = (a: number, b: number): Tensor => B.sliceAxis(x, 0, a, b)
    const y = [B.sum(B.square(cut(0, 3))), B.sum(B.exp(cut(3, 4))), B.sum(B.mul(cut(6, 9), 3))].reduce((a, b) => B.add(a, b))
    const [g] = grad([x])(y)
    expect(topo([g]).some((t) => t.op === 'pad')).toBe(false)
    const data = [1, 2, 3, 0, 9, 9, 1, 1, 1, 9]
    expect([...evaluate({ x: { shape: [10], data } }, [g])[0].data]).toEqual([2, 4, 6, 1, 0, 0, 3, 3, 3, 0])
    // Overlapping parts add.
    const [o] = grad([x])(B.add(B.sum(cut(0, 6)), B.sum(cut(4, 10))))
    expect([...evaluate({}, [o])[0].data]).toEqual([1, 1, 1, 1, 2, 2, 1, 1, 1, 1])
  })

  test('needs a scalar f32; Lefts pass through with their errors', () => {
    const x = B.leaf('input', 'x', [3]), bad = B.add(x, B.leaf('input', 'w', [2]))
    expect(errorsIn(grad([x])(x)[0])).toEqual(['NotScalar'])
    expect(errorsIn(grad([x])(B.sum(B.cast(x, 'i32')))[0])).toEqual(['NotScalar'])
    expect(errorsIn(grad([x])(B.sum(bad))[0])).toEqual(['ShapeMismatch'])
    expect(errorsIn(grad([bad])(B.sum(x))[0])).toEqual(['ShapeMismatch'])
    expect(errorsIn(vjp([x], [bad], [x])[0])).toEqual(['ShapeMismatch'])
    expect(errorsIn(jvp([x], [x])([bad])[0])).toEqual(['ShapeMismatch'])
  })

  test('of symbolic shapes is that of concrete ones', () => {
    const x = B.leaf('input', 'x', [{ _tag: 'Sym', terms: [{ coef: 1, atoms: ['n'] }] }, 2])
    const [g] = grad([x])(B.mean(B.square(x)))
    expect([...evaluate({ x: { shape: [2, 2], data: [1, 2, 3, 4] } }, [g])[0].data]).toEqual([0.5, 1, 1.5, 2])
  })
})

describe('ties', () => {
  const at = (data: readonly number[]) => ({ x: { shape: [data.length], data } })
  test('extremes over an axis share the gradient, binary ones give it to the first', () => {
    const x = B.leaf('input', 'x', [4])
    expect([...evaluate(at([3, 1, 3, 2]), grad([x])(B.reduceMax(x)))[0].data]).toEqual([0.5, 0, 0.5, 0])
    expect([...evaluate(at([3, 1, 1, 2]), grad([x])(B.reduceMin(x)))[0].data]).toEqual([0, 0.5, 0.5, 0])
    const a = B.leaf('input', 'x', [2]), b = B.leaf('input', 'b', [2]), v = { x: { shape: [2], data: [1, 2] }, b: { shape: [2], data: [1, 5] } }
    expect(evaluate(v, grad([a, b])(B.sum(B.max(a, b)))).map((r) => [...r.data])).toEqual([[1, 0], [0, 1]])
    expect(evaluate(v, grad([a, b])(B.sum(B.min(a, b)))).map((r) => [...r.data])).toEqual([[1, 1], [0, 0]])
  })
  test('a product with zeros has the product of the others', () => {
    const x = B.leaf('input', 'x', [3])
    expect([...evaluate(at([0, 2, 5]), grad([x])(B.prod(x)))[0].data]).toEqual([10, 0, 0])
    expect([...evaluate(at([0, 0, 5]), grad([x])(B.prod(x)))[0].data]).toEqual([0, 0, 0])
  })
  test('equal cells of a pool: the first in C order wins', () => {
    const x = B.leaf('input', 'x', [2, 2]), y = B.maxPool2d(x, { window: [2, 2], stride: [2, 2], padding: [[0, 0], [0, 0]] })
    expect([...evaluate({ x: { shape: [2, 2], data: [1, 7, 7, 7] } }, grad([x])(B.sum(y)))[0].data]).toEqual([0, 1, 0, 0])
  })
})

describe('clipGradient', () => {
  test('leaves the value and cuts what flows back, element by element', () => {
    const x = B.leaf('input', 'x', [3]), y = B.clipGradient(x, 1.5), at = { x: { shape: [3], data: [1, -2, 3] } }
    expect([...evaluate(at, [y])[0].data]).toEqual([1, -2, 3])
    expect([...evaluate(at, grad([x])(B.sum(B.mul(y, B.array(Float32Array.of(-4, 1, 2), [3])))))[0].data]).toEqual([-1.5, 1, 1.5])
  })
})

describe('jvp', () => {
  test('is the transpose of vjp: <jvp d, c> = <d, vjp c>, and the slope', () => {
    for (const op of ['matmul', 'conv2d', 'tanh', 'logSumExp', 'take', 'maxPool2d', 'mul'] as const)
      for (const rng of seeded(`jvp ${op}`, 5)) {
        const c = cases[op](rng), xs = floats(c)
        if (typeOf(c.node).dtype !== 'f32' || xs.length === 0) continue
        const ds = xs.map((x) => random(rng, size(x))), w = random(rng, size(c.node))
        const [tangent] = jvp(xs, ds.map((d, i) => B.array(d, shapeOf(xs[i]))))([c.node])
        const backs = vjp([c.node], [B.array(w, shapeOf(c.node))], xs)
        const [a, b] = evaluate(valuesOf(c.leaves), [weighted(tangent, w), along(backs, ds)])
        expect(Math.abs(a.data[0] - b.data[0])).toBeLessThan(1e-10 * Math.max(1, Math.abs(b.data[0])))
        const want = slope(c, weighted(c.node, w), xs, ds)
        expect(Math.abs(a.data[0] - want.value) / Math.max(want.scale, Math.abs(want.value))).toBeLessThan(TOLERANCE)
      }
  })
})
