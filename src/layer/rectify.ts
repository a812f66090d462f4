/**
 * Rectifiers with slopes of their own below zero: learnt (prelu) or random (rrelu).
 *
 * @since 0.2.0
 */
import { E, pipe } from '../fp.ts'
import { fail } from '../error.ts'
import * as B from '../tensor/build.ts'
import type { Tensor } from '../tensor/node.ts'
import type { Axes } from './axes.ts'
import { axes, axesIn, shapeIn, sharedOver } from './axes.ts'
import { unaryOr } from './make.ts'
import { finite, orElse } from './option.ts'
import type { ParamValue, Weight } from './param.ts'
import { weight } from './param.ts'
import { plain } from './plan.ts'
import { draws, whileTraining } from './random.ts'

const rectified = (x: Tensor, slope: Tensor | number): Tensor => B.select(B.gt(x, 0), x, B.mul(x, slope))

// -----------------------------------------------------------------------------
// prelu
// -----------------------------------------------------------------------------

/** Options of `prelu`. */
export interface PreluConfig {
  /** Slopes below zero, of the shape of the axes that aren't shared; they start at 0.25. */
  readonly alpha?: Weight
  /** Axes along which one slope serves all: `auto` (all but axis 1) when absent, `all` for a single slope. */
  readonly sharedAxes?: Axes
  readonly name?: string
}

/**
 * x above zero and alpha x below, with learnt slopes (He et al. 2015). The shape stays.
 *
 * @example
 * Layer.prelu()                        // a slope a channel
 * Layer.prelu({ sharedAxes: 'all' })   // one slope
 */
export const prelu = unaryOr<{ readonly alpha: ParamValue; readonly sharedAxes: Axes }, PreluConfig>({
  kind: 'prelu',
  options: { alpha: weight, sharedAxes: orElse<Axes>(axes, 'auto') },
  slots: (o) => ({ alpha: { role: 'scale', value: o.alpha } }),
  rule: (o) => ([x]) => pipe(
    sharedOver(o.sharedAxes, shapeIn(x), 'sharedAxes'),
    E.map(({ shape, spread }) => ({
      params: { alpha: { shape, fanIn: 1, fanOut: 1, init: { _tag: 'Constant' as const, value: 0.25, scale: 1 } } },
      apply: ({ params: { alpha } }) => ({ output: rectified(B.float(x), spread(alpha ?? B.full(shape, 0.25))) })
    }))
  )
})

// -----------------------------------------------------------------------------
// rrelu
// -----------------------------------------------------------------------------

/** Options of `rrelu`. */
export interface RreluConfig {
  /** The smallest slope, 0.3 when absent. */
  readonly lower?: number
  /** The largest slope, 0.8 when absent. */
  readonly upper?: number
  /** Axes along which a random slope is shared: `auto` (all but axis 1) when absent; [] for a slope an element. */
  readonly sharedAxes?: Axes
  readonly name?: string
}

/**
 * x above zero and a x below, where a is uniform on [lower, upper] while training and
 * its mean while predicting (Xu et al. 2015). The shape stays.
 *
 * @example
 * Layer.rrelu({ lower: 1 / 8, upper: 1 / 3, sharedAxes: [] })
 */
export const rrelu = unaryOr<{ readonly lower: number; readonly upper: number; readonly sharedAxes: Axes }, RreluConfig>({
  kind: 'rrelu',
  options: { lower: orElse(finite, 0.3), upper: orElse(finite, 0.8), sharedAxes: orElse<Axes>(axes, 'auto') },
  label: (o) => `${o.lower} to ${o.upper}`,
  rule: (o) => ([x], at) => {
    if (o.lower > o.upper) return fail('BadOption', ['lower'], `slopes from ${o.lower} to ${o.upper}`, 'lower at most upper', 'exchange the two')
    const s = shapeIn(x), mean = (o.lower + o.upper) / 2
    return pipe(
      axesIn(o.sharedAxes, s, 'sharedAxes'),
      E.map((shared) => {
        const u = draws(at, s.map((e, i) => (shared.includes(i) ? 1 : e)), B.randomUniform)
        return plain(rectified(B.float(x), whileTraining(at, B.add(o.lower, B.mul(u, o.upper - o.lower)), B.scalar(mean))))
      })
    )
  }
})
