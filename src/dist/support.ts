/**
 * Supports: where a density lives, and with it the bijector that reaches it from the
 * reals. Domains: what a parameter of a family may be.
 *
 * Law: `forward(bijectorOf(s))` maps the reals into `s`.
 *
 * @since 0.1.0
 */
import * as B from '../tensor/build.ts'
import type { Extent } from '../tensor/extent.ts'
import * as Ext from '../tensor/extent.ts'
import type { Tensor } from '../tensor/node.ts'
import { shapeOf } from '../tensor/node.ts'
import * as Bij from './bijector.ts'
import type { Bijector } from './bijector.ts'
import { constantOf } from './fold.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/**
 * The set on which a density is positive.
 *
 * - `Unit`: (0, 1); `Classes`: whole numbers 0..count-1; `Counts`: whole numbers from 0, to `upper` if there is one
 * - of the last axes as a whole: `Simplex` (numbers from 0 that sum to 1), `CholeskyCorr`
 *   (Cholesky factors of correlation matrices), `Ordered` (increasing numbers)
 *
 * `closed` and `open` say of an end whether it can be observed: whether the density there is above 0 and finite,
 * whatever the parameters. Where neither stands, ends of `Interval`, `LowerBound` and `UpperBound` can, those of
 * `Positive` and `Unit` can't.
 */
export type Support =
  | { readonly _tag: 'Real' }
  | { readonly _tag: 'Positive'; readonly closed?: true }
  | { readonly _tag: 'Interval'; readonly lower: Tensor; readonly upper: Tensor }
  | { readonly _tag: 'LowerBound'; readonly lower: Tensor; readonly open?: true }
  | { readonly _tag: 'UpperBound'; readonly upper: Tensor }
  | { readonly _tag: 'Unit' }
  | { readonly _tag: 'Classes'; readonly count: Extent }
  | { readonly _tag: 'Counts'; readonly upper?: Tensor }
  | { readonly _tag: 'Simplex' }
  | { readonly _tag: 'CholeskyCorr' }
  | { readonly _tag: 'Ordered' }

/** What a parameter may be. `extended` are the reals and both infinities; `cholesky` and `ordered` are of the last axes as a whole. */
export type Domain = 'real' | 'extended' | 'positive' | 'count' | 'probability' | 'simplex' | 'ordered' | 'cholesky'

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** The reals. */
export const real: Support = { _tag: 'Real' }
/** Numbers above 0. */
export const positive: Support = { _tag: 'Positive' }
/** Numbers above 0, of a density that is finite at 0 too: 0 can be observed. */
export const nonNegative: Support = { _tag: 'Positive', closed: true }
/** Numbers between two bounds. */
export const interval = (lower: Tensor, upper: Tensor): Support => ({ _tag: 'Interval', lower, upper })
/** Numbers above a bound; `open` where the bound itself can't be observed. */
export const lowerBound = (lower: Tensor, open = false): Support => ({ _tag: 'LowerBound', lower, ...(open ? { open } : {}) })
/** Numbers below a bound. */
export const upperBound = (upper: Tensor): Support => ({ _tag: 'UpperBound', upper })
/** Numbers between 0 and 1. */
export const unit: Support = { _tag: 'Unit' }
/** Whole numbers 0..count-1. */
export const classes = (count: Extent): Support => ({ _tag: 'Classes', count })
/** Whole numbers from 0 on, or to a largest one. */
export const counts = (upper?: Tensor): Support => (upper === undefined ? { _tag: 'Counts' } : { _tag: 'Counts', upper })
/** Numbers from 0 that sum to 1 along the last axis. */
export const simplex: Support = { _tag: 'Simplex' }
/** Lower triangular matrices with rows of unit length and a positive diagonal. */
export const choleskyCorr: Support = { _tag: 'CholeskyCorr' }
/** Numbers that increase along the last axis. */
export const ordered: Support = { _tag: 'Ordered' }

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/** The map from the reals onto a support; whole numbers stay as they are. */
export const bijectorOf = (s: Support): Bijector => {
  switch (s._tag) {
    case 'Positive': return Bij.exp
    case 'Interval': return Bij.interval(s.lower, s.upper)
    case 'LowerBound': return Bij.lowerBound(s.lower)
    case 'UpperBound': return Bij.upperBound(s.upper)
    case 'Unit': return Bij.sigmoid
    case 'Simplex': return Bij.stickBreaking
    case 'CholeskyCorr': return Bij.choleskyCorr
    case 'Ordered': return Bij.ordered
    case 'Real': case 'Classes': case 'Counts': return Bij.identity
  }
}

/** Sums and lengths of f32 numbers are 1 within this. */
const CLOSE = 1e-4

const every = (t: Tensor, axes: readonly number[]): Tensor => B.gt(B.reduceMin(B.cast(t, 'i32'), axes), 0)

/** How many last axes a support takes as a whole: 0 for the elementwise ones. */
export const eventRank = (s: Support): number => (s._tag === 'Simplex' || s._tag === 'Ordered' ? 1 : s._tag === 'CholeskyCorr' ? 2 : 0)

/** Is each element (or vector, or matrix) inside? A bool tensor. Closed ends count as inside. */
export const contains =
  (s: Support) =>
  (x: Tensor): Tensor => {
    switch (s._tag) {
      case 'Real': return B.isFinite(x)
      case 'Positive': return B.ge(x, 0)
      case 'Interval': return B.and(B.ge(x, s.lower), B.le(x, s.upper))
      case 'LowerBound': return B.ge(x, s.lower)
      case 'UpperBound': return B.le(x, s.upper)
      case 'Unit': return B.and(B.ge(x, 0), B.le(x, 1))
      case 'Classes': return B.and(B.ge(x, 0), B.lt(B.float(x), B.extentScalar(s.count)))
      case 'Counts': {
        const whole = B.and(B.ge(x, 0), B.eq(B.float(x), B.floor(x)))
        return s.upper === undefined ? whole : B.and(whole, B.le(B.float(x), s.upper))
      }
      case 'Simplex': return B.and(every(B.ge(x, 0), [-1]), B.lt(B.abs(B.sub(B.sum(x, [-1]), 1)), CLOSE))
      case 'CholeskyCorr': {
        const n = shapeOf(x).length, k = shapeOf(x)[n - 1] ?? 1
        const i = B.iota([k, k], 0), j = B.iota([k, k], 1)
        const sign = B.select(B.eq(i, j), B.cast(B.gt(x, 0), 'i32'), B.select(B.lt(j, i), 1, B.cast(B.eq(x, 0), 'i32')))
        return B.and(every(sign, [n - 2, n - 1]), every(B.lt(B.abs(B.sub(B.sum(B.square(x), [-1]), 1)), CLOSE), [-1]))
      }
      case 'Ordered': {
        const n = shapeOf(x).length - 1, k = Number(shapeOf(x)[n] ?? 1)
        const finite = every(B.isFinite(x), [-1])
        return k < 2 ? finite : B.and(finite, every(B.lt(B.sliceAxis(x, n, 0, k - 1), B.sliceAxis(x, n, 1, k)), [-1]))
      }
    }
  }

/** Where the numbers of a support end. `open`: the ends themselves can't be observed; `whole`: only whole numbers can. */
export interface Ends {
  readonly lower: Tensor | number
  readonly upper: Tensor | number
  readonly open: boolean
  readonly whole: boolean
}

/** The ends of a support of single numbers; undefined for the reals, for classes and for what is of the last axes as a whole. */
export const endsOf = (s: Support): Ends | undefined => {
  const ends = (lower: Tensor | number, upper: Tensor | number, open: boolean, whole = false): Ends => ({ lower, upper, open, whole })
  switch (s._tag) {
    case 'Positive': return ends(0, Infinity, s.closed !== true)
    case 'Interval': return ends(s.lower, s.upper, false)
    case 'LowerBound': return ends(s.lower, Infinity, s.open === true)
    case 'UpperBound': return ends(-Infinity, s.upper, false)
    case 'Unit': return ends(0, 1, true)
    case 'Counts': return ends(0, s.upper ?? Infinity, false, true)
    default: return undefined
  }
}

/** Does an end depend on something but numbers? Then a density must ask for it at every value. */
export const hasMovingEnds = (s: Support): boolean => {
  const e = endsOf(s)
  return e !== undefined && [e.lower, e.upper].some((t) => typeof t !== 'number' && constantOf(t) === undefined)
}

/** What the vectors (or matrices, row after row) of a support are, where these numbers are none of them; undefined where they are, and for single numbers. */
export const eventProblem =
  (s: Support) =>
  (xs: ArrayLike<number>): string | undefined => {
    const v = Array.from(xs), k = s._tag === 'CholeskyCorr' ? Math.round(Math.sqrt(v.length)) : v.length
    const near1 = (sum: number): boolean => Math.abs(sum - 1) < CLOSE
    switch (s._tag) {
      case 'Simplex': return v.every((x) => x > 0) && near1(v.reduce((a, b) => a + b, 0)) ? undefined : 'numbers above 0 that sum to 1 along the last axis'
      case 'Ordered': return v.every((x, i) => i === 0 || x > v[i - 1]) ? undefined : 'numbers that increase along the last axis'
      case 'CholeskyCorr': {
        const rows = Array.from({ length: k }, (_, i) => v.slice(i * k, (i + 1) * k))
        return rows.every((r, i) => near1(r.reduce((a, b) => a + b * b, 0)) && r.every((x, j) => (j < i ? true : j === i ? x > 0 : x === 0)))
          ? undefined : 'lower triangular matrices with rows of length 1 and a diagonal above 0'
      }
      default: return undefined
    }
  }

/** Why a number can't be where a variable of this support starts: undefined when it can (bounds that aren't known are not checked). */
export const startProblem =
  (s: Support) =>
  (x: number): string | undefined => {
    const edge = (t: Tensor, pick: (data: Float64Array) => number): number | undefined => {
      const c = constantOf(t)
      return c === undefined || c.data.length === 0 ? undefined : pick(c.data)
    }
    const least = (d: Float64Array): number => d.reduce((a, b) => Math.min(a, b), Infinity)
    const most = (d: Float64Array): number => d.reduce((a, b) => Math.max(a, b), -Infinity)
    const low = s._tag === 'Positive' || s._tag === 'Unit' || s._tag === 'Simplex' ? 0 : s._tag === 'Interval' || s._tag === 'LowerBound' ? edge(s.lower, most) : undefined
    const high = s._tag === 'Unit' ? 1 : s._tag === 'Interval' || s._tag === 'UpperBound' ? edge(s.upper, least) : undefined
    return !Number.isFinite(x) ? 'a finite number'
      : low !== undefined && x <= low ? `a number above ${low}`
      : high !== undefined && x >= high ? `a number below ${high}`
      : undefined
  }

/** A support as text: `(0, inf)`. */
export const show = (s: Support): string => {
  const text = (t: Tensor): string => {
    const c = constantOf(t)
    return c !== undefined && c.data.length === 1 ? String(c.data[0]) : '...'
  }
  switch (s._tag) {
    case 'Real': return '(-inf, inf)'
    case 'Positive': return '(0, inf)'
    case 'Interval': return `(${text(s.lower)}, ${text(s.upper)})`
    case 'LowerBound': return `(${text(s.lower)}, inf)`
    case 'UpperBound': return `(-inf, ${text(s.upper)})`
    case 'Unit': return '(0, 1)'
    case 'Classes': return `0..${Ext.show(Ext.add(s.count, -1))}`
    case 'Counts': return s.upper === undefined ? '0, 1, 2, ...' : `0..${text(s.upper)}`
    case 'Simplex': return 'numbers from 0 that sum to 1'
    case 'CholeskyCorr': return 'Cholesky factors of correlation matrices'
    case 'Ordered': return 'increasing numbers'
  }
}

/** What a domain is made of, in words. */
export const domainText = (d: Domain): string => {
  switch (d) {
    case 'real': return 'finite numbers'
    case 'extended': return 'numbers'
    case 'positive': return 'numbers above 0'
    case 'count': return 'whole numbers from 0'
    case 'probability': return 'numbers from 0 to 1'
    case 'simplex': return 'probabilities that sum to 1 along the last axis'
    case 'ordered': return 'numbers that increase along the last axis'
    case 'cholesky': return 'lower triangular matrices with a diagonal above 0'
  }
}

/**
 * Does a continuous support surely reach out of a domain, for a last axis of that extent? Bounds that aren't numbers
 * are not judged.
 */
export const reachesOut =
  (d: Domain, last: Extent = 1) =>
  (s: Support): boolean => {
    const bound = (t: Tensor | number, past: (x: number) => boolean): boolean => {
      const c = typeof t === 'number' ? [t] : constantOf(t)?.data
      return c !== undefined && Array.from(c).some(past)
    }
    const inside = (low: number, high: number): boolean => {
      const e = s._tag === 'Simplex' ? endsOf(unit) : endsOf(s)
      return e !== undefined && !bound(e.lower, (x) => x < low) && !bound(e.upper, (x) => x > high)
    }
    switch (d) {
      case 'real': case 'extended': return false
      case 'positive': return !inside(0, Infinity)
      case 'probability': return !inside(0, 1)
      case 'count': return s._tag !== 'Counts' && s._tag !== 'Classes'
      case 'simplex': return s._tag !== 'Simplex'
      case 'ordered': return s._tag !== 'Ordered' && !Ext.same(last, 1)
      case 'cholesky': return s._tag !== 'CholeskyCorr' && !(Ext.same(last, 1) && inside(0, Infinity))
    }
  }

/** What is wrong with a number as a parameter of a domain: undefined when nothing is. */
export const domainProblem =
  (d: Domain) =>
  (x: number): string | undefined => {
    if (Number.isNaN(x)) return 'a number'
    switch (d) {
      case 'real': case 'ordered': case 'cholesky': return Number.isFinite(x) ? undefined : 'a finite number'
      case 'extended': return undefined
      case 'count': return x >= 0 && Number.isInteger(x) ? undefined : 'a whole number from 0'
      case 'positive': return x > 0 && Number.isFinite(x) ? undefined : 'a number above 0'
      case 'probability': return x >= 0 && x <= 1 ? undefined : 'a number from 0 to 1'
      case 'simplex': return x >= 0 && x <= 1 ? undefined : 'probabilities from 0 to 1 that sum to 1 along the last axis'
    }
  }

/**
 * What is wrong with constant numbers of a shape as a parameter of a domain, as what was
 * got and what is needed: the numbers one by one, then the last axes as a whole.
 */
export const constantProblem =
  (d: Domain) =>
  (c: { readonly shape: readonly number[]; readonly data: ArrayLike<number> }): { readonly got: string; readonly need: string } | undefined => {
    const need = domainProblem(d), xs = Array.from(c.data)
    const bad = xs.find((x) => need(x) !== undefined)
    if (bad !== undefined) return { got: `${bad}`, need: need(bad) ?? '' }
    const k = c.shape[c.shape.length - 1] ?? 1
    const rows = c.shape.length === 0 ? [] : Array.from({ length: Math.floor(xs.length / Math.max(k, 1)) }, (_, r) => xs.slice(r * k, (r + 1) * k))
    const text = (row: readonly number[]): string => `[${row.slice(0, 6).join(', ')}${row.length > 6 ? ', ...' : ''}]`
    const off = (inside: (row: readonly number[], r: number) => boolean, what: string): { readonly got: string; readonly need: string } | undefined => {
      const r = rows.findIndex((row, i) => !inside(row, i))
      return r < 0 ? undefined : { got: text(rows[r]), need: what }
    }
    switch (d) {
      case 'simplex': return off((row) => Math.abs(row.reduce((a, b) => a + b, 0) - 1) < CLOSE, 'probabilities that sum to 1 along the last axis')
      case 'ordered': return off((row) => row.every((x, i) => i === 0 || x > row[i - 1]), 'numbers that increase along the last axis')
      case 'cholesky':
        return c.shape.length < 2 || c.shape[c.shape.length - 2] !== k
          ? { got: `a shape [${c.shape.join(', ')}]`, need: 'a square lower triangular matrix' }
          : off((row, r) => row.every((x, j) => (j === r % k ? x > 0 : j < r % k || x === 0)), 'rows of a lower triangular matrix with a diagonal above 0')
      default: return undefined
    }
  }
