/**
 * Graphs to a Program: bind extents, simplify, schedule, write the kernels, link them,
 * plan the memory.
 *
 * Law: equal graphs for equal targets give equal programs, text for text.
 */
import { E, pipe } from '../fp.ts'
import type { Either } from '../fp.ts'
import { fail, union } from '../error.ts'
import type { GelatoErrors } from '../error.ts'
import * as Ext from '../tensor/extent.ts'
import { bindExtents } from '../tensor/replace.ts'
import type { Data, DType, Tensor } from '../tensor/node.ts'
import { dtypeOf, errorsOf, shapeOf, topo } from '../tensor/node.ts'
import { leafName } from '../tensor/ops/leaves.ts'
import { libraries } from '../shaders.ts'
import { draftOf, isRange, shifts, words } from './dispatch.ts'
import type { Draft } from './dispatch.ts'
import { link } from './link.ts'
import { assign } from './memory.ts'
import type { Dispatch, Instruction, Kernel, Program, Slot, Target } from './program.ts'
import { isLeafBuffer, isPacked } from './emit.ts'
import { schedule } from './schedule.ts'
import { narrow } from './stored.ts'
import { simplify } from './simplify.ts'
import { variants } from './variants.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** What is compiled (the same as a step of `run`). */
export interface Source {
  readonly outputs: Readonly<Record<string, Tensor>>
  readonly updates: Readonly<Record<string, Tensor>>
  readonly record: Readonly<Record<string, Tensor>>
  readonly extents: Readonly<Record<string, number>>
}

/** Records kept on the device before the host must have read them. */
export const RING = 1024

const whole = (t: Tensor): readonly number[] => shapeOf(t) as readonly number[]
const size = (t: Tensor): number => whole(t).reduce((a, b) => a * b, 1)
const bytesOf = (t: Tensor): number => Math.max(16, Math.ceil((size(t) * (isPacked(t) ? 1 : 4)) / 16) * 16)

/** Names of slots: inputs, states and outputs have spaces of their own. */
export const slotName = { input: (n: string): string => `in:${n}`, state: (n: string): string => `state:${n}`, output: (n: string): string => `out:${n}` }

const copyOf = (t: Tensor): Tensor => ({ _tag: 'Tensor', op: 'reshape', args: [t], attrs: { shape: shapeOf(t) }, type: t.type })

// -----------------------------------------------------------------------------
// checks
// -----------------------------------------------------------------------------

const checked = (outputs: readonly Tensor[]): Either<GelatoErrors, readonly Tensor[]> => {
  const wrong = outputs.flatMap((o) => { const e = errorsOf(o); return e === undefined ? [] : [e] })
  if (wrong.length > 0) return E.left(union(wrong))
  const free = [...new Set(topo(outputs).flatMap((t) => whole(t).flatMap((e) => Ext.symbols(e as Ext.Extent))))]
  if (free.length > 0)
    return fail('UnboundExtent', ['compile'], free.join(', '), 'a number for every symbol of the graph', 'give a value to the input whose shape holds it')
  const big = topo(outputs).find((t) => size(t) > 2 ** 31)
  return big === undefined
    ? E.right(outputs)
    : fail('TooLarge', ['compile', big.op], Ext.showShape(shapeOf(big)), 'at most 2^31 elements in a tensor', 'use a smaller batch or fewer draws at a time')
}

// -----------------------------------------------------------------------------
// records
// -----------------------------------------------------------------------------

/** One more kernel: copies the scalars of a step into its row of the ring and counts the step. */
const recorder = (n: number): string => [
  '// uses:',
  'struct Params { capacity: u32, width: u32 }',
  '@group(0) @binding(0) var<uniform> p: Params;',
  ...Array.from({ length: n }, (_, k) => `@group(0) @binding(${k + 1}) var<storage, read> r${k}: array<f32>;`),
  `@group(0) @binding(${n + 1}) var<storage, read_write> step: array<u32>;`,
  `@group(0) @binding(${n + 2}) var<storage, read_write> ring: array<f32>;`,
  '@compute @workgroup_size(1)',
  'fn main() {',
  '  let row = (step[0] % p.capacity) * p.width;',
  ...Array.from({ length: n }, (_, k) => `  ring[row + ${k}u] = r${k}[0];`),
  '  step[0] = step[0] + 1u;',
  '}'
].join('\n')

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/** Compiles a step for a target. Left: every shape error of the graphs, or what can't be bound. */
export const compile = (source: Source, target: Target): Either<GelatoErrors, Program> => {
  const names = { outputs: Object.keys(source.outputs), updates: Object.keys(source.updates), record: Object.keys(source.record) }
  const all = [...Object.values(source.outputs), ...Object.values(source.updates), ...Object.values(source.record)]
  return pipe(
    checked(all.some((o) => errorsOf(o) !== undefined) ? all : bindExtents(source.extents)(all)),
    E.map((graphs) => narrow(target)(variants(target)(simplify(target.kind === 'software' ? 1024 : 65536)(graphs)))),
    E.chain((graphs) => assemble(names, graphs, target))
  )
}

interface Names { readonly outputs: readonly string[]; readonly updates: readonly string[]; readonly record: readonly string[] }

const assemble = (names: Names, graphs: readonly Tensor[], target: Target): Either<GelatoErrors, Program> => {
  const updatesAt = names.outputs.length, recordAt = updatesAt + names.updates.length
  const leaves = topo(graphs).filter(isLeafBuffer)
  const stateLeaf = (name: string): Tensor | undefined => leaves.find((l) => l.op === 'state' && leafName(l) === name)
  const nexts = names.updates.flatMap((name, i) => {
    const leaf = stateLeaf(name)
    return leaf === undefined || graphs[updatesAt + i] === leaf ? [] : [{ name, leaf, next: graphs[updatesAt + i] }]
  })
  // A state that the graphs don't read is still kept: it has a slot and a copy.
  const unread = names.updates.flatMap((name, i) => (stateLeaf(name) === undefined ? [{ name, next: graphs[updatesAt + i] }] : []))
  const seen = new Set<Tensor>(nexts.map((u) => u.next))
  const own = (t: Tensor): Tensor => {
    const mine = isLeafBuffer(t) || seen.has(t) ? copyOf(t) : t
    seen.add(mine)
    return mine
  }
  const outputs = names.outputs.map((_, i) => own(graphs[i]))
  const extras = unread.map((u) => own(u.next))
  const records = names.record.map((_, i) => graphs[recordAt + i]).map((t) => (isLeafBuffer(t) ? own(t) : t))
  const firstUse = new Set<Tensor>()
  const updates = nexts.map((u) => {
    // The same value for two states, or a leaf for another state: a copy of its own.
    const next = firstUse.has(u.next) || isLeafBuffer(u.next) ? copyOf(u.next) : u.next
    firstUse.add(next)
    return { ...u, next }
  })
  const plan = schedule({ results: [...outputs, ...extras, ...records], updates }, target)

  const slots: Slot[] = []
  const where = new Map<Tensor, number>()
  const slot = (s: Omit<Slot, 'id'>): number => slots.push({ ...s, id: slots.length }) - 1
  const storage = (t: Tensor): Slot['storage'] => (dtypeOf(t) === 'u8' && !isPacked(t) ? 'u32' : dtypeOf(t))
  for (const l of leaves) {
    const name = leafName(l)
    const base = { bytes: bytesOf(l), storage: storage(l), shape: whole(l) }
    where.set(l, name === undefined
      ? slot({ ...base, role: 'constant', data: typed(l.attrs['data'] as Data, dtypeOf(l)) })
      : l.op === 'state' ? slot({ ...base, role: 'state', name: slotName.state(name) })
      : slot({ ...base, role: 'input', name: slotName.input(name) }))
  }
  outputs.forEach((t, i) => where.set(t, slot({ role: 'output', name: slotName.output(names.outputs[i]), bytes: bytesOf(t), storage: storage(t), shape: whole(t) })))
  extras.forEach((t, i) => where.set(t, slot({ role: 'state', name: slotName.state(unread[i].name), bytes: bytesOf(t), storage: storage(t), shape: whole(t) })))
  for (const t of plan.wholes) if (!where.has(t)) where.set(t, slot({ role: 'temp', bytes: bytesOf(t), storage: 'f32', shape: whole(t), zeroed: true }))
  for (const [next, leaf] of plan.inPlace) where.set(next, where.get(leaf) as number)

  // Kernels in order, then lives of the temporaries.
  const spares: Tensor[] = []
  const spare = (like: Tensor): Tensor => {
    const t = copyOf(like)
    spares.push(t)
    return t
  }
  const units = plan.units.filter((u) => u.stored.size > 0 && [...u.stored].some((t) => size(t) > 0))
  const drafts: Draft[] = []
  for (const x of shifts(units, plan.units, plan, target)) {
    const d = draftOf(x, plan, target, spare)
    if (E.isLeft(d)) return d
    drafts.push(d.right)
  }
  const locate = (t: Tensor): Tensor => { const part = plan.parts.get(t); return part === undefined ? t : part.whole }
  const unplaced = [...new Set(drafts.flatMap((d) => d.bound.map((b) => locate(b.node))))].filter((t) => !where.has(t))
  // Empty tensors are bound but never written: each has a place of its own.
  for (const t of unplaced) if (size(t) === 0) where.set(t, slot({ role: 'temp', bytes: bytesOf(t), storage: 'f32', shape: whole(t) }))
  const temps = unplaced.filter((t) => size(t) > 0)
  const until = new Set<Tensor>([...records, ...updates.filter((u) => !plan.inPlace.has(u.next)).map((u) => u.next)])
  const lives = temps.map((t) => {
    const at = drafts.flatMap((d, k) => (d.bound.some((b) => locate(b.node) === t) ? [k] : []))
    return { first: at[0], last: until.has(t) ? drafts.length : at[at.length - 1], bytes: bytesOf(t) }
  })
  const assignment = assign(lives)
  const shared = assignment.bytes.map((bytes) => slot({ role: 'temp', bytes, storage: 'f32', shape: [bytes / 4] }))
  temps.forEach((t, i) => where.set(t, shared[assignment.buffer[i]]))
  for (const u of updates) if (!where.has(u.next)) where.set(u.next, slot({ role: 'temp', bytes: bytesOf(u.next), storage: 'f32', shape: whole(u.next) }))
  for (const r of records) if (!where.has(r)) where.set(r, slot({ role: 'temp', bytes: 16, storage: 'f32', shape: [] }))

  const list: Kernel[] = []
  const numbers = new Map<string, number>()
  const kernel = (k: Omit<Kernel, 'key'>): number => {
    const known = numbers.get(k.wgsl)
    if (known !== undefined) return known
    numbers.set(k.wgsl, list.push({ ...k, key: k.wgsl }) - 1)
    return list.length - 1
  }
  const body: Instruction[] = drafts.map((d): Dispatch => {
    const bound = d.bound.map((b) => {
      const part = plan.parts.get(b.node)
      const id = where.get(locate(b.node)) as number
      const range: readonly [number, number] | undefined = part !== undefined && isRange(b.node, plan)
        ? [part.from * 4, Math.max(4, size(b.node) * 4)]
        : b.offset !== undefined && b.offset > 0 ? [b.offset * 4, slots[id].bytes - b.offset * 4] : undefined
      return { id, range }
    })
    const { params, grid } = words(d, target)
    return {
      _tag: 'Dispatch', kernel: kernel({ label: d.label, wgsl: d.wgsl, bindings: d.access }), slots: bound.map((b) => b.id),
      ...(bound.some((b) => b.range !== undefined) ? { ranges: bound.map((b) => b.range) } : {}),
      params, grid, label: d.label, flops: d.flops, bytes: bound.reduce((n, b) => n + slots[b.id].bytes, 0)
    }
  })
  if (records.length > 0) {
    const step = slot({ role: 'state', name: slotName.state('$step'), bytes: 16, storage: 'u32', shape: [1] })
    const ring = slot({ role: 'ring', bytes: RING * records.length * 4, storage: 'f32', shape: [RING, records.length] })
    const linked = link({ kernel: recorder(records.length), libraries, width: 1 })
    if (E.isLeft(linked)) return linked
    body.push({
      _tag: 'Dispatch', kernel: kernel({ label: 'record', wgsl: linked.right.wgsl, bindings: linked.right.bindings }),
      slots: [...records.map((r) => where.get(r) as number), step, ring], params: Uint32Array.of(RING, records.length, 0, 0), grid: [1, 1, 1], label: 'record', flops: 0, bytes: 0
    })
  }
  for (const u of updates) if (!plan.inPlace.has(u.next)) body.push({ _tag: 'Copy', from: where.get(u.next) as number, to: where.get(u.leaf) as number })
  return E.right({ kernels: list, slots, body, record: names.record })
}

/** A constant's data in the words of its dtype. */
const typed = (data: Data, dtype: DType): ArrayBufferView =>
  dtype === 'f32' ? Float32Array.from(data) : dtype === 'i32' ? Int32Array.from(data) : dtype === 'u8' ? Uint8Array.from(data) : Uint32Array.from(data)
