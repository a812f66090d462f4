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
import * as B from '../tensor/build.ts'
import * as Ext from '../tensor/extent.ts'
import { bindExtents } from '../tensor/replace.ts'
import type { Data, DType, Tensor } from '../tensor/node.ts'
import { dtypeOf, errorsOf, node, shapeOf, topo } from '../tensor/node.ts'
import { leafName } from '../tensor/ops/leaves.ts'
import { words } from './dispatch.ts'
import type { Draft } from './dispatch.ts'
import { spans, steps } from './flow.ts'
import type { Item } from './flow.ts'
import { assign } from './memory.ts'
import type { Dispatch, Instruction, Kernel, Program, Slot, Target } from './program.ts'
import { isLeafBuffer, isPacked } from './emit.ts'
import { copyOf, flowOf, making, prepared, smaller, withBodies } from './scan.ts'
import { questionsOf } from './variants.ts'
import type { Question } from './variants.ts'
import { isRange, schedule } from './schedule.ts'
import type { Schedule } from './schedule.ts'
import { isLoop, narrow } from './stored.ts'
import type { Part } from './stored.ts'

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

/** What a step records: its scalars as one row of the ring, and the count of steps that says which. */
interface Recorded {
  readonly row: Tensor
  readonly part: Part
  readonly ring: Tensor
  readonly step: Tensor
  readonly next: Tensor
}

const recorded = (scalars: readonly Tensor[], target: Target): Recorded | undefined => {
  if (scalars.length === 0) return undefined
  const step = B.leaf('state', '$step', [], 'u32'), ring = B.leaf('state', '$ring', [RING, scalars.length])
  const [row] = narrow(target)([node('concat', scalars.map((t) => B.reshape(t, [1])), { axis: 0 })])
  return { row: copyOf(row), ring, step, next: B.add(step, 1), part: { whole: ring, from: 0, inner: scalars.length, stride: scalars.length, row: B.mod(step, RING) } }
}

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

const bound = (source: Source): Either<GelatoErrors, readonly Tensor[]> => {
  const all = [...Object.values(source.outputs), ...Object.values(source.updates), ...Object.values(source.record)]
  return checked(all.some((o) => errorsOf(o) !== undefined) ? all : bindExtents(source.extents)(all))
}

/** The choices of variants that a step leaves on a target. Errors: those of `compile`. */
export const questions = (source: Source, target: Target): Either<GelatoErrors, readonly Question[]> =>
  pipe(bound(source), E.map((graphs) => questionsOf(target)(withBodies(smaller(target)(graphs)))))

/** Compiles a step for a target. Left: every shape error of the graphs, or what can't be bound. */
export const compile = (source: Source, target: Target): Either<GelatoErrors, Program> => {
  const names = { outputs: Object.keys(source.outputs), updates: Object.keys(source.updates), record: Object.keys(source.record) }
  return pipe(
    bound(source),
    E.map(prepared(target)),
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
    const mine = isLeafBuffer(t) || isLoop(t) || seen.has(t) ? copyOf(t) : t
    seen.add(mine)
    return mine
  }
  const outputs = names.outputs.map((_, i) => own(graphs[i]))
  const extras = unread.map((u) => own(u.next))
  const record = recorded(names.record.map((_, i) => graphs[recordAt + i]), target)
  const firstUse = new Set<Tensor>()
  const updates = [...nexts, ...(record === undefined ? [] : [{ leaf: record.step, next: record.next }])].map((u) => {
    // The same value for two states, or a leaf for another state: a copy of its own.
    const next = firstUse.has(u.next) || isLeafBuffer(u.next) || isLoop(u.next) ? copyOf(u.next) : u.next
    firstUse.add(next)
    return { ...u, next }
  })
  const plan = schedule({
    results: [...outputs, ...extras, ...(record === undefined ? [] : [record.row])],
    updates,
    ...(record === undefined ? {} : { rows: new Map([[record.row, record.part]]) })
  }, target)

  const slots: Slot[] = []
  const where = new Map<Tensor, number>()
  const slot = (s: Omit<Slot, 'id'>): number => slots.push({ ...s, id: slots.length }) - 1
  const storage = (t: Tensor): Slot['storage'] => (dtypeOf(t) === 'u8' && !isPacked(t) ? 'u32' : dtypeOf(t))
  const leafSlot = (l: Tensor): void => {
    const name = leafName(l)
    const base = { bytes: bytesOf(l), storage: storage(l), shape: whole(l) }
    where.set(l, name === undefined
      ? slot({ ...base, role: 'constant', data: typed(l.attrs['data'] as Data, dtypeOf(l)) })
      : l.op === 'state' ? slot({ ...base, role: 'state', name: slotName.state(name) })
      : slot({ ...base, role: 'input', name: slotName.input(name) }))
  }
  leaves.forEach(leafSlot)
  outputs.forEach((t, i) => where.set(t, slot({ role: 'output', name: slotName.output(names.outputs[i]), bytes: bytesOf(t), storage: storage(t), shape: whole(t) })))
  extras.forEach((t, i) => where.set(t, slot({ role: 'state', name: slotName.state(unread[i].name), bytes: bytesOf(t), storage: storage(t), shape: whole(t) })))
  if (record !== undefined) {
    where.set(record.step, slot({ role: 'state', name: slotName.state('$step'), bytes: 16, storage: 'u32', shape: [1] }))
    where.set(record.ring, slot({ role: 'ring', bytes: bytesOf(record.ring), storage: 'f32', shape: whole(record.ring) }))
  }
  for (const [next, leaf] of plan.inPlace) where.set(next, where.get(leaf) as number)

  // Kernels in order, then lives of the temporaries.
  const flow = flowOf(plan, making(target, copyOf))
  if (E.isLeft(flow)) return flow
  const { items, plans, aliases, counters } = flow.right
  counters.forEach((t, k) => where.set(t, slot({ role: 'state', name: slotName.state(`$loop.${k}`), bytes: 16, storage: 'i32', shape: [] })))
  for (const t of plans.flatMap((p) => [...p.wholes])) if (!where.has(t)) where.set(t, slot({ role: 'temp', bytes: bytesOf(t), storage: 'f32', shape: whole(t), zeroed: true }))
  const partOf = (t: Tensor): Part | undefined => plans.map((p) => p.parts.get(t)).find((x) => x !== undefined)
  const locate = (t: Tensor): Tensor => { const next = partOf(t)?.whole ?? aliases.get(t); return next === undefined ? t : locate(next) }
  const lived = spans(items, locate), end = steps(items)
  // Constants that are found inside loops only.
  for (const t of lived.keys()) if (!where.has(t) && isLeafBuffer(t)) leafSlot(t)
  // Empty tensors are bound but never written: each has a place of its own.
  for (const t of lived.keys()) if (!where.has(t) && size(t) === 0) where.set(t, slot({ role: 'temp', bytes: bytesOf(t), storage: 'f32', shape: whole(t) }))
  const temps = [...lived.keys()].filter((t) => !where.has(t))
  const until = new Set<Tensor>(updates.filter((u) => !plan.inPlace.has(u.next)).map((u) => u.next))
  const assignment = assign(temps.map((t) => {
    const [first, last] = lived.get(t) as readonly [number, number]
    return { first, last: until.has(t) ? end : last, bytes: bytesOf(t) }
  }))
  const shared = assignment.bytes.map((bytes) => slot({ role: 'temp', bytes, storage: 'f32', shape: [bytes / 4] }))
  temps.forEach((t, i) => where.set(t, shared[assignment.buffer[i]]))
  for (const u of updates) if (!where.has(u.next)) where.set(u.next, slot({ role: 'temp', bytes: bytesOf(u.next), storage: 'f32', shape: whole(u.next) }))

  const list: Kernel[] = []
  const numbers = new Map<string, number>()
  const kernel = (k: Omit<Kernel, 'key'>): number => {
    const known = numbers.get(k.wgsl)
    if (known !== undefined) return known
    numbers.set(k.wgsl, list.push({ ...k, key: k.wgsl }) - 1)
    return list.length - 1
  }
  const at = (t: Tensor): number => where.get(locate(t)) as number
  const dispatch = (d: Draft, p: Schedule | undefined): Dispatch => {
    const bound = d.bound.map((b) => {
      const part = p?.parts.get(b.node), id = at(b.node)
      const range: readonly [number, number] | undefined = part !== undefined && p !== undefined && isRange(b.node, p)
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
  }
  const instruction = (i: Item): Instruction =>
    i._tag === 'Dispatch' ? dispatch(i.draft, i.plan) : i._tag === 'Copy' ? { _tag: 'Copy', from: at(i.from), to: at(i.to) } : { _tag: 'Loop', n: i.n, body: i.items.map(instruction) }
  const body = items.map(instruction)
  for (const u of updates) if (!plan.inPlace.has(u.next)) body.push({ _tag: 'Copy', from: at(u.next), to: at(u.leaf) })
  return E.right({ kernels: list, slots, body, record: names.record })
}

/** A constant's data in the words of its dtype. */
const typed = (data: Data, dtype: DType): ArrayBufferView =>
  dtype === 'f32' ? Float32Array.from(data) : dtype === 'i32' ? Int32Array.from(data) : dtype === 'u8' ? Uint8Array.from(data) : Uint32Array.from(data)
