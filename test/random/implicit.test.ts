/**
 * Derivatives of draws at a fixed cdf: against values by 40-digit arithmetic from the
 * definition -(dF / dtheta) / density, against differences of quantile functions, and
 * against what their means must be.
 */
import trigamma from '@stdlib/math-base-special-trigamma'
import gammaQuantile from '@stdlib/stats-base-dists-gamma-quantile'
import { describe, expect, test } from 'vitest'
import { implicit, keyOf, samplers } from '../../src/random/index.ts'
import * as B from '../../src/tensor/build.ts'
import { grad } from '../../src/tensor/index.ts'
import { errorsIn, evaluate } from '../tensor/support.ts'
import { momentsOf, Z, zOf } from './statistics.ts'

/** alpha, log x, d log x / d alpha. */
const GAMMA: readonly (readonly [number, number, number])[] = [
  [0.001, -11514.0, 1.15134244281e+07], [0.001, -2303.2, 2.30262442807e+06], [0.001, -693.72, 6.93144428068e+05], [0.001, -105.94, 1.05364428068e+05],
  [0.001, 1.1669, 2.48358196337e+02], [0.1, -115.63, 1.15206245060e+03], [0.1, -23.525, 2.31012450609e+02], [0.1, -7.4297, 7.01021589266e+01],
  [0.1, -1.3237, 1.41510429891e+01], [0.1, 1.996, 1.53395549494e+00], [0.7, -16.5839, 2.39892121665e+01], [0.7, -3.4068, 5.28345133464e+00],
  [0.7, -0.8979, 2.28218655501e+00], [0.7, 0.5637, 1.09283390904e+00], [0.7, 2.3533, 3.38884985126e-01], [2.5, -4.1201, 2.09956764494e+00],
  [2.5, -0.2167, 7.11352381744e-01], [2.5, 0.7774, 4.57732362183e-01], [2.5, 1.53, 3.09626624508e-01], [2.5, 2.7362, 1.49729984908e-01],
  [8.1, 0.0265, 2.97247989493e-01], [8.1, 1.5546, 1.62853986877e-01], [8.1, 2.0502, 1.28668867267e-01], [8.1, 2.476, 1.03360961011e-01],
  [8.1, 3.2694, 6.60107691494e-02], [100, 4.1421, 1.25141005826e-02], [100, 4.4707, 1.07052330160e-02], [100, 4.6018, 1.00335717268e-02],
  [100, 4.7275, 9.41649503807e-03], [100, 5.0006, 8.16635008703e-03], [10000.0, 9.1674, 1.02164086375e-04], [10000.0, 9.1975, 1.00645069952e-04],
  [10000.0, 9.2103, 1.00003685329e-04], [10000.0, 9.2231, 9.93650313933e-05], [10000.0, 9.2527, 9.78986025043e-05]
]

/** kappa, x, d x / d kappa. */
const VON_MISES: readonly (readonly [number, number, number])[] = [
  [0.001, 0.05, -4.99542108988e-02], [0.001, 0.7, -6.43971280284e-01], [0.001, 1.3, -9.63429160999e-01], [0.001, 2.8, -3.35145960529e-01],
  [0.5, 0.05, -3.78699646916e-02], [0.5, 0.7, -5.15000610456e-01], [0.5, 1.3, -8.66497108936e-01], [0.5, 2.8, -4.09834957864e-01],
  [3, 0.02887, -5.48628644217e-03], [3, 0.4041, -7.83620516396e-02], [3, 0.7506, -1.53322839336e-01], [3, 1.617, -4.42037456313e-01],
  [30, 0.009129, -1.53463642940e-04], [30, 0.1278, -2.15138106293e-03], [30, 0.2373, -4.00844431140e-03], [30, 0.5112, -8.79094308805e-03],
  [1000.0, 0.001581, -7.90697987758e-07], [1000.0, 0.02214, -1.10732229376e-05], [1000.0, 0.04111, -2.05630421707e-05], [1000.0, 0.08854, -4.43100508897e-05],
  [100000.0, 0.0001581, -7.90501977916e-10], [100000.0, 0.002214, -1.10700321972e-08], [100000.0, 0.004111, -2.05550803372e-08], [100000.0, 0.008854, -4.42703998873e-08]
]

const relative = (got: number, want: number): number => Math.abs(got / want - 1)

describe('of log gamma draws', () => {
  test('is that of 40-digit arithmetic', () => {
    for (const [alpha, y, want] of GAMMA) expect(relative(implicit.logGammaSlope(alpha, y), want), `${alpha} ${y}`).toBeLessThan(1e-9)
  })
  test('is the slope of the quantile function', () => {
    // The quantiles are good to some 1e-9, their central differences at 1e-3 to 1e-5.
    for (const alpha of [0.4, 1, 3, 20])
      for (const p of [0.02, 0.3, 0.5, 0.8, 0.98]) {
        const h = 1e-3 * alpha, at = (a: number): number => Math.log(gammaQuantile(p, a, 1))
        expect(relative(implicit.logGammaSlope(alpha, at(alpha)), (at(alpha + h) - at(alpha - h)) / (2 * h)), `${alpha} ${p}`).toBeLessThan(1e-4)
      }
  })
  test('at the median of alpha 1 is the difference of the series of the cdf, over the density exp(-x)', () => {
    const series = (a: number, x: number): number => {
      let term = 1 / a, sum = term
      for (let n = 1; n < 300; n++) sum += term *= x / (a + n)
      return sum * Math.exp(a * Math.log(x) - x)
    }
    const gamma = (a: number): number => series(a, 40) // The whole integral, to e^-40.
    const h = 1e-4, x = Math.LN2, P = (a: number): number => series(a, x) / gamma(a)
    expect(relative(implicit.logGammaSlope(1, Math.log(x)), -(P(1 + h) - P(1 - h)) / (2 * h) / (x * Math.exp(-x)))).toBeLessThan(1e-6)
  })
  test.each([0.01, 0.3, 1, 5, 40, 2000])('has the mean trigamma(alpha) at alpha %d', (alpha) => {
    // d E[log x] / d alpha is the second derivative of log gamma.
    const slopes = Array.from({ length: 3000 }, (_, i) => implicit.logGammaSlope(alpha, samplers.logGamma(alpha)(keyOf(5))(i)))
    expect(slopes.every((s) => s > 0)).toBe(true)
    expect(zOf(slopes, trigamma(alpha), momentsOf(slopes).variance)).toBeLessThan(Z)
  })
  test('is finite far outside of the draws', () => {
    for (const alpha of [0, 1e-15, 1e-3, 1, 8, 1e4, 1e8]) for (const y of [-1e5, -50, 0, 3, 20, 80, 700]) expect(Number.isFinite(implicit.logGammaSlope(alpha, y)), `${alpha} ${y}`).toBe(true)
  })
})

describe('of von Mises draws', () => {
  test('is that of 25-digit arithmetic, and odd', () => {
    for (const [kappa, x, want] of VON_MISES) {
      expect(relative(implicit.vonMisesSlope(kappa, x), want), `${kappa} ${x}`).toBeLessThan(1e-9)
      expect(implicit.vonMisesSlope(kappa, -x)).toBe(-implicit.vonMisesSlope(kappa, x))
    }
    expect(Math.abs(implicit.vonMisesSlope(0, 1.1) + Math.sin(1.1))).toBeLessThan(1e-12)
    expect(Math.abs(implicit.vonMisesSlope(2, Math.PI))).toBeLessThan(1e-12)
  })
  test.each([0.1, 1, 6, 50])('moves the mean of cos as I1 / I0 at kappa %d', (kappa) => {
    // d E[cos x] / d kappa = 1 - A / kappa - A^2 with A = I1 / I0 by its continued fraction.
    let q = 400
    for (let n = 398; n >= 2; n -= 2) q = n + (kappa * kappa) / q
    const A = kappa / q
    const slopes = Array.from({ length: 4000 }, (_, i) => {
      const x = samplers.vonMises(kappa)(keyOf(6))(i)
      return -Math.sin(x) * implicit.vonMisesSlope(kappa, x)
    })
    expect(zOf(slopes, 1 - A / kappa - A * A, momentsOf(slopes).variance)).toBeLessThan(Z)
  })
  test('is finite for all angles and concentrations', () => {
    for (const kappa of [0, 1e-9, 1, 1e3, 1e6, 1e12]) for (const x of [0, 1e-9, 1e-3, 0.5, 2, 3.14159, Math.PI]) expect(Number.isFinite(implicit.vonMisesSlope(kappa, x)), `${kappa} ${x}`).toBe(true)
  })
})

describe('gradients of draws', () => {
  const key = B.leaf('input', 'key', [2], 'u32'), p = B.leaf('input', 'p', [2, 1])
  const values = { key: { shape: [2], data: [9, 10] }, p: { shape: [2, 1], data: [0.6, 4] } }

  test('are the implicit ones, summed over what the parameter was broadcast to', () => {
    for (const [make, slope] of [[B.randomLogGamma, implicit.logGammaSlope], [B.randomVonMises, implicit.vonMisesSlope]] as const) {
      const y = make(key, p, [5])
      const [g, drawn] = evaluate(values, [grad([p])(B.sum(B.square(y)))[0], y])
      const want = [0, 1].map((r) => Array.from({ length: 5 }, (_, i) => drawn.data[5 * r + i]).reduce((s, v) => s + 2 * v * slope(values.p.data[r], v), 0))
      expect(g.shape).toEqual([2, 1])
      want.forEach((w, r) => expect(Math.abs(g.data[r] - w)).toBeLessThan(1e-10 * Math.max(1, Math.abs(w))))
    }
  })
  test('of counts are 0; second ones by the parameter are refused', () => {
    const [g] = evaluate(values, grad([p])(B.sum(B.float(B.randomPoisson(key, p, [5])))))
    expect([...g.data]).toEqual([0, 0])
    const [first] = grad([p])(B.sum(B.randomLogGamma(key, p, [5])))
    expect(errorsIn(grad([p])(B.sum(first))[0])).toEqual(['NoGradient'])
  })
})
