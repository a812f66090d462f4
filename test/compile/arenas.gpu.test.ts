/**
 * Several tensors in one buffer: where they lie, and that steps which read and write them
 * give what the f64 meaning gives, whatever a kernel may bind.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { arenasOf, shortTemporaries } from '../../src/compile/arenas.ts'
import { compile } from '../../src/compile/compile.ts'
import { deviceBytes, dispatches } from '../../src/compile/program.ts'
import type { Program, Target } from '../../src/compile/program.ts'
import { verify } from '../../src/compile/verify.ts'
import { E } from '../../src/fp.ts'
import { orThrow } from '../../src/error.ts'
import { destroy, instantiate, read, runSteps, sharedDevice, write } from '../../src/gpu/index.ts'
import { interpret } from '../../src/reference/index.ts'
import { evaluate } from '../../src/run/evaluate.ts'
import * as B from '../../src/tensor/build.ts'
import { dtypeOf, shapeOf } from '../../src/tensor/node.ts'
import type { DType, Tensor } from '../../src/tensor/node.ts'
import { elements } from '../../src/compile/extents.ts'

// -----------------------------------------------------------------------------
// places
// -----------------------------------------------------------------------------

const leaves = fc.array(
  fc.record({ kind: fc.constantFrom('input' as const, 'state' as const), n: fc.constantFrom(0, 1, 3, 64, 200, 257, 1000), dtype: fc.constantFrom<DType>('f32', 'u32', 'i32', 'bool', 'u8') }),
  { maxLength: 20 }
).map((all) => all.map(({ kind, n, dtype }, i) => B.leaf(kind, `${kind}${i}`, [n], dtype)))

test('members of an arena are of one type, apart, aligned to 256 bytes, and no more than a binding takes; no arena has one alone', () => {
  fc.assert(fc.property(leaves, fc.constantFrom(1024, 4096, 2 ** 27), (all, maxBindingBytes) => {
    const places = arenasOf(all, { maxBindingBytes, maxBufferBytes: 2 ** 30 })
    for (const arena of new Set([...places.values()].map((p) => p.arena))) {
      const members = [...places].filter(([, p]) => p.arena === arena).sort(([, a], [, b]) => a.from - b.from)
      expect(members.length).toBeGreaterThan(1)
      expect(new Set(members.map(([t]) => dtypeOf(t))).size).toBe(1)
      members.forEach(([t, { from }], k) => {
        expect(from % 64).toBe(0)
        expect(from + elements(t)).toBeLessThanOrEqual(members[k + 1]?.[1].from ?? elements(arena))
        expect(dtypeOf(t)).not.toBe('u8')
      })
      expect(4 * elements(arena)).toBeLessThanOrEqual(maxBindingBytes)
    }
    // Inputs that are no few numbers have buffers of their own.
    for (const t of places.keys()) expect(t.op === 'state' || elements(t) <= 256).toBe(true)
  }))
})

test('short temporaries, which share no memory by turns, take a MiB at most, in one arena of a type', () => {
  const all = Array.from({ length: 90 }, (_, i) => B.exp(B.leaf('input', `x${i}`, [5000 + i]))), places = shortTemporaries([...all, B.exp(B.leaf('input', 'long', [40_000]))], { maxBindingBytes: 2 ** 27, maxBufferBytes: 2 ** 28, maxStorageBuffers: 8 })
  expect(new Set([...places.values()].map((p) => p.arena)).size).toBe(1)
  expect(elements([...places.values()][0].arena) * 4).toBeLessThanOrEqual(2 ** 20)
  expect(places.size).toBeGreaterThan(40)
})

// -----------------------------------------------------------------------------
// steps
// -----------------------------------------------------------------------------

type Values = Readonly<Record<string, { readonly shape: readonly number[]; readonly data: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> }>>

const numbers = (n: number, seed: number): Float32Array<ArrayBuffer> => Float32Array.from({ length: n }, (_, k) => Math.sin(seed + 0.37 * k))

/** States of one length, counters and rates: each next value reads others, at its own place or elsewhere, and a product reads a state. */
const stepOf = (n: number): { readonly values: Values; readonly updates: Readonly<Record<string, Tensor>>; readonly outputs: Readonly<Record<string, Tensor>> } => {
  const state = (name: string): Tensor => B.leaf('state', name, [n]), few = (name: string, m: number): Tensor => B.leaf('state', name, [m])
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(state), [p, q] = [few('p', 3), few('q', 8)]
  const t = B.leaf('state', 't', [], 'u32'), u = B.leaf('state', 'u', [2], 'u32'), rate = B.leaf('input', 'rate', []), by = B.leaf('input', 'by', [8])
  const g = B.add(B.mul(a, rate), B.tanh(b)), w = B.reshape(B.slice(a, [0], [64]), [8, 8])
  const m = B.matmul(w, B.reshape(by, [8, 1]))
  return {
    values: {
      ...Object.fromEntries(['a', 'b', 'c', 'd'].map((k, i) => [k, { shape: [n], data: numbers(n, i) }])),
      p: { shape: [3], data: numbers(3, 7) }, q: { shape: [8], data: numbers(8, 8) }, rate: { shape: [], data: Float32Array.of(0.25) }, by: { shape: [8], data: numbers(8, 9) },
      t: { shape: [], data: Uint32Array.of(4) }, u: { shape: [2], data: Uint32Array.of(9, 5) }
    },
    updates: {
      a: B.sub(a, B.mul(g, 0.1)), b: B.add(B.mul(b, 0.9), B.mul(g, 0.1)),
      // one reads its neighbours, one what another state was
      c: B.add(B.flip(c, [0]), B.mul(g, B.slice(p, [1], [2]))), d: B.mul(a, B.cast(t, 'f32')),
      p: B.add(p, B.mean(g)), q: B.add(B.reshape(m, [8]), B.mul(q, rate)), t: B.add(t, B.reshape(B.slice(u, [1], [2]), [])), u: B.add(u, t)
    },
    outputs: { y: B.sum(B.square(B.reshape(B.sub(c, d), [n / 20, 20])), [1]), z: B.add(B.mul(q, 2), B.sum(p)) }
  }
}

/** The values after some steps by the f64 meaning. */
const meant = (n: number, steps: number): Readonly<Record<string, ArrayLike<number>>> => {
  const { values, updates, outputs } = stepOf(n)
  let now: Record<string, { readonly shape: readonly number[]; readonly data: ArrayLike<number> }> = { ...values }, last: Record<string, ArrayLike<number>> = {}
  for (let k = 0; k < steps; k++) {
    const names = [...Object.keys(updates), ...Object.keys(outputs)], got = interpret(now as Parameters<typeof interpret>[0])([...Object.values(updates), ...Object.values(outputs)])
    if (E.isLeft(got)) throw new Error(JSON.stringify(got.left))
    last = Object.fromEntries(names.map((name, i) => [name, got.right[i].data]))
    now = { ...now, ...Object.fromEntries(Object.keys(updates).map((name, i) => [name, { shape: shapeOf(updates[name]) as readonly number[], data: got.right[i].data }])) }
  }
  return last
}

const programOf = (n: number, target: Target): Program => {
  const { updates, outputs } = stepOf(n), made = compile({ outputs, updates, record: {}, extents: {} }, target)
  if (E.isLeft(made)) throw new Error(JSON.stringify(made.left))
  return made.right
}

describe.each(['software', 'gpu'] as const)('a step of many states, compiled for a %s', (kind) => {
  test.each([4, 8, 16])('that binds %i buffers, gives what the f64 meaning gives', async (maxStorageBuffers) => {
    const device = await orThrow(sharedDevice), n = 1240, steps = 4, { values, updates, outputs } = stepOf(n)
    const target = { ...device.target, kind, maxStorageBuffers }, program = programOf(n, target)
    expect(verify(program, target)._tag).toBe('Right')
    const instance = await orThrow(instantiate(program)(device))
    for (const [name, x] of Object.entries(values))
      expect(write(program.slots.some((s) => s.name === `in:${name}`) ? `in:${name}` : `state:${name}`, x.data)(instance)._tag).toBe('Right')
    await orThrow(runSteps(steps)(instance))
    const states = Object.keys(updates), names = [...states.map((s) => `state:${s}`), ...Object.keys(outputs).map((s) => `out:${s}`)]
    const got = await orThrow(read(names)(instance)), want = meant(n, steps)
    destroy(instance)
    for (const name of names) {
      const w = want[name.split(':')[1]], scale = Array.from(w).reduce((m, x) => Math.max(m, Math.abs(x)), 1e-30)
      // Four steps of some ten roundings each, and sums of 1,240 terms.
      expect(Array.from(w).reduce((m, x, i) => Math.max(m, Math.abs(x - got[name][i])), 0) / scale, name).toBeLessThanOrEqual(2e-5)
    }
  })
})

const least: Target = { kind: 'gpu', name: 'x', maxBindingBytes: 2 ** 27, maxBufferBytes: 2 ** 28, maxStorageBuffers: 8, maxWorkgroupsPerDimension: 65535, maxInvocations: 256, maxWorkgroupBytes: 16_384, subgroupSize: 0 }
const inputs = (k: number, shape: readonly number[]): readonly Tensor[] => Array.from({ length: k }, (_, i) => B.leaf('input', `x${i}`, shape))

/** A row by vectors and a rate by numbers, of one arena, beside so many inputs. */
const readInTwoWays = (k: number): Tensor => {
  const xs = inputs(k, [1000, 8]), row = B.leaf('input', 'row', [8]), rate = B.leaf('input', 'rate', [])
  return B.exp(xs.reduce((t, x) => B.add(t, B.mul(x, rate)), B.add(xs[0], row)))
}

/** A product whose epilogue reads so many members of one arena. */
const readByProduct = (k: number): Tensor =>
  Array.from({ length: k }, (_, i) => B.leaf('state', `s${i}`, [256, 64])).reduce((t, s) => B.add(t, B.mul(s, t)), B.matmul(B.leaf('input', 'x', [256, 64]), B.leaf('input', 'w', [64, 64])))

test.each(['software', 'gpu'] as const)('what reads an arena in two ways, or its members one by one, binds no more than a %s takes', (kind) => {
  for (const maxStorageBuffers of [8, 10, 16])
    for (const y of [6, 8, 12, 14, 20].flatMap((k) => [readInTwoWays(k), readByProduct(k)])) {
      const target = { ...least, kind, maxStorageBuffers }, made = compile({ outputs: { y }, updates: {}, record: {}, extents: {} }, target)
      if (E.isLeft(made)) throw new Error(JSON.stringify(made.left))
      expect(verify(made.right, target)._tag).toBe('Right')
    }
})

test('kernels that differ in where their buffers lie have one text', () => {
  const layer = (x: Tensor, i: number): Tensor => B.tanh(B.sub(B.matmul(x, B.leaf('input', `w${i}`, [200, 200])), B.mean(x, [1], true)))
  const kernels = (layers: number): number => {
    const made = compile({ outputs: { y: Array.from({ length: layers }, (_, i) => i).reduce(layer, B.leaf('input', 'x', [160, 200])) }, updates: {}, record: {}, extents: {} }, { ...least, maxStorageBuffers: 16, subgroupSize: 32 })
    if (E.isLeft(made)) throw new Error(JSON.stringify(made.left))
    return made.right.kernels.length
  }
  expect(kernels(24)).toBe(kernels(8))
})

test('what lies in shared memory is read inside it, though a concatenation reads all its parts everywhere', async () => {
  const v = numbers(300, 1), x = B.leaf('input', 'x', [300]), a = B.tanh(B.mul(x, B.sum(B.square(x)))), p = B.sum(a)
  const y = B.sum(B.tanh(B.concat([x, ...[p, 2, 3, 4, 5].map((k) => B.mul(x, k)), a], 0)))
  const [got] = await orThrow(evaluate([y], { x: { shape: [300], data: v } })), want = interpret({ x: { shape: [300], data: v } })([y])
  if (E.isLeft(want)) throw new Error(JSON.stringify(want.left))
  // 2,100 terms of order 1 in f32
  expect(Math.abs(got.data[0] - want.right[0].data[0])).toBeLessThan(1e-3)
})

test('the states of a step lie in one buffer, few numbers of a type in another; bytes count once', () => {
  const program = programOf(1240, least), arenaOf = (name: string): number | undefined => program.slots.find((s) => s.name === name)?.within?.slot
  expect(new Set(['a', 'b', 'c', 'd'].map((s) => arenaOf(`state:${s}`))).size).toBe(1)
  expect(new Set(['state:p', 'state:q', 'in:rate', 'in:by'].map(arenaOf)).size).toBe(1)
  expect(arenaOf('state:t')).toBe(arenaOf('state:u'))
  expect(arenaOf('state:t')).not.toBe(arenaOf('in:rate'))
  expect(dispatches(program.body).every((d) => d.slots.length <= 8)).toBe(true)
  expect(deviceBytes(program)).toBe(program.slots.filter((s) => s.within === undefined).reduce((n, s) => n + s.bytes, 0))
})
