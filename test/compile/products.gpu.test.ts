/**
 * Products by subgroups against the f64 meaning: rows and columns that end inside a tile,
 * at it and past it, sums of any length, operands that lie in either order, batched
 * together, alone or not at all, and long sums in parts.
 * Tolerance: sums of up to 5,000 terms of order 1 in f32, relative to the largest magnitude.
 */
import { describe, expect, test } from 'vitest'
import { smallProduct } from '../../src/compile/products.ts'
import * as B from '../../src/tensor/build.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { grad } from '../../src/tensor/grad.ts'
import { agree, leaf, values } from './agreement.ts'
import { targets } from './graphs.ts'
import type { Shape } from './agreement.ts'

const SUB = 'matmul_sub'

const swapped = (t: Tensor, s: Shape): Tensor => B.transpose(t, s.map((_, i) => (i < s.length - 2 ? i : 2 * s.length - 3 - i)))

describe('products by subgroups', () => {
  const cases: readonly (readonly [Shape, Shape])[] = [
    [[100, 64], [64, 44]], [[33, 129], [129, 64]], [[32, 200], [200, 32]], [[61, 70], [70, 100]], [[8, 90], [90, 300]], [[300, 91], [91, 12]], [[150, 5], [5, 400]],
    [[3, 64, 66], [3, 66, 52]], [[61, 70], [2, 70, 56]], [[2, 61, 70], [70, 56]], [[40, 7, 13], [13, 60]], [[2, 1, 60, 70], [1, 3, 70, 56]]
  ]
  test.each(cases)('%j times %j', async (a, b) => {
    const v = values({ a, b })
    await agree([B.matmul(leaf(v, 'a'), leaf(v, 'b'))], v, 1e-5, SUB)
  })
  test.each<readonly [Shape, Shape]>([[[100, 64], [44, 64]], [[3, 64, 68], [3, 52, 68]], [[37, 111], [60, 111]]])('%j times %j with its axes exchanged', async (a, b) => {
    const v = values({ a, b })
    await agree([B.matmul(leaf(v, 'a'), swapped(leaf(v, 'b'), b))], v, 1e-5, SUB)
  })
  test.each<readonly [Shape, Shape]>([[[64, 100], [64, 44]], [[3, 68, 61], [3, 68, 52]], [[70, 2, 36], [70, 100]], [[111, 37], [111, 60]]])('%j with its axes exchanged times %j', async (a, b) => {
    const v = values({ a, b }), left = leaf(v, 'a')
    await agree([B.matmul(a.length === b.length ? swapped(left, a) : B.transpose(left, [1, 2, 0]), leaf(v, 'b'))], v, 1e-5, SUB)
  })
  // Rows along k that are copied along n: 2 KB or a multiple apart, or in many sums; with rows and sums that end inside a vector, batched, shared, folded.
  test.each<readonly [Shape, Shape]>([
    [[130, 512], [512, 132]], [[2, 65, 512], [2, 512, 136]], [[2, 66, 1024], [1024, 128]], [[132, 512], [2, 512, 128]], [[520, 516], [516, 512]]
  ])('%j copied times %j', async (a, b) => {
    const v = values({ a, b }), y = [B.matmul(leaf(v, 'a'), leaf(v, 'b'))]
    for (const uses of [SUB, a.includes(512) && a[a.length - 2] % 4 !== 0 ? 'pad' : 'reshape']) await agree(y, v, 1e-5, uses)
  })
  test.each<readonly [Shape, Shape]>([[[129, 512], [132, 512]], [[2, 130, 1024], [124, 1024]], [[2, 128, 512], [2, 68, 512]]])('%j times %j copied with its axes exchanged', async (a, b) => {
    const v = values({ a, b }), y = [B.matmul(leaf(v, 'a'), swapped(leaf(v, 'b'), b))]
    for (const uses of [SUB, 'reshape']) await agree(y, v, 1e-5, uses)
  })
  test('both with their axes exchanged', async () => {
    const v = values({ a: [90, 43], b: [72, 90] })
    await agree([B.matmul(swapped(leaf(v, 'a'), [90, 43]), swapped(leaf(v, 'b'), [72, 90]))], v, 1e-5, SUB)
  })
  test.each<readonly [Shape, Shape]>([[[16, 5120], [5120, 16]], [[20, 1030], [1030, 40]], [[2, 10, 1024], [1024, 32]]])('a long sum in parts: %j times %j', async (a, b) => {
    const v = values({ a, b })
    const x = leaf(v, 'a'), k = b[0], turned = swapped(B.reshape(x, [k, a.slice(0, -1).reduce((p, q) => p * q, 1)]), [k, 1])
    await agree([B.matmul(x, leaf(v, 'b')), B.mul(0.5, B.matmul(turned, leaf(v, 'b')))], v, 1e-5, SUB)
  })
  test('a dense layer with its gradients', async () => {
    const v = values({ x: [50, 120], w: [120, 68], b: [68] })
    const w = leaf(v, 'w'), x = leaf(v, 'x')
    const y = B.tanh(B.add(B.matmul(x, w), leaf(v, 'b')))
    await agree([y, ...grad([x, w])(B.sum(B.mul(0.5, B.square(y))))], v, 1e-5, SUB)
  })
  test('what follows by an operand that lies the other way', async () => {
    const v = values({ a: [64, 64], b: [64, 64], c: [64, 64] })
    const y = B.add(B.matmul(leaf(v, 'a'), leaf(v, 'b')), B.transpose(leaf(v, 'c'), [1, 0]))
    await agree([B.tanh(y)], v, 1e-5, SUB)
  })
  test.each<readonly [Shape, Shape]>([[[100, 64], [64, 45]], [[2, 400], [400, 400]]])('%j times %j goes to the general kernel', async (a, b) => {
    const v = values({ a, b })
    await agree([B.matmul(leaf(v, 'a'), leaf(v, 'b'))], v, 1e-5, 'matmul')
  })
})

describe('small products', () => {
  test('are sums', async () => {
    const v = values({ a: [10, 20], b: [20, 30] })
    const y = B.matmul(leaf(v, 'a'), leaf(v, 'b'))
    for (const target of targets) expect(smallProduct(target)(y)?.op).toBe('sum')
    await agree([y], v, 1e-5, 'sum')
  })
  test('large ones are none, of more results or of longer sums on a GPU', () => {
    const v = values({ a: [100, 100], b: [100, 100], c: [400, 100], d: [100, 300], e: [100, 300] })
    const product = (x: string, y: string) => B.matmul(leaf(v, x), leaf(v, y))
    for (const target of targets.filter((t) => t.kind !== 'gpu')) expect(smallProduct(target)(product('a', 'b'))).toBeUndefined()
    for (const target of targets) for (const t of [product('c', 'd'), B.matmul(leaf(v, 'e'), B.transpose(leaf(v, 'e')))]) expect(smallProduct(target)(t)).toBeUndefined()
  })
})
