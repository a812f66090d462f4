import { describe, expect, test } from 'vitest'
import { O } from '../../src/fp.ts'
import * as Dist from '../../src/dist/index.ts'
import * as B from '../../src/tensor/build.ts'
import { batch, shape } from '../../src/tensor/index.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { cases, integral, value } from './tools.ts'

const N = 20_000
const key = (seed: number): Tensor => B.array(Uint32Array.of(seed, 0), [2], 'u32')
const draws = (d: Dist.Dist, seed = 11): readonly number[] => value(Dist.sample(d)(key(seed), [N]))
const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length

// Seeds are fixed, so these can't flicker; 4.5 standard errors has probability 7e-6.
const Z = 4.5

describe.each(cases)('draws of $family', (c) => {
  const d = Dist.make(c.family, c.params)
  const xs = draws(d)
  test('lie inside the support', () => expect(xs.every((x) => x > c.range[0] && x < c.range[1])).toBe(true))
  test('have the probabilities of the density at several cuts', () => {
    const median = value(Dist.center(d))[0]
    for (const k of [0.1, 0.25, 0.5, 0.8, 1, 1.25, 2, 4]) {
      const cut = c.range[0] === -Infinity ? median + (k - 1) * 1.5 : c.family === 'uniform' ? -1.5 + 3.75 * Math.min(k, 3.9) / 4 : median * k
      const p = cut <= median
        ? integral(Dist.logDensity(d), [c.range[0], cut])
        : 1 - integral(Dist.logDensity(d), [cut, c.range[1]])
      const z = (mean(xs.map((x) => (x < cut ? 1 : 0))) - p) / Math.sqrt(p * (1 - p) / N)
      // A Laplace density has its cusp inside one of the pieces; the rule is good to 1e-4 there, z to 0.1.
      expect(Math.abs(z)).toBeLessThan(Z)
    }
  })
  test('have its mean and variance', () => {
    const m = Dist.mean(d), v = Dist.variance(d)
    if (O.isNone(m) || O.isNone(v)) return expect(['cauchy', 'halfCauchy']).toContain(c.family)
    const mu = value(m.value)[0], s2 = value(v.value)[0]
    expect(Math.abs(mean(xs) - mu) / Math.sqrt(s2 / N)).toBeLessThan(Z)
    const fourth = integral(Dist.logDensity(d), c.range, (x) => (x - mu) ** 4)
    expect(Math.abs(mean(xs.map((x) => (x - mu) ** 2)) - s2) / Math.sqrt((fourth - s2 * s2) / N)).toBeLessThan(Z)
  })
})

test('coins and classes have their probabilities', () => {
  const share = (xs: readonly number[], k: number): number => mean(xs.map((x) => (x === k ? 1 : 0)))
  const near = (p: number, q: number): void => expect(Math.abs(p - q) / Math.sqrt(q * (1 - q) / N)).toBeLessThan(Z)
  near(share(draws(Dist.bernoulli({ probs: 0.3 })), 1), 0.3)
  near(share(draws(Dist.bernoulli({ logits: 1 }), 3), 1), 1 / (1 + Math.exp(-1)))
  const xs = draws(Dist.categorical({ logits: [0, Math.log(2), Math.log(5)] }))
  ;[1 / 8, 2 / 8, 5 / 8].forEach((p, k) => near(share(xs, k), p))
})

test('draws follow their parameters and their key', () => {
  const d = Dist.normal({ mu: [0, 100], sd: 0.001 })
  const t = Dist.sample(d)(key(1), [3, 2])
  expect(shape(t)).toEqual([3, 2])
  expect(value(t).map((x) => Math.round(x) + 0)).toEqual([0, 100, 0, 100, 0, 100])
  expect(value(t)).toEqual(value(Dist.sample(d)(key(1), [3, 2])))
  expect(value(t)).not.toEqual(value(Dist.sample(d)(key(2), [3, 2])))
})

test.each(Dist.familyNames.filter((f) => !Dist.familyOf(f).improper))('a batch of keys gives the draws of each: %s', (f) => {
  const d = f === 'bernoulli' ? Dist.bernoulli({ logits: [0, 1] }) : f === 'categorical' ? Dist.categorical({ logits: [[0, 1], [2, 0]] }) : Dist.make(f)
  const one = B.leaf('input', 'k', [2], 'u32'), many = B.array(Uint32Array.of(5, 6, 7, 8, 9, 10), [3, 2], 'u32')
  const [batched] = batch(3, [[one, many]])([Dist.sample(d)(one, [2])])
  const separate = [[5, 6], [7, 8], [9, 10]].flatMap((k) => value(Dist.sample(d)(B.array(Uint32Array.from(k), [2], 'u32'), [2])))
  expect(value(batched)).toEqual(separate)
})
