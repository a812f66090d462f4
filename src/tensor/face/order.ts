/**
 * Sorting, recurrences, diagonals, rearrangements and searching: the public, data-last
 * functions.
 *
 * @since 0.2.0
 */
import * as B from '../build.ts'
import type { Tensor } from '../node.ts'
import * as face from './face.ts'

export type { CumulativeOptions, VarianceOptions } from '../build.ts'

// -----------------------------------------------------------------------------
// recurrences
// -----------------------------------------------------------------------------

/** Options of `cumsum` and `cumprod`: the axis (0), from which end, and whether each element is left out of its own result. */
export interface AlongOptions extends B.CumulativeOptions {
  readonly axis?: number
}

/**
 * `Tensor.cumsum(options)(x)`: sums of the elements so far along an axis.
 *
 * @example
 * pipe(interpret({})([Tensor.cumsum()(Tensor.constant([1, 2, 3]))]), E.map(([v]) => v.data))   // => E.right([1, 3, 6])
 */
export const cumsum = face.curried('cumsum', [face.options('axis', 'reverse', 'exclusive')], (o: AlongOptions = {}) => (x: Tensor): Tensor => B.cumsum(x, o.axis ?? 0, o))

/**
 * `Tensor.cumprod(options)(x)`: products of the elements so far along an axis. Its
 * gradient is exact where elements are 0.
 *
 * @example
 * pipe(interpret({})([Tensor.cumprod()(Tensor.constant([2, 3, 4]))]), E.map(([v]) => v.data))   // => E.right([2, 6, 24])
 */
export const cumprod = face.curried('cumprod', [face.options('axis', 'reverse', 'exclusive')], (o: AlongOptions = {}) => (x: Tensor): Tensor => B.cumprod(x, o.axis ?? 0, o))

/**
 * `Tensor.recurrence(a, options)(b)`: h_i = a_i h_(i-1) + b_i along an axis, from
 * h_0 = b_0: autoregressions, exponential smoothing, discounted sums. a broadcasts.
 *
 * @example
 * const shocks = Tensor.constant([1, 0, 0, 4])
 * pipe(interpret({})([pipe(shocks, Tensor.recurrence(Tensor.full([], 0.5)))]), E.map(([v]) => v.data))   // => E.right([1, 0.5, 0.25, 4.125])
 */
export const recurrence = face.curried('recurrence', [face.operand, face.options('axis', 'reverse')], (a: Tensor, o: { readonly axis?: number; readonly reverse?: boolean } = {}) => (b: Tensor): Tensor =>
  B.recurrence(a, b, o.axis ?? 0, { reverse: o.reverse ?? false }))

// -----------------------------------------------------------------------------
// order
// -----------------------------------------------------------------------------

/** Which axis is sorted (the last when absent) and whether from the largest on. */
export interface SortOptions {
  readonly axis?: number
  readonly descending?: boolean
}

/**
 * `Tensor.argsort(options)(x)`: positions that sort an axis, equals in their old order.
 * NaN counts as larger than every number.
 *
 * @example
 * pipe(interpret({})([Tensor.argsort()(Tensor.constant([30, 10, 20]))]), E.map(([v]) => v.data))   // => E.right([1, 2, 0])
 */
export const argsort = face.curried('argsort', [face.options('axis', 'descending')], (o: SortOptions = {}) => (x: Tensor): Tensor => B.argsort(x, o.axis, o.descending))

/**
 * `Tensor.sort(options)(x)`: the elements of an axis in order, NaN as the largest.
 *
 * @example
 * pipe(interpret({})([Tensor.sort({ descending: true })(Tensor.constant([30, 10, 20]))]), E.map(([v]) => v.data))   // => E.right([30, 20, 10])
 */
export const sort = face.curried('sort', [face.options('axis', 'descending')], (o: SortOptions = {}) => (x: Tensor): Tensor => B.sort(x, o.axis, o.descending))

/** `Tensor.takeAlong(index, axis)(x)`: elements of x at indices of their own for each line along an axis (the last when absent). */
export const takeAlong = face.curried('takeAlong', [face.operand, face.integer], (index: Tensor, axis?: number) => (x: Tensor): Tensor => B.takeAlong(x, index, axis))

/**
 * `Tensor.searchsorted(sorted, side)(values)`: where each value would go in an ascending
 * row: how many elements are less ('left'), or less or equal ('right'). Leading axes of
 * `sorted` are leading axes of the values too.
 *
 * @example
 * const edges = Tensor.constant([0, 1, 2])
 * pipe(interpret({})([pipe(Tensor.constant([-1, 0.5, 1, 7]), Tensor.searchsorted(edges))]), E.map(([v]) => v.data))   // => E.right([0, 1, 1, 3])
 */
export const searchsorted = face.curried('searchsorted', [face.operand, face.side], (sorted: Tensor, side: 'left' | 'right' = 'left') => (values: Tensor): Tensor => B.searchsorted(sorted, values, side))

/** Axes of a reduction (all when absent), and whether they stay as 1. */
export interface Over {
  readonly axes?: readonly number[]
  readonly keepDims?: boolean
}

/**
 * `Tensor.median(options)(x)`: the middle element along axes, the mean of the two in
 * the middle of an even number.
 *
 * @example
 * pipe(interpret({})([Tensor.median()(Tensor.constant([5, 1, 2, 40]))]), E.map(([v]) => v.data))   // => E.right([3.5])
 */
export const median = face.curried('median', [face.options('axes', 'keepDims')], (o: Over = {}) => (x: Tensor): Tensor => B.median(x, o.axes, o.keepDims))

// -----------------------------------------------------------------------------
// diagonals and triangles
// -----------------------------------------------------------------------------

/** Which diagonal: above the main one by `offset`, of which two axes (the first two when absent). */
export interface DiagonalOptions {
  readonly offset?: number
  readonly axis1?: number
  readonly axis2?: number
}

/**
 * `Tensor.diagonal(options)(x)`: the elements i, i + offset of two axes, as a new last axis.
 *
 * @example
 * pipe(interpret({})([Tensor.diagonal()(Tensor.constant([[1, 2], [3, 4]]))]), E.map(([v]) => v.data))   // => E.right([1, 4])
 */
export const diagonal = face.curried('diagonal', [face.options('offset', 'axis1', 'axis2')], (o: DiagonalOptions = {}) => (x: Tensor): Tensor => B.diagonal(x, o.offset, o.axis1, o.axis2))

/** `Tensor.trace(options)(x)`: the sum of a diagonal. */
export const trace = face.curried('trace', [face.options('offset', 'axis1', 'axis2')], (o: DiagonalOptions = {}) => (x: Tensor): Tensor => B.trace(x, o.offset, o.axis1, o.axis2))

/**
 * `Tensor.diag(offset)(x)`: matrices [..., n, n] with the vectors [..., n] on a diagonal
 * and zeros elsewhere. The diagonal of a matrix is `diagonal`.
 *
 * @example
 * pipe(interpret({})([Tensor.diag()(Tensor.constant([1, 2]))]), E.map(([v]) => v.data))   // => E.right([1, 0, 0, 2])
 */
export const diag = face.curried('diag', [face.integer], (offset = 0) => (x: Tensor): Tensor => B.diag(x, offset))

/** `Tensor.tril(offset)(x)`: the elements on and below a diagonal of the last two axes, zeros above. */
export const tril = face.curried('tril', [face.integer], (offset = 0) => (x: Tensor): Tensor => B.tril(x, offset))

/** `Tensor.triu(offset)(x)`: the elements on and above a diagonal of the last two axes, zeros below. */
export const triu = face.curried('triu', [face.integer], (offset = 0) => (x: Tensor): Tensor => B.triu(x, offset))

// -----------------------------------------------------------------------------
// rearrangements
// -----------------------------------------------------------------------------

/** `Tensor.squeeze(axes)(x)`: without those axes, all of length 1 when absent. */
export const squeeze = face.curried('squeeze', [face.axes], (axes?: readonly number[]) => (x: Tensor): Tensor => B.squeeze(x, axes))

/** `Tensor.moveAxis(from, to)(x)`: one axis moved to another place, the others in their order. */
export const moveAxis = face.curried('moveAxis', [face.axis, face.axis], (from: number, to: number) => (x: Tensor): Tensor => B.moveAxis(x, from, to))

/** `Tensor.swapAxes(a, b)(x)`: two axes exchanged. */
export const swapAxes = face.curried('swapAxes', [face.axis, face.axis], (axis1: number, axis2: number) => (x: Tensor): Tensor => B.swapAxes(x, axis1, axis2))

/** `Tensor.flatten(x)`: all elements in C order as one axis. */
export const flatten = face.direct('flatten', [face.operand], (x: Tensor): Tensor => B.flatten(x))

/**
 * `Tensor.repeat(n, axis)(x)`: every element n times in a row along an axis; of the
 * flattened tensor when no axis is given.
 *
 * @example
 * pipe(interpret({})([Tensor.repeat(2)(Tensor.constant([1, 2]))]), E.map(([v]) => v.data))   // => E.right([1, 1, 2, 2])
 */
export const repeat = face.curried('repeat', [face.extent, face.integer], (n: number, axis?: number) => (x: Tensor): Tensor => B.repeat(x, n, axis))

/**
 * `Tensor.tile(times)(x)`: the whole tensor repeated along its axes, counted from the right.
 *
 * @example
 * pipe(interpret({})([Tensor.tile([2])(Tensor.constant([1, 2]))]), E.map(([v]) => v.data))   // => E.right([1, 2, 1, 2])
 */
export const tile = face.curried('tile', [face.places], (times: readonly number[]) => (x: Tensor): Tensor => B.tile(x, times))

/**
 * `Tensor.compress(mask, axis)(x)`: slices where a mask holds, along an axis; of the
 * flattened tensor when no axis is given. Shapes are known before anything runs, so the
 * mask is an array of the program and not a tensor; for one that is computed, keep the
 * shape and use `select`.
 *
 * @example
 * pipe(interpret({})([Tensor.compress([true, false, true])(Tensor.constant([1, 2, 3]))]), E.map(([v]) => v.data))   // => E.right([1, 3])
 */
export const compress = face.curried('compress', [face.list, face.integer], (mask: readonly (boolean | number)[], axis?: number) => (x: Tensor): Tensor => B.compress(x, mask, axis))

/**
 * `Tensor.choose(choices)(index)`: the element of choices[index] at each place, all
 * broadcast. Indices outside are clamped.
 *
 * @example
 * const [a, b] = [Tensor.constant([1, 2, 3]), Tensor.constant([10, 20, 30])]
 * pipe(interpret({})([pipe(Tensor.constant([0, 1, 0], 'i32'), Tensor.choose([a, b]))]), E.map(([v]) => v.data))   // => E.right([1, 20, 3])
 */
export const choose = face.curried('choose', [face.operands], (choices: readonly (Tensor | number)[]) => (index: Tensor): Tensor => B.choose(index, choices))

// -----------------------------------------------------------------------------
// reductions
// -----------------------------------------------------------------------------

/** `Tensor.any(options)(x)`: does any element along axes differ from 0? */
export const any = face.curried('any', [face.options('axes', 'keepDims')], (o: Over = {}) => (x: Tensor): Tensor => B.any(x, o.axes, o.keepDims))

/** `Tensor.all(options)(x)`: do all elements along axes differ from 0? */
export const all = face.curried('all', [face.options('axes', 'keepDims')], (o: Over = {}) => (x: Tensor): Tensor => B.all(x, o.axes, o.keepDims))

/** `Tensor.ptp(options)(x)`: the largest less the smallest along axes. */
export const ptp = face.curried('ptp', [face.options('axes', 'keepDims')], (o: Over = {}) => (x: Tensor): Tensor => B.ptp(x, o.axes, o.keepDims))

/**
 * `Tensor.variance(options)(x)`: mean square of the deviations from the mean along axes;
 * `ddof` (0) is taken off the number of elements that it is divided by.
 *
 * @example
 * pipe(interpret({})([Tensor.variance({ ddof: 1 })(Tensor.constant([1, 2, 3]))]), E.map(([v]) => v.data))   // => E.right([1])
 */
export const variance = face.curried('variance', [face.options('axes', 'keepDims', 'ddof')], (o: B.VarianceOptions = {}) => (x: Tensor): Tensor => B.variance(x, o))

/** `Tensor.std(options)(x)`: the root of the variance; its gradient is 0 where all elements are equal. */
export const std = face.curried('std', [face.options('axes', 'keepDims', 'ddof')], (o: B.VarianceOptions = {}) => (x: Tensor): Tensor => B.std(x, o))
