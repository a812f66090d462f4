/**
 * Resolving the parameters of a network one after another: the table of variables goes
 * from each to the next, so that shared specs and taken names are known.
 *
 * @since 0.1.0
 */
import { E } from '../fp.ts'
import type { Either } from '../fp.ts'
import type { GelatoErrors } from '../error.ts'
import { resolveIn } from '../spec/joint.ts'
import type { Place } from '../spec/joint.ts'
import type { Resolved, Site } from '../spec/site.ts'
import type { Spec } from '../spec/spec.ts'
import { emptyTable } from '../spec/table.ts'
import type { Table } from '../spec/table.ts'
import type { Tensor } from '../tensor/node.ts'

/** What the resolved parameters have made. */
export interface Collected {
  readonly sites: readonly Site[]
  readonly deterministics: readonly (readonly [string, Tensor])[]
  readonly table: Table
}

/** Resolves parameters in order and collects what they make. */
export interface Resolver {
  readonly parameter: (spec: Spec, place: Place) => Either<GelatoErrors, Resolved>
  readonly result: () => Collected
}

/** A resolver that goes on from a table. */
export const resolver = (table: Table = emptyTable): Resolver => {
  let now: Collected = { sites: [], deterministics: [], table }
  return {
    parameter: (spec, place) => {
      const step = resolveIn(place)(spec)(now.table)
      if (E.isLeft(step)) return step
      const { resolved } = step.right
      now = { sites: [...now.sites, ...resolved.sites], deterministics: [...now.deterministics, ...resolved.deterministics], table: step.right.table }
      return E.right(resolved)
    },
    result: () => now
  }
}
