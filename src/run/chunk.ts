/**
 * Computations that can be done in chunks: so many rows, so many draws at a time.
 *
 * @since 0.2.0
 */
import { TE, pipe } from '../fp.ts'
import type { TaskEither } from '../fp.ts'
import type { GelatoError } from '../error.ts'
import type { Chunk, Plan } from '../compile/plan.ts'
import type { Device } from '../gpu/index.ts'
import type { HostArrays, Session, StepFn } from './session.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** A step and the first values of its leaves. */
export interface Work {
  readonly fn: StepFn
  readonly values: HostArrays
}

/** A computation that can be done in chunks of several sizes. */
export interface Chunked {
  /** The chunk that is wanted on a device (or, without one, on the interpreter). */
  readonly first: (d: Device | undefined) => Chunk
  /** The largest chunk of this computation within another: chunks of one length, say. Never larger, and itself where that is one. */
  readonly within: (c: Chunk) => Chunk
  /** Is the number of rows part of the graph, so that only draws can be cut? */
  readonly fixed: boolean
  /** The step at a size of chunk. */
  readonly at: (c: Chunk) => Work
}

/** A session, its step and the chunk that it takes. */
export interface Opened {
  readonly session: Session
  readonly chunk: Chunk
  readonly fn: StepFn
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** The chunk to begin with: the one that is wanted, or that the plan says. */
export const firstOf = (w: Chunked, d: Device | undefined, plan: Plan | undefined): Chunk => (plan?.chunk === undefined ? w.first(d) : w.within(plan.chunk))

/** Opens the chunk that is wanted, or that the plan says, by an executor without limits. */
export const openWanted = (w: Chunked, plan: Plan | undefined, open: (fn: StepFn, values: HostArrays) => TaskEither<GelatoError, Session>): TaskEither<GelatoError, Opened> => {
  const chunk = firstOf(w, undefined, plan), { fn, values } = w.at(chunk)
  return pipe(open(fn, values), TE.map((session) => ({ session, chunk, fn })))
}
