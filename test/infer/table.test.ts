/** The table of a posterior: its numbers by closed forms, its rows by name and place. */
import { expect, test } from 'vitest'
import { Approximation } from '../../src/index.ts'
import * as Dist from '../../src/dist/index.ts'
import type { ApproximationData } from '../../src/infer/approximation.ts'
import { inverseSoftplus } from '../../src/infer/family.ts'
import { layoutOf, pack } from '../../src/infer/layout.ts'
import { model, site } from './models.ts'

const sites = [site('a', [2, 3], Dist.normal()), site('b', [], Dist.logNormal())]
const layout = layoutOf(sites)
const all = (v: number) => ({ shape: [layout.dim], data: pack(layout, v)({}) })
// Every number is normal(1, 2) in unconstrained space.
const approx = Approximation.of({
  model: model({ sites, prediction: sites[1].leaf, likelihoods: [] }),
  posterior: { _tag: 'Family', family: 'meanField', params: { mu: all(1), rho: all(inverseSoftplus(2)) } },
  params: { 'c.g': { shape: [1], data: Float32Array.of(0.25) } }, states: {}
} as unknown as ApproximationData)
const cells = (table: string): readonly (readonly string[])[] => table.split('\n').map((l) => l.trim().split(/ {2,}/))

test('means, standard deviations and quantiles in own units, to four digits', () => {
  // normal(1, 2): 1, 2, 1 - 1.6449 * 2, 1, 1 + 1.6449 * 2. Its exponential: mean e^3, sd e^3 sqrt(e^4 - 1), quantiles the exponentials.
  expect(cells(Approximation.summary(approx))).toEqual([
    ['mean', 'sd', '5 %', '50 %', '95 %'],
    ...['[0, 0]', '[0, 1]', '[0, 2]', '[1, 0]', '[1, 1]', '[1, 2]'].map((i) => [`a${i}`, '1', '2', '-2.29', '1', '4.29']),
    ['b', '20.09', '147', '0.1013', '2.718', '72.95'],
    ['c.g[0]', '0.25']
  ])
})

test('a mode has no spread to tell', () => {
  const mode = Approximation.of({ ...approx.data, posterior: { _tag: 'Family', family: 'delta', params: { u: all(1) } } })
  expect(cells(Approximation.summary(mode, { names: ['b', 'c.g'] })).slice(1)).toEqual([['b', '2.718', '-', '-', '-', '-'], ['c.g[0]', '0.25']])
})

test('a quantile is asked at a probability, not at per cents', () => {
  const refused = (p: unknown): unknown => {
    try { return approx.quantile(p as number) } catch (e) { return (e as Error).cause }
  }
  expect(refused(95)).toMatchObject({ _tag: 'BadOption', path: ['quantile'], got: '95', need: 'a number from 0 to 1', hint: 'give 0.95 for 95 %' })
  for (const p of [NaN, -0.1, 1000, '0.5', undefined]) expect(refused(p)).toMatchObject({ _tag: 'BadOption', path: ['quantile'] })
  // The ends of a normal are infinite.
  expect([approx.quantile(0)['a'].data[0], approx.quantile(1)['a'].data[0]]).toEqual([-Infinity, Infinity])
})

test('what it can not tell of is refused, with the reason', () => {
  const refused = (a: unknown, o?: unknown): unknown => {
    try { return Approximation.summary(a as typeof approx, o as object) } catch (e) { return (e as Error).cause }
  }
  expect(refused(approx, { name: ['a'] })).toMatchObject({ _tag: 'UnknownOption', path: ['summary', 'name'], hint: "did you mean 'names'?" })
  expect(refused(approx, { names: ['A'] })).toMatchObject({ _tag: 'UnknownSite', path: ['summary', 'names'], got: "'A'", need: 'one of a, b, c.g' })
  for (const quantiles of [0.5, [2], ['a'], [NaN]]) expect(refused(approx, { quantiles })).toMatchObject({ _tag: 'BadOption', path: ['summary', 'quantiles'] })
  for (const o of [{ names: 'a' }, { most: -1 }, { most: 1.5 }, 3]) expect(refused(approx, o)).toMatchObject({ _tag: 'BadOption' })
  expect(refused(approx.model)).toMatchObject({ _tag: 'NotAnApproximation', path: ['summary'] })
  expect(cells(Approximation.summary(approx, { names: ['a'], most: Infinity })).length).toBe(7)
})

test('names choose, `most` shortens and says how many are left, levels are those asked for', () => {
  expect(cells(Approximation.summary(approx, { names: ['a'], most: 2, quantiles: [0.025] }))).toEqual([
    ['mean', 'sd', '2.5 %'], ['a[0, 0]', '1', '2', '-2.92'], ['a[0, 1]', '1', '2', '-2.92'], ['a: 4 more']
  ])
  expect(cells(Approximation.summary(approx, { names: ['a'], most: 0, quantiles: [] }))).toEqual([['mean', 'sd'], ['a: 6 numbers']])
})
