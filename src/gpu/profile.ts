/**
 * Times of single dispatches by `timestamp-query`: each dispatch in a pass of its own, with
 * the clock read at the pass's beginning and end. Steps timed so compute what ordinary steps
 * do; only their cutting into passes differs, so the sum is a little more than a step's time.
 *
 * Laws: every dispatch of the program has its place; times are never negative; the buffers
 * used here are freed whatever comes.
 */
import { dispatches } from '../compile/program.ts'
import type { Instruction } from '../compile/program.ts'
import { gelatoError } from '../error.ts'
import type { GelatoError } from '../error.ts'
import { E } from '../fp.ts'
import type { Either, TaskEither } from '../fp.ts'
import { collect, flat, innerOf, lease, unusable } from './inner.ts'
import type { Inner, Op } from './inner.ts'
import { allocate, gpuFault, release, scoped, usage } from './session.ts'
import type { Instance } from './types.ts'

/** What was measured: by dispatch, in the order of `dispatches(program.body)`. */
export interface Timed {
  /** Runs in one step: more than one inside loops, 0 for an empty grid. */
  readonly calls: readonly number[]
  /** For each repeat, milliseconds of all runs of each dispatch in one step. */
  readonly repeats: readonly Float64Array[]
}

// A query set has at most 4,096 entries; fewer keep one submit short.
const mostPasses = 512

const callsOf = (body: readonly Instruction[], times: number): readonly number[] =>
  body.flatMap((i) => (i._tag === 'Loop' ? callsOf(i.body, times * i.n) : i._tag === 'Dispatch' ? [i.grid.includes(0) ? 0 : times] : []))

/** One step in passes of one dispatch each, its times added into `into`. */
const oneStep = async (inner: Inner, queries: GPUQuerySet, resolved: GPUBuffer, into: Float64Array): Promise<Either<GelatoError, void>> => {
  const { device } = inner.session
  const stream = flat(inner.ops)
  for (let ended = false; !ended; ) {
    const places: number[] = []
    const encode = (): GPUBuffer | undefined => {
      const encoder = device.createCommandEncoder({ label: 'profile' })
      while (places.length < mostPasses) {
        const next = stream.next()
        if (next.done === true) {
          ended = true
          break
        }
        const op: Exclude<Op, { _tag: 'Loop' }> = next.value
        if (op._tag === 'Copy') encoder.copyBufferToBuffer(op.from.buffer, op.from.at, op.to.buffer, op.to.at, op.bytes)
        else {
          const k = 2 * places.length
          const pass = encoder.beginComputePass({ timestampWrites: { querySet: queries, beginningOfPassWriteIndex: k, endOfPassWriteIndex: k + 1 } })
          pass.setPipeline(op.pipeline)
          pass.setBindGroup(0, op.group)
          pass.dispatchWorkgroups(op.grid[0], op.grid[1], op.grid[2])
          pass.end()
          places.push(op.at)
        }
      }
      const bytes = 16 * places.length
      const staging = bytes === 0 ? undefined : lease(inner, bytes)
      if (staging !== undefined) {
        encoder.resolveQuerySet(queries, 0, 2 * places.length, resolved, 0)
        encoder.copyBufferToBuffer(resolved, 0, staging, 0, bytes)
      }
      device.queue.submit([encoder.finish()])
      return staging
    }
    const staged = await scoped(inner.session, ['profile'], encode)
    if (E.isLeft(staged)) return staged
    if (staged.right === undefined) continue
    const got = await collect(inner, staged.right, 16 * places.length)
    if (E.isLeft(got)) return got
    const clock = new BigUint64Array(got.right)
    // Some clocks step back between cores: such a time is 0, not negative.
    places.forEach((at, i) => { into[at] += Math.max(0, Number(clock[2 * i + 1] - clock[2 * i])) / 1e6 })
  }
  return E.right(undefined)
}

/**
 * Runs this many steps and times each dispatch. Left: `MissingFeature` on a device that was
 * opened without `timestamps`, `InstanceBusy`, `InstanceDestroyed`, `OutOfMemory`, `DeviceLost`.
 */
export const timeSteps =
  (repeats: number) =>
  (instance: Instance): TaskEither<GelatoError, Timed> =>
  async () => {
    const inner = innerOf(instance)
    const { session, state, program } = inner
    const dead = unusable(inner)
    if (dead !== undefined) return E.left(dead)
    if (!session.features.includes('timestamp-query'))
      return E.left(gelatoError('MissingFeature', ['profile'], `a device of '${session.target.name}' without timestamp-query`, 'a device with timestamp-query', 'open it with Gpu.open({ timestamps: true }), or leave `gpu` out'))
    if (state.running)
      return E.left(gelatoError('InstanceBusy', ['program'], 'a run under way', 'one run of an instance at a time', 'await the first run, or instantiate the program twice'))
    state.running = true
    const count = dispatches(program.body).length
    const freed: (() => void)[] = []
    try {
      const made = await scoped(session, ['profile'], () => {
        const queries = session.device.createQuerySet({ type: 'timestamp', count: 2 * mostPasses })
        freed.push(() => queries.destroy())
        const resolved = allocate(session, 'timestamps', 16 * mostPasses, usage.queryResolve | usage.copySrc)
        freed.push(() => release(session, resolved))
        return { queries, resolved }
      })
      if (E.isLeft(made)) return made
      const times: Float64Array[] = []
      for (let r = 0; r < repeats; r++) {
        const into = new Float64Array(count)
        const ran = await oneStep(inner, made.right.queries, made.right.resolved, into)
        if (E.isLeft(ran)) return ran
        state.step += 1
        times.push(into)
      }
      return E.right({ calls: callsOf(program.body, 1), repeats: times })
    } catch (e) {
      return E.left(gpuFault(['profile'], e))
    } finally {
      for (const free of freed) free()
      state.running = false
    }
  }
