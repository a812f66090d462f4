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
import { fail, gelatoError, knownOptions, toTask } from '../error.ts'
import type { GelatoError, GelatoErrors } from '../error.ts'
import type { Chunk, Plan } from '../compile/plan.ts'
import type { DatasetInput, NdArray } from '../dataset/index.ts'
import type { Approximation } from '../infer/approximation.ts'
import { countersAt, streamChunks } from '../infer/chunks.ts'
import type { Counters } from '../infer/chunks.ts'
import { asInputs, centreOf, drawOf } from '../infer/draws.ts'
import { positiveWhole } from '../infer/elbo.ts'
import { seedWords, wholeSeed } from '../infer/keys.ts'
import { EXECUTOR, chunkOpenerOf } from '../infer/open.ts'
import type { Executor } from '../infer/open.ts'
import { arraysOf, rowsFor, valuesAt } from '../infer/rowdata.ts'
import type { Rows } from '../infer/rowdata.ts'
import type { LikelihoodTerm } from '../model/index.ts'
import type { Opened, Work } from '../run/chunk.ts'
import { checkWhere } from '../run/where.ts'
import type { HostArray, HostArrays } from '../run/session.ts'
import { batch } from '../tensor/batch.ts'
import * as B from '../tensor/build.ts'
import { bindExtents, replace } from '../tensor/replace.ts'
import type { Replacement } from '../tensor/replace.ts'
import { stabilise } from '../tensor/stabilise.ts'
import { errorsOf, shapeOf } from '../tensor/node.ts'
import type { Tensor } from '../tensor/node.ts'
import { argmaxRows, entropyRows } from './metrics.ts'
import { logMean, modes, quantilesOf, statisticNames, statistics } from './statistics.ts'

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
 * filled; for real outputs the fields of classes have no elements, and mean and variance
 * are those of E[y | x, w] over draws of w.
 */
export interface Predictions {
  readonly kind: 'classes' | 'real'
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
  /** Mutual information of class and weights. */
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

/** What is predicted: a node, and whether it holds probabilities of classes. */
export interface Subject {
  readonly node: Tensor
  readonly classes: boolean
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
const subjectOf = (approx: Approximation, term: LikelihoodTerm | undefined): Subject =>
  ({ node: term?.expected ?? approx.data.model.prediction, classes: term?.classes ?? false, centred: true })

const inputsAt = (approx: Approximation, rows: Rows, at: Counters): readonly Replacement[] =>
  Object.entries(valuesAt(rows, at.rows)).map(([k, v]) => [approx.data.model.inputs[k], v])

/** The node's value and, for classes, its log: read off one pass through the network. */
const valueAndLog = (t: Tensor, classes: boolean, size: number): readonly Tensor[] => {
  const [value] = bindExtents({ batch: size })([t])
  return stabilise([value, ...(classes ? [B.log(value)] : [])])
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

/** Draws of the subject, added to its statistics. */
const drawStep = (approx: Approximation, s: Subject, rows: Rows, o: Settings) => ({ rows: size, draws }: Chunk): Work => {
  const { known, values } = asInputs(approx.data)
  const at = countersAt(size, draws)
  const i = B.leaf('input', 'draw', [], 'u32')
  const [node] = drawOf(known, { seed: B.leaf('input', 'seed', [2], 'u32'), i, more: inputsAt(approx, rows, at), rows: at.rows })([s.node])
  const one = valueAndLog(node, s.classes, size)
  const [value, logs] = draws === 1
    ? replace([[i, at.sample]])(one).map((t) => B.expandDims(t, 0))
    : batch(draws, [[i, B.add(B.iota([draws], 0, 'u32'), at.sample)]])(one)
  const wrong = errorsOf(value)
  const shape = wrong === undefined ? (shapeOf(value) as readonly number[]) : [draws, size]
  const width = sizeOf(shape.slice(2))
  const flat = (t: Tensor): Tensor => B.reshape(t, [draws, size, width])
  const stats = statistics({
    draws, rows: size, width, values: flat(value), logs: s.classes ? flat(logs) : undefined, seen: at.sample, samples: at.samples,
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
  const [value] = valueAndLog(put, false, size)
  return {
    fn: { outputs: { value }, updates: at.updates, record: {}, extents: { batch: size } },
    values: { ...values, ...arraysOf(rows), ...at.values(rows.n, 1) }
  }
}

// -----------------------------------------------------------------------------
// streaming
// -----------------------------------------------------------------------------

/** What was read of each chunk of rows, laid end to end. */
interface Streamed {
  readonly chunk: Chunk
  readonly plan: Plan
  readonly arrays: Readonly<Record<string, Float64Array>>
}

/** Steps a session through all chunks of rows, each through all draws, and gathers what `take` makes of a chunk: arrays by name, rows first. */
const stream = (
  { session, chunk }: Opened, n: number, samples: number, names: readonly string[], o: PredictOptions,
  take: (name: string, a: HostArray) => ArrayLike<number>, told: (share: number) => void
): TaskEither<GelatoError, Streamed> => async () => {
  const steps = Math.ceil(samples / chunk.draws), piece = Math.ceil(steps / 16)
  const arrays: Record<string, Float64Array> = {}
  try {
    for (let row = 0; row < n; row += chunk.rows) {
      const count = Math.min(chunk.rows, n - row)
      for (let done = 0; done < steps; done += piece) {
        const ran = await session.run(Math.min(piece, steps - done), o.signal === undefined ? {} : { signal: o.signal })()
        if (E.isLeft(ran)) return ran
        told((row + (count * Math.min(steps, done + piece)) / steps) / n)
      }
      const got = await session.read(names)()
      if (E.isLeft(got)) return got
      for (const k of names) {
        const values = take(k, got.right[k]), per = values.length / chunk.rows
        const all = (arrays[k] ??= new Float64Array(n * per))
        for (let i = 0; i < count * per; i++) all[row * per + i] = values[i]
      }
    }
    return E.right({ chunk, plan: session.plan, arrays })
  } finally {
    session.destroy()
  }
}

// -----------------------------------------------------------------------------
// results
// -----------------------------------------------------------------------------

const summarise = (s: Subject, n: number, o: Settings, drawn: Streamed, centre: Streamed | undefined): Predictions => {
  const shape = shapeOf(s.node).slice(1) as readonly number[]
  const draws = o.samples, width = sizeOf(shape), a = drawn.arrays
  const full = <A extends ArrayLike<number>>(data: A): NdArray<A> => ({ shape: [n, ...shape], data })
  const rows = <A extends ArrayLike<number>>(data: A): NdArray<A> => ({ shape: [n], data })
  const none = { shape: [0], data: new Float64Array(0) }
  const noneWhole = { shape: [0], data: new Int32Array(0) }
  const plugIn = centre?.arrays['value']
  const mean = a['stat.mean']
  const common = {
    samples: draws,
    plan: { ...drawn.plan, chunk: drawn.chunk },
    meanPlugIn: plugIn === undefined ? none : full(plugIn),
    predictiveMean: full(mean),
    variance: full(a['stat.m2'].map((m) => m / draws)),
    quantiles: {
      p: o.quantiles, draws: o.quantiles.length === 0 ? 0 : Math.min(draws, MOST_KEPT),
      values: o.quantiles.length === 0 ? none : { shape: [n, ...shape, o.quantiles.length], data: a['stat.kept'] }
    }
  }
  if (!s.classes)
    return {
      kind: 'real', ...common, logPredictiveMean: none, predictiveMode: noneWhole, plugInMode: noneWhole, meanMode: noneWhole, expectedErrorRate: none,
      expectedError: none, votes: noneWhole, totalEntropy: none, aleatoricEntropy: none, epistemicEntropy: none
    }
  const votes = Int32Array.from(a['stat.votes']), mode = modes(votes, width)
  const total = entropyRows(mean, width), within = a['stat.entropy']
  return {
    kind: 'classes',
    ...common,
    logPredictiveMean: full(logMean(a['stat.top'], a['stat.tail'], draws)),
    predictiveMode: rows(mode),
    plugInMode: plugIn === undefined ? noneWhole : rows(argmaxRows(plugIn, width)),
    meanMode: rows(argmaxRows(mean, width)),
    expectedErrorRate: rows(Float64Array.from(mode, (k, i) => 1 - votes[i * width + k] / draws)),
    expectedError: rows(Float64Array.from(mode, (k, i) => 1 - mean[i * width + k])),
    votes: full(votes),
    totalEntropy: rows(total),
    aleatoricEntropy: rows(within),
    epistemicEntropy: rows(total.map((h, i) => h - within[i]))
  }
}

const checkQuantiles = (p: unknown): Either<GelatoErrors, void> =>
  Array.isArray(p) && p.every((q) => typeof q === 'number' && q >= 0 && q <= 1)
    ? E.right(undefined)
    : fail('BadOption', ['predict', 'quantiles'], String(p), 'a list of numbers from 0 to 1', 'give [0.05, 0.5, 0.95], say')

/** Predictions of any node over the rows of new data. */
export const predictSubject = (approx: Approximation, subject: Subject, data: DatasetInput, options: PredictOptions): TaskEither<GelatoError, Predictions> => {
  const { samples = 100, seed = 0, quantiles = [], batchSize } = options ?? {}
  return pipe(
    toTask(pipe(
      knownOptions(['predict'], OPTIONS)(options),
      E.chain(() => positiveWhole(['predict', 'samples'], samples)),
      E.chain(() => wholeSeed(['predict', 'seed'], seed)),
      E.chain(() => positiveWhole(['predict', 'batchSize'], batchSize ?? 1)),
      E.chain(() => checkQuantiles(quantiles)),
      E.chain(() => checkWhere(['predict'], options ?? {})),
      E.chain((): Either<GelatoErrors, Rows> => Object.keys(approx.data.model.inputs).length === 0
        ? fail('NoInputs', ['predict'], 'a model without inputs', 'rows to predict', 'use approx.sampleNode and evaluate')
        : rowsFor(approx.data.model, data, { observed: false }))
    )),
    TE.chain((rows) => {
      const o: Settings = { samples, seed, quantiles }
      const open = chunkOpenerOf(options)
      const { known, values } = asInputs(approx.data)
      const centre = subject.centred ? O.toUndefined(centreOf(known, [])([subject.node])) : undefined
      const plugIn = centre === undefined
        ? TE.right<GelatoError, Streamed | undefined>(undefined)
        : pipe(
            open({ ...streamChunks(rows, 1, batchSize), at: centreStep(approx, centre[0], values, rows) }),
            TE.chain((opened) => stream(opened, rows.n, 1, ['value'], options, (_, v) => v.data, () => {}))
          )
      const drawn = pipe(
        open({ ...streamChunks(rows, samples, batchSize), at: drawStep(approx, subject, rows, o) }),
        TE.chain((opened) => stream(opened, rows.n, samples, statisticNames(subject.classes, quantiles.length > 0), options,
          (k, v) => (k === 'stat.kept' ? quantilesOf(v.shape[0], v.data, quantiles) : v.data), options.onProgress ?? (() => {})))
      )
      return pipe(plugIn, TE.chain((plug) => pipe(drawn, TE.map((d) => summarise(subject, rows.n, o, d, plug)))))
    })
  )
}

const expected = (approx: Approximation, data: DatasetInput, options: PredictOptions = {}): TaskEither<GelatoError, Predictions> =>
  pipe(toTask(observationOf(approx, ['predict', 'name'], options?.name)), TE.chain((term) => predictSubject(approx, subjectOf(approx, term), data, options)))

const observed = (approx: Approximation, data: DatasetInput, options: PredictOptions = {}): TaskEither<GelatoError, Predictions> =>
  pipe(toTask(observationOf(approx, ['predict', 'observed'], options?.name)), TE.chain((term) => term?.observed === undefined
    ? TE.left(gelatoError('UnknownObservation', ['predict', 'observed'], 'a model without observations', 'an observation with a distribution', 'observe the model through one'))
    : predictSubject(approx, { node: B.float(term.observed), classes: false, centred: false }, data, options)))

/**
 * Predicts new rows. For classes: probabilities at the centre and over draws, the mode
 * of draws, doubt; for real outputs mean and variance of E[y | x, w].
 * `predict.observed` summarises draws of y itself, noise included (and has no centre).
 * Of several observations `name` picks one.
 *
 * @example
 * const post = await orThrow(predict(approx, { x: test.x }, { samples: 100, seed: 1 }))
 */
export const predict: typeof expected & { readonly observed: typeof observed } = Object.assign(expected, { observed })
