/**
 * Convolutions by Winograd's tiles and their maxima, where a software adapter chooses them,
 * against the f64 meaning: tiles that end inside a plane, counts of tiles that are no
 * multiple of four, channels beside multiples of four and more than 32, and operands
 * batched together, alone or not at all.
 * Tolerance: transforms amplify the rounding of f32, so 1e-4 of the largest magnitude.
 */
import { describe, test } from 'vitest'
import * as B from '../../src/tensor/build.ts'
import { grad } from '../../src/tensor/grad.ts'
import { stabilise } from '../../src/tensor/stabilise.ts'
import { agree, leaf, values } from './agreement.ts'
import type { Shape } from './agreement.ts'

type Padding = readonly [readonly [number, number], readonly [number, number]]
const around = (p: number): Padding => [[p, p], [p, p]]
const padded = (p: number) => ({ stride: [1, 1], padding: around(p), dilation: [1, 1], groups: 1 }) as const
const plain = padded(0)
const blocks = { window: [2, 2], stride: [2, 2], padding: around(0) } as const

describe('Winograd', () => {
  // x, w, padding, and a kernel of the chain.
  const cases: readonly (readonly [Shape, Shape, number, string])[] = [
    [[3, 16, 12, 12], [17, 16, 5, 5], 0, 'wino_input4'],
    [[2, 17, 11, 13], [16, 17, 5, 5], 2, 'wino_input'],
    [[2, 27, 12, 11], [28, 27, 3, 3], 1, 'wino_input'],
    [[2, 2, 16, 10, 16], [2, 16, 16, 5, 5], 0, 'wino_input4'],
    [[1, 16, 8, 12], [2, 18, 16, 5, 5], 0, 'wino_fold4'],
    [[2, 2, 16, 8, 12], [18, 16, 5, 5], 0, 'wino_input4'],
    [[3, 40, 8, 8], [9, 40, 5, 5], 0, 'wino_input4'],
    [[1, 9, 8, 12], [36, 9, 5, 5], 0, 'wino_contract'],
    [[3, 16, 16, 12], [16, 16, 5, 5], 4, 'wino_fold4'],
    [[1, 22, 9, 17], [23, 22, 4, 4], 0, 'wino_fold']
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
    const v = values({ x: [2, 16, 12, 12], w: [16, 16, 5, 5] })
    const x = leaf(v, 'x')
    const [gx] = grad([x])(B.sum(B.square(B.conv2d(B.tanh(x), leaf(v, 'w'), plain))))
    await agree([gx], v, 1e-4, 'wino_fold4')
  })
  test('maxima whose blocks lie across tiles', async () => {
    const v = values({ x: [3, 20, 13, 13], w: [20, 20, 4, 4] })
    const x = leaf(v, 'x'), w = leaf(v, 'w')
    const [y] = stabilise([B.maxPool2d(B.conv2d(x, w, plain), blocks)])
    await agree([y, ...grad([x, w])(B.sum(B.mul(0.5, B.square(y))))], v, 1e-4, 'wino_expand')
  })
})

describe('maxima of convolutions by tiles', () => {
  const tiles: readonly (readonly [Shape, Shape, Shape | undefined])[] = [
    [[3, 16, 12, 12], [17, 16, 5, 5], [17, 1, 1]],
    [[2, 28, 12, 14], [28, 28, 3, 3], undefined],
    [[2, 2, 16, 8, 12], [2, 16, 16, 5, 5], [2, 1, 16, 1, 1]]
  ]
  test.each(tiles)('x %j, w %j, bias %j', async (xs, ws, bs) => {
    const v = values({ x: xs, w: ws, ...(bs === undefined ? {} : { b: bs }) })
    // Weights as small as sums of this length have: tanh of large ones has their error and not their magnitude.
    const x = leaf(v, 'x'), w = leaf(v, 'w'), c = B.conv2d(x, B.mul(0.1, w), plain)
    const [y] = stabilise([B.maxPool2d(B.tanh(bs === undefined ? c : B.add(c, leaf(v, 'b'))), blocks)])
    await agree([y, ...grad([x, w])(B.sum(B.mul(0.5, B.square(y))))], v, 1e-4, 'wino_pool')
  })
})
