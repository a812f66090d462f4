/**
 * Graph to smaller graph, before anything is lowered: common subexpressions become one
 * node, scalar constants and reductions of constants fold, neutral elements vanish, views of views merge, long
 * reductions with few results are done in two stages, and small casts move through
 * gathers so that storage types are read where they lie.
 *
 * Law: the simplified graph has the same values (up to the order of sums).
 */
import * as B from '../tensor/build.ts'
import { exactText, graphKey, isGraph } from '../tensor/graph.ts'
import type { Attr, Data, Tensor } from '../tensor/node.ts'
import { dtypeOf, node, rebuild, shapeOf, topo } from '../tensor/node.ts'
import { normalAxes } from '../tensor/rule.ts'
import { leafName } from '../tensor/ops/leaves.ts'
import { row } from '../tensor/table.ts'
import type { Ref } from '../tensor/table.ts'

const whole = (t: Tensor): readonly number[] => shapeOf(t) as readonly number[]
const size = (s: readonly number[]): number => s.reduce((a, b) => a * b, 1)
const sameShape = (a: readonly number[], b: readonly number[]): boolean => a.length === b.length && a.every((x, i) => x === b[i])

/** The number that every element of a node is, where its form tells. */
export const splat = (t: Tensor): number | undefined =>
  t.op === 'constant'
    ? t.attrs['data'] === undefined ? (t.attrs['value'] as number) : undefined
    : t.op === 'extent' ? (t.attrs['extent'] as number)
    : t.op === 'broadcastTo' || t.op === 'reshape' || t.op === 'transpose' || t.op === 'slice' || t.op === 'flip' ? splat(t.args[0])
    : undefined

// -----------------------------------------------------------------------------
// rules
// -----------------------------------------------------------------------------

const filled = (like: Tensor, value: number): Tensor => B.broadcastTo(B.scalar(value, dtypeOf(like)), shapeOf(like))

/** The argument as it stands in for the node: broadcast to its shape. */
const as = (t: Tensor, arg: Tensor): Tensor | undefined => (dtypeOf(arg) === dtypeOf(t) ? B.broadcastTo(arg, shapeOf(t)) : undefined)

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

/** Scalar elementwise nodes over constants are computed here, rounded as the device would. */
const foldScalar = (t: Tensor): Tensor | undefined => {
  const r = row(t.op)
  if (r.kind !== 'elementwise' || whole(t).length > 0 || dtypeOf(t) === 'bool') return undefined
  const values = t.args.map((a) => (whole(a).length === 0 ? splat(a) : undefined))
  if (values.some((v) => v === undefined)) return undefined
  const out = r.f64(values.map((v) => ({ shape: [], data: Float64Array.of(v as number) })), t.attrs, { shape: [], dtype: dtypeOf(t) }).data[0]
  return Number.isFinite(out) ? B.scalar(dtypeOf(t) === 'f32' ? Math.fround(out) : out, dtypeOf(t)) : undefined
}

/** Results and operands of a reduction that is worked out on the host, at most. */
const MOST_RESULTS = 4096
const MOST_OPERANDS = 2 ** 18

/** Reductions of what is known here (masks, counts, tables) are computed here. */
const foldReduction = (isKnown: (t: Tensor) => boolean, values: WeakMap<Tensor, Ref>) => (t: Tensor): Tensor | undefined => {
  if (row(t.op).kind !== 'reduction' || dtypeOf(t) === 'bool' || dtypeOf(t) === 'u8' || size(whole(t)) > MOST_RESULTS || size(whole(t.args[0])) > MOST_OPERANDS || !isKnown(t)) return undefined
  const parts = topo([t])
  if (parts.some((x) => size(whole(x)) > MOST_OPERANDS)) return undefined
  for (const x of parts) {
    if (!values.has(x)) values.set(x, row(x.op).f64(x.args.map((a) => values.get(a) as Ref), x.attrs, { shape: whole(x), dtype: dtypeOf(x) }))
  }
  const { data } = values.get(t) as Ref, dtype = dtypeOf(t)
  if (!data.every(Number.isFinite)) return undefined
  return B.array(dtype === 'f32' ? Float32Array.from(data) : dtype === 'i32' ? Int32Array.from(data) : Uint32Array.from(data), shapeOf(t), dtype)
}

/** Does a node depend on constants alone? Remembered for all nodes of one compilation. */
const knownNodes = (): ((t: Tensor) => boolean) => {
  const memo = new WeakMap<Tensor, boolean>()
  return (t) => {
    const stack = [t]
    while (stack.length > 0) {
      const x = stack[stack.length - 1], open = x.args.filter((a) => !memo.has(a))
      if (open.length > 0) stack.push(...open)
      else {
        memo.set(x, leafName(x) === undefined && row(x.op).kind !== 'random' && x.args.every((a) => memo.get(a) === true))
        stack.pop()
      }
    }
    return memo.get(t) === true
  }
}

// -----------------------------------------------------------------------------
// two-stage reductions
// -----------------------------------------------------------------------------

const SPLITTABLE = ['sum', 'prod', 'reduceMax', 'reduceMin', 'logSumExp']

/** Lanes that occupy a target, and how many of them may share a result. */
interface Lanes { readonly lanes: number; readonly shared: number }

/**
 * How many results a reduction must have to be done in one go: enough to occupy the
 * lanes of the target. With fewer, its longest stretch is cut in `chunks` first.
 */
const chunksFor = (results: number, length: number, { lanes, shared }: Lanes): number => {
  if (length < 512 * shared || results * shared * 4 >= lanes) return 1
  const wanted = Math.min(Math.ceil(lanes / Math.max(1, results * shared)), Math.floor(length / (32 * shared)))
  let best = 1
  for (let c = 2; c <= Math.min(2 * wanted, length / (8 * shared)); c++) if (length % c === 0 && Math.abs(c - wanted) < Math.abs(best - wanted)) best = c
  return best
}

const staged = (target: Lanes) => (t: Tensor): Tensor | undefined => {
  if (!SPLITTABLE.includes(t.op)) return undefined
  const [a] = t.args, s = whole(a)
  const axes = normalAxes(t.attrs['axes'] as readonly number[], s.length) ?? []
  const length = size(axes.map((x) => s[x])), results = size(whole(t))
  const shared = axes.includes(s.length - 1) && s[s.length - 1] >= target.shared ? target.shared : 1, { lanes } = target
  if (length < 512 * shared || results * shared * 4 >= lanes || results === 0) return undefined
  // With several reduced axes the outermost is kept for the second stage where that suffices.
  if (axes.length > 1 && results * shared * s[axes[0]] * 4 >= lanes && s[axes[0]] <= 8192) {
    const first = node(t.op, [a], { axes: axes.slice(1), keepDims: false })
    return B.reshape(node(t.op, [first], { axes: [axes[0]], keepDims: false }), shapeOf(t))
  }
  const longest = axes.reduce((x, y) => (s[y] > s[x] ? y : x))
  const chunks = chunksFor(results, s[longest], { lanes, shared })
  if (chunks === 1) return undefined
  const cut = B.reshape(a, s.flatMap((n, d) => (d === longest ? [chunks, n / chunks] : [n])))
  const shifted = axes.map((x) => (x > longest ? x + 1 : x === longest ? x + 1 : x))
  const first = node(t.op, [cut], { axes: shifted, keepDims: false })
  const at = longest - axes.filter((x) => x < longest).length
  return B.reshape(node(t.op, [first], { axes: [at], keepDims: false }), shapeOf(t))
}

// -----------------------------------------------------------------------------
// passes
// -----------------------------------------------------------------------------

/** An attribute as text: equal attributes have equal texts, data by the array it is. */
export const attrKey = (v: Attr, ids: Map<object, number>): string => {
  if (isGraph(v)) return graphKey(v)
  if (ArrayBuffer.isView(v)) {
    const known = ids.get(v as Data)
    if (known !== undefined) return `#${known}`
    ids.set(v as Data, ids.size)
    return `#${ids.size - 1}`
  }
  return exactText(v)
}

/** Merges equal nodes bottom-up, applying `f` to each first. */
const pass = (f: (t: Tensor) => Tensor | undefined) => (outputs: readonly Tensor[]): readonly Tensor[] => {
  const memo = new Map<Tensor, Tensor>()
  const byKey = new Map<string, Tensor>()
  const ids = new Map<Tensor, number>(), arrays = new Map<object, number>()
  const intern = (t: Tensor): Tensor => {
    const key = `${t.op}(${t.args.map((a) => ids.get(a)).join()})${Object.keys(t.attrs).sort().map((k) => `${k}=${attrKey(t.attrs[k], arrays)}`).join()}`
    const known = byKey.get(key)
    if (known !== undefined) return known
    byKey.set(key, t)
    ids.set(t, ids.size)
    return t
  }
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
    now.args.forEach((a) => { if (!ids.has(a)) settle(a) })
    memo.set(t, intern(rebuild(now, now.args.map((a) => memo.get(a) ?? a))))
    if (!memo.has(now)) memo.set(now, memo.get(t) as Tensor)
  }
  return outputs.map((o) => memo.get(o) as Tensor)
}

/** Simplifies bound graphs for a target with so many lanes to fill, of which `shared` may share a result of a reduction along the last axis. */
export const simplify = (lanes: number, shared = 1) => (outputs: readonly Tensor[]): readonly Tensor[] => {
  const fold = foldReduction(knownNodes(), new WeakMap())
  const once = pass((t) => foldScalar(t) ?? fold(t) ?? rules(t))
  return pass(rules)(pass(staged({ lanes, shared }))(once(once(outputs))))
}
