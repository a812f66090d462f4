/**
 * Families on the whole real line.
 *
 * @since 0.1.0
 */
import * as B from '../../tensor/build.ts'
import { shapeOf } from '../../tensor/node.ts'
import { HALF_LOG_2PI, family, scaleOf, standardExponential, uniform01 } from '../family.ts'
import { real } from '../support.ts'

/** Normal: -log sd - ((x - mu) / sd)^2 / 2 - log(2 pi) / 2 */
export const normal = family({
  doc: 'normal with mean mu and standard deviation sd',
  params: { mu: { domain: 'real', default: 0 }, sd: { domain: 'positive', default: 1, scale: true } },
  support: () => real,
  logDensity: ({ mu, sd }, x) => {
    const s = scaleOf(sd)
    return B.sub(B.sub(B.mul(B.square(B.mul(B.sub(x, mu), s.inverse)), -0.5), s.log), HALF_LOG_2PI)
  },
  sample: ({ mu, sd }, key, shape) => B.add(mu, B.mul(sd, B.randomNormal(key, shape))),
  mean: ({ mu }) => mu,
  variance: ({ sd }) => B.square(sd),
  median: ({ mu }) => mu,
  mode: ({ mu }) => mu,
  entropy: ({ sd }) => B.add(scaleOf(sd).log, 0.5 + HALF_LOG_2PI)
})

/** Flat: density 1 everywhere (0 nats); improper, so it has no draws. */
export const flat = family({
  doc: 'improper: density 1 everywhere on the reals',
  params: {},
  improper: true,
  support: () => real,
  logDensity: (_, x) => B.full(shapeOf(x), 0),
  mode: () => B.scalar(0)
})

/** Laplace: -|x - mu| / b - log(2 b) */
export const laplace = family({
  doc: 'Laplace with centre mu and scale b',
  params: { mu: { domain: 'real', default: 0 }, b: { domain: 'positive', default: 1, scale: true } },
  support: () => real,
  logDensity: ({ mu, b }, x) => {
    const s = scaleOf(b)
    return B.sub(B.sub(B.neg(B.mul(B.abs(B.sub(x, mu)), s.inverse)), s.log), Math.LN2)
  },
  sample: ({ mu, b }, key, shape) => {
    const size = standardExponential(B.fold(key, 0), shape)
    return B.add(mu, B.mul(b, B.select(B.lt(uniform01(B.fold(key, 1), shape), 0.5), size, B.neg(size))))
  },
  mean: ({ mu }) => mu,
  variance: ({ b }) => B.mul(2, B.square(b)),
  median: ({ mu }) => mu,
  mode: ({ mu }) => mu,
  entropy: ({ b }) => B.add(scaleOf(b).log, 1 + Math.LN2)
})

/** Cauchy: -log(pi beta) - log(1 + ((x - alpha) / beta)^2) */
export const cauchy = family({
  doc: 'Cauchy with centre alpha and half width beta',
  params: { alpha: { domain: 'real', default: 0 }, beta: { domain: 'positive', default: 1, scale: true } },
  support: () => real,
  logDensity: ({ alpha, beta }, x) => {
    const s = scaleOf(beta)
    return B.sub(B.sub(B.neg(B.log1p(B.square(B.mul(B.sub(x, alpha), s.inverse)))), s.log), Math.log(Math.PI))
  },
  sample: ({ alpha, beta }, key, shape) =>
    B.add(alpha, B.mul(beta, B.tan(B.mul(B.sub(uniform01(key, shape), 0.5), Math.PI)))),
  median: ({ alpha }) => alpha,
  mode: ({ alpha }) => alpha,
  entropy: ({ beta }) => B.add(scaleOf(beta).log, Math.log(4 * Math.PI))
})
