import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SEGMENT, layoutOf, pack, unpack, whoIs } from '../../src/infer/layout.ts'

const shapes = fc.array(fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 3 }), { minLength: 1, maxLength: 6 })
const named = (ss: readonly (readonly number[])[]) => ss.map((shape, i) => ({ name: `s${i}`, shape }))

test('places start at multiples of a segment, follow one another and cover the vector', () => {
  fc.assert(fc.property(shapes, (ss) => {
    const l = layoutOf(named(ss))
    let at = 0
    for (const p of l.places) {
      expect(p.offset).toBe(at)
      expect(p.offset % SEGMENT).toBe(0)
      expect(p.padded - p.size).toBeLessThan(SEGMENT)
      expect(p.padded).toBeGreaterThanOrEqual(p.size)
      at += p.padded
    }
    expect(l.dim).toBe(at)
  }))
})

test('unpacking gives what was packed, and every element knows its site', () => {
  fc.assert(fc.property(shapes, (ss) => {
    const l = layoutOf(named(ss))
    const values = Object.fromEntries(l.places.map((p, k) => [p.name, Float64Array.from({ length: p.size }, (_, i) => 10 * k + (i % 7))]))
    const flat = pack(l, -1)(values)
    const back = unpack(l)(flat)
    for (const p of l.places) {
      expect([...back[p.name].data]).toEqual([...values[p.name]])
      expect(whoIs(l)(p.offset + p.size - 1)).toEqual({ name: p.name, element: p.size - 1 })
    }
    expect(whoIs(l)(l.dim)).toBeUndefined()
  }))
})
