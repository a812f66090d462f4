/**
 * Small composites: other bases, degrees, constants like another tensor, and indexing:
 * the public, data-last functions.
 *
 * @since 0.2.0
 */
import * as B from '../build.ts'
import type { Arg } from '../build.ts'
import type { Index } from '../build/arithmetic.ts'
import type { Tensor } from '../node.ts'
import * as face from './face.ts'

export type { Index, Range } from '../build/arithmetic.ts'
export { exp2, log2, log10, deg2rad, rad2deg, invert } from '../build/arithmetic.ts'

/** How many elements there are, as a scalar f32. */
export const size = face.direct('size', [face.operand], B.size)
/** Zeros of a tensor's shape. */
export const zerosLike = face.direct('zerosLike', [face.operand], B.zerosLike)
/** Ones of a tensor's shape. */
export const onesLike = face.direct('onesLike', [face.operand], B.onesLike)

/** `value` at every place of the data's shape. */
export const fill = face.curried('fill', [face.operand], (value: Arg) => (x: Tensor): Tensor => B.fill(x, value))

/**
 * Part of a tensor, an index for each axis from the first on: a place (the axis goes),
 * several places, a range, `null` for the whole axis, or a tensor of whole numbers.
 * Each axis is indexed by itself; negative places count from the end.
 *
 * @example
 * const firstColumn = pipe(x, Tensor.get(null, 0))
 * const evenRows = pipe(x, Tensor.get({ step: 2 }))
 */
export const get = face.curried('get', [], (...index: Index[]) => (x: Tensor): Tensor => B.get(x, index))
