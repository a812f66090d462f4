/**
 * The doors to both executors. The engine, that is the compiler, its kernels and what runs
 * them on a device, is loaded when a device is first asked for: models are described, and
 * the interpreter runs, without it, so a page shows before that half of the code is there.
 *
 * @since 0.1.0
 */
import { E, TE, pipe } from '../fp.ts'
import type { TaskEither } from '../fp.ts'
import { gelatoError } from '../error.ts'
import type { GelatoError } from '../error.ts'
import type { Device } from '../gpu/index.ts'
import { openWanted } from './chunk.ts'
import type { Chunked, Opened } from './chunk.ts'
import { openReference } from './reference.ts'
import type { HostArrays, Session, StepFn } from './session.ts'
import type { Where } from './where.ts'

/** What runs on a device. */
export type Engine = typeof import('./engine.ts')

const notLoaded = (cause: unknown): GelatoError =>
  gelatoError('NotLoaded', ['gpu'], String(cause), 'the part of Gelato that runs on a device', 'serve every file of the bundle, and try again when the network is there')

const engine: TaskEither<GelatoError, Engine> = () => import('./engine.ts').then((e) => E.right(e), (cause: unknown) => E.left(notLoaded(cause)))

/** Does something with the engine. Errors: `NotLoaded`, and those of what is done. */
export const withEngine = <A>(use: (e: Engine) => TaskEither<GelatoError, A>): TaskEither<GelatoError, A> => pipe(engine, TE.chain(use))

/** The device that is asked for: a given one, or the shared one. Errors: `BadOption`, `NoAdapter`. */
export const deviceOf = (gpu: Device | undefined): TaskEither<GelatoError, Device> => withEngine((e) => e.deviceOf(gpu))

/**
 * Compiles a step and opens it with the first values of all its leaves.
 * Left: shape errors, missing values, what the device refuses.
 */
export const openSession = (fn: StepFn, values: HostArrays, where: Where = {}): TaskEither<GelatoError, Session> =>
  where.gpu === 'reference' ? openReference(fn, values) : withEngine((e) => e.openOn(fn, values, where))

/** Opens the largest chunk that fits. On the interpreter, which has no limits, the one that is wanted. */
export const openChunked = (w: Chunked, where: Where): TaskEither<GelatoError, Opened> =>
  where.gpu === 'reference'
    ? openWanted(w, where.plan, (fn, values) => openSession(fn, values, where))
    : withEngine((e) => e.openFitting(w, where))
