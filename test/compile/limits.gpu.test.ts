/** What is more than a kernel may have: buffers, workgroups along one axis, shared memory. */
import { describe, expect, test } from 'vitest'
import { compile } from '../../src/compile/compile.ts'
import { dispatches } from '../../src/compile/program.ts'
import { verify } from '../../src/compile/verify.ts'
import { E } from '../../src/fp.ts'
import { orThrow } from '../../src/error.ts'
import { destroy, instantiate, read, runSteps, sharedDevice, write } from '../../src/gpu/index.ts'
import { interpret } from '../../src/reference/index.ts'
import { evaluate } from '../../src/run/evaluate.ts'
import * as B from '../../src/tensor/build.ts'
import { grad } from '../../src/tensor/grad.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { agree, agreeAsGpu, leaf, values } from './agreement.ts'
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

// More workgroups than the grid's first axis takes: the grid has rows, and more workgroups than there is work for.
test.each(['software', 'gpu'] as const)('a state that one workgroup updates beside much other work is updated once, as compiled for a %s', async (kind) => {
  const s = B.leaf('state', 's', [50]), u = B.leaf('state', 'u', [60, 30])
  const next = B.add(s, B.slice(B.sum(B.mul(u, 0.01), [1]), [0], [50]))
  const device = await orThrow(sharedDevice)
  const program = compile({ outputs: { y: B.iota([4000], 0, 'f32') }, updates: { s: next }, record: {}, extents: {} }, { ...device.target, kind, maxWorkgroupsPerDimension: 7 })
  if (E.isLeft(program)) throw new Error(JSON.stringify(program.left))
  expect(dispatches(program.right.body).map((d) => d.grid)).toEqual([[7, 3, 1]])
  const instance = await orThrow(instantiate(program.right)(device))
  expect(write('state:u', new Float32Array(1800).fill(1))(instance)._tag).toBe('Right')
  await orThrow(runSteps(1)(instance))
  const got = await orThrow(read(['state:s'])(instance))
  destroy(instance)
  // thirty times 0.01, summed in f32
  for (const v of got['state:s']) expect(v).toBeCloseTo(0.3, 5)
})

// Each takes most of what one workgroup may have.
test('chains that share a dispatch have the shared memory of one', async () => {
  const shapes = Object.fromEntries(Array.from({ length: 4 }, (_, k) => [`x${k}`, [30 + k, 120, 2]])), v = values(shapes)
  const nodes = Object.keys(shapes).map((k) => {
    const t = B.sum(leaf(v, k), [2])
    return B.sum(B.tanh(B.mul(B.sub(t, B.sum(t, [0], true)), B.flip(t, [1]))), [1])
  })
  // tanh of large numbers is 1, and sums of 120 of them are rounded to a last bit
  await agreeAsGpu(nodes, v, 1e-5)
  await agree(nodes, v, 1e-5)
})
