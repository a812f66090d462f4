/**
 * What becomes a kernel: which elementwise roots share one or ride in the epilogue of a
 * product, a convolution, a pool or a reduction, and in which order the kernels run.
 *
 * Laws: the units form a DAG; every stored node is made by one unit; a root rides with
 * another only at the same position; a state is overwritten in place only by the last
 * kernel that reads it, and only where each element depends on its own old value.
 */
import type { Tensor } from '../tensor/node.ts'
import { exactText, siblings } from '../tensor/graph.ts'
import { dtypeOf, shapeOf, topo } from '../tensor/node.ts'
import { isClosed, isHeavy, under } from './heavy.ts'
import { isLeafBuffer } from './emit.ts'
import { epilogueHook } from './hooks.ts'
import { inspect } from './kernel.ts'
import { TINY, choose, isLoop, isMain, isReduction, isStretch } from './stored.ts'
import type { Part, Wanted } from './stored.ts'
import type { Ix } from './ix.ts'
import * as X from './ix.ts'
import type { Target } from './program.ts'

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
  /** What outlives the step. */
  readonly kept: ReadonlySet<Tensor>
  readonly isStored: (t: Tensor) => boolean
}

const whole = (t: Tensor): readonly number[] => shapeOf(t) as readonly number[]
const size = (t: Tensor): number => whole(t).reduce((a, b) => a * b, 1)

/** Is a part one aligned stretch of its whole, so that it can be bound by itself? */
export const isRange = (t: Tensor, s: Pick<Schedule, 'parts'>): boolean => {
  const part = s.parts.get(t)
  return part !== undefined && isStretch(part, size(t))
}

// -----------------------------------------------------------------------------
// units
// -----------------------------------------------------------------------------

interface Draft {
  kind: Unit['kind']
  main: Tensor | undefined
  twin: Tensor | undefined
  roots: Tensor[]
  size: number
  reads: Set<Tensor>
  hooked: readonly boolean[]
  deps: Set<Draft>
}

/** Can `from` be reached from `to` by going along dependencies (does `to` need `from`)? */
const needs = (to: Draft, from: Draft, skipDirect = false): boolean => {
  const seen = new Set<Draft>()
  const stack = skipDirect ? [...to.deps].filter((d) => d !== from) : [to]
  while (stack.length > 0) {
    const d = stack.pop() as Draft
    if (d === from) return true
    if (seen.has(d)) continue
    seen.add(d)
    stack.push(...d.deps)
  }
  return false
}

/** Plans the kernels of a step for a target. A `cautious` plan doesn't count on states being written in place. */
export const schedule = (wanted: Wanted, target: Target, cautious = false): Schedule => {
  const order = topo([...wanted.results, ...wanted.updates.map((u) => u.next)])
  const { made, wholes, parts, pieces, hooks } = choose(order, wanted, target)
  const isStored = (t: Tensor): boolean => isLeafBuffer(t) || made.has(t)
  const drafts: Draft[] = []
  const makers = new Map<Tensor, readonly Draft[]>()
  const makersOf = (t: Tensor): readonly Draft[] => makers.get(t) ?? []
  const limit = Math.max(4, target.maxStorageBuffers)
  const olds = new Map(wanted.updates.map((u) => [u.next, u.leaf]))
  const results = siblings(order)
  const keeps = new Set([...wanted.results, ...wanted.updates.map((u) => u.next)])

  const open = (d: Draft): void => {
    drafts.push(d)
  }

  // An elementwise root: try to ride in an epilogue, then in another elementwise kernel.
  const placeRoot = (t: Tensor): void => {
    const { loads } = inspect(t, isStored)
    const part = parts.get(t)
    const nodes = new Set([...loads.map((l) => l.node), ...(part?.row === undefined ? [] : inspectArg(part.row, isStored))])
    const deps = new Set([...nodes].flatMap(makersOf))
    const n = size(t)
    const identity = (x: Tensor): boolean => size(x) === n && loads.filter((l) => l.node === x).every((l) => isIdentity(l.ix, n))
    const trial: Draft = { kind: 'elementwise', main: undefined, twin: undefined, roots: [t], size: n, reads: nodes, hooked: [], deps }
    const fits = (d: Draft): boolean => {
      const all = new Set([...d.reads, ...nodes])
      return all.size + d.roots.length + 2 + (d.main === undefined ? 0 : 1) + (d.twin === undefined ? 0 : 1) < limit
    }
    const sameWhole = (d: Draft): boolean => part !== undefined && n > TINY && d.roots.some((r) => parts.get(r)?.whole === part.whole)
    const ride = (d: Draft): boolean => {
      if (d.size !== n || !fits(d) || sameWhole(d)) return false
      if (d.main !== undefined) {
        if (isClosed(d.main) || isLoop(d.main)) return false
        // A product can't write over what it reads; a kernel after it can.
        const old = olds.get(t)
        if (d.kind === 'heavy' && old !== undefined && d.reads.has(old)) return false
        if (dtypeOf(t) !== 'f32' && d.roots.length === 0 && d.kind === 'heavy') return false
        if (dtypeOf(d.main) !== 'f32' && d.kind === 'heavy') return false
        if (part !== undefined && (d.kind === 'heavy' ? !isStretch(part, n) : part.inner !== n)) return false
        const uses = [d.main, ...d.roots].filter((x) => nodes.has(x))
        if (uses.length === 0 || !uses.every(identity)) return false
        if (d.twin !== undefined && nodes.has(d.twin)) return false
        // A variant by vectors has no other plan to fall back on: what rides must go four at a time.
        if (d.main.attrs['vector'] === true && ((part !== undefined && n % 4 !== 0) || epilogueHook(d.main, [...d.roots, t].map((root) => ({ root })), isStored, (x) => x, 'e_', 4) === undefined)) return false
      } else if (![...d.roots].filter((x) => nodes.has(x)).every(identity)) return false
      return !needs(trial, d, true)
    }
    const byEpilogue = drafts.filter((d) => d.main !== undefined && [d.main, ...d.roots].some((x) => nodes.has(x)))
    const host = byEpilogue.find(ride) ?? [...drafts].reverse().find((d) => d.main === undefined && ride(d))
    if (host === undefined) {
      open(trial)
      makers.set(t, [trial])
    } else {
      for (const x of nodes) if (!makersOf(x).includes(host)) host.reads.add(x)
      for (const d of deps) if (d !== host) host.deps.add(d)
      host.roots.push(t)
      if (host.main === undefined) host.size = Math.max(host.size, n)
      makers.set(t, [host])
    }
  }

  for (const t of order) {
    if (!made.has(t) || isLeafBuffer(t)) continue
    if (wholes.has(t)) {
      makers.set(t, (pieces.get(t) ?? []).flatMap((piece) => {
        if (!made.has(piece)) placeRoot(piece)
        return makersOf(piece)
      }))
      continue
    }
    if (isLoop(t)) {
      const same = drafts.find((d) => d.kind === 'loop' && (results.get(t) ?? []).includes(d.main as Tensor))
      if (same !== undefined) same.roots.push(t)
      else {
        const reads = new Set(t.args.map((a) => under(a, isStored)).filter(isStored))
        open({ kind: 'loop', main: t, twin: undefined, roots: [], size: size(t), reads, hooked: [], deps: new Set([...reads].flatMap(makersOf)) })
      }
      makers.set(t, [same ?? drafts[drafts.length - 1]])
      continue
    }
    if (isMain(t)) {
      const twinOf = t.op === 'maxPool2d' || t.op === 'maxPoolIndex'
        ? drafts.find((d) => d.main !== undefined && d.twin === undefined && (d.main.op === 'maxPool2d' || d.main.op === 'maxPoolIndex') && d.main.op !== t.op && d.main.args.every((a, k) => a === t.args[k]) && exactText(d.main.attrs) === exactText(t.attrs))
        : undefined
      if (twinOf !== undefined && twinOf.roots.length === 0) {
        if (t.op === 'maxPool2d') {
          twinOf.twin = twinOf.main
          twinOf.main = t
        } else twinOf.twin = t
        makers.set(t, [twinOf])
        continue
      }
      if (twinOf !== undefined && t.op === 'maxPoolIndex') {
        twinOf.twin = t
        makers.set(t, [twinOf])
        continue
      }
      const hooked = hooks.get(t) ?? []
      const reads = new Set<Tensor>()
      t.args.forEach((a, k) => {
        if (isHeavy(t) && hooked[k] !== true) reads.add(under(a, isStored))
        else inspectArg(a, isStored).forEach((n) => reads.add(n))
      })
      const d: Draft = { kind: isReduction(t) ? 'reduction' : 'heavy', main: t, twin: undefined, roots: [], size: size(t), reads, hooked, deps: new Set([...reads].flatMap(makersOf)) }
      open(d)
      makers.set(t, [d])
      continue
    }
    placeRoot(t)
  }

  joinDrafts(drafts, makers, keeps, parts, isStored, (t) => (cautious ? undefined : olds.get(t)), limit)

  // In place: the writer must come after every other reader of the old value.
  const inPlace = new Map<Tensor, Tensor>()
  for (const { leaf, next } of wanted.updates) {
    if (next === leaf || isLeafBuffer(next) || wholes.has(next) || parts.has(next) || inPlace.has(next)) continue
    if (wanted.results.includes(next) || dtypeOf(next) !== dtypeOf(leaf)) continue
    const [writer] = makersOf(next)
    if (writer === undefined || writer.kind === 'loop') continue
    // A hand-written kernel writes where it likes while it reads: not over what it reads.
    if (writer.kind === 'heavy' ? writer.reads.has(leaf) || ![writer.main, ...writer.roots].includes(next) : !writer.roots.includes(next)) continue
    const feeds = writer.main !== undefined && inspectArg(writer.main.args[0], isStored).includes(leaf)
    const own = !feeds && writer.roots.every((r) =>
      inspect(r, (x) => isStored(x) && !writer.roots.includes(x)).loads.every((l) => l.node !== leaf || (size(r) === size(leaf) && isIdentity(l.ix, size(leaf)))))
    const others = drafts.filter((d) => d !== writer && d.reads.has(leaf))
    if (!own || others.some((d) => needs(d, writer))) continue
    others.forEach((d) => writer.deps.add(d))
    inPlace.set(next, leaf)
  }

  // What no other unit reads stays in registers.
  const inOrder = sorted(drafts), number = new Map(inOrder.map((d, i) => [d, i]))
  const units = inOrder.map((d): Unit => {
    const made_ = [...(d.main === undefined ? [] : [d.main]), ...(d.twin === undefined ? [] : [d.twin]), ...d.roots]
    const stored = made_.filter((t) => keeps.has(t) || parts.has(t) || inPlace.has(t) || t === d.twin || drafts.some((o) => o !== d && o.reads.has(t)))
    return { kind: d.kind, main: d.main, twin: d.twin, roots: d.roots, stored: new Set(stored), reads: d.reads, hooked: d.hooked, after: [...d.deps].map((x) => number.get(x) as number) }
  })
  const bound = (u: Unit): number => {
    const place = (t: Tensor): Tensor => inPlace.get(t) ?? parts.get(t)?.whole ?? t
    return new Set([...[...u.reads].filter((t) => !u.roots.includes(t)), ...[...u.stored].map(place)]).size
  }
  return !cautious && units.some((u) => u.main === undefined && bound(u) > limit) ? schedule(wanted, target, true) : { units, parts, wholes, inPlace, kept: keeps, isStored }
}

/** Buffers that a draft binds: what it reads of others, and of its own what others read or what is kept, less what is written over what is read. */
const bindings = (d: Pick<Draft, 'reads' | 'roots'>, outside: (t: Tensor) => boolean, over: (t: Tensor) => Tensor | undefined): number => {
  const read = [...d.reads].filter((t) => !d.roots.includes(t))
  return read.length + d.roots.filter((r) => { const leaf = over(r); return outside(r) && (leaf === undefined || !read.includes(leaf)) }).length
}

/**
 * Elementwise kernels of one length become one where neither waits for the other by way
 * of a third, what one reads of the other is at its own position, and the buffers fit.
 * Roots that were placed one by one could not know that what lies between them would
 * stay in registers.
 */
const joinDrafts = (
  drafts: Draft[], makers: Map<Tensor, readonly Draft[]>, keeps: ReadonlySet<Tensor>, parts: ReadonlyMap<Tensor, Part>,
  isStored: (t: Tensor) => boolean, over: (t: Tensor) => Tensor | undefined, limit: number
): void => {
  const seen = new Map<Tensor, ReturnType<typeof inspect>['loads']>()
  const loadsOf = (r: Tensor): ReturnType<typeof inspect>['loads'] => {
    const known = seen.get(r) ?? inspect(r, isStored).loads
    seen.set(r, known)
    return known
  }
  const identical = (d: Draft, of: Draft): boolean =>
    d.roots.every((r) => loadsOf(r).every((l) => !of.roots.includes(l.node) || (size(l.node) === size(r) && isIdentity(l.ix, size(r)))))
  const fits = (a: Draft, b: Draft): boolean => {
    const both = { reads: new Set([...a.reads, ...b.reads]), roots: [...a.roots, ...b.roots] }
    const outside = (t: Tensor): boolean => keeps.has(t) || parts.has(t) || drafts.some((d) => d !== a && d !== b && d.reads.has(t))
    const wholes = both.roots.flatMap((r) => parts.get(r)?.whole ?? [])
    return bindings(both, outside, over) + 1 <= limit && new Set(wholes).size === wholes.length
  }
  const pair = (): readonly [Draft, Draft] | undefined => {
    const all = drafts.filter((d) => d.main === undefined && d.size > TINY)
    for (const [i, a] of all.entries())
      for (const b of all.slice(i + 1))
        if (a.size === b.size && [...a.roots, ...b.roots].every((r) => size(r) === a.size) && identical(b, a) && identical(a, b) && fits(a, b) && !needs(b, a, true) && !needs(a, b, true)) return [a, b]
    return undefined
  }
  for (let found = pair(); found !== undefined; found = pair()) {
    const [a, b] = found
    const first = needs(a, b) ? b : a, second = first === a ? b : a
    a.roots = [...first.roots, ...second.roots]
    b.reads.forEach((t) => a.reads.add(t))
    a.roots.forEach((r) => a.reads.delete(r))
    b.deps.forEach((d) => a.deps.add(d))
    a.deps.delete(a)
    a.deps.delete(b)
    drafts.splice(drafts.indexOf(b), 1)
    for (const d of drafts) if (d.deps.delete(b) && d !== a) d.deps.add(a)
    for (const r of b.roots) makers.set(r, [a])
    for (const [t, ms] of makers) if (ms.includes(b)) makers.set(t, [...new Set(ms.map((m) => (m === b ? a : m)))])
  }
}

const isIdentity = (ix: Ix, n: number): boolean => X.isSame(ix, X.variable('i', Math.max(0, n - 1)))

/** Stored nodes that an inlined operand reads, wherever it reads them. */
const inspectArg = (a: Tensor, isStored: (t: Tensor) => boolean): readonly Tensor[] => {
  if (isStored(a)) return [a]
  return [...new Set(inspect(a, isStored).loads.map((l) => l.node))]
}

/** Dependencies first; among the ready ones, in the order they were made. */
const sorted = (drafts: readonly Draft[]): readonly Draft[] => {
  const done = new Set<Draft>()
  const out: Draft[] = []
  const visit = (d: Draft): void => {
    if (done.has(d)) return
    done.add(d)
    for (const x of d.deps) visit(x)
    out.push(d)
  }
  drafts.forEach(visit)
  return out
}
