/**
 * What stands between a caller without types and the functions of tensors: every public
 * function says what its arguments are, and what isn't that is an ill-shaped tensor.
 *
 * Laws: with arguments of the right kinds a function is what it was; with any others it
 * gives a tensor (or list of tensors) with errors, and doesn't throw.
 *
 * @since 0.5.0
 */
import { E } from '../../fp.ts'
import { gelatoError, knownOptions, shown } from '../../error.ts'
import type { GelatoError, GelatoErrors } from '../../error.ts'
import { isSym } from '../extent.ts'
import { failed, isTensor, strangeOperand } from '../node.ts'

/** What is wrong with an argument of a function, none when it is of the right kind. */
export type Check = (x: unknown, path: readonly string[]) => readonly GelatoError[]

// -----------------------------------------------------------------------------
// checks
// -----------------------------------------------------------------------------

const such = (holds: (x: unknown) => boolean, need: string, hint: string): Check => (x, path) =>
  holds(x) ? [] : [gelatoError('BadOption', path, isTensor(x) ? 'a tensor' : shown(x), need, hint)]
const whole = (x: unknown): boolean => Number.isSafeInteger(x)
const wholes = (x: unknown): boolean => Array.isArray(x) && x.every(whole)

/** A tensor or a number. */
export const operand: Check = (x, path) => (isTensor(x) || typeof x === 'number' ? [] : [strangeOperand(path, x)])
/** A list of tensors or numbers. */
export const operands: Check = (xs, path) =>
  Array.isArray(xs) ? xs.flatMap((x) => operand(x, path))
    : [gelatoError('NotATensor', path, isTensor(xs) ? 'a tensor' : shown(xs), 'a list of tensors', 'put them into one list: [a, b]')]
/** A shape, symbols included. */
export const shape: Check = such((x) => Array.isArray(x) && x.every((e) => whole(e) || isSym(e)), 'a shape: a list of whole numbers', 'such as [2, 3]; a number alone is [n]')
/** Axes, if they are given. */
export const axes: Check = such((x) => x === undefined || wholes(x), 'a list of axes', 'such as [0] or [-2, -1]')
/** A whole number or an extent. */
export const extent: Check = such((x) => whole(x) || isSym(x), 'a whole number', 'such as 3')
/** A whole number, if it is given. */
export const integer: Check = such((x) => x === undefined || whole(x), 'a whole number', 'such as 0, or -1 for the last axis')
/** A number, if it is given. */
export const number: Check = such((x) => x === undefined || typeof x === 'number', 'a number', 'such as 1')
/** The name of an element type. */
export const dtype: Check = such((x) => ['f32', 'i32', 'u32', 'bool', 'u8'].includes(x as string), 'one of f32, i32, u32, bool, u8', "such as 'f32'")
/** A list of anything, which the function reads itself. */
export const list: Check = such(Array.isArray, 'a list', 'such as [1, 0]')
/** Pairs of tensors. */
export const pairs: Check = (xs, path) =>
  Array.isArray(xs) && xs.every((x) => Array.isArray(x) && x.length === 2) ? (xs as unknown[][]).flat().flatMap((x) => operand(x, path))
    : [gelatoError('BadOption', path, isTensor(xs) ? 'a tensor' : shown(xs), 'a list of pairs of tensors', 'such as [[from, to]]')]

/** Options of these names, if any are given. `axes` and `axis` among them are checked. */
export const options = (...known: readonly string[]): Check => (x, path) => {
  if (x === undefined) return []
  if (isTensor(x)) return [gelatoError('BadOption', path, 'a tensor', `a record of options: ${known.join(', ')}`, 'the data comes last: call it twice, f(options)(x)')]
  const wrong = knownOptions(path, known)(x as object)
  if (E.isLeft(wrong)) return wrong.left
  const o = x as Readonly<Record<string, unknown>>
  return [...axes(o['axes'], [...path, 'axes']), ...integer(o['axis'], [...path, 'axis'])]
}

// -----------------------------------------------------------------------------
// functions
// -----------------------------------------------------------------------------

type Data = (x: unknown) => unknown

const guarded = <R>(name: string, none: (errors: GelatoErrors) => R, problems: readonly GelatoError[], f: () => R): R => {
  if (problems.length > 0) return none(problems as unknown as GelatoErrors)
  try {
    return f()
  } catch (e) {
    return none([gelatoError('BadOption', [name], e instanceof Error ? e.message : shown(e), `arguments as Tensor.${name} takes them`, 'see its documentation, or let the types check the call')])
  }
}

const curriedTo = (none: (errors: GelatoErrors) => unknown, data: Check) =>
  <F>(name: string, checks: readonly Check[], f: F): F =>
    ((...given: readonly unknown[]): Data => {
      const problems = checks.flatMap((check, i) => check(given[i], [name]))
      return (x) => guarded(name, none, [...problems, ...data(x, [name])], () => (f as (...given: readonly unknown[]) => Data)(...given)(x))
    }) as F

/** A function that takes its data last, with checks of what comes before: a tensor. */
export const curried = curriedTo((e) => failed(e), operand)
/** The same, where the data is a list of tensors. */
export const ofList = curriedTo((e) => failed(e), operands)
/** The same, from a list of tensors to one. */
export const listed = curriedTo((errors) => [failed(errors)], operands)
/** The same, from a tensor to a list of tensors. */
export const toList = curriedTo((errors) => [failed(errors)], operand)

/** A function with its arguments at once. */
export const direct = <F>(name: string, checks: readonly Check[], f: F): F =>
  ((...given: readonly unknown[]): unknown =>
    guarded(name, failed as (errors: GelatoErrors) => unknown, checks.flatMap((check, i) => check(given[i], [name])), () => (f as (...given: readonly unknown[]) => unknown)(...given))) as F
