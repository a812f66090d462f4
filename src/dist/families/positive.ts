/**
 * Families on the positive half line.
 *
 * @since 0.1.0
 */
import * as B from '../../tensor/build.ts'
import type { Tensor } from '../../tensor/node.ts'
import { HALF_LOG_2PI, family, scaleOf, settled, standardExponential, uniform01, whereFinite } from '../family.ts'
import type { Params } from '../family.ts'
import { digammaGap, gammaEntropy, logPeak, tilt, weigh } from '../stable.ts'
import { studentDraw, studentEntropy, studentTop, studentWithin } from '../student.ts'
import { nonNegative, positive } from '../support.ts'
import { normal } from './real.ts'

/** Log-normal: log x is normal(mu, sd). */
export const logNormal = family({
  doc: 'log-normal: log x is normal with mean mu and standard deviation sd',
  density: 'exp(-((log x - mu) / sd)^2 / 2) / (x sd sqrt(2 pi))',
  params: { mu: { domain: 'real', default: 0 }, sd: { domain: 'positive', default: 1, scale: true } },
  support: () => positive,
  logDensity: (p, x) => {
    const l = B.log(x)
    return B.sub(normal.logDensity(p, l), l)
  },
  sample: ({ mu, sd }, key, shape) => B.exp(B.add(mu, B.mul(sd, B.randomNormal(key, shape)))),
  mean: ({ mu, sd }) => B.exp(B.add(mu, B.mul(0.5, B.square(sd)))),
  variance: ({ mu, sd }) => {
    const v = B.square(sd)
    return B.mul(B.expm1(v), B.exp(B.add(B.mul(2, mu), v)))
  },
  median: ({ mu }) => B.exp(mu),
  mode: ({ mu, sd }) => B.exp(B.sub(mu, B.square(sd))),
  entropy: ({ mu, sd }) => B.add(B.add(mu, scaleOf(sd).log), 0.5 + HALF_LOG_2PI),
  cdf: ({ mu, sd }, x) => B.ndtr(B.div(B.sub(B.log(x), mu), sd)),
  quantile: ({ mu, sd }, q) => B.exp(B.add(mu, B.mul(sd, B.ndtri(q))))
})

/** Upper quartile of the standard normal: the median of its absolute value. */
const QUARTILE = 0.6744897501960817

/** Half normal: -(x / sd)^2 / 2 - log sd + log(2 / pi) / 2 */
export const halfNormal = family({
  doc: 'absolute value of a normal with mean 0 and standard deviation sd',
  density: 'sqrt(2 / pi) exp(-(x / sd)^2 / 2) / sd',
  params: { sd: { domain: 'positive', default: 1, scale: true } },
  support: () => nonNegative,
  logDensity: ({ sd }, x) => {
    const s = scaleOf(sd)
    return B.add(B.sub(B.mul(B.square(B.mul(x, s.inverse)), -0.5), s.log), 0.5 * Math.log(2 / Math.PI))
  },
  sample: ({ sd }, key, shape) => B.mul(sd, B.abs(B.randomNormal(key, shape))),
  mean: ({ sd }) => B.mul(sd, Math.sqrt(2 / Math.PI)),
  variance: ({ sd }) => B.mul(B.square(sd), 1 - 2 / Math.PI),
  median: ({ sd }) => B.mul(sd, QUARTILE),
  mode: ({ sd }) => B.mul(sd, 0),
  entropy: ({ sd }) => B.add(scaleOf(sd).log, 0.5 * Math.log(Math.PI / 2) + 0.5),
  cdf: ({ sd }, x) => B.erf(B.mul(B.div(x, sd), Math.SQRT1_2)),
  quantile: ({ sd }, q) => B.mul(sd, B.mul(Math.SQRT2, B.erfinv(q)))
})

/** Exponential: log lam - lam x */
export const exponential = family({
  doc: 'exponential with rate lam',
  density: 'lam exp(-lam x)',
  params: { lam: { domain: 'positive', default: 1 } },
  support: () => nonNegative,
  logDensity: ({ lam }, x) => B.sub(scaleOf(lam).log, B.mul(lam, x)),
  sample: ({ lam }, key, shape) => B.div(standardExponential(key, shape), lam),
  mean: ({ lam }) => B.div(1, lam),
  variance: ({ lam }) => B.div(1, B.square(lam)),
  median: ({ lam }) => B.div(Math.LN2, lam),
  mode: ({ lam }) => B.mul(lam, 0),
  entropy: ({ lam }) => B.sub(1, scaleOf(lam).log),
  cdf: ({ lam }, x) => B.neg(B.expm1(B.neg(B.mul(lam, x)))),
  quantile: ({ lam }, q) => B.neg(B.div(B.log1p(B.neg(q)), lam))
})

/** Half Cauchy: log 2 - log(pi beta) - log(1 + (x / beta)^2), the last from log x: the square would overflow far out. */
export const halfCauchy = family({
  doc: 'absolute value of a Cauchy with centre 0 and half width beta',
  density: '2 / (pi beta (1 + (x / beta)^2))',
  params: { beta: { domain: 'positive', default: 1, scale: true } },
  support: () => nonNegative,
  logDensity: ({ beta }, x) => {
    const s = scaleOf(beta)
    return B.add(B.sub(B.neg(B.softplus(B.mul(2, B.sub(B.log(x), s.log)))), s.log), Math.log(2 / Math.PI))
  },
  sample: ({ beta }, key, shape) => B.mul(beta, B.tan(B.mul(uniform01(key, shape), Math.PI / 2))),
  median: ({ beta }) => beta,
  mode: ({ beta }) => B.mul(beta, 0),
  entropy: ({ beta }) => B.add(scaleOf(beta).log, Math.log(2 * Math.PI)),
  cdf: ({ beta }, x) => B.mul(2 / Math.PI, B.atan(B.div(x, beta))),
  // Towards 1 from the tail: its cotangent, since an angle near pi / 2 keeps few digits of it.
  quantile: ({ beta }, q) => {
    const low = B.lt(q, 0.5), t = B.tan(B.mul(B.select(low, q, B.sub(1, q)), Math.PI / 2))
    return B.mul(beta, B.select(low, t, B.div(1, B.select(low, 1, t))))
  }
})

/** Half Student t: log 2 + Student t, log(1 + (x / sd)^2 / nu) from log x. */
export const halfStudentT = family({
  doc: 'absolute value of a Student t with nu degrees of freedom, centre 0 and scale sd',
  density: '2 Gamma((nu + 1) / 2) / (Gamma(nu / 2) sqrt(nu pi) sd) (1 + (x / sd)^2 / nu)^(-(nu + 1) / 2)',
  params: { nu: { domain: 'positive' }, sd: { domain: 'positive', default: 1, scale: true } },
  support: () => nonNegative,
  logDensity: ({ nu, sd }, x) => {
    const s = scaleOf(sd), far = B.softplus(B.sub(B.mul(2, B.sub(B.log(x), s.log)), settled(B.log(nu))))
    return B.sub(B.sub(settled(B.add(studentTop(nu), Math.LN2)), s.log), B.mul(B.mul(0.5, B.add(nu, 1)), far))
  },
  sample: ({ nu, sd }, key, shape) => B.mul(sd, B.abs(studentDraw(nu, key, shape))),
  mean: ({ nu, sd }) => B.mul(sd, halfStudentMean(nu)),
  variance: ({ nu, sd }) => B.mul(B.square(sd), whereFinite(B.gt(nu, 2), B.sub(B.div(nu, B.sub(nu, 2)), B.square(halfStudentMean(nu))))),
  mode: ({ sd }) => B.mul(sd, 0),
  entropy: ({ nu, sd }) => B.add(scaleOf(sd).log, B.sub(studentEntropy(nu), Math.LN2)),
  cdf: ({ nu, sd }, x) => studentWithin(nu, B.div(x, sd))
})

/** 2 sqrt(nu) / ((nu - 1) B(nu / 2, 1 / 2)) */
const halfStudentMean = (nu: Tensor): Tensor =>
  whereFinite(B.gt(nu, 1), B.div(B.mul(2, B.exp(B.add(studentTop(nu), B.log(nu)))), B.sub(nu, 1)))

type GammaParams = Params<'alpha' | 'beta'>

/** alpha log beta - log Gamma(alpha) + (alpha - 1) log x - beta x, as a deviation from its peak. */
const gammaAt = ({ alpha, beta }: GammaParams, x: Tensor): Tensor => {
  const l = B.log(x), top = settled(B.add(logPeak(alpha), B.log(alpha)))
  const rate = B.sub(scaleOf(beta).log, settled(B.log(alpha)))
  const far = B.add(B.mul(alpha, rate), weigh(B.sub(alpha, 1), l))
  return B.add(top, tilt(alpha, B.sub(B.mul(beta, x), alpha), far, B.neg(l)))
}

/** Gamma: alpha log beta - log Gamma(alpha) + (alpha - 1) log x - beta x */
export const gamma = family({
  doc: 'gamma with shape alpha and rate beta',
  density: 'beta^alpha x^(alpha - 1) exp(-beta x) / Gamma(alpha), evaluated as a deviation from its peak (Loader 2000)',
  params: { alpha: { domain: 'positive' }, beta: { domain: 'positive' } },
  support: () => positive,
  logDensity: gammaAt,
  sample: ({ alpha, beta }, key, shape) => B.exp(B.sub(B.randomLogGamma(key, alpha, shape), scaleOf(beta).log)),
  mean: ({ alpha, beta }) => B.div(alpha, beta),
  variance: ({ alpha, beta }) => B.div(alpha, B.square(beta)),
  mode: ({ alpha, beta }) => B.div(B.max(B.sub(alpha, 1), 0), beta),
  entropy: ({ alpha, beta }) => B.sub(gammaEntropy(alpha), scaleOf(beta).log),
  cdf: ({ alpha, beta }, x) => B.gammainc(alpha, B.mul(beta, x))
})

/** Chi squared as a gamma. */
const squares = (nu: Tensor): GammaParams => ({ alpha: settled(B.mul(0.5, nu)), beta: B.scalar(0.5) })

/** Chi squared: gamma with shape nu / 2 and rate 1 / 2 */
export const chiSquared = family({
  doc: 'sum of nu squared standard normals',
  density: 'x^(nu / 2 - 1) exp(-x / 2) / (2^(nu / 2) Gamma(nu / 2))',
  params: { nu: { domain: 'positive' } },
  support: () => positive,
  logDensity: ({ nu }, x) => gammaAt(squares(nu), x),
  sample: ({ nu }, key, shape) => B.mul(2, B.exp(B.randomLogGamma(key, B.mul(0.5, nu), shape))),
  mean: ({ nu }) => nu,
  variance: ({ nu }) => B.mul(2, nu),
  mode: ({ nu }) => B.max(B.sub(nu, 2), 0),
  entropy: ({ nu }) => B.add(gammaEntropy(B.mul(0.5, nu)), Math.LN2),
  cdf: ({ nu }, x) => B.gammainc(B.mul(0.5, nu), B.mul(0.5, x))
})

/** Inverse gamma: alpha log beta - log Gamma(alpha) - (alpha + 1) log x - beta / x */
export const inverseGamma = family({
  doc: 'beta over a gamma with shape alpha and rate 1',
  density: 'beta^alpha x^(-alpha - 1) exp(-beta / x) / Gamma(alpha), evaluated as a deviation from its peak (Loader 2000)',
  params: { alpha: { domain: 'positive' }, beta: { domain: 'positive', default: 1, scale: true } },
  support: () => positive,
  logDensity: ({ alpha, beta }, x) => {
    const l = B.log(x), top = settled(B.add(logPeak(alpha), B.log(alpha)))
    const logMean = B.sub(scaleOf(beta).log, l)
    const far = B.sub(B.mul(alpha, B.sub(logMean, settled(B.log(alpha)))), l)
    return B.add(top, tilt(alpha, B.sub(B.exp(logMean), alpha), far, B.neg(l)))
  },
  sample: ({ alpha, beta }, key, shape) => B.exp(B.sub(scaleOf(beta).log, B.randomLogGamma(key, alpha, shape))),
  mean: ({ alpha, beta }) => whereFinite(B.gt(alpha, 1), B.div(beta, B.sub(alpha, 1))),
  variance: ({ alpha, beta }) =>
    whereFinite(B.gt(alpha, 2), B.div(B.square(B.div(beta, B.sub(alpha, 1))), B.sub(alpha, 2))),
  mode: ({ alpha, beta }) => B.div(beta, B.add(alpha, 1)),
  // A gamma's and the mean of 2 log x.
  entropy: ({ alpha, beta }) =>
    B.add(gammaEntropy(alpha), B.add(scaleOf(beta).log, B.mul(2, B.sub(digammaGap(alpha), B.log(alpha))))),
  cdf: ({ alpha, beta }, x) => B.gammaincc(alpha, B.div(beta, x))
})

/** Weibull, t = alpha (log x - log beta): log alpha - log x + t - exp(t) */
export const weibull = family({
  doc: 'Weibull with shape alpha and scale beta',
  density: 'alpha / beta (x / beta)^(alpha - 1) exp(-(x / beta)^alpha)',
  params: { alpha: { domain: 'positive' }, beta: { domain: 'positive', scale: true } },
  support: () => positive,
  logDensity: ({ alpha, beta }, x) => {
    const lb = scaleOf(beta).log, r = B.sub(B.log(x), lb)
    return B.sub(B.add(B.sub(settled(B.log(alpha)), lb), weigh(B.sub(alpha, 1), r)), B.exp(B.mul(alpha, r)))
  },
  sample: ({ alpha, beta }, key, shape) =>
    B.exp(B.add(scaleOf(beta).log, B.div(B.log(standardExponential(key, shape)), alpha))),
  mean: ({ alpha, beta }) => B.mul(beta, rising(alpha, 1)),
  variance: ({ alpha, beta }) => B.mul(B.square(B.mul(beta, rising(alpha, 1))), B.expm1(risingTwice(alpha))),
  median: ({ alpha, beta }) => B.mul(beta, B.exp(B.div(Math.log(Math.LN2), alpha))),
  mode: ({ alpha, beta }) =>
    B.select(B.gt(alpha, 1), B.mul(beta, B.exp(B.div(B.log1p(B.div(-1, B.max(alpha, 1))), alpha))), B.mul(beta, 0)),
  entropy: ({ alpha, beta }) =>
    B.add(B.add(B.mul(EULER, B.sub(1, B.div(1, alpha))), B.sub(scaleOf(beta).log, B.log(alpha))), 1),
  cdf: ({ alpha, beta }, x) => B.neg(B.expm1(B.neg(B.exp(B.mul(alpha, B.sub(B.log(x), scaleOf(beta).log)))))),
  quantile: ({ alpha, beta }, q) => B.mul(beta, B.exp(B.div(B.log(B.neg(B.log1p(B.neg(q)))), alpha)))
})

/** The Euler-Mascheroni constant. */
const EULER = 0.5772156649015329

/** Gamma(1 + k / alpha) */
const rising = (alpha: Tensor, k: number): Tensor => B.exp(B.lgamma(B.add(1, B.div(k, alpha))))

/** From this shape on the series below is exact in f32. */
const SHARP = 8
/** zeta(k) (-1)^k (2^k - 2) / k for k = 2..13: coefficients of log Gamma(1 + 2 e) - 2 log Gamma(1 + e) by powers of e. */
const TWICE = [1.6449340668, -2.4041138063, 3.788131318, -6.2215665309, 10.5125449738, -18.1502869929, 31.8794560593, -56.7804755935, 102.301645578, -186.0919190803, 341.2506231958, -630.0773094090]

/** log Gamma(1 + 2 / alpha) - 2 log Gamma(1 + 1 / alpha), about (pi / alpha)^2 / 6. */
const risingTwice = (alpha: Tensor): Tensor => {
  const sharp = B.gt(alpha, SHARP), e = B.div(1, B.select(sharp, alpha, SHARP)), f = B.div(1, B.select(sharp, SHARP, alpha))
  const series = B.mul(B.square(e), TWICE.reduceRight<Tensor>((s, c) => B.add(B.mul(s, e), c), B.scalar(0)))
  return B.select(sharp, series, B.sub(B.lgamma(B.add(1, B.mul(2, f))), B.mul(2, B.lgamma(B.add(1, f)))))
}
