/**
 * A distribution as a value: the name of a family and its parameters as tensors. It is
 * plain data (a name and graphs), so it can be stored, replaced in and read elsewhere.
 *
 * Laws: nothing throws; an ill-shaped parameter or value makes an ill-shaped result
 * that carries the errors.
 *
 * @since 0.1.0
 */
import { E, O, pipe } from '../fp.ts'
import type { Option } from '../fp.ts'
import { didYouMean, gelatoError, shown, union } from '../error.ts'
import type { GelatoError, GelatoErrors } from '../error.ts'
import * as B from '../tensor/build.ts'
import * as Ext from '../tensor/extent.ts'
import type { Shape } from '../tensor/extent.ts'
import type { Tensor } from '../tensor/node.ts'
import { failed, isTensor, shapeOf } from '../tensor/node.ts'
import { constant } from '../tensor/index.ts'
import type { Bijector } from './bijector.ts'
import type { Family, Params } from './family.ts'
import { freeShape, forward } from './bijector.ts'
import { bijectorOf, contains, endsOf, eventRank } from './support.ts'
import type { Ends, Support } from './support.ts'
import { familyNames, familyOf } from './table.ts'
import type { FamilyName, ParamName } from './table.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** A distribution. */
export interface Dist {
  readonly _tag: 'Dist'
  readonly family: FamilyName
  readonly params: Params
}

/** Numbers that stand for a constant: one, nested, or typed with a shape. */
export type Numbers = Parameters<typeof constant>[0]

/** What a parameter of a distribution may be given as. */
export type DistArg = Tensor | Numbers

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** A parameter as a tensor of f32. */
export const tensorOf = (a: DistArg): Tensor => B.float(isTensor(a) ? a : constant(a))

/** Problems of parameters by name: unknown ones, missing ones, alternatives given together. */
export const paramProblems = (family: FamilyName, given: readonly string[]): readonly GelatoError[] => {
  const row = familyOf(family), known = Object.keys(row.params)
  const unknown = given.filter((k) => !known.includes(k)).map((k) =>
    gelatoError('UnknownParameter', [family, k], `parameter '${k}'`, known.length === 0 ? 'no parameters' : `one of ${known.join(', ')}`,
      known.length === 0 ? 'leave it out' : didYouMean(k, known)))
  const missing = known.filter((k) => !row.oneOf.includes(k) && row.params[k].default === undefined && !given.includes(k)).map((k) =>
    gelatoError('MissingParameter', [family, k], 'no value', `a value for '${k}'`, `give { ${k}: ... }`))
  const chosen = row.oneOf.filter((k) => given.includes(k))
  const alternatives = row.oneOf.length > 0 && chosen.length !== 1
    ? [gelatoError('MissingParameter', [family], chosen.length === 0 ? 'none' : chosen.join(' and '), `exactly one of ${row.oneOf.join(', ')}`, 'give one of them')]
    : []
  return [...unknown, ...missing, ...alternatives]
}

/** A name that is there without a value comes from a misspelt one: it isn't left to the default. */
const undefinedOf = (family: FamilyName, entries: readonly (readonly [string, unknown])[]): readonly GelatoError[] =>
  entries.filter((e) => e[1] === undefined).map(([k]) =>
    gelatoError('MissingParameter', [family, k], 'undefined', `a value for '${k}', or no '${k}' at all for its default`, 'is the name of the value misspelt? Leave the parameter out where the default is meant'))

/** A distribution of a family; defaults fill what is not given, problems make ill-shaped parameters. */
export const make = <F extends FamilyName>(family: F, given: { readonly [K in ParamName<F>]?: DistArg } = {}): Dist => {
  if (!(familyNames as readonly unknown[]).includes(family))
    return { _tag: 'Dist', family: 'flat', params: { problems: B.misfit('UnknownFamily', ['Dist.make'], shown(family), `one of ${familyNames.join(', ')}`, didYouMean(String(family), familyNames)) } }
  const row = familyOf(family), known = Object.keys(row.params)
  const record = typeof given === 'object' && given !== null && !Array.isArray(given) && !isTensor(given)
  const all: readonly (readonly [string, DistArg | undefined])[] = record ? Object.entries(given) : []
  const entries = all.filter((e): e is readonly [string, DistArg] => e[1] !== undefined)
  const problems = record ? [...paramProblems(family, all.map(([k]) => k)), ...undefinedOf(family, all.filter(([k]) => known.includes(k)))]
    : [gelatoError('BadOption', [family], shown(given), 'parameters by name', known.length === 0 ? `Dist.${family}()` : `such as Dist.${family}({ ${known[0]}: 1 })`)]
  const wrong = problems.length > 0 ? failed(problems as unknown as GelatoErrors) : undefined
  const defaults = Object.entries(row.params).flatMap(([k, info]) => (info.default === undefined ? [] : [[k, B.scalar(info.default)] as const]))
  const params = Object.fromEntries([...defaults, ...entries.map(([k, v]) => [k, tensorOf(v)] as const)])
  return { _tag: 'Dist', family, params: wrong === undefined ? params : { ...params, problems: wrong } }
}

// -----------------------------------------------------------------------------
// combinators
// -----------------------------------------------------------------------------

/** The same family over other parameters: each through `f` (a replacement, say). */
export const mapParams =
  (f: (t: Tensor) => Tensor) =>
  (d: Dist): Dist => ({ ...d, params: Object.fromEntries(Object.entries(d.params).map(([k, t]) => [k, f(t)])) })

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/** Is it a distribution? */
export const isDist = (x: unknown): x is Dist => typeof x === 'object' && x !== null && (x as { _tag?: unknown })._tag === 'Dist'

const errorsIn = (ts: readonly Tensor[]): GelatoErrors | undefined => {
  const lefts = ts.flatMap((t) => (E.isLeft(t.type) ? [t.type.left] : []))
  return lefts.length === 0 ? undefined : union(lefts)
}

/** Rows may look into shapes, so they are entered with well-shaped tensors only. */
const safely = (d: Dist, given: readonly Tensor[], f: (row: Family, p: Params, ...others: readonly Tensor[]) => Tensor): Tensor => {
  if (!isDist(d)) return B.misfit('BadOption', ['Dist'], shown(d), 'a distribution', 'such as Dist.normal({ mu: 0, sd: 1 })')
  const others = given.map(B.operand), errors = errorsIn([...Object.values(d.params), ...others])
  if (errors !== undefined) return failed(errors)
  try {
    return f(familyOf(d.family), d.params, ...others)
  } catch {
    // A row asked for the shape of what doesn't fit.
    const shapes = [...Object.entries(d.params).map(([k, t]) => `${k} ${Ext.showShape(shapeOf(t))}`), ...others.map((t) => `value ${Ext.showShape(shapeOf(t))}`)]
    return B.misfit('ShapeMismatch', [d.family], shapes.join(', '), `parameters and a value that fit ${d.family}`, 'the last axes of a vector or matrix parameter are those of the value; reshape one of them')
  }
}

/**
 * Log density at x in nats, elementwise over the broadcast of x and the parameters
 * (event axes reduced). It holds inside the support; see `boundedLogDensity`.
 *
 * @example
 * const lp = Dist.logDensity(Dist.normal({ sd: 2 }))(x)
 */
export const logDensity = (d: Dist) => (x: Tensor): Tensor => safely(d, [x], (row, p, t) => row.logDensity(p, t))

/** Log density of a whole value of a shape, in nats: a scalar. */
export const totalLogDensity = (d: Dist, shape: Shape) => (x: Tensor): Tensor =>
  B.sum(B.broadcastTo(logDensity(d)(x), shape.slice(0, shape.length - familyOf(d.family).event)))

/** Log density at any x: minus infinity outside the support. */
export const boundedLogDensity = (d: Dist) => (x: Tensor): Tensor =>
  safely(d, [x], (row, p, t) => B.select(insideOf(row, p, t), row.logDensity(p, t), -Infinity))

/** Is each draw inside? Elementwise supports of whole draws are asked along the draw's axes. */
const insideOf = (row: Family, p: Params, x: Tensor): Tensor => {
  const s = row.support(p), inside = contains(s)(x), over = row.event - eventRank(s)
  const axes = Array.from({ length: over }, (_, i) => i - over)
  return over <= 0 || E.isLeft(inside.type) ? inside : B.gt(B.reduceMin(B.cast(inside, 'i32'), axes), 0)
}

/** Draws of a shape from a key: f32, or i32 for whole numbers. Leading axes of the key come before the shape. */
export const sample = (d: Dist) => (key: Tensor, shape: Shape): Tensor =>
  safely(d, [key], (row, p, k) => pipe(row.sample, O.match(
    () => B.misfit('NoSampler', [d.family], `a draw from ${d.family}`, 'a proper distribution', `give a proper prior instead of ${d.family}`),
    (f) => f(p, k, shape))))

/** Where the density is positive. */
export const support = (d: Dist): Support =>
  errorsIn(Object.values(d.params)) === undefined ? familyOf(d.family).support(d.params) : { _tag: 'Real' }

/** The map from the reals onto the support. */
export const bijector = (d: Dist): Bijector => bijectorOf(support(d))

const moment = (pick: (row: Family) => (p: Params) => Option<Tensor>) => (d: Dist): Option<Tensor> =>
  pipe(errorsIn(Object.values(d.params)), (errors) => errors === undefined ? pick(familyOf(d.family))(d.params) : O.some(failed(errors)))

/** The mean, where it exists in closed form. */
export const mean = moment((r) => r.mean)
/** The variance, where it exists in closed form. */
export const variance = moment((r) => r.variance)
/** The median, where it exists in closed form. */
export const median = moment((r) => r.median)
/** The mode, where there is one in closed form. */
export const mode = moment((r) => r.mode)
/** The entropy in nats, where it exists in closed form. */
export const entropy = moment((r) => r.entropy)

/** Probabilities of classes 0..K-1 along a new last axis, for families of classes. */
export const probabilities = moment((r) => r.probabilities)

/** A number inside, for a form to be evaluated at where x is outside: its own value there may be NaN. */
const insideEnds = ({ lower, upper, open }: Ends): Tensor | number =>
  lower === -Infinity ? upper : !open ? lower : upper === 1 ? 0.5 : B.add(lower, 1)

/** A cdf on the whole line from its form on a support: 0 below the support, 1 above it. */
const outward = (s: Support, form: (x: Tensor) => Tensor, x: Tensor): Tensor => {
  const ends = endsOf(s)
  if (ends === undefined) return form(x)
  const z = B.float(x), { lower, upper, whole } = ends
  // At an end itself a form may be NaN (log 0); the value is known there too.
  const below = lower === -Infinity ? undefined : whole ? B.lt(z, lower) : B.le(z, lower)
  const above = upper === Infinity ? undefined : B.ge(z, upper)
  const outside = below === undefined ? above : above === undefined ? below : B.or(below, above)
  if (outside === undefined) return form(x)
  const inner = form(B.select(outside, insideEnds(ends), z)), up = above === undefined ? inner : B.select(above, 1, inner)
  return below === undefined ? up : B.select(below, 0, up)
}

/** The probability of a value not above x, where there is a form for it: 0 below the support, 1 above it. */
export const cdf = (d: Dist) => (x: Tensor): Option<Tensor> =>
  pipe(familyOf(d.family).cdf, O.map((f) => safely(d, [x], (row, p, t) => outward(row.support(p), (z) => f(p, z), t))))

/** The value that is exceeded with probability 1 - q, where there is a form for it; q in (0, 1). */
export const quantile = (d: Dist) => (q: Tensor): Option<Tensor> =>
  pipe(familyOf(d.family).quantile, O.map((f) => safely(d, [q], (_, p, t) => f(p, t))))

/**
 * A central value: the median, else the mean where it is finite, else the mode, else
 * the bijector's image of 0. A draw's shape tells how long a vector is where the
 * parameters don't.
 */
export const center = (d: Dist, shape: readonly number[] = []): Tensor => {
  const finite = pipe(mean(d), O.map((m) => pipe(mode(d), O.match(() => m, (x) => (E.isLeft(m.type) ? m : B.select(B.isFinite(m), m, x))))))
  return pipe(median(d), O.alt(() => finite), O.alt(() => mode(d)), O.getOrElse(() => {
    const b = bijector(d)
    return shape.length < familyOf(d.family).event ? B.scalar(0) : forward(b)(B.full(freeShape(b)(shape), 0))
  }))
}

/** Does the density integrate to one? */
export const isProper = (d: Dist): boolean => !familyOf(d.family).improper

/** Are its values whole numbers? */
export const isDiscrete = (d: Dist): boolean => familyOf(d.family).discrete
