/**
 * What a user says of a layer's parameter: nothing yet (a hole, filled by a default), a
 * spec (priors, point estimates), a fixed array or tensor, another layer's parameter, or
 * that there is none.
 *
 * Specs and tensors are held in thunks, so that a network's table can be edited by
 * immer without touching them.
 *
 * @since 0.1.0
 */
import { E } from '../fp.ts'
import { fail } from '../error.ts'
import type { GelatoErrors } from '../error.ts'
import { isSpec, toSpec } from '../spec/spec.ts'
import type { Spec, SpecArg } from '../spec/spec.ts'
import type { Role } from '../spec/site.ts'
import * as B from '../tensor/build.ts'
import * as Ext from '../tensor/extent.ts'
import { isTensor } from '../tensor/node.ts'
import type { Tensor } from '../tensor/node.ts'
import type { Reader } from './option.ts'
import { text } from './option.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** What stands in a parameter's place. */
export type ParamValue =
  | { readonly _tag: 'Hole' }
  | { readonly _tag: 'None' }
  | { readonly _tag: 'Prior'; readonly spec: () => Spec }
  | { readonly _tag: 'Fixed'; readonly tensor: () => Tensor }
  | { readonly _tag: 'Tied'; readonly name: string; readonly map: (t: Tensor) => Tensor }
  | { readonly _tag: 'Broken'; readonly errors: () => GelatoErrors }

/** A parameter of a layer: what it is for and what the user said. */
export interface Slot {
  readonly role: Role
  readonly value: ParamValue
}

/** An array on the host, in C order. */
export interface HostData {
  readonly shape: readonly number[]
  readonly data: Float32Array | Float64Array | Int32Array | Uint32Array
}

/** The value of another parameter, or a function of it. */
export interface Tied {
  readonly _tag: 'Tied'
  /** `encoder.W` */
  readonly name: string
  readonly map: (t: Tensor) => Tensor
}

/** Numbers on the host: one, nested, a vector as a typed array, or any shape of one. */
export type HostNumbers = number | readonly HostNumbers[] | HostData['data'] | HostData

/** What a weight can be given as: a spec, a fixed number, array or tensor, or another parameter. */
export type Weight = SpecArg | HostData | Tied

/** What a bias and its like can be given as: `null` for none. */
export type OptionalWeight = Weight | null

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

export const hole: ParamValue = { _tag: 'Hole' }
export const none: ParamValue = { _tag: 'None' }
/** A prior. */
export const prior = (spec: Spec): ParamValue => ({ _tag: 'Prior', spec: () => spec })
/** A fixed value. */
export const fixed = (tensor: Tensor): ParamValue => ({ _tag: 'Fixed', tensor: () => tensor })

/** What was said can't be used. */
export const broken = (errors: GelatoErrors): ParamValue => ({ _tag: 'Broken', errors: () => errors })

/**
 * Another layer's parameter in the place of one's own, or a tensor function of it. The
 * other one stands before this in the network.
 *
 * @example
 * const autoencoder = pipe(
 *   Layer.input([null, 784], { name: 'x' }),
 *   Layer.dense({ units: 32, activation: 'tanh', name: 'encoder' }),
 *   Layer.dense({ units: 784, activation: 'sigmoid', W: Layer.tied('encoder.W', Tensor.transpose()) })
 * )
 */
export const tied = (name: string, map: (t: Tensor) => Tensor = (t) => t): Tied => ({ _tag: 'Tied', name, map })

const isTied = (x: unknown): x is Tied => typeof x === 'object' && x !== null && (x as { _tag?: unknown })._tag === 'Tied'

const tie: Reader<ParamValue> = (x, path) => {
  const { name, map } = x as Tied
  return typeof name === 'string' && name.includes('.') && typeof map === 'function'
    ? E.right({ _tag: 'Tied', name, map })
    : fail('BadOption', path, `tied(${text(name)})`, "a layer's parameter by name, and a function of tensors", "such as Layer.tied('encoder.W', Tensor.transpose())")
}

const nestedShape = (x: unknown): readonly number[] => (Array.isArray(x) ? [x.length, ...(x.length > 0 ? nestedShape(x[0]) : [])] : [])

/** Numbers of a nested array in C order, undefined when it is ragged or holds anything else. */
const numbers = (x: unknown, shape: readonly number[]): readonly number[] | undefined => {
  if (shape.length === 0) return typeof x === 'number' ? [x] : undefined
  if (!Array.isArray(x) || x.length !== shape[0]) return undefined
  const out: number[] = []
  for (const v of x) {
    const part = numbers(v, shape.slice(1))
    if (part === undefined) return undefined
    for (const n of part) out.push(n)
  }
  return out
}

const isData = (x: unknown): x is HostData['data'] =>
  x instanceof Float32Array || x instanceof Float64Array || x instanceof Int32Array || x instanceof Uint32Array

/** A number, nested array, vector of a typed array or `{ shape, data }`, in C order. */
export const hostData: Reader<HostData> = (x, path) => {
  if (isData(x)) return E.right({ shape: [x.length], data: x })
  if (typeof x === 'object' && x !== null && 'data' in x && 'shape' in x) {
    const { shape, data } = x as { shape: unknown; data: unknown }
    return Array.isArray(shape) && shape.every((e) => Number.isInteger(e) && e >= 0) && isData(data) && Ext.size(shape as readonly number[]) === data.length
      ? E.right({ shape: shape as readonly number[], data })
      : fail('BadArray', path, `shape ${Array.isArray(shape) ? `[${shape.join(', ')}]` : text(shape)} with ${isData(data) ? `${data.length} numbers` : 'other data'}`, 'a shape and a typed array of as many numbers', 'give { shape, data }')
  }
  const shape = nestedShape(x)
  const flat = numbers(x, shape)
  return flat === undefined
    ? fail('BadArray', path, text(x), 'a number, or rows of equal length', 'give numbers only, all rows equally long')
    : E.right({ shape, data: Float64Array.from(flat) })
}

/** The same as a constant tensor of f32. */
export const host: Reader<Tensor> = (x, path) =>
  E.map(({ shape, data }: HostData) => (shape.length === 0 ? B.scalar(data[0]) : B.array(Float32Array.from(data), shape)))(hostData(x, path))

const holdsSpec = (x: unknown): boolean => isSpec(x) || isTensor(x) || (Array.isArray(x) && x.some(holdsSpec))

/** Reads what a parameter was given as; `null` is taken where there may be none. */
const value = (optional: boolean): Reader<ParamValue> => (x, path) =>
  x === undefined ? E.right(hole)
  : x === null ? (optional ? E.right(none) : fail('BadOption', path, 'null', 'a spec, an array or a tensor: the layer needs this parameter', 'leave it out to use the default'))
  : isTied(x) ? tie(x, path)
  : isSpec(x) ? E.right(prior(x))
  : isTensor(x) ? E.right(fixed(x))
  : typeof x === 'function' || (Array.isArray(x) && holdsSpec(x)) ? E.right(prior(toSpec(x)))
  : typeof x === 'number' || Array.isArray(x) || isData(x) || (typeof x === 'object' && 'data' in x) ? E.map(fixed)(host(x, path))
  : fail('BadOption', path, text(x), 'a spec, an array, a tensor, another parameter or null', 'such as Spec.normal({ sd: 1 })')

/** Reads a parameter that the layer can't do without. */
export const weight: Reader<ParamValue> = value(false)
/** Reads a parameter that can be left out with `null`. */
export const optionalWeight: Reader<ParamValue> = value(true)
