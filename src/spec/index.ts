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
  Spec, SpecArg, Env, Fields, FixedShape, InitField, LeafSpec, ConstantSpec, OpSpec, SharedSpec, EnvSpec, Op
} from './spec.ts'
export type { Site, Role, Init, Resolved } from './site.ts'
export type { Shapes } from './place.ts'
export type { Place, Fan, Step, Joint } from './joint.ts'
export type { Table, Entry } from './table.ts'
export type { SpecJson } from './json.ts'
export type { PriorParams } from './prior.ts'
export type { SpecOps, Lifted } from './op.ts'

export { constant, constant as array, shared, fromEnv, fanIn, fanOut, withShape, withTag, withName, named, withInit, fresh, isSpec, toSpec } from './spec.ts'
export { normal, logNormal, flat, halfNormal, uniform, exponential, laplace, cauchy, halfCauchy } from './prior.ts'
export { asSpecOp, specOpNames } from './op.ts'
export { resolve, resolveIn, resolveJoint, fanOf } from './joint.ts'
export { emptyTable, severalScopes } from './table.ts'
export { show, tree } from './print.ts'
export { toJson, fromJson, equal } from './json.ts'

export const {
  neg, abs, sign, floor, ceil, round, trunc, exp, expm1, log, log1p, sqrt, sin, cos, tan, asin, acos, atan, sinh, cosh, tanh,
  asinh, acosh, atanh, sigmoid, softplus, isFinite, not, stopGradient, square, reciprocal, rsqrt, logSigmoid, relu, float, stack,
  add, sub, mul, div, pow, mod, floorDiv, maximum, minimum, atan2, lt, le, gt, ge, eq, ne, and, or, xor, shiftLeft, shiftRight,
  select, clip, cast, reshape, broadcastTo, transpose, slice, pad, flip, concat, expandDims, sum, prod, max, min, mean, argmax,
  argmin, logSumExp, softmax, logSoftmax, matmul, conv2d, maxPool2d, sumPool2d, avgPool2d, take, scatterAdd, extent
} = ops
