/**
 * Constants worked out on the host: the value of an expression that depends on nothing
 * but numbers. It lets domains and supports be checked when a prior is built, before
 * anything runs.
 *
 * @since 0.1.0
 */
import { E } from '../fp.ts'
import * as Ext from '../tensor/extent.ts'
import type { Tensor } from '../tensor/node.ts'
import { topo, typeOf } from '../tensor/node.ts'
import { leafName } from '../tensor/ops/leaves.ts'
import { row } from '../tensor/table.ts'
import type { Ref } from '../tensor/table.ts'

/** More elements than this are not worked out: checks are for what a person writes. */
const LIMIT = 1 << 20

/** The value, or undefined where it depends on a named leaf, a key or a symbol, or is large. */
export const constantOf = (t: Tensor): Ref | undefined => {
  const order = topo([t])
  const known = order.every((n) =>
    E.isRight(n.type) && leafName(n) === undefined && row(n.op).kind !== 'random' &&
    n.type.right.shape.every((e) => typeof e === 'number') && (Ext.size(n.type.right.shape) as number) <= LIMIT &&
    typeof (n.attrs['extent'] ?? 0) === 'number')
  if (!known) return undefined
  const memo = new Map<Tensor, Ref>()
  for (const n of order) {
    const { shape, dtype } = typeOf(n)
    memo.set(n, row(n.op).f64(n.args.map((a) => memo.get(a) as Ref), n.attrs, { shape: shape as readonly number[], dtype }))
  }
  return memo.get(t)
}

/** The one number that a constant holds everywhere, else undefined. */
export const scalarOf = (t: Tensor): number | undefined => {
  const plain = t.op === 'broadcastTo' || t.op === 'cast' ? t.args[0] : t
  return plain.op === 'constant' && plain.attrs['data'] === undefined ? (plain.attrs['value'] as number) : undefined
}
