/**
 * Families of counts. Their log probabilities are deviations from a peak (Loader 2000),
 * so that large counts lose no digits.
 *
 * @since 0.2.0
 */
import * as B from '../../tensor/build.ts'
import type { Tensor } from '../../tensor/node.ts'
import { logChance } from '../chance.ts'
import { family } from '../family.ts'
import { zeroInflate } from '../inflate.ts'
import { countTilt, logPeak, tilt } from '../stable.ts'
import { counts } from '../support.ts'

const missing = (): Tensor => B.misfit('MissingParameter', [], 'none of the alternatives', 'one of them', 'give one of the two parameters')
const whole = (t: Tensor): Tensor => B.cast(B.floor(t), 'i32')

type Rate = Readonly<Partial<Record<'rate' | 'logRate', Tensor>>>

const rateOf = (p: Rate): { readonly rate: Tensor; readonly log: Tensor } =>
  p.logRate !== undefined ? { rate: B.exp(p.logRate), log: p.logRate }
    : p.rate !== undefined ? { rate: p.rate, log: B.log(p.rate) }
      : { rate: missing(), log: missing() }

/**
 * 1 - I_p(a, b) with q = 1 - p known by itself: from the smaller of the two, which is not rounded
 * as a number near 1 would be. Where the second parameter dwarfs the first, as a gamma's share
 * (Wise 1950, "The incomplete beta function as a contour integral and a quickly converging series
 * for its inverse"), off by about 0.03 a^2.5 / b^2: below 1e-6 where it is taken, and more only
 * where b is so large that f32 has nothing better.
 */
const upperShare = (a: Tensor, b: Tensor, p: Tensor, q: Tensor): Tensor => {
  const low = B.lt(p, q), choose = (x: Tensor, y: Tensor): Tensor => B.select(low, x, y)
  const one = choose(a, b), other = choose(b, a), least = choose(p, q)
  const size = B.log(other), most = B.select(B.gt(other, 2e8), B.sub(size, 6.2), B.sub(B.mul(0.8, size), 4.17))
  const dwarfed = B.and(B.gt(other, 1e5), B.lt(B.log(one), most))
  const rate = B.mul(B.add(other, B.mul(0.5, B.sub(one, 1))), B.neg(B.log1p(B.neg(least))))
  const g = B.select(dwarfed, one, 1), beta = (t: Tensor): Tensor => B.select(dwarfed, 1, t)
  const share = B.select(dwarfed, B.gammainc(g, B.select(dwarfed, rate, 1)), B.betainc(beta(one), beta(other), least))
  return B.select(low, B.sub(1, share), share)
}

/** Poisson: x log rate - rate - log x! */
export const poisson = family({
  doc: 'counts with mean rate (or exp(logRate))',
  density: 'rate^x exp(-rate) / x!, evaluated as a deviation from its peak (Loader 2000)',
  params: { rate: { domain: 'positive' }, logRate: { domain: 'real' } },
  oneOf: ['rate', 'logRate'],
  discrete: true,
  support: () => counts(),
  logDensity: (p, value) => {
    const x = B.float(value), { rate, log } = rateOf(p)
    return B.add(logPeak(x), countTilt(x, B.sub(rate, x), log))
  },
  sample: (p, key, shape) => B.randomPoisson(key, rateOf(p).rate, shape),
  mean: (p) => rateOf(p).rate,
  variance: (p) => rateOf(p).rate,
  mode: (p) => whole(rateOf(p).rate),
  cdf: (p, x) => B.gammaincc(B.add(B.floor(B.float(x)), 1), rateOf(p).rate)
})

type Coins = Readonly<Partial<Record<'probs' | 'logits', Tensor>>>

const coins = (p: Coins): { readonly p: Tensor; readonly q: Tensor; readonly one: Tensor; readonly zero: Tensor } => {
  if (p.logits !== undefined) return { p: B.sigmoid(p.logits), q: B.sigmoid(B.neg(p.logits)), one: B.logSigmoid(p.logits), zero: B.neg(B.softplus(p.logits)) }
  const probs = p.probs ?? missing()
  const q = B.sub(1, probs)
  return { p: probs, q, one: logChance(probs), zero: logChance(q) }
}

/** Binomial: log C(n, x) + x log p + (n - x) log(1 - p) */
export const binomial = family<'n' | 'probs' | 'logits'>({
  doc: 'how many of n coins show 1, each with probability probs (or sigmoid(logits))',
  density: 'C(n, x) probs^x (1 - probs)^(n - x), evaluated as a deviation from its peak (Loader 2000)',
  params: { n: { domain: 'count' }, probs: { domain: 'probability' }, logits: { domain: 'real' } },
  oneOf: ['probs', 'logits'],
  discrete: true,
  support: ({ n }) => counts(n),
  logDensity: (c, value) => {
    const x = B.float(value), { p, q, one, zero } = coins(c), n = c.n, y = B.sub(n, x)
    // n p - x, from what is small near an end.
    const more = B.sub(B.mul(y, p), B.mul(x, q)), ln = B.log(n)
    const peaks = B.sub(B.add(logPeak(x), logPeak(y)), logPeak(n))
    return B.add(peaks, B.add(countTilt(x, more, B.add(ln, one)), countTilt(y, B.neg(more), B.add(ln, zero))))
  },
  sample: (c, key, shape) => B.randomBinomial(key, c.n, coins(c).p, shape),
  mean: (c) => B.mul(c.n, coins(c).p),
  variance: (c) => B.mul(c.n, B.mul(coins(c).p, coins(c).q)),
  mode: (c) => B.min(whole(B.mul(B.add(c.n, 1), coins(c).p)), B.cast(c.n, 'i32')),
  cdf: (c, value) => {
    const x = B.floor(B.float(value)), inside = B.lt(x, c.n), { p, q } = coins(c)
    return B.select(inside, upperShare(B.add(x, 1), B.select(inside, B.sub(c.n, x), 1), p, q), 1)
  }
})

/** Negative binomial: Poisson counts whose rate is gamma with mean mu and shape alpha. */
export const negativeBinomial = family({
  doc: 'counts with mean mu and variance mu + mu^2 / alpha',
  density: 'Gamma(x + alpha) / (x! Gamma(alpha)) (alpha / (mu + alpha))^alpha (mu / (mu + alpha))^x, as a deviation from its peak (Loader 2000)',
  params: { mu: { domain: 'positive' }, alpha: { domain: 'positive' } },
  discrete: true,
  support: () => counts(),
  logDensity: ({ mu, alpha }, value) => {
    const x = B.float(value), n = B.add(alpha, x), both = B.add(alpha, mu)
    const more = B.div(B.mul(alpha, B.sub(x, mu)), both), grow = B.sub(B.log(n), B.log(both))
    const peaks = B.add(B.sub(B.add(logPeak(alpha), logPeak(x)), logPeak(n)), B.sub(B.log(alpha), B.log(n)))
    return B.add(peaks, B.add(tilt(alpha, more, B.mul(alpha, grow)), countTilt(x, B.neg(more), B.add(grow, B.log(mu)))))
  },
  sample: ({ mu, alpha }, key, shape) => {
    const rate = B.exp(B.add(B.sub(B.log(mu), B.log(alpha)), B.randomLogGamma(B.fold(key, 0), alpha, shape)))
    return B.randomPoisson(B.fold(key, 1), rate, shape)
  },
  mean: ({ mu }) => mu,
  variance: ({ mu, alpha }) => B.mul(mu, B.add(1, B.div(mu, alpha))),
  mode: ({ mu, alpha }) => whole(B.max(B.mul(mu, B.sub(1, B.div(1, alpha))), 0)),
  cdf: ({ mu, alpha }, x) => {
    const n = B.add(alpha, mu)
    return upperShare(B.add(B.floor(B.float(x)), 1), alpha, B.div(mu, n), B.div(alpha, n))
  }
})

/** Poisson with structural zeros. */
export const zeroInflatedPoisson = zeroInflate(poisson)
/** Binomial with structural zeros. */
export const zeroInflatedBinomial = zeroInflate(binomial)
/** Negative binomial with structural zeros. */
export const zeroInflatedNegativeBinomial = zeroInflate(negativeBinomial)
