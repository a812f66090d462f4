/** What tests of layers share: a network worked out on the f64 reference, with gradients, and arrays without pattern. */
import { expect } from 'vitest'
import fc from 'fast-check'
import { E } from '../../src/fp.ts'
import { renderAll } from '../../src/error.ts'
import * as Layer from '../../src/layer/index.ts'
import { interpret } from '../../src/reference/index.ts'
import type { Ref, Values } from '../../src/reference/index.ts'
import * as B from '../../src/tensor/build.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { leavesOf } from '../../src/tensor/replace.ts'
import * as T from '../../src/tensor/index.ts'

export interface Array64 {
  readonly shape: readonly number[]
  readonly data: Float64Array
}

export const sizeOf = (s: readonly number[]): number => s.reduce((a, b) => a * b, 1)

/** Numbers without pattern, the same in every run. */
export const array = (shape: readonly number[], seed: number, scale = 1.5): Array64 =>
  ({ shape, data: Float64Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(12.9898 * (i + 1) + 78.233 * seed) * scale) })

/** Every index of a shape, in C order. */
export const indices = (shape: readonly number[]): readonly (readonly number[])[] =>
  shape.reduce<readonly (readonly number[])[]>((all, n) => all.flatMap((ix) => Array.from({ length: n }, (_, i) => [...ix, i])), [[]])

/** An element by its index. */
export const at = (a: { readonly shape: readonly number[]; readonly data: ArrayLike<number> }, ix: readonly number[]): number =>
  a.data[ix.reduce((k, c, d) => k * a.shape[d] + c, 0)]

/** An array by a formula of the index. */
export const made = (shape: readonly number[], f: (ix: readonly number[]) => number): Array64 =>
  ({ shape, data: Float64Array.from(indices(shape).map(f)) })

/** The elaboration of a network without errors. */
export const elaborated = (n: Layer.Network): Layer.Elaborated => {
  const e = Layer.elaborate(n)
  expect(renderAll(e.problems)).toBe('')
  return e
}

/** The errors of a network as text. */
export const told = (n: Layer.Network): string => renderAll(Layer.elaborate(n).problems)

/** Predicting unless said otherwise; one key of noise. */
const surroundings: Values = { phase: { shape: [], data: [0] }, noise: { shape: [2], data: [11, 7] } }
export const training: Values = { phase: { shape: [], data: [1] } }

export const numbers = (nodes: readonly Tensor[], values: Values): readonly Ref[] => {
  const r = interpret({ ...surroundings, ...values })(nodes)
  if (E.isLeft(r)) throw new Error(renderAll(r.left))
  return r.right
}

/** The prediction of a network; its shape is checked against the shape that was worked out beforehand. */
export const predicted = (n: Layer.Network, values: Values): Ref => numbers([elaborated(n).prediction], values)[0]

/** Gradients of sum(prediction * weights) by leaves, by name. */
export const gradients = (e: Layer.Elaborated, weights: Ref, values: Values): Readonly<Record<string, Ref>> => {
  const y = T.sum()(B.mul(e.prediction, B.leaf('input', 'test.weights', T.shape(e.prediction))))
  const leaves = leavesOf([y]).filter((l) => ['input', 'site'].includes(l.op) && E.isRight(l.type) && l.type.right.dtype === 'f32' && T.nameOf(l) !== 'test.weights')
  const out = numbers(T.grad(leaves)(y), { ...values, 'test.weights': weights })
  return Object.fromEntries(leaves.map((l, i) => [T.nameOf(l) as string, out[i]]))
}

/**
 * Every gradient against central differences of the same graph in f64. A step of 1e-5
 * leaves a truncation of about 1e-10 and a rounding of 1e-11 for values of order one.
 */
export const checkGradients = (n: Layer.Network, values: Values, tolerance = 1e-6): void => {
  const e = elaborated(n)
  const [y] = numbers([e.prediction], values)
  const weights = array(y.shape, 99)
  const total = (v: Values): number => numbers([e.prediction], v)[0].data.reduce((s, x, i) => s + x * weights.data[i], 0)
  for (const [name, g] of Object.entries(gradients(e, weights, values))) {
    expect(g.shape).toEqual(values[name].shape)
    for (let i = 0; i < g.data.length; i++) {
      const moved = (h: number): Values => ({ ...values, [name]: { shape: values[name].shape, data: Float64Array.from(values[name].data, (v, k) => (k === i ? v + h : v)) } })
      const want = (total(moved(1e-5)) - total(moved(-1e-5))) / 2e-5
      expect(Math.abs(g.data[i] - want) / Math.max(1, Math.abs(want)), `${name} ${i}: ${g.data[i]}, by differences ${want}`).toBeLessThan(tolerance)
    }
  }
}

/** Equal shapes and numbers that are the same sums in f64, perhaps in another order. */
export const close = (got: Ref, want: { readonly shape: readonly number[]; readonly data: ArrayLike<number> }, tolerance = 1e-10): void => {
  expect(got.shape).toEqual(want.shape)
  Array.from(want.data).forEach((w, i) => expect(Math.abs(got.data[i] - w) / Math.max(1, Math.abs(w)), `${i}: ${got.data[i]}, wanted ${w}`).toBeLessThan(tolerance))
}

/** Values for all sites of a network, without pattern, by name. */
export const sitesAt = (n: Layer.Network, seed = 3): Values =>
  Object.fromEntries(Layer.elaborate(n).sites.map((s, i) => [s.name, array(s.shape, seed + i, 0.8)]))

/** Shapes of a row with so many axes: extents 1 to 4. */
export const rows = (min: number, max: number): fc.Arbitrary<readonly number[]> => fc.array(fc.integer({ min: 1, max: 4 }), { minLength: min, maxLength: max })
/** Numbers of rows, none and one among them. */
export const batches: fc.Arbitrary<number> = fc.constantFrom(0, 1, 2, 3)
