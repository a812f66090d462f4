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

// Along the rows and across them, so that vectors hold numbers of one result or of four.
test.each([0, 1])('masked maxima, minima and sums of exponentials along axis %i are those of what is left, and infinite where nothing is', async (axis) => {
  const n = 64, x = B.leaf('input', 'x', [n, n]), isLeft = B.lt(B.iota([n, n], axis), B.iota([n, n], 1 - axis))
  const numbers = Float32Array.from({ length: n * n }, (_, i) => ((i * 37) % 101) - 50)
  const graphs = [B.reduceMax(B.select(isLeft, x, -Infinity), [axis]), B.reduceMin(B.select(isLeft, x, Infinity), [axis]), B.logSumExp(B.select(isLeft, x, -Infinity), [axis])]
  for (const gpu of [undefined, 'reference'] as const) {
    const [most, least, total] = await orThrow(evaluate(graphs, { x: { shape: [n, n], data: numbers } }, gpu === undefined ? {} : { gpu }))
    for (let k = 0; k < n; k++) {
      const left = Array.from({ length: k }, (_, i) => numbers[axis === 0 ? i * n + k : k * n + i])
      expect([most.data[k], least.data[k]]).toEqual([Math.max(...left), Math.min(...left)])
      const top = Math.max(...left), want = k === 0 ? -Infinity : top + Math.log(left.reduce((s, v) => s + Math.exp(v - top), 0))
      // sums of 63 terms at most, whose logs are below 60: f32 to some last bits
      if (k === 0) expect(total.data[0]).toBe(-Infinity)
      else expect(Math.abs(total.data[k] - want)).toBeLessThan(2e-5)
    }
  }
})
