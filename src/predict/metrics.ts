/**
 * Scores of class predictions, as pure functions on host arrays. Probabilities are
 * [n, classes] in C order, labels n class numbers.
 *
 * @since 0.1.0
 */

/** Numbers in C order. */
export type Vector = ArrayLike<number>

/** log of the mean of exponentials, from the largest on; minus infinity for no numbers. */
export const logMeanExp = (xs: Vector): number => {
  let top = -Infinity
  for (let i = 0; i < xs.length; i++) top = Math.max(top, xs[i])
  if (top === -Infinity) return -Infinity
  let sum = 0
  for (let i = 0; i < xs.length; i++) sum += Math.exp(xs[i] - top)
  return top + Math.log(sum / xs.length)
}

/** The position of the largest in `xs[from, from + n)`, counted from `from`; ties to the smaller. */
export const argmaxAt = (xs: Vector, from: number, n: number): number => {
  let best = 0
  for (let k = 1; k < n; k++) if (xs[from + k] > xs[from + best]) best = k
  return best
}

/** The class of the largest probability of each row. */
export const argmaxRows = (probabilities: Vector, classes: number): Int32Array =>
  Int32Array.from({ length: probabilities.length / classes }, (_, i) => argmaxAt(probabilities, i * classes, classes))

/** Share of rows whose prediction isn't the label. */
export const errorRate = (labels: Vector) => (predicted: Vector): number => {
  let wrong = 0
  for (let i = 0; i < labels.length; i++) if (predicted[i] !== labels[i]) wrong++
  return wrong / labels.length
}

/** Negative log likelihood in nats a row, from log probabilities [n, classes] (log-mean-exp over draws). */
export const nll = (labels: Vector) => (logProbabilities: Vector): number => {
  const classes = logProbabilities.length / labels.length
  let sum = 0
  for (let i = 0; i < labels.length; i++) sum -= logProbabilities[i * classes + labels[i]]
  return sum / labels.length
}

/** One bin of a reliability diagram: rows in it, their mean confidence and accuracy (NaN where empty). */
export interface ConfidenceBin {
  readonly lower: number
  readonly upper: number
  readonly count: number
  readonly confidence: number
  readonly accuracy: number
}

/** Bins ((b - 1) / bins, b / bins] of the largest probability, of equal width. */
export const reliability = (labels: Vector, bins = 15) => (probabilities: Vector): readonly ConfidenceBin[] => {
  const classes = probabilities.length / labels.length
  const count = new Float64Array(bins), confidence = new Float64Array(bins), hits = new Float64Array(bins)
  for (let i = 0; i < labels.length; i++) {
    const k = argmaxAt(probabilities, i * classes, classes)
    const p = probabilities[i * classes + k]
    const b = Math.min(bins - 1, Math.max(0, Math.ceil(p * bins) - 1))
    count[b]++
    confidence[b] += p
    if (k === labels[i]) hits[b]++
  }
  return Array.from(count, (n, b) => ({ lower: b / bins, upper: (b + 1) / bins, count: n, confidence: confidence[b] / n, accuracy: hits[b] / n }))
}

/** Expected calibration error (Guo et al. 2017): sum over bins of n_b / n |accuracy - confidence|, 15 bins of equal width. */
export const ece = (labels: Vector, bins = 15) => (probabilities: Vector): number =>
  reliability(labels, bins)(probabilities).reduce((s, b) => (b.count === 0 ? s : s + (b.count / labels.length) * Math.abs(b.accuracy - b.confidence)), 0)

/** Brier's score (1950): mean over rows of the squared distance to the label's unit vector, in [0, 2]. */
export const brier = (labels: Vector) => (probabilities: Vector): number => {
  const classes = probabilities.length / labels.length
  let sum = 0
  for (let i = 0; i < labels.length; i++)
    for (let k = 0; k < classes; k++) sum += (probabilities[i * classes + k] - (k === labels[i] ? 1 : 0)) ** 2
  return sum / labels.length
}

/** Entropy in nats of each row of probabilities; 0 log 0 = 0. */
export const entropyRows = (probabilities: Vector, classes: number): Float64Array =>
  Float64Array.from({ length: probabilities.length / classes }, (_, i) => {
    let h = 0
    for (let k = 0; k < classes; k++) {
      const p = probabilities[i * classes + k]
      if (p > 0) h -= p * Math.log(p)
    }
    return h
  })

/** Root mean squared error of real predictions. */
export const rmse = (observed: Vector) => (predicted: Vector): number => {
  let sum = 0
  for (let i = 0; i < observed.length; i++) sum += (observed[i] - predicted[i]) ** 2
  return Math.sqrt(sum / observed.length)
}
