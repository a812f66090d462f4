/** Loops as values: what a function becomes, what passes see of it, and its errors. The op's meaning, gradient and batching are in the tests that walk the table. */
import { describe, expect, test } from 'vitest'
import { E } from '../../src/fp.ts'
import { render } from '../../src/error.ts'
import * as Ext from '../../src/tensor/extent.ts'
import * as B from '../../src/tensor/build.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { shapeOf, topo } from '../../src/tensor/node.ts'
import { scanOf } from '../../src/tensor/ops/scan.ts'
import { rowAxes } from '../../src/tensor/rows.ts'
import { bindExtents, fromJson, grad, jvp, leavesOf, listing, nameOf, replace, stabilise, toJson } from '../../src/tensor/index.ts'
import { evaluate } from './support.ts'

const batch = Ext.sym('batch')
const x = B.leaf('input', 'x', [4, batch, 2]), w = B.leaf('site', 'w', [2, 2])
/** h = tanh(h w + x), from zeros. */
const walk = (xs = x, weights = w) => B.scan(({ h }: { readonly h: Tensor }, { y }: { readonly y: Tensor }) => {
  const next = B.tanh(B.add(B.matmul(h, weights), y))
  return { carry: { h: next }, out: { h: next } }
}, { init: { h: B.full([shapeOf(xs)[1], 2], 0) }, xs: { y: xs } })
const numbers = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => Math.sin(i + 1))
const values = { x: { shape: [4, 3, 2], data: numbers(24) }, w: { shape: [2, 2], data: numbers(4) } }
const value = (t: Tensor, v: Parameters<typeof evaluate>[0] = values): readonly number[] => [...evaluate(v, [t])[0].data]
const told = (t: Tensor): string => (E.isLeft(t.type) ? t.type.left.map(render).join('\n') : '')

describe('a loop', () => {
  test('of a recurrence with a closed form: the partial sums of a geometric series', () => {
    const run = (length: number, reverse = false) => B.scan(([s]: readonly Tensor[], [y]: readonly Tensor[]) => { const next = B.add(B.mul(s, 0.5), y); return { carry: [next], out: [next] } },
      { init: [B.scalar(0)], xs: [B.full([length], 1)], reverse })
    expect(value(run(4).out[0], {})).toEqual([1, 1.5, 1.75, 1.875])
    expect(value(run(4, true).out[0], {})).toEqual([1.875, 1.75, 1.5, 1])
    expect(value(run(4).carry[0], {})).toEqual([1.875])
    expect(value(run(1).out[0], {})).toEqual([1])
    expect([value(run(0).carry[0], {}), value(run(0).out[0], {})]).toEqual([[0], []])
  })

  test('counts with whole numbers, draws with a key, and takes what it uses from outside', () => {
    const key = B.array(Uint32Array.of(1, 2), [2], 'u32')
    const { carry, out } = B.scan(([i]: readonly Tensor[]) => ({ carry: [B.add(i, 1)], out: [B.randomNormal(B.fold(key, i), [3]), i] }), { init: [B.scalar(0, 'u32')], length: 5 })
    expect(value(carry[0], {})).toEqual([5])
    expect(value(out[1], {})).toEqual([0, 1, 2, 3, 4])
    expect(value(out[0], {})).toEqual([0, 1, 2, 3, 4].flatMap((i) => value(B.randomNormal(B.fold(key, B.scalar(i, 'u32')), [3]), {})))
  })

  test('has what it captured as operands, largest parts first, and keeps numbers inside', () => {
    const { carry } = B.scan(([h]: readonly Tensor[]) => ({ carry: [B.add(B.mul(h, B.exp(B.sum(w))), B.mul(B.full([2], 2), 3))], out: [] }), { init: [B.full([2], 1)], length: 3 })
    expect(carry[0].args.map((a) => a.op)).toEqual(['broadcastTo', 'exp'])
    expect(leavesOf([carry[0]]).map(nameOf)).toEqual(['w'])
    expect(topo(scanOf(carry[0].attrs).body.outputs).some((t) => nameOf(t) === 'w')).toBe(false)
  })

  test('in a loop captures the parameters of the outer one', () => {
    const power = (n: number) => B.scan(([p]: readonly Tensor[], [y]: readonly Tensor[]) => {
      const inner = B.scan(([q]: readonly Tensor[]) => ({ carry: [B.mul(q, y)], out: [] }), { init: [B.scalar(1)], length: n })
      return { carry: [B.add(p, inner.carry[0])], out: [] }
    }, { init: [B.scalar(0)], xs: [B.array(Float32Array.of(1, 2, 3), [3])] }).carry[0]
    expect([0, 1, 2, 3].map((n) => value(power(n), {})[0])).toEqual([3, 6, 14, 36])
  })
})

describe('what passes see', () => {
  test('JSON keeps it, printing shows its body', () => {
    const outputs = [walk().carry.h, ...grad([w])(B.sum(B.square(walk().out.h)))]
    const { json, arrays } = toJson(outputs)
    const back = fromJson(JSON.parse(JSON.stringify(json)), arrays)
    if (E.isLeft(back)) throw new Error(back.left.map(render).join('\n'))
    expect(listing(back.right)).toBe(listing(outputs))
    expect(back.right.map((t) => value(t))).toEqual(outputs.map((t) => value(t)))
    expect(listing([walk().carry.h])).toMatch(/scan\(.*body=\(f32\[batch, 2\], f32\[batch, 2\], f32\[2, 2\]\) => \{\n.*matmul/s)
    const broken = JSON.parse(JSON.stringify(json).replace('"carries":1', '"carries":-1')) as unknown
    expect(fromJson(broken, arrays)._tag === 'Left' || told(E.getOrElse((): readonly Tensor[] => [])(fromJson(broken, arrays))[0]) !== '').toBe(true)
  })

  test('replacing what was captured, and binding extents, reach the body', () => {
    const [moved] = replace([[w, B.mul(2, B.leaf('input', 'v', [2, 2]))]])([walk().carry.h])
    expect(value(moved, { x: values.x, v: { shape: [2, 2], data: numbers(4).map((v) => v / 2) } })).toEqual(value(walk().carry.h))
    const [bound] = bindExtents({ batch: 3 })([walk().carry.h])
    expect(shapeOf(bound)).toEqual([3, 2])
    expect(scanOf(bound.attrs).body.params.map(shapeOf)).toEqual([[3, 2], [3, 2], [2, 2]])
    const [other] = replace([[x, B.leaf('input', 'z', [4, 5, 2])]])([walk().out.h])
    expect(shapeOf(other)).toEqual([4, 5, 2])
  })

  test('rows stay apart on the axis of the batch', () => {
    const rows = B.leaf('input', 'rows', [batch, 4, 2]), apart = walk(B.transpose(rows, [1, 0, 2]))
    expect(rowAxes('batch')([apart.carry.h, apart.out.h, ...B.scan(([h]: readonly Tensor[], [y]: readonly Tensor[]) => ({ carry: [B.add(h, B.sum(y))], out: [] }), { init: [B.full([batch, 2], 0)], xs: [B.transpose(rows, [1, 0, 2])] }).carry])).toEqual([0, 1, 'mixed'])
  })

  test('the body is made stable', () => {
    const { out } = B.scan(([i]: readonly Tensor[], [y]: readonly Tensor[]) => ({ carry: [i], out: [B.log(B.softmax(y))] }), { init: [B.scalar(0)], xs: [B.array(Float32Array.of(0, 300, -300, 0), [2, 2])] })
    expect(value(stabilise([out[0]])[0], {})).toEqual([-300, 0, -300, 0])
  })

  test('results of one loop are differentiated together: one loop back', () => {
    const { carry, out } = walk(), [g] = grad([w])(B.add(B.sum(carry.h), B.sum(B.sin(out.h))))
    const loops = new Set(topo([g]).filter((t) => t.op === 'scan').map((t) => scanOf(t.attrs).body))
    expect(loops.size).toBe(2)
  })

  test('directional derivatives go through', () => {
    const direction = B.array(Float32Array.from(numbers(4)), [2, 2]), h = 1e-6
    const [slope] = jvp([w], [direction])([walk().carry.h])
    const at = (d: number): readonly number[] => value(walk().carry.h, { ...values, w: { shape: [2, 2], data: values.w.data.map((v, i) => v + d * Math.fround(numbers(4)[i])) } })
    const [up, down] = [at(h), at(-h)]
    value(slope).forEach((v, i) => expect(v).toBeCloseTo((up[i] - down[i]) / (2 * h), 6))
  })
})

describe('errors', () => {
  const stepping = (next: (h: Tensor) => Tensor): Tensor => B.scan(({ h }: { readonly h: Tensor }) => ({ carry: { h: next(h) }, out: {} }), { init: { h: B.full([3], 0) }, length: 2 }).carry.h
  test('name the carry that changes its shape or dtype', () => {
    expect(told(stepping((h) => B.concat([h, h], 0)))).toMatch(/ShapeMismatch at scan > carry > h[^]*f32 \[6\] after a step[^]*f32 \[3\], as it was before/)
    expect(told(stepping((h) => B.gt(h, 0)))).toContain('bool [3] after a step')
  })
  test('name the sequence that is too short, or none', () => {
    const two = (a: Tensor, b: Tensor): Tensor => B.scan((c: readonly Tensor[], s: { readonly a: Tensor; readonly b: Tensor }) => ({ carry: c, out: [B.add(s.a, s.b)] }), { init: [B.scalar(0)], xs: { a, b } }).out[0]
    expect(told(two(B.full([3], 1), B.full([2], 1)))).toMatch(/scan > b[^]*\[2\]: 2 steps[^]*3 steps, as 'a' has/)
    expect(told(two(B.full([3], 1), B.scalar(1)))).toMatch(/scan > b[^]*a scalar/)
    expect(told(B.scan((c: readonly Tensor[]) => ({ carry: c, out: [] }), { init: [B.scalar(0)] }).carry[0])).toContain('give length')
  })
  test('of the step, of what it is given, and of functions that give something else, pass', () => {
    expect(told(stepping((h) => B.add(h, B.full([2], 1))))).toContain('broadcast')
    expect(told(walk(x, B.add(w, B.full([7], 1))).carry.h)).toContain('broadcast')
    expect(told(B.scan((() => undefined) as never, { init: [B.scalar(0)], length: 1 }).carry[0 as never] as unknown as Tensor)).toContain('{ carry, out }')
  })
})
