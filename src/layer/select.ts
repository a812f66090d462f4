/**
 * Selections: which parameters of a network are meant, by layer, kind, role and name.
 *
 * A selector is data or a predicate; it is applied to the network so far, whose layers
 * have the names that a model made of it would have. What is `null` in a network, and
 * what is tied to another parameter, is no parameter of its own: nothing selects it.
 *
 * Laws: `{}` selects all; a list selects what any of its members does, `[]` nothing;
 * `not(not(s))` selects what `s` does.
 *
 * @since 0.3.0
 */
import { E } from '../fp.ts'
import { didYouMean, gelatoError } from '../error.ts'
import type { GelatoError } from '../error.ts'
import { roles } from '../spec/site.ts'
import type { Role } from '../spec/site.ts'
import type { Network, Token } from './network.ts'
import { names, order } from './network.ts'
import { read, text } from './option.ts'
import type { Reader } from './option.ts'
import type { Slot } from './param.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

type OneOrMany<A> = A | readonly A[]

/** Parameters of which all that is said is true; each field takes one or several. */
export interface Selection {
  /** Names of layers, `dense_3`. */
  readonly layer?: OneOrMany<string>
  /** Kinds of layers, `batchNorm`. */
  readonly kind?: OneOrMany<string>
  readonly role?: OneOrMany<Role>
  /** Names of parameters in their layer, `W`. */
  readonly param?: OneOrMany<string>
}

/** What a predicate is shown of a parameter. */
export interface Selected {
  readonly layer: string
  readonly kind: string
  readonly role: Role
  readonly param: string
}

/** What isn't selected by another selector. */
export interface Not {
  readonly _tag: 'Not'
  readonly selector: Selector
}

/** The last layer that has parameters. */
export interface LastLayer {
  readonly _tag: 'LastLayer'
}

/** Which parameters are meant. */
export type Selector = Selection | Not | LastLayer | readonly Selector[] | ((p: Selected) => boolean)

/** A parameter of a network. */
export interface Parameter extends Selected {
  readonly token: Token
  readonly slot: Slot
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/**
 * All parameters but those of a selector.
 *
 * @example
 * Layer.bayesian(Layer.not({ kind: ['batchNorm', 'layerNorm'] }), Spec.normal())
 */
export const not = (selector: Selector): Not => ({ _tag: 'Not', selector })

/** The parameters of the last layer that has any. */
export const lastLayer: LastLayer = { _tag: 'LastLayer' }

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/** The parameters of a network, inputs first. */
export const parametersOf = (network: Network): readonly Parameter[] => {
  const named = names(network)
  return order(network).flatMap((token) => {
    const { kind, slots } = network.nodes[token]
    return Object.entries(slots).flatMap(([param, slot]) =>
      slot.value._tag === 'None' || slot.value._tag === 'Tied' ? [] : [{ token, layer: named.get(token) as string, kind, role: slot.role, param, slot }])
  })
}

interface Resolved {
  readonly matches: (p: Parameter) => boolean
  readonly problems: readonly GelatoError[]
}

const words: Reader<readonly string[] | undefined> = (x, path) =>
  x === undefined ? E.right(undefined)
  : typeof x === 'string' ? E.right([x])
  : Array.isArray(x) && x.every((w) => typeof w === 'string') ? E.right(x as readonly string[])
  : E.left([gelatoError('BadOption', path, text(x), 'a name, or a list of names', "such as 'dense_3'")])

const unknown = (tag: string, field: string, given: readonly string[] | undefined, known: readonly string[]): readonly GelatoError[] =>
  (given ?? []).filter((g) => !known.includes(g)).map((g) =>
    gelatoError(tag, [field], `'${g}'`, `one of ${[...new Set(known)].join(', ')}`, didYouMean(g, known)))

interface Fields {
  readonly layer: readonly string[] | undefined
  readonly kind: readonly string[] | undefined
  readonly role: readonly string[] | undefined
  readonly param: readonly string[] | undefined
}

const FIELDS = ['layer', 'kind', 'role', 'param'] as const

const record = (selection: Selection, network: Network, all: readonly Parameter[]): Resolved => {
  const { value, problems } = read<Fields>(selection, { layer: words, kind: words, role: words, param: words })
  if (value === undefined) return { matches: () => false, problems }
  const matches = (p: Parameter): boolean => FIELDS.every((f) => value[f]?.includes(p[f]) ?? true)
  // A kind that isn't there is no mistake: `not({ kind: 'batchNorm' })` is meant for any network.
  const params = all.some(matches) ? [] : unknown('UnknownParameter', 'param', value.param, all.map((p) => p.param))
  return { matches, problems: [...unknown('UnknownLayer', 'layer', value.layer, [...names(network).values()]), ...unknown('UnknownRole', 'role', value.role, roles), ...params] }
}

const resolve = (selector: Selector, network: Network, all: readonly Parameter[]): Resolved => {
  if (typeof selector === 'function') return { matches: ({ layer, kind, role, param }) => selector({ layer, kind, role, param }) === true, problems: [] }
  if (Array.isArray(selector)) {
    const each = (selector as readonly Selector[]).map((s) => resolve(s, network, all))
    return { matches: (p) => each.some((r) => r.matches(p)), problems: each.flatMap((r) => r.problems) }
  }
  const tagged = selector as Partial<Not | LastLayer> | null
  if (tagged?._tag === 'Not') {
    const { matches, problems } = resolve((selector as Not).selector, network, all)
    return { matches: (p) => !matches(p), problems }
  }
  if (tagged?._tag === 'LastLayer') return { matches: (p) => p.token === all[all.length - 1]?.token, problems: [] }
  return record(selector as Selection, network, all)
}

/** The parameters that a selector means, and what is wrong with it for this network. */
export const select = (selector: Selector, network: Network): { readonly selected: readonly Parameter[]; readonly problems: readonly GelatoError[] } => {
  const all = parametersOf(network)
  try {
    const { matches, problems } = resolve(selector, network, all)
    return { selected: problems.length > 0 ? [] : all.filter(matches), problems }
  } catch (e) {
    return { selected: [], problems: [gelatoError('BadFunction', [], e instanceof Error ? e.message : String(e), "a predicate that doesn't throw", 'mend the function')] }
  }
}
