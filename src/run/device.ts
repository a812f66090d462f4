/**
 * Sessions on a device: a step compiled, its buffers there, values in and numbers out.
 *
 * @since 0.1.0
 */
import { E, TE, pipe } from '../fp.ts'
import type { Either, TaskEither } from '../fp.ts'
import { gelatoError, merge, nearest, shown } from '../error.ts'
import type { GelatoError, GelatoErrors } from '../error.ts'
import { compile, slotName } from '../compile/compile.ts'
import type { Choices } from '../compile/plan.ts'
import type { Program } from '../compile/program.ts'
import { structureOf } from '../compile/structure.ts'
import { destroy, instantiate, isOpen, programOf, read, runSteps, sharedDevice, write } from '../gpu/index.ts'
import type { Device, Instance } from '../gpu/index.ts'
import * as Ext from '../tensor/extent.ts'
import type { Tensor } from '../tensor/node.ts'
import { leafName } from '../tensor/ops/leaves.ts'
import { leavesOf } from '../tensor/replace.ts'
import { tuned } from './tune.ts'
import type { HostArray, HostArrays, RunOptions, Session, StepFn } from './session.ts'
import type { Where } from './where.ts'

// -----------------------------------------------------------------------------
// checks
// -----------------------------------------------------------------------------

const graphsOf = (fn: StepFn): readonly Tensor[] => [...Object.values(fn.outputs), ...Object.values(fn.updates), ...Object.values(fn.record)]

/** Every named leaf has a value of its shape. */
const complete = (fn: StepFn, values: HostArrays): Either<GelatoErrors, void> => {
  const errors = leavesOf(graphsOf(fn)).flatMap((l): readonly GelatoError[] => {
    const name = leafName(l) as string
    if (E.isLeft(l.type)) return l.type.left
    const shape = l.type.right.shape.map(Ext.bind(fn.extents))
    const v = Object.hasOwn(values, name) ? values[name] : undefined
    if (v === undefined)
      return [gelatoError('MissingInput', [name], `values for ${Object.keys(values).join(', ') || 'nothing'}`, `a value of shape ${Ext.showShape(shape)} for '${name}'`,
        nearest(name, Object.keys(values)) === undefined ? `pass { ${JSON.stringify(name)}: ... }` : `pass { ${JSON.stringify(name)}: ... }; the nearest given name is '${nearest(name, Object.keys(values))}'`)]
    return Ext.sameShape(v.shape, shape) ? [] : [gelatoError('ShapeMismatch', [name], Ext.showShape(v.shape), Ext.showShape(shape), 'give an array of that shape')]
  })
  return errors.length === 0 ? E.right(undefined) : E.left(errors as unknown as GelatoErrors)
}

/** The device that is asked for: a given one, or the shared one. Errors: `BadOption`, `NoAdapter`. */
export const deviceOf = (gpu: Device | undefined): TaskEither<GelatoError, Device> =>
  gpu === undefined ? sharedDevice
    : typeof gpu === 'object' && gpu !== null && gpu._tag === 'Device' ? TE.right(gpu)
      : TE.left(gelatoError('BadOption', ['gpu'], shown(gpu), "a device, or 'reference'", 'leave it out for the shared device, or open one: await orThrow(Gpu.open())'))

// -----------------------------------------------------------------------------
// sessions
// -----------------------------------------------------------------------------

/** The words that a leaf's storage holds for a host array. */
const words = (program: Program, slot: string, value: HostArray): ArrayBufferView => {
  const storage = program.slots.find((s) => s.name === slot)?.storage
  const d = value.data
  return storage === 'f32' ? (d instanceof Float32Array ? d : Float32Array.from(d))
    : storage === 'i32' ? (d instanceof Int32Array ? d : Int32Array.from(d))
    : storage === 'u8' ? (d instanceof Uint8Array ? d : Uint8Array.from(d))
    : d instanceof Uint32Array ? d : Uint32Array.from(d)
}

const slotOf = (program: Program, name: string): string | undefined =>
  [slotName.input(name), slotName.state(name)].find((s) => program.slots.some((x) => x.name === s))

const sessionOf = (program: Program, instance: Instance, device: Device, choices: Choices): Session => {
  const put = (name: string, value: HostArray): Either<GelatoError, void> => {
    const slot = slotOf(program, name)
    return slot === undefined ? E.right(undefined) : write(slot, words(program, slot, value))(instance)
  }
  return {
    target: { kind: device.target.kind, name: device.target.name },
    plan: { kernels: kernelsOf(program), choices },
    write: (name, value) => TE.fromEither(put(name, value)),
    run: (steps, o: RunOptions = {}) => async () => {
      const first = instance.step
      const done = await runSteps(steps, {
        ...(o.stepsPerSubmit === undefined ? {} : { stepsPerSubmit: o.stepsPerSubmit }),
        ...(o.signal === undefined ? {} : { signal: o.signal }),
        ...(o.onRecords === undefined ? {} : { onRecords: (rows: Float32Array, at: number) => o.onRecords?.(at - first, columns(program.record, rows)) })
      })(instance)()
      if (E.isLeft(done)) return done
      return done.right.aborted
        ? E.left(gelatoError('Aborted', [], `stopped after ${done.right.steps} of ${steps} steps`, 'an AbortSignal that is not aborted', 'start again, or go on from the partial result'))
        : E.right(undefined)
    },
    read: (names) => async () => {
      const slots = names.map((n) => [slotName.output(n), slotName.state(n)].find((s) => program.slots.some((x) => x.name === s)))
      const missing = names.filter((_, i) => slots[i] === undefined)
      if (missing.length > 0) return E.left(gelatoError('UnknownName', missing, missing.join(', '), 'names of outputs or states', 'read what the step gives'))
      const got = await read(slots as readonly string[])(instance)()
      return pipe(got, E.map((all) => Object.fromEntries(names.map((n, i) => {
        const slot = program.slots.find((x) => x.name === slots[i])
        return [n, { shape: slot?.shape ?? [], data: (all as Readonly<Record<string, HostArray['data']>>)[slots[i] as string] }]
      }))))
    },
    alive: () => isOpen(device),
    destroy: () => { destroy(instance) }
  }
}

const columns = (names: readonly string[], rows: Float32Array): Readonly<Record<string, Float32Array>> =>
  Object.fromEntries(names.map((n, k) => [n, Float32Array.from({ length: rows.length / names.length }, (_, i) => rows[i * names.length + k])]))

/** Which kernels, in order: a digest that is equal for equal plans. */
const kernelsOf = (program: Program): string => {
  let h = 0x811c9dc5
  for (const k of program.kernels) for (let i = 0; i < k.wgsl.length; i++) h = Math.imul(h ^ k.wgsl.charCodeAt(i), 0x01000193) >>> 0
  return `${program.kernels.length} kernels ${h.toString(16)}`
}

/** The program of a step on a device: compiled once for all steps of the same structure and choices. */
export const programFor = (fn: StepFn, choices: Choices = {}) => (d: Device): Either<GelatoErrors, Program> =>
  programOf(`${structureOf(fn)} ${JSON.stringify(choices)}`, () => compile(fn, { ...d.target, choices }))(d)

/** A compiled step with its buffers on a device, values written. Destroy the instance after use. */
export const openInstance = (fn: StepFn, values: HostArrays, choices: Choices = {}) => (d: Device): TaskEither<GelatoError, { readonly program: Program; readonly instance: Instance }> =>
  pipe(
    TE.fromEither(E.mapLeft(merge)(complete(fn, values))),
    TE.chain(() => TE.fromEither(E.mapLeft(merge)(programFor(fn, choices)(d)))),
    TE.chain((program) =>
      pipe(
        instantiate(program)(d),
        TE.chain((instance) => {
          for (const [name, value] of Object.entries(values)) {
            const slot = slotOf(program, name)
            if (slot === undefined) continue
            const r = write(slot, words(program, slot, value))(instance)
            if (E.isLeft(r)) {
              destroy(instance)
              return TE.left<GelatoError, never>(r.left)
            }
          }
          return TE.right({ program, instance })
        })
      )
    )
  )

/** A step compiled with these variants, its buffers on a device with the first values of all its leaves. */
export const openWith = (fn: StepFn, values: HostArrays, choices: Choices) => (d: Device): TaskEither<GelatoError, Session> =>
  pipe(openInstance(fn, values, choices)(d), TE.map(({ program, instance }) => sessionOf(program, instance, d, choices)))

/** Compiles a step and opens it on a device with the first values of all its leaves. Left: shape errors, missing values, what the device refuses. */
export const openOn = (fn: StepFn, values: HostArrays, { gpu, plan, tune }: Where): TaskEither<GelatoError, Session> =>
  pipe(
    TE.fromEither(E.mapLeft(merge)(complete(fn, values))),
    TE.chain(() => deviceOf(gpu === 'reference' ? undefined : gpu)),
    TE.chain((d) => pipe(
      plan !== undefined ? TE.right(plan.choices) : tune === true ? tuned(fn)(d) : TE.right<GelatoError, Choices>({}),
      TE.chain((choices) => openWith(fn, values, choices)(d))
    ))
  )
