/**
 * Families on an interval.
 *
 * @since 0.1.0
 */
import * as B from '../../tensor/build.ts'
import { family, spread, uniform01 } from '../family.ts'
import { interval } from '../support.ts'

/** Uniform: -log(upper - lower) */
export const uniform = family({
  doc: 'uniform between lower and upper',
  params: { lower: { domain: 'real', default: 0 }, upper: { domain: 'real', default: 1 } },
  support: ({ lower, upper }) => interval(lower, upper),
  logDensity: ({ lower, upper }, x) => spread(B.neg(B.log(B.sub(upper, lower))), x, [lower, upper]),
  sample: ({ lower, upper }, key, shape) => B.add(lower, B.mul(B.sub(upper, lower), uniform01(key, shape))),
  mean: ({ lower, upper }) => B.mul(0.5, B.add(lower, upper)),
  variance: ({ lower, upper }) => B.div(B.square(B.sub(upper, lower)), 12),
  median: ({ lower, upper }) => B.mul(0.5, B.add(lower, upper)),
  entropy: ({ lower, upper }) => B.log(B.sub(upper, lower))
})
