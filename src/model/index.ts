/**
 * The public face of models. Import it as a namespace: `Model.observe(...)`,
 * `Model.summary(bnn)`.
 *
 * @since 0.1.0
 */
export type { LikelihoodTerm, Model } from './model.ts'
export { isModel } from './model.ts'
export type { ObserveOptions } from './observe.ts'
export { observe, of, potential } from './observe.ts'
export { check, find, notes, parameterCount, sites, sitesOf, summary, toMermaid } from './inspect.ts'
export type { DensityOptions } from './density.ts'
export { logDensity, logLikelihood, logPrior, unconstrained, unconstrainedLeaf } from './density.ts'
export type { ModelData } from './json.ts'
export { fromData, toData } from './json.ts'
export type { JointOptions, Observed, Specs, ValuesOf } from './joint.ts'
export { Do, bind, joint, observing } from './joint.ts'
export type { DrawOptions } from './noise.ts'
export type { PriorPredictive, Sampler } from './predictive.ts'
export { posteriorPredictive, priorPredictive } from './predictive.ts'
