/**
 * Variables whose last axes are one draw: simplexes, correlations, correlated normals.
 * Their unconstrained vector has another length than the value; posteriors with known
 * modes and evidences must come out all the same.
 */
import { expect, test } from 'vitest'
import { Dist, Method, Model, Optimizer, Spec, Tensor, elbo, fit, orThrow, pipe } from '../../src/index.ts'
import { open } from './models.ts'

const adam = (steps: number, value = 0.1): Optimizer.Optimizer => Optimizer.adam({ learningRate: Optimizer.exponential({ value, decay: 1e-2, steps }) })

const dice = Model.joint({ p: pipe(Spec.dirichlet({ alpha: [2, 2, 2] }), Spec.withShape([3])) }, ({ p }) => ({
  y: Dist.categorical({ probs: Tensor.broadcastTo([20, 3])(p) })
}))
const seen = [...Array<number>(12).fill(0), ...Array<number>(5).fill(1), ...Array<number>(3).fill(2)]

test('a simplex: the mode of a Dirichlet posterior', async () => {
  const a = await orThrow(fit(dice, { data: { y: seen }, method: Method.map(), steps: 300, optimizer: adam(300), open }))
  // (alpha + n - 1) / sum: (13, 6, 4) / 23
  expect(a.mean['p'].shape).toEqual([3])
  ;[13, 6, 4].forEach((v, i) => { expect(a.mean['p'].data[i]).toBeCloseTo(v / 23, 3) })
}, 120_000)

test('a simplex: mean field is near the Dirichlet posterior and below its evidence', async () => {
  const a = await orThrow(fit(dice, { data: { y: seen }, samples: 8, steps: 600, optimizer: adam(600, 0.05), seed: 3, open }))
  const n = [14, 7, 5], total = 26
  // The logit-normal is not a Dirichlet: means agree within a fifth of their posterior sd, sds within 10 %.
  n.forEach((v, i) => {
    const mean = v / total, sd = Math.sqrt(mean * (1 - mean) / (total + 1))
    expect(Math.abs(a.mean['p'].data[i] - mean)).toBeLessThan(0.2 * sd)
    expect(Math.abs(a.std['p'].data[i] / sd - 1)).toBeLessThan(0.1)
  })
  expect(a.quantile(0.5)['p'].data[0]).toBeCloseTo(14 / 26, 1)
  const logGamma = (k: number): number => Array.from({ length: k - 1 }, (_, i) => Math.log(i + 1)).reduce((s, v) => s + v, 0)
  const evidence = logGamma(6) - 3 * logGamma(2) + n.reduce((s, v) => s + logGamma(v), 0) - logGamma(26)
  const bound = await orThrow(elbo(a, { y: seen }, { samples: 200, open }))
  expect(bound.value).toBeLessThan(evidence + 4 * bound.se)
  expect(bound.value).toBeGreaterThan(evidence - 0.1 - 4 * bound.se)
  // Draws of both kinds are on the simplex.
  const draws = await orThrow(a.sample({ size: 10, open }))
  expect(draws['p'].shape).toEqual([10, 3])
  for (let i = 0; i < 10; i++) expect(draws['p'].data[3 * i] + draws['p'].data[3 * i + 1] + draws['p'].data[3 * i + 2]).toBeCloseTo(1, 5)
}, 120_000)

test('a correlation: the mode of an LKJ posterior in two dimensions', async () => {
  const xs = [[1, 0.8], [-0.5, -0.9], [1.2, 0.7], [-1.1, -0.4], [0.3, 0.6]]
  const model = Model.joint({ l: pipe(Spec.lkjCholesky({ eta: 2 }), Spec.withShape([2, 2])) }, ({ l }) => ({ y: Dist.multivariateNormal({ mu: Tensor.zeros([5, 2]), chol: l }) }))
  const a = await orThrow(fit(model, { data: { y: xs }, method: Method.map(), steps: 300, optimizer: adam(300), open }))
  // log posterior of r: (eta - 1) log(1 - r^2) + sum of bivariate log densities; r is the only free element, so the mode is the grid's.
  const lp = (r: number): number => Math.log(1 - r * r) +
    xs.reduce((s, [p, q]) => s - 0.5 * Math.log(1 - r * r) - (p * p - 2 * r * p * q + q * q) / (2 * (1 - r * r)), 0)
  const best = Array.from({ length: 19999 }, (_, i) => -0.9999 + i * 1e-4).reduce((m, r) => (lp(r) > lp(m) ? r : m), 0)
  expect(a.mean['l'].data[2]).toBeCloseTo(best, 2)
  expect(a.mean['l'].data[3]).toBeCloseTo(Math.sqrt(1 - best * best), 2)
  expect([...a.mean['l'].data.slice(0, 2)]).toEqual([1, 0])
}, 120_000)

test('correlated normals: the mean of a conjugate posterior', async () => {
  const chol = [[1, 0], [0.9, Math.sqrt(1 - 0.81)]]
  const model = Model.joint({ w: pipe(Spec.multivariateNormal({ mu: [0, 0], chol }), Spec.withShape([2])) }, ({ w }) => ({ y: Dist.normal({ mu: w, sd: 0.5 }) }))
  const a = await orThrow(fit(model, { data: { y: [1, -1] }, method: Method.map(), steps: 400, optimizer: adam(400), open }))
  // (Sigma^-1 + 4 I)^-1 4 y with Sigma = [[1, .9], [.9, 1]]: along (1, -1) the prior variance is .1, so w = y * .1 / (.1 + .25).
  expect(a.mean['w'].data[0]).toBeCloseTo(0.1 / 0.35, 3)
  expect(a.mean['w'].data[1]).toBeCloseTo(-0.1 / 0.35, 3)
}, 120_000)
