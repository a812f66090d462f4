/**
 * Priors. Import it as a namespace: `Spec.normal({ sd: 2 })`, `Spec.mul(b)(a)`.
 *
 * A spec is an immutable expression over distributions that waits for its shape; it has
 * every op of a tensor, and `Spec.resolve` turns it into variables and a value.
 *
 * @since 0.1.0
 */
import { ops } from './op.ts'

export type {
  Spec, SpecArg, Env, Fields, FixedShape, InitField, PointInit, LeafSpec, PointSpec, ConstantSpec, OpSpec, SharedSpec, EnvSpec, Op
} from './spec.ts'
export type { Site, Point, Role, Init, Resolved } from './site.ts'
export type { Initialiser } from './init.ts'
export type { Shapes } from './place.ts'
export type { Place, Step, Joint } from './joint.ts'
export type { Fan } from './check.ts'
export type { Table, Entry, PointEntry } from './table.ts'
export type { SpecJson } from './json.ts'
export type { PriorParams } from './prior.ts'
export type { Lifted } from './op.ts'
export type { SpecOps } from './surface.ts'

export { of, constant, constant as array, learn, frozen, shared, fromEnv, fanIn, fanOut, withShape, withTag, withName, named, withInit, fresh, isSpec, toSpec } from './spec.ts'
export {
  normal, logNormal, flat, halfNormal, uniform, exponential, laplace, cauchy, halfCauchy, studentT, halfStudentT, skewNormal, exGaussian,
  gamma, inverseGamma, chiSquared, weibull, wald, pareto, beta, vonMises, truncatedNormal, scaleMixture, normalMixture, dirichlet,
  multivariateNormal, lkjCholesky, orderedNormal
} from './prior.ts'
export { nonCentred } from './noncentred.ts'
export { horseshoe, regularisedHorseshoe } from './horseshoe.ts'
export type { HorseshoeOptions, RegularisedHorseshoeOptions } from './horseshoe.ts'
export { asSpecOp, specOpNames, ownOpNames } from './op.ts'
export { resolve, resolveIn, resolveJoint, fanOf } from './joint.ts'
export { emptyTable, severalScopes } from './table.ts'
export { show, tree } from './print.ts'
export { toJson, fromJson, equal } from './json.ts'

export const {
  neg, abs, sign, floor, ceil, round, trunc, exp, expm1, log, log1p, sqrt, sin, cos, tan, asin, acos, atan, sinh, cosh, tanh,
  asinh, acosh, atanh, sigmoid, softplus, isFinite, not, stopGradient, square, reciprocal, rsqrt, logSigmoid, relu, float, stack,
  add, sub, mul, div, pow, mod, floorDiv, maximum, minimum, atan2, lt, le, gt, ge, eq, ne, and, or, xor, shiftLeft, shiftRight,
  select, clip, clipGradient, cast, reshape, broadcastTo, transpose, slice, pad, flip, concat, expandDims, sum, prod, max, min, mean, argmax,
  argmin, logSumExp, softmax, logSoftmax, matmul, conv2d, maxPool2d, sumPool2d, avgPool2d, take, scatterAdd, extent,
  exp2, log2, log10, deg2rad, rad2deg, invert, size, zerosLike, onesLike, fill, get, shape, ndim,
  lgamma, digamma, trigamma, erf, erfc, erfcx, erfinv, ndtri, ndtr, logNdtr, logI0, besselRatio, log1mexp, polygamma, lbeta, gammainc, gammaincc,
  betainc, logAddExp, xlogy, xlog1py, cumsum, cumprod, recurrence, argsort, sort, takeAlong, searchsorted, median, diagonal, trace, diag, tril, triu,
  squeeze, moveAxis, swapAxes, flatten, repeat, tile, compress, choose, any, all, ptp, variance, std,
  cholesky, triangularSolve, choleskySolve, solve, inverse, det, logAbsDet, logdet, eigh, matrixPower, dot, outer, norm
} = ops
