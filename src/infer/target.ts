/**
 * A model as inference sees it: a log density over one flat unconstrained vector, and
 * per-row log likelihoods of a batch. Methods are written against this and know
 * nothing of layers or specs.
 *
 * Laws: `logPrior` includes log|dx/du|; `logLik` is unscaled, one number a row;
 * only `weight` knows how large the data set is.
 *
 * @since 0.1.0
 */
import { Bijectors } from '../dist/index.ts'
import type { Site } from '../spec/site.ts'
import * as B from '../tensor/build.ts'
import { replace } from '../tensor/replace.ts'
import type { Replacement } from '../tensor/replace.ts'
import type { Tensor } from '../tensor/node.ts'
import { dataLeaves } from '../model/attach.ts'
import { placings, putIn } from '../model/held.ts'
import { closing } from '../model/noise.ts'
import { layoutOf, sliceOf } from './layout.ts'
import type { Layout, Place } from './layout.ts'
import { blocksOf, logPriorOf } from './prior.ts'
import type { Block, Latent } from './prior.ts'
import type { Model } from '../model/index.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Values of a batch by input and observation name, and the key of the model's own noise. */
export interface Batch {
  readonly values: Readonly<Record<string, Tensor>>
  readonly key: Tensor
}

/** What a method may know of a model. */
export interface Target {
  readonly model: Model
  readonly sites: readonly Site[]
  readonly layout: Layout
  readonly dim: number
  /** The sites of a flat vector, parents first. */
  readonly latents: (u: Tensor) => readonly Latent[]
  /** Priors at a flat vector, many sites to a block. */
  readonly blocks: (u: Tensor) => readonly Block[]
  /** Log prior at a flat vector, a scalar in nats: of u, or of the values in their own units. */
  readonly logPrior: (u: Tensor, space?: 'unconstrained' | 'constrained') => Tensor
  /** Sum of the model's potentials, a scalar in nats; undefined where it has none. */
  readonly potential: (u: Tensor) => Tensor | undefined
  /** Log likelihood of every row of a batch, [B], unscaled. */
  readonly logLik: (u: Tensor, batch: Batch) => Tensor
  /** The next values of the model's states after a batch, by name. */
  readonly next: (u: Tensor, batch: Batch) => Tensors
  /** The places of the point estimates in one flat vector. */
  readonly points: Layout
  /** The same target at values of the point estimates (a flat vector) and of the states. */
  readonly at: (held: { readonly points: Tensor; readonly states: Tensors }) => Target
  /** Outputs of layers, and `prediction`, for a batch. */
  readonly outputs: (u: Tensor, batch: Batch) => Readonly<Record<string, Tensor>>
  /** N / B as a scalar that is given at each run. */
  readonly weight: Tensor
}

/** Graphs by name. */
export type Tensors = Readonly<Record<string, Tensor>>

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** Names of leaves that every run provides. */
export const weightLeaf: Tensor = B.leaf('input', 'weight', [])

/** The sites' own values from their unconstrained ones, parents first. */
export const constrain = (sites: readonly Site[], u: (site: Site) => Tensor): readonly Omit<Latent, 'place'>[] => {
  const pairs: Replacement[] = []
  return sites.map((site) => {
    const here = u(site)
    const names = Object.keys(site.dist.params)
    const put = replace(pairs)([...names.map((n) => site.dist.params[n]), ...Bijectors.tensorsOf(site.bijector)])
    const bounds = put.slice(names.length)
    let next = 0
    const bijector = Bijectors.mapTensors(() => bounds[next++])(site.bijector)
    const value = Bijectors.forward(bijector)(here)
    pairs.push([site.leaf, value])
    return { site, u: here, value, bijector, dist: { ...site.dist, params: Object.fromEntries(names.map((n, i) => [n, put[i]])) } }
  })
}

const total = (ts: readonly Tensor[]): Tensor | undefined => (ts.length === 0 ? undefined : ts.reduce((a, b) => B.add(a, b)))

/**
 * The target of a model. `phase` is 1 while learning. Where the model has point estimates
 * or states, its graphs hold their leaves until `at` puts values in.
 */
export const targetOf = (model: Model, phase: 0 | 1 = 1): Target => {
  const sites = model.sites
  const layout = layoutOf(sites)
  const points = layoutOf(Object.values(model.params))
  // One vector has one set of slices, whoever asks: the gradients of slices made once are laid side by side.
  const seen = new WeakMap<Tensor, readonly Latent[]>()
  const latents = (u: Tensor): readonly Latent[] => {
    const known = seen.get(u)
    if (known !== undefined) return known
    const made = constrain(sites, (s) => sliceOf(u, layout.places[sites.indexOf(s)])).map((l, i) => ({ ...l, place: layout.places[i] }))
    seen.set(u, made)
    return made
  }
  const close = (u: Tensor, batch: Batch | undefined, graphs: readonly Tensor[]): readonly Tensor[] => {
    const data = Object.entries(dataLeaves(model)).flatMap(([k, leaf]): readonly Replacement[] =>
      batch?.values[k] === undefined ? [] : [[leaf, batch.values[k]]])
    const values = latents(u).map((l): Replacement => [l.site.leaf, l.value])
    return replace(closing(graphs, { sites: values, data, phase, key: batch?.key ?? B.array(new Uint32Array(2), [2], 'u32') }))(graphs)
  }
  const stateNames = Object.keys(model.states)
  // One pass through the network gives both the likelihood and the states' next values.
  const passes = new WeakMap<Batch, { readonly u: Tensor; readonly logLik: Tensor; readonly next: Tensors }>()
  const pass = (u: Tensor, batch: Batch): { readonly logLik: Tensor; readonly next: Tensors } => {
    const known = passes.get(batch)
    if (known?.u === u) return known
    const [logLik, ...next] = close(u, batch, [total(model.likelihoods.map((l) => l.logLik)) ?? B.scalar(0), ...stateNames.map((k) => model.states[k].next)])
    const made = { u, logLik, next: Object.fromEntries(stateNames.map((k, i) => [k, next[i]])) }
    passes.set(batch, made)
    return made
  }
  const blocks = (u: Tensor): readonly Block[] => blocksOf(layout, latents(u))
  const jacobian = (u: Tensor): Tensor | undefined =>
    total(latents(u).filter((l) => l.bijector._tag !== 'Identity').map((l) => Bijectors.totalLogDet(l.bijector, l.site.shape)(l.u)))
  return {
    model,
    sites,
    layout,
    dim: layout.dim,
    latents,
    blocks,
    logPrior: (u, space = 'unconstrained') => {
      const inU = total(blocks(u).map((b) => logPriorOf(b, u))) ?? B.scalar(0)
      const j = space === 'constrained' ? jacobian(u) : undefined
      return j === undefined ? inU : B.sub(inU, j)
    },
    potential: (u) => {
      const sum = total(model.potentials.map((p) => B.sum(p)))
      return sum === undefined ? undefined : close(u, undefined, [sum])[0]
    },
    logLik: (u, batch) => pass(u, batch).logLik,
    next: (u, batch) => pass(u, batch).next,
    points,
    at: (held) => {
      const place = (name: string): Tensor => sliceOf(held.points, points.places.find((p) => p.name === name) as Place)
      return targetOf(putIn(placings(model, (kind, name) => (kind === 'param' ? place(name) : held.states[name])))(model), phase)
    },
    outputs: (u, batch) => {
      const names = ['prediction', ...Object.keys(model.outputs)]
      const made = close(u, batch, [model.prediction, ...Object.values(model.outputs)])
      return Object.fromEntries(names.map((n, i) => [n, made[i]]))
    },
    weight: weightLeaf
  }
}
