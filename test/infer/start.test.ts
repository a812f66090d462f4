import { expect, test } from 'vitest'
import * as Dist from '../../src/dist/index.ts'
import { startOf } from '../../src/infer/start.ts'
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

test('a latent without a layer starts at the image of 0, never at its prior', () => {
  const s = right(startOf([site('t', [2], Dist.logNormal({ mu: 50, sd: 10 }))], { seed: 0 }))
  expect([...s.mean['t']]).toEqual([0, 0])
  expect([...s.sd['t']]).toEqual([0.1, 0.1])
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
