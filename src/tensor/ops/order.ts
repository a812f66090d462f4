/**
 * Sorting, recurrences along an axis and searching: rows of the op table.
 *
 * Order of f32: -0 equals 0, and NaN counts as larger than every number.
 *
 * @since 0.2.0
 */
import * as Ext from '../extent.ts'
import * as B from '../build.ts'
import { node, shapeOf } from '../node.ts'
import type { Attrs, DType, Tensor, TensorType } from '../node.ts'
import { bad, count, lead, num, ok, shapes } from '../rule.ts'
import type { Typed } from '../rule.ts'
import type { BatchCall, Ref, Row } from '../table.ts'

// -----------------------------------------------------------------------------
// types, batching
// -----------------------------------------------------------------------------

const NUMERIC: readonly DType[] = ['f32', 'i32', 'u32']

const alongType = (op: string, out?: DType) => (args: readonly TensorType[], attrs: Attrs): Typed => {
  const axis = num(attrs, 'axis'), [x] = args
  if (!NUMERIC.includes(x.dtype)) return bad(op, x.dtype, NUMERIC.join(', '), 'use cast')
  if (!args.every((a) => a.dtype === x.dtype && Ext.sameShape(a.shape, x.shape))) return bad(op, shapes(args), 'operands of one shape and dtype', 'broadcast them first')
  return Number.isInteger(axis) && axis >= 0 && axis < x.shape.length
    ? ok(x.shape, out ?? x.dtype)
    : bad(op, `axis ${axis} of ${Ext.showShape(x.shape)}`, 'an axis of the tensor', 'count axes from 0, or from the end with negative numbers')
}

/** All operands get the new axis, and the axis moves on. */
const batchAlong = ({ args, batched, original, size }: BatchCall): Tensor =>
  node(original.op, args.map((a, i) => lead(a, batched[i], size)), { ...original.attrs, axis: num(original.attrs, 'axis') + 1 })

// -----------------------------------------------------------------------------
// f64 meanings
// -----------------------------------------------------------------------------

/** Runs `f` on each line along an axis: where it begins and the step from element to element. */
const perLine = (shape: readonly number[], axis: number, f: (start: number, step: number, n: number) => void): void => {
  const n = shape[axis], inner = count(shape.slice(axis + 1))
  for (let o = 0; o < count(shape.slice(0, axis)); o++) for (let i = 0; i < inner; i++) f(o * n * inner + i, inner, n)
}

// Whole numbers wrap as on the device.
const wrap = (dtype: string, v: number): number => (dtype === 'u32' ? v >>> 0 : dtype === 'i32' ? v | 0 : v)

const cumsumOf = ([x]: readonly Ref[], attrs: Attrs, dtype: string): Ref => {
  const data = new Float64Array(x.data.length)
  perLine(x.shape, num(attrs, 'axis'), (start, step, n) => {
    let s = 0
    for (let k = 0; k < n; k++) {
      const at = start + step * (attrs['reverse'] === true ? n - 1 - k : k), next = wrap(dtype, s + x.data[at])
      data[at] = attrs['exclusive'] === true ? s : next
      s = next
    }
  })
  return { shape: x.shape, data }
}

const recurrenceOf = ([a, b]: readonly Ref[], attrs: Attrs, dtype: string): Ref => {
  const data = new Float64Array(a.data.length)
  perLine(a.shape, num(attrs, 'axis'), (start, step, n) => {
    for (let k = 0, h = 0; k < n; k++) {
      const at = start + step * (attrs['reverse'] === true ? n - 1 - k : k)
      const scaled = k === 0 ? 0 : dtype === 'f32' ? a.data[at] * h : Math.imul(a.data[at], h)
      h = wrap(dtype, scaled + b.data[at])
      data[at] = h
    }
  })
  return { shape: a.shape, data }
}

/** Negative, zero or positive as a is before, equal to or after b. */
const compare = (a: number, b: number): number =>
  Number.isNaN(a) ? (Number.isNaN(b) ? 0 : 1) : Number.isNaN(b) ? -1 : a < b ? -1 : a > b ? 1 : 0

const argsortOf = ([x]: readonly Ref[], attrs: Attrs): Ref => {
  const data = new Float64Array(x.data.length), sign = attrs['descending'] === true ? -1 : 1
  perLine(x.shape, num(attrs, 'axis'), (start, step, n) => {
    const order = Array.from({ length: n }, (_, k) => k).sort((i, j) => sign * compare(x.data[start + step * i], x.data[start + step * j]) || i - j)
    order.forEach((from, k) => { data[start + step * k] = from })
  })
  return { shape: x.shape, data }
}

const searchOf = ([sorted, values]: readonly Ref[], attrs: Attrs, shape: readonly number[]): Ref => {
  const nb = num(attrs, 'batchDims'), n = sorted.shape[nb], each = count(values.shape.slice(nb)), right = attrs['right'] === true
  const data = values.data.map((v, k) => {
    const from = Math.floor(k / each) * n
    let lo = 0, hi = n
    while (lo < hi) {
      const mid = (lo + hi) >> 1, c = compare(sorted.data[from + mid], v)
      if (c < 0 || (right && c === 0)) lo = mid + 1
      else hi = mid
    }
    return lo
  })
  return { shape, data }
}

// -----------------------------------------------------------------------------
// gradients
// -----------------------------------------------------------------------------

/** Elements moved on by one along the recurrence's way (by -1 against it); zero comes in. */
const shifted = (x: Tensor, axis: number, back: boolean): Tensor => {
  const s = shapeOf(x), n = s[axis], at = (e: Ext.Extent): readonly Ext.Extent[] => s.map((_, d) => (d === axis ? e : 0))
  return back ? B.sliceAxis(B.pad(x, at(0), at(1)), axis, 1, Ext.add(n, 1)) : B.sliceAxis(B.pad(x, at(1), at(0)), axis, 0, n)
}

/** The recurrence run against its way: g_i = ct_i + a_(i+1) g_(i+1). */
const recurrenceGradient = (t: Tensor, ct: Tensor): readonly Tensor[] => {
  const [a] = t.args, axis = num(t.attrs, 'axis'), reverse = t.attrs['reverse'] === true
  const g = B.recurrence(shifted(a, axis, !reverse), ct, axis, { reverse: !reverse })
  return [B.mul(g, shifted(t, axis, reverse)), g]
}

// -----------------------------------------------------------------------------
// rows
// -----------------------------------------------------------------------------

export const order: Record<'cumsum' | 'recurrence' | 'argsort' | 'searchsorted', Row> = {
  cumsum: {
    kind: 'kernel',
    attrs: ['axis', 'exclusive', 'reverse'],
    doc: 'sums of the elements so far along an axis',
    type: alongType('cumsum'),
    vjp: (t, ct) => [B.cumsum(ct, num(t.attrs, 'axis'), { reverse: t.attrs['reverse'] !== true, exclusive: t.attrs['exclusive'] === true })],
    batch: batchAlong,
    f64: (args, attrs, type) => cumsumOf(args, attrs, type.dtype)
  },
  recurrence: {
    kind: 'kernel',
    arity: 2,
    attrs: ['axis', 'reverse'],
    doc: 'h_i = a_i h_(i-1) + b_i along an axis, from h_0 = b_0 (the first a is not used)',
    type: alongType('recurrence'),
    vjp: recurrenceGradient,
    batch: batchAlong,
    f64: (args, attrs, type) => recurrenceOf(args, attrs, type.dtype)
  },
  argsort: {
    kind: 'kernel',
    attrs: ['axis', 'descending'],
    doc: 'positions that sort an axis, equals in their old order; NaN counts as largest',
    type: alongType('argsort', 'i32'),
    vjp: () => [null],
    batch: batchAlong,
    f64: (args, attrs) => argsortOf(args, attrs)
  },
  searchsorted: {
    kind: 'kernel',
    arity: 2,
    attrs: ['batchDims', 'right'],
    doc: 'how many elements of a sorted row are less than each value (or equal, for `right`)',
    type: ([sorted, values], attrs) => {
      const nb = num(attrs, 'batchDims')
      if (!NUMERIC.includes(sorted.dtype) || sorted.dtype !== values.dtype) return bad('searchsorted', `${sorted.dtype} and ${values.dtype}`, `one dtype of ${NUMERIC.join(', ')}`, 'use cast')
      return sorted.shape.length === nb + 1 && values.shape.length >= nb && Ext.sameShape(sorted.shape.slice(0, nb), values.shape.slice(0, nb))
        ? ok(values.shape, 'i32')
        : bad('searchsorted', shapes([sorted, values]), 'a sorted row, or rows for each leading index of the values', 'leading axes of both must be equal')
    },
    vjp: () => [null, null],
    batch: ({ args, batched, original, size }) =>
      !batched[0] && num(original.attrs, 'batchDims') === 0
        ? node('searchsorted', args, original.attrs)
        : node('searchsorted', args.map((a, i) => lead(a, batched[i], size)), { ...original.attrs, batchDims: num(original.attrs, 'batchDims') + 1 }),
    f64: (args, attrs, type) => searchOf(args, attrs, type.shape)
  }
}
