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
import * as Bij from './bijector.ts'
import type { Bijector } from './bijector.ts'
import { constantOf } from './fold.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** The set on which a density is positive. `Classes` are the whole numbers 0..count-1. */
export type Support =
  | { readonly _tag: 'Real' }
  | { readonly _tag: 'Positive' }
  | { readonly _tag: 'Interval'; readonly lower: Tensor; readonly upper: Tensor }
  | { readonly _tag: 'LowerBound'; readonly lower: Tensor }
  | { readonly _tag: 'UpperBound'; readonly upper: Tensor }
  | { readonly _tag: 'Classes'; readonly count: Extent }

/** What a parameter may be. */
export type Domain = 'real' | 'positive' | 'probability' | 'simplex'

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** The reals. */
export const real: Support = { _tag: 'Real' }
/** Numbers above 0. */
export const positive: Support = { _tag: 'Positive' }
/** Numbers between two bounds. */
export const interval = (lower: Tensor, upper: Tensor): Support => ({ _tag: 'Interval', lower, upper })
/** Numbers above a bound. */
export const lowerBound = (lower: Tensor): Support => ({ _tag: 'LowerBound', lower })
/** Numbers below a bound. */
export const upperBound = (upper: Tensor): Support => ({ _tag: 'UpperBound', upper })
/** Whole numbers 0..count-1. */
export const classes = (count: Extent): Support => ({ _tag: 'Classes', count })

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
    default: return Bij.identity
  }
}

/** Is each element inside? A bool tensor. Closed ends count as inside. */
export const contains =
  (s: Support) =>
  (x: Tensor): Tensor => {
    switch (s._tag) {
      case 'Real': return B.isFinite(x)
      case 'Positive': return B.ge(x, 0)
      case 'Interval': return B.and(B.ge(x, s.lower), B.le(x, s.upper))
      case 'LowerBound': return B.ge(x, s.lower)
      case 'UpperBound': return B.le(x, s.upper)
      case 'Classes': return B.and(B.ge(x, 0), B.lt(B.float(x), B.extentScalar(s.count)))
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
    const low = s._tag === 'Positive' ? 0 : s._tag === 'Interval' || s._tag === 'LowerBound' ? edge(s.lower, most) : undefined
    const high = s._tag === 'Interval' || s._tag === 'UpperBound' ? edge(s.upper, least) : undefined
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
    case 'Classes': return `0..${Ext.show(Ext.add(s.count, -1))}`
  }
}

/** What is wrong with a number as a parameter of a domain: undefined when nothing is. */
export const domainProblem =
  (d: Domain) =>
  (x: number): string | undefined => {
    if (Number.isNaN(x)) return 'a number'
    switch (d) {
      case 'real': return Number.isFinite(x) ? undefined : 'a finite number'
      case 'positive': return x > 0 && Number.isFinite(x) ? undefined : 'a number above 0'
      case 'probability': return x >= 0 && x <= 1 ? undefined : 'a number from 0 to 1'
      case 'simplex': return x >= 0 && x <= 1 ? undefined : 'probabilities from 0 to 1 that sum to 1 along the last axis'
    }
  }
