/**
 * A Program on a device: its buffers, its uniform blocks and its bind groups, all made once.
 * Steps then only encode dispatches (`loop.ts`).
 *
 * Laws: two instances of one program share pipelines and nothing else; after `destroy` the
 * device holds none of its bytes; writes are ordered before the steps that follow them.
 */
import type { Copy, Dispatch, Instruction, Program, Slot, Target } from '../compile/program.ts'
import { dispatches, mostBytes } from '../compile/program.ts'
import { didYouMean, fail, gelatoError } from '../error.ts'
import type { GelatoError, GelatoErrors } from '../error.ts'
import { E, TE, pipe } from '../fp.ts'
import type { Either, TaskEither } from '../fp.ts'
import { compileAhead } from './ahead.ts'
import type { Ahead } from './ahead.ts'
import { collect, innerOf, lease, rounded, streamOf, unusable } from './inner.ts'
import type { Inner, Op, Stretch } from './inner.ts'
import { pipelinesOf } from './pipelines.ts'
import { allocate, release, scoped, sessionOf, usage } from './session.ts'
import type { Pipeline, Session } from './session.ts'
import type { Device, HostArray, Instance, InstanceOptions } from './types.ts'

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** What of a program a target doesn't take: buffers that are too large, grids that are too long. */
export const exceeded = (program: Program, target: Target): readonly GelatoError[] => {
  const most = mostBytes(program, target)
  const slots = program.slots
    .filter((s) => rounded(s.bytes, 256) > most(s))
    .map((s) =>
      gelatoError(
        'LimitExceeded',
        [s.name ?? `slot ${s.id}`],
        `a buffer of ${s.bytes} bytes, shape [${s.shape.join(', ')}]`,
        `at most ${most(s)} bytes on ${target.name}`,
        s.role === 'input' ? 'take rows of it (a fit with a batchSize does), or use a narrower storage type' : 'use a smaller batch, fewer draws at a time, or a narrower storage type'
      )
    )
  const grids = dispatches(program.body)
    .filter((d) => d.grid.some((g) => g > target.maxWorkgroupsPerDimension))
    .map((d) =>
      gelatoError(
        'LimitExceeded',
        [d.label],
        `a grid of ${d.grid.join(' x ')} workgroups`,
        `at most ${target.maxWorkgroupsPerDimension} in each direction on ${target.name}`,
        'use a smaller batch or fewer draws at a time'
      )
    )
  return [...slots, ...grids]
}

const bytesOf = (view: ArrayBufferView): Uint8Array<ArrayBuffer> => new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset, view.byteLength)

/** Writes bytes to a slot's start; a tail that is no whole word is filled with zeros. */
const put = (session: Session, { buffer, at }: Stretch, data: ArrayBufferView): void => {
  const bytes = bytesOf(data)
  const whole = bytes.length & ~3
  session.device.queue.writeBuffer(buffer, at, bytes, 0, whole)
  if (whole < bytes.length) {
    const tail = new Uint8Array(4)
    tail.set(bytes.subarray(whole))
    session.device.queue.writeBuffer(buffer, at + whole, tail)
  }
}

const sizeOf = (body: readonly Instruction[]): number => body.reduce((n, i) => n + (i._tag === 'Loop' ? i.n * sizeOf(i.body) : 1), 0)

// `owned` comes from outside, so that what was allocated is known when this throws half way.
const build = (program: Program, session: Session, pipelines: readonly Pipeline[], firstStep: number, owned: Set<GPUBuffer>, ahead: Ahead | undefined): Inner => {
  const { device } = session
  const own = (label: string, size: number, bits: number): GPUBuffer => {
    const buffer = allocate(session, label, size, bits)
    owned.add(buffer)
    return buffer
  }
  const stretches = new Map<number, Stretch>()
  const byId = new Map<number, Slot>(program.slots.map((s) => [s.id, s]))
  for (const slot of program.slots.filter((s) => s.within === undefined))
    stretches.set(slot.id, { buffer: own(slot.name ?? `slot ${slot.id}`, rounded(slot.bytes, 256), usage.storage | usage.copySrc | usage.copyDst), at: 0 })
  const at = (id: number): Stretch => {
    const stretch = stretches.get(id)
    if (stretch === undefined) throw new Error(`the program has no slot ${id}`)
    return stretch
  }
  for (const { id, within } of program.slots) if (within !== undefined) stretches.set(id, { buffer: at(within.slot).buffer, at: within.at })
  for (const slot of program.slots) if (slot.data !== undefined) put(session, at(slot.id), slot.data)

  // Every dispatch's uniform block in one buffer; equal blocks share a place.
  const offsets = new Map<string, number>()
  const blocks: { readonly at: number; readonly words: Uint32Array }[] = []
  let end = 0
  for (const d of dispatches(program.body)) {
    const key = d.params.join(' ')
    if (offsets.has(key)) continue
    offsets.set(key, end)
    blocks.push({ at: end, words: d.params })
    end += rounded(d.params.byteLength, 256)
  }
  const uniforms = own('params', rounded(end, 256), usage.uniform | usage.copyDst)
  const bytes = new Uint8Array(rounded(end, 256))
  for (const b of blocks) bytes.set(bytesOf(b.words), b.at)
  device.queue.writeBuffer(uniforms, 0, bytes)

  const groups = new Map<string, GPUBindGroup>()
  const groupOf = (d: Dispatch, { layout }: Pipeline, bindings: string): GPUBindGroup => {
    const offset = offsets.get(d.params.join(' ')) as number
    const key = `${bindings}:${offset}:${d.slots.join(',')}:${JSON.stringify(d.ranges ?? [])}`
    const known = groups.get(key)
    if (known !== undefined) return known
    const made = device.createBindGroup({
      label: d.label,
      layout,
      entries: [
        { binding: 0, resource: { buffer: uniforms, offset, size: rounded(d.params.byteLength, 16) } },
        ...d.slots.map((id, i) => {
          // A slot's own bytes: its buffer is rounded up, and may be longer than a binding.
          const { buffer, at: first } = at(id), [from, size] = d.ranges?.[i] ?? [0, rounded((byId.get(id) as Slot).bytes, 16)]
          return { binding: i + 1, resource: { buffer, offset: first + from, size } }
        })
      ]
    })
    groups.set(key, made)
    return made
  }
  const copyOp = (c: Copy): Op => ({ _tag: 'Copy', from: at(c.from), to: at(c.to), bytes: rounded(Math.min(byId.get(c.from)?.bytes ?? 0, byId.get(c.to)?.bytes ?? 0), 4) })
  let dispatched = 0
  const opsOf = (body: readonly Instruction[]): readonly Op[] =>
    body.flatMap((i): readonly Op[] => {
      if (i._tag === 'Loop') {
        const inner = opsOf(i.body)
        return i.n > 0 ? [{ _tag: 'Loop', n: i.n, body: inner }] : []
      }
      if (i._tag === 'Copy') return [copyOp(i)]
      const place = dispatched++
      // An empty grid is an empty tensor: nothing to do.
      if (i.grid.includes(0)) return []
      const pipeline = pipelines[i.kernel]
      return [{ _tag: 'Run', at: place, pipeline: pipeline.pipeline, group: groupOf(i, pipeline, program.kernels[i.kernel].bindings.join()), grid: i.grid }]
    })

  const ringSlot = program.slots.find((s) => s.role === 'ring')
  const width = Math.max(1, program.record.length)
  const ops = opsOf(program.body), size = Math.max(1, sizeOf(program.body))
  const state: Inner['state'] = { step: firstStep, destroyed: false, running: false, proven: false, perOp: undefined }
  return {
    _tag: 'Instance',
    program,
    device: session,
    get step() {
      return state.step
    },
    get destroyed() {
      return state.destroyed
    },
    session,
    stretches,
    ops, size, stream: streamOf(ops, size),
    ring:
      ringSlot === undefined
        ? undefined
        : { buffer: at(ringSlot.id).buffer, width, capacity: ringSlot.shape.length === 2 ? ringSlot.shape[0] : Math.floor(ringSlot.bytes / (4 * width)) },
    state,
    owned,
    idle: [],
    ahead
  }
}

/**
 * Puts a program on a device: compiles what is new, allocates, writes the constants. Left:
 * `LimitExceeded`, `OutOfMemory`, `CompileFailed`, `DeviceLost`. Destroy it after use.
 */
export const instantiate =
  (program: Program, options: InstanceOptions = {}) =>
  (device: Device): TaskEither<GelatoError, Instance> =>
  async () => {
    const session = sessionOf(device)
    const [first, ...rest] = exceeded(program, session.target)
    if (first !== undefined) return E.left(rest.length === 0 ? first : { ...first, hint: `${first.hint} (and ${rest.length} more)` })
    const ahead = compileAhead(session, program.kernels.filter((k) => !session.pipelines.has(k.key)))
    const pipelines = await pipelinesOf(session, program.kernels)
    if (E.isLeft(pipelines)) {
      ahead?.stop()
      return pipelines
    }
    const owned = new Set<GPUBuffer>()
    const made = await scoped(session, ['program'], () => build(program, session, pipelines.right, options.firstStep ?? 0, owned, ahead))
    if (E.isLeft(made)) ahead?.stop()
    if (E.isLeft(made)) for (const buffer of owned) release(session, buffer)
    return made
  }

// -----------------------------------------------------------------------------
// combinators
// -----------------------------------------------------------------------------

const namesOf = (slots: readonly Slot[]): readonly string[] => slots.flatMap((s) => (s.name === undefined ? [] : [s.name]))

const unknown = (name: string, names: readonly string[], kind: string): Either<GelatoErrors, never> =>
  fail('UnknownName', [name], `'${name}'`, `${kind}: ${names.join(', ') || 'none'}`, names.length > 0 ? didYouMean(name, names) : 'the program has none')

/**
 * Writes an input or a state, before the steps that follow. Left: `UnknownName`; `TooLarge`
 * for more bytes than the slot has; `InstanceDestroyed`, `DeviceLost`.
 */
export const write =
  (name: string, data: ArrayBufferView) =>
  (instance: Instance): Either<GelatoError, void> => {
    const inner = innerOf(instance)
    const dead = unusable(inner)
    if (dead !== undefined) return E.left(dead)
    const slots = inner.program.slots.filter((s) => s.role === 'input' || s.role === 'state')
    const slot = slots.find((s) => s.name === name)
    if (slot === undefined)
      return pipe(
        unknown(name, namesOf(slots), 'the name of an input or a state'),
        E.mapLeft((es) => es[0])
      )
    if (data.byteLength > slot.bytes)
      return E.left(
        gelatoError('TooLarge', [name], `${data.byteLength} bytes`, `at most ${slot.bytes} bytes, shape [${slot.shape.join(', ')}]`, 'give an array of the shape that was compiled')
      )
    try {
      put(inner.session, inner.stretches.get(slot.id) as Stretch, data)
      return E.right(undefined)
    } catch (e) {
      return E.left(gelatoError('GpuFault', [name], String(e), 'a write that the device takes', 'please report it'))
    }
  }

const hostArray = (slot: Slot, bytes: ArrayBuffer): HostArray => {
  const words = Math.min(slot.shape.reduce((n, d) => n * d, 1), bytes.byteLength >> 2)
  switch (slot.storage) {
    case 'f32':
      return new Float32Array(bytes, 0, words)
    case 'i32':
      return new Int32Array(bytes, 0, words)
    case 'u8':
      return new Uint8Array(bytes)
    default:
      return new Uint32Array(bytes, 0, words)
  }
}

const readTogether = 2 ** 26

/**
 * Reads slots by name: outputs first, then states and inputs. Arrays hold as many elements
 * as the slot's shape (u8 slots: the whole slot, rows padded to words). Left: `UnknownName`,
 * `OutOfMemory`, `InstanceDestroyed`, `DeviceLost`.
 */
export const read =
  (names: readonly string[]) =>
  (instance: Instance): TaskEither<GelatoError, Readonly<Record<string, HostArray>>> =>
  async () => {
    const inner = innerOf(instance)
    const dead = unusable(inner)
    if (dead !== undefined) return E.left(dead)
    const order = ['output', 'state', 'input', 'ring', 'constant', 'temp', 'arena'] as const
    const sorted = [...inner.program.slots].sort((a, b) => order.indexOf(a.role) - order.indexOf(b.role))
    const found = names.map((n) => [n, sorted.find((s) => s.name === n)] as const)
    const missing = found.find(([, s]) => s === undefined)
    if (missing !== undefined)
      return pipe(
        unknown(missing[0], namesOf(sorted), 'the name of a slot'),
        E.mapLeft((es) => es[0])
      )
    const result: Record<string, HostArray> = {}
    const queue = found as readonly (readonly [string, Slot])[]
    for (let i = 0; i < queue.length; ) {
      // Together as far as the memory held twice stays small, at least one.
      let total = 0
      let j = i
      while (j < queue.length && (j === i || total + queue[j][1].bytes <= readTogether)) total += queue[j++][1].bytes
      const group = queue.slice(i, j)
      const staged = await scoped(inner.session, names, () => {
        const encoder = inner.session.device.createCommandEncoder({ label: 'read' })
        const leased = group.map(([name, slot]) => {
          const bytes = rounded(slot.bytes, 4)
          const staging = lease(inner, bytes)
          const { buffer, at } = inner.stretches.get(slot.id) as Stretch
          encoder.copyBufferToBuffer(buffer, at, staging, 0, bytes)
          return { name, slot, staging, bytes }
        })
        inner.session.device.queue.submit([encoder.finish()])
        return leased
      })
      if (E.isLeft(staged)) return staged
      const taken = await Promise.all(staged.right.map((l) => collect(inner, l.staging, l.bytes)))
      for (const [k, t] of taken.entries()) {
        if (E.isLeft(t)) return t
        const { name, slot } = staged.right[k]
        result[name] = hostArray(slot, t.right)
      }
      i = j
    }
    return E.right(result)
  }

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/** Frees the instance's buffers. A run under way ends Left `InstanceDestroyed`. */
export const destroy = (instance: Instance): void => {
  const inner = innerOf(instance)
  if (inner.state.destroyed) return
  inner.state.destroyed = true
  inner.ahead?.stop()
  for (const buffer of inner.owned) release(inner.session, buffer)
  inner.owned.clear()
  inner.idle.length = 0
}

/** Instantiates, uses, destroys, whatever comes of the use. */
export const withInstance =
  (program: Program, options: InstanceOptions = {}) =>
  <A>(use: (instance: Instance) => TaskEither<GelatoError, A>) =>
  (device: Device): TaskEither<GelatoError, A> =>
    TE.bracket(instantiate(program, options)(device), use, (instance) => TE.fromIO(() => destroy(instance)))
