/**
 * The contract, statement by statement: the names users type, with the shapes that they
 * give, on a part of MNIST and few steps. And the laws of what is said of them.
 */
import { beforeAll, describe, expect, test } from 'vitest'
import { pipe, TE, Spec, Layer, Likelihood, Model, Tensor, Optimizer, Method, Dataset, Dist, E,
         fit, elbo, predict, evaluate, orThrow } from '../../src/index.ts'
import type { Approximation } from '../../src/index.ts'
import { blr, blrData, right } from './tools.ts'

const shapesOf = (r: { readonly value: Tensor.Tensor; readonly sites: readonly { readonly shape: readonly number[] }[] }): unknown => [Tensor.shape(r.value), r.sites.map((s) => s.shape)]

describe('priors: delayed expressions', () => {
  const expr = pipe(Spec.normal(), Spec.mul(pipe(Spec.normal(), Spec.withShape([]))))
  test('a fixed shape wins over the parent', () => {
    expect(shapesOf(right(Spec.resolve([100, 2])(expr)))).toEqual([[100, 2], [[100, 2], []]])
  })
  test('tags', () => {
    const tagged = pipe(Spec.normal(), Spec.withTag('one'), Spec.mul(pipe(Spec.normal(), Spec.withTag('two'))), Spec.add(Spec.normal()))
    expect(shapesOf(right(Spec.resolve({ one: [100, 2], two: [], default: [100, 1] })(tagged)))).toEqual([[100, 2], [[100, 2], [], [100, 1]]])
  })
  test('a function of the shape', () => {
    expect(shapesOf(right(Spec.resolve([3, 4])(pipe(Spec.normal(), Spec.withShape((s) => s.map(() => 1)), Spec.mul(Spec.normal())))))).toEqual([[3, 4], [[1, 1], [3, 4]]])
  })
  test('an op on what is resolved later', () => {
    const det = Spec.asSpecOp(Tensor.det)
    expect(shapesOf(right(Spec.resolve([3, 3])(det(expr))))).toEqual([[], [[3, 3], []]])
  })
})

const hyper = pipe(Spec.logNormal({ sd: 10 }), Spec.withShape([]))
const network = pipe(
  Layer.input([null, 1, 28, 28], { name: 'x', scale: 1 / 255 }),
  Layer.conv2d({ filters: 32, size: [5, 5], activation: 'tanh' }),
  Layer.maxPool2d({ size: [2, 2] }),
  Layer.conv2d({ filters: 32, size: [5, 5], activation: 'tanh' }),
  Layer.maxPool2d({ size: [2, 2] }),
  Layer.dense({ units: 176, activation: 'tanh' }),
  Layer.dense({ units: 64, activation: 'tanh' }),
  Layer.dense({ units: 10, activation: 'softmax' }),
  Layer.withDefaultSpec(Spec.normal({ sd: hyper }))
)
const bnn = pipe(network, Model.observe(Likelihood.categorical(), { name: 'y' }))
const LAYERS = ['conv2d_1', 'conv2d_2', 'dense_1', 'dense_2', 'dense_3']
const SHAPES: Readonly<Record<string, readonly number[]>> = {
  'conv2d_1.W': [32, 1, 5, 5], 'conv2d_1.b': [32], 'conv2d_2.W': [32, 32, 5, 5], 'conv2d_2.b': [32], 'dense_1.W': [512, 176], 'dense_1.b': [176],
  'dense_2.W': [176, 64], 'dense_2.b': [64], 'dense_3.W': [64, 10], 'dense_3.b': [10]
}

test('the model and its table', () => {
  expect(E.isRight(Model.check(bnn))).toBe(true)
  const sites = Model.sites(bnn)
  expect(sites.length).toBe(15)
  for (const l of LAYERS) expect(pipe(bnn, Model.sitesOf(l)).map((s) => s.name).sort()).toEqual([`${l}.W`, `${l}.W.sd`, `${l}.b`])
  for (const s of sites) expect(s.shape).toEqual(SHAPES[s.name] ?? [])
  expect(sites.find((s) => s.name === 'dense_3.W.sd')?.dist.family).toBe('logNormal')
  expect(Model.summary(bnn)).toContain('dense_3')
  expect(Model.toMermaid(bnn)).toContain('conv2d_2')
  expect(Tensor.shape(bnn.prediction)[1]).toBe(10)
  expect(Object.keys(bnn.inputs)).toEqual(['x'])
  expect(Object.keys(bnn.observed)).toEqual(['y'])
})

const STEPS = 20, ROWS = 300, FEW = 12
let approx: Approximation.Approximation
let train: Dataset.Dataset<'x' | 'y'>, few: Dataset.Dataset<'x' | 'y'>

beforeAll(async () => {
  const all = await orThrow(Dataset.mnist())
  expect([all.train.rows, all.test.rows, all.test.x.shape]).toEqual([60_000, 10_000, [10_000, 1, 28, 28]])
  train = right(Dataset.take(ROWS)(all.train)) as typeof train
  few = right(Dataset.take(FEW)(all.test)) as typeof few
  approx = await orThrow(pipe(
    TE.right({ train }),
    TE.chain(({ train: data }) => fit(bnn, { data, method: Method.meanField(), steps: STEPS, batchSize: 50,
                                             optimizer: Optimizer.adam({ learningRate: 1e-3 }), seed: 0 }))))
})

test('what a fit gives', async () => {
  expect(approx.history.loss.length).toBe(STEPS)
  approx.history.loss.forEach((l, i) => expect(l).toBeCloseTo(approx.history.kl[i] - approx.history.logLik[i], -1))
  // The 90 % quantile of the standard normal.
  const z = 1.2815515655446004
  const { mean, std, unconstrained } = approx, high = approx.quantile(0.9)
  for (const s of Model.sites(bnn)) {
    const { mean: m, sd } = unconstrained[s.name]
    for (const of of [mean[s.name], std[s.name], high[s.name], m, sd]) {
      expect(of.shape).toEqual(s.shape)
      expect(of.data.every(Number.isFinite)).toBe(true)
    }
    const off = (got: ArrayLike<number>, want: (i: number) => number): number => m.data.reduce((worst, _, i) => Math.max(worst, Math.abs(got[i] - want(i)) / Math.max(1, Math.abs(want(i)))), 0)
    // A log-normal site has mean exp(m + v / 2).
    const own = s.name.endsWith('.sd') ? Math.exp : (v: number): number => v
    expect(off(mean[s.name].data, (i) => own(m.data[i] + (s.name.endsWith('.sd') ? sd.data[i] ** 2 / 2 : 0)))).toBeLessThan(1e-9)
    expect(off(high[s.name].data, (i) => own(m.data[i] + z * sd.data[i]))).toBeLessThan(1e-6)
  }
})

test('draws by site, [500, ...shape], the same in any chunk', async () => {
  const draws = await orThrow(approx.sample({ size: 500, seed: 2 }))
  for (const s of Model.sites(bnn)) expect(draws[s.name].shape).toEqual([500, ...s.shape])
  const tail = await orThrow(approx.sample({ size: 2, seed: 2, firstSample: 498 }))
  for (const s of Model.sites(bnn)) {
    const per = s.shape.reduce((a, b) => a * b, 1)
    expect(tail[s.name].data).toEqual(draws[s.name].data.slice(498 * per))
  }
  // Five standard errors of the mean of 500 draws.
  const b = draws['dense_3.b'].data, { mean, sd } = approx.unconstrained['dense_3.b']
  for (let k = 0; k < 10; k++) {
    let sum = 0
    for (let i = 0; i < 500; i++) sum += b[10 * i + k]
    expect(Math.abs(sum / 500 - mean.data[k])).toBeLessThan(5 * sd.data[k] / Math.sqrt(500))
  }
})

test('the bound over the full data', async () => {
  const b = await orThrow(elbo(approx, train, { samples: 3 }))
  expect(Object.keys(b)).toEqual(expect.arrayContaining(['value', 'se', 'logLik', 'kl']))
  expect(b.value).toBeCloseTo(b.logLik - b.kl, 6)
  expect([b.value < 0, b.se > 0, b.kl > 0, b.logLik < 0, b.upToConstant]).toEqual([true, true, true, true, false])
})

describe('symbolic, as in the notebook', () => {
  const x = Tensor.input('pixels', [null, 1, 28, 28])
  const openLeaves = (nodes: readonly Tensor.Tensor[]): readonly string[] => Tensor.leavesOf(nodes).map((l) => `${l.op} ${Tensor.nameOf(l)}`)
  const random = (node: Tensor.Tensor): boolean => Tensor.topo([node]).some((t) => t.op.startsWith('random'))

  test('no site is left; without draws there is no random op', () => {
    const plug = approx.applyReplacements(bnn.prediction, { deterministic: true, moreReplacements: [[bnn.inputs['x'], x]] })
    const one = approx.applyReplacements(bnn.prediction, { moreReplacements: [[bnn.inputs['x'], x]] })
    const many = approx.sampleNode(bnn.prediction, { size: 100, moreReplacements: [[bnn.inputs['x'], x]] })
    for (const node of [plug, one, many]) expect(openLeaves([node])).toEqual(['input pixels'])
    expect([random(plug), random(one), random(many)]).toEqual([false, true, true])
    const [s, batch, classes] = Tensor.shape(many)
    expect([s, classes, typeof batch]).toEqual([100, 10, 'object'])
    expect(openLeaves(approx.sampleNode(Object.values(bnn.outputs), { size: 2 }))).toEqual(['input x'])
  })

  test('evaluated: rows of probabilities; predict is their statistics, counts exactly', async () => {
    const S = 4
    const plug = approx.applyReplacements(bnn.prediction, { deterministic: true, moreReplacements: [[bnn.inputs['x'], x]] })
    const many = approx.sampleNode(bnn.prediction, { size: S, seed: 1, moreReplacements: [[bnn.inputs['x'], x]] })
    const [c, p] = await orThrow(evaluate([plug, many], { pixels: few.x }))
    expect([c.shape, p.shape]).toEqual([[FEW, 10], [S, FEW, 10]])
    const post = await orThrow(predict(approx, { x: few.x }, { samples: S, seed: 1, batchSize: 5 }))
    expect(post.samples).toBe(S)
    for (const [f, shape] of [[post.meanPlugIn, [FEW, 10]], [post.predictiveMean, [FEW, 10]], [post.predictiveMode, [FEW]], [post.variance, [FEW, 10]], [post.expectedErrorRate, [FEW]]] as const)
      expect(f.shape).toEqual(shape)
    for (let i = 0; i < FEW; i++) {
      const row = (s: number): readonly number[] => [...p.data.slice((s * FEW + i) * 10, (s * FEW + i + 1) * 10)]
      const draws = Array.from({ length: S }, (_, s) => row(s))
      const votes = Array.from({ length: 10 }, (_, k) => draws.filter((d) => d.indexOf(Math.max(...d)) === k).length)
      const mode = votes.indexOf(Math.max(...votes))
      expect([...post.votes.data.slice(10 * i, 10 * i + 10)]).toEqual(votes)
      expect(post.predictiveMode.data[i]).toBe(mode)
      expect(post.expectedErrorRate.data[i]).toBeCloseTo(1 - votes[mode] / S, 12)
      for (let k = 0; k < 10; k++) {
        const mean = draws.reduce((a, d) => a + d[k], 0) / S
        // The same numbers through other kernels, in single precision.
        expect(post.predictiveMean.data[10 * i + k]).toBeCloseTo(mean, 5)
        expect(post.variance.data[10 * i + k]).toBeCloseTo(draws.reduce((a, d) => a + (d[k] - mean) ** 2, 0) / S, 5)
        expect(post.meanPlugIn.data[10 * i + k]).toBeCloseTo(c.data[10 * i + k], 5)
      }
      expect(draws.map((d) => d.reduce((a, b) => a + b, 0)).every((t) => Math.abs(t - 1) < 1e-5)).toBe(true)
    }
  })

  test('size and seed can be given at each call', async () => {
    const [site] = pipe(bnn, Model.sitesOf('dense_3')).filter((s) => s.name === 'dense_3.b')
    const it = Tensor.input('it', [], 'u32'), draws = Tensor.input('draws', [null])
    const node = approx.sampleNode(site.leaf, { size: Tensor.extent(0)(draws), seed: it })
    const want = await orThrow(approx.sample({ size: 3, seed: 7 }))
    const [got] = await orThrow(evaluate([node], { it: 7 }, { extents: { 'draws.0': 3 } }))
    expect(got.shape).toEqual([3, 10])
    expect(got.data).toEqual(want['dense_3.b'].data)
    const [other] = await orThrow(evaluate([node], { it: 8 }, { extents: { 'draws.0': 3 } }))
    expect(other.data).not.toEqual(got.data)
  })
})

describe('the log joint as nodes', () => {
  const model = blr()
  const w = [0.3, -0.2]
  const normal = (x: number, mu: number, sd: number): number => -0.5 * ((x - mu) / sd) ** 2 - Math.log(sd) - 0.5 * Math.log(2 * Math.PI)
  const rows = blrData.y.map((y, i) => normal(y, w[0] + w[1] * blrData.x[i][1], 0.5))
  const prior = w.reduce((a, v) => a + normal(v, 0, 1), 0)

  test('pointwise likelihoods, unscaled, and the density, at given values', async () => {
    const [ll, lp] = await orThrow(evaluate([Model.logLikelihood(model), Model.logDensity(model)], { w, ...blrData }))
    expect([ll.shape, lp.shape]).toEqual([[5], []])
    // About 400 nats of a misfit in single precision.
    rows.forEach((r, i) => expect(Math.abs(ll.data[i] - r)).toBeLessThan(1e-6 * Math.abs(r) + 1e-6))
    const want = prior + rows.reduce((a, b) => a + b, 0)
    expect(Math.abs(lp.data[0] - want)).toBeLessThan(1e-6 * Math.abs(want))
  })

  test('in unconstrained units with the Jacobian', async () => {
    const scale = Model.joint({ s: Spec.logNormal({ mu: 0.5, sd: 2 }) }, ({ s }) => ({ y: Dist.normal({ sd: s }) }))
    const u = 0.7, y = [1, -2]
    const [own, un] = await orThrow(evaluate([Model.logDensity(scale), Model.logDensity(scale, { space: 'unconstrained' })], { s: Math.exp(u), 's.unconstrained': u, y }))
    const lik = y.reduce((a, v) => a + normal(v, 0, Math.exp(u)), 0)
    // The density of log s is normal; that of s is it over s.
    expect(un.data[0]).toBeCloseTo(lik + normal(u, 0.5, 2), 5)
    expect(own.data[0]).toBeCloseTo(lik + normal(u, 0.5, 2) - u, 5)
  })

  test('the Do form says the same model', async () => {
    const bound = pipe(
      Model.Do,
      Model.bind('mu', () => Spec.normal({ sd: 5 })),
      Model.bind('x', ({ mu }) => Spec.normal({ mu })),
      Model.observing(({ x }) => ({ y: Dist.normal({ mu: x }) }))
    )
    const [lp] = await orThrow(evaluate([Model.logDensity(bound)], { mu: 1, x: 2, y: [2.5] }))
    expect(lp.data[0]).toBeCloseTo(normal(1, 0, 5) + normal(2, 1, 1) + normal(2.5, 2, 1), 5)
  })
})

test('data in every form give the same fit', async () => {
  const x64 = Float64Array.from(blrData.x.flat())
  const forms = [blrData, { x: { shape: [5, 2], data: Float32Array.from(x64) }, y: Float32Array.from(blrData.y) }, right(Dataset.of({ x: { shape: [5, 2], data: x64 }, y: blrData.y }))]
  const [a, b, c] = await Promise.all(forms.map((data) => orThrow(fit(blr(), { data, steps: 5, batchSize: 2 }))))
  expect(b.data.state).toEqual(a.data.state)
  expect(c.data.state).toEqual(a.data.state)
  expect(c.data.provenance.digest).toBe(a.data.provenance.digest)
})
