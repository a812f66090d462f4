/**
 * The public tensor language: data-last functions over expression nodes. Import it as
 * a namespace: `Tensor.add(b)(a)` is a + b.
 *
 * A tensor is an immutable expression; nothing is computed until `evaluate`. Shapes
 * may hold symbols; an ill-shaped expression is a value that carries its errors and
 * can't be compiled.
 *
 * @since 0.1.0
 */
import { E } from '../fp.ts'
import type { Either } from '../fp.ts'
import type { GelatoErrors } from '../error.ts'
import * as B from './build.ts'
import type { Arg } from './build.ts'
import * as Ext from './extent.ts'
import type { Extent, Shape } from './extent.ts'
import type { DType, Tensor, TensorType } from './node.ts'
import { leafName } from './ops/leaves.ts'

export type { Tensor, TensorType, DType, Attr, Attrs, Data } from './node.ts'
export type { Arg } from './build.ts'
export type { Extent, Shape, Sym } from './extent.ts'
export { topo, errorsOf, isTensor } from './node.ts'
export { grad, vjp, jvp } from './grad.ts'
export { batch } from './batch.ts'
export { replace, leavesOf, bindExtents, symbolsOf } from './replace.ts'
export { stabilise } from './stabilise.ts'
export { show, listing } from './print.ts'
export { toJson, fromJson } from './json.ts'
export { opNames, row } from './table.ts'
export type { OpName } from './table.ts'
export * from './face/arithmetic.ts'
export * from './face/special.ts'
export * from './face/samplers.ts'
export * from './face/order.ts'
export * from './face/linalg.ts'
export * from './face/scan.ts'

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

type Nested = number | readonly Nested[]

/** Extents as users write them: null is an extent that is given later. */
export type UserShape = readonly (number | null | Extent)[]

/**
 * A named input. A null extent becomes a symbol of its own, `name.axis`.
 *
 * @example
 * const x = Tensor.input('pixels', [null, 1, 28, 28])
 */
export const input = (name: string, shape: UserShape, dtype: DType = 'f32'): Tensor =>
  B.leaf('input', name, shape.map((e, i) => (e === null ? Ext.sym(`${name}.${i}`) : e)), dtype)

/** A scalar, a nested array, or a typed array with a shape, as a constant. */
export const constant = (value: Nested | { readonly shape: readonly number[]; readonly data: Float32Array | Int32Array | Uint32Array }, dtype?: DType): Tensor => {
  if (typeof value === 'number') return B.scalar(value, dtype ?? 'f32')
  if ('data' in value) return B.array(value.data, value.shape, dtype ?? (value.data instanceof Float32Array ? 'f32' : value.data instanceof Int32Array ? 'i32' : 'u32'))
  const shapeOf = (v: Nested): readonly number[] => (typeof v === 'number' ? [] : [v.length, ...(v.length > 0 ? shapeOf(v[0]) : [])])
  const flat = (v: Nested): readonly number[] => (typeof v === 'number' ? [v] : v.flatMap((x) => flat(x)))
  const shape = shapeOf(value), data = flat(value)
  return Ext.size(shape) === data.length
    ? B.array(Float32Array.from(data), shape, dtype ?? 'f32')
    : B.misfit('RaggedArray', ['constant'], `${data.length} numbers`, `rows of equal length, ${Ext.showShape(shape)}`, 'make all rows equally long')
}

/** Every element the same. */
export const full = (shape: Shape, value: number): Tensor => B.full(shape, value)
export const zeros = (shape: Shape): Tensor => B.full(shape, 0)
export const ones = (shape: Shape): Tensor => B.full(shape, 1)
/** 0, 1, ..., n - 1 as i32. */
export const arange = (n: Extent): Tensor => B.iota([n])
/** The n by n identity matrix. */
export const eye = (n: number): Tensor => B.cast(B.eq(B.iota([n, n], 0), B.iota([n, n], 1)), 'f32')
/** The random key of a seed. */
export const key = (seed: number): Tensor =>
  B.array(Uint32Array.of(seed >>> 0, Math.floor(seed / 4294967296) >>> 0), [2], 'u32')

// -----------------------------------------------------------------------------
// combinators: elementwise
// -----------------------------------------------------------------------------

const flip2 = (f: (a: Arg, b: Arg) => Tensor) => (b: Arg) => (a: Arg): Tensor => f(a, b)

export { neg, abs, sign, floor, ceil, round, trunc, exp, expm1, log, log1p, sqrt, sin, cos, tan, asin, acos, atan, sinh, cosh,
  tanh, asinh, acosh, atanh, sigmoid, softplus, isFinite, not, stopGradient, square, reciprocal, rsqrt, logSigmoid, relu, float, stack } from './build.ts'

/** `Tensor.add(b)(a)` is a + b, and so on for all with two operands: the data comes last. */
export const add = flip2(B.add), sub = flip2(B.sub), mul = flip2(B.mul), div = flip2(B.div), pow = flip2(B.pow), mod = flip2(B.mod)
export const floorDiv = flip2(B.floorDiv), maximum = flip2(B.max), minimum = flip2(B.min), atan2 = flip2(B.atan2)
export const lt = flip2(B.lt), le = flip2(B.le), gt = flip2(B.gt), ge = flip2(B.ge), eq = flip2(B.eq), ne = flip2(B.ne)
export const and = flip2(B.and), or = flip2(B.or), xor = flip2(B.xor)
export const shiftLeft = flip2(B.shiftLeft), shiftRight = flip2(B.shiftRight)
/** `a` where the condition holds, else `b`. */
export const select = (a: Arg, b: Arg) => (cond: Tensor): Tensor => B.select(cond, a, b)
export const clip = (lo: Arg, hi: Arg) => (x: Tensor): Tensor => B.clip(x, lo, hi)
/** The same value; what flows back through it in a gradient is cut to [-limit, limit], element by element. */
export const clipGradient = (limit: number) => (x: Tensor): Tensor => B.clipGradient(x, limit)
export const cast = (dtype: DType) => (x: Tensor): Tensor => B.cast(x, dtype)

// -----------------------------------------------------------------------------
// combinators: views
// -----------------------------------------------------------------------------

export const reshape = (shape: Shape) => (x: Tensor): Tensor => B.reshape(x, shape)
export const broadcastTo = (shape: Shape) => (x: Tensor): Tensor => B.broadcastTo(x, shape)
/** Axes in another order; reversed when none is given. */
export const transpose = (perm?: readonly number[]) => (x: Tensor): Tensor => B.transpose(x, perm)
export const slice = (start: Shape, stop: Shape, step?: readonly number[]) => (x: Tensor): Tensor => B.slice(x, start, stop, step)
export const pad = (lo: Shape, hi: Shape, value = 0) => (x: Tensor): Tensor => B.pad(x, lo, hi, value)
export const flip = (axes: readonly number[]) => (x: Tensor): Tensor => B.flip(x, axes)
export const concat = (axis: number) => (xs: readonly Tensor[]): Tensor => B.concat(xs, axis)
export const expandDims = (axis: number) => (x: Tensor): Tensor => B.expandDims(x, axis)

// -----------------------------------------------------------------------------
// combinators: reductions
// -----------------------------------------------------------------------------

/** Which axes (all when absent) and whether they stay as 1. */
export interface Axes {
  readonly axes?: readonly number[]
  readonly keepDims?: boolean
}
const over = (f: (t: Tensor, axes?: readonly number[], keep?: boolean) => Tensor) => (o: Axes = {}) => (x: Tensor): Tensor => f(x, o.axes, o.keepDims ?? false)

export const sum = over(B.sum), prod = over(B.prod), max = over(B.reduceMax), min = over(B.reduceMin), mean = over(B.mean)
export const argmax = over(B.argmax), argmin = over(B.argmin), logSumExp = over(B.logSumExp)
/** exp(x) over its sum along axes (the last when absent), from the largest on. */
export const softmax = (axes?: readonly number[]) => (x: Tensor): Tensor => B.softmax(x, axes)
export const logSoftmax = (axes?: readonly number[]) => (x: Tensor): Tensor => B.logSoftmax(x, axes)

// -----------------------------------------------------------------------------
// combinators: products, convolutions, indices, random
// -----------------------------------------------------------------------------

/** `Tensor.matmul(b)(a)` is the matrix product a b. */
export const matmul = (b: Tensor) => (a: Tensor): Tensor => B.matmul(a, b)

/** Options of `conv2d`: stride, padding [[top, bottom], [left, right]], dilation, groups. */
export interface Conv2dOptions {
  readonly stride?: readonly [number, number]
  readonly padding?: readonly (readonly [number, number])[]
  readonly dilation?: readonly [number, number]
  readonly groups?: number
}
const NONE: readonly (readonly [number, number])[] = [[0, 0], [0, 0]]
/** Cross-correlation of images [N, C, H, W] with weights [F, C / groups, kh, kw]. */
export const conv2d = (w: Tensor, o: Conv2dOptions = {}) => (x: Tensor): Tensor =>
  B.conv2d(x, w, { stride: o.stride ?? [1, 1], padding: o.padding ?? NONE, dilation: o.dilation ?? [1, 1], groups: o.groups ?? 1 })

/** Options of pools; the stride is the window when absent. */
export interface PoolOptions {
  readonly window: readonly [number, number]
  readonly stride?: readonly [number, number]
  readonly padding?: readonly (readonly [number, number])[]
}
const pool = (o: PoolOptions): B.PoolWindow => ({ window: o.window, stride: o.stride ?? o.window, padding: o.padding ?? NONE })
export const maxPool2d = (o: PoolOptions) => (x: Tensor): Tensor => B.maxPool2d(x, pool(o))
export const sumPool2d = (o: PoolOptions) => (x: Tensor): Tensor => B.sumPool2d(x, pool(o))
/** Mean of each window; padding counts as 0. */
export const avgPool2d = (o: PoolOptions) => (x: Tensor): Tensor => B.div(B.sumPool2d(x, pool(o)), o.window[0] * o.window[1])

export const take = (index: Tensor, axis = 0) => (x: Tensor): Tensor => B.take(x, index, axis)
export const scatterAdd = (index: Tensor, size: Extent, axis = 0) => (v: Tensor): Tensor => B.scatterAdd(v, index, size, axis)
export const fold = (word: Arg) => (k: Tensor): Tensor => B.fold(k, word)
export const randomNormal = (shape: Shape) => (k: Tensor): Tensor => B.randomNormal(k, shape)
export const randomUniform = (shape: Shape) => (k: Tensor): Tensor => B.randomUniform(k, shape)
export const randomBits = (shape: Shape) => (k: Tensor): Tensor => B.randomBits(k, shape)

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/** Shape and dtype, or every error that the expression holds. */
export const typeOf = (x: Tensor): Either<GelatoErrors, TensorType> => x.type

/** The shape, empty for an ill-shaped expression. */
export const shape = (x: Tensor): Shape => (E.isRight(x.type) ? x.type.right.shape : [])

/** The length of an axis as a scalar node. */
export const extent = (axis: number) => (x: Tensor): Tensor =>
  E.isLeft(x.type) ? x : B.extentScalar(x.type.right.shape[axis < 0 ? axis + x.type.right.shape.length : axis] ?? 0)

/** The name of a leaf. */
export const nameOf = (x: Tensor): string | undefined => leafName(x)
