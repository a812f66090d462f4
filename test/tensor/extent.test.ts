/** Extents: the laws of a commutative ring up to `same`, and `bind` as a homomorphism. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Ext from '../../src/tensor/extent.ts'
import type { Extent } from '../../src/tensor/extent.ts'

const name = fc.constantFrom('batch', 'time', 'x.0')
/** An extent with its value at given symbols, worked out beside it. */
type At = (env: Readonly<Record<string, number>>) => number
const { extent } = fc.letrec<{ extent: readonly [Extent, At] }>((tie) => ({
  extent: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.integer({ min: -9, max: 9 }).map((n): readonly [Extent, At] => [n, () => n]),
    name.map((s): readonly [Extent, At] => [Ext.sym(s), (env) => env[s]]),
    fc.tuple(tie('extent'), tie('extent')).map(([[a, f], [b, g]]): readonly [Extent, At] => [Ext.add(a, b), (env) => f(env) + g(env)]),
    fc.tuple(tie('extent'), tie('extent')).map(([[a, f], [b, g]]): readonly [Extent, At] => [Ext.mul(a, b), (env) => f(env) * g(env)]),
    fc.tuple(tie('extent'), fc.integer({ min: 1, max: 5 })).map(([[a, f], n]): readonly [Extent, At] => [Ext.floorDiv(a, n), (env) => Math.floor(f(env) / n)])
  )
}))
const any = extent.map(([e]) => e)
const bindings = fc.record({ batch: fc.integer({ min: 0, max: 12 }), time: fc.integer({ min: 0, max: 12 }), 'x.0': fc.integer({ min: 0, max: 12 }) })
const same = (a: Extent, b: Extent): void => { expect(Ext.same(a, b), `${Ext.show(a)} and ${Ext.show(b)}`).toBe(true) }

describe('extents', () => {
  test('are a commutative ring', () => {
    fc.assert(fc.property(any, any, any, (a, b, c) => {
      same(Ext.add(a, b), Ext.add(b, a))
      same(Ext.mul(a, b), Ext.mul(b, a))
      same(Ext.add(a, Ext.add(b, c)), Ext.add(Ext.add(a, b), c))
      same(Ext.mul(a, Ext.mul(b, c)), Ext.mul(Ext.mul(a, b), c))
      same(Ext.mul(a, Ext.add(b, c)), Ext.add(Ext.mul(a, b), Ext.mul(a, c)))
      same(Ext.add(a, 0), a)
      same(Ext.mul(a, 1), a)
      expect(Ext.mul(a, 0)).toBe(0)
      expect(Ext.sub(a, a)).toBe(0)
    }))
  })

  test('evaluate as they were built; binding is a homomorphism and ends in a number', () => {
    fc.assert(fc.property(extent, extent, bindings, ([a, f], [b, g], env) => {
      const bind = Ext.bind(env)
      expect(bind(a)).toBe(f(env) + 0)
      expect(bind(Ext.add(a, b))).toBe(Ext.add(bind(a), bind(b)))
      expect(bind(Ext.mul(a, b))).toBe(f(env) * g(env) + 0)
    }))
  })

  test('bind in steps, by extents, and not at all', () => {
    fc.assert(fc.property(any, any, bindings, (a, e, { batch, ...rest }) => {
      same(Ext.bind(rest)(Ext.bind({ batch })(a)), Ext.bind({ batch, ...rest })(a))
      same(Ext.bind({ batch, ...rest })(Ext.bind({ time: e })(a)), Ext.bind({ batch, ...rest, time: Ext.bind({ batch, ...rest })(e) })(a))
      same(Ext.bind({})(a), a)
      same(Ext.bind({ other: 3 })(a), a)
    }))
  })

  test('equal normal forms print equally; symbols are those that matter', () => {
    fc.assert(fc.property(any, any, (a, b) => {
      expect(Ext.same(a, b)).toBe(Ext.show(a) === Ext.show(b))
      expect(Ext.symbols(Ext.sub(a, a))).toEqual([])
      expect(typeof a === 'number').toBe(Ext.symbols(a).length === 0)
    }))
  })

  test('an exact quotient times the divisor is the dividend', () => {
    fc.assert(fc.property(any, any, bindings, (a, b, env) => {
      const q = Ext.divExact(a, b)
      if (q !== undefined) same(Ext.mul(q, b), a)
      const n = Ext.bind(env)(b) as number
      if (n !== 0) expect(Ext.divExact(Ext.mul(Ext.bind(env)(a), n), n)).toBe(Ext.bind(env)(a))
      expect(Ext.divExact(a, 0)).toBeUndefined()
    }))
    const batch = Ext.sym('batch')
    same(Ext.divExact(Ext.mul(12, Ext.mul(batch, batch)), Ext.mul(4, batch)) as Extent, Ext.mul(3, batch))
    expect(Ext.divExact(Ext.add(batch, 1), 2)).toBeUndefined()
  })

  test('floors of quotients: whole where they are known to be', () => {
    const batch = Ext.sym('batch')
    same(Ext.floorDiv(Ext.mul(6, batch), 3), Ext.mul(2, batch))
    expect(Ext.bind({ batch: 7 })(Ext.floorDiv(Ext.sub(batch, 3), 2))).toBe(2)
    expect(Ext.floorDiv(-1, 2)).toBe(-1)
    expect(Ext.show(Ext.floorDiv(Ext.add(batch, 1), 2))).toBe('floor((1+batch)/2)')
  })

  test('print, and bare symbols', () => {
    const batch = Ext.sym('batch')
    expect(Ext.showShape([batch, Ext.mul(16, batch), 10])).toBe('[batch, 16*batch, 10]')
    expect(Ext.bareSymbol(batch)).toBe('batch')
    for (const e of [3, Ext.mul(2, batch), Ext.add(batch, 1), Ext.mul(batch, batch)]) expect(Ext.bareSymbol(e)).toBeUndefined()
    expect(Ext.size([batch, 2, 3])).toEqual(Ext.mul(6, batch))
    expect(Ext.size([])).toBe(1)
    expect(Ext.sameShape([batch, 2], [Ext.sym('batch'), 2])).toBe(true)
    expect(Ext.sameShape([batch], [batch, 1])).toBe(false)
  })
})
