/**
 * Derivatives of draws by their parameters at a fixed cdf: constructors with the data first.
 *
 * @since 0.2.0
 */
import * as B from '../build.ts'
import type { Arg } from '../build.ts'
import { node } from '../node.ts'
import type { Tensor } from '../node.ts'

/** d log x / d alpha of a Gamma(alpha, 1) draw x, from alpha and log x. */
export const logGammaGrad = (alpha: Arg, logX: Arg): Tensor => node('logGammaGrad', [B.float(alpha), B.float(logX)])

/** d x / d kappa of a von Mises draw x about 0. */
export const vonMisesGrad = (kappa: Arg, x: Arg): Tensor => node('vonMisesGrad', [B.float(kappa), B.float(x)])
