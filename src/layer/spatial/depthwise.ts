/**
 * Convolutions that treat each channel apart (depthwise), and those followed by a
 * product over the channels (separable; Chollet 2017): a fraction of the weights and the
 * work of a full convolution.
 *
 * @since 0.2.0
 */
import { E } from '../../fp.ts'
import type { Either } from '../../fp.ts'
import type { GelatoErrors } from '../../error.ts'
import type { Tensor } from '../../tensor/node.ts'
import type { Nonlinearity } from '../activation.ts'
import { unary } from '../make.ts'
import { count, orElse } from '../option.ts'
import type { ParamValue, Weight } from '../param.ts'
import { weight } from '../param.ts'
import type { Plan } from '../plan.ts'
import type { Dims } from './dims.ts'
import { channelsOf, spatial, times } from './dims.ts'
import type { Convolution } from './conv.ts'
import { convolution } from './conv.ts'
import type { KernelConfig, KernelOptions } from './kernel.ts'
import { kernelOptions, kernelSlots } from './kernel.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Options of `depthwiseConv1d`, `depthwiseConv2d` and `depthwiseConv3d`. */
export interface DepthwiseConfig<D extends Dims> extends KernelConfig<D> {
  /** Kernels a channel, 1 when absent. */
  readonly multiplier?: number
  /** Weights [channels * multiplier, 1, ...kernel]: those of a channel lie together. */
  readonly W?: Weight
}

/** Options of `separableConv1d`, `separableConv2d` and `separableConv3d`. */
export interface SeparableConfig<D extends Dims> extends DepthwiseConfig<D> {
  /** How many filters: the channels of the output. */
  readonly filters: number
  /** Weights of the product over channels, [filters, channels * multiplier, 1, ...]. */
  readonly P?: Weight
}

interface Options extends KernelOptions {
  readonly multiplier: number
}

interface SeparableOptions extends Options {
  readonly filters: number
  readonly P: ParamValue
}

/** A convolution on an input whose channels are known. */
interface Placed {
  readonly channels: number
  readonly conv: Convolution
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** One group a channel. */
const apart = (x: Tensor, dims: Dims, kind: string, o: Options): Either<GelatoErrors, Placed> => {
  const s = spatial(x, dims, kind)
  if (E.isLeft(s)) return s
  const channels = channelsOf(s.right)
  if (E.isLeft(channels)) return channels
  const c = channels.right
  return E.map((conv: Convolution) => ({ channels: c, conv }))(convolution(s.right, c, c * o.multiplier, c, o))
}

const depthwise = <D extends Dims>(dims: D) => {
  const kind = `depthwiseConv${dims}d`
  return unary<Options, DepthwiseConfig<D>>({
    kind,
    options: { ...kernelOptions(dims), multiplier: orElse(count(1), 1) },
    slots: kernelSlots,
    label: (o) => `${o.multiplier} of ${times(o.size)} a channel, ${o.activation.name}`,
    rule: (o) => ([x]) =>
      E.map(({ conv: { W, b, of } }: Placed): Plan => ({ params: { W, b }, apply: ({ params }) => ({ output: of(x, params['W'], params['b']) }) }))(apart(x, dims, kind, o))
  })
}

const linear: Nonlinearity = { name: 'linear', f: (x) => x }

/** Depthwise, without bias or activation, then the product over channels with both. */
const separable = <D extends Dims>(dims: D) => {
  const kind = `separableConv${dims}d`, ones = Array<number>(dims).fill(1)
  return unary<SeparableOptions, SeparableConfig<D>>({
    kind,
    options: { filters: count(1), ...kernelOptions(dims), multiplier: orElse(count(1), 1), P: weight },
    slots: (o) => ({ W: { role: 'weight', value: o.W }, P: { role: 'weight', value: o.P }, b: { role: 'bias', value: o.b } }),
    label: (o) => `${o.filters} of ${times(o.size)}, ${o.activation.name}`,
    rule: (o) => ([x]) => {
      const first = apart(x, dims, kind, { ...o, untieBiases: false, activation: linear })
      if (E.isLeft(first)) return first
      const { channels, conv } = first.right, inner = channels * o.multiplier
      const point: KernelOptions = { ...o, size: ones, stride: ones, dilation: ones, padding: 'valid', flipFilters: false }
      return E.map((mix: Convolution): Plan => ({
        params: { W: conv.W, P: mix.W, b: mix.b },
        apply: ({ params }) => ({ output: mix.of(conv.of(x, params['W'], null), params['P'], params['b']) })
      }))(convolution(conv.output, inner, o.filters, 1, point))
    }
  })
}

/**
 * Each channel of sequences convolved apart: [batch, channels, length] to
 * [batch, channels * multiplier, length'].
 *
 * @example
 * Layer.depthwiseConv1d({ size: 7, padding: 'same' })
 */
export const depthwiseConv1d = depthwise(1)

/**
 * Each channel of images convolved apart: [batch, channels, height, width] to
 * [batch, channels * multiplier, height', width']. The same as `conv2d` with as many
 * groups as channels, which it counts by itself.
 *
 * @example
 * Layer.depthwiseConv2d({ size: 3, padding: 'same', multiplier: 2 })(Layer.input([null, 8, 16, 16]))   // [batch, 16, 16, 16]
 */
export const depthwiseConv2d = depthwise(2)

/**
 * Each channel of volumes convolved apart: [batch, channels, depth, height, width] to
 * [batch, channels * multiplier, depth', height', width'].
 *
 * @example
 * Layer.depthwiseConv3d({ size: [1, 3, 3] })
 */
export const depthwiseConv3d = depthwise(3)

/**
 * A depthwise convolution and a product over the channels, on sequences:
 * [batch, channels, length] to [batch, filters, length'].
 *
 * @example
 * Layer.separableConv1d({ filters: 16, size: 5, padding: 'same', activation: 'relu' })
 */
export const separableConv1d = separable(1)

/**
 * A depthwise convolution and a product over the channels, on images: [batch, channels,
 * height, width] to [batch, filters, height', width']. Bias and activation come after
 * the product.
 *
 * @example
 * Layer.separableConv2d({ filters: 32, size: 3, padding: 'same', activation: 'relu' })
 */
export const separableConv2d = separable(2)

/**
 * A depthwise convolution and a product over the channels, on volumes: [batch, channels,
 * depth, height, width] to [batch, filters, depth', height', width'].
 *
 * @example
 * Layer.separableConv3d({ filters: 8, size: 3 })
 */
export const separableConv3d = separable(3)
