/**
 * What a run on MNIST found, and the numbers that are read off it. `MnistResults` is
 * the one thing that training and prediction hand over; table, figures, page and JSON
 * are functions of it.
 *
 * Definitions: semantics of `predict` (mode: commonest argmax over draws; expected
 * error rate: share of draws whose argmax is another; variance with divisor S). The
 * slope of the loss is by least squares.
 */
import type { ReliabilityBin } from '../plot/index.ts'
import type { MnistOptions } from './options.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** What is known of the n test images after prediction; classes are 0 to 9. */
export interface TestPredictions {
  /** Raw pixels 0 to 255, [n, 28, 28]. */
  readonly images: Uint8Array
  readonly labels: ArrayLike<number>
  /** Argmax at the plug-in of the posterior's centre. */
  readonly plugIn: ArrayLike<number>
  /** Commonest argmax over draws. */
  readonly mode: ArrayLike<number>
  /** Argmax of the mean over draws of the probabilities. */
  readonly mean: ArrayLike<number>
  /** Largest probability of that mean: the confidence. */
  readonly confidence: ArrayLike<number>
  readonly expectedErrorRate: ArrayLike<number>
  /** Variance over draws of each probability, [n, 10]. */
  readonly variance: ArrayLike<number>
}

/** All that a run on MNIST hands over. Times in seconds, everything else in nats. */
export interface MnistResults {
  readonly adapter: string
  readonly stepsPerSecond: number
  readonly firstStepSeconds: number
  readonly trainSeconds: number
  readonly predictSeconds: number
  /** Minus ELBO of the full data, one number a step. */
  readonly loss: ArrayLike<number>
  readonly test: TestPredictions
  readonly metrics: {
    readonly nll: number
    readonly ece: number
    readonly negElbo: number
    readonly kl: number
    readonly expectedLogLik: number
  }
  /** The 5, 25, 50, 75 and 95 % quantiles over all weights of sigma over prior sd. */
  readonly sigmaOverPrior: readonly number[]
}

/** The levels of `sigmaOverPrior`, in per cent. */
export const sigmaLevels = [5, 25, 50, 75, 95] as const

/** Everything that the table says. */
export interface MnistSummary {
  readonly options: MnistOptions
  readonly images: number
  readonly plugInError: number
  readonly modeError: number
  readonly meanError: number
  readonly nll: number
  readonly ece: number
  readonly negElbo: number
  readonly kl: number
  readonly expectedLogLik: number
  readonly sigmaOverPrior: readonly number[]
  /** Nats per 1,000 steps over the last tenth of the steps, and its standard error. */
  readonly slope: { readonly value: number; readonly se: number }
  readonly varianceRatio: number
  /** Share of the mode's errors on which every draw agrees. */
  readonly certainErrors: number
  /** How often "some draw disagrees" and "the mode errs" are both true or both false. */
  readonly doubtAgreesWithError: number
  readonly stepsPerSecond: number
  readonly firstStepSeconds: number
  readonly trainSeconds: number
  readonly predictSeconds: number
  readonly adapter: string
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

const shareOf = (n: number, p: (i: number) => boolean): number => {
  let hits = 0
  for (let i = 0; i < n; i++) if (p(i)) hits++
  return n === 0 ? NaN : hits / n
}

/** Quantiles by linear interpolation between order statistics; levels in per cent. */
export const quantiles = (xs: ArrayLike<number>, levels: readonly number[]): readonly number[] => {
  const s = Float64Array.from(xs).sort()
  return levels.map((p) => {
    const h = ((s.length - 1) * p) / 100
    const i = Math.floor(h)
    return s.length === 0 ? NaN : s[i] + (h - i) * (s[Math.min(i + 1, s.length - 1)] - s[i])
  })
}

/**
 * The least-squares slope of the last tenth of a loss (three steps at least), in nats
 * per 1,000 steps, with the standard error of independent residuals.
 */
export const slopeOfTail = (loss: ArrayLike<number>): { readonly value: number; readonly se: number } => {
  const n = Math.min(loss.length, Math.max(3, Math.round(loss.length / 10)))
  const y = Array.from({ length: n }, (_, i) => loss[loss.length - n + i])
  if (n < 3 || !y.every(Number.isFinite)) return { value: NaN, se: NaN }
  const mx = (n - 1) / 2
  const my = y.reduce((a, b) => a + b, 0) / n
  const sxx = (n * (n * n - 1)) / 12
  const b = y.reduce((a, v, i) => a + (i - mx) * (v - my), 0) / sxx
  const rss = y.reduce((a, v, i) => a + (v - my - b * (i - mx)) ** 2, 0)
  return { value: 1000 * b, se: 1000 * Math.sqrt(rss / (n - 2) / sxx) }
}

/** Per class, the mean variance over draws for the mode's errors, its correct answers and all. */
export const classVariances = (
  t: TestPredictions
): { readonly errors: readonly number[]; readonly correct: readonly number[]; readonly all: readonly number[] } => {
  const n = t.labels.length
  const over = (p: (i: number) => boolean): readonly number[] => {
    const sum = new Float64Array(10)
    let count = 0
    for (let i = 0; i < n; i++)
      if (p(i)) {
        count++
        for (let k = 0; k < 10; k++) sum[k] += t.variance[10 * i + k]
      }
    return Array.from(sum, (s) => s / count)
  }
  return { errors: over((i) => t.mode[i] !== t.labels[i]), correct: over((i) => t.mode[i] === t.labels[i]), all: over(() => true) }
}

/** Fifteen equal-width bins ((b-1)/15, b/15] of confidence against the accuracy of the mean's argmax. */
export const reliabilityBins = (t: TestPredictions): readonly ReliabilityBin[] =>
  Array.from({ length: 15 }, (_, b) => {
    const inside = Array.from(t.labels, (_, i) => i).filter((i) => Math.min(14, Math.max(0, Math.ceil(15 * t.confidence[i]) - 1)) === b)
    const mean = (f: (i: number) => number): number => inside.reduce((a, i) => a + f(i), 0) / inside.length
    return {
      lower: b / 15,
      upper: (b + 1) / 15,
      count: inside.length,
      confidence: mean((i) => t.confidence[i]),
      accuracy: mean((i) => (t.mean[i] === t.labels[i] ? 1 : 0))
    }
  })

/** The numbers of the table. */
export const summarise =
  (options: MnistOptions) =>
  (r: MnistResults): MnistSummary => {
    const t = r.test
    const n = t.labels.length
    const errs = (i: number): boolean => t.mode[i] !== t.labels[i]
    const v = classVariances(t)
    const total = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0)
    const errors = shareOf(n, errs)
    return {
      options,
      images: n,
      plugInError: shareOf(n, (i) => t.plugIn[i] !== t.labels[i]),
      modeError: errors,
      meanError: shareOf(n, (i) => t.mean[i] !== t.labels[i]),
      ...r.metrics,
      sigmaOverPrior: r.sigmaOverPrior,
      slope: slopeOfTail(r.loss),
      varianceRatio: total(v.errors) / total(v.correct),
      certainErrors: shareOf(n, (i) => errs(i) && t.expectedErrorRate[i] === 0) / errors,
      doubtAgreesWithError: shareOf(n, (i) => (t.expectedErrorRate[i] !== 0) === errs(i)),
      stepsPerSecond: r.stepsPerSecond,
      firstStepSeconds: r.firstStepSeconds,
      trainSeconds: r.trainSeconds,
      predictSeconds: r.predictSeconds,
      adapter: r.adapter
    }
  }

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/** The one line of JSON that `--json` ends with. */
export const jsonLine = (s: MnistSummary): string =>
  JSON.stringify({
    steps: s.options.steps,
    batchSize: s.options.batchSize,
    samples: s.options.samples,
    seed: s.options.seed,
    stepsPerSecond: s.stepsPerSecond,
    firstStepSeconds: s.firstStepSeconds,
    trainSeconds: s.trainSeconds,
    predictSeconds: s.predictSeconds,
    plugInError: s.plugInError,
    modeError: s.modeError,
    meanError: s.meanError,
    nll: s.nll,
    ece: s.ece,
    negElbo: s.negElbo,
    kl: s.kl,
    expectedLogLik: s.expectedLogLik,
    adapter: s.adapter
  })
