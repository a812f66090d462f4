/**
 * Fully connected layers: the leading axes are kept, the trailing ones are flattened
 * and mapped to `units`.
 *
 * @since 0.1.0
 */
import { E } from '../fp.ts'
import { fail } from '../error.ts'
import * as B from '../tensor/build.ts'
import * as Ext from '../tensor/extent.ts'
import type { Activation, Nonlinearity } from './activation.ts'
import { activation } from './activation.ts'
import { unary } from './make.ts'
import type { Rule } from './network.ts'
import { count, integer, orElse } from './option.ts'
import type { OptionalWeight, ParamValue, Weight } from './param.ts'
import { optionalWeight, weight } from './param.ts'

/** Options of `dense`. */
export interface DenseConfig {
  /** How many units: the features of the output. */
  readonly units: number
  /** `linear` when absent. */
  readonly activation?: Activation
  /** Weights [inputs, units]. */
  readonly W?: Weight
  /** Bias [units]; null for none. */
  readonly b?: OptionalWeight
  /** How many leading axes are kept, 1 when absent; negative: how many trailing ones are flattened. */
  readonly numLeadingAxes?: number
  readonly name?: string
}

interface Options {
  readonly units: number
  readonly activation: Nonlinearity
  readonly W: ParamValue
  readonly b: ParamValue
  readonly numLeadingAxes: number
}

const rule = (o: Options): Rule => ([x]) => {
  const s = E.isRight(x.type) ? x.type.right.shape : []
  const keep = o.numLeadingAxes < 0 ? s.length + o.numLeadingAxes : o.numLeadingAxes
  if (keep < 1 || keep >= s.length)
    return fail('ShapeMismatch', ['numLeadingAxes'], `${o.numLeadingAxes} leading axes of input ${Ext.showShape(s)}`, 'at least one leading and one trailing axis', s.length < 2 ? 'give the input a feature axis: Layer.reshape({ shape: [[0], 1] })' : `use a number from 1 to ${s.length - 1}`)
  const inputs = Ext.size(s.slice(keep))
  if (typeof inputs !== 'number')
    return fail('ShapeMismatch', [], `input ${Ext.showShape(s)}`, 'known extents on the axes that are flattened', 'give them as numbers instead of null, or keep those axes with numLeadingAxes')
  return E.right({
    params: { W: { shape: [inputs, o.units], fanIn: inputs, fanOut: o.units }, b: { shape: [o.units], fanIn: inputs, fanOut: o.units } },
    apply: ({ params: { W, b } }) => {
      const y = B.matmul(B.reshape(B.float(x), [...s.slice(0, keep), inputs]), W ?? B.scalar(0))
      return { output: o.activation.f(b === null ? y : B.add(y, b)) }
    }
  })
}

/**
 * A fully connected layer: [batch, ...] to [batch, units].
 *
 * @example
 * Layer.dense({ units: 10, activation: 'softmax' })
 */
export const dense = unary<Options, DenseConfig>({
  kind: 'dense',
  options: {
    units: count(1),
    activation: (x, path) => activation(x ?? 'linear', path),
    W: weight,
    b: optionalWeight,
    numLeadingAxes: orElse(integer, 1)
  },
  slots: (o) => ({ W: { role: 'weight', value: o.W }, b: { role: 'bias', value: o.b } }),
  label: (o) => `${o.units}, ${o.activation.name}`,
  rule
})
