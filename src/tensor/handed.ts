/**
 * Records of tensors that are handed to a user's function. Destructuring a name that isn't
 * there would give `undefined`, and a distribution would take its default in that place:
 * another model, silently. Here such a name is an ill-shaped tensor, so that the mistake
 * goes where every mistake in a graph goes.
 *
 * Law: what is there is given as it is, and `in`, `Object.keys` and spreading see the
 * record alone.
 *
 * @since 0.5.0
 */
import { didYouMean, gelatoError } from '../error.ts'
import type { GelatoErrors } from '../error.ts'
import { failed } from './node.ts'
import type { Tensor } from './node.ts'

// Names by which the language or a check asks an object what it is.
const ASKED: readonly string[] = ['_tag', 'then', 'toJSON', '$$typeof', 'length', 'nodeType']

/**
 * The record, with an error for every name that it lacks: `UnknownName` at the path and
 * the name. `what` says what the names are of: 'parameter', 'input'.
 */
export const handed = <R extends Readonly<Record<string, unknown>>>(path: readonly string[], what: string, record: R): R =>
  new Proxy(record, {
    get: (r, k): unknown => (typeof k === 'symbol' || k in r || ASKED.includes(k) ? Reflect.get(r, k) : unknown(path, what, k, Object.keys(r)))
  })

/** A record that has an error under every name: what stands where nothing could be made. */
export const errorsAt = <R>(errors: GelatoErrors): R =>
  new Proxy({}, { get: (_, k): unknown => (typeof k === 'symbol' || ASKED.includes(k) ? undefined : failed(errors)) }) as R

const unknown = (path: readonly string[], what: string, name: string, names: readonly string[]): Tensor =>
  failed([gelatoError('UnknownName', [...path, name], `${what} '${name}'`, names.length === 0 ? `no ${what}: none was given` : `one of ${names.join(', ')}`,
    names.length === 0 ? `give a ${what} of that name` : didYouMean(name, names))])
