/**
 * Draws by rejection and counting, on the f64 interpreter: their distributions over the
 * whole range of parameters, their domains, and the laws of keys and batches.
 */
import betaincOf from '@stdlib/math-base-special-betainc'
import digamma from '@stdlib/math-base-special-digamma'
import gammaln from '@stdlib/math-base-special-gammaln'
import trigamma from '@stdlib/math-base-special-trigamma'
import gammaCdf from '@stdlib/stats-base-dists-gamma-cdf'
import { describe, expect, test } from 'vitest'
import * as B from '../../src/tensor/build.ts'
import { batch } from '../../src/tensor/index.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { keyOf, samplers, uniformOf, blockAt } from '../../src/random/index.ts'
import { errorsIn, evaluate } from '../tensor/support.ts'
import { kolmogorov, KOLMOGOROV, momentsOf, pearson, Z, zOf } from './statistics.ts'

const N = 4000
const draws = (f: (element: number) => number, n = N): Float64Array => Float64Array.from({ length: n }, (_, i) => f(i))
const keyLeaf = B.leaf('input', 'key', [2], 'u32')

// -----------------------------------------------------------------------------
// distributions
// -----------------------------------------------------------------------------

describe('log gamma draws', () => {
  // Far left P(alpha, x) is x^alpha / Gamma(alpha + 1) to relative x.
  const cdf = (alpha: number) => (y: number): number => (y < -25 ? Math.exp(alpha * y - gammaln(alpha + 1)) : gammaCdf(Math.exp(y), alpha, 1))
  test.each([1e-3, 0.05, 0.3, 0.9, 1, 1.5, 7, 60, 1e4])('have the distribution of alpha %d', (alpha) => {
    const ys = draws(samplers.logGamma(alpha)(keyOf(11)))
    expect(kolmogorov(ys, cdf(alpha))).toBeLessThan(KOLMOGOROV)
    expect(zOf(ys, digamma(alpha), trigamma(alpha))).toBeLessThan(Z)
  })
  test('of alpha 1 and 1/2 have the textbook moments', () => {
    const one = draws(samplers.logGamma(1)(keyOf(12)), 20000), half = draws(samplers.logGamma(0.5)(keyOf(13)), 20000)
    const euler = 0.57721566490153286
    expect(zOf(one, -euler, Math.PI ** 2 / 6)).toBeLessThan(Z)
    expect(zOf(half, -euler - 2 * Math.LN2, Math.PI ** 2 / 2)).toBeLessThan(Z)
    // Fourth cumulants pi^4 / 15 and pi^4; the variance of a variance is (k4 + 2 k2^2) / n.
    expect(Math.abs(momentsOf(one).variance - Math.PI ** 2 / 6) / Math.sqrt((Math.PI ** 4 / 15 + 2 * (Math.PI ** 2 / 6) ** 2) / 20000)).toBeLessThan(Z)
    expect(Math.abs(momentsOf(half).variance - Math.PI ** 2 / 2) / Math.sqrt((Math.PI ** 4 + 2 * (Math.PI ** 2 / 2) ** 2) / 20000)).toBeLessThan(Z)
  })
})

describe('von Mises draws', () => {
  /** The cdf by Simpson's rule on a grid that is as fine as the peak. */
  const cdf = (kappa: number): ((x: number) => number) => {
    const reach = Math.min(Math.PI, 12 / Math.sqrt(kappa)), n = 4000, h = (2 * reach) / n
    const density = (t: number): number => Math.exp(-2 * kappa * Math.sin(t / 2) ** 2)
    const sums = new Float64Array(n + 1)
    for (let i = 0; i < n; i++) {
      const t = -reach + i * h
      sums[i + 1] = sums[i] + (h / 6) * (density(t) + 4 * density(t + h / 2) + density(t + h))
    }
    return (x) => {
      const at = Math.min(n - 1e-9, Math.max(0, (x + reach) / h)), i = Math.floor(at)
      return (sums[i] + (at - i) * (sums[i + 1] - sums[i])) / sums[n]
    }
  }
  test.each([0, 1e-6, 1e-2, 1, 4, 100, 1e4, 1e6, 1e12])('have the distribution of kappa %d', (kappa) => {
    const xs = draws(samplers.vonMises(kappa)(keyOf(21)))
    expect(xs.every((x) => Math.abs(x) < Math.PI)).toBe(true)
    expect(kolmogorov(xs, cdf(kappa))).toBeLessThan(KOLMOGOROV)
  })
})

describe('Poisson draws', () => {
  /** Sums of probabilities (the incomplete gamma function of @stdlib is 2 % off at 1234.5). */
  const cdf = (rate: number): ((k: number) => number) => {
    const sums: number[] = []
    return (k) => {
      for (let j = sums.length; j <= k; j++) sums.push((sums[j - 1] ?? 0) + Math.exp(j * Math.log(rate) - rate - gammaln(j + 1)))
      return Math.min(1, sums[k])
    }
  }
  test.each([1e-3, 0.7, 3, 9.999, 10, 13.7, 80, 1234.5])('have the distribution of rate %d', (rate) => {
    const ks = draws(samplers.poisson(rate)(keyOf(31)), 20000)
    expect(pearson(ks, 0, Math.ceil(rate + 12 * Math.sqrt(rate) + 20), cdf(rate))).toBeLessThan(1)
    expect(zOf(ks, rate, rate)).toBeLessThan(Z)
  })
  test.each([1e5, 1e7, 1e9])('of rate %d are whole, and normal to the skewness', (rate) => {
    const ks = draws(samplers.poisson(rate)(keyOf(32)))
    expect(ks.every(Number.isInteger)).toBe(true)
    expect(zOf(ks, rate, rate)).toBeLessThan(Z)
    expect(Math.abs(momentsOf(ks).variance / rate - 1)).toBeLessThan(Z * Math.sqrt(2 / N))
  })
})

describe('binomial draws', () => {
  /** P(X <= k) = I_{1 - p}(n - k, k + 1). */
  const cdf = (n: number, p: number) => (k: number): number => (k >= n ? 1 : betaincOf(1 - p, n - k, k + 1))
  test.each([[1, 0.3], [5, 0.5], [19, 0.5], [20, 0.5], [40, 0.25], [100, 0.97], [1000, 0.4], [1000, 0.003], [100000, 0.999], [16777216, 1e-7]])('have the distribution of n %d, p %d', (n, p) => {
    const ks = draws(samplers.binomial(n, p)(keyOf(41)), 20000)
    const mean = n * p, sd = Math.sqrt(mean * (1 - p)), from = Math.max(0, Math.floor(mean - 12 * sd - 20)), to = Math.min(n, Math.ceil(mean + 12 * sd + 20))
    expect(pearson(ks, from, to, cdf(n, p))).toBeLessThan(1)
    expect(zOf(ks, mean, sd * sd)).toBeLessThan(Z)
  })
  test('of n 2^24 and p 1/2 have mean and variance', () => {
    const ks = draws(samplers.binomial(16777216, 0.5)(keyOf(42)))
    expect(zOf(ks, 8388608, 4194304)).toBeLessThan(Z)
    expect(Math.abs(momentsOf(ks).variance / 4194304 - 1)).toBeLessThan(Z * Math.sqrt(2 / N))
  })
})

// -----------------------------------------------------------------------------
// domains
// -----------------------------------------------------------------------------

describe('domains', () => {
  const all = (f: (element: number) => number): readonly number[] => [...draws(f, 200)]
  test('certain counts are certain', () => {
    expect(all(samplers.poisson(0)(keyOf(1))).every((k) => k === 0)).toBe(true)
    expect(all(samplers.binomial(0, 0.5)(keyOf(1))).every((k) => k === 0)).toBe(true)
    for (const n of [1, 7, 5000]) {
      expect(all(samplers.binomial(n, 0)(keyOf(1))).every((k) => k === 0)).toBe(true)
      expect(all(samplers.binomial(n, 1)(keyOf(1))).every((k) => k === n)).toBe(true)
    }
  })
  test('counts stay inside their support', () => {
    for (const [n, p] of [[1, 0.5], [3, 0.9], [21, 0.5], [30, 0.6], [1000, 0.011]])
      expect(all(samplers.binomial(n, p)(keyOf(2))).every((k) => Number.isInteger(k) && k >= 0 && k <= n)).toBe(true)
    for (const rate of [1e-9, 9.9, 10, 11]) expect(all(samplers.poisson(rate)(keyOf(2))).every((k) => Number.isInteger(k) && k >= 0)).toBe(true)
  })
  test('parameters out of their domain give finite draws', () => {
    for (const bad of [-1, 0]) {
      expect(all(samplers.logGamma(bad)(keyOf(3))).every(Number.isFinite)).toBe(true)
      expect(all(samplers.vonMises(bad)(keyOf(3))).every(Number.isFinite)).toBe(true)
    }
    for (const [n, p] of [[-3, 0.5], [4, -1], [4, 2], [100, 2], [1e12, 0.5]]) expect(all(samplers.binomial(n, p)(keyOf(3))).every((k) => Number.isInteger(k) && k >= 0)).toBe(true)
    expect(all(samplers.poisson(-2)(keyOf(3))).every((k) => k === 0)).toBe(true)
    expect(all(samplers.poisson(1e30)(keyOf(3))).every((k) => Number.isInteger(k) && k < 2 ** 31)).toBe(true)
  })
  test('parameters that do not fit the draws are errors', () => {
    expect(errorsIn(B.randomPoisson(keyLeaf, B.full([3], 1), [2]))).toEqual(['ShapeMismatch'])
    expect(errorsIn(B.randomPoisson(keyLeaf, B.full([3], 1), []))).toEqual([])
    expect(errorsIn(B.randomPoisson(keyLeaf, B.full([3], 1), [1]))).toEqual(['ShapeMismatch'])
    expect(errorsIn(B.randomLogGamma(B.scalar(1), 1, [2]))).toEqual(['ShapeMismatch'])
  })
})

// -----------------------------------------------------------------------------
// keys, elements, batches
// -----------------------------------------------------------------------------

const kinds: readonly (readonly [string, (key: Tensor, shape: readonly number[], scale: Tensor) => Tensor])[] = [
  ['randomLogGamma', (k, s, t) => B.randomLogGamma(k, t, s)],
  ['randomVonMises', (k, s, t) => B.randomVonMises(k, t, s)],
  ['randomPoisson', (k, s, t) => B.randomPoisson(k, B.mul(t, 8), s)],
  ['randomBinomial', (k, s, t) => B.randomBinomial(k, 50, B.div(t, B.add(t, 3)), s)]
]

describe.each(kinds)('%s', (_, make) => {
  const key = (...ws: readonly number[]) => ({ shape: ws.length > 2 ? [ws.length / 2, 2] : [2], data: ws })
  const param = B.leaf('input', 'param', [])
  const one = (k: readonly number[], p: number, shape: readonly number[]): readonly number[] =>
    [...evaluate({ key: key(...k), param: { shape: [], data: [p] } }, [make(keyLeaf, shape, param)])[0].data]

  test('is a function of key, element and parameter: a longer draw begins with the shorter', () => {
    const long = one([3, 4], 2, [40])
    expect(one([3, 4], 2, [40])).toEqual(long)
    expect(one([3, 4], 2, [10])).toEqual(long.slice(0, 10))
    expect(one([3, 4], 2, [5, 8])).toEqual(long)
    expect(one([3, 5], 2, [40])).not.toEqual(long)
  })

  test('has elements that are not correlated, nor with the uniforms of the key', () => {
    const xs = one([7, 8], 2, [N]), { mean, variance } = momentsOf(xs), us = Array.from({ length: N }, (_x, i) => uniformOf(blockAt(i >> 2)([7, 8])[i & 3]) - 0.5)
    const unit = xs.map((x) => (x - mean) / Math.sqrt(variance))
    for (const lag of [1, 2, 4]) expect(Math.abs(unit.slice(lag).reduce((s, x, i) => s + x * unit[i], 0)) / Math.sqrt(N)).toBeLessThan(Z)
    expect(Math.abs(unit.reduce((s, x, i) => s + x * us[i] * Math.sqrt(12), 0)) / Math.sqrt(N)).toBeLessThan(Z)
  })

  test('batched keys give the draws of each key', () => {
    const keys = B.leaf('input', 'keys', [3, 2], 'u32')
    const [many] = batch(3, [[keyLeaf, keys]])([make(keyLeaf, [6], param)])
    const got = [...evaluate({ keys: key(1, 2, 3, 4, 5, 6), param: { shape: [], data: [2] } }, [many])[0].data]
    expect(got).toEqual([...one([1, 2], 2, [6]), ...one([3, 4], 2, [6]), ...one([5, 6], 2, [6])])
  })

  test('batched parameters under one key share the noise', () => {
    const params = B.leaf('input', 'params', [3])
    const [many] = batch(3, [[param, params]])([make(keyLeaf, [6], param)])
    const got = [...evaluate({ key: key(1, 2), params: { shape: [3], data: [0.5, 2, 2] } }, [many])[0].data]
    expect(got).toEqual([...one([1, 2], 0.5, [6]), ...one([1, 2], 2, [6]), ...one([1, 2], 2, [6])])
  })

  test('batched keys and parameters go together', () => {
    const keys = B.leaf('input', 'keys', [2, 2], 'u32'), params = B.leaf('input', 'params', [2])
    const [many] = batch(2, [[keyLeaf, keys], [param, params]])([make(keyLeaf, [6], param)])
    const got = [...evaluate({ keys: key(1, 2, 3, 4), params: { shape: [2], data: [0.5, 2] } }, [many])[0].data]
    expect(got).toEqual([...one([1, 2], 0.5, [6]), ...one([3, 4], 2, [6])])
  })
})
