/**
 * Tests of draws against distributions, with critical values at 1e-6: at fixed seeds they
 * are deterministic, and the chance that a right sampler was given an unlucky seed stays
 * below 1e-4 for all of them together.
 */
import chisquareQuantile from '@stdlib/stats-base-dists-chisquare-quantile'

/** Kolmogorov's statistic sqrt(n) sup |F_n - F|. */
export const kolmogorov = (draws: ArrayLike<number>, cdf: (x: number) => number): number => {
  const sorted = Float64Array.from(draws).sort(), n = sorted.length
  let worst = 0
  sorted.forEach((x, i) => {
    const p = cdf(x)
    worst = Math.max(worst, p - i / n, (i + 1) / n - p)
  })
  return worst * Math.sqrt(n)
}

/** 2 exp(-2 c^2) = 1e-6. */
export const KOLMOGOROV = Math.sqrt(Math.log(2e6) / 2)

/** Pearson's statistic over its critical value at 1e-6, cells merged to expected counts of at least 10. */
export const pearson = (draws: ArrayLike<number>, from: number, to: number, cdf: (k: number) => number): number => {
  const n = draws.length, seen = new Map<number, number>()
  for (let i = 0; i < n; i++) seen.set(draws[i], (seen.get(draws[i]) ?? 0) + 1)
  let before = 0, observed = 0, total = 0, statistic = 0, cells = 0
  for (let k = from; k <= to; k++) {
    observed += seen.get(k) ?? 0
    const upTo = k === to ? 1 : cdf(k), expected = n * (upTo - before)
    if (k < to && (expected < 10 || n * (1 - upTo) < 10)) continue
    statistic += (observed - expected) ** 2 / expected
    total += observed
    cells++
    before = upTo
    observed = 0
  }
  if (total !== n) throw new Error(`${n - total} draws outside ${from}..${to}`)
  return cells < 2 ? 0 : statistic / chisquareQuantile(1 - 1e-6, cells - 1)
}

/** Distance of a mean from what it should be, in its own standard errors. */
export const zOf = (draws: ArrayLike<number>, mean: number, variance: number): number => {
  let sum = 0
  for (let i = 0; i < draws.length; i++) sum += draws[i] - mean
  return Math.abs(sum) / Math.sqrt(variance * draws.length)
}

/** Two-sided 1e-6. */
export const Z = 4.9

/** Mean and variance as measured. */
export const momentsOf = (xs: ArrayLike<number>): { readonly mean: number; readonly variance: number } => {
  let sum = 0, squares = 0
  for (let i = 0; i < xs.length; i++) sum += xs[i]
  const mean = sum / xs.length
  for (let i = 0; i < xs.length; i++) squares += (xs[i] - mean) ** 2
  return { mean, variance: squares / (xs.length - 1) }
}
