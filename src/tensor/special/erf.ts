/**
 * The error function's family and the normal distribution's in f64: the meaning of the
 * ops of the same names. Relative errors of about 1e-14, in the tails too.
 *
 * The series of positive terms (Abramowitz and Stegun 7.1.6) up to 1.5, the continued
 * fraction (7.1.14) beyond; inverses by Newton's method on these.
 *
 * @since 0.2.0
 */

const SQRT_PI = 1.7724538509055160273

/** exp(-x^2) with the square's rounding made good. */
const gauss = (x: number): number => {
  const h = Math.fround(x)
  return Math.exp(-h * h) * Math.exp(-(x - h) * (x + h))
}

/** erf for 0 <= x <= 1.5. */
const erfSeries = (x: number): number => {
  let term = x, sum = x
  for (let n = 1; term > 1e-18 * sum; n++) sum += term *= (2 * x * x) / (2 * n + 1)
  return ((2 / SQRT_PI) * sum) * gauss(x)
}

/** erfcx for x > 1.5: the continued fraction backwards from where it has converged. */
const erfcxFraction = (x: number): number => {
  let t = x
  for (let k = Math.ceil(20 + 300 / (x * x)); k >= 1; k--) t = x + k / 2 / t
  return 1 / (SQRT_PI * t)
}

/** The error function. */
export const erf = (x: number): number =>
  Number.isNaN(x) ? x : x < 0 ? -erf(-x) : x <= 1.5 ? erfSeries(x) : 1 - gauss(x) * erfcxFraction(x)

/** 1 - erf(x). */
export const erfc = (x: number): number => (x <= 1.5 ? 1 - erf(x) : x > 28 ? 0 : gauss(x) * erfcxFraction(x))

/** exp(x^2) erfc(x). */
export const erfcx = (x: number): number =>
  x > 1.5 ? (x === Infinity ? 0 : erfcxFraction(x)) : x < -1.5 ? 2 / gauss(x) - erfcxFraction(-x) : (1 - erf(x)) / gauss(x)

/** log of the standard normal cumulative distribution function. */
export const logNdtr = (x: number): number =>
  x > 0 ? Math.log1p(-0.5 * erfc(x * Math.SQRT1_2)) : -0.5 * x * x + Math.log(0.5 * erfcx(-x * Math.SQRT1_2))

/** The lower half of the quantiles: Newton's method on logNdtr, which is concave, from its left. */
const lowerQuantile = (p: number): number => {
  const target = Math.log(p)
  let x = -Math.sqrt(-2 * target)
  for (let i = 0; i < 60; i++) {
    const step = (logNdtr(x) - target) * Math.sqrt(Math.PI / 2) * erfcx(-x * Math.SQRT1_2)
    x -= step
    if (Math.abs(step) <= 1e-16 * Math.abs(x)) break
  }
  return x
}

/** The inverse of erf on (-1, 1), infinite at the ends. */
export const erfinv = (y: number): number => {
  const a = Math.abs(y)
  if (!(a < 1)) return a === 1 ? y * Infinity : NaN
  if (a > 0.5) return -Math.sign(y) * lowerQuantile((1 - a) / 2) * Math.SQRT1_2
  let x = y * SQRT_PI / 2
  for (let i = 0; i < 12; i++) x -= ((erf(x) - y) * SQRT_PI) / (2 * gauss(x))
  return x
}

/** The standard normal quantile of a probability. */
export const ndtri = (p: number): number =>
  !(p >= 0 && p <= 1) ? NaN : p === 0 ? -Infinity : p < 0.25 ? lowerQuantile(p) : Math.SQRT2 * erfinv(2 * p - 1)
