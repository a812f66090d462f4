/**
 * A session: one compiled step with its buffers, on either executor. `fit`, `elbo`,
 * `predict` and `evaluate` all run through it.
 *
 * Laws: results do not depend on how many steps go into a submission; both executors
 * answer the same names; a destroyed session holds nothing on the device.
 *
 * @since 0.1.0
 */
import type { TaskEither } from '../fp.ts'
import type { GelatoError } from '../error.ts'
import type { Plan } from '../compile/plan.ts'
import type { Tensor } from '../tensor/node.ts'

/** A host array in C order. */
export interface HostArray {
  readonly shape: readonly number[]
  readonly data: Float32Array | Int32Array | Uint32Array | Uint8Array
}

/** Host arrays by name. */
export type HostArrays = Readonly<Record<string, HostArray>>

/** What is compiled: one step of a computation as graphs. */
export interface StepFn {
  /** Read on request: values of the last step. */
  readonly outputs: Readonly<Record<string, Tensor>>
  /** Next value of each `state` leaf, by the leaf's name; same shape and dtype as the leaf. */
  readonly updates: Readonly<Record<string, Tensor>>
  /** Scalars f32 of which one record a step is kept and handed to `onRecords`. */
  readonly record: Readonly<Record<string, Tensor>>
  /** Numbers for the symbols of the graphs. */
  readonly extents: Readonly<Record<string, number>>
}

/** Options of a run. */
export interface RunOptions {
  readonly signal?: AbortSignal
  /** Steps per submission; chosen by the clock when absent. */
  readonly stepsPerSubmit?: number
  /** Gets every record in order: the number of the first step and one column a name. */
  readonly onRecords?: (firstStep: number, records: Readonly<Record<string, Float32Array>>) => void
}

/** A step that is ready to run. */
export interface Session {
  readonly target: { readonly kind: 'software' | 'gpu' | 'reference'; readonly name: string }
  /** Which kernels, by which choices: with the same plan the bits are the same. */
  readonly plan: Plan
  /** Gives an input or a state leaf a new value. */
  readonly write: (name: string, value: HostArray) => TaskEither<GelatoError, void>
  /** Runs steps; Left `Aborted` when the signal fires between submissions. */
  readonly run: (steps: number, options?: RunOptions) => TaskEither<GelatoError, void>
  /** Values of outputs or states by name. */
  readonly read: (names: readonly string[]) => TaskEither<GelatoError, HostArrays>
  /** False once what it runs on is lost or closed: nothing but `destroy` works any more. */
  readonly alive: () => boolean
  readonly destroy: () => void
}
