/** Rows taken from tables that are larger than a binding, on the machine's adapter with a smaller one. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import fc from 'fast-check'
import { E } from '../../src/fp.ts'
import { orThrow } from '../../src/error.ts'
import { compile, slotName } from '../../src/compile/compile.ts'
import type { Source } from '../../src/compile/compile.ts'
import { dispatches } from '../../src/compile/program.ts'
import type { Program, Target } from '../../src/compile/program.ts'
import { verify } from '../../src/compile/verify.ts'
import { destroy, exceeded, instantiate, read, runSteps, write } from '../../src/gpu/index.ts'
import { Gpu, Layer, Likelihood, Model, Spec, pipe } from '../../src/index.ts'
import { stepOf } from '../../src/infer/capture.ts'
import * as B from '../../src/tensor/build.ts'

let gpu: Gpu.Device
beforeAll(async () => { gpu = await orThrow(Gpu.open()) })
afterAll(() => Gpu.close(gpu))

type Arrays = Readonly<Record<string, ArrayBufferView>>

/** The program for bindings of so many bytes; the number of bindings of one of its slots. */
const programFor = (source: Source, maxBindingBytes: number): Program => {
  const target: Target = { ...gpu.target, maxBindingBytes }
  const made = compile(source, target)
  if (E.isLeft(made)) throw new Error(JSON.stringify(made.left))
  expect(verify(made.right, target)).toEqual(E.right(made.right))
  expect(exceeded(made.right, target)).toEqual([])
  return made.right
}

const pagesOf = (p: Program, name: string): number => {
  const id = p.slots.find((s) => s.name === slotName.input(name))?.id
  return new Set(dispatches(p.body).flatMap((d) => d.slots.flatMap((s, k) => (s === id ? [JSON.stringify(d.ranges?.[k])] : [])))).size
}

const run = async (p: Program, values: Arrays, steps: number, names: readonly string[]): Promise<readonly (readonly number[])[]> => {
  const instance = await orThrow(instantiate(p)(gpu))
  for (const [name, data] of Object.entries(values)) expect(write(name, data)(instance)).toEqual(E.right(undefined))
  await orThrow(runSteps(steps)(instance))
  const got = await orThrow(read(names)(instance)) as Readonly<Record<string, ArrayLike<number>>>
  destroy(instance)
  return names.map((n) => Array.from(got[n]))
}

const words = { f32: Float32Array, i32: Int32Array, u32: Uint32Array, u8: Uint8Array } as const
/** Bytes of a binding: 256 rows of the longest. */
const LIMIT = 2 ** 17
const dtype = fc.constantFrom('f32' as const, 'i32' as const, 'u32' as const, 'u8' as const)

test('rows are those of the table, whatever its dtype and theirs, and clamped as ever', async () => {
  await fc.assert(fc.asyncProperty(
    fc.record({ kind: dtype, row: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 2 }), extra: fc.integer({ min: 0, max: 5000 }), index: fc.constantFrom('i32' as const, 'u32' as const), at: fc.array(fc.integer({ min: -5, max: 2 ** 20 }), { minLength: 1, maxLength: 40 }) }),
    async ({ kind, row, extra, index, at }) => {
      // One page or several, the last not full.
      const inner = row.reduce((a, b) => a * b, 1), bytes = inner * (kind === 'u8' ? 1 : 4), n = Math.ceil(LIMIT / bytes) + extra
      const table = words[kind].from(Array.from({ length: n * inner }, (_, i) => (i * 7919) % 251)), places = at.map((i) => (index === 'u32' ? Math.abs(i) : i) % (n + 7))
      const taken = B.take(B.leaf('input', 'table', [n, ...row], kind), B.leaf('input', 'at', [places.length], index))
      const p = programFor({ outputs: { y: B.cast(taken, 'f32') }, updates: {}, record: {}, extents: {} }, LIMIT)
      expect(pagesOf(p, 'table')).toBe(n * bytes <= LIMIT ? 1 : Math.ceil(n / (Math.floor(LIMIT / bytes / step(bytes)) * step(bytes))))
      const [y] = await run(p, { 'in:table': table, 'in:at': words[index].from(places) }, 1, ['out:y'])
      const want = places.flatMap((i) => { const k = Math.max(0, Math.min(n - 1, i)); return Array.from(table.slice(k * inner, (k + 1) * inner)) })
      expect(y).toEqual(want)
    }
  ), { numRuns: 25 })
})

/** Rows between places where a binding may begin. */
const step = (bytes: number): number => Array.from({ length: 256 }, (_, i) => i + 1).find((k) => (k * bytes) % 256 === 0) as number

test('in a loop, rows of its steps and rows that every step takes', async () => {
  const n = 40, table = Float32Array.from({ length: n * 16 }, (_, i) => Math.sin(i))
  const x = B.leaf('input', 'x', [n, 16])
  const { carry } = B.scan(({ h, i }, { y }) => ({ carry: { h: B.add(B.mul(h, 0.5), B.add(y, B.take(x, B.mod(B.mul(i, 11), n)))), i: B.add(i, 1) }, out: {} }), { init: { h: B.full([16], 0), i: B.full([], 0, 'i32') }, xs: { y: x } })
  const source: Source = { outputs: { h: carry.h }, updates: {}, record: {}, extents: {} }
  const paged = programFor(source, 1024)
  expect(pagesOf(paged, 'x')).toBeGreaterThan(1)
  const [[got], [want]] = [await run(paged, { 'in:x': table }, 1, ['out:h']), await run(programFor(source, 2 ** 20), { 'in:x': table }, 1, ['out:h'])]
  expect(got).toEqual(want)
})

test('a fit in batches has the bits it has from one binding', async () => {
  const N = 3000
  const data = { x: { shape: [N, 20], data: Uint8Array.from({ length: N * 20 }, (_, i) => (i * 7919) % 256) }, y: { shape: [N], data: Uint8Array.from({ length: N }, (_, i) => i % 3) } }
  const model = pipe(
    Layer.input([null, 20], { name: 'x', scale: 1 / 255 }), Layer.dense({ units: 3, activation: 'softmax' }), Layer.withDefaultSpec(Spec.normal()),
    Model.observe(Likelihood.categorical(), { name: 'y' })
  )
  const { fn, values } = await orThrow(stepOf(model, { data, batchSize: 16, seed: 3 }))
  const steps = async (bytes: number): Promise<readonly (readonly number[])[]> => {
    const p = programFor(fn, bytes)
    expect(pagesOf(p, 'data.x') > 1).toBe(bytes < N * 20)
    const given = Object.fromEntries(Object.entries(values).flatMap(([k, v]) => {
      const slot = p.slots.find((s) => s.name === slotName.input(k) || s.name === slotName.state(k))
      return slot === undefined ? [] : [[slot.name as string, words[slot.storage as 'f32'].from(v.data)]]
    }))
    return run(p, given, 5, p.slots.flatMap((s) => (s.role === 'state' && s.storage === 'f32' ? [s.name as string] : [])))
  }
  const [small, large] = [await steps(2 ** 14), await steps(2 ** 20)]
  expect(small).toEqual(large)
  expect(small.flat().some((v) => v !== 0)).toBe(true)
})

test('what is not taken row by row is told', () => {
  const target: Target = { ...gpu.target, maxBindingBytes: 2048 }, p = compile({ outputs: { y: B.sum(B.leaf('input', 'x', [100, 9])) }, updates: {}, record: {}, extents: {} }, target)
  if (E.isLeft(p)) throw new Error(JSON.stringify(p.left))
  expect(exceeded(p.right, target)).toMatchObject([{ _tag: 'LimitExceeded', path: ['in:x'], hint: expect.stringContaining('batchSize') }])
})
