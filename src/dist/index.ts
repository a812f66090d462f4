/**
 * Distributions. Import it as a namespace: `Dist.logDensity(Dist.normal({ sd: 2 }))(x)`.
 *
 * @since 0.1.0
 */
export type { Dist, DistArg, Numbers } from './dist.ts'
export type { Bijector, BijectorName } from './bijector.ts'
export type { Support, Domain } from './support.ts'
export type { Family, FamilyDef, ParamInfo, Params } from './family.ts'
export type { FamilyName, ParamName } from './table.ts'
export * as Bijectors from './bijector.ts'
export * as Supports from './support.ts'
export {
  make, paramProblems, mapParams, isDist, logDensity, totalLogDensity, boundedLogDensity, sample, support, bijector, mean, variance,
  median, mode, entropy, probabilities, cdf, quantile, center, isProper, isDiscrete
} from './dist.ts'
export * from './constructors.ts'
export { families, familyOf, familyNames } from './table.ts'
export { constantOf } from './fold.ts'
