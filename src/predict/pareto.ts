/**
 * Pareto-smoothed importance weights (Vehtari, Simpson, Gelman, Yao, Gabry 2024): the
 * largest weights are replaced by quantiles of a generalised Pareto distribution fitted to
 * them, whose shape k says how far the weights can be trusted.
 *
 * @since 0.5.0
 */
import { logMeanExp } from './refuse.ts'

/** A generalised Pareto distribution of excesses: shape and scale. */
export interface Pareto {
  readonly k: number
  readonly sigma: number
}

/**
 * Fits a generalised Pareto distribution to increasing positive numbers: the profile
 * posterior mean of Zhang and Stephens (2009), the shape then drawn towards 1/2 by as much as ten
 * observations would (Vehtari et al. 2024, appendix G).
 */
export const fitPareto = (xs: ArrayLike<number>): Pareto => {
  const n = xs.length, m = 30 + Math.floor(Math.sqrt(n))
  const quartile = xs[Math.floor(n / 4 + 0.5) - 1], largest = xs[n - 1]
  // theta stands for -k / sigma, as in 1 - theta x with theta below 1 / largest.
  const thetas = Float64Array.from({ length: m }, (_, j) => 1 / largest + (1 - Math.sqrt(m / (j + 0.5))) / (3 * quartile))
  const shapeAt = (theta: number): number => {
    let sum = 0
    for (let i = 0; i < n; i++) sum += Math.log1p(-theta * xs[i])
    return sum / n
  }
  const profile = thetas.map((theta) => { const k = shapeAt(theta); return n * (Math.log(-theta / k) - k - 1) })
  const top = profile.reduce((a, b) => Math.max(a, b), -Infinity)
  let total = 0, theta = 0
  profile.forEach((l, j) => { const w = Math.exp(l - top); total += w; theta += w * thetas[j] })
  theta /= total
  const k = shapeAt(theta)
  return { k: (n * k + 5) / (n + 10), sigma: -k / theta }
}

/** The quantile of a generalised Pareto distribution at a probability. */
export const paretoQuantile = ({ k, sigma }: Pareto, p: number): number => {
  const l = -Math.log1p(-p)
  return Math.abs(k) < 1e-12 ? sigma * l : (sigma * Math.expm1(k * l)) / k
}

/**
 * Smoothed log weights that sum to 1, and the shape of their tail: infinity where there are too few draws to tell, minus
 * infinity where there is no tail, as the largest weights are all the same.
 */
export interface Smoothed {
  readonly logWeights: Float64Array
  readonly k: number
  /** Is no weight more than 5 % above their mean, of as many as tell of a tail? Then what they weigh is nearly what it is without them, however heavy the tail of so little. */
  readonly slight: boolean
}

/** The log of a weight over their mean up to which none stands out. */
const SLIGHT = Math.log(1.05)

/** Smooths the largest of some log weights, the last min(S / 5, 3 sqrt(S)) of S. */
export const smoothWeights = (raw: Float64Array): Smoothed => {
  const n = raw.length, tail = Math.ceil(Math.min(n / 5, 3 * Math.sqrt(n)))
  const top = raw.reduce((a, b) => Math.max(a, b), -Infinity)
  const logs = raw.map((l) => l - top)
  const order = Uint32Array.from(logs, (_, i) => i).sort((a, b) => logs[a] - logs[b])
  const cut = tail < n ? Math.max(logs[order[n - tail - 1]], Math.log(Number.MIN_VALUE)) : -Infinity
  const last = order.filter((i) => logs[i] > cut)
  const slight = tail > 4 && -logMeanExp(logs) <= SLIGHT
  let k = tail > 4 && cut === 0 ? -Infinity : Infinity
  if (last.length > 4) {
    // Weights beyond that of the cut, and their logs, without a difference of two that are nearly equal.
    const base = Math.exp(cut), above = (q: number): number => (q < base ? cut + Math.log1p(q / base) : Math.log(base + q))
    const found = fitPareto(Float64Array.from(last, (i) => -Math.exp(logs[i]) * Math.expm1(cut - logs[i])))
    if (Number.isFinite(found.k)) {
      k = found.k
      last.forEach((i, j) => { logs[i] = Math.min(0, above(paretoQuantile(found, (j + 0.5) / last.length))) })
    }
  }
  const high = logs.reduce((a, b) => Math.max(a, b), -Infinity)
  const total = high + Math.log(logs.reduce((s, l) => s + Math.exp(l - high), 0))
  return { logWeights: logs.map((l) => l - total), k, slight }
}
