/**
 * What pure functions of arrays share: numbers that are log-mean-exps, and how they refuse
 * arrays that don't belong together. A number has no room for a reason, so it is thrown, in
 * the form in which `orThrow` throws.
 *
 * @since 0.5.0
 */
import { asError, gelatoError } from '../error.ts'

/** Numbers in C order. */
export type Vector = ArrayLike<number>

/** Throws an `Error` whose `cause` is the error value. */
export const refuse = (tag: string, path: readonly string[], got: string, need: string, hint: string): never => {
  throw asError(gelatoError(tag, path, got, need, hint))
}

/** log of the mean of exponentials, from the largest on; minus infinity for no numbers. */
export const logMeanExp = (xs: Vector): number => {
  let top = -Infinity
  for (let i = 0; i < xs.length; i++) top = Math.max(top, xs[i])
  if (top === -Infinity) return -Infinity
  let sum = 0
  for (let i = 0; i < xs.length; i++) sum += Math.exp(xs[i] - top)
  return top + Math.log(sum / xs.length)
}
