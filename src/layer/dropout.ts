/**
 * Noise that regularises: dropout and additive noise. It is there while training and
 * gone while predicting, unless the layer says `always`, which makes it an approximate
 * posterior that `predict` samples (Gal and Ghahramani 2016).
 *
 * @since 0.2.0
 */
import { E, pipe } from '../fp.ts'
import type { Either } from '../fp.ts'
import { fail } from '../error.ts'
import type { GelatoErrors } from '../error.ts'
import * as B from '../tensor/build.ts'
import * as Ext from '../tensor/extent.ts'
import type { Tensor } from '../tensor/node.ts'
import type { Axes } from './axes.ts'
import { axes, axesIn, shapeIn } from './axes.ts'
import { unaryOr } from './make.ts'
import type { Place } from './network.ts'
import { flag, orElse, such } from './option.ts'
import type { Plan } from './plan.ts'
import { plain } from './plan.ts'
import { draws, whileTraining } from './random.ts'

// -----------------------------------------------------------------------------
// dropout
// -----------------------------------------------------------------------------

/** Options of `spatialDropout`. */
export interface SpatialDropoutConfig {
  /** The probability that an element is dropped, at least 0 and below 1; 0.5 when absent. */
  readonly p?: number
  /** Divide what is kept by 1 - p, so that the expected value stays; true when absent. */
  readonly rescale?: boolean
  /** Drop while predicting too; false when absent. */
  readonly always?: boolean
  readonly name?: string
}

/** Options of `dropout`. */
export interface DropoutConfig extends SpatialDropoutConfig {
  /** Axes along which elements are kept or dropped together; none when absent. [1] drops whole places of images. */
  readonly sharedAxes?: Axes
}

interface Drop {
  readonly p: number
  readonly rescale: boolean
  readonly always: boolean
}

const probability = such('a probability of at least 0 and below 1', 'p is the share that is dropped, 0.5 when absent', (x) => x >= 0 && x < 1)

const options = { p: orElse(probability, 0.5), rescale: orElse(flag, true), always: orElse(flag, false) }
const label = (o: Drop): string => `${o.p}${o.always ? ', always' : ''}`

const drop = (o: Drop, x: Tensor, at: Place, shared: readonly number[]): Plan => {
  if (o.p === 0) return plain(x)
  const kept = B.ge(draws(at, shapeIn(x).map((e, i) => (shared.includes(i) ? 1 : e)), B.randomUniform), o.p)
  const dropped = B.select(kept, o.rescale ? B.mul(B.float(x), 1 / (1 - o.p)) : B.float(x), 0)
  return plain(o.always ? dropped : whileTraining(at, dropped, B.float(x)))
}

/**
 * Elements set to 0 at random, each with probability p (Srivastava et al. 2014). The
 * shape stays. While predicting, the input goes through as it is.
 *
 * @example
 * Layer.dropout({ p: 0.2 })
 * Layer.dropout({ p: 0.1, always: true })   // predictions are draws, as in MC dropout
 */
export const dropout = unaryOr<Drop & { readonly sharedAxes: Axes }, DropoutConfig>({
  kind: 'dropout',
  options: { ...options, sharedAxes: orElse<Axes>(axes, []) },
  label,
  rule: (o) => ([x], at) => pipe(axesIn(o.sharedAxes, shapeIn(x), 'sharedAxes'), E.map((shared) => drop(o, x, at, shared)))
})

/**
 * Whole channels of images [batch, channels, ...] set to 0 at random (Tompson et al.
 * 2015): neighbours in an image are alike, so dropping single places drops little.
 *
 * @example
 * Layer.spatialDropout({ p: 0.1 })
 */
export const spatialDropout = unaryOr<Drop, SpatialDropoutConfig>({
  kind: 'spatialDropout',
  options,
  label,
  rule: (o) => ([x], at): Either<GelatoErrors, Plan> => {
    const s = shapeIn(x)
    return s.length < 3
      ? fail('ShapeMismatch', [], `input ${Ext.showShape(s)}`, 'channels with places: [batch, channels, ...] of three axes or more', 'use Layer.dropout for rows of features')
      : E.right(drop(o, x, at, s.flatMap((_, i) => (i < 2 ? [] : [i]))))
  }
})

// -----------------------------------------------------------------------------
// gaussian noise
// -----------------------------------------------------------------------------

/** Options of `gaussianNoise`. */
export interface GaussianNoiseConfig {
  /** The standard deviation of the noise, 0.1 when absent. */
  readonly sigma?: number
  /** Add it while predicting too; false when absent. */
  readonly always?: boolean
  readonly name?: string
}

const deviation = such('a standard deviation of 0 or more', '0.1 when absent', (x) => x >= 0)

/**
 * x + sigma times standard normal noise, each element its own. The shape stays. While
 * predicting, the input goes through as it is.
 *
 * @example
 * Layer.gaussianNoise({ sigma: 0.05 })
 */
export const gaussianNoise = unaryOr<{ readonly sigma: number; readonly always: boolean }, GaussianNoiseConfig>({
  kind: 'gaussianNoise',
  options: { sigma: orElse(deviation, 0.1), always: orElse(flag, false) },
  label: (o) => `${o.sigma}${o.always ? ', always' : ''}`,
  rule: (o) => ([x], at) => {
    if (o.sigma === 0) return E.right(plain(x))
    const noisy = B.add(B.float(x), B.mul(draws(at, shapeIn(x), B.randomNormal), o.sigma))
    return E.right(plain(o.always ? noisy : whileTraining(at, noisy, B.float(x))))
  }
})
