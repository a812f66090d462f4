/**
 * The gamma function's logarithm, its derivatives and the logarithm of the beta function
 * in f64, for positive arguments: the meaning of the ops of the same names.
 *
 * Taylor's series at 2 near the zeros of log gamma, Stirling's series from 10 on, the
 * recurrence between them. Accurate to about 1e-14, relatively also next to 1 and 2.
 * At 0 the value is the limit; below 0 it is NaN.
 *
 * @since 0.2.0
 */

/** log(1 + d) - d without cancellation, for d > -1. */
export const log1pmx = (d: number): number => {
  if (d < -0.4 || d > 0.6) return Math.log1p(d) - d
  const r = d / (2 + d), z = r * r
  let sum = 0, power = z * r
  for (let k = 3; k < 45 && Math.abs(power) > 1e-18 * Math.abs(sum); k += 2, power *= z) sum += power / k
  return 2 * sum - r * d
}

/** Coefficients B(2k) / (2k (2k - 1)) of Stirling's series. */
const STIRLING = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400]

/** What Stirling's formula lacks: log gamma(x) - ((x - 1/2) log x - x + log(2 pi) / 2), for x of at least 10. */
export const stirling = (x: number): number => {
  const z = 1 / (x * x)
  return STIRLING.reduceRight((s, c) => s * z + c, 0) / x
}

const HALF_LOG_2PI = 0.9189385332046727418
const EULER = 0.5772156649015328606

/** zeta(k) - 1 for k = 2, 3, ...: a sum with the Euler-Maclaurin remainder. */
const ZETA: readonly number[] = Array.from({ length: 52 }, (_, i) => {
  const k = i + 2, n = 20
  let tail = n ** (1 - k) / (k - 1) + 0.5 * n ** -k + (k / 12) * n ** (-k - 1) - (k * (k + 1) * (k + 2) / 720) * n ** (-k - 3)
    + (k * (k + 1) * (k + 2) * (k + 3) * (k + 4) / 30240) * n ** (-k - 5)
  for (let j = n - 1; j >= 2; j--) tail += j ** -k
  return tail
})

/** log gamma(2 + z) for |z| <= 1/2, by its Taylor series. */
const nearTwo = (z: number): number => {
  let sum = 0
  for (let k = ZETA.length + 1; k >= 2; k--) sum = sum * -z + ZETA[k - 2] / k
  return z * (1 - EULER + z * sum)
}

/** log |gamma(x)|. */
export const lgamma = (x: number): number => {
  if (!(x > 0)) return x === 0 ? Infinity : NaN
  if (x === Infinity) return x
  if (x >= 10) return (x - 0.5) * (Math.log(x) - 1) - 0.5 + HALF_LOG_2PI + stirling(x)
  if (x < 0.5) return nearTwo(x) - Math.log1p(x) - Math.log(x)
  if (x < 1.5) return nearTwo(x - 1) - Math.log1p(x - 1)
  let p = 1, y = x
  while (y > 2.5) p *= --y
  return nearTwo(y - 2) + Math.log(p)
}

/** Coefficients B(2k) of the asymptotic series. */
const BERNOULLI = [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798, -174611 / 330]

/** The derivative of order n of digamma: order 0 is digamma. */
export const polygamma = (n: number, x: number): number => {
  if (!(x > 0)) return x === 0 ? (n % 2 === 0 ? -Infinity : Infinity) : NaN
  if (x === Infinity) return n === 0 ? x : 0
  const sign = n % 2 === 0 ? -1 : 1
  let factorial = 1
  for (let k = 2; k <= n; k++) factorial *= k
  let sum = 0, y = x
  for (; y < 15 + n; y++) sum += y ** (-n - 1)
  sum *= factorial
  // n! / n is (n - 1)!; for n = 0 its term is -log y.
  sum += n === 0 ? -Math.log(y) : (factorial / n) * y ** -n
  sum += 0.5 * factorial * y ** (-n - 1)
  let c = factorial, power = y ** (-n - 2)
  for (let k = 1; k <= BERNOULLI.length; k++, power /= y * y) {
    // c = (2k + n - 1)! / (2k)!
    c = k === 1 ? (factorial * (n + 1)) / 2 : (c * (2 * k + n - 2) * (2 * k + n - 1)) / ((2 * k - 1) * (2 * k))
    sum += BERNOULLI[k - 1] * c * power
  }
  return sign * sum
}

export const digamma = (x: number): number => polygamma(0, x)

/** log of the beta function, without cancellation between large terms. */
export const lbeta = (p: number, q: number): number => {
  const a = Math.min(p, q), b = Math.max(p, q)
  if (!(a > 0)) return a === 0 ? Infinity : NaN
  if (b < 10) return lgamma(a) + (lgamma(b) - lgamma(a + b))
  const d = a / b
  if (a >= 10)
    return HALF_LOG_2PI - 0.5 * Math.log(b) + (stirling(a) + stirling(b) - stirling(a + b)) + (a - 0.5) * Math.log(d / (1 + d)) - b * Math.log1p(d)
  return lgamma(a) - (b - 0.5) * log1pmx(d) + 0.5 * d - a * Math.log(a + b) + stirling(b) - stirling(a + b)
}
