/** Graphs of draws cut into pieces of draws: slices of the whole, and no cut where draws mix. */
import { expect, test } from 'vitest'
import { interpret } from '../../src/reference/index.ts'
import { batch } from '../../src/tensor/batch.ts'
import * as B from '../../src/tensor/build.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { shapeOf } from '../../src/tensor/node.ts'
import { cuts } from '../../src/tensor/pieces.ts'
import { right } from '../infer/models.ts'

const S = 7, i = B.leaf('input', 'draw', [], 'u32'), key = B.leaf('input', 'key', [2], 'u32')
const of = (one: Tensor): Tensor => batch(S, [[i, B.iota([S], 0, 'u32')]])([one])[0]
const normal = (name: number, shape: readonly number[]): Tensor => B.randomNormal(B.fold(B.fold(key, name), i), shape)
const x = B.leaf('input', 'x', [2, 3, 6, 6])
const flat = B.reshape(x, [6, 36])

const draws: Readonly<Record<string, Tensor>> = {
  weights: normal(1, [3]),
  'a product': B.tanh(B.add(B.matmul(flat, normal(2, [36, 4])), normal(3, [4]))),
  softmax: B.softmax(B.matmul(flat, normal(4, [36, 5]))),
  'a convolution, pooled': B.maxPool2d(B.conv2d(x, normal(5, [2, 3, 3, 3]), { stride: [1, 1], padding: [[0, 0], [0, 0]], dilation: [1, 1], groups: 1 }), { window: [2, 2], stride: [2, 2], padding: [[0, 0], [0, 0]] }),
  'two layers': B.matmul(B.tanh(B.matmul(flat, normal(6, [36, 4]))), normal(7, [4, 2])),
  'a slice of a vector': B.reshape(B.slice(normal(8, [12]), [4], [10]), [2, 3]),
  'a sum': B.sum(normal(9, [4, 5])),
  'a row of the draw': B.take(normal(10, [4, 2]), B.array(Uint32Array.of(1, 3), [2], 'u32')),
  uniform: B.randomUniform(B.fold(key, B.mul(i, B.scalar(3, 'u32'))), [2])
}

const values = { key: { shape: [2], data: [12, 34] }, x: { shape: [2, 3, 6, 6], data: Array.from({ length: 216 }, (_, k) => Math.sin(k)) } }

for (const [name, one] of Object.entries(draws))
  test(`${name}: pieces are slices of the whole`, () => {
    const whole = of(one), [cut] = cuts([whole])
    expect([cut?.length, cut?.axes]).toEqual([S, [0]])
    const [all] = right(interpret(values)([whole])), per = all.data.length / S
    for (const [from, n] of [[0, 1], [2, 3], [0, S]] as const) {
      const [piece] = cut.piece(B.leaf('input', 'from', [], 'u32'), n)
      expect(shapeOf(piece)).toEqual([n, ...shapeOf(whole).slice(1)])
      const [got] = right(interpret({ ...values, from: { shape: [], data: [from] } })([piece]))
      expect([...got.data]).toEqual([...all.data].slice(from * per, (from + n) * per))
    }
  })

test('draws that are averaged, compared or laid side by side are not cut', () => {
  const whole = of(normal(1, [3]))
  for (const mixed of [B.mean(whole, [0]), B.sub(whole, B.mean(whole, [0], true)), B.flip(whole, [0]), B.matmul(whole, B.transpose(whole)), B.slice(whole, [1, 0], [4, 3])]) expect(cuts([mixed])).toEqual([])
  expect(cuts([whole, B.scalar(1)])).toEqual([])
})

test('a second axis of draws, and outputs that share the draws', () => {
  const whole = of(normal(2, [36, 4])), turned = B.transpose(of(normal(1, [3])))
  const [cut] = cuts([whole, turned])
  expect(cut.axes).toEqual([0, 1])
  expect(cut.piece(B.scalar(0, 'u32'), 2).map((t) => shapeOf(t))).toEqual([[2, 36, 4], [3, 2]])
})
