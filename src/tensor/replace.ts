/**
 * Replacement: simultaneous substitution of nodes.
 *
 * Leaves are matched by kind and name, other nodes by reference; what is put in is not
 * entered again. The shape of the replacement must unify with that of the node: a
 * symbol of the node's shape becomes the replacement's extent throughout the graph.
 *
 * Law: replacing nothing is the identity (the very same nodes).
 *
 * @since 0.1.0
 */
import { E } from '../fp.ts'
import * as B from './build.ts'
import * as Ext from './extent.ts'
import type { Extent } from './extent.ts'
import type { Tensor } from './node.ts'
import { bindAttrs, rebuild, topo } from './node.ts'
import { leafName } from './ops/leaves.ts'

/** A node and what stands in its place. */
export type Replacement = readonly [Tensor, Tensor]

/** What a node is matched by: its kind and name for a named leaf, else the node itself. */
export const keyOf = (t: Tensor): Tensor | string => {
  const name = leafName(t)
  return name === undefined ? t : `${t.op}:${name}`
}

/** Symbols of `from` that `to` gives extents for, or undefined when the shapes don't unify. */
const unify = (from: Tensor, to: Tensor): Readonly<Record<string, Extent>> | undefined => {
  if (E.isLeft(from.type) || E.isLeft(to.type)) return {}
  const a = from.type.right, b = to.type.right
  if (a.dtype !== b.dtype || a.shape.length !== b.shape.length) return undefined
  const env: Record<string, Extent> = {}
  for (let i = 0; i < a.shape.length; i++) {
    const name = Ext.bareSymbol(a.shape[i])
    if (name !== undefined && !Object.hasOwn(env, name)) env[name] = b.shape[i]
    else if (!Ext.same(Ext.bind(env)(a.shape[i]), b.shape[i])) return undefined
  }
  return env
}

const clash = (from: Tensor, to: Tensor): Tensor => {
  const name = leafName(from)
  const show = (t: Tensor): string => (E.isRight(t.type) ? `${Ext.showShape(t.type.right.shape)} of ${t.type.right.dtype}` : 'ill-shaped')
  return B.misfit('ReplacementMismatch', ['replace', ...(name === undefined ? [] : [name])], show(to), show(from), 'give a tensor of that shape and dtype; only a symbol such as batch can become another extent')
}

/** Substitutes nodes in several graphs at once. */
export const replace =
  (pairs: readonly Replacement[]) =>
  (outputs: readonly Tensor[]): readonly Tensor[] => {
    if (pairs.length === 0) return outputs
    const memo = new Map<Tensor, Tensor>()
    const target = new Map<Tensor | string, Tensor>()
    const env: Record<string, Extent> = {}
    for (const [from, to] of pairs) {
      const found = unify(from, to)
      const agrees = found !== undefined && Object.entries(found).every(([k, v]) => !Object.hasOwn(env, k) || Ext.same(env[k], v))
      target.set(keyOf(from), agrees ? to : clash(from, to))
      if (agrees) Object.assign(env, found)
    }
    const identity = Object.entries(env).every(([k, v]) => Ext.same(v, Ext.sym(k))), bind = bindAttrs(env)
    for (const t of topo(outputs)) {
      const to = target.get(keyOf(t))
      memo.set(t, to ?? rebuild(t, t.args.map((a) => memo.get(a) as Tensor), identity ? t.attrs : bind(t.attrs)))
    }
    return outputs.map((o) => memo.get(o) as Tensor)
  }

/** Gives symbols their extents throughout a graph. */
export const bindExtents =
  (env: Readonly<Record<string, Extent>>) =>
  (outputs: readonly Tensor[]): readonly Tensor[] => {
    if (Object.keys(env).length === 0) return outputs
    const memo = new Map<Tensor, Tensor>(), bind = bindAttrs(env)
    for (const t of topo(outputs)) memo.set(t, rebuild(t, t.args.map((a) => memo.get(a) as Tensor), bind(t.attrs)))
    return outputs.map((o) => memo.get(o) as Tensor)
  }

/** The named leaves of graphs, each (kind, name) once, in the order of first use. */
export const leavesOf = (outputs: readonly Tensor[]): readonly Tensor[] => {
  const seen = new Set<string>()
  return topo(outputs).filter((t) => {
    const k = keyOf(t)
    return typeof k === 'string' && !seen.has(k) && seen.add(k)
  })
}

/** The symbols that appear in the types of graphs. */
export const symbolsOf = (outputs: readonly Tensor[]): readonly string[] => [
  ...new Set(topo(outputs).flatMap((t) => (E.isRight(t.type) ? t.type.right.shape.flatMap(Ext.symbols) : [])))
]
