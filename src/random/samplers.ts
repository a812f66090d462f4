/**
 * Draws that take a number of words not known beforehand: log of gamma, von Mises,
 * Poisson, binomial. `shaders/lib/samplers.wgsl` is their twin in f32.
 *
 * Element i of a key owns a stream of blocks: attempt a reads counter (i, a, 0, 3), so
 * neither other elements nor other uses of the key (fourth word 0, 1, 2) share its
 * words. Attempts are bounded; the chance to exhaust them is stated at each sampler,
 * and then a typical value stands in.
 *
 * Whatever decides between whole numbers is made of numbers that f32 holds exactly (24
 * bits of a word), or rounded to f32 here too, so that both twins take the same branch
 * but for elements within some 1e-6 of a boundary.
 *
 * Laws: a draw is a function of key, element and parameters alone; counts are whole and
 * inside their support; parameters outside their domain give the nearest sensible draw,
 * never NaN.
 *
 * @since 0.2.0
 */
import { philox4x32 } from './philox.ts'
import type { Block, Key } from './philox.ts'
import { radiusUniformOf } from './stream.ts'

/** One draw of a key's element. */
export type Sampler<P extends readonly number[]> = (...parameters: P) => (key: Key) => (element: number) => number

// -----------------------------------------------------------------------------
// words
// -----------------------------------------------------------------------------

/** Block `attempt` of an element's own stream. */
const attemptAt = (key: Key, element: number, attempt: number): Block => philox4x32([element >>> 0, attempt, 0, 3], key)

/** log of the uniform that a word stands for, 32 bits deep. */
const logUniform = (word: number): number => Math.log((word + 0.5) * 2 ** -32)

/** Distance of a uniform from the nearer end of (0, 1): 24 bits, exact in f32. */
const edge = (word: number): number => (2 * ((word >>> 31 === 1 ? ~word >>> 0 : word) >>> 8) + 1) * 2 ** -25

// -----------------------------------------------------------------------------
// gamma
// -----------------------------------------------------------------------------

/**
 * log of a Gamma(alpha, 1) draw by Marsaglia and Tsang (ACM TOMS 26, 2000), whose
 * acceptance is at least 0.95: 24 attempts fail with probability below 1e-31. For alpha < 1
 * the draw is that of alpha + 1 times U^(1 / alpha), here a sum of logs, so that alpha may
 * be as small as 1e-15.
 */
export const logGamma: Sampler<[number]> = (alpha) => (key) => (element) => {
  const small = alpha < 1
  const d = Math.max(alpha, 1e-15) + (small ? 1 : 0) - 1 / 3
  const boost = (word: number): number => (small ? logUniform(word) / Math.max(alpha, 1e-15) : 0)
  let words: Block = [0, 0, 0, 0]
  for (let attempt = 0; attempt < 24; attempt++) {
    words = attemptAt(key, element, attempt)
    const z = Math.sqrt(-2 * Math.log(radiusUniformOf(words[0]))) * Math.cos(2 * Math.PI * words[1] * 2 ** -32)
    const t = z / (3 * Math.sqrt(d))
    if (t <= -0.9999) continue
    // log of the acceptance ratio: z^2 / 2 + d - d v + d log v with v = (1 + t)^3.
    if (logUniform(words[2]) < 3 * d * marsaglia(t)) return Math.log(d) + 3 * Math.log1p(t) + boost(words[3])
  }
  return Math.log(d) + boost(words[3])
}

/** log(1 + t) - t + t^2 / 2 - t^3 / 3, by its series near 0. */
const marsaglia = (t: number): number => {
  if (Math.abs(t) > 0.125) return Math.log1p(t) - t * (1 - t * (0.5 - t / 3))
  let q = 0
  for (let n = 16; n >= 4; n--) q = 1 / n - t * q
  return -t * t * t * t * q
}

// -----------------------------------------------------------------------------
// von Mises
// -----------------------------------------------------------------------------

/**
 * A von Mises draw about 0 by Best and Fisher (Applied Statistics 28, 1979). The wrapped
 * Cauchy envelope is written as tan(x / 2) = sqrt((s - 1) / (s + 1)) tan(a) with a uniform
 * in (-pi / 2, pi / 2), and 1 - cos x is made without a difference, so nothing cancels
 * from kappa = 0 to 1e18. Acceptance is at least 0.65: 40 attempts fail with probability
 * below 1e-18.
 */
export const vonMises: Sampler<[number]> = (kappa) => (key) => (element) => {
  const k = Math.min(Math.max(kappa, 0), 1e18)
  // m = kappa (s - 1) of the envelope's s = (1 + sqrt(1 + 4 kappa^2)) / (2 kappa).
  const m = 0.5 + 0.5 / (Math.sqrt(1 + 4 * k * k) + 2 * k)
  for (let attempt = 0; attempt < 40; attempt++) {
    const words = attemptAt(key, element, attempt)
    const a = 2 * Math.PI * (2 * (words[0] >>> 2) + 1) * 2 ** -32
    const c0 = -Math.cos(a), s0 = Math.sin(a)
    const c = m + (2 * k * m * c0 * c0) / (m + 2 * k * s0 * s0)
    if (logUniform(words[1]) <= 1 - c + Math.log(c)) {
      const x = 2 * Math.atan2(Math.sqrt(m) * c0, Math.sqrt(m + 2 * k) * s0)
      return Math.max(-LARGEST, Math.min(LARGEST, x))
    }
  }
  return 0
}

/** The largest f32 below pi. */
const LARGEST = 3.1415925

// -----------------------------------------------------------------------------
// counts
// -----------------------------------------------------------------------------

/** log k! - ((k + 1/2) log k - k + log(2 pi) / 2) for k >= 1, by Stieltjes' continued fraction; error 1e-6 at k = 1. */
const stirling = (k: number): number => 1 / 12 / (k + 1 / 30 / (k + 53 / 210 / (k + 195 / 371 / (k + 22999 / 22737 / k))))

/** (1 + t) log(1 + t) - t, by its series near 0. */
const deviance = (t: number): number => {
  if (Math.abs(t) > 0.125) return (1 + t) * Math.log1p(t) - t
  let q = 0
  for (let n = 14; n >= 2; n--) q = 1 / (n * (n - 1)) - t * q
  return t * t * q
}

/**
 * -log of the Poisson probability of k at mean `mean`, without the constant log(2 pi) / 2,
 * as a saddle point (Loader 2000). `d` is k - mean, given apart since it may be known better.
 */
const surprise = (k: number, d: number, mean: number): number =>
  k < 0.5 ? mean - 0.91893853320467274 : mean * deviance(d / mean) + 0.5 * Math.log(k) + stirling(k)

/** Waiting times until their sum passes `end`: how many before. At most 48, which a mean below 10 exceeds with probability below 1e-15. */
const waits = (key: Key, element: number, end: number, wait: (word: number) => number): number => {
  let count = 0, sum = 0
  for (let attempt = 0; attempt < 12; attempt++)
    for (const word of attemptAt(key, element, attempt)) {
      sum += wait(word)
      if (sum > end) return count
      count++
    }
  return count
}

/** The largest mean whose draws fit an i32 with room to spare. */
const MOST = 1e9

/**
 * A Poisson draw: below rate 10 by counting exponential waiting times, above by Hormann's
 * transformed rejection with squeeze (PTRS; Insurance: Mathematics and Economics 12, 1993).
 * Its acceptance is at least 0.7: 32 attempts fail with probability below 1e-16. Rates up
 * to 1e9; above they count as 1e9, below 0 as 0.
 */
export const poisson: Sampler<[number]> = (rate) => (key) => (element) => {
  const mean = Math.min(Math.max(rate, 0), MOST)
  if (mean < 10) return mean > 0 ? waits(key, element, mean, (w) => -logUniform(w)) : 0
  const b = 0.931 + 2.53 * Math.sqrt(mean), a = -0.059 + 0.02483 * b
  const base = Math.floor(mean), part = mean - base
  const squeeze = 0.9277 - 3.6224 / (b - 2), scale = Math.log(1.1239 + 1.1328 / (b - 3.4))
  for (let attempt = 0; attempt < 32; attempt++) {
    const words = attemptAt(key, element, attempt)
    const us = edge(words[0]), u = words[0] >>> 31 === 1 ? 0.5 - us : us - 0.5
    const j = Math.floor((2 * (a / us) + b) * u + part + 0.43), k = base + j
    const v = radiusUniformOf(words[1])
    if (us >= 0.07 && v <= squeeze) return k
    if (k < 0 || j > MOST || (us < 0.013 && v > us)) continue
    if (logUniform(words[1]) + scale - Math.log(a / (us * us) + b) <= -surprise(k, j - part, mean) - 0.91893853320467274) return k
  }
  return base
}

/**
 * A binomial draw of n trials: by counting geometric waiting times while n min(p, 1 - p)
 * is below 10, above by Hormann's BTRS (J. Statist. Comput. Simul. 46, 1993), p > 1/2
 * mirrored. Its acceptance is at least 0.7: 32 attempts fail with probability below 1e-16.
 * n up to 2^24 (what f32 counts exactly); the mean is n p rounded to f32.
 */
export const binomial: Sampler<[number, number]> = (n, p) => (key) => (element) => {
  const trials = Math.floor(Math.min(Math.max(n, 0), 16777216))
  const mirrored = p > 0.5
  const r = Math.max(0, mirrored ? 1 - p : p)
  const count = few(trials, r, key, element)
  return mirrored ? trials - count : count
}

/** A binomial draw for a probability of at most 1/2. */
const few = (n: number, p: number, key: Key, element: number): number => {
  const mean = Math.fround(n * p)
  if (mean < 10) {
    if (p < 1e-37) return 0
    const rate = Math.log1p(-p)
    return Math.min(n, waits(key, element, n, (w) => Math.floor(logUniform(w) / rate) + 1))
  }
  const spread = Math.sqrt(mean * (1 - p)), other = n - mean
  const b = 1.15 + 2.53 * spread, a = -0.0873 + 0.0248 * b + 0.01 * p
  const base = Math.floor(mean), part = mean - base
  const squeeze = 0.92 - 4.2 / b, scale = Math.log((2.83 + 5.1 / b) * spread)
  const mode = Math.floor(part + p), best = surprise(base + mode, mode - part, mean) + surprise(n - base - mode, part - mode, other)
  for (let attempt = 0; attempt < 32; attempt++) {
    const words = attemptAt(key, element, attempt)
    const us = edge(words[0]), u = words[0] >>> 31 === 1 ? 0.5 - us : us - 0.5
    const j = Math.floor((2 * (a / us) + b) * u + part + 0.5), k = base + j
    const v = radiusUniformOf(words[1])
    if (us >= 0.07 && v <= squeeze) return k
    if (k < 0 || k > n) continue
    if (logUniform(words[1]) + scale - Math.log(a / (us * us) + b) <= best - surprise(k, j - part, mean) - surprise(n - k, part - j, other)) return k
  }
  return base
}
