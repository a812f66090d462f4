import { describe, expect, test } from 'vitest'
import * as Dist from '../../src/dist/index.ts'
import { Layer, Likelihood, Model, Optimizer, Spec, Tensor, pipe } from '../../src/index.ts'
import * as B from '../../src/tensor/build.ts'
import { elbo } from '../../src/infer/elbo.ts'
import { fit } from '../../src/infer/fit.ts'
import { map } from '../../src/infer/methods.ts'
import { batch, classifier, left, model, normalNormal, open, right, site } from './models.ts'

test('the bound at known q is its closed form, within its standard error', async () => {
  const { model, data } = normalNormal()
  // PyMC's: q = N(1.88, 1) has -3.064477; KL(N(1.88, 1) | N(1.5, 1)) = .38^2 / 2
  const approx = right(await fit(model, { data, steps: 0, open, start: { m: { mean: 1.88, sd: 1 } } })())
  const bound = right(await elbo(approx, data, { samples: 2000, open })())
  expect(Math.abs(bound.value + 3.064477)).toBeLessThan(4 * bound.se)
  expect(bound.kl).toBeCloseTo(0.0722, 5)
  expect(bound.value).toBeCloseTo(bound.logLik - bound.kl, 8)
}, 120_000)

test('chunks of rows change nothing, also where they do not divide the rows', async () => {
  const { model, data } = classifier()
  const approx = right(await fit(model, { data, steps: 1, open })())
  const [a, b, c] = [right(await elbo(approx, data, { samples: 4, batchSize: 10, open })()), right(await elbo(approx, data, { samples: 4, batchSize: 3, open })()), right(await elbo(approx, data, { samples: 4, batchSize: 1, open })())]
  // records are in single precision
  expect(b.value).toBeCloseTo(a.value, 4)
  expect(c.logLik).toBeCloseTo(a.logLik, 4)
  expect(b.kl).toBe(a.kl)
})

test('what has no density, wrong options and missing data are errors', async () => {
  const { model, data } = classifier()
  const point = right(await fit(model, { data, steps: 1, method: map(), open })())
  expect(left(await elbo(point, data, { open })())).toMatchObject({ _tag: 'Unsupported' })
  const approx = right(await fit(model, { data, steps: 0, open })())
  expect(left(await elbo(approx, { x: data.x }, { open })())).toMatchObject({ _tag: 'MissingField' })
  expect(left(await elbo(approx, data, { sample: 3, open } as object)())).toMatchObject({ _tag: 'UnknownOption' })
  expect(left(await elbo(approx, data, { samples: 0, open })())).toMatchObject({ path: ['elbo', 'samples'] })
  expect(left(await elbo(approx, data, { samples: 2 ** 51, open })())).toMatchObject({ _tag: 'TooLarge', path: ['elbo', 'samples'] })
})

describe('the standard error', () => {
  /** One z under a prior whose divergence is drawn, one row y = 0 ~ N(z, sd); q = N(0, tau). */
  const at = async (prior: Dist.Dist, sd: number, tau: number, samples: number) => {
    const z = site('z', [], prior), mu = B.broadcastTo(z.leaf, [batch])
    const m = model({ sites: [z], prediction: mu, likelihoods: [{ name: 'y', dist: Dist.normal({ mu, sd }) }] })
    const approx = right(await fit(m, { data: { y: [0] }, steps: 0, open, start: { z: { mean: 0, sd: tau } } })())
    return right(await elbo(approx, { y: [0] }, { samples, open })())
  }
  test('is 0 at the exact posterior, where every draw gives the evidence', async () => {
    // Under a density of 1 the evidence is 1 and the posterior N(0, 1). Draws' parts are in single precision.
    const bound = await at(Dist.flat(), 1, 1, 300)
    expect(Math.abs(bound.value)).toBeLessThan(1e-5)
    expect(bound.se).toBeLessThan(1e-6)
  })
  test('counts what both parts of a draw have in common', async () => {
    // Every part is a multiple of eps^2, whose variance is 2: the prior is normal to 4 digits wherever draws lie.
    const tau = 2, a = tau ** 2 / 0.18, samples = 800
    const bound = await at(Dist.studentT({ nu: 1e6, sd: 0.3 }), 0.3, tau, samples)
    const se = (2 * a - 0.5) * Math.sqrt(2 / samples)
    // A variance estimated from 800 draws of kurtosis 15 has an error of 13 %; apart, the parts give 0.70 of it.
    expect(Math.abs(bound.se / se - 1)).toBeLessThan(0.2)
  })
})

describe('rows that stand for more', () => {
  const y = [1, 1]
  /** z ~ N(0, 1), y ~ N(z, 1), q = N(.5, .1). */
  const fitted = async (m: Model.Model, more: object, data: object = { y }) =>
    right(await fit(m, { data: data as { y: number[] }, steps: 0, open, start: { z: { mean: 0.5, sd: 0.1 } }, ...more })())
  const one = (totalSize?: number): Model.Model =>
    Model.joint({ z: Spec.normal() }, ({ z }) => ({ y: Dist.normal({ mu: Tensor.broadcastTo([2])(z) }) }), totalSize === undefined ? {} : { totalSize })
  const perRow = -0.5 * Math.log(2 * Math.PI) - 0.5 * (0.25 + 0.01), kl = 0.5 * (0.25 + 0.01 - 1) - Math.log(0.1)

  test.each([['as fit was told', one(), { totalSize: 200 }, {}, 200], ['as the observation says', one(200), {}, {}, 200], ['as fit was told against it', one(200), { totalSize: 50 }, {}, 50],
    ['as it is told itself', one(200), { totalSize: 50 }, { totalSize: 8 }, 8], ['as they are', one(), {}, {}, 2]] as const)('count %s', async (_, m, told, own, n) => {
    const bound = right(await elbo(await fitted(m, told), { y }, { samples: 400, open, ...own })())
    expect(bound.kl).toBeCloseTo(kl, 5)
    expect(Math.abs(bound.logLik - n * perRow)).toBeLessThan(4 * bound.se)
    // sd of the log likelihood of a row: that of (y - z)^2 / 2 = (.5 - .1 eps)^2 / 2
    expect(bound.se / (n * Math.sqrt(0.05 ** 2 + 2 * 0.005 ** 2) / Math.sqrt(400))).toBeGreaterThan(0.85)
  })
  test('minus the mean loss of fit at the same parameters', async () => {
    const still = right(await fit(one(), { data: { y }, totalSize: 200, steps: 400, open, start: { z: { mean: 0.5, sd: 0.1 } }, optimizer: Optimizer.sgd({ learningRate: 0 }) })())
    const bound = right(await elbo(still, { y }, { samples: 400, open })())
    const loss = still.history.loss.reduce((a, x) => a + x / 400, 0)
    expect(Math.abs(bound.value + loss)).toBeLessThan(4 * Math.SQRT2 * bound.se)
  })
  test('as fit was told, where that was the number of its rows', async () => {
    const z = site('z', [], Dist.normal()), mu = B.broadcastTo(z.leaf, [batch])
    const m = model({ sites: [z], prediction: mu, likelihoods: [{ name: 'y', dist: Dist.normal({ mu }) }] })
    const told = await fitted(m, { totalSize: 20 }, { y: Array.from({ length: 20 }, () => 1) })
    const bound = right(await elbo(told, { y }, { samples: 400, open })())
    expect(Math.abs(bound.logLik - 20 * perRow)).toBeLessThan(4 * bound.se)
  })
  test('each observation for its own number', async () => {
    const z = site('z', [], Dist.normal()), mu = B.broadcastTo(z.leaf, [batch])
    const m = model({ sites: [z], prediction: mu, likelihoods: [{ name: 'y', dist: Dist.normal({ mu }) }, { name: 'w', dist: Dist.normal({ mu, sd: 2 }) }] })
    const two = { ...m, likelihoods: m.likelihoods.map((l, i) => ({ ...l, totalSize: [20, 60][i] })) }
    const data = { y, w: [1, 1] }
    const bound = right(await elbo(await fitted(two, {}, data), data, { samples: 400, open })())
    const want = 20 * perRow + 60 * (-0.5 * Math.log(8 * Math.PI) - 0.5 * (0.25 + 0.01) / 4)
    expect(Math.abs(bound.logLik - want)).toBeLessThan(4 * bound.se)
  })
  test('but not for fewer', async () => {
    const approx = await fitted(one(), {})
    expect(left(await elbo(approx, { y }, { totalSize: 1, open })())).toMatchObject({ _tag: 'BadOption', path: ['elbo', 'totalSize'] })
  })
})

test('one step serves many numbers of rows', async () => {
  const { model, data } = classifier(), approx = right(await fit(model, { data, steps: 0, open })())
  const shapes = async (n: number) => {
    const seen: unknown[] = []
    const d = { x: Array.from({ length: n }, (_, i) => data.x[i % 10]), y: Array.from({ length: n }, (_, i) => data.y[i % 10]) }
    // The same chunk as a device takes: 128 rows.
    const plan = { kernels: '', choices: {}, chunk: { rows: 128, draws: 1 } }
    right(await elbo(approx, d, { samples: 1, plan, open: (fn, values) => { seen.push(Object.entries(values).map(([k, v]) => [k, v.shape])); return open(fn, values) } })())
    return seen
  }
  const [a, b] = [await shapes(130), await shapes(144)]
  expect(b).toEqual(a)
})

test('noise that is always on does not depend on how rows are cut, to the bit', async () => {
  // The log likelihood of a row is 1 where its input was kept: sums of whole numbers are exact.
  const net = pipe(Layer.input([null, 1], { name: 'x' }), Layer.dropout({ p: 0.5, always: true }), Layer.dense({ units: 1, W: Spec.normal(), b: null }),
    Model.observe(Likelihood.potential((o) => Tensor.abs(Tensor.sign(Tensor.sum({ axes: [1] })(o))))))
  const data = { x: Array.from({ length: 13 }, () => [1]) }
  const approx = right(await fit(net, { data, steps: 0, open })())
  const bounds = await Promise.all([13, 5, 1].map(async (batchSize) => right(await elbo(approx, data, { samples: 30, batchSize, open })())))
  expect(bounds[1]).toEqual(bounds[0])
  expect(bounds[2]).toEqual(bounds[0])
  // Of 13 rows half are kept: binomial(390, 1/2) over 30.
  expect(Math.abs(bounds[0].logLik - 6.5)).toBeLessThan((5 * Math.sqrt(390) * 0.5) / 30)
})
