/**
 * Networks as values: a table of layer nodes and the token of the output node.
 *
 * A token is minted when a layer function is applied, so a layer function applied twice
 * makes two nodes with parameters of their own, and a network value that is reached
 * along two branches is one. Edits of the table go through immer; what is not a plain
 * record of the table (specs, tensors, functions) is held in a thunk, which immer
 * neither drafts nor freezes.
 *
 * Laws: a network is never changed; merging is idempotent; the order depends on the
 * graph alone, never on the tokens.
 *
 * @since 0.1.0
 */
import { castDraft, produce } from 'immer'
import type { Either } from '../fp.ts'
import { fail, gelatoError } from '../error.ts'
import type { GelatoError, GelatoErrors } from '../error.ts'
import type { Tensor } from '../tensor/node.ts'
import type { HostData, Slot } from './param.ts'
import type { Plan } from './plan.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** The identity of a layer in a network; opaque. */
export type Token = string & { readonly Token: unique symbol }

/** What elaboration tells a layer about where it stands. */
export interface Place {
  /** The layer's name, `conv2d_1`. */
  readonly name: string
  /** 0 while predicting, 1 while training: a scalar leaf. */
  readonly phase: Tensor
  /** A random key of the layer's own, for noise that isn't a site. */
  readonly key: () => Tensor
}

/** What a layer does: given its inputs, the parameters it needs and its output. */
export type Rule = (inputs: readonly Tensor[], at: Place) => Either<GelatoErrors, Plan>

/** Numbers given for a state of a layer, such as a running mean. */
export interface GivenState {
  readonly data: () => HostData
  /** Does it stay there, instead of going on from there? */
  readonly kept: boolean
  /** The edit that gave it. */
  readonly by: string
}

/** One layer of a network. */
export interface LayerNode {
  /** The kind, after which unnamed layers are numbered: `conv2d`. */
  readonly kind: string
  /** The name that the user gave. */
  readonly name: string | undefined
  readonly inputs: readonly Token[]
  /** Parameters by name, with their roles and what the user said of them. */
  readonly slots: Readonly<Record<string, Slot>>
  /** The options as text, for pictures. */
  readonly label: string
  readonly rule: Rule
  /** What is wrong with the call that made the layer. */
  readonly problems: readonly GelatoError[]
  /** Numbers by the names of its states. */
  readonly given?: Readonly<Record<string, GivenState>>
  /** What a user should know of edits of the network up to here. */
  readonly notes?: readonly GelatoError[]
}

/** A network: layers by token, and the one whose output is the network's. */
export interface Network {
  readonly _tag: 'Network'
  readonly nodes: Readonly<Record<Token, LayerNode>>
  readonly output: Token
}

/** A function from network to network. */
export type Layer = (network: Network) => Network

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

const mint = (): Token =>
  [...globalThis.crypto.getRandomValues(new Uint32Array(4))].map((w) => w.toString(36)).join('-') as Token

/** Is it a network? */
export const isNetwork = (x: unknown): x is Network =>
  typeof x === 'object' && x !== null && (x as { _tag?: unknown })._tag === 'Network'

/** A layer without inputs, as a network. */
export const source = (node: Omit<LayerNode, 'inputs'>): Network => {
  const token = mint()
  return { _tag: 'Network', nodes: { [token]: { ...node, inputs: [] } }, output: token }
}

/** The error for what was given in the place of a network. */
export const notNetwork = (x: unknown): GelatoError =>
  (x as { _tag?: unknown } | null | undefined)?._tag === 'Model'
    ? gelatoError('NotANetwork', [], 'a model, whose network is finished', 'a network to put the layer on', 'put layers and edits of the network before Model.observe')
  : gelatoError('NotANetwork', [], x === null ? 'null' : Array.isArray(x) ? 'an array' : typeof x, 'a network to put the layer on', 'begin with Layer.input(...); layers that join several networks take an array of them')

/** Puts a layer on one or several networks. */
export const attach = (node: Omit<LayerNode, 'inputs'>, networks: readonly Network[]): Network => {
  const found = networks.filter(isNetwork)
  const strange = networks.filter((n) => !isNetwork(n)).map(notNetwork)
  const token = mint()
  const nodes = found.reduce<Network['nodes']>((all, n) => mergeNodes(all, n.nodes), {})
  return {
    _tag: 'Network',
    nodes: { ...nodes, [token]: { ...node, inputs: found.map((n) => n.output), problems: [...node.problems, ...strange] } },
    output: token
  }
}

// -----------------------------------------------------------------------------
// combinators
// -----------------------------------------------------------------------------

const sameNote = (a: GelatoError, b: GelatoError): boolean => a._tag === b._tag && a.path.join() === b.path.join() && a.got === b.got

/** The network with something to know about an edit of it; nothing is said twice. */
export const noting = (note: GelatoError) => (network: Network): Network =>
  network.nodes[network.output].notes?.some((n) => sameNote(n, note)) === true ? network
    : produce(network, (draft) => {
        const node = draft.nodes[network.output]
        node.notes = [...(node.notes ?? []), castDraft(note)]
      })

/** Two versions of one layer, edited apart: what is said wins over what is not. */
const mergeNode = (a: LayerNode, b: LayerNode): LayerNode => {
  if (a === b) return a
  const states = { ...b.given, ...a.given }, notes = [...(a.notes ?? []), ...(b.notes ?? []).filter((n) => !a.notes?.some((m) => sameNote(m, n)))]
  const clashes = [
    ...Object.keys(a.slots).filter((k) => a.slots[k].value !== b.slots[k]?.value && a.slots[k].value._tag !== 'Hole' && b.slots[k]?.value._tag !== 'Hole'),
    ...Object.keys(states).filter((k) => b.given?.[k] !== undefined && b.given[k] !== states[k])
  ]
  return produce(a, (draft) => {
    if (Object.keys(states).length > 0) draft.given = castDraft(states)
    if (notes.length > 0) draft.notes = castDraft(notes)
    for (const k of Object.keys(draft.slots)) if (a.slots[k].value._tag === 'Hole') draft.slots[k].value = b.slots[k].value
    for (const k of clashes)
      if (!a.problems.some((p) => p._tag === 'ConflictingParameter' && p.path[0] === k))
        draft.problems.push(castDraft(gelatoError('ConflictingParameter', [k], 'two different specs for one parameter, from two edits of a shared network', 'one spec for each parameter', 'edit the network before it branches')))
  })
}

const mergeNodes = (a: Network['nodes'], b: Network['nodes']): Network['nodes'] => {
  const both = { ...a, ...b }
  for (const k of Object.keys(a) as Token[]) if (Object.hasOwn(b, k)) both[k] = mergeNode(a[k], b[k])
  return both
}

/** Edits parameters in place of the old network's: `f` sees every slot and gives its new value, or undefined to leave it. */
export const editSlots =
  (f: (slot: Slot, name: string, node: LayerNode) => Slot['value'] | undefined) =>
  (network: Network): Network =>
    isNetwork(network)
      ? produce(network, (draft) => {
          for (const [token, node] of Object.entries(network.nodes) as [Token, LayerNode][])
            for (const [name, slot] of Object.entries(node.slots)) {
              const value = f(slot, name, node)
              if (value !== undefined) draft.nodes[token].slots[name].value = value
            }
        })
      : attach(broken('withDefaultSpec'), [network])

const broken = (kind: string): Omit<LayerNode, 'inputs'> => ({
  kind, name: undefined, slots: {}, label: '', problems: [], rule: () => fail('NotANetwork', [], 'no network', 'a network', 'begin with Layer.input(...)')
})

/**
 * Layers one after another. `sequential([...a, ...b])` is `flow(sequential(a), sequential(b))`;
 * `sequential([])` leaves a network as it is.
 *
 * @example
 * const head = Layer.sequential([Layer.dense({ units: 64, activation: 'tanh' }), Layer.dense({ units: 10 })])
 */
export const sequential =
  (layers: readonly Layer[]): Layer =>
  (network) =>
    listOf(layers).reduce((n, layer) => applyTo(n)(layer), network)

/** What is no list is a list of one, which `applyTo` tells what it is. */
const listOf = (layers: readonly Layer[]): readonly Layer[] => (Array.isArray(layers) ? layers : [layers as unknown as Layer])

/** A layer on a network; what isn't a layer, or throws, is told by a node. */
export const applyTo =
  (network: Network) =>
  (layer: Layer): Network => {
    const wrong = (got: string): Network =>
      attach({ ...broken('layer'), problems: [gelatoError('NotALayer', [], got, 'a function from network to network', 'such as Layer.dense({ units: 10 })')] }, isNetwork(network) ? [network] : [])
    if (typeof layer !== 'function') return wrong(layer === null ? 'null' : typeof layer)
    try {
      const n = layer(network)
      return isNetwork(n) ? n : wrong('a function that gives something else')
    } catch (e) {
      return wrong(e instanceof Error ? e.message : 'a function that throws')
    }
  }

/** The same network through several layers, as an array for `concat` or `add`. */
export const parallel =
  (layers: readonly Layer[]) =>
  (network: Network): readonly Network[] =>
    listOf(layers).map(applyTo(network))

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/** Tokens of the layers that the output needs, inputs first, each once. */
export const order = (network: Network): readonly Token[] => {
  const seen = new Set<Token>([network.output])
  const out: Token[] = []
  const stack: { token: Token; i: number }[] = [{ token: network.output, i: 0 }]
  while (stack.length > 0) {
    const top = stack[stack.length - 1]
    const next = network.nodes[top.token].inputs[top.i++]
    if (next === undefined) {
      out.push(top.token)
      stack.pop()
    } else if (!seen.has(next)) {
      seen.add(next)
      stack.push({ token: next, i: 0 })
    }
  }
  return out
}

/**
 * Names of the layers in order: the given name, or the kind and the layer's number
 * among all layers of that kind, named ones counted (so that naming one layer renames
 * no other).
 */
export const names = (network: Network): ReadonlyMap<Token, string> => {
  const count = new Map<string, number>()
  return new Map(order(network).map((token) => {
    const node = network.nodes[token]
    const n = (count.get(node.kind) ?? 0) + 1
    count.set(node.kind, n)
    return [token, node.name ?? `${node.kind}_${n}`]
  }))
}
