/**
 * Concatenations long enough to be one buffer written in parts, read at other places than
 * they are written: what reads one must wait until all its parts are there. Copies and sums
 * of whole numbers are exact.
 */
import { test } from 'vitest'
import { Tensor, pipe } from '../../src/index.ts'
import { agree, agreeAsGpu, leaf } from './agreement.ts'

const counted = (shape: readonly number[], from: number) => ({ shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => from + i) })

const v = { x: counted([5000], 0), y: counted([5000], 10_000), z: counted([100, 100], 0) }
const [x, y, z] = ['x', 'y', 'z'].map((k) => leaf(v, k))
const both = Tensor.concat(0)([x, y])
const products = pipe(z, Tensor.matmul(Tensor.eye(100)))

test.each([
  ['the middle of two parts', ['x', 'y'], Tensor.slice([2500], [7500])(both)],
  ['the middle, turned round', ['x', 'y'], Tensor.slice([2500], [7500])(Tensor.flip([0])(both))],
  ['a lag', ['z'], Tensor.sub(Tensor.slice([0, 0], [100, 100])(Tensor.concat(0)([Tensor.ones([1, 100]), z])))(z)],
  ['columns of two parts', ['z'], Tensor.slice([0, 37], [100, 137])(Tensor.concat(1)([z, Tensor.mul(2)(z)]))],
  ['a product and what lies behind it', ['z'], Tensor.add(Tensor.slice([50, 0], [150, 100])(Tensor.concat(0)([products, z])))(products)]
] as const)('%s', async (_, names, t) => {
  const own = Object.fromEntries(names.map((k) => [k, v[k]]))
  await agree([t], own, 0)
  await agreeAsGpu([t], own, 0)
})
