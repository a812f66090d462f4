/**
 * Equal nodes as one: common subexpressions are computed once.
 *
 * Law: nodes are equal when their op, their arguments (as merged) and their attributes are;
 * data of constants counts by the array it is.
 */
import { exactText, graphKey, isGraph } from '../tensor/graph.ts'
import type { Attr, Data, Tensor } from '../tensor/node.ts'

const attrKey = (v: Attr, ids: Map<object, number>): string => {
  if (isGraph(v)) return graphKey(v)
  if (ArrayBuffer.isView(v)) {
    const known = ids.get(v as Data)
    if (known !== undefined) return `#${known}`
    ids.set(v as Data, ids.size)
    return `#${ids.size - 1}`
  }
  return exactText(v)
}

/** Finds the node that stands for all that are equal to it. */
export interface Interner {
  /** The node that stands for one whose arguments were interned; the node itself if it is the first of its kind. */
  readonly intern: (t: Tensor) => Tensor
  /** Does the node stand for others? */
  readonly has: (t: Tensor) => boolean
}

/** An interner that has seen no node. */
export const interner = (): Interner => {
  const ids = new Map<Tensor, number>(), arrays = new Map<object, number>(), byKey = new Map<string, Tensor>()
  return {
    has: (t) => ids.has(t),
    intern: (t) => {
      const key = `${t.op}(${t.args.map((a) => ids.get(a)).join()})${Object.keys(t.attrs).sort().map((k) => `${k}=${attrKey(t.attrs[k], arrays)}`).join()}`
      const known = byKey.get(key)
      if (known !== undefined) return known
      byKey.set(key, t)
      ids.set(t, ids.size)
      return t
    }
  }
}
