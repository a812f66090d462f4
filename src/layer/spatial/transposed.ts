/**
 * Transposed convolution of [batch, channels, ...axes]: the adjoint of a convolution, by
 * which images grow (Zeiler et al. 2010; also called deconvolution).
 *
 * Every element of the input adds its kernel, times its value, to the output:
 * y[n, f, stride i - crop + dilation k] += W[c, f, k] x[n, c, i]. Extent of the output:
 * (i - 1) stride + dilation (k - 1) + 1 - crop, or `outputSize`, which may be up to
 * stride - 1 larger. This is the orientation of PyTorch; `flipFilters` turns the kernel
 * by 180 degrees, and Lasagne's layers, unless told otherwise, did so.
 *
 * Law: <conv(x), y> = <x, transposedConv(y)> for the same weights and options.
 *
 * @since 0.2.0
 */
import { E } from '../../fp.ts'
import type { Either } from '../../fp.ts'
import { fail } from '../../error.ts'
import type { GelatoErrors } from '../../error.ts'
import * as B from '../../tensor/build.ts'
import * as Ext from '../../tensor/extent.ts'
import type { Extent, Shape } from '../../tensor/extent.ts'
import { adjoint } from '../../tensor/windows.ts'
import { unary } from '../make.ts'
import type { Rule } from '../network.ts'
import { count, optional, orElse } from '../option.ts'
import type { Weight } from '../param.ts'
import type { Dims, PerAxis, Spatial } from './dims.ts'
import { channelsOf, perAxis, spatial, times } from './dims.ts'
import { biased, biasShape } from './channelbias.ts'
import type { KernelConfig, KernelOptions } from './kernel.ts'
import { kernelOptions, kernelSlots, oriented, spansOf } from './kernel.ts'
import type { AnyPadding, Ends, Padding } from './padding.ts'
import { padding, paddings } from './padding.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Options of `transposedConv1d`, `transposedConv2d` and `transposedConv3d`. */
export interface TransposedConvConfig<D extends Dims> extends Omit<KernelConfig<D>, 'padding'> {
  /** How many filters: the channels of the output. */
  readonly filters: number
  /** What is cut from the ends of the output, `valid` (nothing) when absent: the padding of the convolution that it undoes. */
  readonly crop?: Padding<D>
  /** Extents of the output, where those that follow from the input are not wanted. */
  readonly outputSize?: PerAxis<D>
  /** Parts of the channels that are treated apart, 1 when absent. */
  readonly groups?: number
  /** Weights [channels, filters / groups, ...kernel]. */
  readonly W?: Weight
}

interface Options extends Omit<KernelOptions, 'padding'> {
  readonly filters: number
  readonly crop: AnyPadding
  readonly outputSize: readonly number[] | undefined
  readonly groups: number
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** Axes of the output: the least that the convolution takes to those of the input, or the size that is asked for. */
const outputAxes = (s: Spatial, o: Options, crop: readonly Ends[]): Either<GelatoErrors, Shape> => {
  const spans = spansOf(o)
  const least = s.axes.map((e, d): Extent => Ext.add(Ext.mul(Ext.sub(e, 1), o.stride[d]), spans[d] - crop[d][0] - crop[d][1]))
  const axes = o.outputSize ?? least
  const cut = least.findIndex((e) => typeof e === 'number' && e < 1)
  if (cut >= 0 && o.outputSize === undefined)
    return fail('ShapeMismatch', ['crop'], `${crop[cut].join(' and ')} cut from ${Ext.show(Ext.add(least[cut], crop[cut][0] + crop[cut][1]))} elements (input ${Ext.showShape(s.shape)})`, 'at least one element left on each axis', 'use a smaller crop, or a larger size or stride')
  const most = least.map((e, d) => Ext.add(e, o.stride[d] - 1))
  const fits = axes.every((e, d) => {
    const over = Ext.sub(e, least[d])
    return typeof over === 'number' && over >= 0 && over < o.stride[d]
  })
  return fits
    ? E.right(axes)
    : fail('ShapeMismatch', ['outputSize'], `an output of ${times(axes)} from input ${Ext.showShape(s.shape)}`, `at least ${times(least)} and at most ${times(most)}: a convolution of the same options takes no other size to ${times(s.axes)}`, 'choose a size between the two, or leave it out')
}

const rule = (dims: Dims, kind: string) => (o: Options): Rule => ([x]) => {
  const s = spatial(x, dims, kind)
  if (E.isLeft(s)) return s
  const channels = channelsOf(s.right)
  if (E.isLeft(channels)) return channels
  const c = channels.right
  if (c % o.groups !== 0 || o.filters % o.groups !== 0)
    return fail('ShapeMismatch', ['groups'], `${c} channels and ${o.filters} filters in ${o.groups} groups`, 'channels and filters divisible by groups', 'change groups or filters')
  const crop = paddings(o.crop, spansOf(o), 'crop')
  if (E.isLeft(crop)) return crop
  const axes = outputAxes(s.right, o, crop.right)
  if (E.isLeft(axes)) return axes
  const own = biasShape(o.filters, axes.right, o.untieBiases)
  if (E.isLeft(own)) return own
  const area = o.size.reduce((a, b) => a * b, 1)
  const fans = { fanIn: (c / o.groups) * area, fanOut: (o.filters / o.groups) * area }
  return E.right({
    params: { W: { shape: [c, o.filters / o.groups, ...o.size], ...fans }, b: { shape: own.right, ...fans } },
    apply: ({ params: { W, b } }) => {
      const y = adjoint(B.float(x), oriented(W, o), axes.right, { stride: o.stride, padding: crop.right, dilation: o.dilation, groups: o.groups })
      return { output: o.activation.f(biased(y, b, o.filters, axes.right, o.untieBiases)) }
    }
  })
}

const transposed = <D extends Dims>(dims: D) => {
  const kind = `transposedConv${dims}d`
  const { padding: _, ...shared } = kernelOptions(dims)
  return unary<Options, TransposedConvConfig<D>>({
    kind,
    options: { filters: count(1), ...shared, crop: orElse<AnyPadding>(padding(dims), 'valid'), outputSize: optional(perAxis(dims, 1)), groups: orElse(count(1), 1) },
    slots: kernelSlots,
    label: (o) => `${o.filters} of ${times(o.size)}, ${o.activation.name}`,
    rule: rule(dims, kind)
  })
}

/**
 * A transposed convolution of sequences: [batch, channels, length] to
 * [batch, filters, (length - 1) stride + size - crop].
 *
 * @example
 * Layer.transposedConv1d({ filters: 4, size: 4, stride: 2, crop: 1 })(Layer.input([null, 8, 16]))   // [batch, 4, 32]
 */
export const transposedConv1d = transposed(1)

/**
 * A transposed convolution of images: [batch, channels, height, width] to
 * [batch, filters, (height - 1) stride + size - crop, ...].
 *
 * @example
 * const code = Layer.input([null, 16, 7, 7])
 * Layer.transposedConv2d({ filters: 8, size: 4, stride: 2, crop: 1, activation: 'relu' })(code)   // [batch, 8, 14, 14]
 * Layer.transposedConv2d({ filters: 8, size: 3, stride: 2, crop: 1, outputSize: 14 })(code)
 */
export const transposedConv2d = transposed(2)

/**
 * A transposed convolution of volumes: [batch, channels, depth, height, width] to
 * [batch, filters, (depth - 1) stride + size - crop, ...].
 *
 * @example
 * Layer.transposedConv3d({ filters: 2, size: 2, stride: 2 })(Layer.input([null, 4, 3, 5, 5]))   // [batch, 2, 6, 10, 10]
 */
export const transposedConv3d = transposed(3)
