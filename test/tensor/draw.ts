/**
 * What the cases of test/tensor are drawn with: seeded numbers, values inside a domain,
 * shapes that broadcast, and calls of elementwise ops.
 *
 * @since 0.2.0
 */
import * as B from '../../src/tensor/build.ts'
import type { DType, Tensor } from '../../src/tensor/node.ts'
import { node } from '../../src/tensor/node.ts'
import type { OpName } from '../../src/tensor/table.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** A source of numbers in [0, 1). */
export type Rng = () => number

/** A leaf's value in C order, and a way to draw another value of the same kind. */
export interface Leaf {
  readonly name: string
  readonly shape: readonly number[]
  readonly dtype: DType
  readonly data: readonly number[]
  readonly again: (rng: Rng) => readonly number[]
}

/** A call of an op on leaves. */
export interface Case {
  readonly leaves: readonly Leaf[]
  readonly node: Tensor
  readonly tolerance: number
}

/** The generator of a seed (a Weyl sequence through a 32-bit mixer). */
export const rngOf = (seed: number): Rng => {
  let s = seed >>> 0
  return () => {
    s = (s + 0x9e3779b9) >>> 0
    let x = Math.imul(s ^ (s >>> 16), 0x85ebca6b)
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
    return ((x ^ (x >>> 16)) >>> 0) / 4294967296
  }
}

// -----------------------------------------------------------------------------
// values and shapes
// -----------------------------------------------------------------------------

export type Draw = (rng: Rng, n: number) => readonly number[]

export const EPS = 2 ** -24
export const times = <A>(n: number, f: (i: number) => A): A[] => Array.from({ length: n }, (_, i) => f(i))
export const int = (rng: Rng, lo: number, hi: number): number => lo + Math.floor(rng() * (hi - lo + 1))
export const pick = <A>(rng: Rng, xs: readonly A[]): A => xs[int(rng, 0, xs.length - 1)]
export const count = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

export const each = (f: (rng: Rng) => number): Draw => (rng, n) => times(n, () => f(rng))
export const between = (lo: number, hi: number): Draw => each((r) => Math.fround(lo + (hi - lo) * r()))
/** Of either sign, at least `lo` from 0. */
export const away = (lo: number, hi: number): Draw => each((r) => Math.fround((r() < 0.5 ? -1 : 1) * (lo + (hi - lo) * r())))
/** Whole numbers plus a fraction that is neither near 0 nor near 1/2. */
export const fractional = (lo: number, hi: number): Draw => each((r) => Math.fround(int(r, lo, hi) + pick(r, [0.1, 0.6]) + 0.3 * r()))
export const whole = (lo: number, hi: number): Draw => each((r) => int(r, lo, hi))
/** Order-1 numbers of which no two are within 0.02. */
export const apart: Draw = (rng, n) => {
  const order = times(n, (i) => i)
  for (let i = n - 1; i > 0; i--) {
    const j = int(rng, 0, i)
    ;[order[i], order[j]] = [order[j], order[i]]
  }
  return order.map((k) => Math.fround((k - n / 2 + 0.3 * rng()) * Math.max(0.03, 3 / n)))
}
export const ordinary = between(-2, 2)
export const word = each((r) => Math.floor(r() * 4294967296))
export const signed = each((r) => (r() < 0.8 ? int(r, -9, 9) : pick(r, [2147483647, -2147483648, 1000003, -65537])))
export const unsigned = each((r) => (r() < 0.8 ? int(r, 0, 9) : pick(r, [4294967295, 2147483648, 1000003])))
export const bit = whole(0, 1)
export const byte = whole(0, 255)

export const drawOf = (dtype: DType): Draw =>
  dtype === 'f32' ? ordinary : dtype === 'i32' ? signed : dtype === 'u32' ? unsigned : dtype === 'bool' ? bit : byte

/** An extent: 1 and small primes often, 0 rarely (never where `least` is 1). */
export const extent = (rng: Rng, least = 0): number => (least === 0 && rng() < 0.06 ? 0 : pick(rng, [1, 1, 2, 3, 4, 5, 7]))
export const shape = (rng: Rng, rank: number, least = 0): readonly number[] => times(rank, () => extent(rng, least))

/** A shape that broadcasts against `s`: leading axes dropped, some axes 1. */
export const under = (rng: Rng, s: readonly number[]): readonly number[] =>
  s.slice(int(rng, 0, rng() < 0.5 ? 0 : s.length)).map((e) => (rng() < 0.3 ? 1 : e))

export const leaf = (rng: Rng, name: string, dtype: DType, s: readonly number[], draw: Draw = drawOf(dtype)): Leaf => {
  const again = (r: Rng): readonly number[] => draw(r, count(s))
  return { name, shape: s, dtype, data: again(rng), again }
}
export const keyLeaf = (rng: Rng, lead: readonly number[] = []): Leaf => leaf(rng, 'key', 'u32', [...lead, 2], word)
export const read = (l: Leaf): Tensor => B.leaf('input', l.name, l.shape, l.dtype)

export const call = (leaves: readonly Leaf[], make: (...ts: Tensor[]) => Tensor, tolerance: number): Case =>
  ({ leaves, node: make(...leaves.map(read)), tolerance })

// -----------------------------------------------------------------------------
// elementwise
// -----------------------------------------------------------------------------

export const unary = (op: OpName, draw: Draw, ulps: number) => (rng: Rng): Case =>
  call([leaf(rng, 'x', 'f32', shape(rng, int(rng, 0, 3)), draw)], (x) => node(op, [x]), ulps * EPS)

export const numeric = (op: OpName, draw: Draw) => (rng: Rng): Case => {
  const dtype = pick(rng, ['f32', 'i32', 'u32'] as const)
  return call([leaf(rng, 'x', dtype, shape(rng, int(rng, 0, 3)), dtype === 'f32' ? draw : drawOf(dtype))], (x) => node(op, [x]), 0)
}

/** Two operand shapes that broadcast, either of them the smaller, or each against the other. */
export const pair = (rng: Rng): readonly (readonly number[])[] => {
  const s = shape(rng, int(rng, 0, 4))
  return pick(rng, [[s, under(rng, s)], [under(rng, s), s], [under(rng, s), under(rng, s)]])
}

export const binary = (op: OpName, dtypes: readonly DType[], draws: Partial<Record<DType, readonly [Draw, Draw]>>, ulps: number) => (rng: Rng): Case => {
  const dtype = pick(rng, dtypes), [s, t] = pair(rng), own = draws[dtype] ?? [drawOf(dtype), drawOf(dtype)]
  return call([leaf(rng, 'a', dtype, s, own[0]), leaf(rng, 'b', dtype, t, own[1])], (a, b) => node(op, [a, b]), dtype === 'f32' ? ulps * EPS : 0)
}
