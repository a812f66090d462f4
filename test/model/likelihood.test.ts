/** Networks observed through any distribution. */
import { describe, expect, test } from 'vitest'
import { Layer, Likelihood, Method, Optimizer, fit, predict } from '../../src/index.ts'
import { Dist, E, Model, Spec, Tensor, evaluate, orThrow, pipe } from './tools.ts'
import { open } from '../infer/models.ts'

const network = (units: number) => pipe(Layer.input([null, 1], { name: 'x' }), Layer.dense({ units, W: Spec.normal({ sd: 5 }), b: Spec.normal({ sd: 5 }) }))

describe('Likelihood.distribution', () => {
  test('Poisson regression: the mode of the posterior', async () => {
    const m = pipe(network(1), Model.observe(Likelihood.distribution((eta) => Dist.poisson({ logRate: eta })), { name: 'y' }))
    expect(Tensor.shape(m.observed['y']).length).toBe(1)
    const x = [-1, 0, 0.5, 1, 2], y = [0, 1, 2, 2, 7]
    const a = await orThrow(fit(m, { data: { x: x.map((v) => [v]), y }, method: Method.map(), batchSize: 5, steps: 800, optimizer: Optimizer.adam({ learningRate: Optimizer.exponential({ value: 0.05, decay: 1e-2, steps: 800 }) }), open }))
    // Newton's method on the same log posterior, by hand.
    let w = 0, b = 0
    for (let k = 0; k < 100; k++) {
      const r = x.map((v) => Math.exp(w * v + b)), sum = (f: (i: number) => number): number => x.reduce((s, _, i) => s + f(i), 0)
      const gw = sum((i) => (y[i] - r[i]) * x[i]) - w / 25, gb = sum((i) => y[i] - r[i]) - b / 25
      const hww = sum((i) => r[i] * x[i] ** 2) + 1 / 25, hwb = sum((i) => r[i] * x[i]), hbb = sum((i) => r[i]) + 1 / 25
      const det = hww * hbb - hwb * hwb
      w += (hbb * gw - hwb * gb) / det
      b += (hww * gb - hwb * gw) / det
    }
    expect(a.mean['dense_1.W'].data[0]).toBeCloseTo(w, 3)
    expect(a.mean['dense_1.b'].data[0]).toBeCloseTo(b, 3)
    // A prediction is the expected count, not its logarithm.
    const p = await orThrow(predict(a, { x: [[1]] }, { samples: 1, gpu: 'reference' }))
    expect(p.predictiveMean.data[0]).toBeCloseTo(Math.exp(w + b), 2)
  }, 120_000)

  test('further parameters may be priors: they are sites of the observation', async () => {
    const m = pipe(network(1), Model.observe(Likelihood.distribution((mu, { sd, nu }) => Dist.studentT({ nu, mu, sd }), { params: { sd: Spec.halfNormal(), nu: 4 } }), { name: 'y' }))
    expect(m.sites.map((s) => s.name)).toEqual(['dense_1.W', 'dense_1.b', 'y.sd'])
    const [lp] = await orThrow(evaluate([Model.logLikelihood(m)], { 'dense_1.W': [[2]], 'dense_1.b': [1], 'y.sd': 0.5, x: [[1]], y: [3.5] }, { gpu: 'reference' }))
    // t with 4 degrees at z = 1: Gamma(5/2) / (Gamma(2) sqrt(4 pi)) (1 + 1/4)^(-5/2) / .5
    expect(lp.data[0]).toBeCloseTo(Math.log((1.329340388179137 / Math.sqrt(4 * Math.PI)) * 1.25 ** -2.5 / 0.5), 5)
  })

  test('vectors a row', () => {
    const m = pipe(network(2), Model.observe(Likelihood.distribution((mu) => Dist.multivariateNormal({ mu, chol: [[1, 0], [0.5, 1]] })), { name: 'y' }))
    expect(E.isRight(Model.check(m))).toBe(true)
    expect(Tensor.shape(m.observed['y']).length).toBe(2)
  })

  test('what is wrong is said', () => {
    const told = (l: Likelihood.Likelihood): string => {
      const r = Model.check(pipe(network(1), Model.observe(l, { name: 'y' })))
      return E.isLeft(r) ? JSON.stringify(r.left) : ''
    }
    expect(told(Likelihood.distribution(() => Dist.normal()))).toContain('one draw for each row')
    expect(told(Likelihood.distribution(() => 3 as never))).toContain('a distribution')
    expect(told(Likelihood.distribution(() => { throw new Error('mine') }))).toContain('mine')
    expect(told(Likelihood.distribution((mu) => Dist.normal({ mu }), { parms: {} } as never))).toContain("'params'")
    expect(told(Likelihood.distribution((mu, { sd }) => Dist.normal({ mu, sd }), { params: { sd: 'x' } as never }))).toContain('sd')
  })
})
