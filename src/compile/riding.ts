/**
 * Whether an elementwise root may ride in a kernel that is there already: in the epilogue
 * of a product, a convolution, a pool or a reduction, or beside other elementwise roots. That
 * saves a launch, a kernel to compile, and the writing and reading of what the host makes.
 *
 * Laws: a root rides with another only at the same position; a host never comes to wait
 * for itself.
 */
import type { Tensor } from '../tensor/node.ts'
import { dtypeOf } from '../tensor/node.ts'
import { buffersOf } from './arenas.ts'
import { waitsFor, waitsThrough } from './dag.ts'
import { isIdentity, makersOf, readsWhole } from './drafts.ts'
import type { Drafting, UnitDraft } from './drafts.ts'
import type { Load } from './emitter.ts'
import { elements } from './extents.ts'
import { isClosed } from './heavy.ts'
import { epilogueHook } from './hooks.ts'
import { isLoop } from './kinds.ts'
import { TINY, isStretch } from './stored.ts'
import type { Part } from './stored.ts'

/** An elementwise root that looks for a kernel, and the draft that it is if it finds none. */
export interface Root {
  readonly node: Tensor
  readonly loads: readonly Load[]
  /** Where it goes, if it is part of a concatenation or a row. */
  readonly part: Part | undefined
  readonly own: UnitDraft
}

/** May the root ride in a kernel? */
export const canRide = (d: Drafting, r: Root) => (host: UnitDraft): boolean =>
  host.size === r.own.size && bindsAll(d, r, host) && !sharesWhole(d, r, host)
  && (host.main === undefined ? readsInPlace(d, r, host.roots) : fitsEpilogue(d, r, host, host.main))
  && !waitsThrough(r.own, host) && leavesStates(d, r, host)

// -----------------------------------------------------------------------------
// any host
// -----------------------------------------------------------------------------

/** Do the buffers of both fit one kernel, with one to spare? All roots are counted as written: which aren't is known only later (see `joining.ts`). */
const bindsAll = (d: Drafting, r: Root, host: UnitDraft): boolean => {
  // Hand-written kernels bind members of an arena one by one.
  const nodes = [...host.reads, ...r.own.reads], reads = host.kind === 'heavy' ? new Set(nodes) : buffersOf(d.counted, nodes)
  return reads.size + host.roots.length + 2 + (host.main === undefined ? 0 : 1) + (host.twin === undefined ? 0 : 1) < d.limit
}

/** Does the host write another part of the same concatenation? Hooks have a binding for each root, and no buffer may be bound for writing twice. Tiny parts, which no hook writes, go together. */
const sharesWhole = (d: Drafting, r: Root, host: UnitDraft): boolean =>
  r.part !== undefined && r.own.size > TINY && host.roots.some((x) => d.chosen.parts.get(x)?.whole === r.part?.whole)

/** Are states that both read free to be overwritten? Not where one of the two reads a state, and the other waits for who makes its next value. */
const leavesStates = (d: Drafting, r: Root, host: UnitDraft): boolean =>
  [...d.olds].every(([next, leaf]) => makersOf(d, next).every((maker) => {
    const hinders = (reader: UnitDraft, other: UnitDraft): boolean => reader.reads.has(leaf) && waitsFor(other, maker) && !waitsFor(reader, maker)
    return maker === host || !(hinders(host, r.own) || hinders(r.own, host))
  }))

/** Does the root read these nodes, where it does, at its own position alone, and no concatenation that they are part of? Only that is in a register. */
const readsInPlace = (d: Drafting, r: Root, nodes: readonly Tensor[]): boolean =>
  !readsWhole(d, r.own.reads, nodes) && nodes.every((x) => !r.own.reads.has(x) || (elements(x) === r.own.size && r.loads.every((l) => l.node !== x || isIdentity(l.ix, r.own.size))))

// -----------------------------------------------------------------------------
// epilogues
// -----------------------------------------------------------------------------

const fitsEpilogue = (d: Drafting, r: Root, host: UnitDraft, main: Tensor): boolean =>
  hasEpilogue(main) && (host.kind !== 'heavy' || suitsHandWritten(d, r, host, main)) && liesAsWritten(r, host)
  && continues(d, r, host, main) && !readsTwin(r, host) && (main.attrs['vector'] !== true || goesByVectors(d, r, host, main))

const hasEpilogue = (main: Tensor): boolean => !isClosed(main) && !isLoop(main)

/**
 * A hand-written kernel writes while others of its invocations still read, so nothing may
 * be written over what it reads, nor into an arena, of which it binds parts; a kernel after it can do that. Its own output is f32:
 * other dtypes ride only beside a root that takes it.
 */
const suitsHandWritten = (d: Drafting, r: Root, host: UnitDraft, main: Tensor): boolean => {
  const old = d.olds.get(r.node)
  return (old === undefined || !(host.reads.has(old) || d.arenas.has(old))) && (dtypeOf(r.node) === 'f32' || host.roots.length > 0) && dtypeOf(main) === 'f32'
}

/** Can the host write the root where it goes? A hand-written kernel binds a stretch by itself, a generated one counts in whole rows. */
const liesAsWritten = ({ part, own }: Root, host: UnitDraft): boolean =>
  part === undefined || (host.kind === 'heavy' ? isStretch(part, own.size) : part.inner === own.size)

/** Is it made of what the host has in registers? Others gain nothing from its epilogue. */
const continues = (d: Drafting, r: Root, host: UnitDraft, main: Tensor): boolean => {
  const made = [main, ...host.roots]
  return made.some((x) => r.own.reads.has(x)) && readsInPlace(d, r, made)
}

/** Does it read the second result, which no epilogue sees? */
const readsTwin = (r: Root, host: UnitDraft): boolean => host.twin !== undefined && r.own.reads.has(host.twin)

/** A variant by vectors has no other plan to fall back on: what rides must go four at a time. */
const goesByVectors = (d: Drafting, r: Root, host: UnitDraft, main: Tensor): boolean =>
  (r.part === undefined || r.own.size % 4 === 0) && epilogueHook(main, [...host.roots, r.node].map((root) => ({ root })), d.isStored, (x) => x, 'e_', 4) !== undefined
