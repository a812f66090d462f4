/**
 * A case for each family of the table: parameters that are not the defaults, where the
 * density lives, and its log density written independently in f64, by @stdlib or by the
 * textbook's form. The type makes a family without a case an error.
 */
import betaLogpdf from '@stdlib/stats-base-dists-beta-logpdf'
import binomialPmf from '@stdlib/stats-base-dists-binomial-pmf'
import chiLogpdf from '@stdlib/stats-base-dists-chisquare-logpdf'
import erfc from '@stdlib/math-base-special-erfc'
import gammaLogpdf from '@stdlib/stats-base-dists-gamma-logpdf'
import gammaln from '@stdlib/math-base-special-gammaln'
import invgammaLogpdf from '@stdlib/stats-base-dists-invgamma-logpdf'
import negbinPmf from '@stdlib/stats-base-dists-negative-binomial-pmf'
import paretoLogpdf from '@stdlib/stats-base-dists-pareto-type1-logpdf'
import poissonPmf from '@stdlib/stats-base-dists-poisson-pmf'
import tLogpdf from '@stdlib/stats-base-dists-t-logpdf'
import weibullLogpdf from '@stdlib/stats-base-dists-weibull-logpdf'
import * as Dist from '../../src/dist/index.ts'
import type { FamilyName, Numbers } from '../../src/dist/index.ts'
import type { Range } from './tools.ts'

type Given = Readonly<Record<string, Numbers>>

/** A density on the line. `points` lie inside, some far in a tail. */
export interface Line {
  readonly kind: 'line'
  readonly params: Given
  readonly range: Range
  /** Corners, where the quadrature is split. */
  readonly splits?: readonly number[]
  readonly points: readonly number[]
  readonly logpdf: (x: number) => number
  /** Mean and variance are those of a circle; or do not exist; or the fourth moment doesn't. */
  readonly moments?: 'circle' | 'none' | 'two'
}

/** Probabilities of whole numbers, which are nil in f64 beyond `upto`. */
export interface Whole {
  readonly kind: 'whole'
  readonly params: Given
  readonly upto: number
  readonly logpmf: (k: number) => number
}

/** A density of whole vectors or matrices. */
export interface Vector {
  readonly kind: 'vector'
  readonly params: Given
  readonly shape: readonly number[]
  readonly points: readonly (readonly number[])[]
  readonly logpdf: (x: readonly number[]) => number
  /** Half width and steps of the box in unconstrained units that holds all but 1e-8 of the mass. */
  readonly box: readonly [number, number]
}

export type Case = Line | Whole | Vector | { readonly kind: 'improper' }

const LINE: Range = [-Infinity, Infinity], HALF: Range = [0, Infinity]
const HALF_LOG_2PI = 0.5 * Math.log(2 * Math.PI)
export const normalAt = (mu: number, sd: number) => (x: number): number => -0.5 * ((x - mu) / sd) ** 2 - Math.log(sd) - HALF_LOG_2PI
export const Phi = (x: number): number => 0.5 * erfc(-x * Math.SQRT1_2)
const logSum = (...ls: readonly number[]): number => {
  const top = Math.max(...ls)
  return top + Math.log(ls.reduce((s, l) => s + Math.exp(l - top), 0))
}
/** I0 by the mean of exp(k cos t) over a circle, spectrally accurate. */
export const besselI0 = (k: number): number => Array.from({ length: 400 }, (_, i) => Math.exp(k * Math.cos((2 * Math.PI * i) / 400))).reduce((a, b) => a + b, 0) / 400
const logistic = (x: number): number => 1 / (1 + Math.exp(-x))
const inflated = (gate: number, pmf: (k: number) => number) => (k: number): number => Math.log((k === 0 ? gate : 0) + (1 - gate) * pmf(k))
const NEGBIN = { mu: 4.5, alpha: 2.25 }
const negbin = (k: number): number => negbinPmf(k, NEGBIN.alpha, NEGBIN.alpha / (NEGBIN.alpha + NEGBIN.mu))

export const cases: Readonly<Record<FamilyName, Case>> = {
  normal: { kind: 'line', params: { mu: 0.7, sd: 2.5 }, range: LINE, points: [-30, -2.1, 0.05, 1.9, 50], logpdf: normalAt(0.7, 2.5) },
  flat: { kind: 'improper' },
  laplace: { kind: 'line', params: { mu: -0.4, b: 1.7 }, range: LINE, splits: [-0.4], points: [-60, -2.1, 0.05, 1.9], logpdf: (x) => -Math.abs(x + 0.4) / 1.7 - Math.log(3.4) },
  cauchy: { kind: 'line', params: { alpha: 0.3, beta: 0.8 }, range: LINE, points: [-1e6, -2.1, 0.05, 1.9], logpdf: (x) => -Math.log(Math.PI * 0.8 * (1 + ((x - 0.3) / 0.8) ** 2)), moments: 'none' },
  studentT: { kind: 'line', params: { nu: 6.5, mu: 0.4, sd: 1.75 }, range: LINE, points: [-1e3, -2.1, 0.05, 1.9, 40], logpdf: (x) => tLogpdf((x - 0.4) / 1.75, 6.5) - Math.log(1.75) },
  skewNormal: { kind: 'line', params: { mu: -0.5, sd: 1.5, alpha: 2.5 }, range: LINE, points: [-4, -2.1, 0.05, 1.9, 12], logpdf: (x) => Math.LN2 + normalAt(-0.5, 1.5)(x) + Math.log(Phi((2.5 * (x + 0.5)) / 1.5)) },
  exGaussian: {
    kind: 'line', params: { mu: 0.5, sd: 0.75, nu: 1.5 }, range: LINE, points: [-3, -1.1, 0.05, 1.9, 60],
    logpdf: (x) => -Math.log(1.5) + (0.5 - x) / 1.5 + 0.5 * 0.25 + Math.log(Phi((x - 0.5) / 0.75 - 0.5))
  },
  logNormal: { kind: 'line', params: { mu: 0.2, sd: 0.6 }, range: HALF, points: [1e-4, 0.13, 0.51, 1.7, 400], logpdf: (x) => normalAt(0.2, 0.6)(Math.log(x)) - Math.log(x) },
  halfNormal: { kind: 'line', params: { sd: 1.4 }, range: HALF, points: [1e-5, 0.13, 0.51, 1.7, 30], logpdf: (x) => Math.LN2 + normalAt(0, 1.4)(x) },
  exponential: { kind: 'line', params: { lam: 0.35 }, range: HALF, points: [1e-5, 0.13, 0.51, 1.7, 300], logpdf: (x) => Math.log(0.35) - 0.35 * x },
  halfCauchy: { kind: 'line', params: { beta: 2.2 }, range: HALF, points: [1e-5, 0.13, 0.51, 1.7, 1e8], logpdf: (x) => Math.log(2 / (Math.PI * 2.2 * (1 + (x / 2.2) ** 2))), moments: 'none' },
  halfStudentT: { kind: 'line', params: { nu: 5.5, sd: 1.25 }, range: HALF, points: [1e-5, 0.13, 0.51, 1.7, 1e3], logpdf: (x) => Math.LN2 + tLogpdf(x / 1.25, 5.5) - Math.log(1.25) },
  gamma: { kind: 'line', params: { alpha: 2.75, beta: 1.5 }, range: HALF, points: [1e-5, 0.13, 0.51, 1.7, 3.1, 60], logpdf: (x) => gammaLogpdf(x, 2.75, 1.5) },
  chiSquared: { kind: 'line', params: { nu: 7.5 }, range: HALF, points: [1e-4, 0.13, 0.51, 4.7, 9.1, 200], logpdf: (x) => chiLogpdf(x, 7.5) },
  inverseGamma: { kind: 'line', params: { alpha: 4.75, beta: 3.5 }, range: HALF, points: [0.02, 0.13, 0.51, 1.7, 1e4], logpdf: (x) => invgammaLogpdf(x, 4.75, 3.5) },
  weibull: { kind: 'line', params: { alpha: 1.75, beta: 2.5 }, range: HALF, points: [1e-5, 0.13, 0.51, 1.7, 20], logpdf: (x) => weibullLogpdf(x, 1.75, 2.5) },
  uniform: { kind: 'line', params: { lower: -1.5, upper: 2.25 }, range: [-1.5, 2.25], points: [-1.4, 0.05, 1.9], logpdf: () => -Math.log(3.75) },
  beta: { kind: 'line', params: { alpha: 2.5, beta: 3.25 }, range: [0, 1], points: [1e-5, 0.13, 0.41, 0.51, 0.999], logpdf: (x) => betaLogpdf(x, 2.5, 3.25) },
  vonMises: { kind: 'line', params: { mu: 0.75, kappa: 2.5 }, range: [-Math.PI, Math.PI], points: [-3.1, -1, 0.05, 1.9], logpdf: (x) => 2.5 * Math.cos(x - 0.75) - Math.log(2 * Math.PI * besselI0(2.5)), moments: 'circle' },
  wald: {
    kind: 'line', params: { mu: 1.5, lam: 4.5, alpha: -0.5 }, range: [-0.5, Infinity], points: [-0.4, 0.05, 0.51, 1.7, 30],
    logpdf: (x) => 0.5 * Math.log(4.5 / (2 * Math.PI)) - 1.5 * Math.log(x + 0.5) - (4.5 * (x - 1) ** 2) / (2 * 2.25 * (x + 0.5))
  },
  pareto: { kind: 'line', params: { alpha: 4.5, m: 1.25 }, range: [1.25, Infinity], points: [1.2501, 1.7, 3, 1e5], logpdf: (x) => paretoLogpdf(x, 4.5, 1.25) },
  truncatedNormal: { kind: 'line', params: { mu: 0.4, sd: 1.5, lower: -1, upper: 3.5 }, range: [-1, 3.5], points: [-0.99, 0.05, 1.9, 3.49], logpdf: (x) => normalAt(0.4, 1.5)(x) - Math.log(Phi(3.1 / 1.5) - Phi(-1.4 / 1.5)) },
  scaleMixture: {
    kind: 'line', params: { pi: 0.25, sd1: 1.25, sd2: 0.125 }, range: LINE, points: [-9, -2.1, 0.05, 0.4],
    logpdf: (x) => logSum(Math.log(0.25) + normalAt(0, 1.25)(x), Math.log(0.75) + normalAt(0, 0.125)(x))
  },
  normalMixture: {
    kind: 'line', params: { w: [0.25, 0.25, 0.5], mu: [-2, 0.5, 3], sd: [0.5, 1, 0.75] }, range: LINE, points: [-20, -2.1, 0.05, 1.9],
    logpdf: (x) => logSum(Math.log(0.25) + normalAt(-2, 0.5)(x), Math.log(0.25) + normalAt(0.5, 1)(x), Math.log(0.5) + normalAt(3, 0.75)(x))
  },
  dirichlet: {
    kind: 'vector', params: { alpha: [1.5, 2.25, 3] }, shape: [3], box: [26, 520],
    points: [[0.25, 0.25, 0.5], [0.9, 0.05, 0.05], [1e-6, 0.4, 0.599999]],
    logpdf: ([x, y, z]) => gammaln(6.75) - gammaln(1.5) - gammaln(2.25) - gammaln(3) + 0.5 * Math.log(x) + 1.25 * Math.log(y) + 2 * Math.log(z)
  },
  multivariateNormal: {
    kind: 'vector', params: { mu: [0.5, -1], chol: [[1.5, 0], [-0.75, 0.5]] }, shape: [2], box: [14, 400],
    points: [[0.5, -1], [2, -3], [-4, 4]],
    logpdf: ([x, y]) => {
      const a = (x - 0.5) / 1.5, b = (y + 1 + 0.75 * a) / 0.5
      return -0.5 * (a * a + b * b) - Math.log(0.75) - 2 * HALF_LOG_2PI
    }
  },
  lkjCholesky: {
    kind: 'vector', params: { eta: 1.75 }, shape: [3, 3], box: [9, 48],
    points: [[1, 0, 0, 0, 1, 0, 0, 0, 1], [1, 0, 0, 0.6, 0.8, 0, 0.48, 0.6, 0.64], [1, 0, 0, -0.96, 0.28, 0, 0.8, 0, 0.6]],
    // The normaliser over 3 x 3 correlation matrices is a product of two beta functions: pi^(1/2) Gamma(b) / Gamma(b + 1/2) for each of
    // three partial correlations, with b = eta + 1/2 for the two of the first column and b = eta for the last.
    logpdf: (l) => {
      const c = (b: number): number => 0.5 * Math.log(Math.PI) + gammaln(b) - gammaln(b + 0.5)
      return 2.5 * Math.log(l[4]) + 1.5 * Math.log(l[8]) - 2 * c(2.25) - c(1.75)
    }
  },
  orderedNormal: {
    kind: 'vector', params: { mu: 0.5, sd: 1.25 }, shape: [2], box: [22, 440], points: [[-1, 2], [0.5, 0.75], [-6, 8]],
    logpdf: ([x, y]) => Math.LN2 + normalAt(0.5, 1.25)(x) + normalAt(0.5, 1.25)(y)
  },
  bernoulli: { kind: 'whole', params: { logits: -1.25 }, upto: 1, logpmf: (k) => Math.log(k === 1 ? logistic(-1.25) : logistic(1.25)) },
  categorical: { kind: 'whole', params: { probs: [0.125, 0.5, 0.375] }, upto: 2, logpmf: (k) => Math.log([0.125, 0.5, 0.375][k]) },
  orderedLogistic: {
    kind: 'whole', params: { eta: 0.5, cutpoints: [-1, 0.25, 2] }, upto: 3,
    logpmf: (k) => Math.log([0, logistic(-1.5), logistic(-0.25), logistic(1.5), 1].reduce((p, c, i, all) => (i === k + 1 ? c - all[i - 1] : p), 0))
  },
  binomial: { kind: 'whole', params: { n: 23, probs: 0.375 }, upto: 23, logpmf: (k) => Math.log(binomialPmf(k, 23, 0.375)) },
  poisson: { kind: 'whole', params: { rate: 6.5 }, upto: 80, logpmf: (k) => Math.log(poissonPmf(k, 6.5)) },
  negativeBinomial: { kind: 'whole', params: NEGBIN, upto: 250, logpmf: (k) => Math.log(negbin(k)) },
  zeroInflatedPoisson: { kind: 'whole', params: { gate: 0.25, rate: 6.5 }, upto: 80, logpmf: inflated(0.25, (k) => poissonPmf(k, 6.5)) },
  zeroInflatedBinomial: { kind: 'whole', params: { gate: 0.25, n: 23, probs: 0.375 }, upto: 23, logpmf: inflated(0.25, (k) => binomialPmf(k, 23, 0.375)) },
  zeroInflatedNegativeBinomial: { kind: 'whole', params: { gate: 0.25, ...NEGBIN }, upto: 250, logpmf: inflated(0.25, negbin) }
}

/** The distribution of a case. */
export const distOf = (family: FamilyName): Dist.Dist => {
  const c = cases[family]
  return Dist.make(family, c.kind === 'improper' ? {} : c.params)
}

type Named<C> = C & { readonly family: FamilyName }
const ofKind = <C extends Case>(kind: C['kind']): readonly Named<C>[] =>
  Dist.familyNames.flatMap((family) => (cases[family].kind === kind ? [{ ...(cases[family] as C), family }] : []))

export const lines = ofKind<Line>('line')
export const wholes = ofKind<Whole>('whole')
export const vectors = ofKind<Vector>('vector')
