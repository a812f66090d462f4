/**
 * What a loop makes step by step and a later loop would make again for all steps, such as
 * the products and activations that a gradient needs: the first loop gives it beside its
 * other results.
 *
 * Law: all results are as they were, up to the order of a product's sums.
 */
import { E } from '../fp.ts'
import { exactText, siblings } from '../tensor/graph.ts'
import type { Attrs, Tensor } from '../tensor/node.ts'
import { dtypeOf, shapeOf, topo } from '../tensor/node.ts'
import { result, scanOf } from '../tensor/ops/scan.ts'
import type { Scan } from '../tensor/ops/scan.ts'
import { elements, whole } from './extents.ts'
import { isRecurrence, range, restated } from './loops.ts'
import { isLoop } from './kinds.ts'

// -----------------------------------------------------------------------------
// values made before
// -----------------------------------------------------------------------------

/** A value in the body of a loop, one of whose results is `of`. */
export interface Made {
  readonly of: Tensor
  readonly value: Tensor
}

const sameLoop = (a: Tensor, b: Tensor): boolean => scanOf(a.attrs).body === scanOf(b.attrs).body && a.args.every((x, i) => x === b.args[i])

/** Constants longer than this are equal only when they are one node. */
const SHORT = 64

const equalLeaves = (a: Tensor, b: Tensor): boolean =>
  a === b || (a.op === b.op && a.args.length === 0 && whole(a).join() === whole(b).join() && elements(a) <= SHORT && exactText(a.attrs) === exactText(b.attrs))

/** Nodes of a loop's body that the body of the loop of `of` has too, of the same step's values. */
const common = (s: Scan, args: readonly Tensor[], of: Tensor): ReadonlyMap<Tensor, Tensor> => {
  const first = scanOf(of.attrs), n = first.body.outputs.length, shared = first.carries + first.xs
  const same = new Map<Tensor, Tensor>()
  for (const k of range(args.length)) {
    const a = args[k], stack = k < s.carries + s.xs
    if (k < s.carries) continue
    const given = stack && isLoop(a) && sameLoop(a, of) ? scanOf(a.attrs).output : -1
    const found = given >= n ? first.body.params[given - n] : given >= first.carries ? first.body.outputs[given]
      : first.body.params.find((_, j) => of.args[j] === a && (stack ? j >= first.carries && j < shared : j >= shared))
    if (found !== undefined) same.set(s.body.params[k], found)
  }
  const theirs = topo(first.body.outputs), own = new Set(s.body.params)
  for (const t of topo(s.body.outputs)) {
    if (same.has(t) || own.has(t) || isLoop(t)) continue
    const b = t.args.length === 0
      ? theirs.find((x) => equalLeaves(x, t))
      : t.args.every((a) => same.has(a)) ? theirs.find((x) => x.op === t.op && x.args.length === t.args.length && x.args.every((a, i) => a === same.get(t.args[i])) && exactText(x.attrs) === exactText(t.attrs)) : undefined
    if (b !== undefined) same.set(t, b)
  }
  return same
}

/** What earlier loops make of what a loop's body makes, of those whose stacks it goes through. */
export const madeBefore = (s: Scan, args: readonly Tensor[]): ReadonlyMap<Tensor, Made> => {
  const found = new Map<Tensor, Made>(), stacks = args.slice(s.carries, s.carries + s.xs).filter(isLoop)
  for (const [k, of] of stacks.entries()) {
    if (stacks.slice(0, k).some((x) => sameLoop(x, of)) || scanOf(of.attrs).length !== s.length || !isRecurrence(scanOf(of.attrs))) continue
    for (const [t, value] of common(s, args, of)) if (!found.has(t)) found.set(t, { of, value })
  }
  return found
}

// -----------------------------------------------------------------------------
// giving them
// -----------------------------------------------------------------------------

/** Stands for what the steps of an earlier loop make, [steps, ...], until `kept` lets that loop give it. */
export const held = ({ of, value }: Made): Tensor => ({
  _tag: 'Tensor', op: 'reshape', args: [of], attrs: { held: value } as unknown as Attrs,
  type: E.right({ shape: [scanOf(of.attrs).length, ...shapeOf(value)], dtype: dtypeOf(value) })
})

const heldBy = (t: Tensor): Tensor | undefined => t.attrs['held'] as unknown as Tensor | undefined

/** Lets loops give what is held. */
export const kept = (graphs: readonly Tensor[]): readonly Tensor[] => {
  const order = topo(graphs)
  if (!order.some((t) => heldBy(t) !== undefined)) return graphs
  const families = siblings(order), asked = new Map<readonly Tensor[], Set<Tensor>>()
  for (const t of order) {
    const value = heldBy(t), family = value === undefined ? undefined : families.get(t.args[0])
    if (value !== undefined && family !== undefined) asked.set(family, (asked.get(family) ?? new Set()).add(value))
  }
  const memo = new Map<Tensor, Tensor>(), made = new Map<readonly Tensor[], ReturnType<typeof restated>>()
  for (const t of order) {
    const value = heldBy(t), family = families.get(value === undefined ? t : t.args[0])
    const more = family === undefined ? undefined : asked.get(family)
    if (family === undefined || more === undefined) {
      const args = t.args.map((a) => memo.get(a) as Tensor)
      memo.set(t, args.every((a, i) => a === t.args[i]) ? t : { ...t, args })
      continue
    }
    const s = scanOf(family[0].attrs), n = s.body.outputs.length, gives = s.body.outputs.slice(s.carries)
    const all = [...gives, ...[...more].filter((x) => !gives.includes(x))]
    const now = made.get(family) ?? restated(s, family[0].args.map((a) => memo.get(a) as Tensor), range(s.carries), all)
    made.set(family, now)
    const o = scanOf(t.attrs).output
    memo.set(t, result(now.operands, now.loop, value !== undefined ? s.carries + all.indexOf(value) : o < n ? o : o + all.length - gives.length))
  }
  return graphs.map((g) => memo.get(g) as Tensor)
}
