/**
 * Spatial layers against PyTorch's values and gradients, kept in
 * test/fixtures/layers/spatial.json by the script beside it. Both sides compute in f64,
 * and twelve digits are kept.
 */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import * as Layer from '../../../src/layer/index.ts'
import * as B from '../../../src/tensor/build.ts'
import { grad } from '../../../src/tensor/index.ts'
import { shapeOf } from '../../../src/tensor/node.ts'
import { leafName } from '../../../src/tensor/ops/leaves.ts'
import { leavesOf } from '../../../src/tensor/replace.ts'
import { array, evaluate, told } from './tools.ts'

interface Case {
  readonly layer: string
  readonly config: Readonly<Record<string, unknown>>
  readonly leaves: Readonly<Record<string, readonly number[]>>
  readonly shape: readonly number[]
  readonly output: readonly number[]
  readonly gradients: Readonly<Record<string, readonly number[]>>
}

const cases = JSON.parse(readFileSync(new URL('../../fixtures/layers/spatial.json', import.meta.url), 'utf8')) as readonly Case[]

const close = (got: ArrayLike<number>, want: readonly number[]): void => {
  expect(got.length).toBe(want.length)
  want.forEach((v, i) => expect(Math.abs(got[i] - v)).toBeLessThan(1e-10 * Math.max(1, Math.abs(v))))
}

describe('PyTorch', () => {
  it.each(cases.map((c) => [`${c.layer} ${JSON.stringify(c.config)}`, c] as const))('%s', (_, c) => {
    const make = (Layer as unknown as Readonly<Record<string, (config: object) => (n: unknown) => Layer.Network>>)[c.layer]({ ...c.config, name: 'layer' })
    const image = Layer.input([null, ...c.leaves['x'].slice(1)], { name: 'x' })
    const network = make(c.leaves['maps'] === undefined ? image : [image, Layer.input([null, 6], { name: 'maps' })])
    expect(told(network)).toBe('')
    const y = Layer.elaborate(network).prediction
    const values = Object.fromEntries(Object.entries(c.leaves).map(([k, s], i) => [k === 'x' || k === 'maps' ? k : `layer.${k}`, array(s, i + 1)]))
    const ct = { shape: c.shape, data: array(c.shape, 5).data }
    const leaves = leavesOf([y]), loss = B.sum(B.mul(y, B.leaf('input', 'ct', shapeOf(y))))
    const [value, ...slopes] = evaluate({ ...values, ct }, [y, ...grad(leaves)(loss)])
    expect(value.shape).toEqual(c.shape)
    close(value.data, c.output)
    expect(leaves.map((l) => (leafName(l) as string).replace('layer.', '')).sort()).toEqual(Object.keys(c.gradients).sort())
    leaves.forEach((l, i) => { close(slopes[i].data, c.gradients[(leafName(l) as string).replace('layer.', '')]) })
  })
})
