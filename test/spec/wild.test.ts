/**
 * Resolving is total: trees of anything at all give a Left or a Right, never an
 * exception, the same each time; what is Right keeps the laws.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { E } from '../../src/fp.ts'
import { familyNames } from '../../src/dist/index.ts'
import * as Spec from '../../src/spec/index.ts'
import * as Tensor from '../../src/tensor/index.ts'
import { continuous, leastParams, priorOf } from './families.ts'
import { parentsFirst, right, said, tags } from './tools.ts'
import type { Shape } from './surface.ts'

const wildNumber = fc.oneof(fc.double(), fc.constantFrom(0, -1, 1, NaN, Infinity, 1e30))
const wildShape = fc.oneof(
  fc.array(fc.oneof(fc.integer({ min: 0, max: 4 }), fc.constantFrom(-1, 1.5, NaN)), { maxLength: 3 }),
  fc.constantFrom<unknown>(null, 'wide', 3, {}, [null], [[1]], () => [2], () => 'no', () => { throw new Error('shape') }, (s: Shape) => [...s, 1])) as fc.Arbitrary<never>
const strange = fc.constantFrom<unknown>(null, undefined, 'text', true, {}, [], [1, [2]], Symbol('s'), 10n, new Date(0), /x/, () => { throw new TypeError('place') }, () => 1, () => null, Number, new Float32Array(2), { shape: [2], data: new Float32Array(3) })

const wild: fc.Arbitrary<unknown> = fc.letrec<{ w: unknown }>((tie) => {
  const w = tie('w')
  const call = (f: unknown, args: readonly unknown[], self: unknown): unknown => {
    const made = (f as (...a: readonly unknown[]) => unknown)(...args)
    return typeof made === 'function' ? (made as (x: unknown) => unknown)(self) : made
  }
  return {
    w: fc.oneof({ maxDepth: 4, depthIdentifier: 'wild' },
      { weight: 3, arbitrary: fc.constantFrom(...continuous).map((f) => priorOf(f, leastParams(f))) },
      { weight: 1, arbitrary: wildNumber },
      { weight: 1, arbitrary: strange },
      { weight: 3, arbitrary: fc.tuple(fc.constantFrom(...familyNames), fc.dictionary(fc.constantFrom('mu', 'sd', 'lower', 'upper', 'b', 'lam', 'alpha', 'beta', 'sigma', 'nu', 'chol', 'w', 'eta'), w, { maxKeys: 3 })).map(([f, p]) => Spec.of(f, p as never)) },
      { weight: 6, arbitrary: fc.tuple(fc.constantFrom(...Spec.specOpNames, ...Spec.ownOpNames), fc.array(fc.oneof(w, wildShape, fc.constant({ axes: [0] })), { maxLength: 3 }), w).map(([o, args, self]) => call((Spec as unknown as Record<string, unknown>)[o], args, self)) },
      { weight: 2, arbitrary: fc.tuple(fc.constantFrom<unknown>(() => { throw new Error('op') }, () => 'text', () => Tensor.constant(1), (x: unknown) => x, (...xs: readonly unknown[]) => xs), fc.array(w, { maxLength: 2 })).map(([f, args]) => Spec.asSpecOp(f as () => Tensor.Tensor)(...(args as []))) },
      { weight: 3, arbitrary: fc.tuple(w, wildShape).map(([s, d]) => Spec.withShape(d)(s as never)) },
      { weight: 1, arbitrary: fc.tuple(w, fc.constantFrom('a', 'default', 'toString', '')).map(([s, t]) => Spec.withTag(t)(s as never)) },
      { weight: 1, arbitrary: fc.tuple(w, fc.constantFrom('a', 'value', 'value.0')).map(([s, t]) => Spec.withName(t)(s as never)) },
      { weight: 1, arbitrary: fc.tuple(w, fc.oneof(wildNumber, strange)).map(([s, i]) => Spec.withInit(i as never)(s as never)) },
      { weight: 1, arbitrary: fc.tuple(w, fc.constantFrom('a', 'b')).map(([s, t]) => Spec.shared(t, s as never)) },
      { weight: 1, arbitrary: w.map((s) => Spec.fromEnv(() => s as never)) },
      { weight: 1, arbitrary: w.map((s) => Spec.nonCentred(s as never)) },
      { weight: 1, arbitrary: w.map((s) => Spec.horseshoe({ tau: s } as never)) },
      { weight: 1, arbitrary: w.map((s) => Spec.fresh(s as never)) },
      { weight: 1, arbitrary: fc.array(fc.oneof(w, wildNumber, fc.constantFrom(null, { start: 1 }, [0])), { maxLength: 2 }).chain((i) => w.map((s) => Spec.get(...(i as never[]))(s as never))) },
      { weight: 2, arbitrary: w.map((s) => Spec.add(s as never)(s as never)) })
  }
}).w

describe('wild trees', () => {
  test('resolve is total and the same twice; what is Right keeps the laws', () => {
    fc.assert(fc.property(wild, fc.oneof(wildShape, fc.constantFrom<unknown>([2], { default: [2], a: [1] })), (s, shapes) => {
      const r = Spec.resolve(shapes as never)(s as never)
      expect(said(Spec.resolve(shapes as never)(s as never))).toBe(said(r))
      expect(tags(r)).not.toContain('Internal')
      if (E.isRight(r)) {
        expect(new Set(r.right.sites.map((x) => x.name)).size).toBe(r.right.sites.length)
        expect(parentsFirst(r.right.sites)).toBe(true)
        expect(E.isRight(r.right.value.type)).toBe(true)
      }
      expect(typeof Spec.show(Spec.toSpec(s))).toBe('string')
      expect(typeof Spec.tree(Spec.toSpec(s))).toBe('string')
      const json = Spec.toJson(Spec.toSpec(s))
      if (E.isRight(json)) expect(Spec.equal(right(Spec.fromJson(JSON.parse(JSON.stringify(json.right)))))(Spec.toSpec(s))).toBe(true)
    }), { numRuns: 2000 })
  })
  test('sharing a doubling deep expression costs nothing, a too deep one is an error', () => {
    let doubled: Spec.Spec = Spec.normal()
    for (let i = 0; i < 60; i++) doubled = Spec.add(doubled)(doubled)
    expect(right(Spec.resolve([2])(doubled)).sites.length).toBe(1)
    expect(Spec.show(doubled).length).toBeLessThan(1e6)
    let deep: Spec.Spec = Spec.normal()
    for (let i = 0; i < 50_000; i++) deep = Spec.neg(deep)
    expect(tags(Spec.resolve([2])(deep))).toEqual(['TooDeep'])
  })
})
