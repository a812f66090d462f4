/**
 * Derivatives of draws by their parameters at a fixed cdf, elementwise: what the gradients
 * of `randomLogGamma` and `randomVonMises` are made of.
 *
 * They can be differentiated by the draw; by the parameter there is no formula without
 * second derivatives of the incomplete integrals, and asking for it is an error.
 *
 * @since 0.2.0
 */
import { implicit as slopes } from '../../random/index.ts'
import * as B from '../build.ts'
import type { Tensor } from '../node.ts'
import type { Row } from '../table.ts'
import { float2 } from './elementwise.ts'

const none = (op: string, parameter: string): Tensor =>
  B.misfit('NoGradient', [op], `a second derivative of draws by ${parameter}`, 'first derivatives of draws', 'stop the gradient of the parameter in one of the two places')

export type ImplicitName = 'logGammaGrad' | 'vonMisesGrad'

export const implicit: Record<ImplicitName, Row> = {
  logGammaGrad: float2('d log x / d alpha of a Gamma(alpha, 1) draw, from alpha and log x', slopes.logGammaSlope, (alpha, y, t, ct) => [
    none('logGammaGrad', 'alpha'),
    B.mul(ct, B.sub(B.sub(B.digamma(alpha), y), B.mul(t, B.sub(alpha, B.exp(y)))))
  ]),
  vonMisesGrad: float2('d x / d kappa of a von Mises draw about 0, from kappa and x', slopes.vonMisesSlope, (kappa, x, t, ct) => [
    none('vonMisesGrad', 'kappa'),
    B.mul(ct, B.add(B.sub(B.besselRatio(kappa), B.cos(x)), B.mul(t, B.mul(kappa, B.sin(x)))))
  ])
}
