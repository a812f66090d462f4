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
import { shown } from '../error.ts'
import type { GelatoErrors } from '../error.ts'
import * as B from './build.ts'
import type { Arg } from './build.ts'
import * as Ext from './extent.ts'
import type { Extent, Shape } from './extent.ts'
import * as face from './face/face.ts'
import { failed, isTensor, strangeOperand } from './node.ts'
import type { Data, DType, Tensor, TensorType } from './node.ts'
import { leafName } from './ops/leaves.ts'

export type { Each, Tensor, TensorType, DType, Attr, Attrs, Data } from './node.ts'
export type { Arg } from './build.ts'
export type { Extent, Shape, Sym } from './extent.ts'
export { topo, errorsOf, isTensor } from './node.ts'
export { vjp, jvp } from './grad.ts'
export { leavesOf, bindExtents, symbolsOf } from './replace.ts'
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
export * from './face/graph.ts'

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
export const input = face.direct('input', [], (name: string, shape: UserShape, dtype: DType = 'f32'): Tensor =>
  typeof name !== 'string' || name === '' ? B.misfit('BadOption', ['input'], shown(name), 'a name', "such as Tensor.input('x', [null, 3])")
  : !Array.isArray(shape) ? B.misfit('BadOption', ['input', name], shown(shape), 'a shape, null for an extent that is given later', `such as Tensor.input('${name}', [null, 3])`)
  : B.leaf('input', name, shape.map((e: UserShape[number], i) => (e === null ? Ext.sym(`${name}.${i}`) : e)), dtype))

const dtypeFor = (data: ArrayBufferView): DType => (data instanceof Int32Array ? 'i32' : data instanceof Uint32Array ? 'u32' : data instanceof Uint8Array ? 'u8' : 'f32')
const isData = (x: unknown): x is Data =>
  x instanceof Float32Array || x instanceof Float64Array || x instanceof Int32Array || x instanceof Uint32Array || x instanceof Uint8Array

/** A scalar, a nested array, or a typed array (a vector, or of the shape that stands beside it) as a constant. */
export const constant = (value: Nested | Data | { readonly shape: readonly number[]; readonly data: Data }, dtype?: DType): Tensor => {
  if (typeof value === 'number') return B.scalar(value, dtype ?? 'f32')
  if (isData(value)) return B.array(value, [value.length], dtype ?? dtypeFor(value))
  if (!Array.isArray(value)) {
    const { shape, data } = (value ?? {}) as { readonly shape?: readonly number[]; readonly data?: Data }
    return isData(data) && Array.isArray(shape) && shape.every((e) => Number.isSafeInteger(e)) ? B.array(data, shape, dtype ?? dtypeFor(data))
      : failed([{ ...strangeOperand(['constant'], value), need: 'a number, nested arrays of numbers, a typed array, or { shape, data }' }])
  }
  const shapeOf = (v: Nested): readonly number[] => (Array.isArray(v) ? [v.length, ...(v.length > 0 ? shapeOf(v[0]) : [])] : [])
  const flat = (v: Nested): readonly unknown[] => (Array.isArray(v) ? v.flatMap((x) => flat(x)) : [v])
  const even = (v: Nested, depth: number): boolean => (Array.isArray(v) ? v.length === shape[depth] && v.every((x) => even(x, depth + 1)) : depth === shape.length)
  const shape = shapeOf(value), data = flat(value), strange = data.find((v) => typeof v !== 'number')
  return strange !== undefined || data.includes(undefined) ? B.misfit('NotATensor', ['constant'], shown(strange), 'numbers', isTensor(strange) ? 'to put tensors together use Tensor.stack' : 'convert the values first')
  : even(value, 0)
    ? B.array(Float32Array.from(data as readonly number[]), shape, dtype ?? 'f32')
    : B.misfit('RaggedArray', ['constant'], `${data.length} number${data.length === 1 ? '' : 's'}, nested unevenly`, `rows of equal length, ${Ext.showShape(shape)} by the first ones`, 'make all rows equally long and equally deep')
}

/** `Tensor.full(shape, value)`: every element the same. */
export const full = face.direct('full', [face.shape, face.value], (shape: Shape, value: number): Tensor => B.full(shape, value))
/** `Tensor.zeros(shape)`: every element 0. */
export const zeros = face.direct('zeros', [face.shape], (shape: Shape): Tensor => B.full(shape, 0))
/** `Tensor.ones(shape)`: every element 1. */
export const ones = face.direct('ones', [face.shape], (shape: Shape): Tensor => B.full(shape, 1))
/** 0, 1, ..., n - 1 as i32. */
export const arange = face.direct('arange', [face.extent], (n: Extent): Tensor => B.iota([n]))
/** The n by n identity matrix. */
export const eye = face.direct('eye', [face.extent], (n: number): Tensor => B.cast(B.eq(B.iota([n, n], 0), B.iota([n, n], 1)), 'f32'))
/** The random key of a seed. */
export const key = face.direct('key', [face.seed], (seed: number): Tensor =>
  B.array(Uint32Array.of(seed >>> 0, Math.floor(seed / 4294967296) >>> 0), [2], 'u32'))

// -----------------------------------------------------------------------------
// combinators: elementwise
// -----------------------------------------------------------------------------

const flip2 = (name: string, f: (a: Arg, b: Arg) => Tensor): ((b: Arg) => (a: Arg) => Tensor) => face.curried(name, [face.operand], (b: Arg) => (a: Arg): Tensor => f(a, b))

export { neg, abs, sign, floor, ceil, round, trunc, exp, expm1, log, log1p, sqrt, sin, cos, tan, asin, acos, atan, sinh, cosh,
  tanh, asinh, acosh, atanh, sigmoid, softplus, isFinite, not, stopGradient, square, reciprocal, rsqrt, logSigmoid, relu, float } from './build.ts'

/** `Tensor.add(b)(a)` is a + b: the data comes last, as in all with two operands. */
export const add = flip2('add', B.add)
/** `Tensor.sub(b)(a)` is a - b: `Tensor.sub(1)(5)` is 4. */
export const sub = flip2('sub', B.sub)
/** `Tensor.mul(b)(a)` is a b, element by element; the matrix product is `matmul`. */
export const mul = flip2('mul', B.mul)
/** `Tensor.div(b)(a)` is a / b, as f32: `Tensor.div(2)(8)` is 4. */
export const div = flip2('div', B.div)
/** `Tensor.pow(b)(a)` is a to the power b: `Tensor.pow(2)(3)` is 9. */
export const pow = flip2('pow', B.pow)
/** `Tensor.mod(b)(a)` is the remainder of a / b, with the sign of b: `Tensor.mod(3)(-1)` is 2. */
export const mod = flip2('mod', B.mod)
/** `Tensor.floorDiv(b)(a)` is the floor of a / b: `Tensor.floorDiv(2)(7)` is 3. */
export const floorDiv = flip2('floorDiv', B.floorDiv)
/** `Tensor.maximum(b)(a)` is the larger of the two; the largest along axes is `max`. */
export const maximum = flip2('maximum', B.max)
/** `Tensor.minimum(b)(a)` is the smaller of the two; the smallest along axes is `min`. */
export const minimum = flip2('minimum', B.min)
/** `Tensor.atan2(x)(y)` is the angle of the point (x, y), in (-pi, pi]. */
export const atan2 = flip2('atan2', B.atan2)
/** `Tensor.lt(b)(a)` is a < b, as bool. */
export const lt = flip2('lt', B.lt)
/** `Tensor.le(b)(a)` is a <= b, as bool. */
export const le = flip2('le', B.le)
/** `Tensor.gt(b)(a)` is a > b, as bool: `Tensor.gt(1)(5)` is true. */
export const gt = flip2('gt', B.gt)
/** `Tensor.ge(b)(a)` is a >= b, as bool. */
export const ge = flip2('ge', B.ge)
/** `Tensor.eq(b)(a)`: whether a and b are equal, as bool. */
export const eq = flip2('eq', B.eq)
/** `Tensor.ne(b)(a)`: whether a and b differ, as bool. */
export const ne = flip2('ne', B.ne)
/** `Tensor.and(b)(a)`: both, of truth values, or bit by bit of whole numbers. */
export const and = flip2('and', B.and)
/** `Tensor.or(b)(a)`: one of the two or both, of truth values or bit by bit. */
export const or = flip2('or', B.or)
/** `Tensor.xor(b)(a)`: one of the two and not both, of truth values or bit by bit. */
export const xor = flip2('xor', B.xor)
/** `Tensor.shiftLeft(b)(a)`: the bits of a moved up by b. */
export const shiftLeft = flip2('shiftLeft', B.shiftLeft)
/** `Tensor.shiftRight(b)(a)`: the bits of a moved down by b; of i32 the sign is kept. */
export const shiftRight = flip2('shiftRight', B.shiftRight)
/** `Tensor.select(a, b)(condition)` is a where the condition holds, else b. */
export const select = face.curried('select', [face.operand, face.operand], (a: Arg, b: Arg) => (cond: Tensor): Tensor => B.select(cond, a, b))
/** `Tensor.clip(lo, hi)(x)`: x where it lies between the bounds, else the nearer bound: `Tensor.clip(0, 1)(5)` is 1. */
export const clip = face.curried('clip', [face.operand, face.operand], (lo: Arg, hi: Arg) => (x: Tensor): Tensor => B.clip(x, lo, hi))
/** The same value; what flows back through it in a gradient is cut to [-limit, limit], element by element. */
export const clipGradient = face.curried('clipGradient', [face.number], (limit: number) => (x: Tensor): Tensor => B.clipGradient(x, limit))
/** `Tensor.cast('i32')(x)`: the same numbers as another element type, towards zero for whole numbers; as bool 0 is false. */
export const cast = face.curried('cast', [face.dtype], (dtype: DType) => (x: Tensor): Tensor => B.cast(x, dtype))

// -----------------------------------------------------------------------------
// combinators: views
// -----------------------------------------------------------------------------

/** `Tensor.reshape([2, 3])(x)`: the same elements in C order, as many in another shape. */
export const reshape = face.curried('reshape', [face.shape], (shape: Shape) => (x: Tensor): Tensor => B.reshape(x, shape))
/** `Tensor.broadcastTo(shape)(x)`: x repeated along axes that it lacks or has with length 1, aligned at the right. */
export const broadcastTo = face.curried('broadcastTo', [face.shape], (shape: Shape) => (x: Tensor): Tensor => B.broadcastTo(x, shape))
/** Axes in another order; reversed when none is given. */
export const transpose = face.curried('transpose', [face.axes], (perm?: readonly number[]) => (x: Tensor): Tensor => B.transpose(x, perm))
/** `Tensor.slice(start, stop, step)(x)`: along each axis the elements from start to before stop, every step-th; `get` takes an axis at a time. */
export const slice = face.curried('slice', [face.places, face.places, face.axes], (start: Shape, stop: Shape, step?: readonly number[]) => (x: Tensor): Tensor => B.slice(x, start, stop, step))
/** `Tensor.pad(before, after, value)(x)`: so many elements of the value (0 when absent) before and after each axis. */
export const pad = face.curried('pad', [face.places, face.places, face.number], (lo: Shape, hi: Shape, value = 0) => (x: Tensor): Tensor => B.pad(x, lo, hi, value))
/** `Tensor.flip(axes)(x)`: those axes from the last element to the first. */
export const flip = face.curried('flip', [face.axes], (axes: readonly number[]) => (x: Tensor): Tensor => B.flip(x, axes))
/** `Tensor.concat(axis)([a, b])`: tensors one after another along an axis; along a new one `stack`. */
export const concat = face.ofList('concat', [face.axis], (axis: number) => (xs: readonly Tensor[]): Tensor => B.concat(xs, axis))
/** Stacks tensors of one shape along a new axis, the first when absent. */
export const stack = face.direct('stack', [face.operands, face.integer], B.stack)
/** `Tensor.expandDims(axis)(x)`: a new axis of length 1 at that place. */
export const expandDims = face.curried('expandDims', [face.axis], (axis: number) => (x: Tensor): Tensor => B.expandDims(x, axis))

// -----------------------------------------------------------------------------
// combinators: reductions
// -----------------------------------------------------------------------------

/** Which axes (all when absent) and whether they stay as 1. */
export interface Axes {
  readonly axes?: readonly number[]
  readonly keepDims?: boolean
}
const over = (name: string, f: (t: Tensor, axes?: readonly number[], keep?: boolean) => Tensor): ((o?: Axes) => (x: Tensor) => Tensor) =>
  face.curried(name, [face.options('axes', 'keepDims')], (o: Axes = {}) => (x: Tensor): Tensor => f(B.operand(x), o.axes, o.keepDims ?? false))

/** The sum along axes, all when absent: `Tensor.sum({ axes: [1] })(x)` has a number for each row of a matrix. */
export const sum = over('sum', B.sum)
/** The product along axes, all when absent. */
export const prod = over('prod', B.prod)
/** The largest along axes, all when absent; the larger of two tensors is `maximum`. */
export const max = over('max', B.reduceMax)
/** The smallest along axes, all when absent; the smaller of two tensors is `minimum`. */
export const min = over('min', B.reduceMin)
/** The mean along axes, all when absent, as f32. */
export const mean = over('mean', B.mean)
/** The position of the largest along axes as i32, the first of equals; over several axes in C order. */
export const argmax = over('argmax', B.argmax)
/** The position of the smallest along axes as i32, the first of equals; over several axes in C order. */
export const argmin = over('argmin', B.argmin)
/** The log of the sum of exp(x) along axes, all when absent, without overflow. */
export const logSumExp = over('logSumExp', B.logSumExp)
/** exp(x) over its sum along axes (the last when absent), from the largest on. */
export const softmax = face.curried('softmax', [face.axes], (axes?: readonly number[]) => (x: Tensor): Tensor => B.softmax(x, axes))
/** log of `softmax` along axes (the last when absent), without overflow. */
export const logSoftmax = face.curried('logSoftmax', [face.axes], (axes?: readonly number[]) => (x: Tensor): Tensor => B.logSoftmax(x, axes))

// -----------------------------------------------------------------------------
// combinators: products, convolutions, indices, random
// -----------------------------------------------------------------------------

/** `Tensor.matmul(b)(a)` is the matrix product a b. */
export const matmul = face.curried('matmul', [face.operand], (b: Tensor) => (a: Tensor): Tensor => B.matmul(a, b))

/** Options of `conv2d`: stride, padding [[top, bottom], [left, right]], dilation, groups. */
export interface Conv2dOptions {
  readonly stride?: readonly [number, number]
  readonly padding?: readonly (readonly [number, number])[]
  readonly dilation?: readonly [number, number]
  readonly groups?: number
}
const NONE: readonly (readonly [number, number])[] = [[0, 0], [0, 0]]
/** Cross-correlation of images [N, C, H, W] with weights [F, C / groups, kh, kw]. */
export const conv2d = face.curried('conv2d', [face.operand, face.options('stride', 'padding', 'dilation', 'groups')], (w: Tensor, o: Conv2dOptions = {}) => (x: Tensor): Tensor =>
  B.conv2d(x, w, { stride: o.stride ?? [1, 1], padding: o.padding ?? NONE, dilation: o.dilation ?? [1, 1], groups: o.groups ?? 1 }))

/** Options of pools; the stride is the window when absent. */
export interface PoolOptions {
  readonly window: readonly [number, number]
  readonly stride?: readonly [number, number]
  readonly padding?: readonly (readonly [number, number])[]
}
const pooling: face.Check = (x, path) => (x === undefined ? face.list(x, [...path, 'window']) : face.options('window', 'stride', 'padding')(x, path))
const pool = (o: PoolOptions): B.PoolWindow => ({ window: o.window, stride: o.stride ?? o.window, padding: o.padding ?? NONE })
/** The largest of each window of images [N, C, H, W]. */
export const maxPool2d = face.curried('maxPool2d', [pooling], (o: PoolOptions) => (x: Tensor): Tensor => B.maxPool2d(x, pool(o)))
/** The sum of each window of images [N, C, H, W]. */
export const sumPool2d = face.curried('sumPool2d', [pooling], (o: PoolOptions) => (x: Tensor): Tensor => B.sumPool2d(x, pool(o)))
/** Mean of each window; padding counts as 0. */
export const avgPool2d = face.curried('avgPool2d', [pooling], (o: PoolOptions) => (x: Tensor): Tensor => B.div(B.sumPool2d(x, pool(o)), o.window[0] * o.window[1]))

/** `Tensor.take(index, axis)(x)`: the slices of x at those places of an axis, the first when absent; the axes of the index stand where the axis was. */
export const take = face.curried('take', [face.operand, face.integer], (index: Tensor, axis = 0) => (x: Tensor): Tensor => B.take(x, index, axis))
/** `Tensor.scatterAdd(index, size, axis)(v)`: zeros of length `size` along an axis, to which the slices of v are added at the indices. */
export const scatterAdd = face.curried('scatterAdd', [face.operand, face.extent, face.integer], (index: Tensor, size: Extent, axis = 0) => (v: Tensor): Tensor => B.scatterAdd(v, index, size, axis))
/** `Tensor.fold(word)(key)`: a key made of a key and a whole number, the same each time. */
export const fold = face.curried('fold', [face.operand], (word: Arg) => (k: Tensor): Tensor => B.fold(k, word))
/** `Tensor.randomNormal(shape)(key)`: standard normal numbers. */
export const randomNormal = face.curried('randomNormal', [face.shape], (shape: Shape) => (k: Tensor): Tensor => B.randomNormal(k, shape))
/** `Tensor.randomUniform(shape)(key)`: uniform numbers in (0, 1). */
export const randomUniform = face.curried('randomUniform', [face.shape], (shape: Shape) => (k: Tensor): Tensor => B.randomUniform(k, shape))
/** `Tensor.randomBits(shape)(key)`: random words, as u32. */
export const randomBits = face.curried('randomBits', [face.shape], (shape: Shape) => (k: Tensor): Tensor => B.randomBits(k, shape))

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/** Shape and dtype, or every error that the expression holds. */
export const typeOf = (x: Tensor): Either<GelatoErrors, TensorType> => B.operand(x).type

/** The shape, empty for an ill-shaped expression. */
export const shape = (x: Tensor): Shape => {
  const { type } = B.operand(x)
  return E.isRight(type) ? type.right.shape : []
}

/** The length of an axis as a scalar node. */
export const extent = face.curried('extent', [face.axis], (axis: number) => (x: Tensor): Tensor => B.lengthOf(B.operand(x), axis))

/** The name of a leaf. */
export const nameOf = (x: Tensor): string | undefined => (isTensor(x) ? leafName(x) : undefined)
