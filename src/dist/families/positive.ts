/**
 * Families on the positive half line.
 *
 * @since 0.1.0
 */
import * as B from '../../tensor/build.ts'
import { HALF_LOG_2PI, family, scaleOf, standardExponential, uniform01 } from '../family.ts'
import { positive } from '../support.ts'
import { normal } from './real.ts'

/** Log-normal: log x is normal(mu, sd). */
export const logNormal = family({
  doc: 'log-normal: log x is normal with mean mu and standard deviation sd',
  params: { mu: { domain: 'real', default: 0 }, sd: { domain: 'positive', default: 1, scale: true } },
  support: () => positive,
  logDensity: (p, x) => {
    const l = B.log(x)
    return B.sub(normal.logDensity(p, l), l)
  },
  sample: ({ mu, sd }, key, shape) => B.exp(B.add(mu, B.mul(sd, B.randomNormal(key, shape)))),
  mean: ({ mu, sd }) => B.exp(B.add(mu, B.mul(0.5, B.square(sd)))),
  variance: ({ mu, sd }) => {
    const v = B.square(sd)
    return B.mul(B.expm1(v), B.exp(B.add(B.mul(2, mu), v)))
  },
  median: ({ mu }) => B.exp(mu),
  mode: ({ mu, sd }) => B.exp(B.sub(mu, B.square(sd))),
  entropy: ({ mu, sd }) => B.add(B.add(mu, scaleOf(sd).log), 0.5 + HALF_LOG_2PI)
})

/** Upper quartile of the standard normal: the median of its absolute value. */
const QUARTILE = 0.6744897501960817

/** Half normal: -(x / sd)^2 / 2 - log sd + log(2 / pi) / 2 */
export const halfNormal = family({
  doc: 'absolute value of a normal with mean 0 and standard deviation sd',
  params: { sd: { domain: 'positive', default: 1, scale: true } },
  support: () => positive,
  logDensity: ({ sd }, x) => {
    const s = scaleOf(sd)
    return B.add(B.sub(B.mul(B.square(B.mul(x, s.inverse)), -0.5), s.log), 0.5 * Math.log(2 / Math.PI))
  },
  sample: ({ sd }, key, shape) => B.mul(sd, B.abs(B.randomNormal(key, shape))),
  mean: ({ sd }) => B.mul(sd, Math.sqrt(2 / Math.PI)),
  variance: ({ sd }) => B.mul(B.square(sd), 1 - 2 / Math.PI),
  median: ({ sd }) => B.mul(sd, QUARTILE),
  mode: ({ sd }) => B.mul(sd, 0),
  entropy: ({ sd }) => B.add(scaleOf(sd).log, 0.5 * Math.log(Math.PI / 2) + 0.5)
})

/** Exponential: log lam - lam x */
export const exponential = family({
  doc: 'exponential with rate lam',
  params: { lam: { domain: 'positive', default: 1 } },
  support: () => positive,
  logDensity: ({ lam }, x) => B.sub(scaleOf(lam).log, B.mul(lam, x)),
  sample: ({ lam }, key, shape) => B.div(standardExponential(key, shape), lam),
  mean: ({ lam }) => B.div(1, lam),
  variance: ({ lam }) => B.div(1, B.square(lam)),
  median: ({ lam }) => B.div(Math.LN2, lam),
  mode: ({ lam }) => B.mul(lam, 0),
  entropy: ({ lam }) => B.sub(1, scaleOf(lam).log)
})

/** Half Cauchy: log 2 - log(pi beta) - log(1 + (x / beta)^2) */
export const halfCauchy = family({
  doc: 'absolute value of a Cauchy with centre 0 and half width beta',
  params: { beta: { domain: 'positive', default: 1, scale: true } },
  support: () => positive,
  logDensity: ({ beta }, x) => {
    const s = scaleOf(beta)
    return B.add(B.sub(B.neg(B.log1p(B.square(B.mul(x, s.inverse)))), s.log), Math.log(2 / Math.PI))
  },
  sample: ({ beta }, key, shape) => B.mul(beta, B.tan(B.mul(uniform01(key, shape), Math.PI / 2))),
  median: ({ beta }) => beta,
  mode: ({ beta }) => B.mul(beta, 0),
  entropy: ({ beta }) => B.add(scaleOf(beta).log, Math.log(2 * Math.PI))
})
