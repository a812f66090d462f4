/**
 * Bijectors: smooth one-to-one maps from the real line (unconstrained units, u) onto a
 * support (own units, x), with the logarithm of their derivative. They are plain data,
 * a tag and tensors, so that a site can be stored and read in another process.
 *
 * Laws: `inverse(b)(forward(b)(u)) = u`; `logDetJacobian(b)(u) = log |d forward / du|`,
 * elementwise, or over the last axes for a map of whole vectors or matrices; every form
 * is stable for |u| up to where the image is representable.
 *
 * @since 0.1.0
 */
import * as B from '../tensor/build.ts'
import type { Tensor } from '../tensor/node.ts'
import { shapeOf } from '../tensor/node.ts'
import type { Extent, Shape } from '../tensor/extent.ts'

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
 *
 * Three are maps of the last axes as a whole:
 *
 * - `StickBreaking`: k - 1 reals onto k numbers from 0 to 1 that sum to 1
 * - `CholeskyCorr`: k (k - 1) / 2 reals onto Cholesky factors [k, k] of correlation matrices
 * - `Ordered`: k reals onto k increasing reals
 */
export type Bijector =
  | { readonly _tag: 'Identity' }
  | { readonly _tag: 'Exp' }
  | { readonly _tag: 'Sigmoid' }
  | { readonly _tag: 'Interval'; readonly lower: Tensor; readonly upper: Tensor }
  | { readonly _tag: 'LowerBound'; readonly lower: Tensor }
  | { readonly _tag: 'UpperBound'; readonly upper: Tensor }
  | { readonly _tag: 'StickBreaking' }
  | { readonly _tag: 'CholeskyCorr' }
  | { readonly _tag: 'Ordered' }

/** Tags of the bijectors. */
export type BijectorName = Bijector['_tag']

// A record, so that a tag that is left out doesn't compile.
const tags: Readonly<Record<BijectorName, true>> = {
  Identity: true, Exp: true, Sigmoid: true, Interval: true, LowerBound: true, UpperBound: true, StickBreaking: true, CholeskyCorr: true, Ordered: true
}

/** Is it a tag of a bijector? */
export const isBijectorName = (x: unknown): x is BijectorName => typeof x === 'string' && Object.hasOwn(tags, x)

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** x = u */
export const identity: Bijector = { _tag: 'Identity' }
/** x = exp(u) */
export const exp: Bijector = { _tag: 'Exp' }
/** x = 1 / (1 + exp(-u)) */
export const sigmoid: Bijector = { _tag: 'Sigmoid' }
/** Shares of a stick: x_i = sigmoid(u_i - log(k - i)) of what is left, i = 1, 2, ...; u = 0 gives equal shares. */
export const stickBreaking: Bijector = { _tag: 'StickBreaking' }
/** Rows of unit length from canonical partial correlations tanh(u) (Lewandowski, Kurowicka and Joe 2009). */
export const choleskyCorr: Bijector = { _tag: 'CholeskyCorr' }
/** x_1 = u_1, x_i = x_(i-1) + exp(u_i) */
export const ordered: Bijector = { _tag: 'Ordered' }
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
      case 'StickBreaking': return B.exp(logShares(u).shares)
      case 'CholeskyCorr': return lowerRows(u).rows
      case 'Ordered': return B.cumsum(headAndTail(u, B.exp), -1)
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
      case 'StickBreaking': return sticks(x)
      case 'CholeskyCorr': return partials(x)
      case 'Ordered': return headAndTail(B.sub(x, shifted(x)), B.log)
    }
  }

/** log |dx / du| at u in nats; it has the shape of the image, less the axes that the map takes as a whole. */
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
      case 'StickBreaking': return logShares(u).logDet
      case 'CholeskyCorr': return lowerRows(u).logDet
      case 'Ordered': return B.sum(headAndTail(u, (t) => t, (t) => B.mul(t, 0)), [-1])
    }
  }

/** log(sigmoid(u) (1 - sigmoid(u))), from -|u| on: exact where either factor is tiny. */
const logSlope = (u: Tensor): Tensor => B.neg(B.add(B.softplus(u), B.softplus(B.neg(u))))

// -----------------------------------------------------------------------------
// maps of whole axes
// -----------------------------------------------------------------------------

const lengthOf = (t: Tensor): Extent => shapeOf(t)[shapeOf(t).length - 1] ?? 1
const numberOf = (t: Tensor): number => Number(lengthOf(t))
const lastOf = (t: Tensor, from: Extent, to: Extent): Tensor => B.sliceAxis(t, shapeOf(t).length - 1, from, to)
const join = (ts: readonly Tensor[]): Tensor => B.concat(ts, shapeOf(ts[0]).length - 1)

/** `head` of the first element of the last axis and `tail` of the others. */
const headAndTail = (t: Tensor, tail: (t: Tensor) => Tensor, head: (t: Tensor) => Tensor = (x) => x): Tensor =>
  numberOf(t) <= 1 ? head(t) : join([head(lastOf(t, 0, 1)), tail(lastOf(t, 1, lengthOf(t)))])

/** Each element's neighbour before it, 0 before the first. */
const shifted = (t: Tensor): Tensor => {
  const n = numberOf(t), lead = shapeOf(t).map(() => 0)
  return n === 0 ? t : B.pad(lastOf(t, 0, n - 1), [...lead.slice(1), 1], lead)
}

/** log(k - i) for i = 1 ... k - 1: at u = 0 the shares are equal. */
const evenly = (free: number): Tensor => B.array(Float32Array.from({ length: free }, (_, i) => Math.log(free - i)), [free])

const logShares = (u: Tensor): { readonly shares: Tensor; readonly logDet: Tensor } => {
  const n = numberOf(u)
  if (n === 0) {
    const one = B.full([...shapeOf(u).slice(0, -1), 1], 0)
    return { shares: one, logDet: B.reshape(one, shapeOf(u).slice(0, -1)) }
  }
  const v = B.sub(u, evenly(n))
  const taken = B.neg(B.softplus(B.neg(v))), kept = B.neg(B.softplus(v))
  const left = B.cumsum(kept, -1)
  const before = shifted(left)
  return {
    shares: join([B.add(taken, before), lastOf(left, n - 1, n)]),
    logDet: B.sum(B.add(B.add(taken, kept), before), [-1])
  }
}

const sticks = (x: Tensor): Tensor => {
  const k = numberOf(x)
  const after = B.cumsum(x, -1, { reverse: true, exclusive: true })
  return B.add(B.sub(B.log(lastOf(x, 0, k - 1)), B.log(lastOf(after, 0, k - 1))), evenly(k - 1))
}

/** The order k of a matrix with `free` numbers below its diagonal. */
const orderOf = (free: number): number => Math.round((1 + Math.sqrt(1 + 8 * free)) / 2)

const below = (k: number): readonly (readonly [number, number])[] =>
  Array.from({ length: k }, (_, i) => Array.from({ length: i }, (_x, j) => [i, j] as const)).flat()

const lowerRows = (u: Tensor): { readonly rows: Tensor; readonly logDet: Tensor } => {
  const free = numberOf(u), k = orderOf(free), lead = shapeOf(u).slice(0, -1), axis = lead.length
  const i = B.iota([k, k], 0), j = B.iota([k, k], 1)
  if (free === 0) return { rows: B.full([...lead, k, k], 1), logDet: B.full(lead, 0) }
  const place = new Int32Array(k * k)
  below(k).forEach(([r, c], n) => { place[r * k + c] = n })
  const square = B.select(B.lt(j, i), B.reshape(B.take(u, B.array(place, [k * k], 'i32'), axis), [...lead, k, k]), 0)
  // log(1 - tanh^2), from |u| on.
  const size = B.abs(square)
  const rest = B.mul(B.sub(B.sub(Math.LN2, size), B.softplus(B.mul(size, -2))), 2)
  const before = B.mul(B.cumsum(rest, -1, { exclusive: true }), 0.5)
  const long = B.exp(before)
  return {
    rows: B.select(B.lt(j, i), B.mul(B.tanh(square), long), B.select(B.eq(i, j), long, 0)),
    logDet: B.sum(B.select(B.lt(j, i), B.add(rest, before), 0), [axis, axis + 1])
  }
}

const partials = (x: Tensor): Tensor => {
  const k = numberOf(x), lead = shapeOf(x).slice(0, -2), axis = lead.length
  const free = below(k)
  if (free.length === 0) return B.full([...lead, 0], 0)
  const left = B.cumsum(B.square(x), -1, { reverse: true })
  const flat = (t: Tensor): Tensor => B.take(B.reshape(t, [...lead, k * k]), B.array(Int32Array.from(free, ([r, c]) => r * k + c), [free.length], 'i32'), axis)
  // atanh(x / sqrt(left)) with 1 - z^2 as what is left after it: no digits are lost near +-1.
  const value = flat(x), whole = flat(left), size = B.abs(value)
  const after = B.sub(whole, B.square(value))
  const half = B.mul(B.sub(B.mul(B.log(B.add(B.sqrt(whole), size)), 2), B.log(after)), 0.5)
  return B.mul(B.sign(value), half)
}

/** How many last axes a map takes as a whole: 0 for the elementwise ones. */
export const eventRank = (b: Bijector): number =>
  b._tag === 'StickBreaking' || b._tag === 'Ordered' ? 1 : b._tag === 'CholeskyCorr' ? 2 : 0

/** The shape of u for a value of a shape. */
export const freeShape =
  (b: Bijector) =>
  (shape: readonly number[]): readonly number[] =>
    b._tag === 'StickBreaking' ? [...shape.slice(0, -1), shape[shape.length - 1] - 1]
    : b._tag === 'CholeskyCorr' ? [...shape.slice(0, -2), (shape[shape.length - 1] * (shape[shape.length - 1] - 1)) / 2]
    : shape

/** log |dx / du| over all of a value of a shape: a scalar, in nats. */
export const totalLogDet =
  (b: Bijector, shape: Shape) =>
  (u: Tensor): Tensor =>
    b._tag === 'Identity' ? B.scalar(0) : B.sum(B.broadcastTo(logDetJacobian(b)(u), shape.slice(0, shape.length - eventRank(b))))

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
    case 'StickBreaking': return stickBreaking
    case 'CholeskyCorr': return choleskyCorr
    case 'Ordered': return ordered
    default: return undefined
  }
}
