/**
 * Families of whole vectors and matrices: the last one or two axes are one draw.
 *
 * @since 0.2.0
 */
import * as B from '../../tensor/build.ts'
import type { Extent, Shape } from '../../tensor/extent.ts'
import type { Tensor } from '../../tensor/node.ts'
import { shapeOf } from '../../tensor/node.ts'
import * as Bij from '../bijector.ts'
import { HALF_LOG_2PI, family, jointShape, lastExtent, settled } from '../family.ts'
import { normal } from './real.ts'
import { digammaGap, gammaEntropy, logPeak, tilt, weigh } from '../stable.ts'
import { choleskyCorr, ordered, real, simplex } from '../support.ts'

const rankOf = (t: Tensor): number => shapeOf(t).length
const last = (t: Tensor): Tensor => B.expandDims(t, rankOf(t))
const over = (t: Tensor): Tensor => B.sum(t, [-1])
/** A parameter as a vector of k, where one number stands for k equal ones. */
const wide = (t: Tensor, k: Extent): Tensor => (rankOf(t) > 0 && lastExtent(t) === k ? t : B.broadcastTo(t, [...shapeOf(t).slice(0, -1), k]))

/** Dirichlet: sum (alpha - 1) log x + log Gamma(sum alpha) - sum log Gamma(alpha), as a deviation from its peak. */
export const dirichlet = family({
  doc: 'shares that sum to 1 along the last axis, with concentrations alpha (one number: all equal)',
  density: 'Gamma(sum alpha) prod x[i]^(alpha[i] - 1) / prod Gamma(alpha[i]), evaluated as a deviation from its peak (Loader 2000)',
  params: { alpha: { domain: 'positive', event: 1 } },
  event: 1,
  support: () => simplex,
  logDensity: ({ alpha }, x) => {
    const a = wide(alpha, lastExtent(x)), n = settled(B.sum(a, [-1], true)), l = B.log(x)
    const rest = settled(B.mul(a, B.sub(B.log(n), B.log(a))))
    const parts = tilt(a, B.sub(B.mul(n, x), a), B.add(rest, weigh(B.sub(a, 1), l)), B.neg(l))
    const top = settled(B.sub(over(B.add(logPeak(a), B.log(a))), over(B.add(logPeak(n), B.log(n)))))
    return B.add(top, over(parts))
  },
  sample: ({ alpha }, key, shape) => B.softmax(B.randomLogGamma(key, wide(alpha, shape[shape.length - 1] ?? 1), shape)),
  mean: ({ alpha }) => (rankOf(alpha) === 0 ? undefined : B.div(alpha, B.sum(alpha, [-1], true))),
  variance: ({ alpha }) => {
    const n = B.sum(alpha, [-1], true), m = B.div(alpha, n)
    return rankOf(alpha) === 0 ? undefined : B.div(B.mul(m, B.sub(1, m)), B.add(n, 1))
  },
  entropy: ({ alpha }) => {
    if (rankOf(alpha) === 0) return undefined
    const n = over(alpha), k = B.extentScalar(lastExtent(alpha))
    const own = B.sub(over(gammaEntropy(alpha)), gammaEntropy(n)), more = B.sub(k, 1)
    return B.add(own, B.mul(more, B.sub(digammaGap(n), B.log(n))))
  }
})

/** The lower triangle, zeros above. */
const lower = (l: Tensor): Tensor => {
  const k = lastExtent(l)
  return B.select(B.le(B.iota([k, k], 1), B.iota([k, k], 0)), l, 0)
}

/** Sum of logs of the diagonal. */
const logDiagonal = (l: Tensor, weights?: Tensor): Tensor => {
  const k = lastExtent(l), on = B.eq(B.iota([k, k], 1), B.iota([k, k], 0))
  const logs = B.log(B.select(on, l, 1))
  return B.sum(B.select(on, weights === undefined ? logs : B.mul(weights, logs), 0), [-2, -1])
}

/** L^-1 d for vectors d along the last axis; one factor for all vectors is solved at once. */
const whiten = (l: Tensor, d: Tensor): Tensor => {
  if (rankOf(l) === 2 && rankOf(d) === 2) return B.swapLast(B.triangularSolve(l, B.swapLast(d)))
  const lead = jointShape(B.sum(d, [-1]), [B.sum(l, [-2, -1])]), k = lastExtent(l)
  const z = B.triangularSolve(B.broadcastTo(l, [...lead, k, k]), last(B.broadcastTo(d, [...lead, k])))
  return B.reshape(z, [...lead, k])
}

const isSquare = (l: Tensor): boolean => {
  const s = shapeOf(l)
  return s.length >= 2 && s[s.length - 1] === s[s.length - 2]
}

const notSquare = (what: string, l: Tensor): Tensor =>
  B.misfit('ShapeMismatch', [what], `a shape [${shapeOf(l).map(String).join(', ')}]`, 'a square matrix in the last two axes', 'give a lower triangular [k, k] tensor')

/** Multivariate normal: -|L^-1 (x - mu)|^2 / 2 - sum log diag L - k log(2 pi) / 2 */
export const multivariateNormal = family({
  doc: 'normal vectors with mean mu and covariance chol chol^T; only the lower triangle of chol is read',
  density: 'exp(-|chol^-1 (x - mu)|^2 / 2) / ((2 pi)^(k / 2) prod of the diagonal of chol)',
  params: { mu: { domain: 'real', default: 0, event: 1 }, chol: { domain: 'cholesky', event: 2, scale: true } },
  event: 1,
  support: () => real,
  logDensity: ({ mu, chol }, x) => {
    if (!isSquare(chol)) return notSquare('chol', chol)
    const z = whiten(chol, B.sub(x, mu)), k = B.extentScalar(lastExtent(chol))
    return B.sub(B.sub(B.mul(-0.5, over(B.square(z))), settled(logDiagonal(chol))), B.mul(k, HALF_LOG_2PI))
  },
  sample: ({ mu, chol }, key, shape) => {
    if (!isSquare(chol)) return notSquare('chol', chol)
    const z = B.randomNormal(key, shape), l = lower(chol)
    return B.add(mu, rankOf(chol) === 2 && rankOf(z) >= 2 ? B.matmul(z, B.swapLast(l)) : over(B.mul(l, B.expandDims(z, rankOf(z) - 1))))
  },
  mean: ({ mu, chol }) => wide(mu, lastExtent(chol)),
  variance: ({ chol }) => over(B.square(lower(chol))),
  mode: ({ mu, chol }) => wide(mu, lastExtent(chol)),
  entropy: ({ chol }) => B.add(logDiagonal(chol), B.mul(B.extentScalar(lastExtent(chol)), HALF_LOG_2PI + 0.5))
})

/** A column's share of the normaliser: log Gamma(b + m / 2) - m log(pi) / 2 - log Gamma(b), b = eta + (k - 1 - m) / 2. */
const lkjColumn = (eta: Tensor, k: number, m: number): Tensor => {
  const b = B.add(eta, (k - 1 - m) / 2)
  return B.sub(B.sub(B.lgamma(B.add(eta, (k - 1) / 2)), B.lgamma(b)), (m / 2) * Math.log(Math.PI))
}

/**
 * LKJ: det(L L^T)^(eta - 1) over correlation matrices, as a density of the elements
 * below the diagonal of L (Lewandowski, Kurowicka and Joe 2009).
 */
export const lkjCholesky = family({
  doc: 'Cholesky factors [k, k] of correlation matrices; eta = 1 is uniform over the matrices, more draws them to the identity',
  density: 'c prod L[i, i]^(k - i + 2 eta - 2), i from 2 to k, of the elements below the diagonal (Lewandowski et al. 2009)',
  params: { eta: { domain: 'positive', default: 1 } },
  event: 2,
  support: () => choleskyCorr,
  logDensity: ({ eta }, x) => {
    if (!isSquare(x)) return notSquare('lkjCholesky', x)
    const k = Number(lastExtent(x)), e2 = last(last(B.mul(2, eta)))
    const power = B.add(B.sub(e2, 2), B.float(B.sub(k - 1, B.iota([k, k], 0))))
    const rows = B.select(B.eq(B.iota([k, k], 0), 0), 0, power)
    const norm = Array.from({ length: k - 1 }, (_, i) => lkjColumn(eta, k, i + 1)).reduce((s, t) => B.add(s, t), B.mul(eta, 0))
    return B.add(settled(norm), logDiagonal(x, rows))
  },
  // Canonical partial correlations are independent: tanh(d / 2) of a difference of log gammas is 2 Beta - 1.
  sample: ({ eta }, key, shape) => {
    const n = shape.length, k = Number(shape[n - 1] ?? 1)
    if (n < 2 || shape[n - 2] !== shape[n - 1]) return notSquare('lkjCholesky', B.full(shape, 0))
    if (k === 1) return B.full(shape, 1)
    const columns = Array.from({ length: k }, (_, i) => Array.from({ length: i }, (_x, j) => (k - 2 - j) / 2)).flat()
    const free: Shape = [...shape.slice(0, -2), columns.length]
    const b = B.add(last(eta), B.array(Float32Array.from(columns), [columns.length]))
    const half = B.sub(B.randomLogGamma(B.fold(key, 0), b, free), B.randomLogGamma(B.fold(key, 1), b, free))
    return Bij.forward(Bij.choleskyCorr)(B.mul(0.5, half))
  }
})

/** Ordered normals: k! prod N(x_i; mu, sd) over increasing vectors. */
export const orderedNormal = family({
  doc: 'normals (mu, sd) put in increasing order along the last axis: a prior of cutpoints',
  density: 'k! prod exp(-((x[i] - mu) / sd)^2 / 2) / (sd sqrt(2 pi)) where x[1] < x[2] < ...',
  params: { mu: { domain: 'real', default: 0 }, sd: { domain: 'positive', default: 1, scale: true } },
  event: 1,
  support: () => ordered,
  logDensity: ({ mu, sd }, x) => {
    const all = over(normal.logDensity({ mu: last(mu), sd: last(sd) }, x))
    return B.add(all, settled(B.lgamma(B.add(B.extentScalar(lastExtent(x)), 1))))
  },
  sample: ({ mu, sd }, key, shape) => B.sort(B.add(last(mu), B.mul(last(sd), B.randomNormal(key, shape))), -1)
})
