import { beforeAll, expect, test } from 'vitest'
import { interpret } from '../../src/reference/index.ts'
import { input } from '../../src/tensor/index.ts'
import type { Approximation } from '../../src/infer/approximation.ts'
import { fit } from '../../src/infer/fit.ts'
import { logMeanExp } from '../../src/predict/metrics.ts'
import { argmaxRows, brier, ece, errorRate, nll } from '../../src/predict/metrics.ts'
import { predict } from '../../src/predict/predict.ts'
import * as Dist from '../../src/dist/index.ts'
import * as B from '../../src/tensor/build.ts'
import { batch, classifier, left, model, open, regression, right, site } from '../infer/models.ts'

const { model: net, data } = classifier()
let approx: Approximation
// Wide spreads, so that draws disagree.
beforeAll(async () => { approx = right(await fit(net, { data, steps: 0, open, start: { 'd1.W': { sd: 1 }, 'd2.W': { sd: 1 } } })()) })

const DRAWS = 40

test('predict is the statistics of evaluate(sampleNode), counts exactly', async () => {
  const post = right(await predict(approx, { x: data.x }, { samples: DRAWS, seed: 5, batchSize: 4, open })())
  const x = input('pixels', [null, 3])
  const node = approx.sampleNode(net.prediction, { size: DRAWS, seed: 5, moreReplacements: [[net.inputs['x'], x]] })
  const [p] = right(interpret({ pixels: { shape: [10, 3], data: data.x.flat() } })([node]))
  const at = (s: number, i: number, k: number): number => p.data[(s * 10 + i) * 3 + k]
  const draws = Array.from({ length: DRAWS }, (_, s) => s)
  for (let i = 0; i < 10; i++) {
    const argmax = draws.map((s) => [0, 1, 2].reduce((b, k) => (at(s, i, k) > at(s, i, b) ? k : b), 0))
    const votes = [0, 1, 2].map((k) => argmax.filter((a) => a === k).length)
    const mode = votes.indexOf(Math.max(...votes))
    expect([...post.votes.data.slice(3 * i, 3 * i + 3)]).toEqual(votes)
    expect(post.predictiveMode.data[i]).toBe(mode)
    expect(post.expectedErrorRate.data[i]).toBeCloseTo(1 - votes[mode] / DRAWS, 12)
    for (let k = 0; k < 3; k++) {
      const xs = draws.map((s) => at(s, i, k))
      const mean = xs.reduce((a, b) => a + b, 0) / DRAWS
      // sessions read in single precision
      expect(post.predictiveMean.data[3 * i + k]).toBeCloseTo(mean, 6)
      expect(post.variance.data[3 * i + k]).toBeCloseTo(xs.reduce((a, b) => a + (b - mean) ** 2, 0) / DRAWS, 6)
      expect(post.logPredictiveMean.data[3 * i + k]).toBeCloseTo(logMeanExp(xs.map(Math.log)), 5)
    }
    const h = (q: readonly number[]): number => -q.reduce((a, v) => a + v * Math.log(v), 0)
    const inside = draws.reduce((a, s) => a + h([0, 1, 2].map((k) => at(s, i, k))), 0) / DRAWS
    expect(post.aleatoricEntropy.data[i]).toBeCloseTo(inside, 5)
    expect(post.epistemicEntropy.data[i]).toBeGreaterThan(0)
    expect(post.expectedError.data[i]).toBeCloseTo(1 - post.predictiveMean.data[3 * i + mode], 12)
  }
  expect(post.expectedErrorRate.data.some((v) => v > 0)).toBe(true)
}, 60_000)

test('the plug-in is the prediction at the centre; chunks of rows change nothing', async () => {
  const a = right(await predict(approx, { x: data.x }, { samples: 3, batchSize: 3, open })()), b = right(await predict(approx, { x: data.x }, { samples: 3, open })())
  expect({ ...a, plan: undefined }).toEqual({ ...b, plan: undefined })
  const [p] = right(interpret({ x: { shape: [10, 3], data: data.x.flat() } })([approx.applyReplacements(net.prediction, { deterministic: true })]))
  p.data.forEach((v, i) => expect(a.meanPlugIn.data[i]).toBeCloseTo(v, 6))
  expect(a.meanPlugIn.shape).toEqual([10, 3])
})

test('real outputs: mean and variance of E[y | x, w], and of y itself', async () => {
  const { model: blr, data: d } = regression()
  const q = right(await fit(blr, { data: d, steps: 0, open, start: { a: { mean: 1, sd: 0.3 }, b: { mean: 2, sd: 0.1 } } })())
  const post = right(await predict(q, { x: [0, 3] }, { samples: 2000, open })())
  expect(post.kind).toBe('real')
  expect([...post.meanPlugIn.data].map((v) => Math.round(1e5 * v) / 1e5)).toEqual([1, 7])
  // var = .09 + x^2 .01; the relative sd of a variance of 2,000 draws is .032
  expect(Math.abs(post.variance.data[1] / 0.18 - 1)).toBeLessThan(5 * 0.032)
  const y = right(await predict.observed(q, { x: [0, 3] }, { samples: 2000, batchSize: 1, open })())
  expect(Math.abs(y.variance.data[1] / (0.18 + 0.25) - 1)).toBeLessThan(5 * 0.032)
  expect(Math.abs(y.predictiveMean.data[0] - 1)).toBeLessThan(5 * Math.sqrt(0.34 / 2000))
}, 120_000)

test('errors name the option or the input', async () => {
  expect(left(await predict(approx, { z: data.x }, { open })())).toMatchObject({ _tag: 'MissingField', path: ['data', 'x'] })
  expect(left(await predict(approx, { x: data.x }, { sample: 2, open } as object)())).toMatchObject({ _tag: 'UnknownOption' })
  expect(left(await predict(approx, { x: data.x }, { samples: 0, open })())).toMatchObject({ path: ['predict', 'samples'] })
})

test('draws in several steps: counts exactly, sums to rounding, quantiles of all of them', async () => {
  // 11 draws of 10 rows, at most 500 lanes: all at once; of 200 rows, two at a time, the last one alone.
  const many = Array.from({ length: 200 }, (_, i) => data.x[i % 10])
  const p = [0, 0.25, 0.5, 1]
  const once = right(await predict(approx, { x: data.x }, { samples: 11, seed: 2, quantiles: p, open })())
  const cut = right(await predict(approx, { x: many }, { samples: 11, seed: 2, quantiles: p, open })())
  expect([once.plan.chunk, cut.plan.chunk]).toEqual([{ rows: 10, draws: 11 }, { rows: 200, draws: 2 }])
  expect([...cut.votes.data.slice(0, 30)]).toEqual([...once.votes.data])
  for (const k of ['predictiveMean', 'variance', 'logPredictiveMean', 'aleatoricEntropy'] as const)
    once[k].data.forEach((v, i) => expect(cut[k].data[i]).toBeCloseTo(v, 6))
  expect(cut.quantiles.values.shape).toEqual([200, 3, 4])
  const x = input('pixels', [null, 3])
  const [all] = right(interpret({ pixels: { shape: [10, 3], data: data.x.flat() } })([approx.sampleNode(net.prediction, { size: 11, seed: 2, moreReplacements: [[net.inputs['x'], x]] })]))
  for (let e = 0; e < 30; e++) {
    const xs = Array.from({ length: 11 }, (_, s) => all.data[30 * s + e]).sort((a, b) => a - b)
    // 11 draws: the quartile lies half way between the third and the fourth
    const want = [xs[0], (xs[2] + xs[3]) / 2, xs[5], xs[10]]
    for (const post of [once, cut]) want.forEach((v, k) => expect(post.quantiles.values.data[4 * e + k]).toBeCloseTo(v, 6))
  }
})

test('options that are out of range are named', async () => {
  for (const o of [{ memory: 0 }, { memory: 1.5 }, { quantiles: [1.1] }, { quantiles: 0.5 as unknown as number[] }])
    expect(left(await predict(approx, { x: data.x }, { ...o, open })())).toMatchObject({ _tag: 'BadOption', path: ['predict', Object.keys(o)[0]] })
})

test('0 or 1: mean, variance and quantiles of the probability of 1, the fields of classes as for two', async () => {
  const x = B.leaf('input', 'x', [batch]), w = site('w', [], Dist.normal())
  const eta = B.mul(w.leaf, x), p = B.sigmoid(eta)
  const xs = [-2, -0.5, 0.3, 1, 4], n = xs.length, y = [0, 1, 0, 1, 1]
  for (const dist of [Dist.bernoulli({ probs: p }), Dist.bernoulli({ logits: eta })]) {
    const coin = model({ inputs: { x }, sites: [w], prediction: p, likelihoods: [{ name: 'y', dist, dtype: 'i32' }] })
    const q = right(await fit(coin, { data: { x: xs, y }, steps: 0, open, start: { w: { mean: 0.5, sd: 1 } } })())
    const S = 60, post = right(await predict(q, { x: xs }, { samples: S, seed: 4, batchSize: 2, quantiles: [0, 1], open })())
    const [draws] = right(interpret({ x: { shape: [n], data: xs } })([q.sampleNode(p, { size: S, seed: 4 })]))
    expect([post.kind, post.predictiveMean.shape, post.meanPlugIn.shape, post.quantiles.values.shape]).toEqual(['binary', [n], [n], [n, 2]])
    expect([post.votes.shape, post.logPredictiveMean.shape, post.predictiveMode.shape]).toEqual([[n, 2], [n, 2], [n]])
    const h = (v: number): number => -v * Math.log(v) - (1 - v) * Math.log(1 - v)
    for (let i = 0; i < n; i++) {
      const ps = Array.from({ length: S }, (_, s) => draws.data[s * n + i]), mean = ps.reduce((a, b) => a + b, 0) / S
      const ones = ps.filter((v) => v > 0.5).length, mode = ones > S - ones ? 1 : 0
      // sessions read in single precision
      expect(post.predictiveMean.data[i]).toBeCloseTo(mean, 6)
      expect(post.variance.data[i]).toBeCloseTo(ps.reduce((a, v) => a + (v - mean) ** 2, 0) / S, 6)
      expect(post.quantiles.values.data[2 * i]).toBeCloseTo(Math.min(...ps), 6)
      expect(post.quantiles.values.data[2 * i + 1]).toBeCloseTo(Math.max(...ps), 6)
      expect(post.meanPlugIn.data[i]).toBeCloseTo(1 / (1 + Math.exp(-0.5 * xs[i])), 6)
      expect(post.plugInMode.data[i]).toBe(xs[i] > 0 ? 1 : 0)
      expect([...post.votes.data.slice(2 * i, 2 * i + 2)]).toEqual([S - ones, ones])
      expect(post.predictiveMode.data[i]).toBe(mode)
      expect(post.meanMode.data[i]).toBe(mean > 0.5 ? 1 : 0)
      expect(post.expectedErrorRate.data[i]).toBeCloseTo(Math.min(ones, S - ones) / S, 12)
      expect(post.expectedError.data[i]).toBeCloseTo(mode === 1 ? 1 - mean : mean, 6)
      expect(post.logPredictiveMean.data[2 * i]).toBeCloseTo(Math.log(1 - mean), 5)
      expect(post.logPredictiveMean.data[2 * i + 1]).toBeCloseTo(Math.log(mean), 5)
      expect(post.totalEntropy.data[i]).toBeCloseTo(h(mean), 5)
      expect(post.aleatoricEntropy.data[i]).toBeCloseTo(ps.reduce((a, v) => a + h(v), 0) / S, 5)
    }
    // the scores that the guide shows, of both forms
    const m = post.predictiveMean.data
    expect(errorRate(y)(argmaxRows(m, 1))).toBe(errorRate(y)(post.meanMode.data))
    expect(nll(y)(post.logPredictiveMean.data)).toBeCloseTo(-y.reduce((a, v, i) => a + Math.log(v === 1 ? m[i] : 1 - m[i]), 0) / n, 5)
    expect(brier(y)(m)).toBeCloseTo(y.reduce((a, v, i) => a + 2 * (v - m[i]) ** 2, 0) / n, 10)
    expect(ece(y)(m)).toBeCloseTo(ece(y)(Array.from(m).flatMap((v) => [1 - v, v])), 12)
  }
})

test('certain draws keep a finite log where logits have one', async () => {
  const x = B.leaf('input', 'x', [batch]), w = site('w', [], Dist.normal()), eta = B.mul(w.leaf, x)
  const coin = model({ inputs: { x }, sites: [w], prediction: eta, likelihoods: [{ name: 'y', dist: Dist.bernoulli({ logits: eta }), dtype: 'i32' }] })
  const q = right(await fit(coin, { data: { x: [1], y: [1] }, steps: 0, open, start: { w: { mean: 60, sd: 1e-3 } } })())
  const post = right(await predict(q, { x: [1] }, { samples: 3, open })())
  // log(1 - sigmoid(60)) = -60
  expect(post.logPredictiveMean.data[0]).toBeCloseTo(-60, 1)
})

test('an observer that throws or rejects, and an abort, say so in the words of predict', async () => {
  for (const onProgress of [() => { throw new Error('mine') }, (async () => { throw new Error('mine') }) as () => void])
    expect(left(await predict(approx, { x: data.x }, { samples: 3, open, onProgress })())).toMatchObject({ _tag: 'ObserverFailed', path: ['predict', 'onProgress'], got: 'Error: mine' })
  expect(left(await predict.observed(approx, { x: data.x }, { samples: 3, open, onProgress: () => { throw new Error('mine') } })())).toMatchObject({ path: ['predict', 'observed', 'onProgress'] })
  const c = new AbortController()
  const stopped = left(await predict(approx, { x: data.x }, { samples: 3, batchSize: 5, open, signal: c.signal, onProgress: (share) => { if (share >= 0.5) c.abort() } })())
  expect(stopped).toMatchObject({ _tag: 'Aborted', path: ['predict'], got: 'cancelled after 5 of 10 rows', hint: 'call predict again: what was computed until then is not kept' })
})

test('where draws agree they say nothing of the weights: the mutual information is not below 0', async () => {
  const sure = right(await fit(net, { data, steps: 0, open, start: Object.fromEntries(net.sites.map((s) => [s.name, { sd: 1e-6 }])) })())
  const post = right(await predict(sure, { x: Array.from({ length: 100 }, (_, i) => [i / 20, -i / 30, 1]) }, { samples: 16, open })())
  // sums in single precision
  post.epistemicEntropy.data.forEach((v) => { expect(v >= 0 && v < 1e-6).toBe(true) })
})
