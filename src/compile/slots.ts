/**
 * Which buffer every tensor of a step has: named ones of their own, temporaries shared
 * among those that don't live at the same time (`memory.ts`).
 *
 * Laws: inputs, states and outputs have spaces of names of their own; what lies where
 * another tensor lies (a part, a carry, a next value) has that tensor's slot.
 */
import type { Data, DType, Tensor } from '../tensor/node.ts'
import { dtypeOf } from '../tensor/node.ts'
import { leafName } from '../tensor/ops/leaves.ts'
import { bytesOf, isLeafBuffer, storageOf } from './buffers.ts'
import { elements, whole } from './extents.ts'
import { located, spans, steps } from './flow.ts'
import type { Flow } from './flow.ts'
import { assign } from './memory.ts'
import type { Slot } from './program.ts'
import type { Schedule } from './schedule.ts'
import type { Step } from './step.ts'

/** Names of slots, by what they are. */
export const slotName = { input: (n: string): string => `in:${n}`, state: (n: string): string => `state:${n}`, output: (n: string): string => `out:${n}` }

/** The slots of a step, and the number of each tensor's. */
export interface Slots {
  readonly slots: readonly Slot[]
  readonly at: (t: Tensor) => number
}

/** A constant's data in the words of its dtype. */
const typed = (data: Data, dtype: DType): ArrayBufferView =>
  dtype === 'f32' ? Float32Array.from(data) : dtype === 'i32' ? Int32Array.from(data) : dtype === 'u8' ? Uint8Array.from(data) : Uint32Array.from(data)

/** Who fills a leaf's buffer, and with what. */
const roleOf = (l: Tensor): Pick<Slot, 'role' | 'name' | 'data'> => {
  const name = leafName(l)
  return name === undefined ? { role: 'constant', data: typed(l.attrs['data'] as Data, dtypeOf(l)) }
    : l.op === 'state' ? { role: 'state', name: slotName.state(name) }
    : { role: 'input', name: slotName.input(name) }
}

/** The slots of a step whose flow is known. */
export const slotsOf = (step: Step, { inPlace }: Schedule, flow: Flow): Slots => {
  const slots: Slot[] = [], where = new Map<Tensor, number>()
  const slot = (s: Omit<Slot, 'id'>): number => slots.push({ ...s, id: slots.length }) - 1
  /** A slot of its own; what only kernels see is words, of whatever type. */
  const own = (t: Tensor, s: Pick<Slot, 'role' | 'name' | 'data' | 'zeroed' | 'within'>): void => {
    where.set(t, slot({ bytes: bytesOf(t), storage: s.role === 'temp' ? 'f32' : storageOf(t), shape: whole(t), ...s }))
  }
  const temporary = (t: Tensor, zeroed: { readonly zeroed?: true } = {}): void => { if (!where.has(t)) own(t, { role: 'temp', ...zeroed }) }

  const places = new Map(flow.plans.flatMap((p) => [...p.arenas])), temporaryArenas = new Set([...places].flatMap(([t, { arena }]) => (step.arenas.has(t) ? [] : [arena])))
  /** In the arena that it lies in, if in any. */
  const within = (t: Tensor): Pick<Slot, 'within'> => {
    const place = places.get(t)
    return place === undefined ? {} : { within: { slot: where.get(place.arena) as number, at: place.from * 4 } }
  }
  for (const { arena } of step.arenas.values()) if (!where.has(arena)) own(arena, { role: 'arena' })
  for (const l of step.leaves) own(l, { ...roleOf(l), ...within(l) })
  for (const { name, node } of step.outputs) own(node, { role: 'output', name: slotName.output(name) })
  for (const { name, node } of step.unread) own(node, { role: 'state', name: slotName.state(name) })
  if (step.recorded !== undefined) {
    where.set(step.recorded.step, slot({ role: 'state', name: slotName.state('$step'), bytes: 16, storage: 'u32', shape: [1], ...within(step.recorded.step) }))
    own(step.recorded.ring, { role: 'ring' })
  }
  for (const [next, leaf] of inPlace) where.set(next, where.get(leaf) as number)

  flow.counters.forEach((t, k) => own(t, { role: 'state', name: slotName.state(`$loop.${k}`) }))
  // What isn't written of a concatenation is zeros.
  for (const t of flow.plans.flatMap((p) => [...p.wholes])) temporary(t, { zeroed: true })
  const locate = located(flow), end = steps(flow.items)
  // Temporaries of an arena live together.
  const hostOf = (t: Tensor): Tensor => { const own = locate(t), place = places.get(own); return place === undefined || step.arenas.has(own) ? own : place.arena }
  const lives = spans(flow.items, hostOf)
  // Constants that are found inside loops only.
  for (const t of lives.keys()) if (!where.has(t) && isLeafBuffer(t) && !temporaryArenas.has(t)) own(t, roleOf(t))
  // Empty tensors are bound but never written: each has a place of its own.
  for (const t of lives.keys()) if (elements(t) === 0) temporary(t)

  // The rest lives as long as it is touched, next values until they are copied.
  const rest = [...lives].filter(([t]) => !where.has(t))
  const copied = new Set(step.updates.flatMap(({ next }) => (inPlace.has(next) ? [] : [next])))
  const { buffer, bytes } = assign(rest.map(([t, [first, last]]) => ({ first, last: copied.has(t) ? end : last, bytes: bytesOf(t) })))
  const shared = bytes.map((n) => slot({ role: 'temp', bytes: n, storage: 'f32', shape: [n / 4] }))
  rest.forEach(([t], i) => where.set(t, shared[buffer[i]]))
  for (const [t, { arena }] of places) if (!where.has(t) && where.has(arena)) own(t, { role: 'temp', ...within(t) })
  for (const { next } of step.updates) temporary(next)
  return { slots, at: (t) => where.get(locate(t)) as number }
}
