/**
 * Loops on the device inside a step that is itself stepped: a gated recurrence with a
 * mask, its gradient and an optimiser's update, beside the f64 interpreter.
 */
import { expect, test } from 'vitest'
import { orThrow } from '../../src/error.ts'
import { openSession } from '../../src/run/open.ts'
import type { HostArray, HostArrays } from '../../src/run/session.ts'
import * as B from '../../src/tensor/build.ts'
import { batch, grad } from '../../src/tensor/index.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { rngOf } from '../tensor/draw.ts'

const [T, N, D, H] = [5, 3, 4, 6]
const rng = rngOf(5)
const drawn = (shape: readonly number[], scale = 1): HostArray => ({ shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => scale * (2 * rng() - 1)) })

test('three steps of training through a masked recurrence are those of the interpreter', async () => {
  const x = B.leaf('input', 'x', [T, N, D]), mask = B.leaf('input', 'mask', [T, N, 1], 'u32')
  const w = B.leaf('state', 'w', [H, 2 * H]), v = B.leaf('state', 'v', [D, 2 * H]), start = B.leaf('state', 'start', [H])
  const { carry, out } = B.scan(({ h }: { readonly h: Tensor }, { y, on }: { readonly y: Tensor; readonly on: Tensor }) => {
    const both = B.add(B.matmul(h, w), y), gate = B.sigmoid(B.sliceAxis(both, 1, 0, H)), made = B.tanh(B.sliceAxis(both, 1, H, 2 * H))
    const next = B.select(B.ne(on, 0), B.add(B.mul(gate, h), B.mul(B.sub(1, gate), made)), h)
    return { carry: { h: next }, out: { h: next } }
  }, { init: { h: B.broadcastTo(start, [N, H]) }, xs: { y: B.matmul(x, v), on: mask }, reverse: true })
  const loss = B.add(B.mean(B.square(carry.h)), B.mean(B.sin(out.h)))
  const gs = grad([w, v, start])(loss)
  const fn = {
    outputs: { out: out.h }, record: { loss }, extents: {},
    updates: Object.fromEntries([w, v, start].map((t, k) => [String(t.attrs['name']), B.sub(t, B.mul(0.5, gs[k]))]))
  }
  const values = { x: drawn([T, N, D]), mask: { shape: [T, N, 1], data: Uint32Array.from({ length: T * N }, () => (rng() < 0.7 ? 1 : 0)) }, w: drawn([H, 2 * H], 0.5), v: drawn([D, 2 * H], 0.5), start: drawn([H]) }
  const names = ['out', 'w', 'v', 'start']
  const [device, exact] = [await orThrow(openSession(fn, values)), await orThrow(openSession(fn, values, { gpu: 'reference' }))]
  const losses: number[][] = [[], []]
  for (const [k, s] of [device, exact].entries()) await orThrow(s.run(3, { onRecords: (_, r) => { losses[k].push(...r['loss']) } }))
  const [got, want] = [await orThrow(device.read(names)), await orThrow(exact.read(names))]
  device.destroy()
  // 3 steps of 2 loops of 5 turns, some 50 roundings each, of numbers of order 1.
  for (const n of names) want[n].data.forEach((v, i) => expect(Math.abs(v - got[n].data[i])).toBeLessThan(1500 * 2 ** -24))
  expect(losses[0].length).toBe(3)
  losses[1].forEach((v, i) => expect(Math.abs(v - losses[0][i])).toBeLessThan(1500 * 2 ** -24))
})

/** All outputs of both executors. */
const both = async (outputs: readonly Tensor[], values: HostArrays): Promise<readonly (readonly [HostArray, HostArray])[]> => {
  const fn = { outputs: Object.fromEntries(outputs.map((t, k) => [String(k), t])), updates: {}, record: {}, extents: {} }, names = Object.keys(fn.outputs)
  const read = async (where: object): Promise<HostArrays> => {
    const s = await orThrow(openSession(fn, values, where))
    await orThrow(s.run(1))
    const r = await orThrow(s.read(names))
    s.destroy()
    return r
  }
  const [got, want] = [await read({}), await read({ gpu: 'reference' })]
  return names.map((n) => [got[n], want[n]])
}
const close = (pairs: readonly (readonly [HostArray, HostArray])[], roundings: number): void => {
  for (const [got, want] of pairs) {
    const scale = Math.max(1, ...want.data.map(Math.abs))
    want.data.forEach((v, i) => expect(Math.abs(v - got.data[i]) / scale).toBeLessThan(roundings * 2 ** -24))
  }
}

test('a batch of recurrences with weights of their own, and rows longer than a workgroup', async () => {
  const x = B.leaf('input', 'x', [3, 300]), w = B.leaf('input', 'w', [300]), ws = B.leaf('input', 'ws', [2, 300])
  const { carry, out } = B.scan(([h]: readonly Tensor[], [y]: readonly Tensor[]) => ({ carry: [B.tanh(B.add(B.mul(h, w), y))], out: [B.sum(h), h] }), { init: [B.full([300], 0)], xs: [x] })
  close(await both(batch(2, [[w, ws]])([carry[0], out[0], out[1], ...grad([w])(B.sum(B.square(carry[0])))]), { x: drawn([3, 300]), ws: drawn([2, 300]) }), 400)
})

test('products before and after a loop, with a mask of them inside; a sum over parts of a batch', async () => {
  const x = B.leaf('input', 'x', [T, N, H]), w = B.leaf('input', 'w', [H, H]), v = B.leaf('input', 'v', [H, H])
  const { carry } = B.scan(([h]: readonly Tensor[], [y]: readonly Tensor[]) => ({ carry: [B.add(B.mul(0.5, h), B.relu(B.matmul(B.add(B.tanh(B.matmul(y, v)), h), w)))], out: [] }), { init: [B.full([N, H], 0.1)], xs: [x] })
  const loss = (y: Tensor): Tensor => B.sum(B.square(B.tanh(B.matmul(y, w))))
  const parts = B.scan(([s]: readonly Tensor[], [y]: readonly Tensor[]) => ({ carry: [B.add(s, grad([w])(loss(y))[0])], out: [] }), { init: [B.full([H, H], 0)], xs: [x] }).carry[0]
  const [whole] = grad([w])(loss(B.reshape(x, [T * N, H])))
  const pairs = await both([carry[0], ...grad([w, v])(B.mean(B.square(carry[0]))), parts, whole], { x: drawn([T, N, H]), w: drawn([H, H], 0.5), v: drawn([H, H], 0.5) })
  close(pairs, 600)
  close([[pairs[3][0], pairs[4][1]]], 600)
})
