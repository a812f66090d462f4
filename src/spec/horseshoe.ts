/**
 * Sparsity priors, built from other priors: most weights near zero, a few as large as
 * they like.
 *
 * @since 0.2.0
 */
import { E } from '../fp.ts'
import { knownOptions } from '../error.ts'
import * as B from '../tensor/build.ts'
import { failed } from '../tensor/node.ts'
import { ops } from './op.ts'
import { halfCauchy, normal } from './prior.ts'
import { of, toSpec, withShape } from './spec.ts'
import type { Spec, SpecArg } from './spec.ts'

/** The global scale: given itself, or by the half width of its half-Cauchy prior. */
export interface HorseshoeOptions {
  /** The global scale, a number or a prior (its shape is its own: `Spec.withShape([])` for one scale over all). */
  readonly tau?: SpecArg
  /** tau is one half-Cauchy of this half width (1). */
  readonly scale?: SpecArg
}

/** Options of `regularisedHorseshoe`. */
export interface RegularisedHorseshoeOptions extends HorseshoeOptions {
  /** Scale (2) and degrees of freedom (4) of the slab, a Student's t, that the largest weights have. */
  readonly slabScale?: number
  readonly slabDf?: number
}

const globalScale = (o: HorseshoeOptions, name: string): Spec =>
  o.tau !== undefined && o.scale !== undefined
    ? toSpec(B.misfit('BadOption', [name], 'both tau and scale', 'one of tau and scale', 'give tau, or the scale of its prior'))
    : typeof o.tau === 'number' && !(o.tau > 0)
      ? toSpec(B.misfit('OutsideDomain', [name, 'tau'], String(o.tau), 'a number above 0', 'give a scale above 0, or leave tau out'))
    : o.tau !== undefined ? part('tau')(toSpec(o.tau)) : part('tau')(withShape([])(halfCauchy({ beta: o.scale ?? 1 })))

/** A variable under a name of its own, beside that of the weights. */
const part = (name: string) => (s: Spec): Spec => (s._tag === 'LeafSpec' && s.fields.name === undefined ? { ...s, fields: { ...s.fields, name: { text: name, within: 'variable' } } } : s)

const local = (): Spec => part('lambda')(halfCauchy())

const checked = (name: string, known: readonly string[], o: object, make: () => Spec): Spec => {
  const ok = knownOptions([name], known)(o)
  return E.isLeft(ok) ? toSpec(failed(ok.left)) : make()
}

/**
 * Horseshoe (Carvalho, Polson & Scott 2010): normal(0, tau lambda) with a local scale
 * lambda ~ halfCauchy(1) for each element and one global scale tau ~ halfCauchy(scale).
 * The variables of `W` are `W.lambda`, `W.tau` and `W`;
 * `Spec.nonCentred(Spec.horseshoe())` is easier to fit where data say little.
 *
 * @example
 * Spec.show(Spec.horseshoe({ tau: 0.1 }))   // => 'normal({ sd: mul(halfCauchy(), 0.1) })'
 */
export const horseshoe = (o: HorseshoeOptions = {}): Spec =>
  checked('horseshoe', ['tau', 'scale'], o, () => normal({ sd: ops.mul(globalScale(o, 'horseshoe'))(local()) }))

/**
 * Regularised horseshoe (Piironen & Vehtari 2017): normal with standard deviation
 * tau c lambda / sqrt(c^2 + tau^2 lambda^2), where lambda ~ halfCauchy(1) is local, tau is
 * global and c^2 ~ inverseGamma(df / 2, df scale^2 / 2): weights far from zero have a
 * Student's t slab instead of Cauchy tails. The variables of `W` are `W.lambda`, `W.tau`,
 * `W.c2` and `W`. A guess p0 of how many of D weights matter
 * among n rows of noise sigma says scale = p0 / (D - p0) sigma / sqrt(n).
 *
 * @example
 * const sparse = Spec.regularisedHorseshoe({ scale: 0.05, slabScale: 2, slabDf: 4 })
 */
export const regularisedHorseshoe = (o: RegularisedHorseshoeOptions = {}): Spec =>
  checked('regularisedHorseshoe', ['tau', 'scale', 'slabScale', 'slabDf'], o, () => {
    const scale = o.slabScale ?? 2, df = o.slabDf ?? 4
    if (!(scale > 0) || !(df > 0))
      return toSpec(B.misfit('BadOption', ['regularisedHorseshoe'], `slabScale ${String(scale)}, slabDf ${String(df)}`, 'numbers above 0', 'leave them out for 2 and 4'))
    const slab = part('c2')(withShape([])(of('inverseGamma', { alpha: df / 2, beta: (df * scale * scale) / 2 })))
    // In logs, since lambda tau may be beyond the squares of f32: with a = log(lambda tau), b = log c the sd is exp(b - softplus(2 (b - a)) / 2).
    const a = ops.log(ops.mul(globalScale(o, 'regularisedHorseshoe'))(local()))
    const b = ops.mul(0.5)(ops.log(slab))
    return normal({ sd: ops.exp(ops.sub(ops.mul(0.5)(ops.softplus(ops.mul(2)(ops.sub(a)(b)))))(b)) })
  })
