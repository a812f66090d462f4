/**
 * Long short-term memory with peepholes (Hochreiter and Schmidhuber 1997; Gers,
 * Schraudolph and Schmidhuber 2002).
 *
 * Products with the gates' weights are taken side by side in the order ingate,
 * forgetgate, cell, outgate: a matrix [features, 4 units] that was trained elsewhere in
 * that order is cut into the four of the gates.
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
import { count, flag, orElse } from '../option.ts'
import type { OptionalWeight, ParamValue, Slot, Weight } from '../param.ts'
import { optionalWeight, weight } from '../param.ts'
import type { Need } from '../plan.ts'
import type { RecurrentOptions, Shared } from './sequence.ts'
import { affine, beside, clipped, firstState, gateNeeds, initial, labelOf, nested, run, sequenceIn, shared, withMask } from './sequence.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** A gate: its weights and its nonlinearity. */
export interface Gate {
  /** Weights of the input [features, units]. */
  readonly Win?: Weight
  /** Weights of the hidden state [units, units]. */
  readonly Whid?: Weight
  /** Peephole: weights of the cell [units], element by element; null for none. */
  readonly Wcell?: OptionalWeight
  /** Bias [units]; null for none. */
  readonly b?: OptionalWeight
  /** `sigmoid` when absent; `tanh` for what goes into the cell or the hidden state. */
  readonly activation?: Activation
}

/** Options of `lstm`. */
export interface LstmConfig extends RecurrentOptions {
  /** Length of the hidden state and of the cell. */
  readonly units: number
  /** How much of the new goes into the cell. */
  readonly ingate?: Gate
  /** How much of the cell is kept. */
  readonly forgetgate?: Gate
  /** What goes into the cell; it has no peephole. */
  readonly cell?: Omit<Gate, 'Wcell'>
  /** How much of the cell comes out. */
  readonly outgate?: Gate
  /** What the cell goes through on its way out, `tanh` when absent. */
  readonly activation?: Activation
  /** Do the gates see the cell? True when absent. */
  readonly peepholes?: boolean
  /** First cell [units], the same for all rows: fixed at 0 when absent; any spec otherwise. */
  readonly cellInit?: OptionalWeight
}

interface GateOptions {
  readonly Win: ParamValue
  readonly Whid: ParamValue
  readonly b: ParamValue
  readonly activation: Nonlinearity
}

interface Peeping extends GateOptions {
  readonly Wcell: ParamValue
}

interface Options extends Shared {
  readonly units: number
  readonly ingate: Peeping
  readonly forgetgate: Peeping
  readonly cell: GateOptions
  readonly outgate: Peeping
  readonly activation: Nonlinearity
  readonly peepholes: boolean
  readonly cellInit: ParamValue
}

/** The gates in the order of the fused product. */
const GATES = ['ingate', 'forgetgate', 'cell', 'outgate'] as const
const PEEPING = ['ingate', 'forgetgate', 'outgate'] as const

// -----------------------------------------------------------------------------
// options
// -----------------------------------------------------------------------------

const plain = (f: Activation): { readonly [K in keyof GateOptions]: Reader<GateOptions[K]> } =>
  ({ Win: weight, Whid: weight, b: optionalWeight, activation: (x, path) => activation(x ?? f, path) })
const gate = nested<Peeping>({ ...plain('sigmoid'), Wcell: optionalWeight })

const slotsOf = (o: Options): Readonly<Record<string, Slot>> => ({
  ...Object.fromEntries(GATES.flatMap((g) => [
    [`${g}.Win`, { role: 'weight', value: o[g].Win }], [`${g}.Whid`, { role: 'weight', value: o[g].Whid }], [`${g}.b`, { role: 'bias', value: o[g].b }]
  ] as const)),
  ...(o.peepholes ? Object.fromEntries(PEEPING.map((g) => [`${g}.Wcell`, { role: 'weight', value: o[g].Wcell }] as const)) : {}),
  hidInit: initial(o.hidInit), cellInit: initial(o.cellInit)
})

// -----------------------------------------------------------------------------
// rule
// -----------------------------------------------------------------------------

const needsOf = (o: Options, features: number): Readonly<Record<string, Need>> => {
  const first: Need = { shape: [o.units], fanIn: 1, fanOut: o.units }
  return {
    ...Object.assign({}, ...GATES.map((g) => gateNeeds(`${g}.`, features, o.units))) as Readonly<Record<string, Need>>,
    // A peephole is a factor of one number alone: it starts small, not as a matrix would.
    ...(o.peepholes ? Object.fromEntries(PEEPING.map((g) => [`${g}.Wcell`, { shape: [o.units], fanIn: 1, fanOut: 1, init: { _tag: 'Normal', mean: 0, sd: 0.1 } } satisfies Need])) : {}),
    hidInit: first, cellInit: first
  }
}

const rule = (o: Options): Rule => (inputs) => pipe(
  sequenceIn(inputs),
  E.map((s) => ({
    params: needsOf(o, s.features),
    apply: ({ params }) => {
      const n = o.units, matrices = (k: string, rows: number): Tensor => B.concat(GATES.map((g) => params[`${g}.${k}`] ?? B.full([rows, n], 0)), 1)
      const Whid = matrices('Whid', n)
      const peep = (pre: Tensor, g: (typeof PEEPING)[number], c: Tensor): Tensor => { const w = params[`${g}.Wcell`] ?? null; return w === null ? pre : B.add(pre, B.mul(c, w)) }
      const zero = B.full([n], 0)
      const x = affine(s.x, matrices('Win', s.features), beside(GATES.map((g) => params[`${g}.b`] ?? null), n))
      return {
        output: run(o, s, { h: params['hidInit'] ?? zero, c: params['cellInit'] ?? zero }, x, ({ h, c }, xs) => {
          const all = clipped(o)(B.add(B.matmul(h, Whid), xs))
          const [pi, pf, pg, po] = GATES.map((_, k) => B.sliceAxis(all, 1, k * n, (k + 1) * n))
          const i = o.ingate.activation.f(peep(pi, 'ingate', c)), f = o.forgetgate.activation.f(peep(pf, 'forgetgate', c))
          const next = B.add(B.mul(f, c), B.mul(i, o.cell.activation.f(pg)))
          return { h: B.mul(o.outgate.activation.f(peep(po, 'outgate', next)), o.activation.f(next)), c: next }
        })
      }
    }
  }))
)

const make = joining<Options, LstmConfig>({
  kind: 'lstm',
  options: {
    units: count(1), ingate: gate, forgetgate: gate, cell: nested<GateOptions>(plain('tanh')), outgate: gate,
    activation: (x, path) => activation(x ?? 'tanh', path), peepholes: orElse(flag, true), cellInit: firstState, ...shared
  },
  slots: slotsOf,
  label: (o) => `${o.units}${o.peepholes ? ', peepholes' : ''}${labelOf(o)}`,
  rule
})

/**
 * Long short-term memory: [batch, time, features] to [batch, time, units]. With c the cell,
 * h the hidden state, * element by element, and p the peepholes `Wcell`:
 *
 * - i = sigmoid(x Win + h Whid + c * p + b) of the ingate, f likewise of the forgetgate
 * - c' = f * c + i * tanh(x Win + h Whid + b) of the cell
 * - o = sigmoid(x Win + h Whid + c' * p + b) of the outgate, h' = o * tanh(c')
 *
 * Parameters are named by their gate, `lstm_1.ingate.Win`. Biases have no offset.
 * PyTorch's `LSTM` has no peepholes; its rows i, f, g, o are ingate, forgetgate, cell,
 * outgate, transposed, and each bias is the sum of its two.
 *
 * @example
 * pipe(Layer.input([null, 28, 28], { name: 'rows' }), Layer.lstm({ units: 64, onlyReturnFinal: true }), Layer.dense({ units: 10, activation: 'softmax' }))
 */
export const lstm = (config: LstmConfig): Layer => withMask(make(config), config)
