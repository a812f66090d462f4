/**
 * Carries of a loop that only add up: one long product or sum after the loop takes the
 * place of as many short ones in it.
 *
 * Law: the loop has the same results, up to the order of sums.
 */
import * as B from '../tensor/build.ts'
import * as Ext from '../tensor/extent.ts'
import { needs } from '../tensor/graph.ts'
import type { Tensor } from '../tensor/node.ts'
import { rebuild, shapeOf } from '../tensor/node.ts'
import { leafName } from '../tensor/ops/leaves.ts'
import { result, scanOf } from '../tensor/ops/scan.ts'
import type { Scan } from '../tensor/ops/scan.ts'
import { normalAxes } from '../tensor/rule.ts'
import { whole } from './extents.ts'
import { addedTo, fits, isRecurrence, range, restated, rewriteLoops, usersIn } from './loops.ts'
import type { Target } from './program.ts'

/** One side of a product: what is there before its last axes were exchanged, and whether they were. */
interface Side {
  readonly t: Tensor
  readonly turned: boolean
}

/** What a step adds to a carry that it doesn't read otherwise: a matrix product, or a sum along axes. */
type Addend =
  | { readonly _tag: 'Product'; readonly a: Side; readonly b: Side }
  | { readonly _tag: 'Sum'; readonly of: Tensor; readonly axes: readonly number[] }

const sideOf = (t: Tensor): Side => {
  const r = whole(t).length, perm = t.op === 'transpose' ? (t.attrs['perm'] as readonly number[]) : []
  return perm.length > 0 && perm.every((p, i) => p === (i < r - 2 ? i : 2 * r - 3 - i)) ? { t: t.args[0], turned: true } : { t, turned: false }
}

/** What is kept of each step. */
const sidesOf = (x: Addend): readonly Tensor[] => (x._tag === 'Product' ? [x.a.t, x.b.t] : [x.of])

const addendOf = (s: Scan, k: number, users: ReadonlyMap<Tensor, number>): Addend | undefined => {
  const added = addedTo(s, k, users)
  if (added === undefined || !Ext.sameShape(shapeOf(added), shapeOf(s.body.params[k]))) return undefined
  const inner = added.op === 'reshape' ? added.args[0] : added
  if (inner.op === 'sum') return { _tag: 'Sum', of: inner.args[0], axes: normalAxes(inner.attrs['axes'] as readonly number[], whole(inner.args[0]).length) ?? [] }
  const lead = (t: Tensor): string => whole(t).slice(0, -2).join()
  return added.op === 'matmul' && lead(added.args[0]) === lead(added.args[1]) ? { _tag: 'Product', a: sideOf(added.args[0]), b: sideOf(added.args[1]) } : undefined
}

/** A side of all steps, the steps laid along the axis that is summed over: [..., m, steps n] or [..., steps n, r]. */
const along = (stack: Tensor, turned: boolean, axis: 'last' | 'beforeLast'): Tensor => {
  const s = whole(stack), r = s.length, [steps] = s, lead = s.slice(1, -2), axes = lead.map((_, i) => i + 1)
  // The summed axis is the other one of what was turned.
  const last = (axis === 'last') !== turned
  const own = last
    ? B.reshape(B.transpose(stack, [...axes, r - 2, 0, r - 1]), [...lead, s[r - 2], steps * s[r - 1]])
    : B.reshape(B.transpose(stack, [...axes, 0, r - 2, r - 1]), [...lead, steps * s[r - 2], s[r - 1]])
  return turned ? B.swapLast(own) : own
}

/**
 * Carries that only add up matrix products or sums along axes (gradients of weights, above
 * all): what is multiplied or summed is kept for all steps, and one long product or sum
 * after the loop takes the place of as many short ones. What is too large to keep, and
 * what is the same in every step, stays in the loop.
 */
export const summed = (target: Target) => rewriteLoops((family, args) => {
  const s = scanOf(family[0].attrs)
  if (!isRecurrence(s)) return (t) => rebuild(t, args)
  const n = s.body.outputs.length, users = usersIn(s.body), asked = family.map((t) => scanOf(t.attrs).output)
  const varies = (t: Tensor): boolean => [...needs(s.body, [t])].some((p) => p < s.carries + s.xs)
  const found = range(s.carries)
    .map((k) => (asked.includes(n + k) ? undefined : addendOf(s, k, users)))
    .map((x) => (x !== undefined && sidesOf(x).every((t) => varies(t) && fits(target, s)(t)) ? x : undefined))
  if (found.every((x) => x === undefined)) return (t) => rebuild(t, args)
  const carries = found.flatMap((x, k) => (x === undefined ? [k] : []))
  // What is kept may be a sequence as it is, or what the steps give anyway.
  const gives = s.body.outputs.slice(s.carries)
  const sequence = (t: Tensor): number => s.body.params.findIndex((p, k) => leafName(p) === leafName(t) && k >= s.carries && k < s.carries + s.xs)
  const more = [...new Set(found.flatMap((x) => (x === undefined ? [] : sidesOf(x))))].filter((t) => sequence(t) < 0 && !gives.includes(t))
  const { operands, loop } = restated(s, args, carries, [...gives, ...more])
  const stack = (t: Tensor): Tensor => (sequence(t) >= 0 ? args[sequence(t)] : result(operands, loop, carries.length + [...gives, ...more].indexOf(t)))
  const total = (x: Addend): Tensor =>
    x._tag === 'Product' ? B.matmul(along(stack(x.a.t), x.a.turned, 'last'), along(stack(x.b.t), x.b.turned, 'beforeLast')) : B.sum(stack(x.of), [0, ...x.axes.map((d) => d + 1)])
  return (t) => {
    const o = scanOf(t.attrs).output, x = o < s.carries ? found[o] : undefined
    return x !== undefined ? B.add(args[o], B.reshape(total(x), shapeOf(t)))
      : result(operands, loop, o < s.carries ? carries.indexOf(o) : o < n ? carries.length + o - s.carries : carries.length + gives.length + more.length + carries.indexOf(o - n))
  }
})
