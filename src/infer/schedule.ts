/**
 * Learning rates as plain data: functions of the absolute step and of a horizon of
 * their own, never of how many steps a run takes, so that a run that is stopped and
 * continued is the uninterrupted one to the bit.
 *
 * @since 0.1.0
 */
import * as B from '../tensor/build.ts'
import type { Tensor } from '../tensor/node.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** A learning rate over steps t = 0, 1, ... */
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

/** value * decay^(t / steps). */
export const exponential = (o: { readonly value: number; readonly decay: number; readonly steps: number }): Schedule => ({ _tag: 'Exponential', ...o })

/** Half a cosine from value to end over steps, then end. */
export const cosine = (o: { readonly value: number; readonly end?: number; readonly steps: number }): Schedule => ({ _tag: 'Cosine', end: 0, ...o })

/** Another schedule, times (t + 1) / steps while that is below 1. */
export const warmUp = (o: { readonly steps: number; readonly then: Schedule | number }): Schedule => ({
  _tag: 'WarmUp', steps: o.steps, then: typeof o.then === 'number' ? constant(o.then) : o.then
})

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/** What is wrong with a schedule, as text; undefined when nothing is. */
export const scheduleProblem = (s: Schedule): string | undefined => {
  if (typeof s !== 'object' || s === null || !['Constant', 'Exponential', 'Cosine', 'WarmUp'].includes(s._tag)) return JSON.stringify(s) ?? String(s)
  const { _tag, ...numbers } = s
  const { then, ...rest } = numbers as Readonly<Record<string, unknown>>
  const bad = Object.entries(rest).find(([k, v]) => !(typeof v === 'number' && Number.isFinite(v) && (k === 'steps' ? v > 0 : v >= 0)))
  const absent = _tag === 'WarmUp' ? typeof rest['steps'] !== 'number' : typeof rest['value'] !== 'number' || (_tag !== 'Constant' && typeof rest['steps'] !== 'number')
  return bad !== undefined ? (_tag === 'Constant' ? String(bad[1]) : `${bad[0]} ${String(bad[1])}`) : absent ? JSON.stringify(s) : _tag === 'WarmUp' ? scheduleProblem(then as Schedule) : undefined
}

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
