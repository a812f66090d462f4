/**
 * Statistics over draws that arrive one after another, for values [n, width] in
 * double precision: means and variances by Welford's recurrence (1962), counts of the
 * largest class, log-mean-exp from the largest on, mean entropy.
 *
 * Law: the same as from all draws at once; counts exactly.
 *
 * @since 0.1.0
 */
import { argmaxAt } from './metrics.ts'

/** Sums of a stream of draws, filled in place by `addDraw`. */
export interface Sums {
  readonly rows: number
  readonly width: number
  readonly mean: Float64Array
  readonly m2: Float64Array
  /** Draws whose largest value is at that place, [n, width]. */
  readonly votes: Int32Array
  /** Largest log value so far and the sum of exponentials above it. */
  readonly top: Float64Array
  readonly tail: Float64Array
  /** Sum over draws of each row's entropy. */
  readonly entropy: Float64Array
}

/** No draws yet. */
export const emptySums = (rows: number, width: number): Sums => ({
  rows, width,
  mean: new Float64Array(rows * width), m2: new Float64Array(rows * width), votes: new Int32Array(rows * width),
  top: new Float64Array(rows * width).fill(-Infinity), tail: new Float64Array(rows * width), entropy: new Float64Array(rows)
})

/** Adds draw number `draw` (from 0) of rows from `row` on; `logs` are the log values, where they are probabilities. */
export const addDraw = (s: Sums, draw: number, row: number, count: number, values: ArrayLike<number>, logs: ArrayLike<number> | undefined): void => {
  const { width } = s
  for (let r = 0; r < count; r++) {
    const to = (row + r) * width, from = r * width
    for (let k = 0; k < width; k++) {
      const x = values[from + k], i = to + k
      const d = x - s.mean[i]
      s.mean[i] += d / (draw + 1)
      s.m2[i] += d * (x - s.mean[i])
      if (logs === undefined) continue
      const l = logs[from + k]
      if (x > 0) s.entropy[row + r] -= x * l
      if (l > s.top[i]) {
        s.tail[i] = s.tail[i] * Math.exp(s.top[i] - l) + 1
        s.top[i] = l
      } else if (s.top[i] > -Infinity) s.tail[i] += Math.exp(l - s.top[i])
    }
    s.votes[to + argmaxAt(values, from, width)]++
  }
}

/** log-mean-exp over draws of each log value. */
export const logMean = (s: Sums, draws: number): Float64Array => s.top.map((t, i) => t + Math.log(s.tail[i] / draws))

/** Variance over draws, divisor the number of draws. */
export const variance = (s: Sums, draws: number): Float64Array => s.m2.map((m) => m / draws)

/** The commonest largest place of each row, ties to the smaller. */
export const modes = (s: Sums): Int32Array => Int32Array.from({ length: s.rows }, (_, i) => argmaxAt(s.votes, i * s.width, s.width))
