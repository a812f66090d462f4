/**
 * Constructors of distributions, one a family. Every parameter is a number, an array or
 * a tensor; defaults are in parentheses.
 *
 * @since 0.1.0
 */
import { shown } from '../error.ts'
import * as B from '../tensor/build.ts'
import { isDist, make, tensorOf } from './dist.ts'
import type { Dist, DistArg } from './dist.ts'
import type { FamilyName, ParamName } from './table.ts'

const maker = <F extends FamilyName>(family: F) => (given: { readonly [K in ParamName<F>]?: DistArg } = {}): Dist => make(family, given)

// -----------------------------------------------------------------------------
// the real line
// -----------------------------------------------------------------------------

/** Normal: mean `mu` (0), standard deviation `sd` (1). */
export const normal = maker('normal')
/** Improper, density 1 on the reals. */
export const flat = maker('flat')
/** Laplace: centre `mu` (0), scale `b` (1). */
export const laplace = maker('laplace')
/** Student t: degrees of freedom `nu`, centre `mu` (0), scale `sd` (1). */
export const studentT = maker('studentT')
/** Cauchy: centre `alpha` (0), half width `beta` (1). */
export const cauchy = maker('cauchy')
/** Skew normal: location `mu` (0), scale `sd` (1), skewness `alpha` (1). */
export const skewNormal = maker('skewNormal')
/** Normal (`mu`, `sd`) plus an exponential of mean `nu`. */
export const exGaussian = maker('exGaussian')
/** Two normals about 0, of `sd1` (1) with probability `pi` (0.5), else of `sd2` (exp(-6)). */
export const scaleMixture = maker('scaleMixture')
/** Normals (`mu`, `sd`) with weights `w`, components along the last axis of the parameters. */
export const normalMixture = maker('normalMixture')

// -----------------------------------------------------------------------------
// half lines and intervals
// -----------------------------------------------------------------------------

/** Log-normal: the log has mean `mu` (0) and standard deviation `sd` (1). */
export const logNormal = maker('logNormal')
/** Absolute value of a normal with standard deviation `sd` (1). */
export const halfNormal = maker('halfNormal')
/** Exponential: rate `lam` (1). */
export const exponential = maker('exponential')
/** Absolute value of a Cauchy with half width `beta` (1). */
export const halfCauchy = maker('halfCauchy')
/** Absolute value of a Student t: degrees of freedom `nu`, scale `sd` (1). */
export const halfStudentT = maker('halfStudentT')
/** Gamma: shape `alpha`, rate `beta`. */
export const gamma = maker('gamma')
/** Inverse gamma: shape `alpha`, scale `beta` (1). */
export const inverseGamma = maker('inverseGamma')
/** Chi squared: degrees of freedom `nu`. */
export const chiSquared = maker('chiSquared')
/** Weibull: shape `alpha`, scale `beta`. */
export const weibull = maker('weibull')
/** Wald, or inverse Gaussian: mean `mu` and shape `lam` of what is above `alpha` (0). */
export const wald = maker('wald')
/** Pareto: tail index `alpha`, from `m` on. */
export const pareto = maker('pareto')
/** Uniform between `lower` (0) and `upper` (1). */
export const uniform = maker('uniform')
/** Beta: shapes `alpha` (1) and `beta` (1). */
export const beta = maker('beta')
/** Von Mises: an angle in (-pi, pi) about `mu`, concentration `kappa`. */
export const vonMises = maker('vonMises')
/** Normal (`mu` 0, `sd` 1) between `lower` (-inf) and `upper` (inf). */
export const truncatedNormal = maker('truncatedNormal')

// -----------------------------------------------------------------------------
// vectors and matrices
// -----------------------------------------------------------------------------

/** Shares that sum to 1 along the last axis: concentrations `alpha`. */
export const dirichlet = maker('dirichlet')
/** Normal vectors: mean `mu` (0), lower Cholesky factor `chol` of the covariance. */
export const multivariateNormal = maker('multivariateNormal')
/** Cholesky factors of correlation matrices: `eta` (1, uniform over the matrices). */
export const lkjCholesky = maker('lkjCholesky')
/** Normals (`mu` 0, `sd` 1) in increasing order along the last axis. */
export const orderedNormal = maker('orderedNormal')

// -----------------------------------------------------------------------------
// whole numbers
// -----------------------------------------------------------------------------

/** 1 with probability `probs`, or sigmoid of `logits`; else 0. */
export const bernoulli = maker('bernoulli')
/** A class with probabilities `probs`, or softmax of `logits`, along the last axis. */
export const categorical = maker('categorical')
/** A class by where `eta` plus logistic noise falls between `cutpoints` along the last axis. */
export const orderedLogistic = maker('orderedLogistic')
/** How many of `n` coins show 1: probability `probs`, or sigmoid of `logits`. */
export const binomial = maker('binomial')
/** Counts: mean `rate`, or exp of `logRate`. */
export const poisson = maker('poisson')
/** Counts: mean `mu`, variance mu + mu^2 / `alpha`. */
export const negativeBinomial = maker('negativeBinomial')
/** Poisson, but 0 with probability `gate`. */
export const zeroInflatedPoisson = maker('zeroInflatedPoisson')
/** Binomial, but 0 with probability `gate`. */
export const zeroInflatedBinomial = maker('zeroInflatedBinomial')
/** Negative binomial, but 0 with probability `gate`. */
export const zeroInflatedNegativeBinomial = maker('zeroInflatedNegativeBinomial')

const INFLATED: { readonly [F in FamilyName]?: FamilyName } = {
  poisson: 'zeroInflatedPoisson', binomial: 'zeroInflatedBinomial', negativeBinomial: 'zeroInflatedNegativeBinomial'
}

/**
 * A count distribution with structural zeros: 0 with probability `gate`, else a draw of
 * `of` (Poisson, binomial or negative binomial).
 *
 * @example
 * const visits = Dist.zeroInflated({ of: Dist.poisson({ rate: 3 }), gate: 0.2 })
 */
export const zeroInflated = (given: { readonly of: Dist; readonly gate: DistArg }): Dist => {
  const { of, gate } = given ?? {}
  if (!isDist(of)) return make('zeroInflatedPoisson', { rate: B.misfit('BadOption', ['zeroInflated', 'of'], shown(of), 'a distribution of counts', 'such as Dist.poisson({ rate: 3 })'), gate })
  const family = INFLATED[of.family]
  const wrong = B.misfit('BadOption', ['zeroInflated', 'of'], of.family, `one of ${Object.keys(INFLATED).join(', ')}`, 'give a distribution of counts')
  return family === undefined
    ? { ...of, params: { ...of.params, problems: wrong } }
    : { _tag: 'Dist', family, params: { ...of.params, gate: tensorOf(gate) } }
}
