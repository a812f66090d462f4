/**
 * Scores of predictions, as pure functions on host arrays. Probabilities are
 * [n, classes] in C order, or [n] where they are those of 1 and the classes are 0 and 1;
 * labels are n class numbers.
 *
 * Law: what is no array, and arrays that don't belong together, are refused by an `Error`
 * whose `cause` is the error value (`UnknownForm`, `RowMismatch`, `BadLabel`), never scored.
 *
 * @since 0.1.0
 */
import { shown } from '../error.ts'
import { refuse } from './refuse.ts'
import type { Vector } from './refuse.ts'

export type { Vector } from './refuse.ts'
export { logMeanExp } from './refuse.ts'
export type { Elpd, Loo, Pointwise } from './elpd.ts'
export { loo, waic } from './elpd.ts'

// -----------------------------------------------------------------------------
// checks
// -----------------------------------------------------------------------------

/** Numbers by class, [rows, classes]. */
interface Table {
  readonly classes: number
  readonly data: Vector
}

/** Numbers as a table: one column is that of class 1, and `other` gives that of class 0. */
const tableOf = (data: Vector, classes: number, other: (x: number) => number): Table =>
  classes !== 1 ? { classes, data } : { classes: 2, data: Float64Array.from({ length: 2 * data.length }, (_, i) => (i % 2 === 1 ? data[i >> 1] : other(data[i >> 1]))) }

/** Numbers, whole or not, and nothing in the place of the second call. */
const numbers = (name: string, what: string, xs: unknown, rest: readonly unknown[] = []): void => {
  const length = typeof xs === 'object' && xs !== null ? (xs as { readonly length?: unknown }).length : undefined
  if (typeof length !== 'number')
    refuse('UnknownForm', ['Metrics', name], `${shown(xs)} in the place of ${what}`, 'an array of numbers', 'of what predict and Dataset give, take the numbers: post.predictiveMode.data, test.y.data')
  if (rest.length > 0)
    refuse('UnknownForm', ['Metrics', name], `${rest.length + 1} arguments at once`, 'labels first, predictions in a second call', `Metrics.${name}(labels)(predictions)`)
}

const without = (p: number): number => 1 - p
const withoutLog = (l: number): number => Math.log1p(-Math.exp(l))

const sameRows = (name: string, labels: Vector, others: Vector): void => {
  numbers(name, 'predictions', others)
  if (labels.length !== others.length)
    refuse('RowMismatch', ['Metrics', name], `${labels.length} rows that were observed, ${others.length} predictions`, 'a prediction a row', 'give both of the same rows; what predict has no numbers for (classes of real outputs) is empty')
}

const whole = (name: string, xs: Vector, classes: number, hint: string): void => {
  for (let i = 0; i < xs.length; i++)
    if (!Number.isInteger(xs[i]) || xs[i] < 0 || xs[i] >= classes)
      refuse('BadLabel', ['Metrics', name, `row ${i}`], String(xs[i]), classes === Infinity ? 'a class number from 0' : `a class number from 0 to ${classes - 1}`, hint)
}

/** The table of some labels' rows, checked. */
const labelled = (name: string, labels: Vector, data: Vector, other: (x: number) => number): Table => {
  numbers(name, 'predictions', data)
  const classes = data.length / labels.length
  if (!Number.isInteger(classes) || classes < 1)
    refuse('RowMismatch', ['Metrics', name], `${labels.length} labels, ${data.length} numbers`, 'as many numbers a row as there are classes, or one for 0 and 1', 'give labels and predictions of the same rows; what predict has no numbers for (classes of real outputs) is empty')
  const table = tableOf(data, classes, other)
  whole(name, labels, table.classes, 'give labels as class numbers from 0')
  return table
}

/** The table of numbers in rows of so many. */
const inRows = (name: string, data: Vector, classes: number): Table => {
  numbers(name, 'probabilities', data)
  if (!Number.isInteger(classes) || classes < 1 || data.length % classes !== 0)
    refuse('RowMismatch', ['Metrics', name], `${data.length} numbers in rows of ${classes}`, 'whole rows of classes', 'give the number of classes, or 1 for probabilities of 1')
  return tableOf(data, classes, without)
}

// -----------------------------------------------------------------------------
// scores
// -----------------------------------------------------------------------------

/** The position of the largest in `xs[from, from + n)`, counted from `from`; ties to the smaller. */
export const argmaxAt = (xs: Vector, from: number, n: number): number => {
  let best = 0
  for (let k = 1; k < n; k++) if (xs[from + k] > xs[from + best]) best = k
  return best
}

/** Is one of `xs[from, from + n)` no number? */
const anyNaN = (xs: Vector, from: number, n: number): boolean => {
  for (let k = from; k < from + n; k++) if (Number.isNaN(xs[k])) return true
  return false
}

/** The class of the largest probability of each row, -1 where one is no number; of one column, 1 where it is above a half. */
export const argmaxRows = (probabilities: Vector, classes: number): Int32Array => {
  const t = inRows('argmaxRows', probabilities, classes)
  return Int32Array.from({ length: t.data.length / t.classes }, (_, i) => (anyNaN(t.data, i * t.classes, t.classes) ? -1 : argmaxAt(t.data, i * t.classes, t.classes)))
}

/** A score: what was observed first, what was predicted in a second call. */
export type Score = (observed: Vector) => (predicted: Vector) => number

/** Is what was observed numbers, and nothing else beside it? */
const scored = (name: string, score: (observed: Vector, predicted: Vector) => number): Score => (observed: Vector, ...rest: readonly unknown[]) => {
  numbers(name, 'what was observed', observed, rest)
  return (predicted) => score(observed, predicted)
}

/** Share of rows whose predicted class isn't the label. */
export const errorRate: Score = scored('errorRate', (labels, predicted) => {
  sameRows('errorRate', labels, predicted)
  whole('errorRate', predicted, Infinity, 'give classes: predictiveMode, or argmaxRows of probabilities')
  let wrong = 0
  for (let i = 0; i < labels.length; i++) if (predicted[i] !== labels[i]) wrong++
  return wrong / labels.length
})

/** Negative log likelihood in nats a row, from log probabilities [n, classes] (log-mean-exp over draws), or [n] of 1. */
export const nll: Score = scored('nll', (labels, logProbabilities) => {
  const { classes, data } = labelled('nll', labels, logProbabilities, withoutLog)
  let sum = 0
  for (let i = 0; i < labels.length; i++) sum -= data[i * classes + labels[i]]
  return sum / labels.length
})

/** One bin of a reliability diagram: rows in it, their mean confidence and accuracy (NaN where empty). */
export interface ConfidenceBin {
  readonly lower: number
  readonly upper: number
  readonly count: number
  readonly confidence: number
  readonly accuracy: number
}

/** Bins ((b - 1) / bins, b / bins] of the largest probability, of equal width. A row with a probability that is no number is in the first, whose confidence then is none. */
export const reliability = (labels: Vector, bins = 15): ((probabilities: Vector) => readonly ConfidenceBin[]) => {
  numbers('reliability', 'labels', labels)
  if (!Number.isSafeInteger(bins) || bins < 1)
    refuse('BadOption', ['Metrics', 'reliability', 'bins'], shown(bins), 'a whole number from 1', typeof bins === 'object' ? 'give probabilities in a second call: Metrics.reliability(labels)(probabilities)' : 'leave it out for 15')
  return (probabilities) => binned(labels, bins, probabilities)
}

const binned = (labels: Vector, bins: number, probabilities: Vector): readonly ConfidenceBin[] => {
  const { classes, data } = labelled('reliability', labels, probabilities, without)
  const count = new Float64Array(bins), confidence = new Float64Array(bins), hits = new Float64Array(bins)
  for (let i = 0; i < labels.length; i++) {
    const k = argmaxAt(data, i * classes, classes)
    const p = anyNaN(data, i * classes, classes) ? NaN : data[i * classes + k]
    const b = p > 0 ? Math.min(bins - 1, Math.ceil(p * bins) - 1) : 0
    count[b]++
    confidence[b] += p
    if (k === labels[i]) hits[b]++
  }
  return Array.from(count, (n, b) => ({ lower: b / bins, upper: (b + 1) / bins, count: n, confidence: confidence[b] / n, accuracy: hits[b] / n }))
}

/** Expected calibration error (Guo et al. 2017): sum over bins of n_b / n |accuracy - confidence|, 15 bins of equal width. */
export const ece = (labels: Vector, bins = 15): ((probabilities: Vector) => number) => {
  const inBins = reliability(labels, bins)
  return (probabilities) => inBins(probabilities).reduce((s, b) => (b.count === 0 ? s : s + (b.count / labels.length) * Math.abs(b.accuracy - b.confidence)), 0)
}

/** Brier's score (1950): mean over rows of the squared distance to the label's unit vector, in [0, 2], for two classes too. */
export const brier: Score = scored('brier', (labels, probabilities) => {
  const { classes, data } = labelled('brier', labels, probabilities, without)
  let sum = 0
  for (let i = 0; i < labels.length; i++)
    for (let k = 0; k < classes; k++) sum += (data[i * classes + k] - (k === labels[i] ? 1 : 0)) ** 2
  return sum / labels.length
})

/** Entropy in nats of each row of probabilities; 0 log 0 = 0, and NaN where a probability is. */
export const entropyRows = (probabilities: Vector, classes: number): Float64Array => {
  const t = inRows('entropyRows', probabilities, classes)
  return Float64Array.from({ length: t.data.length / t.classes }, (_, i) => {
    let h = 0
    for (let k = 0; k < t.classes; k++) {
      const p = t.data[i * t.classes + k]
      if (!(p <= 0)) h -= p * Math.log(p)
    }
    return h
  })
}

/** Root mean squared error of real predictions. */
export const rmse: Score = scored('rmse', (observed, predicted) => {
  sameRows('rmse', observed, predicted)
  let sum = 0
  for (let i = 0; i < observed.length; i++) sum += (observed[i] - predicted[i]) ** 2
  return Math.sqrt(sum / observed.length)
})
