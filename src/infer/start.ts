/**
 * Where an approximation starts: where the prior has its variable, plus what the layer's
 * initialiser gives, with spreads a tenth of the weights' scale. The prior's centre is its
 * location (see ./centre.ts), never a mean that may be vague beyond use (the mean
 * of LogNormal(0, 10) is 5e21), and its width only ever makes a start narrower.
 *
 * Means: the centre, plus Glorot's uniform on +-sqrt(6 / (fanIn + fanOut)) for weights; a
 * layer's own constant, such as 1 for a gain, where the centre is 0; a user's numbers as
 * they are. Without a centre the bijector's image of 0: a log-normal scale of weights
 * starts at 1, wide enough not to bind. Started at the root mean square of the weights
 * instead, such scales drag whole layers to zero before the data have spoken
 * (bench/peers/README.md has both runs).
 *
 * A prior with a standard deviation below a start's spread takes the spread down to its own,
 * and the draws about the centre in proportion. From a thousand of its standard deviations away
 * the first gradients would be such that Adam's second moment lets nothing move later.
 *
 * Law: a site's start depends on the seed, its own name, its prior and its parents' starts alone.
 *
 * @since 0.1.0
 */
import { E, pipe } from '../fp.ts'
import type { Either } from '../fp.ts'
import { all, didYouMean, fail, shown } from '../error.ts'
import type { GelatoErrors } from '../error.ts'
import { Bijectors } from '../dist/index.ts'
import { numbersOf, spreadOf } from '../spec/init.ts'
import type { Init, Point, Site } from '../spec/site.ts'
import { pointStart } from '../model/held.ts'
import { decodeField } from '../dataset/index.ts'
import * as B from '../tensor/build.ts'
import { centreOf, freed, freeOf, own, slope } from './centre.ts'
import type { Centre, Values } from './centre.ts'
import type { Start } from './family.ts'
import { hostKey, purpose } from './keys.ts'
import { sizeOf } from './layout.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** A start asked for by a site's name, in the site's own units: one number or one per element. */
export type StartOption = Readonly<Record<string, { readonly mean?: number | ArrayLike<number> | object; readonly sd?: number | ArrayLike<number> | object }>>

/** The fraction of a site's scale at which its spread starts. */
export const SPREAD = 0.1

// -----------------------------------------------------------------------------
// host numbers
// -----------------------------------------------------------------------------

const unconstrained = (s: Site, x: Float64Array, parents: Values): Either<GelatoErrors, Float64Array> => {
  if (s.bijector._tag === 'Identity') return E.right(x)
  const u = freed(s, B.array(x, s.shape), parents)
  return u !== undefined
    ? E.right(u)
    : fail('OutOfSupport', ['start', s.name], `values such as ${x[0]}`, `values that ${s.dist.family} can take`, 'give a start inside the support, not on its edge')
}

const filled = (name: string, what: string, s: Pick<Site, 'shape'>, given: unknown): Either<GelatoErrors, Float64Array> => {
  const n = sizeOf(s.shape)
  if (typeof given === 'number') return Number.isFinite(given) ? E.right(new Float64Array(n).fill(given)) : fail('BadStart', ['start', name, what], shown(given), 'a finite number', 'give the start in the units of the site')
  return pipe(
    decodeField(name)(given),
    E.chain((f) => f.data.length === n
      ? E.right(Float64Array.from(f.data))
      : fail('ShapeMismatch', ['start', name, what], `${f.data.length} numbers`, `${n}, as site '${name}' has shape [${s.shape.join(', ')}]`, 'give one number, or one per element'))
  )
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** Is it the start of a weight that gives its layer's others their scale? */
const isWeighty = (i: Init): boolean => i._tag !== 'Auto' && i._tag !== 'Value' && i._tag !== 'Constant'

/** The size of a weight that a layer's initialiser aims at. */
const scaleOf = (s: Site, sites: readonly Site[]): number => {
  const kin = sites.find((o) => o.layer !== undefined && o.layer === s.layer && isWeighty(o.init))
  return spreadOf(s.init, s.shape) ?? (s.role === 'weight' || s.role === 'bias' ? kin && spreadOf(kin.init, kin.shape) : undefined) ?? 1
}

/** Did a user say these numbers? Layers give their parameters Glorot's law or a constant. */
const isTold = (i: Init): boolean => i._tag === 'Value' || (isWeighty(i) && i._tag !== 'Glorot')

/** A start that nobody said: the prior's centre and what the layer gives, no wider than the prior. */
const usual = (s: Site, given: Float64Array | undefined, { at, sd }: Centre, scale: number, parents: Values): Float64Array => {
  const n = sizeOf(freeOf(s)), constant = s.init._tag === 'Constant'
  // A constant is in own units, and may be outside: no layer knows the prior.
  const about = given === undefined ? undefined : constant && s.bijector._tag !== 'Identity' ? freed(s, B.array(given, s.shape), parents) : given
  const out = new Float64Array(n)
  for (let i = 0; i < n; i++) {
    const centre = at === undefined ? 0 : at(i), away = about === undefined || (constant && centre !== 0) ? 0 : about[i]
    const spread = SPREAD * (constant ? Math.abs(away) : scale), width = sd === undefined ? Infinity : sd(i)
    out[i] = centre + (width < spread ? away * (width / spread) : away)
  }
  return out
}

const checkNames = (names: readonly string[], start: StartOption): Either<GelatoErrors, unknown> =>
  all(Object.entries(start).map(([k, v]) =>
    !names.includes(k)
      ? fail('UnknownSite', ['start', k], `site '${k}'`, `one of ${names.join(', ')}`, didYouMean(k, names))
      : typeof v !== 'object' || v === null || Object.keys(v).some((f) => f !== 'mean' && f !== 'sd')
        ? fail('BadStart', ['start', k], JSON.stringify(v), '{ mean?, sd? }', 'give mean and sd in the units of the site')
        : E.right(undefined)))

/** Options of `startOf`. */
export interface StartOptions {
  readonly seed: number
  readonly start?: StartOption
  /** The model's point estimates. */
  readonly points?: readonly Point[]
}

const startOfPoint = (p: Point, o: StartOptions): Either<GelatoErrors, Float64Array> => {
  const { mean, sd } = o.start?.[p.name] ?? {}
  return sd !== undefined
    ? fail('BadStart', ['start', p.name, 'sd'], 'a spread', 'a point estimate has none', 'give only a mean')
    : mean !== undefined ? filled(p.name, 'mean', p, mean) : E.right(pointStart(p, o.seed))
}

/** The start of every site and point estimate. Errors: `UnknownSite`, `BadStart`, `ShapeMismatch`, `OutOfSupport`. */
export const startOf = (sites: readonly Site[], o: StartOptions): Either<GelatoErrors, Start> => {
  const asked = o.start ?? {}, points = o.points ?? []
  const parents: Record<string, { shape: readonly number[]; data: Float64Array }> = {}
  const one = (s: Site): Either<GelatoErrors, { readonly mean: Float64Array; readonly sd: Float64Array }> => {
    const centre = centreOf(s, parents), scale = scaleOf(s, sites)
    const { mean, sd } = asked[s.name] ?? {}
    const drawn = numbersOf(s.init, s.init._tag === 'Glorot' ? freeOf(s) : s.shape, hostKey(o.seed, purpose.start, s.name))
    const value = mean !== undefined ? filled(s.name, 'mean', s, mean) : undefined
    const u = value !== undefined ? pipe(value, E.chain((x) => unconstrained(s, x, parents)))
      : drawn !== undefined && isTold(s.init) ? unconstrained(s, drawn, parents)
        : E.right(usual(s, drawn, centre, scale, parents))
    return pipe(
      u,
      E.chain((at) => {
        parents[s.name] = { shape: s.shape, data: own(s, at, parents) }
        const steep = slope(s, at, parents)
        if (sd !== undefined && Bijectors.eventRank(s.bijector) > 0)
          return fail('BadStart', ['start', s.name, 'sd'], 'a spread', `no spread for ${s.dist.family}, whose elements are not free of each other`, 'give only a mean')
        if (sd !== undefined)
          return pipe(filled(s.name, 'sd', s, sd), E.chain((x) => x.every((v) => v > 0)
            ? E.right({ mean: at, sd: x.map((v, i) => v / (steep[i] || 1)) })
            : fail('BadStart', ['start', s.name, 'sd'], shown(x.find((v) => !(v > 0))), 'positive numbers', 'use the map method for points without spread')))
        // A start that brings its own scale keeps it; others are no wider than the prior.
        const scaled = isTold(s.init) && (s.init._tag !== 'Value' || s.init.scale !== undefined), inOwnUnits = scaled || s.init._tag === 'Constant'
        const spread = SPREAD * scale, width = scaled ? undefined : centre.sd
        return E.right({ mean: at, sd: at.map((_, i) => Math.min(inOwnUnits ? spread / (steep[i] || 1) : spread, width === undefined ? Infinity : width(i))) })
      })
    )
  }
  return pipe(
    checkNames([...sites, ...points].map((x) => x.name), asked),
    E.chain(() => all(sites.map(one))),
    E.bindTo('xs'),
    E.bind('ps', () => all(points.map((p) => startOfPoint(p, o)))),
    E.map(({ xs, ps }) => ({
      points: Object.fromEntries(points.map((p, i) => [p.name, ps[i]])),
      mean: Object.fromEntries(sites.map((s, i) => [s.name, xs[i].mean])),
      sd: Object.fromEntries(sites.map((s, i) => [s.name, xs[i].sd]))
    }))
  )
}
