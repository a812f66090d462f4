/**
 * Axes of a layer's input: which a parameter is shared along, and the parameter's shape
 * on those that are left.
 *
 * @since 0.2.0
 */
import { E } from '../fp.ts'
import type { Either } from '../fp.ts'
import { fail } from '../error.ts'
import type { GelatoErrors } from '../error.ts'
import * as B from '../tensor/build.ts'
import * as Ext from '../tensor/extent.ts'
import type { Shape } from '../tensor/extent.ts'
import type { Tensor } from '../tensor/node.ts'
import { normalAxes } from '../tensor/rule.ts'
import type { Reader } from './option.ts'
import { text } from './option.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Axes by number (negative ones from the end); `auto`: all but axis 1 (features, channels); `all`. */
export type Axes = 'auto' | 'all' | readonly number[]

/** A parameter over some axes of an input. */
export interface Over {
  /** The shape of the parameter. */
  readonly shape: readonly number[]
  /** The parameter, so that it broadcasts against the input. */
  readonly spread: (t: Tensor) => Tensor
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** Reads axes. */
export const axes: Reader<Axes> = (x, path) =>
  x === 'auto' || x === 'all' || (Array.isArray(x) && x.every((a) => Number.isSafeInteger(a)))
    ? E.right(x as Axes)
    : fail('BadOption', path, text(x), "axes of the input, 'auto' or 'all'", "'auto' is every axis but 1; [0, 2, 3] names them")

/** An axis counted from 0. */
export const axisOf = (axis: number, s: Shape, option = 'axis'): Either<GelatoErrors, number> => {
  const at = axis < 0 ? axis + s.length : axis
  return at >= 0 && at < s.length
    ? E.right(at)
    : fail('ShapeMismatch', [option], `axis ${axis} of input ${Ext.showShape(s)}`, `an axis of the input, ${-s.length} to ${s.length - 1}`, 'count axes from 0, or from the end with negative numbers')
}

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/** The shape of a layer's input (inputs of a rule are well shaped). */
export const shapeIn = (x: Tensor): Shape => (E.isRight(x.type) ? x.type.right.shape : [])

/** Axes counted from 0, in order. */
export const axesIn = (a: Axes, s: Shape, option: string): Either<GelatoErrors, readonly number[]> => {
  const every = s.map((_, i) => i)
  if (a === 'all') return E.right(every)
  if (a === 'auto') return E.right(every.filter((i) => i !== 1))
  const found = normalAxes(a, s.length)
  return found !== undefined
    ? E.right(found)
    : fail('ShapeMismatch', [option], `axes [${a.join(', ')}] of input ${Ext.showShape(s)}`, `different axes of the input, ${-s.length} to ${s.length - 1}`, 'name each axis once, from 0, or from the end with negative numbers')
}

/** A parameter with an element for each place of `own`; it is shared along all other axes. */
export const over = (s: Shape, own: readonly number[], option?: string): Either<GelatoErrors, Over> => {
  const shape = own.map((i) => s[i])
  return shape.every((e): e is number => typeof e === 'number')
    ? E.right({ shape, spread: (t) => B.reshape(t, s.map((e, i) => (own.includes(i) ? e : 1))) })
    : fail('ShapeMismatch', option === undefined ? [] : [option], `input ${Ext.showShape(s)} with parameters over axes [${own.join(', ')}]`, 'known extents on axes with parameters of their own',
        `give those extents as numbers instead of null${option === undefined ? '' : `, or choose other axes by ${option}`}`)
}

/** A parameter that is shared along the given axes. */
export const sharedOver = (a: Axes, s: Shape, option: string): Either<GelatoErrors, Over> => {
  const shared = axesIn(a, s, option)
  return E.isLeft(shared) ? shared : over(s, s.map((_, i) => i).filter((i) => !shared.right.includes(i)), option)
}
