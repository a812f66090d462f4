/**
 * Elementwise kernels of one length become one where neither waits for the other by way
 * of a third, what one reads of the other is at its own position, and the buffers fit.
 * Roots that were placed one by one could not know that what lies between them would
 * stay in registers; nor do two kernels know it of what they hand on to a third, so all
 * that can be one are tried first.
 *
 * Law: the drafts stay a DAG, and each node's makers stay among them.
 */
import type { Tensor } from '../tensor/node.ts'
import { buffersOf } from './arenas.ts'
import { sorted, waitsFor, waitsThrough } from './dag.ts'
import { isIdentity, makersOf, readsWhole } from './drafts.ts'
import type { Drafting, UnitDraft } from './drafts.ts'
import type { Load } from './emitter.ts'
import { elements } from './extents.ts'
import { inspect } from './kernel.ts'
import { TINY } from './stored.ts'

/** What is known while drafts are joined: loads of roots, who reads what, and over which state a next value is counted to be written. */
interface Joining {
  readonly d: Drafting
  readonly loads: (root: Tensor) => readonly Load[]
  readonly readers: Map<Tensor, Set<UnitDraft>>
  readonly over: (t: Tensor) => Tensor | undefined
}

/** So many drafts are tried as one at most. */
const TRIED = 64
/** Values that a joined kernel reads and writes at most, whatever they lie in: each keeps a register. */
const VALUES = 32

/** Joins drafts, as many as can be at once, then two by two until none can be; `over` says which state a next value is counted to be written over. */
export const join = (d: Drafting, over: (t: Tensor) => Tensor | undefined): void => {
  const j: Joining = { d, loads: loadsOf(d), readers: readersOf(d), over }
  for (const group of groupsOf(d))
    for (let rest = group; rest.length > 1; ) {
      const tried = rest.slice(0, TRIED), most = tried.findLastIndex((_, k) => k >= 2 && inRegisters(j, rest.slice(0, k + 1)) && binds(j, rest.slice(0, k + 1)))
      rest.slice(1, most + 1).forEach((x) => merge(j, rest[0], x))
      rest = rest.slice(Math.max(1, most + 1))
    }
  while (joinPairs(j));
}

/** Who reads each node. */
const readersOf = ({ drafts }: Drafting): Map<Tensor, Set<UnitDraft>> => {
  const out = new Map<Tensor, Set<UnitDraft>>()
  for (const x of drafts) for (const t of x.reads) out.set(t, (out.get(t) ?? new Set()).add(x))
  return out
}

/** Loads of roots, each inspected once. */
const loadsOf = (d: Drafting): ((root: Tensor) => readonly Load[]) => {
  const seen = new Map<Tensor, readonly Load[]>()
  return (root) => {
    const known = seen.get(root) ?? inspect(root, d.isStored).loads
    seen.set(root, known)
    return known
  }
}

/** Elementwise work at one position throughout. */
const isEven = (x: UnitDraft): boolean => x.main === undefined && x.roots.every((r) => elements(r) === x.size)

/** Can two drafts be parts of one kernel, if none of another kind lies between? */
const goesOn = (x: UnitDraft, y: UnitDraft): boolean => isEven(x) && isEven(y) && x.size === y.size

/** Even drafts of one length between which none of another kind lies, each after those that it waits for. */
const groupsOf = (d: Drafting): readonly (readonly UnitDraft[])[] => {
  const order = sorted(d.drafts), level = levelsOf(d, order), groups = new Map<string, UnitDraft[]>()
  for (const x of order.filter(isEven)) {
    const key = `${x.size} ${level(x)}`
    groups.set(key, [...(groups.get(key) ?? []), x])
  }
  return [...groups.values()]
}

/**
 * How many drafts of another kind follow each other before a draft at most; or, where all who
 * read it come later, before those: with them it stays in registers, with what comes early it
 * would be written and read again. What it reads is then in a buffer for others too.
 */
const levelsOf = (d: Drafting, order: readonly UnitDraft[]): ((x: UnitDraft) => number) => {
  const levels = new Map<UnitDraft, number>(), level = (x: UnitDraft): number => levels.get(x) ?? 0
  for (const x of order) levels.set(x, [...x.deps].reduce((n, y) => Math.max(n, level(y) + (goesOn(x, y) ? 0 : 1)), 0))
  const isStoredFor = (x: UnitDraft, t: Tensor): boolean =>
    d.kept.has(t) || makersOf(d, t).length !== 1 || order.some((y) => y !== x && y.reads.has(t) && makersOf(d, t).some((m) => !goesOn(y, m) || level(y) > level(m)))
  for (const x of [...order].reverse()) {
    const readers = order.filter((y) => y.deps.has(x)), late = Math.min(...readers.map(level))
    const isHandedOn = isEven(x) && readers.length > 0 && readers.every((y) => goesOn(x, y)) && !x.roots.some((r) => d.kept.has(r) || d.chosen.parts.has(r))
    if (isHandedOn && late > level(x) && [...x.reads].every((t) => isStoredFor(x, t))) levels.set(x, late)
  }
  return level
}

/** Do drafts read of each other only what lies at their own position? */
const inRegisters = ({ d, loads }: Joining, group: readonly UnitDraft[]): boolean => {
  const roots = new Set(group.flatMap((x) => x.roots))
  return !group.some((x) => readsWhole(d, x.reads, roots)) && [...roots].every((r) => loads(r).every((l) => !roots.has(l.node) || isIdentity(l.ix, elements(r))))
}

/** Joins to each draft the later ones that it can be one with; were there any? */
const joinPairs = (j: Joining): boolean => {
  const { d, loads } = j
  const all = d.drafts.filter((x) => x.main === undefined && x.size > TINY)
  const inStep = (a: UnitDraft, b: UnitDraft): boolean => a.size === b.size && [...a.roots, ...b.roots].every((r) => elements(r) === a.size)
  /** What `a` reads of `b` lies at its own position. */
  const inPlace = (a: UnitDraft, b: UnitDraft): boolean =>
    !readsWhole(d, a.reads, b.roots) && a.roots.every((r) => loads(r).every((l) => !b.roots.includes(l.node) || (elements(l.node) === elements(r) && isIdentity(l.ix, elements(r)))))
  const gone = new Set<UnitDraft>()
  for (const [i, a] of all.entries())
    for (const b of gone.has(a) ? [] : all.slice(i + 1))
      if (!gone.has(b) && inStep(a, b) && binds(j, [a, b]) && inPlace(b, a) && inPlace(a, b) && !waitsThrough(b, a) && !waitsThrough(a, b)) {
        merge(j, a, b)
        gone.add(b)
      }
  return gone.size > 0
}

/** Do the buffers of all fit one kernel, each part's whole once? What they only hand on to each other needs none, nor does what is written over what is read. */
const binds = ({ d, readers, over }: Joining, group: readonly UnitDraft[]): boolean => {
  const { parts } = d.chosen, roots = new Set(group.flatMap((x) => x.roots)), read = new Set(group.flatMap((x) => [...x.reads]).filter((t) => !roots.has(t)))
  const isWritten = (t: Tensor): boolean => d.kept.has(t) || parts.has(t) || [...(readers.get(t) ?? [])].some((x) => !group.includes(x))
  const written = [...roots].filter(isWritten).map((r) => over(r) ?? r), wholes = [...roots].flatMap((r) => parts.get(r)?.whole ?? [])
  return read.size + written.length <= VALUES && buffersOf(d.counted, [...read, ...written]).size <= d.limit && new Set(wholes).size === wholes.length
}

/** Makes `b` part of `a`, roots in the order in which they can be computed. */
const merge = ({ d, readers }: Joining, a: UnitDraft, b: UnitDraft): void => {
  for (const t of b.reads) readers.get(t)?.add(a).delete(b)
  a.roots = waitsFor(a, b) ? [...b.roots, ...a.roots] : [...a.roots, ...b.roots]
  b.reads.forEach((t) => a.reads.add(t))
  for (const r of a.roots) {
    a.reads.delete(r)
    readers.get(r)?.delete(a)
  }
  b.deps.forEach((x) => a.deps.add(x))
  a.deps.delete(a)
  a.deps.delete(b)
  d.drafts.splice(d.drafts.indexOf(b), 1)
  for (const x of d.drafts) if (x.deps.delete(b) && x !== a) x.deps.add(a)
  for (const r of b.roots) d.makers.set(r, [a])
  for (const [t, ms] of d.makers) if (ms.includes(b)) d.makers.set(t, [...new Set(ms.map((m) => (m === b ? a : m)))])
}
