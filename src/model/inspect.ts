/**
 * Looking at a model: what is wrong with it, what it is made of, by name and by layer.
 *
 * Laws: `parameterCount` is the sum over sites and point estimates of their sizes, and
 * `parameterCounts` says whose they are.
 *
 * @since 0.1.0
 */
import { E, O } from '../fp.ts'
import type { Either, Option } from '../fp.ts'
import { gelatoError } from '../error.ts'
import type { GelatoError, GelatoErrors } from '../error.ts'
import * as Dist from '../dist/index.ts'
import type { Network } from '../layer/network.ts'
import { severalScopes } from '../spec/table.ts'
import type { Point, Site } from '../spec/site.ts'
import type { Shape } from '../tensor/extent.ts'
import type { Tensor } from '../tensor/node.ts'
import type { Model } from './model.ts'
import { of } from './observe.ts'

// -----------------------------------------------------------------------------
// check
// -----------------------------------------------------------------------------

/**
 * The model, or everything that is wrong with it: shapes that don't fit, options,
 * priors, names that are taken twice. A network is checked as it is.
 */
export const check = (model: Model | Network): Either<GelatoErrors, Model> => {
  const m = of(model)
  return m.problems.length > 0 ? E.left(m.problems as unknown as GelatoErrors) : E.right(m)
}

/** What a user should know of a model that can be used: improper priors, one spec used as several variables, doubtful likelihoods, edits of the network that change nothing. */
export const notes = (model: Model): readonly GelatoError[] => {
  const improper = model.sites.filter((s) => !Dist.isProper(s.dist)).map((s) =>
    gelatoError('ImproperPrior', [s.name], `${s.dist.family}, which has no integral`, 'a proper prior', 'the ELBO is known up to a constant and there are no draws from the prior; use Spec.normal({ sd: 10 }) or the like'))
  const several = (model.table === undefined ? [] : severalScopes(model.table)).map((names) =>
    gelatoError('SeveralVariables', [names[0]], `one spec for ${names.length} separate variables: ${names.join(', ')}`, 'nothing, if that is meant', "use Spec.shared('name', spec) for one variable in all places"))
  const all = [...model.notes, ...improper, ...several]
  const seen = new Set<string>()
  return all.filter((n) => {
    const k = `${n._tag} ${n.path.join(' ')} ${n.got}`
    return !seen.has(k) && seen.add(k)
  })
}

// -----------------------------------------------------------------------------
// parts
// -----------------------------------------------------------------------------

/** The latent variables, parents first. */
export const sites = (model: Model | Network): readonly Site[] => of(model).sites

/** The latent variables of one layer, hyper-priors included. */
export const sitesOf =
  (layer: string) =>
  (model: Model | Network): readonly Site[] =>
    of(model).sites.filter((s) => s.layer === layer)

/** Number of elements of something that has a shape. */
export const sizeOf = (s: { readonly shape: readonly number[] }): number => s.shape.reduce((a, b) => a * b, 1)

/** What is inferred: latent variables, and point estimates that don't stay where they start. */
const inferred = (m: Model): readonly (Site | Point)[] => [...m.sites, ...Object.values(m.params).filter((p) => !p.frozen)]

/** How many numbers are inferred: latent ones and point estimates. Fixed arrays and frozen numbers don't count. */
export const parameterCount = (model: Model | Network): number => inferred(of(model)).reduce((n, s) => n + sizeOf(s), 0)

/**
 * How many numbers are inferred by whose they are: a layer (0 where it has none), or, for
 * what belongs to none, the variable itself. They sum to `parameterCount`.
 *
 * @example
 * const m = pipe(Layer.input([null, 3]), Layer.dense({ units: 2 }), Layer.dense({ units: 1 }), Model.observe(Likelihood.normal({ sd: Spec.halfNormal() })))
 * Model.parameterCounts(m)['dense_1']   // => 8
 * Model.parameterCounts(m)['y.sd']   // => 1
 */
export const parameterCounts = (model: Model | Network): Readonly<Record<string, number>> => {
  const m = of(model)
  const counts = new Map(m.layers.map((l) => [l.name, 0]))
  for (const s of inferred(m)) {
    const whose = s.layer ?? s.name
    counts.set(whose, (counts.get(whose) ?? 0) + sizeOf(s))
  }
  return Object.fromEntries(counts)
}

/**
 * Shapes of all layers' outputs by name; undefined where a layer doesn't fit.
 *
 * @example
 * const m = pipe(Layer.input([2, 3]), Layer.dense({ units: 4 }))
 * Model.shapes(m)['dense_1']   // => [2, 4]
 */
export const shapes = (model: Model | Network): Readonly<Record<string, Shape | undefined>> =>
  Object.fromEntries(of(model).layers.map((l) => [l.name, l.shape]))

/**
 * Outputs that no layer reads on, by the layers' names: one for a chain of layers, one a
 * branch for a network that ends in several.
 */
export const heads = (model: Model | Network): Readonly<Record<string, Tensor>> => {
  const m = of(model)
  const holders = m.layers.filter((l) => l.kind === 'outputs')
  const read = new Set([...m.layers.filter((l) => !holders.includes(l)).flatMap((l) => l.inputs), ...holders.map((l) => l.name)])
  return Object.fromEntries(Object.entries(m.outputs).filter(([name]) => !read.has(name)))
}

/** A tensor of the model by name: a site, a point estimate, a state, a named value, a layer's output, an input, an observation. */
export const find =
  (name: string) =>
  (model: Model): Option<Tensor> => {
    const own = <A>(r: Readonly<Record<string, A>>): A | undefined => (Object.hasOwn(r, name) ? r[name] : undefined)
    return O.fromNullable(
      model.sites.find((s) => s.name === name)?.leaf ?? own(model.params)?.leaf ?? own(model.states)?.leaf ??
      model.deterministics.find(([n]) => n === name)?.[1] ?? own(model.outputs) ?? own(model.inputs) ?? own(model.observed))
  }
