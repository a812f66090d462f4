/** Parameters and values that don't fit are Left, whatever the family, and never thrown. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Dist from '../../src/dist/index.ts'
import * as B from '../../src/tensor/build.ts'

const shape = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 })

test.each(Dist.familyNames.map((f) => [f] as const))('%s of any shapes', (f) => {
  const row = Dist.familyOf(f), names = Object.keys(row.params).filter((k) => !row.oneOf.includes(k) || k === row.oneOf[0])
  fc.assert(fc.property(fc.array(shape, { minLength: names.length, maxLength: names.length }), shape, (shapes, x) => {
    const d = Dist.make(f, Object.fromEntries(names.map((k, i) => [k, B.leaf('input', k, shapes[i])])))
    const v = B.leaf('input', 'v', x)
    for (const t of [Dist.logDensity(d)(v), Dist.boundedLogDensity(d)(v), Dist.totalLogDensity(d, x)(v), Dist.sample(d)(B.leaf('key', 'k', [2], 'u32'), x)])
      expect(['Left', 'Right']).toContain(t.type._tag)
  }), { numRuns: 150 })
})
