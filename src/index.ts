/**
 * Gelato: Bayesian deep learning as a pure functional library on WebGPU.
 *
 * Priors (`Spec`), networks (`Layer`), models (`Model`) and approximations are immutable
 * values; `fit`, `elbo`, `predict` and `evaluate` describe work as TaskEithers; `orThrow`
 * turns one into a Promise.
 *
 * @since 0.1.0
 */
export { pipe, flow, E, O, TE } from './fp.ts'
export type { Either, Option, TaskEither } from './fp.ts'
export { orThrow, render, renderAll, toTask } from './error.ts'
export type { GelatoError, GelatoErrors } from './error.ts'
export * as Random from './random/index.ts'
export * as Tensor from './tensor/index.ts'
export * as Dist from './dist/index.ts'
export * as Spec from './spec/index.ts'
export * as Init from './spec/init.ts'
export * as Layer from './layer/index.ts'
export * as Likelihood from './model/likelihood.ts'
export * as Model from './run/model.ts'
export * as Dataset from './data/public.ts'
export * as Gpu from './gpu/public.ts'
export { interpret } from './reference/index.ts'
export { evaluate } from './run/evaluate.ts'
export { compile } from './run/compiled.ts'
export type { CompileOptions, Compiled } from './run/compiled.ts'
export type { EvaluateOptions, Inputs } from './run/evaluate.ts'
export type { HostArray, HostArrays } from './run/session.ts'
export { fit, elbo, Method, Optimizer } from './infer/index.ts'
export type { Aborted, Clip, Elbo, ElboOptions, ErrorTag, FitError, FitEvent, FitOptions } from './infer/index.ts'
export * as Profile from './infer/profile.ts'
export { predict, Metrics } from './predict/index.ts'
export type { LogLikelihoodOptions, PredictOptions, Predictions } from './predict/index.ts'
export * as Approximation from './io/public.ts'
export * as Weights from './io/weights.ts'
export * as Plot from './plot/index.ts'
