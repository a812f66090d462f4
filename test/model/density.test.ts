/** Log joints against formulas written out, integrals over unconstrained space, joint models. */
import { describe, expect, it } from 'vitest'
import { E, pipe } from '../../src/fp.ts'
import { render } from '../../src/error.ts'
import * as Dist from '../../src/dist/index.ts'
import * as Layer from '../../src/layer/index.ts'
import * as Likelihood from '../../src/model/likelihood.ts'
import * as Model from '../../src/model/index.ts'
import * as Spec from '../../src/spec/index.ts'
import { interpret } from '../../src/reference/index.ts'
import type { Values } from '../../src/reference/index.ts'
import * as Tensor from '../../src/tensor/index.ts'

const value = (t: Tensor.Tensor, values: Values): readonly number[] => {
  const r = interpret(values)([t])
  if (E.isLeft(r)) throw new Error(r.left.map(render).join('\n'))
  return [...r.right[0].data]
}
const at = (x: number | readonly number[]) => (typeof x === 'number' ? { shape: [], data: [x] } : { shape: [x.length], data: x })
const lnNormal = (x: number, mu: number, sd: number): number => -0.5 * ((x - mu) / sd) ** 2 - Math.log(sd) - 0.5 * Math.log(2 * Math.PI)
const sum = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0)

describe('joint models', () => {
  it('Normal-Normal: the integral of the joint over mu is the evidence in closed form', () => {
    const m = Model.joint({ mu: Spec.normal({ sd: 2 }) }, ({ mu }) => ({ y: Dist.normal({ mu, sd: 1 }) }))
    expect(Model.check(m)).toMatchObject({ _tag: 'Right' })
    const y = [0.5, 2, 3.5]
    const lp = Model.logDensity(m)
    // Trapezoids on an analytic function that vanishes at both ends converge beyond any power of the step.
    const h = 0.02
    const z = sum(Array.from({ length: 1200 }, (_, i) => h * Math.exp(value(lp, { mu: at(-12 + i * h), y: at(y) })[0])))
    // y ~ N(0, I + 4 11'): log det = log(1 + 3 * 4), quadratic form by Sherman and Morrison.
    const evidence = -0.5 * (3 * Math.log(2 * Math.PI) + Math.log(13) + sum(y.map((v) => v * v)) - (4 * sum(y) ** 2) / 13)
    expect(Math.log(z)).toBeCloseTo(evidence, 9)
  })

  it('eight schools: sites, shapes and the density', () => {
    const mu = Spec.normal({ sd: 5 }), tau = Spec.halfCauchy({ beta: 5 })
    const sigma = [15, 10, 16, 11, 9, 11, 10, 18]
    const m = Model.joint({ mu, tau, theta: pipe(Spec.normal({ mu, sd: tau }), Spec.withShape([8])) }, ({ theta }) => ({ y: Dist.normal({ mu: theta, sd: sigma }) }))
    expect(m.problems).toEqual([])
    expect(m.sites.map((s) => [s.name, s.shape])).toEqual([['mu', []], ['tau', []], ['theta', [8]]])
    const y = [28, 8, -3, 7, -1, 1, 18, 12], theta = y.map((v) => v / 3)
    const want = lnNormal(2, 0, 5) + Math.log(2 / (Math.PI * 5 * (1 + (3 / 5) ** 2))) +
      sum(theta.map((t) => lnNormal(t, 2, 3))) + sum(y.map((v, i) => lnNormal(v, theta[i], sigma[i])))
    const values = { mu: at(2), tau: at(3), theta: at(theta), y: at(y) }
    expect(value(Model.logDensity(m), values)[0]).toBeCloseTo(want, 10)
    const free = { 'mu.unconstrained': at(2), 'tau.unconstrained': at(Math.log(3)), 'theta.unconstrained': at(theta), y: at(y) }
    expect(value(Model.logDensity(m, { space: 'unconstrained' }), free)[0]).toBeCloseTo(want + Math.log(3), 10)
    expect(value(Model.logLikelihood(m), values)).toHaveLength(8)
  })

  it('the same by binding, and linear regression on an input', () => {
    const m = pipe(
      Model.Do,
      Model.bind('a', () => Spec.normal()),
      Model.bind('w', () => pipe(Spec.normal(), Spec.withShape([2]))),
      Model.bind('sd', ({ a }) => Spec.exponential({ lam: Spec.exp(a) })),
      Model.observing(({ a, w, sd }) => {
        const x = Tensor.input('features', [null, 2])
        return { y: Dist.normal({ mu: Tensor.add(a)(Tensor.sum({ axes: [1] })(Tensor.mul(w)(x))), sd }) }
      })
    )
    expect(m.problems).toEqual([])
    expect(m.sites.map((s) => s.name)).toEqual(['a', 'w', 'sd'])
    expect(Tensor.symbolsOf([m.prediction, Model.logLikelihood(m)])).toEqual(['batch'])
    const x = [1, 2, 3, 4, 5, 6], y = [1, 2, 3]
    const rows = value(Model.logLikelihood(m), { a: at(0.5), w: at([1, -1]), sd: at(2), features: { shape: [3, 2], data: x }, y: at(y) })
    rows.forEach((r, i) => expect(r).toBeCloseTo(lnNormal(y[i], 0.5 + x[2 * i] - x[2 * i + 1], 2), 12))
  })

  it('inputs by option share the batch axis; likelihoods, potentials and composites are taken', () => {
    const eta = Spec.normal(), tau = Spec.halfNormal()
    const m = Model.joint({ tau, theta: pipe(eta, Spec.mul(tau)) }, ({ theta }, { x }) => ({
      y: pipe(Likelihood.bernoulli({ logits: true }), Likelihood.of(Tensor.mul(theta)(x))),
      z: Dist.normal({ mu: x, sd: Spec.isSpec(x) ? 1 : 2 }),
      extra: Tensor.mul(-1)(theta)
    }), { inputs: { x: [null] } })
    expect(m.problems).toEqual([])
    expect(m.deterministics.map(([n]) => n)).toEqual(['theta'])
    expect(Object.keys(m.observed)).toEqual(['y', 'z'])
    const etaName = m.sites.map((s) => s.name).find((n) => n !== 'tau') as string
    const got = value(Model.logDensity(m), { tau: at(2), [etaName]: at(0.25), x: at([1, -2]), y: at([1, 0]), z: at([0, 0]) })[0]
    const coin = Math.log(1 / (1 + Math.exp(-0.5))) + Math.log(1 - 1 / (1 + Math.exp(1)))
    expect(got).toBeCloseTo(Math.log(2) + lnNormal(2, 0, 1) + lnNormal(0.25, 0, 1) - 0.5 + coin + lnNormal(0, 1, 2) + lnNormal(0, -2, 2), 10)
  })

  it('what is wrong is a problem with a path', () => {
    const told = (m: Model.Model): string => m.problems.map(render).join('\n')
    expect(told(Model.joint({ a: Spec.normal({ sd: -1 }) }, () => ({})))).toContain('a')
    expect(told(Model.joint({ a: Spec.normal() }, () => { throw new Error('oh') }))).toContain('oh')
    expect(told(Model.joint({ a: Spec.normal() }, () => ({ y: 3 as never })))).toContain('BadFunction at Model.joint > y')
    expect(told(Model.joint({ a: pipe(Spec.normal(), Spec.withShape([2])) }, ({ a }) => ({ y: a })))).toContain('a scalar for a potential')
    expect(told(Model.joint({ a: pipe(Spec.normal(), Spec.withShape([2])) }, ({ a }) => ({ y: Dist.normal({ mu: a, sd: [1, 2, 3] }) })))).toContain('ShapeMismatch')
    expect(told(Model.joint({ a: Spec.normal() }, ({ a }) => ({ x: Dist.normal({ mu: Tensor.mul(a)(Tensor.input('x', [null])), sd: 1 }) })))).toContain('DuplicateName at x')
    expect(told(pipe(Model.Do, Model.bind('a', (): Spec.Spec => { throw new Error('oh') }), Model.observing(() => ({}))))).toContain('oh')
  })
})

describe('unconstrained density', () => {
  const families: Readonly<Record<string, Spec.Spec>> = {
    normal: Spec.normal({ mu: 1, sd: 2 }), logNormal: Spec.logNormal({ mu: -1, sd: 0.7 }), halfNormal: Spec.halfNormal({ sd: 3 }),
    exponential: Spec.exponential({ lam: 2 }), uniform: Spec.uniform({ lower: -2, upper: 5 })
  }
  it.each(Object.keys(families))('%s: integrates to one over u', (name) => {
    const m = Model.joint({ v: families[name] }, () => ({}))
    const lp = Model.logDensity(m, { space: 'unconstrained' })
    const h = 0.05
    const z = sum(Array.from({ length: 1600 }, (_, i) => h * Math.exp(value(lp, { 'v.unconstrained': at(-40 + i * h) })[0])))
    expect(z).toBeCloseTo(1, 6)
  })
  it('bounds that are sites are put in units of u', () => {
    const top = Spec.exponential()
    const m = Model.joint({ top, v: Spec.uniform({ lower: 0, upper: top }) }, () => ({}))
    const lp = Model.logDensity(m, { space: 'unconstrained' })
    expect(Tensor.leavesOf([lp]).map(Tensor.nameOf)).toEqual(expect.arrayContaining(['top.unconstrained', 'v.unconstrained']))
    expect(Tensor.leavesOf([lp])).toHaveLength(2)
    // top = exp(a), v = top s(b): p da db = e^-top top * (1 / top) * top s (1 - s)
    const a = 0.3, b = -0.8, s = 1 / (1 + Math.exp(0.8))
    expect(value(lp, { 'top.unconstrained': at(a), 'v.unconstrained': at(b) })[0]).toBeCloseTo(-Math.exp(a) + a + Math.log(s * (1 - s)), 10)
  })
  it('another space is named', () => {
    const lp = Model.logDensity(Model.joint({ v: Spec.normal() }, () => ({})), { space: 'free' as never })
    expect(Tensor.errorsOf(lp)?.[0].path).toEqual(['logDensity', 'space'])
  })
})

describe('likelihoods', () => {
  const row = Layer.input([null, 2], { name: 'x' })
  const W = [[1, -1, 0.5], [2, 0, 1]]
  const x = { shape: [2, 2], data: [1, 2, -1, 0.5] }
  const logits = [[5, -1, 2.5], [0, 1, 0]]
  const logZ = logits.map((l) => Math.log(sum(l.map(Math.exp))))

  it('categorical: from probabilities as from logits', () => {
    const from = (activation: 'softmax' | 'linear'): readonly number[] => {
      const m = pipe(row, Layer.dense({ units: 3, W, b: null, activation }), Model.observe(Likelihood.categorical({ logits: activation === 'linear' })))
      expect(Model.notes(m)).toEqual([])
      return value(Model.logLikelihood(m), { x, y: at([2, 1]) })
    }
    for (const rows of [from('softmax'), from('linear')]) {
      expect(rows[0]).toBeCloseTo(2.5 - logZ[0], 12)
      expect(rows[1]).toBeCloseTo(1 - logZ[1], 12)
    }
  })
  it('categorical stays finite from logits of +-200 after stabilising, softmax or not', () => {
    for (const activation of ['softmax', 'linear'] as const) {
      const m = pipe(row, Layer.dense({ units: 2, W: [[200, -200], [0, 0]], b: null, activation }), Model.observe(Likelihood.categorical({ logits: activation === 'linear' })))
      const [stable] = Tensor.stabilise([Model.logLikelihood(m)])
      const [w] = value(stable, { x: { shape: [1, 2], data: [1, 0] }, y: at([1]) })
      expect(w).toBeCloseTo(-400, 9)
    }
  })
  it('a categorical of what is no softmax is noted', () => {
    expect(Model.notes(pipe(row, Layer.dense({ units: 3 }), Model.observe(Likelihood.categorical()))).map((n) => n._tag)).toEqual(['CheckLikelihood'])
  })
  it('normal: [batch, 1] is observed as [batch], wider outputs by row', () => {
    const one = pipe(row, Layer.dense({ units: 1, W: [[1], [1]], b: null }), Model.observe(Likelihood.normal({ sd: 2 })))
    value(Model.logLikelihood(one), { x, y: at([1, 1]) }).forEach((l, i) => expect(l).toBeCloseTo(lnNormal(1, [3, -0.5][i], 2), 12))
    const wide = pipe(row, Layer.dense({ units: 2, W: [[1, 0], [0, 1]], b: null }), Model.observe(Likelihood.normal({ sd: [1, 3] })))
    value(Model.logLikelihood(wide), { x, y: { shape: [2, 2], data: [0, 0, 0, 0] } }).forEach((l, i) =>
      expect(l).toBeCloseTo(lnNormal(0, x.data[2 * i], 1) + lnNormal(0, x.data[2 * i + 1], 3), 12))
  })
  it('normal: a prior on the noise is a site of the observation', () => {
    const m = pipe(row, Layer.dense({ units: 1 }), Model.observe(Likelihood.normal({ sd: Spec.halfNormal() }), { name: 'target' }))
    expect(m.problems).toEqual([])
    expect(m.sites.map((s) => s.name)).toEqual(['dense_1.W', 'dense_1.b', 'target.sd'])
    expect(m.sites[2].role).toBe('scale')
  })
  it('several observations of one network, each at its layer', () => {
    const m = pipe(row, Layer.dense({ units: 3, activation: 'softmax', name: 'classes' }), Layer.dense({ units: 1, name: 'size' }),
      Model.observe(Likelihood.categorical(), { name: 'label', layer: 'classes', totalSize: 50 }), Model.observe(Likelihood.normal({ sd: 1 }), { name: 'weight' }))
    expect(m.problems).toEqual([])
    expect(Object.keys(m.observed)).toEqual(['label', 'weight'])
    expect(m.likelihoods.map((l) => l.totalSize)).toEqual([50, undefined])
    expect(Tensor.shape(Model.logLikelihood(m))).toEqual(Tensor.shape(m.observed['label']))
  })
  it('potentials: by row or of the whole model', () => {
    const m = pipe(row, Layer.dense({ units: 1, W: [[1], [1]], b: null }),
      Model.observe(Likelihood.potential((out, { x: input }) => Tensor.sub(Tensor.sum({ axes: [1] })(input))(Tensor.mul(2)(Tensor.reshape([Tensor.shape(out)[0]])(out))))),
      Model.potential(() => Tensor.constant(7)))
    expect(m.problems).toEqual([])
    expect(value(Model.logLikelihood(m), { x })).toEqual([3, -0.5])
    expect(value(Model.logDensity(m), { x })[0]).toBeCloseTo(9.5, 12)
  })
  it('bad ones are problems that name the observation', () => {
    const told = (m: Model.Model): string => m.problems.map(render).join('\n')
    const dense = Layer.dense({ units: 1 })(row)
    expect(told(Model.observe(Likelihood.categorical())(dense))).toContain('ShapeMismatch at y > Likelihood.categorical')
    expect(told(Model.observe(Likelihood.normal({ sd: -1 }))(dense))).toContain('BadOption at Likelihood.normal > sd')
    expect(told(Model.observe(Likelihood.normal({} as never))(dense))).toContain('MissingOption')
    expect(told(Model.observe(Likelihood.normal({ sd: [1, 2] }))(dense))).toContain("values of sd that broadcast to the output's shape")
    expect(told(Model.observe(Likelihood.categorical({ logit: true } as never))(dense))).toContain("did you mean 'logits'?")
    expect(told(Model.observe(Likelihood.normal({ sd: 1 }), { nmae: 'y' } as never)(dense))).toContain("did you mean 'name'?")
    expect(told(Model.observe(Likelihood.normal({ sd: 1 }), { layer: 'dense_2' })(dense))).toContain("did you mean 'dense_1'?")
    expect(told(Model.observe(Likelihood.normal({ sd: 1 }), { name: 'x' })(dense))).toContain('DuplicateName at x')
    expect(told(pipe(dense, Model.observe(Likelihood.normal({ sd: 1 })), Model.observe(Likelihood.normal({ sd: 1 }))))).toContain('DuplicateName at y')
    expect(told(Model.observe(Likelihood.potential(() => Tensor.constant(1)))(dense))).toContain('one number a row')
    expect(told(Model.potential((m) => m.prediction)(dense))).toContain('ShapeMismatch at Model.potential')
    expect(told(Model.observe({} as never)(dense))).toContain('a likelihood')
  })
  it('improper priors are noted, not rejected', () => {
    const m = pipe(row, Layer.dense({ units: 1, b: Spec.flat() }), Model.observe(Likelihood.normal({ sd: 1 })))
    expect(E.isRight(Model.check(m))).toBe(true)
    expect(Model.notes(m).map((n) => [n._tag, ...n.path])).toEqual([['ImproperPrior', 'dense_1.b']])
  })
})
