/**
 * Runs a phase: builds its step over state leaves, rows of the data, counters and
 * keys, opens a session and steps it until the phase's end, an abort or a gradient
 * that isn't finite. The only loop of inference; methods hold none.
 *
 * Laws: nothing that the loop does (submissions, events, reading flags) changes the
 * numbers; a gradient that isn't finite freezes every state at its step.
 *
 * @since 0.1.0
 */
import { E } from '../fp.ts'
import type { Either, TaskEither } from '../fp.ts'
import { gelatoError } from '../error.ts'
import type { GelatoError } from '../error.ts'
import type { Chunk, Plan } from '../compile/plan.ts'
import * as B from '../tensor/build.ts'
import type { DType, Tensor } from '../tensor/node.ts'
import type { Chunked, Opened, Work } from '../run/chunk.ts'
import type { HostArray, HostArrays, Session } from '../run/session.ts'
import { purpose, seedWords } from './keys.ts'
import { NONE } from './method.ts'
import type { Phase, Tensors } from './method.ts'
import { overParts, stepWithin, wholeStep } from './parts.ts'
import { arraysOf, valuesAt } from './rowdata.ts'
import type { Rows } from './rowdata.ts'
import { rowsAt } from './rows.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** What a run tells while it goes on. */
export type FitEvent =
  | { readonly _tag: 'Compiled'; readonly phase: string; readonly seconds: number; readonly plan: Plan; readonly target: Session['target'] }
  | { readonly _tag: 'Progress'; readonly phase: string; readonly step: number; readonly loss: number; readonly stepsPerSecond: number }
  | { readonly _tag: 'Done'; readonly step: number; readonly seconds: number }

/** Where a run stands: the phase's arrays, the absolute step, the place in the data. */
export interface RunState {
  readonly arrays: HostArrays
  readonly step: number
  readonly epoch: number
  readonly offset: number
}

/** What a phase is run with. */
export interface Context {
  readonly open: (w: Chunked) => TaskEither<GelatoError, Opened>
  readonly rows: Rows
  readonly batchSize: number
  readonly totalSize: number
  readonly seed: number
  readonly signal: AbortSignal | undefined
  readonly stepsPerSubmit: number | undefined
  readonly onEvent: (e: FitEvent) => void
}

/** How a phase ended. */
export interface Outcome {
  readonly state: RunState
  readonly records: Readonly<Record<string, readonly number[]>>
  readonly kept: readonly HostArrays[]
  readonly plan: Plan
  readonly target: Session['target']
  readonly aborted: boolean
  /** The latent index of the first gradient that wasn't finite. */
  readonly bad: number | undefined
}

// -----------------------------------------------------------------------------
// the step
// -----------------------------------------------------------------------------

const dtypeOfData = (a: HostArray): DType =>
  a.data instanceof Float32Array ? 'f32' : a.data instanceof Int32Array ? 'i32' : a.data instanceof Uint8Array ? 'u8' : 'u32'

const u32 = (v: number): HostArray => ({ shape: [], data: Uint32Array.of(v) })
const counter = (name: string): Tensor => B.leaf('state', name, [], 'u32')
const COUNTERS = ['step', 'epoch', 'offset', 'bad'] as const

type StepContext = Pick<Context, 'rows' | 'batchSize' | 'totalSize' | 'seed'>

/** Rows that a step of a phase takes. */
const rowsOf = (phase: Phase, ctx: StepContext): number => (phase.rows === 'full' ? ctx.rows.n : ctx.batchSize)

/** The step of a phase, in chunks where it is cut, and the first values of all its leaves. */
export const stepFn = (phase: Phase, from: RunState, ctx: StepContext, chunk: Chunk = wholeStep(rowsOf(phase, ctx), phase.parts)): Work => {
  const n = ctx.rows.n
  const size = rowsOf(phase, ctx)
  const state: Tensors = Object.fromEntries(Object.entries(from.arrays).map(([k, a]) => [k, B.leaf('state', k, a.shape, dtypeOfData(a))]))
  const step = counter('step'), bad = counter('bad')
  const at = { epoch: counter('epoch'), offset: counter('offset') }
  // One buffer: a kernel binds few.
  const seedAndRows = B.leaf('input', 'seed', [3], 'u32'), seed = B.slice(seedAndRows, [0], [2])
  const { rows, next } = rowsAt(at, { n: B.reshape(B.slice(seedAndRows, [2], [3]), []), size, seed, order: phase.rows })
  const inOrder = size === n
  const batch = valuesAt(ctx.rows, inOrder ? undefined : rows)
  const over = overParts({ rows: inOrder ? B.iota([n], 0, 'u32') : rows, batch, at: (some) => valuesAt(ctx.rows, some), draws: phase.parts?.draws ?? 1 }, chunk)
  const done = phase.step(state, { step, key: B.fold(B.fold(seed, purpose.noise), step), batch, over })
  const none = B.scalar(NONE, 'u32')
  const found = done.bad === undefined ? bad : B.select(B.eq(bad, none), done.bad, bad)
  const fine = B.eq(found, none)
  const freeze = (now: Tensor, then: Tensor): Tensor => (done.bad === undefined ? then : B.select(fine, then, now))
  const counters: Tensors = { step: freeze(step, B.add(step, B.scalar(1, 'u32'))), epoch: freeze(at.epoch, next.epoch), offset: freeze(at.offset, next.offset), bad: found }
  const then = Object.fromEntries(Object.keys(state).map((k) => [k, freeze(state[k], done.state[k] ?? state[k])]))
  const emits = Object.fromEntries(Object.entries(done.emit ?? {}).map(([k, t]) => [`emit.${k}`, t]))
  return {
    fn: {
      outputs: { ...emits, ...(phase.until._tag === 'Flag' ? { flag: B.cast(phase.until.flag(then), 'i32') } : {}) },
      updates: { ...then, ...counters },
      record: done.record,
      extents: { batch: chunk.rows }
    },
    values: {
      ...from.arrays,
      ...(phase.inputs ?? {}),
      ...arraysOf(ctx.rows),
      step: u32(from.step), epoch: u32(from.epoch), offset: u32(from.offset), bad: u32(NONE),
      seed: { shape: [3], data: Uint32Array.of(...seedWords(ctx.seed), n) },
      weight: { shape: [], data: Float32Array.of(ctx.totalSize / size) }
    }
  }
}

// -----------------------------------------------------------------------------
// the loop
// -----------------------------------------------------------------------------

const now = (): number => performance.now() / 1000

/** A signal of our own that follows another until it is released: the other may live longer, and is not to hold what is over. */
export interface Following {
  readonly signal: AbortSignal
  readonly abort: () => void
  readonly release: () => void
}

/** A signal that follows the user's. */
export const following = (signal: AbortSignal | undefined): Following => {
  const own = new AbortController(), abort = (): void => { own.abort() }
  if (signal?.aborted === true) abort()
  else signal?.addEventListener('abort', abort, { once: true })
  return { signal: own.signal, abort, release: () => { signal?.removeEventListener('abort', abort) } }
}

/** Runs a phase from a state. Left for failures of the machine; aborts and bad gradients are outcomes. */
export const runPhase = (phase: Phase, from: RunState, ctx: Context) => async (): Promise<Either<GelatoError, Outcome>> => {
  const begun = now(), size = rowsOf(phase, ctx)
  const may = phase.parts === undefined ? undefined : { ...phase.parts, rows: phase.parts.rows && ctx.rows.fixed === undefined }
  const opened = await ctx.open({ first: () => wholeStep(size, may), within: stepWithin(size, may), fixed: may?.rows !== true, at: (c) => stepFn(phase, from, ctx, c) })()
  if (E.isLeft(opened)) return opened
  const { session, chunk, fn } = opened.right
  const plan = { ...session.plan, chunk }
  ctx.onEvent({ _tag: 'Compiled', phase: phase.name, seconds: now() - begun, plan, target: session.target })
  const records: Record<string, number[]> = Object.fromEntries(Object.keys(fn.record).map((k) => [k, []]))
  const kept: HostArrays[] = []
  const stop = following(ctx.signal)
  const started = now()
  let told = -Infinity
  let count = 0
  const onRecords = (_first: number, columns: Readonly<Record<string, Float32Array>>): void => {
    for (const [k, xs] of Object.entries(columns)) for (const x of xs) records[k]?.push(x)
    const loss = columns['loss']
    count += Object.values(columns)[0]?.length ?? 0
    if (loss?.some((x) => !Number.isFinite(x)) === true) stop.abort()
    if (loss !== undefined && loss.length > 0 && now() - told > 0.1) {
      told = now()
      ctx.onEvent({ _tag: 'Progress', phase: phase.name, step: from.step + count, loss: loss[loss.length - 1], stepsPerSecond: count / Math.max(now() - started, 1e-9) })
    }
  }
  const options = { signal: stop.signal, onRecords, ...(ctx.stepsPerSubmit === undefined ? {} : { stepsPerSubmit: ctx.stepsPerSubmit }) }
  const emits = Object.keys(fn.outputs).filter((k) => k.startsWith('emit.'))
  const limit = phase.until._tag === 'Steps' ? phase.until.steps : phase.until.max
  const stride = Math.max(1, Math.min(limit, phase.until._tag === 'Flag' ? phase.until.every : limit, phase.keep?.every ?? limit))
  const read = async (names: readonly string[]): Promise<HostArrays | GelatoError> => {
    const r = await session.read(names)()
    return E.isLeft(r) ? r.left : r.right
  }
  const isError = (x: HostArrays | GelatoError): x is GelatoError => typeof x['_tag'] === 'string'
  try {
    for (let left = limit; left > 0 && !stop.signal.aborted; left -= stride) {
      const ran = await session.run(Math.min(stride, left), options)()
      if (E.isLeft(ran) && ran.left._tag !== 'Aborted') return ran
      if (E.isLeft(ran) || stop.signal.aborted) break
      if (phase.keep !== undefined && emits.length > 0) {
        const out = await read(emits)
        if (isError(out)) return E.left(out)
        kept.push(Object.fromEntries(emits.map((k) => [k.slice('emit.'.length), out[k]])))
        if (kept.length > phase.keep.capacity) kept.shift()
      }
      if (phase.until._tag === 'Flag') {
        const out = await read(['flag'])
        if (isError(out)) return E.left(out)
        if (out['flag'].data[0] !== 0) break
      }
    }
    const end = await read([...Object.keys(from.arrays), ...COUNTERS])
    if (isError(end)) return E.left(end)
    const [step, epoch, offset, bad] = COUNTERS.map((k) => end[k].data[0])
    return E.right({
      state: { arrays: Object.fromEntries(Object.keys(from.arrays).map((k) => [k, end[k]])), step, epoch, offset },
      records, kept, plan, target: session.target,
      aborted: ctx.signal?.aborted === true,
      bad: bad === NONE ? undefined : bad
    })
  } catch (cause) {
    return E.left(gelatoError('Internal', ['fit'], String(cause), 'a run that ends', 'report this with the model that caused it'))
  } finally {
    stop.release()
    session.destroy()
  }
}
