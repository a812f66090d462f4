/** What holds of every layer: it survives files, takes many draws at once, and an empty batch. */
import { describe, expect, it } from 'vitest'
import { E, pipe } from '../../src/fp.ts'
import * as Layer from '../../src/layer/index.ts'
import * as Model from '../../src/model/index.ts'
import type { Values } from '../../src/reference/index.ts'
import { batch } from '../../src/tensor/batch.ts'
import * as B from '../../src/tensor/build.ts'
import * as Tensor from '../../src/tensor/index.ts'
import { dtypeOf, shapeOf } from '../../src/tensor/node.ts'
import { leafName } from '../../src/tensor/ops/leaves.ts'
import { leavesOf } from '../../src/tensor/replace.ts'
import { networks } from './networks.ts'
import { array, elaborated, numbers, sizeOf } from './run.ts'

/** Values of all leaves of a network for so many rows; variances above 0, whole numbers from 0. */
const valuesOf = (e: Layer.Elaborated, rows: number, seed: number): Values =>
  Object.fromEntries(leavesOf([e.prediction]).filter((l) => l.op !== 'phase' && l.op !== 'key').map((l, i) => {
    const name = leafName(l) as string, { shape, data } = array(shapeOf(l).map((n) => (typeof n === 'number' ? n : rows)), seed + i)
    return [name, { shape, data: data.map((v) => (dtypeOf(l) === 'i32' ? Math.abs(Math.round(3 * v)) : name.endsWith('variance') ? 2 + v : v)) }]
  }))

describe.each(Object.entries(networks))('%s', (_, network) => {
  const e = elaborated(network)
  it('survives writing and reading', () => {
    const here = Model.of(network)
    const back = pipe(Model.toData(here), E.chain(({ json, arrays }) => Model.fromData(JSON.parse(JSON.stringify(json)), arrays)))
    if (E.isLeft(back)) throw new Error(JSON.stringify(back.left))
    expect(Tensor.listing([back.right.prediction])).toBe(Tensor.listing([here.prediction]))
    expect(Object.keys(back.right.states)).toEqual(Object.keys(here.states))
  })
  it('many draws of its parameters at once are the draws one by one', () => {
    const draws = [1, 2, 3].map((seed) => Object.fromEntries(e.sites.map((s, i) => [s.name, array(s.shape, 10 * seed + i)])))
    const values = valuesOf(e, 2, 5)
    const stacked = e.sites.map((s): readonly [Tensor.Tensor, Tensor.Tensor] => [s.leaf, B.leaf('input', `many.${s.name}`, [3, ...s.shape])])
    const many = Object.fromEntries(e.sites.map((s) => [`many.${s.name}`, { shape: [3, ...s.shape], data: draws.flatMap((d) => [...d[s.name].data]) }]))
    for (const phase of [0, 1]) {
      const at = { ...values, phase: { shape: [], data: [phase] } }
      const [all] = numbers(batch(3, stacked)([e.prediction]), { ...at, ...many })
      const one = draws.flatMap((d) => [...numbers([e.prediction], { ...at, ...d })[0].data])
      expect(all.shape).toEqual([3, ...shapeOf(e.prediction).map((n) => (typeof n === 'number' ? n : 2))])
      // The same sums, perhaps in another order.
      one.forEach((v, i) => expect(Math.abs(all.data[i] - v)).toBeLessThan(1e-10 * Math.max(1, Math.abs(v))))
    }
  })
  it('takes an empty batch', () => {
    const [y] = numbers([e.prediction], valuesOf(e, 0, 5))
    expect(y.shape[0]).toBe(0)
    expect(sizeOf(y.shape)).toBe(0)
  })
})
