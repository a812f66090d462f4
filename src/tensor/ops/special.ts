/**
 * Special functions: rows of the op table. All are elementwise and f32; their f64
 * meanings are in `../special`.
 *
 * Derivatives are closed forms in other special functions, so gradients of gradients
 * work. Where none is known in these terms (a parameter of the incomplete beta function)
 * the gradient is a node that says so.
 *
 * @since 0.2.0
 */
import * as B from '../build.ts'
import type { Tensor } from '../node.ts'
import { node } from '../node.ts'
import { bad, num, ok, tabulate } from '../rule.ts'
import type { Row } from '../table.ts'
import { besselRatio, logI0 } from '../special/bessel.ts'
import { erf, erfc, erfcx, erfinv, logNdtr, ndtri } from '../special/erf.ts'
import { digamma, lbeta, lgamma, polygamma } from '../special/gamma.ts'
import { betainc, betaKernel, gammainc, gammaincc, gammaincSlope, gammaKernel } from '../special/incomplete.ts'
import { define, FLOAT, float1, float2 } from './elementwise.ts'

const TWO_OVER_SQRT_PI = 1.1283791670955126

/** Names of the special functions' ops. */
export type SpecialName =
  | 'lgamma' | 'polygamma' | 'lbeta' | 'erf' | 'erfc' | 'erfcx' | 'erfinv' | 'ndtri' | 'logNdtr' | 'logI0' | 'besselRatio'
  | 'gammainc' | 'gammaincc' | 'gammaincSlope' | 'betainc' | 'gammaKernel' | 'betaKernel'

const noGradient = (op: string, what: string, hint: string): Tensor =>
  B.misfit('NoGradient', [op], `a gradient with respect to ${what}`, 'an argument with a known derivative', hint)

/** exp(-x^2) as a node. */
const gauss = (x: Tensor): Tensor => B.exp(B.neg(B.square(x)))

/** 2 x erfcx(x) - 2 / sqrt(pi), from its asymptotic series where that cancels. */
const erfcxSlope = (x: Tensor, y: Tensor): Tensor => {
  const far = B.gt(x, 8), q = B.div(0.5, B.square(B.select(far, x, 8)))
  const series = B.mul(B.mul(q, -TWO_OVER_SQRT_PI), [1, -3, 15, -105].reduceRight<Tensor>((s, c) => B.add(B.mul(s, q), c), B.scalar(945)))
  return B.select(far, series, B.sub(B.mul(B.mul(x, 2), y), TWO_OVER_SQRT_PI))
}

/** 1 - A / x - A^2 of A = I1 / I0: 1/2 at 0, an expansion in 1 / x beyond 30, where that cancels. */
const ratioSlope = (x: Tensor, y: Tensor): Tensor => {
  const size = B.abs(x), far = B.gt(size, 30), q = B.div(1, B.select(far, size, 30)), flat = B.lt(size, 1e-3)
  const series = B.mul(B.square(q), SLOPE.reduceRight<Tensor>((s, c) => B.add(B.mul(s, q), c), B.scalar(0)))
  const direct = B.sub(1, B.add(B.div(y, B.select(flat, 1, x)), B.square(y)))
  return B.select(far, series, B.select(flat, B.sub(0.5, B.mul(B.square(x), 3 / 16)), direct))
}

/** Coefficients of 1/x^2, 1/x^3, ... of the slope: the equation A' = 1 - A / x - A^2 gives those of A in turn. */
const SLOPE: readonly number[] = (() => {
  const a = [1]
  for (let n = 1; n <= 10; n++) {
    // At order 1/x^n: -(n - 1) a[n-1] = [n = 0] - a[n-1] - sum a[i] a[n-i].
    let rest = (n - 2) * a[n - 1]
    for (let i = 1; i < n; i++) rest -= a[i] * a[n - i]
    a.push(rest / 2)
  }
  return a.slice(1).map((c, i) => -(i + 1) * c)
})()

/** B(2k) / 2k: digamma(x) is log x - 1 / (2 x) less the sum of these times x^-2k. */
const STIRLING_SLOPE = [1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760]

/** From here on the next term of the series is 1e-14 of the first. */
const FAR = 10

/** digamma(a) - digamma(a + b). Where a is large the two are nearly equal: there the difference of each term of the series is formed, which has the factor b. */
const digammaStep = (a: Tensor, b: Tensor): Tensor => {
  const far = B.gt(a, FAR), x = B.select(far, a, FAR), p = B.div(1, x), q = B.div(1, B.add(x, b))
  const pp = B.square(p), qq = B.square(q), gap = B.mul(B.mul(b, p), q)
  // (p^2k - q^2k) / (p^2 - q^2) by k; p^2 - q^2 = (p - q) (p + q), and p - q = b p q.
  let step: Tensor = B.scalar(1), power: Tensor = qq, sum: Tensor = B.scalar(STIRLING_SLOPE[0])
  for (const c of STIRLING_SLOPE.slice(1)) {
    step = B.add(B.mul(pp, step), power)
    power = B.mul(power, qq)
    sum = B.add(sum, B.mul(c, step))
  }
  const series = B.add(B.log1p(B.mul(b, p)), B.mul(gap, B.add(0.5, B.mul(B.add(p, q), sum))))
  return B.select(far, B.neg(series), B.sub(B.digamma(a), B.digamma(B.add(a, b))))
}

const order = (t: Tensor): number => num(t.attrs, 'order')
const float3 = (doc: string, f: (a: number, b: number, x: number) => number, d: (a: Tensor, b: Tensor, x: Tensor, y: Tensor, ct: Tensor) => readonly (Tensor | null)[]): Row =>
  define(3, doc, FLOAT, 'f32', (_, a, b, x) => f(a, b, x), (t, ct) => d(t.args[0], t.args[1], t.args[2], t, ct))

/** A quotient that is 0, not NaN, where numerator and denominator vanish. */
const over = (y: Tensor, x: Tensor): Tensor => B.div(y, B.select(B.eq(x, 0), 1, x))
const gammaSlopes = (a: Tensor, x: Tensor, ct: Tensor): readonly [Tensor, Tensor] => {
  const kernel = node('gammaKernel', [a, x])
  return [
    B.mul(ct, node('gammaincSlope', [a, x])),
    B.mul(ct, over(kernel, x))
  ]
}

const polygammaRow: Row = float1('derivative of digamma, of the given order', digamma, (x, y, ct) => B.mul(ct, B.polygamma(order(y) + 1, x)))

export const special: Record<SpecialName, Row> = {
  lgamma: float1('logarithm of the gamma function, x > 0', lgamma, (x, _y, ct) => B.mul(ct, B.digamma(x))),
  polygamma: {
    ...polygammaRow,
    attrs: ['order'],
    type: (args, attrs) => {
      const n = attrs['order']
      return typeof n === 'number' && Number.isInteger(n) && n >= 0 && args[0].dtype === 'f32'
        ? ok(args[0].shape, 'f32')
        : bad('polygamma', `order ${String(n)} of ${args[0].dtype}`, 'a whole order of at least 0, and f32', 'polygamma(0) is digamma, polygamma(1) trigamma')
    },
    f64: ([x], attrs) => tabulate(x.shape, (_, i) => polygamma(num(attrs, 'order'), x.data[i]))
  },
  lbeta: float2('logarithm of the beta function, a, b > 0', lbeta, (a, b, _y, ct) => [B.mul(ct, digammaStep(a, b)), B.mul(ct, digammaStep(b, a))]),
  erf: float1('error function', erf, (x, _y, ct) => B.mul(ct, B.mul(gauss(x), TWO_OVER_SQRT_PI))),
  erfc: float1('1 - erf(x), accurate in the right tail', erfc, (x, _y, ct) => B.mul(ct, B.mul(gauss(x), -TWO_OVER_SQRT_PI))),
  erfcx: float1('exp(x^2) erfc(x)', erfcx, (x, y, ct) => B.mul(ct, erfcxSlope(x, y))),
  erfinv: float1('inverse of erf on (-1, 1)', erfinv, (_x, y, ct) => B.mul(ct, B.mul(B.exp(B.square(y)), 1 / TWO_OVER_SQRT_PI))),
  ndtri: float1('standard normal quantile', ndtri, (_x, y, ct) => B.mul(ct, B.mul(B.exp(B.mul(B.square(y), 0.5)), Math.sqrt(2 * Math.PI)))),
  // The hazard exp(-x^2/2) / (sqrt(2 pi) Phi(x)), below 1e-30 from 12 on.
  logNdtr: float1('logarithm of the standard normal distribution function', logNdtr, (x, _y, ct) =>
    B.mul(ct, B.div(Math.sqrt(2 / Math.PI), B.erfcx(B.mul(B.min(x, 12), -Math.SQRT1_2))))),
  logI0: float1('logarithm of the modified Bessel function I0', logI0, (x, _y, ct) => B.mul(ct, B.besselRatio(x))),
  besselRatio: float1('I1(x) / I0(x)', besselRatio, (x, y, ct) => B.mul(ct, ratioSlope(x, y))),
  gammainc: float2('regularised lower incomplete gamma function P(a, x)', gammainc, (a, x, _y, ct) => gammaSlopes(a, x, ct)),
  gammaincc: float2('regularised upper incomplete gamma function Q(a, x)', gammaincc, (a, x, _y, ct) => gammaSlopes(a, x, B.neg(ct))),
  gammaincSlope: float2('derivative of P(a, x) by a', gammaincSlope, (a, x, _y, ct) => [
    noGradient('gammaincSlope', 'a, twice', 'differentiate once by the shape, or stop the gradient'),
    B.mul(ct, over(B.mul(node('gammaKernel', [a, x]), B.sub(B.log(B.select(B.gt(x, 0), x, 1)), B.digamma(a))), x))
  ]),
  betainc: float3('regularised incomplete beta function I_x(a, b)', betainc, (a, b, x, _y, ct) => {
    const no = noGradient('betainc', 'a or b', 'differentiate by x only (stopGradient on the parameters), or draw from the beta distribution, whose draws have gradients')
    return [no, no, B.mul(ct, over(node('betaKernel', [a, b, x]), B.mul(x, B.sub(1, x))))]
  }),
  gammaKernel: float2('x^a exp(-x) / gamma(a)', gammaKernel, (a, x, y, ct) => [
    B.mul(ct, B.mul(y, B.sub(B.log(B.select(B.gt(x, 0), x, 1)), B.digamma(a)))),
    B.mul(ct, over(B.mul(y, B.sub(a, x)), x))
  ]),
  betaKernel: float3('x^a (1 - x)^b / B(a, b)', betaKernel, (a, b, x, y, ct) => {
    const inside = B.and(B.gt(x, 0), B.lt(x, 1)), z = B.select(inside, x, 0.5), g = B.mul(ct, y)
    return [
      B.mul(g, B.sub(B.log(z), digammaStep(a, b))),
      B.mul(g, B.sub(B.log1p(B.neg(z)), digammaStep(b, a))),
      B.mul(g, B.sub(B.div(a, z), B.div(b, B.sub(1, z))))
    ]
  })
}
