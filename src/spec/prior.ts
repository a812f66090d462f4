/**
 * Constructors of priors, read from the table of families. Every parameter is a number,
 * an array, a tensor, another prior, or a function of the place.
 *
 * @since 0.1.0
 */
import type { FamilyName, ParamName } from '../dist/index.ts'
import { leafOf } from './spec.ts'
import type { Spec, SpecArg } from './spec.ts'

/** Parameters of a family; what is left out has the family's default. */
export type PriorParams<F extends FamilyName> = { readonly [K in ParamName<F>]?: SpecArg }

const prior = <F extends FamilyName>(family: F) => (params: PriorParams<F> = {}): Spec => leafOf(family, params)

/** Normal with mean `mu` (0) and standard deviation `sd` (1). */
export const normal = prior('normal')
/** Log-normal: its log is normal with mean `mu` (0) and standard deviation `sd` (1). */
export const logNormal = prior('logNormal')
/** Improper, density 1 everywhere. */
export const flat = prior('flat')
/** Absolute value of a normal with standard deviation `sd` (1). */
export const halfNormal = prior('halfNormal')
/** Uniform between `lower` (0) and `upper` (1). */
export const uniform = prior('uniform')
/** Exponential with rate `lam` (1). */
export const exponential = prior('exponential')
/** Laplace with centre `mu` (0) and scale `b` (1). */
export const laplace = prior('laplace')
/** Cauchy with centre `alpha` (0) and half width `beta` (1). */
export const cauchy = prior('cauchy')
/** Absolute value of a Cauchy with half width `beta` (1). */
export const halfCauchy = prior('halfCauchy')
/** Student t with `nu` degrees of freedom, centre `mu` (0) and scale `sd` (1). */
export const studentT = prior('studentT')
/** Absolute value of a Student t with `nu` degrees of freedom and scale `sd` (1). */
export const halfStudentT = prior('halfStudentT')
/** Skew normal with location `mu` (0), scale `sd` (1) and skewness `alpha` (1). */
export const skewNormal = prior('skewNormal')
/** Normal (`mu`, `sd`) plus an exponential of mean `nu`. */
export const exGaussian = prior('exGaussian')
/** Gamma with shape `alpha` and rate `beta`. */
export const gamma = prior('gamma')
/** Inverse gamma with shape `alpha` and scale `beta` (1). */
export const inverseGamma = prior('inverseGamma')
/** Chi squared with `nu` degrees of freedom. */
export const chiSquared = prior('chiSquared')
/** Weibull with shape `alpha` and scale `beta`. */
export const weibull = prior('weibull')
/** Inverse Gaussian with mean `mu` and shape `lam`, above `alpha` (0). */
export const wald = prior('wald')
/** Pareto with tail index `alpha`, above `m`. */
export const pareto = prior('pareto')
/** Beta with shapes `alpha` (1) and `beta` (1). */
export const beta = prior('beta')
/** Angle in (-pi, pi) about `mu` with concentration `kappa`. */
export const vonMises = prior('vonMises')
/** Normal (`mu` 0, `sd` 1) between `lower` (-inf) and `upper` (inf). */
export const truncatedNormal = prior('truncatedNormal')
/** Two normals about 0: of `sd1` (1) with probability `pi` (0.5), else of `sd2` (exp(-6)) (Blundell et al. 2015). */
export const scaleMixture = prior('scaleMixture')
/** Normals (`mu`, `sd`) with weights `w`, components along the last axis of the parameters. */
export const normalMixture = prior('normalMixture')
/** Shares that sum to 1 along the last axis, with concentrations `alpha`. */
export const dirichlet = prior('dirichlet')
/** Normal vectors along the last axis: mean `mu` (0), lower Cholesky factor `chol` of the covariance. */
export const multivariateNormal = prior('multivariateNormal')
/** Cholesky factors [k, k] of correlation matrices, with `eta` (1). */
export const lkjCholesky = prior('lkjCholesky')
/** Normals (`mu` 0, `sd` 1) in increasing order along the last axis. */
export const orderedNormal = prior('orderedNormal')
