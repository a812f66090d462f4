/**
 * Graph to smaller graph, before anything is lowered: common subexpressions become one
 * node (`merge.ts`), scalar constants and reductions of constants fold (`constants.ts`),
 * neutral elements vanish, views of views merge, and long reductions with few results are
 * done in two stages (`twostage.ts`).
 *
 * Law: the simplified graph has the same values (up to the order of sums).
 */
import * as B from '../tensor/build.ts'
import type { Tensor } from '../tensor/node.ts'
import { dtypeOf, node, rebuild, shapeOf, topo } from '../tensor/node.ts'
import { normalAxes } from '../tensor/rule.ts'
import { folding, splat } from './constants.ts'
import { sameShape, size, whole } from './extents.ts'
import { interner } from './merge.ts'
import { inStages } from './twostage.ts'

// -----------------------------------------------------------------------------
// rules
// -----------------------------------------------------------------------------

const filled = (like: Tensor, value: number): Tensor => B.broadcastTo(B.scalar(value, dtypeOf(like)), shapeOf(like))

/** The argument as it stands in for the node: broadcast to its shape. */
const as = (t: Tensor, arg: Tensor): Tensor | undefined => (dtypeOf(arg) === dtypeOf(t) ? B.broadcastTo(arg, shapeOf(t)) : undefined)

/** What a node is by one rule; undefined where none says. */
const rules = (t: Tensor): Tensor | undefined => {
  const [a, b] = t.args
  switch (t.op) {
    case 'add': return splat(a) === 0 ? as(t, b) : splat(b) === 0 ? as(t, a) : undefined
    case 'sub': return splat(b) === 0 ? as(t, a) : splat(a) === 0 ? as(t, B.neg(b)) : undefined
    case 'mul': return splat(a) === 1 ? as(t, b) : splat(b) === 1 ? as(t, a) : splat(a) === 0 || splat(b) === 0 ? filled(t, 0) : undefined
    case 'div': return splat(b) === 1 ? as(t, a) : splat(a) === 0 ? filled(t, 0) : undefined
    case 'neg': return a.op === 'neg' ? a.args[0] : undefined
    case 'stopGradient': case 'clipGradient': return a
    case 'cast': return dtypeOf(a) === dtypeOf(t) ? a : undefined
    case 'select': {
      const c = splat(a)
      return c === undefined ? undefined : as(t, c !== 0 ? b : t.args[2])
    }
    case 'reshape': return a.op === 'reshape' ? B.reshape(a.args[0], shapeOf(t)) : sameShape(whole(a), whole(t)) ? a : undefined
    case 'broadcastTo': return sameShape(whole(a), whole(t)) ? a : a.op === 'broadcastTo' ? node('broadcastTo', [a.args[0]], t.attrs) : undefined
    case 'transpose': {
      const perm = t.attrs['perm'] as readonly number[]
      if (perm.every((p, i) => p === i)) return a
      return a.op === 'transpose' ? B.transpose(a.args[0], perm.map((p) => (a.attrs['perm'] as readonly number[])[p])) : undefined
    }
    case 'slice': {
      if (sameShape(whole(a), whole(t))) return a
      return sliceOf(t, a)
    }
    case 'matmul': case 'triangularSolve': case 'solve': return evenBatch(t, 2)
    case 'conv2d': case 'convData': case 'convWeights': return evenBatch(t, 4)
    case 'pad': return sameShape(whole(a), whole(t)) ? a : undefined
    case 'concat': {
      const kept = t.args.filter((x) => size(whole(x)) > 0)
      return kept.length === t.args.length || kept.length === 0 ? undefined : kept.length === 1 ? kept[0] : node('concat', kept, t.attrs)
    }
    case 'sum': {
      const axes = normalAxes(t.attrs['axes'] as readonly number[], whole(a).length) ?? []
      if (axes.every((x) => whole(a)[x] === 1)) return B.reshape(a, shapeOf(t))
      // Scattered over whole planes that are summed: where to doesn't matter.
      if (a.op === 'poolScatter' && [1, 2].every((k) => axes.includes(whole(a).length - k))) return node('sum', [a.args[0]], t.attrs)
      const v = splat(a)
      return v === undefined || dtypeOf(a) !== 'f32' ? undefined : filled(t, v * size(axes.map((x) => whole(a)[x])))
    }
    case 'reduceMax': case 'reduceMin': case 'prod': case 'logSumExp': {
      const axes = normalAxes(t.attrs['axes'] as readonly number[], whole(a).length) ?? []
      return axes.every((x) => whole(a)[x] === 1) ? B.reshape(a, shapeOf(t)) : undefined
    }
    default: return undefined
  }
}

/** Kernels step through a batch by one stride or none: an operand that is repeated along some of its leading axes is written out. */
const evenBatch = (t: Tensor, tail: number): Tensor | undefined => {
  const lead = whole(t).slice(0, -tail)
  const even = t.args.map((a) => {
    const n = size(whole(a).slice(0, -tail))
    return n === 1 || n === size(lead) ? a : B.broadcastTo(a, [...lead, ...whole(a).slice(-tail)])
  })
  return even.every((a, i) => a === t.args[i]) ? undefined : node(t.op, even, t.attrs)
}

/** A slice that lies inside one part of a concatenation, or inside what a pad encloses. */
const sliceOf = (t: Tensor, a: Tensor): Tensor | undefined => {
  const start = t.attrs['start'] as readonly number[], stop = t.attrs['stop'] as readonly number[], step = t.attrs['step'] as readonly number[]
  if (a.op === 'concat') {
    const axis = a.attrs['axis'] as number
    let from = 0
    for (const part of a.args) {
      const n = whole(part)[axis]
      if (start[axis] >= from && stop[axis] <= from + n)
        return B.slice(part, start.map((s, d) => (d === axis ? s - from : s)), stop.map((s, d) => (d === axis ? s - from : s)), step)
      from += n
    }
  }
  if (a.op === 'pad') {
    const lo = a.attrs['lo'] as readonly number[], inner = whole(a.args[0])
    if (start.every((s, d) => s >= lo[d] && stop[d] <= lo[d] + inner[d]))
      return B.slice(a.args[0], start.map((s, d) => s - lo[d]), stop.map((s, d) => s - lo[d]), step)
  }
  return undefined
}

// -----------------------------------------------------------------------------
// passes
// -----------------------------------------------------------------------------

/** Merges equal nodes bottom-up, applying `f` to each first. */
const pass = (f: (t: Tensor) => Tensor | undefined) => (outputs: readonly Tensor[]): readonly Tensor[] => {
  const memo = new Map<Tensor, Tensor>()
  const { intern, has } = interner()
  const settle = (t: Tensor): Tensor => {
    for (const x of topo([t])) if (!memo.has(x)) memo.set(x, intern(rebuild(x, x.args.map((a) => memo.get(a) as Tensor))))
    return memo.get(t) as Tensor
  }
  for (const t of topo(outputs)) {
    let now = rebuild(t, t.args.map((a) => memo.get(a) as Tensor))
    for (let i = 0; i < 8; i++) {
      const next = f(now)
      if (next === undefined || next === now) break
      now = next
    }
    now.args.forEach((a) => { if (!has(a)) settle(a) })
    memo.set(t, intern(rebuild(now, now.args.map((a) => memo.get(a) ?? a))))
    if (!memo.has(now)) memo.set(now, memo.get(t) as Tensor)
  }
  return outputs.map((o) => memo.get(o) as Tensor)
}

/** Simplifies bound graphs for a target with so many lanes to fill, of which `shared` may share a result of a reduction along the last axis. */
export const simplify = (lanes: number, shared = 1) => (outputs: readonly Tensor[]): readonly Tensor[] => {
  const fold = folding()
  const once = pass((t) => fold(t) ?? rules(t))
  return pass(rules)(pass(inStages({ lanes, shared }))(once(once(outputs))))
}
