/**
 * Woven steps on the device against the f64 meaning: fusion, sharing of buffers, states
 * overwritten in place or exchanged, records, over two steps.
 */
import { expect, test } from 'vitest'
import { orThrow } from '../../src/error.ts'
import { openSession } from '../../src/run/open.ts'
import { openReference } from '../../src/run/reference.ts'
import type { HostArrays } from '../../src/run/session.ts'
import { leavesOf } from '../../src/tensor/replace.ts'
import { dtypeOf, topo } from '../../src/tensor/node.ts'
import { opNames } from '../../src/tensor/table.ts'
import { seeded } from '../tensor/support.ts'
import { stepOf } from './graphs.ts'

/** Ops whose value jumps: rounding before them may change their result by any amount. */
const JUMPS = ['floor', 'ceil', 'round', 'trunc', 'sign', 'mod', 'floorDiv', 'argmax', 'argmin', 'maxPoolIndex', 'lt', 'le', 'gt', 'ge', 'eq', 'ne', 'cast']

test('woven steps have their f64 values', async () => {
  let compared = 0
  for (const rng of seeded('woven on the device', 60)) {
    const step = stepOf(rng, opNames[Math.floor(rng() * opNames.length)], 4)
    const graphs = [...Object.values(step.outputs), ...Object.values(step.updates), ...Object.values(step.record)]
    if (topo(graphs).some((t) => JUMPS.includes(t.op))) continue
    const values: HostArrays = Object.fromEntries(leavesOf(graphs).map((l) => {
      const name = l.attrs['name'] as string, v = step.values[name], d = dtypeOf(l)
      return [name, { shape: v.shape, data: d === 'f32' ? Float32Array.from(v.data) : d === 'i32' ? Int32Array.from(v.data) : d === 'u8' ? Uint8Array.from(v.data) : Uint32Array.from(v.data) }]
    }))
    const names = [...Object.keys(step.outputs), ...Object.keys(step.updates)]
    const fn = { outputs: step.outputs, updates: step.updates, record: step.record, extents: {} }
    const [got, want] = await Promise.all([openSession, openReference].map(async (open) => {
      const s = await orThrow(open(fn, values))
      const records: Record<string, number[]> = {}
      await orThrow(s.run(2, { onRecords: (_, r) => Object.entries(r).forEach(([k, v]) => (records[k] ??= []).push(...v)) }))
      const read = await orThrow(s.read(names))
      s.destroy()
      return { ...Object.fromEntries(names.map((n) => [n, Array.from(read[n].data)])), ...records } as Record<string, number[]>
    }))
    expect(Object.keys(got).sort()).toEqual(Object.keys(want).sort())
    for (const name of Object.keys(want)) {
      const finite = want[name].every((v) => Number.isFinite(v) && Math.abs(v) < 1e6)
      if (!finite) continue
      const scale = Math.max(1, ...want[name].map(Math.abs))
      const worst = want[name].reduce((m, v, i) => Math.max(m, Math.abs(v - got[name][i])), 0) / scale
      compared++
      // A few ops of up to some hundred roundings each, 2^-24 relative.
      expect(worst, `${name} of ${topo(graphs).map((t) => t.op).join(' ')}`).toBeLessThan(1e-4)
      expect(got[name].length).toBe(want[name].length)
    }
  }
  expect(compared).toBeGreaterThan(60)
})
