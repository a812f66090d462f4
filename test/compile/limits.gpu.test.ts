/** Expressions that read more buffers than a kernel may bind are computed in several kernels. */
import { describe, expect, test } from 'vitest'
import { compile } from '../../src/compile/compile.ts'
import { verify } from '../../src/compile/verify.ts'
import { E } from '../../src/fp.ts'
import { orThrow } from '../../src/error.ts'
import { interpret } from '../../src/reference/index.ts'
import { evaluate } from '../../src/run/evaluate.ts'
import * as B from '../../src/tensor/build.ts'
import { grad } from '../../src/tensor/grad.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { targets } from './graphs.ts'

const many = (n: number, shape: readonly number[]): readonly Tensor[] => Array.from({ length: n }, (_, i) => B.leaf('input', `v${i}`, shape))
const total = (ts: readonly Tensor[]): Tensor => ts.reduce((a, b) => B.add(a, b))
const pairs = (ts: readonly Tensor[]): readonly Tensor[] => ts.slice(1).map((t, i) => B.mul(t, ts[i]))

const graphs: Readonly<Record<string, { readonly leaves: readonly Tensor[]; readonly out: (v: readonly Tensor[]) => Tensor }>> = {
  'a sum of many scalars': { leaves: many(41, []), out: total },
  'a sum of many vectors': { leaves: many(41, [300]), out: total },
  'a tree of products': { leaves: many(41, [7]), out: (v) => B.exp(B.mul(total(pairs(v)), 0.01)) },
  'a reduction of many': { leaves: many(41, [300]), out: (v) => B.sum(total(pairs(v))) },
  'a small concatenation of many': { leaves: many(41, [3]), out: (v) => B.mul(B.concat(v, 0), 2) },
  'a reduction over a concatenation of many': { leaves: many(41, [3]), out: (v) => B.sum(B.square(B.concat(v.map((x) => B.exp(x)), 0))) },
  'a table of many, taken from': { leaves: many(41, [1]), out: (v) => B.take(B.concat(v, 0), B.array(Int32Array.from({ length: 90 }, (_, i) => (7 * i) % 41), [90], 'i32')) },
  'stacks along an inner axis': { leaves: many(41, [5]), out: (v) => B.sum(B.stack(v, 1), [1]) }
}

describe.each(Object.entries(graphs))('%s', (_, { leaves, out }) => {
  const y = out(leaves), loss = B.sum(y)
  const outputs = { y, ...Object.fromEntries(grad(leaves)(loss).map((g, i) => [`g${i}`, g])) }
  test.each(targets.map((t) => [t.kind, t] as const))('compiles within the limits: %s', (_kind, target) => {
    const p = compile({ outputs, updates: {}, record: {}, extents: {} }, target)
    if (E.isLeft(p)) throw new Error(JSON.stringify(p.left))
    expect(E.isRight(verify(p.right, target))).toBe(true)
    for (const k of p.right.kernels) expect(k.bindings.length, k.label).toBeLessThanOrEqual(target.maxStorageBuffers)
  })
  test('gives what the f64 meaning gives', async () => {
    const values = Object.fromEntries(leaves.map((l, i) => {
      const shape = (l.attrs['shape'] as readonly number[]), n = shape.reduce((a, b) => a * b, 1)
      return [`v${i}`, { shape, data: Float32Array.from({ length: n }, (_x, k) => Math.sin(1 + i + 0.7 * k)) }]
    }))
    const want = interpret(values)([y]), [got] = await orThrow(evaluate([y], values))
    if (E.isLeft(want)) throw new Error('interpret')
    // Sums of up to 12,300 terms of order 1 in f32.
    got.data.forEach((v, k) => { expect(Math.abs(v - want.right[0].data[k])).toBeLessThan(1e-3) })
  })
})
