/** Fits that must reach known posteriors: checks 1 and 8 of the rules, and the posterior mode. */
import { expect, test } from 'vitest'
import * as Dist from '../../src/dist/index.ts'
import * as B from '../../src/tensor/build.ts'
import { elbo } from '../../src/infer/elbo.ts'
import { fit } from '../../src/infer/fit.ts'
import { map } from '../../src/infer/methods.ts'
import * as Optimizer from '../../src/infer/optimizer.ts'
import { batch, model, open, regressionVector, right, site } from './models.ts'

const falling = (value: number, steps: number): Optimizer.Optimizer =>
  Optimizer.adam({ learningRate: Optimizer.exponential({ value, decay: 1e-2, steps }), beta2: 0.999 })

test('mean field finds the factorised optimum from batches of 2 in 5, by every estimator (check 1)', async () => {
  const { model: blr, data } = regressionVector()
  const start = { w: { mean: [-1, 0.8], sd: [0.15, 0.06] } }
  for (const o of [{ samples: 1 }, { samples: 8 }, { samples: 8, kl: 'monteCarlo' as const }, { samples: 8, kl: 'monteCarlo' as const, pathDerivative: true }]) {
    const steps = o.samples === 1 ? 2500 : 800
    const approx = right(await fit(blr, { data, batchSize: 2, steps, optimizer: falling(0.03, steps), seed: 1, start, open, ...o })())
    const { std, mean } = approx
    // Lambda_ii^(-1/2) of the posterior precision [[21, 102], [102, 570]]; a KL weighted 2.5 or 0.4 times gives .333/.066 or .140/.027.
    expect(Math.abs(std['w'].data[0] / 0.2182179 - 1)).toBeLessThan(0.03)
    expect(Math.abs(std['w'].data[1] / 0.0418854 - 1)).toBeLessThan(0.03)
    const bound = right(await elbo(approx, data, { samples: 600, open })())
    expect(Math.abs(bound.value + 7.163423)).toBeLessThan(0.03 + 4 * bound.se)
    // The two means move together along the ridge (correlation -.93), so each is looser than its sd.
    expect(Math.abs(mean['w'].data[0] + 1.0283525)).toBeLessThan(0.2)
  }
}, 300_000)

test('weights on inputs that are always zero go to their prior (check 8)', async () => {
  const x = B.leaf('input', 'x', [batch, 3])
  const w = site('w', [3], Dist.normal({ sd: 2 }), { role: 'weight', init: { _tag: 'Glorot', fanIn: 3, fanOut: 1 }, layer: 'd' })
  const mu = B.sum(B.mul(x, w.leaf), [1])
  const m = model({ inputs: { x }, sites: [w], prediction: mu, likelihoods: [{ name: 'y', dist: Dist.normal({ mu }) }] })
  const data = { x: [1, 2, 3, 4].map((v) => [v, 0, 0]), y: [1, 2, 3, 4] }
  const approx = right(await fit(m, { data, batchSize: 2, steps: 500, optimizer: falling(0.2, 500), open })())
  for (const i of [1, 2]) {
    expect(Math.abs(approx.mean['w'].data[i]) / approx.std['w'].data[i]).toBeLessThan(0.05)
    expect(approx.std['w'].data[i] / 2).toBeGreaterThan(0.97)
    expect(approx.std['w'].data[i] / 2).toBeLessThan(1.03)
  }
}, 120_000)

test('the mode is that of the density in own units, or of u where asked', async () => {
  // s ~ LogNormal(0, 1) with a flat likelihood: mode exp(-1) in own units, 1 in log units.
  const s = site('s', [], Dist.logNormal())
  const m = model({ sites: [s], prediction: s.leaf, likelihoods: [{ name: 'y', dist: Dist.normal({ mu: B.mul(0, B.broadcastTo(s.leaf, [batch])) }) }] })
  const run = async (method: ReturnType<typeof map>): Promise<number> =>
    right(await fit(m, { data: { y: [0, 0] }, method, steps: 200, optimizer: Optimizer.sgd({ learningRate: 0.1 }), open })()).mean['s'].data[0]
  expect(await run(map())).toBeCloseTo(Math.exp(-1), 6)
  expect(await run(map({ space: 'unconstrained' }))).toBeCloseTo(1, 6)
}, 120_000)

test('a prior that is not about 0 is reached from where a fit starts by itself', async () => {
  // Heights y ~ N(m, 9) under m ~ N(170, 20): precisions 1 / 400 + 50 / 81, mean 170 + 12.5 of the data's 172 weighted by theirs.
  const m = site('m', [], Dist.normal({ mu: 170, sd: 20 })), mu = B.broadcastTo(m.leaf, [batch])
  const heights = model({ sites: [m], prediction: mu, likelihoods: [{ name: 'y', dist: Dist.normal({ mu, sd: 9 }) }] })
  const y = Array.from({ length: 50 }, (_, i) => 172 + 9 * Math.sin(7 * i)), mean = y.reduce((a, b) => a + b) / 50
  const precision = 1 / 400 + 50 / 81, expected = (170 / 400 + (50 / 81) * mean) / precision
  const approx = right(await fit(heights, { data: { y }, steps: 800, optimizer: falling(0.1, 800), open })())
  expect(Math.abs(approx.mean['m'].data[0] - expected)).toBeLessThan(0.15)
  expect(Math.abs(approx.std['m'].data[0] * Math.sqrt(precision) - 1)).toBeLessThan(0.1)
}, 120_000)

test('tight priors are reached: the bound is the evidence', async () => {
  // One weight under N(0, s), s^2 << 1 / sum x^2: y has the covariance 0.49 + s^2 x x'.
  const x = Array.from({ length: 40 }, (_, i) => -1 + i / 19.5), y = x.map((v, i) => 0.3 * v + 0.7 * Math.cos(9 * i * i))
  const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((s, v, i) => s + v * b[i], 0)
  const xx = dot(x, x), xy = dot(x, y), yy = dot(y, y)
  for (const s of [1e-2, 1e-3, 1e-4]) {
    const w = site('d.W', [], Dist.normal({ sd: s }), { role: 'weight', layer: 'd', init: { _tag: 'Glorot', fanIn: 1, fanOut: 1 } })
    const mu = B.mul(w.leaf, B.leaf('input', 'x', [batch]))
    const line = model({ inputs: { x: B.leaf('input', 'x', [batch]) }, sites: [w], prediction: mu, likelihoods: [{ name: 'y', dist: Dist.normal({ mu, sd: 0.7 }) }] })
    const approx = right(await fit(line, { data: { x, y }, steps: 1500, optimizer: Optimizer.adam({ learningRate: Optimizer.cosine({ value: 0.05, steps: 1500 }) }), open })())
    const precision = 1 / s ** 2 + xx / 0.49
    const evidence = -20 * Math.log(2 * Math.PI * 0.49) - 0.5 * Math.log(1 + (s * s * xx) / 0.49) - 0.5 * (yy / 0.49 - (xy / 0.49) ** 2 / precision)
    const bound = right(await elbo(approx, { x, y }, { samples: 200, open })())
    expect(Math.abs(bound.value - evidence)).toBeLessThan(0.05 + 4 * bound.se)
    expect(Math.abs(approx.std['d.W'].data[0] * Math.sqrt(precision) - 1)).toBeLessThan(0.1)
  }
}, 120_000)
