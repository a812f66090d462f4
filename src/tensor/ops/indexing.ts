/**
 * Gathering along an axis and its transpose.
 *
 * With the first `batchDims` axes of both operands in common, `take` puts the slices of
 * x at the indices where the axis was: x [B, outer, J, inner], index [B, I] gives
 * [B, outer, I, inner]. Indices outside the axis are clamped to it. `scatterAdd` adds
 * slices up at the indices; its sum runs in index order, so it gives the same bits
 * every time.
 *
 * @since 0.1.0
 */
import * as Ext from '../extent.ts'
import type { Extent } from '../extent.ts'
import { dtypeOf, node, shapeOf } from '../node.ts'
import type { Attrs, Tensor } from '../node.ts'
import * as B from '../build.ts'
import { bad, count, lead, num, ok, shapes } from '../rule.ts'
import type { BatchCall, Ref, Row } from '../table.ts'

const moveFirst = (t: Tensor, from: number): Tensor => {
  const n = shapeOf(t).length
  return from === 0 ? t : B.transpose(t, [from, ...Array.from({ length: n }, (_, i) => i).filter((i) => i !== from)])
}

const batchIndex = ({ args, batched, original, size }: BatchCall): Tensor => {
  const axis = num(original.attrs, 'axis'), nb = num(original.attrs, 'batchDims')
  if (!batched[1] && nb === 0) return node(original.op, args, { ...original.attrs, axis: axis + 1 })
  // A batched index alone is one more index axis of `take`, which then stands where the axis was.
  if (original.op === 'take' && !batched[0] && nb === 0) return moveFirst(node('take', args, original.attrs), axis)
  return node(original.op, args.map((a, i) => lead(a, batched[i], size)), { ...original.attrs, axis: axis + 1, batchDims: nb + 1 })
}

/** The product of extents that a view of the operands as [batch, outer, axis, inner] has. */
const fold = (shape: readonly number[], nb: number, axis: number, span: number): readonly [number, number, number, number] => [
  count(shape.slice(0, nb)), count(shape.slice(nb, axis)), count(shape.slice(axis, axis + span)), count(shape.slice(axis + span))
]

export const indexing: Record<'take' | 'scatterAdd', Row> = {
  take: {
    kind: 'index',
    arity: 2,
    attrs: ['axis', 'batchDims'],
    doc: 'slices of x at indices along an axis',
    type: ([x, ix], attrs) => {
      const axis = num(attrs, 'axis'), nb = num(attrs, 'batchDims')
      if (ix.dtype !== 'i32' && ix.dtype !== 'u32') return bad('take', ix.dtype, 'indices of i32 or u32', 'use cast')
      return axis >= nb && axis < x.shape.length && Ext.sameShape(x.shape.slice(0, nb), ix.shape.slice(0, nb))
        ? ok([...x.shape.slice(0, axis), ...ix.shape.slice(nb), ...x.shape.slice(axis + 1)], x.dtype)
        : bad('take', `${shapes([x, ix])}, axis ${axis}`, 'an axis of the first operand', 'count axes from 0')
    },
    vjp: (t, ct) => {
      const axis = num(t.attrs, 'axis'), size = shapeOf(t.args[0])[axis]
      return [node('scatterAdd', [ct, clamped(t.args[1], size)], { axis, size, batchDims: num(t.attrs, 'batchDims') }), null]
    },
    batch: batchIndex,
    f64: ([x, ix], attrs, type): Ref => {
      const axis = num(attrs, 'axis'), nb = num(attrs, 'batchDims')
      const [b, o, j, inner] = fold(x.shape, nb, axis, 1), i = count(ix.shape.slice(nb))
      const data = new Float64Array(count(type.shape))
      let k = 0
      for (let p = 0; p < b; p++) for (let q = 0; q < o; q++) for (let r = 0; r < i; r++) {
        const at = Math.min(j - 1, Math.max(0, ix.data[p * i + r]))
        for (let s = 0; s < inner; s++) data[k++] = x.data[((p * o + q) * j + at) * inner + s]
      }
      return { shape: type.shape, data }
    }
  },
  scatterAdd: {
    kind: 'kernel',
    arity: 2,
    attrs: ['axis', 'batchDims', 'size'],
    doc: 'zeros with slices added at indices along an axis (indices outside are left out)',
    type: ([v, ix], attrs) => {
      const axis = num(attrs, 'axis'), nb = num(attrs, 'batchDims'), span = ix.shape.length - nb
      if (ix.dtype !== 'i32' && ix.dtype !== 'u32') return bad('scatterAdd', ix.dtype, 'indices of i32 or u32', 'use cast')
      return v.dtype === 'f32' && Ext.sameShape(v.shape.slice(0, nb), ix.shape.slice(0, nb)) && Ext.sameShape(v.shape.slice(axis, axis + span), ix.shape.slice(nb))
        ? ok([...v.shape.slice(0, axis), attrs['size'] as Extent, ...v.shape.slice(axis + span)], 'f32')
        : bad('scatterAdd', `${shapes([v, ix])}, axis ${axis}`, 'f32 values whose axes at `axis` are those of the indices', 'reshape the values')
    },
    vjp: (t, ct) => [maskedTake(t, ct), null],
    batch: batchIndex,
    f64: ([v, ix], attrs, type): Ref => {
      const axis = num(attrs, 'axis'), nb = num(attrs, 'batchDims')
      const [b, o, i, inner] = fold(v.shape, nb, axis, ix.shape.length - nb), j = type.shape[axis]
      const data = new Float64Array(count(type.shape))
      let k = 0
      for (let p = 0; p < b; p++) for (let q = 0; q < o; q++) for (let r = 0; r < i; r++) {
        const at = ix.data[p * i + r]
        for (let s = 0; s < inner; s++, k++) if (at >= 0 && at < j) data[((p * o + q) * j + at) * inner + s] += v.data[k]
      }
      return { shape: type.shape, data }
    }
  }
}

/** Indices as `take` reads them: scatterAdd would leave those outside out. */
const clamped = (ix: Tensor, size: Extent): Tensor => {
  const dtype = dtypeOf(ix)
  const last = typeof size === 'number' ? B.scalar(size - 1, dtype) : B.sub(B.cast(B.extentScalar(size), dtype), 1)
  return B.min(dtype === 'i32' ? B.max(ix, 0) : ix, last)
}

/** The transpose of scatterAdd: slices at the indices, zeros where an index is outside. */
const maskedTake = (t: Tensor, ct: Tensor): Tensor => {
  const axis = num(t.attrs, 'axis'), nb = num(t.attrs, 'batchDims')
  const attrs: Attrs = { axis, batchDims: nb }
  const taken = node('take', [ct, t.args[1]], attrs)
  const ix = t.args[1], s = shapeOf(ix), v = shapeOf(t.args[0])
  const inside = B.and(B.ge(B.cast(ix, 'i32'), 0), B.lt(B.cast(ix, 'f32'), B.extentScalar(t.attrs['size'] as Extent)))
  const shape = v.map((_, d) => (d < nb ? s[d] : d >= axis && d < axis + s.length - nb ? s[nb + d - axis] : 1))
  return B.select(B.reshape(inside, shape), taken, 0)
}
