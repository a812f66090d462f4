/**
 * The eight checks that a wrong implementation can't pass, on the device. Expected
 * numbers are closed forms, or the f64 meaning of the graph where a check asks for it.
 */
import { describe, expect, test } from 'vitest'
import { Dist, E, Layer, Likelihood, Model, Optimizer, Spec, Tensor, elbo, evaluate, fit, interpret, pipe } from '../../src/index.ts'
import type { FitOptions } from '../../src/index.ts'
import { stepFn } from '../../src/infer/drive.ts'
import { purpose } from '../../src/infer/keys.ts'
import { meanField } from '../../src/infer/methods.ts'
import { rowsFor } from '../../src/infer/rowdata.ts'
import { targetOf } from '../../src/infer/target.ts'
import { openSession } from '../../src/run/open.ts'
import { blr, blrData, blrExact, normalData, normalNormal, right } from './tools.ts'

type Estimator = Pick<FitOptions, 'kl' | 'pathDerivative'>
const ESTIMATORS: readonly Estimator[] = [{ kl: 'auto' }, { kl: 'monteCarlo' }, { kl: 'monteCarlo', pathDerivative: true }, { kl: 'auto', pathDerivative: true }]

/** Adam whose rate falls a thousandfold over a fit, so that the noise of the last steps averages out. */
const falling = (steps: number, value: number, beta2 = 0.99): Optimizer.Optimizer =>
  Optimizer.adam({ beta2, learningRate: Optimizer.exponential({ value, decay: 1e-3, steps }) })

describe('1. linear regression at B = 2 of N = 5', () => {
  /** ELBO of N(m, diag s^2): its maximum less the quadratic form of the miss, and the spread of each sd about its optimum. */
  const bound = (m: ArrayLike<number>, s: ArrayLike<number>): number => {
    const d = [0, 1].map((i) => m[i] - blrExact.mean[i])
    const quadratic = [0, 1].reduce((a, i) => a + [0, 1].reduce((b, j) => b + d[i] * blrExact.precision[i][j] * d[j], 0), 0)
    const spread = [0, 1].reduce((a, i) => a + (s[i] / blrExact.sd[i]) ** 2 - 1 - 2 * Math.log(s[i] / blrExact.sd[i]), 0)
    return blrExact.elbo - 0.5 * (quadratic + spread)
  }

  for (const [samples, steps, rate] of [[1, 2500, 0.05], [8, 1500, 0.1]] as const)
    for (const estimator of ESTIMATORS)
      test(`S = ${samples}, ${JSON.stringify(estimator)}`, async () => {
        const approx = right(await fit(blr(), { data: blrData, batchSize: 2, steps, samples, seed: 1, optimizer: falling(steps, rate, 0.999), ...estimator })())
        const mean = approx.mean['w'].data, sd = approx.std['w'].data
        blrExact.sd.forEach((s, i) => expect(Math.abs(sd[i] / s - 1)).toBeLessThan(0.03))
        // The means correlate at -.93, so one is known only as well as the other: a twentieth of a nat at most is lost by both.
        expect(bound(mean, sd)).toBeGreaterThan(blrExact.elbo - 0.05)
        // A bound over all rows, whatever the batch: five standard errors of its own draws.
        const b = right(await elbo(approx, blrData, { samples: 1000 })())
        expect(Math.abs(b.value - bound(mean, sd))).toBeLessThan(5 * b.se)
        expect(b.se).toBeLessThan(0.06)
        expect(b.value).toBeCloseTo(b.logLik - b.kl, 9)
      })
})

describe('2. a thousand weights under one log-normal scale', () => {
  const y = Array.from({ length: 1000 }, (_, i) => (i % 2 === 0 ? 0.05 : -0.05))
  const s = pipe(Spec.logNormal({ sd: 10 }), Spec.withShape([]))
  const model = Model.joint({ s, w: pipe(Spec.normal({ sd: s }), Spec.withShape([1000])) }, ({ w }) => ({ y: Dist.normal({ mu: w, sd: 0.01 }) }))
  const steps = 2000
  const fitted = (o: Partial<FitOptions>) => fit(model, { data: { y }, batchSize: 1000, steps, seed: 1, optimizer: Optimizer.adam({ beta2: 0.99, learningRate: Optimizer.exponential({ value: 0.1, decay: 1e-4, steps }) }), ...o })()

  test('by path derivatives, every weight within half a percent', async () => {
    const approx = right(await fitted({ samples: 2, kl: 'monteCarlo', pathDerivative: true }))
    const u = approx.unconstrained['s']
    expect(Math.abs(u.mean.data[0] / -3.01563 - 1)).toBeLessThan(0.005)
    expect(Math.abs(u.sd.data[0] / 0.022361 - 1)).toBeLessThan(0.005)
    y.forEach((v, i) => {
      expect(Math.abs(approx.mean['w'].data[i] / (0.960001 * v) - 1)).toBeLessThan(0.005)
      expect(Math.abs(approx.std['w'].data[i] / 0.009798 - 1)).toBeLessThan(0.005)
    })
  })

  test('by the closed form given the drawn scale, the same on average', async () => {
    // The likelihood's noise stays in this estimator: the mean over the weights is held to half a percent, the one scale to 4.
    const approx = right(await fitted({ samples: 4 }))
    const over = (f: (i: number) => number): number => y.reduce((a, _, i) => a + f(i), 0) / y.length
    expect(Math.abs(approx.unconstrained['s'].mean.data[0] / -3.01563 - 1)).toBeLessThan(0.005)
    expect(Math.abs(approx.unconstrained['s'].sd.data[0] / 0.022361 - 1)).toBeLessThan(0.04)
    expect(Math.abs(over((i) => approx.mean['w'].data[i] / (0.960001 * y[i])) - 1)).toBeLessThan(0.005)
    expect(Math.abs(over((i) => approx.std['w'].data[i]) / 0.009798 - 1)).toBeLessThan(0.005)
  })
})

/** One step of plain descent at rate 1 from N(mean, sd^2): the gradients of the unconstrained mean and of rho, and the loss. */
const gradientAt = async (mean: number, sd: number, samples: number, seed: number, e: Estimator) => {
  const o = { data: normalData, batchSize: 2, samples, seed, optimizer: Optimizer.sgd({ learningRate: 1 }), start: { m: { mean, sd } }, ...e }
  const { data, history } = right(await fit(normalNormal(), { ...o, steps: 1 })())
  // sd = log(1 + exp(rho)); parameters are held in single precision.
  const [mu, rho] = [Math.fround(mean), Math.fround(Math.log(Math.expm1(sd)))]
  return { mu: mu - data.state['mu'].data[0], rho: rho - data.state['rho'].data[0], loss: history.loss[0] }
}

/** The weight noise of the first step, from its key: seed, use, step, draw, use. */
const noiseOf = (seed: number, samples: number): readonly number[] => {
  const keys = pipe(Tensor.key(seed), Tensor.fold(purpose.noise), Tensor.fold(Tensor.constant(0, 'u32')), Tensor.fold(samples === 1 ? Tensor.constant(0, 'u32') : Tensor.cast('u32')(Tensor.arange(samples))), Tensor.fold(purpose.weights))
  const [eps] = right(interpret({})([Tensor.randomNormal([64])(keys)]))
  return Array.from({ length: samples }, (_, s) => eps.data[64 * s])
}

test('3. path gradient less total gradient is the mean score of the same noise', async () => {
  const sigma = 0.8, slope = -Math.expm1(-sigma)
  for (const [samples, seed] of [[1, 1], [7, 2]] as const) {
    const eps = noiseOf(seed, samples)
    const mean = (f: (e: number) => number): number => eps.reduce((a, e) => a + f(e), 0) / samples
    const path = await gradientAt(0.4, sigma, samples, seed, { kl: 'monteCarlo', pathDerivative: true })
    const total = await gradientAt(0.4, sigma, samples, seed, { kl: 'monteCarlo' })
    // d loss / d z = 3 z - 4.5 for this model: the device saw the noise that the keys say.
    expect(total.mu).toBeCloseTo(mean((e) => 3 * (0.4 + sigma * e) - 4.5), 4)
    // Gradients of about ten, in single precision, read off parameters of about one.
    expect(path.mu - total.mu).toBeCloseTo(mean((e) => -e / sigma), 5)
    expect((path.rho - total.rho) / slope).toBeCloseTo(mean((e) => (1 - e * e) / sigma), 5)
  }
})

test('4. at the exact posterior every draw has path gradient 0 and the evidence as its bound', async () => {
  for (const [samples, seed] of [[1, 1], [1, 2], [1, 3], [8, 4]] as const) {
    const g = await gradientAt(1.5, Math.sqrt(1 / 3), samples, seed, { kl: 'monteCarlo', pathDerivative: true })
    // Sums of terms of about five in single precision.
    expect(Math.abs(g.mu)).toBeLessThan(5e-6)
    expect(Math.abs(g.rho)).toBeLessThan(5e-6)
    expect(g.loss).toBeCloseTo(2.397183, 5)
  }
  const q = right(await fit(normalNormal(), { data: normalData, steps: 0, start: { m: { mean: 1.88, sd: 1 } } })())
  const b = right(await elbo(q, normalData, { samples: 4000 })())
  expect(Math.abs(b.value - -3.064477)).toBeLessThan(5 * b.se)
  expect(b.kl).toBeCloseTo(0.5 * 0.38 ** 2, 6)
})

describe('5. the whole compiled step', () => {
  const model = pipe(
    Layer.input([null, 1, 6, 6], { name: 'x' }),
    Layer.conv2d({ filters: 2, size: [3, 3], activation: 'tanh' }),
    Layer.maxPool2d({ size: [2, 2] }),
    Layer.dense({ units: 3, activation: 'softmax' }),
    Layer.withDefaultSpec(Spec.normal({ sd: pipe(Spec.logNormal({ sd: 10 }), Spec.withShape([])) }), { bias: Spec.laplace() }),
    Model.observe(Likelihood.categorical(), { name: 'y' })
  )
  const n = 10
  const data = { x: { shape: [n, 1, 6, 6], data: Float32Array.from({ length: 36 * n }, (_, i) => Math.sin(1.3 * i + (i % 7))) }, y: Array.from({ length: n }, (_, i) => i % 3) }
  const target = targetOf(model)
  const rows = right(rowsFor(model, data, { observed: true }))
  const seed = 5

  /** The step of a fit with descent at rate 1: what is compiled, and the first values of its leaves. */
  const stepAt = async (batchSize: number, samples: number, e: Required<Estimator>, at = { step: 3, epoch: 1, offset: 7 }) => {
    const plan = right(meanField().plan(target, { steps: 1, samples, seed, optimizer: Optimizer.sgd({ learningRate: 1 }), start: {}, clip: undefined, kl: e.kl ?? 'auto', pathDerivative: e.pathDerivative ?? false }))
    const phase = plan.phases[0]
    const init = right(await phase.init({})())
    return { ...stepFn(phase, { arrays: init, ...at }, { rows, batchSize, totalSize: n, seed }), init }
  }

  /** Gradients that the device's own fused kernels give: what descent at rate 1 takes off. */
  const deviceGradients = async (s: Awaited<ReturnType<typeof stepAt>>): Promise<readonly Float64Array[]> => {
    const session = right(await openSession(s.fn, s.values)())
    right(await session.run(1)())
    const after = right(await session.read(['mu', 'rho'])())
    session.destroy()
    return ['mu', 'rho'].map((k) => Float64Array.from(s.init[k].data, (v, i) => v - after[k].data[i]))
  }

  for (const [samples, kl] of [[1, 'auto'], [3, 'auto'], [2, 'monteCarlo']] as const)
    test(`directional derivatives in every site are f64 central differences, S = ${samples}, ${kl}`, async () => {
      const s = await stepAt(4, samples, { kl, pathDerivative: false })
      const [dMu, dRho] = await deviceGradients(s)
      const start = [Float64Array.from(s.init['mu'].data), Float64Array.from(s.init['rho'].data)]
      const loss = (mu: Float64Array, rho: Float64Array): number =>
        right(interpret({ ...s.values, mu: { shape: [target.dim], data: mu }, rho: { shape: [target.dim], data: rho } })([s.fn.record['loss']]))[0].data[0]
      const h = 1e-5
      for (const p of target.layout.places) {
        const direction = Float64Array.from({ length: target.dim }, (_, i) => (i >= p.offset && i < p.offset + p.size ? Math.cos(3 * i + 1) : 0))
        const moved = (x: Float64Array, by: number): Float64Array => x.map((v, i) => v + by * direction[i])
        const along = (g: Float64Array): number => direction.reduce((a, d, i) => a + d * g[i], 0)
        const scale = (g: Float64Array): number => direction.reduce((a, d, i) => a + Math.abs(d * g[i]), 0)
        const byMu = (loss(moved(start[0], h), start[1]) - loss(moved(start[0], -h), start[1])) / (2 * h)
        const byRho = (loss(start[0], moved(start[1], h)) - loss(start[0], moved(start[1], -h))) / (2 * h)
        // Single precision through some dozen roundings, and the difference of parameters of about two.
        expect(Math.abs(along(dMu) - byMu), `${p.name}, mu`).toBeLessThan(2e-5 * scale(dMu) + 1e-5)
        expect(Math.abs(along(dRho) - byRho), `${p.name}, rho`).toBeLessThan(2e-5 * scale(dRho) + 1e-5)
      }
    })

  test('the batches of two epochs, one of them across their border, average to the full gradient', async () => {
      const size = 4, count = 5
      // The weight noise goes by the step, which stays; only the place in the data moves.
      const e = { kl: 'auto', pathDerivative: false } as const
      const full = await deviceGradients(await stepAt(n, 2, e, { step: 3, epoch: 0, offset: 0 }))
      const parts: (readonly Float64Array[])[] = []
      for (let k = 0; k < count; k++) parts.push(await deviceGradients(await stepAt(size, 2, e, { step: 3, epoch: Math.floor((k * size) / n), offset: (k * size) % n })))
      const largest = Math.max(...full.flatMap((g) => [...g].map(Math.abs)))
      full.forEach((g, which) => g.forEach((v, i) => {
        const mean = parts.reduce((a, p) => a + p[which][i] / count, 0)
        expect(Math.abs(mean - v)).toBeLessThan(1e-5 * largest)
      }))
      expect(Math.max(...parts[0][0].map((v, i) => Math.abs(v - full[0][i])))).toBeGreaterThan(0.01 * largest)
  })
})

describe('6. one conjugate pair a bijector: the integral over u is the evidence', () => {
  /** Integral over the reals by the trapezoidal rule, which converges exponentially for such densities. */
  const POINTS = 2001
  const grid = (a: number, b: number): Float32Array => Float32Array.from({ length: POINTS }, (_, i) => a + ((b - a) * i) / (POINTS - 1))
  const logIntegral = (u: Float32Array, logDensity: ArrayLike<number>): number => {
    let sum = 0
    for (let i = 0; i + 1 < POINTS; i++) sum += ((u[i + 1] - u[i]) * (Math.exp(logDensity[i]) + Math.exp(logDensity[i + 1]))) / 2
    return Math.log(sum)
  }

  const evidence = async (model: Model.Model, data: Readonly<Record<string, readonly number[]>>, range: readonly [number, number], space: 'constrained' | 'unconstrained' = 'unconstrained') => {
    const [site] = model.sites
    const u = Tensor.input('u', [POINTS]), lp = Model.logDensity(model, { space })
    const leaf = space === 'unconstrained' ? Model.unconstrainedLeaf(site) : site.leaf
    const at = space === 'unconstrained' ? u : Dist.Bijectors.forward(site.bijector)(u)
    const [many] = Tensor.batch(POINTS, [[leaf, at]])([lp])
    const us = grid(...range)
    const [onDevice] = right(await evaluate([many], { u: us, ...data })())
    const [exact] = right(interpret({ u: { shape: [POINTS], data: us }, ...Object.fromEntries(Object.entries(data).map(([k, v]) => [k, { shape: [v.length], data: v }])) })([many]))
    return { device: logIntegral(us, onDevice.data), exact: logIntegral(us, exact.data) }
  }

  /** The same model with another map from the reals: no family of this release asks for the maps of one-sided bounds or the plain sigmoid. */
  const under = (bijector: Dist.Bijector) => (model: Model.Model): Model.Model => ({ ...model, sites: model.sites.map((s) => ({ ...s, bijector })) })
  const coin = Model.joint({ p: Spec.uniform() }, ({ p }) => ({ y: Dist.bernoulli({ probs: p }) }))
  const tosses = { y: [1, 1, 1, 1, 1, 1, 1, 1, 0, 0] }
  const times = (d: Spec.Spec): Model.Model => Model.joint({ x: d }, ({ x }) => ({ likelihood: Tensor.log(x) }))
  // Gamma(2, 1) is Exponential(1) times x, and log Poisson(y | x) = y log x - x - log y!: [3, 1, 4] without the gamma function.
  const poisson = Model.joint({ x: Spec.exponential() }, ({ x }) => ({ prior: Tensor.log(x), rows: pipe(Tensor.log(x), Tensor.mul(8), Tensor.sub(Tensor.mul(3)(x)), Tensor.sub(Math.log(6 * 24))) }))
  const waits = Model.joint({ rate: Spec.exponential() }, ({ rate }) => ({ y: Dist.exponential({ lam: rate }) }))
  const folded = Model.joint({ x: Spec.halfNormal() }, ({ x }) => ({ y: Dist.normal({ mu: x }) }))
  const logs = Model.joint({ x: Spec.logNormal({ mu: 0.3, sd: 0.6 }) }, ({ x }) => ({ y: Dist.logNormal({ mu: Tensor.log(x), sd: 0.8 }) }))

  const cases: readonly (readonly [string, Model.Model, Readonly<Record<string, readonly number[]>>, number, readonly [number, number]])[] = [
    ['Identity: Normal-Normal', normalNormal(), normalData, -2.397183, [-6, 9]],
    ['Exp: Gamma(2, 1)-Poisson', poisson, {}, -6.030929, [-14, 4]],
    // The integral of exp(-x) x^3 exp(-3.1 x) is 3! / 4.1^4.
    ['Exp: Exponential-Exponential', waits, { y: [0.5, 2, 0.6] }, Math.log(6 / 4.1 ** 4), [-16, 4]],
    // 2 N(0; 0, 2) P(Z > 0) = (4 pi)^-1/2
    ['Exp: HalfNormal-Normal at 0', folded, { y: [0] }, -0.5 * Math.log(4 * Math.PI), [-18, 3]],
    // log y is normal with mean .3 and variance .6^2 + .8^2 = 1, and y = 2 has the density of log y over 2.
    ['Exp: LogNormal-LogNormal', logs, { y: [2] }, -0.5 * Math.log(2 * Math.PI) - 0.5 * (Math.LN2 - 0.3) ** 2 - Math.LN2, [-5, 6]],
    ['Interval: Beta(1, 1)-Bernoulli, 8 of 10', coin, tosses, -6.204558, [-14, 18]],
    // The integral of x / 3 from 2 to 5 is 7 / 2.
    ['Interval (2, 5)', times(Spec.uniform({ lower: 2, upper: 5 })), {}, Math.log(3.5), [-20, 20]],
    ['Sigmoid: Beta(1, 1)-Bernoulli, 8 of 10', under(Dist.Bijectors.sigmoid)(coin), tosses, -6.204558, [-14, 18]],
    // The integral of x exp(-x) from 1/2 on is 3/2 exp(-1/2); of a standard normal up to 2 it is .97724987.
    ['LowerBound 1/2', under(Dist.Bijectors.lowerBound(Tensor.constant(0.5)))(times(Spec.exponential())), {}, Math.log(1.5) - 0.5, [-20, 4]],
    ['UpperBound 2', under(Dist.Bijectors.upperBound(Tensor.constant(2)))(Model.joint({ x: Spec.normal() }, () => ({}))), {}, Math.log(0.9772498680518208), [-20, 3]]
  ]
  for (const [name, model, data, want, range] of cases)
    test(name, async () => {
      expect(E.isRight(Model.check(model))).toBe(true)
      const got = await evidence(model, data, range)
      expect(Math.abs(got.exact - want)).toBeLessThan(1e-6)
      // In single precision a log density of about ten is known to 1e-6.
      expect(Math.abs(got.device - want)).toBeLessThan(5e-6)
    })

  test('the density in own units, taken for one of u, gives the number of a forgotten Jacobian', async () => {
    expect((await evidence(poisson, {}, [-14, 4], 'constrained')).exact).toBeCloseTo(-6.84186, 5)
  })
})

describe('7. independence at 1e5 draws', () => {
  const n = 100_000, most = 5 / Math.sqrt(n)
  const correlation = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
    const m = Math.min(a.length, b.length)
    const mean = (x: ArrayLike<number>): number => { let s = 0; for (let i = 0; i < m; i++) s += x[i]; return s / m }
    const p = mean(a), q = mean(b)
    let ab = 0, aa = 0, bb = 0
    for (let i = 0; i < m; i++) { ab += (a[i] - p) * (b[i] - q); aa += (a[i] - p) ** 2; bb += (b[i] - q) ** 2 }
    return Math.abs(ab / Math.sqrt(aa * bb))
  }
  const every = (xs: ArrayLike<number>, width: number, at: number): Float64Array => Float64Array.from({ length: Math.floor(xs.length / width) }, (_, i) => xs[i * width + at])

  test('draws of sites, of elements, of neighbouring samples, of weights and observations', async () => {
    const two = Model.joint({ a: pipe(Spec.normal(), Spec.withShape([2])), b: pipe(Spec.normal(), Spec.withShape([2])) },
      ({ a, b }, { x }) => ({ y: Dist.normal({ mu: pipe(x, Tensor.mul(Tensor.sum()(Tensor.add(b)(a)))) }) }), { inputs: { x: [null] } })
    const approx = right(await fit(two, { data: { x: [1, 2], y: [0, 1] }, steps: 0 })())
    const { a, b } = right(await approx.sample({ size: n, seed: 3 })())
    expect(a.shape).toEqual([n, 2])
    const [a0, a1, b0, b1] = [every(a.data, 2, 0), every(a.data, 2, 1), every(b.data, 2, 0), every(b.data, 2, 1)]
    for (const [p, q] of [[a0, b0], [a1, b1], [a0, b1], [a0, a1], [b0, b1]]) expect(correlation(p, q)).toBeLessThan(most)
    for (const s of [a0, a1, b0]) expect(correlation(s, s.subarray(1))).toBeLessThan(most)
    // Observations at x = 0 are noise alone.
    const [w, y] = right(await evaluate(approx.sampleNode([two.sites[0].leaf, two.observed['y']], { size: n, seed: 3 }), { x: [0, 0] })())
    expect(y.shape).toEqual([n, 2])
    const [y0, y1] = [every(y.data, 2, 0), every(y.data, 2, 1)]
    for (const noise of [y0, y1]) for (const k of [0, 1]) expect(correlation(noise, every(w.data, 2, k))).toBeLessThan(most)
    expect(correlation(y0, y1)).toBeLessThan(most)
    expect(correlation(y0, y0.subarray(1))).toBeLessThan(most)
    const variance = y0.reduce((s, v) => s + v * v, 0) / n
    // The relative sd of a variance of 1e5 draws is sqrt(2e-5) = .0045.
    expect(Math.abs(variance - 1)).toBeLessThan(5 * Math.sqrt(2 / n))
  })

  test('noise of neighbouring steps, of draws of a step, of weights and likelihood, as a fit folds its keys', async () => {
    const step = Tensor.cast('u32')(Tensor.arange(n))
    const at = (draw: number, use: number): Tensor.Tensor =>
      pipe(Tensor.key(8), Tensor.fold(purpose.noise), Tensor.fold(step), Tensor.fold(Tensor.constant(draw, 'u32')), Tensor.fold(use), Tensor.randomNormal([2]))
    const [first, second, likelihood] = right(await evaluate([at(0, purpose.weights), at(1, purpose.weights), at(0, purpose.likelihood)])())
    expect(first.shape).toEqual([n, 2])
    for (const k of [0, 1]) {
      const [p, q, l] = [first, second, likelihood].map((x) => every(x.data, 2, k))
      expect(correlation(p, p.subarray(1))).toBeLessThan(most)
      expect(correlation(p, q)).toBeLessThan(most)
      expect(correlation(p.subarray(1), q)).toBeLessThan(most)
      expect(correlation(p, l)).toBeLessThan(most)
    }
  })
})

describe('8. weights on inputs that are always zero go to their prior', () => {
  // Six inputs of which the last three are 0, under a prior far from the start in place and in spread.
  const model = (): Model.Model => pipe(
    Layer.input([null, 6], { name: 'x' }),
    Layer.dense({ name: 'hidden', units: 3, activation: 'tanh' }),
    Layer.dense({ units: 1 }),
    Layer.withDefaultSpec(Spec.normal({ sd: 0.7 }), { bias: Spec.normal() }),
    Model.observe(Likelihood.normal({ sd: 0.5 }), { name: 'y' })
  )
  const data = { x: Array.from({ length: 20 }, (_, i) => [Math.sin(i), Math.cos(2 * i), i / 20, 0, 0, 0]), y: Array.from({ length: 20 }, (_, i) => Math.sin(i) - i / 20) }
  for (const estimator of [{ kl: 'auto' }, { kl: 'monteCarlo', pathDerivative: true }] as const)
    test(JSON.stringify(estimator), async () => {
      const steps = estimator.kl === 'auto' ? 700 : 1500
      const approx = right(await fit(model(), { data, batchSize: 6, steps, samples: estimator.kl === 'auto' ? 1 : 4, seed: 2, optimizer: falling(steps, 0.05), ...estimator })())
      const mu = approx.mean['hidden.W'].data, sd = approx.std['hidden.W'].data
      expect(approx.mean['hidden.W'].shape).toEqual([6, 3])
      for (let i = 9; i < 18; i++) {
        expect(Math.abs(mu[i]) / 0.7).toBeLessThan(0.05)
        expect(sd[i] / 0.7).toBeGreaterThan(0.97)
        expect(sd[i] / 0.7).toBeLessThan(1.03)
      }
      // The others have learnt something.
      expect(Math.max(...Array.from(mu.subarray(0, 9), Math.abs))).toBeGreaterThan(0.2)
    })
})
