/**
 * Learning rates as plain data: functions of the absolute step and of a horizon of
 * their own, never of how many steps a run takes, so that a run that is stopped and
 * continued is the uninterrupted one to the bit.
 *
 * @since 0.1.0
 */
import { E, pipe } from '../fp.ts'
import type { Either } from '../fp.ts'
import { all, fail, knownOptions, shown } from '../error.ts'
import type { GelatoErrors } from '../error.ts'
import * as B from '../tensor/build.ts'
import type { Tensor } from '../tensor/node.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** A learning rate over steps t = 0, 1, ..., made by `constant`, `exponential`, `cosine` and `warmUp`. */
export type Schedule =
  | { readonly _tag: 'Constant'; readonly value: number }
  | { readonly _tag: 'Exponential'; readonly value: number; readonly decay: number; readonly steps: number }
  | { readonly _tag: 'Cosine'; readonly value: number; readonly end: number; readonly steps: number }
  | { readonly _tag: 'WarmUp'; readonly steps: number; readonly then: Schedule }

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** The same rate at every step. */
export const constant = (value: number): Schedule => ({ _tag: 'Constant', value })

/**
 * value * decay^(t / steps): what `decay` leaves every so many steps.
 *
 * @example
 * const halved = Optimizer.adam({ learningRate: Optimizer.exponential({ value: 1e-2, decay: 0.5, steps: 1000 }) })
 */
export const exponential = (o: { readonly value: number; readonly decay: number; readonly steps: number }): Schedule => ({ _tag: 'Exponential', ...o })

/**
 * Half a cosine from value to end (0 when absent) over steps, then end.
 *
 * @example
 * const falling = Optimizer.adam({ learningRate: Optimizer.cosine({ value: 1e-2, end: 1e-4, steps: 5000 }) })
 */
export const cosine = (o: { readonly value: number; readonly end?: number; readonly steps: number }): Schedule => ({ _tag: 'Cosine', end: 0, ...o })

/**
 * Another schedule, or a number, times (t + 1) / steps while that is below 1.
 *
 * @example
 * const slowStart = Optimizer.adam({ learningRate: Optimizer.warmUp({ steps: 100, then: Optimizer.cosine({ value: 1e-2, steps: 5000 }) }) })
 */
export const warmUp = (o: { readonly steps: number; readonly then: Schedule | number }): Schedule => ({
  _tag: 'WarmUp', ...o, then: typeof o?.then === 'number' ? constant(o.then) : o?.then
})

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

const RATE = 'a number, not negative, or a schedule of such numbers'
const PARTS: { readonly [K in Schedule['_tag']]: { readonly call: string; readonly names: readonly string[] } } = {
  Constant: { call: 'Optimizer.constant', names: ['value'] },
  Exponential: { call: 'Optimizer.exponential', names: ['value', 'decay', 'steps'] },
  Cosine: { call: 'Optimizer.cosine', names: ['value', 'end', 'steps'] },
  WarmUp: { call: 'Optimizer.warmUp', names: ['steps', 'then'] }
}

/** What is divided by, or taken the log of. */
const ABOVE: readonly string[] = ['steps', 'decay']

const isSchedule = (x: unknown): x is Schedule => typeof x === 'object' && x !== null && Object.hasOwn(PARTS, String((x as Partial<Schedule>)._tag))

/** Right for a schedule whose parts are all there, known and of a size that makes sense. */
export const checkSchedule = (s: unknown, path: readonly string[]): Either<GelatoErrors, void> => {
  if (!isSchedule(s)) return fail('BadOption', path, shown(s), RATE, example('Constant'))
  const { _tag, ...given } = s, { call, names } = PARTS[_tag], at = _tag === 'Constant' ? path : [...path, call]
  const one = (k: string): Either<GelatoErrors, void> => {
    const v = (given as Readonly<Record<string, unknown>>)[k], here = _tag === 'Constant' ? path : [...at, k]
    return v === undefined ? fail('MissingOption', here, `no ${k}`, `a value for '${k}'`, example(_tag))
      : k === 'then' ? checkSchedule(v, here)
      : typeof v !== 'number' || !Number.isFinite(v) || v < 0 || (v === 0 && ABOVE.includes(k)) ? fail('BadOption', here, shown(v), ABOVE.includes(k) ? 'a number above 0' : _tag === 'Constant' ? RATE : 'a number, not negative', example(_tag))
      : E.right(undefined)
  }
  return pipe(knownOptions(at, names)(given), E.chain(() => pipe(all(names.map(one)), E.map(() => undefined))))
}

const example = (tag: Schedule['_tag']): string =>
  tag === 'Constant' ? 'give a learning rate such as 1e-3, or a schedule: Optimizer.cosine({ value: 1e-2, steps: 5000 }), Optimizer.exponential or Optimizer.warmUp' : `such as ${PARTS[tag].call}({ ${tag === 'WarmUp' ? 'steps: 100, then: 1e-3' : `value: 1e-3, ${tag === 'Exponential' ? 'decay: 0.5, ' : ''}steps: 1000`} })`

/** The numbers that a schedule's graph reads, by name. */
export const scheduleScalars = (s: Schedule, prefix = 'rate'): Readonly<Record<string, number>> =>
  s._tag === 'Constant' ? { [`${prefix}.value`]: s.value }
    : s._tag === 'Exponential' ? { [`${prefix}.value`]: s.value, [`${prefix}.slope`]: Math.log(s.decay) / s.steps }
      : s._tag === 'Cosine' ? { [`${prefix}.value`]: s.value, [`${prefix}.end`]: s.end, [`${prefix}.steps`]: s.steps }
        : { [`${prefix}.steps`]: s.steps, ...scheduleScalars(s.then, `${prefix}.then`) }

/** The rate at step t, f32 scalars both; `c` gives the schedule's numbers. */
export const rateAt = (s: Schedule, t: Tensor, c: (name: string) => Tensor, prefix = 'rate'): Tensor => {
  const at = (n: string): Tensor => c(`${prefix}.${n}`)
  if (s._tag === 'Constant') return at('value')
  if (s._tag === 'Exponential') return B.mul(at('value'), B.exp(B.mul(t, at('slope'))))
  if (s._tag === 'WarmUp') return B.mul(B.min(B.div(B.add(t, 1), at('steps')), 1), rateAt(s.then, t, c, `${prefix}.then`))
  const turn = B.cos(B.mul(Math.PI, B.min(B.div(t, at('steps')), 1)))
  return B.add(at('end'), B.mul(B.mul(0.5, B.sub(at('value'), at('end'))), B.add(1, turn)))
}
