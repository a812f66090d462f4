/**
 * Families with bounds: on an interval, or from a bound on.
 *
 * @since 0.1.0
 */
import * as B from '../../tensor/build.ts'
import type { Tensor } from '../../tensor/node.ts'
import { HALF_LOG_2PI, family, implicitly, scaleOf, settled, spread, standardExponential, uniform01, whereFinite } from '../family.ts'
import type { Params } from '../family.ts'
import { scalarOf } from '../fold.ts'
import { digammaGap, gammaEntropy, logPeak, tilt, weigh } from '../stable.ts'
import { interval, lowerBound, positive, real, unit, upperBound } from '../support.ts'
import * as truncated from '../truncated.ts'

/** Uniform: -log(upper - lower) */
export const uniform = family({
  doc: 'uniform between lower and upper',
  density: '1 / (upper - lower)',
  params: { lower: { domain: 'real', default: 0 }, upper: { domain: 'real', default: 1 } },
  support: ({ lower, upper }) => interval(lower, upper),
  logDensity: ({ lower, upper }, x) => spread(B.neg(B.log(B.sub(upper, lower))), x, [lower, upper]),
  sample: ({ lower, upper }, key, shape) => B.add(lower, B.mul(B.sub(upper, lower), uniform01(key, shape))),
  mean: ({ lower, upper }) => B.mul(0.5, B.add(lower, upper)),
  variance: ({ lower, upper }) => B.div(B.square(B.sub(upper, lower)), 12),
  median: ({ lower, upper }) => B.mul(0.5, B.add(lower, upper)),
  entropy: ({ lower, upper }) => B.log(B.sub(upper, lower)),
  cdf: ({ lower, upper }, x) => B.clip(B.div(B.sub(x, lower), B.sub(upper, lower)), 0, 1),
  quantile: ({ lower, upper }, q) => B.add(lower, B.mul(B.sub(upper, lower), q))
})

/** Beta: (alpha - 1) log x + (beta - 1) log(1 - x) - log B(alpha, beta), as a deviation from its peak. */
export const beta = family({
  doc: 'beta with shapes alpha (towards 1) and beta (towards 0)',
  density: 'x^(alpha - 1) (1 - x)^(beta - 1) / B(alpha, beta), evaluated as a deviation from its peak (Loader 2000)',
  params: { alpha: { domain: 'positive', default: 1 }, beta: { domain: 'positive', default: 1 } },
  support: () => unit,
  logDensity: ({ alpha, beta: b }, x) => {
    const n = settled(B.add(alpha, b)), one = B.log(x), zero = B.log(B.sub(1, x))
    const top = settled(B.sub(B.add(B.add(logPeak(alpha), B.log(alpha)), B.add(logPeak(b), B.log(b))), B.add(logPeak(n), B.log(n))))
    // n x - alpha, from what is small near an end.
    const more = B.sub(B.mul(b, x), B.mul(alpha, B.sub(1, x)))
    const part = (a: Tensor, e: Tensor, l: Tensor): Tensor =>
      tilt(a, e, B.add(settled(B.mul(a, B.sub(B.log(n), B.log(a)))), weigh(B.sub(a, 1), l)), B.neg(l))
    return B.add(top, B.add(part(alpha, more, one), part(b, B.neg(more), zero)))
  },
  sample: ({ alpha, beta: b }, key, shape) =>
    B.sigmoid(B.sub(B.randomLogGamma(B.fold(key, 0), alpha, shape), B.randomLogGamma(B.fold(key, 1), b, shape))),
  mean: ({ alpha, beta: b }) => B.div(alpha, B.add(alpha, b)),
  variance: ({ alpha, beta: b }) => {
    const n = B.add(alpha, b)
    return B.div(B.mul(B.div(alpha, n), B.div(b, n)), B.add(n, 1))
  },
  // Towards the higher end where a shape is at most 1; the middle for a flat or a symmetric two-ended density.
  mode: ({ alpha, beta: b }) => {
    const inner = B.and(B.gt(alpha, 1), B.gt(b, 1))
    const end = B.select(B.gt(alpha, b), 1, B.select(B.lt(alpha, b), 0, 0.5))
    return B.select(inner, B.div(B.sub(alpha, 1), B.select(inner, B.sub(B.add(alpha, b), 2), 1)), end)
  },
  entropy: ({ alpha, beta: b }) => {
    const n = B.add(alpha, b), both = B.add(gammaEntropy(alpha), gammaEntropy(b))
    return B.sub(both, B.add(B.sub(gammaEntropy(n), digammaGap(n)), B.log(n)))
  },
  cdf: ({ alpha, beta: b }, x) => B.betainc(alpha, b, x)
})

/** log I0(kappa) - kappa; from the asymptotic series (Abramowitz and Stegun 9.7.1) where the two would cancel. */
const logI0e = (kappa: Tensor): Tensor => {
  const far = B.gt(kappa, 20), r = B.div(1, B.select(far, kappa, 20))
  const tail = [225 / 3072, 9 / 128, 1 / 8].reduce((s, c) => B.add(B.mul(s, r), c), B.scalar(11025 / 98304))
  const large = B.add(B.log1p(B.mul(tail, r)), B.mul(0.5, B.sub(B.log(r), Math.log(2 * Math.PI))))
  const small = B.select(far, 20, kappa)
  return settled(B.select(far, large, B.sub(B.logI0(small), small)))
}

/** 1 - I1(kappa) / I0(kappa), about 1 / (2 kappa): by its asymptotic series where the two are not told apart. */
const besselGap = (kappa: Tensor): Tensor => {
  const far = B.gt(kappa, 20), r = B.div(1, B.select(far, kappa, 20))
  const tail = [3.21875, 1073 / 1024, 13 / 32, 25 / 128, 1 / 8, 1 / 8, 1 / 2].reduce((s, c) => B.add(B.mul(s, r), c), B.scalar(11.466461181640625))
  return settled(B.select(far, B.mul(tail, r), B.sub(1, B.besselRatio(B.select(far, 20, kappa)))))
}

/** An angle in [-pi, pi]. */
const wrapped = (x: Tensor): Tensor =>
  B.clip(B.sub(x, B.mul(2 * Math.PI, B.round(B.mul(x, 1 / (2 * Math.PI))))), -Math.PI, Math.PI)

/**
 * Von Mises: kappa cos(x - mu) - log(2 pi I0(kappa)). A line is laid over (-pi, pi), so
 * an approximation does not join the ends; mean and variance are those of the circle.
 */
export const vonMises = family({
  doc: 'angle in (-pi, pi) about mu with concentration kappa; mean and variance are the circular ones',
  density: 'exp(kappa cos(x - mu)) / (2 pi I0(kappa)), evaluated from -2 kappa sin^2((x - mu) / 2) and log I0(kappa) - kappa',
  params: { mu: { domain: 'real' }, kappa: { domain: 'positive' } },
  support: () => interval(B.scalar(-Math.PI), B.scalar(Math.PI)),
  logDensity: ({ mu, kappa }, x) => {
    const half = B.sin(B.mul(0.5, B.sub(x, mu)))
    return B.sub(B.mul(B.mul(-2, kappa), B.square(half)), B.add(logI0e(kappa), Math.log(2 * Math.PI)))
  },
  sample: ({ mu, kappa }, key, shape) => wrapped(B.add(mu, B.randomVonMises(key, kappa, shape))),
  mean: ({ mu }) => wrapped(mu),
  variance: ({ kappa }) => besselGap(kappa),
  mode: ({ mu }) => wrapped(mu),
  entropy: ({ kappa }) => B.add(B.add(logI0e(kappa), Math.log(2 * Math.PI)), B.mul(kappa, besselGap(kappa)))
})

const above = (x: Tensor, bound: Tensor): Tensor => (scalarOf(bound) === 0 ? x : B.sub(x, bound))

const waldAt = ({ mu, lam, alpha }: Params<'mu' | 'lam' | 'alpha'>, x: Tensor): Tensor => {
  const y = above(x, alpha), l = B.log(y), s = B.sinh(B.mul(0.5, B.sub(l, scaleOf(mu).log)))
  // The same from y - mu where the logarithms would cancel: (y - mu)^2 / (4 mu y).
  const d = B.sub(y, mu), close = B.lt(B.abs(d), B.mul(0.5, mu))
  const far = B.select(close, 0, B.square(s))
  const near = B.div(B.square(B.select(close, d, 0)), B.mul(4, B.mul(mu, B.select(close, y, mu))))
  const head = settled(B.sub(B.mul(0.5, B.log(lam)), HALF_LOG_2PI))
  return B.sub(B.sub(head, B.mul(1.5, l)), B.mul(settled(B.div(B.mul(2, lam), mu)), B.select(close, near, far)))
}

const waldBelow = ({ mu, lam, alpha }: Params<'mu' | 'lam' | 'alpha'>, x: Tensor): Tensor => {
  const y = above(x, alpha), r = B.sqrt(B.div(lam, y)), z = B.div(y, mu)
  return B.add(B.ndtr(B.mul(r, B.sub(z, 1))), B.exp(B.add(B.div(B.mul(2, lam), mu), B.logNdtr(B.neg(B.mul(r, B.add(z, 1)))))))
}

/** Inverse Gaussian, y = x - alpha, t = log y - log mu: log(lam / 2 pi) / 2 - 3/2 log y - (2 lam / mu) sinh^2(t / 2) */
export const wald = family({
  doc: 'inverse Gaussian with mean mu and shape lam, moved to begin at alpha',
  density: 'sqrt(lam / (2 pi y^3)) exp(-lam (y - mu)^2 / (2 mu^2 y)) with y = x - alpha',
  params: { mu: { domain: 'positive' }, lam: { domain: 'positive' }, alpha: { domain: 'real', default: 0 } },
  support: ({ alpha }) => (scalarOf(alpha) === 0 ? positive : lowerBound(alpha, true)),
  logDensity: waldAt,
  // Michael, Schucany and Haas (1976); the smaller root as a quotient, in which nothing cancels.
  sample: (p, key, shape) => {
    const { mu, lam, alpha } = p
    const w = B.div(B.mul(B.mul(mu, 0.5), B.square(B.randomNormal(B.fold(key, 0), shape))), lam)
    const r = B.add(B.add(1, w), B.sqrt(B.mul(w, B.add(w, 2))))
    const low = B.lt(uniform01(B.fold(key, 1), shape), B.div(r, B.add(r, 1)))
    const draw = B.add(alpha, B.mul(mu, B.select(low, B.div(1, r), r)))
    return implicitly(draw, (x) => waldBelow(p, x), (x) => waldAt(p, x))
  },
  mean: ({ mu, alpha }) => B.add(mu, alpha),
  variance: ({ mu, lam }) => B.div(B.mul(B.square(mu), mu), lam),
  mode: ({ mu, lam, alpha }) => {
    const r = B.div(B.mul(1.5, mu), lam)
    return B.add(alpha, B.div(mu, B.add(B.sqrt(B.add(1, B.square(r))), r)))
  },
  cdf: waldBelow
})

/** log(x / m), from what x has above m. */
const beyond = (x: Tensor, m: Tensor): Tensor => B.log1p(B.div(B.sub(x, m), m))

/** Pareto: log alpha - log m - (alpha + 1) (log x - log m) */
export const pareto = family({
  doc: 'Pareto with tail index alpha, from m on',
  density: 'alpha m^alpha / x^(alpha + 1)',
  params: { alpha: { domain: 'positive' }, m: { domain: 'positive', scale: true } },
  support: ({ m }) => lowerBound(m),
  logDensity: ({ alpha, m }, x) => {
    const lm = scaleOf(m).log
    return B.sub(B.sub(settled(B.log(alpha)), lm), B.mul(B.add(alpha, 1), beyond(x, m)))
  },
  sample: ({ alpha, m }, key, shape) => B.mul(m, B.exp(B.div(standardExponential(key, shape), alpha))),
  mean: ({ alpha, m }) => whereFinite(B.gt(alpha, 1), B.div(B.mul(alpha, m), B.sub(alpha, 1))),
  variance: ({ alpha, m }) =>
    whereFinite(B.gt(alpha, 2), B.div(B.mul(alpha, B.square(B.div(m, B.sub(alpha, 1)))), B.sub(alpha, 2))),
  median: ({ alpha, m }) => B.mul(m, B.exp(B.div(Math.LN2, alpha))),
  mode: ({ m }) => m,
  entropy: ({ alpha, m }) => B.add(B.add(B.sub(scaleOf(m).log, B.log(alpha)), B.div(1, alpha)), 1),
  cdf: ({ alpha, m }, x) => B.neg(B.expm1(B.neg(B.mul(alpha, beyond(x, m))))),
  quantile: ({ alpha, m }, q) => B.mul(m, B.exp(B.neg(B.div(B.log1p(B.neg(q)), alpha))))
})

/** Truncated normal: see ../truncated.ts */
export const truncatedNormal = family({
  doc: 'normal with mean mu and standard deviation sd before truncation, between lower and upper',
  density: 'phi(z) / (sd (Phi(b) - Phi(a))) with z, a, b = (x, lower, upper less mu) / sd, normalised in log space from the nearer tail',
  params: {
    mu: { domain: 'real', default: 0 }, sd: { domain: 'positive', default: 1, scale: true },
    lower: { domain: 'extended', default: -Infinity }, upper: { domain: 'extended', default: Infinity }
  },
  support: ({ lower, upper }) => {
    const from = scalarOf(lower) !== -Infinity, to = scalarOf(upper) !== Infinity
    return from && to ? interval(lower, upper) : from ? lowerBound(lower) : to ? upperBound(upper) : real
  },
  logDensity: truncated.logDensity,
  sample: (p, key, shape) => truncated.fromExponential(p, standardExponential(key, shape)),
  mean: truncated.mean,
  variance: truncated.variance,
  median: (p) => truncated.fromExponential(p, B.scalar(Math.LN2)),
  mode: (p) => truncated.within(p, p.mu),
  entropy: truncated.entropy,
  cdf: truncated.cdf
})
