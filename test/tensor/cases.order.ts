/**
 * Cases of sorting, recurrences and searching. Whole numbers and positions are exact;
 * sums allow two roundings a term, recurrences as many for each step that scales by less
 * than 1.3.
 */
import { node } from '../../src/tensor/node.ts'
import type { OpName } from '../../src/tensor/table.ts'
import type { Case, Draw, Rng } from './draw.ts'
import { EPS, apart, away, call, drawOf, each, int, leaf, ordinary, pick, shape, times } from './draw.ts'

type Names = 'cumsum' | 'recurrence' | 'argsort' | 'searchsorted'

const DTYPES = ['f32', 'f32', 'i32', 'u32'] as const

/** A long axis now and then: more elements than a workgroup has invocations. */
const stretched = (rng: Rng, s: readonly number[], axis: number): readonly number[] =>
  rng() < 0.2 ? s.map((e, d) => (d === axis ? pick(rng, [65, 100, 131]) : Math.min(e, 2))) : s

const along = (rng: Rng): { readonly s: readonly number[]; readonly axis: number } => {
  const s = shape(rng, int(rng, 1, 3)), axis = int(rng, 0, s.length - 1)
  return { s: stretched(rng, s, axis), axis }
}

const cumsumCase = (rng: Rng): Case => {
  const { s, axis } = along(rng), dtype = pick(rng, DTYPES)
  const attrs = { axis, exclusive: rng() < 0.3, reverse: rng() < 0.4 }
  return call([leaf(rng, 'x', dtype, s)], (x) => node('cumsum', [x], attrs), dtype === 'f32' ? 4 * (s[axis] + 2) * EPS : 0)
}
const recurrenceCase = (rng: Rng): Case => {
  const { s, axis } = along(rng), dtype = pick(rng, DTYPES), attrs = { axis, reverse: rng() < 0.4 }
  const long = s[axis] > 60, factor: Draw = dtype === 'f32' ? (long ? away(0.1, 0.9) : away(0.2, 1.2)) : drawOf(dtype)
  return call([leaf(rng, 'a', dtype, s, factor), leaf(rng, 'b', dtype, s, dtype === 'f32' ? ordinary : drawOf(dtype))], (a, b) => node('recurrence', [a, b], attrs), dtype === 'f32' ? 20 * (s[axis] + 2) * EPS : 0)
}
/** Equals, both zeros, infinities. */
const tied = each((r) => pick(r, [-2.5, -1, -0, 0, 0, 1, 1, 3, Infinity, -Infinity]))
const argsortCase = (rng: Rng): Case => {
  const { s, axis } = along(rng), dtype = pick(rng, DTYPES)
  return call([leaf(rng, 'x', dtype, s, dtype === 'f32' ? pick(rng, [tied, apart]) : undefined)], (x) => node('argsort', [x], { axis, descending: rng() < 0.4 }), 0)
}
/** Rows of n in ascending order. */
const ascending = (n: number, draw: Draw): Draw => (rng, k) =>
  times(n === 0 ? 0 : k / n, () => [...draw(rng, n)].sort((a, b) => a - b)).flat()
const searchCase = (rng: Rng): Case => {
  const lead = shape(rng, pick(rng, [0, 0, 1, 2]), 1), n = pick(rng, [0, 1, 2, 5, 7, 40]), dtype = pick(rng, DTYPES)
  const draw = dtype === 'f32' ? each((r) => int(r, -4, 4) / 2) : drawOf(dtype)
  const values = [...lead, ...shape(rng, int(rng, 0, 2))]
  return call([leaf(rng, 'sorted', dtype, [...lead, n], ascending(n, draw)), leaf(rng, 'values', dtype, values, draw)],
    (sorted, v) => node('searchsorted', [sorted, v], { batchDims: lead.length, right: rng() < 0.5 }), 0)
}

export const orderCases: Readonly<Record<Names & OpName, (rng: Rng) => Case>> = {
  cumsum: cumsumCase, recurrence: recurrenceCase, argsort: argsortCase, searchsorted: searchCase
}
