/**
 * What a model says of data: before any were seen (prior predictive) and after
 * (posterior predictive). Both are graphs over draws; `evaluate` gives their numbers.
 *
 * Laws: draw i of a name depends on (seed, name, i) alone, so it is the same in a
 * larger or a later batch of draws; all graphs of one record share each draw; no site
 * is left.
 *
 * @since 0.2.0
 */
import { E } from '../fp.ts'
import { gelatoError, knownOptions, merge } from '../error.ts'
import type { GelatoError, GelatoErrors } from '../error.ts'
import * as Dist from '../dist/index.ts'
import * as B from '../tensor/build.ts'
import type { Tensor } from '../tensor/node.ts'
import { failed, isTensor } from '../tensor/node.ts'
import { replace } from '../tensor/replace.ts'
import type { Replacement } from '../tensor/replace.ts'
import { placings, putIn, startsOf } from './held.ts'
import type { Model } from './model.ts'
import type { DrawOptions } from './noise.ts'
import { alongDraws, closing, drawKey, extentOf, observations, seedKey } from './noise.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Graphs of draws by name. */
export interface PriorPredictive {
  /** Latent variables in their own units, and named values between. */
  readonly sites: Readonly<Record<string, Tensor>>
  /** Observations, one draw of the likelihood for each row. */
  readonly observed: Readonly<Record<string, Tensor>>
  readonly prediction: Tensor
}

/** What draws come from: an approximation. */
export interface Sampler {
  readonly sampleNode: (nodes: readonly Tensor[], o: DrawOptions) => readonly Tensor[]
}

// -----------------------------------------------------------------------------
// checks
// -----------------------------------------------------------------------------

const optionProblems = (path: string, o: DrawOptions): readonly GelatoError[] => {
  const known = knownOptions([path], ['size', 'seed', 'firstSample'])(o)
  if (E.isLeft(known)) return known.left
  const whole = (k: 'seed' | 'firstSample'): readonly GelatoError[] => {
    const v = o[k]
    return v === undefined || isTensor(v) || (Number.isSafeInteger(v) && v >= 0) ? []
      : [gelatoError('BadOption', [path, k], String(v), 'a whole number from 0, or a scalar tensor', `give { ${k}: 0 }, say`)]
  }
  const size = o.size === undefined || extentOf(o.size) !== undefined ? []
    : [gelatoError('BadOption', [path, 'size'], isTensor(o.size) ? 'a tensor' : String(o.size), 'a whole number from 1, or an extent', 'for a size that is given at each call use Tensor.extent of an input')]
  return [...size, ...whole('seed'), ...whole('firstSample')]
}

const improper = (model: Model): readonly GelatoError[] =>
  model.sites.filter((s) => !Dist.isProper(s.dist)).map((s) =>
    gelatoError('ImproperPrior', ['priorPredictive', s.name], `a prior ${s.dist.family}, which has no draws`, 'a proper prior', `give '${s.name}' a proper prior such as Spec.normal({ sd: 10 })`))

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/** One draw of graphs under the prior; `held` is what stands for point estimates and states. */
const priorDraw = (model: Model, held: readonly Replacement[], seed: Tensor, i: Tensor) => (nodes: readonly Tensor[]): readonly Tensor[] => {
  const key = (name: string): Tensor => drawKey(seed, name, i)
  const observed = replace(observations(model, (n) => key(`${n}.observed`), false)(nodes))(nodes)
  const pairs: Replacement[] = []
  for (const s of model.sites) {
    const names = Object.keys(s.dist.params)
    const params = replace(pairs)(names.map((n) => s.dist.params[n]))
    const dist: Dist.Dist = { ...s.dist, params: Object.fromEntries(names.map((n, k) => [n, params[k]])) }
    pairs.push([s.leaf, Dist.sample(dist)(key(s.name), s.shape)])
  }
  return replace(closing(observed, { sites: pairs, data: held, phase: 0, key: key('model.noise') }))(observed)
}

/**
 * Draws from the prior and of the observations that it predicts: graphs over the model's
 * inputs alone. With `size` each has a new first axis. Point estimates, which have no
 * prior, and states are where they start under the seed.
 *
 * Errors (carried by the graphs): `ImproperPrior` where a prior has no draws,
 * `BadOption`, and the model's own.
 *
 * @example
 * const m = Model.joint({ mu: Spec.normal({ sd: 10 }) }, ({ mu }) => ({ y: Dist.normal({ mu: Tensor.broadcastTo([3])(mu) }) }))
 * const { sites, observed } = Model.priorPredictive(m, { size: 5, seed: 1 })
 * Tensor.shape(sites['mu'])   // => [5]
 * Tensor.shape(observed['y'])   // => [5, 3]
 */
export const priorPredictive = (model: Model, options: DrawOptions = {}): PriorPredictive => {
  const sites = [...model.sites.map((s) => [s.name, s.leaf] as const), ...model.deterministics]
  const seen = Object.entries(model.observed)
  const problems = [...optionProblems('priorPredictive', options), ...improper(model), ...model.problems]
  const nodes = [...sites.map(([, t]) => t), ...seen.map(([, t]) => t), model.prediction]
  const seed = options.seed ?? 0
  const draws = (): readonly Tensor[] => {
    const { params, states } = startsOf(model, isTensor(seed) ? 0 : seed)
    const held = placings(model, (kind, name) => { const a = (kind === 'param' ? params : states)[name]; return B.array(a.data, a.shape) })
    const closed = putIn(held)(model)
    return alongDraws(options, (i) => priorDraw(closed, held, seedKey(seed), i)(nodes))
  }
  const made = problems.length > 0 ? nodes.map(() => failed(problems as unknown as GelatoErrors)) : draws()
  return {
    sites: Object.fromEntries(sites.map(([n], k) => [n, made[k]])),
    observed: Object.fromEntries(seen.map(([n], k) => [n, made[sites.length + k]])),
    prediction: made[made.length - 1]
  }
}

/**
 * Draws of the observations under an approximation, by name: what new data at the same
 * inputs would look like. Graphs over the model's inputs; the last argument is an
 * approximation.
 *
 * @example
 * const replicated = pipe(approx, Model.posteriorPredictive(bnn, { size: 100, seed: 1 }))
 */
export const posteriorPredictive =
  (model: Model, options: DrawOptions = {}) =>
  (approx: Sampler): Readonly<Record<string, Tensor>> => {
    const seen = Object.entries(model.observed)
    const problems = optionProblems('posteriorPredictive', options)
    const e = problems.length > 0 ? merge(problems as unknown as GelatoErrors) : undefined
    const made = e === undefined ? approx.sampleNode(seen.map(([, t]) => t), options) : seen.map(() => B.misfit(e._tag, e.path, e.got, e.need, e.hint))
    return Object.fromEntries(seen.map(([n], k) => [n, made[k]]))
  }
