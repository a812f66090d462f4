/** Every family as a prior: shapes, parameters, starts, printing, JSON, the non-centred form. */
import { describe, expect, test } from 'vitest'
import { E, pipe } from '../../src/fp.ts'
import * as Dist from '../../src/dist/index.ts'
import { constantOf } from '../../src/dist/index.ts'
import * as Spec from '../../src/spec/index.ts'
import * as Tensor from '../../src/tensor/index.ts'
import { allParams, continuous, discrete, leastParams, priorOf, shapesOf } from './families.ts'
import { right, shape, sites, tags, text } from './tools.ts'

describe.each(continuous)('%s', (family) => {
  const least = priorOf(family, leastParams(family)), whole = priorOf(family, allParams(family)), dims = shapesOf(family)
  test.each(dims.flatMap((d) => [['least', least, d], ['all', whole, d]] as const))('%s parameters', (_, s, d) => {
    const r = right(Spec.resolve(d)(s))
    expect([r.sites.length, r.sites[0].dist.family, shape(r), r.sites[0].shape]).toEqual([1, family, d, d])
    expect(Object.keys(r.sites[0].dist.params)).toEqual(expect.arrayContaining(Object.keys(Dist.familyOf(family).params).filter((k) => !Dist.familyOf(family).oneOf.includes(k))))
    expect(Tensor.shape(Dist.logDensity(r.sites[0].dist)(r.sites[0].leaf)).length).toBeLessThanOrEqual(d.length - Dist.familyOf(family).event)
  })
  test('has a constructor of its own that says the same', () => {
    const make = (Spec as unknown as Readonly<Record<string, (p: object) => Spec.Spec>>)[family]
    expect(Spec.equal(make(allParams(family)))(whole)).toBe(true)
  })
  test('prints its parameters and comes back from JSON', () => {
    expect(Spec.show(whole)).toBe(`${family}(${Object.keys(allParams(family)).length === 0 ? '' : `{ ${Object.keys(allParams(family)).map((k) => `${k}: ${Spec.show((whole as Spec.LeafSpec).params[k])}`).join(', ')} }`})`)
    const back = right(Spec.fromJson(JSON.parse(JSON.stringify(right(Spec.toJson(whole))))))
    expect(Spec.equal(back)(whole)).toBe(true)
    expect(sites(right(Spec.resolve(dims[1])(back)))).toEqual(sites(right(Spec.resolve(dims[1])(whole))))
  })
  test('starts at its centre, and nowhere outside its support', () => {
    const r = right(Spec.resolve(dims[1])(pipe(whole, Spec.withInit('prior'))))
    const { init, dist } = r.sites[0]
    expect(init._tag).toBe('Value')
    if (init._tag !== 'Value') return
    const u = constantOf(Dist.Bijectors.inverse(Dist.bijector(dist))(Tensor.constant({ shape: init.shape, data: Float32Array.from(init.data) })))
    expect(u?.data.every(Number.isFinite)).toBe(true)
    // The numbers that were the centre are taken back as they are.
    const again = right(Spec.resolve(dims[1])(pipe(whole, Spec.withInit({ shape: init.shape, data: Float32Array.from(init.data) }))))
    expect(again.sites[0].init._tag).toBe('Value')
    for (const bad of [NaN, Infinity]) expect(tags(Spec.resolve(dims[1])(pipe(whole, Spec.withInit(bad))))).toEqual(['BadInit'])
    const closed = Dist.support(dist)._tag
    if (closed !== 'Real') expect([closed, tags(Spec.resolve(dims[1])(pipe(whole, Spec.withInit(-1e6))))]).toEqual([closed, ['BadInit']])
  })
  test('an array, and a prior of its own shape, can stand for each parameter', () => {
    const row = Dist.familyOf(family)
    for (const [k, v] of Object.entries(allParams(family))) {
      const fixed = right(Spec.resolve(dims[1])(Spec.constant(v as number)))
      const s = priorOf(family, { ...allParams(family), [k]: pipe(Spec.normal(), Spec.withShape([...Tensor.shape(fixed.value)].map(Number)), Spec.mul(0), Spec.add(v)) })
      expect([k, Spec.resolve(dims[1])(s)._tag, sites(right(Spec.resolve(dims[1])(s))).length]).toEqual([k, 'Right', 2])
      expect(right(Spec.resolve(dims[1])(s)).sites[0].role).toBe(row.params[k].scale === true ? 'scale' : 'latent')
    }
  })
  test('an unknown parameter is named, one outside its domain is marked', () => {
    expect(tags(Spec.resolve(dims[0])(priorOf(family, { ...allParams(family), oops: 1 })))).toContain('UnknownParameter')
    for (const [k, info] of Object.entries(Dist.familyOf(family).params)) {
      const r = Spec.resolve(dims[0])(priorOf(family, { ...allParams(family), [k]: NaN }))
      expect([k, tags(r)]).toEqual([k, ['OutsideDomain']])
      expect(text(r)).toContain(`${k}: »`)
      if (info.domain === 'positive') expect(tags(Spec.resolve(dims[0])(priorOf(family, { ...allParams(family), [k]: 0 })))).toEqual(['OutsideDomain'])
    }
  })
})

test('families of whole numbers are no priors', () => {
  for (const family of discrete) {
    const r = Spec.resolve([2])(priorOf(family, leastParams(family)))
    expect([family, tags(r)]).toEqual([family, ['DiscretePrior']])
    expect(text(r)).toContain('likelihood')
  }
})

describe('Spec.of', () => {
  test('a family by its name', () => {
    expect(Spec.equal(Spec.of('normal', { sd: 2 }))(Spec.normal({ sd: 2 }))).toBe(true)
    expect(Spec.equal(Spec.of('laplace'))(Spec.laplace())).toBe(true)
  })
  test('S8: what is no family is said with the nearest', () => {
    const r = Spec.resolve([2])(Spec.mul(2)(Spec.of('nromal' as 'normal')))
    expect(tags(r)).toEqual(['UnknownFamily'])
    expect(text(r)).toContain("did you mean 'normal'?")
    expect(tags(Spec.resolve([2])(Spec.of(Math.sqrt as never)))).toEqual(['UnknownFamily'])
    expect(tags(Spec.resolve([2])(Spec.of('normal', 3 as never)))).toEqual(['NotASpec'])
  })
})

describe('vectors and matrices', () => {
  const bad = (s: Spec.Spec, dims: readonly number[], tag: string, part: string): void => {
    const r = Spec.resolve(dims)(s)
    expect(tags(r)).toEqual([tag])
    expect(text(r)).toContain(part)
  }
  const shares = Spec.of('dirichlet', { alpha: [1, 2, 3] }), factor = [[2, 0], [1, 1]]
  test('need the axes of a draw', () => {
    bad(shares, [], 'ShapeMismatch', 'at least 1 axis')
    bad(Spec.of('lkjCholesky'), [3], 'ShapeMismatch', 'at least 2 axes')
    bad(Spec.of('lkjCholesky'), [3, 2], 'ShapeMismatch', 'a square matrix')
  })
  test('have parameters that fit', () => {
    bad(shares, [4], 'ShapeMismatch', '[4]')
    bad(Spec.of('multivariateNormal', { chol: factor }), [3], 'ShapeMismatch', '[3]')
    bad(Spec.of('multivariateNormal', { mu: [1, 2, 3], chol: factor }), [2], 'ShapeMismatch', 'mu')
    bad(Spec.of('dirichlet', { alpha: pipe(Spec.exponential(), Spec.withShape([5, 3])) }), [4, 3], 'ShapeMismatch', '»exponential().withShape([5, 3])«')
    bad(Spec.of('multivariateNormal', { chol: [[1, 2], [0, 1]] }), [2], 'OutsideDomain', 'lower triangular')
    bad(Spec.of('multivariateNormal', { chol: [1, 2] }), [2], 'OutsideDomain', 'square')
    expect(tags(Spec.resolve([2])(Spec.of('normalMixture', { w: [0.5, 0.25], mu: [0, 1], sd: [1, 1] })))).toEqual(['OutsideDomain'])
  })
  test('give their parameters the shape that those have', () => {
    const alpha = Spec.of('dirichlet', { alpha: Spec.exponential() })
    expect(sites(right(Spec.resolve([4, 3])(alpha)))).toEqual(['value.alpha [4, 3]', 'value [4, 3]'])
    const s = Spec.of('multivariateNormal', { mu: Spec.normal(), chol: Spec.of('lkjCholesky', { eta: Spec.of('gamma', { alpha: 2, beta: 1 }) }) })
    expect(sites(right(Spec.resolve([3])(s)))).toEqual(['value.mu [3]', 'value.chol.eta []', 'value.chol [3, 3]', 'value [3]'])
    expect(sites(right(Spec.resolve([5, 3])(Spec.of('orderedNormal', { sd: Spec.halfNormal() }))))).toEqual(['value.sd [5]', 'value [5, 3]'])
    const parts = Spec.withShape([2])
    const mixture = Spec.of('normalMixture', { w: parts(Spec.of('dirichlet', { alpha: 1 })), mu: parts(Spec.normal()), sd: [1, 2] })
    expect(sites(right(Spec.resolve([7])(mixture)))).toEqual(['value.w [2]', 'value.mu [2]', 'value [7]'])
    expect(tags(Spec.resolve([7])(Spec.of('normalMixture', { w: [0.5, 0.5], mu: Spec.normal(), sd: [1, 2] })))).toEqual(['MissingTag'])
  })
  test('start as wholes', () => {
    const start = (s: Spec.Spec, x: Spec.InitField, dims: readonly number[]): readonly string[] => tags(Spec.resolve(dims)(pipe(s, Spec.withInit(x))))
    expect(start(shares, [0.2, 0.3, 0.5], [3])).toEqual([])
    expect(start(shares, [0.2, 0.3, 0.5], [2, 3])).toEqual([])
    expect(start(shares, [0.2, 0.3, 0.6], [3])).toEqual(['BadInit'])
    expect(start(shares, [0, 0.5, 0.5], [3])).toEqual(['BadInit'])
    expect(start(Spec.of('lkjCholesky'), [[1, 0], [0.6, 0.8]], [2, 2])).toEqual([])
    expect(start(Spec.of('lkjCholesky'), [[1, 0], [0.6, 0.6]], [2, 2])).toEqual(['BadInit'])
    expect(start(Spec.of('orderedNormal'), [1, 2, 3], [3])).toEqual([])
    expect(start(Spec.of('orderedNormal'), [1, 3, 2], [3])).toEqual(['BadInit'])
  })
})

test('every error here is a value: no exception for any shape of any family', () => {
  for (const family of continuous)
    for (const dims of [[], [0], [1], [2, 0], [2, 3], [3, 3, 3]])
      for (const s of [priorOf(family, leastParams(family)), priorOf(family, allParams(family)), priorOf(family, {})]) {
        const r = Spec.resolve(dims)(s)
        expect(E.isRight(r) || !tags(r).includes('Internal')).toBe(true)
      }
})
