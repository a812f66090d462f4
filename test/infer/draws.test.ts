/** A posterior in graphs: draws, the centre, no site left (checks 7 of the rules among them). */
import { beforeAll, expect, test } from 'vitest'
import * as Dist from '../../src/dist/index.ts'
import { interpret } from '../../src/reference/index.ts'
import type { Ref } from '../../src/reference/index.ts'
import * as B from '../../src/tensor/build.ts'
import * as Ext from '../../src/tensor/extent.ts'
import { topo } from '../../src/tensor/node.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { extent, grad, input } from '../../src/tensor/index.ts'
import { bindExtents, leavesOf, replace } from '../../src/tensor/replace.ts'
import { pipe } from '../../src/fp.ts'
import * as Layer from '../../src/layer/index.ts'
import * as Likelihood from '../../src/model/likelihood.ts'
import * as Model from '../../src/model/index.ts'
import type { Approximation } from '../../src/infer/approximation.ts'
import { fit } from '../../src/infer/fit.ts'
import { batch, classifier, model, open, regression, right, site } from './models.ts'

const { model: net, data } = classifier()
let approx: Approximation
beforeAll(async () => { approx = right(await fit(net, { data, steps: 1, open })()) })

const run = (graphs: readonly Tensor[], values: Parameters<typeof interpret>[0] = {}): readonly Ref[] => right(interpret(values)(graphs))
const weights = (o: object): Ref => run([approx.sampleNode(net.sites[1].leaf, o)])[0]
const row = (r: Ref, i: number): number[] => [...r.data.slice((i * r.data.length) / r.shape[0], ((i + 1) * r.data.length) / r.shape[0])]

test('draw i of a site is the same in any chunk, list and node', () => {
  const all = weights({ size: 6, seed: 3 })
  expect(all.shape).toEqual([6, 3, 4])
  const tail = weights({ size: 2, seed: 3, firstSample: 4 })
  expect([row(tail, 0), row(tail, 1)]).toEqual([row(all, 4), row(all, 5)])
  expect([...weights({ seed: 3 }).data]).toEqual(row(all, 0))
  const [sd, sum] = run(approx.sampleNode([net.sites[0].leaf, B.sum(net.sites[1].leaf)], { size: 6, seed: 3 }))
  expect(sd.shape).toEqual([6])
  expect(sum.data[5]).toBeCloseTo(row(all, 5).reduce((a, b) => a + b, 0), 12)
  expect(row(weights({ size: 6, seed: 4 }), 0)).not.toEqual(row(all, 0))
})

test('size can be an extent and seed a scalar that is given at each call', () => {
  const many = input('many', [null]), seed = input('seed', [], 'u32')
  const node = approx.sampleNode(net.sites[1].leaf, { size: extent(0)(many), seed })
  const [got] = run(bindExtents({ 'many.0': 6 })([node]), { seed: { shape: [], data: [3] } })
  expect(got.shape).toEqual([6, 3, 4])
  expect([...got.data]).toEqual([...weights({ size: 6, seed: 3 }).data])
})

test('replacements that are no pairs of tensors are an error of the graph', () => {
  const x = net.inputs['x']
  for (const bad of [[[x, undefined]], [[x, 3]], [x, x], [[x]], {}, 'x'])
    for (const t of [approx.sampleNode(net.prediction, { moreReplacements: bad as never }), approx.applyReplacements(net.prediction, { moreReplacements: bad as never })])
      expect(t.type).toMatchObject({ _tag: 'Left', left: [{ _tag: 'BadOption', path: [expect.any(String), 'moreReplacements'] }] })
})

test('nothing of the model is left open, and the centre has no randomness in it', () => {
  const x = input('pixels', [null, 3])
  for (const node of [
    approx.applyReplacements(net.prediction, { deterministic: true, moreReplacements: [[net.inputs['x'], x]] }),
    approx.applyReplacements(net.prediction, { moreReplacements: [[net.inputs['x'], x]] }),
    approx.sampleNode(net.prediction, { size: 5, moreReplacements: [[net.inputs['x'], x]] })
  ]) expect(leavesOf([node]).map((l) => `${l.op} ${String(l.attrs['name'])}`)).toEqual(['input pixels'])
  const centre = approx.applyReplacements(net.prediction, { deterministic: true })
  expect(topo([centre]).some((t) => t.op.startsWith('random'))).toBe(false)
  const [many] = run([approx.sampleNode(net.prediction, { size: 5, moreReplacements: [[net.inputs['x'], x]] })], { pixels: { shape: [2, 3], data: [1, 2, 3, 4, 5, 6] } })
  expect(many.shape).toEqual([5, 2, 3])
})

test('the centre of a log-normal site is its median, its mean is larger', () => {
  const [centre] = run([approx.applyReplacements(net.sites[0].leaf, { deterministic: true })])
  const { mean, sd } = approx.unconstrained['d1.W.sd']
  expect(centre.data[0]).toBeCloseTo(Math.exp(mean.data[0]), 6)
  expect(approx.mean['d1.W.sd'].data[0]).toBeCloseTo(Math.exp(mean.data[0] + 0.5 * sd.data[0] ** 2), 10)
  expect(approx.quantile(0.5)['d1.W.sd'].data[0]).toBeCloseTo(centre.data[0], 6)
})

test('a replacement may hold sites: none is left', () => {
  const node = approx.applyReplacements(net.prediction, { deterministic: true, moreReplacements: [[net.inputs['x'], B.mul(net.sites[0].leaf, B.full([2, 3], 1))]] })
  expect(leavesOf([node])).toEqual([])
})

test('an observation in a graph is a draw of it, row by row, also under more draws', async () => {
  const { model: blr, data: d } = regression()
  const q = right(await fit(blr, { data: d, steps: 1, open, start: { a: { mean: 0, sd: 1e-3 }, b: { mean: 2, sd: 1e-3 } } })())
  const x = input('x', [null])
  const [y] = run([q.sampleNode(blr.observed['y'], { size: 4000, moreReplacements: [[blr.inputs['x'], x]] })], { x: { shape: [2], data: [1, 3] } })
  expect(y.shape).toEqual([4000, 2])
  const column = (k: number): number[] => Array.from({ length: 4000 }, (_, i) => y.data[2 * i + k])
  const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length
  // sd of the mean of 4,000 draws with sd 1/2 is .008
  expect(Math.abs(mean(column(0)) - 2)).toBeLessThan(0.04)
  expect(Math.abs(mean(column(1)) - 6)).toBeLessThan(0.04)
  const centred = (k: number): number[] => { const m = mean(column(k)); return column(k).map((v) => v - m) }
  expect(Math.abs(mean(centred(0).map((v, i) => v * centred(1)[i])) / 0.25)).toBeLessThan(5 / Math.sqrt(4000))
  const c = classifier()
  const [labels] = run([approx.sampleNode(c.model.observed['y'], { size: 50 })], { x: { shape: [2, 3], data: [1, 0, 0, 0, 1, 0] } })
  expect(labels.shape).toEqual([50, 2])
  expect([...new Set(labels.data)].every((v) => [0, 1, 2].includes(v))).toBe(true)
}, 60_000)

test('sample gives host arrays by site', async () => {
  const s = right(await approx.sample({ size: 6, seed: 3 })())
  expect(s['d1.W'].shape).toEqual([6, 3, 4])
  expect([...s['d1.W'].data]).toEqual([...Float32Array.from(weights({ size: 6, seed: 3 }).data)])
})

test('a wrong option or size is an ill-shaped node that says so', () => {
  const bad = approx.sampleNode(net.prediction, { sise: 3 } as object)
  expect(bad.type).toMatchObject({ _tag: 'Left', left: [{ _tag: 'UnknownOption', hint: "did you mean 'size'?" }] })
  expect(approx.sampleNode(net.prediction, { size: 0 }).type).toMatchObject({ left: [{ _tag: 'BadOption' }] })
  for (const firstSample of ['x', -1.5, NaN]) expect(approx.sampleNode(net.prediction, { size: 2, firstSample } as object).type).toMatchObject({ left: [{ _tag: 'BadOption', path: ['sampleNode', 'firstSample'] }] })
})

test('so is that of sample', async () => {
  for (const [k, v] of Object.entries({ size: 0, firstSample: -1.5, seed: 0.5, open: 3, memory: 'much' }))
    expect(await approx.sample({ [k]: v } as object)()).toMatchObject({ _tag: 'Left', left: { _tag: 'BadOption', path: ['sample', k] } })
  expect(await approx.sample({ size: 2 ** 51 })()).toMatchObject({ left: { _tag: 'TooLarge', path: ['sample', 'size'] } })
  expect(await approx.sample({ firstSample: 'x' } as object)()).toMatchObject({ left: { path: ['sample', 'firstSample'], got: "'x'" } })
})

test('draws of equal shape, of neighbours, of samples and of weights against noise are uncorrelated (check 7)', async () => {
  const n = 4096
  const a = site('a', [n], Dist.normal()), b = site('b', [n], Dist.normal())
  const mu = B.mul(B.broadcastTo(B.sum(B.mul(a.leaf, 0)), [batch]), 1)
  const m = model({ sites: [a, b], prediction: mu, likelihoods: [{ name: 'y', dist: Dist.normal({ mu }) }] })
  const q = right(await fit(m, { data: { y: [0] }, steps: 0, open, start: { a: { mean: 0, sd: 1 }, b: { mean: 0, sd: 1 } } })())
  const [as, bs, ys] = run(bindExtents({ batch: n })(q.sampleNode([a.leaf, b.leaf, m.observed['y']], { size: 2 })))
  const first = as.data.slice(0, n), second = as.data.slice(n)
  const correlation = (x: Float64Array, y: Float64Array): number => {
    const k = Math.min(x.length, y.length)
    const mean = (v: Float64Array): number => v.slice(0, k).reduce((s, e) => s + e, 0) / k
    const mx = mean(x), my = mean(y)
    let xy = 0, xx = 0, yy = 0
    for (let i = 0; i < k; i++) { xy += (x[i] - mx) * (y[i] - my); xx += (x[i] - mx) ** 2; yy += (y[i] - my) ** 2 }
    return xy / Math.sqrt(xx * yy)
  }
  const bound = 5 / Math.sqrt(n)
  for (const [x, y] of [[first, bs.data.slice(0, n)], [first, second], [first, first.slice(1)], [first, first.slice(2)], [second, bs.data.slice(0, n)], [first, ys.data.slice(0, n)]])
    expect(Math.abs(correlation(x as Float64Array, y as Float64Array))).toBeLessThan(bound)
  // one standard normal each: mean within 5 / sqrt(n), variance within 5 sqrt(2 / n)
  expect(Math.abs(first.reduce((s, v) => s + v, 0) / n)).toBeLessThan(bound)
  expect(Math.abs(first.reduce((s, v) => s + v * v, 0) / n - 1)).toBeLessThan(bound * Math.SQRT2)
})

test('extents of a sampled node are symbols until given', () => {
  const many = approx.sampleNode(net.prediction, { size: 7 })
  expect(many.type._tag === 'Right' && Ext.showShape(many.type.right.shape)).toBe('[7, batch, 3]')
})

const line = pipe(Layer.input([null, 1], { name: 'x' }), Layer.dense({ units: 1 }), Model.observe(Likelihood.normal({ sd: 1 }), { name: 'y' }))
const given = { x: { shape: [3, 1], data: [1, 2, 3] }, y: { shape: [3], data: [1, 2, 30] } }
/** Log density of N(mu, 1). */
const logNormal = (y: number, mu: number): number => -0.5 * Math.log(2 * Math.PI) - 0.5 * (y - mu) ** 2

test('below a log likelihood an observation is what is given, elsewhere a draw, in one graph too', async () => {
  const q = right(await fit(line, { data: { x: [[1], [2], [3]], y: [1, 2, 3] }, steps: 3, open })())
  const [y] = Object.values(line.observed), ll = Model.logLikelihood(line)
  const [l, mu, total, seen] = run(q.sampleNode([ll, line.prediction, Model.logDensity(line), y], { size: 5, seed: 2 }), given)
  for (let i = 0; i < 15; i++) expect(l.data[i]).toBeCloseTo(logNormal(given.y.data[i % 3], mu.data[i]), 8)
  expect(total.shape).toEqual([5])
  // no draw of y comes near the 30 that was given, as the lines don't
  for (let s = 0; s < 5; s++) {
    expect(Math.abs(seen.data[3 * s + 2] - mu.data[3 * s + 2])).toBeLessThan(6)
    expect(l.data[3 * s + 2]).toBeLessThan(-50)
  }
  // both meanings of y in one node
  const [both, draw] = run(q.sampleNode([B.add(ll, B.mul(1000, y)), y], { size: 5, seed: 2 }), given)
  for (let i = 0; i < 15; i++) expect(both.data[i]).toBeCloseTo(l.data[i] + 1000 * draw.data[i], 6)
  // and one draw without an axis
  const [one] = run([q.applyReplacements(ll, { seed: 2 })], given)
  one.data.forEach((v, i) => { expect(v).toBeCloseTo(l.data[i], 10) })
})

test('without the observation its log likelihood has no value; under another name it is found there', async () => {
  const q = right(await fit(line, { data: { x: [[1], [2], [3]], y: [1, 2, 3] }, steps: 3, open })())
  const ll = Model.logLikelihood(line), obs = input('obs', [null])
  const none = interpret({ x: given.x })([q.sampleNode(ll, { size: 2 })])
  expect(none).toMatchObject({ _tag: 'Left', left: [{ _tag: 'MissingInput', path: ['y'] }] })
  const want = run([q.sampleNode(ll, { size: 2 })], given)[0]
  const values = { x: given.x, obs: given.y }
  const more = q.sampleNode(ll, { size: 2, moreReplacements: [[line.observed['y'], obs]] })
  expect(run([more], values)[0]).toEqual(want)
  expect(run([q.sampleNode(replace([[line.observed['y'], obs]])([ll])[0], { size: 2 })], values)[0]).toEqual(want)
  // an observation that the caller replaces is what he says, below a likelihood or not
  const [own] = run([q.sampleNode(B.mul(2, line.observed['y']), { moreReplacements: [[line.observed['y'], obs]] })], values)
  expect([...own.data]).toEqual([2, 4, 60])
})

test('that data are given outlives replacing, saving and loading, and changes no gradient', async () => {
  const saved = right(Model.toData(line)), again = right(Model.fromData(JSON.parse(JSON.stringify(saved.json)), saved.arrays))
  const q = right(await fit(again, { data: { x: [[1], [2], [3]], y: [1, 2, 3] }, steps: 3, open })())
  const pixels = input('pixels', [null, 1])
  const [ll] = replace([[again.inputs['x'], pixels]])([Model.logLikelihood(again)])
  const [l, mu] = run(q.sampleNode([ll, replace([[again.inputs['x'], pixels]])([again.prediction])[0]], { size: 2 }), { pixels: given.x, y: given.y })
  for (let i = 0; i < 6; i++) expect(l.data[i]).toBeCloseTo(logNormal(given.y.data[i % 3], mu.data[i]), 8)
  const y = line.observed['y'], [slope] = grad([y])(B.sum(Model.logLikelihood(line)))
  const [d, at] = run(q.applyReplacements([slope, line.prediction], { deterministic: true }), given)
  d.data.forEach((v, i) => { expect(v).toBeCloseTo(at.data[i] - given.y.data[i], 8) })
})
