/**
 * What is Bayesian is said of whole networks: edits of the parameters that a selector
 * means, in the network so far.
 *
 * Laws: every edit twice is the edit once; an edit of nothing is the identity; of two
 * edits of one parameter the later wins; a spec is made afresh for each parameter, as
 * with `withDefaultSpec`; numbers that stood in a parameter's place stay its start.
 *
 * @since 0.3.0
 */
import { castDraft, produce } from 'immer'
import { E, pipe } from '../fp.ts'
import { didYouMean, fail, gelatoError, nearest } from '../error.ts'
import type { GelatoError } from '../error.ts'
import { constantOf } from '../dist/index.ts'
import * as Spec from '../spec/index.ts'
import type { PointInit } from '../spec/index.ts'
import { children } from '../spec/spec.ts'
import { afresh } from './defaults.ts'
import type { Layer, Network } from './network.ts'
import { attach, isNetwork, noting } from './network.ts'
import type { Reader } from './option.ts'
import { fixed, hole, host, optionalWeight, prior, weight } from './param.ts'
import type { HostData, OptionalWeight, ParamValue, Weight } from './param.ts'
import { parametersOf, select } from './select.ts'
import type { Not, Parameter, Selector } from './select.ts'

/** Numbers of a parameter on the host, in single or double precision. */
type Numbers = HostData | number | readonly unknown[]

/** Numbers by the names of parameters (`dense_1.W`), or one number for all. */
export type Values = number | Readonly<Record<string, Numbers>>

// -----------------------------------------------------------------------------
// the one edit
// -----------------------------------------------------------------------------

const wrong = (kind: string, network: Network, problems: readonly GelatoError[]): Network =>
  attach({ kind, name: undefined, slots: {}, label: '', problems, rule: () => fail('BadOption', [], 'an edit', 'an edit of parameters of the network', 'mend it') }, [network])

type Edit = (p: Parameter) => E.Either<readonly GelatoError[], ParamValue>

/** Gives every selected parameter a new value. */
const editing = (kind: string, selector: Selector, edit: Edit): Layer => (network) => {
  if (!isNetwork(network)) return wrong(kind, network, [])
  const { selected, problems } = select(selector, network)
  const edits = selected.map((p) => [p, edit(p)] as const)
  const errors = [...problems, ...edits.flatMap(([, e]) => (E.isLeft(e) ? e.left : []))]
  if (errors.length > 0) return wrong(kind, network, errors)
  if (selected.length === 0 && !mayBeNone(selector)) return noting(selectsNothing(kind, selector, network))(network)
  return produce(network, (draft) => {
    for (const [p, e] of edits) if (E.isRight(e) && e.right !== p.slot.value) draft.nodes[p.token].slots[p.param].value = castDraft(e.right)
  })
}

/** The empty list is meant to be nothing, and the rest of a selection may be. */
const mayBeNone = (selector: Selector): boolean => (Array.isArray(selector) ? selector.length === 0 : (selector as Partial<Not> | null)?._tag === 'Not')

const selectsNothing = (edit: string, selector: Selector, network: Network): GelatoError => {
  const kinds = [...new Set(parametersOf(network).map((p) => p.kind))]
  const asked = [(selector as { readonly kind?: unknown } | null)?.kind].flat().filter((k): k is string => typeof k === 'string' && !kinds.includes(k))
  return kinds.length === 0
    ? gelatoError('NoEffect', [edit], 'a network without parameters so far', 'layers with parameters before it', 'put it after the layers')
    : gelatoError('NoEffect', [edit], asked.length === 0 ? 'a selector that no parameter of the network so far matches' : `no parameter of a layer of kind ${asked.map((k) => `'${k}'`).join(', ')} in the network so far`, `parameters of ${kinds.join(', ')}`,
        asked.length === 0 ? 'change the selector, or put it after the layers that it means' : didYouMean(asked[0], kinds))
}

const reading = (reader: Reader<ParamValue>, x: unknown): Edit => {
  const value = reader(x, ['spec'])
  return (p) =>
    E.isLeft(value) ? value
    : value.right._tag === 'None' && p.slot.role !== 'bias' ? fail('BadOption', ['spec', `${p.layer}.${p.param}`], 'null', 'a value: the layer needs this parameter', 'select biases only: { role: \'bias\' }')
    : E.right(afresh(value.right))
}

// -----------------------------------------------------------------------------
// what stands in a parameter's place
// -----------------------------------------------------------------------------

const specOf = (p: Parameter): Spec.Spec | undefined => (p.slot.value._tag === 'Prior' ? p.slot.value.spec() : undefined)

/** Where the parameter starts, as far as what stands in its place says it. */
const startOf = ({ slot: { value } }: Parameter): PointInit | undefined => {
  if (value._tag === 'Fixed') {
    const c = constantOf(value.tensor())
    return c === undefined ? undefined : { shape: c.shape, data: Float32Array.from(c.data) }
  }
  const init = value._tag === 'Prior' ? value.spec().fields.init : undefined
  return init === 'prior' ? undefined : init
}

/** Does it hold a distribution? Functions of the place and shared specs are taken to. */
const isRandom = (s: Spec.Spec): boolean => (s._tag === 'OpSpec' ? children(s).some(isRandom) : s._tag !== 'PointSpec' && s._tag !== 'ConstantSpec')

const isPoint = (p: Parameter, frozen: boolean): boolean => {
  const s = specOf(p)
  return s?._tag === 'PointSpec' && (s.fields.frozen === true) === frozen
}

// -----------------------------------------------------------------------------
// combinators
// -----------------------------------------------------------------------------

/**
 * Gives the parameters that a selector means a spec (afresh for each), an array, another
 * parameter or, where the layer can do without them, null.
 *
 * @example
 * pipe(network, Layer.withSpecs({ role: 'weight', kind: 'conv2d' }, Spec.laplace({ b: 0.1 })))
 */
export const withSpecs = (selector: Selector, spec: OptionalWeight): Layer => editing('withSpecs', selector, reading(spec === null ? optionalWeight : weight, spec))

/**
 * Makes point estimates of parameters: optimised, without a prior. They start at `init`,
 * else where they did before.
 *
 * @example
 * // Bayesian in the last layer only
 * pipe(network, Layer.pointEstimate(Layer.not(Layer.lastLayer)))
 */
export const pointEstimate = (selector: Selector, init?: PointInit): Layer =>
  editing('pointEstimate', selector, (p) => E.right(init === undefined && isPoint(p, false) ? p.slot.value : prior(Spec.learn(init ?? startOf(p)))))

/**
 * Gives parameters priors: this spec, afresh for each, or, when absent, what has no prior
 * is left to `withDefaultSpec` and the house's default, and priors stay.
 *
 * @example
 * pipe(network, Layer.pointEstimate({}), Layer.bayesian(Layer.lastLayer))
 */
export const bayesian = (selector: Selector, spec?: Weight): Layer =>
  editing('bayesian', selector, spec !== undefined ? reading(weight, spec) : (p) => E.right(pipe(specOf(p), (s) => s !== undefined && isRandom(s)) ? p.slot.value : hole))

const numbersFor = (p: Parameter, values: Readonly<Record<string, Numbers>>): E.Either<readonly GelatoError[], ParamValue> => {
  const name = `${p.layer}.${p.param}`, given = Object.keys(values)
  return Object.hasOwn(values, name)
    ? E.map(fixed)(host(values[name], [name]))
    : fail('MissingValue', ['values', name], `values for ${given.join(', ') || 'nothing'}`, `numbers for '${name}'`, `give them, or leave '${name}' out of the selection${nearest(name, given) === undefined ? '' : `; the nearest given name is '${nearest(name, given)}'`}`)
}

/**
 * Takes parameters out of learning: fixed at numbers by name, such as `approx.params`,
 * at one number, or, without values, where they start (arrays stay as they are; others
 * are drawn once when a fit begins, see `Spec.frozen`).
 *
 * @example
 * pipe(network, Layer.freeze({ layer: ['conv2d_1', 'conv2d_2'] }, approx.params))
 */
export const freeze = (selector: Selector, values?: Values): Layer =>
  editing('freeze', selector, (p) =>
    values === undefined ? E.right(p.slot.value._tag === 'Fixed' || isPoint(p, true) ? p.slot.value : prior(Spec.frozen(startOf(p))))
    : typeof values === 'number' ? E.map(fixed)(host(values, ['values']))
    : typeof values === 'object' && values !== null && !Array.isArray(values) ? numbersFor(p, values)
    : E.left([gelatoError('BadOption', ['values'], String(values), 'numbers by the names of parameters, or one number', "give { 'dense_1.W': { shape, data } }, or approx.params")]))
