/** Statistics of a stream of draws, by the interpreter: the same however the draws are cut into steps. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { logMean, modes, quantilesOf, statisticNames, statistics } from '../../src/predict/statistics.ts'
import { openReference } from '../../src/run/reference.ts'
import type { HostArrays } from '../../src/run/session.ts'
import * as B from '../../src/tensor/build.ts'
import { right } from '../infer/models.ts'

/** Draws [S][rows * width] through the device's step, `per` at a time. */
const streamed = async (draws: readonly (readonly number[])[], rows: number, width: number, per: number, keep: number): Promise<HostArrays> => {
  const all = B.leaf('input', 'all', [draws.length + per, rows, width]), seen = B.leaf('state', 'seen', [], 'u32')
  const values = B.take(all, B.add(B.iota([per], 0, 'u32'), seen))
  const s = statistics({ draws: per, rows, width, values, logs: B.log(values), seen, samples: B.scalar(draws.length, 'u32'), keep })
  const fn = { outputs: {}, updates: { ...s.updates, seen: B.add(seen, B.scalar(per, 'u32')) }, record: {}, extents: {} }
  // What lies beyond the last draw must not count.
  const data = Float32Array.from([...draws.flat(), ...new Array<number>(per * rows * width).fill(0.9)])
  // Nor what was there before.
  const old = Object.fromEntries(Object.entries(s.values).map(([k, v]) => [k, { shape: v.shape, data: v.data.map(() => 7) as typeof v.data }]))
  const session = right(await openReference(fn, { ...old, all: { shape: [draws.length + per, rows, width], data }, seen: { shape: [], data: Uint32Array.of(0) } })())
  right(await session.run(Math.ceil(draws.length / per))())
  return right(await session.read(statisticNames(true, keep > 0))())
}

const cases = fc.record({ rows: fc.integer({ min: 1, max: 3 }), width: fc.integer({ min: 1, max: 4 }), S: fc.integer({ min: 1, max: 9 }), per: fc.integer({ min: 1, max: 5 }) }).chain((c) =>
  fc.record({ ...Object.fromEntries(Object.entries(c).map(([k, v]) => [k, fc.constant(v)])) as { [K in keyof typeof c]: fc.Arbitrary<number> },
    draws: fc.array(fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }).map(Math.fround), { minLength: c.rows * c.width, maxLength: c.rows * c.width }), { minLength: c.S, maxLength: c.S }) }))

test('any cut of the draws into steps gives the statistics of all draws at once', async () => {
  await fc.assert(fc.asyncProperty(cases, async ({ rows, width, S, per, draws }) => {
    const a = await streamed(draws, rows, width, per, S)
    const logs = logMean(a['stat.top'].data, a['stat.tail'].data, S)
    for (let i = 0; i < rows * width; i++) {
      const xs = draws.map((d) => d[i]), mean = xs.reduce((p, x) => p + x, 0) / S
      // read in single precision
      expect(a['stat.mean'].data[i]).toBeCloseTo(mean, 6)
      expect(a['stat.m2'].data[i]).toBeCloseTo(xs.reduce((p, x) => p + (x - mean) ** 2, 0), 5)
      expect(logs[i]).toBeCloseTo(Math.log(mean), 5)
      expect(draws.map((_, s) => a['stat.kept'].data[s * rows * width + i])).toEqual(xs)
    }
    for (let r = 0; r < rows; r++) {
      const row = (d: readonly number[]): readonly number[] => d.slice(r * width, (r + 1) * width)
      const votes = new Array<number>(width).fill(0)
      draws.forEach((d) => votes[row(d).indexOf(Math.max(...row(d)))]++)
      expect([...a['stat.votes'].data.slice(r * width, (r + 1) * width)]).toEqual(votes)
      expect(modes(a['stat.votes'].data, width)[r]).toBe(votes.indexOf(Math.max(...votes)))
      expect(a['stat.entropy'].data[r]).toBeCloseTo(draws.reduce((h, d) => h - row(d).reduce((p, x) => p + x * Math.log(x), 0), 0) / S, 5)
    }
  }), { numRuns: 40 })
})

test('a probability of 0 in every draw has log 0, not a missing number', async () => {
  const a = await streamed([[0, 1], [0, 1], [0, 1]], 1, 2, 2, 0)
  expect([...logMean(a['stat.top'].data, a['stat.tail'].data, 3)]).toEqual([-Infinity, 0])
  expect(a['stat.entropy'].data[0]).toBe(0)
})

test('quantiles of 0, 1, ..., 10 are ten times their probability', () => {
  const draws = [3, 9, 0, 10, 1, 7, 2, 8, 4, 6, 5]
  expect([...quantilesOf(11, draws, [0, 0.05, 0.5, 0.73, 1])].map((v) => Math.round(1e9 * v) / 1e9)).toEqual([0, 0.5, 5, 7.3, 10])
  // two values side by side, three draws
  expect([...quantilesOf(3, [1, 30, 2, 10, 3, 20], [0.5, 1])]).toEqual([2, 3, 20, 30])
})
