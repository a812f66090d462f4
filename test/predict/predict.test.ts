import { beforeAll, expect, test } from 'vitest'
import { interpret } from '../../src/reference/index.ts'
import { input } from '../../src/tensor/index.ts'
import type { Approximation } from '../../src/infer/approximation.ts'
import { fit } from '../../src/infer/fit.ts'
import { addDraw, emptySums, logMean, modes, variance } from '../../src/predict/accumulate.ts'
import { logMeanExp } from '../../src/predict/metrics.ts'
import { predict } from '../../src/predict/predict.ts'
import { classifier, left, open, regression, right } from '../infer/models.ts'

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
  expect(a).toEqual(b)
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

test('streamed statistics are those of all draws at once', () => {
  const draws = [[0.2, 0.8, 0.5, 0.5], [0.6, 0.4, 0.1, 0.9], [0.7, 0.3, 0.5, 0.5]]
  const s = emptySums(2, 2)
  draws.forEach((d, i) => { addDraw(s, i, 0, 1, d.slice(0, 2), d.slice(0, 2).map(Math.log)); addDraw(s, i, 1, 1, d.slice(2), d.slice(2).map(Math.log)) })
  const mean = (k: number): number => draws.reduce((a, d) => a + d[k], 0) / 3
  for (let k = 0; k < 4; k++) {
    expect(s.mean[k]).toBeCloseTo(mean(k), 12)
    expect(variance(s, 3)[k]).toBeCloseTo(draws.reduce((a, d) => a + (d[k] - mean(k)) ** 2, 0) / 3, 12)
    expect(logMean(s, 3)[k]).toBeCloseTo(Math.log(mean(k)), 12)
  }
  // ties within a draw and between counts go to the smaller class
  expect([...s.votes]).toEqual([2, 1, 2, 1])
  expect([...modes(s)]).toEqual([0, 0])
})
