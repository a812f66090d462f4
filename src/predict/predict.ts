/**
 * `predict`: what an approximation says of new rows, over draws that are streamed, so
 * that neither rows nor draws need fit in memory together.
 *
 * Laws: the statistics are those of `evaluate(sampleNode(prediction))` with the same
 * seed, counts exactly; draws don't depend on how rows and draws are chunked, sums over
 * them do to rounding alone; only statistics are read from the device.
 *
 * @since 0.1.0
 */
import { E, O, TE, pipe } from '../fp.ts'
import type { Either, TaskEither } from '../fp.ts'
import { fail, gelatoError, knownOptions, shown, toTask } from '../error.ts'
import type { GelatoError, GelatoErrors } from '../error.ts'
import type { Chunk, Plan } from '../compile/plan.ts'
import type { DatasetInput, NdArray } from '../dataset/index.ts'
import * as Dist from '../dist/index.ts'
import { checkApproximation } from '../infer/approximation.ts'
import type { Approximation } from '../infer/approximation.ts'
import { countersAt, streamChunks, withRoom } from '../infer/chunks.ts'
import type { Counters } from '../infer/chunks.ts'
import { asInputs, centreOf, drawOf } from '../infer/draws.ts'
import { seedWords } from '../infer/keys.ts'
import { sizeOf } from '../infer/layout.ts'
import { EXECUTOR, chunkOpenerOf } from '../infer/open.ts'
import type { Executor } from '../infer/open.ts'
import { arraysOf, rowsFor, valuesAt } from '../infer/rowdata.ts'
import type { Rows } from '../infer/rowdata.ts'
import { whole, wholeSeed } from '../infer/whole.ts'
import type { LikelihoodTerm } from '../model/index.ts'
import type { Work } from '../run/chunk.ts'
import { checkWhere } from '../run/where.ts'
import type { HostArrays } from '../run/session.ts'
import { batch } from '../tensor/batch.ts'
import * as B from '../tensor/build.ts'
import { bindExtents, replace } from '../tensor/replace.ts'
import type { Replacement } from '../tensor/replace.ts'
import { stabilise } from '../tensor/stabilise.ts'
import { errorsOf, shapeOf } from '../tensor/node.ts'
import type { Tensor } from '../tensor/node.ts'
import { logLikelihood } from './loglikelihood.ts'
import { argmaxRows, entropyRows } from './metrics.ts'
import { logMean, modes, quantilesOf, statisticNames, statistics } from './statistics.ts'
import { gathered, watching } from './stream.ts'
import type { Gathered } from './stream.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Options of `predict`. */
export interface PredictOptions extends Executor {
  /** The observation that is predicted; the first when absent. */
  readonly name?: string
  /** Draws of the latent variables. Default 100. */
  readonly samples?: number
  readonly seed?: number
  /** Rows at a time, at most. Default 500 on a software adapter, 4,000 on a GPU; fewer where `memory` asks for it. */
  readonly batchSize?: number
  /** Probabilities whose quantiles over draws are wanted, in [0, 1]. None by default. */
  readonly quantiles?: readonly number[]
  readonly signal?: AbortSignal
  readonly onProgress?: (share: number) => void
}

/**
 * Predictions for n rows. For classes the width is their number and all fields are
 * filled. For one number a row that is 0 or 1 (`binary`) mean, variance and quantiles are
 * of the probability of 1, [n], and the fields of classes are filled as for two of them.
 * For real outputs the fields of classes have no elements, and mean and variance
 * are those of E[y | x, w] over draws of w.
 */
export interface Predictions {
  readonly kind: 'classes' | 'binary' | 'real'
  readonly samples: number
  /** The prediction at the approximation's centre, [n, ...]; no elements where it has none. */
  readonly meanPlugIn: NdArray<Float64Array>
  /** Mean over draws, [n, ...]. */
  readonly predictiveMean: NdArray<Float64Array>
  /** Variance over draws, divisor the number of draws, [n, ...]. */
  readonly variance: NdArray<Float64Array>
  /**
   * Quantiles over draws at the probabilities `p`, values [n, ..., p], between neighbouring draws
   * linearly: exact for up to 1,024 draws, beyond it those of the first 1,024 (of which `draws`
   * tells), whose standard error in probability is sqrt(p (1 - p) / 1024), below 0.016.
   */
  readonly quantiles: { readonly p: readonly number[]; readonly draws: number; readonly values: NdArray<Float64Array> }
  /** Which kernels ran, and how rows and draws were cut. */
  readonly plan: Plan
  /** Log of the predictive mean by log-mean-exp, [n, classes]. */
  readonly logPredictiveMean: NdArray<Float64Array>
  /** Commonest argmax over draws, ties to the smaller class, [n]. */
  readonly predictiveMode: NdArray<Int32Array>
  /** Argmax at the centre, and of the predictive mean, [n]. */
  readonly plugInMode: NdArray<Int32Array>
  readonly meanMode: NdArray<Int32Array>
  /** Share of draws whose argmax isn't the mode, [n]. */
  readonly expectedErrorRate: NdArray<Float64Array>
  /** 1 - predictiveMean at the mode, [n]. */
  readonly expectedError: NdArray<Float64Array>
  /** Draws that vote for each class, [n, classes]. */
  readonly votes: NdArray<Int32Array>
  /** Entropy of the predictive mean, in nats: total = aleatoric + epistemic, [n]. */
  readonly totalEntropy: NdArray<Float64Array>
  /** Mean over draws of the entropy. */
  readonly aleatoricEntropy: NdArray<Float64Array>
  /** Mutual information of class and weights, never below 0. */
  readonly epistemicEntropy: NdArray<Float64Array>
}

const OPTIONS = ['name', 'samples', 'seed', 'batchSize', 'quantiles', 'signal', 'onProgress', ...EXECUTOR]

/** Draws that quantiles are taken over, at most. */
const MOST_KEPT = 1024

interface Settings {
  readonly samples: number
  readonly seed: number
  readonly quantiles: readonly number[]
}

// -----------------------------------------------------------------------------
// steps
// -----------------------------------------------------------------------------

/** What is predicted: a node, and whether it holds probabilities of classes, or of 1. */
export interface Subject {
  readonly node: Tensor
  readonly kind: Predictions['kind']
  /** Log probabilities of 0 and of 1, where it is binary. */
  readonly logs: readonly Tensor[]
  /** Does the node have a value at the centre (no draw of its own)? */
  readonly centred: boolean
}

/** Observations with data of their own, and the one of a name (the first when absent). */
const observationOf = (approx: Approximation, path: readonly string[], name: string | undefined): Either<GelatoErrors, LikelihoodTerm | undefined> => {
  const known = approx.data.model.likelihoods.filter((l) => l.observed !== undefined)
  const found = name === undefined ? known[0] : known.find((l) => l.name === name)
  return found !== undefined || name === undefined ? E.right(found)
    : fail('UnknownObservation', path, `'${name}'`, `one of ${known.map((l) => l.name).join(', ')}`, 'name an observation with a distribution')
}

/** What an observation's predictions are of: probabilities of classes, or the expected data; the network's output where nothing is observed. */
const subjectOf = (approx: Approximation, term: LikelihoodTerm | undefined): Subject => {
  const node = term?.expected ?? approx.data.model.prediction, { observed, dist } = term ?? {}
  const coin = dist?.family === 'bernoulli' && observed !== undefined && errorsOf(observed) === undefined && shapeOf(observed).length === 1 ? dist : undefined
  return {
    node, centred: true, kind: term?.classes === true ? 'classes' : coin !== undefined ? 'binary' : 'real',
    logs: coin === undefined ? [] : [0, 1].map((k) => Dist.logDensity(coin)(B.scalar(k, 'i32')))
  }
}

const inputsAt = (approx: Approximation, rows: Rows, at: Counters): readonly Replacement[] =>
  Object.entries(valuesAt(rows, at.rows)).map(([k, v]) => [approx.data.model.inputs[k], v])

/** The node's value and, for classes, its log: read off one pass through the network. A probability of 1 becomes those of 0 and 1. */
const valueAndLog = (nodes: readonly Tensor[], kind: Subject['kind'], size: number): readonly Tensor[] => {
  const [value, ...logs] = bindExtents({ batch: size })(nodes)
  return stabilise(kind === 'binary' ? [B.stack([B.sub(1, value), value], 1), B.stack(logs, 1)] : kind === 'classes' ? [value, B.log(value)] : [value])
}

/** Draws of the subject, added to its statistics. */
const drawStep = (approx: Approximation, s: Subject, rows: Rows, o: Settings) => ({ rows: size, draws }: Chunk): Work => {
  const { known, values } = asInputs(approx.data)
  const at = countersAt(size, draws)
  const i = B.leaf('input', 'draw', [], 'u32')
  const nodes = drawOf(known, { seed: B.leaf('input', 'seed', [2], 'u32'), i, more: inputsAt(approx, rows, at), rows: at.rows })([s.node, ...s.logs])
  const one = valueAndLog(nodes, s.kind, size)
  const [value, logs] = draws === 1
    ? replace([[i, at.sample]])(one).map((t) => B.expandDims(t, 0))
    : batch(draws, [[i, B.add(B.iota([draws], 0, 'u32'), at.sample)]])(one)
  const wrong = errorsOf(value)
  const shape = wrong === undefined ? (shapeOf(value) as readonly number[]) : [draws, size]
  const width = sizeOf(shape.slice(2))
  const flat = (t: Tensor): Tensor => B.reshape(t, [draws, size, width])
  const stats = statistics({
    draws, rows: size, width, values: flat(value), logs: s.kind === 'real' ? undefined : flat(logs), seen: at.sample, samples: at.samples,
    keep: o.quantiles.length === 0 ? 0 : Math.min(o.samples, MOST_KEPT)
  })
  return {
    fn: { outputs: {}, updates: { ...at.updates, ...stats.updates }, record: {}, extents: { batch: size } },
    values: { ...values, ...arraysOf(rows), ...at.values(rows.n, o.samples), ...stats.values, seed: { shape: [2], data: seedWords(o.seed) } }
  }
}

/** The subject at the centre. */
const centreStep = (approx: Approximation, node: Tensor, values: HostArrays, rows: Rows) => ({ rows: size }: Chunk): Work => {
  const at = countersAt(size)
  const [put] = replace(inputsAt(approx, rows, at))([node])
  const [value] = valueAndLog([put], 'real', size)
  return {
    fn: { outputs: { value }, updates: at.updates, record: {}, extents: { batch: size } },
    values: { ...values, ...arraysOf(rows), ...at.values(rows.n, 1) }
  }
}

// -----------------------------------------------------------------------------
// results
// -----------------------------------------------------------------------------

/** Of [n, 2 p] numbers, p for each of 0 and 1, those for 1. */
const ofOne = (a: Float64Array, n: number): Float64Array => {
  const p = a.length / n / 2
  return Float64Array.from({ length: n * p }, (_, i) => a[(2 * Math.floor(i / p) + 1) * p + (i % p)])
}

const summarise = (s: Subject, n: number, o: Settings, drawn: Gathered, centre: Gathered | undefined): Predictions => {
  const shape = shapeOf(s.node).slice(1) as readonly number[]
  const draws = o.samples, a = drawn.arrays
  // A binary prediction is told of as one number a row, its classes as two.
  const each = s.kind === 'binary' ? [2] : shape, width = sizeOf(each)
  const told = (x: Float64Array): Float64Array => (s.kind === 'binary' ? ofOne(x, n) : x)
  const full = <A extends ArrayLike<number>>(data: A, of = shape): NdArray<A> => ({ shape: [n, ...of], data })
  const rows = <A extends ArrayLike<number>>(data: A): NdArray<A> => ({ shape: [n], data })
  const none = { shape: [0], data: new Float64Array(0) }
  const noneWhole = { shape: [0], data: new Int32Array(0) }
  const plugIn = centre?.arrays['value']
  const mean = a['stat.mean']
  const common = {
    samples: draws,
    plan: { ...drawn.plan, chunk: drawn.chunk },
    meanPlugIn: plugIn === undefined ? none : full(plugIn),
    predictiveMean: full(told(mean)),
    variance: full(told(a['stat.m2']).map((m) => m / draws)),
    quantiles: {
      p: o.quantiles, draws: o.quantiles.length === 0 ? 0 : Math.min(draws, MOST_KEPT),
      values: o.quantiles.length === 0 ? none : { shape: [n, ...shape, o.quantiles.length], data: told(a['stat.kept']) }
    }
  }
  if (s.kind === 'real')
    return {
      kind: 'real', ...common, logPredictiveMean: none, predictiveMode: noneWhole, plugInMode: noneWhole, meanMode: noneWhole, expectedErrorRate: none,
      expectedError: none, votes: noneWhole, totalEntropy: none, aleatoricEntropy: none, epistemicEntropy: none
    }
  const votes = Int32Array.from(a['stat.votes']), mode = modes(votes, width)
  const total = entropyRows(mean, width), within = a['stat.entropy']
  return {
    kind: s.kind,
    ...common,
    logPredictiveMean: full(logMean(a['stat.top'], a['stat.tail'], draws), each),
    predictiveMode: rows(mode),
    plugInMode: plugIn === undefined ? noneWhole : rows(argmaxRows(plugIn, s.kind === 'binary' ? 1 : width)),
    meanMode: rows(argmaxRows(mean, width)),
    expectedErrorRate: rows(Float64Array.from(mode, (k, i) => 1 - votes[i * width + k] / draws)),
    expectedError: rows(Float64Array.from(mode, (k, i) => 1 - mean[i * width + k])),
    votes: full(votes, each),
    totalEntropy: rows(total),
    aleatoricEntropy: rows(within),
    // The means of the two are rounded apart: where draws agree the difference may be below 0.
    epistemicEntropy: rows(total.map((h, i) => Math.max(0, h - within[i])))
  }
}

const checkQuantiles = (p: unknown): Either<GelatoErrors, void> =>
  Array.isArray(p) && p.every((q) => typeof q === 'number' && q >= 0 && q <= 1)
    ? E.right(undefined)
    : fail('BadOption', ['predict', 'quantiles'], shown(p), 'a list of numbers from 0 to 1', 'give [0.05, 0.5, 0.95], say')

/** Predictions of any node over the rows of new data. */
export const predictSubject = (approx: Approximation, subject: Subject, data: DatasetInput, options: PredictOptions): TaskEither<GelatoError, Predictions> => {
  const { samples = 100, seed = 0, quantiles = [], batchSize } = options ?? {}
  return pipe(
    toTask(pipe(
      knownOptions(['predict'], OPTIONS)(options),
      E.chain(() => whole(['predict', 'samples'], samples)),
      E.chain(() => wholeSeed(['predict', 'seed'], seed)),
      E.chain(() => whole(['predict', 'batchSize'], batchSize ?? 1)),
      E.chain(() => checkQuantiles(quantiles)),
      E.chain(() => checkWhere(['predict'], options ?? {})),
      E.chain((): Either<GelatoErrors, Rows> => Object.keys(approx.data.model.inputs).length === 0
        ? fail('NoInputs', ['predict'], 'a model without inputs', 'rows to predict', 'use approx.sampleNode and evaluate')
        : rowsFor(approx.data.model, data, { observed: false }))
    )),
    TE.chain((rows) => {
      const o: Settings = { samples, seed, quantiles }
      const open = chunkOpenerOf(options), data = withRoom(rows)
      const { known, values } = asInputs(approx.data)
      const centre = subject.centred ? O.toUndefined(centreOf(known, [])([subject.node])) : undefined
      return watching(subject.centred ? ['predict'] : ['predict', 'observed'], options, (w) => {
        const plugIn = centre === undefined
          ? TE.right<GelatoError, Gathered | undefined>(undefined)
          : pipe(
              open({ ...streamChunks(rows, 1, batchSize), at: centreStep(approx, centre[0], values, data) }),
              TE.chain((opened) => gathered(opened, rows.n, 1, { ...w, tell: () => {} }, ['value']))
            )
        const drawn = pipe(
          open({ ...streamChunks(rows, samples, batchSize), at: drawStep(approx, subject, data, o) }),
          TE.chain((opened) => gathered(opened, rows.n, samples, w, statisticNames(subject.kind !== 'real', quantiles.length > 0),
            (k, v) => (k === 'stat.kept' ? quantilesOf(v.shape[0], v.data, quantiles) : v.data)))
        )
        return pipe(plugIn, TE.chain((plug) => pipe(drawn, TE.map((d) => summarise(subject, rows.n, o, d, plug)))))
      })
    })
  )
}

const expected = (approx: Approximation, data: DatasetInput, options: PredictOptions = {}): TaskEither<GelatoError, Predictions> =>
  pipe(toTask(pipe(checkApproximation(['predict'], approx), E.chain(() => observationOf(approx, ['predict', 'name'], options?.name)))), TE.chain((term) => predictSubject(approx, subjectOf(approx, term), data, options)))

const observed = (approx: Approximation, data: DatasetInput, options: PredictOptions = {}): TaskEither<GelatoError, Predictions> =>
  pipe(toTask(pipe(checkApproximation(['predict'], approx), E.chain(() => observationOf(approx, ['predict', 'observed'], options?.name)))), TE.chain((term) => term?.observed === undefined
    ? TE.left(gelatoError('UnknownObservation', ['predict', 'observed'], 'a model without observations', 'an observation with a distribution', 'observe the model through one'))
    : predictSubject(approx, { node: B.float(term.observed), kind: 'real', logs: [], centred: false }, data, options)))

/**
 * Predicts new rows. For classes: probabilities at the centre and over draws, the mode
 * of draws, doubt; for 0 or 1 the same of the probability of 1; for real outputs mean and
 * variance of E[y | x, w]. `predict.observed` summarises draws of y itself, noise included
 * (and has no centre). `predict.logLikelihood` gives the log likelihood of y that is given,
 * by draw and row: what `Metrics.waic` and `Metrics.loo` take. Of several observations
 * `name` picks one.
 *
 * Errors: those of the data and options, `NoInputs`, `UnknownObservation`, `Aborted` (nothing
 * is kept), `ObserverFailed`.
 *
 * @example
 * const post = await orThrow(predict(approx, { x: test.x }, { samples: 100, seed: 1 }))
 * const held = await orThrow(predict.logLikelihood(approx, { x: train.x, y: train.y }, { samples: 1000 }))
 * Metrics.loo(held)     // { elpd, se, p, ... }
 */
export const predict: typeof expected & { readonly observed: typeof observed; readonly logLikelihood: typeof logLikelihood } =
  Object.assign(expected, { observed, logLikelihood })
