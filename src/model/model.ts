/**
 * The elaborated model: leaves, graphs and tables, with every user function already
 * applied. It is plain data, so a saved approximation holds all of it.
 *
 * A model doesn't know its batch size: inputs and observations have the symbol `batch`
 * in front. What is wrong with it is part of it, and `check` answers it.
 *
 * @since 0.1.0
 */
import type { GelatoError } from '../error.ts'
import type { Dist } from '../dist/index.ts'
import type { LayerInfo, State } from '../layer/elaborate.ts'
import type { Point, Site } from '../spec/site.ts'
import type { Table } from '../spec/table.ts'
import type { Tensor } from '../tensor/node.ts'

/** Observations by rows. */
export interface LikelihoodTerm {
  readonly name: string
  /** What kind of likelihood: `categorical`, `potential`, ... */
  readonly kind: string
  /** The input leaf of the data; undefined for a likelihood given by function. */
  readonly observed: Tensor | undefined
  /** The input leaf that says which of the data there are (1) and which are missing (0); undefined where none is. */
  readonly mask: Tensor | undefined
  /** The distribution of the data; undefined for a likelihood given by function. */
  readonly dist: Dist | undefined
  /** The tensor that it is a likelihood of: a network's output, say. */
  readonly output: Tensor
  /** What predictions summarise: the expected data, or probabilities of classes along a last axis. */
  readonly expected: Tensor
  /** Is that probabilities of classes? */
  readonly classes: boolean
  /** Log likelihood of each row in nats, unscaled, with the weight and without what is missing: [batch]. */
  readonly logLik: Tensor
  /** Is `logLik` a function of its own? Then what the distribution can't give may be observed. */
  readonly own?: true
  /** What it was multiplied by, where the user said it. */
  readonly weight?: number
  /** How many rows there are in all, where the user said it. */
  readonly totalSize: number | undefined
}

/** A model. */
export interface Model {
  readonly _tag: 'Model'
  readonly inputs: Readonly<Record<string, Tensor>>
  readonly observed: Readonly<Record<string, Tensor>>
  /** The network's output; in a model without a network the centre of the first likelihood. */
  readonly prediction: Tensor
  /** Outputs of all layers by name. */
  readonly outputs: Readonly<Record<string, Tensor>>
  /** Latent variables, parents first. */
  readonly sites: readonly Site[]
  /** Point estimates by name. */
  readonly params: Readonly<Record<string, Point>>
  /** Values carried from step to step, by name. */
  readonly states: Readonly<Record<string, State>>
  readonly likelihoods: readonly LikelihoodTerm[]
  /** Terms of the log joint that belong to no row, in nats: scalars, never scaled. */
  readonly potentials: readonly Tensor[]
  readonly deterministics: readonly (readonly [string, Tensor])[]
  /** Layers in order, for tables and pictures. */
  readonly layers: readonly LayerInfo[]
  /** What makes it unusable. */
  readonly problems: readonly GelatoError[]
  /** What a user should know of it. */
  readonly notes: readonly GelatoError[]
  /** The variables so far, for further observations; it isn't stored. */
  readonly table?: Table
}

/** Is it a model? */
export const isModel = (x: unknown): x is Model =>
  typeof x === 'object' && x !== null && (x as { _tag?: unknown })._tag === 'Model'
