/**
 * `batch`: the same graph over one more leading axis. Multi-sample ELBOs, posterior
 * draws, particles, ensembles and chains are all this one function.
 *
 * Law: slice i of the batched graph is the graph at slice i of the batched leaves.
 * Nodes that depend on no batched leaf stay as they are and are shared.
 *
 * @since 0.1.0
 */
import { E } from '../fp.ts'
import type { Extent } from './extent.ts'
import * as Ext from './extent.ts'
import * as B from './build.ts'
import type { Tensor } from './node.ts'
import { errorsOf, failed, rebuild, shapeOf, topo } from './node.ts'
import { keyOf } from './replace.ts'
import { lead } from './rule.ts'
import { row } from './table.ts'

/**
 * A graph over `size` values at once: every pair says which node takes values with a new
 * leading axis of that size. The outputs all have that axis.
 */
export const batch =
  (size: Extent, pairs: readonly (readonly [Tensor, Tensor])[]) =>
  (outputs: readonly Tensor[]): readonly Tensor[] =>
    batchFlags(size, pairs)(outputs).map(({ t, batched }) => (E.isLeft(t.type) ? t : lead(t, batched, size)))

/** A node of a batched graph, and whether it got the new axis. */
export interface Flagged {
  readonly t: Tensor
  readonly batched: boolean
}

/** `batch` where outputs that depend on no batched node stay without the axis. */
export const batchFlags =
  (size: Extent, pairs: readonly (readonly [Tensor, Tensor])[]) =>
  (outputs: readonly Tensor[]): readonly Flagged[] => {
    const memo = new Map<Tensor, Flagged>()
    const target = new Map<Tensor | string, Flagged>()
    for (const [from, to] of pairs) {
      const fits = E.isRight(from.type) && E.isRight(to.type) && Ext.sameShape(shapeOf(to), [size, ...shapeOf(from)])
      target.set(keyOf(from), {
        t: fits || E.isLeft(to.type) ? to : B.misfit('ShapeMismatch', ['batch'], E.isRight(to.type) ? Ext.showShape(shapeOf(to)) : '', `values with a leading axis of ${Ext.show(size)} before ${E.isRight(from.type) ? Ext.showShape(shapeOf(from)) : ''}`, 'stack the values along a new first axis'),
        batched: true
      })
    }
    for (const t of topo(outputs)) {
      const given = target.get(keyOf(t))
      if (given !== undefined) {
        memo.set(t, given)
        continue
      }
      const args = t.args.map((a) => memo.get(a) as Flagged)
      const wrong = [t, ...args.map((a) => a.t)].find((a) => E.isLeft(a.type))
      if (wrong !== undefined) memo.set(t, { t: failed(errorsOf(wrong) as NonNullable<ReturnType<typeof errorsOf>>), batched: true })
      else if (args.some((a) => a.batched))
        memo.set(t, {
          t: row(t.op).batch({ args: args.map((a) => a.t), batched: args.map((a) => a.batched), original: t, size }),
          batched: true
        })
      else memo.set(t, { t: rebuild(t, args.map((a) => a.t)), batched: false })
    }
    return outputs.map((o) => memo.get(o) as Flagged)
  }
