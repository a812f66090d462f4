/**
 * Reductions whose results are made by whole subgroups, as GPU targets do it where their
 * subgroups have one size, on whatever adapter there is, against the f64 meaning.
 * Tolerance: sums of positive terms in f32, several partial sums a result, relative to the largest magnitude.
 */
import { expect, test } from 'vitest'
import { E } from '../../src/fp.ts'
import { orThrow } from '../../src/error.ts'
import { compile } from '../../src/compile/compile.ts'
import { destroy, instantiate, read, runSteps, sharedDevice, write } from '../../src/gpu/index.ts'
import { interpret } from '../../src/reference/index.ts'
import * as B from '../../src/tensor/build.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { rngOf } from '../tensor/cases.ts'

const x = (shape: readonly number[]): Tensor => B.leaf('input', 'x', shape)

const agree = async (shape: readonly number[], make: (t: Tensor) => readonly Tensor[], uses: string): Promise<void> => {
  const rng = rngOf(11), device = await orThrow(sharedDevice)
  expect(device.target.subgroupSize, 'the machine has subgroups of one size').toBeGreaterThan(1)
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 0.5 + rng())
  const nodes = make(x(shape))
  const program = compile({ outputs: Object.fromEntries(nodes.map((t, i) => [String(i), t])), updates: {}, record: {}, extents: {} }, { ...device.target, kind: 'gpu' })
  if (E.isLeft(program)) throw new Error(JSON.stringify(program.left))
  expect(program.right.kernels.some((k) => k.wgsl.includes(uses)), uses).toBe(true)
  const instance = await orThrow(instantiate(program.right)(device))
  expect(write('in:x', data)(instance)._tag).toBe('Right')
  await orThrow(runSteps(1)(instance))
  const got = await orThrow(read(nodes.map((_, i) => `out:${i}`))(instance))
  destroy(instance)
  const want = interpret({ x: { shape, data: Float64Array.from(data) } })(nodes)
  if (E.isLeft(want)) throw new Error(JSON.stringify(want.left))
  want.right.forEach((ref, i) => {
    const scale = ref.data.reduce((m, v) => Math.max(m, Math.abs(v)), 1e-30)
    const worst = ref.data.reduce((m, v, j) => Math.max(m, Math.abs(v - got[`out:${i}`][j])), 0)
    expect(worst / scale, `output ${i}`).toBeLessThanOrEqual(1e-5)
  })
}

test.each([[[70, 37], [1]], [[70, 9, 17], [2]], [[80, 9, 17], [1, 2]], [[9, 70, 33], [0, 2]], [[1, 200000], [1]], [[3, 65536], [0, 1]], [[100, 8], [1]]] as const)('sums of %j along %j, and what follows', async (shape, axes) => {
  await agree(shape, (t) => [B.tanh(B.mul(1e-3, B.sum(B.square(t), axes)))], 'subgroupAdd')
})

test('maxima, minima and products', async () => {
  await agree([90, 41], (t) => [B.reduceMax(t, [1]), B.reduceMin(t, [1])], 'subgroupMax')
  await agree([90, 41], (t) => [B.reduceMin(t, [1])], 'subgroupMin')
  await agree([90, 41], (t) => [B.prod(t, [1])], 'subgroupMul')
})

test('log-sum-exp takes two turns', async () => {
  await agree([90, 41], (t) => [B.logSumExp(t, [1])], 'subgroupAdd')
})

test('whole numbers are exact', async () => {
  await agree([90, 41], (t) => [B.cast(B.sum(B.cast(B.mul(100, t), 'i32'), [1]), 'f32')], 'subgroupAdd')
})

test('several in one dispatch, beside others', async () => {
  await agree([96, 64], (t) => [B.sum(t, [1]), B.logSumExp(B.neg(t), [1]), B.sum(t, [0]), B.mul(2, t)], 'subgroupAdd')
})
