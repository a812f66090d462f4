/** Probabilities of classes: they sum to one and are the exponentials of the log densities. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Dist from '../../src/dist/index.ts'
import { O } from '../../src/fp.ts'
import { constant } from '../../src/tensor/index.ts'
import * as B from '../../src/tensor/build.ts'
import { right } from '../cli/either.ts'
import { interpret } from '../../src/reference/index.ts'

const three: fc.Arbitrary<readonly number[]> = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 3, maxLength: 3 })

test('of a categorical and of an ordered logistic', () => {
  fc.assert(fc.property(three, (v) => {
    const cutpoints = [v[0], v[0] + 0.1 + Math.abs(v[1])]
    for (const d of [Dist.categorical({ logits: [...v] }), Dist.orderedLogistic({ eta: v[2], cutpoints })]) {
      const p = O.toUndefined(Dist.probabilities(d)) ?? B.scalar(NaN)
      const [probs, logs] = right(interpret({})([p, B.stack([0, 1, 2].map((k) => Dist.logDensity(d)(B.scalar(k, 'i32'))))]))
      expect(probs.data.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 10)
      logs.data.forEach((l, k) => expect(Math.exp(l)).toBeCloseTo(probs.data[k], 10))
    }
  }))
})

test('other families have none', () => expect(O.isNone(Dist.probabilities(Dist.normal({ mu: constant(1) })))).toBe(true))

test('tags of bijectors are known by name', () => {
  expect(['Identity', 'Exp', 'Ordered'].every(Dist.Bijectors.isBijectorName)).toBe(true)
  expect([undefined, 'exp', 'toString'].some(Dist.Bijectors.isBijectorName)).toBe(false)
})
