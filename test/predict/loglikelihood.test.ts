/** The log likelihood of given data by draw and row, and what is made of it, held against closed forms. */
import { expect, test } from 'vitest'
import * as Dist from '../../src/dist/index.ts'
import { fit } from '../../src/infer/fit.ts'
import { logLikelihood as jointly } from '../../src/model/density.ts'
import { loo, waic } from '../../src/predict/metrics.ts'
import { predict } from '../../src/predict/predict.ts'
import { interpret } from '../../src/reference/index.ts'
import * as B from '../../src/tensor/build.ts'
import { Layer, Likelihood, Model, Spec, pipe } from '../../src/index.ts'
import { batch, classifier, left, model, normalNormal, open, regression, right, site } from '../infer/models.ts'

const logNormal = (y: number, mu: number, variance: number): number => -0.5 * Math.log(2 * Math.PI * variance) - (y - mu) ** 2 / (2 * variance)

test('it is the log likelihood of sampleNode, of the same draws, however it is cut', async () => {
  const line = pipe(Layer.input([null, 1], { name: 'x' }), Layer.dense({ units: 1 }), Model.observe(Likelihood.normal({ sd: 0.5 }), { name: 'y' }))
  const x = Array.from({ length: 23 }, (_, i) => [Math.sin(i)]), y = x.map(([v], i) => 3 * v + 0.1 * (i % 5))
  const q = right(await fit(line, { data: { x, y }, steps: 2, open })())
  const [want] = right(interpret({ x: { shape: [23, 1], data: x.flat() }, y: { shape: [23], data: y } })([q.sampleNode(jointly(line), { size: 37, seed: 5 })]))
  // one step for all draws; a row and 37 draws a step; 5 rows a step, so that a block is read again and again
  for (const o of [{}, { batchSize: 1 }, { batchSize: 5 }, { batchSize: 20, plan: { kernels: '', choices: {}, chunk: { rows: 20, draws: 1 } } }, { plan: { kernels: '', choices: {}, chunk: { rows: 7, draws: 2 } } }]) {
    const got = right(await predict.logLikelihood(q, { x, y }, { samples: 37, seed: 5, open, ...o })())
    expect(got.shape).toEqual([37, 23])
    // sessions read in single precision
    got.data.forEach((v, i) => { expect(Math.abs(v - want.data[i])).toBeLessThan(1e-6 * Math.max(1, Math.abs(want.data[i]))) })
  }
})

test('one observation by name, all of them together without', async () => {
  const x = B.leaf('input', 'x', [batch]), a = site('a', [], Dist.normal()), mu = B.mul(a.leaf, x)
  const two = model({ inputs: { x }, sites: [a], prediction: mu, likelihoods: [{ name: 'y', dist: Dist.normal({ mu }) }, { name: 'n', dist: Dist.poisson({ rate: B.exp(mu) }), dtype: 'i32' }] })
  const data = { x: [1, 2, -1], y: [0.5, 2, -2], n: [3, 0, 1] }
  const q = right(await fit(two, { data, steps: 0, open })())
  const of = async (name?: string) => right(await predict.logLikelihood(q, data, { samples: 4, open, ...(name === undefined ? {} : { name }) })()).data
  const [y, n, both] = [await of('y'), await of('n'), await of()]
  both.forEach((v, i) => { expect(v).toBeCloseTo(y[i] + n[i], 5) })
  expect(left(await predict.logLikelihood(q, data, { name: 'z', open })())).toMatchObject({ _tag: 'UnknownObservation', path: ['predict', 'logLikelihood', 'name'], need: 'one of y, n' })
})

test('without the observation, and with options that are none, it says what is missing', async () => {
  const { model: net, data } = classifier(), q = right(await fit(net, { data, steps: 0, open })())
  expect(left(await predict.logLikelihood(q, { x: data.x }, { open })())).toMatchObject({ _tag: 'MissingField', path: ['data', 'y'] })
  expect(left(await predict.logLikelihood(q, data, { quantiles: [0.5], open } as object)())).toMatchObject({ _tag: 'UnknownOption', path: ['predict', 'logLikelihood', 'quantiles'] })
  expect(left(await predict.logLikelihood(q, data, { samples: 0, open })())).toMatchObject({ _tag: 'BadOption', path: ['predict', 'logLikelihood', 'samples'] })
  const c = new AbortController()
  c.abort()
  expect(left(await predict.logLikelihood(q, data, { open, signal: c.signal })())).toMatchObject({ _tag: 'Aborted', path: ['predict', 'logLikelihood'] })
  expect(left(await predict.logLikelihood(q, data, { open, samples: 2, onProgress: () => { throw new Error('mine') } })())).toMatchObject({ _tag: 'ObserverFailed', path: ['predict', 'logLikelihood', 'onProgress'] })
})

test('a model without inputs; missing rows count 0', async () => {
  const { model: m, data } = normalNormal()
  const q = right(await fit(m, { data, steps: 0, open, start: { m: { mean: 1.5, sd: 1e-6 } } })())
  const one = right(await predict.logLikelihood(q, data, { samples: 2, open })())
  expect(one.shape).toEqual([2, 2])
  one.data.forEach((v) => { expect(v).toBeCloseTo(logNormal(1.6, 1.5, 1), 5) })
  const gaps = pipe(Layer.input([null, 1], { name: 'x' }), Layer.dense({ units: 1, W: Spec.normal(), b: null }), Model.observe(Likelihood.normal({ sd: 1 }), { name: 'y', missing: true }))
  const holed = { x: [[1], [2], [3]], y: [1, 0, 3], 'y.mask': [1, 0, 1] }
  const mask = Object.keys(Model.masksOf(gaps))[0], given = { x: holed.x, y: holed.y, [mask]: [1, 0, 1] }
  const g = right(await fit(gaps, { data: given, steps: 0, open })())
  const got = right(await predict.logLikelihood(g, given, { samples: 3, open })())
  for (let s = 0; s < 3; s++) expect([got.data[3 * s] < 0, got.data[3 * s + 1], got.data[3 * s + 2] < 0]).toEqual([true, 0, true])
  expect([one.missing, got.missing]).toEqual([[], [1]])
  expect([waic(got).rows, loo(got).k[1]]).toEqual([2, -Infinity])
})

test('a row is missing where it has none of the observations that are asked for; of one only its data are asked', async () => {
  const two = pipe(Layer.input([null, 1], { name: 'x' }), Layer.dense({ units: 2, name: 'd' }), Model.observe(Likelihood.normal({ sd: 1 }), { name: 'y', missing: true }), Model.observe(Likelihood.normal({ sd: 2 }), { name: 'z', missing: true }))
  const data = { x: [[1], [2], [3]], y: [[1, NaN], [NaN, NaN], [NaN, NaN]], z: [[0, 0], [1, 1], [NaN, NaN]] }
  const q = right(await fit(two, { data, steps: 0, open })())
  const missing = async (d: object, name?: string) => right(await predict.logLikelihood(q, d as typeof data, { samples: 2, open, ...(name === undefined ? {} : { name }) })()).missing
  expect([await missing(data, 'y'), await missing(data, 'z'), await missing(data)]).toEqual([[1, 2], [2], [2]])
  const { z, ...own } = data
  expect(await missing(own, 'y')).toEqual([1, 2])
  expect(left(await predict.logLikelihood(q, own, { open })())).toMatchObject({ _tag: 'MissingField', path: ['data', 'z'] })
})

test('numbers that no array holds are refused', async () => {
  const { model: net, data } = classifier(), q = right(await fit(net, { data, steps: 0, open })())
  expect(left(await predict.logLikelihood(q, data, { samples: 2 ** 51, open })())).toMatchObject({ _tag: 'TooLarge', path: ['predict', 'logLikelihood', 'samples'] })
})

/** y ~ N(m, s^2), m ~ N(0, t^2): the posterior of m and what it predicts are normal, for all rows and without each. */
test('WAIC and leave-one-out of a conjugate posterior are those of its closed forms', async () => {
  const ys = [0.3, -0.8, 1.9, 0.6, -0.2, 1.1, 0.4, 2.4], s2 = 1.5, t2 = 4, n = ys.length
  const posterior = (rows: readonly number[]): { readonly mean: number; readonly variance: number } => {
    const variance = 1 / (1 / t2 + rows.length / s2)
    return { mean: (variance * rows.reduce((a, b) => a + b, 0)) / s2, variance }
  }
  const m = site('m', [], Dist.normal({ sd: Math.sqrt(t2) })), mu = B.broadcastTo(m.leaf, [batch])
  const mean = model({ sites: [m], prediction: mu, likelihoods: [{ name: 'y', dist: Dist.normal({ mu, sd: Math.sqrt(s2) }) }] })
  const { mean: centre, variance: v } = posterior(ys), S = 8000
  // Mean field is exact here: the family is put where the posterior is.
  const q = right(await fit(mean, { data: { y: ys }, steps: 0, open, start: { m: { mean: centre, sd: Math.sqrt(v) } } })())
  const ll = right(await predict.logLikelihood(q, { y: ys }, { samples: S, seed: 3, open })())
  const w = waic(ll), l = loo(ll)
  expect([w.draws, w.rows, l.draws, l.rows]).toEqual([S, n, S, n])
  let lppd = 0, left = 0, p = 0
  ys.forEach((y, i) => {
    const without = posterior(ys.filter((_, j) => j !== i)), d = y - centre
    const seen = logNormal(y, centre, s2 + v), out = logNormal(y, without.mean, s2 + without.variance)
    // var of (y - m)^2 / 2 s2 for m ~ N(centre, v)
    const spread = (d * d * v + v * v / 2) / s2 ** 2
    lppd += seen
    left += out
    p += spread
    // A mean of S draws of a log likelihood with that variance is off by its root over S, five times at most; ratios by less than twice that.
    const e = 5 * Math.sqrt(spread / S)
    expect(Math.abs(w.each.lppd[i] - seen)).toBeLessThan(e)
    expect(Math.abs(l.each.elpd[i] - out)).toBeLessThan(2 * e)
    expect(Math.abs(w.each.p[i] / spread - 1)).toBeLessThan(0.2)
    expect(l.each.p[i]).toBeCloseTo(l.each.lppd[i] - l.each.elpd[i], 10)
    expect(w.each.elpd[i]).toBeCloseTo(w.each.lppd[i] - w.each.p[i], 10)
  })
  expect(Math.abs(l.elpd - left)).toBeLessThan(0.05)
  expect(Math.abs(w.lppd - lppd)).toBeLessThan(0.05)
  expect(Math.abs(w.p / p - 1)).toBeLessThan(0.1)
  // The two estimate the same: closer to each other than to what was seen.
  expect(Math.abs(w.elpd - l.elpd)).toBeLessThan(0.25 * l.p)
  const e = [...l.each.elpd], m0 = l.elpd / n
  expect(l.se).toBeCloseTo(Math.sqrt((n * e.reduce((a, x) => a + (x - m0) ** 2, 0)) / (n - 1)), 10)
  expect([w.warning, l.warning, w.doubtful, l.doubtful]).toEqual([undefined, undefined, [], []])
  expect(l.goodK).toBe(0.7)
}, 60_000)

test('a row that the posterior hangs on is doubtful, by both', async () => {
  const { model: blr, data } = regression()
  const q = right(await fit(blr, { data, steps: 0, open, start: { a: { mean: 0, sd: 1 }, b: { mean: 0, sd: 1 } } })())
  const ll = right(await predict.logLikelihood(q, data, { samples: 1000, open })())
  const w = waic(ll), l = loo(ll)
  expect(w.doubtful).toEqual([0, 1, 2, 3, 4])
  expect(w.warning).toContain('5 rows')
  expect(l.doubtful.length).toBeGreaterThan(0)
  expect(l.warning).toContain('k above 0.67')
  l.doubtful.forEach((i) => { expect(l.k[i]).toBeGreaterThan(l.goodK) })
})
