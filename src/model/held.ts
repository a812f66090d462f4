/**
 * Point estimates and states as numbers: where they start, and a model with values put
 * in their places, after which it is a model like any other.
 *
 * Laws: `putIn([])` is the identity; a model with all its params and states put in
 * holds no such leaf, so that whatever is made of it holds none either.
 *
 * @since 0.3.0
 */
import * as Dist from '../dist/index.ts'
import { fold, keyOf } from '../random/index.ts'
import { numbersOf } from '../spec/init.ts'
import type { Point } from '../spec/site.ts'
import { isTensor } from '../tensor/node.ts'
import type { Tensor } from '../tensor/node.ts'
import { replace } from '../tensor/replace.ts'
import type { Replacement } from '../tensor/replace.ts'
import type { LikelihoodTerm, Model } from './model.ts'
import { hashName } from './noise.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Host numbers of f32 in C order. */
export interface HeldArray {
  readonly shape: readonly number[]
  readonly data: Float32Array
}

/** Values of point estimates and states by name. */
export interface Held {
  readonly params: Readonly<Record<string, HeldArray>>
  readonly states: Readonly<Record<string, HeldArray>>
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** The word that starts fold into a seed's key. */
export const START = 1

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

/** Where a point estimate starts under a seed; it depends on the seed and its own name alone. */
export const pointStart = (p: Point, seed: number): Float64Array =>
  numbersOf(p.init, p.shape, fold(hashName(p.name))(fold(START)(keyOf(seed)))) ?? new Float64Array(sizeOf(p.shape))

/** First values of all states. */
export const stateStarts = (model: Model): Held['states'] =>
  Object.fromEntries(Object.entries(model.states).map(([k, s]) => [k, { shape: s.shape, data: typeof s.initial === 'number' ? new Float32Array(sizeOf(s.shape)).fill(s.initial) : s.initial }]))

/** First values of all point estimates and states under a seed. */
export const startsOf = (model: Model, seed: number): Held => ({
  params: Object.fromEntries(Object.entries(model.params).map(([k, p]) => [k, { shape: p.shape, data: Float32Array.from(pointStart(p, seed)) }])),
  states: stateStarts(model)
})

// -----------------------------------------------------------------------------
// combinators
// -----------------------------------------------------------------------------

/** What stands in the places of point estimates and states: `f` gives a value of a kind, a name and a shape. */
export const placings = (model: Model, f: (kind: 'param' | 'state', name: string, shape: readonly number[]) => Tensor): readonly Replacement[] => [
  ...Object.entries(model.params).map(([k, p]): Replacement => [p.leaf, f('param', k, p.shape)]),
  ...Object.entries(model.states).map(([k, s]): Replacement => [s.leaf, f('state', k, s.shape)])
]

/** The same model over other graphs: `f` maps all of them at once, so that what is shared stays shared. */
const mapGraphs = (f: (graphs: readonly Tensor[]) => readonly Tensor[]) => (m: Model): Model => {
  const graphs: Tensor[] = []
  // Twice the same walk: it gathers the graphs, then puts the mapped ones back.
  const walk = (put: (t: Tensor) => Tensor): Model => {
    const dist = (d: Dist.Dist): Dist.Dist => Dist.mapParams(put)(d)
    const named = <A>(r: Readonly<Record<string, A>>, g: (a: A) => A): Readonly<Record<string, A>> => Object.fromEntries(Object.entries(r).map(([k, v]) => [k, g(v)]))
    return {
      ...m,
      prediction: put(m.prediction),
      outputs: named(m.outputs, put),
      sites: m.sites.map((s) => ({ ...s, dist: dist(s.dist), bijector: Dist.Bijectors.mapTensors(put)(s.bijector) })),
      states: named(m.states, (s) => ({ ...s, next: put(s.next) })),
      likelihoods: m.likelihoods.map((l) => named(l as unknown as Readonly<Record<string, unknown>>, (v) => (isTensor(v) ? put(v) : Dist.isDist(v) ? dist(v) : v)) as unknown as LikelihoodTerm),
      potentials: m.potentials.map(put),
      deterministics: m.deterministics.map(([k, t]) => [k, put(t)] as const)
    }
  }
  walk((t) => { graphs.push(t); return t })
  const mapped = f(graphs).values()
  return walk(() => mapped.next().value as Tensor)
}

/** The model with nodes replaced in all its graphs. */
export const putIn = (pairs: readonly Replacement[]) => (model: Model): Model => (pairs.length === 0 ? model : mapGraphs(replace(pairs))(model))
