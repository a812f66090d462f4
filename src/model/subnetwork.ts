/**
 * The part of a model that a layer depends on: its layers, inputs and variables. A layer
 * is a model this way (the model up to it), and every layer's variables are those of one
 * model, however many inputs and branches there are.
 *
 * Law: the variables of the model up to a layer are those that its output depends on,
 * hyper-priors included.
 *
 * @since 0.3.0
 */
import { didYouMean, gelatoError } from '../error.ts'
import * as Dist from '../dist/index.ts'
import type { Network } from '../layer/network.ts'
import { emptyTable, restricted } from '../spec/table.ts'
import type { Tensor } from '../tensor/node.ts'
import { leafName } from '../tensor/ops/leaves.ts'
import { leavesOf } from '../tensor/replace.ts'
import type { Model } from './model.ts'
import { masksOf } from './attach.ts'
import { of } from './observe.ts'

const namesIn = (ts: readonly Tensor[]): readonly string[] => leavesOf(ts).flatMap((t) => leafName(t) ?? [])

/** Names of leaves that graphs depend on, those of the priors' parameters included. */
const reached = (m: Model, graphs: readonly Tensor[]): ReadonlySet<string> => {
  const seen = new Set<string>()
  const visit = (ts: readonly Tensor[]): void => {
    for (const n of namesIn(ts)) {
      if (seen.has(n)) continue
      seen.add(n)
      const site = m.sites.find((s) => s.name === n)
      if (site !== undefined) visit([...Object.values(site.dist.params), ...Dist.Bijectors.tensorsOf(site.bijector)])
    }
  }
  visit(graphs)
  return seen
}

const layersBelow = (m: Model, layer: string): ReadonlySet<string> => {
  const seen = new Set<string>()
  const visit = (name: string): void => {
    if (seen.has(name)) return
    seen.add(name)
    m.layers.find((l) => l.name === name)?.inputs.forEach(visit)
  }
  visit(layer)
  return seen
}

const kept = <A>(r: Readonly<Record<string, A>>, has: (name: string) => boolean): Readonly<Record<string, A>> => Object.fromEntries(Object.entries(r).filter(([k]) => has(k)))

/**
 * The model up to a layer: its prediction is the layer's output, and it has the layers,
 * inputs, variables, observations and potentials that need nothing else.
 *
 * @example
 * const net = pipe(Layer.input([null, 3]), Layer.dense({ units: 4 }), Layer.dense({ units: 1 }))
 * pipe(net, Model.upTo('dense_1'), Model.sites).map((s) => s.name)   // => ['dense_1.W', 'dense_1.b']
 */
export const upTo =
  (layer: string) =>
  (model: Model | Network): Model => {
    const m = of(model)
    if (!Object.hasOwn(m.outputs, layer)) {
      const names = Object.keys(m.outputs)
      return { ...m, problems: [...m.problems, gelatoError('UnknownLayer', ['Model.upTo'], `'${layer}'`, `one of ${names.join(', ')}`, didYouMean(layer, names))] }
    }
    const below = layersBelow(m, layer), output = m.outputs[layer]
    const inside = reached(m, [output]), masks = masksOf(m)
    // A likelihood may bring variables and data of its own, but none of other layers.
    const free = (n: string): boolean => {
      const variable = m.sites.find((s) => s.name === n) ?? m.params[n]
      return variable === undefined ? Object.hasOwn(m.observed, n) || Object.hasOwn(masks, n) : variable.layer === undefined
    }
    const likelihoods = m.likelihoods.filter((l) => [...reached(m, [l.output, l.logLik])].every((n) => inside.has(n) || free(n)))
    const observed = likelihoods.map((l) => l.name)
    const own = reached(m, [output, ...likelihoods.map((l) => l.logLik)])
    const has = (n: string): boolean => own.has(n)
    const deterministics = m.deterministics.filter(([, t]) => [...reached(m, [t])].every(has))
    return {
      ...m,
      inputs: kept(m.inputs, has), observed: kept(m.observed, (n) => observed.includes(n)), prediction: output, outputs: kept(m.outputs, (n) => below.has(n)),
      sites: m.sites.filter((s) => has(s.name)), params: kept(m.params, has), states: kept(m.states, has),
      likelihoods, potentials: m.potentials.filter((t) => [...reached(m, [t])].every(has)), deterministics,
      layers: m.layers.filter((l) => below.has(l.name)), notes: m.notes.filter((n) => n._tag !== 'CheckLikelihood' || observed.includes(n.path[0])),
      table: restricted((n) => has(n) || deterministics.some(([k]) => k === n))(m.table ?? emptyTable)
    }
  }

/**
 * Inputs that a layer's output depends on, by name.
 *
 * @example
 * const a = Layer.input([null, 3], { name: 'a' }), b = Layer.input([null, 2], { name: 'b' })
 * const net = pipe([pipe(a, Layer.dense({ units: 4, name: 'left' })), b], Layer.concat())
 * pipe(net, Model.inputsOf('left'))   // => ['a']
 */
export const inputsOf =
  (layer: string) =>
  (model: Model | Network): readonly string[] => {
    const m = of(model)
    return Object.keys(upTo(layer)(m).inputs)
  }
