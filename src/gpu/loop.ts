/**
 * The run loop: steps of an instance, many to a submit, nothing read back per step.
 *
 * The steps are one stream of dispatches and copies. It is cut into submits by the clock
 * (about 100 ms each, so that a desktop stays alive and an abort is heard), or every
 * `stepsPerSubmit` steps; at most three submits are in flight. Ring records are copied out
 * inside the same stream, before they are overwritten, and mapped while later steps run.
 * Each submit fills a marker, a buffer of its own, whose mapping tells that it ended.
 *
 * Laws: what is computed doesn't depend on how the stream is cut; records come in order,
 * each once; an abort ends between submits, after a whole step unless `midStep` is set;
 * nothing throws, a loss of the device is a Left.
 */
import { gelatoError } from '../error.ts'
import type { GelatoError } from '../error.ts'
import { E } from '../fp.ts'
import type { Either, TaskEither } from '../fp.ts'
import { collect, innerOf, lease, mostOps, unusable } from './inner.ts'
import type { Inner, Op } from './inner.ts'
import { gpuFault, scoped, watch } from './session.ts'
import type { Instance } from './types.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Options of `runSteps`. All parts optional. */
export interface RunOptions {
  /** Steps in each submit; default: as many as take about 100 ms. */
  readonly stepsPerSubmit?: number
  /** Heard between submits. */
  readonly signal?: AbortSignal
  /** Lets an abort cut a long step in two: for programs whose state is thrown away then. */
  readonly midStep?: boolean
  /** Called with each batch of ring records as it arrives: rows of `program.record`, from this step on. */
  readonly onRecords?: (records: Float32Array<ArrayBuffer>, firstStep: number) => void
}

/** What a run did. */
export interface RunReport {
  /** Whole steps done: fewer than asked for only after an abort. */
  readonly steps: number
  readonly aborted: boolean
  /** Every ring record of the run in order, `steps` rows of `program.record.length` f32; empty without a ring. */
  readonly records: Float32Array<ArrayBuffer>
  readonly submits: number
}

const inFlight = 3
const targetMs = 100
const ringMs = 250

// -----------------------------------------------------------------------------
// combinators
// -----------------------------------------------------------------------------

/** One command encoder that keeps a compute pass open for as long as it can. */
const recorder = (device: GPUDevice) => {
  const encoder = device.createCommandEncoder({ label: 'steps' })
  let pass: GPUComputePassEncoder | undefined
  let pipeline: GPUComputePipeline | undefined
  const endPass = (): void => {
    pass?.end()
    pass = undefined
    pipeline = undefined
  }
  return {
    run: (op: Extract<Op, { _tag: 'Run' }>): void => {
      pass ??= encoder.beginComputePass()
      if (pipeline !== op.pipeline) pass.setPipeline((pipeline = op.pipeline))
      pass.setBindGroup(0, op.group)
      // Each argument of a call costs the host.
      const [x, y, z] = op.grid
      if (y === 1 && z === 1) pass.dispatchWorkgroups(x)
      else pass.dispatchWorkgroups(x, y, z)
    },
    copy: (from: GPUBuffer, fromAt: number, to: GPUBuffer, toAt: number, bytes: number): void => {
      endPass()
      encoder.copyBufferToBuffer(from, fromAt, to, toAt, bytes)
    },
    mark: (marker: GPUBuffer): void => {
      endPass()
      encoder.clearBuffer(marker, 0, 4)
    },
    finish: (): GPUCommandBuffer => {
      endPass()
      return encoder.finish()
    }
  }
}

type Recorder = ReturnType<typeof recorder>

/** Ring rows on their way to the host. */
interface Batch {
  readonly firstStep: number
  readonly steps: number
  readonly staging: GPUBuffer
}

/** A submit on its way; `done` whole steps were encoded with it. */
interface Flight {
  readonly ops: number
  readonly done: number
  readonly batches: readonly Batch[]
  readonly marker: GPUBuffer
  readonly began: number
}

// Copies the ring's rows of steps [first, first + steps) into one staging buffer, unrolled.
const copyRing = (inner: Inner, to: Recorder, first: number, steps: number): Batch => {
  const { buffer, capacity, width } = inner.ring as NonNullable<Inner['ring']>
  const row = 4 * width
  const staging = lease(inner, steps * row)
  const start = first % capacity
  const before = Math.min(steps, capacity - start)
  to.copy(buffer, start * row, staging, 0, before * row)
  if (before < steps) to.copy(buffer, 0, staging, before * row, (steps - before) * row)
  return { firstStep: first, steps, staging }
}

const running = async (inner: Inner, steps: number, options: RunOptions): Promise<Either<GelatoError, RunReport>> => {
  const { session, ring, size, state } = inner
  const { signal, midStep = false, onRecords } = options
  const fixed = options.stepsPerSubmit
  const width = inner.program.record.length
  const first = state.step
  const records = new Float32Array(ring === undefined ? 0 : steps * width)

  // Failures of the asynchronous parts land here and end the loop.
  let failure: GelatoError | undefined
  let arriving: Promise<void> = Promise.resolve()
  const flying: Flight[] = []

  // Where the stream stands.
  let next = inner.stream()
  let begun = 0 // steps begun
  let done = 0 // whole steps encoded and submitted
  let inStep = false
  let copied = 0 // records copied out
  let copiedAt = performance.now()
  let submits = 0

  // The clock: milliseconds an operation takes, from completed submits of this and earlier runs.
  const fitting = (most: number): number => {
    const fits = Math.min(mostOps, most, Math.max(1, Math.floor(targetMs / (state.perOp ?? targetMs))))
    return fits >= size ? Math.floor(fits / size) * size : fits
  }
  let lastEnd = 0
  let quota = state.perOp === undefined ? Math.min(size, 32) : fitting(mostOps) // operations of the next submit

  const take = (batch: Batch): void => {
    // Mapping starts now; the results are handed on in the order of the copies.
    const data = collect(inner, batch.staging, batch.steps * width * 4)
    arriving = arriving.then(async () => {
      const got = await data
      if (E.isLeft(got)) {
        failure ??= got.left
        return
      }
      const rows = new Float32Array(got.right)
      records.set(rows, (batch.firstStep - first) * width)
      try {
        onRecords?.(rows, batch.firstStep)
      } catch (e) {
        failure ??= gelatoError('ObserverFailed', ['onRecords'], String(e), 'an observer that does not throw', 'mend the function given as onRecords')
      }
    })
  }

  const encode = (): Omit<Flight, 'began'> => {
    const to = recorder(session.device)
    const batches: Batch[] = []
    const copyOut = (): void => {
      if (ring === undefined || done === copied) return
      batches.push(copyRing(inner, to, first + copied, done - copied))
      copied = done
    }
    let ops = 0
    const full = (): boolean => (fixed !== undefined ? !inStep && ops > 0 && done % fixed === 0 : ops >= quota)
    while ((done < steps || inStep) && !full()) {
      if (!inStep) {
        // This step's record would fall on one that was not read yet.
        if (ring !== undefined && done - copied >= ring.capacity) copyOut()
        next = inner.stream()
        begun++
        inStep = true
      }
      for (;;) {
        const op = next()
        if (op === undefined) {
          inStep = false
          done = begun
          break
        }
        if (op._tag === 'Run') to.run(op)
        else to.copy(op.from.buffer, op.from.at, op.to.buffer, op.to.at, op.bytes)
        ops++
        // Whole steps share a submit; only a step that is longer than a submit is cut.
        if (fixed === undefined && ops >= quota && size > quota) break
      }
    }
    if (done === steps || performance.now() - copiedAt > ringMs) {
      copyOut()
      copiedAt = performance.now()
    }
    const marker = lease(inner, 4)
    to.mark(marker)
    session.device.queue.submit([to.finish()])
    return { batches, ops, done, marker }
  }

  const submit = async (): Promise<void> => {
    const began = performance.now()
    let encoded: ReturnType<typeof encode>
    if (state.proven) {
      try {
        encoded = encode()
      } catch (e) {
        failure ??= gelatoError('GpuFault', ['program'], String(e), 'commands that the device takes', 'please report it')
        return
      }
    } else {
      // The first submit of an instance runs in error scopes: its errors are certainly its own.
      const answer = await scoped(session, ['program'], encode)
      if (E.isLeft(answer)) {
        failure ??= answer.left
        return
      }
      encoded = answer.right
      state.proven = true
    }
    submits++
    flying.push({ ...encoded, began })
  }

  const land = async ({ ops, done: finished, batches, marker, began }: Flight): Promise<void> => {
    const r = await collect(inner, marker, 4)
    if (E.isLeft(r)) failure ??= r.left
    if (finished > 0) inner.ahead?.stop()
    for (const b of batches) take(b)
    const now = performance.now()
    const took = Math.max(0.01, now - Math.max(began, lastEnd))
    lastEnd = now
    const rate = took / Math.max(1, ops)
    // A pipeline's first run also pays its compilation: believe faster at once, slower by halves.
    state.perOp = state.perOp === undefined || rate < state.perOp ? rate : (state.perOp + rate) / 2
    quota = fitting(4 * Math.max(1, ops))
  }

  const over = (): boolean => failure !== undefined || unusable(inner) !== undefined || (signal?.aborted === true && (midStep || !inStep))
  while ((done < steps || inStep) && !over()) {
    await submit()
    while (flying.length >= inFlight) await land(flying.shift() as Flight)
  }
  while (flying.length > 0) await land(flying.shift() as Flight)

  const stopped = failure ?? unusable(inner)
  if (stopped === undefined && ring !== undefined && copied < done) {
    // An abort came before the last records were copied out.
    const tail = await scoped(session, ['program'], () => {
      const to = recorder(session.device)
      const batch = copyRing(inner, to, first + copied, done - copied)
      session.device.queue.submit([to.finish()])
      return batch
    })
    if (E.isRight(tail)) take(tail.right)
    else failure ??= tail.left
  }
  await arriving
  state.step = first + done
  const error = unusable(inner) ?? failure
  return error !== undefined
    ? E.left(error)
    : E.right({ steps: done, aborted: done < steps, records: done < steps ? records.slice(0, done * width) : records, submits })
}

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/**
 * Runs this many steps. Right also after an abort, with the whole steps that were done, so
 * that the caller can read the state as it stands. Left: `InstanceBusy` for a second run at
 * the same time, `InstanceDestroyed`, `OutOfMemory`, `DeviceLost`, `GpuFault`.
 */
export const runSteps =
  (steps: number, options: RunOptions = {}) =>
  (instance: Instance): TaskEither<GelatoError, RunReport> =>
  async () => {
    const inner = innerOf(instance)
    const dead = unusable(inner)
    if (dead !== undefined) return E.left(dead)
    const { stepsPerSubmit: k } = options
    if (!Number.isInteger(steps) || steps < 0 || (k !== undefined && (!Number.isInteger(k) || k < 1)))
      return E.left(gelatoError('BadOption', ['steps'], `${steps} steps, ${k ?? 'any number'} in a submit`, 'whole numbers, at least 0 steps and 1 in a submit', 'give whole numbers'))
    if (inner.state.running)
      return E.left(gelatoError('InstanceBusy', ['program'], 'a run under way', 'one run of an instance at a time', 'await the first run, or instantiate the program twice'))
    inner.state.running = true
    const watching = watch(inner.session)
    try {
      const report = await running(inner, steps, options)
      const uncaptured = watching.error()
      return E.isRight(report) && uncaptured !== undefined ? E.left(uncaptured) : report
    } catch (e) {
      return E.left(gpuFault(['program'], e))
    } finally {
      watching.stop()
      inner.state.running = false
    }
  }
