/**
 * The notebook's pictures of uncertainty: variance of the predicted probability per
 * class for errors, correct answers and all; the histogram of the expected error
 * rate; and a reliability diagram.
 */
import { plot, record, say, theme } from './spec.ts'
import type { Plot } from './spec.ts'

const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length
const orNull = (x: number): number | null => (Number.isFinite(x) ? x : null)

/** Variances over draws of each class's probability, averaged over three groups of rows. */
export interface ClassVariances {
  readonly errors: readonly number[]
  readonly correct: readonly number[]
  readonly all: readonly number[]
}

/** The plot of mean predictive variance by class (axis 0 to K - 1) in three groups of rows. */
export const variancePerClass = (given: ClassVariances): Plot => {
  const groups = ['errors', 'correct', 'all'] as const
  const v = record('variancePerClass', given, groups, 'give the mean variance of each class, in three groups of rows')
  const values = groups.flatMap((group) => v[group].map((x, k) => ({ group, class: k, variance: orNull(x) })))
  const ratio = mean(v.errors) / mean(v.correct)
  const scale = { domain: groups, range: [theme.orange, theme.blue, theme.green] }
  return plot(
    {
      text: 'Variance of the prediction by class',
      subtitle: Number.isFinite(ratio) ? `${say(ratio)} times higher where it errs` : 'no errors to compare with'
    },
    `Line chart of the variance over posterior draws of each class's probability. Averaged over classes it is ${say(mean(v.errors))} for errors, ${say(mean(v.correct))} for correct answers and ${say(mean(v.all))} for all.`,
    {
      data: { values },
      mark: { type: 'line', strokeWidth: 2.5, point: { size: 60, filled: true } },
      encoding: {
        x: { field: 'class', type: 'ordinal', axis: { title: 'class (digit)', grid: false } },
        y: { field: 'variance', type: 'quantitative', axis: { title: 'mean variance of probability', tickCount: 5 } },
        color: { field: 'group', type: 'nominal', scale, legend: {} },
        shape: { field: 'group', type: 'nominal', scale: { domain: groups, range: ['diamond', 'circle', 'square'] }, legend: {} }
      }
    }
  )
}

/** Counts of equal-width bins from 0 to the largest value; the last bin is closed. */
export const histogram = (
  xs: ArrayLike<number>,
  bins: number
): readonly { readonly from: number; readonly to: number; readonly count: number }[] => {
  const finite = Array.from(xs).filter(Number.isFinite)
  const high = finite.reduce((m, x) => Math.max(m, x), 0) || 1
  const counts = Array.from({ length: bins }, () => 0)
  for (const x of finite) counts[Math.min(bins - 1, Math.max(0, Math.floor((x / high) * bins)))]++
  return counts.map((count, i) => ({ from: (i * high) / bins, to: ((i + 1) * high) / bins, count }))
}

/**
 * The histogram of expected error rates (share of draws whose answer isn't the
 * commonest one), counts on a symmetric log scale since most rows are at 0.
 */
export const expectedErrorHistogram = (given: { readonly rates: ArrayLike<number>; readonly bins?: number }): Plot => {
  const { rates, bins = 20 } = record('expectedErrorHistogram', given, ['rates'], 'give { rates: post.expectedErrorRate.data }')
  const n = rates.length
  const certain = Array.from(rates).filter((r) => r === 0).length
  const doubtful = Array.from(rates).filter((r) => r > 0.5).length
  return plot(
    { text: 'Expected error rate', subtitle: `0 for ${say(certain)} of ${say(n)} images: every draw agrees` },
    `Histogram of the expected error rate of ${say(n)} images. It is 0 for ${say(certain)} of them and above one half for ${say(doubtful)}.`,
    {
      data: { values: histogram(rates, bins) },
      mark: { type: 'bar', color: theme.blue, binSpacing: 1 },
      encoding: {
        x: { field: 'from', type: 'quantitative', bin: { binned: true }, axis: { title: 'share of draws that say otherwise', format: '.0%', tickCount: 6, grid: false } },
        x2: { field: 'to' },
        y: {
          field: 'count',
          type: 'quantitative',
          scale: { type: 'symlog', constant: 1, nice: false },
          axis: { title: 'images (log scale)', values: [0, 1, 10, 100, 1000, 10000, 100000] }
        }
      }
    }
  )
}

/** One bin of a reliability diagram: its edges, how many rows, their mean confidence and accuracy. */
export interface ReliabilityBin {
  readonly lower: number
  readonly upper: number
  readonly count: number
  readonly confidence: number
  readonly accuracy: number
}

/** The reliability diagram: accuracy against confidence, by bin, with the diagonal of perfect calibration. */
export const reliability = (given: { readonly bins: readonly ReliabilityBin[]; readonly ece?: number }): Plot => {
  const { bins, ece } = record('reliability', given, ['bins'], 'give { bins: Metrics.reliability(labels)(probabilities) }')
  const values = bins.filter((b) => b.count > 0)
  const axis = { format: '.0%', tickCount: 5 }
  const scale = { domain: [0, 1] }
  return plot(
    {
      text: 'Is its confidence right?',
      subtitle: [
        ...(ece === undefined ? [] : [`expected calibration error ${say(100 * ece, 2)} %`]),
        'on the line, it is right as often as it says'
      ]
    },
    `Reliability diagram of ${say(values.length)} bins. ${values.map((b) => `Confidence ${say(100 * b.confidence)} percent: right ${say(100 * b.accuracy)} percent of ${say(b.count)}.`).join(' ')}`,
    {
      layer: [
        {
          data: { values: [{ x: 0, y: 0 }, { x: 1, y: 1 }] },
          mark: { type: 'line', color: theme.muted, strokeDash: [4, 4], strokeWidth: 1.5 },
          encoding: { x: { field: 'x', type: 'quantitative', scale, axis: { title: 'confidence', ...axis } }, y: { field: 'y', type: 'quantitative', scale, axis: { title: 'share that is right', ...axis } } }
        },
        {
          data: { values },
          mark: { type: 'line', color: theme.blue, strokeWidth: 2 },
          encoding: { x: { field: 'confidence', type: 'quantitative' }, y: { field: 'accuracy', type: 'quantitative' } }
        },
        {
          data: { values },
          mark: { type: 'circle', color: theme.blue, opacity: 1 },
          encoding: {
            x: { field: 'confidence', type: 'quantitative' },
            y: { field: 'accuracy', type: 'quantitative' },
            size: { field: 'count', type: 'quantitative', scale: { type: 'log', range: [30, 300], domain: [1, Math.max(10, ...values.map((b) => b.count))] }, legend: { title: 'images', values: [1, 10, 100, 1000, 10000].filter((c) => values.some((b) => b.count >= c)), format: ',' } }
          }
        }
      ]
    }
  )
}
