/**
 * Bijectors: smooth one-to-one maps from the real line (unconstrained units, u) onto a
 * support (own units, x), with the logarithm of their derivative. They are plain data,
 * a tag and tensors, so that a site can be stored and read in another process.
 *
 * Laws: `inverse(b)(forward(b)(u)) = u`; `logDetJacobian(b)(u) = log |d forward / du|`,
 * elementwise; every form is stable for |u| up to where the image is representable.
 *
 * @since 0.1.0
 */
import * as B from '../tensor/build.ts'
import type { Tensor } from '../tensor/node.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/**
 * A map from the reals onto a support.
 *
 * - `Identity`: the reals; `Exp`: (0, inf); `Sigmoid`: (0, 1)
 * - `Interval`: (lower, upper); `LowerBound`: (lower, inf); `UpperBound`: (-inf, upper)
 *
 * Bounds are tensors that broadcast against the value; they may hold other sites.
 */
export type Bijector =
  | { readonly _tag: 'Identity' }
  | { readonly _tag: 'Exp' }
  | { readonly _tag: 'Sigmoid' }
  | { readonly _tag: 'Interval'; readonly lower: Tensor; readonly upper: Tensor }
  | { readonly _tag: 'LowerBound'; readonly lower: Tensor }
  | { readonly _tag: 'UpperBound'; readonly upper: Tensor }

/** Tags of the bijectors. */
export type BijectorName = Bijector['_tag']

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** x = u */
export const identity: Bijector = { _tag: 'Identity' }
/** x = exp(u) */
export const exp: Bijector = { _tag: 'Exp' }
/** x = 1 / (1 + exp(-u)) */
export const sigmoid: Bijector = { _tag: 'Sigmoid' }
/** x = lower + (upper - lower) sigmoid(u) */
export const interval = (lower: Tensor, upper: Tensor): Bijector => ({ _tag: 'Interval', lower, upper })
/** x = lower + exp(u) */
export const lowerBound = (lower: Tensor): Bijector => ({ _tag: 'LowerBound', lower })
/** x = upper - exp(u) */
export const upperBound = (upper: Tensor): Bijector => ({ _tag: 'UpperBound', upper })

// -----------------------------------------------------------------------------
// combinators
// -----------------------------------------------------------------------------

/** The same map over other bounds: every tensor of it through `f`. */
export const mapTensors =
  (f: (t: Tensor) => Tensor) =>
  (b: Bijector): Bijector => {
    switch (b._tag) {
      case 'Interval': return interval(f(b.lower), f(b.upper))
      case 'LowerBound': return lowerBound(f(b.lower))
      case 'UpperBound': return upperBound(f(b.upper))
      default: return b
    }
  }

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/** From unconstrained to own units. */
export const forward =
  (b: Bijector) =>
  (u: Tensor): Tensor => {
    switch (b._tag) {
      case 'Identity': return u
      case 'Exp': return B.exp(u)
      case 'Sigmoid': return B.sigmoid(u)
      case 'Interval': return B.add(b.lower, B.mul(B.sub(b.upper, b.lower), B.sigmoid(u)))
      case 'LowerBound': return B.add(b.lower, B.exp(u))
      case 'UpperBound': return B.sub(b.upper, B.exp(u))
    }
  }

/** From own units to unconstrained ones. */
export const inverse =
  (b: Bijector) =>
  (x: Tensor): Tensor => {
    switch (b._tag) {
      case 'Identity': return x
      case 'Exp': return B.log(x)
      case 'Sigmoid': return B.sub(B.log(x), B.log1p(B.neg(x)))
      case 'Interval': return B.sub(B.log(B.sub(x, b.lower)), B.log(B.sub(b.upper, x)))
      case 'LowerBound': return B.log(B.sub(x, b.lower))
      case 'UpperBound': return B.log(B.sub(b.upper, x))
    }
  }

/** log |dx / du| at u, elementwise, in nats; it has the shape of the image. */
export const logDetJacobian =
  (b: Bijector) =>
  (u: Tensor): Tensor => {
    switch (b._tag) {
      case 'Identity': return B.mul(u, 0)
      case 'Exp': return u
      case 'Sigmoid': return logSlope(u)
      case 'Interval': return B.add(B.log(B.sub(b.upper, b.lower)), logSlope(u))
      case 'LowerBound': return B.add(u, B.mul(b.lower, 0))
      case 'UpperBound': return B.add(u, B.mul(b.upper, 0))
    }
  }

/** log(sigmoid(u) (1 - sigmoid(u))), from -|u| on: exact where either factor is tiny. */
const logSlope = (u: Tensor): Tensor => B.neg(B.add(B.softplus(u), B.softplus(B.neg(u))))

/** The tag, lower case: `identity`, `exp`, `interval`, ... */
export const name = (b: Bijector): string => b._tag[0].toLowerCase() + b._tag.slice(1)

/** The tensors of a bijector, in a fixed order (none, one or two bounds). */
export const tensorsOf = (b: Bijector): readonly Tensor[] =>
  b._tag === 'Interval' ? [b.lower, b.upper] : b._tag === 'LowerBound' ? [b.lower] : b._tag === 'UpperBound' ? [b.upper] : []

/** The bijector of a tag and its tensors (as `tensorsOf` gives them), undefined for an unknown tag. */
export const fromTensors = (tag: string, ts: readonly Tensor[]): Bijector | undefined => {
  switch (tag as BijectorName) {
    case 'Identity': return identity
    case 'Exp': return exp
    case 'Sigmoid': return sigmoid
    case 'Interval': return ts.length === 2 ? interval(ts[0], ts[1]) : undefined
    case 'LowerBound': return ts.length === 1 ? lowerBound(ts[0]) : undefined
    case 'UpperBound': return ts.length === 1 ? upperBound(ts[0]) : undefined
    default: return undefined
  }
}
