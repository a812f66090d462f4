/**
 * What becomes a kernel, and in which order the kernels run: nodes are chosen that get a
 * buffer (`stored.ts`), placed in drafts (`placing.ts`), drafts joined (`joining.ts`), and
 * states overwritten where they can be (`overwriting.ts`).
 *
 * Laws: the units form a DAG; every stored node is made by one unit; a root rides with
 * another only at the same position; a state is overwritten in place only by the last
 * kernel that reads it, and only where each element depends on its own old value.
 */
import type { Tensor } from '../tensor/node.ts'
import { topo } from '../tensor/node.ts'
import { siblings } from '../tensor/graph.ts'
import { buffersOf, countedOf, shortTemporaries } from './arenas.ts'
import type { Arenas } from './arenas.ts'
import { isLeafBuffer } from './buffers.ts'
import { sorted } from './dag.ts'
import { madeIn } from './drafts.ts'
import type { Drafting } from './drafts.ts'
import { elements } from './extents.ts'
import { join } from './joining.ts'
import { overwrite } from './overwriting.ts'
import { place } from './placing.ts'
import type { Target } from './program.ts'
import { choose, isStretch } from './stored.ts'
import type { Part, Wanted } from './stored.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** One kernel to be: a main node (reduction or hand-written) or none, and elementwise roots. */
export interface Unit {
  readonly kind: 'elementwise' | 'reduction' | 'heavy' | 'loop'
  /** Of a loop, its results are the main node and the roots. */
  readonly main: Tensor | undefined
  /** A second result of the main kernel: the index of a maximum pool. */
  readonly twin: Tensor | undefined
  readonly roots: readonly Tensor[]
  /** Roots (and main, twin) whose values are kept in a buffer. */
  readonly stored: ReadonlySet<Tensor>
  /** Stored nodes and leaves that it reads. */
  readonly reads: ReadonlySet<Tensor>
  /** Operands of a hand-written kernel that a load hook computes. */
  readonly hooked: readonly boolean[]
  /** Numbers of the units that must have run before. */
  readonly after: readonly number[]
}

/** The plan of a step. */
export interface Schedule {
  readonly units: readonly Unit[]
  readonly parts: ReadonlyMap<Tensor, Part>
  /** Concatenations that live as one buffer written in parts. */
  readonly wholes: ReadonlySet<Tensor>
  /** Update nodes written over the state they update. */
  readonly inPlace: ReadonlyMap<Tensor, Tensor>
  /** What lies in one buffer with others. */
  readonly arenas: Arenas
  /** What outlives the step. */
  readonly kept: ReadonlySet<Tensor>
  readonly isStored: (t: Tensor) => boolean
}

/** Is a part one aligned stretch of its whole, so that it can be bound by itself? */
export const isRange = (t: Tensor, s: Pick<Schedule, 'parts'>): boolean => {
  const part = s.parts.get(t)
  return part !== undefined && isStretch(part, elements(t))
}

// -----------------------------------------------------------------------------
// units
// -----------------------------------------------------------------------------

/** Plans the kernels of a step for a target. */
export const schedule = (wanted: Wanted, target: Target): Schedule => {
  const hopeful = planned(wanted, target, false)
  return hopeful.units.some((u) => u.main === undefined && bound(u, hopeful) > limitOf(target)) ? planned(wanted, target, true) : hopeful
}

/** Buffers that a kernel may bind; no target takes fewer than four. */
const limitOf = (target: Target): number => Math.max(4, target.maxStorageBuffers)

/** A `cautious` plan doesn't count on states being written in place when it joins kernels: they may turn out not to be, and then bind too much. */
const planned = (wanted: Wanted, target: Target, cautious: boolean): Schedule => {
  const nexts = wanted.updates.map((u) => u.next), order = topo([...wanted.results, ...nexts])
  const chosen = choose(order, wanted, target)
  const isStored = (t: Tensor): boolean => isLeafBuffer(t) || chosen.made.has(t)
  const kept = new Set([...wanted.results, ...nexts]), olds = new Map(wanted.updates.map((u) => [u.next, u.leaf]))
  const d: Drafting = { chosen, isStored, kept, olds, arenas: wanted.arenas ?? new Map(), counted: countedOf(wanted.arenas, target), limit: limitOf(target), drafts: [], makers: new Map() }
  place(d, order, siblings(order))
  join(d, (t) => (cautious ? undefined : olds.get(t)))
  const inPlace = overwrite(d, wanted)
  const units = unitsOf(d, inPlace)
  const arenas = new Map([...d.arenas, ...temporaries(units, (t) => kept.has(t) || inPlace.has(t) || chosen.parts.has(t), target)])
  return { units, parts: chosen.parts, wholes: chosen.wholes, inPlace, arenas, kept, isStored }
}

/** Temporaries that lie in arenas: what generated kernels alone write. */
const temporaries = (units: readonly Unit[], hasOwn: (t: Tensor) => boolean, target: Target): Arenas => {
  const isGenerated = (u: Unit): boolean => u.kind === 'elementwise' || u.kind === 'reduction'
  // What a loop takes over is written there.
  const looped = new Set(units.flatMap((u) => (u.kind === 'loop' ? [...u.reads] : [])))
  return shortTemporaries(units.filter(isGenerated).flatMap((u) => [...u.stored].filter((t) => !hasOwn(t) && !looped.has(t))), target)
}

/** Drafts in the order in which they run. What no other unit reads stays in registers. */
const unitsOf = (d: Drafting, inPlace: ReadonlyMap<Tensor, Tensor>): readonly Unit[] => {
  const drafts = sorted(d.drafts), number = new Map(drafts.map((x, i) => [x, i]))
  return drafts.map((x): Unit => {
    const isNeeded = (t: Tensor): boolean =>
      d.kept.has(t) || d.chosen.parts.has(t) || inPlace.has(t) || t === x.twin || d.drafts.some((o) => o !== x && o.reads.has(t))
    const { kind, main, twin, roots, reads, hooked } = x
    return { kind, main, twin, roots, stored: new Set(madeIn(x).filter(isNeeded)), reads, hooked, after: [...x.deps].map((o) => number.get(o) as number) }
  })
}

/** Buffers that a unit binds: a state and what is written over it are one, parts are their whole. */
const bound = (u: Unit, { inPlace, parts, arenas }: Schedule): number => {
  const read = [...u.reads].filter((t) => !u.roots.includes(t)), written = [...u.stored].map((t) => inPlace.get(t) ?? parts.get(t)?.whole ?? t)
  return buffersOf(arenas, [...read, ...written]).size
}
