/**
 * The methods of this release: mean-field variational inference and the posterior
 * mode, both one phase of descent over a family's parameters.
 *
 * @since 0.1.0
 */
import { E, NEA, TE, pipe } from '../fp.ts'
import { fail, knownOptions, shown } from '../error.ts'
import type { GelatoErrors } from '../error.ts'
import type { HostArrays } from '../run/session.ts'
import type { Either } from '../fp.ts'
import * as B from '../tensor/build.ts'
import type { Tensor } from '../tensor/node.ts'
import { delta, meanField as meanFieldFamily } from './family.ts'
import type { Family } from './family.ts'
import { descend, gradients, optScalars, slotsAtZero } from './gradient.ts'
import { heldArrays, heldFrom, heldTarget, nextStates, pointParams } from './held.ts'
import type { Method, Plan, PlanOptions, Tensors } from './method.ts'
import { average, elboDraw, mapDraw } from './objective.ts'
import type { Draw } from './objective.ts'
import { checkOptimizer } from './optimizer.ts'
import { rowsApart } from './parts.ts'
import { startOf } from './start.ts'
import type { Target } from './target.ts'

export type { Method } from './method.ts'

const has = (names: readonly string[], arrays: HostArrays): boolean => names.every((n) => arrays[n] !== undefined)

const empty = (): Tensor => B.full([0], 0)

const slopeName = (i: number): string => `slope ${i}`
/** Gradients by name. */
const slopes = (gs: readonly Tensor[]): Tensors => Object.fromEntries(gs.map((g, i) => [slopeName(i), g]))

/** One phase that descends an objective over a family's parameters and the point estimates together. */
const descent = (
  t: Target, family: Family, o: PlanOptions, samples: number, draw: (t: Target, p: Tensors, values: Tensors) => Draw
): Either<GelatoErrors, Plan> =>
  pipe(
    checkOptimizer(o.optimizer),
    E.chain(() => startOf(t.sites, { seed: o.seed, start: o.start, points: Object.values(t.model.params) })),
    E.map((start) => {
      const scalars = optScalars(o.optimizer, o.clip)
      const held = heldArrays(t, start)
      const family0: HostArrays = Object.fromEntries(Object.entries(family.init(t.layout, start)).map(([k, data]) => [k, { shape: [t.dim], data }]))
      // A model without sites has a family of no elements, of which no array is kept.
      const groups = [t.dim > 0 ? family.params : [], pointParams(t)]
      const fresh: HostArrays = { ...(t.dim > 0 ? family0 : {}), ...held.points }
      const state: HostArrays = { ...fresh, ...slotsAtZero(o.optimizer, fresh), ...held.states }
      return {
        phases: NEA.of({
          name: 'descent',
          rows: 'minibatch' as const,
          inputs: { opt: scalars.input },
          init: (prev) => TE.right(has(Object.keys(state), prev) ? Object.fromEntries(Object.keys(state).map((k) => [k, prev[k]])) : state),
          parts: { draws: samples, rows: rowsApart(t.model) },
          step: (s, { step, key, over }) => {
            const p = Object.fromEntries(family.params.map((k) => [k, s[k] ?? empty()]))
            const at = heldTarget(t, s)
            const like = { loss: B.scalar(0), kl: B.scalar(0), logLik: B.scalar(0), ...slopes(groups.flat().map((k) => s[k])) }
            const { loss, kl, logLik, ...rest } = over(like, (part) => {
              const { objective, next } = average(draw(part.of(at), p, part.batch), part.draws, key, part.first)
              const shared = part.share(objective)
              return { ...shared, ...slopes(gradients(shared.loss, groups, s)), ...nextStates(next) }
            })
            const { state: then, bad } = descend(groups.flat().map((_, i) => rest[slopeName(i)]), groups, s, step, o.optimizer, o.clip, scalars)
            return { state: Object.fromEntries(Object.keys(then).map((k) => [k, rest[k] ?? then[k]])), bad, record: { loss, kl, logLik } }
          },
          until: { _tag: 'Steps' as const, steps: o.steps }
        }),
        posterior: (s) => ({ _tag: 'Family' as const, family: family.name, params: Object.fromEntries(family.params.map((p) => [p, s[p] ?? family0[p]])) }),
        held: heldFrom(t)
      }
    })
  )

/**
 * Mean-field variational inference: independent normals in unconstrained space
 * (automatic differentiation variational inference, Kucukelbir et al. 2017).
 *
 * @example
 * Method.meanField()
 */
export const meanField = (): Method => ({
  _tag: 'Method',
  name: 'meanField',
  version: 1,
  options: {},
  plan: (t, o) =>
    descent(t, meanFieldFamily, o, o.samples, (at, p, values) => elboDraw(at, meanFieldFamily, p, values, { kl: o.kl, pathDerivative: o.pathDerivative }))
})

/** Options of `map`. */
export interface MapOptions {
  readonly space?: 'constrained' | 'unconstrained'
}

/**
 * The posterior mode, in the sites' own units: the maximum of log p(y | x) + log p(x)
 * over x, found over unconstrained u without a Jacobian. With
 * `{ space: 'unconstrained' }` the density of u is maximised, Jacobian included.
 */
export const map = (options: MapOptions = {}): Method => ({
  _tag: 'Method',
  name: 'map',
  version: 1,
  options: { ...options },
  plan: (t, o) => {
    const space = options.space ?? 'constrained'
    return pipe(
      knownOptions(['method', 'map'], ['space'])(options),
      E.chain(() => space === 'constrained' || space === 'unconstrained'
        ? E.right(undefined)
        : fail('BadOption', ['method', 'map', 'space'], shown(space), "'constrained' or 'unconstrained'", "leave it out for the mode in the sites' own units")),
      E.chain(() => descent(t, delta, o, 1, (at, p, values) => mapDraw(at, p, values, space)))
    )
  }
})
