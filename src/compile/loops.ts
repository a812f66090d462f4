/**
 * Loops as graphs, rewritten before they are lowered: what no result needs is left out,
 * and first values of carries get buffers that the loop may write over. What else can be
 * done before and after a loop is in `early.ts` and `sums.ts`.
 *
 * Law: a rewritten loop has the results of the loop, up to the order of sums.
 */
import * as B from '../tensor/build.ts'
import { instantiate, needs, param, siblings } from '../tensor/graph.ts'
import type { Graph, Tensor } from '../tensor/node.ts'
import { dtypeOf, node, rebuild, shapeOf, topo, typeOf } from '../tensor/node.ts'
import { result, scanOf } from '../tensor/ops/scan.ts'
import type { Scan } from '../tensor/ops/scan.ts'
import { elements } from './extents.ts'
import type { Target } from './program.ts'
import { isLoop } from './kinds.ts'

/** 0, 1, ..., n - 1 */
export const range = (n: number): readonly number[] => Array.from({ length: n }, (_, k) => k)

// -----------------------------------------------------------------------------
// rewriting
// -----------------------------------------------------------------------------

/** Rewrites every loop, its results together: `f` gets them and their rewritten operands. */
export const rewriteLoops = (f: (family: readonly Tensor[], args: readonly Tensor[]) => (t: Tensor) => Tensor) => (outputs: readonly Tensor[]): readonly Tensor[] => {
  const order = topo(outputs)
  if (!order.some(isLoop)) return outputs
  const families = siblings(order), made = new Map<readonly Tensor[], (t: Tensor) => Tensor>(), memo = new Map<Tensor, Tensor>()
  for (const t of order) {
    const args = t.args.map((a) => memo.get(a) as Tensor), family = families.get(t)
    if (family === undefined) {
      memo.set(t, args.every((a, i) => a === t.args[i]) ? t : { ...t, args })
      continue
    }
    const known = made.get(family) ?? f(family, args)
    made.set(family, known)
    memo.set(t, known(t))
  }
  return outputs.map((o) => memo.get(o) as Tensor)
}

/** A loop with some of its carries, which need no others, and with other things that its steps give. */
export const restated = (s: Scan, args: readonly Tensor[], carries: readonly number[], gives: readonly Tensor[]): { readonly operands: readonly Tensor[]; readonly loop: Omit<Scan, 'output'> } => {
  const outputs = [...carries.map((k) => s.body.outputs[k]), ...gives]
  const used = needs(s.body, outputs)
  const kept = args.flatMap((_, k) => (k < s.carries ? carries.includes(k) : used.has(k)) ? [k] : [])
  const own = new Map(kept.map((k, i) => [k, param(i, typeOf(s.body.params[k]))]))
  const body: Graph = { _tag: 'Graph', params: [...own.values()], outputs: instantiate({ ...s.body, outputs }, s.body.params.map((p, k) => own.get(k) ?? p)) }
  const xs = kept.filter((k) => k >= s.carries && k < s.carries + s.xs).length
  return { operands: kept.map((k) => args[k]), loop: { body, carries: carries.length, xs, length: s.length, reverse: s.reverse } }
}

// -----------------------------------------------------------------------------
// trimming
// -----------------------------------------------------------------------------

/** Carries that some results need, with those that they need in turn. */
const carriesFor = (s: Scan, asked: readonly number[], gives: readonly number[]): readonly number[] => {
  const n = s.body.outputs.length
  const used = new Set(asked.flatMap((k) => (k < s.carries ? [k] : k >= n ? [k - n] : [])))
  for (let before = -1; before < used.size; ) {
    before = used.size
    for (const k of needs(s.body, [...used, ...gives].map((o) => s.body.outputs[o]))) if (k < s.carries) used.add(k)
  }
  return [...used].sort((a, b) => a - b)
}

/** Loops without the carries, sequences and captured values that no result needs; none where there are no steps. */
export const trim = rewriteLoops((family, args) => {
  const s = scanOf(family[0].attrs), n = s.body.outputs.length, asked = family.map((t) => scanOf(t.attrs).output)
  if (s.length === 0) return (t) => (scanOf(t.attrs).output < s.carries ? args[scanOf(t.attrs).output] : B.full(shapeOf(t), 0, dtypeOf(t)))
  const gives = [...new Set(asked)].filter((k) => k >= s.carries && k < n), carries = carriesFor(s, asked, gives)
  const { operands, loop } = restated(s, args, carries, gives.map((k) => s.body.outputs[k]))
  return (t) => {
    const o = scanOf(t.attrs).output
    return result(operands, loop, o < s.carries ? carries.indexOf(o) : o < n ? carries.length + gives.indexOf(o) : carries.length + gives.length + carries.indexOf(o - n))
  }
})

// -----------------------------------------------------------------------------
// what steps have to do with each other
// -----------------------------------------------------------------------------

/** Can what every step makes of a node be kept? */
export const fits = (target: Target, s: Scan) => (t: Tensor): boolean => 4 * elements(t) * (s.length as number) <= target.maxBindingBytes / 4

/** How often nodes are used, being an output counted. */
export const usersIn = (g: Graph): ReadonlyMap<Tensor, number> => {
  const users = new Map<Tensor, number>()
  for (const t of [...topo(g.outputs).flatMap((x) => x.args), ...g.outputs]) users.set(t, (users.get(t) ?? 0) + 1)
  return users
}

/** What a step adds to a carry that is read for nothing else. */
export const addedTo = (s: Scan, k: number, users: ReadonlyMap<Tensor, number>): Tensor | undefined => {
  const total = s.body.outputs[k], carry = s.body.params[k]
  return total.op === 'add' && total.args.includes(carry) && users.get(carry) === 1 && users.get(total) === 1 ? total.args.find((a) => a !== carry) : undefined
}

/**
 * Do steps wait for each other? A loop that only adds up, such as the gradients of parts
 * of a batch, is there to keep no more than one step's values, and is left as it is.
 */
export const isRecurrence = (s: Scan): boolean => {
  const users = usersIn(s.body)
  return range(s.carries).some((k) => s.body.outputs[k] !== s.body.params[k] && addedTo(s, k, users) === undefined)
}

// -----------------------------------------------------------------------------
// first values
// -----------------------------------------------------------------------------

/** First values of carries in buffers of their own, which the loops write over. */
export const started = rewriteLoops((family, args) => {
  const { carries } = scanOf(family[0].attrs)
  const own = args.map((a, k) => (k < carries ? node('reshape', [a], { shape: shapeOf(a), force: true }) : a))
  return (t) => rebuild(t, own)
})
