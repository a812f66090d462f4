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
import * as Ext from '../../tensor/extent.ts'
import { logChance } from '../chance.ts'
import { family, lastExtent, uniform01 } from '../family.ts'
import type { Params } from '../family.ts'
import { classes } from '../support.ts'

type Coin = Readonly<Partial<Record<'probs' | 'logits', Tensor>>>

/** Log probabilities of 1 and of 0. */
const coin = (p: Coin): { readonly one: Tensor; readonly zero: Tensor } =>
  p.logits !== undefined
    ? { one: B.neg(B.softplus(B.neg(p.logits))), zero: B.neg(B.softplus(p.logits)) }
    : { one: logChance(given(p.probs)), zero: logChance(B.sub(1, given(p.probs))) }

const given = (t: Tensor | undefined): Tensor =>
  t ?? B.misfit('MissingParameter', [], 'neither probs nor logits', 'one of probs and logits', 'give probs or logits')

const probability = (p: Coin): Tensor => (p.logits !== undefined ? B.sigmoid(p.logits) : given(p.probs))

/** 0 log 0 = 0 */
const xlogx = (p: Tensor): Tensor => B.mul(p, B.log(B.select(B.gt(p, 0), p, 1)))

/** Bernoulli: log p for 1, log(1 - p) for 0. */
export const bernoulli = family({
  doc: '1 with probability probs (or sigmoid(logits)), else 0',
  density: 'probs^x (1 - probs)^(1 - x)',
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
const logProbs = (p: Coin): Tensor => (p.logits !== undefined ? B.logSoftmax(p.logits) : logChance(given(p.probs)))
const lastOf = (t: Tensor): number => shapeOf(t).length - 1

/** Categorical: the log probability of class x; the classes are the last axis of the parameter. */
export const categorical = family({
  doc: 'class 0..K-1 with probabilities probs (or softmax(logits)) along the last axis',
  density: 'probs[x]',
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
  probabilities: (p) => (p.logits !== undefined ? B.softmax(p.logits) : given(p.probs)),
  entropy: (p) => {
    const q = B.exp(logProbs(p))
    return B.neg(B.sum(xlogx(q), [lastOf(q)]))
  }
})

/** Log probabilities of 0..K-1 along a new last axis. */
const orderedLogProbs = ({ eta, cutpoints }: Params<'eta' | 'cutpoints'>): Tensor => {
  const c = B.sub(cutpoints, B.expandDims(eta, shapeOf(eta).length)), n = lastOf(c), cuts = Number(lastExtent(c))
  const at = (k: number): readonly number[] => shapeOf(c).map((_, i) => (i === n ? k : 0))
  // P(x) = F(c_x) - F(c_(x-1)) = F(c_x) F(-c_(x-1)) (1 - exp(-(c_x - c_(x-1)))) for the logistic F.
  const below = B.pad(B.logSigmoid(c), at(0), at(1)), above = B.pad(B.neg(B.softplus(c)), at(1), at(0))
  const steps = B.sub(B.sliceAxis(cutpoints, lastOf(cutpoints), 1, cuts), B.sliceAxis(cutpoints, lastOf(cutpoints), 0, cuts - 1))
  const between = cuts < 2 ? undefined : B.pad(B.log1mexp(steps), shapeOf(steps).map((_, i) => (i === lastOf(steps) ? 1 : 0)), shapeOf(steps).map((_, i) => (i === lastOf(steps) ? 1 : 0)))
  const ends = B.add(below, above)
  return between === undefined ? ends : B.add(ends, between)
}

/** Ordered logistic: log(F(cutpoints[x] - eta) - F(cutpoints[x - 1] - eta)) */
export const orderedLogistic = family({
  doc: 'class 0..K-1 by where eta plus logistic noise falls between K - 1 cutpoints along the last axis',
  density: 'F(cutpoints[x] - eta) - F(cutpoints[x - 1] - eta) with F the logistic function, cutpoints[-1] = -inf, cutpoints[K - 1] = inf (McCullagh 1980)',
  params: { eta: { domain: 'real' }, cutpoints: { domain: 'ordered', event: 1 } },
  discrete: true,
  support: ({ cutpoints }) => classes(Ext.add(lastExtent(cutpoints), 1)),
  logDensity: (p, x) => {
    const l = orderedLogProbs(p)
    const picked = B.select(B.eq(B.expandDims(B.cast(x, 'i32'), shapeOf(x).length), B.iota([lastExtent(l)])), l, 0)
    return B.sum(picked, [lastOf(picked)])
  },
  sample: ({ eta, cutpoints }, key, shape) => {
    const u = uniform01(key, shape), score = B.add(eta, B.sub(B.log(u), B.log1p(B.neg(u))))
    const passed = B.cast(B.gt(B.expandDims(score, shapeOf(score).length), cutpoints), 'i32')
    return B.sum(passed, [lastOf(passed)])
  },
  mode: (p) => {
    const l = orderedLogProbs(p)
    return B.argmax(l, [lastOf(l)])
  },
  probabilities: (p) => B.exp(orderedLogProbs(p)),
  entropy: (p) => {
    const q = B.exp(orderedLogProbs(p))
    return B.neg(B.sum(xlogx(q), [lastOf(q)]))
  }
})
