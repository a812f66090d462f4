/** Takes the side that a test expects, or fails it with what came instead. */
import { E } from '../../src/fp.ts'
import type { Either } from '../../src/fp.ts'
import type { GelatoError, GelatoErrors } from '../../src/error.ts'

/** The Right. */
export const right = <A>(e: Either<unknown, A>): A => {
  if (E.isLeft(e)) throw new Error(`expected Right, got ${JSON.stringify(e.left)}`)
  return e.right
}

/** The first error of the Left. */
export const left = (e: Either<GelatoErrors | GelatoError, unknown>): GelatoError => {
  if (E.isRight(e)) throw new Error('expected Left, got Right')
  return Array.isArray(e.left) ? (e.left as GelatoErrors)[0] : (e.left as GelatoError)
}
