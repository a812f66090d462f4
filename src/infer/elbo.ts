/**
 * The evidence lower bound over the full data, streamed: rows in chunks, draws one
 * after another, sums over chunks in double precision on the host. The divergence,
 * which needs no data, is averaged over at least 200 draws of its parents.
 *
 * Laws: in expectation, minus the loss of `fit` at the same parameters, N included; noise
 * that is always on is told by draw and row, so that how rows are cut changes no draw.
 *
 * @since 0.1.0
 */
import { E, TE, pipe } from '../fp.ts'
import type { Either, TaskEither } from '../fp.ts'
import { fail, knownOptions, toTask } from '../error.ts'
import type { GelatoError, GelatoErrors } from '../error.ts'
import { isProper } from '../dist/index.ts'
import * as B from '../tensor/build.ts'
import type { Tensor } from '../tensor/node.ts'
import { replace } from '../tensor/replace.ts'
import { stabilise } from '../tensor/stabilise.ts'
import type { DatasetInput } from '../dataset/index.ts'
import type { Chunk } from '../compile/plan.ts'
import type { Work } from '../run/chunk.ts'
import { checkWhere } from '../run/where.ts'
import type { HostArrays, Session, StepFn } from '../run/session.ts'
import { checkApproximation } from './approximation.ts'
import type { Approximation } from './approximation.ts'
import { asInputs, numbering } from './draws.ts'
import { families } from './family.ts'
import { purpose, seedWords } from './keys.ts'
import { divergence } from './objective.ts'
import { EXECUTOR, chunkOpenerOf, openerOf } from './open.ts'
import type { Executor } from './open.ts'
import { stoppedAt } from './observer.ts'
import { arraysOf, rowsFor, valuesAt } from './rowdata.ts'
import type { Rows } from './rowdata.ts'
import { sizesFor, toldTo } from './sizes.ts'
import { chunkStep, countersAt, streamChunks, withRoom } from './chunks.ts'
import type { Counters } from './chunks.ts'
import { dataLeaves, sized } from '../model/attach.ts'
import type { Model } from '../model/index.ts'
import { targetOf } from './target.ts'
import { roomOf, whole, wholeSeed } from './whole.ts'

/** Options of `elbo`. */
export interface ElboOptions extends Executor {
  /** Draws. Default 20; the divergence takes 200 at least. */
  readonly samples?: number
  /** Seed of the draws. Default 0. */
  readonly seed?: number
  /** Rows computed at once; fewer where they don't fit. */
  readonly batchSize?: number
  /** The N that the data stand for; when absent what `fit` was told, else what an observation says of itself, else the rows given. */
  readonly totalSize?: number
  /** Stops it: it ends as `Aborted`. */
  readonly signal?: AbortSignal
}

/** An evidence lower bound in nats: its mean over draws, standard error, and parts; value = logLik - kl. */
export interface Elbo {
  /** The bound: higher is better; minus it is the loss of `fit`. */
  readonly value: number
  /** Standard error of the bound over draws; NaN for one draw. */
  readonly se: number
  /** Expected log likelihood of all N rows. */
  readonly logLik: number
  /** Divergence of the approximation from the prior. */
  readonly kl: number
  /** Whether a prior is improper, so that only differences between bounds have a meaning. */
  readonly upToConstant: boolean
}

const OPTIONS = ['samples', 'seed', 'batchSize', 'totalSize', 'signal', ...EXECUTOR]

/** Draws for the divergence, which needs no data: so many cost less than one pass over the rows. */
const KL_DRAWS = 200

/** Log likelihoods at rows of the data, whose noise is told by the number of the row. */
const atRows = (model: Model, rows: Rows, at: Tensor): Model => {
  const each = model.likelihoods.map((l) => l.logLik), leaves = dataLeaves(model)
  const put = replace([...Object.entries(valuesAt(rows, at)).map(([k, v]) => [leaves[k], v] as const), ...numbering(each, at)])(each)
  return { ...model, likelihoods: model.likelihoods.map((l, i) => ({ ...l, logLik: put[i] })) }
}

/** The steps of a bound: draws of the divergence, and of the log likelihood of chunks of rows. */
interface Steps {
  readonly divergence: Work
  readonly likelihood: (c: Chunk) => Work
}

const stepsOf = (approx: Approximation, rows: Rows, sizes: readonly number[], samples: number, seed: number): Either<GelatoErrors, Steps> => {
  const { posterior } = approx.data
  if (posterior._tag !== 'Family' || families[posterior.family].name === 'delta')
    return fail('Unsupported', ['elbo'], posterior._tag === 'Family' ? posterior.family : posterior._tag, 'an approximation with a density', 'fit with Method.meanField()')
  const family = families[posterior.family]
  const { known: { model, params }, values } = asInputs(approx.data)
  const seeds = { seed: { shape: [2], data: seedWords(seed) } }
  const drawn = (at: Counters): { readonly key: Tensor; readonly u: Tensor } => {
    const key = B.fold(B.fold(B.leaf('input', 'seed', [2], 'u32'), purpose.elbo), at.sample)
    return { key, u: family.draw(params, B.fold(key, purpose.weights)) }
  }
  const work = (at: Counters, size: number, record: StepFn['record'], more: HostArrays): Work =>
    ({ fn: { outputs: {}, updates: at.updates, record, extents: { batch: size } }, values: { ...values, ...more, ...seeds } })
  const one = countersAt(1)
  const [kl] = stabilise([divergence(targetOf(model, 0), family, params, drawn(one).u, { kl: 'auto', pathDerivative: false })])
  return E.right({
    divergence: work(one, 1, { kl }, one.values(1, Math.max(samples, KL_DRAWS))),
    likelihood: ({ rows: size }) => {
      const at = countersAt(size), { key, u } = drawn(at)
      const rowLogLik = targetOf(atRows(sized(sizes)(model), rows, at.rows), 0).logLik(u, { values: {}, key: B.fold(key, purpose.likelihood) })
      const [logLik] = stabilise([B.sum(B.select(at.valid, rowLogLik, 0))])
      return work(at, size, { logLik }, { ...arraysOf(rows), ...at.values(rows.n, samples) })
    }
  })
}

/** Runs the steps of an open session and gathers one record's values. */
const gather = (session: Session, steps: number, name: string, options: ElboOptions): TaskEither<GelatoError, Float64Array> => {
  const room = roomOf(['elbo', 'samples'], `${steps} steps`, () => new Float64Array(steps))
  if (E.isLeft(room)) {
    session.destroy()
    return toTask(room)
  }
  const out = room.right
  let seen = 0
  const onRecords = (_first: number, columns: Readonly<Record<string, Float32Array>>): void => { columns[name].forEach((v) => { out[seen++] = v }) }
  return pipe(
    session.run(steps, { onRecords, ...(options.signal === undefined ? {} : { signal: options.signal }) }),
    TE.bimap(stoppedAt(['elbo'], () => `cancelled after ${seen} of ${steps} steps`), () => out),
    (run) => () => run().finally(() => { session.destroy() })
  )
}

const mean = (xs: Float64Array): number => xs.reduce((a, x) => a + x, 0) / xs.length
/** The variance of a mean; NaN for one number. */
const meanVariance = (xs: Float64Array): number => {
  const m = mean(xs)
  return xs.reduce((a, x) => a + (x - m) ** 2, 0) / (xs.length - 1) / xs.length
}

/**
 * The evidence lower bound of an approximation on a data set, whose rows stand for N as they do in `fit`.
 *
 * @example
 * await orThrow(elbo(approx, train, { samples: 20 })) // { value, se, logLik, kl }
 */
export const elbo = (approx: Approximation, data: DatasetInput, options: ElboOptions = {}): TaskEither<GelatoError, Elbo> => {
  const { samples = 20, seed = 0, totalSize } = options ?? {}
  return pipe(
    toTask(pipe(
      checkApproximation(['elbo'], approx),
      E.chain(() => knownOptions(['elbo'], OPTIONS)(options)),
      E.chain(() => checkWhere(['elbo'], options ?? {})),
      E.chain(() => whole(['elbo', 'samples'], samples)),
      E.chain(() => wholeSeed(['elbo', 'seed'], seed)),
      E.chain(() => whole(['elbo', 'batchSize'], options.batchSize ?? 1)),
      E.chain(() => rowsFor(approx.data.model, data, { observed: true })),
      E.bindTo('rows'),
      E.bind('sizes', ({ rows }) => sizesFor('elbo', approx.data.model, rows.n, totalSize ?? toldTo(approx.data)))
    )),
    TE.chain(({ rows, sizes }) => {
      const draws = Math.max(samples, KL_DRAWS)
      return pipe(
        toTask(stepsOf(approx, withRoom(rows), sizes, samples, seed)),
        TE.chain((work) => pipe(
          chunkOpenerOf(options)({ ...streamChunks(rows, 1, options.batchSize), at: work.likelihood }),
          TE.chain(({ session, chunk }) => gather(session, samples * chunkStep(rows.n, chunk.rows), 'logLik', options)),
          TE.bindTo('parts'),
          TE.bind('kls', () => pipe(openerOf(options)(work.divergence.fn, work.divergence.values), TE.chain((session) => gather(session, draws, 'kl', options))))
        )),
        TE.map(({ parts, kls }): Elbo => {
          const liks = new Float64Array(samples), weight = (sizes[0] ?? rows.n) / rows.n
          parts.forEach((v, i) => { liks[i % samples] += weight * v })
          const logLik = mean(liks), kl = mean(kls)
          // The first draws are of both parts: the mean over pairs, and over the draws that only the divergence has.
          const share = samples / draws
          const se = Math.sqrt(meanVariance(liks.map((l, i) => l - share * kls[i])) + (1 - share) * meanVariance(kls))
          return { value: logLik - kl, logLik, kl, upToConstant: approx.data.model.sites.some((s) => !isProper(s.dist)), se }
        })
      )
    })
  )
}
