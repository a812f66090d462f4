/**
 * Pooling of [batch, channels, ...axes] by windows over one, two or three axes.
 *
 * Windows that would reach over the edge are left out, as in the original: extent
 * floor((i + padding - k) / stride) + 1. With `ignoreBorder: false` they are kept and see
 * what is left of the input: as many windows as it takes to cover it, of which each
 * begins before its end; extent
 * min(max(0, ceil((i + padding - k) / stride)) + 1, ceil((i + padding before) / stride)).
 *
 * @since 0.1.0
 */
import { E } from '../../fp.ts'
import type { Either } from '../../fp.ts'
import { fail } from '../../error.ts'
import type { GelatoErrors } from '../../error.ts'
import * as B from '../../tensor/build.ts'
import * as Ext from '../../tensor/extent.ts'
import type { Extent, Shape } from '../../tensor/extent.ts'
import type { Tensor } from '../../tensor/node.ts'
import { maxPool, slid, sumPool } from '../../tensor/windows.ts'
import type { Pooling } from '../../tensor/windows.ts'
import type { Readers } from '../make.ts'
import { unary } from '../make.ts'
import { flag, optional, orElse } from '../option.ts'
import type { Plan } from '../plan.ts'
import { plain } from '../plan.ts'
import type { Dims, PerAxis, Spatial } from './dims.ts'
import { known, perAxis, spatial, thing, times } from './dims.ts'
import type { AnyPadding, Ends, Padding } from './padding.ts'
import { padding, paddings } from './padding.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Options of `maxPool1d`, `maxPool2d` and `maxPool3d`. */
export interface MaxPoolConfig<D extends Dims> {
  /** The window, one number or one an axis. */
  readonly size: PerAxis<D>
  /** The window's size when absent. */
  readonly stride?: PerAxis<D>
  /** Below the window's size; `valid` (none) when absent. */
  readonly padding?: Padding<D>
  /** Whether windows that reach over the edge are left out; true when absent. */
  readonly ignoreBorder?: boolean
  readonly name?: string
}

/** Options of `avgPool1d`, `avgPool2d` and `avgPool3d`. */
export interface AvgPoolConfig<D extends Dims> extends MaxPoolConfig<D> {
  /** Whether padding counts as zeros (true when absent) or is left out of the mean. */
  readonly countPadding?: boolean
}

/** Options of `maxPool2d`. */
export type MaxPool2dConfig = MaxPoolConfig<2>
/** Options of `avgPool2d`. */
export type AvgPool2dConfig = AvgPoolConfig<2>

interface Options {
  readonly size: readonly number[]
  readonly stride: readonly number[] | undefined
  readonly padding: AnyPadding
  readonly ignoreBorder: boolean
}

interface AvgOptions extends Options {
  readonly countPadding: boolean
}

/** Windows that fit: the padding that was asked for, and with what the last windows need. */
interface Windows {
  readonly pooling: Pooling
  readonly asked: readonly Ends[]
  readonly axes: Shape
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** Padding at the end by which the windows cover an axis of n elements. */
const covering = (n: number, k: number, stride: number, [lo, hi]: Ends): Ends => {
  const windows = Math.min(Math.max(0, Math.ceil((n + lo + hi - k) / stride)) + 1, Math.ceil((n + lo) / stride))
  return [lo, Math.max(hi, (windows - 1) * stride + k - lo - n)]
}

const windows = (s: Spatial, o: Options): Either<GelatoErrors, Windows> => {
  const asked = paddings(o.padding, o.size), stride = o.stride ?? o.size
  if (E.isLeft(asked)) return asked
  if (asked.right.some((p, d) => p.some((v) => v >= o.size[d])))
    return fail('ShapeMismatch', ['padding'], `padding ${JSON.stringify(asked.right)} with a window of ${times(o.size)}`, 'padding below the window', 'use less padding')
  const whole = o.ignoreBorder ? E.right(undefined) : known(s.axes, 'how far the last windows reach depends on them', s)
  if (E.isLeft(whole)) return whole
  const pads = whole.right === undefined ? asked.right : whole.right.map((n, d) => covering(n, o.size[d], stride[d], asked.right[d]))
  const axes = s.axes.flatMap((e, d) => slid(e, o.size[d], stride[d], pads[d]) ?? [])
  return axes.length === s.axes.length
    ? E.right({ pooling: { window: o.size, stride, padding: pads }, asked: asked.right, axes })
    : fail('ShapeMismatch', ['size'], `window ${times(o.size)} on ${thing(s.axes)} (input ${Ext.showShape(s.shape)})`, 'a window no larger than the padded input', 'use a smaller size, pool less before this layer, or ignoreBorder: false')
}

/** How many elements of an axis of extent e each window's mean is over; padding `counted` or not. */
const counts = (e: Extent, out: Extent, k: number, stride: number, [lo, hi]: Ends, counted: boolean): Tensor => {
  const start = B.sub(B.mul(B.iota([out], 0, 'f32'), stride), lo)
  const first = counted ? -lo : 0, end = B.extentScalar(counted ? Ext.add(e, hi) : e)
  return B.sub(B.min(B.add(start, k), end), B.max(start, first))
}

/** What the sums are divided by: the window's size where all windows are whole. */
const divisor = (s: Spatial, { pooling, asked, axes }: Windows, counted: boolean): B.Arg => {
  const plainly = pooling.padding.every((p, d) => p[1] === asked[d][1] && (counted || p.every((v) => v === 0)))
  if (plainly) return pooling.window.reduce((a, b) => a * b, 1)
  return s.axes.map((e, d) => B.reshape(counts(e, axes[d], pooling.window[d], pooling.stride[d], asked[d], counted), axes.map((a, i) => (i === d ? a : 1))))
    .reduce((a, b) => B.mul(a, b))
}

const shared = (dims: Dims): Readers<Options> => ({
  size: perAxis(dims, 1),
  stride: optional(perAxis(dims, 1)),
  padding: orElse<AnyPadding>(padding(dims), 'valid'),
  ignoreBorder: orElse(flag, true)
})

const pool = <D extends Dims, O extends Options, C>(dims: D, kind: string, options: Readers<O>, f: (x: Tensor, s: Spatial, w: Windows, o: O) => Tensor) =>
  unary<O, C>({
    kind,
    options,
    label: (o) => times(o.size),
    rule: (o) => ([x]) => {
      const s = spatial(x, dims, kind)
      if (E.isLeft(s)) return s
      return E.map((w: Windows): Plan => plain(f(B.float(x), s.right, w, o)))(windows(s.right, o))
    }
  })

const max = <D extends Dims>(dims: D) =>
  pool<D, Options, MaxPoolConfig<D>>(dims, `maxPool${dims}d`, shared(dims), (x, _, w) => maxPool(x, w.pooling))

const avg = <D extends Dims>(dims: D) =>
  pool<D, AvgOptions, AvgPoolConfig<D>>(dims, `avgPool${dims}d`, { ...shared(dims), countPadding: orElse(flag, true) }, (x, s, w, o) =>
    B.div(sumPool(x, w.pooling), divisor(s, w, o.countPadding)))

/**
 * The largest of each window of sequences: [batch, channels, length] to
 * [batch, channels, length'].
 *
 * @example
 * Layer.maxPool1d({ size: 3, stride: 2, padding: 1 })(Layer.input([null, 4, 100]))   // [batch, 4, 50]
 */
export const maxPool1d = max(1)

/**
 * The largest of each window of images: [batch, channels, height, width] to
 * [batch, channels, height', width'].
 *
 * @example
 * Layer.maxPool2d({ size: [2, 2] })
 * Layer.maxPool2d({ size: 2, ignoreBorder: false })(Layer.input([null, 1, 5, 5]))   // [batch, 1, 3, 3]
 */
export const maxPool2d = max(2)

/**
 * The largest of each window of volumes: [batch, channels, depth, height, width] to
 * [batch, channels, depth', height', width'].
 *
 * @example
 * Layer.maxPool3d({ size: 2 })(Layer.input([null, 4, 8, 16, 16]))   // [batch, 4, 4, 8, 8]
 */
export const maxPool3d = max(3)

/**
 * The mean of each window of sequences: [batch, channels, length] to
 * [batch, channels, length'].
 *
 * @example
 * Layer.avgPool1d({ size: 4 })
 */
export const avgPool1d = avg(1)

/**
 * The mean of each window of images: [batch, channels, height, width] to
 * [batch, channels, height', width'].
 *
 * @example
 * Layer.avgPool2d({ size: 3, stride: 2, padding: 1, countPadding: false })
 */
export const avgPool2d = avg(2)

/**
 * The mean of each window of volumes: [batch, channels, depth, height, width] to
 * [batch, channels, depth', height', width'].
 *
 * @example
 * Layer.avgPool3d({ size: [1, 2, 2] })
 */
export const avgPool3d = avg(3)
