/** What single families promise beyond the laws of all: sharp and tail forms, conventions, compositions, errors. */
import betaLogpdf from '@stdlib/stats-base-dists-beta-logpdf'
import erfcx from '@stdlib/math-base-special-erfcx'
import fc from 'fast-check'
import gammaln from '@stdlib/math-base-special-gammaln'
import gammaQuantile from '@stdlib/stats-base-dists-gamma-quantile'
import paretoQuantile from '@stdlib/stats-base-dists-pareto-type1-quantile'
import tCdf from '@stdlib/stats-base-dists-t-cdf'
import weibullQuantile from '@stdlib/stats-base-dists-weibull-quantile'
import { describe, expect, test } from 'vitest'
import { E, O } from '../../src/fp.ts'
import * as Dist from '../../src/dist/index.ts'
import * as B from '../../src/tensor/build.ts'
import { grad, stabilise } from '../../src/tensor/index.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { at, integral, value } from './tools.ts'

const one = (o: O.Option<Tensor>): number => (O.isSome(o) ? value(o.value)[0] : NaN)
const lp = (d: Dist.Dist, x: number): number => at(Dist.logDensity(d), [x])[0]
const tag = (t: Tensor): string | undefined => (E.isLeft(t.type) ? t.type.left[0]._tag : undefined)
const finite = (lo: number, hi: number): fc.Arbitrary<number> => fc.double({ min: lo, max: hi, noNaN: true })

describe('sharp and far', () => {
  // Textbook forms in f64 lose up to 1e-10 at these sizes; the series in ours end at 1e-7.
  test('gamma, beta, Poisson and negative binomial at large shapes', () => {
    fc.assert(fc.property(finite(0.05, 3e4), finite(0.01, 50), finite(0.9, 1.1), (alpha, beta, r) => {
      const x = (r * alpha) / beta
      expect(lp(Dist.gamma({ alpha, beta }), x)).toBeCloseTo(alpha * Math.log(beta) - gammaln(alpha) + (alpha - 1) * Math.log(x) - beta * x, 6)
    }))
    fc.assert(fc.property(finite(0.05, 3e3), finite(0.05, 3e3), finite(0.001, 0.999), (alpha, beta, x) => {
      const want = betaLogpdf(x, alpha, beta)
      expect(lp(Dist.beta({ alpha, beta }), x) / want).toBeCloseTo(1, Math.abs(want) < 1 ? 4 : 6)
    }))
    fc.assert(fc.property(fc.integer({ min: 0, max: 30000 }), finite(0.01, 3e4), (k, rate) => {
      const want = k * Math.log(rate) - rate - gammaln(k + 1), got = lp(Dist.poisson({ rate }), k)
      expect(Math.abs(got - want)).toBeLessThan(1e-7 * (1 + Math.abs(want)))
      expect(lp(Dist.poisson({ logRate: Math.log(rate) }), k)).toBeCloseTo(got, 6)
    }))
    fc.assert(fc.property(fc.integer({ min: 0, max: 3000 }), finite(0.01, 3e3), finite(0.01, 1e4), (k, mu, alpha) => {
      const want = gammaln(k + alpha) - gammaln(k + 1) - gammaln(alpha) - alpha * Math.log1p(mu / alpha) - k * Math.log1p(alpha / mu)
      expect(Math.abs(lp(Dist.negativeBinomial({ mu, alpha }), k) - want)).toBeLessThan(1e-7 * (1 + Math.abs(want)))
    }))
  })
  test('a Student t of many degrees of freedom is a normal', () => {
    for (const x of [-3, 0, 1.5]) expect(lp(Dist.studentT({ nu: 1e9, mu: 0.5, sd: 2 }), x)).toBeCloseTo(lp(Dist.normal({ mu: 0.5, sd: 2 }), x), 6)
  })
  test('an ex-Gaussian does not underflow in its left tail, or where its exponential part vanishes', () => {
    // log Phi(-60) = -60^2 / 2 + log(erfcx(60 / sqrt 2) / 2)
    expect(lp(Dist.exGaussian({ mu: 0, sd: 1, nu: 1 }), -59)).toBeCloseTo(59 + 0.5 - 1800 + Math.log(0.5 * erfcx(60 * Math.SQRT1_2)), 8)
    expect(lp(Dist.exGaussian({ mu: 0, sd: 1, nu: 1e-7 }), 0.7)).toBeCloseTo(lp(Dist.normal(), 0.7), 6)
  })
  test('a skew normal does not underflow on its thin side', () => {
    expect(lp(Dist.skewNormal({ alpha: 3 }), -20)).toBeCloseTo(Math.LN2 - 200 - 0.9189385332046727 - 1800 + Math.log(0.5 * erfcx(60 * Math.SQRT1_2)), 8)
  })
  test('von Mises does not overflow, and is a normal when it is sharp', () => {
    expect(lp(Dist.vonMises({ mu: 0.5, kappa: 1e6 }), 0.5005)).toBeCloseTo(lp(Dist.normal({ mu: 0.5, sd: 1e-3 }), 0.5005), 6)
  })
  test('a half Cauchy and a half t at exp(u) are evaluated from u', () => {
    const u = B.leaf('input', 'u', [])
    for (const [d, tail] of [[Dist.halfCauchy(), 2], [Dist.halfStudentT({ nu: 3 }), 4]] as const) {
      const [l] = stabilise([Dist.logDensity(d)(B.exp(u))])
      const v = (x: number): number => value(l, { u: { shape: [], data: [x] } })[0]
      expect(v(900) - v(800)).toBeCloseTo(-100 * tail, 9)
      expect(value(grad([u])(l)[0], { u: { shape: [], data: [900] } })[0]).toBeCloseTo(-tail, 9)
    }
  })
  test('Pareto and a moved Wald are finite for every u, and so are their gradients', () => {
    const u = B.leaf('input', 'u', [3])
    for (const d of [Dist.pareto({ alpha: 2, m: 3 }), Dist.wald({ mu: 1, lam: 2, alpha: 4 }), Dist.truncatedNormal({ lower: 2 }), Dist.truncatedNormal({ upper: 2 }), Dist.truncatedNormal({ lower: 2, upper: 3 })]) {
      const b = Dist.bijector(d)
      const [l] = stabilise([B.add(Dist.logDensity(d)(Dist.Bijectors.forward(b)(u)), Dist.Bijectors.logDetJacobian(b)(u))])
      const v = { u: { shape: [3], data: [-60, 0, 5] } }
      expect([...value(l, v), ...value(grad([u])(B.sum(l))[0], v)].every(Number.isFinite), d.family).toBe(true)
    }
  })
  test('a truncated normal without bounds is a normal; between close bounds it is uniform', () => {
    expect(lp(Dist.truncatedNormal({ mu: 1, sd: 2 }), -3)).toBeCloseTo(lp(Dist.normal({ mu: 1, sd: 2 }), -3), 12)
    expect(lp(Dist.truncatedNormal({ lower: 1, upper: 1 + 1e-9 }), 1 + 5e-10)).toBeCloseTo(9 * Math.log(10), 6)
    fc.assert(fc.property(finite(-30, 30), finite(0.001, 60), (lower, width) => {
      const d = Dist.truncatedNormal({ lower, upper: lower + width })
      // Where the density falls within a small part of the range, that part is integrated.
      const scale = Math.min(width, 40 / Math.max(1, Math.min(Math.abs(lower), Math.abs(lower + width))))
      const [a, b] = lower > 0 ? [lower, lower + scale] : lower + width < 0 ? [lower + width - scale, lower + width] : [Math.max(lower, -12), Math.min(lower + width, 12)]
      expect(integral(Dist.logDensity(d), [a, b])).toBeCloseTo(1, 6)
    }), { numRuns: 60 })
  })
})

describe('against published quantiles and cdfs', () => {
  const quantile = (d: Dist.Dist, q: number): number => one(Dist.quantile(d)(B.scalar(q)))
  const cdf = (d: Dist.Dist, x: number): number => one(Dist.cdf(d)(B.scalar(x)))
  test('of @stdlib', () => {
    for (const q of [1e-4, 0.1, 0.5, 0.99]) {
      expect(quantile(Dist.weibull({ alpha: 1.75, beta: 2.5 }), q)).toBeCloseTo(weibullQuantile(q, 1.75, 2.5), 9)
      expect(quantile(Dist.pareto({ alpha: 3, m: 2 }), q)).toBeCloseTo(paretoQuantile(q, 3, 2), 9)
      expect(cdf(Dist.gamma({ alpha: 2.5, beta: 3 }), gammaQuantile(q, 2.5, 3))).toBeCloseTo(q, 8)
    }
    for (const x of [-5, -0.3, 0, 2]) expect(cdf(Dist.studentT({ nu: 4.5 }), x)).toBeCloseTo(tCdf(x, 4.5), 10)
  })
})

describe('conventions', () => {
  test('moments that do not exist are infinite, and the centre is finite all the same', () => {
    const moments = (d: Dist.Dist): readonly number[] => [one(Dist.mean(d)), one(Dist.variance(d))]
    expect(moments(Dist.studentT({ nu: 1 }))).toEqual([Infinity, Infinity])
    expect(moments(Dist.studentT({ nu: 2 }))).toEqual([0, Infinity])
    expect(moments(Dist.halfStudentT({ nu: 0.5 }))).toEqual([Infinity, Infinity])
    expect(moments(Dist.inverseGamma({ alpha: 1 }))).toEqual([Infinity, Infinity])
    expect(moments(Dist.pareto({ alpha: 1, m: 2 }))).toEqual([Infinity, Infinity])
    for (const d of [Dist.studentT({ nu: 1 }), Dist.halfStudentT({ nu: 0.5 }), Dist.inverseGamma({ alpha: 0.5, beta: 3 }), Dist.pareto({ alpha: 1, m: 2 })])
      expect(value(Dist.center(d)).every(Number.isFinite)).toBe(true)
    expect(value(Dist.center(Dist.inverseGamma({ alpha: 0.5, beta: 3 })))[0]).toBeCloseTo(2, 12)
  })
  test('the medians and modes that the original had wrong', () => {
    expect(one(Dist.median(Dist.weibull({ alpha: 2, beta: 3 })))).toBeCloseTo(3 * Math.sqrt(Math.LN2), 12)
    // variance of an inverse gamma: beta^2 / ((alpha - 1)^2 (alpha - 2))
    expect(one(Dist.variance(Dist.inverseGamma({ alpha: 4, beta: 3 })))).toBeCloseTo(0.5, 12)
  })
  test('vectors whose length is in the shape alone have a centre inside', () => {
    expect(value(Dist.center(Dist.dirichlet({ alpha: 1 }), [4]))).toEqual([0.25, 0.25, 0.25, 0.25].map((v) => expect.closeTo(v, 6)))
    expect(value(Dist.center(Dist.lkjCholesky(), [2, 2]))).toEqual([1, 0, 0, 1])
    expect(Dist.center(Dist.orderedNormal(), [3]).type._tag).toBe('Right')
  })
  test('one concentration is that many equal ones', () => {
    const x = B.array(Float32Array.of(0.25, 0.25, 0.5), [3])
    expect(value(Dist.logDensity(Dist.dirichlet({ alpha: 2.5 }))(x))[0]).toBeCloseTo(value(Dist.logDensity(Dist.dirichlet({ alpha: [2.5, 2.5, 2.5] }))(x))[0], 12)
    expect(O.isNone(Dist.mean(Dist.dirichlet({ alpha: 2.5 })))).toBe(true)
  })
  test('supports', () => {
    const show = (d: Dist.Dist): string => Dist.Supports.show(Dist.support(d))
    expect([Dist.beta(), Dist.poisson({ rate: 2 }), Dist.binomial({ n: 9, probs: 0.5 }), Dist.pareto({ alpha: 2, m: 3 }), Dist.wald({ mu: 1, lam: 1 }), Dist.truncatedNormal({ upper: 1 }), Dist.dirichlet({ alpha: 1 })].map(show))
      .toEqual(['(0, 1)', '0, 1, 2, ...', '0..9', '(3, inf)', '(0, inf)', '(-inf, 1)', 'numbers from 0 that sum to 1'])
    expect([Dist.beta(), Dist.pareto({ alpha: 2, m: 3 }), Dist.dirichlet({ alpha: 1 }), Dist.lkjCholesky(), Dist.orderedNormal(), Dist.truncatedNormal()].map((d) => Dist.bijector(d)._tag))
      .toEqual(['Sigmoid', 'LowerBound', 'StickBreaking', 'CholeskyCorr', 'Ordered', 'Identity'])
  })
  test('parameters keep their shape though they are equal constants', () => {
    const x = B.scalar(1.5)
    for (const d of [Dist.gamma({ alpha: [2, 2], beta: 1 }), Dist.wald({ mu: 1, lam: [2, 2] }), Dist.studentT({ nu: [3, 3] }), Dist.vonMises({ mu: 0, kappa: [2, 2] })])
      expect(value(Dist.logDensity(d)(x)).length).toBe(2)
  })
})

describe('structural zeros', () => {
  const of = Dist.poisson({ rate: 3 })
  test('pick the family of what they are of', () => {
    const d = Dist.zeroInflated({ of, gate: 0.2 })
    expect(d.family).toBe('zeroInflatedPoisson')
    expect(Math.exp(lp(d, 0))).toBeCloseTo(0.2 + 0.8 * Math.exp(-3), 8)
    expect(Dist.zeroInflated({ of: Dist.binomial({ n: 3, logits: 0 }), gate: 0.2 }).family).toBe('zeroInflatedBinomial')
    expect(lp(Dist.zeroInflated({ of, gate: 0 }), 0)).toBeCloseTo(-3, 8)
  })
  test('of anything but counts are an error', () => {
    expect(tag(Dist.logDensity(Dist.zeroInflated({ of: Dist.normal(), gate: 0.2 }))(B.scalar(1)))).toBe('BadOption')
  })
})

describe('what is wrong is a value', () => {
  test('a factor that is not square', () => {
    expect(tag(Dist.logDensity(Dist.multivariateNormal({ chol: [[1, 0, 0], [0, 1, 0]] }))(B.array(Float32Array.of(1, 2), [2])))).toBe('ShapeMismatch')
    expect(tag(Dist.logDensity(Dist.lkjCholesky())(B.full([2, 3], 1)))).toBe('ShapeMismatch')
    expect(tag(Dist.sample(Dist.lkjCholesky())(B.array(Uint32Array.of(0, 0), [2], 'u32'), [2, 3]))).toBe('ShapeMismatch')
  })
  test('parameters that a person must give', () => {
    for (const f of ['studentT', 'gamma', 'weibull', 'chiSquared', 'wald', 'pareto', 'exGaussian', 'vonMises', 'poisson', 'binomial', 'dirichlet'] as const)
      expect(tag(Dist.logDensity(Dist.make(f))(B.scalar(1))), f).toBe('MissingParameter')
  })
  test('constants outside their domain', () => {
    const problem = (d: Dist.Domain, shape: readonly number[], data: readonly number[]): string | undefined => Dist.Supports.constantProblem(d)({ shape, data })?.need
    expect(problem('positive', [2], [1, 0])).toBe('a number above 0')
    expect(problem('count', [], [2.5])).toBe('a whole number from 0')
    expect(problem('real', [], [Infinity])).toBe('a finite number')
    expect(problem('extended', [], [Infinity])).toBeUndefined()
    expect(problem('simplex', [2, 2], [0.5, 0.5, 0.5, 0.6])).toMatch('sum to 1')
    expect(problem('ordered', [3], [0, 2, 1])).toMatch('increase')
    expect(problem('cholesky', [2, 2], [1, 0, 5, 2])).toBeUndefined()
    expect(problem('cholesky', [2, 2], [1, 3, 0, 1])).toMatch('lower triangular')
    expect(problem('cholesky', [2], [1, 3])).toMatch('square')
  })
})
