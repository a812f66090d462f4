/**
 * Multi-head attention (Vaswani et al. 2017): for each place of a sequence a weighted mean
 * over the places of a sequence, with weights softmax(q k / sqrt(keyDim)) for each head.
 *
 * @since 0.2.0
 */
import { E } from '../fp.ts'
import { fail } from '../error.ts'
import * as B from '../tensor/build.ts'
import * as Ext from '../tensor/extent.ts'
import type { Shape } from '../tensor/extent.ts'
import type { Tensor } from '../tensor/node.ts'
import { broadcast } from '../tensor/rule.ts'
import { shapeIn } from './axes.ts'
import { joining } from './make.ts'
import type { Network, Rule } from './network.ts'
import { isNetwork } from './network.ts'
import type { Reader } from './option.ts'
import { count, flag, optional, orElse, text } from './option.ts'
import type { OptionalWeight, ParamValue, Weight } from './param.ts'
import { optionalWeight, weight } from './param.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Options of `multiHeadAttention`. */
export interface MultiHeadAttentionConfig {
  /** How many heads. */
  readonly heads: number
  /** Features of the queries and keys of each head; features of the query network / heads when absent. */
  readonly keyDim?: number
  /** Features of the values of each head, `keyDim` when absent. */
  readonly valueDim?: number
  /** Features of the output; those of the query network when absent. */
  readonly units?: number
  /** A place attends to places up to itself alone; false when absent. */
  readonly causal?: boolean
  /** A network of numbers that are 0 where a key isn't attended to: [batch, keys] or [batch, queries, keys]. */
  readonly mask?: Network
  /** Weights of queries [query features, heads * keyDim], head by head. */
  readonly Wq?: Weight
  /** Weights of keys [key features, heads * keyDim]. */
  readonly Wk?: Weight
  /** Weights of values [value features, heads * valueDim]. */
  readonly Wv?: Weight
  /** Weights of the output [heads * valueDim, units]. */
  readonly Wo?: Weight
  /** Bias of queries [heads * keyDim]; null for none. */
  readonly bq?: OptionalWeight
  /** Bias of keys [heads * keyDim]; null for none. */
  readonly bk?: OptionalWeight
  /** Bias of values [heads * valueDim]; null for none. */
  readonly bv?: OptionalWeight
  /** Bias of the output [units]; null for none. */
  readonly bo?: OptionalWeight
  readonly name?: string
}

const WEIGHTS = ['Wq', 'Wk', 'Wv', 'Wo'] as const
const BIASES = ['bq', 'bk', 'bv', 'bo'] as const

type Params = Readonly<Record<(typeof WEIGHTS)[number] | (typeof BIASES)[number], ParamValue>>

interface Options extends Params {
  readonly heads: number
  readonly keyDim: number | undefined
  readonly valueDim: number | undefined
  readonly units: number | undefined
  readonly causal: boolean
  readonly mask: boolean
}

// -----------------------------------------------------------------------------
// arithmetic
// -----------------------------------------------------------------------------

/** [batch, time, heads * width] as [batch, heads, time, width]. */
const byHead = (x: Tensor, heads: number): Tensor => {
  const [batch, time, all] = shapeIn(x)
  return B.transpose(B.reshape(x, [batch, time, heads, (all as number) / heads]), [0, 2, 1, 3])
}

/** [batch, heads, time, width] as [batch, time, heads * width]. */
const together = (x: Tensor): Tensor => {
  const [batch, heads, time, width] = shapeIn(x)
  return B.reshape(B.transpose(x, [0, 2, 1, 3]), [batch, time, Ext.mul(heads, width)])
}

/** Where a query attends to a key: a condition that broadcasts to [batch, heads, queries, keys], undefined for everywhere. */
const allowed = (causal: boolean, mask: Tensor | undefined, logits: Shape): Tensor | undefined => {
  const square = logits.slice(-2)
  const past = causal ? B.ge(B.iota(square, 0), B.iota(square, 1)) : undefined
  const s = mask === undefined ? [] : shapeIn(mask)
  const given = mask === undefined ? undefined : B.reshape(B.ne(mask, 0), s.length === 2 ? [s[0], 1, 1, s[1]] : [s[0], 1, s[1], s[2]])
  return past === undefined ? given : given === undefined ? past : B.and(past, given)
}

/** Softmax over the allowed keys; all zero where there is none. */
const weights = (logits: Tensor, where: Tensor | undefined): Tensor =>
  where === undefined ? B.softmax(logits) : B.select(where, B.softmax(B.select(where, logits, -1e30)), 0)

// -----------------------------------------------------------------------------
// rule
// -----------------------------------------------------------------------------

const rule = (o: Options): Rule => (inputs) => {
  const nets = o.mask ? inputs.slice(0, -1) : inputs, mask = o.mask ? inputs[inputs.length - 1] : undefined
  const shown = nets.map((x) => Ext.showShape(shapeIn(x))).join(', ')
  if (nets.length < 1 || nets.length > 3)
    return fail('ShapeMismatch', [], `${nets.length} networks`, 'one (attention to itself), [query, memory] or [query, key, value]', 'give one network, or an array of two or three')
  const [query, key = query, value = key] = nets
  const [q, k, v] = [query, key, value].map(shapeIn)
  const features = [q, k, v].map((s) => s[2]).filter((e): e is number => typeof e === 'number')
  if ([q, k, v].some((s) => s.length !== 3) || features.length < 3)
    return fail('ShapeMismatch', [], `inputs ${shown}`, 'sequences [batch, time, features] of known features', 'Layer.reshape({ shape: [[0], time, features] }) makes sequences of rows')
  if (![k, v].every((s) => Ext.same(s[0], q[0])) || !Ext.same(k[1], v[1]))
    return fail('ShapeMismatch', [], `inputs ${shown}`, 'one batch, and as many values as keys', 'give keys and values of the same sequence')
  if (o.causal && !Ext.same(q[1], k[1]))
    return fail('ShapeMismatch', ['causal'], `${Ext.show(q[1])} queries and ${Ext.show(k[1])} keys`, 'as many queries as keys', 'causal attention is of a sequence to itself; leave causal out for another')
  const [fq, fk, fv] = features
  if (o.keyDim === undefined && fq % o.heads !== 0)
    return fail('ShapeMismatch', ['heads'], `${o.heads} heads over ${fq} features of input ${Ext.showShape(q)}`, 'heads that divide the features, or a keyDim', `use a divisor of ${fq}, or give keyDim`)
  const logits = [q[0], o.heads, q[1], k[1]]
  if (mask !== undefined) {
    const s = shapeIn(mask), fits = s.length === 2 ? [q[0], k[1]] : [q[0], q[1], k[1]]
    const both = s.length === 2 || s.length === 3 ? broadcast(s, fits) : undefined
    if (both === undefined || !Ext.sameShape(both, fits))
      return fail('ShapeMismatch', ['mask'], `mask ${Ext.showShape(s)} for ${Ext.show(q[1])} queries and ${Ext.show(k[1])} keys`, '[batch, keys] or [batch, queries, keys]', 'a mask has a number for each key, 0 for padding')
  }
  const keyDim = o.keyDim ?? fq / o.heads, valueDim = o.valueDim ?? keyDim, units = o.units ?? fq
  const wide = o.heads * keyDim, deep = o.heads * valueDim
  const pairs: Readonly<Record<string, readonly [number, number]>> = { q: [fq, wide], k: [fk, wide], v: [fv, deep], o: [deep, units] }
  return E.right({
    params: Object.fromEntries(Object.entries(pairs).flatMap(([n, [fanIn, fanOut]]) => [
      [`W${n}`, { shape: [fanIn, fanOut], fanIn, fanOut }], [`b${n}`, { shape: [fanOut], fanIn, fanOut }]
    ])),
    apply: ({ params }) => {
      const mapped = (x: Tensor, n: string): Tensor => {
        const y = B.matmul(x, params[`W${n}`] ?? B.full(pairs[n], 0)), b = params[`b${n}`] ?? null
        return b === null ? y : B.add(y, b)
      }
      const [hq, hk, hv] = ([[query, 'q'], [key, 'k'], [value, 'v']] as const).map(([x, n]) => byHead(mapped(B.float(x), n), o.heads))
      const similar = B.mul(B.matmul(hq, B.swapLast(hk)), 1 / Math.sqrt(keyDim))
      const means = B.matmul(weights(similar, allowed(o.causal, mask, logits)), hv)
      return { output: mapped(together(means), 'o') }
    }
  })
}

const masked: Reader<boolean> = (x, path) =>
  x === undefined || isNetwork(x) ? E.right(x !== undefined) : fail('BadOption', path, text(x), 'a network', "such as Layer.input([null, time], { name: 'mask' })")

const attend = joining<Options, MultiHeadAttentionConfig>({
  kind: 'multiHeadAttention',
  options: {
    heads: count(1), keyDim: optional(count(1)), valueDim: optional(count(1)), units: optional(count(1)), causal: orElse(flag, false), mask: masked,
    Wq: weight, Wk: weight, Wv: weight, Wo: weight, bq: optionalWeight, bk: optionalWeight, bv: optionalWeight, bo: optionalWeight
  },
  slots: (o) => ({
    ...Object.fromEntries(WEIGHTS.map((w) => [w, { role: 'weight' as const, value: o[w] }])),
    ...Object.fromEntries(BIASES.map((b) => [b, { role: 'bias' as const, value: o[b] }]))
  }),
  label: (o) => `${o.heads} heads${o.causal ? ', causal' : ''}`,
  rule
})

/**
 * Multi-head attention of sequences [batch, time, features]: of one network to itself, of
 * [query, memory], or of [query, key, value]. Gives [batch, queries, units]. A query that
 * may attend to no key gets zeros (and the bias of the output).
 *
 * @example
 * const sequence = Layer.input([null, 20, 32], { name: 'words' })
 * Layer.multiHeadAttention({ heads: 4, causal: true })(sequence)
 * Layer.multiHeadAttention({ heads: 4, mask: Layer.input([null, 20], { name: 'present' }) })(sequence)
 */
export const multiHeadAttention =
  (config: MultiHeadAttentionConfig) =>
  (networks: Network | readonly Network[]): Network => {
    const nets = (Array.isArray(networks) ? networks : [networks]) as readonly Network[]
    const mask = typeof config === 'object' && config !== null && isNetwork(config.mask) ? [config.mask] : []
    return attend(config)([...nets, ...mask])
  }
