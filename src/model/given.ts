/**
 * Which observations in a graph are data. A log likelihood says how probable given data
 * are, so the observations below it stay inputs wherever draws are made; anywhere else an
 * observation in a graph of draws is a draw of it. The mark is an attribute of the log
 * likelihood's node, so that it outlives replacements, saving and loading.
 *
 * Law: a mark changes no value and no gradient.
 *
 * @since 0.5.0
 */
import { E } from '../fp.ts'
import * as B from '../tensor/build.ts'
import { node, topo } from '../tensor/node.ts'
import type { Tensor } from '../tensor/node.ts'
import { leafName } from '../tensor/ops/leaves.ts'
import { leavesOf, replace } from '../tensor/replace.ts'
import type { Replacement } from '../tensor/replace.ts'

/** A node below which observations are data. */
export const given = (t: Tensor): Tensor => (E.isLeft(t.type) || t.args.length === 0 ? t : node(t.op, t.args, { ...t.attrs, given: true }))

/** Graphs whose data, as far as they are observations below a mark, have leaves of other names, and what gives these their names back. */
export interface Apart {
  readonly nodes: readonly Tensor[]
  readonly back: readonly Replacement[]
}

/** Takes given observations, by their names, out of the way of what is done to all others. */
export const apart = (observed: readonly string[]) => (nodes: readonly Tensor[]): Apart => {
  const marked = topo(nodes).filter((t) => t.attrs['given'] === true)
  // Each as it stands in the graph: where the rows got another extent, so did the leaf.
  const pairs = leavesOf(marked).flatMap((l): readonly Replacement[] => {
    const name = leafName(l) as string
    return l.op !== 'input' || !observed.includes(name) || E.isLeft(l.type) ? [] : [[l, B.leaf('input', `given.${name}`, l.type.right.shape, l.type.right.dtype)]]
  })
  if (pairs.length === 0) return { nodes, back: [] }
  const moved = replace(pairs)(marked)
  return { nodes: replace(marked.map((t, i): Replacement => [t, moved[i]]))(nodes), back: pairs.map(([l, other]) => [other, l]) }
}
