/**
 * Network in network: a fully connected layer over the channels, applied at every place.
 *
 * @since 0.2.0
 */
import { E } from '../fp.ts'
import { fail } from '../error.ts'
import * as B from '../tensor/build.ts'
import * as Ext from '../tensor/extent.ts'
import type { Activation, Nonlinearity } from './activation.ts'
import { activation } from './activation.ts'
import { shapeIn } from './axes.ts'
import { unary } from './make.ts'
import { count, flag, orElse } from './option.ts'
import type { OptionalWeight, ParamValue, Weight } from './param.ts'
import { optionalWeight, weight } from './param.ts'

/** Options of `nin`. */
export interface NinConfig {
  /** Channels of the output. */
  readonly units: number
  /** `linear` when absent. */
  readonly activation?: Activation
  /** Weights [channels, units]. */
  readonly W?: Weight
  /** Bias [units], or [units, ...places] with `untieBiases`; null for none. */
  readonly b?: OptionalWeight
  /** A bias for every place of the output; false when absent. */
  readonly untieBiases?: boolean
  readonly name?: string
}

interface Options {
  readonly units: number
  readonly activation: Nonlinearity
  readonly W: ParamValue
  readonly b: ParamValue
  readonly untieBiases: boolean
}

/**
 * A fully connected layer over channels, the same at every place (Lin et al. 2013):
 * [batch, channels, ...places] to [batch, units, ...places]. A 1 x 1 convolution.
 *
 * @example
 * Layer.nin({ units: 10, activation: 'relu' })
 */
export const nin = unary<Options, NinConfig>({
  kind: 'nin',
  options: {
    units: count(1), activation: (x, path) => activation(x ?? 'linear', path), W: weight, b: optionalWeight, untieBiases: orElse(flag, false)
  },
  slots: (o) => ({ W: { role: 'weight', value: o.W }, b: { role: 'bias', value: o.b } }),
  label: (o) => `${o.units}, ${o.activation.name}`,
  rule: (o) => ([x]) => {
    const s = shapeIn(x), [rows, channels, ...places] = s
    if (s.length < 2 || typeof channels !== 'number')
      return fail('ShapeMismatch', [], `input ${Ext.showShape(s)}`, 'a known number of channels on axis 1: [batch, channels, ...]', 'give the channels as a number; Layer.transpose brings them to axis 1')
    const known = places.filter((e): e is number => typeof e === 'number')
    if (o.untieBiases && known.length < places.length)
      return fail('ShapeMismatch', ['untieBiases'], `a bias for every place of input ${Ext.showShape(s)}`, 'known extents behind the channels', 'give them as numbers instead of null, or leave untieBiases out')
    const tied = o.untieBiases ? [o.units, ...known] : [o.units]
    return E.right({
      params: { W: { shape: [channels, o.units], fanIn: channels, fanOut: o.units }, b: { shape: tied, fanIn: channels, fanOut: o.units } },
      apply: ({ params: { W, b } }) => {
        const sums = B.matmul(B.transpose(W ?? B.full([channels, o.units], 0)), B.reshape(B.float(x), [rows, channels, Ext.size(places)]))
        const y = B.reshape(sums, [rows, o.units, ...places])
        return { output: o.activation.f(b === null ? y : B.add(y, B.reshape(b, o.untieBiases ? tied : [o.units, ...places.map(() => 1)]))) }
      }
    })
  }
})
