/**
 * The plain recurrent layer: h' = f(x Win + h Whid + b).
 *
 * @since 0.3.0
 */
import { E, pipe } from '../../fp.ts'
import * as B from '../../tensor/build.ts'
import type { Activation, Nonlinearity } from '../activation.ts'
import { activation } from '../activation.ts'
import { joining } from '../make.ts'
import type { Layer, Rule } from '../network.ts'
import { count } from '../option.ts'
import type { OptionalWeight, ParamValue, Weight } from '../param.ts'
import { optionalWeight, weight } from '../param.ts'
import type { RecurrentOptions, Shared } from './sequence.ts'
import { affine, clipped, gateNeeds, initial, labelOf, run, sequenceIn, shared, withMask } from './sequence.ts'

/** Options of `recurrent`. */
export interface RecurrentConfig extends RecurrentOptions {
  /** Length of the hidden state. */
  readonly units: number
  /** `tanh` when absent. */
  readonly activation?: Activation
  /** Weights of the input [features, units]. */
  readonly Win?: Weight
  /** Weights of the hidden state [units, units]. */
  readonly Whid?: Weight
  /** Bias [units]; null for none. */
  readonly b?: OptionalWeight
}

interface Options extends Shared {
  readonly units: number
  readonly activation: Nonlinearity
  readonly Win: ParamValue
  readonly Whid: ParamValue
  readonly b: ParamValue
}

const rule = (o: Options): Rule => (inputs) => pipe(
  sequenceIn(inputs),
  E.map((s) => ({
    params: { ...gateNeeds('', s.features, o.units), hidInit: { shape: [o.units], fanIn: 1, fanOut: o.units } },
    apply: ({ params: { Win, Whid, b, hidInit } }) => ({
      // The inputs of all steps at once: the loop is left with the product that must wait.
      output: run(o, s, { h: hidInit ?? B.full([o.units], 0) }, affine(s.x, Win ?? B.full([s.features, o.units], 0), b), ({ h }, x) =>
        ({ h: o.activation.f(clipped(o)(B.add(B.matmul(h, Whid ?? B.full([o.units, o.units], 0)), x))) }))
    })
  }))
)

const make = joining<Options, RecurrentConfig>({
  kind: 'recurrent',
  options: { units: count(1), activation: (x, path) => activation(x ?? 'tanh', path), Win: weight, Whid: weight, b: optionalWeight, ...shared },
  slots: (o) => ({
    Win: { role: 'weight', value: o.Win }, Whid: { role: 'weight', value: o.Whid }, b: { role: 'bias', value: o.b }, hidInit: initial(o.hidInit)
  }),
  label: (o) => `${o.units}, ${o.activation.name}${labelOf(o)}`,
  rule
})

/**
 * A plain recurrent layer (Elman 1990): [batch, time, features] to [batch, time, units],
 * h' = activation(x Win + h Whid + b). Axes behind the third are flattened.
 *
 * Weights of PyTorch's `RNN` fit transposed: Win is `weight_ih`, Whid is `weight_hh`,
 * b the sum of its two biases.
 *
 * @example
 * pipe(Layer.input([null, 20, 8], { name: 'x' }), Layer.recurrent({ units: 16, onlyReturnFinal: true }))
 */
export const recurrent = (config: RecurrentConfig): Layer => withMask(make(config), config)
