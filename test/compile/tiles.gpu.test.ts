/**
 * The kernels that a GPU target chooses, on whatever adapter there is, against the f64
 * meaning: the program is compiled for the adapter's own limits, with the class of a GPU.
 * Tolerance: sums of up to 1,000 terms of order 1 in f32, of the largest magnitude.
 */
import { expect, test } from 'vitest'
import { dispatches } from '../../src/compile/program.ts'
import * as B from '../../src/tensor/build.ts'
import { grad } from '../../src/tensor/grad.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { agreeAsGpu, values } from './agreement.ts'

const agree = async (nodes: readonly Tensor[], shapes: Readonly<Record<string, readonly number[]>>, kernel: string, slices = 1): Promise<void> => {
  const program = await agreeAsGpu(nodes, values(shapes), 1e-5)
  expect(program.kernels.some((k) => k.wgsl.includes('var<workgroup>') && k.wgsl.includes('fn add_slice')), `${kernel} by tiles`).toBe(true)
  expect(Math.max(...dispatches(program.body).map((d) => d.grid[2])), 'slices of the longest sum').toBeGreaterThanOrEqual(slices)
}

const x = (name: string, shape: readonly number[]): Tensor => B.leaf('input', name, shape)

test.each([[[270, 67], [67, 245]], [[2, 117, 65], [65, 229]], [[3, 140, 70], [3, 70, 126]]] as const)('products %j by %j, with what follows', async (a, b) => {
  await agree([B.tanh(B.matmul(x('a', a), x('b', b)))], { a, b }, 'matmul')
})

test('a transposed operand', async () => {
  await agree([B.matmul(B.transpose(x('a', [67, 270])), x('b', [67, 245]))], { a: [67, 270], b: [67, 245] }, 'matmul')
})

test.each([
  [[2, 3, 9, 11], [17, 3, 3, 3], { stride: [1, 1], padding: [[1, 1], [1, 1]], dilation: [1, 1], groups: 1 }],
  [[3, 32, 8, 7], [32, 16, 3, 2], { stride: [2, 1], padding: [[0, 1], [1, 0]], dilation: [1, 2], groups: 2 }]
] as const)('convolution of %j by %j and both gradients', async (xs, ws, window) => {
  const a = x('x', xs), w = x('w', ws)
  const y = B.conv2d(a, w, window)
  const [ga, gw] = grad([a, w])(B.sum(B.square(y)))
  await agree([y, ga, gw], { x: xs, w: ws }, 'conv2d')
})

// One tile each: what they sum over is cut into parts, as many as divide it.
test.each([
  ['rows along the sum', (a: Tensor, b: Tensor) => B.matmul(a, b), [40, 1024], [1024, 50], 8],
  ['columns along the sum', (a: Tensor, b: Tensor) => B.matmul(B.transpose(a), b), [900, 40], [900, 60], 4],
  ['one row in front', (a: Tensor, b: Tensor) => B.matmul(a, B.transpose(b)), [1, 63, 760], [60, 760], 4]
] as const)('a long sum of a small product, %s', async (_, product, a, b, slices) => {
  await agree([B.tanh(B.add(1, product(x('a', a), x('b', b))))], { a, b }, 'matmul', slices)
})

test('a small gradient by weights of many images', async () => {
  const xs = [12, 1, 14, 14], ws = [32, 1, 5, 5], w = x('w', ws)
  const y = B.conv2d(x('x', xs), w, { stride: [1, 1], padding: [[0, 0], [0, 0]], dilation: [1, 1], groups: 1 })
  await agree(grad([w])(B.sum(B.square(y))), { x: xs, w: ws }, 'convWeights', 12)
})
