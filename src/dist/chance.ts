/**
 * Logarithms of probabilities that may be 0 or 1, and of mixtures weighted by them: where
 * a probability is 0 its logarithm is minus infinity and has no slope.
 *
 * Law: gradients by a probability or a weight are finite, at 0 and 1 too.
 *
 * @since 0.5.0
 */
import * as B from '../tensor/build.ts'
import type { Tensor } from '../tensor/node.ts'
import { settled } from './family.ts'
import { scalarOf } from './fold.ts'

/** log p of a probability; where it is 0 nothing flows back, as 0 / 0 would (`stabilise` takes the guard away where p is above 0 by its form). */
export const logChance = (p: Tensor): Tensor => B.log(B.select(B.eq(p, 0), 0, p))

/** exp of more than this is not needed, and may overflow f32. */
const STEEP = 80

/**
 * What a mixture's log density has for a slope by a weight that is 0, where its logarithm has none: the component's
 * density over the mixture's, from the difference of their logarithms. The value is 0.
 */
export const atNoWeight = (w: Tensor, difference: Tensor): Tensor => {
  const slope = B.stopGradient(B.exp(B.min(difference, STEEP)))
  return B.select(B.eq(w, 0), B.mul(B.sub(w, B.stopGradient(w)), slope), 0)
}

/** log(w exp(l1) + (1 - w) exp(l2)), with a gradient by w at 0 and 1 too. */
export const logMix = (w: Tensor, l1: Tensor, l2: Tensor): Tensor => {
  const rest = settled(B.sub(1, w)), l = B.logAddExp(B.add(logChance(w), l1), B.add(logChance(rest), l2))
  if (scalarOf(w) !== undefined) return l
  return B.add(l, B.add(atNoWeight(w, B.sub(l1, l)), atNoWeight(rest, B.sub(l2, l))))
}
