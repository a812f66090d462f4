/**
 * Priors as values: expressions over distributions that wait for their shape.
 *
 * A spec is a distribution, a point estimate, a constant, an op over specs, a shared
 * spec, or a function of the place where it stands. Nothing in it is ever changed; `with...` functions give
 * a copy with one field replaced.
 *
 * Laws: every constructor call mints an opaque token and the `with...` functions keep
 * it, so `s` and `pipe(s, withShape([2, 2]))` are one variable where they resolve to
 * one shape; nothing depends on object identity; a wrong argument makes a spec that
 * carries its errors to `resolve`.
 *
 * @since 0.1.0
 */
import { E } from '../fp.ts'
import { didYouMean } from '../error.ts'
import { familyNames, familyOf } from '../dist/index.ts'
import type { FamilyName, Numbers, ParamName } from '../dist/index.ts'
import * as B from '../tensor/build.ts'
import { constant as constantTensor, stack } from '../tensor/index.ts'
import type { Tensor } from '../tensor/node.ts'
import { isTensor } from '../tensor/node.ts'
import type { Initialiser } from './init.ts'
import type { Role } from './site.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** A shape given by numbers. */
export type FixedShape = readonly number[]

/** What a prior may know of the place where it stands. */
export interface Env {
  /** The default shape there. */
  readonly shape: FixedShape
  /** Inputs that one output of the layer's parameter sums over, and outputs that one input reaches. */
  readonly fanIn: number
  readonly fanOut: number
  readonly role: Role
}

/** Numbers to start at, with the size that sigma is a fraction of. */
export interface Scaled {
  readonly shape: readonly number[]
  readonly data: Float32Array
  readonly scale: number
}

/** Where a variable starts: a number, numbers of its shape, a function of its shape, an initialiser, or the prior's centre. */
export type InitField = Numbers | Scaled | ((shape: FixedShape) => Numbers) | Initialiser | 'prior'

/** Where a point estimate starts. */
export type PointInit = Exclude<InitField, 'prior'>

/** Fields that the `with...` functions replace. */
export interface Fields {
  readonly shape?: FixedShape | ((shape: FixedShape) => FixedShape)
  readonly tag?: string
  /** `variable`: beside the distribution that it is a parameter of. */
  readonly name?: { readonly text: string; readonly within: 'layer' | 'parameter' | 'variable' }
  readonly init?: InitField
  /** The variable is the standard draw that the value is made of. */
  readonly nonCentred?: true
  /** The point estimate stays where it starts. */
  readonly frozen?: true
}

interface Base {
  /** Opaque; minted by the constructor. */
  readonly token: symbol
  readonly fields: Fields
}

/** A distribution: one random variable for each (scope, token, resolved shape). */
export interface LeafSpec extends Base {
  readonly _tag: 'LeafSpec'
  readonly family: FamilyName
  readonly params: Readonly<Record<string, Spec>>
}

/** A point estimate: one array that is optimised, for each (scope, token, resolved shape). */
export interface PointSpec extends Base {
  readonly _tag: 'PointSpec'
}

/** A fixed tensor. */
export interface ConstantSpec extends Base {
  readonly _tag: 'ConstantSpec'
  readonly value: Tensor
}

/** A function of tensors, applied when the specs among its arguments have been resolved. */
export interface OpSpec extends Base {
  readonly _tag: 'OpSpec'
  readonly op: Op
  /** Any data; specs are found at any depth of arrays and records. */
  readonly args: readonly unknown[]
}

/** One value for the whole model, by name. */
export interface SharedSpec extends Base {
  readonly _tag: 'SharedSpec'
  readonly name: string
  readonly spec: Spec
}

/** A spec that depends on its place. */
export interface EnvSpec extends Base {
  readonly _tag: 'EnvSpec'
  readonly f: (env: Env) => SpecArg
}

/** A prior. */
export type Spec = LeafSpec | PointSpec | ConstantSpec | OpSpec | SharedSpec | EnvSpec

/** A function of tensors with its name; `known` ones are found by name when a spec is read from JSON. */
export interface Op {
  readonly name: string
  readonly known: boolean
  readonly apply: (args: readonly unknown[]) => unknown
  /** The user's function, by which two ops are told apart. */
  readonly source?: unknown
}

/** What can stand where a spec is wanted: arrays may hold specs, functions get the place. */
export type SpecArg = Spec | Tensor | Numbers | readonly SpecArg[] | ((env: Env) => SpecArg)

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

const mint = (): Base => ({ token: Symbol('spec'), fields: {} })

/** A distribution of a family; the parameters given, others at their defaults. */
export const leaf = (family: FamilyName, params: Readonly<Record<string, SpecArg | undefined>>): LeafSpec => ({
  _tag: 'LeafSpec', ...mint(), family,
  params: Object.fromEntries(inOrder(family, Object.keys(params)).map((k) => [k, toSpec(params[k])]))
})

/** The same of whatever is given: parameters that aren't in a record are an error. */
export const leafOf = (family: FamilyName, params: Readonly<Record<string, SpecArg | undefined>>): Spec => {
  const known = Object.keys(familyOf(family).params)
  return isRecord(params) && !isSpec(params) ? leaf(family, params)
    : fixed(B.misfit('NotASpec', [family], describe(params), 'parameters by name', known.length === 0 ? `Spec.${family}()` : `such as Spec.${family}({ ${known[0]}: 1 })`))
}

/** Names in the family's own order, so that the order of writing doesn't matter; unknown ones last. */
const inOrder = (family: FamilyName, names: readonly string[]): readonly string[] => {
  const known = Object.keys(familyOf(family).params)
  return [...known.filter((k) => names.includes(k)), ...names.filter((k) => !known.includes(k))]
}

/**
 * A prior of the family with that name, for any family of the table.
 *
 * @example
 * Spec.show(Spec.of('laplace', { b: 2 }))   // => 'laplace({ b: 2 })'
 */
export const of = <F extends FamilyName>(family: F, params: { readonly [K in ParamName<F>]?: SpecArg } = {}): Spec =>
  !(familyNames as readonly unknown[]).includes(family)
    ? fixed(B.misfit('UnknownFamily', [], describe(family), `one of ${familyNames.join(', ')}`, didYouMean(String(family), familyNames)))
    : leafOf(family, params)

const fixed = (value: Tensor): ConstantSpec => ({ _tag: 'ConstantSpec', ...mint(), value })

/**
 * A fixed value: a number, a nested array, `{ shape, data }` or a tensor.
 *
 * @example
 * const offsets = Spec.constant([0, 1, 2])
 */
export const constant = (value: Numbers | Tensor): Spec => toSpec(value)

const point = (fields: Fields): PointSpec => ({ _tag: 'PointSpec', ...mint(), fields })

/**
 * A point estimate: numbers without a prior that `fit` optimises along with the
 * posterior. As a layer's parameter it is an ordinary weight; inside a prior it is
 * empirical Bayes. It can take any real value: where only positive numbers do, learn
 * their logarithm. Starts at `init`: a number, numbers, an initialiser; when absent
 * where the layer starts its parameter, else at 0.
 *
 * @example
 * Layer.dense({ units: 10, W: Spec.learn(Init.heNormal({ gain: 'relu' })), b: Spec.learn(0) })
 * Spec.normal({ mu: Spec.learn(0), sd: Spec.exp(Spec.learn(0)) })
 */
export const learn = (init?: PointInit): Spec => point(init === undefined ? {} : { init })

/**
 * Numbers that are drawn (or given) where a fit starts and then stay: random features,
 * say. Named, saved and loaded like a point estimate.
 *
 * @example
 * Layer.dense({ units: 500, activation: 'relu', W: Spec.frozen(Init.orthogonal()) })
 */
export const frozen = (init?: PointInit): Spec => point(init === undefined ? { frozen: true } : { init, frozen: true })

/** A function of tensors applied to specs. */
export const opSpec = (op: Op, args: readonly unknown[]): OpSpec => ({ _tag: 'OpSpec', ...mint(), op, args })

/**
 * One variable for the whole model: every `shared` of that name is the same. The specs
 * given must be equal and must resolve to one shape.
 *
 * @example
 * const scale = Spec.shared('scale', pipe(Spec.logNormal(), Spec.withShape([])))
 */
export const shared = (name: string, spec: SpecArg): Spec => ({ _tag: 'SharedSpec', ...mint(), name, spec: toSpec(spec) })

/** A spec that depends on its place: shape, fan-in, fan-out and role. */
export const fromEnv = (f: (env: Env) => SpecArg): Spec => ({ _tag: 'EnvSpec', ...mint(), f })

/**
 * A value that depends on the fan-in of the parameter.
 *
 * @example
 * const he = Spec.normal({ sd: Spec.fanIn((n) => Math.sqrt(2 / n)) })
 */
export const fanIn = (f: (n: number) => SpecArg): Spec => fromEnv((env) => f(env.fanIn))

/** A value that depends on the fan-out of the parameter. */
export const fanOut = (f: (n: number) => SpecArg): Spec => fromEnv((env) => f(env.fanOut))

const STACK: Op = { name: 'stack', known: true, apply: ([xs]) => stack(xs as readonly Tensor[]) }

const numeric = (x: unknown): boolean => typeof x === 'number' || (Array.isArray(x) && x.every(numeric))

const isTyped = (x: unknown): x is { readonly shape: readonly number[]; readonly data: Float32Array } => {
  const o = x as { readonly shape?: unknown; readonly data?: unknown } | null
  return typeof o === 'object' && o !== null && Array.isArray(o.shape) && ArrayBuffer.isView(o.data)
}

/** Anything that stands for a tensor, as a spec. What doesn't is a constant that carries the error. */
export const toSpec = (x: unknown): Spec =>
  isSpec(x) ? x
  : isTensor(x) ? fixed(x)
  : numeric(x) || isTyped(x) || ArrayBuffer.isView(x) ? fixed(constantTensor(x as Numbers))
  : typeof x === 'function' ? fromEnv(x as (env: Env) => SpecArg)
  : Array.isArray(x) ? opSpec(STACK, [x.map(toSpec)])
  : fixed(B.misfit('NotASpec', [], describe(x), 'a spec, a tensor, a number, an array of them, or a function of the place',
    x === undefined ? 'is the name of the value misspelt? Leave it out where the default is meant' : 'give a number or a spec such as Spec.normal()'))

/** A foreign value as a few words. */
export const describe = (x: unknown): string =>
  x === null || x === undefined ? String(x) : Array.isArray(x) ? 'an array' : typeof x === 'string' ? `the text '${x.slice(0, 40)}'`
  : typeof x === 'function' ? 'a function' : typeof x === 'object' ? 'an object' : `${typeof x} ${String(x).slice(0, 40)}`

// -----------------------------------------------------------------------------
// combinators
// -----------------------------------------------------------------------------

const withField = (f: Fields) => (s: SpecArg): Spec => {
  const spec = toSpec(s)
  return { ...spec, fields: { ...spec.fields, ...f } }
}

/**
 * Fixes the shape (`[]` is a scalar), or maps the shape that comes from above. On an
 * expression it is the default shape of what is below.
 *
 * @example
 * const lowRank = pipe(Spec.normal(), Spec.withShape((s) => [s[0], 1]))
 */
export const withShape = (shape: FixedShape | ((shape: FixedShape) => FixedShape)): ((s: SpecArg) => Spec) => withField({ shape })

/** Takes the shape given under that tag instead of `default`. */
export const withTag = (tag: string): ((s: SpecArg) => Spec) => withField({ tag })

/** The name of the variable or value, relative to its layer. */
export const withName = (name: string): ((s: SpecArg) => Spec) => withField({ name: { text: name, within: 'layer' } })

/** The name of the variable or value, relative to its parameter: it is kept as a deterministic. */
export const named = (name: string): ((s: SpecArg) => Spec) => withField({ name: { text: name, within: 'parameter' } })

/**
 * Where the approximation of this variable starts, in its own units: numbers, a function
 * of its shape, an initialiser, or the prior's centre.
 *
 * @example
 * pipe(Spec.normal(), Spec.withInit(Init.orthogonal()))
 */
export const withInit = (init: InitField): ((s: SpecArg) => Spec) => withField({ init })

/** The same prior with new variables throughout: every token minted anew, shared ones once. */
export const fresh = (s: SpecArg): Spec => {
  const tokens = new Map<symbol, symbol>()
  const memo = new Map<Spec, Spec>()
  const renew = (t: symbol): symbol => {
    const known = tokens.get(t) ?? Symbol('spec')
    tokens.set(t, known)
    return known
  }
  const go = (x: Spec): Spec => {
    const known = memo.get(x)
    if (known !== undefined) return known
    const made = { ...mapChildren(go)(x), token: renew(x.token) }
    memo.set(x, made)
    return made
  }
  return go(toSpec(s))
}

/** Maps the specs at any depth of arrays and plain records. */
export const mapDeep =
  (f: (s: Spec, path: readonly string[]) => unknown) =>
  (x: unknown): unknown => {
    const go = (v: unknown, path: readonly string[]): unknown =>
      isSpec(v) ? f(v, path)
      : Array.isArray(v) ? v.map((e, i) => go(e, [...path, String(i)]))
      : isRecord(v) ? Object.fromEntries(Object.entries(v).map(([k, e]) => [k, go(e, [...path, k])]))
      : v
    return go(x, [])
  }

/** The same node over other children. */
export const mapChildren =
  (f: (s: Spec) => Spec) =>
  (s: Spec): Spec => {
    switch (s._tag) {
      case 'LeafSpec': return { ...s, params: Object.fromEntries(Object.entries(s.params).map(([k, v]) => [k, f(v)])) }
      case 'OpSpec': return { ...s, args: s.args.map(mapDeep(f)) }
      case 'SharedSpec': return { ...s, spec: f(s.spec) }
      default: return s
    }
  }

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

const TAGS: readonly unknown[] = ['LeafSpec', 'PointSpec', 'ConstantSpec', 'OpSpec', 'SharedSpec', 'EnvSpec']

/** Is it a spec? */
export const isSpec = (x: unknown): x is Spec =>
  typeof x === 'object' && x !== null && TAGS.includes((x as { _tag?: unknown })._tag)

/** A plain record, whose entries may hold specs. */
export const isRecord = (x: unknown): x is Readonly<Record<string, unknown>> =>
  typeof x === 'object' && x !== null && Object.getPrototypeOf(x) === Object.prototype && !isTensor(x)

/** The specs directly below a node, in order. */
export const children = (s: Spec): readonly Spec[] => {
  if (s._tag === 'LeafSpec') return Object.values(s.params)
  if (s._tag === 'SharedSpec') return [s.spec]
  if (s._tag !== 'OpSpec') return []
  const found: Spec[] = []
  s.args.forEach(mapDeep((x) => { found.push(x); return x }))
  return found
}

/** The errors of a constant that was given wrongly. */
export const isBroken = (s: ConstantSpec): boolean => E.isLeft(s.value.type)
