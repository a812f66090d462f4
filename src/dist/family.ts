/**
 * What a family of distributions is: one row of the table. Adding a distribution is
 * adding a row; the constructors, the priors and the tests read the table.
 *
 * Laws: `logDensity` is in nats, normalised, elementwise over the broadcast of value
 * and parameters (less the event axes), and is asked for inside the support only, so
 * that log(exp(u)) can cancel when the value is the image of a bijector.
 *
 * @since 0.1.0
 */
import { E, O } from '../fp.ts'
import type { Option } from '../fp.ts'
import * as B from '../tensor/build.ts'
import * as Ext from '../tensor/extent.ts'
import type { Shape } from '../tensor/extent.ts'
import type { Tensor } from '../tensor/node.ts'
import { shapeOf } from '../tensor/node.ts'
import { broadcast } from '../tensor/rule.ts'
import { constantOf, scalarOf } from './fold.ts'
import type { Domain, Support } from './support.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** One parameter: what it may be, its default, how many trailing axes are its own, whether it sets a scale. */
export interface ParamInfo {
  readonly domain: Domain
  readonly default?: number
  readonly event?: number
  readonly scale?: boolean
}

/** Parameters by name. */
export type Params<K extends string = string> = Readonly<Record<K, Tensor>>

/** What is said of a family; `K` are the names of its parameters. */
export interface FamilyDef<K extends string> {
  readonly doc: string
  /** The density as plain text, and where its form is from when it isn't a textbook's. */
  readonly density: string
  readonly params: Readonly<Record<K, ParamInfo>>
  /** Exactly one of these parameters is given. */
  readonly oneOf?: readonly K[]
  /** How many trailing axes one draw has. */
  readonly event?: number
  /** Whole numbers (i32) instead of reals. */
  readonly discrete?: boolean
  /** Its density does not integrate. */
  readonly improper?: boolean
  readonly support: (p: Params<K>) => Support
  readonly logDensity: (p: Params<K>, x: Tensor) => Tensor
  /** Draws of a shape; leading axes of the key come before it. */
  readonly sample?: (p: Params<K>, key: Tensor, shape: Shape) => Tensor
  readonly mean?: Moment<K>
  readonly variance?: Moment<K>
  readonly median?: Moment<K>
  readonly mode?: Moment<K>
  readonly entropy?: Moment<K>
  /** Probabilities of 0..K-1 along a new last axis, for families of classes. */
  readonly probabilities?: Moment<K>
  /** The probability of a value not above x. */
  readonly cdf?: (p: Params<K>, x: Tensor) => Tensor
  /** Where the cdf is q, for q in (0, 1). */
  readonly quantile?: (p: Params<K>, q: Tensor) => Tensor
}

/** Infinite where it diverges or does not exist; undefined where the parameters' shapes don't tell it. */
type Moment<K extends string> = (p: Params<K>) => Tensor | undefined

/** A row of the table. */
export interface Family<K extends string = string> {
  readonly doc: string
  readonly density: string
  readonly params: Readonly<Record<K, ParamInfo>>
  readonly oneOf: readonly string[]
  readonly event: number
  readonly discrete: boolean
  readonly improper: boolean
  readonly support: (p: Params) => Support
  readonly logDensity: (p: Params, x: Tensor) => Tensor
  readonly sample: Option<(p: Params, key: Tensor, shape: Shape) => Tensor>
  readonly mean: (p: Params) => Option<Tensor>
  readonly variance: (p: Params) => Option<Tensor>
  readonly median: (p: Params) => Option<Tensor>
  readonly mode: (p: Params) => Option<Tensor>
  readonly entropy: (p: Params) => Option<Tensor>
  readonly probabilities: (p: Params) => Option<Tensor>
  readonly cdf: Option<(p: Params, x: Tensor) => Tensor>
  readonly quantile: Option<(p: Params, q: Tensor) => Tensor>
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** A row from what is said of a family. */
export const family = <K extends string>(def: FamilyDef<K>): Family<K> => {
  // The table is read by family name at run time, where the parameters' names are no longer types.
  const own = (p: Params): Params<K> => p as Params<K>
  const optional = (f: Moment<K> | undefined) => (p: Params): Option<Tensor> =>
    f === undefined ? O.none : O.fromNullable(f(own(p)))
  const curve = (f: ((p: Params<K>, x: Tensor) => Tensor) | undefined): Option<(p: Params, x: Tensor) => Tensor> =>
    f === undefined ? O.none : O.some((p, x) => f(own(p), x))
  const sample = def.sample
  return {
    doc: def.doc,
    density: def.density,
    params: def.params,
    oneOf: def.oneOf ?? [],
    event: def.event ?? 0,
    discrete: def.discrete ?? false,
    improper: def.improper ?? false,
    support: (p) => def.support(own(p)),
    logDensity: (p, x) => def.logDensity(own(p), x),
    sample: sample === undefined ? O.none : O.some((p, key, shape) => sample(own(p), key, shape)),
    mean: optional(def.mean),
    variance: optional(def.variance),
    median: optional(def.median),
    mode: optional(def.mode),
    entropy: optional(def.entropy),
    probabilities: optional(def.probabilities),
    cdf: curve(def.cdf),
    quantile: curve(def.quantile)
  }
}

// -----------------------------------------------------------------------------
// helpers of the rows
// -----------------------------------------------------------------------------

/** log(2 pi) / 2 */
export const HALF_LOG_2PI = 0.5 * Math.log(2 * Math.PI)

/** log s and 1 / s of a scale. Where s is not a plain number, 1 / s is exp(-log s), so that a scale exp(u) becomes u and exp(-u). */
export const scaleOf = (s: Tensor): { readonly log: Tensor; readonly inverse: Tensor } => {
  const c = scalarOf(s)
  if (c !== undefined) return { log: B.scalar(Math.log(c)), inverse: B.scalar(1 / c) }
  if (s.op === 'constant') return { log: B.log(s), inverse: B.div(1, s) }
  const log = B.log(s)
  return { log, inverse: B.exp(B.neg(log)) }
}

/** The shape that a value and parameters have together. */
export const jointShape = (x: Tensor, ps: readonly Tensor[]): Shape =>
  ps.reduce<Shape>((s, p) => broadcast(s, shapeOf(p)) ?? s, shapeOf(x))

/** `t` as an elementwise result over value and parameters, for densities that don't depend on the value. */
export const spread = (t: Tensor, x: Tensor, ps: readonly Tensor[]): Tensor => B.broadcastTo(t, jointShape(x, ps))

/** Standard exponentials: -log of a uniform with 32 bits near 0, so the tail reaches 22 means. */
export const standardExponential = (key: Tensor, shape: Shape): Tensor => {
  const u = B.mul(B.add(B.cast(B.randomBits(key, shape), 'f32'), 0.5), 2 ** -32)
  return B.neg(B.log(B.min(u, 1 - 2 ** -24)))
}

/** Uniforms in (0, 1). */
export const uniform01 = (key: Tensor, shape: Shape): Tensor => B.randomUniform(key, shape)

/** More numbers than a person writes are not worked out on the host. */
const WRITTEN = 4096

/** A plain constant where the value is known on the host and the same everywhere: worked out once, in f64, not by every element. */
export const settled = (t: Tensor): Tensor => {
  const size = t.op === 'constant' || E.isLeft(t.type) ? undefined : Ext.size(shapeOf(t))
  const c = typeof size === 'number' && size <= WRITTEN ? constantOf(t) : undefined
  return c === undefined || c.data.length === 0 || c.data.some((v) => v !== c.data[0]) ? t : B.full(c.shape, c.data[0])
}

/** `value` where `exists` holds, else infinity: the convention for moments. */
export const whereFinite = (exists: Tensor, value: Tensor): Tensor => B.select(exists, value, Infinity)

/**
 * Draws with the gradients of implicit reparameterisation (Figurnov, Mohamed and Mnih
 * 2018), dx / dp = -(dF / dp) / density, for samplers that choose between branches.
 */
export const implicitly = (draw: Tensor, cdf: (x: Tensor) => Tensor, logDensity: (x: Tensor) => Tensor): Tensor => {
  const x = B.stopGradient(draw), f = cdf(x)
  const density = B.stopGradient(B.max(B.exp(logDensity(x)), 1e-30))
  return B.sub(x, B.div(B.sub(f, B.stopGradient(f)), density))
}

/** The last extent of a tensor (1 for a scalar). */
export const lastExtent = (t: Tensor): Ext.Extent => shapeOf(t)[shapeOf(t).length - 1] ?? 1
