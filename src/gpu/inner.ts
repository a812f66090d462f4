/**
 * An instance from the inside: its planned operations, its state, its pool of staging
 * buffers. Kept apart from `instance.ts` so that no GPU* type is in a public declaration.
 */
import { gelatoError } from '../error.ts'
import type { GelatoError } from '../error.ts'
import { E } from '../fp.ts'
import type { Either } from '../fp.ts'
import type { Ahead } from './ahead.ts'
import { allocate, release, usage } from './session.ts'
import type { Session } from './session.ts'
import { mapped } from './waiting.ts'
import type { Instance } from './types.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Where a slot lies: in a buffer, from a byte on. */
export interface Stretch { readonly buffer: GPUBuffer; readonly at: number }

/** One instruction with everything it needs to be encoded; `at` is the place of a dispatch in the program. */
export type Op =
  | { readonly _tag: 'Run'; readonly at: number; readonly pipeline: GPUComputePipeline; readonly group: GPUBindGroup; readonly grid: readonly [number, number, number] }
  | { readonly _tag: 'Copy'; readonly from: Stretch; readonly to: Stretch; readonly bytes: number }
  | { readonly _tag: 'Loop'; readonly n: number; readonly body: readonly Op[] }

/** The inside of an instance. */
export interface Inner extends Instance {
  readonly session: Session
  /** Of each slot. */
  readonly stretches: ReadonlyMap<number, Stretch>
  readonly ops: readonly Op[]
  /** Begins a step: the operations that it encodes, one a call. */
  readonly stream: () => () => Exclude<Op, { _tag: 'Loop' }> | undefined
  /** Encoded dispatches and copies of one step. */
  readonly size: number
  readonly ring: { readonly buffer: GPUBuffer; readonly capacity: number; readonly width: number } | undefined
  /** `proven`: a submit went without an error; `perOp`: milliseconds an operation takes. */
  readonly state: { step: number; destroyed: boolean; running: boolean; proven: boolean; perOp: number | undefined }
  readonly owned: Set<GPUBuffer>
  /** Staging buffers at rest, for reads. */
  readonly idle: GPUBuffer[]
  /** Compiles the program's kernels on a second device until the first step is done. */
  readonly ahead: Ahead | undefined
}

// -----------------------------------------------------------------------------
// combinators
// -----------------------------------------------------------------------------

/** Bytes rounded up to a whole number of `to`, at least one. */
export const rounded = (bytes: number, to: number): number => Math.max(to, Math.ceil(bytes / to) * to)

/** The dispatches and copies of one step in order, loops unrolled. */
export function* flat(ops: readonly Op[]): Generator<Exclude<Op, { _tag: 'Loop' }>, void> {
  for (const op of ops) {
    if (op._tag === 'Loop') for (let i = 0; i < op.n; i++) yield* flat(op.body)
    else yield op
  }
}

/** Operations of a command buffer at most, which bounds its memory and the time the host takes; longer steps aren't unrolled. */
export const mostOps = 16_384

/** Gives the dispatches and copies of one step in order, one a call, then undefined; called again, from the step's beginning. Unrolled once: a generator costs the host as much as its own work. */
export const streamOf = (ops: readonly Op[], size: number): (() => () => Exclude<Op, { _tag: 'Loop' }> | undefined) => {
  const all = size <= mostOps ? [...flat(ops)] : undefined
  return () => {
    if (all === undefined) {
      const stream = flat(ops)
      return () => stream.next().value ?? undefined
    }
    let k = 0
    return () => all[k++]
  }
}

/** The inside of an instance. */
export const innerOf = (instance: Instance): Inner => instance as Inner

/** An error where the instance can't be used any more. */
export const unusable = (inner: Inner): GelatoError | undefined =>
  inner.session.account.lost ??
  (inner.state.destroyed
    ? gelatoError('InstanceDestroyed', ['program'], 'a destroyed instance', 'an instance that is alive', 'instantiate the program again')
    : undefined)

const mostPooled = 2 ** 24

/** A mappable buffer of at least `bytes`, from the instance's pool or new. */
export const lease = (inner: Inner, bytes: number): GPUBuffer => {
  // Powers of two are found again; very large ones are not rounded up, nor kept.
  const power = 2 ** Math.ceil(Math.log2(Math.max(256, bytes)))
  const size = power > mostPooled ? rounded(bytes, 256) : power
  const i = inner.idle.findIndex((b) => b.size === size)
  if (i >= 0) return inner.idle.splice(i, 1)[0]
  const buffer = allocate(inner.session, 'staging', size, usage.mapRead | usage.copyDst)
  inner.owned.add(buffer)
  return buffer
}

/** Gives a leased buffer back. */
export const giveBack = (inner: Inner, buffer: GPUBuffer): void => {
  if (inner.state.destroyed) return
  if (buffer.mapState === 'mapped') buffer.unmap()
  if (inner.idle.length < 8 && buffer.size <= mostPooled && buffer.mapState === 'unmapped') inner.idle.push(buffer)
  else {
    inner.owned.delete(buffer)
    release(inner.session, buffer)
  }
}

/** Waits for the copied bytes of a staging buffer, takes them and gives the buffer back. */
export const collect = async (inner: Inner, buffer: GPUBuffer, bytes: number): Promise<Either<GelatoError, ArrayBuffer>> => {
  if (inner.state.destroyed) return E.left(unusable(inner) as GelatoError)
  const there = await mapped(inner.session, buffer, rounded(bytes, 4), () => unusable(inner))
  const dead = unusable(inner)
  if (dead !== undefined) return E.left(dead)
  if (E.isLeft(there)) return there
  const copy = buffer.getMappedRange(0, rounded(bytes, 4)).slice(0, bytes)
  giveBack(inner, buffer)
  return E.right(copy)
}
