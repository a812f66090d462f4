/** Work that doesn't wait for each other shares dispatches; what is known is computed at compile time. */
import { describe, expect, test } from 'vitest'
import { compile } from '../../src/compile/compile.ts'
import { dispatches } from '../../src/compile/program.ts'
import type { Program } from '../../src/compile/program.ts'
import { verify } from '../../src/compile/verify.ts'
import { E } from '../../src/fp.ts'
import { orThrow } from '../../src/error.ts'
import { interpret } from '../../src/reference/index.ts'
import { evaluate } from '../../src/run/evaluate.ts'
import * as B from '../../src/tensor/build.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { agree, agreeAsGpu, leaf, values as drawn } from './agreement.ts'
import { targets } from './graphs.ts'

const programOf = (outputs: Readonly<Record<string, Tensor>>): Program => {
  const r = compile({ outputs, updates: {}, record: {}, extents: {} }, targets[0])
  if (E.isLeft(r)) throw new Error(JSON.stringify(r.left))
  const v = verify(r.right, targets[0])
  if (E.isLeft(v)) throw new Error(JSON.stringify(v.left))
  return r.right
}

const x = B.leaf('input', 'x', [37, 64]), y = B.leaf('input', 'y', [12, 40])
const values = {
  x: { shape: [37, 64], data: Float32Array.from({ length: 37 * 64 }, (_, i) => Math.sin(i)) },
  y: { shape: [12, 40], data: Float32Array.from({ length: 480 }, (_, i) => Math.cos(i)) }
}

describe('dispatches that are shared', () => {
  const a = B.sum(x, [1]), b = B.sum(y, [1]), outputs = { a, b, c: B.sum(B.exp(y), [1]), later: B.add(B.sum(a), B.sum(b)) }
  test('independent sums are one dispatch, what needs them another', () => {
    const p = programOf(outputs)
    const labels = dispatches(p.body).map((d) => d.label)
    expect(labels.filter((l) => l.includes('|')).length).toBeGreaterThan(0)
    const apart = Object.entries(outputs).reduce((n, [k, t]) => n + dispatches(programOf({ [k]: t }).body).length, 0)
    expect(labels.length).toBeLessThan(apart)
  })
  test('and give what the f64 meaning gives', async () => {
    const nodes = Object.values(outputs)
    const got = await orThrow(evaluate(nodes, values))
    const want = interpret(values)(nodes)
    if (E.isLeft(want)) throw new Error('interpret')
    // Sums of up to 2,368 terms of order 1 in f32.
    got.forEach((g, i) => { g.data.forEach((v, k) => { expect(Math.abs(v - want.right[i].data[k])).toBeLessThan(2e-4) }) })
  })
})

describe('sums that are parts of one long concatenation', () => {
  // By vectors along the results, and by vectors along what is summed: the whole is seen by numbers then.
  const v = drawn({ p: [24, 4000], q: [4200, 24], r: [24, 128] })
  const nodes = [B.concat([B.sum(leaf(v, 'p'), [0]), B.sum(leaf(v, 'q'), [1]), B.sum(leaf(v, 'r'), [0])], 0)]
  test('are one dispatch, however each writes its part', async () => {
    // 24 terms of order 1 in f32
    const program = await agreeAsGpu(nodes, v, 2e-6)
    expect(dispatches(program.body).map((d) => d.label)).toEqual(['sum | sum | sum'])
    await agree(nodes, v, 2e-6)
  })
})

test('what nothing waits for lies beside what comes later, not in a dispatch of its own', () => {
  // The first sum binds six buffers of eight: the third, which binds three, lies beside what follows.
  const [a, b, c, d, e, f, g, h] = Array.from({ length: 8 }, (_, i) => B.leaf('input', `u${i}`, [400, 400]))
  const first = B.sum(B.add(B.add(B.add(a, b), B.mul(c, d)), e), [1]), second = B.sum(B.mul(B.exp(first), f), [1]), third = B.sum(B.exp(B.mul(g, h)), [1])
  const made = compile({ outputs: { second, third }, updates: {}, record: {}, extents: {} }, { ...targets[1], maxStorageBuffers: 8 })
  if (E.isLeft(made)) throw new Error(JSON.stringify(made.left))
  expect(dispatches(made.right.body).map((d) => d.label)).toEqual(['sum', 'exp | sum', 'sum'])
})

describe('elementwise work of one length', () => {
  test('what lies between two steps of one chain stays in registers', () => {
    // Six long vectors in, three out, all shared expensive work between: one kernel.
    const v = Array.from({ length: 4 }, (_, i) => B.leaf('input', `v${i}`, [5000]))
    const s = B.tanh(B.add(v[0], v[1])), t = B.exp(B.mul(s, v[2]))
    expect(dispatches(programOf({ p: B.mul(s, t), q: B.add(t, v[3]), r: B.sub(s, t) }).body).length).toBe(1)
  })
  test('what only later kernels read is made there, from what is stored for others too', () => {
    // A gradient whose least decides what becomes of the states, as in training: of the gradient's kernel nothing else is kept.
    const n = 40_000, [m, w, x] = ['m', 'w', 'x'].map((k) => B.leaf('state', k, [n])), g = B.mul(B.tanh(x), B.exp(w)), next = B.add(B.mul(m, 0.9), B.mul(B.exp(g), 0.1))
    const fine = B.gt(B.reduceMin(g), -10), made = compile({ outputs: {}, updates: { m: B.select(fine, next, m), w: B.select(fine, B.sub(w, B.tanh(next)), w) }, record: {}, extents: {} }, targets[0])
    if (E.isLeft(made)) throw new Error(JSON.stringify(made.left))
    expect(dispatches(made.right.body).length).toBeGreaterThan(1)
    expect(made.right.slots.filter((s) => s.role === 'temp' && s.bytes >= 4 * n).length).toBe(1)
  })
})

describe('reductions of what is known', () => {
  const mask = B.cast(B.lt(B.iota([100, 64], 1), B.reshape(B.iota([100], 0), [100, 1])), 'f32')
  test('are constants of the program', async () => {
    const counts = B.sum(mask, [1])
    const p = programOf({ out: B.mul(B.reshape(counts, [100, 1]), B.sliceAxis(B.broadcastTo(B.sum(x, [1]), [100, 37]), 1, 0, 1)) })
    expect(p.slots.some((s) => s.role === 'constant' && s.shape.join() === '100')).toBe(true)
    const [got] = await orThrow(evaluate([counts]))
    expect(Array.from(got.data)).toEqual(Array.from({ length: 100 }, (_, i) => Math.min(i, 64)))
  })
})
