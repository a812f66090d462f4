/** Comparisons that ride behind a product: rectifiers and their gradients, masks alone. */
import { expect, test } from 'vitest'
import { E } from '../../src/fp.ts'
import { orThrow } from '../../src/error.ts'
import { interpret } from '../../src/reference/index.ts'
import { evaluate } from '../../src/run/evaluate.ts'
import * as B from '../../src/tensor/build.ts'
import { grad } from '../../src/tensor/grad.ts'
import type { Tensor } from '../../src/tensor/node.ts'

const x = B.leaf('input', 'x', [40, 784]), w = B.leaf('input', 'w', [784, 400]), b = B.leaf('input', 'b', [400]), v = B.leaf('input', 'v', [400, 12])
const wave = (n: number, k: number): Float32Array => Float32Array.from({ length: n }, (_, i) => Math.sin(k + 0.37 * i) * 0.1)
const values = { x: { shape: [40, 784], data: wave(40 * 784, 1) }, w: { shape: [784, 400], data: wave(784 * 400, 2) }, b: { shape: [400], data: wave(400, 3) }, v: { shape: [400, 12], data: wave(4800, 4) } }

const z = B.add(B.matmul(x, w), b)
const cases: Readonly<Record<string, readonly Tensor[]>> = {
  'a rectifier with its mask kept': [B.relu(z), B.cast(B.gt(z, 0), 'f32')],
  'two rectified layers and all gradients': [B.sum(B.square(B.matmul(B.relu(z), v))), ...grad([x, w, b, v])(B.sum(B.square(B.matmul(B.relu(z), v))))],
  'masks alone': [B.cast(B.sum(B.cast(B.gt(z, 0.05), 'i32'), [1]), 'f32'), B.cast(B.sum(B.cast(B.lt(z, -0.05), 'i32'), [0]), 'f32')]
}

test.each(Object.entries(cases))('%s', async (_, nodes) => {
  const used = Object.fromEntries(Object.entries(values).filter(([k]) => k !== 'v' || nodes.length === 5))
  const got = await orThrow(evaluate(nodes, used)), want = interpret(used)(nodes)
  if (E.isLeft(want)) throw new Error(JSON.stringify(want.left))
  got.forEach((g, i) => {
    const f = want.right[i].data, scale = f.reduce((m, n) => Math.max(m, Math.abs(n)), 1)
    // Products of 784 terms in f32; masks agree where the sum is not at the edge.
    const off = Array.from(g.data).filter((n, k) => Math.abs(n - f[k]) > 1e-4 * scale).length
    expect(off, `graph ${i}`).toBeLessThanOrEqual(nodes.length === 5 ? 0 : 2)
  })
})
