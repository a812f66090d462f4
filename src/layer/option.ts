/**
 * Reading of options: every layer says what it takes, and what it was given is checked
 * when the layer is made. Plain JavaScript callers get the same answers as typed ones:
 * errors as values, with the nearest name for an unknown option.
 *
 * @since 0.1.0
 */
import { E } from '../fp.ts'
import type { Either } from '../fp.ts'
import { fail, gelatoError, knownOptions, shown as text } from '../error.ts'
import type { GelatoError, GelatoErrors } from '../error.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** A value as short text. */
export { shown as text } from '../error.ts'

/** Reads one option: the value, or what is wrong with it. */
export type Reader<A> = (given: unknown, path: readonly string[]) => Either<GelatoErrors, A>

/** Two numbers of an axis or of a plane. */
export type Pair = readonly [number, number]

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

const whole = (x: unknown, least: number): x is number => typeof x === 'number' && Number.isSafeInteger(x) && x >= least

/** A whole number of at least `least`. */
export const count = (least: number): Reader<number> => (x, path) =>
  whole(x, least) ? E.right(x) : fail('BadOption', path, text(x), `a whole number of ${least} or more`, 'give such a number')

/** Any whole number. */
export const integer: Reader<number> = (x, path) =>
  whole(x, Number.MIN_SAFE_INTEGER) ? E.right(x) : fail('BadOption', path, text(x), 'a whole number', 'give such a number')

/** A finite number. */
export const finite: Reader<number> = (x, path) =>
  typeof x === 'number' && Number.isFinite(x) ? E.right(x) : fail('BadOption', path, text(x), 'a finite number', 'give such a number')

/** A finite number of a kind that is said in words: `such('a number above 0', 'such as 1e-4', (x) => x > 0)`. */
export const such = (need: string, hint: string, holds: (x: number) => boolean): Reader<number> => (x, path) =>
  typeof x === 'number' && Number.isFinite(x) && holds(x) ? E.right(x) : fail('BadOption', path, text(x), need, hint)

/** true or false. */
export const flag: Reader<boolean> = (x, path) =>
  typeof x === 'boolean' ? E.right(x) : fail('BadOption', path, text(x), 'true or false', 'give one of the two')

/** One of some words. */
export const word = <W extends string>(words: readonly W[]): Reader<W> => (x, path) =>
  words.includes(x as W) ? E.right(x as W) : fail('BadOption', path, text(x), `one of ${words.join(', ')}`, 'give one of them')

/** A name: not empty, without the dot that separates a parameter from its layer. */
export const naming: Reader<string> = (x, path) =>
  typeof x === 'string' && x !== '' && !x.includes('.')
    ? E.right(x)
    : fail('BadOption', path, text(x), "a name that isn't empty and holds no dot", "such as 'encoder'")

/** Reads it, or takes the default where it isn't given. */
export const orElse = <A>(reader: Reader<A>, fallback: A): Reader<A> => (x, path) => (x === undefined ? E.right(fallback) : reader(x, path))

/** Reads it where it is given. */
export const optional = <A>(reader: Reader<A>): Reader<A | undefined> => orElse<A | undefined>(reader, undefined)

/** Takes whatever is given. */
export const anything: Reader<unknown> = (x) => E.right(x)

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/** What reading of a configuration gives: all values, or all that is wrong. */
export interface Read<A> {
  readonly value: A | undefined
  readonly problems: readonly GelatoError[]
}

/** Reads a configuration by a record of readers; unknown options are named with their nearest match. */
export const read = <A>(given: unknown, readers: { readonly [K in keyof A]-?: Reader<A[K]> }): Read<A> => {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return { value: undefined, problems: [gelatoError('BadOption', [], text(given), 'an object of options', `such as { ${Object.keys(readers)[0] ?? ''}: ... }`)] }
  const record = given as Readonly<Record<string, unknown>>
  const unknown = knownOptions([], Object.keys(readers))(given)
  const problems: GelatoError[] = E.isLeft(unknown) ? [...unknown.left] : []
  const out: Record<string, unknown> = {}
  for (const [k, reader] of Object.entries(readers) as [string, Reader<unknown>][]) {
    const r = reader(record[k], [k])
    if (E.isLeft(r)) problems.push(...r.left)
    else out[k] = r.right
  }
  return problems.length > 0 ? { value: undefined, problems } : { value: out as A, problems }
}
