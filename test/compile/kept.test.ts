/**
 * Loops as the compiler rewrites them before it lowers them, against the f64 meaning of
 * what they were: gradients take what the way there made, in whichever direction and order.
 * Tolerance: rounding of f64 in sums of some thousand terms.
 */
import { describe, expect, test } from 'vitest'
import { E } from '../../src/fp.ts'
import { smaller } from '../../src/compile/scan.ts'
import { interpret } from '../../src/reference/index.ts'
import * as B from '../../src/tensor/build.ts'
import { batch, grad } from '../../src/tensor/index.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { shapeOf, topo } from '../../src/tensor/node.ts'
import { scanOf } from '../../src/tensor/ops/scan.ts'
import { rngOf } from '../tensor/draw.ts'
import { targets } from './graphs.ts'

const [T, N, D, H, K] = [4, 3, 5, 6, 2]
const leaf = (name: string, shape: readonly number[]): Tensor => B.leaf('input', name, shape)
const x = leaf('x', [T, N, D]), w = leaf('w', [H, 3 * H]), v = leaf('v', [D, 3 * H]), start = leaf('start', [N, H]), draws = leaf('draws', [K, H, 3 * H])
const values = Object.fromEntries([x, w, v, start, draws].map((t, k) => {
  const rng = rngOf(k), shape = shapeOf(t) as readonly number[]
  return [t.attrs['name'] as string, { shape, data: Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 2 * rng() - 1) }]
}))

/** A gated recurrence: its last state and all of them. */
const gated = (weights: Tensor, reverse: boolean, inside = false): readonly Tensor[] => {
  const part = (t: Tensor, k: number): Tensor => B.sliceAxis(t, 1, k * H, (k + 1) * H)
  const { carry, out } = B.scan(([h]: readonly Tensor[], [y]: readonly Tensor[]) => {
    const hs = B.matmul(h, weights), ys = inside ? B.matmul(y, v) : y
    const r = B.sigmoid(B.add(part(ys, 0), part(hs, 0))), u = B.sigmoid(B.add(part(ys, 1), part(hs, 1))), made = B.tanh(B.add(part(ys, 2), B.mul(r, part(hs, 2))))
    const next = B.add(B.mul(B.sub(1, u), h), B.mul(u, made))
    return { carry: [next], out: [next] }
  }, { init: [start], xs: [inside ? x : B.matmul(x, v)], reverse })
  return [carry[0], out[0]]
}
const loss = (ts: readonly Tensor[]): Tensor => ts.map((t) => B.sum(B.sin(t))).reduce((a, b) => B.add(a, b))

const cases: Readonly<Record<string, () => readonly Tensor[]>> = {
  'forwards': () => { const l = loss(gated(w, false)); return [l, ...grad([w, v, x, start])(l)] },
  'backwards': () => { const l = loss(gated(w, true)); return [l, ...grad([w, v, x, start])(l)] },
  'with the product of the input inside': () => { const l = loss(gated(w, false, true)); return [l, ...grad([w, v, x, start])(l)] },
  'the last state alone': () => grad([w, start])(loss(gated(w, false).slice(0, 1))),
  'both directions of one input': () => grad([w, v])(B.add(loss(gated(w, false)), loss(gated(w, true)))),
  'several draws of the weights': () => {
    const own = leaf('own', [H, 3 * H]), l = loss(gated(own, false)), [g] = grad([own])(l)
    return batch(K, [[own, draws]])([l, g])
  },
  'a gradient of a gradient': () => { const [g] = grad([w])(loss(gated(w, false))); return grad([w, start])(B.sum(B.square(g))) }
}

describe('rewritten loops mean what they meant', () => {
  test.each(Object.keys(cases))('%s', (name) => {
    const graphs = cases[name](), [want, got] = [interpret(values)(graphs), interpret(values)(smaller(targets[0])(graphs))]
    if (E.isLeft(want) || E.isLeft(got)) throw new Error(JSON.stringify([want, got]))
    want.right.forEach((r, k) => {
      const scale = Math.max(1, ...r.data.map(Math.abs))
      r.data.forEach((a, i) => { expect(Math.abs(a - got.right[k].data[i]) / scale).toBeLessThan(1e-10) })
    })
  })
})

test('a gradient takes no product and no sigmoid again that the way there took', () => {
  const graphs = smaller(targets[0])(grad([w])(loss(gated(w, false).slice(0, 1))))
  const outside = topo(graphs), bodies = [...new Set(outside.filter((t) => t.op === 'scan').map((t) => scanOf(t.attrs).body))]
  const ops = (nodes: readonly Tensor[], op: string): number => nodes.filter((t) => t.op === op).length
  // The product of the input; the weights' gradient. In the loops: the state's product there, its transpose back.
  expect(ops(outside, 'matmul')).toBe(2)
  expect(bodies.map((b) => ops(topo(b.outputs), 'matmul'))).toEqual([1, 1])
  expect(ops(outside, 'sigmoid') + ops(outside, 'tanh')).toBe(0)
  expect(bodies.map((b) => ops(topo(b.outputs), 'tanh'))).toEqual([1, 0])
})
