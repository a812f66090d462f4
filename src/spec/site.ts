/**
 * What resolving a prior gives: latent variables by name (sites), the value that is
 * built from them, and the named values between.
 *
 * Law: in any list of sites parents come before children; names are unique.
 *
 * @since 0.1.0
 */
import type { Bijector, Dist } from '../dist/index.ts'
import type { Tensor } from '../tensor/node.ts'

/** What a variable is for. Hyper-priors of a scale are `scale`, other hyper-priors `latent`. */
export type Role = 'weight' | 'bias' | 'scale' | 'latent'

/**
 * How the approximation of a site starts.
 *
 * - `Auto`: chosen by the method
 * - `Value`: at numbers in the site's own units, of the site's shape, inside its support
 * - `Glorot`: drawn from Glorot's uniform, U(-a, a) with a = sqrt(6 / (fanIn + fanOut))
 * - `Constant`: at one number in own units; `scale` is the size that sigma is a fraction of
 */
export type Init =
  | { readonly _tag: 'Auto' }
  | { readonly _tag: 'Value'; readonly shape: readonly number[]; readonly data: ArrayLike<number> }
  | { readonly _tag: 'Glorot'; readonly fanIn: number; readonly fanOut: number }
  | { readonly _tag: 'Constant'; readonly value: number; readonly scale: number }

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

/** A resolved prior. */
export interface Resolved {
  readonly value: Tensor
  /** Sites that this prior added, parents first. */
  readonly sites: readonly Site[]
  /** Composite values by name. */
  readonly deterministics: readonly (readonly [string, Tensor])[]
}
