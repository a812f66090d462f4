/** Chains of views, and products whose leading axes broadcast against each other, on the device. */
import { expect, test } from 'vitest'
import { orThrow } from '../../src/error.ts'
import { E } from '../../src/fp.ts'
import { interpret } from '../../src/reference/index.ts'
import { evaluate } from '../../src/run/evaluate.ts'
import * as B from '../../src/tensor/build.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { shapeOf } from '../../src/tensor/node.ts'
import { rngOf } from '../tensor/cases.ts'
import type { Rng } from '../tensor/cases.ts'

const pick = <A>(rng: Rng, xs: readonly A[]): A => xs[Math.floor(rng() * xs.length)]
const shape = (t: Tensor): readonly number[] => shapeOf(t) as readonly number[]
const size = (s: readonly number[]): number => s.reduce((a, b) => a * b, 1)

/** One more view, drawn from those that the shape allows. */
const view = (rng: Rng, t: Tensor): Tensor => {
  const s = shape(t), n = size(s)
  switch (pick(rng, ['flip', 'flip', 'transpose', 'reshape', 'slice', 'pad'])) {
    case 'flip': return B.flip(t, s.flatMap((_, d) => (rng() < 0.7 ? [d] : [])))
    case 'transpose': return B.transpose(t)
    case 'reshape': {
      const p = pick(rng, [2, 3, 5, 7].filter((q) => n % q === 0).concat([1]))
      return B.reshape(t, pick(rng, [[n], [p, n / p], [n / p, p]]))
    }
    case 'slice': return B.slice(t, s.map((e) => (e > 2 && rng() < 0.3 ? 1 : 0)), s)
    default: return n > 3000 ? t : B.pad(t, s.map(() => pick(rng, [0, 1])), s.map(() => pick(rng, [0, 2])))
  }
}

const same = async (nodes: readonly Tensor[], values: Parameters<typeof interpret>[0], tolerance: number): Promise<void> => {
  const want = interpret(values)(nodes)
  if (E.isLeft(want)) throw new Error(JSON.stringify(want.left))
  const got = await orThrow(evaluate(nodes, Object.fromEntries(Object.entries(values).map(([k, v]) => [k, { shape: v.shape, data: Float32Array.from(v.data) }]))))
  want.right.forEach((w, i) => {
    expect(got[i].shape).toEqual(w.shape)
    const worst = w.data.reduce((m, v, k) => Math.max(m, Math.abs(v - got[i].data[k])), 0)
    expect(worst, `chain ${i}`).toBeLessThanOrEqual(tolerance)
  })
}

test('chains of views move every element to its place', async () => {
  const rng = rngOf(5)
  const leaf = (n: number, m: number): Tensor => B.leaf('input', `x${n}.${m}`, [n, m])
  const leaves = [leaf(5, 7), leaf(6, 10), leaf(35, 3), leaf(8, 9)]
  const chains = Array.from({ length: 60 }, () => {
    let t = pick(rng, leaves)
    for (let k = 0; k < 6; k++) t = view(rng, t)
    return B.mul(t, 2)
  })
  await same([...chains, ...leaves.map((l) => B.flip(B.reshape(B.transpose(l), [size(shape(l))]), [0]))],
    Object.fromEntries(leaves.map((l) => [l.attrs['name'] as string, { shape: shape(l), data: Float64Array.from({ length: size(shape(l)) }, (_, i) => i + 1) }])), 0)
})

test('leading axes of products and convolutions broadcast against each other', async () => {
  const rng = rngOf(6)
  const pairs = [
    [[3, 7, 3, 5], [3, 1, 5, 4]], [[7, 1, 2, 4], [1, 3, 4, 5]], [[7, 5, 2], [4, 7, 2, 7]], [[2, 1, 3, 2, 3], [4, 1, 3, 2]]
  ].map(([a, b], i) => [B.leaf('input', `a${i}`, a), B.leaf('input', `b${i}`, b)] as const)
  const x = B.leaf('input', 'x', [2, 1, 2, 2, 5, 5]), w = B.leaf('input', 'w', [3, 4, 2, 3, 3])
  const nodes = [...pairs.map(([a, b]) => B.matmul(a, b)), B.conv2d(x, w, { stride: [1, 1], padding: [[0, 0], [0, 0]], dilation: [1, 1], groups: 1 })]
  const values = Object.fromEntries([...pairs.flat(), x, w].map((l) => [l.attrs['name'] as string, { shape: shape(l), data: Float64Array.from({ length: size(shape(l)) }, () => Math.fround(2 * rng() - 1)) }]))
  // Sums of at most 18 terms of order 1, rounded at 2^-24 each.
  await same(nodes, values, 40 * 2 ** -24)
})
