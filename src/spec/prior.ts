/**
 * Constructors of priors, read from the table of families. Every parameter is a number,
 * an array, a tensor, another prior, or a function of the place.
 *
 * @since 0.1.0
 */
import type { FamilyName, ParamName } from '../dist/index.ts'
import { leaf } from './spec.ts'
import type { Spec, SpecArg } from './spec.ts'

/** Parameters of a family; what is left out has the family's default. */
export type PriorParams<F extends FamilyName> = { readonly [K in ParamName<F>]?: SpecArg }

const prior = <F extends FamilyName>(family: F) => (params: PriorParams<F> = {}): Spec => leaf(family, params)

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
