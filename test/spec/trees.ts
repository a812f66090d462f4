/**
 * Well-shaped trees of priors, drawn by fast-check: every family, every op, shared
 * leaves, tags, function shapes. A tree is drawn as a plain description; what it must
 * give (the value's shape, its variables) is worked out from the description by the
 * rules of numpy and of specs, without src/spec.
 */
import fc from 'fast-check'
import { pipe } from '../../src/fp.ts'
import { familyOf } from '../../src/dist/index.ts'
import type { FamilyName } from '../../src/dist/index.ts'
import * as Spec from '../../src/spec/index.ts'
import { allParams, continuous, priorOf } from './families.ts'
import { binary, reductions, surface, unary } from './surface.ts'
import type { Ns, Shape } from './surface.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** How a node says its shape: not at all, fixed dims that broadcast with the base, or one of two functions. */
export type Says = { readonly k: 'none' } | { readonly k: 'fixed'; readonly keep: readonly boolean[]; readonly drop: number } | { readonly k: 'ones' } | { readonly k: 'last' }
export interface Field { readonly says: Says; readonly tag: 'one' | undefined }

export type Tree =
  | { readonly k: 'leaf'; readonly id: number; readonly f: Field }
  | { readonly k: 'whole'; readonly family: FamilyName }
  | { readonly k: 'shared' }
  | { readonly k: 'number'; readonly v: number }
  | { readonly k: 'unary'; readonly op: (typeof unary)[number]; readonly a: Tree }
  | { readonly k: 'binary'; readonly op: (typeof binary)[number]; readonly a: Tree; readonly b: Tree; readonly f: Field }
  | { readonly k: 'reduce'; readonly op: (typeof reductions)[number]; readonly keep: boolean; readonly a: Tree }
  | { readonly k: 'other'; readonly op: string; readonly args: readonly Tree[] }
  | { readonly k: 'twice'; readonly a: Tree }

export const BASE: Shape = [3, 2]
export const SHAPES = { default: BASE, one: [3, 1] } as const

// -----------------------------------------------------------------------------
// drawing
// -----------------------------------------------------------------------------

/** Families of numbers, and those of vectors and matrices. */
const SINGLE = continuous.filter((f) => familyOf(f).event === 0), WHOLE = continuous.filter((f) => familyOf(f).event > 0)
/** The pool's priors with hyper-priors and functions of the place come before one of each family. */
const SPECIAL = 9
const OTHER = Object.keys(surface).filter((k) => ![...unary, ...binary, ...reductions].includes(k as never))

const saying = (functions: boolean): fc.Arbitrary<Says> => fc.oneof(
  fc.constant<Says>({ k: 'none' }), ...(functions ? [fc.constant<Says>({ k: 'ones' }), fc.constant<Says>({ k: 'last' })] : []),
  fc.record({ k: fc.constant('fixed' as const), keep: fc.array(fc.boolean(), { minLength: 2, maxLength: 2 }), drop: fc.integer({ min: 0, max: 2 }) }))

const drawn = (functions: boolean): fc.Arbitrary<Tree> => {
  const field: fc.Arbitrary<Field> = fc.record({ says: saying(functions), tag: fc.constantFrom(undefined, undefined, 'one' as const) })
  const id = fc.oneof(...(functions ? [fc.integer({ min: 0, max: SPECIAL - 1 })] : [fc.integer({ min: 0, max: 4 })]), fc.integer({ min: SPECIAL, max: SPECIAL + SINGLE.length - 1 }))
  return fc.letrec<{ t: Tree }>((tie) => ({
    t: fc.oneof({ maxDepth: 5, depthIdentifier: 'tree' },
      { weight: 5, arbitrary: fc.record({ k: fc.constant('leaf' as const), id, f: field }) },
      { weight: 1, arbitrary: fc.record({ k: fc.constant('whole' as const), family: fc.constantFrom(...WHOLE) }) },
      { weight: 1, arbitrary: fc.record({ k: fc.constant('shared' as const) }) },
      { weight: 1, arbitrary: fc.record({ k: fc.constant('number' as const), v: fc.double({ min: -3, max: 3, noNaN: true }) }) },
      { weight: 3, arbitrary: fc.record({ k: fc.constant('unary' as const), op: fc.constantFrom(...unary), a: tie('t') }) },
      { weight: 4, arbitrary: fc.record({ k: fc.constant('binary' as const), op: fc.constantFrom(...binary), a: tie('t'), b: tie('t'), f: field }) },
      { weight: 3, arbitrary: fc.record({ k: fc.constant('reduce' as const), op: fc.constantFrom(...reductions), keep: fc.boolean(), a: tie('t') }) },
      { weight: 5, arbitrary: fc.record({ k: fc.constant('other' as const), op: fc.constantFrom(...OTHER), args: fc.array(tie('t'), { minLength: 3, maxLength: 3 }) })
        .map((o) => ({ ...o, args: o.args.slice(0, surface[o.op].dims.length) })) },
      { weight: 1, arbitrary: fc.record({ k: fc.constant('twice' as const), a: tie('t') }) })
  })).t
}

/** Any tree; and one without functions, which has a JSON form. */
export const tree: fc.Arbitrary<Tree> = drawn(true)
export const plainTree: fc.Arbitrary<Tree> = drawn(false)

/** Every op and every family that stands in a tree. */
export const named = (t: Tree): readonly string[] =>
  t.k === 'leaf' ? (t.id < SPECIAL ? [] : [SINGLE[t.id - SPECIAL]])
  : t.k === 'whole' ? [t.family]
  : t.k === 'number' || t.k === 'shared' ? []
  : t.k === 'twice' ? named(t.a)
  : [t.op, ...(t.k === 'other' ? t.args.flatMap(named) : t.k === 'binary' ? [...named(t.a), ...named(t.b)] : named(t.a))]

/** All that there are. */
export const everyName: readonly string[] = [...Spec.specOpNames, ...Spec.ownOpNames, ...continuous]

// -----------------------------------------------------------------------------
// building
// -----------------------------------------------------------------------------

export interface Pool { readonly leaves: readonly Spec.Spec[]; readonly whole: Readonly<Record<string, Spec.Spec>>; readonly shared: Spec.Spec }

/** The distributions of one tree; ids 1, 2 and 6 have one scale. */
export const pool = (): Pool => {
  const scale = pipe(Spec.halfNormal(), Spec.withShape([]))
  return {
    leaves: [
      Spec.normal(), Spec.laplace({ b: scale }), Spec.normal({ sd: scale }),
      Spec.normal({ sd: Spec.logNormal() }), Spec.uniform({ upper: pipe(Spec.exponential(), Spec.add(1)) }),
      Spec.normal({ mu: pipe(Spec.cauchy(), Spec.withShape((s) => s.map(() => 1))), sd: Spec.exp(Spec.normal()) }),
      Spec.nonCentred(Spec.normal({ sd: scale })), Spec.horseshoe(), Spec.laplace({ b: Spec.fanIn((n) => 1 / n) }),
      ...SINGLE.map((f) => priorOf(f, allParams(f)))
    ],
    whole: Object.fromEntries(WHOLE.map((f) => [f, Spec.withShape([4, 3, 3])(priorOf(f, allParams(f)))])),
    shared: Spec.shared('common', Spec.withShape([])(Spec.normal()))
  }
}

const shapeBy = (s: Says, from: Shape): Shape =>
  s.k === 'none' ? from : s.k === 'ones' ? from.map(() => 1) : s.k === 'last' ? from.slice(-1) : BASE.map((e, i) => (s.keep[i] ? e : 1)).slice(s.drop)

const dress = (f: Field) => (s: Spec.Spec): Spec.Spec => {
  const f1 = f.tag === undefined ? s : Spec.withTag(f.tag)(s), y = f.says
  return y.k === 'none' ? f1 : Spec.withShape(y.k === 'fixed' ? shapeBy(y, []) : (d) => shapeBy(y, d))(f1)
}

/** What an op gives is summed before other values meet it, unless its shape broadcasts with theirs. */
const meets = (s: Shape): boolean => s.length <= BASE.length && s.every((e, i) => e === 1 || e === BASE[i + BASE.length - s.length])

/** Any value as numbers of a shape. */
const fit = (dims: Shape) => (s: Spec.Spec): Spec.Spec => Spec.broadcastTo(dims)(Spec.sum()(Spec.float(s)))

export const build = (p: Pool) => {
  const go = (t: Tree, top = false): Spec.Spec => {
    switch (t.k) {
      case 'leaf': return dress(t.f)(p.leaves[t.id])
      case 'whole': return Spec.sum()(p.whole[t.family])
      case 'shared': return p.shared
      case 'number': return Spec.constant(t.v)
      case 'unary': return Spec[t.op](go(t.a))
      case 'binary': return dress(t.f)(Spec[t.op](go(t.b))(go(t.a)))
      case 'reduce': return Spec[t.op]({ keepDims: t.keep })(go(t.a))
      case 'other': {
        const { dims, build: make, shape } = surface[t.op]
        const made = make(Spec as unknown as Ns, t.args.map((a, i) => fit(dims[i])(go(a)))) as Spec.Spec
        return top || meets(shape) ? made : Spec.sum()(made)
      }
      case 'twice': {
        const a = go(t.a)
        return Spec.add(a)(a)
      }
    }
  }
  return (t: Tree): Spec.Spec => go(t, true)
}

// -----------------------------------------------------------------------------
// what must come out
// -----------------------------------------------------------------------------

const broadcast = (a: Shape, b: Shape): Shape => {
  const n = Math.max(a.length, b.length)
  return Array.from({ length: n }, (_, i) => Math.max(a[i - (n - a.length)] ?? 1, b[i - (n - b.length)] ?? 1))
}

/** The value's shape and the set of variables, each `id@shape`. */
export const oracle = (t: Tree, shapes: { readonly default: Shape; readonly one: Shape }): { readonly shape: Shape; readonly vars: ReadonlySet<string> } => {
  const vars = new Set<string>()
  const own = (f: Field, s: typeof shapes): Shape => shapeBy(f.says, f.tag === undefined ? s.default : s.one)
  const hyper = (id: number, d: Shape): readonly string[] =>
    id === 1 || id === 2 || id === 6 ? ['scale@'] : id === 3 ? [`3.sd@${d.join()}`] : id === 4 ? [`4.upper@${d.join()}`]
    : id === 5 ? [`5.mu@${d.map(() => 1).join()}`, `5.sd@${d.join()}`] : id === 7 ? [`7.local@${d.join()}`, '7.global@'] : []
  const go = (x: Tree, s: typeof shapes, top = false): Shape => {
    switch (x.k) {
      case 'number': return []
      case 'shared': {
        vars.add('common')
        return []
      }
      case 'whole': {
        vars.add(x.family)
        return []
      }
      case 'leaf': {
        const d = own(x.f, s)
        for (const v of [`${x.id}@${d.join()}`, ...hyper(x.id, d)]) vars.add(v)
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
      case 'other': {
        for (const a of x.args) go(a, s)
        return top || meets(surface[x.op].shape) ? surface[x.op].shape : []
      }
      case 'twice': return go(x.a, s)
    }
  }
  return { shape: go(t, shapes, true), vars }
}
