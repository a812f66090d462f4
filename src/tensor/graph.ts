/**
 * Graphs as attributes: what a loop does in one step is a graph over parameters, the
 * inputs `%0`, `%1`, ... Nothing else in it is free: what its maker captured became
 * operands of the node (lambda lifting), so that every pass that follows operands
 * (replacement, gradients, batching, reading of leaves) sees them.
 *
 * Laws: instantiating a closed graph with what was captured gives the outputs that were
 * closed; equal keys mean equal graphs.
 *
 * @since 0.3.0
 */
import * as B from './build.ts'
import type { Extent } from './extent.ts'
import * as Ext from './extent.ts'
import type { Attr, Data, Graph, Tensor, TensorType } from './node.ts'
import { isGraph, rebuild, topo, typeOf } from './node.ts'
import type { Ref } from './table.ts'
import { row } from './table.ts'
import { leafName } from './ops/leaves.ts'

export type { Graph } from './node.ts'
export { isGraph } from './node.ts'

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** The parameter of that number. */
export const param = (k: number, { shape, dtype }: TensorType): Tensor => B.leaf('input', `%${k}`, shape, dtype)

/** Parameters of these types, numbered from `first`. */
export const params = (types: readonly TensorType[], first = 0): readonly Tensor[] => types.map((t, k) => param(first + k, t))

/** Nodes that are numbers written down, cheap to make again: they stay where they are. */
const plainNodes = (order: readonly Tensor[]): ReadonlySet<Tensor> => {
  const plain = new Set<Tensor>()
  for (const t of order) {
    const written = t.op === 'iota' || t.op === 'extent' || (t.op === 'constant' && t.attrs['data'] === undefined)
    if (written || (t.args.length > 0 && ['elementwise', 'view'].includes(row(t.op).kind) && t.args.every((a) => plain.has(a)))) plain.add(t)
  }
  return plain
}

/**
 * Closes outputs over parameters: the largest parts that depend on none of them become
 * further parameters, and are given back as what was captured. Parameters are found by
 * reference, so those of an enclosing graph are captured like anything else.
 */
export const close = (own: readonly Tensor[], outputs: readonly Tensor[]): { readonly graph: Graph; readonly captured: readonly Tensor[] } => {
  const order = topo(outputs), mine = new Set(own), inside = new Set<Tensor>(own), plain = plainNodes(order)
  for (const t of order) if (t.args.some((a) => inside.has(a))) inside.add(t)
  const memo = new Map<Tensor, Tensor>(), captured: Tensor[] = []
  const added: Tensor[] = []
  const of = (t: Tensor): Tensor => {
    const known = memo.get(t)
    if (known !== undefined) return known
    const p = param(own.length + captured.length, typeOf(t))
    captured.push(t)
    added.push(p)
    memo.set(t, p)
    return p
  }
  for (const t of order) if (mine.has(t) || plain.has(t)) memo.set(t, t)
  for (const t of order) if (inside.has(t) && !mine.has(t)) memo.set(t, rebuild(t, t.args.map(of)))
  const closed = outputs.map(of)
  return { graph: { _tag: 'Graph', params: [...own, ...added], outputs: closed }, captured }
}

// -----------------------------------------------------------------------------
// combinators
// -----------------------------------------------------------------------------

/** The outputs of a graph with other nodes in the place of its parameters. */
export const instantiate = (g: Graph, args: readonly Tensor[]): readonly Tensor[] => {
  const at = new Map(g.params.map((p, k) => [leafName(p), args[k]]))
  const memo = new Map<Tensor, Tensor>()
  for (const t of topo(g.outputs)) memo.set(t, at.get(leafName(t)) ?? rebuild(t, t.args.map((a) => memo.get(a) as Tensor)))
  return g.outputs.map((o) => memo.get(o) as Tensor)
}

/** A graph with its outputs rewritten; parameters keep their names. */
export const mapOutputs = (f: (outputs: readonly Tensor[]) => readonly Tensor[]) => (g: Graph): Graph => ({ ...g, outputs: f(g.outputs) })

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/** Numbers of the parameters that some outputs need. */
export const needs = (g: Graph, outputs: readonly Tensor[]): ReadonlySet<number> => {
  const at = new Map(g.params.map((p, k) => [leafName(p), k]))
  return new Set(topo(outputs).flatMap((t) => at.get(leafName(t)) ?? []))
}

/** Values of some outputs of a graph in f64, from values of its parameters. */
export const evaluate = (g: Graph, outputs: readonly Tensor[]): ((args: readonly Ref[]) => readonly Ref[]) => {
  const order = topo(outputs), at = new Map(g.params.map((p, k) => [leafName(p), k]))
  return (args) => {
    const memo = new Map<Tensor, Ref>()
    for (const t of order) {
      const k = at.get(leafName(t)), type = typeOf(t)
      memo.set(t, k === undefined ? row(t.op).f64(t.args.map((a) => memo.get(a) as Ref), t.attrs, { shape: type.shape as readonly number[], dtype: type.dtype }) : args[k])
    }
    return outputs.map((o) => memo.get(o) as Ref)
  }
}

/** A value as text, equal for equal values alone: JSON writes every infinity and NaN as null, and -0 as 0. */
export const exactText = (value: unknown): string =>
  JSON.stringify(value, (_, v: unknown) => (typeof v === 'number' && (!Number.isFinite(v) || Object.is(v, -0)) ? `number ${Object.is(v, -0) ? '-0' : v}` : v))

const attrKey = (v: Attr): unknown =>
  isGraph(v) ? graphKey(v)
  : Ext.isSym(v) ? Ext.show(v as Extent)
  : ArrayBuffer.isView(v) ? [...(v as Data)]
  : Array.isArray(v) ? (v as readonly Attr[]).map(attrKey)
  : v

/** A text that is equal for equal graphs, and only for those. */
export const graphKey = (g: Graph): string => {
  const order = topo([...g.params, ...g.outputs]), number = new Map(order.map((t, i) => [t, i]))
  const of = (ts: readonly Tensor[]): readonly unknown[] => ts.map((t) => number.get(t))
  return exactText([order.map((t) => [t.op, of(t.args), Object.keys(t.attrs).sort().map((k) => [k, attrKey(t.attrs[k])])]), of(g.params), of(g.outputs)])
}

/**
 * Nodes that are results of one computation: equal but for the attribute that says which
 * result. Each such node with all its siblings among `order`, in that order.
 */
export const siblings = (order: readonly Tensor[]): ReadonlyMap<Tensor, readonly Tensor[]> => {
  const number = new Map(order.map((t, i) => [t, i])), keys = new Map<Graph, string>()
  const textOf = (g: Graph): string => {
    const known = keys.get(g) ?? graphKey(g)
    keys.set(g, known)
    return known
  }
  const groups = new Map<string, Tensor[]>()
  for (const t of order) {
    const which = row(t.op)?.result
    if (which === undefined) continue
    const rest = Object.keys(t.attrs).filter((k) => k !== which).sort().map((k) => [k, isGraph(t.attrs[k]) ? textOf(t.attrs[k] as Graph) : attrKey(t.attrs[k])])
    const key = exactText([t.op, t.args.map((a) => number.get(a)), rest])
    const known = groups.get(key)
    if (known === undefined) groups.set(key, [t])
    else known.push(t)
  }
  return new Map([...groups.values()].flatMap((g) => g.map((t) => [t, g] as const)))
}
