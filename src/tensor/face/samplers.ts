/**
 * Random numbers of distributions that need more than uniforms and normals: the public, data-last functions.
 *
 * @since 0.2.0
 */
import * as B from '../build.ts'
import type { Arg } from '../build.ts'
import type { Shape } from '../extent.ts'
import type { Tensor } from '../node.ts'
import * as face from './face.ts'

/**
 * Logs of Gamma(alpha, 1) draws of a shape: right for tiny alpha too, whose draws themselves
 * would underflow. Differentiable in alpha.
 *
 * @example
 * const g = pipe(Tensor.key(7), Tensor.randomLogGamma(0.5, [100]), Tensor.exp)
 */
export const randomLogGamma = face.curried('randomLogGamma', [face.operand, face.shape], (alpha: Arg, shape: Shape) => (k: Tensor): Tensor => B.randomLogGamma(k, alpha, shape))

/**
 * Angles in (-pi, pi) of the von Mises distribution about 0. Differentiable in kappa.
 *
 * @example
 * const angles = pipe(Tensor.key(7), Tensor.randomVonMises(4, [100]))
 */
export const randomVonMises = face.curried('randomVonMises', [face.operand, face.shape], (kappa: Arg, shape: Shape) => (k: Tensor): Tensor => B.randomVonMises(k, kappa, shape))

/**
 * Poisson counts as i32, rates up to 1e9.
 *
 * @example
 * const counts = pipe(Tensor.key(7), Tensor.randomPoisson(3.5, [100]))
 */
export const randomPoisson = face.curried('randomPoisson', [face.operand, face.shape], (rate: Arg, shape: Shape) => (k: Tensor): Tensor => B.randomPoisson(k, rate, shape))

/**
 * Successes in n trials as i32, n up to 2^24.
 *
 * @example
 * const heads = pipe(Tensor.key(7), Tensor.randomBinomial(10, 0.5, [100]))
 */
export const randomBinomial = face.curried('randomBinomial', [face.operand, face.operand, face.shape], (n: Arg, p: Arg, shape: Shape) => (k: Tensor): Tensor => B.randomBinomial(k, n, p, shape))
