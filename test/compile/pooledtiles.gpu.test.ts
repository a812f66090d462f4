/**
 * Convolutions with their maxima over 2 x 2 blocks in one kernel of tiles, and gradients by
 * weights that read what was pooled, as a GPU target has them, on whatever adapter there
 * is: the program is compiled for the adapter's own limits, with the class of a GPU.
 * Tolerance: sums of up to 1,000 terms of order 1 in f32, of the largest magnitude. Where
 * all numbers are small whole ones, sums are exact and ties are many: to the bit.
 */
import { describe, expect, test } from 'vitest'
import { E } from '../../src/fp.ts'
import { orThrow } from '../../src/error.ts'
import { compile, questions } from '../../src/compile/compile.ts'
import { dispatches } from '../../src/compile/program.ts'
import type { Program, Target } from '../../src/compile/program.ts'
import { destroy, instantiate, read, runSteps, sharedDevice, write } from '../../src/gpu/index.ts'
import { interpret } from '../../src/reference/index.ts'
import * as B from '../../src/tensor/build.ts'
import { grad } from '../../src/tensor/grad.ts'
import { node } from '../../src/tensor/node.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { stabilise } from '../../src/tensor/stabilise.ts'
import { rngOf } from '../tensor/cases.ts'

type Shape = readonly number[]
type Shapes = Readonly<Record<string, Shape>>

/** Between -1 and 1; -1, 0 and 1 alone, whose sums tie often. */
const uniform = (u: number): number => 2 * u - 1
const ternary = (u: number): number => Math.floor(3 * u) - 1

const sourceOf = (nodes: readonly Tensor[]) => ({ outputs: Object.fromEntries(nodes.map((t, i) => [String(i), t])), updates: {}, record: {}, extents: {} })

/** What ran: names of kernels by dispatch, texts, slices of the deepest dispatch. */
interface Ran { readonly labels: readonly string[]; readonly texts: string; readonly slices: number }

const ranBy = (p: Program): Ran => {
  const all = dispatches(p.body)
  return { labels: all.flatMap((d) => d.label.split(/\W+/)), texts: p.kernels.map((k) => k.wgsl).join('\n'), slices: Math.max(...all.map((d) => d.grid[2])) }
}

/** Holds nodes against their f64 meaning, and says what ran. */
const agree = async (nodes: readonly Tensor[], shapes: Shapes, { draw = uniform, tolerance = 1e-5, target = {} }: { readonly draw?: (u: number) => number; readonly tolerance?: number; readonly target?: Partial<Target> } = {}): Promise<Ran> => {
  const rng = rngOf(11), device = await orThrow(sharedDevice)
  const values = Object.fromEntries(Object.entries(shapes).map(([k, shape]) => [k, { shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => draw(rng())) }]))
  const program = compile(sourceOf(nodes), { ...device.target, kind: 'gpu', ...target })
  if (E.isLeft(program)) throw new Error(JSON.stringify(program.left))
  const instance = await orThrow(instantiate(program.right)(device))
  for (const [k, v] of Object.entries(values)) expect(write(`in:${k}`, v.data)(instance)._tag).toBe('Right')
  await orThrow(runSteps(1)(instance))
  const got = await orThrow(read(nodes.map((_, i) => `out:${i}`))(instance))
  destroy(instance)
  const want = interpret(values)(nodes)
  if (E.isLeft(want)) throw new Error(JSON.stringify(want.left))
  want.right.forEach((ref, i) => {
    const scale = ref.data.reduce((m, x) => Math.max(m, Math.abs(x)), 1e-30)
    const worst = ref.data.reduce((m, x, j) => Math.max(m, Math.abs(x - got[`out:${i}`][j])), 0)
    expect(worst / scale, `output ${i}`).toBeLessThanOrEqual(tolerance)
  })
  return ranBy(program.right)
}

const plain = { stride: [1, 1], padding: [[0, 0], [0, 0]], dilation: [1, 1], groups: 1 } as const
const blocks = { window: [2, 2], stride: [2, 2], padding: [[0, 0], [0, 0]] } as const
const placesOf = (t: Tensor): Tensor => node('maxPoolIndex', [t], { ...blocks })
const half = (y: Tensor): Tensor => B.sum(B.mul(0.5, B.square(y)))
const count = (all: readonly string[], name: string): number => all.filter((l) => l === name).length

const windows = {
  plain,
  uneven: { stride: [2, 1], padding: [[0, 1], [1, 0]], dilation: [1, 2], groups: 2 },
  bordered: { stride: [1, 1], padding: [[1, 1], [0, 1]], dilation: [1, 1], groups: 1 }
} as const

const layers: readonly (readonly [what: string, keyof typeof windows, Shapes])[] = [
  ['one channel and a bias', 'plain', { x: [3, 1, 12, 12], w: [32, 1, 5, 5], b: [32, 1, 1] }],
  ['odd planes with a border', 'bordered', { x: [2, 3, 9, 12], w: [17, 3, 3, 3], b: [17, 1, 1] }],
  ['strides, dilation and groups', 'uneven', { x: [3, 32, 16, 13], w: [48, 16, 3, 2], b: [48, 1, 1] }],
  ['no bias', 'plain', { x: [5, 2, 7, 8], w: [40, 2, 2, 3] }],
  ['draws of weights and biases', 'plain', { x: [2, 2, 8, 9], w: [3, 16, 2, 3, 2], b: [3, 1, 16, 1, 1] }],
  ['draws of weights alone', 'plain', { x: [2, 2, 8, 9], w: [3, 70, 2, 3, 2], b: [70, 1, 1] }],
  ['draws of all', 'bordered', { x: [3, 2, 2, 8, 8], w: [3, 16, 2, 3, 3], b: [3, 1, 16, 1, 1] }]
]

type Leaves = Readonly<Record<string, Tensor>>

const leavesOf = (shapes: Shapes): Leaves => Object.fromEntries(Object.entries(shapes).map(([k, shape]) => [k, B.leaf('input', k, shape)]))

const layer = (window: keyof typeof windows, { x, w, b }: Leaves): Tensor => {
  const y = B.conv2d(x, w, windows[window])
  return b === undefined ? y : B.add(y, b)
}

describe('a convolution, its bias and maxima in one kernel of tiles', () => {
  test.each(layers)('%s', async (_, window, shapes) => {
    const y = layer(window, leavesOf(shapes))
    const { labels } = await agree([B.tanh(B.maxPool2d(y, blocks)), placesOf(y)], shapes)
    expect(labels.filter((l) => /conv|Pool/.test(l))).toEqual(['conv2d_pool_tile'])
  })
  test.each(layers)('ties go to the first: %s', async (_, window, shapes) => {
    const y = layer(window, leavesOf(shapes))
    const { labels } = await agree([B.maxPool2d(y, blocks), placesOf(y)], shapes, { draw: ternary, tolerance: 0 })
    expect(count(labels, 'conv2d_pool_tile')).toBe(1)
  })
  test('whatever subgroups the adapter has', async () => {
    const [, window, shapes] = layers[0], y = layer(window, leavesOf(shapes))
    const { labels } = await agree([B.tanh(B.maxPool2d(y, blocks)), placesOf(y)], shapes, { target: { subgroupSize: 0 } })
    expect(count(labels, 'conv2d_pool_tile')).toBe(1)
  })
  test('nothing is laid out for it: biases that are not there, draws among those of other sites', async () => {
    const alone = { x: [5, 2, 7, 8], w: [40, 2, 2, 3] }
    expect((await agree([B.maxPool2d(layer('plain', leavesOf(alone)), blocks)], alone)).labels).toEqual(['conv2d_pool_tile'])
    const shapes = { x: [2, 2, 8, 9], all: [3, 500] }, { x, all } = leavesOf(shapes)
    const site = (from: number, shape: Shape): Tensor => B.reshape(B.slice(all, [0, from], [3, from + shape.reduce((a, b) => a * b, 1)]), [3, ...shape])
    const y = B.add(B.conv2d(x, site(33, [16, 2, 3, 2]), plain), site(301, [1, 16, 1, 1]))
    expect((await agree([B.maxPool2d(y, blocks), placesOf(y)], shapes)).labels).toEqual(['conv2d_pool_tile'])
  })
  test('weights behind more than can be bound', async () => {
    const shapes = { x: [2, 2, 8, 9], all: [2048] }, { x, all } = leavesOf(shapes)
    const y = B.maxPool2d(B.conv2d(x, B.reshape(B.slice(all, [1216], [1408]), [16, 2, 3, 2]), plain), blocks)
    expect((await agree([y], shapes, { target: { maxBindingBytes: 4096 } })).labels).toEqual(['conv2d_pool_tile'])
  })
  test('in the tiles that the plan names, or none', async () => {
    const shapes = { x: [3, 3, 14, 14], w: [40, 3, 3, 3], b: [40, 1, 1] }, y = B.maxPool2d(layer('plain', leavesOf(shapes)), blocks)
    const target = { ...(await orThrow(sharedDevice)).target, kind: 'gpu' } as const
    const left = questions(sourceOf([y]), target)
    if (E.isLeft(left)) throw new Error(JSON.stringify(left.left))
    const [asked] = left.right
    expect([...asked.options].sort()).toEqual(['128', '32', '64', 'none'])
    for (const name of asked.options) {
      const { labels, texts } = await agree([y], shapes, { target: { choices: { [asked.question]: name } } })
      expect(count(labels, 'conv2d_pool_tile'), name).toBe(name === 'none' ? 0 : 1)
      expect(texts.includes('const TM: u32 = 2u'), name).toBe(name === '128')
      expect(texts.includes('const RY: u32 = 8u'), name).toBe(name === '32')
    }
  })
  test.each<readonly [string, (y: Tensor) => readonly Tensor[]]>([
    ['its plane', (y) => [B.maxPool2d(y, blocks), B.sum(y, [2, 3])]],
    ['other windows', (y) => [B.maxPool2d(y, blocks), B.maxPool2d(y, { ...blocks, window: [3, 3] })]]
  ])('not where another reads %s', async (_, outputs) => {
    const shapes = { x: [3, 1, 12, 12], w: [32, 1, 5, 5], b: [32, 1, 1] }
    const { labels } = await agree(outputs(layer('plain', leavesOf(shapes))), shapes)
    expect(count(labels, 'conv2d_pool_tile')).toBe(0)
    expect(count(labels, 'conv2d')).toBe(1)
  })
  test('not where another reads the sums before the bias', async () => {
    const shapes = { x: [3, 1, 12, 12], w: [32, 1, 5, 5], b: [32, 1, 1] }, { x, w, b } = leavesOf(shapes), c = B.conv2d(x, w, plain)
    const { labels } = await agree([B.maxPool2d(B.add(c, b), blocks), B.sum(c, [2, 3])], shapes)
    expect(count(labels, 'conv2d_pool_tile')).toBe(0)
  })
})

describe('gradients through maxima', () => {
  const pooled = 'const POOLED: u32 = 1u'
  const gradients = (window: keyof typeof windows, shapes: Shapes, by: readonly string[]): readonly Tensor[] => {
    const leaves = leavesOf(shapes), [y] = stabilise([B.maxPool2d(B.tanh(layer(window, leaves)), blocks)])
    return grad(by.map((k) => leaves[k]))(half(y))
  }

  test.each(layers)('by weights and biases, the plane before pooling nowhere: %s', async (_, window, shapes) => {
    const { labels, texts } = await agree(gradients(window, shapes, shapes['b'] === undefined ? ['w'] : ['w', 'b']), shapes)
    expect(count(labels, 'conv2d_pool_tile')).toBe(1)
    // One kernel by weights: of pooled gradients where tiles side by side are two at most, and by tiles where they aren't mostly empty.
    const taps = shapes['w'].slice(-3).reduce((a, b) => a * b, 1)
    expect(count(labels, 'conv2d_weights_tile')).toBe(taps < 16 ? 0 : 1)
    expect([texts.includes(pooled), count(labels, 'poolScatter')]).toEqual(taps < 16 ? [false, 1] : [true, 0])
  })
  test.each<readonly [string, Partial<Target>]>([['as it is', {}], ['none', { subgroupSize: 0 }]])('by weights of many images, cut in parts, subgroups %s', async (_, target) => {
    const shapes = { x: [12, 1, 14, 14], w: [32, 1, 5, 5] }
    const { texts, slices } = await agree(gradients('plain', shapes, ['w']), shapes, { target })
    expect(texts).toContain(pooled)
    expect(slices).toBe(12)
  })
  test('odd planes, cut in parts', async () => {
    const shapes = { x: [12, 2, 13, 14], w: [20, 2, 3, 4] }
    const { texts, slices } = await agree(gradients('plain', shapes, ['w']), shapes)
    expect(texts).toContain(pooled)
    expect(slices).toBeGreaterThan(1)
  })
  test('the plane where the gradient by images reads it too', async () => {
    const shapes = { x: [3, 4, 12, 12], w: [32, 4, 3, 3], b: [32, 1, 1] }
    const { labels, texts } = await agree(gradients('plain', shapes, ['x', 'w', 'b']), shapes)
    expect([count(labels, 'conv2d_pool_tile'), count(labels, 'conv2d_weights_tile'), count(labels, 'poolScatter')]).toEqual([1, 1, 1])
    expect(texts).not.toContain(pooled)
  })
  test('the plane where there are many tiles side by side', async () => {
    const shapes = { x: [3, 16, 12, 12], w: [32, 16, 3, 3] }
    const { labels, texts } = await agree(gradients('plain', shapes, ['w']), shapes)
    expect([count(labels, 'conv2d_pool_tile'), count(labels, 'conv2d_weights_tile'), count(labels, 'poolScatter')]).toEqual([1, 1, 1])
    expect(texts).not.toContain(pooled)
  })
})
