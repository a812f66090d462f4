/**
 * The loss curve: minus ELBO in nats of the full data, one number a step, brought
 * down to at most 1,000 points by medians (a mean would follow the outliers of single
 * batches), with a running median on top that shows the trend through the noise.
 */
import { plot, record, say, theme } from './spec.ts'
import type { Plot } from './spec.ts'

/** The median of finite numbers; NaN of none. */
export const median = (xs: readonly number[]): number => {
  const s = [...xs].sort((a, b) => a - b)
  const m = s.length >> 1
  return s.length === 0 ? NaN : s.length % 2 === 1 ? s[m] : (s[m - 1] + s[m]) / 2
}

/** One point of a thinned curve: the last step it covers, the median there, and the running median. */
export interface CurvePoint {
  readonly step: number
  readonly loss: number
  readonly trend: number
}

/**
 * At most `points` points of a curve: medians of equal runs of steps (numbered from
 * 1), and the median of each point's neighbourhood of about a 25th of the curve. Runs
 * without a finite number are left out.
 */
export const thin = (loss: ArrayLike<number>, points = 1000): readonly CurvePoint[] => {
  const count = Math.min(points, loss.length)
  const bins = Array.from({ length: count }, (_, i) => {
    const from = Math.floor((i * loss.length) / count)
    const to = Math.floor(((i + 1) * loss.length) / count)
    const inside = Array.from({ length: to - from }, (_, k) => loss[from + k]).filter(Number.isFinite)
    return { step: to, loss: median(inside) }
  }).filter((b) => Number.isFinite(b.loss))
  const half = Math.max(1, Math.round(bins.length / 50))
  return bins.map((b, i) => ({
    ...b,
    // the window shrinks towards both ends, so that it stays centred
    trend: median(bins.slice(i - Math.min(half, i, bins.length - 1 - i), i + Math.min(half, i, bins.length - 1 - i) + 1).map((x) => x.loss))
  }))
}

/**
 * The plot of a fit's loss by step, on a log scale where all losses are positive and
 * span a decade. Throws, as an `Error` with the reason, where it isn't given losses.
 *
 * @example
 * const spec = lossCurve({ loss: approx.history.loss })
 */
export const lossCurve = (history: { readonly loss: ArrayLike<number> }): Plot => {
  const { loss } = record('lossCurve', history, ['loss'], 'give { loss }: approx.history of what fit gave')
  const values = thin(loss)
  const first = values[0]?.trend ?? NaN
  const last = values[values.length - 1]?.trend ?? NaN
  const low = values.reduce((m, v) => Math.min(m, v.loss), Infinity)
  const high = values.reduce((m, v) => Math.max(m, v.loss), -Infinity)
  const log = low > 0 && high / low > 10
  const run = Math.ceil(loss.length / Math.max(1, values.length))
  const each = run > 1 ? `median of ${run} steps` : 'each step'
  const color = { scale: { domain: [each, 'trend'], range: [theme.blue, theme.orange] }, legend: {} }
  const y = (field: string) => ({
    field,
    type: 'quantitative',
    scale: values.length === 0 ? { domain: [0, 1] } : log ? { type: 'log', nice: false } : { zero: false },
    axis: { title: log ? '−ELBO, nats (log scale)' : '−ELBO, nats', format: '~s', tickCount: 6 }
  })
  return plot(
    { text: 'Loss by step', subtitle: `from ${say(first)} to ${say(last)} nats` },
    `Line chart of the negative ELBO of the full data over ${say(loss.length)} steps. It goes from about ${say(first)} to about ${say(last)} nats.`,
    {
      data: { values },
      encoding: { x: { field: 'step', type: 'quantitative', axis: { title: 'step', tickCount: 6, grid: false }, scale: values.length === 0 ? { domain: [0, 1] } : { nice: false } } },
      layer: [
        { mark: { type: 'line', strokeWidth: 1, opacity: 0.55 }, encoding: { y: y('loss'), color: { datum: each, type: 'nominal', ...color } } },
        { mark: { type: 'line', strokeWidth: 2.5 }, encoding: { y: y('trend'), color: { datum: 'trend', type: 'nominal', ...color } } }
      ]
    }
  )
}
