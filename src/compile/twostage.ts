/**
 * Long reductions with few results, in two stages: one invocation a result would leave most
 * of a machine idle, so the longest stretch is cut in chunks that are reduced first.
 *
 * Law: the value is the reduction's, up to the order of sums, which only the shapes and the
 * target set.
 */
import * as B from '../tensor/build.ts'
import type { Tensor } from '../tensor/node.ts'
import { node, shapeOf } from '../tensor/node.ts'
import { normalAxes } from '../tensor/rule.ts'
import { elements, size, whole } from './extents.ts'

const SPLITTABLE = ['sum', 'prod', 'reduceMax', 'reduceMin', 'logSumExp']

/** Lanes that occupy a target, and how many of them may share a result. */
export interface Lanes { readonly lanes: number; readonly shared: number }

/** Elements of a chunk for each lane that shares it, usually and at least, and chunks at most, which the second stage reduces. Those of a subgroup are short: what makes the elements may come to be a phase of one kernel with them. */
const INVOCATION = { usual: 32, least: 8, most: Infinity }, SUBGROUP = { usual: 6, least: 4, most: 1024 }

/**
 * How many results a reduction must have to be done in one go: enough to occupy the
 * lanes of the target. With fewer, its longest stretch is cut in `chunks` first.
 */
const chunksFor = (results: number, length: number, { lanes, shared }: Lanes): number => {
  if (length < 512 * shared || results * shared * 4 >= lanes) return 1
  const { usual, least, most } = shared > 1 ? SUBGROUP : INVOCATION
  const wanted = Math.min(most, Math.ceil(lanes / Math.max(1, results * shared)), Math.floor(length / (usual * shared)))
  let best = 1
  for (let c = 2; c <= Math.min(2 * wanted, length / (least * shared)); c++) if (length % c === 0 && Math.abs(c - wanted) < Math.abs(best - wanted)) best = c
  return best
}

/** A reduction in two stages, for one whose results are too few to occupy the target; undefined for others. */
export const inStages = (target: Lanes) => (t: Tensor): Tensor | undefined => {
  if (!SPLITTABLE.includes(t.op)) return undefined
  const [a] = t.args, s = whole(a)
  const axes = normalAxes(t.attrs['axes'] as readonly number[], s.length) ?? []
  const length = size(axes.map((x) => s[x])), results = elements(t)
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
