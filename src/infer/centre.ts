/**
 * Where a prior has its variable, and how far about, on the host and in unconstrained
 * space: what a start begins from. Known are centres that follow from constants and the
 * starts of parents, and widths that follow from constants.
 *
 * The centre is the family's location `mu`: of a log-normal in log units, of a bounded family
 * where it lies inside. Other families of the reals have their median, mean or mode. Other
 * positive and bounded families say how large their variable may be rather than where it
 * is: they have none.
 *
 * @since 0.5.0
 */
import { E, O, pipe } from '../fp.ts'
import * as Dist from '../dist/index.ts'
import { interpret } from '../reference/index.ts'
import type { Site } from '../spec/site.ts'
import * as B from '../tensor/build.ts'
import { grad } from '../tensor/grad.ts'
import type { Tensor } from '../tensor/node.ts'
import { leafName } from '../tensor/ops/leaves.ts'
import { leavesOf } from '../tensor/replace.ts'
import { sizeOf } from './layout.ts'
import { isNormalInU } from './prior.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Host numbers by site, in the sites' own units. */
export type Values = Readonly<Record<string, { readonly shape: readonly number[]; readonly data: Float64Array }>>

/** A number for each element of a site. */
export type Each = (i: number) => number

/** A prior's centre and standard deviation in unconstrained space, where they are known. */
export interface Centre {
  readonly at: Each | undefined
  readonly sd: Each | undefined
}

// -----------------------------------------------------------------------------
// host numbers
// -----------------------------------------------------------------------------

/** The numbers of a graph over sites that have numbers; undefined where it reads anything else, or one is not finite. */
export const evaluate = (graph: Tensor, values: Values): Float64Array | undefined => {
  const leaves = leavesOf([graph]).map((l) => (l.op === 'site' ? leafName(l) : undefined))
  if (!leaves.every((name) => name !== undefined && Object.hasOwn(values, name))) return undefined
  const r = interpret(Object.fromEntries((leaves as readonly string[]).map((name) => [name, values[name]])))([graph])
  return E.isRight(r) && r.right[0].data.every(Number.isFinite) ? r.right[0].data : undefined
}

/** The shape of a site's unconstrained value. */
export const freeOf = (s: Site): readonly number[] => Dist.Bijectors.freeShape(s.bijector)(s.shape)

/** A site's own value at u. */
export const own = (s: Site, u: Float64Array, values: Values): Float64Array =>
  s.bijector._tag === 'Identity' ? u : evaluate(Dist.Bijectors.forward(s.bijector)(B.array(u, freeOf(s))), values) ?? new Float64Array(sizeOf(s.shape))

/** The u of a site's own value; undefined where it is not inside the support. */
export const freed = (s: Site, x: Tensor, values: Values): Float64Array | undefined => evaluate(Dist.Bijectors.inverse(s.bijector)(x), values)

/** |dx/du| at u; 1 for a map of whole vectors, whose elements have no slopes of their own. */
export const slope = (s: Site, u: Float64Array, values: Values): Float64Array => {
  if (s.bijector._tag === 'Identity' || Dist.Bijectors.eventRank(s.bijector) > 0) return new Float64Array(u.length).fill(1)
  const leaf = B.array(u, s.shape)
  const [g] = grad([leaf])(B.sum(Dist.Bijectors.forward(s.bijector)(leaf)))
  return (evaluate(g, values) ?? u.map(() => 1)).map(Math.abs)
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

const each = (graph: Tensor, shape: readonly number[], values: Values): Each | undefined => {
  const few = evaluate(graph, values)
  if (few === undefined) return undefined
  // One number stands for all elements of a site, which may be millions.
  if (few.length === 1) return () => few[0]
  const wide = evaluate(B.broadcastTo(graph, shape), values)
  return wide === undefined ? undefined : (i) => wide[i]
}

/** The standard deviation in own units; the scale of a family that has none, as Cauchy's. */
const widthOf = (s: Site): Each | undefined => {
  const variance = pipe(Dist.variance(s.dist), O.map((v) => each(B.sqrt(v), s.shape, {})), O.toUndefined)
  const scale = Object.entries(Dist.familyOf(s.dist.family).params).find(([, info]) => info.scale === true && (info.event ?? 0) === 0)
  return variance ?? (scale === undefined ? undefined : each(s.dist.params[scale[0]], s.shape, {}))
}

const NOWHERE: Centre = { at: undefined, sd: undefined }

/** Where a site's prior has it, given the starts of its parents. */
export const centreOf = (s: Site, parents: Values): Centre => {
  const { params, family } = s.dist, info = Dist.familyOf(family).params['mu']
  const location = info?.domain === 'real' && (info.event ?? 0) === 0 ? params['mu'] : undefined
  if (isNormalInU(s)) return { at: each(params['mu'], s.shape, parents), sd: each(params['sd'], s.shape, {}) }
  if (s.bijector._tag === 'Identity') return { at: each(location ?? Dist.center(s.dist, s.shape), s.shape, parents), sd: widthOf(s) }
  if (location === undefined || Dist.Bijectors.eventRank(s.bijector) > 0) return NOWHERE
  const at = freed(s, B.broadcastTo(location, s.shape), parents)
  if (at === undefined) return NOWHERE
  const steep = slope(s, at, parents), sd = widthOf(s)
  return { at: (i) => at[i], sd: sd === undefined ? undefined : (i) => sd(i) / (steep[i] || 1) }
}
