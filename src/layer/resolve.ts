/**
 * Resolving the parameters of a network one after another: the table of variables goes
 * from each to the next, so that shared specs and taken names are known.
 *
 * @since 0.1.0
 */
import { E } from '../fp.ts'
import type { Either } from '../fp.ts'
import type { Dist } from '../dist/index.ts'
import type { GelatoErrors } from '../error.ts'
import { resolveInto } from '../spec/joint.ts'
import type { Place } from '../spec/joint.ts'
import type { Point, Resolved, Site } from '../spec/site.ts'
import type { Spec } from '../spec/spec.ts'
import { tablesFrom } from '../spec/place.ts'
import { distOf, emptyTable } from '../spec/table.ts'
import type { Table } from '../spec/table.ts'
import type { Tensor } from '../tensor/node.ts'

/** What the resolved parameters have made. */
export interface Collected {
  readonly sites: readonly Site[]
  readonly points: Readonly<Record<string, Point>>
  readonly deterministics: readonly (readonly [string, Tensor])[]
  readonly table: Table
}

/** Resolves parameters in order and collects what they make. */
export interface Resolver {
  readonly parameter: (spec: Spec, place: Place) => Either<GelatoErrors, Resolved>
  /** The distribution of a value that is one of the variables so far. */
  readonly distOf: (t: Tensor) => Dist | undefined
  readonly result: () => Collected
}

/** Point estimates by name. */
export const byName = (points: readonly Point[]): Readonly<Record<string, Point>> => Object.fromEntries(points.map((p) => [p.name, p]))

/** A resolver that goes on from a table. */
export const resolver = (table: Table = emptyTable): Resolver => {
  const sites: Site[] = [], points: Point[] = [], deterministics: (readonly [string, Tensor])[] = []
  const tables = tablesFrom(table)
  return {
    parameter: (spec, place) => {
      const made = resolveInto(tables)(place)(spec)
      if (E.isRight(made)) {
        sites.push(...made.right.sites)
        points.push(...made.right.points)
        deterministics.push(...made.right.deterministics)
      }
      return made
    },
    distOf: (t) => distOf(tables.entries.values())(t),
    result: () => ({ sites: [...sites], points: byName(points), deterministics: [...deterministics], table: tablesFrom(tables) })
  }
}
