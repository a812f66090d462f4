/**
 * The log likelihood of given observations, by draw and row: what WAIC, leave-one-out
 * cross-validation and any other score of held-out data are made of. Streamed as `predict`
 * is, with a few steps between two reads.
 *
 * Laws: the numbers are those of `evaluate(sampleNode(Model.logLikelihood(model)))` with
 * the same seed; they don't depend on how rows and draws are chunked.
 *
 * @since 0.5.0
 */
import { E, TE, pipe } from '../fp.ts'
import type { Either, TaskEither } from '../fp.ts'
import { fail, knownOptions, toTask } from '../error.ts'
import type { GelatoError, GelatoErrors } from '../error.ts'
import type { Chunk } from '../compile/plan.ts'
import { rowSize } from '../dataset/index.ts'
import type { DatasetInput, NdArray } from '../dataset/index.ts'
import { checkApproximation } from '../infer/approximation.ts'
import type { Approximation } from '../infer/approximation.ts'
import { countersAt, streamChunks, withRoom } from '../infer/chunks.ts'
import { asInputs, drawOf } from '../infer/draws.ts'
import { seedWords } from '../infer/keys.ts'
import { EXECUTOR, chunkOpenerOf } from '../infer/open.ts'
import type { Executor } from '../infer/open.ts'
import { arraysOf, rowsFor, valuesAt } from '../infer/rowdata.ts'
import type { Rows } from '../infer/rowdata.ts'
import { roomOf, whole, wholeSeed } from '../infer/whole.ts'
import { logLikelihood as jointly } from '../model/density.ts'
import type { LikelihoodTerm } from '../model/index.ts'
import type { Work } from '../run/chunk.ts'
import { checkWhere } from '../run/where.ts'
import { batch } from '../tensor/batch.ts'
import * as B from '../tensor/build.ts'
import type { Tensor } from '../tensor/node.ts'
import { leafName } from '../tensor/ops/leaves.ts'
import { bindExtents } from '../tensor/replace.ts'
import { stabilise } from '../tensor/stabilise.ts'
import { stream, watching } from './stream.ts'
import type { Watch } from './stream.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Options of `predict.logLikelihood`. */
export interface LogLikelihoodOptions extends Executor, Watch {
  /** The observation whose likelihood it is; all of them together, by row, when absent. */
  readonly name?: string
  /** Draws of the latent variables. Default 1,000. */
  readonly samples?: number
  readonly seed?: number
  /** Rows at a time, at most. Default 500 on a software adapter, 4,000 on a GPU; fewer where `memory` asks for it. */
  readonly batchSize?: number
}

/** Log likelihoods [samples, rows]. */
export interface LogLikelihoods extends NdArray {
  /** Rows without an observation, whose numbers are 0: `Metrics.waic` and `Metrics.loo` don't count them. */
  readonly missing: readonly number[]
}

const PATH = ['predict', 'logLikelihood'] as const
const OPTIONS = ['name', 'samples', 'seed', 'batchSize', 'signal', 'onProgress', ...EXECUTOR]

/** Steps between two reads, at most: a read waits for the device, and what is kept until then is moved by every step. */
const TOGETHER = 16

const stepsTogether = (samples: number, draws: number): number => Math.min(TOGETHER, Math.ceil(samples / draws))

// -----------------------------------------------------------------------------
// the step
// -----------------------------------------------------------------------------

/** Whose likelihood it is: the observations and their sum by row. */
interface Subject {
  readonly terms: readonly LikelihoodTerm[]
  readonly node: Tensor
}

const subjectOf = (approx: Approximation, name: string | undefined): Either<GelatoErrors, Subject> => {
  const { model } = approx.data, found = model.likelihoods.find((l) => l.name === name)
  return name === undefined ? E.right({ terms: model.likelihoods, node: jointly(model) })
    : found !== undefined ? E.right({ terms: [found], node: found.logLik })
      : fail('UnknownObservation', [...PATH, 'name'], `'${name}'`, `one of ${model.likelihoods.map((l) => l.name).join(', ')}`, 'name an observation of the model, or leave the name out for all of them')
}

/** Rows that have none of the observations. */
const missingIn = (rows: Rows, terms: readonly LikelihoodTerm[]): readonly number[] => {
  const masks = terms.map(({ mask }) => (mask === undefined ? undefined : rows.fields[leafName(mask) ?? '']))
  const none = (row: number): boolean => masks.every((f) => f !== undefined && f.data.subarray(row * rowSize(f), (row + 1) * rowSize(f)).every((v) => v === 0))
  return terms.length === 0 ? [] : Array.from({ length: rows.n }, (_, row) => row).filter(none)
}

/** Draws of the log likelihood by row, laid into a block of as many steps as are read together. */
const step = (approx: Approximation, node: Tensor, rows: Rows, samples: number, seed: number) => ({ rows: size, draws }: Chunk): Work => {
  const { known, values } = asInputs(approx.data)
  const at = countersAt(size, draws), i = B.leaf('input', 'draw', [], 'u32')
  const more = Object.entries(valuesAt(rows, at.rows)).map(([k, v]) => [rows.leaves[k], v] as const)
  const drawn = drawOf(known, { seed: B.leaf('input', 'seed', [2], 'u32'), i, more, rows: at.rows })([node])
  const one = stabilise(bindExtents({ batch: size })(drawn))
  const [now] = batch(draws, [[i, B.add(B.iota([draws], 0, 'u32'), at.sample)]])(one)
  const block = draws * stepsTogether(samples, draws), shape = [block, size]
  const place = B.iota([block], 0, 'u32'), from = B.mod(at.sample, B.scalar(block, 'u32')), here = B.sub(B.max(place, from), from)
  const mine = B.and(B.ge(place, from), B.lt(here, B.scalar(draws, 'u32')))
  const kept = B.select(B.expandDims(mine, 1), B.take(B.broadcastTo(now, [draws, size]), B.min(here, B.scalar(draws - 1, 'u32'))), B.leaf('state', 'logLik', shape))
  return {
    fn: { outputs: {}, updates: { ...at.updates, logLik: kept }, record: {}, extents: { batch: size } },
    values: {
      ...values, ...arraysOf(rows), ...at.values(rows.n, samples),
      logLik: { shape, data: new Float32Array(block * size) }, seed: { shape: [2], data: seedWords(seed) }
    }
  }
}

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/**
 * Log likelihood in nats of each row of given data under each draw, [samples, rows]: as the
 * model has it, with its weights, 0 where an observation is missing. The data are what it is
 * made of: inputs and observations, with `name` those of one. Draw i is that of `predict` and
 * `sampleNode` with the same seed.
 *
 * Errors: those of the data and options, `UnknownObservation`, `TooLarge`, `Aborted`, `ObserverFailed`.
 *
 * @example
 * const held = await orThrow(predict.logLikelihood(approx, { x: test.x, y: test.y }, { samples: 1000, seed: 1 }))
 * held.shape            // [1000, rows]
 * Metrics.waic(held)    // { elpd, se, p, ... }
 */
export const logLikelihood = (approx: Approximation, data: DatasetInput, options: LogLikelihoodOptions = {}): TaskEither<GelatoError, LogLikelihoods> => {
  const { samples = 1000, seed = 0, batchSize, name } = options ?? {}
  return pipe(
    toTask(pipe(
      checkApproximation(PATH, approx),
      E.chain(() => knownOptions(PATH, OPTIONS)(options)),
      E.chain(() => whole([...PATH, 'samples'], samples)),
      E.chain(() => wholeSeed([...PATH, 'seed'], seed)),
      E.chain(() => whole([...PATH, 'batchSize'], batchSize ?? 1)),
      E.chain(() => checkWhere(PATH, options ?? {})),
      E.chain(() => subjectOf(approx, name)),
      E.bind('rows', ({ node }) => rowsFor(approx.data.model, data, { observed: true, of: node })),
      E.bind('values', ({ rows }) => roomOf([...PATH, 'samples'], `${samples} draws of ${rows.n} rows`, () => new Float32Array(samples * rows.n)))
    )),
    TE.chain(({ terms, node, rows, values }) => {
      const n = rows.n
      return watching(PATH, options, (w) => pipe(
        chunkOpenerOf(options)({ ...streamChunks(rows, samples, batchSize), at: step(approx, node, withRoom(rows), samples, seed) }),
        TE.chain((opened) => stream(opened, n, samples, w, {
          names: ['logLik'], every: () => stepsTogether(samples, opened.chunk.draws),
          take: (_, a, { row, count, from, to }) => {
            for (let d = from; d < to; d++) values.set(a.data.subarray((d - from) * opened.chunk.rows, (d - from) * opened.chunk.rows + count), d * n + row)
          }
        })),
        TE.map((): LogLikelihoods => ({ shape: [samples, n], data: values, missing: missingIn(rows, terms) }))
      ))
    })
  )
}
