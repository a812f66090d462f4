/**
 * Batch normalisation: by the batch's own statistics while training, by running ones
 * while predicting. The running ones are states: carried from step to step, averaged
 * over draws, saved with an approximation.
 *
 * @since 0.2.0
 */
import { E, pipe } from '../fp.ts'
import { fail } from '../error.ts'
import * as B from '../tensor/build.ts'
import * as Ext from '../tensor/extent.ts'
import type { Tensor } from '../tensor/node.ts'
import type { Axes } from './axes.ts'
import { axes, axesIn, shapeIn, sharedOver } from './axes.ts'
import { unaryOr } from './make.ts'
import type { Norm, NormConfig } from './normalise.ts'
import { centred, needs, normOptions, normSlots, scaled, varianceAbout } from './normalise.ts'
import { orElse, such } from './option.ts'
import type { Plan } from './plan.ts'
import { whileTraining } from './random.ts'

/** Options of `batchNorm`. */
export interface BatchNormConfig extends NormConfig {
  /** Axes that mean and variance are taken over: `auto` (all but axis 1) when absent. */
  readonly axes?: Axes
  /** The weight of a new batch in the running statistics, 0.1 when absent. */
  readonly alpha?: number
}

const share = such('a weight above 0 and at most 1', '0.1 forgets a batch in about ten steps', (x) => x > 0 && x <= 1)

/**
 * Batch normalisation (Ioffe and Szegedy 2015): by the batch's own mean and variance
 * while training, by running ones while predicting. The shape stays; `gamma` and `beta`
 * have one element a channel. States `mean` (starts at 0) and `variance` (starts at 1)
 * become (1 - alpha) old + alpha new at each step.
 *
 * @example
 * pipe(Layer.input([null, 1, 28, 28]), Layer.conv2d({ filters: 32, size: 3, b: null }), Layer.batchNorm(), Layer.activation('relu'))
 */
export const batchNorm = unaryOr<Norm & { readonly axes: Axes; readonly alpha: number }, BatchNormConfig>({
  kind: 'batchNorm',
  options: { ...normOptions, axes: orElse<Axes>(axes, 'auto'), alpha: orElse(share, 0.1) },
  slots: normSlots,
  rule: (o) => ([input], at) => {
    const x = B.float(input), s = shapeIn(x)
    const along = axesIn(o.axes, s, 'axes')
    if (E.isLeft(along)) return along
    if (!along.right.includes(0))
      return fail('ShapeMismatch', ['axes'], `statistics over axes [${along.right.join(', ')}] of input ${Ext.showShape(s)}`, 'axis 0, the batch, among them', 'use Layer.layerNorm for statistics of each row')
    return pipe(
      sharedOver(along.right, s, 'axes'),
      E.map((own): Plan => ({
        params: needs(own),
        states: { mean: { shape: own.shape, initial: 0 }, variance: { shape: own.shape, initial: 1 } },
        apply: (given) => {
          const { mean, variance } = given.states
          const m = B.mean(x, along.right, true), v = varianceAbout(x, m, along.right)
          const moved = (old: Tensor, now: Tensor): Tensor => B.add(B.mul(old, 1 - o.alpha), B.mul(B.reshape(now, own.shape), o.alpha))
          return {
            output: scaled(centred(x, whileTraining(at, m, own.spread(mean)), whileTraining(at, v, own.spread(variance)), o.epsilon), own, given),
            next: { mean: moved(mean, m), variance: moved(variance, v) }
          }
        }
      }))
    )
  }
})
