/**
 * What the Student t and its half have in common.
 *
 * @since 0.2.0
 */
import * as B from '../tensor/build.ts'
import type { Shape } from '../tensor/extent.ts'
import type { Tensor } from '../tensor/node.ts'
import { settled } from './family.ts'
import { scalarOf } from './fold.ts'
import { digammaGap } from './stable.ts'

/** Log density at 0 of the standard t: -log B(nu / 2, 1 / 2) - log(nu) / 2. */
export const studentTop = (nu: Tensor): Tensor =>
  settled(B.neg(B.add(B.lbeta(B.mul(0.5, nu), 0.5), B.mul(0.5, B.log(nu)))))

/** Standard draws: a normal over the root of a gamma's mean-one draw, the latter by its log. */
export const studentDraw = (nu: Tensor, key: Tensor, shape: Shape): Tensor => {
  const half = B.mul(0.5, nu)
  const spread = B.exp(B.mul(0.5, B.sub(B.log(half), B.randomLogGamma(B.fold(key, 1), half, shape))))
  return B.mul(B.randomNormal(B.fold(key, 0), shape), spread)
}

/** Entropy of the standard t in nats: (nu + 1) / 2 (digamma((nu + 1) / 2) - digamma(nu / 2)) - studentTop. */
export const studentEntropy = (nu: Tensor): Tensor => {
  const half = B.mul(0.5, nu), next = B.add(half, 0.5)
  const step = B.add(B.log1p(B.div(1, nu)), B.sub(digammaGap(half), digammaGap(next)))
  return B.sub(B.mul(next, step), studentTop(nu))
}

/** From here on Hill's series ends below f32's last digit, tails of 1e-12 included. */
const MANY = 30
/** Beyond this a normal's tail is 0 in f64. */
const FAR = 60

/**
 * The standard normal's point with the same probability below it as z has (Hill 1970, "Algorithm
 * 395: Student's t-distribution"), for nu of at least 30: the incomplete beta function would take
 * nu / (nu + z^2), which is 1 in f32.
 */
const asNormal = (nu: Tensor, z: Tensor): Tensor => {
  const many = B.max(nu, MANY), a = B.sub(many, 0.5), b = B.mul(48, B.square(B.min(a, 1e9)))
  const s = B.clip(B.mul(z, B.rsqrt(many)), -1e9, 1e9), r = B.square(s), some = B.gt(r, 1e-8)
  const stretch = B.select(some, B.div(B.log1p(r), B.select(some, r, 1)), 1)
  const w = B.clip(B.mul(s, B.sqrt(B.mul(a, stretch))), -FAR, FAR), w2 = B.square(w), w4 = B.square(w2)
  const second = B.add(B.mul(w2, B.add(B.mul(w2, B.add(B.mul(4, w2), 33)), 240)), 855)
  const more = B.div(second, B.mul(10, B.add(B.add(b, B.mul(0.8, w4)), 100)))
  return B.mul(w, B.add(1, B.div(B.sub(B.add(w2, 3), more), b)))
}

/** Probability within |z|: I_y(1 / 2, nu / 2) with y = z^2 / (nu + z^2), or beyond it with 1 - y, whichever y is not rounded as a number near 1. */
const shares = (nu: Tensor, z: Tensor): { readonly within: Tensor; readonly beyond: Tensor } => {
  const few = B.min(nu, MANY), half = B.mul(0.5, few)
  // With s = z / sqrt(nu): s^2 or 1 / s^2, over itself and 1.
  const s = B.abs(B.mul(z, B.rsqrt(few))), near = B.lt(s, 1)
  const t = B.square(B.select(near, s, B.div(1, B.select(near, 1, s))))
  const share = B.betainc(B.select(near, 0.5, half), B.select(near, half, 0.5), B.div(t, B.add(t, 1)))
  return { within: B.select(near, share, B.sub(1, share)), beyond: B.select(near, B.sub(1, share), share) }
}

const byNumber = (nu: Tensor, few: () => Tensor, many: () => Tensor): Tensor => {
  const n = scalarOf(nu)
  return n === undefined ? B.select(B.lt(nu, MANY), few(), many()) : n < MANY ? few() : many()
}

/** Probability of a standard t below z. */
export const studentBelow = (nu: Tensor, z: Tensor): Tensor =>
  byNumber(nu, () => {
    const tail = B.mul(0.5, shares(nu, z).beyond)
    return B.select(B.gt(z, 0), B.sub(1, tail), tail)
  }, () => B.ndtr(asNormal(nu, z)))

/** Probability of a standard t between -z and z, z >= 0. */
export const studentWithin = (nu: Tensor, z: Tensor): Tensor =>
  byNumber(nu, () => shares(nu, z).within, () => B.erf(B.mul(asNormal(nu, z), Math.SQRT1_2)))
