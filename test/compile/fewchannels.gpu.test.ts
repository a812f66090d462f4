/**
 * Convolutions with few input channels against the f64 meaning: windows of every size up
 * to 5 x 5, filters that aren't a multiple of the subgroup's, planes that are no whole
 * tiles, paddings, and draws together, alone or not at all. Sums of at most some hundred
 * products of numbers below 1: 1e-5 of the largest magnitude.
 */
import { describe, expect, test } from 'vitest'
import { orThrow } from '../../src/error.ts'
import { evaluate } from '../../src/run/evaluate.ts'
import * as B from '../../src/tensor/build.ts'
import { grad } from '../../src/tensor/grad.ts'
import { stabilise } from '../../src/tensor/stabilise.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { agree, leaf, values } from './agreement.ts'
import type { Shape } from './agreement.ts'

type Border = readonly [number, number]
const bordered = (top: Border, left: Border) => ({ stride: [1, 1], padding: [top, left], dilation: [1, 1], groups: 1 }) as const
const plain = bordered([0, 0], [0, 0])
const blocks = { window: [2, 2], stride: [2, 2], padding: [[0, 0], [0, 0]] } as const

const half = (y: Tensor): Tensor => B.sum(B.mul(0.5, B.square(y)))

describe('convolutions of one channel', () => {
  // x, w, padding
  const cases: readonly (readonly [Shape, Shape, Border, Border])[] = [
    [[3, 1, 12, 12], [6, 1, 5, 5], [0, 0], [0, 0]],
    [[2, 1, 9, 16], [9, 1, 3, 3], [0, 0], [0, 0]],
    [[2, 2, 1, 8, 12], [2, 4, 1, 5, 5], [0, 0], [0, 0]],
    [[2, 1, 8, 12], [3, 4, 1, 5, 5], [0, 0], [0, 0]],
    [[3, 2, 1, 8, 12], [4, 1, 2, 5], [0, 0], [0, 0]],
    [[1, 1, 4, 4], [1, 1, 4, 4], [0, 0], [0, 0]],
    [[2, 1, 7, 9], [17, 1, 5, 2], [1, 2], [2, 1]],
    [[130, 1, 5, 28], [8, 1, 1, 5], [0, 0], [0, 0]],
    [[1, 1, 28, 68], [5, 1, 3, 5], [1, 1], [2, 2]]
  ]
  test.each(cases)('x %j, w %j, padding %j %j', async (xs, ws, top, left) => {
    const v = values({ x: xs, w: ws })
    const y = B.conv2d(leaf(v, 'x'), leaf(v, 'w'), bordered(top, left))
    await agree([y], v, 1e-5, 'conv2d_rows')
  })
  test('what follows rides along', async () => {
    const v = values({ x: [2, 1, 11, 16], w: [10, 1, 3, 3], b: [10, 1, 1], r: [2, 10, 9, 14] })
    const y = B.conv2d(leaf(v, 'x'), leaf(v, 'w'), plain)
    await agree([B.add(B.tanh(B.add(y, leaf(v, 'b'))), leaf(v, 'r'))], v, 1e-5, 'conv2d_rows')
  })
})

describe('the gradient by weights of convolutions with few channels', () => {
  const cases: readonly (readonly [Shape, Shape, Border, Border])[] = [
    [[3, 1, 12, 12], [6, 1, 5, 5], [0, 0], [0, 0]],
    [[2, 1, 9, 12], [9, 1, 3, 5], [0, 0], [0, 0]],
    [[2, 2, 1, 8, 12], [2, 4, 1, 5, 5], [0, 0], [0, 0]],
    [[2, 1, 8, 12], [3, 4, 1, 5, 5], [0, 0], [0, 0]],
    [[2, 1, 12, 12], [3, 1, 7, 1], [0, 0], [0, 0]],
    [[3, 2, 13, 16], [5, 2, 8, 5], [0, 0], [0, 0]],
    [[140, 7, 5, 8], [5, 7, 4, 5], [0, 0], [0, 0]],
    [[2, 3, 6, 8], [29, 3, 3, 3], [1, 1], [1, 1]],
    [[3, 2, 1, 7, 9], [9, 1, 2, 2], [0, 1], [0, 0]]
  ]
  test.each(cases)('x %j, w %j, padding %j %j', async (xs, ws, top, left) => {
    const v = values({ x: xs, w: ws }), w = leaf(v, 'w')
    await agree(grad([w])(half(B.conv2d(leaf(v, 'x'), w, bordered(top, left)))), v, 1e-5, 'conv2d_weights_rows')
  })
  test.each<readonly [Shape, Shape]>([[[3, 2, 13, 16], [5, 2, 4, 5]], [[2, 1, 12, 12], [9, 1, 5, 5]], [[2, 2, 3, 8, 12], [2, 4, 3, 3, 5]]])('from the pooled gradient, x %j, w %j', async (xs, ws) => {
    const v = values({ x: xs, w: ws }), w = leaf(v, 'w')
    const [y] = stabilise([B.maxPool2d(B.conv2d(leaf(v, 'x'), w, plain), blocks)])
    await agree(grad([w])(half(y)), v, 1e-5, 'conv2d_weights_rows')
  })
  test('to the bit the same each time', async () => {
    const v = values({ x: [50, 1, 12, 12], w: [6, 1, 5, 5] }), w = leaf(v, 'w')
    const g = grad([w])(half(B.conv2d(leaf(v, 'x'), w, plain)))
    const [[one], [two]] = [await orThrow(evaluate(g, v)), await orThrow(evaluate(g, v))]
    expect(one.data).toEqual(two.data)
  })
})

describe('convolution, bias and maxima in one', () => {
  const cases: readonly (readonly [Shape, Shape, Shape | undefined, Border, Border])[] = [
    [[3, 1, 12, 12], [6, 1, 5, 5], [6, 1, 1], [0, 0], [0, 0]],
    [[2, 1, 10, 20], [9, 1, 5, 5], [9, 1, 1], [0, 0], [0, 0]],
    [[2, 1, 13, 20], [5, 1, 4, 5], undefined, [0, 0], [0, 0]],
    [[2, 1, 12, 12], [3, 6, 1, 5, 5], [3, 1, 6, 1, 1], [0, 0], [0, 0]],
    [[3, 2, 1, 12, 12], [3, 4, 1, 5, 5], [4, 1, 1], [0, 0], [0, 0]],
    [[3, 2, 1, 6, 9], [4, 1, 1, 2], [3, 1, 4, 1, 1], [0, 0], [0, 0]],
    [[2, 1, 7, 8], [17, 1, 3, 3], [17, 1, 1], [1, 1], [1, 1]],
    [[1, 1, 12, 64], [8, 1, 5, 5], undefined, [2, 0], [2, 2]],
    [[2, 1, 28, 28], [3, 1, 3, 3], [3, 1, 1], [1, 1], [1, 1]],
    [[2, 1, 8, 9], [3, 1, 3, 2], undefined, [0, 0], [0, 1]]
  ]
  test.each(cases)('x %j, w %j, bias %j, padding %j %j', async (xs, ws, bs, top, left) => {
    const v = values({ x: xs, w: ws, ...(bs === undefined ? {} : { b: bs }) })
    const x = leaf(v, 'x'), w = leaf(v, 'w'), c = B.conv2d(x, w, bordered(top, left))
    const y = B.maxPool2d(B.tanh(bs === undefined ? c : B.add(c, leaf(v, 'b'))), blocks)
    const by = bs === undefined ? [w] : [w, leaf(v, 'b')]
    const [steady] = stabilise([y])
    await agree([steady, ...grad(by)(half(steady))], v, 1e-5, 'conv2d_pool')
  })
  test('not where the convolution is read elsewhere', async () => {
    const v = values({ x: [2, 1, 12, 12], w: [4, 1, 5, 5] })
    const y = B.conv2d(leaf(v, 'x'), leaf(v, 'w'), plain)
    await agree([B.maxPool2d(y, blocks), B.sum(y, [2, 3])], v, 1e-5, 'conv2d_rows')
  })
})
