/**
 * Normalisation by statistics of the activations: (x - mean) / sqrt(variance + epsilon),
 * then learnt factors and offsets. Here is what they share, and those by statistics of
 * each row alone: they differ in the axes that a mean is taken over.
 *
 * The variance is that of the population (divisor n). epsilon is 1e-4 as in Lasagne;
 * weights trained elsewhere want theirs (PyTorch: 1e-5).
 *
 * @since 0.2.0
 */
import { E, pipe } from '../fp.ts'
import type { Either } from '../fp.ts'
import { fail } from '../error.ts'
import type { GelatoErrors } from '../error.ts'
import * as B from '../tensor/build.ts'
import * as Ext from '../tensor/extent.ts'
import type { Shape } from '../tensor/extent.ts'
import type { Tensor } from '../tensor/node.ts'
import type { Axes, Over } from './axes.ts'
import { axes, axesIn, over, shapeIn } from './axes.ts'
import { unary, unaryOr } from './make.ts'
import { count, orElse, such } from './option.ts'
import type { OptionalWeight, ParamValue, Slot } from './param.ts'
import { optionalWeight } from './param.ts'
import type { Given, Need, Plan } from './plan.ts'

// -----------------------------------------------------------------------------
// what they share
// -----------------------------------------------------------------------------

/** Options that all normalisations take. */
export interface NormConfig {
  /** Factors after normalising; they start at 1. null for none. */
  readonly gamma?: OptionalWeight
  /** Offsets after normalising; they start at 0. null for none. */
  readonly beta?: OptionalWeight
  /** Added to the variance, 1e-4 when absent. */
  readonly epsilon?: number
  readonly name?: string
}

/** What they make of them. */
export interface Norm {
  readonly gamma: ParamValue
  readonly beta: ParamValue
  readonly epsilon: number
}

const positive = such('a number above 0', 'such as 1e-4', (x) => x > 0)

/** Readers of these options. */
export const normOptions = { gamma: optionalWeight, beta: optionalWeight, epsilon: orElse(positive, 1e-4) }
/** Slots of gamma and beta. */
export const normSlots = (o: Norm): Readonly<Record<string, Slot>> => ({ gamma: { role: 'scale', value: o.gamma }, beta: { role: 'bias', value: o.beta } })
/** What gamma and beta need, over some axes. */
export const needs = ({ shape }: Over): Readonly<Record<string, Need>> => ({ gamma: { shape, fanIn: 1, fanOut: 1 }, beta: { shape, fanIn: 1, fanOut: 1 } })

/** (x - mean) / sqrt(variance + epsilon). */
export const centred = (x: Tensor, mean: Tensor, variance: Tensor, epsilon: number): Tensor => B.mul(B.sub(x, mean), B.rsqrt(B.add(variance, epsilon)))
/** The mean square of deviations from a mean, along axes that stay as 1. */
export const varianceAbout = (x: Tensor, mean: Tensor, along: readonly number[]): Tensor => B.mean(B.square(B.sub(x, mean)), along, true)

const standardised = (x: Tensor, along: readonly number[], epsilon: number): Tensor => {
  const mean = B.mean(x, along, true)
  return centred(x, mean, varianceAbout(x, mean, along), epsilon)
}

/** x gamma + beta, each where it is there. */
export const scaled = (x: Tensor, { spread }: Over, { params: { gamma, beta } }: Given): Tensor => {
  const y = gamma === null ? x : B.mul(x, spread(gamma))
  return beta === null ? y : B.add(y, spread(beta))
}

// -----------------------------------------------------------------------------
// layer, group, instance
// -----------------------------------------------------------------------------

/** Options of `layerNorm`. */
export interface LayerNormConfig extends NormConfig {
  /** Axes that mean and variance are taken over, and that gamma and beta have elements for: the last when absent. */
  readonly axes?: readonly number[]
}

/**
 * Layer normalisation (Ba et al. 2016): each row, or each place of a sequence, by its own
 * mean and variance over features. The shape stays; `gamma` and `beta` have the shape of
 * the normalised axes.
 *
 * @example
 * Layer.layerNorm()                       // [batch, time, features], over features
 * Layer.layerNorm({ axes: [1, 2, 3] })    // whole images
 */
export const layerNorm = unaryOr<Norm & { readonly axes: Axes }, LayerNormConfig>({
  kind: 'layerNorm',
  options: { ...normOptions, axes: orElse<Axes>(axes, [-1]) },
  slots: normSlots,
  rule: (o) => ([x]) => {
    const s = shapeIn(x)
    return pipe(
      axesIn(o.axes, s, 'axes'),
      E.chain((along) => along.includes(0)
        ? fail('ShapeMismatch', ['axes'], `axes [${along.join(', ')}] of input ${Ext.showShape(s)}`, 'axes of one row, without axis 0', 'use Layer.batchNorm for statistics over the batch')
        : pipe(over(s, along, 'axes'), E.map((own): Plan => ({
            params: needs(own),
            apply: (given) => ({ output: scaled(standardised(B.float(x), along, o.epsilon), own, given) })
          }))))
    )
  }
})

/** Channels, and what stands behind them, in groups. */
const grouped = (x: Tensor, s: Shape, groups: number, o: Norm): Either<GelatoErrors, Plan> =>
  pipe(over(s, [1]), E.map((own): Plan => {
    const [channels] = own.shape
    const cut = B.reshape(B.float(x), [s[0], groups, channels / groups, ...s.slice(2)])
    const along = shapeIn(cut).flatMap((_, i) => (i < 2 ? [] : [i]))
    return {
      params: needs(own),
      apply: (given) => ({ output: scaled(B.reshape(standardised(cut, along, o.epsilon), s), own, given) })
    }
  }))

/** Options of `groupNorm`. */
export interface GroupNormConfig extends NormConfig {
  /** How many groups the channels are cut in; it divides their number. */
  readonly groups: number
}

/**
 * Group normalisation (Wu and He 2018) of [batch, channels, ...]: each group of channels
 * of each row by its own mean and variance, whatever the batch. The shape stays; `gamma`
 * and `beta` have one element a channel.
 *
 * @example
 * Layer.groupNorm({ groups: 8 })
 */
export const groupNorm = unary<Norm & { readonly groups: number }, GroupNormConfig>({
  kind: 'groupNorm',
  options: { ...normOptions, groups: count(1) },
  slots: normSlots,
  label: (o) => `${o.groups} groups`,
  rule: (o) => ([x]) => {
    const s = shapeIn(x)
    return s.length < 2 || (typeof s[1] === 'number' && s[1] % o.groups !== 0)
      ? fail('ShapeMismatch', ['groups'], `${o.groups} groups of input ${Ext.showShape(s)}`, 'channels on axis 1 whose number the groups divide', s.length < 2 ? 'give the input a channel axis: [batch, channels, ...]' : `use a divisor of ${Ext.show(s[1])}`)
      : grouped(x, s, o.groups, o)
  }
})

/** Options of `instanceNorm`. */
export interface InstanceNormConfig extends NormConfig {
  readonly name?: string
}

/**
 * Instance normalisation (Ulyanov et al. 2016) of [batch, channels, ...]: each channel of
 * each row by its own mean and variance over its places. The shape stays; `gamma` and
 * `beta` have one element a channel.
 *
 * @example
 * Layer.instanceNorm()
 */
export const instanceNorm = unaryOr<Norm, InstanceNormConfig>({
  kind: 'instanceNorm',
  options: normOptions,
  slots: normSlots,
  rule: (o) => ([x]) => {
    const s = shapeIn(x)
    return s.length < 3
      ? fail('ShapeMismatch', [], `input ${Ext.showShape(s)}`, 'channels with places: [batch, channels, ...] of three axes or more', 'use Layer.layerNorm for rows of features')
      : pipe(over(s, [1]), E.chain(({ shape: [channels] }) => grouped(x, s, channels, o)))
  }
})
