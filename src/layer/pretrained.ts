/**
 * Weights that are known already, put into a network: fixed, or as the centre of priors.
 *
 * Law: at the means of its priors a network with `moped` is the network with
 * `withWeights`.
 *
 * @since 0.3.0
 */
import { castDraft, produce } from 'immer'
import { E } from '../fp.ts'
import { fail, gelatoError } from '../error.ts'
import type { GelatoError } from '../error.ts'
import * as Spec from '../spec/index.ts'
import * as B from '../tensor/build.ts'
import { weightHint } from './elaborate.ts'
import type { GivenState, Layer, Network, Token } from './network.ts'
import { attach, isNetwork, names } from './network.ts'
import { finite, orElse, read, text } from './option.ts'
import type { HostData, HostNumbers, ParamValue } from './param.ts'
import { fixed, hostData, prior } from './param.ts'

/** Numbers by the names of parameters and states: `dense_1.W`, `batchNorm_1.mean`. */
export type Weights = Readonly<Record<string, HostData>>

/** Numbers by the names of parameters, as users write them. */
export type WeightNumbers = Readonly<Record<string, HostNumbers>>

/** Options of `moped`. */
export interface MopedOptions {
  /** The prior's standard deviation as a fraction of each weight's size, 0.1 when absent. */
  readonly delta?: number
  /** The least standard deviation, for weights about 0; 0.001 when absent. */
  readonly least?: number
}

const wrong = (network: Network, problems: readonly GelatoError[]): Network =>
  attach({ kind: 'weights', name: undefined, slots: {}, label: '', problems, rule: () => fail('BadOption', [], 'weights', 'weights of the network', 'mend them') }, [network])

/** Weights as arrays with shapes, and what is wrong with them. */
export const arraysOf = (path: string, weights: unknown): { readonly arrays: Readonly<Record<string, HostData>>; readonly problems: readonly GelatoError[] } => {
  if (typeof weights !== 'object' || weights === null || Array.isArray(weights) || ArrayBuffer.isView(weights))
    return { arrays: {}, problems: [gelatoError('BadOption', [path], text(weights), 'weights by the names of parameters', "such as { 'dense_1.W': [[1], [2]] }")] }
  const made = Object.entries(weights).map(([name, w]) => [name, hostData(w, [path, name])] as const)
  return { arrays: Object.fromEntries(made.flatMap(([k, w]) => (E.isRight(w) ? [[k, w.right]] : []))), problems: made.flatMap(([, w]) => (E.isLeft(w) ? w.left : [])) }
}

/**
 * Parameters named by weights get a value, states (running statistics) these numbers, to keep or to start at. A layer
 * that isn't there is an error; what is neither a parameter nor a state is one when its layer's states are known.
 */
const putWeights = (path: string, weights: WeightNumbers, value: (w: HostData) => ParamValue, kept: boolean): Layer => (network) => {
  if (!isNetwork(network)) return wrong(network, [])
  const { arrays, problems: misread } = arraysOf(path, weights)
  const tokens = new Map([...names(network)].map(([token, name]): readonly [string, Token] => [name, token]))
  const known = [...tokens].flatMap(([name, t]) => Object.keys(network.nodes[t].slots).map((k) => `${name}.${k}`))
  const lost = Object.keys(arrays).filter((k) => !tokens.has(k.slice(0, Math.max(0, k.indexOf('.')))))
  const problems = [
    ...misread,
    ...lost.map((k) => gelatoError('UnknownLayer', [path, k], `weights '${k}'`, `one of ${known.join(', ')}`, weightHint(k, known)))
  ]
  if (problems.length > 0) return wrong(network, problems)
  return produce(network, (draft) => {
    for (const [name, token] of tokens)
      for (const k of Object.keys(network.nodes[token].slots)) {
        const w = Object.hasOwn(arrays, `${name}.${k}`) ? arrays[`${name}.${k}`] : undefined
        if (w !== undefined) draft.nodes[token].slots[k].value = castDraft(value(w))
      }
    for (const [k, w] of Object.entries(arrays)) {
      const [layer, ...rest] = k.split('.'), token = tokens.get(layer) as Token, name = rest.join('.'), { slots } = network.nodes[token]
      // `dense_1.W.sd` is of the prior that `dense_1.W` had where the weights are from.
      const within = rest.slice(1).some((_, i) => Object.hasOwn(slots, rest.slice(0, i + 1).join('.')) && Object.hasOwn(arrays, [layer, ...rest.slice(0, i + 1)].join('.')))
      if (!Object.hasOwn(slots, name) && !within) draft.nodes[token].given = { ...draft.nodes[token].given, [name]: castDraft<GivenState>({ data: () => w, kept, by: path }) }
    }
  })
}

const asTensor = (w: HostData): ReturnType<typeof B.array> => B.array(Float32Array.from(w.data), w.shape)

/** Root mean square. */
const size = (data: HostData['data']): number => Math.sqrt(Array.from(data).reduce((s, v) => s + v * v, 0) / Math.max(data.length, 1))

/**
 * Fixes parameters at weights, by name: what isn't named stays as it is. Weights are
 * numbers, nested arrays, or `{ shape, data }`. States (running statistics, `batchNorm_1.mean`)
 * are fixed too; a layer whose states are all fixed does while training what it does while
 * predicting.
 *
 * @example
 * const net = pipe(Layer.input([null, 2]), Layer.dense({ units: 1 }), Layer.withWeights({ 'dense_1.W': { shape: [2, 1], data: Float32Array.of(1, -1) } }))
 * Model.parameterCount(net)   // => 1
 */
export const withWeights = (weights: WeightNumbers): Layer => putWeights('withWeights', weights, (w) => fixed(asTensor(w)), true)

/**
 * Centres priors at weights, by name (MOPED, Krishnan et al. 2020): each named parameter
 * is normal about its weight w with standard deviation delta |w|, and its approximation
 * starts there, with spreads of a tenth of the weights' size. States (running statistics)
 * start at theirs. What isn't named stays as it is.
 *
 * @example
 * const w = { shape: [2, 1], data: Float32Array.of(1, -4) }
 * const net = pipe(Layer.input([null, 2]), Layer.dense({ units: 1 }), Layer.moped({ 'dense_1.W': w }, { delta: 0.2 }))
 */
export const moped = (weights: WeightNumbers, options: MopedOptions = {}): Layer => {
  const positive: typeof finite = (x, path) => (typeof x === 'number' && x > 0 && Number.isFinite(x) ? E.right(x) : fail('BadOption', path, String(x), 'a number above 0', 'give 0.1, say'))
  const { value, problems } = read<Required<MopedOptions>>(options, { delta: orElse(positive, 0.1), least: orElse(positive, 0.001) })
  if (value === undefined) return (network) => wrong(network, problems.map((e) => ({ ...e, path: ['moped', ...e.path] })))
  return putWeights('moped', weights, (w) => {
    const sd = Float32Array.from(w.data, (v) => Math.max(value.delta * Math.abs(v), value.least))
    const start = { shape: w.shape, data: Float32Array.from(w.data), scale: size(w.data) || value.least }
    return prior(Spec.withInit(start)(Spec.normal({ mu: asTensor(w), sd: B.array(sd, w.shape) })))
  }, false)
}
