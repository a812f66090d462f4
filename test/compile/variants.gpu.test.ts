/**
 * Kernels that are chosen by shape on a software adapter, against the f64 meaning. The
 * shapes are the smallest that choose each variant, with edges inside a tile, channels
 * that aren't a multiple of four, and operands batched together, alone or not at all.
 * Tolerances are of the largest magnitude: 1e-4 where Winograd's transforms amplify
 * rounding, 1e-5 for plain sums.
 */
import { describe, expect, test } from 'vitest'
import { E } from '../../src/fp.ts'
import { orThrow } from '../../src/error.ts'
import { compile } from '../../src/compile/compile.ts'
import { dispatches } from '../../src/compile/program.ts'
import { sharedDevice } from '../../src/gpu/index.ts'
import { interpret } from '../../src/reference/index.ts'
import { evaluate } from '../../src/run/evaluate.ts'
import * as B from '../../src/tensor/build.ts'
import { grad } from '../../src/tensor/grad.ts'
import { stabilise } from '../../src/tensor/stabilise.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { rngOf } from '../tensor/cases.ts'

type Shape = readonly number[]
interface Values { readonly shape: Shape; readonly data: Float32Array<ArrayBuffer> }

const values = (shapes: Readonly<Record<string, Shape>>): Record<string, Values> => {
  const rng = rngOf(20261123)
  return Object.fromEntries(Object.entries(shapes).map(([name, shape]) => {
    const n = shape.reduce((a, b) => a * b, 1)
    return [name, { shape, data: Float32Array.from({ length: n }, () => Math.fround(2 * rng() - 1)) }]
  }))
}

const leaf = (v: Readonly<Record<string, Values>>, name: string): Tensor => B.leaf('input', name, v[name].shape)

/** Kernels of the compiled graph, where the machine's adapter is a software one (else the general ones run). */
const kernelsOf = async (nodes: readonly Tensor[]): Promise<readonly string[] | undefined> => {
  const { target } = await orThrow(sharedDevice)
  if (target.kind !== 'software') return undefined
  const program = compile({ outputs: Object.fromEntries(nodes.map((n, i) => [String(i), n])), updates: {}, record: {}, extents: {} }, target)
  if (E.isLeft(program)) throw new Error(JSON.stringify(program.left))
  return dispatches(program.right.body).map((d) => d.label)
}

const agree = async (nodes: readonly Tensor[], v: Readonly<Record<string, Values>>, tolerance: number, uses: string): Promise<void> => {
  const labels = await kernelsOf(nodes)
  if (labels !== undefined) expect(labels.some((l) => l.split('+').includes(uses)), `${uses} in ${labels.join(', ')}`).toBe(true)
  const got = await orThrow(evaluate(nodes, v))
  const want = interpret(Object.fromEntries(Object.entries(v).map(([k, x]) => [k, { shape: x.shape, data: Float64Array.from(x.data) }])))(nodes)
  if (E.isLeft(want)) throw new Error(JSON.stringify(want.left))
  want.right.forEach((ref, k) => {
    expect(got[k].shape).toEqual(ref.shape)
    const scale = ref.data.reduce((m, x) => Math.max(m, Math.abs(x)), 1e-30)
    const worst = ref.data.reduce((w, x, i) => Math.max(w, Math.abs(x - got[k].data[i])), 0)
    expect(worst / scale, `output ${k}`).toBeLessThanOrEqual(tolerance)
  })
}

type Padding = readonly [readonly [number, number], readonly [number, number]]
const around = (p: number): Padding => [[p, p], [p, p]]
const padded = (p: number) => ({ stride: [1, 1], padding: around(p), dilation: [1, 1], groups: 1 }) as const
const plain = padded(0)
const blocks = { window: [2, 2], stride: [2, 2], padding: around(0) } as const

describe('products by vectors', () => {
  const cases: readonly (readonly [Shape, Shape])[] = [[[100, 64], [64, 44]], [[33, 129], [129, 64]], [[3, 64, 66], [3, 66, 52]], [[61, 70], [2, 70, 56]], [[2, 61, 70], [70, 56]]]
  test.each(cases)('%j times %j', async (a, b) => {
    const v = values({ a, b })
    await agree([B.matmul(leaf(v, 'a'), leaf(v, 'b'))], v, 1e-5, 'matmul_vec4')
  })
  test.each<readonly [Shape, Shape]>([[[100, 64], [44, 64]], [[3, 64, 68], [3, 52, 68]]])('%j times %j with its axes exchanged', async (a, b) => {
    const v = values({ a, b })
    const r = b.length, perm = b.map((_, i) => (i < r - 2 ? i : 2 * r - 3 - i))
    await agree([B.matmul(leaf(v, 'a'), B.transpose(leaf(v, 'b'), perm))], v, 1e-5, 'matmul_vec4')
  })
  test('what follows by an operand that lies the other way', async () => {
    const v = values({ a: [64, 64], b: [64, 64], c: [64, 64] })
    const y = B.add(B.matmul(leaf(v, 'a'), leaf(v, 'b')), B.transpose(leaf(v, 'c'), [1, 0]))
    await agree([B.tanh(y)], v, 1e-5, 'matmul_vec4')
  })
})

describe('Winograd', () => {
  // x, w, padding, and the first kernel of the chain.
  const cases: readonly (readonly [Shape, Shape, number, string])[] = [
    [[3, 8, 12, 12], [9, 8, 5, 5], 0, 'wino_input4'],
    [[2, 9, 11, 13], [8, 9, 5, 5], 2, 'wino_input'],
    [[2, 8, 9, 8], [12, 8, 3, 3], 1, 'wino_input'],
    [[2, 2, 8, 10, 16], [2, 8, 8, 5, 5], 0, 'wino_input4'],
    [[1, 8, 8, 12], [2, 10, 8, 5, 5], 0, 'conv2d'],
    [[2, 2, 8, 8, 12], [10, 8, 5, 5], 0, 'wino_input4']
  ]
  test.each(cases)('x %j, w %j, padding %j', async (xs, ws, p, kernel) => {
    const v = values({ x: xs, w: ws })
    const x = leaf(v, 'x'), w = leaf(v, 'w')
    const y = B.conv2d(x, w, padded(p))
    const loss = B.sum(B.mul(0.5, B.square(y)))
    const [gx, gw] = grad([x, w])(loss)
    await agree([y, gx, gw], v, 1e-4, kernel)
  })
  test('an epilogue of the gradient by data', async () => {
    const v = values({ x: [2, 8, 12, 12], w: [8, 8, 5, 5] })
    const x = leaf(v, 'x')
    const [gx] = grad([x])(B.sum(B.square(B.conv2d(B.tanh(x), leaf(v, 'w'), plain))))
    await agree([gx], v, 1e-4, 'wino_fold4')
  })
})

describe('convolutions of few channels', () => {
  const cases: readonly (readonly [Shape, Shape])[] = [[[3, 1, 12, 12], [6, 1, 5, 5]], [[2, 3, 9, 16], [5, 3, 3, 3]], [[2, 2, 1, 8, 12], [2, 4, 1, 5, 5]], [[2, 1, 8, 12], [3, 4, 1, 5, 5]], [[2, 1, 12, 12], [3, 1, 7, 1]], [[3, 2, 13, 16], [5, 2, 8, 5]]]
  test.each(cases)('x %j, w %j', async (xs, ws) => {
    const v = values({ x: xs, w: ws })
    const x = leaf(v, 'x'), w = leaf(v, 'w')
    const y = B.conv2d(x, w, plain)
    const [gw] = grad([w])(B.sum(B.mul(0.5, B.square(y))))
    await agree([y, gw], v, 1e-5, 'conv2d_rows')
  })
})

describe('convolution, bias and maxima in one', () => {
  const cases: readonly (readonly [Shape, Shape, Shape | undefined])[] = [
    [[3, 1, 12, 12], [6, 1, 5, 5], [6, 1, 1]],
    [[2, 2, 10, 20], [4, 2, 5, 5], [4, 1, 1]],
    [[2, 1, 13, 20], [5, 1, 4, 5], undefined],
    [[2, 1, 12, 12], [3, 6, 1, 5, 5], [3, 1, 6, 1, 1]],
    [[3, 2, 1, 12, 12], [3, 4, 1, 5, 5], [4, 1, 1]]
  ]
  test.each(cases)('x %j, w %j, bias %j', async (xs, ws, bs) => {
    const v = values({ x: xs, w: ws, ...(bs === undefined ? {} : { b: bs }) })
    const x = leaf(v, 'x'), w = leaf(v, 'w'), c = B.conv2d(x, w, plain)
    const y = B.maxPool2d(B.tanh(bs === undefined ? c : B.add(c, leaf(v, 'b'))), blocks)
    const by = bs === undefined ? [w] : [w, leaf(v, 'b')]
    const [steady] = stabilise([y])
    const gs = grad(by)(B.sum(B.mul(0.5, B.square(steady))))
    await agree([steady, ...gs], v, 1e-5, 'conv2d_pool')
  })
  const tiles: readonly (readonly [Shape, Shape, Shape | undefined])[] = [
    [[3, 8, 12, 12], [9, 8, 5, 5], [9, 1, 1]],
    [[2, 8, 10, 12], [8, 8, 3, 3], undefined],
    [[2, 2, 8, 8, 12], [2, 8, 8, 5, 5], [2, 1, 8, 1, 1]]
  ]
  test.each(tiles)('by tiles: x %j, w %j, bias %j', async (xs, ws, bs) => {
    const v = values({ x: xs, w: ws, ...(bs === undefined ? {} : { b: bs }) })
    const x = leaf(v, 'x'), w = leaf(v, 'w'), c = B.conv2d(x, w, plain)
    const [y] = stabilise([B.maxPool2d(B.tanh(bs === undefined ? c : B.add(c, leaf(v, 'b'))), blocks)])
    await agree([y, ...grad([x, w])(B.sum(B.mul(0.5, B.square(y))))], v, 1e-4, 'wino_pool')
  })
  test('the gradient by weights reads the pooled gradient', async () => {
    const v = values({ x: [3, 2, 13, 16], w: [5, 2, 4, 5] })
    const w = leaf(v, 'w')
    const [y] = stabilise([B.maxPool2d(B.conv2d(leaf(v, 'x'), w, plain), blocks)])
    await agree(grad([w])(B.sum(B.mul(0.5, B.square(y)))), v, 1e-5, 'conv2d_weights_pool')
  })
  test('not where the convolution is read elsewhere', async () => {
    const v = values({ x: [2, 1, 12, 12], w: [4, 1, 5, 5] })
    const y = B.conv2d(leaf(v, 'x'), leaf(v, 'w'), plain)
    await agree([B.maxPool2d(y, blocks), B.sum(y, [2, 3])], v, 1e-5, 'conv2d_rows')
  })
})
