/**
 * A recurrence made of layers: one from the input to the hidden state, one from the hidden
 * state to itself.
 *
 * Both are ordinary layers of the network, so their parameters have names, priors and
 * defaults like any other: the first sees all steps as rows of one batch; the second is
 * put on a stand-in for the hidden state, and what it gives is run in the loop.
 *
 * @since 0.3.0
 */
import { E, pipe } from '../../fp.ts'
import { fail } from '../../error.ts'
import * as B from '../../tensor/build.ts'
import * as Ext from '../../tensor/extent.ts'
import { leafName } from '../../tensor/ops/leaves.ts'
import { leavesOf, replace } from '../../tensor/replace.ts'
import type { Activation, Nonlinearity } from '../activation.ts'
import { activation } from '../activation.ts'
import { shapeIn } from '../axes.ts'
import { joining, unary } from '../make.ts'
import type { Layer, Network, Rule } from '../network.ts'
import { applyTo, isNetwork } from '../network.ts'
import type { Reader } from '../option.ts'
import { text } from '../option.ts'
import { plain } from '../plan.ts'
import type { RecurrentOptions, Shared } from './sequence.ts'
import { clipped, initial, labelOf, maskIn, run, shared } from './sequence.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Options of `customRecurrent`. */
export interface CustomRecurrentConfig extends RecurrentOptions {
  /** From an element of a sequence, [rows, ...], to the shape of the hidden state; all layers can stand here. */
  readonly inputToHidden: Layer
  /** From the hidden state to its own shape; all layers without states can stand here. */
  readonly hiddenToHidden: Layer
  /** `tanh` when absent. */
  readonly activation?: Activation
}

interface Options extends Shared {
  readonly inputToHidden: Layer
  readonly hiddenToHidden: Layer
  readonly activation: Nonlinearity
}

const layer: Reader<Layer> = (x, path) =>
  typeof x === 'function' ? E.right(x as Layer) : fail('BadOption', path, text(x), 'a layer', 'such as Layer.dense({ units: 16 })')

// -----------------------------------------------------------------------------
// parts
// -----------------------------------------------------------------------------

/** Every step of every sequence as a row. */
const steps = unary<Readonly<Record<never, never>>, object>({
  kind: 'steps',
  options: {},
  rule: () => ([x]) => {
    const [batch, time, ...rest] = shapeIn(x)
    return time === undefined || rest.length === 0
      ? fail('ShapeMismatch', [], `input ${Ext.showShape(shapeIn(x))}`, 'sequences [batch, time, ...]', 'Layer.reshape({ shape: [[0], time, features] }) makes sequences of rows')
      : E.right(plain(B.reshape(x, [Ext.mul(batch, time), ...rest])))
  }
})

/** A stand-in for the hidden state: what the loop puts its own in the place of. */
const hidden = joining<Readonly<Record<never, never>>, object>({
  kind: 'hidden',
  options: {},
  rule: () => ([x, made], at) => E.right(plain(B.leaf('input', `${at.name}.state`, [shapeIn(x)[0], ...shapeIn(made).slice(1)])))
})

const rule = (o: Options): Rule => ([x, made, state, next, given]) => {
  const [batch, time] = shapeIn(x), own = shapeIn(made).slice(1), shape = own.filter((e): e is number => typeof e === 'number')
  if (shape.length < own.length || !Ext.same(shapeIn(made)[0], Ext.mul(batch, time)))
    return fail('ShapeMismatch', ['inputToHidden'], `${Ext.showShape(shapeIn(made))} from rows ${Ext.show(Ext.mul(batch, time))}`, 'a row of known extents for each row', 'keep the first axis, and give extents as numbers')
  if (!Ext.sameShape(shapeIn(next), [batch, ...shape]))
    return fail('ShapeMismatch', ['hiddenToHidden'], `${Ext.showShape(shapeIn(next))} from ${Ext.showShape([batch, ...shape])}`, 'the shape of the hidden state', `end it in ${Ext.showShape([batch, ...shape])}, as inputToHidden does`)
  const stateful = leavesOf([next]).find((l) => l.op === 'state')
  if (stateful !== undefined)
    return fail('BadLayer', ['hiddenToHidden'], `the state ${String(leafName(stateful))}`, 'layers without states: a loop has no place for what changes from step to step of the training', 'use layerNorm in the place of batchNorm')
  return pipe(
    maskIn(given, batch, time),
    E.map((mask) => ({
      params: { hidInit: { shape, fanIn: 1, fanOut: Ext.size(shape) as number } },
      apply: ({ params: { hidInit } }) => ({
        output: run(o, { batch, mask }, { h: hidInit ?? B.full(shape, 0) }, B.reshape(B.float(made), [batch, time, ...shape]), ({ h }, xs) => {
          const [back] = replace([[state, h]])([next])
          return { h: o.activation.f(clipped(o)(B.add(xs, back))) }
        })
      })
    }))
  )
}

const make = joining<Options, CustomRecurrentConfig>({
  kind: 'customRecurrent',
  options: { inputToHidden: layer, hiddenToHidden: layer, activation: (x, path) => activation(x ?? 'tanh', path), ...shared },
  slots: (o) => ({ hidInit: initial(o.hidInit) }),
  label: (o) => `${o.activation.name}${labelOf(o)}`,
  rule
})

/**
 * A recurrence of any layers: h' = activation(inputToHidden(x) + hiddenToHidden(h)), of
 * [batch, time, ...] to [batch, time, ...hidden]. The layers are named like those of the
 * network around them.
 *
 * @example
 * pipe(Layer.input([null, 9, 1, 8, 8], { name: 'film' }), Layer.customRecurrent({
 *   inputToHidden: Layer.conv2d({ filters: 4, size: 3, padding: 'same' }),
 *   hiddenToHidden: Layer.conv2d({ filters: 4, size: 3, padding: 'same' }),
 *   onlyReturnFinal: true
 * }))
 */
export const customRecurrent = (config: CustomRecurrentConfig): Layer => {
  const join = make(config)
  const option = (k: 'inputToHidden' | 'hiddenToHidden' | 'mask'): unknown => (typeof config === 'object' && config !== null ? config[k] : undefined)
  return (network: Network): Network => {
    const made = applyTo(steps({})(network))(option('inputToHidden') as Layer)
    const state = hidden({})([network, made])
    const next = applyTo(state)(option('hiddenToHidden') as Layer), mask = option('mask')
    return join([network, made, state, next, ...(isNetwork(mask) ? [mask] : [])])
  }
}
