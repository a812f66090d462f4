/** The five expressions of the original's tests: their variables, and one step of fitting each. */
import { expect, test } from 'vitest'
import { orThrow } from '../../src/error.ts'
import { pipe } from '../../src/fp.ts'
import * as Dist from '../../src/dist/index.ts'
import * as Model from '../../src/model/index.ts'
import { fit } from '../../src/infer/index.ts'
import * as Spec from '../../src/spec/index.ts'
import { five, lowRank } from './five.ts'
import { right, shape, sites } from './tools.ts'

test.each(five)('%s has three variables and the shape asked for', (_, s) => {
  const r = right(Spec.resolve([10, 10])(s))
  expect(r.sites.length).toBe(3)
  expect(shape(r)).toEqual([10, 10])
})

test('the low-rank prior has a column and a row', () => {
  expect(sites(right(Spec.resolve([10, 7])(lowRank())))).toEqual(['value.0.0 [10, 1]', 'value.0.1 [1, 7]', 'value.1 [10, 7]'])
})

test.each(five)('%s: one step of a fit', async (_, s) => {
  const model = Model.joint({ e: pipe(s, Spec.withShape([10, 10])) }, ({ e }) => ({ obs: Dist.normal({ mu: e }) }))
  expect(Model.sites(model).length).toBe(3)
  const data = { obs: { shape: [10, 10], data: Float32Array.from({ length: 100 }, (_x, i) => Math.sin(i)) } }
  const approx = await orThrow(fit(model, { data, steps: 1, seed: 0, gpu: 'reference' }))
  expect(approx.history.loss.length).toBe(1)
  expect(Number.isFinite(approx.history.loss[0])).toBe(true)
  expect(Object.values(approx.mean).every((m) => [...m.data].every(Number.isFinite))).toBe(true)
})

test('the value of the expression is known by its name', () => {
  const model = Model.joint({ e: pipe(five[0][1], Spec.withShape([10, 10])) }, ({ e }) => ({ obs: Dist.normal({ mu: e }) }))
  expect(model.deterministics.map(([k]) => k)).toEqual(['e'])
})

// The original: DistSpec(Normal, mu=0, sd=DistSpec(Lognormal, 0, 1))((100, 100), 'var2') inside Model('layer').
test('a distribution named inside a layer', () => {
  const r = right(Spec.resolve([100, 100], { name: 'var2', layer: 'layer' })(Spec.of('normal', { mu: 0, sd: Spec.of('logNormal', { mu: 0, sd: 1 }) })))
  expect(sites(r)).toEqual(['layer.var2.sd [100, 100]', 'layer.var2 [100, 100]'])
})
