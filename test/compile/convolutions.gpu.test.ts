/**
 * Convolutions of any geometry on a software adapter against the f64 meaning: strides, paddings, dilations, groups,
 * draws together, alone or not at all, planes that are no whole vectors, tiles with an
 * edge, epilogues of either width, and small geometries at random. Sums of at most some
 * hundred products of numbers below 1: 1e-5 of the largest magnitude.
 */
import * as fc from 'fast-check'
import { describe, test } from 'vitest'
import * as B from '../../src/tensor/build.ts'
import { grad } from '../../src/tensor/grad.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { agree, leaf, values } from './agreement.ts'
import type { Shape } from './agreement.ts'

interface Window { readonly stride: readonly [number, number]; readonly padding: readonly [readonly [number, number], readonly [number, number]]; readonly dilation: readonly [number, number]; readonly groups: number }

const window = (stride: number, padding: number, dilation = 1, groups = 1): Window =>
  ({ stride: [stride, stride], padding: [[padding, padding], [padding, padding]], dilation: [dilation, dilation], groups })

/** A convolution and both its gradients, of half the sum of its squares. */
const three = (x: Tensor, w: Tensor, by: Window): readonly Tensor[] => {
  const y = B.conv2d(x, w, by)
  return [y, ...grad([x, w])(B.sum(B.mul(0.5, B.square(y))))]
}

const TOLERANCE = 1e-5

const agreeWith = (kernels: readonly string[]) => async (xs: Shape, ws: Shape, by: Window): Promise<void> => {
  const v = values({ x: xs, w: ws })
  const nodes = three(leaf(v, 'x'), leaf(v, 'w'), by)
  await agree(nodes, v, TOLERANCE, kernels[0])
  for (const [k, uses] of kernels.entries()) if (k > 0) await agree(nodes.slice(2), v, TOLERANCE, uses)
}

describe('convolutions by subgroups', () => {
  const cases: readonly (readonly [name: string, x: Shape, w: Shape, by: Window])[] = [
    ['the first of a residual network', [3, 1, 12, 12], [8, 1, 3, 3], window(2, 1)],
    ['stride 2, whole planes, two tiles of filters', [2, 8, 12, 12], [33, 8, 3, 3], window(2, 1)],
    ['a place, stride 2', [3, 12, 9, 9], [20, 12, 1, 1], window(2, 0)],
    ['a place, stride 1', [2, 16, 5, 5], [9, 16, 1, 1], window(1, 0)],
    ['few channels with padding', [2, 6, 7, 7], [16, 6, 5, 5], window(1, 2)],
    ['stride 3, dilation 2', [2, 4, 13, 15], [5, 4, 3, 3], window(3, 2, 2)],
    ['stride 2, dilation 2: classes without a tap', [2, 4, 11, 12], [8, 4, 2, 2], window(2, 1, 2)],
    ['groups', [2, 12, 8, 8], [24, 4, 3, 3], window(1, 1, 1, 3)],
    ['groups, stride 2, tiles with an edge', [2, 10, 7, 9], [18, 5, 3, 3], window(2, 1, 1, 2)],
    ['draws of both', [2, 2, 5, 9, 9], [2, 17, 5, 3, 3], window(2, 1)],
    ['draws of the weights', [3, 5, 8, 8], [2, 9, 5, 3, 3], window(2, 1)],
    ['draws of the images', [2, 3, 5, 8, 8], [9, 5, 3, 3], window(2, 1)],
    ['one image of one place', [1, 9, 3, 3], [8, 9, 3, 3], window(2, 0)]
  ]
  test.each(cases)('%s: x %j, w %j', (_, xs, ws, by) => agreeWith(['conv2d_sub', 'conv2d_weights_sub'])(xs, ws, by))
  test.each([[12, 'four at a time'], [9, 'one at a time']])('what follows rides along: planes of a side %i, %s', async (side) => {
    const v = values({ x: [2, 5, side, side], w: [6, 5, 3, 3], b: [6, 1, 1] })
    const y = B.tanh(B.add(B.conv2d(leaf(v, 'x'), leaf(v, 'w'), window(1, 1)), leaf(v, 'b')))
    await agree([y], v, TOLERANCE, 'conv2d_sub')
  })
  test('lopsided paddings', () =>
    agreeWith(['conv2d_sub', 'conv2d_weights_sub'])([2, 4, 9, 10], [8, 4, 3, 2], { stride: [2, 1], padding: [[0, 2], [1, 0]], dilation: [1, 2], groups: 1 }))
})

describe('filters of one channel', () => {
  const cases: readonly (readonly [name: string, x: Shape, w: Shape, by: Window])[] = [
    ['whole vectors', [3, 5, 12, 12], [5, 1, 3, 3], window(1, 1, 1, 5)],
    ['rows with an edge', [2, 9, 7, 7], [9, 1, 3, 3], window(1, 1, 1, 9)],
    ['two filters a channel, rows of 17', [2, 3, 6, 17], [6, 1, 3, 2], window(1, 0, 1, 3)],
    ['draws of both', [2, 2, 3, 5, 8], [2, 3, 1, 2, 3], window(1, 1, 1, 3)],
    ['draws of the weights', [2, 3, 5, 8], [2, 3, 1, 3, 3], window(1, 1, 1, 3)],
    ['more images than slices', [70, 8, 4, 4], [8, 1, 3, 3], window(1, 1, 1, 8)]
  ]
  test.each(cases)('%s: x %j, w %j', (_, xs, ws, by) => agreeWith(['conv2d_depth', 'conv2d_weights_depth'])(xs, ws, by))
  const strided: readonly (readonly [x: Shape, w: Shape, by: Window])[] = [
    [[2, 4, 12, 12], [4, 1, 3, 3], window(2, 1, 1, 4)],
    [[2, 4, 11, 9], [4, 1, 5, 5], window(2, 2, 1, 4)],
    [[2, 4, 9, 11], [4, 1, 2, 2], window(3, 0, 1, 4)]
  ]
  test.each(strided)('the gradient by data with strides: x %j, w %j', (xs, ws, by) => agreeWith(['conv2d_depth'])(xs, ws, by))
  test.each([[12, 'four at a time'], [9, 'one at a time']])('what follows rides along: planes of a side %i, %s', async (side) => {
    const v = values({ x: [2, 5, side, side], w: [5, 1, 3, 3], b: [5, 1, 1] })
    const y = B.tanh(B.add(B.conv2d(leaf(v, 'x'), leaf(v, 'w'), window(1, 1, 1, 5)), leaf(v, 'b')))
    await agree([y], v, TOLERANCE, 'conv2d_depth')
  })
})

test('small geometries at random', async () => {
  const small = (max: number) => fc.integer({ min: 1, max })
  const pads = fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 }))
  const geometry = fc.record({
    n: small(3), groups: small(3), c: small(5), f: small(9), k: fc.tuple(small(4), small(4)), side: fc.tuple(small(9), small(9)),
    stride: fc.tuple(small(3), small(3)), padding: fc.tuple(pads, pads), dilation: fc.tuple(small(2), small(2)), draws: fc.constantFrom('none', 'x', 'w', 'both')
  }).filter((q) => [0, 1].every((d) => q.side[d] + q.padding[d][0] + q.padding[d][1] >= q.dilation[d] * (q.k[d] - 1) + 1))
  await fc.assert(fc.asyncProperty(geometry, async (q) => {
    const draws = (of: string): Shape => (q.draws === of || q.draws === 'both' ? [2] : [])
    const v = values({ x: [...draws('x'), q.n, q.c * q.groups, ...q.side], w: [...draws('w'), q.f * q.groups, q.c, ...q.k] })
    const { stride, padding, dilation, groups } = q
    await agree(three(leaf(v, 'x'), leaf(v, 'w'), { stride, padding, dilation, groups }), v, TOLERANCE)
  }), { numRuns: 25, seed: 20261124 })
}, 120_000)
