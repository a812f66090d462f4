/**
 * Matrix products over any leading batch axes.
 *
 * @since 0.1.0
 */
import * as Ext from '../extent.ts'
import * as B from '../build.ts'
import { shapeOf } from '../node.ts'
import { bad, batchAligned, broadcast, broadcastIndex, ok, shapes, tabulate } from '../rule.ts'
import type { Row } from '../table.ts'

export const products: Record<'matmul', Row> = {
  matmul: {
    kind: 'kernel',
    arity: 2,
    doc: 'matrix product of the last two axes, leading axes broadcast',
    type: ([a, b]) => {
      const p = a.shape.length, q = b.shape.length
      if (p < 2 || q < 2) return bad('matmul', shapes([a, b]), 'at least two axes each', 'reshape a vector to a row or a column first')
      if (!Ext.same(a.shape[p - 1], b.shape[q - 2]))
        return bad('matmul', shapes([a, b]), 'as many columns on the left as rows on the right', 'transpose or reshape one of them')
      const outer = broadcast(a.shape.slice(0, p - 2), b.shape.slice(0, q - 2))
      return outer === undefined || a.dtype !== 'f32' || b.dtype !== 'f32'
        ? bad('matmul', `${shapes([a, b])} of ${a.dtype}, ${b.dtype}`, 'f32 and leading axes that broadcast', 'align the leading axes')
        : ok([...outer, a.shape[p - 2], b.shape[q - 1]], 'f32')
    },
    vjp: (t, ct) => [
      B.sumTo(B.matmul(ct, B.swapLast(t.args[1])), shapeOf(t.args[0])),
      B.sumTo(B.matmul(B.swapLast(t.args[0]), ct), shapeOf(t.args[1]))
    ],
    batch: batchAligned,
    f64: ([a, b], _, type) => {
      const rank = type.shape.length, k = a.shape[a.shape.length - 1], n = b.shape[b.shape.length - 1], m = a.shape[a.shape.length - 2]
      const at = broadcastIndex(a.shape.slice(0, -2), rank - 2), bt = broadcastIndex(b.shape.slice(0, -2), rank - 2)
      return tabulate(type.shape, (ix) => {
        const a0 = (at(ix) * m + ix[rank - 2]) * k
        const b0 = bt(ix) * k * n + ix[rank - 1]
        let s = 0
        for (let i = 0; i < k; i++) s += a.data[a0 + i] * b.data[b0 + i * n]
        return s
      })
    }
  }
}

