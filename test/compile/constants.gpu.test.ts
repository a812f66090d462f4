/** Constants that WGSL has no literal for: infinities and what is not a number. */
import { expect, test } from 'vitest'
import { orThrow } from '../../src/error.ts'
import { evaluate } from '../../src/run/evaluate.ts'
import * as B from '../../src/tensor/build.ts'

const data = [-2, 0, 0.5, 3e38]
// Alone and in a kernel of vectors.
test.each([4, 256])('are what they are among %i numbers', async (n) => {
  const x = B.leaf('input', 'x', [n]), values = Float32Array.from({ length: n }, (_, i) => data[i % 4])
  const graphs = [B.add(x, NaN), B.mul(B.add(x, 3), Infinity), B.select(B.gt(x, 0), x, -Infinity), B.pad(x, [1], [1], -Infinity), B.isFinite(B.select(B.gt(x, 0), x, Infinity))]
  const [nan, infinite, below, padded, finite] = await orThrow(evaluate(graphs, { x: { shape: [n], data: values } }))
  expect([...nan.data].every(Number.isNaN)).toBe(true)
  expect([...infinite.data].every((v) => v === Infinity)).toBe(true)
  expect([...below.data]).toEqual([...values].map((v) => (v > 0 ? v : -Infinity)))
  expect([padded.data[0], padded.data[n + 1]]).toEqual([-Infinity, -Infinity])
  expect([...finite.data].map(Number)).toEqual([...values].map((v) => (v > 0 ? 1 : 0)))
})
