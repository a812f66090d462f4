/**
 * A Program is what `compile` makes and what the run loop of `gpu` executes: plain
 * data that says which kernels run on which buffers in which order. It holds no
 * device object, so it can be cached by structure, printed, verified and replayed.
 *
 * Laws (checked by `verify`): every read is preceded by a write or belongs to an
 * input, constant or state; two slots that live at the same time never share a
 * buffer; no dispatch binds one slot both `read` and `write` through two bindings.
 */

import type { Choices } from './plan.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Element types of a device buffer. `u8` is storage only: four to a word, rows padded to words. */
export type Storage = 'f32' | 'i32' | 'u32' | 'bool' | 'u8'

/** How a kernel sees one binding, in binding order from 1 (binding 0 is the uniform block). */
export type Access = 'read' | 'write'

/** One WGSL module with entry point `main`; equal `key` means equal text. */
export interface Kernel {
  readonly key: string
  readonly label: string
  readonly wgsl: string
  /** Storage bindings 1..n of group 0; `write` means `read_write`. */
  readonly bindings: readonly Access[]
}

/**
 * One GPUBuffer of the program, or a part of one.
 *
 * - `input`: written by the host before a run (by `name`)
 * - `constant`: written once from `data`
 * - `state`: written once by the host (by `name`), then carried from step to step
 * - `output`: read by the host after a run (by `name`)
 * - `ring`: `capacity` records of `width` f32, one per step, read by the host now and then
 * - `temp`: contents die with the step; several tensors may share it in turn
 * - `arena`: several inputs and states, which lie `within` it (as some temporaries do within one)
 */
export interface Slot {
  readonly id: number
  readonly role: 'input' | 'constant' | 'state' | 'output' | 'ring' | 'temp' | 'arena'
  readonly name?: string
  /** Bytes, a multiple of 16. */
  readonly bytes: number
  readonly storage: Storage
  readonly shape: readonly number[]
  readonly data?: ArrayBufferView
  /** Begins as zeros and stays so where nothing writes: one tensor's own, never shared. */
  readonly zeroed?: true
  /** The slot in whose buffer it lies, from a byte on (a multiple of 256); in one of its own where absent. */
  readonly within?: { readonly slot: number; readonly at: number }
}

/** Runs one kernel. `params` are the u32 words of the uniform block (binding 0). */
export interface Dispatch {
  readonly _tag: 'Dispatch'
  readonly kernel: number
  /** Slot ids in binding order, one for each of the kernel's `bindings`. */
  readonly slots: readonly number[]
  /** Bound parts of the slots in bytes, [offset, size], offsets multiples of 256; the whole slot where absent. */
  readonly ranges?: readonly (readonly [number, number] | undefined)[]
  readonly params: Uint32Array
  /** Workgroups in x, y, z; each at most the target's limit. */
  readonly grid: readonly [number, number, number]
  readonly label: string
  readonly flops: number
  readonly bytes: number
}

/** Copies a slot into another, as many bytes as the smaller has. */
export interface Copy {
  readonly _tag: 'Copy'
  readonly from: number
  readonly to: number
}

/**
 * Runs `body` `n` times. Nothing differs between iterations but the buffers' contents:
 * an iteration number, where one is needed, is a state that the body itself advances.
 */
export interface Loop {
  readonly _tag: 'Loop'
  readonly n: number
  readonly body: readonly Instruction[]
}

export type Instruction = Dispatch | Copy | Loop

/** What the run loop executes once per step. */
export interface Program {
  readonly kernels: readonly Kernel[]
  readonly slots: readonly Slot[]
  readonly body: readonly Instruction[]
  /** Names of the scalars of one ring record, in order; empty when nothing is recorded. */
  readonly record: readonly string[]
}

/** The limits of a target and its class, as plain data: all that `compile` knows of a machine. */
export interface Target {
  /** `software` for CPU rasterisers (lavapipe, SwiftShader), else `gpu`. */
  readonly kind: 'software' | 'gpu'
  readonly name: string
  readonly maxBindingBytes: number
  readonly maxBufferBytes: number
  readonly maxStorageBuffers: number
  readonly maxWorkgroupsPerDimension: number
  readonly maxInvocations: number
  readonly maxWorkgroupBytes: number
  /** Lanes of a subgroup, where all have the same number of them and no more than a workgroup; else 0. */
  readonly subgroupSize: number
  /** Variants that take the place of the rules' choice, by question (see `plan.ts`). */
  readonly choices?: Choices
}

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/** Every dispatch of the program once, in order, loops entered once. */
export const dispatches = (body: readonly Instruction[]): readonly Dispatch[] =>
  body.flatMap((i) => (i._tag === 'Dispatch' ? [i] : i._tag === 'Loop' ? dispatches(i.body) : []))

/** Bytes of all buffers together: what an instance of the program holds on the device. */
export const deviceBytes = (program: Program): number => program.slots.reduce((n, s) => n + (s.within === undefined ? s.bytes : 0), 0)

/** Bytes that each slot may have on a target: a buffer's, and no more than a binding's where a dispatch binds so much of it. */
export const mostBytes = (program: Program, target: Pick<Target, 'maxBindingBytes' | 'maxBufferBytes'>): ((s: Slot) => number) => {
  const wide = new Set(dispatches(program.body).flatMap((d) => d.slots.filter((id, k) => (d.ranges?.[k]?.[1] ?? program.slots[id]?.bytes ?? 0) > target.maxBindingBytes)))
  return (s) => (wide.has(s.id) ? Math.min(target.maxBindingBytes, target.maxBufferBytes) : target.maxBufferBytes)
}
