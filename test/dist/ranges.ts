/**
 * The range that a user meets, family by family: parameters from vague to sharp, and
 * values from the bulk out to both tails. Every family of the table has one; the f32
 * tests evaluate all of it with parameters that are not known on the host.
 */
import type { FamilyName } from '../../src/dist/index.ts'
import * as Dist from '../../src/dist/index.ts'
import * as B from '../../src/tensor/build.ts'
import type { Tensor } from '../../src/tensor/node.ts'

type Numbers = Readonly<Record<string, number | readonly number[]>>

export interface RangeOf {
  readonly params: readonly Numbers[]
  /** As many values for every one of the parameters; whole draws are flat. */
  readonly values: (p: Readonly<Record<string, number>>) => readonly number[]
  /** The shape of one draw and of the parameters that have axes of their own. */
  readonly event?: readonly number[]
  readonly own?: Readonly<Record<string, readonly number[]>>
}

const grid = (axes: Readonly<Record<string, readonly number[]>>): readonly Numbers[] =>
  Object.entries(axes).reduce<readonly Record<string, number>[]>((all, [k, vs]) => all.flatMap((p) => vs.map((v) => ({ ...p, [k]: v }))), [{}])

const SIDES = [-1000, -30, -8, -3, -1, -0.1, 0, 0.01, 0.5, 2, 5, 12, 100]
const about = (mu: number, sd: number, sides = SIDES): readonly number[] => sides.map((s) => mu + sd * s)
const FACTORS = [1e-20, 1e-6, 1e-3, 0.1, 0.5, 0.9, 0.99, 1, 1.02, 1.3, 3, 10, 1e3]
const times = (scale: number, factors = FACTORS): readonly number[] => factors.map((f) => scale * f)
const SCALES = [1e-4, 1, 300]
const COUNTS = [0, 0, 1, 2, 3, 7, 50, 900]
/** Counts about a mean with their spread, and the small ones. */
const countsAbout = (mean: number, sd: number, most = Infinity): readonly number[] =>
  [...COUNTS.map((k) => Math.min(k, most)), ...[-6, -2, -0.3, 0.4, 3, 8].map((z) => Math.min(most, Math.max(0, Math.round(mean + z * sd))))]
const RATES = [1e-3, 0.5, 4, 60, 5000]
const BINOMIAL = grid({ n: [1, 12, 300, 20000], probs: [1e-4, 0.02, 0.5, 0.97] })
const NEGBIN = grid({ mu: RATES, alpha: [0.02, 1, 7.5, 200, 1e5] })
const binomialValues = (p: Readonly<Record<string, number>>): readonly number[] => countsAbout(p['n'] * p['probs'], Math.sqrt(p['n'] * p['probs'] * (1 - p['probs'])), p['n'])
const negbinValues = ({ mu, alpha }: Readonly<Record<string, number>>): readonly number[] => countsAbout(mu, Math.sqrt(mu + (mu * mu) / alpha))

export const ranges: Readonly<Record<Exclude<FamilyName, 'flat'>, RangeOf>> = {
  normal: { params: grid({ mu: [0, -3, 50], sd: SCALES }), values: ({ mu, sd }) => about(mu, sd) },
  laplace: { params: grid({ mu: [0, -3, 50], b: SCALES }), values: ({ mu, b }) => about(mu, b) },
  cauchy: { params: grid({ alpha: [0, -3, 50], beta: SCALES }), values: ({ alpha, beta }) => about(alpha, beta, [...SIDES, 1e8]) },
  studentT: { params: grid({ nu: [0.3, 1, 4, 30, 1e3, 1e6], mu: [0, -3], sd: SCALES }), values: ({ mu, sd }) => about(mu, sd) },
  skewNormal: { params: grid({ mu: [0, -3], sd: SCALES, alpha: [-20, -1, 0.5, 3, 50] }), values: ({ mu, sd }) => about(mu, sd) },
  exGaussian: { params: grid({ mu: [0, -3], sd: SCALES, nu: [1e-3, 0.1, 2, 100] }), values: ({ mu, sd }) => about(mu, sd) },
  scaleMixture: { params: grid({ pi: [0.01, 0.5, 0.75], sd1: [1, 0.1], sd2: [0.01, 5e-4] }), values: ({ sd1 }) => [...about(0, sd1), 1e-3, 3e-3] },
  normalMixture: {
    params: [{ w: [0.25, 0.25, 0.5], mu: [-2, 0.5, 3], sd: [0.5, 1, 0.75] }, { w: [0.001, 0.009, 0.99], mu: [-200, 0.5, 0.5], sd: [0.01, 1, 30] }],
    values: () => about(0.5, 1), own: { w: [3], mu: [3], sd: [3] }
  },
  logNormal: { params: grid({ mu: [0, -3, 8], sd: [0.05, 1, 10] }), values: ({ mu, sd }) => about(mu, sd, [-3.5, -1, -0.1, 0, 0.5, 2, 3.8]).map(Math.exp) },
  halfNormal: { params: grid({ sd: SCALES }), values: ({ sd }) => times(sd) },
  exponential: { params: grid({ lam: SCALES }), values: ({ lam }) => times(1 / lam) },
  halfCauchy: { params: grid({ beta: SCALES }), values: ({ beta }) => times(beta, [...FACTORS, 1e20]) },
  halfStudentT: { params: grid({ nu: [0.3, 1, 4, 30, 1e3, 1e6], sd: SCALES }), values: ({ sd }) => times(sd) },
  gamma: { params: grid({ alpha: [1e-3, 0.5, 1, 2.5, 3.5, 40, 1e4], beta: [1e-3, 1, 200] }), values: ({ alpha, beta }) => times(alpha / beta) },
  chiSquared: { params: grid({ nu: [0.1, 1, 2, 7, 300, 1e4] }), values: ({ nu }) => times(nu) },
  inverseGamma: { params: grid({ alpha: [0.01, 1, 3.5, 40, 1e4], beta: SCALES }), values: ({ alpha, beta }) => times(beta / alpha, FACTORS.slice(1)) },
  weibull: { params: grid({ alpha: [0.3, 1, 2, 20], beta: SCALES }), values: ({ beta }) => times(beta, FACTORS.filter((f) => f < 20)) },
  wald: { params: grid({ mu: [0.1, 1, 50], lam: [0.1, 1, 1e4], alpha: [0, 2] }), values: ({ mu, alpha }) => times(mu, FACTORS.slice(2)).map((y) => alpha + y) },
  pareto: { params: grid({ alpha: [0.5, 3, 1e3], m: [1e-2, 1, 50] }), values: ({ m }) => times(m, [1.001, 1.02, 1.3, 2, 10, 1e6]) },
  uniform: { params: [{ lower: 0, upper: 1 }, { lower: -1e3, upper: 1e3 }, { lower: 5, upper: 5.5 }], values: ({ lower, upper }) => [0.01, 0.5, 0.99].map((s) => lower + s * (upper - lower)) },
  beta: { params: grid({ alpha: [0.01, 0.5, 1, 2.5, 40, 5e3], beta: [0.05, 1, 3.5, 80, 7e3] }), values: ({ alpha, beta: b }) => [...times(alpha / (alpha + b), [0.5, 0.9, 0.99, 1]), 1e-20, 1e-6, 0.01, 0.3, 0.5, 0.8, 0.99, 0.9999] },
  vonMises: { params: grid({ mu: [0, -2, 3], kappa: [1e-3, 1, 19, 21, 300, 1e4] }), values: () => [-3.1, -1, -0.05, 0, 0.02, 0.8, 2.5, 3.14] },
  truncatedNormal: {
    params: [
      { mu: 0, sd: 1, lower: -1, upper: 2 }, { mu: 0, sd: 1, lower: 8, upper: 11 }, { mu: 0, sd: 1, lower: -60, upper: -50 }, { mu: 3, sd: 0.1, lower: 0, upper: 1 },
      { mu: 0, sd: 10, lower: 0, upper: 1 }, { mu: -5, sd: 2, lower: 1, upper: 1.01 }, { mu: 0.5, sd: 2, lower: -300, upper: 300 }
    ],
    values: ({ lower, upper }) => [0.001, 0.1, 0.3, 0.5, 0.7, 0.99].map((s) => lower + s * (upper - lower))
  },
  dirichlet: {
    params: [{ alpha: [1, 1, 1] }, { alpha: [0.01, 0.5, 3] }, { alpha: [40, 1.5, 300] }, { alpha: [2e3, 3e3, 5e3] }],
    values: () => [[0.2, 0.3, 0.5], [0.21, 0.29, 0.5], [1e-10, 1e-3, 0.999], [0.998, 0.001, 0.001]].flat(), event: [3], own: { alpha: [3] }
  },
  multivariateNormal: {
    params: [{ mu: [0, 0], chol: [1, 0, 0, 1] }, { mu: [3, -1], chol: [0.01, 0, 2, 0.05] }, { mu: [0, 100], chol: [50, 0, -49, 1] }],
    values: () => [0, 0, 1, -1, 3, -1, 20, -40, 0.5, 99], event: [2], own: { mu: [2], chol: [2, 2] }
  },
  lkjCholesky: {
    params: grid({ eta: [0.5, 1, 2, 50] }), event: [3, 3],
    values: () => [[1, 0, 0, 0, 1, 0, 0, 0, 1], [1, 0, 0, 0.6, 0.8, 0, 0.48, 0.6, 0.64], [1, 0, 0, -0.9999, 0.014141782, 0, 0.8, 0, 0.6]].flat()
  },
  orderedNormal: { params: grid({ mu: [0, -3], sd: SCALES }), values: () => [-1, 0, 2, 0.1, 0.2, 0.3, -40, 0, 40], event: [3] },
  bernoulli: { params: grid({ logits: [-80, -8, -0.1, 0, 2, 30] }), values: () => [0, 1] },
  categorical: { params: [{ logits: [0, 0.5, -2] }, { logits: [-90, 3, 40] }], values: () => [0, 1, 2], own: { logits: [3] } },
  orderedLogistic: {
    params: [{ eta: 0.5, cutpoints: [-1, 0.25, 2] }, { eta: 30, cutpoints: [-1, 0.25, 2] }, { eta: -60, cutpoints: [-1, 0.25, 2] }, { eta: 1, cutpoints: [1, 1.001, 40] }],
    values: () => [0, 1, 2, 3], own: { cutpoints: [3] }
  },
  binomial: { params: BINOMIAL, values: binomialValues },
  poisson: { params: grid({ rate: RATES }), values: ({ rate }) => countsAbout(rate, Math.sqrt(rate)) },
  negativeBinomial: { params: NEGBIN, values: negbinValues },
  zeroInflatedPoisson: { params: grid({ gate: [0.01, 0.6], rate: RATES }), values: ({ rate }) => countsAbout(rate, Math.sqrt(rate)) },
  zeroInflatedBinomial: { params: BINOMIAL.map((p) => ({ gate: 0.2, ...p })), values: binomialValues },
  zeroInflatedNegativeBinomial: { params: NEGBIN.map((p) => ({ gate: 0.2, ...p })), values: negbinValues }
}

type Flat = { readonly shape: readonly number[]; readonly data: readonly number[] }

export interface Drawn {
  readonly family: FamilyName
  readonly x: Tensor
  readonly lp: Tensor
  readonly values: Readonly<Record<string, Flat>>
  /** What was evaluated at a flat index of the result. */
  readonly show: (i: number) => string
}

/** One graph for all of a family's range: values [P, N, ...], parameters [P, 1, ...], rounded to f32. */
export const drawn = (family: Exclude<FamilyName, 'flat'>): Drawn => {
  const r = ranges[family], event = r.event ?? [], size = event.reduce((a, b) => a * b, 1)
  const f32 = (xs: readonly number[]): readonly number[] => xs.map(Math.fround)
  const xs = r.params.map((p) => f32(r.values(p as Readonly<Record<string, number>>)))
  const P = r.params.length, N = xs[0].length / size
  const names = Object.keys(r.params[0])
  const shapeOf = (k: string): readonly number[] => [P, 1, ...(r.own?.[k] ?? [])]
  const values: Record<string, Flat> = { [`${family}.x`]: { shape: [P, N, ...event], data: xs.flat() } }
  names.forEach((k) => { values[`${family}.${k}`] = { shape: shapeOf(k), data: f32(r.params.flatMap((p) => p[k])) } })
  const x = B.leaf('input', `${family}.x`, [P, N, ...event])
  const params = Object.fromEntries(names.map((k) => [k, B.leaf('input', `${family}.${k}`, shapeOf(k))]))
  const lp = Dist.logDensity(Dist.make(family, params))(Dist.familyOf(family).discrete ? B.cast(x, 'i32') : x)
  return { family, x, lp, values, show: (i) => `${family} ${JSON.stringify(r.params[Math.floor(i / N)])} at ${xs[Math.floor(i / N)].slice((i % N) * size, (i % N) * size + size).join(', ')}` }
}

export const drawnFamilies = Object.keys(ranges) as readonly Exclude<FamilyName, 'flat'>[]

/** Of a log density in f32: relative error, and absolute error where it is below 1 nat. */
export const errorOf = (got: number, want: number): number => Math.abs(got - want) / Math.max(1, Math.abs(want))

/**
 * The stated error in f32. The larger ones are of sharp densities (a shape of 1e4, a log-normal
 * of width 0.05), where a logarithm's last bit is multiplied by the shape, and of normalisers.
 */
export const BOUND = 5e-6
const BOUNDS: Readonly<Partial<Record<FamilyName, number>>> = {
  beta: 1e-5, logNormal: 1e-5, lkjCholesky: 1e-5, gamma: 1e-5, chiSquared: 1e-5, inverseGamma: 5e-5, weibull: 2e-5, negativeBinomial: 1e-5, zeroInflatedNegativeBinomial: 1e-5
}
export const boundOf = (family: FamilyName): number => BOUNDS[family] ?? BOUND
