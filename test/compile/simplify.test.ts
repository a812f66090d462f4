/** Simplified graphs have the values of the originals, in f64, up to the order of sums. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { simplify } from '../../src/compile/simplify.ts'
import * as B from '../../src/tensor/build.ts'
import { node, topo } from '../../src/tensor/node.ts'
import { opNames } from '../../src/tensor/table.ts'
import { distance, evaluate, seeded, valuesOf } from '../tensor/support.ts'
import { cases, rngOf } from '../tensor/cases.ts'
import { stepOf } from './graphs.ts'

describe('simplify', () => {
  test.each(opNames)('keeps the value of %s', (op) => {
    for (const rng of seeded(`simplify ${op}`, 20)) {
      const c = cases[op](rng)
      const [before] = evaluate(valuesOf(c.leaves), [c.node])
      for (const lanes of [1, 64, 65536]) {
        const [after] = evaluate(valuesOf(c.leaves), simplify(lanes)([c.node]))
        expect(after.shape).toEqual(before.shape)
        // Scalars folded from constants are rounded to f32, as the device would.
        expect(distance(after.data, before.data)).toBeLessThan(2 ** -22)
      }
    }
  })

  test('keeps the values of woven steps, sharing equal nodes', () => {
    for (const rng of seeded('woven', 60)) {
      const step = stepOf(rng, opNames[Math.floor(rng() * opNames.length)], 4)
      const outputs = [...Object.values(step.outputs), ...Object.values(step.updates)]
      const before = evaluate(step.values, outputs), after = evaluate(step.values, simplify(1024)(outputs))
      after.forEach((a, i) => {
        expect(a.shape).toEqual(before[i].shape)
        // What a step yields can divide by small numbers; f32 rounding of folded scalars may grow so far.
        const finite = before[i].data.every(Number.isFinite)
        if (finite) expect(distance(a.data, before[i].data)).toBeLessThan(1e-5)
      })
    }
  })

  // Long reductions with few results: done in two stages where lanes would idle.
  const shapes = fc.tuple(fc.constantFrom(512, 600, 1024, 1250, 2048, 997), fc.constantFrom(1, 2, 3), fc.constantFrom(1, 4))
    .chain(([n, a, b]) => fc.constantFrom([n, a, b], [a, n, b], [a, b, n], [a, 32, n / 2 | 0]))
  const axesOf = (r: number): fc.Arbitrary<number[]> => fc.subarray(Array.from({ length: r }, (_, i) => i), { minLength: 1 })

  test.each(['sum', 'reduceMax', 'reduceMin', 'logSumExp', 'prod'] as const)('two stages keep the value of %s', (op) => {
    let staged = 0
    fc.assert(fc.property(shapes.chain((s) => fc.tuple(fc.constant(s), axesOf(s.length))), fc.boolean(), fc.constantFrom(64, 1024, 65536), fc.nat(1e6), ([s, axes], keepDims, lanes, seed) => {
      const rng = rngOf(seed), x = B.leaf('input', 'x', s)
      const data = Array.from({ length: s.reduce((a, b) => a * b, 1) }, () => (op === 'prod' ? 0.99 + 0.02 * rng() : 4 * rng() - 2))
      const whole = node(op, [x], { axes, keepDims })
      const [cut] = simplify(lanes)([whole])
      staged += topo([cut]).filter((t) => t.op === op).length > 1 ? 1 : 0
      const values = { x: { shape: s, data } }
      const [before] = evaluate(values, [whole]), [after] = evaluate(values, [cut])
      expect(after.shape).toEqual(before.shape)
      expect(distance(after.data, before.data)).toBeLessThan(1e-9)
    }), { numRuns: 40 })
    expect(staged).toBeGreaterThan(5)
  })

  test('equal nodes become one, neutral elements vanish', () => {
    const x = B.leaf('input', 'x', [3])
    const [y] = simplify(64)([B.add(B.mul(B.exp(x), 1), B.add(B.exp(B.add(x, 0)), 0))])
    expect(topo([y]).map((t) => t.op)).toEqual(['input', 'exp', 'add'])
    expect(simplify(64)([B.neg(B.neg(x)), B.transpose(B.transpose(B.reshape(x, [3, 1])))]).map((t) => t.op)).toEqual(['input', 'reshape'])
  })
})

test('infinities are numbers of their own', () => {
  const x = B.leaf('input', 'x', [3]), values = { x: { shape: [3], data: Float64Array.of(1, 2, 3) } }
  const both = [B.min(x, Infinity), B.max(x, -Infinity), B.max(x, Infinity)]
  const after = evaluate(values, simplify(1024)(both)).map((r) => [...r.data])
  expect(after).toEqual([[1, 2, 3], [1, 2, 3], [Infinity, Infinity, Infinity]])
})
