/**
 * Random numbers of distributions that need more than uniforms and normals: constructors with the data first.
 * Parameters broadcast against the draws, [leading axes of the key..., ...shape].
 *
 * @since 0.2.0
 */
import * as B from '../build.ts'
import type { Arg } from '../build.ts'
import type { Shape } from '../extent.ts'
import { node } from '../node.ts'
import type { Tensor } from '../node.ts'

/** Logs of Gamma(alpha, 1) draws, also for alpha far below 1; implicit gradient to alpha. */
export const randomLogGamma = (key: Tensor, alpha: Arg, shape: Shape): Tensor => node('randomLogGamma', [key, B.float(alpha)], { shape })

/** Von Mises draws about 0, in (-pi, pi); implicit gradient to kappa. */
export const randomVonMises = (key: Tensor, kappa: Arg, shape: Shape): Tensor => node('randomVonMises', [key, B.float(kappa)], { shape })

/** Poisson counts as i32, rates up to 1e9. */
export const randomPoisson = (key: Tensor, rate: Arg, shape: Shape): Tensor => node('randomPoisson', [key, B.float(rate)], { shape })

/** Successes in n trials as i32, n up to 2^24. */
export const randomBinomial = (key: Tensor, n: Arg, p: Arg, shape: Shape): Tensor => node('randomBinomial', [key, B.float(n), B.float(p)], { shape })
