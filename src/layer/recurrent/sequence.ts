/**
 * What recurrent layers share: sequences [batch, time, features] with an optional mask,
 * run over time from a first state, either way.
 *
 * A masked step leaves the state as it was. Outputs lie at their step's place whichever
 * way the sequence is run; the final output is that of the last step that was run.
 *
 * @since 0.3.0
 */
import { E } from '../../fp.ts'
import type { Either } from '../../fp.ts'
import { fail, within } from '../../error.ts'
import type { GelatoErrors } from '../../error.ts'
import * as B from '../../tensor/build.ts'
import * as Ext from '../../tensor/extent.ts'
import type { Extent } from '../../tensor/extent.ts'
import type { Tensor } from '../../tensor/node.ts'
import { shapeIn } from '../axes.ts'
import type { Readers } from '../make.ts'
import type { Layer, Network } from '../network.ts'
import { isNetwork } from '../network.ts'
import type { Reader } from '../option.ts'
import { flag, optional, orElse, read, text } from '../option.ts'
import type { OptionalWeight, ParamValue, Slot } from '../param.ts'
import { fixed, hole, none, optionalWeight } from '../param.ts'
import type { Need } from '../plan.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Options that all recurrent layers take. */
export interface RecurrentOptions {
  /** A network [batch, time] of numbers that are 0 where a step is left out: the state stays as it was. */
  readonly mask?: Network
  /** From the last step to the first; outputs stay at their steps' places. False when absent. */
  readonly backwards?: boolean
  /** The last state alone, [batch, units], instead of all of them, [batch, time, units]. False when absent. */
  readonly onlyReturnFinal?: boolean
  /** In gradients, what flows back through pre-activations is cut to [-value, value]; not cut when absent. */
  readonly gradientClipping?: number
  /** First hidden state [units], the same for all rows: fixed at 0 when absent; `Spec.learn(0)` learns it, a prior infers it. */
  readonly hidInit?: OptionalWeight
  readonly name?: string
}

/** The options as read. */
export interface Shared {
  readonly mask: boolean
  readonly backwards: boolean
  readonly onlyReturnFinal: boolean
  readonly gradientClipping: number | undefined
  readonly hidInit: ParamValue
}

/** Sequences to run over. */
export interface Sequence {
  /** [batch, time, features] */
  readonly x: Tensor
  readonly batch: Extent
  readonly time: Extent
  readonly features: number
  /** [batch, time] of bool */
  readonly mask: Tensor | undefined
}

// -----------------------------------------------------------------------------
// options
// -----------------------------------------------------------------------------

const masked: Reader<boolean> = (x, path) =>
  x === undefined || isNetwork(x) ? E.right(x !== undefined) : fail('BadOption', path, text(x), 'a network', "such as Layer.input([null, time], { name: 'mask' })")

const positive: Reader<number> = (x, path) =>
  typeof x === 'number' && x > 0 && Number.isFinite(x) ? E.right(x) : fail('BadOption', path, text(x), 'a number above 0', 'such as 1; leave it out for none')

/** A first state: the default of its role, fixed at 0, where nothing is said. */
export const firstState: Reader<ParamValue> = (x, path) => (x === undefined ? E.right(hole) : x === null ? E.right(fixed(B.scalar(0))) : optionalWeight(x, path))

/** Readers of the shared options. */
export const shared: Readers<Shared> = {
  mask: masked, backwards: orElse(flag, false), onlyReturnFinal: orElse(flag, false), gradientClipping: optional(positive), hidInit: firstState
}

/** Options inside an option, such as those of a gate. */
export const nested = <A>(readers: Readers<A>): Reader<A> => (x, path) => {
  const { value, problems } = read<A>(x ?? {}, readers)
  return value === undefined ? E.left(path.reduceRight((es, step) => es.map(within(step)), problems) as unknown as GelatoErrors) : E.right(value)
}

/** A parameter that the layer can do without, and is without when nothing is said. */
export const absentOr = (reader: Reader<ParamValue>): Reader<ParamValue> => orElse(reader, none)

/** The first state as a parameter. */
export const initial = (value: ParamValue): Slot => ({ role: 'initial', value })

/** A layer of several networks as one on its input, with the mask of the options after it. */
export const withMask =
  (layer: (networks: readonly Network[]) => Network, config: unknown): Layer =>
  (network) => {
    const mask = typeof config === 'object' && config !== null ? (config as { readonly mask?: unknown }).mask : undefined
    return layer(isNetwork(mask) ? [network, mask] : [network])
  }

/** A few words for pictures. */
export const labelOf = (o: Shared): string => `${o.backwards ? ', backwards' : ''}${o.onlyReturnFinal ? ', final only' : ''}${o.mask ? ', masked' : ''}`

// -----------------------------------------------------------------------------
// inputs
// -----------------------------------------------------------------------------

/** The mask, checked against the sequences. */
export const maskIn = (mask: Tensor | undefined, batch: Extent, time: Extent): Either<GelatoErrors, Tensor | undefined> => {
  if (mask === undefined) return E.right(undefined)
  const s = shapeIn(mask)
  return Ext.sameShape(s, [batch, time])
    ? E.right(B.ne(mask, 0))
    : fail('ShapeMismatch', ['mask'], `mask ${Ext.showShape(s)}`, `a number for each step, ${Ext.showShape([batch, time])}`, 'give the mask the batch and time of the input; where time is null in both it is two different symbols: give a number')
}

/** The inputs of a recurrent layer: the sequences, trailing axes flattened, and the mask. */
export const sequenceIn = ([input, mask]: readonly Tensor[]): Either<GelatoErrors, Sequence> => {
  const s = shapeIn(input), [batch, time] = s, features = Ext.size(s.slice(2))
  if (s.length < 3 || typeof features !== 'number')
    return fail('ShapeMismatch', [], `input ${Ext.showShape(s)}`, 'sequences [batch, time, features] of known features', s.length < 3 ? 'Layer.reshape({ shape: [[0], time, features] }) makes sequences of rows' : 'give the features as numbers instead of null')
  return E.map((m: Tensor | undefined): Sequence => ({ x: B.reshape(B.float(input), [batch, time, features]), batch, time, features, mask: m }))(maskIn(mask, batch, time))
}

/** What a matrix and a bias need, as parameters of a gate. */
export const gateNeeds = (gate: string, features: number, units: number): Readonly<Record<string, Need>> => ({
  [`${gate}Win`]: { shape: [features, units], fanIn: features, fanOut: units },
  [`${gate}Whid`]: { shape: [units, units], fanIn: units, fanOut: units },
  [`${gate}b`]: { shape: [units], fanIn: features, fanOut: units }
})

// -----------------------------------------------------------------------------
// arithmetic
// -----------------------------------------------------------------------------

/** Cuts the gradient that flows back through a pre-activation. */
export const clipped = (o: Shared) => (t: Tensor): Tensor => (o.gradientClipping === undefined ? t : B.clipGradient(t, o.gradientClipping))

/** Vectors side by side, zeros where there is none; null where all are absent. */
export const beside = (vectors: readonly (Tensor | null)[], units: number): Tensor | null =>
  vectors.every((v) => v === null) ? null : B.concat(vectors.map((v) => v ?? B.full([units], 0)), 0)

/** x W + b */
export const affine = (x: Tensor, W: Tensor, b: Tensor | null): Tensor => (b === null ? B.matmul(x, W) : B.add(B.matmul(x, W), b))

/** The first two axes exchanged. */
const turned = (t: Tensor): Tensor => B.transpose(t, [1, 0, ...shapeIn(t).slice(2).map((_, i) => i + 2)])

/** States by name; the one called `h` is the output. */
export type States = Readonly<Record<string, Tensor>> & { readonly h: Tensor }

/**
 * Runs a step over time. `init` are first states without the batch axis, `x` what each
 * step gets, [batch, time, ...]; gives [batch, time, ...] of h, or the last h.
 */
export const run = (o: Shared, { batch, mask }: Pick<Sequence, 'batch' | 'mask'>, init: States, x: Tensor, step: (states: States, x: Tensor) => States): Tensor => {
  const begin = Object.fromEntries(Object.entries(init).map(([k, t]) => [k, B.broadcastTo(t, [batch, ...shapeIn(t)])])) as States
  const kept = (on: Tensor, next: Tensor, old: Tensor): Tensor => B.select(B.reshape(on, [batch, ...shapeIn(old).slice(1).map(() => 1)]), next, old)
  const { carry, out } = B.scan(
    (states: States, at: Readonly<Record<string, Tensor>>) => {
      const made = step(states, at['x'])
      const next = mask === undefined ? made : (Object.fromEntries(Object.entries(made).map(([k, t]) => [k, kept(at['on'], t, states[k])])) as States)
      return { carry: next, out: o.onlyReturnFinal ? {} : { h: next.h } }
    },
    { init: begin, xs: { x: turned(x), ...(mask === undefined ? {} : { on: turned(mask) }) }, reverse: o.backwards }
  )
  return o.onlyReturnFinal ? carry.h : turned((out as { readonly h: Tensor }).h)
}
