/**
 * What resolving a prior gives: latent variables by name (sites), point estimates
 * (points), the value that is built from them, and the named values between.
 *
 * Law: in any list of sites parents come before children; names are unique.
 *
 * @since 0.1.0
 */
import type { Bijector, Dist } from '../dist/index.ts'
import type { Tensor } from '../tensor/node.ts'

/**
 * What a variable is for. `initial` is the first state of a recurrence; hyper-priors of a
 * scale are `scale`, other hyper-priors `latent`.
 */
export type Role = 'weight' | 'bias' | 'scale' | 'initial' | 'latent'

/** All roles. */
export const roles: readonly Role[] = ['weight', 'bias', 'scale', 'initial', 'latent']

/**
 * Where a point estimate, or the approximation of a site, starts.
 *
 * - `Auto`: chosen by the method; a point at 0
 * - `Value`: at numbers in own units, of the variable's shape, inside its support; `scale`,
 *   where there is one, is the size that sigma is a fraction of
 * - `Glorot`: drawn from Glorot's uniform, U(-a, a) with a = sqrt(6 / (fanIn + fanOut)),
 *   in unconstrained units: what layers give their weights
 * - `Constant`: at one number in own units; `scale` is the size that sigma is a fraction of
 * - the others: drawn in own units, what a user's initialiser comes to at a shape
 */
export type Init =
  | { readonly _tag: 'Auto' }
  | { readonly _tag: 'Value'; readonly shape: readonly number[]; readonly data: ArrayLike<number>; readonly scale?: number }
  | { readonly _tag: 'Glorot'; readonly fanIn: number; readonly fanOut: number }
  | { readonly _tag: 'Constant'; readonly value: number; readonly scale: number }
  | Drawn

/** A start that is drawn: independent numbers, orthogonal rows or columns, or few numbers in each column. */
export type Drawn =
  | { readonly _tag: 'Normal'; readonly mean: number; readonly sd: number }
  | { readonly _tag: 'Uniform'; readonly lower: number; readonly upper: number }
  | { readonly _tag: 'Orthogonal'; readonly gain: number }
  | { readonly _tag: 'Sparse'; readonly share: number; readonly sd: number }

/** A latent variable. */
export interface Site {
  /** `conv2d_1.W`, `conv2d_1.W.sd`, `dense_3.b` */
  readonly name: string
  readonly shape: readonly number[]
  /** The value in its own (constrained) units: a leaf of kind `site`. */
  readonly leaf: Tensor
  /** The prior; its parameters may hold other sites' leaves. */
  readonly dist: Dist
  /** From the reals onto the support of the prior. */
  readonly bijector: Bijector
  readonly role: Role
  readonly init: Init
  /** `conv2d_1`; undefined in a model without layers. */
  readonly layer: string | undefined
}

/** A point estimate: a number or array that is optimised and has no prior of its own. */
export interface Point {
  /** `dense_1.W`, `dense_1.W.mu` */
  readonly name: string
  readonly shape: readonly number[]
  /** A leaf of kind `param`. */
  readonly leaf: Tensor
  readonly role: Role
  readonly init: Init
  /** Does it stay where it starts? */
  readonly frozen: boolean
  /** `dense_1`; undefined in a model without layers. */
  readonly layer: string | undefined
}

/** A resolved prior. */
export interface Resolved {
  readonly value: Tensor
  /** Sites that this prior added, parents first. */
  readonly sites: readonly Site[]
  /** Point estimates that it added. */
  readonly points: readonly Point[]
  /** Composite values by name. */
  readonly deterministics: readonly (readonly [string, Tensor])[]
}
