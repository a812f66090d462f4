/**
 * Sessions that go through all chunks of rows, each through all draws, and what is read
 * of them, laid end to end. One that is cancelled, or whose observer fails, says so.
 *
 * @since 0.5.0
 */
import { E, TE, pipe } from '../fp.ts'
import type { TaskEither } from '../fp.ts'
import type { GelatoError } from '../error.ts'
import type { Chunk, Plan } from '../compile/plan.ts'
import type { Opened } from '../run/chunk.ts'
import type { HostArray } from '../run/session.ts'
import { following } from '../infer/drive.ts'
import { observer, stoppedAt } from '../infer/observer.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Who is told of a stream, and who can stop it. */
export interface Watch {
  readonly signal?: AbortSignal
  readonly onProgress?: (share: number) => void
}

/** The same while it goes on: a signal that follows the user's and the observer's failures. */
export interface Watched {
  readonly path: readonly string[]
  readonly signal: AbortSignal
  readonly tell: (share: number) => void
}

/** What is read of a stream: after so many steps, and at the end of each chunk of rows, arrays by name. */
export interface Taking {
  readonly names: readonly string[]
  readonly every: (steps: number) => number
  /** Gets what was read of rows [row, row + count) after draws [from, to). */
  readonly take: (name: string, a: HostArray, at: { readonly row: number; readonly count: number; readonly from: number; readonly to: number }) => void
}

/** How a stream was cut. */
export interface Streamed {
  readonly chunk: Chunk
  readonly plan: Plan
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** Does something that is watched. */
export const watching = <A>(path: readonly string[], o: Watch, run: (w: Watched) => TaskEither<GelatoError, A>): TaskEither<GelatoError, A> => async () => {
  const stop = following(o.signal)
  const watched = observer([...path, 'onProgress'], o.onProgress, () => { stop.abort() })
  const done = await run({ path, signal: stop.signal, tell: watched.tell })().finally(stop.release)
  const failure = await watched.failure()
  return failure === undefined ? done : E.left(failure)
}

/** Steps a session through all chunks of rows, each through all draws. */
export const stream = ({ session, chunk }: Opened, n: number, samples: number, w: Watched, t: Taking): TaskEither<GelatoError, Streamed> => async () => {
  const steps = Math.ceil(samples / chunk.draws), every = t.every(steps), piece = Math.min(every, Math.ceil(steps / 16))
  try {
    for (let row = 0; row < n; row += chunk.rows) {
      const count = Math.min(chunk.rows, n - row)
      for (let read = 0; read < steps; read += every) {
        const until = Math.min(steps, read + every)
        for (let done = read; done < until; done += piece) {
          const ran = await session.run(Math.min(piece, until - done), { signal: w.signal })()
          if (E.isLeft(ran)) return E.left(stoppedAt(w.path, () => `cancelled after ${row} of ${n} rows`)(ran.left))
          w.tell((row + (count * Math.min(until, done + piece)) / steps) / n)
        }
        const got = await session.read(t.names)()
        if (E.isLeft(got)) return got
        const at = { row, count, from: read * chunk.draws, to: Math.min(samples, until * chunk.draws) }
        for (const k of t.names) t.take(k, got.right[k], at)
      }
    }
    return E.right({ chunk, plan: session.plan })
  } finally {
    session.destroy()
  }
}

/** What was read of each chunk of rows after its last draw, laid end to end. */
export interface Gathered extends Streamed {
  readonly arrays: Readonly<Record<string, Float64Array>>
}

/** Streams, and gathers what `part` makes of a chunk's arrays: rows first. */
export const gathered = (
  opened: Opened, n: number, samples: number, w: Watched, names: readonly string[], part: (name: string, a: HostArray) => ArrayLike<number> = (_, a) => a.data
): TaskEither<GelatoError, Gathered> => {
  const arrays: Record<string, Float64Array> = {}
  return pipe(
    stream(opened, n, samples, w, {
      names, every: (steps) => steps,
      take: (k, a, { row, count }) => {
        const values = part(k, a), per = values.length / opened.chunk.rows
        const all = (arrays[k] ??= new Float64Array(n * per))
        for (let i = 0; i < count * per; i++) all[row * per + i] = values[i]
      }
    }),
    TE.map((s): Gathered => ({ ...s, arrays }))
  )
}
