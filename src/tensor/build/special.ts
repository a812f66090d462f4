/**
 * Special functions: constructors with the data first. Arguments are numbers or tensors
 * that broadcast; everything is f32.
 *
 * @since 0.2.0
 */
import * as B from '../build.ts'
import type { Arg } from '../build.ts'
import type { Tensor } from '../node.ts'
import { node } from '../node.ts'
import type { OpName } from '../table.ts'

const one = (op: OpName) => (x: Arg): Tensor => node(op, [B.float(x)])
const two = (op: OpName) => (a: Arg, b: Arg): Tensor => node(op, [B.float(a), B.float(b)])

// -----------------------------------------------------------------------------
// gamma and beta functions
// -----------------------------------------------------------------------------

/**
 * log of the gamma function, for positive x; infinite at 0.
 *
 * @example
 * Tensor.lgamma(Tensor.constant(5))   // log 24
 */
export const lgamma = one('lgamma')
/** The derivative of digamma of a whole order >= 0, for positive x: order 0 is digamma itself. */
export const polygamma = (order: number, x: Arg): Tensor => node('polygamma', [B.float(x)], { order })
/** The derivative of lgamma, for positive x. */
export const digamma = (x: Arg): Tensor => polygamma(0, x)
/** The derivative of digamma, for positive x. */
export const trigamma = (x: Arg): Tensor => polygamma(1, x)
/** log of the beta function B(a, b), without cancellation for large arguments. */
export const lbeta = two('lbeta')
/** P(a, x): the share of a gamma(a, 1) variable below x. */
export const gammainc = two('gammainc')
/** Q(a, x) = 1 - P(a, x), accurate in the right tail. */
export const gammaincc = two('gammaincc')
/** I_x(a, b): the share of a beta(a, b) variable below x. Differentiable in x only. */
export const betainc = (a: Arg, b: Arg, x: Arg): Tensor => node('betainc', [B.float(a), B.float(b), B.float(x)])
/** x^a exp(-x) / gamma(a), without cancellation. */
export const gammaKernel = two('gammaKernel')
/** x^a (1 - x)^b / B(a, b), without cancellation. */
export const betaKernel = (a: Arg, b: Arg, x: Arg): Tensor => node('betaKernel', [B.float(a), B.float(b), B.float(x)])

// -----------------------------------------------------------------------------
// error function and normal distribution
// -----------------------------------------------------------------------------

/** The error function. */
export const erf = one('erf')
/** 1 - erf(x), accurate in the right tail. */
export const erfc = one('erfc')
/** exp(x^2) erfc(x). */
export const erfcx = one('erfcx')
/** The inverse of erf on (-1, 1). */
export const erfinv = one('erfinv')
/** The standard normal quantile of a probability. */
export const ndtri = one('ndtri')
/** log of the standard normal distribution function, stable far left. */
export const logNdtr = one('logNdtr')
/** The standard normal distribution function. */
export const ndtr = (x: Arg): Tensor => B.mul(erfc(B.mul(B.float(x), -Math.SQRT1_2)), 0.5)

// -----------------------------------------------------------------------------
// Bessel functions
// -----------------------------------------------------------------------------

/** log of the modified Bessel function I0. */
export const logI0 = one('logI0')
/** I1(x) / I0(x), the mean resultant length of a von Mises variable of concentration x. */
export const besselRatio = one('besselRatio')

// -----------------------------------------------------------------------------
// logarithms of sums and products
// -----------------------------------------------------------------------------

/** log(1 - exp(-x)) for x > 0, accurate near 0 and far out. */
export const log1mexp = (x: Arg): Tensor => {
  const t = B.float(x), near = B.log(B.neg(B.expm1(B.neg(B.min(t, Math.LN2))))), far = B.log1p(B.neg(B.exp(B.neg(B.max(t, Math.LN2)))))
  return B.select(B.lt(t, Math.LN2), near, far)
}
/** log(exp(a) + exp(b)) without overflow. */
export const logAddExp = (a: Arg, b: Arg): Tensor => {
  const x = B.float(a), y = B.float(b)
  return B.select(B.ge(x, y), B.add(x, B.softplus(B.sub(y, x))), B.add(y, B.softplus(B.sub(x, y))))
}
/** x log y, 0 where x is 0. */
export const xlogy = (x: Arg, y: Arg): Tensor => {
  const a = B.float(x), b = B.float(y), none = B.and(B.eq(a, 0), B.le(b, 0))
  return B.mul(a, B.log(B.select(none, 1, b)))
}
/** x log(1 + y), 0 where x is 0. */
export const xlog1py = (x: Arg, y: Arg): Tensor => {
  const a = B.float(x), b = B.float(y), none = B.and(B.eq(a, 0), B.le(b, -1))
  return B.mul(a, B.log1p(B.select(none, 0, b)))
}
