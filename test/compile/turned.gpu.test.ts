/**
 * Elementwise work across the grain against the f64 meaning, for the machine's target and
 * for a GPU's choices: any permutation, extents that end inside a block, at it and past it,
 * rows that are no multiple of 4, with what is fused around. Numbers are moved, added and
 * multiplied by powers of two only, and small integers: results are exact.
 */
import { describe, expect, test } from 'vitest'
import { E } from '../../src/fp.ts'
import { orThrow } from '../../src/error.ts'
import { compile } from '../../src/compile/compile.ts'
import type { Target } from '../../src/compile/program.ts'
import { destroy, instantiate, read, runSteps, sharedDevice, write } from '../../src/gpu/index.ts'
import { interpret } from '../../src/reference/index.ts'
import * as B from '../../src/tensor/build.ts'
import { leafName } from '../../src/tensor/ops/leaves.ts'
import { leavesOf } from '../../src/tensor/replace.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { dtypeOf, shapeOf } from '../../src/tensor/node.ts'
import { rngOf } from '../tensor/cases.ts'

type Shape = readonly number[]
const size = (s: Shape): number => s.reduce((a, b) => a * b, 1)
const whole = (t: Tensor): Shape => shapeOf(t) as Shape
const x = (...shape: Shape): Tensor => B.leaf('input', 'x', shape)

/** Small integers, all different nearby. */
const dataOf = (t: Tensor): readonly number[] =>
  Array.from({ length: size(whole(t)) }, (_, i) => (dtypeOf(t) === 'u8' || dtypeOf(t) === 'u32' ? (i * 7) % 251 : ((i * 7919) % 100_003) - 50_000))

/** `turns`: must a kernel work across the grain, or must none; either where it isn't said. */
const exact = async (nodes: readonly Tensor[], kind: Target['kind'], turns?: boolean): Promise<void> => {
  const device = await orThrow(sharedDevice), leaves = leavesOf(nodes)
  const program = compile({ outputs: Object.fromEntries(nodes.map((t, i) => [`y${i}`, t])), updates: {}, record: {}, extents: {} }, { ...device.target, kind })
  if (E.isLeft(program)) throw new Error(JSON.stringify(program.left))
  if (turns !== undefined) expect(program.right.kernels.some((k) => k.wgsl.includes('let block = ')), 'across the grain').toBe(turns)
  const instance = await orThrow(instantiate(program.right)(device))
  for (const l of leaves) {
    const data = dataOf(l), d = dtypeOf(l)
    const array = d === 'u8' ? Uint8Array.from(data) : d === 'i32' ? Int32Array.from(data) : d === 'u32' ? Uint32Array.from(data) : Float32Array.from(data)
    expect(write(`in:${leafName(l) as string}`, array)(instance)._tag).toBe('Right')
  }
  await orThrow(runSteps(1)(instance))
  const got = await orThrow(read(nodes.map((_, i) => `out:y${i}`))(instance))
  destroy(instance)
  const want = interpret(Object.fromEntries(leaves.map((l) => [leafName(l) as string, { shape: whole(l), data: dataOf(l) }])))(nodes)
  if (E.isLeft(want)) throw new Error(JSON.stringify(want.left))
  want.right.forEach((ref, i) => {
    const wrong = ref.data.findIndex((v, k) => v !== Number(got[`out:y${i}`][k]))
    expect(wrong, `output ${i}: first wrong element`).toBe(-1)
  })
}

const kinds = ['software', 'gpu'] as const
const permuted = (t: Tensor, perm: Shape): Tensor => B.mul(B.transpose(t, perm), 2)

describe.each(kinds)('%s', (kind) => {
  test.each<readonly [Shape, Shape]>([
    [[256, 256], [1, 0]], [[264, 252], [1, 0]], [[252, 272], [1, 0]], [[256, 257], [1, 0]], [[8, 9000], [1, 0]], [[9000, 8], [1, 0]], [[4, 20000], [1, 0]],
    [[20, 32, 14, 14], [0, 2, 3, 1]], [[20, 14, 14, 32], [0, 3, 1, 2]], [[24, 64, 7, 7], [0, 2, 3, 1]], [[9, 100, 80], [0, 2, 1]], [[12, 20, 24, 16], [3, 2, 1, 0]], [[40, 5, 400], [2, 0, 1]]
  ])('%j by %j', async (shape, perm) => exact([permuted(x(...shape), perm)], kind, true))

  test('any permutation of any extents', async () => {
    const rng = rngOf(31), int = (n: number): number => Math.floor(rng() * n)
    const drawn = Array.from({ length: 400 }, (): Shape => Array.from({ length: 2 + int(4) }, () => 1 + int(rng() < 0.5 ? 40 : 300))).filter((s) => size(s) >= 65_536 && size(s) < 160_000)
    expect(drawn.length).toBeGreaterThan(12)
    for (const [k, s] of drawn.slice(0, 24).entries()) {
      const node = permuted(B.leaf('input', `x${k}`, s), [...s.keys()].map((d) => ({ d, at: rng() })).sort((a, b) => a.at - b.at).map((p) => p.d))
      await exact([node], kind)
    }
  })

  test('with the grain and across it in one kernel', async () => {
    const t = x(272, 272), rows = B.leaf('input', 'rows', [272, 1]), columns = B.leaf('input', 'columns', [272])
    await exact([B.add(B.add(B.mul(t, 2), B.transpose(t)), B.add(rows, columns))], kind, true)
  })
  test('two operands across the grain, several results', async () => {
    const a = B.add(B.transpose(x(300, 240)), B.transpose(B.leaf('input', 'z', [300, 240])))
    await exact([a, B.mul(a, 0.5)], kind, true)
  })
  test('a mask and integers', async () => {
    const number = B.transpose(B.leaf('input', 'n', [260, 256], 'i32'))
    const mask = B.gt(B.transpose(x(260, 256)), 0)
    await exact([B.select(mask, number, B.mul(number, 2))], kind, true)
  })
  test('a mask that is kept', async () => {
    const mask = B.gt(x(260, 256), 0)
    await exact([mask, B.select(B.transpose(mask), 1, B.leaf('input', 'z', [256, 260]))], kind, true)
  })
  test('rows that are chosen by an index', async () => {
    const places = B.leaf('input', 'at', [300], 'u32')
    await exact([B.mul(B.transpose(B.take(x(280, 260), places)), 2), B.add(B.transpose(x(280, 260)), B.take(B.leaf('input', 'z', [300, 280]), B.reshape(B.slice(places, [7], [8]), [])))], kind, true)
  })
  test('bytes are read one by one', async () => exact([B.mul(B.cast(B.transpose(B.leaf('input', 'b', [256, 260], 'u8')), 'f32'), 2)], kind, false))
  test('parts of a concatenation', async () => {
    const part = B.mul(B.transpose(x(256, 272)), 2)
    await exact([B.concat([part, B.mul(B.transpose(B.leaf('input', 'z', [256, 272])), 4)], 0), B.concat([part, B.leaf('input', 'w', [272, 8])], 1)], kind, true)
  })
  test('padded and cut', async () => {
    const t = B.transpose(x(260, 264))
    await exact([B.pad(t, [4, 4], [0, 8]), B.mul(B.slice(t, [3, 4], [263, 260]), 2)], kind, true)
  })
})

describe('with the grain, by numbers apart', () => {
  test.each<readonly [string, (t: Tensor) => Tensor]>([
    ['reversed', (t) => B.flip(t, [1])], ['from an odd column', (t) => B.slice(t, [0, 3], [280, 283])], ['every other', (t) => B.slice(t, [0, 1], [280, 600], [1, 2])],
    ['rows of no multiple of 4', (t) => B.transpose(B.slice(t, [0, 0], [280, 251]))]
  ])('%s', async (_, view) => exact([B.mul(view(x(280, 600)), 2)], 'software', true))
})

test('small work goes one by one', async () => exact([permuted(x(100, 96), [1, 0])], 'software', false))
