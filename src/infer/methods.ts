/**
 * The methods of this release: mean-field variational inference and the posterior
 * mode, both one phase of descent over a family's parameters.
 *
 * @since 0.1.0
 */
import { E, NEA, TE, pipe } from '../fp.ts'
import { fail, knownOptions } from '../error.ts'
import type { GelatoErrors } from '../error.ts'
import type { HostArrays } from '../run/session.ts'
import type { Either } from '../fp.ts'
import { delta, meanField as meanFieldFamily } from './family.ts'
import type { Family } from './family.ts'
import { descend, optScalars, slotsAtZero } from './gradient.ts'
import type { Method, Plan, PlanOptions, Tensors } from './method.ts'
import { average, elboDraw, mapDraw } from './objective.ts'
import type { Draw } from './objective.ts'
import { checkOptimizer } from './optimizer.ts'
import { startOf } from './start.ts'
import type { Target } from './target.ts'

const has = (names: readonly string[], arrays: HostArrays): boolean => names.every((n) => arrays[n] !== undefined)

/** One phase that descends an objective over a family's parameters. */
const descent = (
  t: Target, family: Family, o: PlanOptions, samples: number, draw: (p: Tensors, values: Tensors) => Draw
): Either<GelatoErrors, Plan> =>
  pipe(
    checkOptimizer(o.optimizer),
    E.chain(() => startOf(t.sites, { seed: o.seed, start: o.start })),
    E.map((start) => {
      const scalars = optScalars(o.optimizer, o.clip)
      const fresh: HostArrays = Object.fromEntries(Object.entries(family.init(t.layout, start)).map(([k, data]) => [k, { shape: [t.dim], data }]))
      const state = { ...fresh, ...slotsAtZero(o.optimizer, fresh) }
      return {
        phases: NEA.of({
          name: 'descent',
          rows: 'minibatch' as const,
          inputs: { opt: scalars.input },
          init: (prev) => TE.right(has(Object.keys(state), prev) ? Object.fromEntries(Object.keys(state).map((k) => [k, prev[k]])) : state),
          step: (s, { step, key, batch }) => {
            const objective = average(draw(Object.fromEntries(family.params.map((p) => [p, s[p]])), batch), samples, key)
            return { ...descend(objective.loss, family.params, s, step, o.optimizer, o.clip, scalars), record: { ...objective } }
          },
          until: { _tag: 'Steps' as const, steps: o.steps }
        }),
        posterior: (s) => ({ _tag: 'Family' as const, family: family.name, params: Object.fromEntries(family.params.map((p) => [p, s[p]])) })
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
    descent(t, meanFieldFamily, o, o.samples, (p, values) => elboDraw(t, meanFieldFamily, p, values, { kl: o.kl, pathDerivative: o.pathDerivative }))
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
        : fail('BadOption', ['method', 'map', 'space'], String(space), "'constrained' or 'unconstrained'", "leave it out for the mode in the sites' own units")),
      E.chain(() => descent(t, delta, o, 1, (p, values) => mapDraw(t, p, values, space)))
    )
  }
})
