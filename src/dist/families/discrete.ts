/**
 * Families of whole numbers, from probabilities or from logits. A density written with
 * probabilities that come from a sigmoid or a softmax is rewritten to logits by
 * `stabilise`.
 *
 * @since 0.1.0
 */
import * as B from '../../tensor/build.ts'
import type { Tensor } from '../../tensor/node.ts'
import { shapeOf } from '../../tensor/node.ts'
import { family, lastExtent, uniform01 } from '../family.ts'
import { classes } from '../support.ts'

type Coin = Readonly<Partial<Record<'probs' | 'logits', Tensor>>>

/** Log probabilities of 1 and of 0. */
const coin = (p: Coin): { readonly one: Tensor; readonly zero: Tensor } =>
  p.logits !== undefined
    ? { one: B.neg(B.softplus(B.neg(p.logits))), zero: B.neg(B.softplus(p.logits)) }
    : { one: B.log(given(p.probs)), zero: B.log(B.sub(1, given(p.probs))) }

const given = (t: Tensor | undefined): Tensor =>
  t ?? B.misfit('MissingParameter', [], 'neither probs nor logits', 'one of probs and logits', 'give probs or logits')

const probability = (p: Coin): Tensor => (p.logits !== undefined ? B.sigmoid(p.logits) : given(p.probs))

/** 0 log 0 = 0 */
const xlogx = (p: Tensor): Tensor => B.mul(p, B.log(B.select(B.gt(p, 0), p, 1)))

/** Bernoulli: log p for 1, log(1 - p) for 0. */
export const bernoulli = family({
  doc: '1 with probability probs (or sigmoid(logits)), else 0',
  params: { probs: { domain: 'probability' }, logits: { domain: 'real' } },
  oneOf: ['probs', 'logits'],
  discrete: true,
  support: () => classes(2),
  logDensity: (p, x) => {
    const { one, zero } = coin(p)
    return B.select(B.ne(x, 0), one, zero)
  },
  sample: (p, key, shape) => B.cast(B.lt(uniform01(key, shape), probability(p)), 'i32'),
  mean: (p) => probability(p),
  variance: (p) => B.mul(probability(p), B.sub(1, probability(p))),
  mode: (p) => B.cast(B.gt(probability(p), 0.5), 'i32'),
  entropy: (p) => B.neg(B.add(xlogx(probability(p)), xlogx(B.sub(1, probability(p)))))
})

/** Log probabilities of the classes along the last axis. */
const logProbs = (p: Coin): Tensor => (p.logits !== undefined ? B.logSoftmax(p.logits) : B.log(given(p.probs)))
const lastOf = (t: Tensor): number => shapeOf(t).length - 1

/** Categorical: the log probability of class x; the classes are the last axis of the parameter. */
export const categorical = family({
  doc: 'class 0..K-1 with probabilities probs (or softmax(logits)) along the last axis',
  params: { probs: { domain: 'simplex', event: 1 }, logits: { domain: 'real', event: 1 } },
  oneOf: ['probs', 'logits'],
  discrete: true,
  support: (p: Coin) => classes(lastExtent(given(p.logits ?? p.probs))),
  logDensity: (p, x) => {
    const l = logProbs(p), s = shapeOf(x)
    const hit = B.eq(B.expandDims(B.cast(x, 'i32'), s.length), B.iota([lastExtent(l)]))
    const picked = B.select(hit, l, 0)
    return B.sum(picked, [lastOf(picked)])
  },
  sample: (p, key, shape) => {
    const l = logProbs(p)
    const u = uniform01(key, [...shape, lastExtent(l)])
    const scores = B.sub(l, B.log(B.neg(B.log(u))))
    return B.argmax(scores, [lastOf(scores)])
  },
  mode: (p) => {
    const l = logProbs(p)
    return B.argmax(l, [lastOf(l)])
  },
  entropy: (p) => {
    const q = B.exp(logProbs(p))
    return B.neg(B.sum(xlogx(q), [lastOf(q)]))
  }
})
