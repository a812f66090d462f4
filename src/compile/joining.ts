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
import { sorted, waitsFor, waitsThrough } from './dag.ts'
import { isIdentity, readsWhole } from './drafts.ts'
import type { Drafting, UnitDraft } from './drafts.ts'
import type { Load } from './emitter.ts'
import { elements } from './extents.ts'
import { inspect } from './kernel.ts'
import { TINY } from './stored.ts'

/** Joins drafts, as many as can be at once, then two by two until none can be; `over` says which state a next value is counted to be written over. */
export const join = (d: Drafting, over: (t: Tensor) => Tensor | undefined): void => {
  const loads = loadsOf(d)
  for (const group of groupsOf(d)) {
    const most = group.findLastIndex((_, k) => k >= 2 && inRegisters(d, group.slice(0, k + 1), loads) && binds(d, over, group.slice(0, k + 1)))
    if (most > 0) group.slice(1, most + 1).forEach((x) => merge(d, group[0], x))
  }
  for (let found = pairOf(d, over, loads); found !== undefined; found = pairOf(d, over, loads)) merge(d, ...found)
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

/** Even drafts of one length between which none of another kind lies, each after those that it waits for. */
const groupsOf = (d: Drafting): readonly (readonly UnitDraft[])[] => {
  const level = new Map<UnitDraft, number>(), groups = new Map<string, UnitDraft[]>()
  for (const x of sorted(d.drafts)) {
    const goesOn = (y: UnitDraft): boolean => isEven(x) && isEven(y) && x.size === y.size
    level.set(x, [...x.deps].reduce((n, y) => Math.max(n, (level.get(y) ?? 0) + (goesOn(y) ? 0 : 1)), 0))
    const key = `${x.size} ${level.get(x) ?? 0}`
    if (isEven(x)) groups.set(key, [...(groups.get(key) ?? []), x])
  }
  return [...groups.values()]
}

/** Do drafts read of each other only what lies at their own position? */
const inRegisters = (d: Drafting, group: readonly UnitDraft[], loads: (root: Tensor) => readonly Load[]): boolean => {
  const roots = new Set(group.flatMap((x) => x.roots))
  return !group.some((x) => readsWhole(d, x.reads, roots)) && [...roots].every((r) => loads(r).every((l) => !roots.has(l.node) || isIdentity(l.ix, elements(r))))
}

const pairOf = (d: Drafting, over: (t: Tensor) => Tensor | undefined, loads: (root: Tensor) => readonly Load[]): readonly [UnitDraft, UnitDraft] | undefined => {
  const all = d.drafts.filter((x) => x.main === undefined && x.size > TINY)
  const inStep = (a: UnitDraft, b: UnitDraft): boolean => a.size === b.size && [...a.roots, ...b.roots].every((r) => elements(r) === a.size)
  /** What `a` reads of `b` lies at its own position. */
  const inPlace = (a: UnitDraft, b: UnitDraft): boolean =>
    !readsWhole(d, a.reads, b.roots) && a.roots.every((r) => loads(r).every((l) => !b.roots.includes(l.node) || (elements(l.node) === elements(r) && isIdentity(l.ix, elements(r)))))
  for (const [i, a] of all.entries())
    for (const b of all.slice(i + 1))
      if (inStep(a, b) && inPlace(b, a) && inPlace(a, b) && binds(d, over, [a, b]) && !waitsThrough(b, a) && !waitsThrough(a, b)) return [a, b]
  return undefined
}

/** Do the buffers of all fit one kernel, each part's whole once? What they only hand on to each other needs none, nor does what is written over what is read. */
const binds = (d: Drafting, over: (t: Tensor) => Tensor | undefined, group: readonly UnitDraft[]): boolean => {
  const { parts } = d.chosen, roots = new Set(group.flatMap((x) => x.roots)), read = new Set(group.flatMap((x) => [...x.reads]).filter((t) => !roots.has(t)))
  const isWritten = (t: Tensor): boolean => d.kept.has(t) || parts.has(t) || d.drafts.some((x) => !group.includes(x) && x.reads.has(t))
  const written = [...roots].filter((r) => { const leaf = over(r); return isWritten(r) && (leaf === undefined || !read.has(leaf)) })
  const wholes = [...roots].flatMap((r) => parts.get(r)?.whole ?? [])
  return read.size + written.length + 1 <= d.limit && new Set(wholes).size === wholes.length
}

/** Makes `b` part of `a`, roots in the order in which they can be computed. */
const merge = (d: Drafting, a: UnitDraft, b: UnitDraft): void => {
  a.roots = waitsFor(a, b) ? [...b.roots, ...a.roots] : [...a.roots, ...b.roots]
  b.reads.forEach((t) => a.reads.add(t))
  a.roots.forEach((r) => a.reads.delete(r))
  b.deps.forEach((x) => a.deps.add(x))
  a.deps.delete(a)
  a.deps.delete(b)
  d.drafts.splice(d.drafts.indexOf(b), 1)
  for (const x of d.drafts) if (x.deps.delete(b) && x !== a) x.deps.add(a)
  for (const r of b.roots) d.makers.set(r, [a])
  for (const [t, ms] of d.makers) if (ms.includes(b)) d.makers.set(t, [...new Set(ms.map((m) => (m === b ? a : m)))])
}
