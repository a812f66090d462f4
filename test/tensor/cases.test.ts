/** Every op of the table has cases, and its cases are valid calls of that very op. */
import { expect, test } from 'vitest'
import { opNames, row } from '../../src/tensor/index.ts'
import { typeOf } from '../../src/tensor/node.ts'
import { cases } from './cases.ts'
import { errorsIn, seeded, valueOf } from './support.ts'

test('the cases are those of the table', () => {
  expect(Object.keys(cases).sort()).toEqual([...opNames].sort())
  for (const op of opNames) expect(row(op).doc, op).not.toBe('')
})

for (const op of opNames) {
  test(`cases of ${op} are valid and finite`, () => {
    const shapes = new Set<string>()
    for (const rng of seeded(op, 60)) {
      const c = cases[op](rng)
      expect(c.node.op).toBe(op)
      expect(errorsIn(c.node)).toEqual([])
      for (const l of c.leaves) {
        expect(l.data.length).toBe(l.shape.reduce((a, b) => a * b, 1))
        if (l.dtype === 'f32') expect(l.data.every((v) => Object.is(Math.fround(v), v))).toBe(true)
      }
      const r = valueOf(c)
      expect(r.shape).toEqual(typeOf(c.node).shape)
      expect(r.data.length).toBe(r.shape.reduce((a, b) => a * b, 1))
      expect(r.data.every((v) => Number.isFinite(v) || ['input', 'state'].includes(op))).toBe(true)
      const dtype = typeOf(c.node).dtype
      if (dtype !== 'f32') {
        const [lo, hi] = dtype === 'i32' ? [-(2 ** 31), 2 ** 31 - 1] : dtype === 'u32' ? [0, 2 ** 32 - 1] : dtype === 'u8' ? [0, 255] : [0, 1]
        expect(r.data.every((v) => Number.isInteger(v) && v >= lo && v <= hi), `${op} gives ${dtype}`).toBe(true)
      }
      shapes.add(String(r.shape))
    }
    if (!['phase', 'key', 'extent'].includes(op)) expect(shapes.size).toBeGreaterThan(3)
  })
}
