/**
 * Mixtures of normals.
 *
 * @since 0.2.0
 */
import * as B from '../../tensor/build.ts'
import type { Tensor } from '../../tensor/node.ts'
import { shapeOf } from '../../tensor/node.ts'
import { atNoWeight, logChance, logMix } from '../chance.ts'
import { family, implicitly, lastExtent, uniform01 } from '../family.ts'
import type { Params } from '../family.ts'
import { real } from '../support.ts'
import { normal } from './real.ts'

const last = (t: Tensor): Tensor => B.expandDims(t, shapeOf(t).length)
const over = (t: Tensor): Tensor => B.sum(t, [-1])

type Two = Params<'pi' | 'sd1' | 'sd2'>

const twoScales = ({ pi, sd1, sd2 }: Two, x: Tensor): Tensor => {
  const mu = B.scalar(0)
  return logMix(pi, normal.logDensity({ mu, sd: sd1 }, x), normal.logDensity({ mu, sd: sd2 }, x))
}

const twoBelow = ({ pi, sd1, sd2 }: Two, x: Tensor): Tensor =>
  B.add(B.mul(pi, B.ndtr(B.div(x, sd1))), B.mul(B.sub(1, pi), B.ndtr(B.div(x, sd2))))

/** Scale mixture: log(pi N(x; 0, sd1) + (1 - pi) N(x; 0, sd2)) */
export const scaleMixture = family({
  doc: 'mixture of two normals about 0: of standard deviation sd1 with probability pi, else sd2',
  density: 'pi N(x; 0, sd1^2) + (1 - pi) N(x; 0, sd2^2) (Blundell et al. 2015, eq. 7)',
  params: {
    pi: { domain: 'probability', default: 0.5 }, sd1: { domain: 'positive', default: 1, scale: true },
    sd2: { domain: 'positive', default: Math.exp(-6), scale: true }
  },
  support: () => real,
  logDensity: twoScales,
  sample: (p, key, shape) => {
    const sd = B.select(B.lt(uniform01(B.fold(key, 0), shape), p.pi), p.sd1, p.sd2)
    return implicitly(B.mul(sd, B.randomNormal(B.fold(key, 1), shape)), (x) => twoBelow(p, x), (x) => twoScales(p, x))
  },
  mean: ({ pi, sd1, sd2 }) => B.mul(0, B.add(pi, B.add(sd1, sd2))),
  variance: ({ pi, sd1, sd2 }) => B.add(B.mul(pi, B.square(sd1)), B.mul(B.sub(1, pi), B.square(sd2))),
  median: ({ pi, sd1, sd2 }) => B.mul(0, B.add(pi, B.add(sd1, sd2))),
  mode: ({ pi, sd1, sd2 }) => B.mul(0, B.add(pi, B.add(sd1, sd2))),
  cdf: twoBelow
})

type Many = Params<'w' | 'mu' | 'sd'>

const components = ({ w, mu, sd }: Many, x: Tensor): Tensor => {
  const each = normal.logDensity({ mu, sd }, last(x)), all = B.logSumExp(B.add(logChance(w), each), [-1])
  return w.op === 'constant' ? all : B.add(all, over(atNoWeight(w, B.sub(each, last(all)))))
}

const componentsBelow = ({ w, mu, sd }: Many, x: Tensor): Tensor => over(B.mul(w, B.ndtr(B.div(B.sub(last(x), mu), sd))))

/** Normal mixture: log sum_k w_k N(x; mu_k, sd_k); the components are the last axis of the parameters. */
export const normalMixture = family({
  doc: 'mixture of normals (mu, sd) with weights w, the components along the last axis of the parameters',
  density: 'sum over k of w[k] exp(-((x - mu[k]) / sd[k])^2 / 2) / (sd[k] sqrt(2 pi))',
  params: {
    w: { domain: 'simplex', event: 1 }, mu: { domain: 'real', event: 1 }, sd: { domain: 'positive', event: 1, scale: true }
  },
  support: () => real,
  logDensity: components,
  sample: (p, key, shape) => {
    const { w, mu, sd } = p
    const scores = B.sub(B.log(w), B.log(B.neg(B.log(uniform01(B.fold(key, 0), [...shape, lastExtent(w)])))))
    const which = B.eq(last(B.argmax(scores, [-1])), B.iota([lastExtent(w)]))
    const pick = (t: Tensor): Tensor => over(B.select(which, t, 0))
    const draw = B.add(pick(mu), B.mul(pick(sd), B.randomNormal(B.fold(key, 1), shape)))
    return implicitly(draw, (x) => componentsBelow(p, x), (x) => components(p, x))
  },
  mean: ({ w, mu }) => over(B.mul(w, mu)),
  variance: ({ w, mu, sd }) => {
    const centre = last(over(B.mul(w, mu)))
    return over(B.mul(w, B.add(B.square(sd), B.square(B.sub(mu, centre)))))
  },
  cdf: componentsBelow
})
