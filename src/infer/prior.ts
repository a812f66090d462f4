/**
 * Priors of many sites as few graphs. A prior that is normal in unconstrained space
 * (a normal under the identity, a log-normal under exp) needs only a location and a
 * log scale; all sites whose two are scalars are one block over the flat vector with a
 * table of a row per 64 elements, whatever their number. The others have a block each.
 *
 * Law: the sum over blocks of `logPrior` is the sum over sites of
 * log p(x(u)) + log|dx/du|, parents at their drawn values.
 *
 * @since 0.1.0
 */
import { O } from '../fp.ts'
import type { Option } from '../fp.ts'
import * as Dist from '../dist/index.ts'
import type { Site } from '../spec/site.ts'
import * as B from '../tensor/build.ts'
import * as Ext from '../tensor/extent.ts'
import type { Tensor } from '../tensor/node.ts'
import { shapeOf } from '../tensor/node.ts'
import { SEGMENT, sliceOf } from './layout.ts'
import type { Layout, Place } from './layout.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Sites whose prior is normal in unconstrained space, given the drawn parents. */
export interface NormalBlock {
  readonly _tag: 'Normal'
  readonly sites: readonly string[]
  /** The block's elements of a flat vector. */
  readonly view: (flat: Tensor) => Tensor
  /** Location and log scale; they broadcast against the view. */
  readonly loc: Tensor
  readonly logScale: Tensor
  /** Which elements of the view belong to the block; all where absent. */
  readonly valid: Tensor | undefined
}

/** A site with any other prior. */
export interface GeneralBlock {
  readonly _tag: 'General'
  readonly sites: readonly string[]
  readonly view: (flat: Tensor) => Tensor
  /** log p(x(u)) + log|dx/du|, summed: a scalar. */
  readonly logPrior: Tensor
}

/** Priors of some sites together. */
export type Block = NormalBlock | GeneralBlock

/** A site in a graph: its unconstrained value, its own value, prior and bijector with parents put in. */
export interface Latent {
  readonly site: Site
  readonly place: Place
  readonly u: Tensor
  readonly value: Tensor
  readonly dist: Dist.Dist
  readonly bijector: Dist.Bijector
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** Half the log of 2 pi. */
export const HALF_LOG_2PI = 0.5 * Math.log(2 * Math.PI)

/** Is the site's prior a normal in unconstrained space? */
export const isNormalInU = (s: Site): boolean =>
  (s.dist.family === 'normal' && s.bijector._tag === 'Identity') || (s.dist.family === 'logNormal' && s.bijector._tag === 'Exp')

const locAndScale = (l: Latent): Option<{ readonly loc: Tensor; readonly logScale: Tensor }> =>
  isNormalInU(l.site) ? O.some({ loc: l.dist.params['mu'], logScale: B.log(l.dist.params['sd']) }) : O.none

const isScalar = (t: Tensor): boolean => Ext.same(Ext.size(shapeOf(t)), 1)

const constantOf = (t: Tensor): number | undefined => Dist.constantOf(t)?.data[0]

/** Scalars as a column [dim / 64, 1]: one table, constants in one piece, taken by segment. */
const column = (segments: Int32Array, scalars: readonly Tensor[]): Tensor => {
  const known = scalars.map(constantOf)
  if (known.every((c) => c !== undefined && c === known[0])) return B.scalar(known[0] as number)
  const order = [...scalars.keys()].filter((i) => known[i] !== undefined)
  const drawn = [...scalars.keys()].filter((i) => known[i] === undefined)
  const rank = [...order, ...drawn]
  const constants = order.length === 0 ? [] : [B.array(Float32Array.from(order, (i) => known[i] as number), [order.length])]
  const table = B.concat([...constants, ...drawn.map((i) => B.reshape(scalars[i], [1]))], 0)
  return B.reshape(B.take(table, B.array(segments.map((i) => rank.indexOf(i)), [segments.length], 'i32')), [segments.length, 1])
}

const together = (layout: Layout, parts: readonly { readonly l: Latent; readonly loc: Tensor; readonly logScale: Tensor }[]): NormalBlock => {
  const rows = layout.dim / SEGMENT
  const owner = new Int32Array(rows)
  const count = new Int32Array(rows)
  parts.forEach(({ l }, k) => {
    for (let i = 0; i < l.place.padded / SEGMENT; i++) {
      owner[l.place.offset / SEGMENT + i] = k
      count[l.place.offset / SEGMENT + i] = Math.min(SEGMENT, l.place.size - i * SEGMENT)
    }
  })
  return {
    _tag: 'Normal',
    sites: parts.map(({ l }) => l.site.name),
    view: (flat) => B.reshape(flat, [rows, SEGMENT]),
    loc: column(owner, parts.map((p) => p.loc)),
    logScale: column(owner, parts.map((p) => p.logScale)),
    valid: count.every((c) => c === SEGMENT) ? undefined : B.lt(B.iota([rows, SEGMENT], 1), B.array(count, [rows, 1], 'i32'))
  }
}

/** The blocks of all latents. */
export const blocksOf = (layout: Layout, latents: readonly Latent[]): readonly Block[] => {
  const found = latents.map((l) => ({ l, p: locAndScale(l) }))
  const normal = found.flatMap(({ l, p }) => (O.isSome(p) ? [{ l, ...p.value }] : []))
  const scalar = normal.filter((n) => isScalar(n.loc) && isScalar(n.logScale))
  const wide = normal.filter((n) => !scalar.includes(n))
  return [
    ...(scalar.length > 0 ? [together(layout, scalar)] : []),
    ...wide.map(({ l, loc, logScale }): Block => ({
      _tag: 'Normal', sites: [l.site.name], view: (flat) => sliceOf(flat, l.place), loc, logScale, valid: undefined
    })),
    ...found.filter(({ p }) => O.isNone(p)).map(({ l }): Block => ({
      _tag: 'General',
      sites: [l.site.name],
      view: (flat) => sliceOf(flat, l.place),
      logPrior: B.add(Dist.totalLogDensity(l.dist, l.site.shape)(l.value), Dist.Bijectors.totalLogDet(l.bijector, l.site.shape)(l.u))
    }))
  ]
}

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/** A block's own elements, 0 in place of the others. */
export const owned = (valid: Tensor | undefined, x: Tensor): Tensor => (valid === undefined ? x : B.select(valid, x, 0))

/** Sum over a block's own elements. */
export const blockSum = (valid: Tensor | undefined, x: Tensor): Tensor => B.sum(owned(valid, x))

/** Log density of a block's sites in unconstrained space, a scalar. */
export const logPriorOf = (block: Block, u: Tensor): Tensor => {
  if (block._tag === 'General') return block.logPrior
  // Divided by the scale before it is squared: the square of the scale may be beyond single precision.
  const z = B.mul(B.sub(block.view(u), block.loc), B.exp(B.neg(block.logScale)))
  return blockSum(block.valid, B.sub(B.sub(B.mul(-0.5, B.square(z)), block.logScale), HALF_LOG_2PI))
}
