/**
 * Inference: `fit`, `elbo`, approximations, methods, optimisers.
 *
 * @since 0.1.0
 */
export { fit } from './fit.ts'
export type { Aborted, FitError, FitOptions } from './fit.ts'
export type { ErrorTag } from '../tags.ts'
export type { FitEvent } from './drive.ts'
export { elbo } from './elbo.ts'
export type { Elbo, ElboOptions } from './elbo.ts'
export type { Executor, Open } from './open.ts'
export * as Approximation from './approximation.ts'
export * as Method from './methods.ts'
export * as Optimizer from './optimizer.ts'
export type { Method as InferenceMethod, Phase, Plan, PlanOptions, Posterior, Clip } from './method.ts'
export type { Family } from './family.ts'
export type { Target } from './target.ts'
