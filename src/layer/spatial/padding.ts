/**
 * Padding of spatial axes, as numbers or by rule: `valid` has none, `same` keeps the
 * extent (at stride 1), `full` has every position at which a kernel touches the input.
 *
 * @since 0.1.0
 */
import { E } from '../../fp.ts'
import type { Either } from '../../fp.ts'
import { fail } from '../../error.ts'
import type { GelatoErrors } from '../../error.ts'
import type { Reader } from '../option.ts'
import { text } from '../option.ts'
import type { Dims, Each } from './dims.ts'
import { axisNames, times } from './dims.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Elements before and after an axis. */
export type Ends = readonly [number, number]

/**
 * Padding: the same on all sides, one number an axis ([vertical, horizontal]), two an
 * axis ([[top, bottom], [left, right]]), or by rule.
 */
export type Padding<D extends Dims = 2> = number | Each<D> | Each<D, Ends> | 'valid' | 'same' | 'full'

/** A padding that was read. */
export type AnyPadding = Padding<1> | Padding<2> | Padding<3>

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

const ENDS: Readonly<Record<Dims, string>> = {
  1: '[[before, after]]', 2: '[[top, bottom], [left, right]]', 3: '[[front, back], [top, bottom], [left, right]]'
}

const isCount = (x: unknown): boolean => Number.isSafeInteger(x) && (x as number) >= 0
const isEnds = (x: unknown): boolean => Array.isArray(x) && x.length === 2 && x.every(isCount)

/** Reads a padding. */
export const padding = (dims: Dims): Reader<AnyPadding> => (x, path) =>
  isCount(x) || x === 'valid' || x === 'same' || x === 'full' || (Array.isArray(x) && x.length === dims && (x.every(isCount) || x.every(isEnds)))
    ? E.right(x as AnyPadding)
    : fail('BadOption', path, text(x), `a whole number of 0 or more, one an axis ${axisNames(dims)}, two an axis ${ENDS[dims]}, 'valid', 'same' or 'full'`, "such as 2 or 'same'")

/** Elements before and after each axis, for a kernel that spans so many (its dilation included). */
export const paddings = (p: AnyPadding, spans: readonly number[], option = 'padding'): Either<GelatoErrors, readonly Ends[]> => {
  if (p === 'same' && spans.some((s) => s % 2 === 0))
    return fail('ShapeMismatch', [option], `'same' with a kernel of ${times(spans)}`, 'odd kernel sizes', `use an odd size, or give the ${option} as ${ENDS[spans.length as Dims]}`)
  return E.right(spans.map((s, d): Ends => {
    const own = p === 'valid' ? 0 : p === 'full' ? s - 1 : p === 'same' ? (s - 1) / 2 : typeof p === 'number' ? p : (p as Each<3> | Each<3, Ends>)[d]
    return typeof own === 'number' ? [own, own] : own
  }))
}
