/** WAIC, leave-one-out and the Pareto tail as functions of arrays. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { loo, waic } from '../../src/predict/elpd.ts'
import { normalQuantile } from '../../src/infer/summary.ts'
import { fitPareto, paretoQuantile, smoothWeights } from '../../src/predict/pareto.ts'

test('WAIC by hand', () => {
  // two draws of two rows: likelihoods .2 and .4, .5 and .5
  const w = waic({ shape: [2, 2], data: [0.2, 0.5, 0.4, 0.5].map(Math.log) })
  const p = Math.log(2) ** 2 / 2
  expect(w.each.lppd[0]).toBeCloseTo(Math.log(0.3), 12)
  expect(w.each.p[0]).toBeCloseTo(p, 12)
  expect([w.each.lppd[1], w.each.p[1]].map((v) => Math.round(1e12 * v) / 1e12)).toEqual([Math.round(1e12 * Math.log(0.5)) / 1e12, 0])
  expect(w.elpd).toBeCloseTo(Math.log(0.3) + Math.log(0.5) - p, 12)
  // two rows: sqrt(2 V) with V = d^2 / 2 is the distance
  expect(w.se).toBeCloseTo(Math.abs(Math.log(0.3) - p - Math.log(0.5)), 12)
  expect([w.doubtful, w.warning]).toEqual([[], undefined])
  const far = waic({ shape: [2, 1], data: [-1, -3] })
  expect([far.p, far.doubtful]).toEqual([2, [0]])
  expect(far.warning).toContain('1 row with a variance above 0.4')
})

test('a generalised Pareto fit finds shape and scale, up to the shape drawn towards 1/2 by ten of n', () => {
  const n = 4000
  for (const k of [-0.3, 0, 0.4, 0.9])
    for (const sigma of [0.5, 3]) {
      // the quantiles themselves as the sample
      const found = fitPareto(Float64Array.from({ length: n }, (_, i) => paretoQuantile({ k, sigma }, (i + 0.5) / n)))
      expect(Math.abs(found.k - (n * k + 5) / (n + 10))).toBeLessThan(0.02)
      expect(Math.abs(found.sigma / sigma - 1)).toBeLessThan(0.02)
    }
  // F(x) = 1 - (1 + k x / sigma)^(-1 / k), and the exponential at k = 0
  expect(paretoQuantile({ k: 0.5, sigma: 2 }, 0.75)).toBeCloseTo(4, 12)
  expect(paretoQuantile({ k: 0, sigma: 2 }, 1 - Math.exp(-3))).toBeCloseTo(6, 10)
})

test('smoothed weights sum to 1, keep their order and all but the tail', () => {
  const normal = fc.array(fc.double({ min: -4, max: 4, noNaN: true }), { minLength: 40, maxLength: 200 })
  fc.assert(fc.property(normal, (xs) => {
    const raw = Float64Array.from(xs), { logWeights: l } = smoothWeights(raw)
    expect(l.reduce((a, b) => a + Math.exp(b), 0)).toBeCloseTo(1, 10)
    const order = [...xs.keys()].sort((a, b) => xs[a] - xs[b])
    for (let i = 1; i < order.length; i++) expect(l[order[i]] - l[order[i - 1]]).toBeGreaterThan(-1e-9)
    // below the tail ratios are what they were
    const tail = Math.ceil(Math.min(xs.length / 5, 3 * Math.sqrt(xs.length))), [a, b] = [order[0], order[order.length - tail - 1]]
    expect(l[b] - l[a]).toBeCloseTo(xs[b] - xs[a], 9)
  }))
})

test('the shape of the weights of a tail (1 - u)^-k is k', () => {
  const S = 10000
  for (const k of [0.2, 0.5, 1]) {
    const raw = Float64Array.from({ length: S }, (_, i) => -k * Math.log1p(-(i + 0.5) / S))
    // 300 in the tail; ten of 310 towards 1/2, and the quantiles of a sample end before the tail does
    expect(Math.abs(smoothWeights(raw).k - k)).toBeLessThan(0.06)
  }
})

test('leave-one-out: p is what is lost, nothing where draws agree; the order of draws does not matter', () => {
  const same = loo({ shape: [100, 2], data: Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? -1 : -2)) })
  expect(same.elpd).toBeCloseTo(-3, 10)
  expect(same.p).toBeCloseTo(0, 10)
  expect([[...same.k], same.doubtful, same.warning]).toEqual([[-Infinity, -Infinity], [], undefined])
  const S = 500, column = Array.from({ length: S }, (_, s) => -0.5 * Math.sin(7 * s) ** 2)
  const l = loo({ shape: [S, 1], data: column }), r = loo({ shape: [S, 1], data: [...column].reverse() })
  expect(l.elpd).toBeCloseTo(r.elpd, 10)
  expect(l.elpd).toBeLessThan(l.lppd)
  // exact where weights are bounded as these: S / sum of 1 / likelihood, but for the smoothing
  expect(l.elpd).toBeCloseTo(Math.log(S) - Math.log(column.reduce((a, v) => a + Math.exp(-v), 0)), 2)
  // four draws have no tail to tell
  expect([...loo({ shape: [4, 1], data: [-1, -2, -3, -4] }).k]).toEqual([Infinity])
})

test('the shape is that of what weights differ by, however little it is', () => {
  const S = 10000
  for (const k of [0.2, 0.5, 1])
    for (const size of [1e-17, 1e-6, 1]) {
      const raw = Float64Array.from({ length: S }, (_, i) => Math.log1p((size / k) * Math.expm1(-k * Math.log1p(-(i + 0.5) / S))))
      expect(Math.abs(smoothWeights(raw).k - k)).toBeLessThan(0.06)
    }
})

test('rows that are certain, or nearly, are not doubtful', () => {
  const S = 500, u = (s: number): number => 0.5 + 0.5 * Math.sin(7 * s * s)
  // all the same, of nothing but rounding, few that differ, and the heavy tail of a classifier: 1 / p = 1 + exp(-z) where z is some standard deviations from 0
  const heavy = (s: number): number => -Math.log1p(Math.exp(-12 + 4 * normalQuantile((((s * 179) % S) + 0.5) / S)) / 100)
  const columns = [() => 0, (s: number) => -1e-18 * u(s), (s: number) => (s % 200 === 7 ? -1.2e-7 : 0), heavy]
  const table = (size: number) => ({ shape: [S, 4], data: Float64Array.from({ length: 4 * S }, (_, i) => size * columns[i % 4](i >> 2)) })
  const l = loo(table(1))
  expect(l.doubtful).toEqual([])
  expect([l.k[0], l.warning]).toEqual([-Infinity, undefined])
  expect(l.k[1]).toBeLessThan(0)
  expect(l.k[3]).toBeGreaterThan(l.goodK)
  expect(Math.abs(l.elpd)).toBeLessThan(1e-3)
  // the same tail of weights that count
  expect(loo(table(100)).doubtful).toEqual([3])
  // one draw of all that says something else is no tail
  expect(loo({ shape: [S, 1], data: Float64Array.from({ length: S }, (_, s) => (s === 7 ? -3 : 0)) }).doubtful).toEqual([0])
})

test('rows without an observation are not counted', () => {
  const S = 200, at = (row: number) => (s: number): number => -1 - row - 0.3 * Math.sin((3 + row) * s) ** 2
  const table = (rows: readonly number[], gap: boolean) => Float64Array.from({ length: S * rows.length }, (_, i) => (gap && i % rows.length === 1 ? 0 : at(rows[i % rows.length])(Math.floor(i / rows.length))))
  for (const f of [waic, loo]) {
    const all = f({ shape: [S, 3], data: table([0, 9, 1], true), missing: [1] }), some = f({ shape: [S, 2], data: table([0, 1], false) })
    expect([all.elpd, all.se, all.p, all.lppd, all.rows, all.doubtful]).toEqual([some.elpd, some.se, some.p, some.lppd, 2, []])
    expect([...all.each.elpd]).toEqual([some.each.elpd[0], 0, some.each.elpd[1]])
    for (const missing of [[3], [-1], [0.5]]) expect(() => f({ shape: [S, 3], data: table([0, 9, 1], true), missing })).toThrow('need: rows from 0 to 2')
  }
  // also where there are too few draws to tell
  expect([...loo({ shape: [4, 2], data: [-1, 0, -2, 0, -3, 0, -4, 0], missing: [1] }).k]).toEqual([Infinity, -Infinity])
})

test('what is no table of draws and rows is refused', () => {
  for (const bad of [{ shape: [3], data: [1, 2, 3] }, { shape: [1, 3], data: [1, 2, 3] }, { shape: [2, 2], data: [1, 2, 3] }, [1, 2, 3] as unknown as { shape: number[]; data: number[] }])
    for (const f of [waic, loo]) expect(() => f(bad)).toThrow('need: log likelihoods [draws, rows], of two draws or more')
})
