/** Point estimates and states: closed forms of what they learn, stop and go, saving, putting them into graphs. */
import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { pipe } from '../../src/fp.ts'
import * as Dist from '../../src/dist/index.ts'
import { elbo } from '../../src/infer/elbo.ts'
import { fit } from '../../src/infer/fit.ts'
import type { FitOptions } from '../../src/infer/fit.ts'
import { map, meanField } from '../../src/infer/methods.ts'
import * as Optimizer from '../../src/infer/optimizer.ts'
import { fromSaved, toSaved } from '../../src/io/approximation.ts'
import * as Layer from '../../src/layer/index.ts'
import * as Likelihood from '../../src/model/likelihood.ts'
import * as Model from '../../src/run/model.ts'
import { predict } from '../../src/predict/index.ts'
import { interpret } from '../../src/reference/index.ts'
import * as Init from '../../src/spec/init.ts'
import * as Spec from '../../src/spec/index.ts'
import * as B from '../../src/tensor/build.ts'
import * as Tensor from '../../src/tensor/index.ts'
import { leavesOf } from '../../src/tensor/replace.ts'
import { line, mixed, normalised, xs, ys } from './held.ts'
import { left, open, openRounded, right } from './models.ts'

const optimizer = Optimizer.adam({ learningRate: Optimizer.exponential({ value: 0.1, decay: 0.02, steps: 600 }) })
const train = async (m: Model.Model, data: object, o: Partial<FitOptions> = {}) => right(await fit(m, { data: data as never, optimizer, steps: 600, open, ...o })())
const host = (ts: readonly Tensor.Tensor[], values = {}): readonly Float64Array[] => right(interpret(values)(ts)).map((r) => r.data as Float64Array)

const mean = (v: readonly number[]): number => v.reduce((a, b) => a + b, 0) / v.length
const slope = xs.reduce((s, x, i) => s + (x - mean(xs)) * (ys[i] - mean(ys)), 0) / xs.reduce((s, x) => s + (x - mean(xs)) ** 2, 0)
const regression = (W: Spec.SpecArg, b: Spec.SpecArg): Model.Model =>
  pipe(Layer.input([null, 1], { name: 'x' }), Layer.dense({ units: 1, W, b }), Model.observe(Likelihood.normal({ sd: 0.5 }), { name: 'y' }))

describe('what point estimates learn', () => {
  test('the maximum likelihood of a linear regression is least squares', async () => {
    for (const method of [meanField(), map()]) {
      const a = await train(regression(Spec.learn(), Spec.learn()), line, { method })
      expect(a.model.sites).toEqual([])
      expect(Math.abs(a.params['dense_1.W'].data[0] - slope)).toBeLessThan(1e-3)
      expect(Math.abs(a.params['dense_1.b'].data[0] - (mean(ys) + slope * (5.1 - mean(xs))))).toBeLessThan(1e-3)
      expect([a.mean, a.std]).toEqual([{}, {}])
      expect(right(await a.sample({ size: 3 })())).toEqual({})
      expect(a.history.kl.every((k) => k === 0)).toBe(true)
    }
  })
  test('empirical Bayes: the mean of a normal prior is that of the data, its sd what is left of their spread', async () => {
    // y_i ~ N(theta_i, 1), theta_i ~ N(mu, s): y_i ~ N(mu, 1 + s^2); the posterior is a product of normals, so mean field is exact.
    const y = [-3, -1, 0.5, 2, 4.5, 6], scalar = Spec.withShape([])
    const m = Model.joint(
      { theta: pipe(Spec.normal({ mu: scalar(Spec.learn(0)), sd: scalar(Spec.exp(Spec.learn(0))) }), Spec.withShape([6])) },
      ({ theta }) => ({ y: Dist.normal({ mu: theta, sd: 1 }) }))
    expect(Object.keys(m.params)).toEqual(['theta.mu', 'theta.sd.0'])
    const a = await train(m, { y }, { steps: 600, samples: 4 })
    const spread = y.reduce((s, v) => s + (v - mean(y)) ** 2, 0) / y.length
    expect(Math.abs(a.params['theta.mu'].data[0] - mean(y))).toBeLessThan(0.05)
    expect(Math.abs(Math.exp(a.params['theta.sd.0'].data[0]) - Math.sqrt(spread - 1))).toBeLessThan(0.1)
  })
  test('a posterior mode beside point estimates: each as if the other were known', async () => {
    // W ~ N(0, 1): at the optimum the intercept is least squares, the slope shrunk by sum x^2 / (sum x^2 + sd^2).
    const a = await train(regression(Spec.normal(), Spec.learn(0)), line, { method: map() })
    const sxx = line.x.reduce((s, [x]) => s + x * x, 0)
    expect(a.mean['dense_1.W'].data[0]).toBeCloseTo(slope * sxx / (sxx + 0.25), 3)
    expect(a.params['dense_1.b'].data[0]).toBeCloseTo(mean(ys), 3)
  })
  test('frozen numbers stay where they start, and Adam leaves no drift', async () => {
    const a = await train(regression(Spec.frozen(0.25), Spec.learn()), line, { steps: 300 })
    expect(a.params['dense_1.W'].data[0]).toBe(0.25)
    expect(a.params['dense_1.b'].data[0]).toBeCloseTo(mean(ys), 2)
  })
  test('a start asked for by name is taken, a spread refused', async () => {
    const m = regression(Spec.learn(), Spec.learn())
    expect((await train(m, line, { steps: 0, start: { 'dense_1.W': { mean: 3 } } })).params['dense_1.W'].data[0]).toBe(3)
    expect(left(await fit(m, { data: line, start: { 'dense_1.W': { sd: 1 } }, open })())).toMatchObject({ _tag: 'BadStart', path: ['start', 'dense_1.W', 'sd'] })
    expect(left(await fit(m, { data: line, start: { 'dense_1.w': { mean: 1 } }, open })())).toMatchObject({ _tag: 'UnknownSite', hint: "did you mean 'dense_1.W'?" })
  })
  test('a gradient that is not finite names the point estimate', async () => {
    const m = regression(Spec.normal(), Spec.sqrt(pipe(Spec.learn(0), Spec.withName('rate'))))
    expect(left(await fit(m, { data: line, open, steps: 3 })())).toMatchObject({ _tag: 'Diverged', path: ['fit', 'dense_1.rate'] })
  })
})

// -----------------------------------------------------------------------------
// states
// -----------------------------------------------------------------------------

const shifted = { x: xs.map((x) => [x - 4]), y: ys }
const mx = mean(xs) - 4

describe('states', () => {
  test('are carried from step to step', async () => {
    const m = normalised([[2, -3]])
    // The input of `center` is x (2, -3) + 0: its mean does not change in three steps without learning.
    const a = await train(m, shifted, { steps: 3, optimizer: Optimizer.sgd({ learningRate: 0 }) })
    expect(a.states['c.mean'].shape).toEqual([2])
    expect(a.states['c.mean'].data[0]).toBeCloseTo(2 * mx * (1 - 0.5 ** 3), 6)
    expect(a.states['c.mean'].data[1]).toBeCloseTo(-3 * mx * (1 - 0.5 ** 3), 6)
  })
  test('are averaged over draws', async () => {
    // One step from 0: half the mean over draws of x W, W ~ N(mu, sd): over 400 draws within 5 standard errors of mu x / 2.
    const m = normalised(pipe(Spec.normal(), Spec.withInit(1)))
    const a = await train(m, shifted, { steps: 1, samples: 400, start: { 'a.W': { sd: 0.5 } } })
    expect(Math.abs(a.states['c.mean'].data[0] - mx / 2)).toBeLessThan(5 * Math.abs(mx) / 2 * 0.5 / 20)
  })
  test('prediction uses the saved ones, at phase 0', async () => {
    const a = await train(normalised([[2, -3]]), line, { steps: 40 })
    const [c0, c1] = a.states['c.mean'].data, [w0, w1] = a.params['d.W'].data, [b0, b1] = a.params['a.b'].data, [d] = a.params['d.b'].data
    const post = right(await predict(a, { x: [[1], [-2]] }, { samples: 1, gpu: 'reference' })())
    ;[1, -2].forEach((x, i) => expect(post.predictiveMean.data[i]).toBeCloseTo((2 * x + b0 - c0) * w0 + (-3 * x + b1 - c1) * w1 + d, 5))
    const [node] = [a.applyReplacements(a.model.prediction, { deterministic: true })]
    expect(leavesOf([node]).map((l) => l.op)).toEqual(['input'])
    expect(host([node], { x: { shape: [1, 1], data: [1] } })[0][0]).toBeCloseTo(post.predictiveMean.data[0], 5)
    // The bound of a model without priors is its log likelihood at that prediction.
    const e = right(await elbo(a, line, { samples: 2, open })())
    const at = right(await predict(a, { x: line.x }, { samples: 1, gpu: 'reference' })()).predictiveMean.data
    const want = ys.reduce((s, y, i) => s - 0.5 * ((y - at[i]) / 0.5) ** 2 - Math.log(0.5) - 0.5 * Math.log(2 * Math.PI), 0)
    expect([e.kl, e.value]).toEqual([0, expect.closeTo(want, 3)])
  })
})

// -----------------------------------------------------------------------------
// stop and go, files, graphs
// -----------------------------------------------------------------------------

describe('an approximation with point estimates and states', () => {
  test('stopped, written, read and continued is the uninterrupted run to the bit', async () => {
    const o = { batchSize: 2, seed: 3, open: openRounded, samples: 2 }
    const whole = await train(mixed, line, { ...o, steps: 7 })
    const first = await train(mixed, line, { ...o, steps: 3 })
    const { json, tensors } = right(toSaved(first))
    const read = right(fromSaved({ json: JSON.parse(JSON.stringify(json)), tensors }))
    expect([read.params, read.states]).toEqual([first.params, first.states])
    for (const from of [first, read]) {
      const second = await train(mixed, line, { from, steps: 4, open: openRounded })
      expect([second.params, second.states, second.data.state, second.history]).toEqual([whole.params, whole.states, whole.data.state, whole.history])
    }
    expect(Object.keys(whole.params)).toEqual(['a.W.mu', 'a.b', 'd.W', 'd.b'])
  })
  test('a file whose point estimates are not those of its model is refused', async () => {
    const saved = right(toSaved(await train(mixed, line, { steps: 1 })))
    const other = { ...saved, tensors: { ...saved.tensors, 'params.d.b': { dtype: 'F32' as const, shape: [2], data: new Float32Array(2) } } }
    expect(left(fromSaved(other))[0]).toMatchObject({ _tag: 'CorruptApproximation', path: ['d.b'] })
  })
  test('another model is not gone on from', async () => {
    const a = await train(mixed, line, { steps: 1 })
    expect(left(await fit(normalised(Spec.normal()), { data: line, from: a, open })())).toMatchObject({ _tag: 'ModelMismatch', got: expect.stringContaining('a.W.mu') })
  })
  test('draws hold no leaf of it, and share the point estimates', async () => {
    const a = await train(mixed, line, { steps: 2 })
    const nodes = a.sampleNode([mixed.prediction, mixed.sites[0].leaf, mixed.params['d.b'].leaf], { size: 4, seed: 1 })
    expect(leavesOf(nodes).map((l) => l.op)).toEqual(['input'])
    expect([...host([nodes[2]])[0]]).toEqual(Array(4).fill(a.params['d.b'].data[0]))
    const drawn = right(await a.sample({ size: 4, seed: 1, gpu: 'reference' })())
    expect([...drawn['a.W'].data]).toEqual([...host([nodes[1]])[0]].map(Math.fround))
  })
  test('the density function takes them, and names what is missing', async () => {
    const a = await train(mixed, line, { steps: 2 })
    const f = Model.densityFunction(mixed, { data: { x: line.x, y: line.y }, params: a.params, states: a.states, gpu: 'reference' })
    const W = [[0.3, -0.2]]
    const d = right(await f({ 'a.W': W })()).logDensity
    const n = (shape: readonly number[], data: readonly number[]) => ({ shape, data })
    const values = { ...a.params, ...a.states, x: n([5, 1], line.x.flat()), y: n([5], ys), 'a.W': n([1, 2], W[0]), phase: n([], [0]) }
    expect(d).toBeCloseTo(host([Model.logDensity(mixed)], values)[0][0], 3)
    expect(left(await Model.densityFunction(mixed, { data: { x: line.x, y: line.y }, gpu: 'reference' })({ 'a.W': W })())).toMatchObject({ _tag: 'MissingParams', got: expect.stringContaining('a.W.mu') })
  })
  test('the prior predictive has point estimates and states where they start', () => {
    const { sites, prediction } = Model.priorPredictive(mixed, { size: 2000, seed: 4 })
    expect(leavesOf([prediction, sites['a.W']]).map((l) => l.op)).toEqual(['input'])
    // W ~ N(1/2, 1), 4000 numbers.
    expect(Math.abs(mean([...host([sites['a.W']])[0]]) - 0.5)).toBeLessThan(5 / Math.sqrt(4000))
  })
})

describe('putting values in', () => {
  test('nothing put in is the same model; everything put in leaves no leaf', async () => {
    const { putIn, placings, startsOf } = await import('../../src/model/held.ts')
    expect(putIn([])(mixed)).toBe(mixed)
    const start = startsOf(mixed, 0)
    const all = putIn(placings(mixed, (kind, name) => { const a = (kind === 'param' ? start.params : start.states)[name]; return B.array(a.data, a.shape) }))(mixed)
    const graphs = [all.prediction, ...Object.values(all.outputs), ...all.sites.flatMap((s) => Object.values(s.dist.params)), ...all.likelihoods.map((l) => l.logLik), ...Object.values(all.states).map((s) => s.next)]
    expect(leavesOf(graphs).filter((l) => l.op === 'param' || l.op === 'state')).toEqual([])
  })
  test('where a point estimate starts depends on the seed and its own name alone', () =>
    fc.assert(fc.asyncProperty(fc.nat(99), fc.integer({ min: 1, max: 4 }), async (seed, units) => {
      const net = (extra: boolean): Model.Model => pipe(Layer.input([null, 3], { name: 'x' }), Layer.dense({ units, W: Spec.learn(Init.heNormal()), b: extra ? Spec.learn(1) : null, name: 'h' }), Layer.dense({ units: 1, W: Spec.learn(), b: null, name: 'o' }), Model.observe(Likelihood.normal({ sd: 1 }), { name: 'y' }))
      const start = async (extra: boolean) => (await train(net(extra), { x: [[1, 2, 3]], y: [0] }, { steps: 0, seed })).params
      const [a, b] = [await start(true), await start(false)]
      expect([a['h.W'], a['o.W']]).toEqual([b['h.W'], b['o.W']])
      expect(a['h.b'].data[0]).toBe(1)
    }), { numRuns: 20 }))
})
