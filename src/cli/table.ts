/** The table of results: rows of what, Gelato's figure and the notebook's, for terminal and page alike. */
import { sigmaLevels } from './results.ts'
import type { MnistSummary } from './results.ts'

/** One row: its name, what was found, the notebook's figure where it has one, and in plain words what it is. */
export interface Row {
  readonly what: string
  readonly value: string
  readonly notebook: string
  readonly meaning: string
}

const number = (x: number, digits: number): string =>
  Number.isFinite(x)
    ? x.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits }).replace('-', '−')
    : '–'
const percent = (x: number): string => (Number.isFinite(x) ? `${number(100 * x, 2)} %` : '–')
const nats = (x: number): string => (Number.isFinite(x) ? `${number(x, 0)} nats` : '–')
const ratio = (x: number): string => (Number.isFinite(x) ? x.toPrecision(3) : '–')

/** A time in words: `42 s`, `3 min 05 s`, `2 h 10 min`. */
export const duration = (seconds: number): string => {
  const s = Math.round(seconds)
  return !Number.isFinite(seconds)
    ? '–'
    : seconds < 10
      ? `${seconds.toFixed(1)} s`
      : s < 60
        ? `${s} s`
        : s < 3600
          ? `${Math.floor(s / 60)} min ${String(s % 60).padStart(2, '0')} s`
          : `${Math.floor(s / 3600)} h ${String(Math.floor((s % 3600) / 60)).padStart(2, '0')} min`
}

/** The rows of the table of results. */
export const rows = (s: MnistSummary): readonly Row[] => {
  const row = (what: string, value: string, meaning: string, notebook = ''): Row => ({ what, value, notebook, meaning })
  return [
    row('error, plug-in', percent(s.plugInError), 'share of test images read wrong by one network whose weights are the centre of the posterior', '9.59 %'),
    row('error, predictive mode', percent(s.modeError), 'every draw of the weights votes for a digit; the commonest vote is the answer', '7.48 %'),
    row('error, predictive mean', percent(s.meanError), 'probabilities are averaged over the draws; the largest is the answer'),
    row('NLL', number(s.nll, 4), 'nats per image that the mean of the draws gives away on the true digit; 0 is perfect'),
    row('calibration error (ECE)', number(s.ece, 4), 'how far confidence is from the share that is right, on average over 15 bins'),
    row('−ELBO', nats(s.negElbo), 'what training minimises, over the full training set: KL minus expected log likelihood'),
    row('KL', nats(s.kl), 'how far the posterior has moved from the prior'),
    row('expected log likelihood', nats(s.expectedLogLik), 'how well draws of the weights explain the training labels'),
    row(
      `sigma / prior sd, ${sigmaLevels.join(', ')} %`,
      s.sigmaOverPrior.map(ratio).join('  '),
      'quantiles over all weights; near 1 the data said nothing of a weight, near 0 it is known well'
    ),
    row(
      'slope of −ELBO, last tenth',
      Number.isFinite(s.slope.value) ? `${number(s.slope.value, 0)} ± ${number(s.slope.se, 0)} nats per 1,000 steps` : '–',
      'far below 0: training was stopped long before it converged'
    ),
    row('variance, errors / correct', ratio(s.varianceRatio), 'how many times more the draws disagree where the answer is wrong'),
    row('errors with expected error 0', percent(s.certainErrors), 'share of the wrong answers on which every draw agrees: wrong, and not aware of it'),
    row('doubt agrees with error', percent(s.doubtAgreesWithError), 'how often "some draw disagrees" and "the answer is wrong" are both true or both false'),
    row('draws of the posterior', number(s.options.samples, 0), 'networks that voted', '100'),
    row('steps', `${number(s.options.steps, 0)} of ${number(s.options.batchSize, 0)} images`, 'length of training', '80,000 of 100 images'),
    row('steps/s', number(s.stepsPerSecond, 1), `training took ${duration(s.trainSeconds)}, its first step ${duration(s.firstStepSeconds)}, prediction ${duration(s.predictSeconds)}`),
    row('adapter', s.adapter, 'what computed it')
  ]
}

/** The table as lines of text. */
export const tableText = (s: MnistSummary): string => {
  const all = [{ what: `${s.images.toLocaleString('en-US')} test images`, value: 'Gelato', notebook: 'notebook' }, ...rows(s)]
  const width = (k: 'what' | 'value'): number => Math.max(...all.filter((r) => k === 'what' || r.notebook !== '').map((r) => r[k].length))
  const [a, b] = [width('what'), width('value')]
  const line = (r: { readonly what: string; readonly value: string; readonly notebook: string }): string =>
    `  ${r.what.padEnd(a)}  ${r.notebook === '' ? r.value : `${r.value.padEnd(b)}  ${r.notebook}`}`
  return [line(all[0]), `  ${'─'.repeat(a)}  ${'─'.repeat(b)}  ${'─'.repeat(8)}`, ...all.slice(1).map(line)].join('\n')
}
