/**
 * Compiling ahead. llvmpipe translates a kernel to machine code at its first dispatch, one
 * after the other in the thread of the device's queue, and that is most of a first step;
 * what it made is kept in Mesa's cache, whichever device made it. So a second device goes
 * through a program's kernels from the last to the first, while the program itself runs its
 * first step: they meet in the middle.
 *
 * Laws: nothing that is computed depends on it; a failure here is no error; it ends by
 * itself after the kernel that is under way when the first step is done, the device is
 * closed or lost, or a kernel was in the cache already, and takes the second device with it.
 */
import type { Kernel } from '../compile/program.ts'
import { E } from '../fp.ts'
import { close } from './device.ts'
import { build } from './pipelines.ts'
import { allocate, sessionOf, usage } from './session.ts'
import type { Session } from './session.ts'
import { mapped } from './waiting.ts'

/** What compiles ahead; `ended` tells how many kernels it got through. */
export interface Ahead {
  readonly stop: () => void
  readonly ended: Promise<number>
}

/** With fewer new kernels a second device isn't worth opening. */
const FEWEST = 6
/** Texts shorter than that compile at once. */
const SHORT = 1500
/** A kernel that took fewer milliseconds than that was in the cache, and so are the others. */
const CACHED_MS = 40
// Parameters that are all zeros: kernels find nothing to do, but are compiled.
const ZEROS = 16_384
const LEAST_BUFFER = 256

/** Dispatches a kernel once over nothing and waits for it. False where the device doesn't take it. */
const touch = async (session: Session, kernel: Kernel, zeros: GPUBuffer, marker: GPUBuffer, buffers: readonly GPUBuffer[]): Promise<boolean> => {
  const made = await build(session, kernel)
  if (E.isLeft(made)) return false
  const { device } = session
  const group = device.createBindGroup({
    layout: made.right.layout,
    entries: [zeros, ...buffers.slice(0, kernel.bindings.length)].map((buffer, binding) => ({ binding, resource: { buffer } }))
  })
  const encoder = device.createCommandEncoder({ label: 'ahead' }), pass = encoder.beginComputePass()
  pass.setPipeline(made.right.pipeline)
  pass.setBindGroup(0, group)
  pass.dispatchWorkgroups(1)
  pass.end()
  encoder.clearBuffer(marker)
  device.queue.submit([encoder.finish()])
  const there = await mapped(session, marker, 4)
  if (E.isRight(there)) marker.unmap()
  return E.isRight(there)
}

/** Compiles kernels in turn on a device, up to one that took less than `cached` milliseconds; tells how many. */
export const through = async (session: Session, kernels: readonly Kernel[], stopped: () => boolean, cached = CACHED_MS): Promise<number> => {
  const zeros = allocate(session, 'zeros', ZEROS, usage.uniform), marker = allocate(session, 'marker', LEAST_BUFFER, usage.mapRead | usage.copyDst)
  const most = Math.max(...kernels.map((k) => k.bindings.length))
  const buffers = Array.from({ length: most }, () => allocate(session, 'nothing', LEAST_BUFFER, usage.storage))
  let done = 0
  for (const kernel of kernels) {
    const began = performance.now()
    if (stopped() || !(await touch(session, kernel, zeros, marker, buffers))) break
    done++
    if (performance.now() - began < cached) break
  }
  return done
}

/** Starts to compile kernels that are new to a session, in the order in which a program runs them. Undefined where that gains nothing. */
export const compileAhead = (session: Session, kernels: readonly Kernel[]): Ahead | undefined => {
  const long = kernels.filter((k) => k.wgsl.length >= SHORT).reverse()
  const { another } = session
  if (another === undefined || long.length < FEWEST) return undefined
  let stopped = false
  const stop = (): void => { stopped = true }
  const run = async (): Promise<number> => {
    const opened = await another()
    if (E.isLeft(opened)) return 0
    const own = sessionOf(opened.right)
    const end = (): void => {
      stop()
      close(own)
    }
    session.closing.add(end)
    try {
      return stopped || session.account.lost !== undefined ? 0 : await through(own, long, () => stopped || session.account.lost !== undefined)
    } catch {
      return 0
    } finally {
      session.closing.delete(end)
      close(own)
    }
  }
  return { stop, ended: run() }
}
