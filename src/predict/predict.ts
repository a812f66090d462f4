/**
 * `predict`: what an approximation says of new rows, over draws that are streamed, so
 * that neither rows nor draws need fit in memory together.
 *
 * Laws: the statistics are those of `evaluate(sampleNode(prediction))` with the same
 * seed, counts exactly; they don't depend on how rows are chunked.
 *
 * @since 0.1.0
 */
import { E, O, TE, pipe } from '../fp.ts'
import type { Either, TaskEither } from '../fp.ts'
import { fail, gelatoError, knownOptions, toTask } from '../error.ts'
import type { GelatoError, GelatoErrors } from '../error.ts'
import * as Dist from '../dist/index.ts'
import type { DatasetInput, NdArray } from '../dataset/index.ts'
import type { Approximation } from '../infer/approximation.ts'
import { countersAt } from '../infer/chunks.ts'
import type { Counters } from '../infer/chunks.ts'
import { asInputs, centreOf, drawOf } from '../infer/draws.ts'
import { positiveWhole } from '../infer/elbo.ts'
import { seedWords, wholeSeed } from '../infer/keys.ts'
import { openerOf } from '../infer/open.ts'
import type { Executor } from '../infer/open.ts'
import { arraysOf, rowsFor, valuesAt } from '../infer/rowdata.ts'
import type { Rows } from '../infer/rowdata.ts'
import type { HostArrays, Session, StepFn } from '../run/session.ts'
import * as B from '../tensor/build.ts'
import { bindExtents } from '../tensor/replace.ts'
import type { Replacement } from '../tensor/replace.ts'
import { stabilise } from '../tensor/stabilise.ts'
import type { Tensor } from '../tensor/node.ts'
import { addDraw, emptySums, logMean, modes, variance } from './accumulate.ts'
import type { Sums } from './accumulate.ts'
import { argmaxRows, entropyRows } from './metrics.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Options of `predict`. */
export interface PredictOptions extends Executor {
  /** Draws of the latent variables. Default 100. */
  readonly samples?: number
  readonly seed?: number
  /** Rows at a time. Default 500. */
  readonly batchSize?: number
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

const OPTIONS = ['samples', 'seed', 'batchSize', 'signal', 'onProgress', 'gpu', 'open']

type Settings = Required<Pick<PredictOptions, 'samples' | 'seed' | 'batchSize'>>

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

/** E[y | x, weights] where the output isn't that itself: a log rate, a logit. */
const meanOf = (model: Approximation['data']['model']): Tensor | undefined => {
  const [l] = model.likelihoods
  return l?.dist !== undefined && (l.kind === 'distribution' || l.dist.params['logits'] !== undefined) ? O.toUndefined(Dist.mean(l.dist)) : undefined
}

/** Probabilities of classes where the model has a categorical likelihood, else the expected observation. */
const subjectOf = (approx: Approximation): Subject => {
  const model = approx.data.model
  const dist = model.likelihoods.find((l) => l.dist?.family === 'categorical')?.dist
  return dist === undefined
    ? { node: meanOf(model) ?? model.prediction, classes: false, centred: true }
    : { node: dist.params['probs'] ?? B.softmax(dist.params['logits']), classes: true, centred: true }
}

const inputsAt = (approx: Approximation, rows: Rows, at: Counters): readonly Replacement[] =>
  Object.entries(valuesAt(rows, at.rows)).map(([k, v]) => [approx.data.model.inputs[k], v])

interface Step {
  readonly fn: StepFn
  readonly values: HostArrays
}

const finish = (t: Tensor, classes: boolean, at: Counters, size: number): StepFn => {
  const [value] = bindExtents({ batch: size })([t])
  // Rewritten together, so that both are read off one pass through the network.
  const [stable, log] = stabilise([value, ...(classes ? [B.log(value)] : [])])
  return { outputs: { value: stable, ...(classes ? { log } : {}) }, updates: at.updates, record: {}, extents: { batch: size } }
}

const drawStep = (approx: Approximation, s: Subject, rows: Rows, o: Settings): Step => {
  const { model, posterior } = approx.data
  const { params, values } = asInputs(posterior._tag === 'Family' ? posterior.params : {})
  const at = countersAt(o.batchSize)
  const [node] = drawOf(model, posterior, params, { seed: B.leaf('input', 'seed', [2], 'u32'), i: at.sample, more: inputsAt(approx, rows, at), rows: at.rows })([s.node])
  return {
    fn: finish(node, s.classes, at, o.batchSize),
    values: { ...values, ...arraysOf(rows), ...at.values(rows.n, o.samples), seed: { shape: [2], data: seedWords(o.seed) } }
  }
}

const centreStep = (approx: Approximation, s: Subject, rows: Rows, o: Settings): Step | undefined => {
  const { model, posterior } = approx.data
  const { params, values } = asInputs(posterior._tag === 'Family' ? posterior.params : {})
  const at = countersAt(o.batchSize)
  return pipe(
    centreOf(model, posterior, params, inputsAt(approx, rows, at))([s.node]),
    O.match(() => undefined, ([node]) => ({
      fn: finish(node, false, at, o.batchSize),
      values: { ...values, ...arraysOf(rows), ...at.values(rows.n, 1) }
    }))
  )
}

// -----------------------------------------------------------------------------
// streaming
// -----------------------------------------------------------------------------

interface Stream {
  readonly sums: Sums
  readonly shape: readonly number[]
}

/** Steps a session through all chunks and draws and adds up what it gives. */
const stream = (step: Step, open: (fn: StepFn, values: HostArrays) => TaskEither<GelatoError, Session>, n: number, draws: number, size: number, o: PredictOptions, told: (share: number) => void): TaskEither<GelatoError, Stream> =>
  pipe(
    open(step.fn, step.values),
    TE.chain((session) => async (): Promise<Either<GelatoError, Stream>> => {
      const names = Object.keys(step.fn.outputs)
      let sums: Sums | undefined
      let shape: readonly number[] = []
      try {
        for (let row = 0; row < n; row += size)
          for (let draw = 0; draw < draws; draw++) {
            const ran = await session.run(1, o.signal === undefined ? {} : { signal: o.signal })()
            if (E.isLeft(ran)) return ran
            const got = await session.read(names)()
            if (E.isLeft(got)) return got
            const { value, log } = got.right
            shape = value.shape.slice(1)
            sums ??= emptySums(n, value.data.length / size)
            addDraw(sums, draw, row, Math.min(size, n - row), value.data, log?.data)
            told((row * draws + (draw + 1) * Math.min(size, n - row)) / (n * draws))
          }
        return E.right({ sums: sums ?? emptySums(n, 1), shape })
      } finally {
        session.destroy()
      }
    })
  )

// -----------------------------------------------------------------------------
// results
// -----------------------------------------------------------------------------

const summarise = (classes: boolean, n: number, draws: number, drawn: Stream, centre: Stream | undefined): Predictions => {
  const { sums, shape } = drawn
  const width = sums.width
  const full = <A extends ArrayLike<number>>(data: A): NdArray<A> => ({ shape: [n, ...shape], data })
  const rows = <A extends ArrayLike<number>>(data: A): NdArray<A> => ({ shape: [n], data })
  const none = { shape: [0], data: new Float64Array(0) }
  const noneWhole = { shape: [0], data: new Int32Array(0) }
  const common = {
    samples: draws,
    meanPlugIn: centre === undefined ? none : full(centre.sums.mean),
    predictiveMean: full(sums.mean),
    variance: full(variance(sums, draws))
  }
  if (!classes)
    return {
      kind: 'real', ...common, logPredictiveMean: none, predictiveMode: noneWhole, plugInMode: noneWhole, meanMode: noneWhole, expectedErrorRate: none,
      expectedError: none, votes: noneWhole, totalEntropy: none, aleatoricEntropy: none, epistemicEntropy: none
    }
  const mode = modes(sums)
  const total = entropyRows(sums.mean, width)
  const within = sums.entropy.map((h) => h / draws)
  return {
    kind: 'classes',
    ...common,
    logPredictiveMean: full(logMean(sums, draws)),
    predictiveMode: rows(mode),
    plugInMode: centre === undefined ? noneWhole : rows(argmaxRows(centre.sums.mean, width)),
    meanMode: rows(argmaxRows(sums.mean, width)),
    expectedErrorRate: rows(Float64Array.from(mode, (k, i) => 1 - sums.votes[i * width + k] / draws)),
    expectedError: rows(Float64Array.from(mode, (k, i) => 1 - sums.mean[i * width + k])),
    votes: full(sums.votes),
    totalEntropy: rows(total),
    aleatoricEntropy: rows(within),
    epistemicEntropy: rows(total.map((h, i) => h - within[i]))
  }
}

/** Predictions of any node over the rows of new data. */
export const predictSubject = (approx: Approximation, subject: Subject, data: DatasetInput, options: PredictOptions): TaskEither<GelatoError, Predictions> => {
  const { samples = 100, seed = 0 } = options ?? {}
  return pipe(
    toTask(pipe(
      knownOptions(['predict'], OPTIONS)(options),
      E.chain(() => positiveWhole(['predict', 'samples'], samples)),
      E.chain(() => wholeSeed(['predict', 'seed'], seed)),
      E.chain(() => positiveWhole(['predict', 'batchSize'], options.batchSize ?? 1)),
      E.chain((): Either<GelatoErrors, Rows> => Object.keys(approx.data.model.inputs).length === 0
        ? fail('NoInputs', ['predict'], 'a model without inputs', 'rows to predict', 'use approx.sampleNode and evaluate')
        : rowsFor(approx.data.model, data, { observed: false }))
    )),
    TE.chain((rows) => {
      const o: Settings = { samples, seed, batchSize: rows.fixed ?? Math.min(rows.n, options.batchSize ?? 500) }
      const open = openerOf(options)
      const told = options.onProgress ?? (() => {})
      const centre = subject.centred ? centreStep(approx, subject, rows, o) : undefined
      return pipe(
        centre === undefined ? TE.right<GelatoError, Stream | undefined>(undefined) : stream(centre, open, rows.n, 1, o.batchSize, options, () => {}),
        TE.chain((plug) => pipe(
          stream(drawStep(approx, subject, rows, o), open, rows.n, samples, o.batchSize, options, told),
          TE.map((drawn) => summarise(subject.classes, rows.n, samples, drawn, plug))
        ))
      )
    })
  )
}

const expected = (approx: Approximation, data: DatasetInput, options: PredictOptions = {}): TaskEither<GelatoError, Predictions> =>
  predictSubject(approx, subjectOf(approx), data, options)

/** Options of `predict.observed`: which likelihood, the first when absent. */
export interface ObservedOptions extends PredictOptions {
  readonly name?: string
}

const observed = (approx: Approximation, data: DatasetInput, { name, ...options }: ObservedOptions = {}): TaskEither<GelatoError, Predictions> => {
  const known = approx.data.model.likelihoods.filter((l) => l.observed !== undefined)
  const term = name === undefined ? known[0] : known.find((l) => l.name === name)
  return term?.observed === undefined
    ? TE.left(gelatoError('UnknownObservation', ['predict', 'observed'], name ?? 'no observation', `one of ${known.map((l) => l.name).join(', ')}`, 'name an observation with a distribution'))
    : predictSubject(approx, { node: B.float(term.observed), classes: false, centred: false }, data, options)
}

/**
 * Predicts new rows. For classes: probabilities at the centre and over draws, the mode
 * of draws, doubt; for real outputs mean and variance of E[y | x, w].
 * `predict.observed` summarises draws of y itself, noise included (and has no centre).
 *
 * @example
 * const post = await orThrow(predict(approx, { x: test.x }, { samples: 100, seed: 1 }))
 */
export const predict: typeof expected & { readonly observed: typeof observed } = Object.assign(expected, { observed })
