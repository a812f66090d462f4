/**
 * Reductions over any axes.
 *
 * Ties of the extremes: `argmax` and `argmin` give the first in C order of the reduced
 * axes; the gradient of `reduceMax` and `reduceMin` is shared equally among the tied.
 *
 * @since 0.1.0
 */
import * as Ext from '../extent.ts'
import type { Extent, Shape } from '../extent.ts'
import * as B from '../build.ts'
import { node, shapeOf } from '../node.ts'
import type { DType, Tensor, TensorType, Attrs } from '../node.ts'
import { bad, count, normalAxes, nums, ok, tabulate } from '../rule.ts'
import type { Typed } from '../rule.ts'
import type { Ref, Row } from '../table.ts'

const reduced = (shape: Shape, axes: readonly number[], keep: boolean): Shape =>
  keep ? shape.map((e, i) => (axes.includes(i) ? 1 : e)) : shape.filter((_, i) => !axes.includes(i))

const reductionType = (op: string, dtypes: readonly DType[], out?: DType, nonEmpty = false) =>
  ([x]: readonly TensorType[], attrs: Attrs): Typed => {
    const axes = normalAxes(nums(attrs, 'axes'), x.shape.length)
    if (axes === undefined)
      return bad(op, `axes [${nums(attrs, 'axes').join(', ')}] of ${Ext.showShape(x.shape)}`, 'axes of the tensor, each once', 'count axes from 0, or from the end with negative numbers')
    if (!dtypes.includes(x.dtype)) return bad(op, x.dtype, dtypes.join(', '), 'use cast')
    if (nonEmpty && axes.some((a) => x.shape[a] === 0))
      return bad(op, Ext.showShape(x.shape), 'at least one element along the reduced axes', 'an empty extreme has no value')
    return ok(reduced(x.shape, axes, attrs['keepDims'] === true), out ?? x.dtype)
  }

const axesOf = (t: Tensor): readonly number[] => normalAxes(nums(t.attrs, 'axes'), shapeOf(t.args[0]).length) ?? []

/** The reduced tensor with its axes back as 1, so that it broadcasts against the argument. */
const kept = (t: Tensor, y: Tensor): Tensor => B.reshape(y, reduced(shapeOf(t.args[0]), axesOf(t), true))
const spread = (t: Tensor, ct: Tensor): Tensor => B.broadcastTo(kept(t, ct), shapeOf(t.args[0]))

const fold = (f: (values: Float64Array, dtype: string) => number) => ([x]: readonly Ref[], attrs: Attrs, type: { readonly shape: readonly number[]; readonly dtype: string }): Ref => {
  const axes = normalAxes(nums(attrs, 'axes'), x.shape.length) ?? []
  const outer = x.shape.filter((_, i) => !axes.includes(i))
  const inner = axes.map((a) => x.shape[a])
  const stride = x.shape.map((_, i) => count(x.shape.slice(i + 1)))
  const os = stride.filter((_, i) => !axes.includes(i))
  const is = axes.map((a) => stride[a])
  const offsets = tabulate(inner, (ix) => ix.reduce((k, c, d) => k + c * is[d], 0)).data
  const values = new Float64Array(offsets.length)
  const out = tabulate(outer, (ix) => {
    const base = ix.reduce((k, c, d) => k + c * os[d], 0)
    for (let j = 0; j < offsets.length; j++) values[j] = x.data[base + offsets[j]]
    return f(values, type.dtype)
  })
  return { shape: type.shape, data: out.data }
}

const batchReduction = ({ args, original }: { readonly args: readonly Tensor[]; readonly original: Tensor; readonly size: Extent }): Tensor =>
  node(original.op, args, { ...original.attrs, axes: axesOf(original).map((a) => a + 1) })

const make = (doc: string, type: Row['type'], vjp: Row['vjp'], f: (values: Float64Array, dtype: string) => number): Row => ({
  kind: 'reduction', attrs: ['axes', 'keepDims'], doc, type, vjp, batch: batchReduction, f64: fold(f)
})

const extreme = (t: Tensor, ct: Tensor): readonly Tensor[] => {
  const hit = B.cast(B.eq(t.args[0], kept(t, t)), 'f32')
  return [B.mul(hit, kept(t, B.div(ct, B.sum(hit, axesOf(t), t.attrs['keepDims'] === true))))]
}

// Whole numbers wrap as on the device; a sum of them is exact in f64 before that.
const wrap = (dtype: string, v: number): number => (dtype === 'u32' ? v >>> 0 : dtype === 'i32' ? v | 0 : v)

const NUMERIC: readonly DType[] = ['f32', 'i32', 'u32']

export const reductions: Record<'sum' | 'prod' | 'reduceMax' | 'reduceMin' | 'argmax' | 'argmin' | 'logSumExp', Row> = {
  sum: make('sum', reductionType('sum', NUMERIC), (t, ct) => [spread(t, ct)], (v, dtype) => wrap(dtype, v.reduce((a, b) => a + b, 0))),
  prod: make('product', reductionType('prod', NUMERIC), (t, ct) => [productGradient(t, ct)], (v, dtype) => v.reduce((a, b) => (dtype === 'f32' ? a * b : wrap(dtype, Math.imul(a, b))), 1)),
  reduceMax: make('largest', reductionType('reduceMax', NUMERIC, undefined, true), extreme, (v) => v.reduce((a, b) => Math.max(a, b), -Infinity)),
  reduceMin: make('smallest', reductionType('reduceMin', NUMERIC, undefined, true), extreme, (v) => v.reduce((a, b) => Math.min(a, b), Infinity)),
  argmax: make('position of the largest in the reduced axes', reductionType('argmax', NUMERIC, 'i32', true), () => [null], (v) => v.reduce((b, x, i) => (x > v[b] ? i : b), 0)),
  argmin: make('position of the smallest in the reduced axes', reductionType('argmin', NUMERIC, 'i32', true), () => [null], (v) => v.reduce((b, x, i) => (x < v[b] ? i : b), 0)),
  logSumExp: make('log of the sum of exponentials, from the largest on', reductionType('logSumExp', ['f32'], undefined, true),
    (t, ct) => [B.mul(spread(t, ct), B.exp(B.sub(t.args[0], kept(t, t))))],
    (v) => {
      const m = v.reduce((a, b) => Math.max(a, b), -Infinity)
      return Number.isFinite(m) ? m + Math.log(v.reduce((s, x) => s + Math.exp(x - m), 0)) : m
    })
}

/** Product of all others, exact where factors are 0: leave-one-out products along one flattened axis. */
const productGradient = (t: Tensor, ct: Tensor): Tensor => {
  const x = t.args[0], axes = axesOf(t), s = shapeOf(x)
  const rest = s.map((_, i) => i).filter((i) => !axes.includes(i))
  const perm = [...rest, ...axes]
  const n = Ext.size(axes.map((a) => s[a]))
  const outer = rest.map((i) => s[i])
  const flat = B.reshape(B.transpose(x, perm), [...outer, 1, n])
  const eye = B.eq(B.iota([n, n], 0), B.iota([n, n], 1))
  const others = B.prod(B.select(eye, B.scalar(1), B.broadcastTo(flat, [...outer, n, n])), [outer.length + 1])
  const back = B.transpose(B.reshape(others, perm.map((p) => s[p])), perm.map((_, i) => perm.indexOf(i)))
  return B.mul(spread(t, ct), back)
}
