import { expect, test } from 'vitest'
import * as Dist from '../../src/dist/index.ts'
import { startOf } from '../../src/infer/start.ts'
import type { Site } from '../../src/spec/site.ts'
import * as B from '../../src/tensor/build.ts'
import { classifier, site } from './models.ts'

const right = <A>(e: { _tag: 'Right'; right: A } | { _tag: 'Left'; left: unknown }): A => {
  if (e._tag === 'Left') throw new Error(JSON.stringify(e.left))
  return e.right
}

test('weights start in Glorot\'s range, their scale at 1, spreads at a tenth of the scale', () => {
  const sites = classifier().model.sites
  const s = right(startOf(sites, { seed: 3 }))
  const w = s.mean['d1.W']
  expect(w.every((x) => Math.abs(x) < Math.sqrt(6 / 7))).toBe(true)
  expect(Math.max(...w) - Math.min(...w)).toBeGreaterThan(0.5)
  expect(s.mean['d1.W.sd'][0]).toBe(0)
  expect(s.sd['d1.W.sd'][0]).toBeCloseTo(0.1, 12)
  expect(s.sd['d1.W'][0]).toBeCloseTo(0.1 * Math.sqrt(2 / 7), 12)
  expect([...s.mean['d1.b']]).toEqual([0, 0, 0, 0])
  expect(s.sd['d1.b'][0]).toBeCloseTo(0.1 * Math.sqrt(2 / 7), 12)
})

test('a start is a function of seed and name: other sites change nothing', () => {
  const sites = classifier().model.sites
  const all = right(startOf(sites, { seed: 3 })), some = right(startOf(sites.slice(0, 3), { seed: 3 }))
  expect(some.mean['d1.W']).toEqual(all.mean['d1.W'])
  expect(right(startOf(sites, { seed: 4 })).mean['d1.W']).not.toEqual(all.mean['d1.W'])
})

test('a start is at the prior\'s location, never at a mean that is vague beyond use', () => {
  // The mean of LogNormal(0, 10) is 5e21; its location in unconstrained space, the log of its median, is 0.
  const s = right(startOf([site('t', [2], Dist.logNormal({ sd: 10 })), site('h', [], Dist.halfNormal({ sd: 10 }))], { seed: 0 }))
  expect([...s.mean['t'], ...s.mean['h']]).toEqual([0, 0, 0])
  expect([...s.sd['t'], ...s.sd['h']]).toEqual([0.1, 0.1, 0.1])
})

/** Means in own units, and spreads. */
const startAt = (...sites: readonly Site[]) => right(startOf(sites, { seed: 0 }))

test('priors with a location start there, in their own space', () => {
  const located: readonly (readonly [Dist.Dist, number])[] = [
    [Dist.normal({ mu: 170, sd: 20 }), 170], [Dist.laplace({ mu: -4, b: 2 }), -4], [Dist.cauchy({ alpha: 7, beta: 2 }), 7], [Dist.studentT({ nu: 3, mu: 12, sd: 2 }), 12],
    [Dist.logNormal({ mu: 3, sd: 0.5 }), 3],
    // From 0 on x = exp(u); between 0 and 10, 2 is where the logistic is 0.2.
    [Dist.truncatedNormal({ mu: 170, sd: 20, lower: 0 }), Math.log(170)], [Dist.truncatedNormal({ mu: 2, sd: 3, lower: 0, upper: 10 }), Math.log(0.2 / 0.8)],
    // A location outside the bounds is none, and a bounded family without one starts in the middle.
    [Dist.truncatedNormal({ mu: -1, sd: 3, lower: 0 }), 0], [Dist.uniform({ lower: 10, upper: 20 }), 0]
  ]
  for (const [dist, u] of located) {
    const s = startAt(site('t', [2], dist))
    expect([...s.mean['t']]).toEqual([expect.closeTo(u, 6), expect.closeTo(u, 6)])
    expect(s.sd['t'][0]).toBeCloseTo(0.1, 6)
  }
  const each = startAt(site('t', [2], Dist.normal({ mu: B.array(Float64Array.of(1, 300), [2]) })))
  expect([...each.mean['t']]).toEqual([1, 300])
  expect([...startAt(site('v', [3], Dist.multivariateNormal({ mu: [1, 2, 3], chol: [[1, 0, 0], [0, 1, 0], [0, 0, 1]] }))).mean['v']]).toEqual([1, 2, 3])
})

test('what a layer gives is about the prior\'s centre, and draws of weights stay what they are', () => {
  const glorot = { _tag: 'Glorot', fanIn: 3, fanOut: 4 } as const, zero = { _tag: 'Constant', value: 0, scale: 0.5 } as const
  const w = (mu: number) => startAt(site('d.W', [3, 4], Dist.normal({ mu, sd: 1 }), { role: 'weight', layer: 'd', init: glorot })).mean['d.W']
  w(5).forEach((x, i) => { expect(x - 5).toBeCloseTo(w(0)[i], 12) })
  expect(new Set(w(5)).size).toBe(12)
  const at = (dist: Dist.Dist, value: number) => startAt(site('t', [1], dist, { init: { ...zero, value } })).mean['t'][0]
  expect(at(Dist.normal({ mu: 300, sd: 50 }), 0)).toBe(300)
  // A gain of 1 under a prior about 1, 0.5 and 0.
  expect([at(Dist.normal({ mu: 1 }), 1), at(Dist.normal({ mu: 0.5 }), 1), at(Dist.normal(), 1)]).toEqual([1, 0.5, 1])
  // 0 is no scale: a layer doesn't know that its offset is to be positive.
  expect(at(Dist.halfNormal(), 0)).toBe(0)
})

test('a start is no wider than its prior, and the same to the bit where the prior\'s sd is 0.1 or more', () => {
  const w = (sd: number, fan = 1) => startAt(site('d.W', [50], Dist.normal({ sd }), { role: 'weight', layer: 'd', init: { _tag: 'Glorot', fanIn: fan, fanOut: fan } }))
  for (const fan of [1, 4, 100]) {
    const vague = w(1e6, fan)
    for (const sd of [0.1, 0.5, 1]) expect(w(sd, fan)).toEqual(vague)
  }
  for (const sd of [1e-2, 1e-3, 1e-4]) {
    const { mean, sd: spread } = w(sd)
    expect([...spread['d.W']]).toEqual(Array(50).fill(expect.closeTo(sd, 9)))
    // Glorot's bound of sqrt(3) is 17.3 of its spreads of 0.1.
    expect(Math.max(...mean['d.W'].map(Math.abs)) / sd).toBeLessThan(17.33)
    expect(new Set(mean['d.W']).size).toBe(50)
  }
  const latent = startAt(site('t', [], Dist.cauchy({ alpha: 3, beta: 1e-3 })))
  expect([latent.mean['t'][0], latent.sd['t'][0]]).toEqual([3, expect.closeTo(1e-3, 9)])
})

test('a location that is another variable is where that one starts; random scales change nothing', () => {
  const mu = site('mu', [], Dist.normal({ mu: 170, sd: 20 })), tau = site('tau', [], Dist.halfNormal({ sd: 1e-4 }))
  const x = site('x', [3], Dist.normal({ mu: mu.leaf, sd: tau.leaf }))
  const s = startAt(mu, tau, x)
  expect([...s.mean['x'], ...s.sd['x']]).toEqual([170, 170, 170, 0.1, 0.1, 0.1])
  expect([...right(startOf([mu, tau, x], { seed: 0, start: { mu: { mean: 3 } } })).mean['x']]).toEqual([3, 3, 3])
})

test('what is said of a start wins over the prior', () => {
  const t = site('t', [1], Dist.normal({ mu: 170, sd: 20 }), { init: { _tag: 'Value', shape: [1], data: [4] } })
  expect(startAt(t).mean['t'][0]).toBe(4)
  expect(right(startOf([t], { seed: 0, start: { t: { mean: 5, sd: 2 } } }))).toMatchObject({ mean: { t: Float64Array.of(5) }, sd: { t: Float64Array.of(2) } })
  const scaled = site('t', [1], Dist.normal({ sd: 1e-3 }), { init: { _tag: 'Value', shape: [1], data: [4], scale: 2 } })
  expect(startAt(scaled).sd['t'][0]).toBeCloseTo(0.2, 12)
})

test('values and options are in own units', () => {
  const t = site('t', [2], Dist.logNormal({ sd: 10 }), { init: { _tag: 'Value', shape: [2], data: [2, 4] } })
  const s = right(startOf([t], { seed: 0, start: { t: { sd: 0.2 } } }))
  expect(s.mean['t'][1]).toBeCloseTo(Math.log(4), 12)
  // sd of log x for a small sd of x is sd / x
  expect(s.sd['t'][0]).toBeCloseTo(0.1, 12)
  const u = right(startOf([t], { seed: 0, start: { t: { mean: [1, Math.E] } } }))
  expect(u.mean['t'][0]).toBeCloseTo(0, 12)
  expect(u.mean['t'][1]).toBeCloseTo(1, 6)
})

test('bad starts are errors that name the site and the nearest', () => {
  const sites = classifier().model.sites
  const left = (o: object) => {
    const e = startOf(sites, { seed: 0, start: o as never })
    return e._tag === 'Left' ? e.left[0] : undefined
  }
  expect(left({ 'd1.w': { mean: 0 } })).toMatchObject({ _tag: 'UnknownSite', hint: "did you mean 'd1.W'?" })
  expect(left({ 'd1.W': { mean: [1, 2] } })).toMatchObject({ _tag: 'ShapeMismatch' })
  expect(left({ 'd1.W': { sd: 0 } })).toMatchObject({ _tag: 'BadStart' })
  expect(left({ 'd1.W.sd': { mean: -1 } })).toMatchObject({ _tag: 'OutOfSupport' })
  expect(left({ 'd1.W': { man: 0 } })).toMatchObject({ _tag: 'BadStart' })
})
