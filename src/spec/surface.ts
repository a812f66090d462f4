/**
 * Which functions of the tensor namespace are ops of specs, and how each takes its
 * operands. Everything in the namespace is either here or in `NOT_OPS` with the reason:
 * the types say so when this file is compiled and a test says so when it is run, so a
 * new function of tensors can't be forgotten.
 *
 * Law: the tables agree with the types of the functions: an op is `DIRECT` when it takes
 * its tensor at once, `CURRIED` when it takes it last, with the number of operands that
 * come before it.
 *
 * @since 0.2.0
 */
import * as T from '../tensor/index.ts'
import * as B from '../tensor/build.ts'
import type { Tensor } from '../tensor/node.ts'
import { shapeOf } from '../tensor/node.ts'
import type { Spec, SpecArg } from './spec.ts'

// -----------------------------------------------------------------------------
// what is no op
// -----------------------------------------------------------------------------

/** Functions of the namespace that are no ops of specs, by the reason. */
export const NOT_OPS = {
  'walks or rewrites a whole graph': [
    'topo', 'errorsOf', 'isTensor', 'grad', 'vjp', 'jvp', 'batch', 'replace', 'leavesOf', 'bindExtents', 'symbolsOf', 'stabilise', 'show',
    'listing', 'toJson', 'fromJson', 'opNames', 'row', 'typeOf', 'nameOf'
  ],
  'takes a function of tensors; `Spec.asSpecOp` makes an op of specs of a function around it': ['scan'],
  'makes a tensor from plain data': ['input', 'constant', 'full', 'zeros', 'ones', 'arange', 'eye', 'key'],
  'folds a random key, as `random...` draw from one; a prior says what is random by its distributions': ['fold'],
  'gives plain data; `Spec.shape` gives the shape as a spec': ['shape']
} as const

// -----------------------------------------------------------------------------
// the tables
// -----------------------------------------------------------------------------

/** Ops that take their operand at once: `Spec.exp(s)`. */
export const DIRECT = [
  'neg', 'abs', 'sign', 'floor', 'ceil', 'round', 'trunc', 'exp', 'expm1', 'log', 'log1p', 'sqrt', 'sin', 'cos', 'tan',
  'asin', 'acos', 'atan', 'sinh', 'cosh', 'tanh', 'asinh', 'acosh', 'atanh', 'sigmoid', 'softplus', 'isFinite', 'not',
  'stopGradient', 'square', 'reciprocal', 'rsqrt', 'logSigmoid', 'relu', 'float', 'stack',
  'exp2', 'log2', 'log10', 'deg2rad', 'rad2deg', 'invert', 'size', 'zerosLike', 'onesLike',
  'lgamma', 'digamma', 'trigamma', 'erf', 'erfc', 'erfcx', 'erfinv', 'ndtri', 'ndtr', 'logNdtr', 'logI0', 'besselRatio', 'log1mexp',
  'flatten', 'cholesky', 'inverse', 'det', 'logAbsDet', 'logdet'
] as const

/** Ops that take other things first and the data last, with how many of the first are tensors: `Spec.mul(b)(a)`. */
export const CURRIED = {
  add: 1, sub: 1, mul: 1, div: 1, pow: 1, mod: 1, floorDiv: 1, maximum: 1, minimum: 1, atan2: 1,
  lt: 1, le: 1, gt: 1, ge: 1, eq: 1, ne: 1, and: 1, or: 1, xor: 1, shiftLeft: 1, shiftRight: 1,
  select: 2, clip: 2, clipGradient: 0, cast: 0, reshape: 0, broadcastTo: 0, transpose: 0, slice: 0, pad: 0, flip: 0, concat: 0, expandDims: 0,
  sum: 0, prod: 0, max: 0, min: 0, mean: 0, argmax: 0, argmin: 0, logSumExp: 0, softmax: 0, logSoftmax: 0,
  matmul: 1, conv2d: 1, maxPool2d: 0, sumPool2d: 0, avgPool2d: 0, take: 1, scatterAdd: 1, extent: 0, fill: 1, get: 0,
  polygamma: 0, lbeta: 1, gammainc: 1, gammaincc: 1, betainc: 2, logAddExp: 1, xlogy: 1, xlog1py: 1,
  cumsum: 0, cumprod: 0, recurrence: 1, argsort: 0, sort: 0, takeAlong: 1, searchsorted: 1, median: 0, diagonal: 0, trace: 0, diag: 0, tril: 0, triu: 0,
  squeeze: 0, moveAxis: 0, swapAxes: 0, repeat: 0, tile: 0, compress: 0, choose: 0, any: 0, all: 0, ptp: 0, variance: 0, std: 0,
  triangularSolve: 1, choleskySolve: 1, solve: 1, matrixPower: 0, dot: 1, outer: 1, norm: 0
} as const satisfies { readonly [K in CurriedName]: Leading<Parameters<Ns[K]>> }

/** Functions that give several tensors by name; the op of specs gives as many specs. */
export const PARTS = { eigh: ['values', 'vectors'] } as const satisfies Readonly<Record<string, readonly string[]>>

/** Ops whose first operand is whole numbers. */
export const INDEXED: readonly string[] = ['take', 'takeAlong', 'scatterAdd']

/** Ops whose data is a list of tensors. */
export const LISTS: readonly string[] = ['stack', 'concat']

/** What a tensor says of itself as plain data, as tensors. */
export const OWN: Readonly<Record<OwnName, (t: Tensor) => Tensor>> = {
  shape: (t) => (shapeOf(t).length === 0 ? B.array(new Float32Array(0), [0]) : B.stack(shapeOf(t).map(B.extentScalar))),
  ndim: (t) => B.scalar(shapeOf(t).length)
}
export type OwnName = 'shape' | 'ndim'

// -----------------------------------------------------------------------------
// the types that the tables are checked against
// -----------------------------------------------------------------------------

type Ns = typeof T
type NotOp = (typeof NOT_OPS)[keyof typeof NOT_OPS][number] | `random${string}`
type OpKey = Exclude<keyof Ns, NotOp>

/** Can a tensor, or a list of them, stand there? */
type IsOperand<A> = [Extract<A, Tensor | readonly Tensor[]>] extends [never] ? false : true
type First<F> = F extends (...args: infer P) => unknown ? P[0] : never

/** Functions that take a tensor at once. */
export type DirectName = { [K in OpKey]: Ns[K] extends (...args: never[]) => Tensor ? (IsOperand<First<Ns[K]>> extends true ? K : never) : never }[OpKey]
/** Functions that take a tensor last. */
export type CurriedName = {
  [K in OpKey]: Ns[K] extends (...args: never[]) => infer R
    ? R extends (x: never) => Tensor ? (IsOperand<First<R>> extends true ? K : never) : never
    : never
}[OpKey]
/** Functions of the namespace whose form is none of these. */
type OtherName = Exclude<OpKey, DirectName | CurriedName | keyof typeof PARTS>

/** How many operands come before the data. */
type Leading<P extends readonly unknown[], N extends readonly unknown[] = []> =
  number extends P['length'] ? N['length']
  : P extends readonly [] ? N['length']
  : Required<P> extends readonly [infer A, ...infer R] ? (IsOperand<A> extends true ? Leading<R, [...N, unknown]> : N['length'])
  : N['length']

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never
/** Fails to compile when a function of tensors stands in no table. */
export const complete: { readonly direct: Same<DirectName, (typeof DIRECT)[number]>; readonly other: Same<OtherName, never> } = { direct: true, other: true }

/** A tensor's place takes whatever can stand for a spec; everything else is as it was. */
type LiftOne<A> = A extends Tensor ? SpecArg : A extends number | string | boolean | null | undefined ? A
  : A extends readonly (infer E)[] ? ([Extract<E, Tensor>] extends [never] ? A : readonly LiftOne<E>[]) : A
type LiftArgs<A extends readonly unknown[]> = { [I in keyof A]: LiftOne<A[I]> }

/** The ops of tensors, over specs. */
export type SpecOps = {
  readonly [K in DirectName]: (...args: LiftArgs<Parameters<Ns[K]>>) => Spec
} & {
  readonly [K in CurriedName]: (...args: LiftArgs<Parameters<Ns[K]>>) => (x: LiftOne<Parameters<ReturnType<Ns[K]>>[0]>) => Spec
} & {
  readonly [K in keyof typeof PARTS]: (...args: LiftArgs<Parameters<Ns[K]>>) => { readonly [P in (typeof PARTS)[K][number]]: Spec }
} & {
  readonly [K in OwnName]: (x: SpecArg) => Spec
}
