/** A step cut into parts of rows and draws: the same sums, whatever the cut. */
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import type { Chunk } from '../../src/compile/plan.ts'
import type { Approximation } from '../../src/infer/approximation.ts'
import { fit } from '../../src/infer/fit.ts'
import type { FitOptions } from '../../src/infer/fit.ts'
import { map } from '../../src/infer/methods.ts'
import { stepWithin } from '../../src/infer/parts.ts'
import { predict } from '../../src/predict/predict.ts'
import { classifier, left, open, right } from './models.ts'

const { model, data } = classifier()

const cut = async (chunk: Chunk | undefined, o: Partial<FitOptions> = {}): Promise<Approximation> =>
  right(await fit(model, { data, steps: 3, seed: 4, batchSize: 7, samples: 4, open, ...o, ...(chunk === undefined ? {} : { plan: { kernels: '', choices: {}, chunk } }) })())

let whole: Approximation
beforeAll(async () => { whole = await cut(undefined) })

const close = (a: Approximation, b: Approximation): void => {
  expect(a.history.loss.length).toBe(3)
  for (const k of ['loss', 'kl', 'logLik'] as const) a.history[k].forEach((v, i) => expect(Math.abs(v - b.history[k][i])).toBeLessThan(1e-4 * (1 + Math.abs(v))))
  for (const [k, s] of Object.entries(a.data.state)) s.data.forEach((v, i) => expect(Math.abs(v - b.data.state[k].data[i])).toBeLessThan(1e-4))
}

test('rows and draws in parts: the loss, its parts and the state after three steps are those of the whole', async () => {
  expect(whole.data.provenance.plan.chunk).toEqual({ rows: 7, draws: 4 })
  // 7 rows in parts of 3 fill the last up with two rows that don't count.
  for (const chunk of [{ rows: 7, draws: 2 }, { rows: 3, draws: 4 }, { rows: 3, draws: 1 }, { rows: 1, draws: 2 }]) {
    const parts = await cut(chunk)
    expect(parts.data.provenance.plan.chunk).toEqual(chunk)
    close(parts, whole)
  }
}, 120_000)

test('a full batch, and the mode of the posterior, in parts', async () => {
  close(await cut({ rows: 4, draws: 1 }, { batchSize: 10 }), await cut(undefined, { batchSize: 10 }))
  const o = { method: map(), batchSize: 10, samples: 1 }
  close(await cut({ rows: 5, draws: 1 }, o), await cut(undefined, o))
}, 120_000)

test('a chunk of a step is a whole part of its draws and an even part of its rows', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 100 }), fc.boolean(), (n, draws, r, d, rows) => {
    const within = stepWithin(n, { draws, rows }), c = within({ rows: r, draws: d })
    expect(within(c)).toEqual(c)
    expect(draws % c.draws).toBe(0)
    expect(c.draws).toBeLessThanOrEqual(Math.max(1, d))
    expect(c.rows).toBeLessThanOrEqual(rows ? Math.min(n, r) : n)
    // No part is empty.
    expect((Math.ceil(n / c.rows) - 1) * c.rows).toBeLessThan(n)
  }))
})

test('a plan without a chunk that could be is refused', async () => {
  for (const chunk of [{ rows: 0, draws: 1 }, { rows: 1.5, draws: 1 }, { rows: 2 } as Chunk])
    expect(left(await fit(model, { data, open, plan: { kernels: '', choices: {}, chunk } })())).toMatchObject({ _tag: 'BadOption', path: ['fit', 'plan'] })
})

test('predictions replay a plan', async () => {
  const first = right(await predict(whole, { x: data.x }, { samples: 6, open })())
  const cutTo = right(await predict(whole, { x: data.x }, { samples: 6, open, plan: { ...first.plan, chunk: { rows: 4, draws: 4 } } })())
  expect(cutTo.plan.chunk).toEqual({ rows: 4, draws: 4 })
  expect([...cutTo.votes.data]).toEqual([...first.votes.data])
  cutTo.variance.data.forEach((v, i) => expect(v).toBeCloseTo(first.variance.data[i], 6))
})
