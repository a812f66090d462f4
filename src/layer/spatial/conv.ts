/**
 * Convolution of [batch, channels, ...axes] over one, two or three axes.
 *
 * y[n, f, o] = b[f] + sum over c, k of W[f, c, k] x[n, c, stride o - padding + dilation k],
 * zero outside x: cross-correlation, as deep learning calls convolution (Goodfellow et
 * al. 2016, 9.1). `flipFilters` turns the kernel, which makes it the convolution of
 * mathematics; Lasagne's layers did that unless told otherwise, so weights from there
 * need `flipFilters: true`. Extent of the output:
 * floor((i + padding - (d (k - 1) + 1)) / stride) + 1. Fans for the start as documented by
 * Lasagne: fan in = channels / groups * kernel, fan out = filters * kernel.
 *
 * @since 0.1.0
 */
import { E } from '../../fp.ts'
import type { Either } from '../../fp.ts'
import { fail } from '../../error.ts'
import type { GelatoErrors } from '../../error.ts'
import * as B from '../../tensor/build.ts'
import type { Tensor } from '../../tensor/node.ts'
import { convolve } from '../../tensor/windows.ts'
import { unary } from '../make.ts'
import { count, orElse } from '../option.ts'
import type { Need, Plan } from '../plan.ts'
import { biased, biasShape } from './channelbias.ts'
import type { Dims, Spatial } from './dims.ts'
import { channelsOf, spatial, times } from './dims.ts'
import type { KernelConfig, KernelOptions } from './kernel.ts'
import { fitted, kernelOptions, kernelSlots, oriented } from './kernel.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Options of `conv1d`, `conv2d` and `conv3d`. */
export interface ConvConfig<D extends Dims> extends KernelConfig<D> {
  /** How many filters: the channels of the output. */
  readonly filters: number
  /** Parts of the channels that are convolved apart, 1 when absent; it divides channels and filters. */
  readonly groups?: number
}

/** Options of `conv1d`. */
export type Conv1dConfig = ConvConfig<1>
/** Options of `conv2d`. */
export type Conv2dConfig = ConvConfig<2>
/** Options of `conv3d`. */
export type Conv3dConfig = ConvConfig<3>

interface Options extends KernelOptions {
  readonly filters: number
  readonly groups: number
}

/** A convolution worked out on its input: parameters, and the output for their values. */
export interface Convolution {
  readonly W: Need
  readonly b: Need
  /** What the output is like. */
  readonly output: Spatial
  readonly of: (x: Tensor, W: Tensor | null, b: Tensor | null) => Tensor
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** Works a convolution with so many filters and groups out on an input. */
export const convolution = (s: Spatial, channels: number, filters: number, groups: number, o: KernelOptions): Either<GelatoErrors, Convolution> => {
  const fits = fitted(s, o, groups)
  if (E.isLeft(fits)) return fits
  const { sliding, axes } = fits.right
  const own = biasShape(filters, axes, o.untieBiases)
  if (E.isLeft(own)) return own
  const area = o.size.reduce((a, b) => a * b, 1)
  const fans = { fanIn: (channels / groups) * area, fanOut: filters * area }
  return E.right({
    output: { batch: s.batch, channels: filters, axes, shape: [s.batch, filters, ...axes] },
    W: { shape: [filters, channels / groups, ...o.size], ...fans },
    b: { shape: own.right, ...fans },
    of: (x, W, b) => o.activation.f(biased(convolve(B.float(x), oriented(W, o), sliding), b, filters, axes, o.untieBiases))
  })
}

const conv = <D extends Dims>(dims: D) => {
  const kind = `conv${dims}d`
  return unary<Options, ConvConfig<D>>({
    kind,
    options: { filters: count(1), ...kernelOptions(dims), groups: orElse(count(1), 1) },
    slots: kernelSlots,
    label: (o) => `${o.filters} of ${times(o.size)}, ${o.activation.name}`,
    rule: (o) => ([x]) => {
      const s = spatial(x, dims, kind)
      if (E.isLeft(s)) return s
      const channels = channelsOf(s.right)
      if (E.isLeft(channels)) return channels
      if (channels.right % o.groups !== 0 || o.filters % o.groups !== 0)
        return fail('ShapeMismatch', ['groups'], `${channels.right} channels and ${o.filters} filters in ${o.groups} groups`, 'channels and filters divisible by groups', 'change groups or filters')
      return E.map(({ W, b, of }: Convolution): Plan => ({ params: { W, b }, apply: ({ params }) => ({ output: of(x, params['W'], params['b']) }) }))(convolution(s.right, channels.right, o.filters, o.groups, o))
    }
  })
}

/**
 * A convolution of sequences with `filters` kernels of `size`: [batch, channels, length]
 * to [batch, filters, length'].
 *
 * @example
 * const wave = Layer.input([null, 2, 64])
 * Layer.conv1d({ filters: 8, size: 5, stride: 2, padding: 'same', activation: 'relu' })(wave)   // [batch, 8, 32]
 */
export const conv1d = conv(1)

/**
 * A convolution of images with `filters` kernels of `size`: [batch, channels, height,
 * width] to [batch, filters, height', width']. With `dilation` above 1 the kernel's
 * elements stand apart (Yu and Koltun 2016): a wide view at the cost of a small kernel.
 * (Lasagne's DilatedConv2DLayer keeps weights [channels, filters, ...]: exchange the two.)
 *
 * @example
 * Layer.conv2d({ filters: 32, size: [5, 5], activation: 'tanh' })
 * Layer.conv2d({ filters: 32, size: 3, dilation: 2, padding: 'same' })   // sees 5 x 5
 * Layer.conv2d({ filters: 32, size: 3, groups: 4 })
 */
export const conv2d = conv(2)

/**
 * A convolution of volumes with `filters` kernels of `size`: [batch, channels, depth,
 * height, width] to [batch, filters, depth', height', width']. While it runs, it holds
 * its input as often as the kernel is deep (divided by the stride along the depth).
 *
 * @example
 * const scan = Layer.input([null, 1, 8, 16, 16])
 * Layer.conv3d({ filters: 4, size: 3, stride: [1, 2, 2], padding: 1 })(scan)   // [batch, 4, 8, 8, 8]
 */
export const conv3d = conv(3)
