/**
 * The truncated normal, in log space from the tail that it lies in.
 *
 * In units of the normal the bounds are a < b. Where a + b > 0 everything is mirrored,
 * so that the mass between the bounds is Phi(h) - Phi(l) with h = -a, l = -b (else
 * h = b, l = a): never the difference of two numbers near 1. With
 * Phi(h) = exp(g(h) - min(h, 0)^2 / 2), where g is slow, the quadratic parts of density
 * and mass are one difference of squares, and a tail at 100 is as good as one at 1.
 * Where the bounds are close together the mass is the middle's density times the width.
 *
 * A bound that is the number -inf or inf is left out; other bounds are taken as finite.
 *
 * @since 0.2.0
 */
import { implicit } from '../random/index.ts'
import * as B from '../tensor/build.ts'
import type { Tensor } from '../tensor/node.ts'
import { shapeOf } from '../tensor/node.ts'
import { HALF_LOG_2PI, scaleOf } from './family.ts'
import type { Params } from './family.ts'
import { scalarOf } from './fold.ts'

type P = Params<'mu' | 'sd' | 'lower' | 'upper'>

/** log Phi(h) + min(h, 0)^2 / 2 */
const slow = (h: Tensor): Tensor =>
  B.select(B.lt(h, 0), B.log(B.mul(0.5, B.erfcx(B.mul(B.min(h, 0), -Math.SQRT1_2)))), B.logNdtr(B.max(h, 0)))

const halfSquare = (h: Tensor): Tensor => B.mul(0.5, B.square(B.min(h, 0)))

interface Sides {
  readonly a: Tensor | undefined
  readonly b: Tensor | undefined
  /** A bool tensor or a fixed answer: is it the upper tail? */
  readonly flip: Tensor | boolean
  readonly h: Tensor | undefined
  readonly l: Tensor | undefined
}

const choose = (flip: Tensor | boolean, yes: Tensor, no: Tensor): Tensor =>
  typeof flip === 'boolean' ? (flip ? yes : no) : B.select(flip, yes, no)

const sides = ({ mu, sd, lower, upper }: P): Sides => {
  const unit = (t: Tensor, none: number): Tensor | undefined => (scalarOf(t) === none ? undefined : B.mul(B.sub(t, mu), scaleOf(sd).inverse))
  const a = unit(lower, -Infinity), b = unit(upper, Infinity)
  const flip = a === undefined ? false : b === undefined ? true : B.gt(B.add(a, b), 0)
  if (a === undefined || b === undefined)
    return { a, b, flip, h: a === undefined ? b : B.neg(a), l: undefined }
  return { a, b, flip, h: choose(flip, B.neg(a), b), l: choose(flip, B.neg(b), a) }
}

/** log Phi(h) - log Phi(l) for l < h. */
const gap = (l: Tensor, h: Tensor): Tensor => {
  const squares = B.mul(0.5, B.mul(B.sub(B.min(l, 0), B.min(h, 0)), B.add(B.min(l, 0), B.min(h, 0))))
  return B.add(B.sub(slow(h), slow(l)), squares)
}

/** Widths times positions below this are close together; the series' next term is below 1e-6 there. */
const CLOSE = 0.2

interface Middle { readonly close: Tensor; readonly width: Tensor; readonly middle: Tensor; readonly more: Tensor }

/** Mass of a narrow interval: width phi(middle) (1 + (middle^2 - 1) width^2 / 24 + ...). */
const narrow = (a: Tensor, b: Tensor, width: Tensor): Middle => {
  const at = B.mul(0.5, B.add(a, b))
  const close = B.lt(B.mul(width, B.add(1, B.abs(at))), CLOSE)
  const w = B.select(close, width, CLOSE), middle = B.select(close, at, 0)
  return { close, width: w, middle, more: B.log1p(B.mul(B.mul(B.sub(B.square(middle), 1), B.square(w)), 1 / 24)) }
}

const widthOf = ({ sd, lower, upper }: P): Tensor => B.mul(B.sub(upper, lower), scaleOf(sd).inverse)

/** log(Phi(b) - Phi(a)) + min(h, 0)^2 / 2 */
const slowMass = (l: Tensor | undefined, h: Tensor | undefined): Tensor =>
  h === undefined ? B.scalar(0) : l === undefined ? slow(h) : B.add(slow(h), B.log1mexp(gap(l, h)))

/** log(Phi(b) - Phi(a)) */
const logMass = (p: P): Tensor => {
  const { a, b, l, h } = sides(p)
  const wide = h === undefined ? B.scalar(0) : B.sub(slowMass(l, h), halfSquare(h))
  if (a === undefined || b === undefined) return wide
  const n = narrow(a, b, widthOf(p))
  return B.select(n.close, B.add(B.sub(B.log(n.width), B.add(B.mul(0.5, B.square(n.middle)), HALF_LOG_2PI)), n.more), wide)
}

/** Log density inside the bounds, in nats. */
export const logDensity = (p: P, x: Tensor): Tensor => {
  const s = scaleOf(p.sd), { a, b, flip, h, l } = sides(p)
  const z = B.mul(B.sub(x, p.mu), s.inverse)
  if (h === undefined) return B.sub(B.sub(B.mul(-0.5, B.square(z)), s.log), HALF_LOG_2PI)
  // z - r and z + r for the bound r that the tail begins at; the first from x and the bound themselves.
  const from = B.mul(choose(flip, B.sub(x, p.lower), B.sub(x, p.upper)), s.inverse)
  const r = choose(flip, a ?? B.scalar(0), b ?? B.scalar(0))
  const squares = B.select(B.lt(h, 0), B.mul(from, B.add(z, r)), B.square(z))
  const wide = B.sub(B.sub(B.sub(B.mul(-0.5, squares), slowMass(l, h)), s.log), HALF_LOG_2PI)
  if (a === undefined || b === undefined) return wide
  const n = narrow(a, b, widthOf(p))
  const centred = B.mul(0.5, B.mul(B.sub(z, n.middle), B.add(z, n.middle)))
  return B.select(n.close, B.neg(B.add(B.add(centred, B.log(B.sub(p.upper, p.lower))), n.more)), wide)
}

/** Draws by the inverse cdf, from standard exponentials e: the share exp(-e) of the mass is beyond the draw, on the side of the tail's end. */
export const fromExponential = (p: P, e: Tensor): Tensor => {
  const { flip, h, l } = sides(p)
  // log of the share of Phi(h) that lies below the draw: log(rho + (1 - rho) exp(-e)), rho = Phi(l) / Phi(h)
  const share = l === undefined || h === undefined ? B.neg(e) : B.log1p(B.mul(B.expm1(B.neg(e)), B.neg(B.expm1(B.neg(gap(l, h))))))
  const y = h === undefined ? B.ndtri(B.exp(share)) : below(h, share)
  const x = B.add(p.mu, B.mul(p.sd, choose(flip, B.neg(y), y)))
  return within(p, x)
}

/** The nearest number inside the bounds. */
export const within = ({ lower, upper }: P, x: Tensor): Tensor => {
  const above = scalarOf(lower) === -Infinity ? x : B.max(x, lower)
  return scalarOf(upper) === Infinity ? above : B.min(above, upper)
}

/** In tails beyond this the inverse is found in log space. */
const FAR = -3
const STEPS = 4

/** The y with log Phi(y) = log Phi(h) + share: ndtri, or Newton's steps on log Phi far out, which is concave and nearly a parabola. */
const below = (h: Tensor, share: Tensor): Tensor => {
  const near = B.ndtri(B.mul(B.ndtr(B.max(h, FAR)), B.exp(share)))
  const far = B.min(h, FAR)
  const start = B.neg(B.sqrt(B.sub(B.square(far), B.mul(2, share))))
  const step = (y: Tensor): Tensor => {
    const left = B.sub(B.neg(gap(y, far)), share)
    return B.sub(y, B.mul(left, B.exp(B.add(slow(y), HALF_LOG_2PI))))
  }
  const solved = Array.from({ length: STEPS }).reduce<Tensor>((y) => step(y), start)
  return B.select(B.lt(h, FAR), solved, near)
}

// -----------------------------------------------------------------------------
// moments
// -----------------------------------------------------------------------------

/*
 * Closed forms are differences of hazards, which cancel in a tail and between close bounds. So the
 * moments are sums of positive terms instead: with y the distance (in units of sd) from the point
 * of the interval that is nearest to mu, which is t from it, the density falls as
 * exp(-y (t + y / 2)), and Gauss-Legendre nodes lie up to where that is exp(-FALL).
 */
const FALL = 24.5
/** More is as good as this, and its square is an f32. */
const FARTHEST = 1e18
const RULE = implicit.gaussLegendre(32)
const ruleOf = (pick: 0 | 1): Tensor => B.array(Float32Array.from(RULE, (r) => r[pick]), [RULE.length])

interface Shares {
  /** The point that y is measured from, and -1 where y grows downwards. */
  readonly from: Tensor
  readonly side: Tensor | number
  /** y = start + length u, u in (0, 1). */
  readonly start: Tensor
  readonly length: Tensor
  readonly u: Tensor
  /** y (t + y / 2) at the nodes. */
  readonly fall: Tensor
  /** Probabilities of the nodes, and the logarithm of what they were divided by. */
  readonly share: Tensor
  readonly log: Tensor
}

const overNodes = (t: Tensor): Tensor => B.sum(t, [-1])
const atNodes = (t: Tensor): Tensor => B.expandDims(t, shapeOf(t).length)

const sharesOf = (p: P, a: Tensor | undefined, b: Tensor | undefined): Shares => {
  const below = a === undefined ? undefined : B.gt(a, 0), above = b === undefined ? undefined : B.lt(b, 0)
  const pick = (lower: Tensor | number, upper: Tensor | number, inside: Tensor): Tensor => {
    const rest = above === undefined ? inside : B.select(above, upper, inside)
    return below === undefined ? rest : B.select(below, lower, rest)
  }
  const t = B.clip(pick(a ?? 0, b === undefined ? 0 : B.neg(b), B.mul(0, p.mu)), 0, FARTHEST)
  const reach = B.div(2 * FALL, B.add(t, B.sqrt(B.add(B.square(t), 2 * FALL))))
  const width = a === undefined || b === undefined ? reach : B.min(reach, widthOf(p))
  const start = pick(0, 0, a === undefined ? B.neg(reach) : B.max(a, B.neg(reach)))
  const length = pick(width, width, B.sub(b === undefined ? reach : B.min(b, reach), start))
  const u = ruleOf(0), y = B.add(atNodes(start), B.mul(atNodes(length), u))
  const fall = B.mul(y, B.add(atNodes(t), B.mul(0.5, y))), e = B.mul(ruleOf(1), B.exp(B.neg(fall))), all = overNodes(e)
  return {
    from: pick(p.lower, p.upper, p.mu), side: above === undefined ? 1 : B.select(above, -1, 1), start, length, u, fall,
    share: B.div(e, atNodes(all)), log: B.log(B.mul(length, all))
  }
}

/** `free` where there is no bound, else `f` of the nodes. */
const bounded = (p: P, free: Tensor, f: (s: Shares) => Tensor): Tensor => {
  const { a, b } = sides(p)
  return a === undefined && b === undefined ? free : f(sharesOf(p, a, b))
}

/** The mean. */
export const mean = (p: P): Tensor => bounded(p, p.mu, ({ from, side, start, length, u, share }) =>
  within(p, B.add(from, B.mul(B.mul(p.sd, side), B.add(start, B.mul(length, overNodes(B.mul(share, u))))))))

/** The variance. */
export const variance = (p: P): Tensor => bounded(p, B.square(p.sd), ({ length, u, share }) => {
  const centre = atNodes(overNodes(B.mul(share, u)))
  return B.mul(B.square(B.mul(p.sd, length)), overNodes(B.mul(share, B.square(B.sub(u, centre)))))
})

/** The entropy in nats. */
export const entropy = (p: P): Tensor => {
  const log = scaleOf(p.sd).log
  return bounded(p, B.add(log, HALF_LOG_2PI + 0.5), (s) => B.add(B.add(s.log, log), overNodes(B.mul(s.share, s.fall))))
}

/** The probability below x, from the side of the tail's end. */
export const cdf = (p: P, x: Tensor): Tensor => {
  const { flip } = sides(p)
  const inside = within(p, x)
  const lower = logMass({ ...p, upper: inside }), upper = logMass({ ...p, lower: inside }), all = logMass(p)
  const from = (t: Tensor): Tensor => B.exp(B.sub(t, all))
  return choose(flip, B.sub(1, from(upper)), from(lower))
}
