/**
 * Log densities of the gamma kind as deviations from their peak, after Loader (2000,
 * "Fast and accurate computation of binomial probabilities"): the terms of the textbook
 * forms grow with the parameters and cancel, these don't.
 *
 * With P(a; m) = m^a exp(-m) / Gamma(a + 1), e = m - a:
 * log P(a; m) = log P(a; a) - e + a log(1 + e / a). Gamma, inverse gamma, beta,
 * Dirichlet, Poisson, binomial and negative binomial densities are products of such P.
 *
 * @since 0.2.0
 */
import * as B from '../tensor/build.ts'
import type { Tensor } from '../tensor/node.ts'
import { HALF_LOG_2PI, settled } from './family.ts'
import { scalarOf } from './fold.ts'

/** From here on Stirling's series to the ninth power is exact in f32. */
const LARGE = 3

/** log P(a; a) = a log a - a - log Gamma(a + 1), for a >= 0. */
export const logPeak = (a: Tensor): Tensor => {
  const big = B.max(a, LARGE), r = B.div(1, big), r2 = B.square(r)
  const series = [-1 / 1680, 1 / 1260, -1 / 360, 1 / 12].reduce((s, c) => B.add(B.mul(s, r2), c), B.scalar(1 / 1188))
  const far = B.neg(B.add(B.add(B.mul(series, r), B.mul(0.5, B.log(big))), HALF_LOG_2PI))
  const small = B.min(a, LARGE), safe = B.select(B.gt(small, 0), small, 1)
  const near = B.sub(B.sub(B.mul(small, B.log(safe)), small), B.lgamma(B.add(small, 1)))
  return settled(B.select(B.gt(a, LARGE), far, near))
}

/** From here on the series of log a - digamma(a) is exact in f32. */
const ASYMPTOTIC = 4

/** log a - digamma(a), which is about 1 / (2 a): the two are not told apart in f32 where a is large. */
export const digammaGap = (a: Tensor): Tensor => {
  const big = B.max(a, ASYMPTOTIC), r = B.div(1, big), r2 = B.square(r)
  const series = [-1 / 240, 1 / 252, -1 / 120, 1 / 12].reduce((s, c) => B.add(B.mul(s, r2), c), B.scalar(1 / 132))
  const few = B.min(a, ASYMPTOTIC)
  return settled(B.select(B.gt(a, ASYMPTOTIC), B.mul(r, B.add(0.5, B.mul(r, series))), B.sub(B.log(few), B.digamma(few))))
}

/** log Gamma(a) - (a - 1) digamma(a) + a, a gamma variable's entropy: of order log a, though its terms are of order a log a. */
export const gammaEntropy = (a: Tensor): Tensor => B.sub(B.mul(B.sub(a, 1), digammaGap(a)), logPeak(a))

/** c l, and 0 where c = 0 and l is infinite; its gradient by c is l elsewhere. */
export const weigh = (c: Tensor, l: Tensor): Tensor => {
  const lost = B.and(B.eq(c, 0), B.not(B.isFinite(l)))
  return B.mul(c, B.select(lost, 0, l))
}

/**
 * -e + a log(1 + e / a) + extra. Where |e| is not small against a it is -e + far, so
 * `far` is a log((a + e) / a) + extra from logarithms that are known by themselves.
 */
export const tilt = (a: Tensor, e: Tensor, far: Tensor, extra?: Tensor): Tensor => {
  const close = B.lt(B.abs(e), B.mul(a, 0.5))
  const ratio = B.div(B.select(close, e, 0), B.select(B.gt(a, 0), a, 1))
  const near = B.mul(a, B.log1p(ratio))
  return B.sub(B.select(close, extra === undefined ? near : B.add(near, extra), far), e)
}

/** log P(a; m) - log P(a; a) with e = m - a, where a may be 0 and log m is known by itself. */
export const countTilt = (a: Tensor, e: Tensor, logMean: Tensor): Tensor =>
  tilt(a, e, weigh(a, B.sub(logMean, B.log(B.select(B.gt(a, 0), a, 1)))))

/**
 * 1 - I_p(a, b) with q = 1 - p known by itself: from the smaller of the two, which is not rounded
 * as a number near 1 would be. Where the second parameter dwarfs the first, as a gamma's share
 * (Wise 1950, "The incomplete beta function as a contour integral and a quickly converging series
 * for its inverse"), off by about 0.03 a^2.5 / b^2: below 1e-6 where it is taken, and more only
 * where b is so large that f32 has nothing better.
 */
export const upperShare = (a: Tensor, b: Tensor, p: Tensor, q: Tensor): Tensor => {
  const low = B.lt(p, q), choose = (x: Tensor, y: Tensor): Tensor => B.select(low, x, y)
  const one = choose(a, b), other = choose(b, a), least = choose(p, q)
  const size = B.log(other), most = B.select(B.gt(other, 2e8), B.sub(size, 6.2), B.sub(B.mul(0.8, size), 4.17))
  const dwarfed = B.and(B.gt(other, 1e5), B.lt(B.log(one), most))
  const rate = B.mul(B.add(other, B.mul(0.5, B.sub(one, 1))), B.neg(B.log1p(B.neg(least))))
  const g = B.select(dwarfed, one, 1), beta = (t: Tensor): Tensor => B.select(dwarfed, 1, t)
  const share = B.select(dwarfed, B.gammainc(g, B.select(dwarfed, rate, 1)), B.betainc(beta(one), beta(other), least))
  return B.select(low, B.sub(1, share), share)
}

/** log p of a probability; where it is 0 nothing flows back, as 0 / 0 would (`stabilise` takes the guard away where p is above 0 by its form). */
export const logChance = (p: Tensor): Tensor => B.log(B.select(B.eq(p, 0), 0, p))

/** exp of more than this is not needed, and may overflow f32. */
const STEEP = 80

/**
 * What a mixture's log density has for a slope by a weight that is 0, where its logarithm has none: the component's
 * density over the mixture's, from the difference of their logarithms. The value is 0.
 */
export const atNoWeight = (w: Tensor, difference: Tensor): Tensor => {
  const slope = B.stopGradient(B.exp(B.min(difference, STEEP)))
  return B.select(B.eq(w, 0), B.mul(B.sub(w, B.stopGradient(w)), slope), 0)
}

/** log(w exp(l1) + (1 - w) exp(l2)), with a gradient by w at 0 and 1 too. */
export const logMix = (w: Tensor, l1: Tensor, l2: Tensor): Tensor => {
  const rest = settled(B.sub(1, w)), l = B.logAddExp(B.add(logChance(w), l1), B.add(logChance(rest), l2))
  if (scalarOf(w) !== undefined) return l
  return B.add(l, B.add(atNoWeight(w, B.sub(l1, l)), atNoWeight(rest, B.sub(l2, l))))
}
