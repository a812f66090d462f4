/**
 * Likelihoods of counts 0, 1, 2, ... whose mean is the output, or its exponential.
 *
 * @since 0.3.0
 */
import { flag, orElse } from '../../layer/option.ts'
import * as Dist from '../../dist/index.ts'
import * as B from '../../tensor/build.ts'
import type { Tensor } from '../../tensor/node.ts'
import { argument } from './argument.ts'
import type { Argument, ArgumentInput } from './argument.ts'
import { elementwise, madeBy, make } from './likelihood.ts'
import type { Likelihood } from './likelihood.ts'

/** Options of `poisson`. */
export interface PoissonOptions {
  /** Is the output the log of the mean? Else it is the mean, above 0 by its activation. */
  readonly log?: boolean
}

/** Operations whose values are never below 0. */
const POSITIVE = ['exp', 'softplus', 'sigmoid', 'abs']

const doubts = (kind: string, log: boolean, output: Tensor): readonly string[] =>
  log || POSITIVE.includes(madeBy(output)) ? []
    : [`the output may be below 0, and a mean can't: use activation 'softplus', or Likelihood.${kind}({ log: true })`]

/**
 * Counts with the output as their mean (or its log): f32 in, observed i32, the output's
 * shape. Predictions are means.
 *
 * @example
 * Model.observe(Likelihood.poisson({ log: true }), { name: 'visits' })
 */
export const poisson = (options: PoissonOptions = {}): Likelihood =>
  make<{ readonly log: boolean }>({
    kind: 'poisson',
    options: { log: orElse(flag, false) },
    rule: (o) => elementwise('poisson', 'i32', (t) => ({ dist: o.log ? Dist.poisson({ logRate: t }) : Dist.poisson({ rate: t }), notes: doubts('poisson', o.log, t) }))
  }, options)

/** Options of `negativeBinomial`. */
export interface NegativeBinomialOptions {
  /** Shape of the mixing gamma: the variance is mu + mu^2 / alpha. */
  readonly alpha: ArgumentInput
  /** Is the output the log of the mean? */
  readonly log?: boolean
}

/**
 * Counts that vary more than Poisson's: mean mu, the output (or its exponential),
 * variance mu + mu^2 / alpha. Observed i32, the output's shape.
 *
 * @example
 * Model.observe(Likelihood.negativeBinomial({ alpha: Spec.halfNormal({ sd: 5 }), log: true }), { name: 'visits' })
 */
export const negativeBinomial = (options: NegativeBinomialOptions): Likelihood =>
  make<{ readonly alpha: Argument; readonly log: boolean }>({
    kind: 'negativeBinomial',
    options: { alpha: argument({ role: 'scale', domain: 'positive', doc: 'the shape of the mixing gamma' }), log: orElse(flag, false) },
    args: (o) => ({ alpha: o.alpha }),
    rule: (o) => elementwise('negativeBinomial', 'i32', (t, { alpha }) => ({
      dist: Dist.negativeBinomial({ mu: o.log ? B.exp(t) : t, alpha }), notes: doubts('negativeBinomial', o.log, t)
    }))
  }, options)
