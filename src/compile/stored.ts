/**
 * Which nodes get a buffer: products and reductions, shared expensive work, operands that
 * a hand-written kernel must find in memory, large concatenations (written part by part),
 * and whatever keeps an expression within the buffers that a kernel may bind.
 */
import type { Tensor } from '../tensor/node.ts'
import { node, shapeOf } from '../tensor/node.ts'
import { row } from '../tensor/table.ts'
import { elementwise as lowered } from './lowerings.ts'
import type { ElementwiseName } from '../tensor/ops/elementwise.ts'
import { heavy, isHeavy, strided, under } from './heavy.ts'
import type { HeavyName, Operand } from './heavy.ts'
import { isLeafBuffer } from './emit.ts'
import { drawCall, scalarCall } from './scalars.ts'
import { inspect } from './kernel.ts'
import { splat } from './simplify.ts'
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
}

const whole = (t: Tensor): readonly number[] => shapeOf(t) as readonly number[]
const size = (t: Tensor): number => whole(t).reduce((a, b) => a * b, 1)

/** Stages are the compiler's own ops and have no row. */
export const kindOf = (t: Tensor): string => (isHeavy(t) ? 'kernel' : row(t.op).kind)
export const isReduction = (t: Tensor): boolean => kindOf(t) === 'reduction'
export const isLoop = (t: Tensor): boolean => kindOf(t) === 'loop'
export const isMain = (t: Tensor): boolean => isReduction(t) || isHeavy(t) || isLoop(t)

/** Up to this many elements, roots of any sizes share a kernel. */
export const TINY = 256
const SMALL_CONCAT = 8192
const EXPENSIVE = 20

const ownCost = (t: Tensor): number =>
  t.op === 'randomNormal' || t.op === 'randomUniform' || t.op === 'randomBits' ? 40
  : t.op === 'fold' ? 60
  : drawCall(t.op) !== undefined ? 300
  : scalarCall(t.op) !== undefined ? 400
  : t.op === 'permuteIndex' ? 400
  : t.op === 'take' || t.op === 'poolGather' ? 8
  : kindOf(t) === 'elementwise' ? lowered[t.op as ElementwiseName].cost
  : 0

/** Nodes to materialise beside leaves. Grows as operands and shared work ask for it. */
export const choose = (order: readonly Tensor[], wanted: Wanted, target: Target): { readonly made: Set<Tensor>; readonly wholes: Set<Tensor>; readonly parts: Map<Tensor, Part>; readonly pieces: Map<Tensor, readonly Tensor[]>; readonly hooks: Map<Tensor, readonly boolean[]> } => {
  const made = new Set<Tensor>()
  const wholes = new Set<Tensor>(), parts = new Map<Tensor, Part>(), pieces = new Map<Tensor, readonly Tensor[]>(), hooks = new Map<Tensor, readonly boolean[]>()
  const consumers = new Map<Tensor, Tensor[]>()
  for (const t of order) for (const a of t.args) consumers.set(a, [...(consumers.get(a) ?? []), t])
  const results = new Set([...wanted.results, ...wanted.updates.map((u) => u.next)])
  for (const t of order) if (isMain(t)) made.add(t)
  for (const t of results) if (!isLeafBuffer(t)) made.add(t)
  // Copies that a variant asked for.
  for (const t of order) if (t.attrs['force'] === true) made.add(t)
  // Inline cost down to what is certainly stored.
  const cost = new Map<Tensor, number>()
  for (const t of order)
    cost.set(t, isLeafBuffer(t) || isMain(t) ? 6 : Math.min(1e6, ownCost(t) + t.args.reduce((n, a) => n + (cost.get(a) ?? 0), 0)))
  const isBuffer = (t: Tensor): boolean => isLeafBuffer(t) || made.has(t)
  // Large concatenations are buffers written in parts.
  for (const t of order) {
    if (t.op !== 'concat' || size(t) <= SMALL_CONCAT) continue
    made.add(t)
    wholes.add(t)
  }
  // Consumers before arguments: shared expensive work becomes a root.
  const reach = new Map<Tensor, Set<Tensor>>()
  // Elements of the largest that reads it, views looked through: a bias that is drawn, put beside others and broadcast, is drawn once.
  const read = new Map<Tensor, number>()
  for (let i = order.length - 1; i >= 0; i--) {
    const t = order[i]
    const from = new Set<Tensor>()
    for (const c of consumers.get(t) ?? []) {
      if (made.has(c)) from.add(c)
      else for (const r of reach.get(c) ?? []) from.add(r)
    }
    reach.set(t, from)
    read.set(t, (consumers.get(t) ?? []).reduce((n, c) => Math.max(n, size(c), kindOf(c) === 'view' && !made.has(c) ? (read.get(c) ?? 0) : 0), 0))
    if (made.has(t) || isLeafBuffer(t) || kindOf(t) === 'view' || splat(t) !== undefined) continue
    const spread = (read.get(t) as number) >= 4 * size(t) && size(t) > 0 && (cost.get(t) ?? 0) >= 12
    if ((from.size >= 2 && (cost.get(t) ?? 0) >= EXPENSIVE) || spread) made.add(t)
  }
  // What a loop uses lies in buffers, under views at most.
  for (const t of order) if (isLoop(t)) for (const a of t.args.map((x) => under(x, isBuffer))) if (!isBuffer(a) && kindOf(a) !== 'leaf') made.add(a)
  // Operands of hand-written kernels must lie in buffers the kernel can address.
  for (const t of order) {
    if (!isHeavy(t)) continue
    hooks.set(t, t.args.map((a, k) => {
      const pool = t.attrs['kernel'] === undefined && (t.op === 'poolScatter' || t.op === 'maxPool2d' || t.op === 'maxPoolIndex' || t.op === 'sumPool2d' || t.op === 'sumPoolGrad')
      if (pool && k === 0 && !isBuffer(under(a, isBuffer)) && (cost.get(a) ?? 0) <= 40 && inspectable(a, isBuffer)) return true
      const base = under(a, isBuffer)
      if (!isBuffer(base)) made.add(base)
      return false
    }))
    const plan = (): boolean => {
      const operands = t.args.map((a, k): Operand | undefined => {
        if (hooks.get(t)?.[k] === true) return { shape: whole(a), at: { base: a, offset: 0, strides: whole(a).map((_, d) => whole(a).slice(d + 1).reduce((x, y) => x * y, 1)) } }
        const at = strided(a, isBuffer)
        return at === undefined || at.offset % 64 !== 0 ? undefined : { shape: whole(a), at }
      })
      return operands.every((o) => o !== undefined) && heavy[t.op as HeavyName](t, operands as readonly Operand[], target) !== undefined
    }
    // What can't be addressed through its views is copied: first the operands that are views, one by one.
    for (const a of t.args) {
      if (plan()) break
      if (!isBuffer(a)) made.add(a)
    }
    for (const [k, a] of t.args.entries()) if (!plan() && strided(a, isBuffer) !== undefined && k >= 0) forceContiguous(a, made)
  }
  // What reads more buffers than a kernel binds is cut: inner nodes become buffers until it fits.
  for (let i = order.length - 1; i >= 0; i--) {
    const t = order[i]
    if (made.has(t) && !isLeafBuffer(t) && !wholes.has(t) && !isHeavy(t) && !isLoop(t)) cut(t, made, widest(target))
  }
  // Parts of large concatenations: where each goes.
  for (const t of wholes) {
    const axis = t.attrs['axis'] as number
    const inner = whole(t).slice(axis + 1).reduce((a, b) => a * b, 1)
    let from = 0
    // Zeros need no writing: the buffer is the concatenation's own and begins as zeros.
    pieces.set(t, t.args.flatMap((a) => {
      const n = whole(a)[axis]
      const at: Part = { whole: t, from: from * inner, inner: n * inner, stride: whole(t)[axis] * inner }
      from += n
      if (splat(a) === 0 || size(a) === 0) return []
      const own = !parts.has(a) && !results.has(a) && (consumers.get(a) ?? []).length === 1 && !isLeafBuffer(a) && !wholes.has(a) && !isLoop(a) && (!isHeavy(a) || isStretch(at, size(a)))
      const piece: Tensor = own ? a : { _tag: 'Tensor', op: 'reshape', args: [a], attrs: { shape: whole(a) }, type: a.type }
      if (own) made.add(a)
      parts.set(piece, at)
      return [piece]
    }))
  }
  wanted.rows?.forEach((part, t) => parts.set(t, part))
  return { made, wholes, parts, pieces, hooks }
}

/** One aligned stretch of its whole, which can be bound by itself: hand-written kernels write nowhere else. */
export const isStretch = (p: Part, n: number): boolean => p.row === undefined && p.inner === n && p.from % 64 === 0 && n > TINY

/** Buffers that one expression may read: room is left for what it writes. */
const widest = (target: Target): number => Math.max(4, target.maxStorageBuffers) - 3

/** Nodes that are computed inside a node's kernel, and the buffers they read. */
const inside = (t: Tensor, made: ReadonlySet<Tensor>): { readonly inner: readonly Tensor[]; readonly read: ReadonlySet<Tensor> } => {
  const inner = new Set<Tensor>(), read = new Set<Tensor>(), stack = [...t.args]
  for (let x = stack.pop(); x !== undefined; x = stack.pop()) {
    if (inner.has(x) || read.has(x)) continue
    if (made.has(x) || isLeafBuffer(x)) read.add(x)
    else {
      inner.add(x)
      stack.push(...x.args)
    }
  }
  return { inner: [...inner], read }
}

/** Makes inner nodes buffers, those that gather most first, until a node reads few enough. */
const cut = (t: Tensor, made: Set<Tensor>, most: number): void => {
  for (let now = inside(t, made); now.read.size > most; now = inside(t, made)) {
    const found = now.inner
      .map((x) => ({ x, reads: kindOf(x) === 'leaf' ? 0 : inside(x, made).read.size }))
      .filter(({ reads }) => reads >= 2 && reads <= most)
      .reduce<{ readonly x: Tensor; readonly reads: number } | undefined>((a, b) => (a === undefined || b.reads > a.reads || (b.reads === a.reads && size(b.x) < size(a.x)) ? b : a), undefined)
    if (found === undefined) return
    made.add(found.x)
  }
}

/** Concatenations of more parts than a kernel binds, in stages; long ones are written part by part and need none. */
export const narrow = (target: Target) => (outputs: readonly Tensor[]): readonly Tensor[] =>
  rewriteStages((t) => {
    const most = widest(target)
    if (t.op !== 'concat' || t.args.length <= most || size(t) > SMALL_CONCAT) return t
    const chunks = Array.from({ length: Math.ceil(t.args.length / most) }, (_, i) => t.args.slice(i * most, (i + 1) * most))
    const stage = narrow(target)([node('concat', chunks.map((c) => (c.length === 1 ? c[0] : node('concat', c, { ...t.attrs, force: true }))), t.attrs)])
    return stage[0]
  })(outputs)

const inspectable = (t: Tensor, isBuffer: (t: Tensor) => boolean): boolean => inspect(t, isBuffer).loads.length <= 4

/** A broadcast or otherwise unaddressable view becomes a buffer of its own. */
const forceContiguous = (t: Tensor, made: Set<Tensor>): void => { if (!isLeafBuffer(t)) made.add(t) }
