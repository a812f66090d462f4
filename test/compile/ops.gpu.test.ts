/**
 * Every op of the table on the device against its f64 meaning, on drawn shapes. The
 * cases and their tolerances are those of test/tensor/cases.ts.
 */
import { describe, expect, test } from 'vitest'
import { E } from '../../src/fp.ts'
import { orThrow } from '../../src/error.ts'
import { interpret } from '../../src/reference/index.ts'
import { openSession } from '../../src/run/open.ts'
import type { HostArray } from '../../src/run/session.ts'
import * as B from '../../src/tensor/build.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { leavesOf, replace } from '../../src/tensor/replace.ts'
import { opNames } from '../../src/tensor/table.ts'
import { cases, rngOf } from '../tensor/cases.ts'
import type { Leaf } from '../tensor/cases.ts'

const host = (l: Leaf): HostArray => ({
  shape: l.shape,
  data: l.dtype === 'f32' ? Float32Array.from(l.data) : l.dtype === 'i32' ? Int32Array.from(l.data) : l.dtype === 'u8' ? Uint8Array.from(l.data) : Uint32Array.from(l.data)
})

const CASES = 8

describe('WGSL against the f64 meaning', () => {
  test.each(opNames)('%s', async (op) => {
    const rng = rngOf(20261122)
    const drawn = Array.from({ length: CASES }, () => cases[op](rng))
    const nodes: Tensor[] = []
    const values: Record<string, HostArray> = {}
    drawn.forEach((c, k) => {
      // Names of their own, so that all cases of an op are one program.
      const pairs = leavesOf([c.node]).map((l): readonly [Tensor, Tensor] => {
        const name = l.attrs['name'] as string
        const found = c.leaves.find((x) => x.name === name) as Leaf
        values[`${k}.${name}`] = host(found)
        return [l, B.leaf(l.op as 'input', `${k}.${name}`, found.shape, found.dtype)]
      })
      nodes.push(replace(pairs)([c.node])[0])
    })
    // A session takes what a data set refuses: infinities and NaN.
    const outputs = Object.fromEntries(nodes.map((t, k) => [String(k), t]))
    const session = await orThrow(openSession({ outputs, updates: {}, record: {}, extents: {} }, values))
    await orThrow(session.run(1))
    const read = await orThrow(session.read(Object.keys(outputs)))
    session.destroy()
    const got = nodes.map((_, k) => read[String(k)])
    drawn.forEach((c, k) => {
      const want = interpret(Object.fromEntries(c.leaves.map((l) => [l.name, l])))([c.node])
      if (E.isLeft(want)) throw new Error(JSON.stringify(want.left))
      const [ref] = want.right
      expect(got[k].shape).toEqual(ref.shape)
      const scale = Math.max(1, ...ref.data.map(Math.abs))
      const worst = ref.data.reduce((w, v, i) => Math.max(w, Math.abs(v - got[k].data[i])), 0)
      expect(worst / scale, `case ${k}: ${c.leaves.map((l) => `[${l.shape.join()}]`).join(' ')} ${JSON.stringify(c.node.attrs)}`).toBeLessThanOrEqual(c.tolerance)
      expect([...got[k].data].every((v) => Number.isFinite(v))).toBe(true)
    })
  })
})
