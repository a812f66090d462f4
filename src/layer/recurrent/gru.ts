/**
 * Gated recurrent units (Cho et al. 2014), the reset applied after the product.
 *
 * Products with the gates' weights are taken side by side in the order resetgate,
 * updategate, hiddenUpdate.
 *
 * @since 0.3.0
 */
import { E, pipe } from '../../fp.ts'
import * as B from '../../tensor/build.ts'
import type { Tensor } from '../../tensor/node.ts'
import type { Activation, Nonlinearity } from '../activation.ts'
import { activation } from '../activation.ts'
import { joining } from '../make.ts'
import type { Layer, Rule } from '../network.ts'
import type { Reader } from '../option.ts'
import { count } from '../option.ts'
import type { OptionalWeight, ParamValue } from '../param.ts'
import { optionalWeight, weight } from '../param.ts'
import type { Need } from '../plan.ts'
import type { Gate } from './lstm.ts'
import type { RecurrentOptions, Shared } from './sequence.ts'
import { absentOr, affine, beside, clipped, gateNeeds, initial, labelOf, nested, run, sequenceIn, shared, withMask } from './sequence.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** What a gated recurrent unit would become. */
export interface HiddenUpdate extends Omit<Gate, 'Wcell'> {
  /** A bias [units] inside the reset, r * (h Whid + bHid); none when absent. */
  readonly bHid?: OptionalWeight
}

/** Options of `gru`. */
export interface GruConfig extends RecurrentOptions {
  /** Length of the hidden state. */
  readonly units: number
  /** How much of the hidden state goes into what it would become. */
  readonly resetgate?: Omit<Gate, 'Wcell'>
  /** How much of the hidden state is replaced. */
  readonly updategate?: Omit<Gate, 'Wcell'>
  /** What the hidden state would become. */
  readonly hiddenUpdate?: HiddenUpdate
}

interface GateOptions {
  readonly Win: ParamValue
  readonly Whid: ParamValue
  readonly b: ParamValue
  readonly activation: Nonlinearity
}

interface Options extends Shared {
  readonly units: number
  readonly resetgate: GateOptions
  readonly updategate: GateOptions
  readonly hiddenUpdate: GateOptions & { readonly bHid: ParamValue }
}

/** The gates in the order of the fused product. */
const GATES = ['resetgate', 'updategate', 'hiddenUpdate'] as const

// -----------------------------------------------------------------------------
// rule
// -----------------------------------------------------------------------------

const plain = (f: Activation): { readonly [K in keyof GateOptions]: Reader<GateOptions[K]> } =>
  ({ Win: weight, Whid: weight, b: optionalWeight, activation: (x, path) => activation(x ?? f, path) })

const rule = (o: Options): Rule => (inputs) => pipe(
  sequenceIn(inputs),
  E.map((s) => ({
    params: {
      ...Object.assign({}, ...GATES.map((g) => gateNeeds(`${g}.`, s.features, o.units))) as Readonly<Record<string, Need>>,
      'hiddenUpdate.bHid': { shape: [o.units], fanIn: o.units, fanOut: o.units }, hidInit: { shape: [o.units], fanIn: 1, fanOut: o.units }
    },
    apply: ({ params }) => {
      const n = o.units, matrices = (k: string, rows: number): Tensor => B.concat(GATES.map((g) => params[`${g}.${k}`] ?? B.full([rows, n], 0)), 1)
      const Whid = matrices('Whid', n), inside = params['hiddenUpdate.bHid'] ?? null, clip = clipped(o)
      const x = affine(s.x, matrices('Win', s.features), beside(GATES.map((g) => params[`${g}.b`] ?? null), n))
      return {
        output: run(o, s, { h: params['hidInit'] ?? B.full([n], 0) }, x, ({ h }, xs) => {
          const hs = B.matmul(h, Whid), part = (t: Tensor, k: number): Tensor => B.sliceAxis(t, 1, k * n, (k + 1) * n)
          const r = o.resetgate.activation.f(clip(B.add(part(xs, 0), part(hs, 0)))), u = o.updategate.activation.f(clip(B.add(part(xs, 1), part(hs, 1))))
          const old = inside === null ? part(hs, 2) : B.add(part(hs, 2), inside)
          const made = o.hiddenUpdate.activation.f(clip(B.add(part(xs, 2), B.mul(r, old))))
          return { h: B.add(h, B.mul(u, B.sub(made, h))) }
        })
      }
    }
  }))
)

const make = joining<Options, GruConfig>({
  kind: 'gru',
  options: {
    units: count(1), resetgate: nested<GateOptions>(plain('sigmoid')), updategate: nested<GateOptions>(plain('sigmoid')),
    hiddenUpdate: nested<Options['hiddenUpdate']>({ ...plain('tanh'), bHid: absentOr(optionalWeight) }), ...shared
  },
  slots: (o) => ({
    ...Object.fromEntries(GATES.flatMap((g) => [
      [`${g}.Win`, { role: 'weight', value: o[g].Win }], [`${g}.Whid`, { role: 'weight', value: o[g].Whid }], [`${g}.b`, { role: 'bias', value: o[g].b }]
    ] as const)),
    'hiddenUpdate.bHid': { role: 'bias', value: o.hiddenUpdate.bHid }, hidInit: initial(o.hidInit)
  }),
  label: (o) => `${o.units}${labelOf(o)}`,
  rule
})

/**
 * Gated recurrent units: [batch, time, features] to [batch, time, units]. With h the hidden
 * state and * element by element:
 *
 * - r = sigmoid(x Win + h Whid + b) of the resetgate, u likewise of the updategate
 * - m = tanh(x Win + b + r * (h Whid)) of the hiddenUpdate
 * - h' = (1 - u) * h + u * m
 *
 * Parameters are named by their gate, `gru_1.resetgate.Win`. PyTorch's `GRU` keeps where
 * this one replaces: its rows r, z, n are resetgate, minus updategate (weights and
 * biases with the sign turned) and hiddenUpdate, transposed; the hidden bias of n is `bHid`.
 *
 * @example
 * pipe(Layer.input([null, 28, 28], { name: 'rows' }), Layer.gru({ units: 64, onlyReturnFinal: true }), Layer.dense({ units: 10, activation: 'softmax' }))
 */
export const gru = (config: GruConfig): Layer => withMask(make(config), config)
