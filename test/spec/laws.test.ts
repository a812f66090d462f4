/**
 * The laws of resolving, over well-shaped trees of every family and every op; what must
 * come out is worked out without src/spec (trees.ts).
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { pipe } from '../../src/fp.ts'
import * as Spec from '../../src/spec/index.ts'
import * as Ext from '../../src/tensor/extent.ts'
import * as Tensor from '../../src/tensor/index.ts'
import { right, parentsFirst, said } from './tools.ts'
import { SHAPES, build, everyName, named, oracle, plainTree, pool, tree } from './trees.ts'

describe('well-shaped trees', () => {
  test('the value has the broadcast shape and the sites are the distinct variables, of every op and family', () => {
    const seen = new Set<string>()
    fc.assert(fc.property(tree, (t) => {
      const r = right(Spec.resolve(SHAPES)(build(pool())(t))), o = oracle(t, SHAPES)
      expect(Tensor.shape(r.value)).toEqual(o.shape)
      expect(r.sites.length).toBe(o.vars.size)
      const names = [...r.sites.map((s) => s.name), ...r.deterministics.map(([k]) => k)]
      expect(new Set(names).size).toBe(names.length)
      expect(r.sites.every((s) => Ext.sameShape(Tensor.shape(s.leaf), s.shape))).toBe(true)
      expect(parentsFirst(r.sites)).toBe(true)
      for (const k of named(t)) seen.add(k)
    }), { numRuns: 3000 })
    expect(everyName.filter((k) => !seen.has(k))).toEqual([])
  })
  test('resolving is a function: the same twice, and for an equal spec made anew', () => {
    fc.assert(fc.property(tree, (t) => {
      const s = build(pool())(t)
      const first = said(Spec.resolve(SHAPES)(s))
      expect(said(Spec.resolve(SHAPES)(s))).toBe(first)
      expect(said(Spec.resolve(SHAPES)(build(pool())(t)))).toBe(first)
      expect(said(Spec.resolve(SHAPES)(Spec.fresh(s)))).toBe(first)
    }), { numRuns: 400 })
  })
  test('a fixed shape wins over everything', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }), fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }), (a, b) => {
      const s = pipe(Spec.normal(), Spec.withShape(a), Spec.withTag('x'))
      expect(right(Spec.resolve({ default: b, x: b })(pipe(s, Spec.sum(), Spec.withShape(b)))).sites[0].shape).toEqual(a)
    }))
  })
  test('a function shape maps the shape of its tag, and other tags pass through any node', () => {
    const dims = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 })
    fc.assert(fc.property(dims, dims, dims, (a, b, c) => {
      const s = pipe(Spec.normal(), Spec.withTag('x'), Spec.withShape((d) => [...d, 2]), Spec.sum(), Spec.add(Spec.normal()), Spec.withShape(c))
      expect(right(Spec.resolve({ default: b, x: a })(s)).sites.map((v) => v.shape)).toEqual([[...a, 2], c])
    }))
  })
  test('only tags that are reached are required', () => {
    fc.assert(fc.property(tree, (t) => {
      const s = build(pool())(t), uses = (u: string): boolean => JSON.stringify(t).includes(`"tag":"${u}"`)
      const r = Spec.resolve({ default: SHAPES.default })(s)
      expect(r._tag).toBe(uses('one') ? r._tag : 'Right')
      expect(said(Spec.resolve({ ...SHAPES, unused: [9] })(s))).toBe(said(Spec.resolve(SHAPES)(s)))
    }), { numRuns: 300 })
  })
  test('equality ignores tokens; JSON keeps everything', () => {
    const seen = new Set<string>()
    fc.assert(fc.property(plainTree, (t) => {
      const s = build(pool())(t), json = right(Spec.toJson(s))
      expect(Spec.equal(Spec.fresh(s))(s)).toBe(true)
      const back = right(Spec.fromJson(JSON.parse(JSON.stringify(json))))
      expect(Spec.equal(back)(s)).toBe(true)
      expect(Spec.show(back)).toBe(Spec.show(s))
      expect(said(Spec.resolve(SHAPES)(back))).toBe(said(Spec.resolve(SHAPES)(s)))
      for (const k of named(t)) seen.add(k)
    }), { numRuns: 2000 })
    expect(everyName.filter((k) => !seen.has(k))).toEqual([])
  })
  test('a sum of two copies has twice the variables when one is fresh, but for what is shared by name', () => {
    fc.assert(fc.property(tree, (t) => {
      const s = build(pool())(t), count = (x: Spec.Spec): number => right(Spec.resolve(SHAPES)(x)).sites.filter((v) => v.name !== 'common').length
      expect(count(Spec.add(Spec.sum()(s))(Spec.sum()(s)))).toBe(count(s))
      expect(count(Spec.add(Spec.sum()(Spec.fresh(s)))(Spec.sum()(s)))).toBe(2 * count(s))
    }), { numRuns: 300 })
  })
})
