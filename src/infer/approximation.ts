/**
 * What inference learnt, as plain data, and the functions of it. Only `data` is stored
 * and compared; `of` gives a value its functions, in this process or another.
 *
 * Laws: `data` holds no function and no handle; `applyReplacements` and `sampleNode`
 * leave no site.
 *
 * @since 0.1.0
 */
import { E, O, TE, pipe } from '../fp.ts'
import type { TaskEither } from '../fp.ts'
import { knownOptions, merge, toTask } from '../error.ts'
import type { GelatoError } from '../error.ts'
import type { HostArray, HostArrays, Session } from '../run/session.ts'
import * as B from '../tensor/build.ts'
import type { Tensor } from '../tensor/node.ts'
import { isTensor } from '../tensor/node.ts'
import { asConstants, centreOf, sampleNodes } from './draws.ts'
import type { ApplyOptions, SampleNodeOptions } from './draws.ts'
import type { Layout } from './layout.ts'
import type { Posterior } from './method.ts'
import { openerOf } from './open.ts'
import type { Executor } from './open.ts'
import type { Optimizer } from './optimizer.ts'
import type { Model } from '../model/index.ts'
import { marginalsOf, momentsOf, quantilesOf } from './summary.ts'
import type { BySite, Marginal } from './summary.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** One number a step, in nats of the full data: loss = kl - logLik. For `map`, kl is minus the log prior. */
export interface History {
  readonly loss: Float32Array
  readonly kl: Float32Array
  readonly logLik: Float32Array
}

/** Where an approximation comes from. */
export interface Provenance {
  readonly seed: number
  readonly rows: number
  readonly totalSize: number
  readonly batchSize: number
  readonly samples: number
  /** Fingerprint of the data. */
  readonly digest: string
  readonly plan: string
  readonly target: Session['target']
  readonly versions: Readonly<Record<string, string | number>>
}

/** An approximation as plain data. */
export interface ApproximationData {
  readonly _tag: 'ApproximationData'
  readonly version: 1
  readonly model: Model
  readonly method: { readonly name: string; readonly version: number; readonly options: Readonly<Record<string, string | number | boolean>> }
  readonly posterior: Posterior
  /** Where each site lies in the flat arrays. */
  readonly layout: Layout
  readonly optimizer: Optimizer
  /** Every array of the last phase: parameters and what the optimiser keeps. */
  readonly state: HostArrays
  /** The absolute step and the place in the data. */
  readonly step: number
  readonly epoch: number
  readonly offset: number
  readonly history: History
  readonly provenance: Provenance
}

/** Graphs in, graphs out: one or several. */
export type Nodes = Tensor | readonly Tensor[]

/** Options of `sample`. */
export interface SampleOptions extends Executor {
  readonly size?: number
  readonly seed?: number
  readonly firstSample?: number
}

/** An approximation with its functions. */
export interface Approximation {
  readonly _tag: 'Approximation'
  readonly data: ApproximationData
  readonly model: Model
  readonly history: History
  /** Expectations under the approximation by site, in the site's own units. */
  readonly mean: BySite
  readonly std: BySite
  /** Mean and sd of each site's unconstrained value. */
  readonly unconstrained: Readonly<Record<string, Marginal>>
  readonly quantile: (p: number) => BySite
  /** Draws by site, [size, ...shape]. */
  readonly sample: (o?: SampleOptions) => TaskEither<GelatoError, HostArrays>
  /** Graphs with latent variables at the centre (`deterministic`), or at one draw. */
  readonly applyReplacements: <N extends Nodes>(nodes: N, o?: ApplyOptions) => N extends Tensor ? Tensor : readonly Tensor[]
  /** Graphs over draws of the latent variables, along a new first axis of `size`. */
  readonly sampleNode: <N extends Nodes>(nodes: N, o?: SampleNodeOptions) => N extends Tensor ? Tensor : readonly Tensor[]
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

type Shaped<N extends Nodes> = N extends Tensor ? Tensor : readonly Tensor[]

const list = (nodes: Nodes): readonly Tensor[] => (isTensor(nodes) ? [nodes] : nodes)
const likeGiven = <N extends Nodes>(nodes: N, made: readonly Tensor[]): Shaped<N> => (isTensor(nodes) ? made[0] : made) as Shaped<N>

const refused = (path: string, known: readonly string[], o: object): Tensor | undefined => {
  const r = knownOptions([path], known)(o)
  if (E.isRight(r)) return undefined
  const e = merge(r.left)
  return B.misfit(e._tag, e.path, e.got, e.need, e.hint)
}

const once = <A>(f: () => A): (() => A) => {
  let made: { readonly value: A } | undefined
  return () => (made ??= { value: f() }).value
}

const APPLY = ['deterministic', 'seed', 'moreReplacements']
const SAMPLE_NODE = ['size', 'seed', 'firstSample', 'moreReplacements']
const SAMPLE = ['size', 'seed', 'firstSample', 'gpu', 'open']

/** Gives an approximation's data its functions. */
export const of = (data: ApproximationData, executor: Executor = {}): Approximation => {
  const { model, posterior } = data
  const moments = once(() => momentsOf(model, posterior))
  const unconstrained = once(() => marginalsOf(model.sites, posterior))
  const noCentre = (): Tensor =>
    B.misfit('NoCenter', ['applyReplacements', 'deterministic'], posterior._tag, 'an approximation with a centre', 'use sampleNode and average')
  return {
    _tag: 'Approximation',
    data,
    model,
    history: data.history,
    get mean() { return moments().mean },
    get std() { return moments().std },
    get unconstrained() { return unconstrained() },
    quantile: quantilesOf(model, posterior),
    sample: (o = {}) =>
      pipe(
        toTask(knownOptions(['sample'], SAMPLE)(o)),
        TE.chain(() => drawSites(data, { size: o.size ?? 1, seed: o.seed ?? 0, firstSample: o.firstSample ?? 0 }, { ...executor, ...o }))
      ),
    applyReplacements: (nodes, o = {}) => {
      const no = refused('applyReplacements', APPLY, o)
      const given = list(nodes)
      const more = o.moreReplacements ?? []
      if (no !== undefined) return likeGiven(nodes, given.map(() => no))
      const made = o.deterministic === true
        ? pipe(centreOf(model, posterior, posterior._tag === 'Family' ? asConstants(posterior.params) : {}, more)(given), O.getOrElse(() => given.map(noCentre) as readonly Tensor[]))
        : sampleNodes(model, posterior, { moreReplacements: more, ...(o.seed === undefined ? {} : { seed: o.seed }) })(given)
      return likeGiven(nodes, made)
    },
    sampleNode: (nodes, o = {}) => {
      const no = refused('sampleNode', SAMPLE_NODE, o)
      const given = list(nodes)
      return likeGiven(nodes, no === undefined ? sampleNodes(model, posterior, o)(given) : given.map(() => no))
    }
  }
}

const drawSites = (data: ApproximationData, o: { readonly size: number; readonly seed: number; readonly firstSample: number }, executor: Executor): TaskEither<GelatoError, HostArrays> => {
  const names = data.model.sites.map((s) => s.name)
  const nodes = sampleNodes(data.model, data.posterior, o)(data.model.sites.map((s) => s.leaf))
  return evaluateOnce(Object.fromEntries(nodes.map((t, i) => [names[i], t])), {}, executor)
}

/** Values of graphs by name, by one step of a session. */
export const evaluateOnce = (outputs: Readonly<Record<string, Tensor>>, values: HostArrays, executor: Executor): TaskEither<GelatoError, Readonly<Record<string, HostArray>>> =>
  pipe(
    Object.values(outputs).find((t) => E.isLeft(t.type)),
    (wrong): TaskEither<GelatoError, void> => (wrong !== undefined && E.isLeft(wrong.type) ? TE.left(merge(wrong.type.left)) : TE.right(undefined)),
    TE.chain(() => openerOf(executor)({ outputs, updates: {}, record: {}, extents: {} }, values)),
    TE.chain((session) => TE.bracket(
      TE.right(session),
      (s) => pipe(s.run(1, {}), TE.chain(() => s.read(Object.keys(outputs)))),
      (s) => TE.fromIO(() => { s.destroy() })
    ))
  )
