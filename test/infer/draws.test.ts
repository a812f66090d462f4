/** A posterior in graphs: draws, the centre, no site left (checks 7 of the rules among them). */
import { beforeAll, expect, test } from 'vitest'
import * as Dist from '../../src/dist/index.ts'
import { interpret } from '../../src/reference/index.ts'
import type { Ref } from '../../src/reference/index.ts'
import * as B from '../../src/tensor/build.ts'
import * as Ext from '../../src/tensor/extent.ts'
import { topo } from '../../src/tensor/node.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { extent, input } from '../../src/tensor/index.ts'
import { bindExtents, leavesOf } from '../../src/tensor/replace.ts'
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
