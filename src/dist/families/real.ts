/**
 * Families on the whole real line.
 *
 * @since 0.1.0
 */
import * as B from '../../tensor/build.ts'
import type { Tensor } from '../../tensor/node.ts'
import { shapeOf } from '../../tensor/node.ts'
import { HALF_LOG_2PI, family, scaleOf, standardExponential, uniform01, whereFinite } from '../family.ts'
import type { Params } from '../family.ts'
import { studentBelow, studentDraw, studentEntropy, studentTop } from '../student.ts'
import { real } from '../support.ts'

/** Normal: -log sd - ((x - mu) / sd)^2 / 2 - log(2 pi) / 2 */
export const normal = family({
  doc: 'normal with mean mu and standard deviation sd',
  density: 'exp(-((x - mu) / sd)^2 / 2) / (sd sqrt(2 pi))',
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
  entropy: ({ sd }) => B.add(scaleOf(sd).log, 0.5 + HALF_LOG_2PI),
  cdf: ({ mu, sd }, x) => B.ndtr(B.div(B.sub(x, mu), sd)),
  quantile: ({ mu, sd }, q) => B.add(mu, B.mul(sd, B.ndtri(q)))
})

/** Flat: density 1 everywhere (0 nats); improper, so it has no draws. */
export const flat = family({
  doc: 'improper: density 1 everywhere on the reals',
  density: '1 everywhere; it has no integral',
  params: {},
  improper: true,
  support: () => real,
  logDensity: (_, x) => B.full(shapeOf(x), 0),
  mode: () => B.scalar(0)
})

/** Laplace: -|x - mu| / b - log(2 b) */
export const laplace = family({
  doc: 'Laplace with centre mu and scale b',
  density: 'exp(-|x - mu| / b) / (2 b)',
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
  entropy: ({ b }) => B.add(scaleOf(b).log, 1 + Math.LN2),
  cdf: ({ mu, b }, x) => {
    const z = B.div(B.sub(x, mu), b), tail = B.mul(0.5, B.exp(B.neg(B.abs(z))))
    return B.select(B.gt(z, 0), B.sub(1, tail), tail)
  },
  quantile: ({ mu, b }, q) => {
    const tail = B.min(q, B.sub(1, q))
    return B.add(mu, B.mul(b, B.mul(B.sign(B.sub(q, 0.5)), B.neg(B.log(B.mul(2, tail))))))
  }
})

/** Cauchy: -log(pi beta) - log(1 + ((x - alpha) / beta)^2) */
export const cauchy = family({
  doc: 'Cauchy with centre alpha and half width beta',
  density: '1 / (pi beta (1 + ((x - alpha) / beta)^2))',
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
  entropy: ({ beta }) => B.add(scaleOf(beta).log, Math.log(4 * Math.PI)),
  cdf: ({ alpha, beta }, x) => B.add(0.5, B.mul(1 / Math.PI, B.atan(B.div(B.sub(x, alpha), beta)))),
  // Towards the ends from the tail: its cotangent, since an angle near pi / 2 keeps few digits of it.
  quantile: ({ alpha, beta }, q) => {
    const d = B.sub(q, 0.5), tail = B.min(q, B.sub(1, q)), end = B.lt(tail, 0.25)
    const far = B.div(B.sign(d), B.tan(B.mul(Math.PI, B.select(end, tail, 0.25))))
    return B.add(alpha, B.mul(beta, B.select(end, far, B.tan(B.mul(Math.PI, B.select(end, 0, d))))))
  }
})

/** Standard Student t at z, less the log of its scale: -log B(nu / 2, 1 / 2) - log(nu) / 2 - (nu + 1) / 2 log(1 + z^2 / nu). */
const studentAt = (nu: Tensor, z: Tensor): Tensor =>
  B.sub(studentTop(nu), B.mul(B.mul(0.5, B.add(nu, 1)), B.log1p(B.div(B.square(z), nu))))

/** Student t: studentAt((x - mu) / sd) - log sd */
export const studentT = family({
  doc: 'Student t with nu degrees of freedom, centre mu and scale sd',
  density: 'Gamma((nu + 1) / 2) / (Gamma(nu / 2) sqrt(nu pi) sd) (1 + ((x - mu) / sd)^2 / nu)^(-(nu + 1) / 2)',
  params: { nu: { domain: 'positive' }, mu: { domain: 'real', default: 0 }, sd: { domain: 'positive', default: 1, scale: true } },
  support: () => real,
  logDensity: ({ nu, mu, sd }, x) => {
    const s = scaleOf(sd)
    return B.sub(studentAt(nu, B.mul(B.sub(x, mu), s.inverse)), s.log)
  },
  sample: ({ nu, mu, sd }, key, shape) => B.add(mu, B.mul(sd, studentDraw(nu, key, shape))),
  mean: ({ nu, mu }) => whereFinite(B.gt(nu, 1), mu),
  variance: ({ nu, sd }) => B.mul(B.square(sd), whereFinite(B.gt(nu, 2), B.div(nu, B.sub(nu, 2)))),
  median: ({ mu }) => mu,
  mode: ({ mu }) => mu,
  entropy: ({ nu, sd }) => B.add(scaleOf(sd).log, studentEntropy(nu)),
  cdf: ({ nu, mu, sd }, x) => studentBelow(nu, B.div(B.sub(x, mu), sd))
})

/** Skew normal: log 2 + log phi(z) + log Phi(alpha z) - log sd, z = (x - mu) / sd */
export const skewNormal = family({
  doc: 'normal with location mu and scale sd, skewed by alpha (0: none)',
  density: '2 / sd phi(z) Phi(alpha z) with z = (x - mu) / sd (Azzalini 1985)',
  params: { mu: { domain: 'real', default: 0 }, sd: { domain: 'positive', default: 1, scale: true }, alpha: { domain: 'real', default: 1 } },
  support: () => real,
  logDensity: ({ mu, sd, alpha }, x) => {
    const s = scaleOf(sd), z = B.mul(B.sub(x, mu), s.inverse)
    return B.add(B.sub(B.sub(B.mul(B.square(z), -0.5), s.log), HALF_LOG_2PI - Math.LN2), B.logNdtr(B.mul(alpha, z)))
  },
  sample: ({ mu, sd, alpha }, key, shape) => {
    const c = B.rsqrt(B.add(1, B.square(alpha)))
    const folded = B.mul(B.mul(alpha, c), B.abs(B.randomNormal(B.fold(key, 0), shape)))
    return B.add(mu, B.mul(sd, B.add(folded, B.mul(c, B.randomNormal(B.fold(key, 1), shape)))))
  },
  mean: ({ mu, sd, alpha }) => B.add(mu, B.mul(B.mul(sd, Math.sqrt(2 / Math.PI)), B.mul(alpha, B.rsqrt(B.add(1, B.square(alpha)))))),
  variance: ({ sd, alpha }) => B.mul(B.square(sd), B.sub(1, B.mul(2 / Math.PI, B.div(B.square(alpha), B.add(1, B.square(alpha))))))
})

/** Ex-Gaussian, z = (x - mu) / sd, t = sd / nu: for z < t the form with erfcx, in which nothing large cancels. */
export const exGaussian = family({
  doc: 'sum of a normal (mu, sd) and an exponential of mean nu',
  density: 'exp((mu - x) / nu + (sd / nu)^2 / 2) Phi((x - mu) / sd - sd / nu) / nu',
  params: { mu: { domain: 'real' }, sd: { domain: 'positive', scale: true }, nu: { domain: 'positive', scale: true } },
  support: () => real,
  logDensity: (p, x) => B.sub(tailed(p, x), scaleOf(p.nu).log),
  sample: ({ mu, sd, nu }, key, shape) =>
    B.add(B.add(mu, B.mul(sd, B.randomNormal(B.fold(key, 0), shape))), B.mul(nu, standardExponential(B.fold(key, 1), shape))),
  mean: ({ mu, nu }) => B.add(mu, nu),
  variance: ({ sd, nu }) => B.add(B.square(sd), B.square(nu)),
  cdf: (p, x) => B.sub(B.ndtr(B.div(B.sub(x, p.mu), p.sd)), B.exp(tailed(p, x)))
})

/** log(nu times the density) of an ex-Gaussian. */
const tailed = ({ mu, sd, nu }: Params<'mu' | 'sd' | 'nu'>, x: Tensor): Tensor => {
  const s = scaleOf(sd), z = B.mul(B.sub(x, mu), s.inverse), t = B.mul(sd, scaleOf(nu).inverse), w = B.sub(z, t)
  const left = B.sub(B.log(B.mul(0.5, B.erfcx(B.mul(B.min(w, 0), -Math.SQRT1_2)))), B.mul(0.5, B.square(z)))
  const right = B.sub(B.logNdtr(B.max(w, 0)), B.mul(t, B.sub(z, B.mul(0.5, t))))
  return B.select(B.lt(w, 0), left, right)
}
