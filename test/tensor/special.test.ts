/**
 * The f64 meanings of the special functions against an independent library, published
 * values, closed forms and recurrences, far into their tails; the laws of the composites;
 * and what has no gradient.
 */
import { describe, expect, test } from 'vitest'
import betainc_ from '@stdlib/math-base-special-betainc'
import betaln from '@stdlib/math-base-special-betaln'
import digamma_ from '@stdlib/math-base-special-digamma'
import erf_ from '@stdlib/math-base-special-erf'
import erfc_ from '@stdlib/math-base-special-erfc'
import erfcx_ from '@stdlib/math-base-special-erfcx'
import erfinv_ from '@stdlib/math-base-special-erfinv'
import gammainc_ from '@stdlib/math-base-special-gammainc'
import gammaln from '@stdlib/math-base-special-gammaln'
import polygamma_ from '@stdlib/math-base-special-polygamma'
import trigamma_ from '@stdlib/math-base-special-trigamma'
import * as B from '../../src/tensor/build.ts'
import { grad } from '../../src/tensor/index.ts'
import type { Tensor } from '../../src/tensor/index.ts'
import { errorsIn, evaluate } from './support.ts'

const linear = (lo: number, hi: number, n = 300): readonly number[] => Array.from({ length: n }, (_, i) => lo + ((hi - lo) * (i + 0.37)) / n)
const logarithmic = (lo: number, hi: number, n = 300): readonly number[] => linear(Math.log(lo), Math.log(hi), n).map(Math.exp)

/** Values of an expression in one leaf. */
const at = (f: (x: Tensor) => Tensor, xs: readonly number[]): Float64Array =>
  evaluate({ x: { shape: [xs.length], data: xs } }, [f(B.leaf('input', 'x', [xs.length]))])[0].data
const slope = (f: (x: Tensor) => Tensor, xs: readonly number[]): Float64Array => {
  const x = B.leaf('input', 'x', [xs.length])
  return evaluate({ x: { shape: [xs.length], data: xs } }, grad([x])(B.sum(f(x))))[0].data
}

/** Largest relative error, the reference's own near a zero counted from `floor` on. */
const worst = (f: (x: Tensor) => Tensor, g: (x: number) => number, xs: readonly number[], floor = 0): number => {
  const got = at(f, xs)
  return xs.reduce((w, x, i) => Math.max(w, Math.abs(got[i] - g(x)) / Math.max(Math.abs(g(x)), floor)), 0)
}

const pairs = (as: readonly number[], bs: readonly number[]): readonly (readonly [number, number])[] => as.flatMap((a) => bs.map((b) => [a, b] as const))

describe('f64 meanings', () => {
  test('gamma functions agree with the library', () => {
    const xs = [...logarithmic(1e-8, 1e8), ...linear(0.01, 30)]
    expect(worst(B.lgamma, gammaln, xs)).toBeLessThan(2e-13)
    expect(worst(B.digamma, digamma_, xs, 0.1)).toBeLessThan(1e-13)
    expect(worst(B.trigamma, trigamma_, xs)).toBeLessThan(1e-13)
    for (const n of [2, 3, 5]) expect(worst((x) => B.polygamma(n, x), (x) => polygamma_(n, x), logarithmic(0.01, 100)), `order ${n}`).toBeLessThan(1e-12)
  })

  test('log gamma keeps its relative accuracy beside 1 and 2', () => {
    // lgamma(1 + z) = -gamma z + (pi^2 / 12) z^2 + O(z^3), lgamma(2 + z) = (1 - gamma) z + (pi^2 / 12 - 1/2) z^2 + O(z^3).
    for (const z of [1e-9, -1e-9, 2 ** -40]) {
      const [one, two] = at(B.lgamma, [1 + z, 2 + z]), y = 1 + z - 1, w = 2 + z - 2
      expect(one / (-0.5772156649015329 * y + 0.8224670334241132 * y * y)).toBeCloseTo(1, 12)
      expect(two / (0.42278433509846714 * w + 0.32246703342411322 * w * w)).toBeCloseTo(1, 12)
    }
    expect([...at(B.lgamma, [0, 1, 2, -1])]).toEqual([Infinity, 0, 0, NaN])
  })

  test('log beta agrees, and does not cancel for large arguments', () => {
    for (const [a, b] of pairs([0.01, 0.5, 1, 3.3, 9.9, 12, 80], [0.02, 0.7, 2, 9.5, 11, 150])) {
      const want = betaln(a, b)
      expect(Math.abs(at((x) => B.lbeta(x, b), [a])[0] - want) / Math.max(1, Math.abs(want)), `${a} ${b}`).toBeLessThan(2e-14)
    }
    // B(1, b) = 1 / b, B(2, b) = 1 / (b (b + 1)), B(1/2, b) ~ sqrt(pi / b).
    for (const b of [1e4, 1e8, 1e12]) {
      expect(at((x) => B.lbeta(x, b), [1])[0]).toBeCloseTo(-Math.log(b), 12)
      expect(at((x) => B.lbeta(b, x), [2])[0]).toBeCloseTo(-Math.log(b) - Math.log(b + 1), 12)
      expect(at((x) => B.lbeta(b, x), [0.5])[0]).toBeCloseTo(0.5 * Math.log(Math.PI / b) + 1 / (8 * b), 12)
    }
  })

  test('the error functions agree, in the tails too', () => {
    expect(worst(B.erf, erf_, [...linear(-6, 6), ...logarithmic(1e-20, 1)])).toBeLessThan(2e-15)
    expect(worst(B.erfc, erfc_, linear(-6, 26))).toBeLessThan(2e-13)
    expect(worst(B.erfcx, erfcx_, [...linear(-20, 40), ...logarithmic(1, 1e8)])).toBeLessThan(2e-13)
    expect(worst(B.erfinv, erfinv_, linear(-0.9999, 0.9999))).toBeLessThan(1e-13)
    expect([...at(B.erfinv, [-1, 0, 1, 1.5])]).toEqual([-Infinity, 0, Infinity, NaN])
  })

  test('normal quantiles: published values, and the inverse of the distribution function', () => {
    // Abramowitz and Stegun, table 26.5 and 26.6.
    const got = at(B.ndtri, [0.5, 0.975, 0.025, 0.999, 1e-10])
    ;[0, 1.959963984540054, -1.959963984540054, 3.090232306167813, -6.361340902404056].forEach((v, i) => expect(got[i]).toBeCloseTo(v, 12))
    const ps = [...logarithmic(1e-300, 0.5), ...linear(0.001, 0.999)]
    const back = at((p) => B.logNdtr(B.ndtri(p)), ps)
    ps.forEach((p, i) => expect(Math.abs(back[i] - Math.log(p)) / Math.max(1e-3, Math.abs(Math.log(p)))).toBeLessThan(1e-12))
  })

  test('log of the normal distribution function: direct in the middle, the Mills series far left', () => {
    expect(worst(B.logNdtr, (x) => Math.log(0.5 * erfc_(-x * Math.SQRT1_2)), linear(-30, 3))).toBeLessThan(1e-13)
    expect(worst(B.logNdtr, (x) => Math.log1p(-0.5 * erfc_(x * Math.SQRT1_2)), linear(0, 30))).toBeLessThan(1e-12)
    expect(worst(B.logNdtr, (x) => -x * x / 2 - Math.log(-x * Math.sqrt(2 * Math.PI)) + Math.log1p(-(x ** -2) + 3 * x ** -4 - 15 * x ** -6 + 105 * x ** -8), linear(-1e4, -100))).toBeLessThan(1e-14)
  })

  test('Bessel functions: published values, the series of all terms, the limit', () => {
    // Abramowitz and Stegun, table 9.8 (e^-x I0 and e^-x I1).
    const i0: readonly (readonly [number, number, number])[] = [[1, 0.4657596077, 0.2079104154], [5, 0.1835408126, 0.1639722669], [10, 0.1278333372, 0.1212626814]]
    for (const [x, e0, e1] of i0) {
      expect(at(B.logI0, [x])[0]).toBeCloseTo(Math.log(e0) + x, 9)
      expect(at(B.besselRatio, [x])[0]).toBeCloseTo(e1 / e0, 9)
    }
    const direct = (x: number): readonly [number, number] => {
      let t = 1, u = x / 2, a = 1, b = u
      for (let k = 1; k < 300; k++) {
        t *= (x * x) / 4 / (k * k)
        u *= (x * x) / 4 / (k * (k + 1))
        a += t
        b += u
      }
      return [a, b]
    }
    const xs = [...linear(0.01, 100), ...linear(29.9, 30.1, 20)]
    expect(worst(B.logI0, (x) => Math.log(direct(x)[0]), xs, 0.01)).toBeLessThan(3e-14)
    expect(worst(B.besselRatio, (x) => direct(x)[1] / direct(x)[0], xs)).toBeLessThan(1e-14)
    expect(worst(B.logI0, (x) => (x * x) / 4 - x ** 4 / 64, logarithmic(1e-6, 1e-3))).toBeLessThan(1e-12)
    expect([...at(B.besselRatio, [0, -3, 1e9])].map((v) => v.toFixed(8))).toEqual(['0.00000000', (-direct(3)[1] / direct(3)[0]).toFixed(8), (1 - 5e-10).toFixed(8)])
  })

  test('incomplete gamma and beta functions agree with the library and with closed forms', () => {
    for (const [a, x] of pairs([0.05, 0.5, 1, 2.5, 9.9, 10, 30, 200], [0.01, 0.3, 1, 1.4, 3, 9, 25, 150, 260])) {
      const p = gammainc_(x, a), q = gammainc_(x, a, true, true), [gp] = at((t) => B.gammainc(a, t), [x]), [gq] = at((t) => B.gammaincc(a, t), [x])
      expect(Math.abs(gp - p), `P(${a}, ${x})`).toBeLessThan(2e-12 * p + 1e-290)
      expect(Math.abs(gq - q), `Q(${a}, ${x})`).toBeLessThan(2e-12 * q + 1e-290)
    }
    for (const [a, b] of pairs([0.2, 1, 3.5, 20, 150], [0.4, 1, 6, 90]))
      for (const x of [0.001, 0.2, 0.5, 0.77, 0.99]) {
        const want = betainc_(x, a, b)
        expect(Math.abs(at((t) => B.betainc(a, b, t), [x])[0] - want), `I(${a}, ${b}, ${x})`).toBeLessThan(2e-12 * want + 1e-15)
      }
    // P(1, x) = 1 - e^-x, I_x(1, b) = 1 - (1 - x)^b, I_x(a, 1) = x^a; a Poisson sum at a = 1000.
    expect(worst((x) => B.gammainc(1, x), (x) => -Math.expm1(-x), logarithmic(1e-6, 50))).toBeLessThan(1e-14)
    expect(worst((x) => B.betainc(1, 7, x), (x) => -Math.expm1(7 * Math.log1p(-x)), linear(0, 1))).toBeLessThan(1e-13)
    expect(worst((x) => B.betainc(2.5, 1, x), (x) => x ** 2.5, linear(0, 1))).toBeLessThan(1e-13)
    let log = -1000 + 999 * Math.log(1000) - gammaln(1000), sum = 0
    for (let k = 999; k >= 0; k--) {
      sum += Math.exp(log)
      log += Math.log(k) - Math.log(1000)
    }
    expect(at((x) => B.gammaincc(1000, x), [1000])[0]).toBeCloseTo(sum, 11)
  })
})

describe('gradients', () => {
  test('of the incomplete gamma function by its shape are the slope', () => {
    const h = 1e-5
    for (const [a, x] of pairs([0.1, 0.8, 3, 20], [0.02, 0.5, 2, 6, 30])) {
      const P = (s: number): number => at((t) => B.gammainc(t, x), [s])[0]
      expect(slope((t) => B.gammainc(t, x), [a])[0]).toBeCloseTo((P(a + h) - P(a - h)) / (2 * h), 7)
      expect(slope((t) => B.gammaincc(t, x), [a])[0]).toBeCloseTo((P(a - h) - P(a + h)) / (2 * h), 7)
    }
  })
  test('of log beta: differences of digammas that don\'t cancel', () => {
    // digamma(a) - digamma(a + n) = -sum of 1 / (a + k) over k < n, and its slope the sum of 1 / (a + k)^2.
    const sum = (a: number, n: number, p: number): number => Array.from({ length: n }, (_, k) => (a + n - 1 - k) ** -p).reduce((s, v) => s + v, 0)
    for (const [a, n] of pairs([0.3, 2, 9.99, 10.01, 40, 1e3, 1e6, 1e10], [1, 2, 30])) {
      const t = B.leaf('input', 'x', []), [g] = grad([t])(B.lbeta(t, n)), [h] = grad([t])(g)
      const [first, second] = evaluate({ x: { shape: [], data: [a] } }, [g, h]).map((r) => r.data[0])
      expect(first / -sum(a, n, 1), `${a} ${n}`).toBeCloseTo(1, 12)
      expect(second / sum(a, n, 2), `${a} ${n}`).toBeCloseTo(1, 11)
    }
    // digamma(a + 1/2) - digamma(a) = 1 / (2 a) + 1 / (8 a^2) - 1 / (64 a^4) + ...
    for (const a of [1e3, 1e5, 1e8]) expect(-slope((x) => B.lbeta(x, 0.5), [a])[0] * 2 * a).toBeCloseTo(1 + 1 / (4 * a) - 1 / (32 * a ** 3), 13)
  })
  test('say so where there is none', () => {
    const a = B.leaf('input', 'a', []), x = B.leaf('input', 'x', [])
    expect(errorsIn(grad([a])(B.betainc(a, 2, x))[0])).toEqual(['NoGradient'])
    expect(errorsIn(grad([x])(B.betainc(a, 2, x))[0])).toEqual([])
    expect(errorsIn(grad([a])(grad([a])(B.gammainc(a, x))[0])[0])).toEqual(['NoGradient'])
    expect(errorsIn(grad([x])(grad([a])(B.gammainc(a, x))[0])[0])).toEqual([])
    expect(errorsIn(B.polygamma(-1, x))).toEqual(['ShapeMismatch'])
    expect(errorsIn(B.polygamma(0.5, x))).toEqual(['ShapeMismatch'])
  })
  test('stay right far out: the hazard of the normal, and its slope of -1', () => {
    // h(x) = -x - 1/x + 2/x^3 - ..., h' = -1 + 1/x^2 - ..., second derivative of logNdtr.
    for (const x of [-50, -1000, -10000]) {
      expect(slope(B.logNdtr, [x])[0]).toBeCloseTo(-x - 1 / x + 2 / x ** 3, 7)
      const t = B.leaf('input', 'x', []), [g] = grad([t])(grad([t])(B.logNdtr(t))[0])
      expect(evaluate({ x: { shape: [], data: [x] } }, [g])[0].data[0]).toBeCloseTo(-1 + 1 / x ** 2, 5)
    }
    expect(slope(B.logNdtr, [40])[0]).toBeLessThan(1e-30)
  })
  test('of the Bessel ratio: 1/2 at 0, 1 / (2 x^2) far out, continuous where formulas meet', () => {
    expect([...slope(B.besselRatio, [0])]).toEqual([0.5])
    const [below, above] = slope(B.besselRatio, [29.9999999, 30.0000001])
    expect(below / above).toBeCloseTo(1, 7)
    expect(slope(B.besselRatio, [1e4])[0] * 2e8).toBeCloseTo(1 + 0.5e-4, 7)
    expect(slope(B.besselRatio, [-2])[0]).toBeCloseTo(slope(B.besselRatio, [2])[0], 14)
  })
})

describe('composites', () => {
  test('log1mexp is accurate at both ends, its gradient finite', () => {
    expect(worst(B.log1mexp, (x) => (x < 1 ? Math.log(-Math.expm1(-x)) : Math.log1p(-Math.exp(-x))), [...logarithmic(1e-12, 600)])).toBeLessThan(1e-14)
    slope(B.log1mexp, [1e-10, Math.LN2, 40, 1000]).forEach((g, i) => expect(g).toBeCloseTo(1 / Math.expm1([1e-10, Math.LN2, 40, 1000][i]), 0))
  })
  test('logAddExp of equals adds log 2 and shares the gradient', () => {
    const a = B.leaf('input', 'a', []), b = B.leaf('input', 'b', []), y = B.logAddExp(a, b)
    const v = (p: number, q: number): readonly number[] =>
      evaluate({ a: { shape: [], data: [p] }, b: { shape: [], data: [q] } }, [y, ...grad([a, b])(y)]).map((r) => r.data[0])
    v(3, 3).forEach((x, i) => expect(x).toBeCloseTo([3 + Math.LN2, 0.5, 0.5][i], 14))
    v(-2000, 1000).forEach((x, i) => expect(x).toBeCloseTo([1000, 0, 1][i], 14))
    v(1, -0.5).forEach((x, i) => expect(x).toBeCloseTo([Math.log(Math.E + Math.exp(-0.5)), 1 / (1 + Math.exp(-1.5)), 1 / (1 + Math.exp(1.5))][i], 13))
  })
  test('x log y is 0 at 0 with finite gradients', () => {
    const x = B.leaf('input', 'x', []), y = B.leaf('input', 'y', [])
    const v = (f: Tensor, p: number, q: number): readonly number[] =>
      evaluate({ x: { shape: [], data: [p] }, y: { shape: [], data: [q] } }, [f, ...grad([x, y])(f)]).map((r) => r.data[0])
    expect(v(B.xlogy(x, y), 0, 0)).toEqual([0, 0, 0])
    expect(v(B.xlogy(x, y), 2, 4)).toEqual([2 * Math.log(4), Math.log(4), 0.5])
    expect(v(B.xlogy(x, y), 0, 4)).toEqual([0, Math.log(4), 0])
    expect(v(B.xlog1py(x, y), 0, -1)).toEqual([0, 0, 0])
    expect(v(B.xlog1py(x, y), 2, 3)).toEqual([2 * Math.log1p(3), Math.log1p(3), 0.5])
  })
  test('the normal distribution function is half of erfc', () => {
    expect(worst(B.ndtr, (x) => 0.5 * erfc_(-x * Math.SQRT1_2), linear(-10, 10))).toBeLessThan(1e-13)
  })
})
