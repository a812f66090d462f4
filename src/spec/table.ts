/**
 * The variables of a model while its priors are resolved: which (scope, token, shape)
 * is which site, which names are taken, which shared specs are there.
 *
 * A `Table` is passed from parameter to parameter; resolving gives a new one and never
 * changes the old.
 *
 * @since 0.1.0
 */
import type { Dist } from '../dist/index.ts'
import type { Tensor } from '../tensor/node.ts'
import { leafName } from '../tensor/ops/leaves.ts'
import type { Point, Site } from './site.ts'
import type { LeafSpec, PointSpec, Spec } from './spec.ts'

/** A variable that stands in a table. */
export interface Entry {
  readonly scope: string
  readonly leaf: LeafSpec
  /** The name of its value. */
  readonly name: string
  readonly site: Site
  /** Its distribution and its value: the site's own, unless the site is the standard draw that the value is made of. */
  readonly dist: Dist
  readonly value: Tensor
}

/** A point estimate that stands in a table. */
export interface PointEntry {
  readonly scope: string
  readonly spec: PointSpec
  readonly name: string
  readonly point: Point
}

/** The variables so far. */
export interface Table {
  readonly entries: ReadonlyMap<symbol, readonly Entry[]>
  readonly points: ReadonlyMap<symbol, readonly PointEntry[]>
  /** What each name stands for: a site's or a point's leaf, or a deterministic's value. */
  readonly names: ReadonlyMap<string, Tensor>
  readonly shared: ReadonlyMap<string, Spec>
  /** What functions of the place gave, so that the same place gives the same variables. */
  readonly made: ReadonlyMap<string, Spec>
  /** Numbers of the tokens of such functions. */
  readonly functions: ReadonlyMap<symbol, number>
}

/** No variables yet. */
export const emptyTable: Table = { entries: new Map(), points: new Map(), names: new Map(), shared: new Map(), made: new Map(), functions: new Map() }

/** The distribution of a value, where that is a variable as it is. */
export const distOf =
  (entries: Iterable<readonly Entry[]>) =>
  (t: Tensor): Dist | undefined => {
    if (t.op === 'constant') return undefined
    for (const es of entries) for (const e of es) if (e.value === t || (t.op === 'site' && e.value === e.site.leaf && leafName(t) === e.site.name)) return e.dist
    return undefined
  }

/** Tokens that are variables in several scopes: the names of the separate variables of each. */
export const severalScopes = (t: Table): readonly (readonly string[])[] =>
  [...t.entries.values(), ...t.points.values()]
    .map((es): readonly { readonly scope: string; readonly name: string }[] => es)
    .filter((es) => new Set(es.map((e) => e.scope)).size > 1)
    .map((es) => es.map((e) => e.name))

/** The table less the variables whose names are left out. */
export const restricted =
  (keep: (name: string) => boolean) =>
  (t: Table): Table => {
    const named = <A extends { readonly name: string }>(m: ReadonlyMap<symbol, readonly A[]>): ReadonlyMap<symbol, readonly A[]> =>
      new Map([...m].flatMap(([k, es]): readonly (readonly [symbol, readonly A[]])[] => {
        const rest = es.filter((e) => keep(e.name))
        return rest.length === 0 ? [] : [[k, rest]]
      }))
    return { ...t, entries: named(t.entries), points: named(t.points), names: new Map([...t.names].filter(([n]) => keep(n))) }
  }
