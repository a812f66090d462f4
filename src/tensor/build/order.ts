/**
 * Sorting, recurrences, diagonals, rearrangements and searching: constructors with the
 * data first.
 *
 * @since 0.2.0
 */
import { E } from '../../fp.ts'
import * as B from '../build.ts'
import * as Ext from '../extent.ts'
import type { Extent, Shape } from '../extent.ts'
import { dtypeOf, node, shapeOf } from '../node.ts'
import type { DType, Tensor } from '../node.ts'
import { broadcast, normalAxes } from '../rule.ts'

// -----------------------------------------------------------------------------
// axes
// -----------------------------------------------------------------------------

const numbers = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i)
const text = (s: Shape): string => Ext.showShape(s)

/** Does `f` with an axis counted from 0, or says that there is no such axis. */
const onAxis = (op: string, t: Tensor, axis: number, f: (axis: number) => Tensor): Tensor => {
  if (E.isLeft(t.type)) return t
  const rank = shapeOf(t).length, at = axis < 0 ? axis + rank : axis
  return Number.isInteger(at) && at >= 0 && at < rank
    ? f(at)
    : B.misfit('ShapeMismatch', [op], `axis ${axis} of ${text(shapeOf(t))}`, 'an axis of the tensor', 'count axes from 0, or from the end with negative numbers')
}

/** Booleans and bytes as i32. */
const numeric = (t: Tensor): Tensor => (E.isRight(t.type) && (dtypeOf(t) === 'bool' || dtypeOf(t) === 'u8') ? B.cast(t, 'i32') : t)

const common = (a: Tensor, b: Tensor): readonly [Tensor, Tensor] => {
  const [x, y] = [numeric(a), numeric(b)], ds = [dtypeOf(x), dtypeOf(y)]
  const d: DType = ds.includes('f32') ? 'f32' : ds.includes('i32') ? 'i32' : 'u32'
  return [B.cast(x, d), B.cast(y, d)]
}

// -----------------------------------------------------------------------------
// recurrences
// -----------------------------------------------------------------------------

/** `reverse` runs from the end; `exclusive` leaves each element out of its own sum. */
export interface CumulativeOptions {
  readonly reverse?: boolean
  readonly exclusive?: boolean
}

/** Sums of the elements so far along an axis. */
export const cumsum = (x: Tensor, axis = 0, o: CumulativeOptions = {}): Tensor =>
  onAxis('cumsum', x, axis, (at) => node('cumsum', [numeric(x)], { axis: at, exclusive: o.exclusive ?? false, reverse: o.reverse ?? false }))

/** h_i = a_i h_(i-1) + b_i along an axis, from h_0 = b_0: autoregressions, exponential smoothing, discounted sums. */
export const recurrence = (a: Tensor, b: Tensor, axis = 0, o: { readonly reverse?: boolean } = {}): Tensor => {
  if (E.isLeft(a.type) || E.isLeft(b.type)) return B.add(a, b)
  const [x, y] = common(a, b), s = broadcast(shapeOf(x), shapeOf(y))
  if (s === undefined) return node('recurrence', [x, y], { axis, reverse: o.reverse ?? false })
  const wide = B.broadcastTo(x, s)
  return onAxis('recurrence', wide, axis, (at) => node('recurrence', [wide, B.broadcastTo(y, s)], { axis: at, reverse: o.reverse ?? false }))
}

/** Products of the elements so far along an axis; its gradient is exact where elements are 0. */
export const cumprod = (x: Tensor, axis = 0, o: CumulativeOptions = {}): Tensor =>
  onAxis('cumprod', x, axis, (at) => {
    const t = numeric(x), s = shapeOf(t), n = s[at], back = o.reverse === true
    const one = B.full(s.map((e, d) => (d === at ? 1 : e)), 1, dtypeOf(t))
    // Exclusive: a 1 comes in and the last element goes out.
    const use = o.exclusive !== true ? t
      : back ? B.sliceAxis(B.concat([t, one], at), at, 1, Ext.add(n, 1))
      : B.sliceAxis(B.concat([one, t], at), at, 0, n)
    const i = B.iota(s.map((e, d) => (d === at ? e : 1)), at), first = B.eq(i, back ? (typeof n === 'number' ? n - 1 : B.cast(B.sub(B.extentScalar(n), 1), 'i32')) : 0)
    return recurrence(use, B.select(first, use, 0), at, { reverse: back })
  })

// -----------------------------------------------------------------------------
// order
// -----------------------------------------------------------------------------

/** Positions that sort an axis, equals in their old order. NaN counts as largest. */
export const argsort = (x: Tensor, axis = -1, descending = false): Tensor =>
  onAxis('argsort', x, axis, (at) => node('argsort', [numeric(x)], { axis: at, descending }))

/** x[..., index[..., i, ...], ...]: an index of its own for each line along an axis. */
export const takeAlong = (x: Tensor, index: Tensor, axis = -1): Tensor => {
  if (E.isLeft(index.type)) return index
  return onAxis('takeAlong', x, axis, (at) => {
    const s = shapeOf(x), r = s.length, t = shapeOf(index)
    const own = s.map((e, d) => (d === at ? 1 : e)), other = t.map((e, d) => (d === at ? 1 : e))
    const both = t.length === r ? broadcast(own, other) : undefined
    if (both === undefined)
      return B.misfit('ShapeMismatch', ['takeAlong'], `${text(t)} into ${text(s)}`, `indices with the axes of the tensor, any length along axis ${at}`, 'use take for one index for all lines')
    const line = both.filter((_, d) => d !== at)
    const last = (y: Tensor, n: Extent): Tensor => moveAxis(B.broadcastTo(y, both.map((e, d) => (d === at ? n : e))), at, -1)
    return moveAxis(node('take', [last(x, s[at]), last(index, t[at])], { axis: line.length, batchDims: line.length }), -1, at)
  })
}

/** The elements of an axis in order. */
export const sort = (x: Tensor, axis = -1, descending = false): Tensor => takeAlong(numeric(x), argsort(x, axis, descending), axis)

/** How many elements of a sorted row are less than each value ('left'), or less or equal ('right'). */
export const searchsorted = (sorted: Tensor, values: Tensor, side: 'left' | 'right' = 'left'): Tensor => {
  if (E.isLeft(sorted.type) || E.isLeft(values.type)) return B.add(sorted, values)
  return node('searchsorted', common(sorted, values), { batchDims: Math.max(0, shapeOf(sorted).length - 1), right: side === 'right' })
}

/** Axes of a reduction brought together as the last one. */
const gathered = (t: Tensor, axes: readonly number[]): Tensor => {
  const s = shapeOf(t), rest = numbers(s.length).filter((i) => !axes.includes(i))
  return B.reshape(B.transpose(t, [...rest, ...axes]), [...rest.map((i) => s[i]), Ext.size(axes.map((a) => s[a]))])
}

/** The middle element along axes (all when absent), the mean of the two in the middle of an even number. */
export const median = (t: Tensor, axes?: readonly number[], keepDims = false): Tensor => {
  if (E.isLeft(t.type)) return t
  const s = shapeOf(t), own = normalAxes(axes ?? numbers(s.length), s.length)
  if (own === undefined || own.some((a) => s[a] === 0)) return B.reduceMax(B.float(t), axes, keepDims)
  if (own.length === 0) return B.float(t)
  const flat = gathered(B.float(t), own), r = shapeOf(flat).length, n = shapeOf(flat)[r - 1]
  const ordered = sort(flat, -1)
  const at = (e: Extent): Tensor => B.sliceAxis(ordered, r - 1, e, Ext.add(e, 1))
  const middle = B.mul(0.5, B.add(at(Ext.floorDiv(Ext.sub(n, 1), 2)), at(Ext.floorDiv(n, 2))))
  return B.reshape(middle, keepDims ? s.map((e, i) => (own.includes(i) ? 1 : e)) : s.filter((_, i) => !own.includes(i)))
}

// -----------------------------------------------------------------------------
// diagonals and triangles
// -----------------------------------------------------------------------------

/** The elements i, i + offset of two axes, as a new last axis. */
export const diagonal = (t: Tensor, offset = 0, axis1 = 0, axis2 = 1): Tensor => {
  if (E.isLeft(t.type)) return t
  const s = shapeOf(t), r = s.length, [a, b] = [axis1, axis2].map((k) => (k < 0 ? k + r : k))
  if (normalAxes([a, b], r) === undefined || !Number.isInteger(offset))
    return B.misfit('ShapeMismatch', ['diagonal'], `axes ${axis1} and ${axis2} of ${text(s)}`, 'two axes of the tensor and a whole offset', 'count axes from 0, or from the end with negative numbers')
  const rest = numbers(r).filter((i) => i !== a && i !== b), lead = rest.map((i) => s[i]), x = B.transpose(t, [...rest, a, b])
  const n = s[a], m = s[b]
  if (typeof n !== 'number' || typeof m !== 'number') {
    if (!Ext.same(n, m) || offset !== 0)
      return B.misfit('ShapeMismatch', ['diagonal'], text(s), 'extents that are numbers, or the main diagonal of a square', 'give the extents of the two axes')
    return B.sum(B.select(B.eq(B.iota([n, n], 0), B.iota([n, n], 1)), x, 0), [r - 1])
  }
  const first = offset < 0 ? -offset * m : offset, many = Math.max(0, Math.min(offset < 0 ? n + offset : n, offset < 0 ? m : m - offset))
  const flat = B.reshape(x, [...lead, n * m])
  const at = (from: Extent, k: Extent): Shape => [...lead.map(() => from), k]
  return many === 0
    ? B.slice(flat, at(0, 0), [...lead, 0])
    : B.slice(flat, at(0, first), [...lead, first + (many - 1) * (m + 1) + 1], [...lead.map(() => 1), m + 1])
}

/** The sum of a diagonal. */
export const trace = (t: Tensor, offset = 0, axis1 = 0, axis2 = 1): Tensor => B.sum(diagonal(t, offset, axis1, axis2), [-1])

/** Matrices [..., n, n] with the vectors [..., n] on a diagonal and zeros elsewhere. */
export const diag = (t: Tensor, offset = 0): Tensor => {
  if (E.isLeft(t.type)) return t
  const s = shapeOf(t), r = s.length
  if (r === 0 || !Number.isInteger(offset)) return B.misfit('ShapeMismatch', ['diag'], text(s), 'a vector and a whole offset', 'use reshape to make a vector')
  const n = s[r - 1], wide = Ext.add(n, Math.abs(offset)), lead = s.slice(0, -1)
  const zero = lead.map(() => 0), lo = Math.max(0, -offset), hi = Math.max(0, offset)
  const column = B.pad(B.expandDims(t, -1), [...zero, lo, 0], [...zero, hi, 0])
  const hit = B.eq(B.sub(B.iota([wide, wide], 1), B.iota([wide, wide], 0)), offset)
  return B.select(hit, column, 0)
}

const masked = (op: string, t: Tensor, keep: (i: Tensor, j: Tensor) => Tensor): Tensor => {
  if (E.isLeft(t.type)) return t
  const s = shapeOf(t), own = s.slice(-2)
  return own.length < 2
    ? B.misfit('ShapeMismatch', [op], text(s), 'matrices: at least two axes', 'reshape a vector to a row or a column first')
    : B.select(keep(B.iota(own, 0), B.iota(own, 1)), t, B.scalar(0, dtypeOf(t)))
}

/** The elements on and below a diagonal, zeros above. */
export const tril = (t: Tensor, offset = 0): Tensor => masked('tril', t, (i, j) => B.le(B.sub(j, i), offset))

/** The elements on and above a diagonal, zeros below. */
export const triu = (t: Tensor, offset = 0): Tensor => masked('triu', t, (i, j) => B.ge(B.sub(j, i), offset))

// -----------------------------------------------------------------------------
// rearrangements
// -----------------------------------------------------------------------------

/** Without axes of length 1: those named, or all of them. */
export const squeeze = (t: Tensor, axes?: readonly number[]): Tensor => {
  if (E.isLeft(t.type)) return t
  const s = shapeOf(t), gone = axes === undefined ? numbers(s.length).filter((i) => s[i] === 1) : normalAxes(axes, s.length)
  return gone === undefined || gone.some((a) => s[a] !== 1)
    ? B.misfit('ShapeMismatch', ['squeeze'], `axes [${(axes ?? []).join(', ')}] of ${text(s)}`, 'axes of length 1, each once', 'reduce or slice the others')
    : B.reshape(t, s.filter((_, i) => !gone.includes(i)))
}

/** One axis moved to another place, the others in their order. */
export const moveAxis = (t: Tensor, from: number, to: number): Tensor =>
  onAxis('moveAxis', t, from, (a) => onAxis('moveAxis', t, to, (b) => {
    if (a === b) return t
    const rest = numbers(shapeOf(t).length).filter((i) => i !== a)
    return B.transpose(t, [...rest.slice(0, b), a, ...rest.slice(b)])
  }))

/** Two axes exchanged. */
export const swapAxes = (t: Tensor, axis1: number, axis2: number): Tensor =>
  onAxis('swapAxes', t, axis1, (a) => onAxis('swapAxes', t, axis2, (b) =>
    a === b ? t : B.transpose(t, numbers(shapeOf(t).length).map((i) => (i === a ? b : i === b ? a : i)))))

/** All elements in C order as one axis. */
export const flatten = (t: Tensor): Tensor => (E.isLeft(t.type) ? t : B.reshape(t, [Ext.size(shapeOf(t))]))

/** Every element n times in a row along an axis (of the flattened tensor when absent). */
export const repeat = (t: Tensor, n: number, axis?: number): Tensor => {
  if (!(Number.isInteger(n) && n >= 0)) return B.misfit('BadOption', ['repeat'], String(n), 'a whole number of repetitions, not negative', 'round it')
  return onAxis('repeat', axis === undefined ? flatten(t) : t, axis ?? 0, (at) => {
    const x = axis === undefined ? flatten(t) : t, s = shapeOf(x), [before, after] = [s.slice(0, at + 1), s.slice(at + 1)]
    return B.reshape(B.broadcastTo(B.reshape(x, [...before, 1, ...after]), [...before, n, ...after]), [...s.slice(0, at), Ext.mul(s[at], n), ...after])
  })
}

/** The whole tensor repeated along axes, counted from the right. */
export const tile = (t: Tensor, times: readonly number[]): Tensor => {
  if (E.isLeft(t.type)) return t
  if (!times.every((n) => Number.isInteger(n) && n >= 0)) return B.misfit('BadOption', ['tile'], `[${times.join(', ')}]`, 'whole numbers of repetitions, not negative', 'round them')
  const rank = Math.max(times.length, shapeOf(t).length)
  const s: Shape = [...Array<number>(rank - shapeOf(t).length).fill(1), ...shapeOf(t)], k = [...Array<number>(rank - times.length).fill(1), ...times]
  return B.reshape(B.broadcastTo(B.reshape(t, s.flatMap((e) => [1, e])), s.flatMap((e, i) => [k[i], e])), s.map((e, i) => Ext.mul(e, k[i])))
}

/** Slices where a mask that is known beforehand holds, along an axis (of the flattened tensor when absent). */
export const compress = (t: Tensor, mask: readonly (boolean | number)[], axis?: number): Tensor =>
  onAxis('compress', axis === undefined ? flatten(t) : t, axis ?? 0, (at) => {
    const x = axis === undefined ? flatten(t) : t, kept = mask.flatMap((m, i) => (m === true || (m !== false && m !== 0) ? [i] : [])), n = shapeOf(x)[at]
    return typeof n === 'number' && kept.some((i) => i >= n)
      ? B.misfit('ShapeMismatch', ['compress'], `a mask of ${mask.length} over axis ${at} of ${text(shapeOf(x))}`, 'no element chosen past the end of the axis', 'make the mask as long as the axis')
      : B.take(x, B.array(Int32Array.from(kept), [kept.length], 'i32'), at)
  })

/** The element of choices[index] at each place, all broadcast; indices outside are clamped. */
export const choose = (index: Tensor, choices: readonly (Tensor | number)[]): Tensor => {
  const last = choices[choices.length - 1]
  if (last === undefined) return B.misfit('BadOption', ['choose'], 'no choices', 'at least one tensor to choose from', 'give the choices as a list')
  const begin: Tensor = B.select(B.ge(index, choices.length - 1), last, last)
  return choices.slice(0, -1).reduceRight<Tensor>((rest, c, k) => B.select(B.le(index, k), c, rest), begin)
}

// -----------------------------------------------------------------------------
// reductions
// -----------------------------------------------------------------------------

const holds = (t: Tensor): Tensor => (E.isRight(t.type) && dtypeOf(t) === 'bool' ? t : B.ne(t, 0))

/** Does any element along axes (all when absent) differ from 0? */
export const any = (t: Tensor, axes?: readonly number[], keepDims = false): Tensor => B.gt(B.sum(holds(t), axes, keepDims), 0)

/** Do all elements along axes (all when absent) differ from 0? */
export const all = (t: Tensor, axes?: readonly number[], keepDims = false): Tensor => B.eq(B.sum(B.not(holds(t)), axes, keepDims), 0)

/** The largest less the smallest along axes (all when absent). */
export const ptp = (t: Tensor, axes?: readonly number[], keepDims = false): Tensor => B.sub(B.reduceMax(t, axes, keepDims), B.reduceMin(t, axes, keepDims))

/** Which axes (all when absent), what to take off the number of elements (0), and whether axes stay as 1. */
export interface VarianceOptions {
  readonly axes?: readonly number[]
  readonly ddof?: number
  readonly keepDims?: boolean
}

/** Mean square of the deviations from the mean. */
export const variance = (t: Tensor, o: VarianceOptions = {}): Tensor => {
  const x = B.float(t), away = B.sub(x, B.mean(x, o.axes, true))
  return B.div(B.sum(B.square(away), o.axes, o.keepDims ?? false), B.sub(B.countOf(x, o.axes), o.ddof ?? 0))
}

/** The root of the variance; its gradient is 0 where all elements are equal. */
export const std = (t: Tensor, o: VarianceOptions = {}): Tensor => {
  const v = variance(t, o), none = B.le(v, 0)
  return B.select(none, 0, B.sqrt(B.select(none, 1, v)))
}
