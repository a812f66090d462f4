/**
 * Likelihoods of classes: one of K, one of two, one of K in an order.
 *
 * @since 0.1.0
 */
import { E } from '../../fp.ts'
import { fail } from '../../error.ts'
import type { Reader } from '../../layer/option.ts'
import { count, flag, orElse, text } from '../../layer/option.ts'
import * as Dist from '../../dist/index.ts'
import * as Spec from '../../spec/index.ts'
import * as B from '../../tensor/build.ts'
import * as Ext from '../../tensor/extent.ts'
import type { Tensor } from '../../tensor/node.ts'
import { shapeOf } from '../../tensor/node.ts'
import { argument } from './argument.ts'
import type { Argument, ArgumentInput } from './argument.ts'
import { data, elementwise, madeBy, make, oneNumber, rowsOf } from './likelihood.ts'
import type { Likelihood } from './likelihood.ts'

/** Options of `categorical`. */
export interface CategoricalOptions {
  /** Is the output logits instead of probabilities? */
  readonly logits?: boolean
  /** Share of each label that is spread evenly over all classes, 0 when absent. */
  readonly labelSmoothing?: number
}

const share: Reader<number> = (x, path) =>
  typeof x === 'number' && x >= 0 && x < 1 ? E.right(x) : fail('BadOption', path, text(x), 'a number from 0 to below 1', 'give 0.1, say')

/** (1 - s) log p[y] + s mean of log p: the cross-entropy against smoothed labels (Szegedy et al. 2016), in nats. */
const smoothed = (dist: Dist.Dist, smoothing: number) => (y: Tensor): Tensor => {
  const logits = dist.params['logits']
  const logProbs = logits !== undefined ? B.logSoftmax(logits) : B.log(dist.params['probs'])
  return B.add(B.mul(1 - smoothing, Dist.logDensity(dist)(y)), B.mul(smoothing, B.mean(logProbs, [-1])))
}

/**
 * Classes 0..K-1, from their probabilities along the last axis of the output (after a
 * softmax), or from logits. Observed: i32, the output's shape less the last axis.
 *
 * @example
 * Model.observe(Likelihood.categorical(), { name: 'y' })
 * Model.observe(Likelihood.categorical({ logits: true, labelSmoothing: 0.1 }), { name: 'y' })
 */
export const categorical = (options: CategoricalOptions = {}): Likelihood =>
  make<{ readonly logits: boolean; readonly labelSmoothing: number }>({
    kind: 'categorical',
    options: { logits: orElse(flag, false), labelSmoothing: orElse(share, 0) },
    rule: (o) => (output) => {
      const rows = rowsOf('categorical', output, 2)
      if (E.isLeft(rows)) return rows
      const s = rows.right, classes = s[s.length - 1]
      if (typeof classes !== 'number' || classes < 2)
        return fail('ShapeMismatch', ['Likelihood.categorical'], `${Ext.show(classes)} classes (output ${Ext.showShape(s)})`, 'two classes or more', 'use one unit a class in the last layer; for one unit use Likelihood.bernoulli')
      const probs = B.float(output)
      const notes = o.logits || madeBy(output) === 'exp' ? [] : ["the output isn't a softmax: probabilities that don't sum to 1 give a wrong likelihood; use activation 'softmax', or Likelihood.categorical({ logits: true })"]
      const dist = o.logits ? Dist.categorical({ logits: probs }) : Dist.categorical({ probs })
      return data('i32', s.slice(0, -1), dist, { notes, ...(o.labelSmoothing > 0 ? { logLik: smoothed(dist, o.labelSmoothing) } : {}) })
    }
  }, options)

const NO_SIGMOID = "the output isn't a sigmoid: what isn't between 0 and 1 is no probability; use activation 'sigmoid', or Likelihood.bernoulli({ logits: true })"

/** Options of `bernoulli`. */
export interface BernoulliOptions {
  /** Is the output logits instead of probabilities? */
  readonly logits?: boolean
}

/**
 * 0 or 1, from the probability of 1 (after a sigmoid) or from logits. Observed: i32, the
 * output's shape; predictions are probabilities of 1.
 *
 * @example
 * Model.observe(Likelihood.bernoulli({ logits: true }), { name: 'y' })
 */
export const bernoulli = (options: BernoulliOptions = {}): Likelihood =>
  make<{ readonly logits: boolean }>({
    kind: 'bernoulli',
    options: { logits: orElse(flag, false) },
    rule: (o) => elementwise('bernoulli', 'i32', (p) =>
      o.logits ? { dist: Dist.bernoulli({ logits: p }) } : { dist: Dist.bernoulli({ probs: p }), notes: madeBy(p) === 'sigmoid' ? [] : [NO_SIGMOID] })
  }, options)

/** Options of `ordinal`. */
export interface OrdinalOptions {
  /** How many classes there are. */
  readonly classes: number
  /** The classes - 1 increasing cutpoints between them: an array, or a spec, `y.cutpoints`; orderedNormal with sd 5 when absent. */
  readonly cutpoints?: ArgumentInput
}

/**
 * Classes 0..K-1 in an order, by where the output plus logistic noise falls between
 * cutpoints (McCullagh 1980). Observed: i32, the output's shape; predictions are
 * probabilities of classes. The network needs no bias in its last layer: the cutpoints
 * hold it.
 *
 * @example
 * Model.observe(Likelihood.ordinal({ classes: 5 }), { name: 'rating' })
 */
export const ordinal = (options: OrdinalOptions): Likelihood =>
  make<{ readonly classes: number; readonly cutpoints: Argument }>({
    kind: 'ordinal',
    options: {
      classes: count(2),
      cutpoints: argument({ role: 'latent', domain: 'ordered', doc: 'increasing cutpoints', fallback: () => Spec.orderedNormal({ sd: 5 }) })
    },
    args: (o) => ({ cutpoints: { ...o.cutpoints, shape: () => [o.classes - 1] } }),
    rule: (o) => (output, { cutpoints }) => {
      const rows = rowsOf('ordinal', output, 1)
      if (E.isLeft(rows)) return rows
      const eta = oneNumber(B.float(output)), s = shapeOf(cutpoints)
      if (s.length === 0 || !Ext.same(s[s.length - 1], o.classes - 1))
        return fail('ShapeMismatch', ['Likelihood.ordinal', 'cutpoints'], `cutpoints of shape ${Ext.showShape(s)} for ${o.classes} classes`, `${o.classes - 1} cutpoints along the last axis`, 'give one less than there are classes')
      return data('i32', shapeOf(eta), Dist.orderedLogistic({ eta, cutpoints }))
    }
  }, options)
