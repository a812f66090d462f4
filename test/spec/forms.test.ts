/** Priors made of others and in other forms: non-centred, horseshoes. */
import { describe, expect, test } from 'vitest'
import { orThrow } from '../../src/error.ts'
import { E, pipe } from '../../src/fp.ts'
import * as Dist from '../../src/dist/index.ts'
import { fit } from '../../src/infer/index.ts'
import * as Model from '../../src/model/index.ts'
import { interpret } from '../../src/reference/index.ts'
import * as Spec from '../../src/spec/index.ts'
import { standardDist, standardNames, standardOf } from '../../src/spec/standard.ts'
import type { Standard } from '../../src/spec/standard.ts'
import * as Tensor from '../../src/tensor/index.ts'
import { allParams, leastParams, priorOf } from './families.ts'
import { right, shape, sites, tags, text } from './tools.ts'

const n = Spec.normal, half = Spec.halfNormal
const deterministics = (r: Spec.Resolved): readonly string[] => r.deterministics.map(([k]) => k)

describe('non-centred', () => {
  test('the variable is the standard draw, the value keeps its name', () => {
    const s = Spec.nonCentred(n({ mu: n(), sd: half() }))
    expect(Spec.show(s)).toBe('normal({ mu: normal(), sd: halfNormal() }).nonCentred()')
    const r = right(Spec.resolve([4, 2], { name: 'W', layer: 'dense_1', role: 'weight' })(s))
    expect(sites(r)).toEqual(['dense_1.W.mu [4, 2]', 'dense_1.W.sd [4, 2]', 'dense_1.W.standard [4, 2]'])
    expect(r.sites.map((x) => x.role)).toEqual(['latent', 'scale', 'weight'])
    expect(r.deterministics).toEqual([['dense_1.W', r.value]])
    expect(r.sites[2].dist).toEqual(Dist.normal())
    expect(shape(r)).toEqual([4, 2])
  })
  test('only where a location or scale is random, and in the value, not in its hyper-priors', () => {
    const inner = n({ sd: half() })
    for (const s of [n(), n({ sd: 2 }), Spec.flat(), Spec.of('beta', { alpha: half() }), Spec.of('studentT', { nu: half() }), Spec.shared('s', inner)]) expect(Spec.equal(Spec.nonCentred(s))(s)).toBe(true)
    const s = Spec.nonCentred(pipe(n({ mu: inner }), Spec.add(Spec.stack([Spec.laplace({ b: half() }), n()]))))
    expect(sites(right(Spec.resolve([2])(s)))).toEqual([
      'value.0.mu.sd [2]', 'value.0.mu [2]', 'value.0.standard [2]', 'value.1.0.0.b [2]', 'value.1.0.0.standard [2]', 'value.1.0.1 [2]'])
    const place = Spec.nonCentred(Spec.fanIn((k) => n({ sd: half({ sd: k }) })))
    expect(sites(right(Spec.resolve([3, 2])(place)))).toEqual(['value.sd [3, 2]', 'value.standard [3, 2]'])
    expect(sites(right(Spec.resolve([3, 2])(Spec.nonCentred(n({ sd: Spec.fanIn((k) => 1 / k) })))))).toEqual(['value [3, 2]'])
  })
  test('shapes, names and tags are as before', () => {
    const s = Spec.nonCentred(pipe(n({ sd: pipe(half(), Spec.withShape([])) }), Spec.withTag('t'), Spec.withShape((d) => [...d, 3]), Spec.withName('theta')))
    const r = right(Spec.resolve({ t: [8] }, { layer: 'l' })(s))
    expect(sites(r)).toEqual(['l.theta.sd []', 'l.theta.standard [8, 3]'])
    expect(deterministics(r)).toEqual(['l.theta'])
    expect(tags(Spec.resolve([3])(Spec.nonCentred(n({ sd: pipe(half(), Spec.withShape([2, 3])) }))))).toEqual(['ShapeMismatch'])
    expect(tags(Spec.resolve([3])(Spec.nonCentred(n({ mu: n(), sd: -1 }))))).toEqual(['OutsideDomain'])
  })
  test('one spec is one variable in it too; two forms of one variable are an error', () => {
    const s = n({ sd: half() }), t = Spec.nonCentred(s)
    const r = right(Spec.resolve([2])(pipe(t, Spec.mul(t))))
    expect(sites(r)).toEqual(['value.0.sd [2]', 'value.0.standard [2]'])
    expect(deterministics(r)).toEqual(['value.0', 'value'])
    const both = Spec.resolve([2])(pipe(t, Spec.mul(s)))
    expect(tags(both)).toEqual(['ConflictingForms'])
    expect(text(both)).toContain('»normal({ sd: halfNormal()#')
  })
  test('in a joint model the entry is the value', () => {
    const mu = n({ sd: 5 }), tau = Spec.halfCauchy({ beta: 5 })
    const theta = Spec.nonCentred(pipe(n({ mu, sd: tau }), Spec.withShape([8])))
    const j = right(Spec.resolveJoint({ mu, tau, theta, twice: Spec.mul(2)(theta) }))
    expect(sites(j)).toEqual(['mu []', 'tau []', 'theta.standard [8]'])
    expect(j.deterministics.map(([k]) => k)).toEqual(['theta', 'twice'])
    expect(j.values['theta']).toBe(j.deterministics[0][1])
  })
  test('starts: a standard draw takes what its layer says of spread, and no start of a value', () => {
    const s = Spec.nonCentred(n({ sd: half() }))
    const init = (i: Spec.Init): string => right(Spec.resolve([4, 5], { init: i })(s)).sites[1].init._tag
    expect([init({ _tag: 'Glorot', fanIn: 4, fanOut: 5 }), init({ _tag: 'Constant', value: 0, scale: 1 }), init({ _tag: 'Constant', value: 3, scale: 1 })]).toEqual(['Glorot', 'Constant', 'Auto'])
    expect(tags(Spec.resolve([2])(Spec.nonCentred(pipe(n({ sd: half() }), Spec.withInit(1)))))).toEqual(['BadInit'])
  })
  test('comes back from JSON', () => {
    const s = Spec.nonCentred(n({ sd: half() })), back = right(Spec.fromJson(JSON.parse(JSON.stringify(right(Spec.toJson(s))))))
    expect(Spec.equal(back)(s)).toBe(true)
    expect(Spec.equal(n({ sd: half() }))(s)).toBe(false)
    expect(sites(right(Spec.resolve([2])(back)))).toEqual(['value.sd [2]', 'value.standard [2]'])
  })

  const host = (t: Tensor.Tensor): readonly number[] => [...right(interpret({})([t]))[0].data]
  // z has the standard density exactly when p(value(z)) |d value / d z| is it: at points inside each support.
  test.each(standardNames)('the map of %s has its density', (family) => {
    const form = standardOf(family) as Standard, dist = right(Spec.resolve([2, 3])(priorOf(family, allParams(family)))).sites[0].dist
    const base = standardDist(form, dist)
    const within: Readonly<Record<string, readonly number[]>> = { Real: [-1.25, 0.5, 2], Ordered: [-1.25, 0.5, 2], Positive: [0.25, 1, 3], Interval: [0.125, 0.5, 0.75], LowerBound: [1.25, 2, 3] }
    const z = Tensor.constant([within[Dist.support(base)._tag], within[Dist.support(base)._tag].map((v) => v * 1.0625)])
    const x = form.value(z, dist.params), [slope] = Tensor.grad([z])(Tensor.sum()(x))
    const chol = dist.params['chol']
    const logDet = chol === undefined ? Tensor.log(Tensor.abs(slope)) : Tensor.log(Tensor.diagonal()(chol))
    const over = (t: Tensor.Tensor): Tensor.Tensor => Tensor.sum({ axes: [-1] })(Tensor.broadcastTo([2, 3])(t))
    const event = Dist.familyOf(family).event > 0
    const lhs = Tensor.add(over(logDet))(event ? Dist.logDensity(dist)(x) : over(Dist.logDensity(dist)(x)))
    const rhs = Dist.familyOf(form.family).event > 0 ? Dist.logDensity(base)(z) : over(Dist.logDensity(base)(z))
    host(lhs).forEach((v, i) => { expect(v).toBeCloseTo(host(rhs)[i], 6) })
    expect(host(lhs).every(Number.isFinite)).toBe(true)
  })
  test('every form keeps the parameters that it says and needs no other', () => {
    for (const family of standardNames) {
      const form = standardOf(family) as Standard, row = Dist.familyOf(family)
      expect([family, form.keep.filter((k) => !Object.hasOwn(row.params, k))]).toEqual([family, []])
      const dist = right(Spec.resolve([3])(priorOf(family, leastParams(family)))).sites[0].dist
      expect([family, Object.hasOwn(standardDist(form, dist).params, 'problems')]).toEqual([family, false])
    }
  })
})

test('eight schools, non-centred: a step of a fit, and the log joint at given values', async () => {
  const y = [28, 8, -3, 7, -1, 1, 18, 12], sd = [15, 10, 16, 11, 9, 11, 10, 18]
  const mu = n({ sd: 5 }), tau = Spec.halfCauchy({ beta: 5 }), theta = pipe(n({ mu, sd: tau }), Spec.withShape([8]))
  const model = Model.joint({ mu, tau, theta: Spec.nonCentred(theta) }, (v) => ({ y: Dist.normal({ mu: v.theta, sd }) }))
  expect([Model.sites(model).map((s) => s.name), model.deterministics.map(([k]) => k)]).toEqual([['mu', 'tau', 'theta.standard'], ['theta']])
  const approx = await orThrow(fit(model, { data: { y }, steps: 1, seed: 0, gpu: 'reference' }))
  expect(Number.isFinite(approx.history.loss[0])).toBe(true)
  // Change of variables theta = mu + tau z: the two log joints differ by 8 log tau.
  const centred = Model.joint({ mu, tau, theta }, (v) => ({ y: Dist.normal({ mu: v.theta, sd }) }))
  const z = [0.5, -1, 0.25, 2, 0, -0.5, 1, -2], at = { mu: { shape: [], data: [4] }, tau: { shape: [], data: [3] }, y: { shape: [8], data: y } }
  const lp = (m: Model.Model, more: object): number => right(interpret({ ...at, ...more } as never)([Model.logDensity(m)]))[0].data[0]
  expect(lp(model, { 'theta.standard': { shape: [8], data: z } }) - lp(centred, { theta: { shape: [8], data: z.map((v) => 4 + 3 * v) } })).toBeCloseTo(8 * Math.log(3), 9)
})

describe('horseshoes', () => {
  test('local and global scales', () => {
    const s = Spec.horseshoe()
    expect(Spec.show(s)).toBe('normal({ sd: mul(halfCauchy(), halfCauchy({ beta: 1 }).withShape([])) })')
    const r = right(Spec.resolve([5, 2], { name: 'W' })(s))
    expect(sites(r)).toEqual(['W.lambda [5, 2]', 'W.tau []', 'W [5, 2]'])
    expect(r.sites.map((x) => x.role)).toEqual(['scale', 'scale', 'latent'])
    expect(Spec.show(Spec.horseshoe({ tau: 0.1 }))).toBe('normal({ sd: mul(halfCauchy(), 0.1) })')
    const tau = Spec.shared('tau', pipe(half(), Spec.withShape([])))
    expect(sites(right(Spec.resolve([3])(Spec.horseshoe({ tau }))))).toEqual(['value.lambda [3]', 'tau []', 'value [3]'])
    expect(sites(right(Spec.resolve([3])(Spec.nonCentred(Spec.horseshoe({ scale: 0.1 })))))).toEqual(['value.lambda [3]', 'value.tau []', 'value.standard [3]'])
  })
  test('regularised: the standard deviation of Piironen and Vehtari, also where f32 has no squares', () => {
    const r = right(Spec.resolve([3], { name: 'W' })(Spec.regularisedHorseshoe({ tau: 0.5, slabScale: 3, slabDf: 5 })))
    expect(r.sites.map((s) => [s.dist.family, s.shape])).toEqual([['inverseGamma', []], ['halfCauchy', [3]], ['normal', [3]]])
    const slab = r.sites[0], lambda = [1e-25, 0.75, 1e25], c2 = 4
    expect(['alpha', 'beta'].map((k) => Dist.constantOf(slab.dist.params[k])?.data[0])).toEqual([2.5, 22.5])
    const values = { [slab.name]: { shape: [], data: Float32Array.of(c2) }, [r.sites[1].name]: { shape: [3], data: Float64Array.from(lambda) } }
    const sd = right(interpret(values)([r.sites[2].dist.params['sd']]))[0].data
    lambda.forEach((l, i) => { expect(sd[i] / ((0.5 * l * Math.sqrt(c2)) / Math.hypot(Math.sqrt(c2), 0.5 * l))).toBeCloseTo(1, 6) })
    expect(sites(right(Spec.resolve([3])(Spec.regularisedHorseshoe()))).length).toBe(4)
  })
  test('variables have the names of the papers, also of two in one expression and where tau is given', () => {
    const named = (x: Spec.Spec): readonly string[] => sites(right(Spec.resolve([3], { name: 'W' })(x)))
    expect(new Set(named(Spec.regularisedHorseshoe({ scale: 0.1 })))).toEqual(new Set(['W.lambda [3]', 'W.tau []', 'W.c2 []', 'W [3]']))
    expect(new Set(named(Spec.regularisedHorseshoe({ tau: 0.1 })))).toEqual(new Set(['W.lambda [3]', 'W.c2 []', 'W [3]']))
    expect(named(Spec.horseshoe({ tau: pipe(Spec.exponential(), Spec.withShape([])) }))).toEqual(['W.lambda [3]', 'W.tau []', 'W [3]'])
    const two = named(Spec.add(Spec.horseshoe())(Spec.horseshoe()))
    expect(new Set(two)).toEqual(new Set(['W.0.lambda [3]', 'W.0.tau []', 'W.0 [3]', 'W.1.lambda [3]', 'W.1.tau []', 'W.1 [3]']))
    expect(named(right(pipe(Spec.toJson(Spec.horseshoe()), E.chain(Spec.fromJson))))).toEqual(['W.lambda [3]', 'W.tau []', 'W [3]'])
  })
  test('what is given wrongly', () => {
    expect(tags(Spec.resolve([3])(Spec.horseshoe({ tau: 1, scale: 1 })))).toEqual(['BadOption'])
    expect(tags(Spec.resolve([3])(Spec.horseshoe({ sigma: 1 } as never)))).toEqual(['UnknownOption'])
    expect(tags(Spec.resolve([3])(Spec.regularisedHorseshoe({ slabDf: -1 })))).toEqual(['BadOption'])
    expect(tags(Spec.resolve([3])(Spec.horseshoe({ tau: -1 })))).toEqual(['OutsideDomain'])
    expect(tags(Spec.resolve([3])(Spec.regularisedHorseshoe({ scale: 0 })))).toEqual(['OutsideDomain'])
  })
})
