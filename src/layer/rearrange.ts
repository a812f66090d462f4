/**
 * Layers that move, surround or cut: transpose, pad, slice.
 *
 * @since 0.2.0
 */
import { E, pipe } from '../fp.ts'
import { fail } from '../error.ts'
import * as B from '../tensor/build.ts'
import * as Ext from '../tensor/extent.ts'
import { axisOf, shapeIn } from './axes.ts'
import { unary } from './make.ts'
import type { Reader } from './option.ts'
import { count, finite, integer, orElse, text } from './option.ts'
import { plain } from './plan.ts'

// -----------------------------------------------------------------------------
// transpose
// -----------------------------------------------------------------------------

/** An axis of the result: that of the input with this number, or a new one of length 1 ('x' or null). */
export type Pattern = readonly (number | 'x' | null)[]

/** Options of `transpose`. */
export interface TransposeConfig {
  /** The axes of the result in order; 'x' or null for a new axis of length 1. Axes left out must have length 1. */
  readonly axes: Pattern
  readonly name?: string
}

const isNumber = (a: number | 'x' | null): a is number => typeof a === 'number'

const pattern: Reader<Pattern> = (x, path) =>
  Array.isArray(x) && x.every((a) => a === 'x' || a === null || (Number.isSafeInteger(a) && a >= 0)) && new Set(x.filter(isNumber)).size === x.filter(isNumber).length
    ? E.right(x as Pattern)
    : fail('BadOption', path, text(x), "axes counted from 0, each at most once, 'x' or null for a new one", 'such as [0, 2, 1]')

/**
 * Axes in another order, new ones of length 1 among them (Lasagne's dimshuffle).
 *
 * @example
 * Layer.transpose({ axes: [0, 2, 1] })        // [batch, time, features] to [batch, features, time]
 * Layer.transpose({ axes: [0, 'x', 1] })      // [batch, features] to [batch, 1, features]
 */
export const transpose = unary<{ readonly axes: Pattern }, TransposeConfig>({
  kind: 'transpose',
  options: { axes: pattern },
  label: (o) => `[${o.axes.map((a) => a ?? 'x').join(', ')}]`,
  rule: (o) => ([x]) => {
    const s = shapeIn(x), kept = o.axes.filter(isNumber), inOrder = [...kept].sort((a, b) => a - b)
    const beyond = kept.find((a) => a >= s.length)
    if (beyond !== undefined)
      return fail('ShapeMismatch', ['axes'], `axis ${beyond} of input ${Ext.showShape(s)}`, `axes 0 to ${s.length - 1}`, "use 'x' for a new axis of length 1")
    const lost = s.findIndex((e, i) => !kept.includes(i) && e !== 1)
    if (lost >= 0)
      return fail('ShapeMismatch', ['axes'], `[${o.axes.map((a) => a ?? 'x').join(', ')}], without axis ${lost} of input ${Ext.showShape(s)}`, 'every axis that is longer than 1', `name axis ${lost}, or flatten first`)
    const dense = B.reshape(x, inOrder.map((a) => s[a]))
    return E.right(plain(B.reshape(B.transpose(dense, kept.map((a) => inOrder.indexOf(a))), o.axes.map((a) => (isNumber(a) ? s[a] : 1)))))
  }
})

// -----------------------------------------------------------------------------
// pad
// -----------------------------------------------------------------------------

/** How many elements: the same on both sides of all axes, or for each axis a number or [before, after]. */
export type PadWidth = number | readonly (number | readonly [number, number])[]

/** Options of `pad`. */
export interface PadConfig {
  /** Elements on both sides of every padded axis; or for each of them one number or [before, after]. */
  readonly width: PadWidth
  /** What they hold, 0 when absent. */
  readonly value?: number
  /** Leading axes that aren't padded, 2 (batch, channels) when absent. */
  readonly batchAxes?: number
  readonly name?: string
}

const whole = (x: unknown): boolean => Number.isSafeInteger(x) && (x as number) >= 0

const widths: Reader<PadWidth> = (x, path) =>
  whole(x) || (Array.isArray(x) && x.every((w) => whole(w) || (Array.isArray(w) && w.length === 2 && w.every(whole))))
    ? E.right(x as PadWidth)
    : fail('BadOption', path, text(x), 'a number of elements, or for each axis a number or [before, after]', 'such as 1 or [[1, 2], [0, 0]]')

/**
 * A constant around the trailing axes: extent + before + after.
 *
 * @example
 * Layer.pad({ width: 2 })                            // images: two places on each side
 * Layer.pad({ width: [[1, 0]], batchAxes: 1, value: -1 })   // [batch, time]: one step before
 */
export const pad = unary<{ readonly width: PadWidth; readonly value: number; readonly batchAxes: number }, PadConfig>({
  kind: 'pad',
  options: { width: widths, value: orElse(finite, 0), batchAxes: orElse(count(0), 2) },
  label: (o) => JSON.stringify(o.width),
  rule: (o) => ([x]) => {
    const s = shapeIn(x), n = s.length - o.batchAxes
    const given = typeof o.width === 'number' ? Array.from({ length: Math.max(n, 0) }, () => o.width as number) : o.width
    if (n < 1 || given.length !== n)
      return fail('ShapeMismatch', ['width'], `${given.length} widths for input ${Ext.showShape(s)} behind ${o.batchAxes} axes that aren't padded`, `one for each of ${Math.max(n, 0)} axes`, n < 1 ? 'use a smaller batchAxes' : 'give one number for all, or a list of that length')
    const at = (k: 0 | 1): readonly number[] => [...s.slice(0, o.batchAxes).map(() => 0), ...given.map((w) => (typeof w === 'number' ? w : w[k]))]
    return E.right(plain(B.pad(x, at(0), at(1), o.value)))
  }
})

// -----------------------------------------------------------------------------
// slice
// -----------------------------------------------------------------------------

/** Places of an axis from `start` to below `stop` by `step`; negative ends count from the end. */
export interface SliceRange {
  readonly start?: number
  readonly stop?: number
  readonly step?: number
}

/** Options of `slice`. */
export interface SliceConfig {
  /** One place, whose axis goes, or a range of places. Negative ones count from the end. */
  readonly indices: number | SliceRange
  /** The axis, the last when absent. */
  readonly axis?: number
  readonly name?: string
}

const ranges: Reader<number | SliceRange> = (x, path) => {
  const fine = typeof x === 'number'
    ? Number.isSafeInteger(x)
    : typeof x === 'object' && x !== null && !Array.isArray(x) &&
      Object.entries(x).every(([k, v]) => ['start', 'stop', 'step'].includes(k) && (v === undefined || (Number.isSafeInteger(v) && (k !== 'step' || (v as number) >= 1))))
  return fine
    ? E.right(x as number | SliceRange)
    : fail('BadOption', path, text(x), 'a place, or { start, stop, step } of whole numbers with a step of 1 or more', 'such as -1, or { start: 2, stop: 5 }')
}

/**
 * Part of an axis: one place (the axis goes) or a range of places.
 *
 * @example
 * Layer.slice({ indices: -1, axis: 1 })              // [batch, time, features] to the last step, [batch, features]
 * Layer.slice({ indices: { start: 0, stop: 8 } })    // the first eight features
 */
export const slice = unary<{ readonly indices: number | SliceRange; readonly axis: number }, SliceConfig>({
  kind: 'slice',
  options: { indices: ranges, axis: orElse(integer, -1) },
  label: (o) => `${JSON.stringify(o.indices)} of axis ${o.axis}`,
  rule: (o) => ([x]) => {
    const s = shapeIn(x)
    return pipe(
      axisOf(o.axis, s),
      E.chain((axis) => {
        const n = s[axis]
        return typeof o.indices === 'number' && typeof n === 'number' && (o.indices >= n || o.indices < -n)
          ? fail('ShapeMismatch', ['indices'], `place ${o.indices} on axis ${axis} of input ${Ext.showShape(s)}`, `a place from ${-n} to ${n - 1}`, 'count places from 0, or from the end with negative numbers')
          : E.right(plain(B.get(x, [...s.slice(0, axis).map(() => null), o.indices])))
      })
    )
  }
})
