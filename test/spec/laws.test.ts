/**
 * The laws of resolving, over trees drawn by fast-check. A tree is drawn as a plain
 * description; what it must give is worked out from the description by the rules of
 * numpy and of specs, without src/spec.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { E, pipe } from '../../src/fp.ts'
import * as Spec from '../../src/spec/index.ts'
import * as Tensor from '../../src/tensor/index.ts'
import * as Ext from '../../src/tensor/extent.ts'
import { leafName } from '../../src/tensor/ops/leaves.ts'
import { right, said, tags } from './tools.ts'

// -----------------------------------------------------------------------------
// well-shaped trees
// -----------------------------------------------------------------------------

type Shape = readonly number[]
/** How a node says its shape: not at all, fixed dims that broadcast with the base, or one of two functions. */
type Says = { readonly k: 'none' } | { readonly k: 'fixed'; readonly keep: readonly boolean[]; readonly drop: number } | { readonly k: 'ones' } | { readonly k: 'last' }
interface Field { readonly says: Says; readonly tag: 'one' | undefined }

type Tree =
  | { readonly k: 'leaf'; readonly id: number; readonly f: Field }
  | { readonly k: 'number'; readonly v: number }
  | { readonly k: 'unary'; readonly op: 'exp' | 'neg' | 'tanh' | 'sigmoid' | 'square'; readonly a: Tree }
  | { readonly k: 'binary'; readonly op: 'add' | 'mul' | 'sub' | 'maximum'; readonly a: Tree; readonly b: Tree; readonly f: Field }
  | { readonly k: 'reduce'; readonly op: 'sum' | 'max' | 'logSumExp'; readonly keep: boolean; readonly a: Tree }
  | { readonly k: 'twice'; readonly a: Tree }

const BASE: Shape = [3, 2]
const says: fc.Arbitrary<Says> = fc.oneof(
  fc.constant<Says>({ k: 'none' }), fc.constant<Says>({ k: 'ones' }), fc.constant<Says>({ k: 'last' }),
  fc.record({ k: fc.constant('fixed' as const), keep: fc.array(fc.boolean(), { minLength: 2, maxLength: 2 }), drop: fc.integer({ min: 0, max: 2 }) }))
const field: fc.Arbitrary<Field> = fc.record({ says, tag: fc.constantFrom(undefined, undefined, 'one' as const) })

const tree: fc.Arbitrary<Tree> = fc.letrec<{ t: Tree }>((tie) => ({
  t: fc.oneof({ maxDepth: 5, depthIdentifier: 'tree' },
    { weight: 4, arbitrary: fc.record({ k: fc.constant('leaf' as const), id: fc.integer({ min: 0, max: 5 }), f: field }) },
    { weight: 1, arbitrary: fc.record({ k: fc.constant('number' as const), v: fc.double({ min: -3, max: 3, noNaN: true }) }) },
    { weight: 2, arbitrary: fc.record({ k: fc.constant('unary' as const), op: fc.constantFrom('exp', 'neg', 'tanh', 'sigmoid', 'square'), a: tie('t') }) },
    { weight: 4, arbitrary: fc.record({ k: fc.constant('binary' as const), op: fc.constantFrom('add', 'mul', 'sub', 'maximum'), a: tie('t'), b: tie('t'), f: field }) },
    { weight: 1, arbitrary: fc.record({ k: fc.constant('reduce' as const), op: fc.constantFrom('sum', 'max', 'logSumExp'), keep: fc.boolean(), a: tie('t') }) },
    { weight: 1, arbitrary: fc.record({ k: fc.constant('twice' as const), a: tie('t') }) })
})).t

/** The pool of six distributions, of which 3 to 5 have hyper-priors; ids 1 and 2 share the scale of 5. */
const pool = (): readonly Spec.Spec[] => {
  const scale = pipe(Spec.halfNormal(), Spec.withShape([]))
  return [
    Spec.normal(), Spec.laplace({ b: scale }), Spec.normal({ sd: scale }),
    Spec.normal({ sd: Spec.logNormal() }), Spec.uniform({ upper: pipe(Spec.exponential(), Spec.add(1)) }),
    Spec.normal({ mu: pipe(Spec.cauchy(), Spec.withShape((s) => s.map(() => 1))), sd: Spec.exp(Spec.normal()) })
  ]
}

const shapeBy = (s: Says, from: Shape): Shape =>
  s.k === 'none' ? from : s.k === 'ones' ? from.map(() => 1) : s.k === 'last' ? from.slice(-1) : BASE.map((e, i) => (s.keep[i] ? e : 1)).slice(s.drop)

const dress = (f: Field) => (s: Spec.Spec): Spec.Spec => {
  const f1 = f.tag === undefined ? s : Spec.withTag(f.tag)(s), y = f.says
  return y.k === 'none' ? f1 : Spec.withShape(y.k === 'fixed' ? shapeBy(y, []) : (d) => shapeBy(y, d))(f1)
}

const build = (leaves: readonly Spec.Spec[]) => {
  const go = (t: Tree): Spec.Spec => {
    switch (t.k) {
      case 'leaf': return dress(t.f)(leaves[t.id])
      case 'number': return Spec.constant(t.v)
      case 'unary': return Spec[t.op](go(t.a))
      case 'binary': return dress(t.f)(Spec[t.op](go(t.b))(go(t.a)))
      case 'reduce': return Spec[t.op]({ keepDims: t.keep })(go(t.a))
      case 'twice': {
        const a = go(t.a)
        return Spec.add(a)(a)
      }
    }
  }
  return go
}

const broadcast = (a: Shape, b: Shape): Shape => {
  const n = Math.max(a.length, b.length)
  return Array.from({ length: n }, (_, i) => Math.max(a[i - (n - a.length)] ?? 1, b[i - (n - b.length)] ?? 1))
}

/** The value's shape and the set of variables, each `id@shape`. */
const oracle = (t: Tree, shapes: { readonly default: Shape; readonly one: Shape }): { readonly shape: Shape; readonly vars: ReadonlySet<string> } => {
  const vars = new Set<string>()
  const own = (f: Field, s: typeof shapes): Shape => shapeBy(f.says, f.tag === undefined ? s.default : s.one)
  const go = (x: Tree, s: typeof shapes): Shape => {
    switch (x.k) {
      case 'number': return []
      case 'leaf': {
        const d = own(x.f, s)
        vars.add(`${x.id}@${d.join()}`)
        if (x.id === 1 || x.id === 2) vars.add('scale@')
        if (x.id === 3) vars.add(`3.sd@${d.join()}`)
        if (x.id === 4) vars.add(`4.upper@${d.join()}`)
        if (x.id === 5) { vars.add(`5.mu@${d.map(() => 1).join()}`); vars.add(`5.sd@${d.join()}`) }
        return d
      }
      case 'unary': return go(x.a, s)
      case 'binary': {
        const below = x.f.says.k === 'none' && x.f.tag === undefined ? s : { ...s, default: own(x.f, s) }
        return broadcast(go(x.a, below), go(x.b, below))
      }
      case 'reduce': {
        const d = go(x.a, s)
        return x.keep ? d.map(() => 1) : []
      }
      case 'twice': return go(x.a, s)
    }
  }
  return { shape: go(t, shapes), vars }
}

const SHAPES = { default: BASE, one: [3, 1] } as const

const parentsFirst = (sites: readonly Spec.Site[]): boolean => {
  const known = new Set<string>()
  return sites.every((s) => {
    const ok = Object.values(s.dist.params).every((p) => Tensor.leavesOf([p]).every((l) => l.op !== 'site' || known.has(leafName(l) as string)))
    known.add(s.name)
    return ok
  })
}

describe('well-shaped trees', () => {
  const runs = { numRuns: 2000 }
  test('the value has the broadcast shape and the sites are the distinct variables', () => {
    fc.assert(fc.property(tree, (t) => {
      const r = right(Spec.resolve(SHAPES)(build(pool())(t))), o = oracle(t, SHAPES)
      expect(Tensor.shape(r.value)).toEqual(o.shape)
      expect(r.sites.length).toBe(o.vars.size)
      expect(new Set(r.sites.map((s) => s.name)).size).toBe(r.sites.length)
      expect(r.sites.every((s) => Ext.sameShape(Tensor.shape(s.leaf), s.shape))).toBe(true)
      expect(parentsFirst(r.sites)).toBe(true)
    }), runs)
  })
  test('resolving is a function: the same twice, and for an equal spec made anew', () => {
    fc.assert(fc.property(tree, (t) => {
      const s = build(pool())(t)
      const first = said(Spec.resolve(SHAPES)(s))
      expect(said(Spec.resolve(SHAPES)(s))).toBe(first)
      expect(said(Spec.resolve(SHAPES)(build(pool())(t)))).toBe(first)
      expect(said(Spec.resolve(SHAPES)(Spec.fresh(s)))).toBe(first)
    }), { numRuns: 300 })
  })
  test('a fixed shape wins over everything', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }), fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }), (a, b) => {
      const s = pipe(Spec.normal(), Spec.withShape(a), Spec.withTag('x'))
      expect(right(Spec.resolve({ default: b, x: b })(pipe(s, Spec.sum(), Spec.withShape(b)))).sites[0].shape).toEqual(a)
    }))
  })
  test('equality ignores tokens, JSON keeps everything that has a JSON form', () => {
    fc.assert(fc.property(tree, (t) => {
      const leaves = pool(), s = build(leaves)(t), json = Spec.toJson(s)
      expect(Spec.equal(Spec.fresh(s))(s)).toBe(true)
      if (E.isLeft(json)) {
        expect(new Set(tags(json))).toEqual(new Set(['NoJsonForm']))
        return
      }
      const back = right(Spec.fromJson(JSON.parse(JSON.stringify(json.right))))
      expect(Spec.equal(back)(s)).toBe(true)
      expect(said(Spec.resolve(SHAPES)(back))).toBe(said(Spec.resolve(SHAPES)(s)))
    }), { numRuns: 500 })
  })
  test('a sum of two copies has twice the variables when one is fresh', () => {
    fc.assert(fc.property(tree, (t) => {
      const s = build(pool())(t), count = (x: Spec.Spec): number => right(Spec.resolve(SHAPES)(x)).sites.length
      expect(count(Spec.add(s)(s))).toBe(count(s))
      expect(count(Spec.add(Spec.fresh(s))(s))).toBe(2 * count(s))
    }), { numRuns: 300 })
  })
})

// -----------------------------------------------------------------------------
// wild trees
// -----------------------------------------------------------------------------

const wildNumber = fc.oneof(fc.double(), fc.constantFrom(0, -1, 1, NaN, Infinity, 1e30))
const wildShape = fc.oneof(
  fc.array(fc.oneof(fc.integer({ min: 0, max: 4 }), fc.constantFrom(-1, 1.5, NaN)), { maxLength: 3 }),
  fc.constantFrom<unknown>(null, 'wide', 3, {}, [null], [[1]], () => [2], () => 'no', () => { throw new Error('shape') }, (s: Shape) => [...s, 1])) as fc.Arbitrary<never>
const strange = fc.constantFrom<unknown>(null, undefined, 'text', true, {}, [], [1, [2]], Symbol('s'), 10n, new Date(0), /x/, () => { throw new TypeError('place') }, () => 1, () => null, Number, new Float32Array(2), { shape: [2], data: new Float32Array(3) })
const FAMILIES = ['normal', 'logNormal', 'flat', 'halfNormal', 'uniform', 'exponential', 'laplace', 'cauchy', 'halfCauchy'] as const

const wild: fc.Arbitrary<unknown> = fc.letrec<{ w: unknown }>((tie) => {
  const w = tie('w')
  const call = (f: unknown, args: readonly unknown[], self: unknown): unknown => {
    const made = (f as (...a: readonly unknown[]) => unknown)(...args)
    return typeof made === 'function' ? (made as (x: unknown) => unknown)(self) : made
  }
  return {
    w: fc.oneof({ maxDepth: 4, depthIdentifier: 'wild' },
      { weight: 3, arbitrary: fc.constantFrom(...FAMILIES).map((f) => Spec[f]()) },
      { weight: 1, arbitrary: wildNumber },
      { weight: 1, arbitrary: strange },
      { weight: 3, arbitrary: fc.tuple(fc.constantFrom(...FAMILIES), fc.dictionary(fc.constantFrom('mu', 'sd', 'lower', 'upper', 'b', 'lam', 'alpha', 'beta', 'sigma'), w, { maxKeys: 2 })).map(([f, p]) => Spec[f](p as never)) },
      { weight: 6, arbitrary: fc.tuple(fc.constantFrom(...Spec.specOpNames), fc.array(fc.oneof(w, wildShape, fc.constant({ axes: [0] })), { maxLength: 3 }), w).map(([o, args, self]) => call((Spec as unknown as Record<string, unknown>)[o], args, self)) },
      { weight: 2, arbitrary: fc.tuple(fc.constantFrom<unknown>(() => { throw new Error('op') }, () => 'text', () => Tensor.constant(1), (x: unknown) => x, (...xs: readonly unknown[]) => xs), fc.array(w, { maxLength: 2 })).map(([f, args]) => Spec.asSpecOp(f as () => Tensor.Tensor)(...(args as []))) },
      { weight: 3, arbitrary: fc.tuple(w, wildShape).map(([s, d]) => Spec.withShape(d)(s as never)) },
      { weight: 1, arbitrary: fc.tuple(w, fc.constantFrom('a', 'default', 'toString', '')).map(([s, t]) => Spec.withTag(t)(s as never)) },
      { weight: 1, arbitrary: fc.tuple(w, fc.constantFrom('a', 'value', 'value.0')).map(([s, t]) => Spec.withName(t)(s as never)) },
      { weight: 1, arbitrary: fc.tuple(w, fc.oneof(wildNumber, strange)).map(([s, i]) => Spec.withInit(i as never)(s as never)) },
      { weight: 1, arbitrary: fc.tuple(w, fc.constantFrom('a', 'b')).map(([s, t]) => Spec.shared(t, s as never)) },
      { weight: 1, arbitrary: w.map((s) => Spec.fromEnv(() => s as never)) },
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
