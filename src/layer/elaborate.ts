/**
 * From a network to what a model needs: leaves of the inputs, every layer's output, the
 * table of sites, point estimates and states.
 *
 * Nothing throws: a layer that doesn't fit gives an ill-shaped output that carries its
 * errors, layers above it carry them on, and errors of independent branches come out
 * together, each once.
 *
 * @since 0.1.0
 */
import { E } from '../fp.ts'
import type { Either } from '../fp.ts'
import { didYouMean, fail, gelatoError, shown, within } from '../error.ts'
import type { GelatoError, GelatoErrors } from '../error.ts'
import { show } from '../spec/print.ts'
import type { Init, Point, Site } from '../spec/site.ts'
import { emptyTable } from '../spec/table.ts'
import type { Table } from '../spec/table.ts'
import type { Role } from '../spec/index.ts'
import * as B from '../tensor/build.ts'
import * as Ext from '../tensor/extent.ts'
import type { Shape } from '../tensor/extent.ts'
import type { Tensor } from '../tensor/node.ts'
import { errorsOf, failed, locate } from '../tensor/node.ts'
import { leafName } from '../tensor/ops/leaves.ts'
import { leavesOf } from '../tensor/replace.ts'
import { houseDefault } from './defaults.ts'
import type { LayerNode, Network, Place, Token } from './network.ts'
import { isNetwork, names, notNetwork, order } from './network.ts'
import type { ParamValue, Slot } from './param.ts'
import type { Need, Plan } from './plan.ts'
import type { Resolver } from './resolve.ts'
import { resolver } from './resolve.ts'
import { ties } from './tie.ts'
import type { Ties } from './tie.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** A value carried from step to step: where it starts and what it becomes. */
export interface State {
  readonly leaf: Tensor
  readonly shape: readonly number[]
  /** One number everywhere, or one for each element. */
  readonly initial: number | Float32Array
  readonly next: Tensor
}

/** A parameter, for tables. */
export interface ParamInfo {
  readonly name: string
  readonly role: Role
  readonly shape: readonly number[]
  /** Its prior or point estimate, `fixed`, or what it is tied to. */
  readonly prior: string
  /** Sites and point estimates that its value is made of. */
  readonly sites: readonly string[]
  readonly points: readonly string[]
}

/** A layer, for tables and pictures. */
export interface LayerInfo {
  readonly name: string
  readonly kind: string
  readonly label: string
  readonly inputs: readonly string[]
  /** Shape of its output, undefined when it has none. */
  readonly shape: Shape | undefined
  readonly params: readonly ParamInfo[]
}

/** What a network comes to. */
export interface Elaborated {
  readonly inputs: Readonly<Record<string, Tensor>>
  readonly outputs: Readonly<Record<string, Tensor>>
  readonly prediction: Tensor
  readonly sites: readonly Site[]
  readonly params: Readonly<Record<string, Point>>
  readonly states: Readonly<Record<string, State>>
  readonly deterministics: readonly (readonly [string, Tensor])[]
  readonly layers: readonly LayerInfo[]
  readonly problems: readonly GelatoError[]
  /** What a user should know of edits of the network. */
  readonly notes: readonly GelatoError[]
  /** The variables, for likelihoods with priors of their own. */
  readonly table: Table
}

// -----------------------------------------------------------------------------
// parameters
// -----------------------------------------------------------------------------

/** Errors some steps further out. */
const under = (steps: readonly string[], errors: readonly GelatoError[]): GelatoErrors =>
  errors.map((e) => steps.reduceRight((x, step) => within(step)(x), e)) as unknown as GelatoErrors

/** The start of a parameter's approximation where neither the layer nor the user says it. */
const startOf = (role: Role, need: Need): Init =>
  need.init ?? (role === 'weight'
    ? { _tag: 'Glorot', fanIn: need.fanIn, fanOut: need.fanOut }
    : { _tag: 'Constant', value: role === 'scale' ? 1 : 0, scale: Math.sqrt(2 / Math.max(need.fanIn + need.fanOut, 1)) })

/** Names of the sites and point estimates that a value is made of. */
const madeOf = (t: Tensor | undefined): Pick<ParamInfo, 'sites' | 'points'> => {
  const leaves = t === undefined ? [] : leavesOf([t])
  const names = (kind: string): readonly string[] => leaves.flatMap((l) => (l.op === kind ? [leafName(l) as string] : []))
  return { sites: names('site'), points: names('param') }
}

/** What parameters before this one have made. */
interface Around {
  readonly resolve: Resolver
  readonly tied: Ties
}

interface Parameter {
  readonly value: Either<GelatoErrors, Tensor | null>
  readonly info: ParamInfo | undefined
}

const fixedTo = (t: Tensor, shape: readonly number[]): Either<GelatoErrors, Tensor> => {
  if (E.isLeft(t.type)) return t.type
  const s = t.type.right.shape
  return s.length === 0 || Ext.sameShape(s, shape)
    ? E.right(B.broadcastTo(B.float(t), shape))
    : fail('ShapeMismatch', [], `an array of shape ${Ext.showShape(s)}`, `shape ${Ext.showShape(shape)}`, 'give an array of that shape, or one number')
}

const parameter = (layer: string, name: string, slot: Slot, need: Need, { resolve, tied }: Around): Parameter => {
  const value: ParamValue = slot.value._tag === 'Hole' ? houseDefault(slot.role, need) : slot.value
  const info = { name, role: slot.role, shape: need.shape }
  switch (value._tag) {
    case 'Hole':
    case 'None': return { value: E.right(null), info: undefined }
    case 'Broken': return { value: E.left(under([layer], value.errors())), info: undefined }
    case 'Fixed': return { value: E.mapLeft((es: GelatoErrors) => under([layer, name], es))(fixedTo(value.tensor(), need.shape)), info: { ...info, prior: 'fixed', ...madeOf(undefined) } }
    case 'Tied': {
      const r = tied.take(value, [layer, name], need.shape)
      return { value: r, info: { ...info, prior: `tied to ${value.name}`, ...madeOf(E.isRight(r) ? r.right : undefined) } }
    }
    case 'Prior': {
      const r = resolve.parameter(value.spec(), {
        layer, name, role: slot.role, shapes: need.shape, expect: need.shape, fan: { fanIn: need.fanIn, fanOut: need.fanOut }, init: startOf(slot.role, need)
      })
      return { value: E.map((x: { readonly value: Tensor }): Tensor | null => x.value)(r), info: { ...info, prior: show(value.spec()), ...madeOf(E.isRight(r) ? r.right.value : undefined) } }
    }
  }
}

// -----------------------------------------------------------------------------
// layers
// -----------------------------------------------------------------------------

interface Layered {
  readonly output: Tensor
  readonly input?: Tensor
  readonly states: Readonly<Record<string, State>>
  readonly params: readonly ParamInfo[]
}

const wrong = (errors: GelatoErrors): Layered => ({ output: failed(errors), states: {}, params: [] })

const isPlanned = (x: unknown): x is Either<GelatoErrors, Plan> => {
  const e = x as { readonly _tag?: unknown; readonly right?: { readonly apply?: unknown } } | null | undefined
  return e?._tag === 'Left' || (e?._tag === 'Right' && typeof e.right?.apply === 'function' && typeof (e.right as Partial<Plan>).params === 'object')
}

const planned = (node: LayerNode, inputs: readonly Tensor[], at: Place): Either<GelatoErrors, Plan> => {
  try {
    const made: unknown = node.rule(inputs, at)
    return isPlanned(made) ? made : fail('BadLayer', [], shown(made), 'an Either of a plan', 'return Layer.plain(output), or E.right({ params, apply })')
  } catch (e) {
    return fail('BadLayer', [], e instanceof Error ? e.message : String(e), "a rule that doesn't throw", 'mend the layer')
  }
}

/** What to do about weights of a name that isn't there. */
export const weightHint = (name: string, known: readonly string[]): string =>
  /\.(weight|bias|running_mean|running_var|num_batches_tracked|(weight|bias)_(ih|hh)_l\d.*)$/.test(name) ? 'for the names that PyTorch gives use Weights.fromTorch'
  : known.length === 0 ? 'leave them out' : didYouMean(name, known)

/** What is wrong with numbers given for a state: there is none of that name, or it has another shape. */
const givenProblems = (node: LayerNode, name: string, { states = {} }: Plan, layer: string): readonly GelatoError[] => {
  const { data, by } = (node.given ?? {})[name], { shape } = data(), path = [by, `${layer}.${name}`]
  const known = [...Object.keys(node.slots), ...Object.keys(states)].map((k) => `${layer}.${k}`)
  return !Object.hasOwn(states, name)
    ? [gelatoError('UnknownParameter', path, `weights '${layer}.${name}'`, known.length === 0 ? `a layer with parameters: ${layer} has none` : `one of ${known.join(', ')}`,
        weightHint(`${layer}.${name}`, known))]
    : Ext.sameShape(shape, states[name].shape) ? []
    : [gelatoError('ShapeMismatch', path, `shape ${Ext.showShape(shape)}`, `shape ${Ext.showShape(states[name].shape)}`, 'give the states of the same layer')]
}

/** The states that stay at what was given. */
const keptOf = (node: LayerNode): Readonly<Record<string, Tensor>> =>
  Object.fromEntries(Object.entries(node.given ?? {}).flatMap(([k, g]) => (g.kept ? [[k, B.array(Float32Array.from(g.data().data), g.data().shape)]] : [])))

const initialOf = (node: LayerNode, name: string): Float32Array | undefined =>
  Object.hasOwn(node.given ?? {}, name) ? Float32Array.from((node.given ?? {})[name].data().data) : undefined

const layerOf = (node: LayerNode, inputs: readonly Tensor[], at: Place, around: Around): Layered => {
  if (node.problems.length > 0) return wrong(under([at.name], node.problems))
  const below = [...new Set(inputs.flatMap((x) => errorsOf(x) ?? []))]
  if (below.length > 0) return wrong(below as unknown as GelatoErrors)
  const first = planned(node, inputs, at)
  if (E.isLeft(first)) return wrong(under([at.name], first.left))
  const strange = Object.keys(node.given ?? {}).flatMap((k) => givenProblems(node, k, first.right, at.name))
  if (strange.length > 0) return wrong(strange as unknown as GelatoErrors)
  const kept = keptOf(node)
  // A layer all of whose states stay as they are is done with training: it does what it does while predicting.
  const done = Object.keys(kept).length > 0 && Object.keys(first.right.states ?? {}).every((k) => kept[k] !== undefined)
  const plan = done ? planned(node, inputs, { ...at, phase: B.scalar(0) }) : first
  if (E.isLeft(plan)) return wrong(under([at.name], plan.left))
  const { params: needs, states: stateNeeds = {}, apply, input } = plan.right
  const entries = Object.entries(needs).map(([k, need]) => {
    const slot: Slot = node.slots[k] ?? { role: 'latent', value: { _tag: 'Hole' } }
    const made = parameter(at.name, k, slot, need, around)
    around.tied.put(`${at.name}.${k}`, made.value)
    return [k, made] as const
  })
  const params = entries.flatMap(([, p]) => (p.info === undefined ? [] : [p.info]))
  const errors = entries.flatMap(([, p]) => (E.isLeft(p.value) ? p.value.left : []))
  if (errors.length > 0) return { ...wrong(errors as unknown as GelatoErrors), params }
  const values = Object.fromEntries(entries.map(([k, p]) => [k, E.isRight(p.value) ? p.value.right : null]))
  const leaves = Object.fromEntries(Object.entries(stateNeeds).map(([k, n]) => [k, kept[k] ?? B.leaf('state', `${at.name}.${k}`, n.shape)]))
  try {
    const { output, next = {} } = apply({ params: values, states: leaves })
    const states = Object.fromEntries(Object.entries(stateNeeds).flatMap(([k, n]) =>
      (kept[k] === undefined ? [[`${at.name}.${k}`, { leaf: leaves[k], shape: n.shape, initial: initialOf(node, k) ?? n.initial, next: next[k] ?? leaves[k] }]] : [])))
    return { output: locate(at.name)(output), states, params, ...(input === undefined ? {} : { input }) }
  } catch (e) {
    return { ...wrong(under([at.name], [gelatoError('BadLayer', [], e instanceof Error ? e.message : String(e), "a layer that doesn't throw", 'mend the layer')])), params }
  }
}

// -----------------------------------------------------------------------------
// networks
// -----------------------------------------------------------------------------

const nothing = (errors: GelatoErrors): Elaborated => ({
  inputs: {}, outputs: {}, prediction: failed(errors), sites: [], params: {}, states: {}, deterministics: [], layers: [], problems: errors, notes: [], table: emptyTable
})

/** Errors for names that several things have. */
export const duplicates = (what: string, found: readonly (readonly [string, string])[], hint: string): readonly GelatoError[] => {
  const by = new Map<string, string[]>()
  for (const [name, kind] of found) by.set(name, [...(by.get(name) ?? []), kind])
  return [...by].flatMap(([name, kinds]) =>
    kinds.length > 1 ? [gelatoError('DuplicateName', [name], `${kinds.length} ${what} named '${name}' (${kinds.join(', ')})`, 'a name of its own for each', hint)] : [])
}

/**
 * Works a network out. Leading nulls of inputs are the symbol `batch`; names, sites and
 * their order depend on the graph alone.
 */
export const elaborate = (network: Network): Elaborated => {
  if (!isNetwork(network)) return nothing([notNetwork(network)])
  const named = names(network)
  const tokens = order(network)
  const nameOf = (t: Token): string => named.get(t) as string
  const namesOf = (t: Token): readonly string[] => Object.keys(network.nodes[t].slots).map((k) => `${nameOf(t)}.${k}`)
  const resolve = resolver(), tied = ties(tokens.flatMap(namesOf))
  const phase = B.leaf('phase', 'phase', [])
  const noise = B.leaf('key', 'noise', [2], 'u32')
  const done = new Map<Token, Layered>()
  tokens.forEach((token, i) => {
    const node = network.nodes[token]
    const at: Place = { name: nameOf(token), phase, key: () => B.fold(noise, i) }
    const made = layerOf(node, node.inputs.map((t) => (done.get(t) as Layered).output), at, { resolve, tied })
    const errors = errorsOf(made.output)
    if (errors !== undefined) for (const name of namesOf(token)) tied.put(name, E.left(errors))
    done.set(token, made)
  })
  const all = tokens.map((t) => [nameOf(t), network.nodes[t], done.get(t) as Layered] as const)
  const { sites, points, deterministics, table } = resolve.result()
  const problems = [
    ...duplicates('layers', all.map(([name, node]) => [name, node.kind]), 'give one of them another name'),
    ...new Set(all.flatMap(([, , l]) => errorsOf(l.output) ?? []))
  ]
  return {
    inputs: Object.fromEntries(all.flatMap(([name, , l]) => (l.input === undefined ? [] : [[name, l.input]]))),
    outputs: Object.fromEntries(all.map(([name, , l]) => [name, l.output])),
    prediction: (done.get(network.output) as Layered).output,
    sites,
    params: points,
    states: Object.assign({}, ...all.map(([, , l]) => l.states)) as Readonly<Record<string, State>>,
    deterministics,
    layers: all.map(([name, node, l]) => ({
      name, kind: node.kind, label: node.label, inputs: node.inputs.map(nameOf),
      shape: E.isRight(l.output.type) ? l.output.type.right.shape : undefined, params: l.params
    })),
    problems,
    notes: tokens.flatMap((t) => network.nodes[t].notes ?? []),
    table
  }
}
