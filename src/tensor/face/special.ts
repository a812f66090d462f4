/**
 * Special functions: the public, data-last functions. `Tensor.lbeta(b)(a)` is the
 * logarithm of B(a, b), and so on for all with two operands.
 *
 * @since 0.2.0
 */
import * as B from '../build.ts'
import type { Arg } from '../build.ts'
import type { Tensor } from '../node.ts'
import * as face from './face.ts'

export { lgamma, digamma, trigamma, erf, erfc, erfcx, erfinv, ndtri, ndtr, logNdtr, logI0, besselRatio, log1mexp } from '../build.ts'

/** The derivative of digamma of a whole order >= 0: `Tensor.polygamma(1)` is trigamma. */
export const polygamma = face.curried('polygamma', [face.extent], (order: number) => (x: Arg): Tensor => B.polygamma(order, x))
/**
 * log of the beta function.
 *
 * @example
 * Tensor.lbeta(3)(Tensor.constant(2))   // log(1 / 12)
 */
export const lbeta = face.curried('lbeta', [face.operand], (b: Arg) => (a: Arg): Tensor => B.lbeta(a, b))
/** P(a, x) of x: the share of a gamma variable of shape a and rate 1 below x. */
export const gammainc = face.curried('gammainc', [face.operand], (a: Arg) => (x: Arg): Tensor => B.gammainc(a, x))
/** Q(a, x) = 1 - P(a, x) of x, accurate in the right tail. */
export const gammaincc = face.curried('gammaincc', [face.operand], (a: Arg) => (x: Arg): Tensor => B.gammaincc(a, x))
/** I_x(a, b) of x: the share of a beta variable below x. Differentiable in x only. */
export const betainc = face.curried('betainc', [face.operand, face.operand], (a: Arg, b: Arg) => (x: Arg): Tensor => B.betainc(a, b, x))
/** log(exp(a) + exp(b)) without overflow. */
export const logAddExp = face.curried('logAddExp', [face.operand], (b: Arg) => (a: Arg): Tensor => B.logAddExp(a, b))
/** `Tensor.xlogy(y)(x)` is x log y, 0 where x is 0. */
export const xlogy = face.curried('xlogy', [face.operand], (y: Arg) => (x: Arg): Tensor => B.xlogy(x, y))
/** `Tensor.xlog1py(y)(x)` is x log(1 + y), 0 where x is 0. */
export const xlog1py = face.curried('xlog1py', [face.operand], (y: Arg) => (x: Arg): Tensor => B.xlog1py(x, y))
