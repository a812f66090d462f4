/**
 * Families of approximation over the flat vector, as graphs of their parameters. A
 * family is named in data and looked up here, so that a saved approximation needs no
 * code of its own.
 *
 * `meanField`: independent normals, mean `mu`, standard deviation softplus(`rho`).
 * `delta`: one point, `u`.
 *
 * @since 0.1.0
 */
import { O } from '../fp.ts'
import type { Option } from '../fp.ts'
import * as B from '../tensor/build.ts'
import type { Tensor } from '../tensor/node.ts'
import { shapeOf } from '../tensor/node.ts'
import { pack, sliceOf } from './layout.ts'
import type { Layout, Place } from './layout.ts'
import { HALF_LOG_2PI, blockSum, owned } from './prior.ts'
import type { Block, NormalBlock } from './prior.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** A family's parameters as graphs, by name, each [dim]. */
export type Params = Readonly<Record<string, Tensor>>

/** Where an approximation starts: mean and spread in unconstrained space by site, numbers by point estimate. */
export interface Start {
  readonly mean: Readonly<Record<string, Float64Array>>
  readonly sd: Readonly<Record<string, Float64Array>>
  readonly points: Readonly<Record<string, Float64Array>>
}

/** A family of approximations. */
export interface Family {
  readonly name: FamilyName
  readonly params: readonly string[]
  /** First values of the parameters. */
  readonly init: (layout: Layout, start: Start) => Readonly<Record<string, Float32Array>>
  /** One draw of the flat vector. */
  readonly draw: (p: Params, key: Tensor) => Tensor
  /** One draw by site, each with a key of its own. */
  readonly drawSite: (p: Params, place: Place, key: Tensor) => Tensor
  /** Log density of a block's elements of u, a scalar; none for a point. */
  readonly logQ: (p: Params, u: Tensor, block: Block) => Option<Tensor>
  /** Closed form of KL(q | prior) over a block, given the drawn parents; its first derivatives are exact. */
  readonly kl: (p: Params, block: NormalBlock) => Option<Tensor>
  /** Location and scale of a site's unconstrained value, for local reparameterisation. */
  readonly marginal: (p: Params, place: Place) => Option<{ readonly loc: Tensor; readonly scale: Tensor }>
  /** The point that stands for the whole, unconstrained. */
  readonly center: (p: Params) => Option<{ readonly kind: 'mean' | 'mode'; readonly u: Tensor }>
}

/** Names of the families. */
export type FamilyName = 'meanField' | 'delta'

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** softplus(rho) = sigma, solved for rho. */
export const inverseSoftplus = (sigma: number): number => sigma + Math.log(-Math.expm1(-sigma))

const sd = (p: Params): Tensor => B.softplus(p['rho'])

/** Log of a standard deviation, which is at least the smallest normal number of single precision: cheaper than the form of log(softplus) that holds below it. */
const logOf = (s: Tensor): Tensor => B.log(B.max(s, 2 ** -126))
const dimOf = (t: Tensor): number => (t.type._tag === 'Right' ? (t.type.right.shape[0] as number) : 0)

/** Independent normals. */
export const meanField: Family = {
  name: 'meanField',
  params: ['mu', 'rho'],
  init: (layout, start) => ({
    mu: pack(layout, 0)(start.mean),
    rho: pack(layout, 0)(Object.fromEntries(Object.entries(start.sd).map(([k, v]) => [k, v.map(inverseSoftplus)])))
  }),
  draw: (p, key) => B.add(p['mu'], B.mul(sd(p), B.randomNormal(key, [dimOf(p['mu'])]))),
  drawSite: (p, place, key) => B.add(sliceOf(p['mu'], place), B.mul(B.softplus(sliceOf(p['rho'], place)), B.randomNormal(key, place.shape))),
  logQ: (p, u, block) => {
    const s = block.view(sd(p))
    const z = B.div(B.sub(block.view(u), block.view(p['mu'])), s)
    return O.some(blockSum(block._tag === 'Normal' ? block.valid : undefined, B.sub(B.sub(B.mul(-0.5, B.square(z)), logOf(s)), HALF_LOG_2PI)))
  },
  kl: (p, block) => {
    // In units of the prior's scale before they are squared: squares of the scale may be beyond single precision.
    const s = block.view(sd(p)), unit = B.stopGradient(block.logScale), precise = B.exp(B.neg(unit))
    const square = B.add(B.square(B.mul(s, precise)), B.square(B.mul(B.sub(block.view(p['mu']), block.loc), precise)))
    const excess = B.sumTo(owned(block.valid, B.sub(square, 1)), shapeOf(block.logScale))
    // The unit is held still, so the slope by the log scale is put in: minus the excess, times what is 0.
    const drawn = B.mul(B.sub(block.logScale, unit), B.stopGradient(excess))
    return O.some(B.add(blockSum(block.valid, B.sub(unit, logOf(s))), B.sum(B.sub(B.mul(0.5, excess), drawn))))
  },
  marginal: (p, place) => O.some({ loc: sliceOf(p['mu'], place), scale: B.softplus(sliceOf(p['rho'], place)) }),
  center: (p) => O.some({ kind: 'mean', u: p['mu'] })
}

/** One point: the family of the posterior mode. */
export const delta: Family = {
  name: 'delta',
  params: ['u'],
  init: (layout, start) => ({ u: pack(layout, 0)(start.mean) }),
  draw: (p) => p['u'],
  drawSite: (p, place) => sliceOf(p['u'], place),
  logQ: () => O.none,
  kl: () => O.none,
  marginal: () => O.none,
  center: (p) => O.some({ kind: 'mode', u: p['u'] })
}

/** The families by name. */
export const families: Readonly<Record<FamilyName, Family>> = { meanField, delta }
