/**
 * A spec has every op of a tensor: one mechanism, `asSpecOp`, applied to the functions
 * of the tensor namespace. The arguments are searched for specs at any depth; what is
 * found is resolved first, then the function is called with the tensors.
 *
 * Law: `resolve(asSpecOp(f)(...args))` is `f` of the resolved arguments.
 *
 * @since 0.1.0
 */
import { gelatoError, shown } from '../error.ts'
import * as T from '../tensor/index.ts'
import { constant as constantTensor } from '../tensor/index.ts'
import { failed } from '../tensor/node.ts'
import type { Tensor } from '../tensor/node.ts'
import { opSpec, toSpec } from './spec.ts'
import type { Op, Spec, SpecArg } from './spec.ts'
import { CURRIED, DIRECT, INDEXED, LISTS, OWN, PARTS } from './surface.ts'
import type { SpecOps } from './surface.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

type Fn = (...args: readonly unknown[]) => unknown

/** Arguments of a function of tensors, with specs wherever it takes tensors. */
export type Lifted<A> = A extends Tensor ? SpecArg
  : A extends ((...args: never[]) => unknown) | ArrayBufferView | number | string | boolean | null | undefined ? A
  : { [K in keyof A]: Lifted<A[K]> }

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

const functions = T as unknown as Readonly<Record<string, Fn>>
const own = OWN as Readonly<Record<string, (t: Tensor) => Tensor>>
const operands: Readonly<Record<string, number>> = CURRIED
const parts: Readonly<Record<string, readonly string[]>> = PARTS

const isCurried = (name: string): boolean => Object.hasOwn(CURRIED, name)
const isDirect = (name: string): boolean => (DIRECT as readonly string[]).includes(name)

/** Names of the ops that specs share with tensors. */
export const specOpNames: readonly string[] = [...DIRECT, ...Object.keys(CURRIED), ...Object.keys(PARTS)]

/** Names of what only specs have as ops: on a tensor it is plain data. */
export const ownOpNames: readonly string[] = Object.keys(OWN)

const part = (name: string): Op | undefined => {
  const [f, key] = name.split('.')
  return key !== undefined && Object.hasOwn(parts, f) && parts[f].includes(key)
    ? { name, known: true, apply: (args) => (functions[f](...args) as Readonly<Record<string, unknown>>)[key] }
    : undefined
}

/** The op of that name, data first: what `OpSpec` applies and what JSON names. */
export const knownOp = (name: string): Op | undefined =>
  isDirect(name) ? { name, known: true, apply: (args) => functions[name](...args) }
  : isCurried(name) ? { name, known: true, apply: ([self, ...rest]) => (functions[name](...rest) as Fn)(self) }
  : Object.hasOwn(own, name) ? { name, known: true, apply: ([self]) => own[name](self as Tensor) }
  : part(name)

const index = (x: unknown): unknown =>
  typeof x === 'number' ? constantTensor(x, 'i32')
  : Array.isArray(x) && x.every((v) => typeof v === 'number') ? constantTensor({ shape: [x.length], data: Int32Array.from(x as readonly number[]) })
  : x

/** A list of operands; anything else is left to the op's own error. */
const list = (x: unknown): unknown => (Array.isArray(x) ? x.map(toSpec) : toSpec(x))

const lift = (name: string): unknown => {
  const data = LISTS.includes(name) ? list : toSpec
  if (Object.hasOwn(parts, name))
    return (x: unknown, ...rest: readonly unknown[]): Readonly<Record<string, Spec>> => {
      const s = toSpec(x)
      return Object.fromEntries(parts[name].map((p) => [p, opSpec(knownOp(`${name}.${p}`) as Op, [s, ...rest])]))
    }
  const op = knownOp(name) as Op
  if (!isCurried(name)) return (x: unknown, ...rest: readonly unknown[]): Spec => opSpec(op, [data(x), ...rest])
  return (...first: readonly unknown[]) =>
    (self: unknown): Spec =>
      opSpec(op, [data(self), ...first.map((a, i) => (i < operands[name] ? toSpec(i === 0 && INDEXED.includes(name) ? index(a) : a) : a))])
}

/** Every op by name. */
export const ops = Object.fromEntries([...specOpNames, ...ownOpNames].map((n) => [n, lift(n)])) as unknown as SpecOps

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
  if (typeof f !== 'function') return () => toSpec(failed([gelatoError('BadFunction', ['asSpecOp'], shown(f), 'a function of tensors', 'such as Tensor.exp')]))
  const name = specOpNames.find((n) => functions[n] === f)
  if (name !== undefined) return (ops as unknown as Readonly<Record<string, unknown>>)[name]
  const call = f as unknown as Fn
  const op: Op = { name: f.name === '' ? 'function' : f.name, known: false, apply: (args) => call(...args), source: f }
  return (...args: readonly unknown[]): Spec => opSpec(op, args)
}
