/**
 * How well a model is expected to predict new rows, from the log likelihood of those it has
 * seen: WAIC and Pareto-smoothed leave-one-out cross-validation (Vehtari, Gelman, Gabry
 * 2017), as pure functions of log likelihoods [draws, rows] in nats.
 *
 * Laws: elpd = lppd - p, in each row and in sum; the order of the draws doesn't matter. Both
 * take the draws for draws of the posterior: where an approximation is too narrow, so is p.
 *
 * @since 0.5.0
 */
import { smoothWeights } from './pareto.ts'
import { logMeanExp, refuse } from './refuse.ts'
import type { Vector } from './refuse.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Log likelihoods by draw and row, as `predict.logLikelihood` gives them. */
export interface Pointwise {
  readonly shape: readonly number[]
  readonly data: Vector
  /** Rows without an observation, which are not counted. */
  readonly missing?: readonly number[]
}

/** Expected log predictive density of as many new rows: higher is better; -2 elpd is the deviance scale. */
export interface Elpd {
  /** Its estimate, in nats, and the standard error sqrt(n V) from the variance V between rows (divisor n - 1). */
  readonly elpd: number
  readonly se: number
  /** Effective number of parameters: what is lost to having seen the rows. */
  readonly p: number
  /** Log predictive density of the rows that were seen. */
  readonly lppd: number
  readonly draws: number
  /** Rows that have an observation. */
  readonly rows: number
  /** The same by row, 0 in those that have none. */
  readonly each: { readonly elpd: Float64Array; readonly p: Float64Array; readonly lppd: Float64Array }
  /** Rows whose term can't be trusted. */
  readonly doubtful: readonly number[]
  /** What is to be said of them, undefined where there are none. */
  readonly warning: string | undefined
}

/**
 * The same by leave-one-out, with the shape of each row's importance weights: minus infinity where they are all the same, as
 * for a row that is certain, or missing.
 */
export interface Loo extends Elpd {
  readonly k: Float64Array
  /** The largest shape that can be trusted with so many draws: min(1 - 1 / log10(draws), 0.7). */
  readonly goodK: number
}

// -----------------------------------------------------------------------------
// helpers
// -----------------------------------------------------------------------------

interface Columns {
  readonly draws: number
  readonly rows: number
  /** Is there an observation? */
  readonly there: (row: number) => boolean
  readonly of: (row: number) => Float64Array
}

/** The columns of a table, checked. */
const columns = (name: string, { shape, data, missing }: Pointwise): Columns => {
  const [draws, rows] = shape ?? [], gone = new Set(missing ?? [])
  if (shape?.length !== 2 || !(draws >= 2) || !(rows >= 1) || data?.length !== draws * rows)
    return refuse('RowMismatch', ['Metrics', name], `shape [${String(shape)}] and ${data?.length ?? 'no'} numbers`, 'log likelihoods [draws, rows], of two draws or more', 'give what predict.logLikelihood gives')
  if ([...gone].some((row) => !Number.isInteger(row) || row < 0 || row >= rows))
    return refuse('RowMismatch', ['Metrics', name, 'missing'], String(missing), `rows from 0 to ${rows - 1}`, 'give what predict.logLikelihood gives')
  return { draws, rows, there: (row) => !gone.has(row), of: (row) => Float64Array.from({ length: draws }, (_, s) => data[s * rows + row]) }
}

const sum = (xs: Float64Array): number => xs.reduce((a, b) => a + b, 0)

/** Variance with divisor n - 1. */
const variance = (xs: Float64Array): number => {
  const m = sum(xs) / xs.length
  return xs.reduce((a, x) => a + (x - m) ** 2, 0) / (xs.length - 1)
}

const total = ({ draws, there }: Columns, each: Elpd['each'], doubtful: readonly number[], why: (n: number) => string): Elpd => {
  const counted = each.elpd.filter((_, row) => there(row)), rows = counted.length
  return {
    elpd: sum(each.elpd), se: Math.sqrt(rows * variance(counted)), p: sum(each.p), lppd: sum(each.lppd), draws, rows, each, doubtful,
    warning: doubtful.length === 0 ? undefined : why(doubtful.length)
  }
}

const rowsText = (n: number): string => (n === 1 ? '1 row' : `${n} rows`)
const where = (xs: Float64Array, wrong: (x: number) => boolean): readonly number[] => [...xs.keys()].filter((i) => wrong(xs[i]))

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/**
 * The widely applicable information criterion (Watanabe 2010) on the scale of elpd: lppd, the log of the mean likelihood
 * over draws, less p, the variance over draws (divisor S - 1) of the log likelihood. Doubtful are rows whose variance is
 * above 0.4. Throws, as an `Error` with the reason, where it isn't given [draws, rows].
 *
 * @example
 * Metrics.waic({ shape: [2, 1], data: [Math.log(0.2), Math.log(0.4)] }).lppd   // log 0.3
 */
export const waic = (logLikelihood: Pointwise): Elpd => {
  const table = columns('waic', logLikelihood), { rows, there, of } = table
  const lppd = new Float64Array(rows), p = new Float64Array(rows)
  for (let i = 0; i < rows; i++) {
    if (!there(i)) continue
    const column = of(i)
    lppd[i] = logMeanExp(column)
    p[i] = variance(column)
  }
  return total(table, { elpd: lppd.map((l, i) => l - p[i]), p, lppd }, where(p, (v) => !(v <= 0.4)), (n) =>
    `${rowsText(n)} with a variance above 0.4: WAIC may be off; look at Metrics.loo, whose k says of each row whether it can be trusted`)
}

/**
 * Leave-one-out cross-validation without fitting again: each row is predicted with the draws weighted by 1 / likelihood,
 * the weights smoothed by a Pareto tail. Doubtful are rows whose k is above `goodK`, but for those where no draw weighs 5 % more
 * than the mean: without them nearly nothing changes. Throws, as an `Error` with the
 * reason, where it isn't given [draws, rows].
 *
 * @example
 * const { elpd, se, k } = Metrics.loo(await orThrow(predict.logLikelihood(approx, train, { samples: 2000 })))
 */
export const loo = (logLikelihood: Pointwise): Loo => {
  const table = columns('loo', logLikelihood), { draws, rows, there, of } = table
  const goodK = Math.min(1 - 1 / Math.log10(draws), 0.7)
  const elpd = new Float64Array(rows), lppd = new Float64Array(rows), k = new Float64Array(rows).fill(-Infinity), doubted: number[] = []
  for (let i = 0; i < rows; i++) {
    if (!there(i)) continue
    const column = of(i), smoothed = smoothWeights(column.map((l) => -l))
    elpd[i] = Math.log(draws) + logMeanExp(column.map((l, s) => l + smoothed.logWeights[s]))
    lppd[i] = logMeanExp(column)
    k[i] = smoothed.k
    if (!(smoothed.k <= goodK) && !smoothed.slight) doubted.push(i)
  }
  return {
    ...total(table, { elpd, lppd, p: lppd.map((l, i) => l - elpd[i]) }, doubted, (n) =>
      `${rowsText(n)} with k above ${goodK.toFixed(2)}: the draws say too little of a fit without them; take more draws, or fit again without these rows`),
    k, goodK
  }
}
