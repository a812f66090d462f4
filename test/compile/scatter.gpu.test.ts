/**
 * Scattered sums and long sorts on whatever adapter there is, as compiled for its own
 * class and for a GPU's, against the f64 meaning: with real values to rounding (sums of up
 * to 10,000 terms of order 1, of the largest magnitude), with whole numbers exactly.
 */
import { describe, expect, test } from 'vitest'
import { E } from '../../src/fp.ts'
import { orThrow } from '../../src/error.ts'
import { compile } from '../../src/compile/compile.ts'
import { dispatches } from '../../src/compile/program.ts'
import { destroy, instantiate, read, runSteps, sharedDevice, write } from '../../src/gpu/index.ts'
import { interpret } from '../../src/reference/index.ts'
import * as B from '../../src/tensor/build.ts'
import { grad } from '../../src/tensor/grad.ts'
import { node } from '../../src/tensor/node.ts'
import type { DType, Tensor } from '../../src/tensor/node.ts'
import { rngOf } from '../tensor/cases.ts'

interface Value { readonly shape: readonly number[]; readonly dtype: DType; readonly data: Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> }
type Values = Readonly<Record<string, Value>>
const KINDS = ['own', 'gpu'] as const
type Kind = (typeof KINDS)[number]

const count = (s: readonly number[]): number => s.reduce((a, b) => a * b, 1)
const leaf = (v: Values, name: string): Tensor => B.leaf('input', name, v[name].shape, v[name].dtype)
const reals = (seed: number, shape: readonly number[]): Value => { const rng = rngOf(seed); return { shape, dtype: 'f32', data: Float32Array.from({ length: count(shape) }, () => 2 * rng() - 1) } }
const wholes = (seed: number, shape: readonly number[]): Value => { const rng = rngOf(seed); return { shape, dtype: 'f32', data: Float32Array.from({ length: count(shape) }, () => Math.round(40 * rng() - 20)) } }
/** Indices from `from` up to `to`. */
const indices = (seed: number, shape: readonly number[], to: number, from = 0): Value => {
  const rng = rngOf(seed), data = Array.from({ length: count(shape) }, () => from + Math.floor(rng() * (to - from)))
  return from < 0 ? { shape, dtype: 'i32', data: Int32Array.from(data) } : { shape, dtype: 'u32', data: Uint32Array.from(data) }
}
const scatter = (v: Tensor, ix: Tensor, size: number, axis = 0, batchDims = 0): Tensor => node('scatterAdd', [v, ix], { axis, size, batchDims })

const onDevice = async (kind: Kind, nodes: readonly Tensor[], v: Values): Promise<{ readonly got: readonly ArrayLike<number>[]; readonly labels: readonly string[] }> => {
  const device = await orThrow(sharedDevice)
  const target = kind === 'own' ? device.target : { ...device.target, kind }
  const program = compile({ outputs: Object.fromEntries(nodes.map((t, i) => [String(i), t])), updates: {}, record: {}, extents: {} }, target)
  if (E.isLeft(program)) throw new Error(JSON.stringify(program.left))
  const instance = await orThrow(instantiate(program.right)(device))
  for (const [k, x] of Object.entries(v)) expect(write(`in:${k}`, x.data)(instance)._tag).toBe('Right')
  await orThrow(runSteps(1)(instance))
  const got = await orThrow(read(nodes.map((_, i) => `out:${i}`))(instance))
  destroy(instance)
  return { got: nodes.map((_, i) => got[`out:${i}`]), labels: dispatches(program.right.body).map((d) => d.label) }
}

const meaning = (nodes: readonly Tensor[], v: Values): readonly ArrayLike<number>[] => {
  const want = interpret(v)(nodes)
  if (E.isLeft(want)) throw new Error(JSON.stringify(want.left))
  return want.right.map((r) => r.data)
}

/** Largest difference over the largest magnitude. */
const off = (got: ArrayLike<number>, want: ArrayLike<number>): number => {
  let worst = 0, scale = 1e-30
  for (let i = 0; i < want.length; i++) {
    worst = Math.max(worst, Math.abs(got[i] - want[i]))
    scale = Math.max(scale, Math.abs(want[i]))
  }
  return got.length === want.length ? worst / scale : NaN
}

describe.each(KINDS)('sums scattered, as compiled for %s class', (kind) => {
  // Values, indices, rows, axis, shared leading axes: few and many rows, columns, lines with an index each and lines that share one.
  test.each<readonly [string, readonly number[], readonly number[], number, number, number]>([
    ['a table', [700, 16], [700], 1000, 0, 0], ['columns', [5, 900, 3], [900], 77, 1, 0], ['a line an index', [7, 400], [7, 400], 300, 1, 1],
    ['lines that share an index', [3, 4, 500, 2], [3, 500], 61, 2, 1], ['two axes of indices', [30, 40, 5], [30, 40], 90, 0, 0],
    ['more indices than are walked', [5000, 3], [5000], 700, 0, 0], ['such lines', [2, 3, 4500], [2, 4500], 5000, 2, 1], ['one row', [6000, 2], [6000], 1, 0, 0]
  ])('%s', async (_, shape, at, rows, axis, nb) => {
    const v = { v: reals(1, shape), ix: indices(2, at, rows) }, y = scatter(leaf(v, 'v'), leaf(v, 'ix'), rows, axis, nb), after = B.mul(y, 2)
    const { got } = await onDevice(kind, [y, after], v), want = meaning([y, after], v)
    expect(off(got[0], want[0])).toBeLessThanOrEqual(1e-5)
    expect(off(got[1], want[1])).toBeLessThanOrEqual(1e-5)
  })

  test.each([800, 6000])('of whole numbers by %i indices are exact, whatever the order, and those outside are left out', async (n) => {
    const shape = [n, 4], order = Array.from({ length: n }, (_, i) => i).sort((a, b) => ((a * 7919) % n) - ((b * 7919) % n))
    const v = { v: wholes(3, shape), ix: indices(4, [n], 130, -20) }
    const turned = {
      v: { ...v.v, data: Float32Array.from(order.flatMap((i) => [...v.v.data.subarray(4 * i, 4 * i + 4)])) },
      ix: { ...v.ix, data: Int32Array.from(order, (i) => v.ix.data[i]) }
    }
    const y = scatter(leaf(v, 'v'), leaf(v, 'ix'), 101)
    const [a, b] = [await onDevice(kind, [y], v), await onDevice(kind, [y], turned)]
    expect(Array.from(a.got[0])).toEqual(Array.from(meaning([y], v)[0]))
    expect(Array.from(b.got[0])).toEqual(Array.from(a.got[0]))
  })

  test.each([900, 7000])('of %i real numbers have the same bits every time', async (n) => {
    const v = { v: reals(5, [n, 2]), ix: indices(6, [n], 40) }, y = scatter(leaf(v, 'v'), leaf(v, 'ix'), 40)
    const [a, b] = [await onDevice(kind, [y], v), await onDevice(kind, [y], v)]
    expect(new Uint32Array(Float32Array.from(a.got[0]).buffer)).toEqual(new Uint32Array(Float32Array.from(b.got[0]).buffer))
  })

  test('gradients of sort, embeddings and gathering by lines', async () => {
    const v = {
      x: reals(7, [9, 300]), table: reals(8, [400, 6]), words: indices(9, [20, 50], 400), lines: reals(10, [4, 3, 120]), at: indices(11, [4, 600], 120),
      a: reals(12, [9, 300]), b: reals(13, [20, 50, 6]), c: reals(14, [4, 3, 600])
    }
    const [x, table, lines, a, b, c] = ['x', 'table', 'lines', 'a', 'b', 'c'].map((k) => leaf(v, k))
    const part = (weights: Tensor, t: Tensor): Tensor => B.sum(B.mul(weights, B.square(t)))
    const loss = B.add(part(a, B.sort(x, 1)), B.add(part(b, B.take(table, leaf(v, 'words'))), part(c, node('take', [lines, leaf(v, 'at')], { axis: 2, batchDims: 1 }))))
    const nodes = grad([x, table, lines])(loss)
    const { got } = await onDevice(kind, nodes, v), want = meaning(nodes, v)
    got.forEach((g, i) => { expect(off(g, want[i]), `gradient ${i}`).toBeLessThanOrEqual(1e-5) })
  })

  test.each([65, 129, 1000, 4097])('an axis of %i is sorted stably, either way', async (n) => {
    const v = { x: wholes(n, [2, n, 3]) }, x = leaf(v, 'x'), nodes = [B.argsort(x, 1), B.argsort(x, 1, true), B.sort(x, 1)]
    const { got } = await onDevice(kind, nodes, v)
    meaning(nodes, v).forEach((w, i) => { expect(Array.from(got[i])).toEqual(Array.from(w)) })
  })
})

test('a GPU sums runs of sorted indices where there are many', async () => {
  const v = { v: reals(1, [5000, 2]), ix: indices(2, [5000], 10) }
  const { labels } = await onDevice('gpu', [scatter(leaf(v, 'v'), leaf(v, 'ix'), 10)], v)
  expect(labels.some((l) => l.includes('segment_sum'))).toBe(true)
  expect(labels.filter((l) => l.includes('argsort_merge')).length).toBe(Math.ceil(Math.log2(5000 / 64)))
})
