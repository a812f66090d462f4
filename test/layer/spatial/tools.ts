/**
 * What the tests of spatial layers share: numbers, loops over indices, and a layer run
 * on the f64 reference with its shape rule and its gradients checked on the way.
 */
import { expect } from 'vitest'
import { renderAll } from '../../../src/error.ts'
import { E } from '../../../src/fp.ts'
import * as Layer from '../../../src/layer/index.ts'
import { interpret } from '../../../src/reference/index.ts'
import type { Ref, Values } from '../../../src/reference/index.ts'
import * as B from '../../../src/tensor/build.ts'
import * as Ext from '../../../src/tensor/extent.ts'
import { grad } from '../../../src/tensor/index.ts'
import type { Tensor } from '../../../src/tensor/index.ts'
import { shapeOf } from '../../../src/tensor/node.ts'
import { leafName } from '../../../src/tensor/ops/leaves.ts'
import { leavesOf } from '../../../src/tensor/replace.ts'

// -----------------------------------------------------------------------------
// numbers and indices
// -----------------------------------------------------------------------------

export interface HostArray {
  readonly shape: readonly number[]
  readonly data: Float64Array
}

export const product = (ns: readonly number[]): number => ns.reduce((a, b) => a * b, 1)

/** Numbers without pattern, the same in every run and in the script of the fixtures. */
export const numbers = (n: number, seed: number): Float64Array => Float64Array.from({ length: n }, (_, i) => Math.sin(12.9898 * (i + 1) + 78.233 * seed) * 1.5)

export const array = (shape: readonly number[], seed: number): HostArray => ({ shape, data: numbers(product(shape), seed) })

/** Numbers of which no two are near each other, in an order without pattern. */
export const distinct = (shape: readonly number[], seed: number): HostArray => {
  const n = product(shape), rank = [...numbers(n, seed).keys()].sort((a, b) => Math.sin(99 * a + seed) - Math.sin(99 * b + seed))
  return { shape, data: Float64Array.from(rank, (k) => (4 * k) / n - 2) }
}

/** Every index of a shape, in C order. */
export const indices = (shape: readonly number[]): readonly (readonly number[])[] =>
  shape.reduce<readonly (readonly number[])[]>((all, n) => all.flatMap((ix) => Array.from({ length: n }, (_, i) => [...ix, i])), [[]])

/** The element at an index; undefined outside the array. */
export const at = (a: HostArray, ix: readonly number[]): number | undefined =>
  ix.every((i, d) => i >= 0 && i < a.shape[d]) ? a.data[ix.reduce((k, i, d) => k * a.shape[d] + i, 0)] : undefined

/** An array by a rule for its elements. */
export const tabulated = (shape: readonly number[], f: (ix: readonly number[]) => number): HostArray => ({ shape, data: Float64Array.from(indices(shape), f) })

// -----------------------------------------------------------------------------
// layers
// -----------------------------------------------------------------------------

export const evaluate = (values: Values, outputs: readonly Tensor[]): readonly Ref[] => {
  const r = interpret(values)(outputs)
  if (E.isLeft(r)) throw new Error(renderAll(r.left))
  return r.right
}

/** The error texts of a network. */
export const told = (n: Layer.Network): string => renderAll(Layer.elaborate(n).problems)

/** A layer on an input `x` [batch, ...shape], without errors; null extents are left open. */
export const built = (layer: Layer.Layer, shape: readonly (number | null)[]): Tensor => {
  const e = Layer.elaborate(layer(Layer.input([null, ...shape], { name: 'x' })))
  expect(renderAll(e.problems)).toBe('')
  return e.prediction
}

/**
 * Values of a layer, whose symbolic shape must be the computed one, and the slope of a
 * weighted sum of its outputs, which must be the difference quotient along a direction
 * of all inputs and parameters at once. With h = 1e-5, functions that are products of at
 * most three leaves, and values of order one, the quotient is wrong by some 1e-9; sums
 * of a thousand terms leave 1e-6.
 */
export const checked = (y: Tensor, values: Readonly<Record<string, HostArray>>): Ref => {
  const [ref] = evaluate(values, [y])
  const open = Object.fromEntries(values['x'].shape.map((n, i) => [i === 0 ? 'batch' : `x.${i}`, n]))
  expect(shapeOf(y).map(Ext.bind(open))).toEqual(ref.shape)
  const ct = B.leaf('input', 'ct', shapeOf(y)), loss = B.sum(B.mul(y, ct))
  const given = { ...values, ct: { shape: ref.shape, data: numbers(product(ref.shape), 5) } }
  const leaves = leavesOf([y]), names = leaves.map((l) => leafName(l) as string)
  // With the loss, whose leaves say what open extents are.
  const slopes = evaluate(given, [loss, ...grad(leaves)(loss)]).slice(1)
  slopes.forEach((g, i) => expect(g.shape).toEqual(values[names[i]].shape))
  const directions = slopes.map((g, i) => numbers(product(g.shape), 6 + i))
  const slope = slopes.reduce((s, g, i) => s + g.data.reduce((a, v, j) => a + v * directions[i][j], 0), 0)
  const moved = (h: number): number => {
    const there = Object.fromEntries(names.map((k, i) => [k, { shape: values[k].shape, data: values[k].data.map((v, j) => v + h * directions[i][j]) }]))
    return evaluate({ ...given, ...there }, [loss])[0].data[0]
  }
  const H = 1e-5, quotient = (moved(H) - moved(-H)) / (2 * H)
  expect(Math.abs(slope - quotient)).toBeLessThan(1e-6 * Math.max(1, Math.abs(slope)))
  return ref
}

/** The same shape, and numbers equal to some roundings of f64. */
export const same = (got: Ref, want: HostArray): void => {
  expect(got.shape).toEqual(want.shape)
  const scale = Math.max(1, ...want.data.map(Math.abs))
  expect(got.data.reduce((w, v, i) => Math.max(w, Math.abs(v - want.data[i])), 0)).toBeLessThan(1e-11 * scale)
}
