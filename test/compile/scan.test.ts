/**
 * What loops become: programs that keep their laws, one counted loop for all results of a
 * scan, carries written where they lie, nothing that no result needs.
 */
import { describe, expect, test } from 'vitest'
import { compile } from '../../src/compile/compile.ts'
import { listing } from '../../src/compile/listing.ts'
import { dispatches } from '../../src/compile/program.ts'
import type { Instruction, Loop, Program, Target } from '../../src/compile/program.ts'
import { verify } from '../../src/compile/verify.ts'
import { E } from '../../src/fp.ts'
import { renderAll } from '../../src/error.ts'
import * as B from '../../src/tensor/build.ts'
import { grad } from '../../src/tensor/index.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { rngOf } from '../tensor/draw.ts'
import { scanCases } from '../tensor/cases.scan.ts'
import { targets } from './graphs.ts'

const [SOFTWARE] = targets

const programOf = (outputs: Readonly<Record<string, Tensor>>, updates: Readonly<Record<string, Tensor>> = {}, target: Target = SOFTWARE): Program => {
  const p = compile({ outputs, updates, record: {}, extents: {} }, target)
  if (E.isLeft(p)) throw new Error(renderAll(p.left))
  const checked = verify(p.right, target)
  if (E.isLeft(checked)) throw new Error(`${renderAll(checked.left)}\n${listing(p.right)}`)
  return p.right
}
const loopsIn = (body: readonly Instruction[]): readonly Loop[] => body.flatMap((i) => (i._tag === 'Loop' ? [i, ...loopsIn(i.body)] : []))

const [T, N, D, H] = [28, 20, 28, 32]
const x = B.leaf('input', 'x', [T, N, D]), h0 = B.leaf('input', 'h0', [N, H])
const w = B.leaf('state', 'w', [H, H]), v = B.leaf('state', 'v', [D, H])
const run = (reverse = false) => B.scan(({ h }: { readonly h: Tensor }, { y }: { readonly y: Tensor }) => {
  const next = B.tanh(B.add(B.matmul(h, w), y))
  return { carry: { h: next }, out: { h: next, unused: B.exp(next) } }
}, { init: { h: h0 }, xs: { y: B.matmul(x, v) }, reverse })

describe('a loop', () => {
  test('is one instruction that turns as often as there are steps, whatever results are read', () => {
    const { carry, out } = run(), p = programOf({ last: carry.h, all: out.h })
    const loops = loopsIn(p.body)
    expect(loops.map((l) => l.n)).toEqual([T])
    // The product, the step, the counter, or fewer; the carry is written over itself, without a copy.
    expect(loops[0].body.length).toBeLessThanOrEqual(3)
    expect(loops[0].body.every((i) => i._tag === 'Dispatch')).toBe(true)
    expect(listing(p)).toContain(`loop ${T} times`)
  })

  test('leaves out what no result needs', () => {
    const few = dispatches(programOf({ last: run().carry.h }).body).length
    expect(dispatches(programOf({ last: run().carry.h, all: run().out.unused }).body).length).toBeGreaterThanOrEqual(few)
    const idle = B.scan(([a, b]: readonly Tensor[]) => ({ carry: [B.mul(a, 0.5), B.matmul(b, w)], out: [] }), { init: [B.sum(h0), h0], length: 5 })
    expect(dispatches(programOf({ a: idle.carry[0] }).body).some((d) => d.label.includes('matmul'))).toBe(false)
  })

  test('of no steps is no loop, of one step is one', () => {
    const of = (length: number): Program => programOf({ last: B.scan(([a]: readonly Tensor[]) => ({ carry: [B.sin(a)], out: [] }), { init: [h0], length }).carry[0] })
    expect(loopsIn(of(0).body)).toEqual([])
    expect(loopsIn(of(1).body).map((l) => l.n)).toEqual([1])
  })

  test('and its gradient are two loops inside a step; temporaries of a turn share buffers', () => {
    const loss = B.sum(B.square(run().carry.h)), [gw, gv] = grad([w, v])(loss)
    const p = programOf({ loss }, { w: B.sub(w, B.mul(0.1, gw)), v: B.sub(v, B.mul(0.1, gv)) })
    expect(loopsIn(p.body).map((l) => l.n)).toEqual([T, T])
    const temps = p.slots.filter((s) => s.role === 'temp' && s.within === undefined).reduce((n, s) => n + s.bytes, 0)
    // Sequences: the products with x, the carries that steps found, their products with w, the cotangents; the rest is small.
    expect(temps).toBeLessThan(5 * 4 * T * N * H)
  })

  test('takes products that wait for no carry before it, and sums of products after it', () => {
    // Wide enough for products to be kernels of their own.
    const wide = 64, u = B.leaf('input', 'u', [wide, wide]), y = B.leaf('input', 'y', [T, wide, wide])
    const { carry } = B.scan(([h]: readonly Tensor[], [at]: readonly Tensor[]) => ({ carry: [B.tanh(B.add(B.matmul(h, u), at))], out: [] }), { init: [B.full([wide, wide], 0)], xs: [y] })
    const p = programOf({ u: grad([u])(B.sum(B.square(carry[0])))[0] })
    const products = (body: readonly Instruction[]): number => dispatches(body).filter((d) => d.label.includes('matmul')).length
    // One each way a turn; what a turn back would compute again is kept on the way there, and what it would add up is outside.
    expect(loopsIn(p.body).map((l) => products(l.body))).toEqual([1, 1])
    expect(products(p.body)).toBe(3)
  })

  test('that only adds up keeps no more than one step: parts of a batch', () => {
    const parts = B.leaf('input', 'parts', [8, 64, D]), loss = (y: Tensor): Tensor => B.sum(B.square(B.tanh(B.matmul(y, v))))
    const total = (together: boolean): Program => programOf(together
      ? { g: grad([v])(B.sum(B.stack(Array.from({ length: 8 }, (_, i) => loss(B.reshape(B.sliceAxis(parts, 0, i, i + 1), [64, D]))))))[0] }
      : { g: B.scan(([s]: readonly Tensor[], [y]: readonly Tensor[]) => ({ carry: [B.add(s, grad([v])(loss(y))[0])], out: [] }), { init: [B.full([D, H], 0)], xs: [parts] }).carry[0] })
    const temps = (p: Program): number => p.slots.filter((s) => s.role === 'temp' && s.within === undefined).reduce((n, s) => n + s.bytes, 0)
    expect(loopsIn(total(false).body).map((l) => l.n)).toEqual([8])
    // The values of one part of 64 rows and the sums, not those of eight parts.
    expect(temps(total(false))).toBeLessThan(4 * 4 * 64 * H)
    expect(temps(total(false))).toBeLessThan(temps(total(true)) / 3)
  })

  test('in a loop is a loop in a loop', () => {
    const inner = (a: Tensor): Tensor => B.scan(([b]: readonly Tensor[], [y]: readonly Tensor[]) => ({ carry: [B.tanh(B.add(b, y))], out: [] }), { init: [a], xs: [x] }).carry[0]
    const p = programOf({ a: B.scan(([a]: readonly Tensor[]) => ({ carry: [inner(a)], out: [a] }), { init: [B.sliceAxis(x, 0, 0, 1)].map((t) => B.reshape(t, [N, D])), length: 3 }).carry[0] })
    expect(loopsIn(p.body).map((l) => l.n)).toEqual([3, T])
  })

  test.each(targets)('keeps the laws of programs on drawn bodies and their gradients, for a $name target', (target) => {
    const rng = rngOf(11)
    for (let k = 0; k < 60; k++) {
      const c = scanCases.scan(rng), leaves = c.leaves.filter((l) => l.dtype === 'f32').map((l) => B.leaf('input', l.name, l.shape))
      programOf(Object.fromEntries([c.node, ...grad(leaves)(B.sum(B.square(c.node)))].map((t, i) => [String(i), t])), {}, target)
    }
  })
})
