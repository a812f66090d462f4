/**
 * Models that users write, each with other parts: every one draws from its prior, fits,
 * and compiles within the limits of both kinds of target.
 */
import { describe, expect, test } from 'vitest'
import { Dist, E, Layer, Likelihood, Model, Optimizer, Spec, Tensor, evaluate, fit, orThrow, pipe } from '../../src/index.ts'
import { compile } from '../../src/compile/compile.ts'
import { verify } from '../../src/compile/verify.ts'
import { stepOf } from '../../src/infer/capture.ts'
import type { DatasetInput } from '../../src/dataset/index.ts'
import { targets } from '../compile/graphs.ts'
import { open } from '../infer/models.ts'

const rnd = (n: number, k = 1): number[] => Array.from({ length: n }, (_, i) => Math.sin(k + 12.9898 * (i + 1)) * 1.3)
const x20 = Array.from({ length: 20 }, (_, i) => rnd(4, i))
const bnn = (W: Spec.Spec, act: 'relu' | 'tanh' | 'sigmoid', lik: readonly [Likelihood.Likelihood, number]): Model.Model => pipe(Layer.input([null, 4], { name: 'x' }), Layer.dense({ units: 16, activation: act, W }), Layer.dense({ units: 16, activation: act, W }), Layer.dense({ units: lik[1], W }), Model.observe(lik[0], { name: 'y' }))
const models: Readonly<Record<string, readonly [Model.Model, Readonly<Record<string, never>> | object]>> = {
  'relu scaleMixture': [bnn(Spec.scaleMixture(), 'relu', [Likelihood.normal({ sd: Spec.halfNormal() }), 1]), { x: x20, y: rnd(20) }],
  'relu horseshoe': [bnn(Spec.horseshoe(), 'relu', [Likelihood.normal({ sd: 0.1 }), 1]), { x: x20, y: rnd(20) }],
  'regularised horseshoe nonCentred': [bnn(Spec.nonCentred(Spec.regularisedHorseshoe()), 'tanh', [Likelihood.categorical({ logits: true }), 3]), { x: x20, y: rnd(20).map((v) => Math.abs(Math.round(v * 2)) % 3) }],
  'student weights': [bnn(Spec.studentT({ nu: 4, sd: pipe(Spec.gamma({ alpha: 2, beta: 2 }), Spec.withShape([])) }), 'sigmoid', [Likelihood.bernoulli({ logits: true }), 1]), { x: x20, y: rnd(20).map((v) => +(v > 0)) }],
  'low rank weights': [bnn(pipe(pipe(Spec.normal(), Spec.withShape((s) => [s[0], 1])), Spec.matmul(pipe(Spec.normal(), Spec.withShape((s) => [1, s[1]])))), 'tanh', [Likelihood.normal({ sd: 0.1 }), 1]), { x: x20, y: rnd(20) }],
  'neg binomial': [bnn(Spec.normal({ sd: 0.5 }), 'tanh', [Likelihood.distribution((eta, { alpha }) => Dist.negativeBinomial({ mu: Tensor.exp(eta), alpha }), { params: { alpha: Spec.exponential() } }), 1]), { x: x20, y: rnd(20).map((v) => Math.floor(Math.abs(v * 4))) }],
  'zero inflated': [bnn(Spec.normal({ sd: 0.5 }), 'tanh', [Likelihood.distribution((eta, { gate }) => Dist.zeroInflated({ of: Dist.poisson({ logRate: eta }), gate }), { params: { gate: Spec.beta({ alpha: 1, beta: 3 }) } }), 1]), { x: x20, y: rnd(20).map((v) => Math.max(0, Math.floor(v * 4))) }],
  ordinal: [Model.joint({ c: pipe(Spec.orderedNormal({ sd: 3 }), Spec.withShape([3])), w: pipe(Spec.normal(), Spec.withShape([4])) }, ({ c, w }, { x }) => ({ y: Dist.orderedLogistic({ eta: Tensor.dot(w)(x), cutpoints: c }) }), { inputs: { x: [null, 4] } }), { x: x20, y: rnd(20).map((v) => Math.max(0, Math.min(3, Math.floor(v * 2 + 2)))) }],
  mixture: [Model.joint({ w: pipe(Spec.dirichlet({ alpha: 2 }), Spec.withShape([2])), mu: pipe(Spec.orderedNormal({ sd: 5 }), Spec.withShape([2])), sd: pipe(Spec.halfNormal(), Spec.withShape([2])) }, ({ w, mu, sd }) => ({ y: Dist.normalMixture({ w, mu, sd }) })), { y: rnd(40).map((v, i) => v * 0.3 + (i % 2 ? 3 : -1)) }],
  'correlated slopes': [Model.joint({ L: pipe(Spec.lkjCholesky({ eta: 2 }), Spec.withShape([2, 2])), tau: pipe(Spec.halfNormal(), Spec.withShape([2])), z: pipe(Spec.normal(), Spec.withShape([5, 2])) }, ({ L, tau, z }) => ({ y: Dist.normal({ mu: Tensor.matmul(Tensor.transpose()(Tensor.mul(L)(Tensor.reshape([2, 1])(tau))))(z), sd: 0.3 }) })), { y: Array.from({ length: 5 }, (_, i) => rnd(2, i)) }],
  'mvn latent': [Model.joint({ w: pipe(Spec.multivariateNormal({ chol: [[1, 0], [0.5, 1]] }), Spec.withShape([3, 2])) }, ({ w }) => ({ y: Dist.normal({ mu: w, sd: 0.3 }) })), { y: Array.from({ length: 3 }, (_, i) => rnd(2, i)) }],
  angles: [Model.joint({ mu: Spec.vonMises({ mu: 0, kappa: 1 }), kappa: Spec.gamma({ alpha: 2, beta: 0.5 }) }, ({ mu, kappa }) => ({ y: Dist.vonMises({ mu: Tensor.broadcastTo([30])(mu), kappa }) })), { y: rnd(30) }],
  'gaussian process': [Model.joint({ l: Spec.inverseGamma({ alpha: 3, beta: 3 }), f: pipe(Spec.normal(), Spec.withShape([12])) }, ({ l, f }) => { const t = Tensor.constant(Array.from({ length: 12 }, (_, i) => [i / 4])); const d = Tensor.div(l)(Tensor.sub(Tensor.transpose()(t))(t)); const K = Tensor.add(Tensor.mul(1e-3)(Tensor.eye(12)))(Tensor.exp(Tensor.mul(-0.5)(Tensor.square(d)))); return { y: Dist.normal({ mu: Tensor.reshape([12])(Tensor.matmul(Tensor.reshape([12, 1])(f))(Tensor.cholesky(K))), sd: 0.1 }) } }), { y: rnd(12) }],
  wald: [Model.joint({ mu: Spec.weibull({ alpha: 2, beta: 2 }), lam: Spec.pareto({ alpha: 3, m: 0.5 }), a: Spec.uniform({ lower: -1, upper: 0 }) }, ({ mu, lam, a }) => ({ y: Dist.wald({ mu: Tensor.broadcastTo([20])(mu), lam, alpha: a }) })), { y: rnd(20).map((v) => Math.abs(v) + 0.1) }],
}

const optimizer = Optimizer.adam({ learningRate: 0.02 })

describe.each(Object.entries(models))('%s', (_, [model, given]) => {
  const data = given as DatasetInput
  test('is well formed and draws from its prior', async () => {
    expect(E.isRight(Model.check(model))).toBe(true)
    const { observed, sites } = Model.priorPredictive(model, { size: 3, seed: 1 })
    const inputs = Object.fromEntries(Object.keys(model.inputs).map((k) => [k, (given as Readonly<Record<string, never>>)[k]]))
    const leaves = Tensor.symbolsOf([observed['y']])
    const values = await orThrow(evaluate([observed['y'], ...Object.values(sites)], inputs, { gpu: 'reference', ...(Object.keys(inputs).length === 0 && leaves.length > 0 ? { extents: { batch: 5 } } : {}) }))
    expect(values.every((v) => v.shape[0] === 3 && v.data.every(Number.isFinite))).toBe(true)
  })
  test('fits: the loss is finite and falls', async () => {
    const a = await orThrow(fit(model, { data, steps: 60, samples: 1, seed: 1, optimizer, open }))
    const mean = (xs: Float32Array): number => xs.reduce((s, v) => s + v, 0) / xs.length
    expect(a.history.loss.every(Number.isFinite)).toBe(true)
    expect(mean(a.history.loss.slice(-15))).toBeLessThan(mean(a.history.loss.slice(0, 15)))
  }, 120_000)
  test('its step compiles within the limits', async () => {
    const { fn } = await orThrow(stepOf(model, { data, steps: 1, samples: 2, optimizer }))
    for (const target of targets) {
      const p = compile(fn, target)
      if (E.isLeft(p)) throw new Error(JSON.stringify(p.left))
      expect(E.isRight(verify(p.right, target))).toBe(true)
      for (const k of p.right.kernels) expect(k.bindings.length, k.label).toBeLessThanOrEqual(target.maxStorageBuffers)
    }
  }, 120_000)
})
