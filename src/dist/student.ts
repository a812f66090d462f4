/**
 * What the Student t and its half have in common.
 *
 * @since 0.2.0
 */
import * as B from '../tensor/build.ts'
import type { Shape } from '../tensor/extent.ts'
import type { Tensor } from '../tensor/node.ts'
import { settled } from './family.ts'

/** Log density at 0 of the standard t: -log B(nu / 2, 1 / 2) - log(nu) / 2. */
export const studentTop = (nu: Tensor): Tensor =>
  settled(B.neg(B.add(B.lbeta(B.mul(0.5, nu), 0.5), B.mul(0.5, B.log(nu)))))

/** Standard draws: a normal over the root of a gamma's mean-one draw, the latter by its log. */
export const studentDraw = (nu: Tensor, key: Tensor, shape: Shape): Tensor => {
  const half = B.mul(0.5, nu)
  const spread = B.exp(B.mul(0.5, B.sub(B.log(half), B.randomLogGamma(B.fold(key, 1), half, shape))))
  return B.mul(B.randomNormal(B.fold(key, 0), shape), spread)
}

/** Entropy of the standard t in nats. */
export const studentEntropy = (nu: Tensor): Tensor => {
  const half = B.mul(0.5, nu), next = B.add(half, 0.5)
  return B.sub(B.mul(next, B.sub(B.digamma(next), B.digamma(half))), studentTop(nu))
}

/** Probability beyond |z| on both sides: I_{nu / (nu + z^2)}(nu / 2, 1 / 2). */
export const studentTails = (nu: Tensor, z: Tensor): Tensor =>
  B.betainc(B.mul(0.5, nu), 0.5, B.div(nu, B.add(nu, B.square(z))))
