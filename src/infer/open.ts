/**
 * Which executor runs a graph: a device, or the f64 interpreter.
 *
 * @since 0.1.0
 */
import type { TaskEither } from '../fp.ts'
import type { GelatoError } from '../error.ts'
import { openSession } from '../run/open.ts'
import type { Where } from '../run/open.ts'
import type { HostArrays, Session, StepFn } from '../run/session.ts'

/** Opens a session for a step with first values of every leaf. */
export type Open = (fn: StepFn, values: HostArrays) => TaskEither<GelatoError, Session>

/** Options that choose the executor. `open` takes the place of all others. */
export interface Executor extends Where {
  readonly open?: Open
}

/** The executor that options ask for. */
export const openerOf = (o: Executor): Open => o.open ?? ((fn, values) => openSession(fn, values, o.gpu === undefined ? {} : { gpu: o.gpu }))
