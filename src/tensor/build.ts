/**
 * Constructors with the data first, for code that writes formulas: gradients,
 * rewrites, densities, layers. The public, data-last face is `index.ts`.
 *
 * Numbers stand for scalar constants; mixed dtypes are promoted (bool, then u32, i32,
 * f32). No constructor throws: a misfit is a Left node.
 *
 * @since 0.1.0
 */
import { E, NEA } from '../fp.ts'
import { gelatoError } from '../error.ts'
import * as Ext from './extent.ts'
import type { Extent, Shape } from './extent.ts'
import type { Attrs, Data, DType, Tensor } from './node.ts'
import { dtypeOf, failed, isTensor, node, shapeOf, strangeOperand } from './node.ts'
import type { OpName } from './table.ts'

/** An operand: a tensor, or a number for one of any shape. */
export type Arg = Tensor | number

export * from './build/arithmetic.ts'
export * from './build/special.ts'
export * from './build/samplers.ts'
export * from './build/implicit.ts'
export * from './build/order.ts'
export * from './build/linalg.ts'
export * from './build/scan.ts'

// -----------------------------------------------------------------------------
// constants
// -----------------------------------------------------------------------------

/** A scalar constant. */
export const scalar = (value: number, dtype: DType = 'f32'): Tensor => node('constant', [], { value, shape: [], dtype })

/** A constant of any shape, every element `value`. */
export const full = (shape: Shape, value: number, dtype: DType = 'f32'): Tensor => broadcastTo(scalar(value, dtype), shape)

/** An array constant from a typed array in C order. */
export const array = (data: Data, shape: Shape, dtype: DType = 'f32'): Tensor => node('constant', [], { data, shape, dtype })

/** 0, 1, 2, ... along one axis of a shape. */
export const iota = (shape: Shape, axis = 0, dtype: DType = 'i32'): Tensor => node('iota', [], { shape, axis, dtype })

/** A tensor of a tensor or a number; an error of anything else. */
export const operand = (x: Arg): Tensor => lift(x)

const lift = (x: Arg, like?: DType): Tensor =>
  isTensor(x) ? x : typeof x !== 'number' ? failed([strangeOperand([], x)]) : scalar(x, like === undefined || like === 'u8' || like === 'bool' || !Number.isInteger(x) ? 'f32' : like)

// -----------------------------------------------------------------------------
// dtypes
// -----------------------------------------------------------------------------

const RANK: Record<DType, number> = { bool: 0, u8: 1, u32: 1, i32: 2, f32: 3 }

/** The same numbers in another element type. */
export const cast = (t: Tensor, dtype: DType): Tensor =>
  E.isRight(t.type) && dtypeOf(t) === dtype ? t : node('cast', [t], { dtype })

const settle = (dtypes: readonly DType[]): DType => {
  const top = dtypes.reduce((a, b) => (RANK[b] > RANK[a] ? b : a))
  return top === 'u8' ? 'u32' : top
}

const promoted = (xs: readonly Arg[]): readonly Tensor[] => {
  const known = xs.flatMap((x) => (isTensor(x) && E.isRight(x.type) ? [dtypeOf(x)] : []))
  const like = known.length > 0 ? settle(known) : undefined
  const ts = xs.map((x) => lift(x, like))
  if (ts.some((t) => E.isLeft(t.type))) return ts
  const dtype = settle(ts.map(dtypeOf))
  return ts.map((t) => cast(t, dtype))
}

/** As f32. */
export const float = (x: Arg): Tensor => {
  const t = lift(x)
  return E.isLeft(t.type) ? t : cast(t, 'f32')
}

// -----------------------------------------------------------------------------
// elementwise
// -----------------------------------------------------------------------------

// Something else is given on as it is, so that the error names the op.
const isArg = (x: unknown): boolean => typeof x === 'number' || isTensor(x)
const unary = (op: OpName) => (x: Arg): Tensor => node(op, [isArg(x) ? float(x) : (x as Tensor)])
const numeric = (op: OpName) => (x: Arg): Tensor => {
  if (!isArg(x)) return node(op, [x as Tensor])
  const [t] = promoted([x])
  return node(op, [E.isRight(t.type) && dtypeOf(t) === 'bool' ? cast(t, 'i32') : t])
}
const binary = (op: OpName) => (a: Arg, b: Arg): Tensor => {
  const ts = promoted([a, b])
  return node(op, ts.every((t) => E.isRight(t.type) && dtypeOf(t) === 'bool') ? ts.map((t) => cast(t, 'i32')) : ts)
}
const compare = (op: OpName) => (a: Arg, b: Arg): Tensor => node(op, promoted([a, b]))
const floats = (op: OpName) => (a: Arg, b: Arg): Tensor => node(op, [float(a), float(b)])

/** -x. */
export const neg = numeric('neg')
/** The absolute value. */
export const abs = numeric('abs')
/** -1, 0 or 1. */
export const sign = numeric('sign')
/** The largest whole number not above x. */
export const floor = unary('floor')
/** The smallest whole number not below x. */
export const ceil = unary('ceil')
/** The nearest whole number, halves to even. */
export const round = unary('round')
/** The whole part, towards zero. */
export const trunc = unary('trunc')
/** e to the power x. */
export const exp = unary('exp')
/** exp(x) - 1, accurate near 0. */
export const expm1 = unary('expm1')
/** The natural logarithm. */
export const log = unary('log')
/** log(1 + x), accurate near 0. */
export const log1p = unary('log1p')
/** The square root. */
export const sqrt = unary('sqrt')
/** The sine of an angle in radians. */
export const sin = unary('sin')
/** The cosine of an angle in radians. */
export const cos = unary('cos')
/** The tangent of an angle in radians. */
export const tan = unary('tan')
/** The arc sine in radians, of x in [-1, 1]. */
export const asin = unary('asin')
/** The arc cosine in radians, of x in [-1, 1]. */
export const acos = unary('acos')
/** The arc tangent in radians. */
export const atan = unary('atan')
/** The hyperbolic sine. */
export const sinh = unary('sinh')
/** The hyperbolic cosine. */
export const cosh = unary('cosh')
/** The hyperbolic tangent. */
export const tanh = unary('tanh')
/** The inverse of the hyperbolic sine. */
export const asinh = unary('asinh')
/** The inverse of the hyperbolic cosine, of x from 1. */
export const acosh = unary('acosh')
/** The inverse of the hyperbolic tangent, of x in (-1, 1). */
export const atanh = unary('atanh')
/** 1 / (1 + exp(-x)), without overflow. */
export const sigmoid = unary('sigmoid')
/** log(1 + exp(x)), without overflow. */
export const softplus = unary('softplus')
/** Whether x is neither infinite nor NaN, as bool. */
export const isFinite = unary('isFinite')
export const add = binary('add'), sub = binary('sub'), mul = binary('mul'), mod = binary('mod')
export const max = binary('max'), min = binary('min'), floorDiv = binary('floorDiv')
export const div = floats('div'), pow = floats('pow'), atan2 = floats('atan2')
export const lt = compare('lt'), le = compare('le'), gt = compare('gt'), ge = compare('ge'), eq = compare('eq'), ne = compare('ne')
export const and = compare('and'), or = compare('or'), xor = compare('xor')
export const shiftLeft = compare('shiftLeft'), shiftRight = compare('shiftRight')
/** The complement: of a truth value, or of every bit of a whole number. */
export const not = (x: Tensor): Tensor => node('not', [x])
/** The same value, through which no gradient flows. */
export const stopGradient = (x: Tensor): Tensor => node('stopGradient', [x])
/** The same value; what flows back through it is cut to [-limit, limit], element by element. */
export const clipGradient = (x: Tensor, limit: number): Tensor => node('clipGradient', [float(x)], { limit })

/** Where the condition holds a, else b. */
export const select = (cond: Tensor, a: Arg, b: Arg): Tensor => {
  const [x, y] = promoted([a, b])
  return node('select', [cond, x, y])
}

/** x times x. */
export const square = (x: Tensor): Tensor => mul(x, x)
/** 1 / x. */
export const reciprocal = (x: Arg): Tensor => div(1, x)
/** 1 / sqrt(x). */
export const rsqrt = (x: Tensor): Tensor => div(1, sqrt(x))
/** log(1 / (1 + exp(-x))), without overflow. */
export const logSigmoid = (x: Arg): Tensor => neg(softplus(neg(x)))
/** x where it is above 0, else 0. */
export const relu = (x: Tensor): Tensor => select(gt(x, 0), x, 0)
export const clip = (x: Tensor, lo: Arg, hi: Arg): Tensor => min(max(x, lo), hi)

// -----------------------------------------------------------------------------
// views
// -----------------------------------------------------------------------------

export const reshape = (t: Tensor, shape: Shape): Tensor =>
  E.isRight(t.type) && Ext.sameShape(shapeOf(t), shape) ? t : node('reshape', [t], { shape })
export const broadcastTo = (t: Tensor, shape: Shape): Tensor =>
  E.isRight(t.type) && Ext.sameShape(shapeOf(t), shape) ? t : node('broadcastTo', [t], { shape })
export const transpose = (t: Tensor, perm?: readonly number[]): Tensor =>
  node('transpose', [t], { perm: perm ?? (E.isRight(t.type) ? shapeOf(t).map((_, i) => shapeOf(t).length - 1 - i) : []) })
export const slice = (t: Tensor, start: Shape, stop: Shape, step?: readonly number[]): Tensor =>
  node('slice', [t], { start, stop, step: step ?? start.map(() => 1) })
export const pad = (t: Tensor, lo: Shape, hi: Shape, value = 0): Tensor => node('pad', [t], { lo, hi, value })
export const flip = (t: Tensor, axes: readonly number[]): Tensor => node('flip', [t], { axes })
export const concat = (ts: readonly Tensor[], axis: number): Tensor => (ts.length === 1 ? ts[0] : node('concat', promoted(ts), { axis }))

/** A slice of one axis, the others whole. */
export const sliceAxis = (t: Tensor, axis: number, start: Extent, stop: Extent): Tensor => {
  if (E.isLeft(t.type)) return t
  const s = shapeOf(t)
  return slice(t, s.map((_, i) => (i === axis ? start : 0)), s.map((e, i) => (i === axis ? stop : e)))
}

/** A new axis of length 1. */
export const expandDims = (t: Tensor, axis: number): Tensor => {
  if (E.isLeft(t.type)) return t
  const s = shapeOf(t)
  const at = axis < 0 ? axis + s.length + 1 : axis
  return at >= 0 && at <= s.length ? reshape(t, [...s.slice(0, at), 1, ...s.slice(at)])
    : misfit('ShapeMismatch', ['expandDims'], `axis ${axis} of ${Ext.showShape(s)}`, `a place from 0 to ${s.length}`, 'count axes from 0, or from the end with negative numbers')
}

/** Stacks tensors of one shape along a new axis. */
export const stack = (ts: readonly Tensor[], axis = 0): Tensor => concat(ts.map((t) => expandDims(t, axis)), axis)

/** The last two axes exchanged. */
export const swapLast = (t: Tensor): Tensor => {
  if (E.isLeft(t.type)) return t
  const n = shapeOf(t).length
  return n < 2 ? t : transpose(t, [...Array.from({ length: n - 2 }, (_, i) => i), n - 1, n - 2])
}

/** Sums the axes along which a smaller shape was broadcast, so that the result has that shape. */
export const sumTo = (t: Tensor, shape: Shape): Tensor => {
  if (E.isLeft(t.type) || Ext.sameShape(shapeOf(t), shape)) return t
  const from = shapeOf(t)
  const off = from.length - shape.length
  const axes = from.flatMap((e, i) => (i < off || (shape[i - off] === 1 && e !== 1) ? [i] : []))
  return reshape(axes.length > 0 ? node('sum', [t], { axes, keepDims: false }) : t, shape)
}

// -----------------------------------------------------------------------------
// reductions
// -----------------------------------------------------------------------------

const reduction = (op: OpName) => (t: Tensor, axes?: readonly number[], keepDims = false): Tensor => {
  if (E.isLeft(t.type)) return t
  const x = dtypeOf(t) === 'bool' || dtypeOf(t) === 'u8' ? cast(t, op === 'logSumExp' ? 'f32' : 'i32') : t
  return node(op, [op === 'logSumExp' ? float(x) : x], { axes: axes ?? shapeOf(t).map((_, i) => i), keepDims })
}

export const sum = reduction('sum'), prod = reduction('prod'), reduceMax = reduction('reduceMax'), reduceMin = reduction('reduceMin')
export const argmax = reduction('argmax'), argmin = reduction('argmin'), logSumExp = reduction('logSumExp')

/** How many elements the axes hold together, as a scalar f32. */
export const countOf = (t: Tensor, axes?: readonly number[]): Tensor => {
  if (E.isLeft(t.type)) return t
  const s = shapeOf(t)
  return extentScalar(Ext.size((axes ?? s.map((_, i) => i)).map((a) => s[a < 0 ? a + s.length : a] ?? 1)))
}

/** An extent as a scalar f32. */
export const extentScalar = (e: Extent): Tensor => node('extent', [], { extent: e })

export const mean = (t: Tensor, axes?: readonly number[], keepDims = false): Tensor =>
  div(sum(float(t), axes, keepDims), countOf(t, axes))

/** log softmax along axes: x - log sum exp x, from logits alone. */
export const logSoftmax = (t: Tensor, axes: readonly number[] = [-1]): Tensor => sub(float(t), logSumExp(t, axes, true))
export const softmax = (t: Tensor, axes: readonly number[] = [-1]): Tensor => exp(logSoftmax(t, axes))

// -----------------------------------------------------------------------------
// products, convolutions, pools, indices, random
// -----------------------------------------------------------------------------

export const matmul = (a: Tensor, b: Tensor): Tensor => node('matmul', [float(a), float(b)])

/** Window attributes of 2-D ops: stride, padding lo/hi per axis, dilation. */
export interface Window {
  readonly stride: readonly [number, number]
  readonly padding: readonly (readonly [number, number])[]
  readonly dilation: readonly [number, number]
}
const windowAttrs = (w: Window): Attrs => ({ stride: w.stride, padding: w.padding, dilation: w.dilation })

export const conv2d = (x: Tensor, w: Tensor, a: Window & { readonly groups: number }): Tensor =>
  node('conv2d', [x, w], { ...windowAttrs(a), groups: a.groups })

export interface PoolWindow {
  readonly window: readonly [number, number]
  readonly stride: readonly [number, number]
  readonly padding: readonly (readonly [number, number])[]
}
const poolAttrs = (a: PoolWindow): Attrs => ({ window: a.window, stride: a.stride, padding: a.padding })
export const maxPool2d = (x: Tensor, a: PoolWindow): Tensor => node('maxPool2d', [x], poolAttrs(a))
export const sumPool2d = (x: Tensor, a: PoolWindow): Tensor => node('sumPool2d', [x], poolAttrs(a))

/** Rows of x along an axis: out = x[..., index, ...]; the axes of the index stand where the axis was. */
export const take = (x: Tensor, index: Tensor, axis = 0): Tensor => node('take', [x, index], { axis, batchDims: 0 })

/** Zeros of length `size` along an axis, with the slices of v added at the indices. */
export const scatterAdd = (v: Tensor, index: Tensor, size: Extent, axis = 0): Tensor =>
  node('scatterAdd', [v, index], { axis, size, batchDims: 0 })

export const fold = (key: Tensor, word: Arg): Tensor => node('fold', [key, cast(lift(word, 'u32'), 'u32')])
export const randomBits = (key: Tensor, shape: Shape): Tensor => node('randomBits', [key], { shape })
export const randomUniform = (key: Tensor, shape: Shape): Tensor => node('randomUniform', [key], { shape })
export const randomNormal = (key: Tensor, shape: Shape): Tensor => node('randomNormal', [key], { shape })

/** Image of indices under the keyed permutation of [0, n). */
export const permuteIndex = (key: Tensor, index: Tensor, n: Tensor): Tensor =>
  node('permuteIndex', [key, cast(index, 'u32'), cast(n, 'u32')])

// -----------------------------------------------------------------------------
// leaves
// -----------------------------------------------------------------------------

/** Kinds of named leaves. */
export type LeafKind = 'input' | 'site' | 'param' | 'state' | 'phase' | 'key'

export const leaf = (kind: LeafKind, name: string, shape: Shape, dtype: DType = 'f32'): Tensor =>
  node(kind, [], { name, shape, dtype })

/** A node that is wrong for a reason found outside the table. */
export const misfit = (tag: string, path: readonly string[], got: string, need: string, hint: string): Tensor =>
  failed(NEA.of(gelatoError(tag, path, got, need, hint)))
