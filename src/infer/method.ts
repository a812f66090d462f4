/**
 * The interface of inference methods. A method plans phases over a target; a phase is
 * a step as a graph over named state; the posterior is read off the last state. A
 * driver runs any plan; `predict`, `sampleNode` and files see the posterior alone.
 *
 * Laws: a method holds no state of its own; what a phase's step gives depends on its
 * state, the absolute step, its key and its batch alone.
 *
 * @since 0.1.0
 */
import type { Either, NonEmptyArray, TaskEither } from '../fp.ts'
import type { GelatoError, GelatoErrors } from '../error.ts'
import type { Held } from '../model/held.ts'
import type { HostArrays } from '../run/session.ts'
import type { Tensor } from '../tensor/node.ts'
import type { FamilyName } from './family.ts'
import type { Optimizer } from './optimizer.ts'
import type { RowOrder } from './rows.ts'
import type { StartOption } from './start.ts'
import type { Cuttable, Over } from './parts.ts'
import type { Target, Tensors } from './target.ts'

export type { Tensors } from './target.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** What a step is given: the absolute step (u32), a key of its own, batch values by name. */
export interface At {
  readonly step: Tensor
  readonly key: Tensor
  readonly batch: Tensors
  /** Adds up over the parts that the work is cut into; a method that says `parts` gets at its data through this alone. */
  readonly over: Over
}

/** What a step gives. */
export interface Stepped {
  /** The next state. */
  readonly state: Tensors
  /** f32 scalars kept of every step. */
  readonly record: Tensors
  /**
   * First index at which the gradient isn't finite, u32, or `NONE`; freezes the run. It
   * counts through the sites' flat vector, then through that of the point estimates.
   */
  readonly bad?: Tensor
  /** Values kept on the host as `keep` says. */
  readonly emit?: Tensors
}

/** The index that says that nothing is wrong. */
export const NONE = 0xffffffff

/** One stage of a method. */
export interface Phase {
  readonly name: string
  readonly rows: RowOrder
  /** Arrays given once at the start, read by the step as inputs of these names. */
  readonly inputs?: HostArrays
  /** Host work before the first step: the first state, from the one before. */
  readonly init: (prev: HostArrays) => TaskEither<GelatoError, HostArrays>
  readonly step: (s: Tensors, at: At) => Stepped
  /** How the step's work may be cut where it is too large for the device; not at all when absent. */
  readonly parts?: Cuttable
  /** A number of steps; or a flag (not 0 is done) that is read every so many steps. */
  readonly until:
    | { readonly _tag: 'Steps'; readonly steps: number }
    | { readonly _tag: 'Flag'; readonly flag: (s: Tensors) => Tensor; readonly every: number; readonly max: number }
  /** Keeps what the step emits, every so many steps, at most `capacity` times (the latest). */
  readonly keep?: { readonly every: number; readonly capacity: number }
}

/** What is known after inference, as plain data. */
export type Posterior =
  | { readonly _tag: 'Family'; readonly family: FamilyName; readonly params: HostArrays }
  | { readonly _tag: 'Draws'; readonly draws: HostArrays; readonly stats: HostArrays }
  | { readonly _tag: 'Mixture'; readonly of: readonly Posterior[]; readonly weights: readonly number[] }

/** What `fit` hands to a method's plan. */
export interface PlanOptions {
  readonly steps: number
  readonly samples: number
  readonly seed: number
  readonly optimizer: Optimizer
  readonly start: StartOption
  readonly clip: Clip | undefined
  readonly kl: 'auto' | 'monteCarlo'
  readonly pathDerivative: boolean
}

/** Bounds on a gradient: on its total norm, on each element, or both. */
export interface Clip {
  readonly norm?: number
  readonly value?: number
}

/** Phases in order, and how the posterior is read off the last state and what was kept. */
export interface Plan {
  readonly phases: NonEmptyArray<Phase>
  readonly posterior: (state: HostArrays, kept: readonly HostArrays[]) => Posterior
  /** Point estimates and states, read off the last state; absent in a method that knows none: `fit` then refuses such models. */
  readonly held?: (state: HostArrays) => Held
}

/** An inference method. */
export interface Method {
  readonly _tag: 'Method'
  readonly name: string
  readonly version: number
  readonly options: Readonly<Record<string, string | number | boolean>>
  readonly plan: (t: Target, o: PlanOptions) => Either<GelatoErrors, Plan>
}
