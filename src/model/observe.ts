/**
 * From network to model: `observe` puts a likelihood on a network's output; several can
 * be put one after another. `potential` adds a term that belongs to no row.
 *
 * @since 0.1.0
 */
import { E } from '../fp.ts'
import type { Either } from '../fp.ts'
import { fail, gelatoError, nearest } from '../error.ts'
import type { GelatoError, GelatoErrors } from '../error.ts'
import * as Dist from '../dist/index.ts'
import { guarded } from '../layer/activation.ts'
import { duplicates, elaborate } from '../layer/elaborate.ts'
import type { Elaborated } from '../layer/elaborate.ts'
import type { Network } from '../layer/network.ts'
import { count, naming, optional, orElse, read, text } from '../layer/option.ts'
import type { ParamValue } from '../layer/param.ts'
import type { Resolver } from '../layer/resolve.ts'
import { resolver } from '../layer/resolve.ts'
import type { Site } from '../spec/site.ts'
import * as B from '../tensor/build.ts'
import * as Ext from '../tensor/extent.ts'
import type { Tensor } from '../tensor/node.ts'
import { errorsOf, failed, shapeOf } from '../tensor/node.ts'
import type { Likelihood } from './likelihood.ts'
import { isLikelihood } from './likelihood.ts'
import type { LikelihoodTerm, Model } from './model.ts'
import { isModel } from './model.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Options of `observe`. */
export interface ObserveOptions {
  /** The name under which the observations are given: `y` when absent. */
  readonly name?: string
  /** How many rows there are in all; the data set tells it when absent. */
  readonly totalSize?: number
  /** The layer whose output is observed; the last one when absent. */
  readonly layer?: string
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

const fromElaborated = (e: Elaborated): Model => ({
  _tag: 'Model', inputs: e.inputs, observed: {}, prediction: e.prediction, outputs: e.outputs, sites: e.sites, params: e.params, states: e.states,
  likelihoods: [], potentials: [], deterministics: e.deterministics, layers: e.layers, problems: e.problems, notes: [], table: e.table
})

/** A network (or a model) as a model without further observations. */
export const of = (network: Network | Model): Model => (isModel(network) ? network : fromElaborated(elaborate(network)))

/** Rows of an elementwise log density: all axes but the first summed. */
export const byRow = (l: Tensor): Tensor => {
  if (errorsOf(l) !== undefined) return l
  const rank = shapeOf(l).length
  return rank <= 1 ? l : B.sum(l, Array.from({ length: rank - 1 }, (_, i) => i + 1))
}

/** Values of a likelihood's arguments, priors among them resolved under the observation's name. */
const argumentsOf = (args: Readonly<Record<string, ParamValue>>, name: string, resolve: Resolver): Either<GelatoErrors, Readonly<Record<string, Tensor>>> => {
  const out: Record<string, Tensor> = {}
  const errors: GelatoError[] = []
  for (const [k, v] of Object.entries(args)) {
    const r: Either<GelatoErrors, Tensor> =
      v._tag === 'Fixed' ? (E.isRight(v.tensor().type) ? E.right(v.tensor()) : E.left(errorsOf(v.tensor()) as GelatoErrors))
      : v._tag === 'Prior' ? E.map((x: { readonly value: Tensor }) => x.value)(resolve.parameter(v.spec(), { name: `${name}.${k}`, role: 'scale', shapes: [] }))
      : v._tag === 'Broken' ? E.left(v.errors())
      : fail('MissingOption', [k], 'nothing', `a value for ${k}`, `give { ${k}: ... }`)
    if (E.isLeft(r)) errors.push(...r.left.map((e) => ({ ...e, path: [name, ...e.path] })))
    else out[k] = r.right
  }
  return errors.length > 0 ? E.left(errors as unknown as GelatoErrors) : E.right(out)
}

/** What a likelihood adds to a model. */
export interface Added {
  readonly term: LikelihoodTerm
  readonly notes: readonly GelatoError[]
  readonly problems: readonly GelatoError[]
}

const unusable = (name: string, kind: string, output: Tensor, errors: GelatoErrors, told: boolean): Added => ({
  term: { name, kind, output, observed: undefined, dist: undefined, logLik: failed(errors), totalSize: undefined }, notes: [], problems: told ? [] : errors
})

/** A likelihood at an output, under a name. */
export const attachLikelihood = (
  likelihood: Likelihood, output: Tensor, name: string, totalSize: number | undefined, inputs: Readonly<Record<string, Tensor>>, resolve: Resolver
): Added => {
  if (likelihood.problems.length > 0) return unusable(name, likelihood.kind, output, likelihood.problems as unknown as GelatoErrors, false)
  const below = errorsOf(output)
  if (below !== undefined) return unusable(name, likelihood.kind, output, below, true)
  const args = argumentsOf(likelihood.args, name, resolve)
  if (E.isLeft(args)) return unusable(name, likelihood.kind, output, args.left, false)
  const made = likelihood.rule(output, args.right, inputs)
  if (E.isLeft(made)) return unusable(name, likelihood.kind, output, made.left.map((e) => ({ ...e, path: [name, ...e.path] })) as unknown as GelatoErrors, false)
  const o = made.right
  if (o._tag === 'Rows')
    return { term: { name, kind: likelihood.kind, output, observed: undefined, dist: undefined, logLik: byRow(o.logLik), totalSize }, notes: [], problems: [] }
  const observed = B.leaf('input', name, o.shape, o.dtype)
  const logLik = byRow(Dist.logDensity(o.dist)(observed))
  const errors = errorsOf(logLik)
  return errors !== undefined
    ? unusable(name, likelihood.kind, output, errors, false)
    : {
        term: { name, kind: likelihood.kind, output, observed, dist: o.dist, logLik, totalSize },
        notes: o.notes.map((n) => gelatoError('CheckLikelihood', [name], `Likelihood.${likelihood.kind}`, n, 'change the activation of the last layer or the option of the likelihood')),
        problems: []
      }
}

const withProblems = (model: Model, problems: readonly GelatoError[]): Model => ({ ...model, problems: [...new Set([...model.problems, ...problems])] })

/**
 * Puts a likelihood on a network's output: the model.
 *
 * @example
 * const bnn = pipe(network, Model.observe(Likelihood.categorical(), { name: 'y' }))
 */
export const observe =
  (likelihood: Likelihood, options: ObserveOptions = {}) =>
  (network: Network | Model): Model => {
    const model = of(network)
    if (!isLikelihood(likelihood))
      return withProblems(model, [gelatoError('BadOption', ['observe'], text(likelihood), 'a likelihood', 'such as Likelihood.categorical()')])
    const { value, problems } = read<{ readonly name: string; readonly totalSize: number | undefined; readonly layer: string | undefined }>(options, {
      name: orElse(naming, 'y'), totalSize: optional(count(1)), layer: optional((x) => E.right(String(x)))
    })
    if (value === undefined) return withProblems(model, problems.map((e) => ({ ...e, path: ['observe', ...e.path] })))
    const { name, totalSize, layer } = value
    if (layer !== undefined && !Object.hasOwn(model.outputs, layer))
      return withProblems(model, [gelatoError('UnknownLayer', ['observe', 'layer'], `'${layer}'`, `one of ${Object.keys(model.outputs).join(', ')}`, `did you mean '${nearest(layer, Object.keys(model.outputs)) ?? ''}'?`)])
    const resolve = resolver(model.table)
    const { term, notes, problems: found } = attachLikelihood(likelihood, layer === undefined ? model.prediction : model.outputs[layer], name, totalSize, model.inputs, resolve)
    const added = resolve.result()
    const twice = duplicates('inputs or observations', [...Object.keys(model.inputs).map((k) => [k, 'input'] as const), ...model.likelihoods.map((l) => [l.name, 'observation'] as const), [name, 'observation'] as const], 'give the observation another name')
    const sites: readonly Site[] = [...model.sites, ...added.sites]
    return {
      ...withProblems(model, [...found, ...twice]),
      observed: term.observed === undefined ? model.observed : { ...model.observed, [name]: term.observed },
      likelihoods: [...model.likelihoods, term],
      sites,
      deterministics: [...model.deterministics, ...added.deterministics],
      notes: [...model.notes, ...notes],
      table: added.table
    }
  }

/**
 * Adds a term to the log joint that belongs to no row and is never scaled: a scalar in
 * nats, made from the model's leaves.
 *
 * @example
 * pipe(bnn, Model.potential((m) => Tensor.mul(-0.01)(Tensor.sum()(Tensor.square(m.sites[0].leaf)))))
 */
export const potential =
  (f: (model: Model) => Tensor) =>
  (network: Network | Model): Model => {
    const model = of(network)
    const term = guarded('Model.potential', () => f(model))
    const errors = errorsOf(term)
    if (errors !== undefined) return withProblems(model, errors)
    return shapeOf(term).length === 0
      ? { ...model, potentials: [...model.potentials, B.float(term)] }
      : withProblems(model, [gelatoError('ShapeMismatch', ['Model.potential'], Ext.showShape(shapeOf(term)), 'one number', 'sum over all axes; for one number a row use Likelihood.potential')])
  }
