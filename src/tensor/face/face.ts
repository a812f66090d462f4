/**
 * What stands between a caller without types and the functions of tensors: every public
 * function says what its arguments are, and what isn't that is an ill-shaped tensor.
 *
 * Laws: with arguments of the right kinds a function is what it was; with any others it
 * gives a tensor with errors, or a list of as many as were asked for, and doesn't throw.
 * Inside, the functions are called as they are: what throws there is a mistake of ours,
 * and keeps its stack.
 *
 * @since 0.5.0
 */
import { E } from '../../fp.ts'
import { gelatoError, knownOptions, shown } from '../../error.ts'
import type { GelatoError, GelatoErrors } from '../../error.ts'
import { isSym } from '../extent.ts'
import { failed, isTensor, strangeOperand } from '../node.ts'
import type { Tensor } from '../node.ts'

/** What is wrong with an argument of a function, none when it is of the right kind. */
export type Check = (x: unknown, path: readonly string[]) => readonly GelatoError[]

// -----------------------------------------------------------------------------
// checks
// -----------------------------------------------------------------------------

const such = (holds: (x: unknown) => boolean, need: string, hint: string): Check => (x, path) =>
  holds(x) ? [] : [gelatoError('BadOption', path, isTensor(x) ? 'a tensor' : shown(x), need, hint)]
const whole = (x: unknown): boolean => Number.isSafeInteger(x)
const wholes = (x: unknown): boolean => Array.isArray(x) && x.every(whole)
const length = (x: unknown): boolean => isSym(x) || (whole(x) && (x as number) >= 0)
const among = (...names: readonly string[]): ((x: unknown) => boolean) => (x) => names.includes(x as string)

/** A tensor or a number. */
export const operand: Check = (x, path) => (isTensor(x) || typeof x === 'number' ? [] : [strangeOperand(path, x)])
/** A list of tensors or numbers. */
export const operands: Check = (xs, path) =>
  Array.isArray(xs) ? xs.flatMap((x) => operand(x, path))
    : [gelatoError('NotATensor', path, isTensor(xs) ? 'a tensor' : shown(xs), 'a list of tensors', 'put them into one list: [a, b]')]
/** A shape, symbols included. */
export const shape: Check = such((x) => Array.isArray(x) && x.every(length), 'a shape: a list of whole numbers, none below 0', 'such as [2, 3]; a number alone is [n]')
/** Places along all axes, or numbers of elements. Whether they can be below 0 the op says. */
export const places: Check = such((x) => Array.isArray(x) && x.every((e) => whole(e) || isSym(e)), 'a list of whole numbers, one for each axis', 'such as [0, 2]')
/** Axes, if they are given. */
export const axes: Check = such((x) => x === undefined || wholes(x), 'a list of axes', 'such as [0] or [-2, -1]')
/** The length of an axis. */
export const extent: Check = such(length, 'a whole number from 0', 'such as 3')
/** One axis. */
export const axis: Check = such(whole, 'an axis: a whole number', 'axes count from 0')
/** A whole number, if it is given. */
export const integer: Check = such((x) => x === undefined || whole(x), 'a whole number', 'such as 0, or -1 for the last axis')
/** A whole number. */
export const power: Check = such(whole, 'a whole number', 'such as 2, or -1')
/** A number. */
export const value: Check = such((x) => typeof x === 'number', 'a number', 'such as 1; a tensor of one value for many places is Tensor.broadcastTo(shape)(x)')
/** A number, if it is given. */
export const number: Check = such((x) => x === undefined || typeof x === 'number', 'a number', 'such as 1')
/** A seed. */
export const seed: Check = such(whole, 'a seed: a whole number', 'such as 0')
/** The name of an element type. */
export const dtype: Check = such(among('f32', 'i32', 'u32', 'bool', 'u8'), 'one of f32, i32, u32, bool, u8', "such as 'f32'")
/** From which end, if it is given. */
export const side: Check = such((x) => x === undefined || among('left', 'right')(x), "'left' or 'right'", "such as 'left'")
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
/** What stands for a result, made of the errors and of what was given. */
type Instead = (errors: GelatoErrors, given: readonly unknown[], x: unknown) => unknown

const guarded = <R>(name: string, none: (errors: GelatoErrors) => R, problems: readonly GelatoError[], f: () => R): R => {
  if (problems.length > 0) return none(problems as unknown as GelatoErrors)
  try {
    return f()
  } catch (e) {
    return none([gelatoError('BadOption', [name], e instanceof Error ? e.message : shown(e), `arguments as Tensor.${name} takes them`, 'see its documentation, or let the types check the call')])
  }
}

const curriedTo = (none: Instead, data: Check) =>
  <F>(name: string, checks: readonly Check[], f: F): F =>
    ((...given: readonly unknown[]): Data => {
      const problems = checks.flatMap((check, i) => check(given[i], [name]))
      return (x) => guarded(name, (errors) => none(errors, given, x), [...problems, ...data(x, [name])], () => (f as (...given: readonly unknown[]) => Data)(...given)(x))
    }) as F

/** A function that takes its data last, with checks of what comes before: a tensor. */
export const curried = curriedTo((e) => failed(e), operand)
/** The same, where the data is a list of tensors. */
export const ofList = curriedTo((e) => failed(e), operands)
const each = (xs: unknown, errors: GelatoErrors): readonly Tensor[] => (Array.isArray(xs) ? xs : [xs]).map(() => failed(errors))

/** The same, from a list of tensors to one for each. */
export const listed = curriedTo((errors, _, xs) => each(xs, errors), operands)
/** The same, from a tensor to one for each of the list that came first. */
export const toList = curriedTo((errors, [xs]) => each(xs, errors), operand)

/** A function with its arguments at once. */
export const direct = <F>(name: string, checks: readonly Check[], f: F): F =>
  ((...given: readonly unknown[]): unknown =>
    guarded(name, failed as (errors: GelatoErrors) => unknown, checks.flatMap((check, i) => check(given[i], [name])), () => (f as (...given: readonly unknown[]) => unknown)(...given))) as F
