/**
 * The laws of a Program, checked on the plain data: what `compile` promises and the run
 * loop relies on. Tests run it on random graphs; it costs one walk over the
 * instructions.
 *
 * Laws: numbers refer to things that exist; every read is preceded by a write, or the
 * slot is an input, a constant or a state, or begins as zeros and is nobody else's; no
 * dispatch binds one slot to read and to write, nor twice to write where the parts
 * overlap; a state is overwritten once a step at most, an input and a constant never;
 * bound parts lie inside their slot, 256-aligned, and slots inside their arena, apart from each other; for a target, sizes, bindings and
 * grids keep its limits.
 */
import { E } from '../fp.ts'
import type { Either } from '../fp.ts'
import { gelatoError } from '../error.ts'
import type { GelatoError, GelatoErrors } from '../error.ts'
import { mostBytes } from './program.ts'
import type { Copy, Dispatch, Instruction, Program, Slot, Target } from './program.ts'

const bad = (path: readonly string[], got: string, need: string): GelatoError =>
  gelatoError('BadProgram', path, got, need, 'please report this graph')

const nameOf = (s: Slot): string => s.name ?? `slot ${s.id}`
const isWhole = (n: number): boolean => Number.isInteger(n) && n >= 0

// -----------------------------------------------------------------------------
// slots and kernels
// -----------------------------------------------------------------------------

const elements = (s: Slot): number => s.shape.reduce((a, b) => a * b, 1)

const slotErrors = (s: Slot, i: number, most: number): readonly GelatoError[] => {
  const at = ['slots', nameOf(s)]
  const least = elements(s) * (s.storage === 'u8' ? 1 : 4)
  return [
    ...(s.id === i ? [] : [bad(at, `id ${s.id} at place ${i}`, 'slots in the order of their ids')]),
    ...(isWhole(s.bytes) && s.bytes > 0 && s.bytes % 16 === 0 ? [] : [bad(at, `${s.bytes} bytes`, 'a positive multiple of 16 bytes')]),
    ...(s.bytes >= least ? [] : [bad(at, `${s.bytes} bytes for shape [${s.shape.join(', ')}]`, `at least ${least} bytes`)]),
    ...(s.bytes <= most ? [] : [bad(at, `${s.bytes} bytes`, `at most ${most} bytes on this target`)]),
    ...(s.role === 'constant' && s.data === undefined ? [bad(at, 'a constant without data', 'data')] : []),
    ...(s.data !== undefined && s.data.byteLength > s.bytes ? [bad(at, `${s.data.byteLength} bytes of data`, `at most ${s.bytes}`)] : []),
    ...((s.role === 'input' || s.role === 'state' || s.role === 'output') && s.name === undefined ? [bad(at, `${s.role} without a name`, 'a name')] : [])
  ]
}

/** What lies in a buffer lies inside it, apart from others. */
const withinErrors = (slots: readonly Slot[]): readonly GelatoError[] =>
  slots.flatMap((s) => {
    if (s.within === undefined) return []
    const at = ['slots', nameOf(s)], { slot, at: from } = s.within, host = slots[slot]
    // What lies in temporaries lies there by turns.
    const others = slots.filter((o) => host?.role === 'arena' && o.id < s.id && o.within?.slot === slot && overlap(inBuffer({ slot: o, range: [0, o.bytes] }), [from, s.bytes]))
    return [
      ...(host?.role === (s.role === 'temp' ? 'temp' : 'arena') && host.within === undefined ? [] : [bad(at, `a place in slot ${slot}`, `the number of ${s.role === 'temp' ? 'a temporary' : 'an arena'}`)]),
      ...(isWhole(from) && from % 256 === 0 && from + s.bytes <= (host?.bytes ?? Infinity) ? [] : [bad(at, `a place at byte ${from}`, 'a multiple of 256 inside the arena')]),
      ...(s.role === 'input' || s.role === 'state' || s.role === 'temp' ? [] : [bad(at, `${s.role} in an arena`, 'inputs, states and temporaries there')]),
      ...others.map((o) => bad(at, `bytes of ${nameOf(o)}`, 'bytes of its own'))
    ]
  })

const twice = (names: readonly string[]): readonly string[] => names.filter((n, i) => names.indexOf(n) !== i)

// -----------------------------------------------------------------------------
// instructions
// -----------------------------------------------------------------------------

/** What the walk knows: slots written so far in this step, and how often each state was, or an arena, which may be written once for each state in it. */
interface Walk {
  readonly written: Set<number>
  readonly states: Map<number, number>
  /** What lies in an arena. */
  readonly members: (s: Slot) => readonly Slot[]
  readonly errors: GelatoError[]
}

const readable = (s: Slot, w: Walk): boolean =>
  s.role === 'input' || s.role === 'constant' || s.role === 'state' || s.role === 'arena' || s.zeroed === true || elements(s) === 0 || w.written.has(s.id)

const write = (s: Slot, at: readonly string[], w: Walk): void => {
  if (s.role === 'input' || s.role === 'constant') w.errors.push(bad(at, `a write to the ${s.role} ${nameOf(s)}`, 'writes to states, outputs, rings and temporaries only'))
  const members = w.members(s), states = s.role === 'state' ? 1 : members.filter((x) => x.role === 'state').length
  if (states > 0) {
    const n = (w.states.get(s.id) ?? 0) + 1
    w.states.set(s.id, n)
    if (n === states + 1) w.errors.push(bad(at, `${n === 2 ? 'a second' : 'one more'} write to ${nameOf(s)}`, 'one write of a state in a step'))
  }
  // Which of its members a kernel writes isn't told.
  for (const x of [s, ...members]) w.written.add(x.id)
}

/** The slot in whose buffer a slot lies. */
const bufferOf = (s: Slot): number => s.within?.slot ?? s.id

/** The bytes of a buffer that a part of a slot takes. */
const inBuffer = ({ slot, range: [from, n] }: { readonly slot: Slot; readonly range: readonly [number, number] }): readonly [number, number] => [(slot.within?.at ?? 0) + from, n]

const overlap = (a: readonly [number, number], b: readonly [number, number]): boolean => a[0] < b[0] + b[1] && b[0] < a[0] + a[1]

const dispatchErrors = (p: Program, d: Dispatch, at: readonly string[], target: Target | undefined, w: Walk): void => {
  const say = (got: string, need: string): void => { w.errors.push(bad(at, got, need)) }
  const kernel = p.kernels[d.kernel]
  if (kernel === undefined) return say(`kernel ${d.kernel}`, `a number below ${p.kernels.length}`)
  const unknown = d.slots.filter((id) => p.slots[id] === undefined)
  if (unknown.length > 0) return say(`slots ${unknown.join(', ')}`, `numbers below ${p.slots.length}`)
  if (kernel.bindings.length !== d.slots.length) return say(`${d.slots.length} slots`, `${kernel.bindings.length}, one for each binding of the kernel`)
  if (d.ranges !== undefined && d.ranges.length !== d.slots.length) return say(`${d.ranges.length} ranges`, `${d.slots.length}, one for each slot`)
  if (d.params.length % 4 !== 0) say(`${d.params.length} words of parameters`, 'a multiple of 4')
  if (!d.grid.every((g) => isWhole(g) && g > 0 && g <= (target?.maxWorkgroupsPerDimension ?? Infinity)))
    say(`a grid of ${d.grid.join(' x ')}`, `whole numbers from 1${target === undefined ? '' : ` to ${target.maxWorkgroupsPerDimension}`}`)
  if (target !== undefined && d.slots.length > target.maxStorageBuffers) say(`${d.slots.length} bindings`, `at most ${target.maxStorageBuffers} on this target`)
  const bound = d.slots.map((id, k) => ({ slot: p.slots[id], access: kernel.bindings[k], range: d.ranges?.[k] ?? ([0, p.slots[id].bytes] as const) }))
  for (const { slot, range: [from, n] } of bound)
    if (!isWhole(from) || from % 256 !== 0 || !isWhole(n) || n === 0 || n % 4 !== 0 || from + n > slot.bytes)
      say(`bytes ${from} to ${from + n} of ${nameOf(slot)}, which has ${slot.bytes}`, 'a part inside the slot that begins at a multiple of 256 bytes')
  bound.forEach((b, k) => bound.slice(0, k).forEach((a) => {
    if (bufferOf(a.slot) !== bufferOf(b.slot)) return
    if (a.access !== b.access) say(`${nameOf(a.slot)} bound both to read and to write`, 'one binding for what a dispatch reads and writes')
    else if (a.access === 'write' && overlap(inBuffer(a), inBuffer(b))) say(`${nameOf(a.slot)} bound twice to write`, 'parts that do not overlap')
  }))
  for (const b of bound)
    if (b.access === 'read' && !readable(b.slot, w)) say(`${nameOf(b.slot)} read before it is written`, 'a write before every read of a temporary, an output or a ring')
  for (const b of bound) if (b.access === 'write') write(b.slot, at, w)
}

const copyErrors = (p: Program, c: Copy, at: readonly string[], w: Walk): void => {
  const from = p.slots[c.from], to = p.slots[c.to]
  if (from === undefined || to === undefined) w.errors.push(bad(at, `slots ${c.from} and ${c.to}`, `numbers below ${p.slots.length}`))
  else if (bufferOf(from) === bufferOf(to)) w.errors.push(bad(at, `a copy of ${nameOf(from)} within its buffer`, 'two buffers'))
  else {
    if (!readable(from, w)) w.errors.push(bad(at, `${nameOf(from)} copied before it is written`, 'a write before every read'))
    write(to, at, w)
  }
}

const walk = (p: Program, body: readonly Instruction[], path: readonly string[], target: Target | undefined, w: Walk): void => {
  body.forEach((i, k) => {
    const at = [...path, i._tag === 'Dispatch' ? `${k} ${i.label}` : `${k} ${i._tag}`]
    if (i._tag === 'Dispatch') dispatchErrors(p, i, at, target, w)
    else if (i._tag === 'Copy') copyErrors(p, i, at, w)
    else {
      if (!isWhole(i.n)) w.errors.push(bad(at, `${i.n} times`, 'a whole number'))
      walk(p, i.body, at, target, w)
    }
  })
}

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/** The program itself, or every law that it breaks (`BadProgram`, with the instruction's number and label). */
export const verify = (program: Program, target?: Target): Either<GelatoErrors, Program> => {
  const w: Walk = { written: new Set(), states: new Map(), members: (s) => program.slots.filter((x) => x.within?.slot === s.id), errors: [] }
  const most = target === undefined ? () => Infinity : mostBytes(program, target)
  program.slots.forEach((s, i) => w.errors.push(...slotErrors(s, i, most(s))))
  w.errors.push(...withinErrors(program.slots))
  twice(program.slots.flatMap((s) => s.name ?? [])).forEach((n) => w.errors.push(bad(['slots'], `two slots ${n}`, 'names that differ')))
  twice(program.kernels.map((k) => k.key)).forEach((k) => w.errors.push(bad(['kernels'], `two kernels of key ${k.slice(0, 40)}`, 'each text once')))
  walk(program, program.body, ['body'], target, w)
  for (const s of program.slots)
    if (s.role === 'output' && elements(s) > 0 && !w.written.has(s.id)) w.errors.push(bad(['slots', nameOf(s)], 'an output that nothing writes', 'a write in every step'))
  return w.errors.length === 0 ? E.right(program) : E.left(w.errors as unknown as GelatoErrors)
}
