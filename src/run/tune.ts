/**
 * Choosing kernels by measuring: each variant of each product and convolution of a step is
 * run alone on the device at its shapes, and the fastest is taken. What was found is kept
 * with the device, and under Node in the user's cache directory, by adapter and question.
 *
 * Laws: what is chosen is plain data; a step compiled with the same choices is the same
 * program; a failure to read or write the cache changes nothing but the time it takes.
 *
 * @since 0.3.0
 */
import { E } from '../fp.ts'
import type { Either, TaskEither } from '../fp.ts'
import { merge } from '../error.ts'
import type { GelatoError } from '../error.ts'
import { compile, questions } from '../compile/compile.ts'
import type { Choices } from '../compile/plan.ts'
import type { Question } from '../compile/variants.ts'
import { choicesOf, destroy, instantiate, keepChoices, runSteps } from '../gpu/index.ts'
import type { Device } from '../gpu/index.ts'
import type { StepFn } from './session.ts'

/** Milliseconds that one measurement should take, and how many are made of each variant. */
const SPAN = 25
const REPEATS = 3

/** Milliseconds of one run of a variant: the least of several. */
const measured = async (q: Question, option: string, d: Device): Promise<Either<GelatoError, number>> => {
  const program = compile({ outputs: { y: q.node }, updates: {}, record: {}, extents: {} }, { ...d.target, choices: { [q.question]: option } })
  if (E.isLeft(program)) return E.left(merge(program.left))
  const made = await instantiate(program.right)(d)()
  if (E.isLeft(made)) return made
  const instance = made.right
  const time = async (steps: number): Promise<Either<GelatoError, number>> => {
    const began = performance.now()
    const ran = await runSteps(steps, { stepsPerSubmit: steps })(instance)()
    return E.isLeft(ran) ? ran : E.right((performance.now() - began) / steps)
  }
  try {
    // The first run compiles; the second says how many make a measurement.
    for (const warm of [await time(1), await time(1)]) if (E.isLeft(warm)) return warm
    const once = await time(1)
    if (E.isLeft(once)) return once
    const steps = Math.max(1, Math.min(1000, Math.round(SPAN / Math.max(once.right, 0.01))))
    let least = once.right
    for (let r = 0; r < REPEATS; r++) {
      const t = await time(steps)
      if (E.isLeft(t)) return t
      least = Math.min(least, t.right)
    }
    return E.right(least)
  } finally {
    destroy(instance)
  }
}

const fastest = async (q: Question, d: Device): Promise<Either<GelatoError, string>> => {
  let best = { option: q.options[0], ms: Infinity }
  for (const option of q.options) {
    const ms = await measured(q, option, d)
    // A variant that this device can't run is no choice; the last one runs everywhere.
    if (E.isLeft(ms)) {
      if (ms.left._tag === 'DeviceLost') return ms
      continue
    }
    if (ms.right < best.ms) best = { option, ms: ms.right }
  }
  return E.right(best.option)
}

/** The fastest variants for a step on a device: those that are known, and the others by measuring. Left: the errors of the step's graphs, a lost device. */
export const tuned = (fn: StepFn) => (d: Device): TaskEither<GelatoError, Choices> => async () => {
  const asked = questions(fn, d.target)
  if (E.isLeft(asked)) return E.left(merge(asked.left))
  const known = await choicesOf(d)
  const fresh: Record<string, string> = {}
  for (const q of asked.right) {
    if (q.options.includes(known[q.question] ?? '')) continue
    const found = await fastest(q, d)
    if (E.isLeft(found)) return found
    fresh[q.question] = found.right
  }
  if (Object.keys(fresh).length > 0) await keepChoices(d, fresh)
  return E.right(Object.fromEntries(asked.right.map((q) => [q.question, fresh[q.question] ?? known[q.question]])))
}
