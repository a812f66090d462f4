import { expect, test } from 'vitest'
import * as Dist from '../../src/dist/index.ts'
import * as B from '../../src/tensor/build.ts'
import { asConstants } from '../../src/infer/draws.ts'
import type { Known } from '../../src/infer/draws.ts'
import { inverseSoftplus } from '../../src/infer/family.ts'
import { layoutOf, pack } from '../../src/infer/layout.ts'
import type { Posterior } from '../../src/infer/method.ts'
import { momentsOf, normalCdf, normalQuantile, quantilesOf } from '../../src/infer/summary.ts'
import { model, site } from './models.ts'

const posterior = (sites: readonly ReturnType<typeof site>[], mean: number, sd: number): Posterior => {
  const l = layoutOf(sites)
  const all = (v: number): Float32Array => pack(l, v)({})
  return { _tag: 'Family', family: 'meanField', params: { mu: { shape: [l.dim], data: all(mean) }, rho: { shape: [l.dim], data: all(inverseSoftplus(sd)) } } }
}

const known = (m: ReturnType<typeof model>, q: Posterior): Known => asConstants({ model: m, posterior: q, params: {}, states: {} })

test('the normal distribution and its quantiles (Abramowitz and Stegun, table 26.1 and 26.5)', () => {
  expect(normalCdf(1)).toBeCloseTo(0.841344746068543, 14)
  expect(normalCdf(-2)).toBeCloseTo(0.022750131948179, 14)
  expect(normalCdf(3.5) - 0.999767370920964).toBeCloseTo(0, 14)
  expect(normalCdf(-6) / 9.865876450377e-10).toBeCloseTo(1, 10)
  expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 12)
  expect(normalQuantile(0.5)).toBeCloseTo(0, 12)
  expect([normalQuantile(0), normalQuantile(1)]).toEqual([-Infinity, Infinity])
  expect(normalQuantile(1e-9)).toBeCloseTo(-5.997807015008, 9)
})

test('means, sds and quantiles in own units: closed forms', () => {
  const a = site('a', [2], Dist.normal()), b = site('b', [], Dist.logNormal()), c = site('c', [], Dist.uniform({ lower: 0, upper: 1 }))
  const m = model({ sites: [a, b, c], prediction: a.leaf, likelihoods: [] })
  const q = posterior(m.sites, 1, 2)
  const { mean, std } = momentsOf(known(m, q))
  // parameters are stored in single precision
  expect([...mean['a'].data]).toEqual([1, 1])
  expect(std['a'].data[1]).toBeCloseTo(2, 6)
  expect(mean['b'].data[0]).toBeCloseTo(Math.exp(3), 4)
  expect(std['b'].data[0] / (Math.exp(3) * Math.sqrt(Math.expm1(4)))).toBeCloseTo(1, 6)
  // E sigmoid(N(1, 2^2)) = .647726 (the table of closed forms)
  expect(mean['c'].data[0]).toBeCloseTo(0.647726, 6)
  const at = quantilesOf(known(m, q))(0.975)
  expect(at['a'].data[0]).toBeCloseTo(1 + 2 * 1.959964, 5)
  expect(at['c'].data[0]).toBeCloseTo(1 / (1 + Math.exp(-(1 + 2 * 1.959964))), 6)
})

test('beyond a bound: the moments of a log-normal, quantiles down to the bound', () => {
  const a = site('a', [2], Dist.truncatedNormal({ lower: B.array(Float32Array.of(1, -2), [2]) })), b = site('b', [], Dist.truncatedNormal({ upper: 3 })), c = site('c', [], Dist.uniform({ lower: 2, upper: 5 })), d = site('d', [], Dist.normal())
  const m = model({ sites: [a, b, c, d], prediction: a.leaf, likelihoods: [] })
  // Of exp(N(0, 5^2)) half of the variance lies beyond 10 sds of the normal. Parameters are in single precision.
  const k = known(m, posterior(m.sites, 0, 5)), { mean, std } = momentsOf(k)
  const away = Math.exp(12.5), spread = away * Math.sqrt(Math.expm1(25))
  expect([...mean['a'].data].map((x, i) => (x - [1, -2][i]) / away)).toEqual([expect.closeTo(1, 5), expect.closeTo(1, 5)])
  expect((3 - mean['b'].data[0]) / away).toBeCloseTo(1, 5)
  for (const n of ['a', 'b']) expect(std[n].data[0] / spread).toBeCloseTo(1, 4)
  const ends = [0, 1].map((p) => quantilesOf(k)(p))
  expect(ends.map((q) => [...q['a'].data, q['b'].data[0], q['c'].data[0], q['d'].data[0]])).toEqual([[1, -2, -Infinity, 2, -Infinity], [Infinity, Infinity, 3, 5, Infinity]])
  // P(3 - exp(u) <= x) = P(u >= log(3 - x))
  expect(Math.log(3 - quantilesOf(k)(1e-20)['b'].data[0]) / (5 * 9.262340089798409)).toBeCloseTo(1, 6)
})

test('a bound that is itself latent: means over draws', () => {
  const h = site('h', [], Dist.logNormal({ sd: 1 })), x = site('x', [], Dist.uniform({ lower: 0, upper: h.leaf }))
  const m = model({ sites: [h, x], prediction: x.leaf, likelihoods: [] })
  const { mean } = momentsOf(known(m, posterior(m.sites, 0, 0.5)))
  // x = h sigmoid(u), independent: E h E sigmoid = exp(1/8) / 2; the sd of x is about .35
  expect(Math.abs(mean['x'].data[0] - Math.exp(0.125) / 2)).toBeLessThan((5 * 0.35) / Math.sqrt(4096))
})

test('a point has its value as mean and quantile, and no spread', () => {
  const b = site('b', [], Dist.logNormal())
  const m = model({ sites: [b], prediction: B.broadcastTo(b.leaf, [1]), likelihoods: [] })
  const q: Posterior = { _tag: 'Family', family: 'delta', params: { u: { shape: [64], data: new Float32Array(64).fill(1) } } }
  const { mean, std } = momentsOf(known(m, q))
  expect([mean['b'].data[0], std['b'].data[0], quantilesOf(known(m, q))(0.9)['b'].data[0]]).toEqual([Math.E, 0, Math.E])
})
