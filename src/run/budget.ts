/**
 * Computations in chunks that fit: a step is tried at one size of chunk after another,
 * from the largest wanted, until its program holds no more than the budget and no buffer
 * passes the device's limits. Programs are plain data, so nothing is allocated to find out.
 *
 * Laws: what is opened holds at most `memory` bytes; the chunk depends on the graph, the
 * device's limits and the options alone (with `tune`, on the variants that were measured too).
 *
 * @since 0.2.0
 */
import { E, TE, pipe } from '../fp.ts'
import type { Either, TaskEither } from '../fp.ts'
import { gelatoError, merge } from '../error.ts'
import type { GelatoError, GelatoErrors } from '../error.ts'
import type { Choices, Chunk } from '../compile/plan.ts'
import { deviceBytes, mostBytes } from '../compile/program.ts'
import { exceeded } from '../gpu/index.ts'
import type { Device } from '../gpu/index.ts'
import { firstOf } from './chunk.ts'
import type { Chunked, Opened, Work } from './chunk.ts'
import { deviceOf, openWith, programFor } from './device.ts'
import { tuned } from './tune.ts'
import type { Where } from './where.ts'

/** Bytes on the device when nothing else is said. */
const MEMORY = 2 ** 30

/** A smaller chunk: fewer draws first, then fewer rows, unless their number is fixed. Undefined for the smallest. */
const smaller = ({ rows, draws }: Chunk, by: number, fixed: boolean): Chunk | undefined => {
  const part = (n: number): number => Math.max(1, Math.min(n - 1, Math.floor(n * by)))
  return draws > 1 ? { rows, draws: part(draws) } : rows > 1 && !fixed ? { rows: part(rows), draws } : undefined
}

/** What a step would hold, and why that is too much for a device and a budget, where it is. */
interface Held {
  readonly lanes: number
  readonly bytes: number
  readonly why: GelatoError | undefined
  /** How many times larger a buffer is than it may be, at the most. */
  readonly times: number
}

const heldBy = ({ fn }: Work, { rows, draws }: Chunk, d: Device, memory: number, choices: Choices): Either<GelatoErrors, Held> =>
  pipe(
    programFor(fn, choices)(d),
    E.map((program): Held => {
      const [limit] = exceeded(program, d.target), bytes = deviceBytes(program), most = mostBytes(program, d.target)
      return {
        lanes: rows * draws, bytes, times: Math.max(...program.slots.map((s) => s.bytes / most(s))),
        why: limit ?? (bytes <= memory ? undefined : gelatoError('LimitExceeded', ['memory'], `${bytes} bytes for the smallest chunk`, `at most ${memory} bytes`, `give { memory: ${bytes} } or more`))
      }
    }),
    E.orElse((es): Either<GelatoErrors, Held> => (es.every((e) => e._tag === 'TooLarge') ? E.right({ lanes: rows * draws, bytes: Infinity, times: 2, why: es[0] }) : E.left(es)))
  )

/**
 * By how much to cut next. Bytes grow with the chunk along a line: through what was held now and
 * by the attempt before, or through 0, which errs towards one more attempt.
 */
const cutBy = (now: Held, before: Held | undefined, memory: number): number => {
  const slope = before === undefined || !Number.isFinite(before.bytes) ? now.bytes / now.lanes : (before.bytes - now.bytes) / (before.lanes - now.lanes)
  const fits = now.lanes - (now.bytes - memory) / slope
  return Math.max(0, Math.min(0.9, 1 / now.times, Number.isFinite(fits) ? fits / now.lanes : 0.5))
}

/** A chunk that fits, the work at that size and the variants of its kernels. */
interface Fitting {
  readonly chunk: Chunk
  readonly work: Work
  readonly choices: Choices
}

/**
 * The largest chunk that fits. Left where the smallest doesn't, or the graphs are wrong. Variants are
 * measured of what fits with the rules' own, and may hold more than these: then a smaller one is tried.
 */
const fitting = (w: Chunked, d: Device, { memory = MEMORY, plan, tune }: Where): TaskEither<GelatoError, Fitting> => async () => {
  const rules = plan?.choices ?? {}
  let before: Held | undefined
  for (let chunk = firstOf(w, d, plan); ; ) {
    const work = w.at(chunk)
    let choices = rules, found = heldBy(work, chunk, d, memory, choices)
    if (E.isRight(found) && found.right.why === undefined && plan === undefined && tune === true) {
      const measured = await tuned(work.fn)(d)()
      if (E.isLeft(measured)) return measured
      choices = measured.right
      found = heldBy(work, chunk, d, memory, choices)
    }
    if (E.isLeft(found)) return E.left(merge(found.left))
    const now = found.right
    if (now.why === undefined) return E.right({ chunk, work, choices })
    const next = smaller(chunk, cutBy(now, before, memory), w.fixed)
    if (next === undefined) return E.left(now.why)
    chunk = w.within(next)
    before = choices === rules ? now : undefined
  }
}

/** Opens the largest chunk that fits on a device. */
export const openFitting = (w: Chunked, where: Where): TaskEither<GelatoError, Opened> =>
  pipe(
    deviceOf(where.gpu === 'reference' ? undefined : where.gpu),
    TE.chain((d) => pipe(
      fitting(w, d, where),
      TE.chain(({ chunk, work, choices }) => pipe(openWith(work.fn, work.values, choices)(d), TE.map((session) => ({ session, chunk, fn: work.fn }))))
    ))
  )
