/** Priors that reach out of what a parameter may be, wherever the parameter is given. */
import { describe, expect, it } from 'vitest'
import { E, pipe } from '../../src/fp.ts'
import * as Dist from '../../src/dist/index.ts'
import * as Layer from '../../src/layer/index.ts'
import * as Likelihood from '../../src/model/likelihood.ts'
import * as Model from '../../src/model/index.ts'
import * as Spec from '../../src/spec/index.ts'
import * as Tensor from '../../src/tensor/index.ts'

const net = pipe(Layer.input([null, 2], { name: 'x' }), Layer.dense({ units: 1 }))
const told = (m: Model.Model): readonly string[] => m.problems.map((e) => `${e._tag} ${e.path.join('.')}: ${e.hint}`)
const normal = (sd: Likelihood.ArgumentInput): Model.Model => pipe(net, Model.observe(Likelihood.normal({ sd })))
const POSITIVE = /^OutsideDomain y\.sd: .*Spec\.halfNormal\(\).*Spec\.logNormal\(\)/

describe('a prior that reaches out of its parameter', () => {
  it.each([
    ['normal', Spec.normal()], ['laplace', Spec.laplace()], ['uniform', Spec.uniform({ lower: -1, upper: 1 })], ['flat', Spec.flat()], ['student t', Spec.studentT({ nu: 4 })],
    ['truncated below 0', Spec.truncatedNormal({ lower: -1 })], ['non-centred', Spec.nonCentred(Spec.normal({ sd: Spec.halfNormal() }))], ['shared', Spec.shared('s', pipe(Spec.normal(), Spec.withShape([])))],
    ['a function of the place', () => Spec.normal()]
  ])('is refused as a scale: %s', (_, s) => { expect(told(normal(s as Likelihood.ArgumentInput))).toEqual([expect.stringMatching(POSITIVE)]) })
  it.each([
    ['half normal', Spec.halfNormal()], ['uniform', Spec.uniform()], ['gamma', Spec.gamma({ alpha: 1, beta: 1 })], ['log normal', Spec.logNormal()], ['truncated', Spec.truncatedNormal({ lower: 0 })], ['pareto', Spec.pareto({ alpha: 1, m: 1 })],
    ['beta', Spec.beta()], ['transformed', Spec.exp(Spec.normal())], ['with a bound that is inferred', Spec.uniform({ lower: Spec.exponential(), upper: 20 })], ['non-centred', Spec.nonCentred(Spec.halfNormal({ sd: Spec.halfNormal() }))]
  ])('what lies inside is taken: %s', (_, s) => { expect(told(normal(s))).toEqual([]) })
  it('in priors, with the path of the parameter', () => {
    const m = pipe(Layer.input([null, 2], { name: 'x' }), Layer.dense({ units: 1, W: Spec.normal({ sd: pipe(Spec.normal(), Spec.withShape([])) }) }), Model.observe(Likelihood.normal({ sd: 1 })))
    expect(told(m)).toEqual([expect.stringMatching(/^OutsideDomain dense_1\.W\.sd: .*halfNormal/)])
    const hyper = Spec.normal()
    expect(told(Model.joint({ hyper, mu: Spec.normal({ sd: hyper }) }, ({ mu }) => ({ y: Dist.normal({ mu }) })))).toEqual([expect.stringMatching(/^OutsideDomain mu\.sd/)])
  })
  it('in cutpoints, factors, weights and probabilities', () => {
    const ordinal = (classes: number) => pipe(net, Model.observe(Likelihood.ordinal({ classes, cutpoints: Spec.normal() })))
    expect(told(ordinal(4))).toEqual([expect.stringMatching(/^OutsideDomain y\.cutpoints: .*Spec\.orderedNormal\(\)/)])
    // One cutpoint is in order by itself.
    expect(told(ordinal(2))).toEqual([])
    expect(told(pipe(net, Model.observe(Likelihood.multivariateNormal({ chol: Spec.normal() }))))[0]).toMatch(/y\.chol: .*Spec\.lkjCholesky\(\)/)
    const w = (s: Spec.Spec) => Model.joint({ w: pipe(s, Spec.withShape([3])) }, (v) => ({ y: Dist.categorical({ probs: v.w }) }))
    expect([told(w(Spec.beta()))[0], told(w(Spec.dirichlet({ alpha: 1 })))]).toEqual([expect.stringMatching(/y\.probs: .*Spec\.dirichlet/), []])
    const p = (s: Spec.Spec) => told(Model.joint({ p: s }, (v) => ({ y: Dist.bernoulli({ probs: Tensor.broadcastTo([3])(v.p) }) })))
    expect([p(Spec.halfNormal())[0], p(Spec.uniform({ upper: 2 }))[0], p(Spec.beta()), p(Spec.uniform())]).toEqual([expect.stringMatching(/y\.probs: .*Spec\.beta\(\)/), expect.stringContaining('y.probs'), [], []])
  })
  it("in distributions that a user's function gives; what is worked out is not judged", () => {
    const of = (f: (sd: Tensor.Tensor) => Tensor.Tensor) => told(pipe(net, Model.observe(Likelihood.distribution((mu, { b }) => Dist.laplace({ mu, b: f(b) }), { params: { b: Spec.normal() } }))))
    expect([of((b) => b), of(Tensor.exp), of(Tensor.square)]).toEqual([[expect.stringMatching(/^OutsideDomain y\.b/)], [], []])
    const joint = (f: (sd: Tensor.Tensor) => Tensor.Tensor) => told(Model.joint({ s: Spec.normal() }, ({ s }) => ({ y: Dist.normal({ mu: 0, sd: f(s) }) })))
    expect([joint((s) => s), joint(Tensor.softplus)]).toEqual([[expect.stringMatching(/^OutsideDomain y\.sd/)], []])
  })
})

describe('hints that fit', () => {
  const problem = (m: Model.Model): string => m.problems.map((e) => `${e.got}; ${e.need}; ${e.hint}`).join('\n')
  it('of constants by their domain', () => {
    expect(problem(pipe(net, Model.observe(Likelihood.ordinal({ classes: 4, cutpoints: [1, 0, -1] }))))).toContain('increasing order')
    const nu = problem(pipe(net, Model.observe(Likelihood.studentT({ nu: -3, sd: 1 }))))
    expect(nu).toContain('a number above 0')
    expect(nu).not.toContain('scale')
  })
  it('of a joint model that gives one distribution, one error', () => {
    const m = Model.joint({ mu: Spec.normal() }, (({ mu }: { mu: Tensor.Tensor }) => Dist.normal({ mu })) as never)
    expect(E.isLeft(Model.check(m))).toBe(true)
    expect(m.problems).toHaveLength(1)
    expect(problem(m)).toMatch(/a distribution; a record of what is observed, by name; return \{ y: Dist/)
  })
})
