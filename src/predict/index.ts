/**
 * Predictions and what they are worth.
 *
 * @since 0.1.0
 */
export { predict } from './predict.ts'
export type { PredictOptions, Predictions } from './predict.ts'
export type { LogLikelihoodOptions, LogLikelihoods } from './loglikelihood.ts'
export * as Metrics from './metrics.ts'
