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
