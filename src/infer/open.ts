/**
 * Which executor runs a graph: a device, or the f64 interpreter.
 *
 * @since 0.1.0
 */
import type { TaskEither } from '../fp.ts'
import type { GelatoError } from '../error.ts'
import { openWanted } from '../run/chunk.ts'
import type { Chunked, Opened } from '../run/chunk.ts'
import { openChunked, openSession } from '../run/open.ts'
import type { HostArrays, Session, StepFn } from '../run/session.ts'
import { WHERE } from '../run/where.ts'
import type { Where } from '../run/where.ts'

/** Opens a session for a step with first values of every leaf. */
export type Open = (fn: StepFn, values: HostArrays) => TaskEither<GelatoError, Session>

/** Options that choose the executor. `open` takes the place of all others. */
export interface Executor extends Where {
  readonly open?: Open
}

/** The names of these options. */
export const EXECUTOR = [...WHERE, 'open'] as const

/** The options of an executor among others. */
export const executorOf = (o: Executor): Executor =>
  Object.fromEntries(EXECUTOR.flatMap((k) => (o[k] === undefined ? [] : [[k, o[k]]])))

/** The executor that options ask for. */
export const openerOf = (o: Executor): Open => o.open ?? ((fn, values) => openSession(fn, values, executorOf(o)))

/** The same for a computation in chunks: the largest chunk that fits. */
export const chunkOpenerOf = (o: Executor) => (w: Chunked): TaskEither<GelatoError, Opened> =>
  o.open === undefined ? openChunked(w, executorOf(o)) : openWanted(w, o.plan, o.open)
