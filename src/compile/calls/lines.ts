/**
 * Calls of what goes along an axis, or looks for something in one: running sums and
 * recurrences, orders, searches, scattered sums. Arrays are lines along the axis, or
 * rows of `inner` elements.
 */
import type { Tensor } from '../../tensor/node.ts'
import { dtypeOf } from '../../tensor/node.ts'
import { ceilDiv, elements, size, whole } from '../extents.ts'
import { inOrder } from '../operands.ts'
import { flag } from './call.ts'
import type { Lower } from './call.ts'

/** How keys of a dtype are read (`order_key`). */
export const keyKind = (t: Tensor): number => ({ f32: 0, i32: 1, u32: 2 })[dtypeOf(t) as 'f32']
/** What turns the order of keys round, where it descends. */
export const flipOf = (t: Tensor): number => (t.attrs['descending'] === true ? 0xffffffff : 0)

/** An axis as [outer, n, inner]: lines, n, inner. */
export const linesOf = (shape: readonly number[], axis: number): readonly [lines: number, n: number, inner: number] => {
  const n = shape[axis], inner = size(shape.slice(axis + 1))
  return [size(shape.slice(0, axis)) * inner, n, inner]
}

/** Running sums and first-order recurrences: an invocation a line. Running sums along longer axes: see `running.ts`. */
export const along: Lower = (t, operands) => {
  if (!inOrder(...operands)) return undefined
  const [lines, n, inner] = linesOf(whole(t), t.attrs['axis'] as number), sum = t.op === 'cumsum'
  return [{
    kernel: sum ? 'cumsum' : 'recurrence', knobs: { WHOLE: dtypeOf(t) === 'f32' ? 0 : 1 }, deep: false, slices: 1,
    params: [lines, n, inner, flag(t, 'reverse'), ...(sum ? [flag(t, 'exclusive')] : [])], groups: ceilDiv(lines, 64), flops: 2 * elements(t)
  }]
}

/** Each element counts those before it: for longer axes see `ordered.ts`. */
export const ranks: Lower = (t, operands) => {
  if (!inOrder(...operands)) return undefined
  const [lines, n, inner] = linesOf(whole(t), t.attrs['axis'] as number)
  return [{
    kernel: 'argsort_rank', knobs: { KIND: keyKind(t.args[0]) }, deep: true, slices: 1,
    params: [lines, n, inner, flipOf(t), n], groups: ceilDiv(lines * n, 64), flops: lines * n * n
  }]
}

/** Places of values in sorted arrays, by halving. */
export const search: Lower = (t, operands) => {
  if (!inOrder(...operands)) return undefined
  const nb = t.attrs['batchDims'] as number, n = operands[0].shape[nb], values = elements(t)
  return [{
    kernel: 'searchsorted', knobs: { KIND: keyKind(t.args[0]) }, deep: false, slices: 1,
    params: [values, size(whole(t).slice(nb)), n, flag(t, 'right')], groups: ceilDiv(values, 64), flops: values * Math.ceil(Math.log2(n + 2))
  }]
}

/** A scattered sum as [lines, count, inner] to [lines, rows, inner], `outer` lines an index. */
export const scattered = (t: Tensor): { readonly outer: number; readonly lines: number; readonly rows: number; readonly count: number; readonly inner: number } => {
  const [v, ix] = t.args.map(whole), axis = t.attrs['axis'] as number, nb = t.attrs['batchDims'] as number, span = ix.length - nb
  const outer = size(v.slice(nb, axis))
  return { outer, lines: size(v.slice(0, axis)), rows: whole(t)[axis], count: size(v.slice(axis, axis + span)), inner: size(v.slice(axis + span)) }
}

/** Invocations that fill a machine: on a CPU one subgroup for each of a few cores. */
const WALKS = { software: 32, gpu: 65_536 } as const

/** Sums scattered by indices. */
export const scatter: Lower = (t, [v, ix], target) => {
  if (!inOrder(v, ix)) return undefined
  const { outer, lines, rows, count, inner } = scattered(t)
  // Rows in as few stretches as fill the machine: each walks all indices.
  const columns = Math.max(1, lines * inner), span = ceilDiv(rows, Math.max(1, Math.min(rows, ceilDiv(WALKS[target.kind], columns)))) || 1
  const walks = lines * inner * ceilDiv(rows, span), W = target.kind === 'software' ? 8 : 64
  return [{ kernel: 'scatter_add', knobs: { W }, deep: false, slices: 1, params: [walks, outer, rows, count, inner, span], groups: ceilDiv(walks, W), flops: walks * count }]
}
