/**
 * Statistics over draws as a step on the device: state leaves that each step's draws are
 * added to, so that draws never exist together and only what is asked for is read back.
 *
 * Means and sums of squares are joined as Chan, Golub and LeVeque (1983) join samples
 * (Welford's recurrence for one draw a step), log-mean-exp from the largest on, classes
 * by counts. `kept` holds the first draws as they are, for exact quantiles.
 *
 * Laws: the same as from all draws at once, counts exactly, the rest to rounding; the
 * step that holds draw 0 forgets what was before.
 *
 * @since 0.2.0
 */
import * as B from '../tensor/build.ts'
import type { Tensor } from '../tensor/node.ts'
import type { HostArrays } from '../run/session.ts'
import { argmaxAt } from './metrics.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Draws of one step: values [draws, rows, width], with log values where they are probabilities. */
export interface Draws {
  readonly draws: number
  readonly rows: number
  readonly width: number
  readonly values: Tensor
  readonly logs: Tensor | undefined
  /** Draws of earlier steps, and how many there are to be: u32 scalars. Draws beyond are left out. */
  readonly seen: Tensor
  readonly samples: Tensor
  /** How many of the first draws are kept as they are. */
  readonly keep: number
}

/** State leaves by name: what they become, and what they are at the start. */
export interface Statistics {
  readonly updates: Readonly<Record<string, Tensor>>
  readonly values: HostArrays
}

/** Log values below stand for the log of 0. */
const LOWEST = -1e30

/** The names of the state leaves: of classes, and with draws that are kept. */
export const statisticNames = (classes: boolean, kept: boolean): readonly string[] =>
  ['stat.mean', 'stat.m2', ...(classes ? ['stat.votes', 'stat.top', 'stat.tail', 'stat.entropy'] : []), ...(kept ? ['stat.kept'] : [])]

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** The statistics of a stream, one step further. */
export const statistics = (d: Draws): Statistics => {
  const { draws: K, rows: R, width: W } = d
  const each = B.add(B.iota([K], 0, 'u32'), d.seen)
  const real = B.lt(each, d.samples)
  const first = B.eq(d.seen, B.scalar(0, 'u32'))
  const before = B.cast(d.seen, 'f32')
  const many = K > 1
  const here = many ? B.sum(B.cast(real, 'f32')) : B.scalar(1)
  const share = B.div(here, B.add(before, here))
  const state = (name: string, shape: readonly number[], dtype: 'f32' | 'i32' = 'f32'): Tensor => B.leaf('state', name, shape, dtype)
  // Over the draws of this step, with what stands in for those beyond the last.
  const over = (how: (x: Tensor, axes: readonly number[]) => Tensor, x: Tensor, none: number | Tensor, shape: readonly number[]): Tensor =>
    many ? how(B.select(B.reshape(real, [K, ...shape.map(() => 1)]), x, none), [0]) : B.reshape(x, shape)
  const meanOver = (x: Tensor, shape: readonly number[]): Tensor => B.div(over(B.sum, x, 0, shape), here)
  /** The running mean, and how far this step's mean is from it. */
  const running = (name: string, now: Tensor, shape: readonly number[]): { readonly next: Tensor; readonly off: Tensor } => {
    const old = B.select(first, now, state(name, shape))
    const off = B.sub(now, old)
    return { next: B.add(old, B.mul(off, share)), off }
  }

  const now = meanOver(d.values, [R, W])
  const mean = running('stat.mean', now, [R, W])
  const between = B.mul(B.square(mean.off), B.mul(before, share))
  const within = many ? over(B.sum, B.square(B.sub(d.values, now)), 0, [R, W]) : undefined
  const m2 = B.add(B.select(first, 0, state('stat.m2', [R, W])), within === undefined ? between : B.add(between, within))

  const classes = (logs: Tensor): Readonly<Record<string, Tensor>> => {
    const l = B.max(logs, LOWEST)
    const best = B.argmax(d.values, [2], true)
    const vote = B.select(B.eq(best, B.iota([1, 1, W], 2)), B.scalar(1, 'i32'), B.scalar(0, 'i32'))
    const largest = over(B.reduceMax, l, LOWEST, [R, W])
    const was = B.select(first, largest, state('stat.top', [R, W]))
    const top = B.max(was, largest)
    const above = over(B.sum, B.exp(B.sub(l, top)), 0, [R, W])
    return {
      'stat.votes': B.add(B.select(first, B.scalar(0, 'i32'), state('stat.votes', [R, W], 'i32')), over(B.sum, vote, B.scalar(0, 'i32'), [R, W])),
      'stat.top': top,
      'stat.tail': B.add(B.mul(B.select(first, 0, state('stat.tail', [R, W])), B.exp(B.sub(was, top))), above),
      'stat.entropy': running('stat.entropy', meanOver(B.neg(B.sum(B.mul(d.values, l), [2])), [R]), [R]).next
    }
  }
  const kept = (): Tensor => {
    const at = B.iota([d.keep], 0, 'u32')
    const mine = B.and(B.ge(at, d.seen), B.lt(at, B.add(d.seen, B.scalar(K, 'u32'))))
    const place = B.min(B.sub(B.max(at, d.seen), d.seen), B.scalar(K - 1, 'u32'))
    return B.select(B.reshape(mine, [d.keep, 1, 1]), B.take(d.values, place), state('stat.kept', [d.keep, R, W]))
  }
  const updates: Readonly<Record<string, Tensor>> = {
    'stat.mean': mean.next, 'stat.m2': m2, ...(d.logs === undefined ? {} : classes(d.logs)), ...(d.keep === 0 ? {} : { 'stat.kept': kept() })
  }
  const shape = (name: string): readonly number[] => (name === 'stat.entropy' ? [R] : name === 'stat.kept' ? [d.keep, R, W] : [R, W])
  const size = (name: string): number => shape(name).reduce((a, b) => a * b, 1)
  return {
    updates,
    values: Object.fromEntries(Object.keys(updates).map((k) => [k, { shape: shape(k), data: k === 'stat.votes' ? new Int32Array(size(k)) : new Float32Array(size(k)) }]))
  }
}

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/** log-mean-exp over draws, from the largest log value and the sum of exponentials above it. */
export const logMean = (top: ArrayLike<number>, tail: ArrayLike<number>, draws: number): Float64Array =>
  Float64Array.from(top, (t, i) => (t <= LOWEST ? -Infinity : t + Math.log(tail[i] / draws)))

/** The commonest class of each row of counts [rows, width], ties to the smaller. */
export const modes = (votes: ArrayLike<number>, width: number): Int32Array =>
  Int32Array.from({ length: votes.length / width }, (_, i) => argmaxAt(votes, i * width, width))

/** Quantiles [size, p] of draws [draws, size], between neighbours linearly (Hyndman and Fan 1996, type 7). */
export const quantilesOf = (draws: number, values: ArrayLike<number>, p: readonly number[]): Float64Array => {
  const size = values.length / draws
  const out = new Float64Array(p.length * size), column = new Float64Array(draws)
  for (let i = 0; i < size; i++) {
    for (let s = 0; s < draws; s++) column[s] = values[s * size + i]
    column.sort()
    p.forEach((q, k) => {
      const at = q * (draws - 1), lo = Math.floor(at), hi = Math.min(draws - 1, lo + 1)
      out[i * p.length + k] = column[lo] + (at - lo) * (column[hi] - column[lo])
    })
  }
  return out
}
