/** The notebook's figures of a run on MNIST, as plots, each with a caption in plain words. */
import { digits, expectedErrorHistogram, lossCurve, reliability, variancePerClass } from '../plot/index.ts'
import type { Digit, Plot } from '../plot/index.ts'
import { classVariances, reliabilityBins } from './results.ts'
import type { MnistResults, TestPredictions } from './results.ts'

/** A figure: its file name without ending, the plot, and what to see in it. */
export interface Figure {
  readonly name: string
  readonly plot: Plot
  readonly caption: string
}

const digit =
  (t: TestPredictions) =>
  (i: number): Digit => ({
    image: t.images.subarray(784 * i, 784 * (i + 1)),
    label: t.labels[i],
    prediction: t.mode[i],
    expectedErrorRate: t.expectedErrorRate[i]
  })

/** Indices of the images with the highest expected error rate, first images first among equals. */
export const mostDoubtful = (t: TestPredictions, count = 12): readonly number[] =>
  Array.from(t.labels, (_, i) => i)
    .sort((a, b) => t.expectedErrorRate[b] - t.expectedErrorRate[a] || a - b)
    .slice(0, count)

/** Indices of the mode's errors with the lowest expected error rate, the most confident first. */
export const confidentlyWrong = (t: TestPredictions, count = 12): readonly number[] =>
  Array.from(t.labels, (_, i) => i)
    .filter((i) => t.mode[i] !== t.labels[i])
    .sort((a, b) => t.expectedErrorRate[a] - t.expectedErrorRate[b] || t.confidence[b] - t.confidence[a] || a - b)
    .slice(0, count)

/** All figures of a run. */
export const figures = (r: MnistResults): readonly Figure[] => [
  {
    name: 'loss',
    plot: lossCurve({ loss: r.loss }),
    caption:
      'What training minimises: the negative ELBO of the full training set, estimated from one batch and one draw a step (hence the noise). While the trend still falls, training has not converged.'
  },
  {
    name: 'variance',
    plot: variancePerClass(classVariances(r.test)),
    caption:
      'How much the draws of the network disagree about each digit’s probability. Where the answer is wrong they disagree more, so disagreement is a warning that can be acted on.'
  },
  {
    name: 'expected-error',
    plot: expectedErrorHistogram({ rates: r.test.expectedErrorRate }),
    caption:
      'For each image, the share of draws that say something else than the commonest answer. At 0 all draws agree; the further right, the more the network doubts.'
  },
  {
    name: 'reliability',
    plot: reliability({ bins: reliabilityBins(r.test), ece: r.metrics.ece }),
    caption:
      'Images are grouped by the confidence of the averaged prediction. On the dashed line, answers given with 80 % confidence are right 80 % of the time. Small circles hold few images and scatter.'
  },
  {
    name: 'doubtful',
    plot: digits(mostDoubtful(r.test).map(digit(r.test)), { title: 'Most doubtful' }),
    caption: 'The images on which the draws agree least.'
  },
  {
    name: 'confidently-wrong',
    plot: digits(confidentlyWrong(r.test).map(digit(r.test)), { title: 'Most confidently wrong' }),
    caption: 'Wrong answers on which the draws agree most. Some labels of this data set can be argued with.'
  }
]
