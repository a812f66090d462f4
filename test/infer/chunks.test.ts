/** The few lengths that chunks of rows have. */
import { expect, test } from 'vitest'
import { roomFor, streamChunks, withRoom } from '../../src/infer/chunks.ts'
import type { Rows } from '../../src/infer/rowdata.ts'

const to = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1)

test('room is enough, at most an eighth more from 64 rows on, and of few lengths', () => {
  for (const n of to(5000)) {
    expect(roomFor(n)).toBeGreaterThanOrEqual(n)
    expect(roomFor(roomFor(n))).toBe(roomFor(n))
    if (n > 64) expect(roomFor(n) / n).toBeLessThanOrEqual(9 / 8)
    else expect(roomFor(n)).toBeLessThan(2 * n)
  }
  // 1, 2, 4, ..., 64, then eight an octave
  expect(new Set(to(64).map(roomFor)).size).toBe(7)
  expect(new Set(to(512).map(roomFor)).size).toBe(7 + 8 + 8 + 8)
})

const rows = (n: number): Rows => ({
  n, fixed: undefined, digest: '', leaves: {},
  fields: { x: { dtype: 'f32', shape: [n, 2], data: Float32Array.from({ length: 2 * n }, (_, i) => i + 1) }, y: { dtype: 'u8', shape: [n], data: new Uint8Array(n).fill(7) } }
})

test('chunks cover all rows, stay below what is asked for, and are what they are within themselves', () => {
  const seen = new Set<string>()
  for (const n of to(3000)) {
    const most = 500, w = streamChunks(rows(n), 20, most)
    // A chunk on a device that allows no more.
    const c = w.within({ rows: most, draws: 20 }), whole = Math.ceil(n / c.rows) * c.rows
    expect(c.rows).toBeLessThanOrEqual(most)
    expect(w.within(c)).toEqual(c)
    if (n > 64) expect(whole / n).toBeLessThanOrEqual(9 / 8 + 1e-12)
    seen.add(String(c.rows))
  }
  expect(seen.size).toBeLessThanOrEqual(31)
})

test('arrays with room hold the same rows first, and are left alone where the model fixes their number', () => {
  const wide = withRoom(rows(5))
  expect([wide.n, wide.fields['x'].shape, wide.fields['y'].shape]).toEqual([5, [8, 2], [8]])
  expect([...wide.fields['x'].data.slice(0, 10)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  expect([wide.fields['x'].data.length, wide.fields['y'].data.length]).toEqual([16, 8])
  const fixed = { ...rows(5), fixed: 5 }
  expect(withRoom(fixed)).toBe(fixed)
  expect(streamChunks(fixed, 3, undefined).within({ rows: 5, draws: 3 })).toEqual({ rows: 5, draws: 3 })
})
