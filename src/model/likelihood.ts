/**
 * Likelihoods: what the observations are, given a network's output. Import it as a
 * namespace: `Likelihood.categorical()`.
 *
 * @since 0.1.0
 */
export type { Data, Likelihood, Observation } from './likelihood/likelihood.ts'
export { isLikelihood } from './likelihood/likelihood.ts'
export type { ArgumentInput, FromOutput } from './likelihood/argument.ts'
export { fromOutput } from './likelihood/argument.ts'
export type { BernoulliOptions, CategoricalOptions, OrdinalOptions } from './likelihood/classes.ts'
export { bernoulli, categorical, ordinal } from './likelihood/classes.ts'
export type { MultivariateNormalOptions, NormalOptions, StudentTOptions } from './likelihood/real.ts'
export { multivariateNormal, normal, studentT } from './likelihood/real.ts'
export type { NegativeBinomialOptions, PoissonOptions } from './likelihood/counts.ts'
export { negativeBinomial, poisson } from './likelihood/counts.ts'
export type { Bound, DistributionOptions, RowOptions } from './likelihood/custom.ts'
export { distribution, of, potential } from './likelihood/custom.ts'
