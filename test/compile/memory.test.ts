/** The memory plan on random lives. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { assign } from '../../src/compile/memory.ts'
import type { Life } from '../../src/compile/memory.ts'

const life: fc.Arbitrary<Life> = fc.record({ first: fc.nat(30), length: fc.nat(12), units: fc.integer({ min: 1, max: 64 }) })
  .map(({ first, length, units }) => ({ first, last: first + length, bytes: 16 * units }))
const lives = fc.array(life, { maxLength: 60 })

test('tensors that live at the same time have different buffers, each large enough', () => {
  fc.assert(fc.property(lives, (xs) => {
    const { buffer, bytes } = assign(xs)
    expect(buffer).toHaveLength(xs.length)
    xs.forEach((a, i) => {
      expect(bytes[buffer[i]]).toBeGreaterThanOrEqual(a.bytes)
      xs.slice(0, i).forEach((b, j) => {
        if (a.first <= b.last && b.first <= a.last) expect(buffer[i]).not.toBe(buffer[j])
      })
    })
  }), { numRuns: 300 })
})

test('the buffers are between what lives at once and the sum of all', () => {
  fc.assert(fc.property(lives, (xs) => {
    const total = assign(xs).bytes.reduce((a, b) => a + b, 0)
    const at = (t: number): number => xs.filter((x) => x.first <= t && t <= x.last).reduce((n, x) => n + x.bytes, 0)
    expect(total).toBeLessThanOrEqual(xs.reduce((n, x) => n + x.bytes, 0))
    expect(total).toBeGreaterThanOrEqual(Math.max(0, ...xs.map((x) => at(x.first))))
  }), { numRuns: 300 })
})

test('a chain of equal tensors needs two buffers', () => {
  const chain = Array.from({ length: 10 }, (_, i): Life => ({ first: i, last: i + 1, bytes: 64 }))
  expect(assign(chain).bytes).toEqual([64, 64])
})
