/**
 * Which light generated kernels follow each other inside one dispatch. A launch costs what
 * some million multiply-adds do, and a text to compile far more, so units that need each
 * other become phases of one kernel where a team (`teams.ts`) can do them alone: an
 * invocation a row (softmax with its gradient, normalisations, sums along a short axis), one
 * workgroup everything, with barriers, or a workgroup a row (the last layers of a network
 * forth and back, whose products are small).
 *
 * Laws: chains form a DAG as units do; what a phase reads is written by an earlier phase
 * or before the dispatch.
 */
import type { Tensor } from '../tensor/node.ts'
import { sorted, waitsFor } from './dag.ts'
import { elements } from './extents.ts'
import * as X from './ix.ts'
import { elementwisePiece, reductionPiece, sharesLanes } from './kernel.ts'
import type { Store } from './kernel.ts'
import { WORKGROUP, agrees, alone, boundBy, sharing, widthOf, workIn, workOf } from './piece.ts'
import type { Piece, Work } from './piece.ts'
import type { Target } from './program.ts'
import { isRange } from './schedule.ts'
import type { Schedule, Unit } from './schedule.ts'
import { hasLanes, limitOf, quickest, suits, teamOf, withSubgroups } from './teams.ts'
import type { Member } from './teams.ts'
import { turnedPiece } from './turned.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Units of one dispatch that follow each other; a hand-written kernel or a loop is alone and has no generated work. */
export interface Chain {
  readonly units: readonly Unit[]
  readonly work: Work | undefined
  /** The same by scalars, which shares buffers with any other. */
  readonly narrow: () => Work | undefined
  /** The same with results stored one by one, where that is little of the work. */
  readonly apart: () => Work | undefined
  /** Numbers of the chains that must have run before. */
  readonly after: readonly number[]
}

/** Shared memory that every target grants. */
const SHARED_BYTES = 16_384
/** Phases of one kernel at most: its text is compiled before anything runs. */
const PHASES = { software: 8, gpu: 12 }

// -----------------------------------------------------------------------------
// pieces of units
// -----------------------------------------------------------------------------

/** Has a root a buffer binding of its own? Generated kernels write parts by way of the whole, which one binding serves. */
const isBound = (t: Tensor, u: Unit, s: Schedule): boolean => u.kind === 'heavy' && isRange(t, s)

/** What a unit writes, and where. */
export const storesOf = (u: Unit, s: Schedule): readonly Store[] =>
  [...(u.main === undefined ? [] : [u.main]), ...u.roots].filter((t) => u.stored.has(t)).map((root): Store => {
    const part = s.parts.get(root)
    if (part === undefined) return { root }
    if (part.row !== undefined) return { root, place: (i) => i, row: { at: part.row, rows: elements(part.whole) / elements(root), inner: part.inner } }
    return isBound(root, u, s)
      ? { root, exact: true }
      : { root, place: (i) => X.plus(X.plus(X.times(X.divide(i, part.inner), part.stride), X.modulo(i, part.inner)), X.num(part.from)) }
  })

/** The node whose buffer a root is written to. */
export const targetOf = (u: Unit, s: Schedule) => (t: Tensor): Tensor => {
  const part = s.parts.get(t)
  return part !== undefined && !isBound(t, u, s) ? part.whole : s.inPlace.get(t) ?? t
}

/** Inside its own kernel a root is an expression (or a register), never a load. */
export const within = (u: Unit, plan: Schedule): Schedule => {
  const own = new Set(u.roots)
  return { ...plan, isStored: (t) => plan.isStored(t) && !own.has(t) }
}

/** What was written over a state lies in the state's buffer, and what has a place in an arena in the arena's. */
const lying = (p: Piece, plan: Schedule): Piece => {
  const over = <A extends { readonly node: Tensor }>(x: A): A => ({ ...x, node: plan.inPlace.get(x.node) ?? x.node })
  const inArena = <A extends { readonly node: Tensor }>(x: A): A => {
    const place = plan.arenas.get(x.node)
    return place === undefined ? x : { ...x, place }
  }
  return { ...p, uses: p.uses.map(over).map(inArena), sinks: p.sinks.map(inArena), loads: p.loads.map(over) }
}

const pieceOf = (u: Unit, plan: Schedule, target: Target, widest: 1 | 4, how: { readonly lanes?: number; readonly apart?: boolean } = {}): Piece => {
  const s = within(u, plan)
  const piece = lying(u.kind === 'reduction'
    ? reductionPiece(u.main as Tensor, storesOf(u, s), s.isStored, targetOf(u, s), { widest, ...how })
    : elementwisePiece(storesOf(u, s), s.isStored, targetOf(u, s), widest), s)
  // Members of an arena that is written are seen in one way, as the arena is; one that is read in two ways is bound twice.
  return widest === 1 || (agrees([piece]) && boundBy([alone(piece)]).length <= target.maxStorageBuffers) ? piece : pieceOf(u, plan, target, 1, how)
}

/** Can lanes of a subgroup share each result of a unit? */
const canShare = (u: Unit, { kind, subgroupSize }: Target): boolean =>
  kind === 'gpu' && subgroupSize > 1 && WORKGROUP % subgroupSize === 0 && u.kind === 'reduction' && sharesLanes(u.main as Tensor, subgroupSize)

// -----------------------------------------------------------------------------
// works
// -----------------------------------------------------------------------------

/** The work of units in order, when a team can do it within the target's bindings. */
const together = (members: readonly Member[], plan: Schedule, target: Target): Work | undefined => {
  const team = members.length > PHASES[target.kind] ? undefined : teamOf(members, plan, target)
  if (team === undefined) return undefined
  // A whole that is read has one binding: its parts can't be bound beside it.
  const wholes = new Set(members.flatMap((m) => [...m.unit.stored].flatMap((t) => plan.parts.get(t)?.whole ?? [])))
  if (members.some((m) => [...m.unit.reads].some((t) => wholes.has(t)))) return undefined
  const locals = team._tag === 'Group' && team.rows === 1 ? localsOf(members, plan) : new Map<Tensor, number>(), lies = sharing(locals)
  const natural = members.map((m) => lies(m.wide)), narrow = (): readonly Piece[] => members.map((m) => lies(m.narrow()))
  const fit = (phases: readonly Piece[]): boolean => widthOf(phases) !== undefined && agrees(phases)
  const agreed = fit(natural)
  // One lane at a time costs more than it saves where there is much to do, unless a row has lanes enough.
  if (!agreed && !hasLanes(team) && members.some((m) => m.wide.width === 4 && workIn(m.wide) > limitOf(target))) return undefined
  const plain = agreed ? natural : narrow()
  const phases = members.some((m) => m.shared() !== undefined) ? quickest(team, [plain, narrow()].flatMap((x) => [x, ...[withSubgroups(team, x, members).map(lies)].filter(fit)])) : plain
  if (!suits(team, phases)) return undefined
  const barriers: boolean[] = []
  let since: Unit[] = []
  for (const { unit } of members) {
    const waits = unit.after.some((k) => since.includes(plan.units[k]))
    barriers.push(waits)
    since = waits ? [unit] : [...since, unit]
  }
  const work = { phases, team, barriers, locals }
  return bindable([work], plan, target) ? work : undefined
}

/** What only the phases of one workgroup see lies in its shared memory, as much as fits. */
const localsOf = (members: readonly Member[], plan: Schedule): ReadonlyMap<Tensor, number> => {
  const units = new Set(members.map((m) => m.unit))
  const out = new Map<Tensor, number>()
  let bytes = 0
  for (const t of members.flatMap((m) => [...m.unit.stored])) {
    const seen = plan.kept.has(t) || plan.parts.has(t) || plan.inPlace.has(t) || plan.units.some((u) => !units.has(u) && u.reads.has(t))
    const own = 4 * Math.ceil(elements(t) / 4) * 4
    if (seen || bytes + own > SHARED_BYTES || !isReadInside(t, members)) continue
    bytes += own
    out.set(t, Math.ceil(elements(t) / 4) * 4)
  }
  return out
}

/** Is each index it is read at one of its own? What a concatenation or a padding doesn't take is read all the same, which only buffers are checked for. */
const isReadInside = (t: Tensor, members: readonly Member[]): boolean =>
  members.every((m) => m.wide.loads.every((l) => l.node !== t || (X.least(l.ix) >= 0 && X.most(l.ix) < elements(t))))

/** Can one kernel bind all that these works need: each buffer once, and no more than the target takes, of shared memory too? */
export const bindable = (works: readonly Work[], plan: Schedule, target: Target): boolean => {
  const pieces = works.flatMap((x) => x.phases)
  if (widthOf(pieces) === undefined || !agrees(pieces)) return false
  const nodes = boundBy(works)
  const buffers = nodes.map((n) => plan.parts.get(n)?.whole ?? n)
  const shared = works.reduce((n, x) => n + [...x.locals.values()].reduce((a, b) => a + 4 * b, 0), 0)
  return nodes.length <= target.maxStorageBuffers && shared <= SHARED_BYTES && !buffers.some((b, i) => b !== nodes[i] && nodes.includes(b))
}

// -----------------------------------------------------------------------------
// chains
// -----------------------------------------------------------------------------

interface Draft { members: readonly Member[]; units: readonly Unit[]; work: Work | undefined; readonly deps: Set<Draft>; readonly index: number }

/** The units of a plan that write anything, in chains. */
export const chains = (plan: Schedule, target: Target): readonly Chain[] => {
  let all: Draft[] = []
  const of = new Map<number, Draft>()
  plan.units.forEach((unit, k) => {
    if (![...unit.stored].some((t) => elements(t) > 0)) return
    const deps = new Set(unit.after.flatMap((n) => of.get(n) ?? []))
    const wide = unit.kind === 'heavy' || unit.kind === 'loop' ? undefined : pieceOf(unit, plan, target, 4)
    let narrow: Piece | undefined
    let bySubgroups: Piece | undefined
    const member: Member | undefined = wide === undefined ? undefined : {
      unit, wide, narrow: () => (narrow ??= pieceOf(unit, plan, target, 1)), shared: () => (canShare(unit, target) ? (bySubgroups ??= pieceOf(unit, plan, target, 1, { lanes: target.subgroupSize })) : undefined)
    }
    // Joined where no way leads from one of the joined to another through the others.
    const joined = (hosts: readonly Draft[]): boolean => {
      if (member === undefined || hosts.length === 0 || hosts.some((h) => h.work === undefined)) return false
      const others = [...new Set([...deps, ...hosts.flatMap((h) => [...h.deps])])].filter((d) => !hosts.includes(d))
      if (others.some((d) => hosts.some((h) => waitsFor(d, h)))) return false
      const members = [...hosts].sort((a, b) => a.index - b.index).flatMap((h) => h.members)
      const ordered = [...members, member].sort((a, b) => plan.units.indexOf(a.unit) - plan.units.indexOf(b.unit))
      const work = together(ordered, plan, target)
      if (work === undefined) return false
      const made: Draft = { members: ordered, units: ordered.map((m) => m.unit), work, deps: new Set(others), index: all.length }
      all = all.filter((d) => !hosts.includes(d))
      for (const d of all) if (hosts.some((h) => d.deps.delete(h))) {
        hosts.forEach((h) => d.deps.delete(h))
        d.deps.add(made)
      }
      for (const [n, d] of of) if (hosts.includes(d)) of.set(n, made)
      all.push(made)
      of.set(k, made)
      return true
    }
    const hosts = [...deps].filter((d) => d.work !== undefined)
    if (joined(hosts) || (hosts.length > 1 && hosts.some((h) => joined([h])))) return
    const made: Draft = { members: member === undefined ? [] : [member], units: [unit], work: wide === undefined ? undefined : alone(wide), deps, index: all.length }
    all.push(made)
    of.set(k, made)
  })
  for (const d of all) d.work = shared(d) ?? turned(d, plan, target) ?? d.work
  const inOrder = sorted(all)
  return inOrder.map((d) => ({ units: d.units, work: d.work, narrow: () => narrowed(d, target), apart: () => apart(d, plan, target), after: [...d.deps].map((x) => inOrder.indexOf(x)) }))
}

/** A reduction that stayed alone, by subgroups, where a target has them and their lanes read neighbours. */
const shared = ({ members: [first, ...others] }: Draft): Work | undefined => {
  const piece = others.length > 0 ? undefined : first?.shared()
  return piece === undefined ? undefined : alone(piece)
}

/** Elementwise work that stayed alone and could be done one by one only, where its loads run across the results. */
const turned = ({ members: [first, ...others] }: Draft, plan: Schedule, target: Target): Work | undefined => {
  if (first === undefined || others.length > 0 || first.unit.kind === 'reduction' || first.wide.width === 4) return undefined
  const s = within(first.unit, plan), p = turnedPiece(storesOf(first.unit, s), s.isStored, targetOf(first.unit, s), target)
  const work = p === undefined ? undefined : alone(lying(p, s))
  return work !== undefined && bindable([work], plan, target) ? work : undefined
}

/** Where there is little to do. */
const narrowed = (d: Draft, target: Target): Work | undefined =>
  d.work === undefined || workOf(d.work) > limitOf(target) || d.work.phases.every((p) => p.width === 1) ? d.work : { ...d.work, phases: d.work.phases.map((p, k) => (p.lanes > 1 ? p : sharing((d.work as Work).locals)(d.members[k].narrow()))) }

/** Elements read for each result from which on it matters little how results are stored. */
const MANY = 8

/** A reduction that stayed alone, its results stored one by one. */
const apart = ({ members: [first, ...others], work }: Draft, plan: Schedule, target: Target): Work | undefined =>
  others.length > 0 || work?.phases[0].width !== 4 || first.unit.kind !== 'reduction' || first.wide.volume < MANY * first.wide.total ? work : alone(pieceOf(first.unit, plan, target, 4, { apart: true }))

/** Multiply-adds of a chain's generated work. */
export const weight = (c: Chain): number => (c.work === undefined ? Infinity : workOf(c.work))

