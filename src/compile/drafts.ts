/**
 * Units while they are put together: which roots a kernel has so far, what it reads, and
 * whom it waits for. `placing.ts` finds a draft for every node, `joining.ts` makes one of
 * several, `overwriting.ts` adds who must wait for whom; then `schedule.ts` makes units.
 *
 * Law: a draft's `reads` are buffers of others, and its `deps` their makers.
 */
import type { Tensor } from '../tensor/node.ts'
import type { Arenas } from './arenas.ts'
import type { Ix } from './ix.ts'
import * as X from './ix.ts'
import { inspect } from './kernel.ts'
import type { Unit } from './schedule.ts'
import type { Chosen } from './stored.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** A unit that may still grow; the fields are those of `Unit`. */
export interface UnitDraft {
  readonly kind: Unit['kind']
  main: Tensor | undefined
  twin: Tensor | undefined
  roots: Tensor[]
  /** Elements of the main node, or of the longest root. */
  size: number
  readonly reads: Set<Tensor>
  readonly hooked: readonly boolean[]
  readonly deps: Set<UnitDraft>
}

/** What is known while drafts are made, and the drafts so far. */
export interface Drafting {
  readonly chosen: Chosen
  readonly isStored: (t: Tensor) => boolean
  /** Values that outlive the step. */
  readonly kept: ReadonlySet<Tensor>
  /** Of the next value of a state, the state. */
  readonly olds: ReadonlyMap<Tensor, Tensor>
  /** Leaves that lie in one buffer with others. */
  readonly arenas: Arenas
  /** Those that count as one buffer where a kernel's are counted. */
  readonly counted: Arenas
  /** Buffers that a kernel may bind. */
  readonly limit: number
  readonly drafts: UnitDraft[]
  /** The drafts that make a node: several for a concatenation written in parts. */
  readonly makers: Map<Tensor, readonly UnitDraft[]>
}

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/** The drafts that make a node; none for a leaf. */
export const makersOf = (d: Drafting, t: Tensor): readonly UnitDraft[] => d.makers.get(t) ?? []

/** The makers of some nodes. */
export const makersOfAll = (d: Drafting, nodes: Iterable<Tensor>): Set<UnitDraft> => new Set([...nodes].flatMap((t) => makersOf(d, t)))

/** What a draft makes. */
export const madeIn = (u: UnitDraft): readonly Tensor[] => [...(u.main === undefined ? [] : [u.main]), ...(u.twin === undefined ? [] : [u.twin]), ...u.roots]

/** Stored nodes that an inlined operand reads, wherever it reads them. */
export const readsOf = (a: Tensor, isStored: (t: Tensor) => boolean): readonly Tensor[] =>
  isStored(a) ? [a] : [...new Set(inspect(a, isStored).loads.map((l) => l.node))]

/** Is an index the kernel's own, of `n` elements? */
export const isIdentity = (ix: Ix, n: number): boolean => X.isSame(ix, X.variable('i', Math.max(0, n - 1)))

/** Is a concatenation among what is read, of which one of these nodes is a part? */
export const readsWhole = (d: Drafting, reads: ReadonlySet<Tensor>, nodes: Iterable<Tensor>): boolean =>
  [...nodes].some((x) => { const whole = d.chosen.parts.get(x)?.whole; return whole !== undefined && reads.has(whole) })
