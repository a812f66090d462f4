/**
 * The measurements of a profile: a step's dispatches by the device's clock, and the step by
 * the wall clock.
 *
 * @since 0.2.0
 */
import { E, TE, pipe } from '../fp.ts'
import type { TaskEither } from '../fp.ts'
import type { GelatoError } from '../error.ts'
import type { Program } from '../compile/program.ts'
import { destroy, runSteps, timeSteps, withDevice } from '../gpu/index.ts'
import type { Device, Instance, Timed } from '../gpu/index.ts'
import { deviceOf, openInstance } from './device.ts'
import type { HostArrays, StepFn } from './session.ts'

/** What was measured of a program. */
export interface Measured {
  readonly program: Program
  readonly timed: Timed
  /** Of each repeat by the wall clock. */
  readonly stepMilliseconds: readonly number[]
  readonly target: Device['target']
}

const measure = (program: Program, instance: Instance, d: Device, repeats: number): TaskEither<GelatoError, Measured> => async () => {
  // Two steps first: the first run of a pipeline compiles it, and the clock learns how much fits a submit.
  for (let i = 0; i < 2; i++) {
    const warm = await runSteps(1)(instance)()
    if (E.isLeft(warm)) return warm
  }
  const timed = await timeSteps(repeats)(instance)()
  if (E.isLeft(timed)) return timed
  const walls: number[] = []
  for (let i = 0; i < repeats; i++) {
    const began = performance.now()
    const ran = await runSteps(1)(instance)()
    if (E.isLeft(ran)) return ran
    walls.push(performance.now() - began)
  }
  return E.right({ program, timed: timed.right, stepMilliseconds: walls, target: d.target })
}

/** Times a step with first values of all its leaves on a device opened with `{ timestamps: true }`, or on one of its own. Errors: those of opening a session, `MissingFeature`. */
export const timed = (fn: StepFn, values: HostArrays, repeats: number, gpu: Device | undefined): TaskEither<GelatoError, Measured> => {
  const on = (d: Device): TaskEither<GelatoError, Measured> =>
    TE.bracket(openInstance(fn, values)(d), ({ program, instance }) => measure(program, instance, d, repeats), ({ instance }) => TE.fromIO(() => { destroy(instance) }))
  return gpu === undefined ? withDevice({ timestamps: true })(on) : pipe(deviceOf(gpu), TE.chain(on))
}
