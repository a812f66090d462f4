/**
 * Optimisers as plain data, and one table that says for each what it keeps per
 * parameter and how a step is computed from a gradient, as a graph. Their numbers are
 * values given at each run, never part of a shader.
 *
 * Law: state after n steps depends on the gradients and the absolute step alone.
 *
 * @since 0.1.0
 */
import { E, pipe } from '../fp.ts'
import type { Either } from '../fp.ts'
import { fail, knownOptions, shown } from '../error.ts'
import type { GelatoErrors } from '../error.ts'
import * as B from '../tensor/build.ts'
import type { Tensor } from '../tensor/node.ts'
import { checkSchedule, constant, rateAt, scheduleScalars } from './schedule.ts'
import type { Schedule } from './schedule.ts'

export { constant, cosine, exponential, warmUp } from './schedule.ts'
export type { Schedule } from './schedule.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Names of the rules. */
export type RuleName = 'adam' | 'adamax' | 'sgd' | 'momentum' | 'rmsprop'

/** An optimiser: which rule, its learning rate over steps, its numbers. */
export interface Optimizer {
  readonly _tag: 'Optimizer'
  readonly rule: RuleName
  readonly learningRate: Schedule
  readonly options: Readonly<Record<string, number>>
}

interface Rule {
  readonly options: Readonly<Record<string, number>>
  readonly slots: readonly string[]
  /** Is the square of a gradient kept? */
  readonly squares?: true
  /** Numbers worked out on the host in double precision. */
  readonly scalars?: (o: Readonly<Record<string, number>>) => Readonly<Record<string, number>>
  /** Scalars of a step, worked out once for all parameters; t counts from 1. */
  readonly prepare?: (rate: Tensor, t: Tensor, c: (name: string) => Tensor) => Tensor
  /** Gives what to subtract and the next slots; `a` is what `prepare` gave, else the rate. */
  readonly step: (g: Tensor, slots: readonly Tensor[], a: Tensor, c: (name: string) => Tensor) => readonly [Tensor, readonly Tensor[]]
}

/** beta old + (1 - beta) now; 1 - beta is taken on the host, where it keeps its digits. */
const decayed = (beta: string, old: Tensor, now: Tensor, c: (name: string) => Tensor): Tensor =>
  B.add(B.mul(c(beta), old), B.mul(c(`${beta}.rest`), now))
const rests = (o: Readonly<Record<string, number>>, names: readonly string[]): Readonly<Record<string, number>> =>
  Object.fromEntries(names.map((n) => [`${n}.rest`, 1 - o[n]]))
const logs = (o: Readonly<Record<string, number>>): Readonly<Record<string, number>> => ({
  logBeta1: Math.log(o['beta1']), logBeta2: Math.log(o['beta2']), ...rests(o, ['beta1', 'beta2'])
})
/** 1 - beta^t, accurate for beta near 1. */
const correction = (logBeta: Tensor, t: Tensor): Tensor => B.neg(B.expm1(B.mul(t, logBeta)))

const rules: Readonly<Record<RuleName, Rule>> = {
  adam: {
    options: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
    slots: ['m', 'v'],
    squares: true,
    scalars: logs,
    prepare: (rate, t, c) => B.div(B.mul(rate, B.sqrt(correction(c('logBeta2'), t))), correction(c('logBeta1'), t)),
    step: (g, [m0, v0], a, c) => {
      const m = decayed('beta1', m0, g, c), v = decayed('beta2', v0, B.square(g), c)
      return [B.div(B.mul(a, m), B.add(B.sqrt(v), c('epsilon'))), [m, v]]
    }
  },
  adamax: {
    options: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
    slots: ['m', 'u'],
    scalars: logs,
    prepare: (rate, t, c) => B.div(rate, correction(c('logBeta1'), t)),
    step: (g, [m0, u0], a, c) => {
      const m = decayed('beta1', m0, g, c), u = B.max(B.mul(c('beta2'), u0), B.abs(g))
      return [B.div(B.mul(a, m), B.add(u, c('epsilon'))), [m, u]]
    }
  },
  sgd: { options: {}, slots: [], step: (g, _slots, rate) => [B.mul(rate, g), []] },
  momentum: {
    options: { momentum: 0.9 },
    slots: ['v'],
    step: (g, [v0], rate, c) => {
      const v = B.add(B.mul(c('momentum'), v0), g)
      return [B.mul(rate, v), [v]]
    }
  },
  rmsprop: {
    options: { decay: 0.9, epsilon: 1e-8 },
    slots: ['v'],
    squares: true,
    scalars: (o) => rests(o, ['decay']),
    step: (g, [v0], rate, c) => {
      const v = decayed('decay', v0, B.square(g), c)
      return [B.div(B.mul(rate, g), B.add(B.sqrt(v), c('epsilon'))), [v]]
    }
  }
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

interface Rate {
  /** A number, or a schedule: `cosine`, `exponential`, `warmUp`. */
  readonly learningRate?: number | Schedule
}

const make = (rule: RuleName, rate: number) => (o: Rate & Readonly<Record<string, number | Schedule | undefined>> = {}): Optimizer => {
  // What is no record is kept for `checkOptimizer`.
  if (typeof o !== 'object' || o === null || Array.isArray(o)) return { _tag: 'Optimizer', rule, learningRate: constant(rate), options: o as unknown as Optimizer['options'] }
  const { learningRate = rate, ...rest } = o
  return {
    _tag: 'Optimizer',
    rule,
    learningRate: typeof learningRate === 'number' ? constant(learningRate) : learningRate,
    options: { ...rules[rule].options, ...(rest as Readonly<Record<string, number>>) }
  }
}

/** Options of Adam and Adamax. */
export interface AdamOptions extends Rate {
  readonly beta1?: number
  readonly beta2?: number
  readonly epsilon?: number
}

/**
 * Adam (Kingma and Ba 2015) in its short form: with t from 1,
 * theta -= rate sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(v) + epsilon). The rate is 1e-3 when absent.
 *
 * @example
 * Optimizer.adam({ learningRate: 1e-3 })
 */
export const adam = (o: AdamOptions = {}): Optimizer => make('adam', 1e-3)(o as never)

/** Adamax (Kingma and Ba 2015, section 7.1): the largest gradient in place of the root mean square. The rate is 2e-3 when absent. */
export const adamax = (o: AdamOptions = {}): Optimizer => make('adamax', 2e-3)(o as never)

/** Gradient descent: theta -= rate g. The rate is 1e-2 when absent. */
export const sgd = (o: Rate = {}): Optimizer => make('sgd', 1e-2)(o as never)

/** Heavy ball: v = momentum v + g, theta -= rate v. The rate is 1e-2 when absent. */
export const momentum = (o: Rate & { readonly momentum?: number } = {}): Optimizer => make('momentum', 1e-2)(o as never)

/** RMSprop: v = decay v + (1 - decay) g^2, theta -= rate g / (sqrt(v) + epsilon). The rate is 1e-3 when absent. */
export const rmsprop = (o: Rate & { readonly decay?: number; readonly epsilon?: number } = {}): Optimizer => make('rmsprop', 1e-3)(o as never)

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------


/** Right for an optimiser whose numbers make sense. */
export const checkOptimizer = (o: Optimizer): Either<GelatoErrors, Optimizer> =>
  pipe(
    knownOptions(['optimizer', o.rule], ['learningRate', ...Object.keys(rules[o.rule].options)])(o.options),
    E.chain(() => checkSchedule(o.learningRate, ['optimizer', 'learningRate'])),
    E.chain(() => {
      const bad = Object.entries(o.options).find(([, v]) => !(Number.isFinite(v) && v >= 0))
      const decay = ['beta1', 'beta2', 'momentum', 'decay'].find((k) => o.options[k] !== undefined && o.options[k] >= 1)
      return bad !== undefined
        ? fail('BadOption', ['optimizer', bad[0]], shown(bad[1]), 'a number, not negative', `leave ${bad[0]} out for its default`)
        : decay !== undefined
          ? fail('BadOption', ['optimizer', decay], String(o.options[decay]), 'a number below 1', 'take one such as 0.9')
          : E.right(o)
    })
  )

/** Names of what an optimiser keeps for each parameter. */
export const slotsOf = (o: Optimizer): readonly string[] => rules[o.rule].slots

/** Does an optimiser keep squares of gradients? What is finite may have a square that isn't. */
export const keepsSquares = (o: Optimizer): boolean => rules[o.rule].squares === true

/** The numbers that its graph reads, by name. */
export const scalarsOf = (o: Optimizer): Readonly<Record<string, number>> => ({
  ...scheduleScalars(o.learningRate), ...o.options, ...(rules[o.rule].scalars?.(o.options) ?? {})
})

/**
 * One step from `step` (counted from 0, f32): a function from a parameter's gradient and
 * slots to what to subtract and the next slots.
 */
export const stepOf = (o: Optimizer, step: Tensor, c: (name: string) => Tensor): ((g: Tensor, slots: readonly Tensor[]) => readonly [Tensor, readonly Tensor[]]) => {
  const rule = rules[o.rule]
  const rate = rateAt(o.learningRate, step, c)
  const a = rule.prepare?.(rate, B.add(step, 1), c) ?? rate
  return (g, slots) => rule.step(g, slots, a, c)
}
