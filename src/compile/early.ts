/**
 * Work of a loop that waits for no carry: taken for all steps at once before the loop.
 *
 * Law: the loop has the same results.
 */
import { batch } from '../tensor/batch.ts'
import * as B from '../tensor/build.ts'
import { instantiate, param } from '../tensor/graph.ts'
import type { Graph, Tensor } from '../tensor/node.ts'
import { dtypeOf, rebuild, shapeOf, topo, typeOf } from '../tensor/node.ts'
import { leafName } from '../tensor/ops/leaves.ts'
import { result, scanOf } from '../tensor/ops/scan.ts'
import { isHeavy } from './heavy.ts'
import { held, madeBefore } from './kept.ts'
import type { Made } from './kept.ts'
import { fits, isRecurrence, range, restated, rewriteLoops } from './loops.ts'
import type { Target } from './program.ts'
import { kindOf } from './kinds.ts'

/**
 * Products, convolutions and the like of sequences alone, with what is made of them before
 * a carry is needed, are taken for all steps at once before the loop, where one large
 * kernel does what many small ones would.
 */
export const hoisted = (target: Target) => rewriteLoops((family, args) => {
  const s = scanOf(family[0].attrs), { body, carries: nc, xs: nx } = s, order = topo(body.outputs)
  if (!isRecurrence(s)) return (t) => rebuild(t, args)
  const depends = (own: readonly Tensor[]): ReadonlySet<Tensor> => {
    const found = new Set(own)
    for (const t of order) if (t.args.some((a) => found.has(a))) found.add(t)
    return found
  }
  const named = (from: number, to: number): readonly Tensor[] => order.filter((t) => body.params.slice(from, to).some((p) => leafName(p) === leafName(t)))
  const waits = depends(named(0, nc)), moves = depends(named(nc, nc + nx))
  const free = (t: Tensor): boolean => moves.has(t) && !waits.has(t)
  const from = depends(order.filter((t) => isHeavy(t) && free(t)))
  // Where the loop takes over: what it reads, views looked through; what can't be kept is made in the loop of what can.
  const known = madeBefore(s, args)
  const keeps = (t: Tensor): boolean => (kindOf(t) !== 'view' || (t.op === 'slice' && known.has(t))) && dtypeOf(t) === 'f32' && fits(target, s)(t)
  const kept = (t: Tensor): readonly Tensor[] => (!from.has(t) ? [] : keeps(t) ? [t] : t.args.flatMap(kept))
  const early = [...new Set([...order.filter((t) => waits.has(t)).flatMap((t) => t.args), ...body.outputs].filter(free).flatMap(kept))]
  if (early.length === 0) return (t) => rebuild(t, args)
  const sequences = body.params.slice(nc, nc + nx)
  // What an earlier loop makes on its way is kept there and not made again.
  const reached = new Set<Tensor>()
  const again = (t: Tensor): readonly Tensor[] => {
    if (reached.has(t) || !from.has(t)) return []
    reached.add(t)
    return known.has(t) && keeps(t) ? [t] : t.args.flatMap(again)
  }
  const before = new Map(early.flatMap(again).map((t, k) => [t, B.leaf('input', `%held.${k}`, shapeOf(t))])), put = new Map<Tensor, Tensor>()
  for (const t of topo(early)) put.set(t, before.get(t) ?? rebuild(t, t.args.map((a) => put.get(a) as Tensor)))
  const open = instantiate({ ...body, outputs: early.map((t) => put.get(t) as Tensor) }, body.params.map((p, k) => (k < nc + nx ? p : args[k])))
  const made = batch(s.length, [...sequences.map((p, k) => [p, args[nc + k]] as const), ...[...before].map(([t, leaf]) => [leaf, held(known.get(t) as Made)] as const)])(open)
  // The new sequences stand behind the old ones.
  const types = [...body.params.slice(0, nc + nx), ...early, ...body.params.slice(nc + nx)].map(typeOf)
  const own = types.map((type, k) => param(k, type)), added = new Map(early.map((t, k) => [t, B.leaf('input', `%early.${k}`, shapeOf(t))]))
  const memo = new Map<Tensor, Tensor>()
  for (const t of order) memo.set(t, added.get(t) ?? rebuild(t, t.args.map((a) => memo.get(a) as Tensor)))
  const between: Graph = { _tag: 'Graph', params: [...body.params.slice(0, nc + nx), ...added.values(), ...body.params.slice(nc + nx)], outputs: body.outputs.map((o) => memo.get(o) as Tensor) }
  const operands = [...args.slice(0, nc + nx), ...made, ...args.slice(nc + nx)]
  const wider = { ...s, body: { _tag: 'Graph' as const, params: own, outputs: instantiate(between, own) }, xs: nx + early.length }
  const now = restated(wider, operands, range(nc), wider.body.outputs.slice(nc))
  return (t) => result(now.operands, now.loop, scanOf(t.attrs).output)
})
