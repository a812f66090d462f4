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
import type { Either, TaskEither } from '../fp.ts'
import { asError, fail, gelatoError, knownOptions, merge, shown, toTask } from '../error.ts'
import type { GelatoError, GelatoErrors } from '../error.ts'
import type { Plan } from '../compile/plan.ts'
import type { HostArray, HostArrays, Session } from '../run/session.ts'
import { checkWhere } from '../run/where.ts'
import * as B from '../tensor/build.ts'
import type { Tensor } from '../tensor/node.ts'
import { isTensor } from '../tensor/node.ts'
import { asConstants, centreOf, sampleNodes } from './draws.ts'
import type { ApplyOptions, Known, SampleNodeOptions } from './draws.ts'
import { sizeOf } from './layout.ts'
import type { Layout } from './layout.ts'
import type { Clip, Posterior } from './method.ts'
import { EXECUTOR, openerOf } from './open.ts'
import type { Executor } from './open.ts'
import type { Optimizer } from './optimizer.ts'
import { isModel } from '../model/model.ts'
import type { Model } from '../model/index.ts'
import { marginalsOf, momentsOf, quantilesOf } from './summary.ts'
import type { BySite, Marginal } from './summary.ts'
import { roomOf, whole, wholeSeed } from './whole.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** One number a step, in nats of the full data: loss = kl - logLik. For `map`, kl is minus the log prior. */
export interface History {
  /** Minus the bound on the evidence, as the step's rows and draws estimate it. */
  readonly loss: Float32Array
  /** Divergence of the approximation from the prior. */
  readonly kl: Float32Array
  /** Expected log likelihood of all N rows. */
  readonly logLik: Float32Array
}

/** Where an approximation comes from. */
export interface Provenance {
  readonly seed: number
  readonly rows: number
  /** The N that the batch stood for. */
  readonly totalSize: number
  /** What `fit` was told of it, or the fit that it went on from; absent where N came from the observation or the rows. */
  readonly told?: number
  readonly batchSize: number
  readonly samples: number
  /** As `fit` was given them, or the fit that it went on from. */
  readonly kl?: 'auto' | 'monteCarlo'
  readonly clip?: Clip
  readonly pathDerivative?: boolean
  /** Fingerprint of the data. */
  readonly digest: string
  readonly plan: Plan
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
  /** Values of the point estimates and of the states, by name. */
  readonly params: HostArrays
  readonly states: HostArrays
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
  /** Point estimates by name. */
  readonly params: HostArrays
  /** Values carried from step to step (batch statistics, say) as the last step left them. */
  readonly states: HostArrays
  /** Expectations under the approximation by site, in the site's own units. */
  readonly mean: BySite
  readonly std: BySite
  /** Mean and sd of each site's unconstrained value. */
  readonly unconstrained: Readonly<Record<string, Marginal>>
  /** Quantiles at a probability from 0 to 1. Throws, as an `Error` with the reason, of another number. */
  readonly quantile: (p: number) => BySite
  /** Draws by site, [size, ...shape]. */
  readonly sample: (o?: SampleOptions) => TaskEither<GelatoError, HostArrays>
  /** Graphs with latent variables at the centre (`deterministic`), or at one draw. At the centre observations are inputs, in a draw as in `sampleNode`. */
  readonly applyReplacements: <N extends Nodes>(nodes: N, o?: ApplyOptions) => N extends Tensor ? Tensor : readonly Tensor[]
  /**
   * Graphs over draws of the latent variables, along a new first axis of `size`. An observation is drawn as well,
   * but below `Model.logLikelihood` and `Model.logDensity` it stays an input, as it does where `moreReplacements` says so.
   */
  readonly sampleNode: <N extends Nodes>(nodes: N, o?: SampleNodeOptions) => N extends Tensor ? Tensor : readonly Tensor[]
}

/** Right for an approximation, whatever was given: a model that wasn't fitted, say. */
export const checkApproximation = (path: readonly string[], x: unknown): Either<GelatoErrors, Approximation> => {
  const data = (x as Partial<Approximation> | null | undefined)?.data
  return typeof data === 'object' && data !== null && isModel(data.model) ? E.right(x as Approximation)
    : fail('NotAnApproximation', path, shown(x), 'an approximation', 'fit the model first: const approx = await orThrow(fit(model, { data }))')
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

type Shaped<N extends Nodes> = N extends Tensor ? Tensor : readonly Tensor[]

const list = (nodes: Nodes): readonly Tensor[] => (Array.isArray(nodes) ? nodes : [nodes as Tensor])
const likeGiven = <N extends Nodes>(nodes: N, made: readonly Tensor[]): Shaped<N> => (Array.isArray(nodes) ? made : made[0]) as Shaped<N>

const isPairs = (x: unknown): boolean => Array.isArray(x) && x.every((p) => Array.isArray(p) && p.length === 2 && p.every(isTensor))

const refused = (path: string, known: readonly string[], o: { readonly seed?: unknown; readonly firstSample?: unknown; readonly moreReplacements?: unknown }, nodes: readonly unknown[]): Tensor | undefined => {
  const r = pipe(
    knownOptions([path], known)(o),
    E.chain(() => (o.seed === undefined || isTensor(o.seed) ? E.right(undefined) : wholeSeed([path, 'seed'], o.seed))),
    E.chain(() => (o.firstSample === undefined || isTensor(o.firstSample) ? E.right(undefined) : whole([path, 'firstSample'], o.firstSample, 0))),
    E.chain(() => (o.moreReplacements === undefined || isPairs(o.moreReplacements) ? E.right(undefined) : fail('BadOption', [path, 'moreReplacements'], shown(o.moreReplacements), 'a list of pairs of tensors', 'such as [[bnn.inputs.x, x]]'))),
    E.chain(() => (nodes.every(isTensor) ? E.right(undefined) : fail('NotATensor', [path], shown(nodes.find((t) => !isTensor(t))), 'a tensor, or a list of tensors', 'give bnn.prediction, say')))
  )
  if (E.isRight(r)) return undefined
  const e = merge(r.left)
  return B.misfit(e._tag, e.path, e.got, e.need, e.hint)
}

/** The probability, or its refusal: an array has no room for a reason, so it is thrown. */
const probability = (p: unknown): number => {
  if (typeof p === 'number' && p >= 0 && p <= 1) return p
  throw asError(gelatoError('BadOption', ['quantile'], shown(p), 'a number from 0 to 1', typeof p === 'number' && p > 1 && p <= 100 ? `give ${p / 100} for ${p} %` : 'give 0.95, say'))
}

const once = <A>(f: () => A): (() => A) => {
  let made: { readonly value: A } | undefined
  return () => (made ??= { value: f() }).value
}

const APPLY = ['deterministic', 'seed', 'moreReplacements']
const SAMPLE_NODE = ['size', 'seed', 'firstSample', 'moreReplacements']
const SAMPLE = ['size', 'seed', 'firstSample', ...EXECUTOR]

/** Gives an approximation's data its functions. */
export const of = (data: ApproximationData, executor: Executor = {}): Approximation => {
  const { model, posterior } = data
  const known = once(() => asConstants(data))
  const moments = once(() => momentsOf(known()))
  const unconstrained = once(() => marginalsOf(model.sites, posterior))
  const noCentre = (): Tensor =>
    B.misfit('NoCenter', ['applyReplacements', 'deterministic'], posterior._tag, 'an approximation with a centre', 'use sampleNode and average')
  return {
    _tag: 'Approximation',
    data,
    model,
    history: data.history,
    params: data.params,
    states: data.states,
    get mean() { return moments().mean },
    get std() { return moments().std },
    get unconstrained() { return unconstrained() },
    quantile: (p) => quantilesOf(known())(probability(p)),
    sample: (o = {}) =>
      pipe(
        toTask(pipe(knownOptions(['sample'], SAMPLE)(o), E.chain(() => wholeSeed(['sample', 'seed'], o.seed ?? 0)),
          E.chain(() => whole(['sample', 'size'], o.size ?? 1)), E.chain(() => whole(['sample', 'firstSample'], o.firstSample ?? 0, 0)), E.chain(() => checkWhere(['sample'], o)))),
        TE.chain(() => drawSites(known(), { size: o.size ?? 1, seed: o.seed ?? 0, firstSample: o.firstSample ?? 0 }, { ...executor, ...o }))
      ),
    applyReplacements: (nodes, o = {}) => {
      const given = list(nodes)
      const no = refused('applyReplacements', APPLY, o, given)
      const more = o?.moreReplacements ?? []
      if (no !== undefined) return likeGiven(nodes, given.map(() => no))
      const made = o.deterministic === true
        ? pipe(centreOf(known(), more)(given), O.getOrElse(() => given.map(noCentre) as readonly Tensor[]))
        : sampleNodes(known(), { moreReplacements: more, ...(o.seed === undefined ? {} : { seed: o.seed }) })(given)
      return likeGiven(nodes, made)
    },
    sampleNode: (nodes, o = {}) => {
      const given = list(nodes)
      const no = refused('sampleNode', SAMPLE_NODE, o, given)
      return likeGiven(nodes, no === undefined ? sampleNodes(known(), o)(given) : given.map(() => no))
    }
  }
}

/** Numbers of a site's draws that are computed at once: a buffer on the smallest device holds 32 M of them. */
const AT_ONCE = 2 ** 22

const drawSites = (known: Known, o: { readonly size: number; readonly seed: number; readonly firstSample: number }, executor: Executor): TaskEither<GelatoError, HostArrays> => {
  const { sites } = known.model
  if (sites.length === 0) return TE.right({})
  const names = sites.map((s) => s.name)
  const most = Math.max(1, Math.floor(AT_ONCE / Math.max(1, ...sites.map((s) => sizeOf(s.shape)))))
  const chunk = Math.min(most, o.size)
  const first = B.leaf('input', 'first', [], 'u32')
  const nodes = sampleNodes(known, { size: chunk, seed: o.seed, firstSample: first })(sites.map((s) => s.leaf))
  const outputs = Object.fromEntries(nodes.map((t, i) => [names[i], t]))
  const from = (k: number): HostArray => ({ shape: [], data: Uint32Array.of(o.firstSample + k) })
  return pipe(
    ready(nodes),
    TE.chain(() => toTask(roomOf(['sample', 'size'], `${o.size} draws`, () => sites.map((s) => new Float32Array(o.size * sizeOf(s.shape)))))),
    TE.bindTo('all'),
    TE.bind('session', () => openerOf(executor)({ outputs, updates: {}, record: {}, extents: {} }, { first: from(0) })),
    TE.chain(({ all, session }) => async (): Promise<Either<GelatoError, HostArrays>> => {
      try {
        for (let k = 0; k < o.size; k += chunk) {
          const got = await pipe(session.write('first', from(k)), TE.chain(() => session.run(1, {})), TE.chain(() => session.read(names)))()
          if (E.isLeft(got)) return got
          sites.forEach((s, i) => { all[i].set(got.right[s.name].data.subarray(0, Math.min(chunk, o.size - k) * sizeOf(s.shape)), k * sizeOf(s.shape)) })
        }
        return E.right(Object.fromEntries(sites.map((s, i) => [s.name, { shape: [o.size, ...s.shape], data: all[i] }])))
      } finally {
        session.destroy()
      }
    })
  )
}

/** Right where no graph is ill-shaped. */
const ready = (nodes: readonly Tensor[]): TaskEither<GelatoError, void> => {
  const wrong = nodes.find((t) => E.isLeft(t.type))
  return wrong !== undefined && E.isLeft(wrong.type) ? TE.left(merge(wrong.type.left)) : TE.right(undefined)
}
