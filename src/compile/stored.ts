/**
 * Which nodes get a buffer: products and reductions, shared expensive work, operands that
 * a hand-written kernel must find in memory, large concatenations (written part by part),
 * and whatever keeps an expression within the buffers that a kernel may bind.
 */
import type { Tensor } from '../tensor/node.ts'
import { dtypeOf, node } from '../tensor/node.ts'
import { elementwise as lowered } from './lowerings.ts'
import type { ElementwiseName } from '../tensor/ops/elementwise.ts'
import { buffersOf, countedOf } from './arenas.ts'
import type { Arenas } from './arenas.ts'
import { isLeafBuffer } from './buffers.ts'
import { splat } from './constants.ts'
import { copyOf } from './copies.ts'
import { elements, size, whole } from './extents.ts'
import { heavy, isHeavy } from './heavy.ts'
import type { HeavyName } from './heavy.ts'
import { isLoop, isMain, kindOf } from './kinds.ts'
import { hookedOperand, strided, under } from './operands.ts'
import type { Operand } from './operands.ts'
import { drawCall, scalarCall } from './scalars.ts'
import { inspect } from './kernel.ts'
import { rewriteStages } from './stage.ts'
import type { Target } from './program.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Where a part of a concatenation goes. */
export interface Part {
  readonly whole: Tensor
  /** Elements before it along the concatenated axis, times the inner extent. */
  readonly from: number
  /** Inner extent of the part and of the whole: rows of the part stand apart by the latter. */
  readonly inner: number
  readonly stride: number
  /** Which row of the whole the part is, as a scalar, where only the device knows it: what a step of a loop gives. */
  readonly row?: Tensor
}

/** What must be in a buffer at the end of a step. */
export interface Wanted {
  /** Values that outlive the step: outputs and records. */
  readonly results: readonly Tensor[]
  readonly updates: readonly { readonly leaf: Tensor; readonly next: Tensor }[]
  /** Results that are rows of buffers of an enclosing program. */
  readonly rows?: ReadonlyMap<Tensor, Part>
  /** Leaves that lie in one buffer with others. */
  readonly arenas?: Arenas
}

/** Which nodes get a buffer, and how. */
export interface Chosen {
  /** Nodes that get one beside leaves. */
  readonly made: ReadonlySet<Tensor>
  /** Concatenations that live as one buffer written in parts, and what is written of each. */
  readonly wholes: ReadonlySet<Tensor>
  readonly pieces: ReadonlyMap<Tensor, readonly Tensor[]>
  /** Where parts go. */
  readonly parts: ReadonlyMap<Tensor, Part>
  /** Operands of a hand-written kernel that a load hook computes. */
  readonly hooks: ReadonlyMap<Tensor, readonly boolean[]>
}

/** Up to this many elements, roots of any sizes share a kernel. */
export const TINY = 256
const SMALL_CONCAT = 8192
const EXPENSIVE = 20
/** Multiply-adds that a kernel makes again for its keys and rows, rather than wait for a dispatch that makes them. */
const AGAIN = 3e7
/** What a load counts among these costs. */
const LOAD = 6

const ownCost = (t: Tensor): number =>
  t.op === 'randomNormal' || t.op === 'randomUniform' || t.op === 'randomBits' ? 40
  : t.op === 'fold' ? 60
  : drawCall(t.op) !== undefined ? 300
  : scalarCall(t.op) !== undefined ? 400
  : t.op === 'permuteIndex' ? 400
  : t.op === 'take' || t.op === 'poolGather' ? 8
  : kindOf(t) === 'elementwise' ? lowered[t.op as ElementwiseName].cost
  : 0

// -----------------------------------------------------------------------------
// rules
// -----------------------------------------------------------------------------

/** What is known of a step, and what is decided so far: it grows from rule to rule. */
interface Choosing {
  readonly order: readonly Tensor[]
  readonly target: Target
  readonly results: ReadonlySet<Tensor>
  readonly arenas: Arenas
  readonly consumersOf: (t: Tensor) => readonly Tensor[]
  /** Cost of a node where it is computed by who reads it, down to what is certainly stored. */
  readonly costOf: (t: Tensor) => number
  readonly made: Set<Tensor>
  readonly wholes: Set<Tensor>
  readonly parts: Map<Tensor, Part>
  readonly pieces: Map<Tensor, readonly Tensor[]>
  readonly hooks: Map<Tensor, readonly boolean[]>
}

const begin = (order: readonly Tensor[], wanted: Wanted, target: Target): Choosing => {
  const consumers = new Map<Tensor, Tensor[]>(), cost = new Map<Tensor, number>()
  for (const t of order) for (const a of t.args) consumers.set(a, [...(consumers.get(a) ?? []), t])
  const costOf = (t: Tensor): number => cost.get(t) ?? 0
  for (const t of order) cost.set(t, isLeafBuffer(t) || isMain(t) ? LOAD : Math.min(1e6, ownCost(t) + t.args.reduce((n, a) => n + costOf(a), 0)))
  return {
    order, target, arenas: countedOf(wanted.arenas, target), results: new Set([...wanted.results, ...wanted.updates.map((u) => u.next)]), consumersOf: (t) => consumers.get(t) ?? [], costOf,
    made: new Set(), wholes: new Set(), parts: new Map(), pieces: new Map(), hooks: new Map()
  }
}

const isBuffer = (c: Choosing) => (t: Tensor): boolean => isLeafBuffer(t) || c.made.has(t)

/** Mains, results, and copies that a variant asked for. */
const certain = ({ order, results, made }: Choosing): void => {
  for (const t of order) if (isMain(t) || (results.has(t) && !isLeafBuffer(t)) || t.attrs['force'] === true) made.add(t)
}

/** Large concatenations are buffers written in parts. */
const concatenations = ({ order, made, wholes }: Choosing): void => {
  for (const t of order) {
    if (t.op !== 'concat' || elements(t) <= SMALL_CONCAT) continue
    made.add(t)
    wholes.add(t)
  }
}

/** What tells which rows a step takes and by which keys it draws, on a GPU: whole numbers and conditions that are made of leaves alone, and taken from none. */
const bookkeeping = ({ order, target }: Choosing): ((t: Tensor) => boolean) => {
  const early = new Set<Tensor>()
  for (const t of order) if (isLeafBuffer(t) || (!isMain(t) && t.op !== 'take' && t.args.every((a) => early.has(a)))) early.add(t)
  return (t) => target.kind === 'gpu' && early.has(t) && dtypeOf(t) !== 'f32'
}

/** Expensive work that several kernels read, or one reads many times: consumers before arguments, so that what is decided above counts below. */
const sharedWork = (c: Choosing): void => {
  const { order, consumersOf, costOf, made } = c, isOwn = bookkeeping(c)
  const readers = new Map<Tensor, ReadonlySet<Tensor>>(), shared = new Set<Tensor>()
  // Elements of the largest that reads it, views looked through: a bias that is drawn, put beside others and broadcast, is drawn once.
  const largest = new Map<Tensor, number>()
  for (const t of [...order].reverse()) {
    const uses = consumersOf(t)
    const stored = new Set(uses.flatMap((u) => (made.has(u) ? [u] : [...(readers.get(u) ?? [])])))
    const most = uses.reduce((n, u) => Math.max(n, elements(u), kindOf(u) === 'view' && !made.has(u) ? (largest.get(u) ?? 0) : 0), 0)
    readers.set(t, stored)
    largest.set(t, most)
    if (made.has(t) || isLeafBuffer(t) || kindOf(t) === 'view' || splat(t) !== undefined) continue
    const isSpread = most >= 4 * elements(t) && elements(t) > 0 && costOf(t) >= 12
    // Four elements share what is the same for them.
    if (isOwn(t) && (Math.max(most, elements(t)) / 4) * costOf(t) <= AGAIN) continue
    if (isSpread) made.add(t)
    else if (stored.size >= 2 && costOf(t) >= EXPENSIVE) {
      made.add(t)
      shared.add(t)
    }
  }
  // Arguments before consumers: what is cheap once what it is made of is stored is made again instead.
  const cost = new Map<Tensor, number>()
  for (const t of order) {
    const own = Math.min(1e6, ownCost(t) + t.args.reduce((n, a) => n + (cost.get(a) ?? 0), 0))
    if (shared.has(t) && own < EXPENSIVE) made.delete(t)
    cost.set(t, isLeafBuffer(t) || made.has(t) ? LOAD : own)
  }
}

/** What a loop uses lies in buffers, under views at most. */
const loopOperands = (c: Choosing): void => {
  for (const t of c.order.filter(isLoop))
    for (const a of t.args.map((x) => under(x, isBuffer(c)))) if (!isBuffer(c)(a) && kindOf(a) !== 'leaf') c.made.add(a)
}

/** Pools whose first operand a load hook can compute. */
const HOOKED: readonly string[] = ['poolScatter', 'maxPool2d', 'maxPoolIndex', 'sumPool2d', 'sumPoolGrad']

/** Is this operand computed as it is loaded: little work over few buffers, of a pool that nothing else is fused with? */
const isHooked = (c: Choosing, t: Tensor, k: number): boolean => {
  const a = t.args[k]
  return k === 0 && t.attrs['kernel'] === undefined && HOOKED.includes(t.op) && !isBuffer(c)(under(a, isBuffer(c))) && c.costOf(a) <= 40 && inspect(a, isBuffer(c)).loads.length <= 4
}

/** Can a hand-written kernel address its operands where they lie now? */
const addresses = (c: Choosing, t: Tensor): boolean => {
  const operands = t.args.map((a, k): Operand | undefined => {
    if (c.hooks.get(t)?.[k] === true) return hookedOperand(a)
    const at = strided(a, isBuffer(c))
    return at === undefined || at.offset % 64 !== 0 ? undefined : { shape: whole(a), at }
  })
  return operands.every((o) => o !== undefined) && heavy[t.op as HeavyName](t, operands as readonly Operand[], c.target) !== undefined
}

/** Operands of hand-written kernels lie in buffers that the kernel can address: what it can't is copied, operands that are views first, one by one. */
const kernelOperands = (c: Choosing): void => {
  for (const t of c.order.filter(isHeavy)) {
    c.hooks.set(t, t.args.map((a, k) => {
      if (isHooked(c, t, k)) return true
      const base = under(a, isBuffer(c))
      if (!isBuffer(c)(base)) c.made.add(base)
      return false
    }))
    for (const a of t.args) if (!addresses(c, t) && !isBuffer(c)(a)) c.made.add(a)
  }
}

/** What reads more buffers than a kernel binds is cut: inner nodes become buffers until it fits. */
const wideReads = ({ order, made, wholes, arenas, target }: Choosing): void => {
  for (const t of [...order].reverse())
    if (made.has(t) && !isLeafBuffer(t) && !wholes.has(t) && !isHeavy(t) && !isLoop(t)) cut(t, made, arenas, widest(target))
}

/** May the operand of a concatenation be written into its place by whoever makes it? */
const isOwnPart = ({ parts, results, consumersOf, wholes }: Choosing, a: Tensor, at: Part): boolean =>
  !parts.has(a) && !results.has(a) && consumersOf(a).length === 1 && !isLeafBuffer(a) && !wholes.has(a) && !isLoop(a) && (!isHeavy(a) || isStretch(at, elements(a)))

/** Where the parts of large concatenations go: operands where they can be written there, else copies of them. */
const placeParts = (c: Choosing): void => {
  for (const t of c.wholes) {
    const axis = t.attrs['axis'] as number, inner = size(whole(t).slice(axis + 1))
    let from = 0
    c.pieces.set(t, t.args.flatMap((a) => {
      const n = whole(a)[axis]
      const at: Part = { whole: t, from: from * inner, inner: n * inner, stride: whole(t)[axis] * inner }
      from += n
      // Zeros need no writing: the buffer is the concatenation's own and begins as zeros.
      if (splat(a) === 0 || elements(a) === 0) return []
      const own = isOwnPart(c, a, at)
      if (own) c.made.add(a)
      const piece = own ? a : copyOf(a)
      c.parts.set(piece, at)
      return [piece]
    }))
  }
}

/** Nodes to materialise beside leaves. Grows as operands and shared work ask for it. */
export const choose = (order: readonly Tensor[], wanted: Wanted, target: Target): Chosen => {
  const c = begin(order, wanted, target)
  for (const rule of [certain, concatenations, sharedWork, loopOperands, kernelOperands, wideReads, placeParts]) rule(c)
  wanted.rows?.forEach((part, t) => c.parts.set(t, part))
  return c
}

// -----------------------------------------------------------------------------
// parts of rules
// -----------------------------------------------------------------------------

/** One aligned stretch of its whole, which can be bound by itself: hand-written kernels write nowhere else. */
export const isStretch = (p: Part, n: number): boolean => p.row === undefined && p.inner === n && p.from % 64 === 0 && n > TINY

/** Buffers that one expression may read: room is left for what it writes. */
const widest = (target: Target): number => Math.max(2, target.maxStorageBuffers - 3)

/** Nodes that are computed inside a node's kernel, and the buffers they read. */
const inside = (t: Tensor, made: ReadonlySet<Tensor>, arenas: Arenas): { readonly inner: readonly Tensor[]; readonly read: ReadonlySet<Tensor> } => {
  const inner = new Set<Tensor>(), read = new Set<Tensor>(), stack = [...t.args]
  for (let x = stack.pop(); x !== undefined; x = stack.pop()) {
    if (inner.has(x) || read.has(x)) continue
    if (made.has(x) || isLeafBuffer(x)) read.add(x)
    else {
      inner.add(x)
      stack.push(...x.args)
    }
  }
  return { inner: [...inner], read: buffersOf(arenas, read) }
}

/** Makes inner nodes buffers, those that gather most first, until a node reads few enough. */
const cut = (t: Tensor, made: Set<Tensor>, arenas: Arenas, most: number): void => {
  for (let now = inside(t, made, arenas); now.read.size > most; now = inside(t, made, arenas)) {
    const found = now.inner
      .map((x) => ({ x, reads: kindOf(x) === 'leaf' ? 0 : inside(x, made, arenas).read.size }))
      .filter(({ reads }) => reads >= 2 && reads <= most)
      .reduce<{ readonly x: Tensor; readonly reads: number } | undefined>((a, b) => (a === undefined || b.reads > a.reads || (b.reads === a.reads && elements(b.x) < elements(a.x)) ? b : a), undefined)
    if (found === undefined) return
    made.add(found.x)
  }
}

/** Concatenations of more parts than a kernel binds, in stages; long ones are written part by part and need none. */
export const narrow = (target: Target) => (outputs: readonly Tensor[]): readonly Tensor[] =>
  rewriteStages((t) => {
    const most = widest(target)
    if (t.op !== 'concat' || t.args.length <= most || elements(t) > SMALL_CONCAT) return t
    const chunks = Array.from({ length: Math.ceil(t.args.length / most) }, (_, i) => t.args.slice(i * most, (i + 1) * most))
    const stage = narrow(target)([node('concat', chunks.map((c) => (c.length === 1 ? c[0] : node('concat', c, { ...t.attrs, force: true }))), t.attrs)])
    return stage[0]
  })(outputs)
