/** Small composites: their values against Math, their slopes against differences. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { E } from '../../src/fp.ts'
import { interpret } from '../../src/reference/index.ts'
import * as Tensor from '../../src/tensor/index.ts'

const host = (t: Tensor.Tensor, values = {}): readonly number[] => {
  const r = interpret(values)([t])
  return E.isRight(r) ? [...r.right[0].data] : [NaN]
}
const x = Tensor.input('x', [4]), at = [0.25, 1, 2.5, 8]
const value = (f: (t: Tensor.Tensor) => Tensor.Tensor, xs = at): readonly number[] => host(f(x), { x: { shape: [4], data: Float64Array.from(xs) } })

describe.each([
  ['exp2', Tensor.exp2, (v: number) => 2 ** v], ['log2', Tensor.log2, Math.log2], ['log10', Tensor.log10, Math.log10],
  ['deg2rad', Tensor.deg2rad, (v: number) => (v * Math.PI) / 180], ['rad2deg', Tensor.rad2deg, (v: number) => (v * 180) / Math.PI]
] as const)('%s', (_, f, want) => {
  test('is that of Math', () => { value(f).forEach((v, i) => { expect(v / want(at[i]) || 1).toBeCloseTo(1, 6) }) })
  test('has the slope of its differences', () => {
    const h = 1e-4, slope = value((t) => Tensor.grad([t])(Tensor.sum()(f(t)))[0])
    at.forEach((v, i) => { expect(slope[i] / ((want(v + h) - want(v - h)) / (2 * h))).toBeCloseTo(1, 5) })
  })
})

test('like another tensor', () => {
  const t = Tensor.input('x', [2, null])
  for (const f of [Tensor.zerosLike, Tensor.onesLike, Tensor.fill(3), Tensor.fill(Tensor.constant([[1], [2]]))]) expect(Tensor.shape(f(t))).toEqual(Tensor.shape(t))
  expect(host(Tensor.fill(7)(Tensor.constant([[1, 2], [3, 4]])))).toEqual([7, 7, 7, 7])
  expect(host(Tensor.size(Tensor.constant([[1, 2], [3, 4]])))).toEqual([4])
  expect(host(Tensor.invert(Tensor.gt(0)(Tensor.constant([1, -1]))))).toEqual([0, 1])
  expect(host(Tensor.invert(Tensor.cast('i32')(Tensor.constant([5, -1]))))).toEqual([-6, 0])
})

test('get, also along an axis whose length is not known yet', () => {
  const t = Tensor.input('x', [null, 3]), data = { x: { shape: [4, 3], data: Float64Array.from({ length: 12 }, (_, i) => i) } }
  expect(host(Tensor.get(1)(t), data)).toEqual([3, 4, 5])
  expect(host(Tensor.get(-1, 0)(t), data)).toEqual([9])
  expect(host(Tensor.get(null, [2, 0])(t), data)).toEqual([2, 0, 5, 3, 8, 6, 11, 9])
  expect(host(Tensor.get({ start: 1 }, -1)(t), data)).toEqual([5, 8, 11])
  expect(host(Tensor.get({ start: -2 }, { step: 2 })(t), data)).toEqual([6, 8, 9, 11])
  expect(host(Tensor.get(Tensor.cast('i32')(Tensor.constant([3, 3])), 1)(t), data)).toEqual([10, 10])
  for (const wrong of [Tensor.get(null, 3), Tensor.get(null, [0, 5]), Tensor.get(0.5), Tensor.get(0, 0, 0), Tensor.get({ step: -1 })]) expect(E.isLeft(wrong(t).type)).toBe(true)
})

test('the numbers in the doc comments are those of the functions', () => {
  const text = readFileSync(join(import.meta.dirname, '../../src/tensor/index.ts'), 'utf8')
  const said = [...text.matchAll(/`(Tensor\.\w+\([-\d., ]+\)\([-\d]+\))` is (-?\d+|true)/g)]
  expect(said.length).toBeGreaterThan(6)
  for (const [, code, want] of said) {
    const t = (new Function('Tensor', `return ${code}`) as (of: typeof Tensor) => Tensor.Tensor)(Tensor)
    expect([code, host(t)]).toEqual([code, [want === 'true' ? 1 : Number(want)]])
  }
})
