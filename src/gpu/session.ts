/**
 * A device from the inside: the mutable record behind the opaque `Device`, its error
 * channel, and the settling of promises against the loss of the device.
 *
 * Laws: an uncaptured GPU error reaches every operation under way and no later one; after
 * a loss every operation is a Left `DeviceLost`; nothing here throws or rejects.
 */
import type { Choices } from '../compile/plan.ts'
import type { Program } from '../compile/program.ts'
import { gelatoError } from '../error.ts'
import type { GelatoError } from '../error.ts'
import { E } from '../fp.ts'
import type { Either, TaskEither } from '../fp.ts'
import type { Device } from './types.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** A compiled kernel with its explicit layout. */
export interface Pipeline {
  readonly pipeline: GPUComputePipeline
  readonly layout: GPUBindGroupLayout
}

/** A bind group layout and the pipeline layout made of it. */
export interface Layout {
  readonly group: GPUBindGroupLayout
  readonly pipeline: GPUPipelineLayout
}

/** The device with all that hangs on it. Every `Device` value is one. */
export interface Session extends Device {
  /** Held so that it outlives the device. */
  readonly gpu: GPU
  readonly device: GPUDevice
  /** Does a pending promise keep a core busy? So it is under Node, not in a browser. */
  readonly polls: boolean
  /** Is it the library's own, opened anew after a loss? Else a user opened it. */
  readonly shared: boolean
  readonly pipelines: Map<string, Promise<Either<GelatoError, Pipeline>>>
  readonly layouts: Map<string, Layout>
  /** Compiled programs by structure, the one used last at the end. */
  readonly programs: Map<string, Program>
  /** Variants measured on the adapter, once they were asked for. */
  readonly measured: { choices: Choices | undefined }
  /** Opens another device of the same adapter, where compiling on two at once is faster (`ahead.ts`). */
  readonly another: TaskEither<GelatoError, Device> | undefined
  /** Called when the device is closed: ends what works beside it. */
  readonly closing: Set<() => void>
  readonly watchers: Set<(e: GelatoError) => void>
  /** Called once when the device is lost or closed. */
  readonly waiting: Set<(e: GelatoError) => void>
  readonly account: { buffers: number; bytes: number; lost: GelatoError | undefined }
}

/** WebGPU's usage bits: constants of the standard, which Node has under no name. */
export const usage = {
  mapRead: 0x0001,
  copySrc: 0x0004,
  copyDst: 0x0008,
  uniform: 0x0040,
  storage: 0x0080,
  queryResolve: 0x0200
} as const

/** The errors seen while an operation is under way. */
export interface Watch {
  readonly error: () => GelatoError | undefined
  readonly stop: () => void
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** The inside of a device. */
export const sessionOf = (device: Device): Session => device as Session

/** The device went away: by its own fault, or because it was closed. Only the shared one comes again by itself, where it isn't passed. */
export const deviceLost = (reason: string, message: string, shared = false): GelatoError =>
  gelatoError(
    'DeviceLost',
    ['gpu'],
    `the device was lost (${reason})${message === '' ? '' : `: ${message}`}`,
    'a device that lives as long as the operation',
    shared ? 'run it again without `gpu`: a new device is opened' : 'open another device by Gpu.open and pass it as `gpu`, or leave `gpu` out for the shared one'
  )

/** A GPU error object as an error of ours. */
export const gpuFault = (path: readonly string[], e: unknown): GelatoError => {
  const message = e instanceof Error || (typeof e === 'object' && e !== null && 'message' in e) ? String(e.message) : String(e)
  return /out of memory|OutOfMemory/i.test(message) || (e as { constructor?: { name?: string } } | null)?.constructor?.name === 'GPUOutOfMemoryError'
    ? gelatoError('OutOfMemory', path, message, 'memory for every buffer on the device', 'use a smaller batch, fewer draws at a time, or another device')
    : gelatoError('GpuFault', path, message, 'valid use of the device', 'this is a fault of the library or of a hand-written kernel: please report it')
}

// -----------------------------------------------------------------------------
// combinators
// -----------------------------------------------------------------------------

/** Starts to collect the device's uncaptured errors; the first is kept. */
export const watch = (session: Session): Watch => {
  let first: GelatoError | undefined
  const listener = (e: GelatoError): void => {
    first ??= e
  }
  session.watchers.add(listener)
  return { error: () => session.account.lost ?? first, stop: () => session.watchers.delete(listener) }
}

/** Marks the device as gone, once, and tells everything that waits for it. */
export const lose = (session: Pick<Session, 'account' | 'waiting'>, error: GelatoError): void => {
  if (session.account.lost !== undefined) return
  session.account.lost = error
  for (const tell of [...session.waiting]) tell(error)
}

/** A promise of the device as Right, or Left where it rejects or the device goes first. */
export const settle = <A>(session: Session, path: readonly string[], work: Promise<A>): Promise<Either<GelatoError, A>> =>
  new Promise((resolve) => {
    // Not a race with one long-lived promise: that would keep every answer until the loss.
    const finish = (answer: Either<GelatoError, A>): void => {
      session.waiting.delete(onLoss)
      resolve(session.account.lost === undefined ? answer : E.left(session.account.lost))
    }
    const onLoss = (e: GelatoError): void => finish(E.left(e))
    session.waiting.add(onLoss)
    work.then(
      (a) => finish(E.right(a)),
      // A loss rejects pending work a moment before it is announced.
      (e: unknown) => setTimeout(() => finish(E.left(gpuFault(path, e))), 0)
    )
    if (session.account.lost !== undefined) onLoss(session.account.lost)
  })

/** Runs `make` inside error scopes: its value, or the first error it caused. `make` must not await. */
export const scoped = async <A>(session: Session, path: readonly string[], make: () => A): Promise<Either<GelatoError, A>> => {
  if (session.account.lost !== undefined) return E.left(session.account.lost)
  const { device } = session
  for (const kind of ['validation', 'internal', 'out-of-memory'] as const) device.pushErrorScope(kind)
  let made: Either<GelatoError, A>
  try {
    made = E.right(make())
  } catch (e) {
    made = E.left(gpuFault(path, e))
  }
  const caught = await settle(session, path, Promise.all([device.popErrorScope(), device.popErrorScope(), device.popErrorScope()]))
  if (E.isLeft(caught)) return caught
  const [memory, internal, validation] = caught.right
  return E.isLeft(made)
    ? made
    : memory !== null
      ? E.left(gelatoError('OutOfMemory', path, memory.message, 'memory for every buffer on the device', 'use a smaller batch, fewer draws at a time, or another device'))
      : validation !== null
        ? E.left(gpuFault(path, validation))
        : internal !== null
          ? E.left(gpuFault(path, internal))
          : made
}

/** Allocates a buffer and books it. */
export const allocate = (session: Session, label: string, size: number, bits: number): GPUBuffer => {
  const buffer = session.device.createBuffer({ label, size, usage: bits })
  session.account.buffers += 1
  session.account.bytes += size
  return buffer
}

/** Frees a booked buffer. */
export const release = (session: Session, buffer: GPUBuffer): void => {
  session.account.buffers -= 1
  session.account.bytes -= buffer.size
  buffer.destroy()
}
