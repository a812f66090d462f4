/**
 * A draft for every node that is made: loops, reductions and hand-written kernels have
 * drafts of their own (the values and places of one maximum pool share one), elementwise
 * roots ride where they can.
 *
 * Law: nodes are placed after all they read, so that a draft's makers are there.
 */
import { exactText } from '../tensor/graph.ts'
import type { Tensor } from '../tensor/node.ts'
import { isLeafBuffer } from './buffers.ts'
import { makersOf, makersOfAll, readsOf } from './drafts.ts'
import type { Drafting, UnitDraft } from './drafts.ts'
import { elements } from './extents.ts'
import { isHeavy } from './heavy.ts'
import { inspect } from './kernel.ts'
import { under } from './operands.ts'
import { canRide } from './riding.ts'
import type { Root } from './riding.ts'
import { isLoop, isMain, isReduction } from './kinds.ts'
import { TINY } from './stored.ts'

/** Places every node of an order; `results` are the results of each loop's one run. */
export const place = (d: Drafting, order: readonly Tensor[], results: ReadonlyMap<Tensor, readonly Tensor[]>): void => {
  const { made, wholes } = d.chosen
  for (const t of order) {
    if (!made.has(t) || isLeafBuffer(t)) continue
    d.makers.set(t, wholes.has(t) ? placeWhole(d, t) : [isLoop(t) ? placeLoop(d, t, results.get(t) ?? []) : isMain(t) ? placeMain(d, t) : placeRoot(d, t)])
  }
}

/** The drafts of its parts; those that are copies of something are made here. */
const placeWhole = (d: Drafting, t: Tensor): readonly UnitDraft[] =>
  (d.chosen.pieces.get(t) ?? []).flatMap((piece) => {
    if (!d.chosen.made.has(piece)) d.makers.set(piece, [placeRoot(d, piece)])
    return makersOf(d, piece)
  })

const opened = (d: Drafting, draft: UnitDraft): UnitDraft => {
  d.drafts.push(draft)
  return draft
}

const mainDraft = (d: Drafting, kind: UnitDraft['kind'], main: Tensor, reads: Set<Tensor>, hooked: readonly boolean[]): UnitDraft =>
  opened(d, { kind, main, twin: undefined, roots: [], size: elements(main), reads, hooked, deps: makersOfAll(d, reads) })

// -----------------------------------------------------------------------------
// main nodes
// -----------------------------------------------------------------------------

/** All results of a loop are one draft's. */
const placeLoop = (d: Drafting, t: Tensor, results: readonly Tensor[]): UnitDraft => {
  const same = d.drafts.find((x) => x.kind === 'loop' && results.includes(x.main as Tensor))
  if (same === undefined) return mainDraft(d, 'loop', t, new Set(t.args.map((a) => under(a, d.isStored)).filter(d.isStored)), [])
  same.roots.push(t)
  return same
}

/** Reductions and hand-written kernels. */
const placeMain = (d: Drafting, t: Tensor): UnitDraft => {
  const pool = poolBeside(d, t)
  if (pool !== undefined) return twinned(pool, t)
  const hooked = d.chosen.hooks.get(t) ?? []
  const reads = new Set(t.args.flatMap((a, k) => (isHeavy(t) && hooked[k] !== true ? [under(a, d.isStored)] : readsOf(a, d.isStored))))
  return mainDraft(d, isReduction(t) ? 'reduction' : 'heavy', t, reads, hooked)
}

const isPool = (t: Tensor): boolean => t.op === 'maxPool2d' || t.op === 'maxPoolIndex'

/** The draft of the values whose places a node is, or the other way round. Values are the main node: those that came without them and have roots stay as they are. */
const poolBeside = (d: Drafting, t: Tensor): UnitDraft | undefined => {
  if (!isPool(t)) return undefined
  const found = d.drafts.find(({ main, twin }) =>
    main !== undefined && twin === undefined && isPool(main) && main.op !== t.op && main.args.every((a, k) => a === t.args[k]) && exactText(main.attrs) === exactText(t.attrs))
  return found !== undefined && (found.roots.length === 0 || t.op === 'maxPoolIndex') ? found : undefined
}

const twinned = (pool: UnitDraft, t: Tensor): UnitDraft => {
  if (t.op === 'maxPool2d') {
    pool.twin = pool.main
    pool.main = t
  } else pool.twin = t
  return pool
}

// -----------------------------------------------------------------------------
// roots
// -----------------------------------------------------------------------------

const rootOf = (d: Drafting, node: Tensor): Root => {
  const { loads } = inspect(node, d.isStored), part = d.chosen.parts.get(node)
  const reads = new Set([...loads.map((l) => l.node), ...(part?.row === undefined ? [] : readsOf(part.row, d.isStored))])
  return { node, loads, part, own: { kind: 'elementwise', main: undefined, twin: undefined, roots: [node], size: elements(node), reads, hooked: [], deps: makersOfAll(d, reads) } }
}

/** An elementwise root rides in an epilogue if it can, a tiny one in another elementwise kernel (the last first); else it is its own, to be joined when all are known. */
const placeRoot = (d: Drafting, t: Tensor): UnitDraft => {
  const root = rootOf(d, t), { reads, deps, size } = root.own, fits = canRide(d, root)
  const read = d.drafts.filter((x) => x.main !== undefined && [x.main, ...x.roots].some((n) => reads.has(n)))
  const host = read.find(fits) ?? (size > TINY ? undefined : d.drafts.findLast((x) => x.main === undefined && fits(x)))
  if (host === undefined) return opened(d, root.own)
  for (const x of reads) if (!makersOf(d, x).includes(host)) host.reads.add(x)
  for (const x of deps) if (x !== host) host.deps.add(x)
  host.roots.push(t)
  if (host.main === undefined) host.size = Math.max(host.size, size)
  return host
}
