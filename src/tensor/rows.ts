/**
 * Which axis of a graph's values counts independent rows: so that a long evaluation can
 * be cut into pieces of rows and the pieces laid end to end.
 *
 * Law: where the answer is an axis, the value for rows a..b is the slice a..b of the
 * value for all rows, along that axis.
 *
 * @since 0.1.0
 */
import { E } from '../fp.ts'
import * as Ext from './extent.ts'
import type { Shape } from './extent.ts'
import type { Tensor } from './node.ts'
import { shapeOf, topo } from './node.ts'
import { normalAxes, num, nums, shapeAttr } from './rule.ts'
import { scanOf } from './ops/scan.ts'
import { row } from './table.ts'

/** The axis of the rows, `none` when a value doesn't depend on them, `mixed` when it mixes them. */
export type RowAxis = number | 'none' | 'mixed'

const holds = (symbol: string) => (s: Shape): boolean => s.some((e) => Ext.symbols(e).includes(symbol))

/** The axis from the right that all arguments with rows agree on. */
const aligned = (t: Tensor, axes: readonly RowAxis[]): RowAxis => {
  const back = t.args.flatMap((a, i) => (typeof axes[i] === 'number' ? [shapeOf(a).length - (axes[i] as number)] : []))
  if (back.length === 0) return 'none'
  const clear = t.args.every((a, i) => {
    if (typeof axes[i] === 'number') return true
    const at = shapeOf(a).length - back[0]
    return at < 0 || shapeOf(a)[at] === 1
  })
  return back.every((b) => b === back[0]) && clear ? shapeOf(t).length - back[0] : 'mixed'
}

const viewAxis = (t: Tensor, at: number): RowAxis => {
  const from = shapeOf(t.args[0]), to = shapeOf(t)
  switch (t.op) {
    case 'reshape': {
      const before = Ext.size(from.slice(0, at))
      const found = to.findIndex((e, i) => Ext.same(e, from[at]) && Ext.same(Ext.size(to.slice(0, i)), before))
      return found < 0 ? 'mixed' : found
    }
    case 'broadcastTo': return at + to.length - from.length
    case 'transpose': return nums(t.attrs, 'perm').indexOf(at)
    case 'slice': return shapeAttr(t.attrs, 'start')[at] === 0 && nums(t.attrs, 'step')[at] === 1 && Ext.same(shapeAttr(t.attrs, 'stop')[at], from[at]) ? at : 'mixed'
    case 'pad': return shapeAttr(t.attrs, 'lo')[at] === 0 && shapeAttr(t.attrs, 'hi')[at] === 0 ? at : 'mixed'
    case 'flip': return (normalAxes(nums(t.attrs, 'axes'), from.length) ?? []).includes(at) ? 'mixed' : at
    default: return 'mixed'
  }
}

const takeAxis = (t: Tensor, axes: readonly RowAxis[]): RowAxis => {
  const axis = num(t.attrs, 'axis'), nb = num(t.attrs, 'batchDims'), [x, ix] = axes
  const span = shapeOf(t.args[1]).length - nb
  if (typeof x === 'number' && x === ix && x < nb) return x
  if (typeof ix === 'number' && x === 'none') return ix < nb ? 'mixed' : axis + ix - nb
  if (typeof x === 'number' && ix === 'none') return x === axis ? 'mixed' : x < axis ? x : x + span - 1
  return 'mixed'
}

const axisOf = (symbol: string, t: Tensor, axes: readonly RowAxis[]): RowAxis => {
  if (axes.includes('mixed')) return 'mixed'
  if (t.args.length === 0) {
    const s = shapeOf(t)
    const named = ['input', 'site', 'param', 'state'].includes(t.op)
    const at = s.findIndex((e) => Ext.bareSymbol(e) === symbol)
    const elsewhere = s.filter((e) => Ext.symbols(e).includes(symbol)).length
    if (t.op === 'extent') return Ext.isSym(t.attrs['extent']) && Ext.symbols(t.attrs['extent']).includes(symbol) ? 'mixed' : 'none'
    return elsewhere === 0 ? 'none' : named && elsewhere === 1 && at === 0 ? 0 : 'mixed'
  }
  const own = axes.every((a) => a === 'none')
  if (own) return holds(symbol)(shapeOf(t)) ? (t.op === 'broadcastTo' ? spread(symbol, t) : 'mixed') : 'none'
  const [first] = axes
  switch (row(t.op).kind) {
    case 'elementwise': return aligned(t, axes)
    case 'view': {
      if (t.op !== 'concat') return viewAxis(t, first as number)
      return axes.every((a) => a === first) && first !== num(t.attrs, 'axis') ? first : 'mixed'
    }
    case 'reduction': {
      const gone = normalAxes(nums(t.attrs, 'axes'), shapeOf(t.args[0]).length) ?? []
      return gone.includes(first as number) ? 'mixed' : t.attrs['keepDims'] === true ? first : (first as number) - gone.filter((a) => a < (first as number)).length
    }
    case 'loop': return loopAxis(symbol, t, axes)
    case 'random': return keyedAxis(t, axes)
    case 'index': return t.op === 'take' ? takeAxis(t, axes) : axes.every((a) => a === first) ? first : 'mixed'
    case 'kernel': {
      const r = shapeOf(t.args[0]).length, out = shapeOf(t).length
      if (t.op === 'matmul') {
        const q = shapeOf(t.args[1]).length, [a, b] = axes
        if (typeof a === 'number' && b === 'none') return a === r - 1 ? 'mixed' : a + out - r
        if (a === 'none' && typeof b === 'number') return b === q - 2 ? 'mixed' : b + out - q
        return aligned(t, axes) === 'mixed' || (a as number) >= r - 2 ? 'mixed' : aligned(t, axes)
      }
      if (t.op === 'conv2d' || t.op === 'convData') {
        if (typeof first === 'number' && axes[1] === 'none') return first <= r - 4 ? first + out - r : 'mixed'
        // Along leading axes the images and the weights go together.
        const both = aligned(t, axes)
        return typeof both === 'number' && both < out - 4 ? both : 'mixed'
      }
      if (['maxPool2d', 'maxPoolIndex', 'sumPool2d', 'sumPoolGrad', 'poolScatter'].includes(t.op))
        return axes.every((a) => a === first) && (first as number) < r - 2 ? first : 'mixed'
      if (t.op === 'cumsum' || t.op === 'recurrence' || t.op === 'argsort') return axes.every((a) => a === first) && first !== num(t.attrs, 'axis') ? first : 'mixed'
      if (t.op === 'searchsorted') {
        const nb = num(t.attrs, 'batchDims'), [rows, values] = axes
        return typeof values === 'number' && (rows === 'none' ? values >= nb : rows === values && values < nb) ? values : 'mixed'
      }
      if (['cholesky', 'triangularSolve', 'solve', 'eliminate', 'eigh'].includes(t.op)) {
        const at = aligned(t, axes)
        return typeof at === 'number' && at < out - 2 ? at : 'mixed'
      }
      return 'mixed'
    }
    default: return 'mixed'
  }
}

/** A key's last axis doesn't count: keys have the axes before it, and draws have those first. */
const keyedAxis = (t: Tensor, axes: readonly RowAxis[]): RowAxis => {
  const [key] = axes, r = shapeOf(t.args[0]).length
  if (t.args.length === 1) return typeof key === 'number' && key < r - 1 ? key : 'mixed'
  if (key === r - 1) return 'mixed'
  const rank = shapeOf(t).length - (t.op === 'fold' ? 1 : 0)
  const own = t.args.map((a, i) => shapeOf(a).slice(0, i === 0 ? -1 : undefined))
  const back = own.flatMap((s, i) => (typeof axes[i] === 'number' ? [s.length - (axes[i] as number)] : []))
  const clear = own.every((s, i) => typeof axes[i] === 'number' || s.length < back[0] || s[s.length - back[0]] === 1)
  return back.every((b) => b === back[0]) && clear ? rank - back[0] : 'mixed'
}

/** A loop keeps rows apart where every step does, on the same axes. */
const loopAxis = (symbol: string, t: Tensor, axes: readonly RowAxis[]): RowAxis => {
  const s = scanOf(t.attrs), inside = s.body.params.map((_, k): RowAxis => {
    const a = axes[k]
    return typeof a !== 'number' || k < s.carries || k >= s.carries + s.xs ? a : a === 0 ? 'mixed' : a - 1
  })
  if (inside.includes('mixed')) return 'mixed'
  const given = new Map(s.body.params.map((p, k) => [p, inside[k]]))
  const results = axesFrom(symbol, given)(s.body.outputs)
  if (results.slice(0, s.carries).some((a, k) => a !== inside[k])) return 'mixed'
  const found = s.output < s.body.outputs.length ? results[s.output] : inside[s.output - s.body.outputs.length]
  return typeof found === 'number' && s.output >= s.carries ? found + 1 : found
}

/** Something that doesn't depend on rows, repeated for each of them. */
const spread = (symbol: string, t: Tensor): RowAxis => {
  const s = shapeOf(t)
  const at = s.findIndex((e) => Ext.bareSymbol(e) === symbol)
  return at >= 0 && s.filter((e) => Ext.symbols(e).includes(symbol)).length === 1 ? at : 'mixed'
}

/**
 * The row axis of each output, for rows counted by a symbol.
 *
 * @example
 * rowAxes('batch')([bnn.prediction])   // => [0]
 */
export const rowAxes =
  (symbol: string) =>
  (outputs: readonly Tensor[]): readonly RowAxis[] => axesFrom(symbol, new Map())(outputs)

/** The axis of each output along which it has one entry, computed apart, for each entry of some vectors (a counter of draws, say). */
export const axesAlong =
  (vectors: ReadonlySet<Tensor>) =>
  (outputs: readonly Tensor[]): readonly RowAxis[] => axesFrom('', new Map([...vectors].map((t) => [t, 0])))(outputs)

/** `rowAxes` where the axes of some leaves are given. */
const axesFrom =
  (symbol: string, given: ReadonlyMap<Tensor, RowAxis>) =>
  (outputs: readonly Tensor[]): readonly RowAxis[] => {
    const memo = new Map<Tensor, RowAxis>(given)
    for (const t of topo(outputs)) if (!memo.has(t)) memo.set(t, E.isLeft(t.type) ? 'mixed' : axisOf(symbol, t, t.args.map((a) => memo.get(a) as RowAxis)))
    return outputs.map((o) => memo.get(o) as RowAxis)
  }
