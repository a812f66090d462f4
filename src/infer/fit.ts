/**
 * `fit`: a model and data in, an approximation out. It checks what it was given, lets
 * the method plan, drives the plan's phases and makes the result a value.
 *
 * Laws: the same seed, data and plan give the same approximation, however the steps
 * are submitted; a fit that is stopped and continued, by `from` with the same data and
 * method, is the uninterrupted one to the bit; nothing is thrown.
 *
 * @since 0.1.0
 */
import { E, TE, pipe } from '../fp.ts'
import type { Either, TaskEither } from '../fp.ts'
import { fail, gelatoError, knownOptions, shown, toTask } from '../error.ts'
import type { GelatoError, GelatoErrors } from '../error.ts'
import type { ErrorTag } from '../tags.ts'
import * as Ext from '../tensor/extent.ts'
import { shapeOf } from '../tensor/node.ts'
import { of } from './approximation.ts'
import type { Approximation, ApproximationData, History, Provenance } from './approximation.ts'
import type { Dataset, DatasetInput } from '../dataset/index.ts'
import { checkWhere } from '../run/where.ts'
import type { HostArrays } from '../run/session.ts'
import { following, runPhase } from './drive.ts'
import type { Context, FitEvent, Following, Outcome, RunState } from './drive.ts'
import { layoutOf, whoIs } from './layout.ts'
import type { Clip, Method, Plan } from './method.ts'
import { meanField } from './methods.ts'
import { observer } from './observer.ts'
import { EXECUTOR, chunkOpenerOf } from './open.ts'
import type { Executor } from './open.ts'
import { adam } from './optimizer.ts'
import type { Optimizer } from './optimizer.ts'
import { outOfBounds } from './observed.ts'
import { rowsFor } from './rowdata.ts'
import type { Rows } from './rowdata.ts'
import { sizesFor, toldTo } from './sizes.ts'
import { isNetwork } from '../layer/index.ts'
import { sized } from '../model/attach.ts'
import { isModel } from '../model/index.ts'
import type { Model } from '../model/index.ts'
import type { StartOption } from './start.ts'
import { targetOf } from './target.ts'
import type { Target } from './target.ts'
import { whole, wholeSeed } from './whole.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Options of `fit`. */
export interface FitOptions extends Executor {
  /** A data set, or a record of arrays by input and observation name. */
  readonly data: Dataset | DatasetInput
  /** How to infer; `Method.meanField()` when absent. */
  readonly method?: Method
  /** Steps to run; with `from`, further steps. Default 10,000. */
  readonly steps?: number
  /** Rows a step; min(N, 128) when absent. */
  readonly batchSize?: number
  /** The N that the batch stands for, when the data are part of a larger set; with `from`, what that fit was told. */
  readonly totalSize?: number
  /** What turns gradients into steps; `Optimizer.adam()` when absent. */
  readonly optimizer?: Optimizer
  /** Seed of the start, the order of the rows and the draws. Default 0. */
  readonly seed?: number
  /** Draws a step. Default 1. */
  readonly samples?: number
  /** Where sites start, by name, in their own units; when absent where `Spec.withInit` says, else at the prior's location and as their layer has it. */
  readonly start?: StartOption
  /** Goes on from an approximation of a model with the same sites, point estimates and states (names and shapes; likelihoods and priors may differ): its state, step and history, with its seed, samples, batch size, N, optimiser, clip and estimator where no others are given. */
  readonly from?: Approximation
  /** Told what happens: `Compiled` before the first step, `Progress` as steps are done, `Done` at the end. One that throws ends the fit as `ObserverFailed`. */
  readonly onEvent?: (e: FitEvent) => void
  /** Stops the fit between submissions of steps: it ends as `Aborted`, with what had been learnt under `partial`. */
  readonly signal?: AbortSignal
  /** Bounds on the gradient; none when absent, or `{}`. */
  readonly clip?: Clip
  /** How the divergence from the prior is found: `'auto'` by its closed form where prior and approximation are normal, else from the step's draw; `'monteCarlo'` from the draw everywhere. Default `'auto'`. */
  readonly kl?: 'auto' | 'monteCarlo'
  /** Drop the score term from the gradient of a divergence that is found from a draw: less noise near the optimum. Default false. */
  readonly pathDerivative?: boolean
  /** Steps that go to the device at once; when absent as many as take about 100 ms. No result depends on it. */
  readonly stepsPerSubmit?: number
}

/** A fit that was cancelled: `partial` is what had been learnt. */
export interface Aborted extends GelatoError {
  readonly _tag: 'Aborted'
  readonly partial: Approximation
}

/** What can go wrong in a fit: `_tag === 'Aborted'` says that there is a `partial`. */
export type FitError = Aborted | (GelatoError & { readonly _tag: Exclude<ErrorTag, 'Aborted'> })

const OPTIONS = ['data', 'method', 'steps', 'batchSize', 'totalSize', 'optimizer', 'seed', 'samples', 'start', 'from', 'onEvent',
  'signal', 'clip', 'kl', 'pathDerivative', 'stepsPerSubmit', ...EXECUTOR] as const

interface Settings {
  readonly rows: Rows
  readonly method: Method
  readonly optimizer: Optimizer
  readonly steps: number
  readonly seed: number
  readonly samples: number
  readonly batchSize: number
  readonly totalSize: number
  /** How many rows each observation has in all. */
  readonly sizes: readonly number[]
  /** What was said, here or before: nothing where nothing was. */
  readonly said: Pick<Provenance, 'told' | 'kl' | 'clip' | 'pathDerivative'>
}

// -----------------------------------------------------------------------------
// checks
// -----------------------------------------------------------------------------

const bad = (name: string, got: unknown, need: string, hint: string): Either<GelatoErrors, never> => fail('BadOption', ['fit', name], shown(got), need, hint)

const checkModel = (model: Model): Either<GelatoErrors, void> => {
  if (!isModel(model)) return fail('NotAModel', ['fit'], isNetwork(model) ? 'a network without observations' : shown(model), 'a model', 'put a likelihood on it: Model.observe(Likelihood.categorical())')
  if (model.problems.length > 0) return E.left(model.problems as unknown as GelatoErrors)
  if (model.sites.length + Object.keys(model.params).length === 0)
    return fail('NoLatents', ['fit'], 'a model without latent variables and point estimates', 'at least one prior or point estimate', 'give layers priors, such as Layer.withDefaultSpec(Spec.normal())')
  const local = model.sites.find((s) => E.isRight(s.leaf.type) && shapeOf(s.leaf).some((e) => Ext.symbols(e).length > 0))
  return local === undefined
    ? E.right(undefined)
    : fail('LocalLatent', ['fit', local.name], `shape ${Ext.showShape(shapeOf(local.leaf))}`, 'latent variables whose shape is known without the data', 'amortised families for one latent variable a row are not built yet: give it a fixed shape')
}

const checkFrom = (model: Model, from: Approximation, method: Method, optimizer: Optimizer): Either<GelatoErrors, void> => {
  const a = from.data
  const text = (xs: readonly { readonly name: string; readonly shape: readonly number[] }[]): string => xs.map((x) => `${x.name} [${x.shape.join(', ')}]`).join('; ')
  const named = (r: Readonly<Record<string, { readonly shape: readonly number[] }>>): string => text(Object.entries(r).map(([name, { shape }]) => ({ name, shape })))
  const other = [
    ['sites', text(a.layout.places), text(layoutOf(model.sites).places)],
    ['point estimates', named(a.params), named(model.params)],
    ['states', named(a.states), named(model.states)]
  ].find(([, had, want]) => had !== want)
  return other !== undefined
    ? fail('ModelMismatch', ['fit', 'from'], `${other[0]} ${other[1] || 'none'}`, `those of the model: ${other[2] || 'none'}`, 'go on with the model that was fitted')
    : a.method.name !== method.name || a.method.version !== method.version
      ? fail('MethodMismatch', ['fit', 'from'], `${a.method.name} ${a.method.version}`, `${method.name} ${method.version}`, 'go on with the same method, or start anew with { start }')
      : a.optimizer.rule !== optimizer.rule
        ? fail('OptimizerMismatch', ['fit', 'from'], a.optimizer.rule, optimizer.rule, 'go on with the same kind of optimiser: its state goes on too')
        : E.right(undefined)
}

/** A method that says nothing of point estimates and states leaves them as they are. */
const checkPlan = (model: Model, plan: Plan, method: Method): Either<GelatoErrors, Plan> => {
  const held = [...Object.keys(model.params), ...Object.keys(model.states)]
  return plan.held !== undefined || held.length === 0
    ? E.right(plan)
    : fail('Unsupported', ['fit', 'method', method.name], `a model with the point estimate or state '${held[0]}'`, 'a method that learns them', 'fit it with Method.meanField() or Method.map()')
}

const isRecord = (x: unknown): x is object => typeof x === 'object' && x !== null

/** Options whose form TypeScript knows and JavaScript doesn't. */
const checkForms = (o: FitOptions): Either<GelatoErrors, void> =>
  o.from !== undefined && o.from?._tag !== 'Approximation' ? bad('from', o.from, 'an approximation', 'give what fit or Approximation.load gave')
    : o.clip !== undefined && !isRecord(o.clip) ? bad('clip', o.clip, '{ norm?, value? }', 'give { norm: 10 }, say')
      : o.start !== undefined && !isRecord(o.start) ? bad('start', o.start, 'a record by site', "give { 'dense_1.W': { mean: 0 } }, say")
        : o.pathDerivative !== undefined && typeof o.pathDerivative !== 'boolean' ? bad('pathDerivative', o.pathDerivative, 'true or false', 'give true')
          : E.right(undefined)

/** The entries that are there. */
const present = <A extends object>(a: A): { readonly [K in keyof A]?: Exclude<A[K], undefined> } =>
  Object.fromEntries(Object.entries(a).filter(([, v]) => v !== undefined)) as { readonly [K in keyof A]?: Exclude<A[K], undefined> }

const settle = (model: Model, o: FitOptions): Either<GelatoErrors, Settings> => {
  const formed = pipe(knownOptions(['fit'], OPTIONS)(o), E.chain(() => checkModel(model)), E.chain(() => checkForms(o)), E.chain(() => checkWhere(['fit'], o)))
  if (E.isLeft(formed)) return formed
  const before = o.from?.data.provenance
  const method = o.method ?? meanField()
  const optimizer = o.optimizer ?? o.from?.data.optimizer ?? adam()
  const steps = o.steps ?? 10_000, seed = o.seed ?? before?.seed ?? 0, samples = o.samples ?? before?.samples ?? 1
  const said: Settings['said'] = present({
    told: o.totalSize ?? (o.from === undefined ? undefined : toldTo(o.from.data)), kl: o.kl ?? before?.kl, clip: o.clip === undefined ? before?.clip : { ...o.clip }, pathDerivative: o.pathDerivative ?? before?.pathDerivative
  })
  return pipe(
    knownOptions(['fit', 'clip'], ['norm', 'value'])(said.clip ?? {}),
    E.chain(() => (method._tag === 'Method' ? E.right(undefined) : bad('method', method, 'a method', 'give Method.meanField() or Method.map()'))),
    E.chain(() => (optimizer._tag === 'Optimizer' ? E.right(undefined) : bad('optimizer', optimizer, 'an optimiser', 'give Optimizer.adam()'))),
    E.chain(() => whole(['fit', 'steps'], steps, 0)),
    E.chain(() => wholeSeed(['fit', 'seed'], seed)),
    E.chain(() => whole(['fit', 'samples'], samples)),
    E.chain(() => (said.kl === undefined || said.kl === 'auto' || said.kl === 'monteCarlo' ? E.right(undefined) : bad('kl', said.kl, "'auto' or 'monteCarlo'", "leave it out for 'auto'"))),
    E.chain(() => (Object.values(said.clip ?? {}).every((v) => typeof v === 'number' && v > 0) ? E.right(undefined) : bad('clip', said.clip, 'positive bounds', 'give { norm: 10 }, say'))),
    E.chain(() => (o.data === undefined ? fail('MissingData', ['fit', 'data'], 'no data', 'a Dataset, or arrays by name: N comes from them', 'give { data: { ... } }') : E.right(undefined))),
    E.chain(() => (o.from === undefined ? E.right(undefined) : checkFrom(model, o.from, method, optimizer))),
    E.chain(() => rowsFor(model, o.data, { observed: true })),
    E.chain((rows) => {
      const batchSize = o.batchSize ?? rows.fixed ?? Math.min(rows.n, before?.batchSize ?? 128)
      return pipe(
        whole(['fit', 'batchSize'], batchSize),
        E.chain(() => (batchSize <= rows.n ? E.right(undefined) : bad('batchSize', batchSize, `at most the ${rows.n} rows of the data`, `give { batchSize: ${rows.n} } or less`))),
        E.chain(() => (rows.fixed === undefined || batchSize === rows.fixed ? E.right(undefined) : bad('batchSize', batchSize, `${rows.fixed}, as the model fixes the number of its rows`, `leave it out, or give { batchSize: ${rows.fixed} }`))),
        E.chain(() => sizesFor('fit', model, rows.n, said.told)),
        E.map((sizes): Settings => ({ rows, method, optimizer, steps, seed, samples, batchSize, totalSize: sizes[0] ?? rows.n, sizes, said }))
      )
    })
  )
}

// -----------------------------------------------------------------------------
// the run
// -----------------------------------------------------------------------------

const joined = (a: Float32Array | undefined, b: readonly number[] | undefined): Float32Array => Float32Array.from([...(a ?? []), ...(b ?? [])])

const extend = (h: History | undefined, r: Outcome['records'], steps: number): History => ({
  loss: joined(h?.loss, r['loss']?.slice(0, steps)), kl: joined(h?.kl, r['kl']?.slice(0, steps)), logLik: joined(h?.logLik, r['logLik']?.slice(0, steps))
})

const diverged = (t: Target, out: Outcome): GelatoError => {
  const at = out.bad === undefined ? undefined : whoIs(t.layout)(out.bad) ?? whoIs(t.points)(out.bad - t.dim)
  return gelatoError('Diverged', at === undefined ? ['fit'] : ['fit', at.name],
    `a ${out.bad === undefined ? 'loss that is' : 'gradient that is, or whose square is,'} not finite at step ${out.state.step}${at === undefined ? '' : `, element ${at.element} of '${at.name}'`}`,
    'finite gradients', [...t.model.notes.map((n) => `${n.path.join(' > ')}: ${n.need}`), 'lower the learning rate, clip gradients with { clip: { norm: 100 } }, or scale the inputs'].join('; '))
}

/**
 * Fits an approximation of the posterior.
 *
 * Left: what is wrong with the model, the data or the options; `Diverged` with the
 * site; `Aborted` with `partial`, the approximation so far.
 *
 * @example
 * const approx = await orThrow(fit(bnn, { data: train, steps: 2000, batchSize: 100, seed: 0 }))
 */
export const fit = (model: Model, options: FitOptions): TaskEither<FitError, Approximation> =>
  pipe(
    toTask(settle(model, options)),
    TE.chain((s) => {
      const target = targetOf(sized(s.sizes)(model))
      return pipe(
        toTask(s.method.plan(target, {
          steps: s.steps, samples: s.samples, seed: s.seed, optimizer: s.optimizer, start: options.start ?? {}, clip: s.said.clip,
          kl: s.said.kl ?? 'auto', pathDerivative: s.said.pathDerivative ?? false
        })),
        TE.chain((plan) => toTask(checkPlan(model, plan, s.method))),
        TE.chain((plan): TaskEither<GelatoError | Aborted, Approximation> => () => {
          const stop = following(options.signal)
          return runPlan(model, target, plan, s, options, stop).finally(stop.release)
        })
      )
    })
  ) as TaskEither<FitError, Approximation>

const runPlan = async (model: Model, target: Target, plan: Plan, s: Settings, o: FitOptions, stop: Following): Promise<Either<GelatoError | Aborted, Approximation>> => {
  const began = performance.now()
  const before = o.from?.data
  // An observer that throws, or rejects, ends the run; what it threw is told when the device is free again.
  const watched = observer(['fit', 'onEvent'], o.onEvent, () => { stop.abort() })
  const ctx: Context = {
    open: chunkOpenerOf(o), rows: s.rows, batchSize: s.batchSize, totalSize: s.totalSize, seed: s.seed,
    signal: stop.signal, stepsPerSubmit: o.stepsPerSubmit, onEvent: watched.tell
  }
  const offset = before !== undefined && before.offset < s.rows.n ? before.offset : 0
  let state: RunState = { arrays: before?.state ?? {}, step: before?.step ?? 0, epoch: before?.epoch ?? 0, offset }
  let history = before?.history
  let kept: readonly HostArrays[] = []
  const value = (out: Pick<Outcome, 'plan' | 'target'>): Approximation => {
    // The table of open variables serves further observations; it is no part of what was fitted.
    const { table, ...stored } = model
    const data: ApproximationData = {
      _tag: 'ApproximationData', version: 1, model: stored,
      method: { name: s.method.name, version: s.method.version, options: s.method.options },
      posterior: plan.posterior(state.arrays, kept), ...(plan.held?.(state.arrays) ?? { params: {}, states: {} }), layout: target.layout, optimizer: s.optimizer,
      state: state.arrays, step: state.step, epoch: state.epoch, offset: state.offset,
      history: history ?? extend(undefined, {}, 0),
      provenance: { seed: s.seed, rows: s.rows.n, totalSize: s.totalSize, batchSize: s.batchSize, samples: s.samples, ...s.said, digest: s.rows.digest, plan: out.plan, target: out.target, versions: { format: 1 } }
    }
    return of(data, { ...(o.gpu === undefined ? {} : { gpu: o.gpu }), ...(o.open === undefined ? {} : { open: o.open }) })
  }
  let last: Outcome | undefined
  // What was stopped goes on in the last phase: the earlier ones are over.
  for (const phase of before === undefined ? plan.phases : plan.phases.slice(-1)) {
    const first = await phase.init(state.arrays)()
    if (E.isLeft(first)) return first
    const from: RunState = { ...state, arrays: first.right }
    const ran = await runPhase(phase, from, ctx)()
    if (E.isLeft(ran)) return ran
    const failure = await watched.failure()
    if (failure !== undefined) return E.left(failure)
    const out = ran.right
    state = out.state
    history = extend(history, out.records, state.step - from.step)
    kept = out.kept
    last = out
    if (out.bad !== undefined || (!out.aborted && history.loss.some((x) => !Number.isFinite(x)))) return E.left(outOfBounds(model, s.rows.fields, out.records['logLik'], from.step) ?? diverged(target, out))
    if (out.aborted)
      return E.left({ ...gelatoError('Aborted', ['fit'], `cancelled after ${state.step} steps`, 'a signal that is not aborted', 'what was learnt is in `partial`; go on with { from: error.partial }'), partial: value(out) })
  }
  watched.tell({ _tag: 'Done', step: state.step, seconds: (performance.now() - began) / 1000 })
  const failure = await watched.failure()
  if (failure !== undefined) return E.left(failure)
  return E.right(value(last ?? { plan: before?.provenance.plan ?? { kernels: '', choices: {} }, target: before?.provenance.target ?? { kind: 'reference', name: '' } }))
}
