/**
 * Incomplete gamma and beta functions in f64, and their densities: the meaning of the ops of the same names.
 *
 * The densities are made from the distance to the mode where parameters are large, so
 * that large terms never cancel. Series of positive terms below the mean, continued
 * fractions above (Lentz's algorithm).
 *
 * @since 0.2.0
 */
import { implicit } from '../../random/index.ts'
import { lbeta, lgamma, log1pmx, stirling } from './gamma.ts'

const TINY = 1e-300

/** log(x / m) - (x - m) / m, from the difference d where x is near m. */
const fall = (x: number, m: number, d: number): number => (Math.abs(d) < 0.4 * m ? log1pmx(d / m) : Math.log(x / m) - d / m)

/** x^a e^-x / gamma(a): x times the density of a gamma variable of rate 1, for x > 0. */
export const gammaKernel = (a: number, x: number): number =>
  x === 0 ? 0
  : a < 10 ? Math.exp(a * Math.log(x) - x - lgamma(a))
  : Math.sqrt(a / (2 * Math.PI)) * Math.exp(a * fall(x, a, x - a) - stirling(a))

/** P(a, x) by its series, for x up to about a. */
const lowerGamma = (a: number, x: number): number => {
  let term = 1 / a, sum = term
  for (let n = 1; term > 1e-17 * sum; n++) sum += term *= x / (a + n)
  return sum * gammaKernel(a, x)
}

/** Q(a, x) by its continued fraction, for x above max(1, a). */
const upperGamma = (a: number, x: number): number => {
  let b = x + 1 - a, c = 1 / TINY, d = 1 / b, h = d
  for (let i = 1; i < 100000; i++) {
    const n = -i * (i - a)
    b += 2
    d = 1 / (n * d + b || TINY)
    c = b + n / c || TINY
    h *= c * d
    if (Math.abs(c * d - 1) < 1e-16) break
  }
  return h * gammaKernel(a, x)
}

const below = (a: number, x: number): boolean => x < Math.max(1, a) + (a < 1 ? 0.5 : 0)

/** The regularised lower incomplete gamma function P(a, x). */
export const gammainc = (a: number, x: number): number =>
  !(a > 0 && x >= 0) ? NaN : x === 0 ? 0 : x === Infinity ? 1 : below(a, x) ? lowerGamma(a, x) : 1 - upperGamma(a, x)

/** The regularised upper incomplete gamma function Q(a, x). */
export const gammaincc = (a: number, x: number): number =>
  !(a > 0 && x >= 0) ? NaN : x === 0 ? 1 : x === Infinity ? 0 : below(a, x) ? 1 - lowerGamma(a, x) : upperGamma(a, x)

/** The derivative of P(a, x) by a, from the implicit derivative of gamma draws. */
export const gammaincSlope = (a: number, x: number): number => (x > 0 && x < Infinity ? -gammaKernel(a, x) * implicit.logGammaSlope(a, Math.log(x)) : 0)

/** x^a (1 - x)^b / B(a, b): x (1 - x) times the density of a beta variable. */
export const betaKernel = (a: number, b: number, x: number): number => {
  if (x <= 0 || x >= 1) return 0
  if (Math.min(a, b) < 10) return Math.exp(a * Math.log(x) + b * Math.log1p(-x) - lbeta(a, b))
  const n = a + b, m = a / n, r = b / n, d = (x * b - (1 - x) * a) / n
  return Math.sqrt((a * r) / (2 * Math.PI)) * Math.exp(a * fall(x, m, d) + b * fall(1 - x, r, -d) + stirling(n) - stirling(a) - stirling(b))
}

/** I_x(a, b) over its kernel, by the continued fraction, for x below the mean. */
const betaFraction = (a: number, b: number, x: number): number => {
  let c = 1, d = 1 / (1 - ((a + b) * x) / (a + 1) || TINY), h = d
  for (let m = 1; m < 100000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / (1 + even * d || TINY)
    c = 1 + even / c || TINY
    h *= c * d
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / (1 + odd * d || TINY)
    c = 1 + odd / c || TINY
    h *= c * d
    if (Math.abs(c * d - 1) < 1e-16) break
  }
  return h / a
}

/** The regularised incomplete beta function I_x(a, b). */
export const betainc = (a: number, b: number, x: number): number =>
  !(a > 0 && b > 0 && x >= 0 && x <= 1) ? NaN : x === 0 || x === 1 ? x
  : x < (a + 1) / (a + b + 2) ? betaKernel(a, b, x) * betaFraction(a, b, x)
  : 1 - betaKernel(a, b, x) * betaFraction(b, a, 1 - x)
