/**
 * A spec has every op of a tensor: one mechanism, `asSpecOp`, applied to the functions
 * of the tensor namespace. The arguments are searched for specs at any depth; what is
 * found is resolved first, then the function is called with the tensors.
 *
 * Law: `resolve(asSpecOp(f)(...args))` is `f` of the resolved arguments.
 *
 * @since 0.1.0
 */
import * as T from '../tensor/index.ts'
import { constant as constantTensor } from '../tensor/index.ts'
import type { Tensor } from '../tensor/node.ts'
import { opSpec, toSpec } from './spec.ts'
import type { Op, Spec, SpecArg } from './spec.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

type Ns = typeof T

/** Ops that take their operand at once: `Spec.exp(s)`. */
const DIRECT = [
  'neg', 'abs', 'sign', 'floor', 'ceil', 'round', 'trunc', 'exp', 'expm1', 'log', 'log1p', 'sqrt', 'sin', 'cos', 'tan',
  'asin', 'acos', 'atan', 'sinh', 'cosh', 'tanh', 'asinh', 'acosh', 'atanh', 'sigmoid', 'softplus', 'isFinite', 'not',
  'stopGradient', 'square', 'reciprocal', 'rsqrt', 'logSigmoid', 'relu', 'float', 'stack'
] as const

/** Ops that take other operands first and the data last, with how many of the first are tensors: `Spec.mul(b)(a)`. */
const CURRIED = {
  add: 1, sub: 1, mul: 1, div: 1, pow: 1, mod: 1, floorDiv: 1, maximum: 1, minimum: 1, atan2: 1,
  lt: 1, le: 1, gt: 1, ge: 1, eq: 1, ne: 1, and: 1, or: 1, xor: 1, shiftLeft: 1, shiftRight: 1,
  select: 2, clip: 2, cast: 0, reshape: 0, broadcastTo: 0, transpose: 0, slice: 0, pad: 0, flip: 0, concat: 0, expandDims: 0,
  sum: 0, prod: 0, max: 0, min: 0, mean: 0, argmax: 0, argmin: 0, logSumExp: 0, softmax: 0, logSoftmax: 0,
  matmul: 1, conv2d: 1, maxPool2d: 0, sumPool2d: 0, avgPool2d: 0, take: 1, scatterAdd: 1, extent: 0
} as const

/** Ops whose first operand is whole numbers. */
const INDEXED: readonly string[] = ['take', 'scatterAdd']

type Direct = (typeof DIRECT)[number]
type Curried = keyof typeof CURRIED

type LiftArg<A> = A extends Tensor ? SpecArg : A extends readonly Tensor[] ? readonly SpecArg[] : A
type LiftArgs<A extends readonly unknown[]> = { [I in keyof A]: LiftArg<A[I]> }

/** The ops of tensors, over specs. */
export type SpecOps = {
  readonly [K in Direct]: (...args: LiftArgs<Parameters<Ns[K]>>) => Spec
} & {
  readonly [K in Curried]: (...args: LiftArgs<Parameters<Ns[K]>>) => (x: LiftArg<Parameters<ReturnType<Ns[K]>>[0]>) => Spec
}

/** Arguments of a function of tensors, with specs wherever it takes tensors. */
export type Lifted<A> = A extends Tensor ? SpecArg
  : A extends ((...args: never[]) => unknown) | ArrayBufferView | number | string | boolean | null | undefined ? A
  : { [K in keyof A]: Lifted<A[K]> }

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

const functions = T as unknown as Readonly<Record<string, (...args: readonly unknown[]) => unknown>>

const isDirect = (name: string): name is Direct => (DIRECT as readonly string[]).includes(name)
const isCurried = (name: string): name is Curried => Object.hasOwn(CURRIED, name)

/** Names of the ops that specs share with tensors. */
export const specOpNames: readonly string[] = [...DIRECT, ...Object.keys(CURRIED)]

/** The op of that name, data first: what `OpSpec` applies and what JSON names. */
export const knownOp = (name: string): Op | undefined =>
  isDirect(name) ? { name, known: true, apply: (args) => functions[name](...args) }
  : isCurried(name) ? { name, known: true, apply: ([self, ...rest]) => (functions[name](...rest) as (x: unknown) => unknown)(self) }
  : undefined

const index = (x: unknown): unknown =>
  typeof x === 'number' ? constantTensor(x, 'i32')
  : Array.isArray(x) && x.every((v) => typeof v === 'number') ? constantTensor({ shape: [x.length], data: Int32Array.from(x as readonly number[]) })
  : x

const operand = (x: unknown): unknown => (Array.isArray(x) && x.some((v) => typeof v !== 'number') ? x.map(toSpec) : toSpec(x))

const lift = (name: string): unknown => {
  const op = knownOp(name) as Op
  if (!isCurried(name))
    return (x: unknown, ...rest: readonly unknown[]): Spec => opSpec(op, [name === 'stack' ? operand(x) : toSpec(x), ...rest])
  return (...first: readonly unknown[]) =>
    (self: unknown): Spec =>
      opSpec(op, [
        name === 'concat' ? operand(self) : toSpec(self),
        ...first.map((a, i) => (i < CURRIED[name] ? toSpec(i === 0 && INDEXED.includes(name) ? index(a) : a) : a))
      ])
}

/** Every op by name. */
export const ops = Object.fromEntries(specOpNames.map((n) => [n, lift(n)])) as unknown as SpecOps

/**
 * Delays a function of tensors until the specs among its arguments are resolved. They
 * are found inside arrays and records too. A function of the tensor namespace keeps its
 * form, data last where it has that: `asSpecOp(Tensor.mul)(b)(a)`.
 *
 * @example
 * const gram = Spec.asSpecOp((a: Tensor.Tensor) => Tensor.matmul(Tensor.transpose()(a))(a))
 * gram(Spec.normal())
 */
export function asSpecOp<A extends readonly unknown[]>(f: (...args: A) => Tensor): (...args: Lifted<A>) => Spec
export function asSpecOp<A extends readonly unknown[], X>(f: (...args: A) => (x: X) => Tensor): (...args: Lifted<A>) => (x: Lifted<X>) => Spec
export function asSpecOp(f: (...args: never[]) => unknown): unknown {
  const name = specOpNames.find((n) => functions[n] === f)
  if (name !== undefined) return (ops as unknown as Readonly<Record<string, unknown>>)[name]
  const call = f as unknown as (...args: readonly unknown[]) => unknown
  const op: Op = { name: f.name === '' ? 'function' : f.name, known: false, apply: (args) => call(...args), source: f }
  return (...args: readonly unknown[]): Spec => opSpec(op, args)
}
