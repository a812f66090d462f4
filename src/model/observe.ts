/**
 * From network to model: `observe` puts a likelihood on a network's output; several can
 * be put one after another. `potential` adds a term that belongs to no row,
 * `deterministic` names a value to look at.
 *
 * @since 0.1.0
 */
import { E } from '../fp.ts'
import { didYouMean, gelatoError } from '../error.ts'
import type { GelatoError } from '../error.ts'
import { guarded } from '../layer/activation.ts'
import { duplicates, elaborate } from '../layer/elaborate.ts'
import type { Elaborated } from '../layer/elaborate.ts'
import type { Network } from '../layer/network.ts'
import { naming, optional, orElse, read, text } from '../layer/option.ts'
import { resolver } from '../layer/resolve.ts'
import type { Site } from '../spec/site.ts'
import * as B from '../tensor/build.ts'
import { handed } from '../tensor/handed.ts'
import * as Ext from '../tensor/extent.ts'
import { leafName } from '../tensor/ops/leaves.ts'
import { leavesOf } from '../tensor/replace.ts'
import type { Tensor } from '../tensor/node.ts'
import { errorsOf, shapeOf } from '../tensor/node.ts'
import { attachLikelihood, countedAs, maskProblems, masksOf, rowReaders } from './attach.ts'
import type { Rows } from './attach.ts'
import type { RowOptions } from './likelihood/custom.ts'
import type { Likelihood } from './likelihood/likelihood.ts'
import { isLikelihood } from './likelihood/likelihood.ts'
import type { Model } from './model.ts'
import { isModel } from './model.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Options of `observe`. */
export interface ObserveOptions extends RowOptions {
  /** The name under which the observations are given: `y` when absent. */
  readonly name?: string
  /** The layer whose output is observed; the last one when absent. */
  readonly layer?: string
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

const fromElaborated = (e: Elaborated): Model => ({
  _tag: 'Model', inputs: e.inputs, observed: {}, prediction: e.prediction, outputs: e.outputs, sites: e.sites, params: e.params, states: e.states,
  likelihoods: [], potentials: [], deterministics: e.deterministics, layers: e.layers, problems: e.problems, notes: e.notes, table: e.table
})

/** A network (or a model) as a model without further observations. */
export const of = (network: Network | Model): Model => (isModel(network) ? network : fromElaborated(elaborate(network)))

const withProblems = (model: Model, problems: readonly GelatoError[]): Model => ({ ...model, problems: [...new Set([...model.problems, ...problems])] })

interface Options extends Rows {
  readonly name: string
  readonly layer: string | undefined
}

/**
 * Puts a likelihood on a network's output: the model. Several observations, of outputs of
 * several layers, are added one after another.
 *
 * @example
 * const bnn = pipe(network, Model.observe(Likelihood.categorical(), { name: 'y' }))
 * // two heads of one network, the second with gaps in its data
 * const trunk = pipe(Layer.input([null, 4], { name: 'x' }), Layer.dense({ units: 16, activation: 'tanh' }))
 * const both = pipe(
 *   trunk,
 *   Layer.parallel([Layer.dense({ units: 3, activation: 'softmax', name: 'kind' }), Layer.dense({ units: 1, name: 'size' })]),
 *   Layer.outputs(),
 *   Model.observe(Likelihood.categorical(), { name: 'kind_y', layer: 'kind' }),
 *   Model.observe(Likelihood.normal({ sd: Spec.halfNormal() }), { name: 'size_y', layer: 'size', weight: 0.5, missing: true })
 * )
 */
export const observe =
  (likelihood: Likelihood, options: ObserveOptions = {}) =>
  (network: Network | Model): Model => {
    const model = of(network)
    if (!isLikelihood(likelihood))
      return withProblems(model, [gelatoError('BadOption', ['observe'], text(likelihood), 'a likelihood', 'such as Likelihood.categorical()')])
    const { value, problems } = read<Options>(options, {
      name: orElse(naming, 'y'), layer: optional((x) => E.right(String(x))), ...rowReaders
    })
    if (value === undefined) return withProblems(model, problems.map((e) => ({ ...e, path: ['observe', ...e.path] })))
    const { name, layer } = value
    if (layer !== undefined && !Object.hasOwn(model.outputs, layer))
      return withProblems(model, [gelatoError('UnknownLayer', ['observe', 'layer'], `'${layer}'`, `one of ${Object.keys(model.outputs).join(', ')}`, didYouMean(layer, Object.keys(model.outputs)))])
    const resolve = resolver(model.table)
    const counted = countedAs(name, value), { mask } = counted
    const { term, notes, problems: found } = attachLikelihood(likelihood, layer === undefined ? model.prediction : model.outputs[layer], {
      ...counted, resolve, inputs: model.inputs, outputs: model.outputs
    })
    const added = resolve.result()
    // Two observations may share a mask.
    const masks = new Set([...Object.keys(masksOf(model)), ...(mask === undefined ? [] : [mask])])
    const fields = [...Object.keys(model.inputs).map((k) => [k, 'input'] as const), ...[...model.likelihoods.map((l) => l.name), name].map((k) => [k, 'observation'] as const), ...[...masks].map((k) => [k, 'mask'] as const)]
    const twice = duplicates('inputs or observations', fields, 'give the observation another name')
    const sites: readonly Site[] = [...model.sites, ...added.sites]
    return {
      ...withProblems(model, [...found, ...twice, ...maskProblems(model, term)]),
      observed: term.observed === undefined ? model.observed : { ...model.observed, [name]: term.observed },
      likelihoods: [...model.likelihoods, term],
      sites,
      params: { ...model.params, ...added.points },
      deterministics: [...model.deterministics, ...added.deterministics],
      notes: [...model.notes, ...notes],
      table: added.table
    }
  }

/** A model for a user's function, with errors for names that it lacks. */
const toHand = (call: string, m: Model): Model =>
  ({ ...m, inputs: handed([call], 'input', m.inputs), observed: handed([call], 'observation', m.observed), outputs: handed([call], 'layer', m.outputs) })

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
    const term = guarded('Model.potential', () => f(toHand('Model.potential', model)))
    const errors = errorsOf(term)
    if (errors !== undefined) return withProblems(model, errors)
    const rows = leavesOf([term]).filter((l) => l.op === 'input').map((l) => `'${leafName(l) ?? ''}'`)
    if (rows.length > 0 && shapeOf(term).length === 0)
      return withProblems(model, [gelatoError('BadFunction', ['Model.potential'], `a scalar that reads the data ${rows.join(', ')}`, 'a term of the whole model, which no row belongs to', 'for one number a row use Model.observe(Likelihood.potential(...))')])
    return shapeOf(term).length === 0
      ? { ...model, potentials: [...model.potentials, B.float(term)] }
      : withProblems(model, [gelatoError('ShapeMismatch', ['Model.potential'], Ext.showShape(shapeOf(term)), 'one number', 'sum over all axes; for one number a row use Likelihood.potential')])
  }

/**
 * Names a value that is made from the model's leaves, to be looked at beside the latent
 * variables: in draws from the prior, and by `Model.find` in draws from a posterior. It
 * changes nothing of what is inferred.
 *
 * @example
 * const m = pipe(bnn, Model.deterministic('size', (m) => Tensor.sum()(Tensor.square(m.sites[0].leaf))))
 * const sizes = pipe(m, Model.find('size'), O.map((size) => approx.sampleNode(size, { size: 10 })))
 */
export const deterministic =
  (name: string, f: (model: Model) => Tensor) =>
  (network: Network | Model): Model => {
    const model = of(network)
    const named = naming(name, ['Model.deterministic', 'name'])
    if (E.isLeft(named)) return withProblems(model, named.left)
    const taken = [...model.sites.map((s) => s.name), ...model.deterministics.map(([k]) => k), ...[model.params, model.states, model.outputs, model.inputs, model.observed].flatMap(Object.keys)]
    if (taken.includes(name)) return withProblems(model, [gelatoError('DuplicateName', ['Model.deterministic', name], `a second value named '${name}'`, 'a name of its own', 'give it another name')])
    const value = guarded(`Model.deterministic '${name}'`, () => f(toHand('Model.deterministic', model)))
    const errors = errorsOf(value)
    return errors === undefined ? { ...model, deterministics: [...model.deterministics, [name, value]] } : withProblems(model, errors)
  }
