/** The estimators at fixed parameters: checks 3, 4 and 5 of the rules. */
import { expect, test } from 'vitest'
import { interpret } from '../../src/reference/index.ts'
import type { Ref } from '../../src/reference/index.ts'
import * as B from '../../src/tensor/build.ts'
import { grad } from '../../src/tensor/grad.ts'
import { meanField } from '../../src/infer/family.ts'
import { inverseSoftplus } from '../../src/infer/family.ts'
import { pack, sliceOf, unpack } from '../../src/infer/layout.ts'
import { average, elboDraw } from '../../src/infer/objective.ts'
import type { Estimator } from '../../src/infer/objective.ts'
import { stepFn } from '../../src/infer/drive.ts'
import { meanField as meanFieldMethod } from '../../src/infer/methods.ts'
import * as Optimizer from '../../src/infer/optimizer.ts'
import { rowsFor } from '../../src/infer/rowdata.ts'
import { targetOf } from '../../src/infer/target.ts'
import type { Model } from '../../src/model/index.ts'
import { classifier, normalNormal } from './models.ts'

const AUTO: Estimator = { kl: 'auto', pathDerivative: false }
const MC: Estimator = { kl: 'monteCarlo', pathDerivative: false }
const PATH: Estimator = { kl: 'monteCarlo', pathDerivative: true }

const run = (values: Record<string, { shape: readonly number[]; data: ArrayLike<number> }>, ...graphs: readonly ReturnType<typeof B.scalar>[]): readonly Ref[] => {
  const r = interpret(values)(graphs)
  if (r._tag === 'Left') throw new Error(JSON.stringify(r.left[0]))
  return r.right
}

/** Loss, gradients by parameter and the noise, at parameters by site and all rows. */
const at = (model: Model, data: Readonly<Record<string, readonly number[]>>, mean: Record<string, number[]>, sd: Record<string, number[]>, e: Estimator, samples: number) => {
  const t = targetOf(model)
  const mu = B.leaf('state', 'mu', [t.dim]), rho = B.leaf('state', 'rho', [t.dim]), key = B.leaf('key', 'k', [2], 'u32')
  const values = Object.fromEntries(Object.entries(data).map(([k, v]) => [k, B.array(Float64Array.from(v), [v.length])]))
  const { objective: o } = average(elboDraw(t, meanField, { mu, rho }, values, e), samples, key)
  const given = {
    mu: { shape: [t.dim], data: Float64Array.from(pack(t.layout, 0)(mean)) },
    rho: { shape: [t.dim], data: (() => { const x = new Float64Array(t.dim); for (const p of t.layout.places) sd[p.name].forEach((s, i) => { x[p.offset + i] = inverseSoftplus(s) }); return x })() },
    k: { shape: [2], data: [1, 2] }, weight: { shape: [], data: [1] }
  }
  const keys = samples === 1 ? B.fold(key, 0) : B.fold(key, B.iota([samples], 0, 'u32'))
  const eps = B.randomNormal(B.fold(keys, 4), [t.dim])
  const [loss, gMu, gRho, noise] = run(given, o.loss, ...grad([mu, rho])(o.loss), eps)
  const part = (f: Float64Array) => unpack(t.layout)(f)
  const dim = t.dim
  return { t, dim, loss: loss.data[0], mu: part(gMu.data), rho: part(gRho.data), eps: noise.data }
}

test('at the exact posterior every draw has gradient 0 along the path and the bound is the evidence (check 4)', () => {
  const { model, data } = normalNormal()
  for (let s = 1; s < 4; s++) {
    const r = at(model, data, { m: [1.5] }, { m: [Math.sqrt(1 / 3)] }, PATH, s)
    expect(r.loss).toBeCloseTo(2.397183, 6)
    expect(Math.abs(r.mu['m'].data[0])).toBeLessThan(1e-9)
    expect(Math.abs(r.rho['m'].data[0])).toBeLessThan(1e-9)
  }
  // The closed form is the same bound on average, not draw by draw: PyMC's q = N(1.88, 1) has -3.064477.
  expect(at(model, data, { m: [1.88] }, { m: [1] }, AUTO, 20000).loss).toBeCloseTo(3.064477, 1)
})

test('the path gradient less the total one is the mean score of the same noise (check 3)', () => {
  const { model, data } = normalNormal()
  const samples = 7, sigma = 0.8
  const path = at(model, data, { m: [0.4] }, { m: [sigma] }, PATH, samples)
  const total = at(model, data, { m: [0.4] }, { m: [sigma] }, MC, samples)
  const eps = Array.from({ length: samples }, (_, s) => path.eps[s * path.dim])
  const mean = (f: (e: number) => number): number => eps.reduce((a, e) => a + f(e), 0) / samples
  // d sigma / d rho = 1 - exp(-sigma)
  const slope = -Math.expm1(-sigma)
  expect(path.mu['m'].data[0] - total.mu['m'].data[0]).toBeCloseTo(mean((e) => -e / sigma), 9)
  expect((path.rho['m'].data[0] - total.rho['m'].data[0]) / slope).toBeCloseTo(mean((e) => (1 - e * e) / sigma), 9)
})

test('closed form and Monte Carlo agree on average, also under a drawn parent', () => {
  const { model } = classifier()
  const t = targetOf(model)
  const mu = B.leaf('state', 'mu', [t.dim]), rho = B.leaf('state', 'rho', [t.dim])
  const loss = (e: Estimator) => average((key) => ({ ...elboDraw({ ...t, logLik: () => B.full([1], 0) }, meanField, { mu, rho }, {}, e)(key) }), 400, B.array(Uint32Array.of(3, 4), [2], 'u32')).objective.kl
  const given = { mu: { shape: [t.dim], data: new Float64Array(t.dim).map((_, i) => 0.3 * Math.sin(i)) }, rho: { shape: [t.dim], data: new Float64Array(t.dim).fill(-1) }, weight: { shape: [], data: [1] } }
  const [auto, mc] = run(given, loss(AUTO), loss(MC))
  // sd of one Monte-Carlo KL is about sqrt(number of latents) = 6
  expect(Math.abs(auto.data[0] - mc.data[0])).toBeLessThan(5 * 6 / Math.sqrt(400))
})

test('the whole step: directional derivatives in every site are central differences (check 5)', async () => {
  const { model, data } = classifier()
  const target = targetOf(model)
  const rows = rowsFor(model, data, { observed: true })
  for (const [samples, estimator] of [[1, AUTO], [3, AUTO], [2, MC]] as const) {
    const plan = meanFieldMethod().plan(target, { steps: 1, samples, seed: 5, optimizer: Optimizer.sgd({ learningRate: 1 }), start: {}, clip: undefined, ...estimator })
    if (plan._tag === 'Left' || rows._tag === 'Left') throw new Error('no plan')
    const phase = plan.right.phases[0]
    const init = await phase.init({})()
    if (init._tag === 'Left') throw new Error('no state')
    const { fn, values } = stepFn(phase, { arrays: init.right, step: 3, epoch: 1, offset: 7 }, { rows: rows.right, batchSize: 4, totalSize: 10, seed: 5 })
    const lossAt = (mu: ArrayLike<number>, rho: ArrayLike<number>): number => run({ ...values, mu: { shape: [target.dim], data: mu }, rho: { shape: [target.dim], data: rho } }, fn.record['loss'])[0].data[0]
    const mu = Float64Array.from(init.right['mu'].data), rho = Float64Array.from(init.right['rho'].data)
    const [mu1, rho1] = run({ ...values, mu: { shape: [target.dim], data: mu }, rho: { shape: [target.dim], data: rho } }, fn.updates['mu'], fn.updates['rho'])
    for (const p of target.layout.places) {
      const direction = Float64Array.from({ length: target.dim }, (_, i) => (i >= p.offset && i < p.offset + p.size ? Math.cos(3 * i + 1) : 0))
      const dot = (from: Float64Array, to: Ref): number => direction.reduce((a, d, i) => a + d * (from[i] - to.data[i]), 0)
      const h = 1e-4
      const moved = (x: Float64Array, s: number): Float64Array => x.map((v, i) => v + s * direction[i])
      const byMu = (lossAt(moved(mu, h), rho) - lossAt(moved(mu, -h), rho)) / (2 * h)
      const byRho = (lossAt(mu, moved(rho, h)) - lossAt(mu, moved(rho, -h))) / (2 * h)
      expect(Math.abs(dot(mu, mu1) - byMu)).toBeLessThan(1e-5 * (1 + Math.abs(byMu)))
      expect(Math.abs(dot(rho, rho1) - byRho)).toBeLessThan(1e-5 * (1 + Math.abs(byRho)))
    }
  }
})

test('over one epoch at fixed weight noise the batch gradients average to the full one (check 5)', () => {
  const { model, data } = classifier()
  const t = targetOf(model)
  const mu = B.leaf('state', 'mu', [t.dim]), rho = B.leaf('state', 'rho', [t.dim]), key = B.array(Uint32Array.of(1, 2), [2], 'u32')
  const of = (from: number, to: number, weight: number): Float64Array => {
    const x = B.array(Float64Array.from(data.x.slice(from, to).flat()), [to - from, 3]), y = B.array(Int32Array.from(data.y.slice(from, to)), [to - from], 'i32')
    const { objective: o } = average(elboDraw(t, meanField, { mu, rho }, { x, y }, AUTO), 1, key)
    return run({ mu: { shape: [t.dim], data: new Float64Array(t.dim).map((_, i) => 0.5 * Math.sin(i)) }, rho: { shape: [t.dim], data: new Float64Array(t.dim).fill(-2) }, weight: { shape: [], data: [weight] } }, ...grad([mu])(o.loss))[0].data
  }
  const full = of(0, 10, 1)
  const batches = [0, 2, 4, 6, 8].map((k) => of(k, k + 2, 5))
  full.forEach((g, i) => expect(batches.reduce((a, b) => a + b[i] / 5, 0)).toBeCloseTo(g, 9))
})

test('the slices of one vector give back one concatenated gradient, not one array a site', () => {
  const { model, data } = classifier()
  const t = targetOf(model)
  const u = B.leaf('input', 'u', [t.dim])
  const x = B.array(Float64Array.from(data.x.flat()), [10, 3]), y = B.array(Int32Array.from(data.y), [10], 'i32')
  const [g] = grad([u])(B.sum(t.logLik(u, { values: { x, y }, key: B.array(new Uint32Array(2), [2], 'u32') })))
  expect(g.op).toBe('concat')
  expect(sliceOf(u, t.layout.places[1]).type._tag).toBe('Right')
})
