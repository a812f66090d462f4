/**
 * The public face of models. Import it as a namespace: `Model.observe(...)`,
 * `Model.summary(bnn)`.
 *
 * @since 0.1.0
 */
export type { LikelihoodTerm, Model } from './model.ts'
export { dataLeaves, masksOf } from './attach.ts'
export { isModel } from './model.ts'
export type { ObserveOptions } from './observe.ts'
export { deterministic, observe, of, potential } from './observe.ts'
export { check, find, heads, notes, parameterCount, parameterCounts, shapes, sites, sitesOf } from './inspect.ts'
export { summary } from './summary.ts'
export { toDot, toMermaid } from './picture.ts'
export type { Change, Part } from './diff.ts'
export { diff, diffText } from './diff.ts'
export { inputsOf, upTo } from './subnetwork.ts'
export type { DensityOptions } from './density.ts'
export { logDensity, logLikelihood, logPrior, unconstrained, unconstrainedLeaf } from './density.ts'
export { startAt } from './start.ts'
export type { ModelData } from './json.ts'
export { fromData, toData } from './json.ts'
export type { JointOptions, Observed, Specs, ValuesOf } from './joint.ts'
export { Do, bind, joint, observing } from './joint.ts'
export type { DrawOptions } from './noise.ts'
export type { PriorPredictive, Sampler } from './predictive.ts'
export { posteriorPredictive, priorPredictive } from './predictive.ts'
