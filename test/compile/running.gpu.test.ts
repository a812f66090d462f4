/**
 * Running sums on whatever adapter there is, as compiled for its own class and for a GPU's
 * (long axes by chunks): whole numbers exactly, others to a bound that does not grow with
 * the axis.
 */
import { describe, expect, test } from 'vitest'
import { E } from '../../src/fp.ts'
import { orThrow } from '../../src/error.ts'
import { compile } from '../../src/compile/compile.ts'
import { dispatches } from '../../src/compile/program.ts'
import type { Target } from '../../src/compile/program.ts'
import { destroy, instantiate, read, runSteps, sharedDevice, write } from '../../src/gpu/index.ts'
import { interpret } from '../../src/reference/index.ts'
import * as B from '../../src/tensor/build.ts'
import { grad } from '../../src/tensor/grad.ts'
import { node } from '../../src/tensor/node.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { rngOf } from '../tensor/cases.ts'

type Data = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>
const KINDS = ['own', 'gpu'] as const

/** A function of one input, as compiled for a class, and the kernels it takes. */
const ran = async (kind: (typeof KINDS)[number], output: Tensor, x: Data): Promise<{ readonly got: ArrayLike<number>; readonly labels: readonly string[]; readonly compiledFor: Target['kind'] }> => {
  const device = await orThrow(sharedDevice), target = kind === 'own' ? device.target : { ...device.target, kind }
  const program = compile({ outputs: { y: output }, updates: {}, record: {}, extents: {} }, target)
  if (E.isLeft(program)) throw new Error(JSON.stringify(program.left))
  const instance = await orThrow(instantiate(program.right)(device))
  expect(write('in:x', x)(instance)._tag).toBe('Right')
  await orThrow(runSteps(1)(instance))
  const got = (await orThrow(read(['out:y'])(instance)))['out:y']
  destroy(instance)
  return { got, labels: dispatches(program.right.body).map((d) => d.label), compiledFor: target.kind }
}

const meaning = (output: Tensor, shape: readonly number[], x: Data): ArrayLike<number> => {
  const want = interpret({ x: { shape, data: Float64Array.from(x) } })([output])
  if (E.isLeft(want)) throw new Error(JSON.stringify(want.left))
  return want.right[0].data
}

const count = (s: readonly number[]): number => s.reduce((a, b) => a * b, 1)
/** Axes that end within a chunk, with one, and after 128 of them; few lines and many, beside each other and apart. */
const shapes: readonly (readonly [shape: readonly number[], axis: number])[] =
  [[[256], 0], [[257], 0], [[1280], 0], [[3, 1001], 1], [[700, 2], 0], [[2, 500, 3], 1], [[9, 1000], 1], [[300, 16], 0], [[40_001], 0], [[16_500, 8], 0], [[3, 0], 1], [[0, 600], 1]]
const ways = [{}, { exclusive: true }, { reverse: true }, { exclusive: true, reverse: true }].map((w) => ({ exclusive: false, reverse: false, ...w }))

describe.each(KINDS)('running sums, as compiled for %s class', (kind) => {
  test.each(shapes)('of shape %j along axis %i: whole numbers exactly', async (shape, axis) => {
    for (const dtype of ['f32', 'i32', 'u32'] as const)
      for (const way of ways) {
        const rng = rngOf(7), x = B.leaf('input', 'x', shape, dtype), y = node('cumsum', [x], { axis, ...way })
        // Sums of f32 stay below 2^24; those of i32 and u32 go round.
        const value = (): number => dtype === 'f32' ? Math.round(40 * rng() - 20) : dtype === 'i32' ? Math.floor((rng() - 0.5) * 2 ** 32) : Math.floor(rng() * 2 ** 32)
        const values = Array.from({ length: count(shape) }, value)
        const data = dtype === 'f32' ? Float32Array.from(values) : dtype === 'i32' ? Int32Array.from(values) : Uint32Array.from(values)
        const { got } = await ran(kind, y, data), want = meaning(y, shape, data)
        expect(got.length).toBe(want.length)
        expect(Array.from(want).findIndex((v, i) => v !== got[i]), JSON.stringify([dtype, way])).toBe(-1)
      }
  })

  test.each(shapes.filter(([s]) => count(s) > 0))('of shape %j along axis %i: a gradient', async (shape, axis) => {
    const x = B.leaf('input', 'x', shape), rng = rngOf(3), [g] = grad([x])(B.sum(B.square(B.cumsum(x, axis))))
    const data = Float32Array.from({ length: count(shape) }, () => 2 * rng() - 1), { got } = await ran(kind, g, data), want = meaning(g, shape, data)
    const scale = Array.from(want).reduce((m, v) => Math.max(m, Math.abs(v)), 0)
    expect(Array.from(want).reduce((m, v, i) => Math.max(m, Math.abs(v - got[i])), 0) / scale).toBeLessThan(1e-5)
  })

  // n equal terms that aren't f32 numbers of few bits: every rounding goes the same way. Blocks of 128 lose 128 halves of a last bit at most in
  // each of three sums: 3 * 128 * 2^-25 = 1.2e-5; in fact about a tenth of that, for the bits are lost in some octaves only. One sum loses 1 %.
  test.each([[1000, 1], [10_000, 1], [1_000_000, 1], [200_000, 8]])('of %i times 0.1 in %i lines are right to 3e-6 everywhere', async (n, lines) => {
    const x = B.leaf('input', 'x', []), want = Math.fround(0.1)
    for (const reverse of [false, true]) {
      const { got, labels, compiledFor } = await ran(kind, B.cumsum(B.broadcastTo(x, [lines, n]), 1, { reverse }), Float32Array.of(0.1))
      let worst = 0
      for (let i = 0; i < n * lines; i++) {
        const k = i % n
        worst = Math.max(worst, Math.abs(got[i] / (want * (reverse ? n - k : k + 1)) - 1))
      }
      expect(worst).toBeLessThan(3e-6)
      expect(labels.includes('cumsum_chunks')).toBe(lines === 1 || compiledFor === 'gpu')
    }
  })
})
