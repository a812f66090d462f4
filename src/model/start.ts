/**
 * Where a model starts, from weights that are known: those of a network that was trained
 * without priors, say. Priors stay as they are; only the approximation begins there.
 *
 * Laws: starting at no weights is the identity; the prediction at a start is that of the
 * network whose weights they are.
 *
 * @since 0.3.0
 */
import { didYouMean, gelatoError } from '../error.ts'
import type { GelatoError } from '../error.ts'
import type { Network } from '../layer/network.ts'
import type { HostData } from '../layer/param.ts'
import { arraysOf } from '../layer/pretrained.ts'
import type { WeightNumbers, Weights } from '../layer/pretrained.ts'
import { spreadOf } from '../spec/init.ts'
import type { Init } from '../spec/site.ts'
import type { Model } from './model.ts'
import { of } from './observe.ts'

const problemsOf = (m: Model, weights: Weights): readonly GelatoError[] => {
  const held = new Map([...[...m.sites, ...Object.values(m.params)].map((s) => [s.name, s.shape] as const), ...Object.entries(m.states).map(([k, s]) => [k, s.shape] as const)])
  return Object.entries(weights).flatMap(([name, w]) => {
    const shape = held.get(name), path = ['Model.startAt', name]
    if (shape === undefined) {
      const composite = m.deterministics.some(([k]) => k === name)
      return [gelatoError('UnknownSite', path, `weights '${name}'`, `one of ${[...held.keys()].join(', ')}`,
        composite ? `'${name}' is made of several variables: start those, or give it a prior of its own with Layer.moped` : didYouMean(name, [...held.keys()]))]
    }
    return shape.join() === w.shape.join() && w.data.length === shape.reduce((a, b) => a * b, 1) ? []
      : [gelatoError('ShapeMismatch', path, `shape [${w.shape.join(', ')}] with ${w.data.length} numbers`, `shape [${shape.join(', ')}]`, 'give the weights of the same layer; PyTorch keeps those of a Linear transposed (see Weights.fromTorch)')]
  })
}

/** The size that sigma is a fraction of stays what the layer said. */
const valued = (w: HostData, before: Init, shape: readonly number[]): Init => {
  const scale = spreadOf(before, shape)
  return { _tag: 'Value', shape: w.shape, data: Float32Array.from(w.data), ...(scale === undefined ? {} : { scale }) }
}

/**
 * The model whose approximation starts at weights: means of sites, point estimates and
 * states (running statistics) of these names. What isn't named starts as before.
 *
 * @example
 * const m = pipe(bnn, Model.startAt({ 'dense_1.b': { shape: [10], data: new Float32Array(10).fill(0.5) } }))
 */
export const startAt =
  (weights: WeightNumbers) =>
  (network: Network | Model): Model => {
    const m = of(network)
    const { arrays, problems: misread } = arraysOf('Model.startAt', weights)
    const problems = [...misread, ...problemsOf(m, arrays)]
    if (problems.length > 0) return { ...m, problems: [...m.problems, ...problems] }
    const at = (name: string): HostData | undefined => (Object.hasOwn(arrays, name) ? arrays[name] : undefined)
    const started = <A extends { readonly name: string; readonly shape: readonly number[]; readonly init: Init }>(v: A): A => {
      const w = at(v.name)
      return w === undefined ? v : { ...v, init: valued(w, v.init, v.shape) }
    }
    return {
      ...m,
      sites: m.sites.map(started),
      params: Object.fromEntries(Object.entries(m.params).map(([k, p]) => [k, started(p)])),
      states: Object.fromEntries(Object.entries(m.states).map(([k, s]) => [k, at(k) === undefined ? s : { ...s, initial: Float32Array.from((at(k) as HostData).data) }]))
    }
  }
