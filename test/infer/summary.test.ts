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
