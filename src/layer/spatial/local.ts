/**
 * Locally connected layers: convolutions whose kernels differ from location to location
 * (LeCun 1989; Taigman et al. 2014).
 *
 * y[n, f, o] = b[f] + sum over c, k of W[f, c, k, o] x[n, c, stride o - padding + dilation k]:
 * one product of matrices a location. It holds its input once for each element of the
 * kernel (divided by the strides). Channelwise: W[c, k, o], each channel to itself.
 * Lasagne's LocallyConnected2DLayer is this with padding 'same' and flipFilters.
 *
 * @since 0.2.0
 */
import { E } from '../../fp.ts'
import type { Either } from '../../fp.ts'
import { fail } from '../../error.ts'
import type { GelatoErrors } from '../../error.ts'
import * as B from '../../tensor/build.ts'
import * as Ext from '../../tensor/extent.ts'
import type { Extent } from '../../tensor/extent.ts'
import type { Tensor } from '../../tensor/node.ts'
import { patches } from '../../tensor/windows.ts'
import type { Sliding } from '../../tensor/windows.ts'
import { unary } from '../make.ts'
import type { Rule } from '../network.ts'
import { count, flag, orElse } from '../option.ts'
import type { Weight } from '../param.ts'
import type { Dims, Spatial } from './dims.ts'
import { channelsOf, known, spatial, times } from './dims.ts'
import { biased, biasShape } from './channelbias.ts'
import type { KernelConfig, KernelOptions } from './kernel.ts'
import { fitted, kernelOptions, kernelSlots, oriented } from './kernel.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Options of `locallyConnected1d`, `locallyConnected2d` and `locallyConnected3d`. */
export interface LocallyConnectedConfig<D extends Dims> extends KernelConfig<D> {
  /** How many filters: the channels of the output, where not channelwise. */
  readonly filters: number
  /** Each channel to itself: as many filters as channels; false when absent. */
  readonly channelwise?: boolean
  /** Weights [filters, channels, ...kernel, ...axes of the output]; channelwise [channels, ...kernel, ...axes]. */
  readonly W?: Weight
}

interface Options extends KernelOptions {
  readonly filters: number
  readonly channelwise: boolean
}

/** Sizes of a locally connected product. */
interface Sizes {
  readonly batch: Extent
  readonly channels: number
  readonly filters: number
  readonly kernel: readonly number[]
  readonly axes: readonly number[]
  readonly sliding: Sliding
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

const product = (ns: readonly number[]): number => ns.reduce((a, b) => a * b, 1)
/** 0, 1, ... from `first`, every `step`. */
const run = (n: number, first: number, step = 1): readonly number[] => Array.from({ length: n }, (_, i) => first + i * step)

/** Patches [N, C, k1, o1, ...] and weights [F, C, ...k, ...o] as one product of matrices a location: [N, F, ...o]. */
const full = (seen: Tensor, W: Tensor, { batch, channels, filters, kernel, axes }: Sizes): Tensor => {
  const d = axes.length, locations = product(axes), inner = channels * product(kernel)
  const left = B.reshape(B.transpose(seen, [...run(d, 3, 2), 0, 1, ...run(d, 2, 2)]), [locations, batch, inner])
  const right = B.reshape(B.transpose(W, [...run(d, 2 + d), 1, ...run(d, 2), 0]), [locations, inner, filters])
  return B.reshape(B.transpose(B.matmul(left, right), [1, 2, 0]), [batch, filters, ...axes])
}

/** Patches [N, C, k1, o1, ...] and weights [C, ...k, ...o], summed over the kernel: [N, C, ...o]. */
const channelwise = (seen: Tensor, W: Tensor, { axes }: Sizes): Tensor => {
  const d = axes.length
  return B.sum(B.mul(B.transpose(seen, [0, 1, ...run(d, 2, 2), ...run(d, 3, 2)]), W), run(d, 2))
}

/** What the layer needs to know of its input. */
const fit = (s: Spatial, o: Options): Either<GelatoErrors, Sizes> => {
  const channels = channelsOf(s)
  if (E.isLeft(channels)) return channels
  if (o.channelwise && o.filters !== channels.right)
    return fail('ShapeMismatch', ['filters'], `${o.filters} filters, channelwise, on ${channels.right} channels (input ${Ext.showShape(s.shape)})`, 'as many filters as channels', `use filters: ${channels.right}, or leave channelwise out`)
  const fits = fitted(s, o, 1)
  if (E.isLeft(fits)) return fits
  const { axes, sliding } = fits.right
  return E.map((numbers: readonly number[]): Sizes => ({ batch: s.batch, channels: channels.right, filters: o.filters, kernel: o.size, axes: numbers, sliding }))(
    known(axes, 'each location has weights of its own', s))
}

const rule = (dims: Dims, kind: string) => (o: Options): Rule => ([x]) => {
  const s = spatial(x, dims, kind)
  if (E.isLeft(s)) return s
  const sizes = fit(s.right, o)
  if (E.isLeft(sizes)) return sizes
  const { channels, filters, axes, sliding } = sizes.right, area = product(o.size)
  const own = biasShape(filters, axes, o.untieBiases)
  if (E.isLeft(own)) return own
  const fans = o.channelwise ? { fanIn: area, fanOut: area } : { fanIn: channels * area, fanOut: filters * area }
  return E.right({
    params: { W: { shape: [filters, ...(o.channelwise ? [] : [channels]), ...o.size, ...axes], ...fans }, b: { shape: own.right, ...fans } },
    apply: ({ params: { W, b } }) => {
      const seen = patches(B.float(x), o.size, sliding), kernel = oriented(W, o, o.channelwise ? 1 : 2)
      const y = (o.channelwise ? channelwise : full)(seen, kernel, sizes.right)
      return { output: o.activation.f(biased(y, b, filters, axes, o.untieBiases)) }
    }
  })
}

const locallyConnected = <D extends Dims>(dims: D) => {
  const kind = `locallyConnected${dims}d`
  return unary<Options, LocallyConnectedConfig<D>>({
    kind,
    options: { filters: count(1), ...kernelOptions(dims), channelwise: orElse(flag, false) },
    slots: kernelSlots,
    label: (o) => `${o.filters} of ${times(o.size)}${o.channelwise ? ' a channel' : ''}, ${o.activation.name}`,
    rule: rule(dims, kind)
  })
}

/**
 * A locally connected layer of sequences: [batch, channels, length] to
 * [batch, filters, length'].
 *
 * @example
 * Layer.locallyConnected1d({ filters: 4, size: 3, padding: 'same' })(Layer.input([null, 2, 10]))   // W [4, 2, 3, 10]
 */
export const locallyConnected1d = locallyConnected(1)

/**
 * A locally connected layer of images: [batch, channels, height, width] to
 * [batch, filters, height', width'].
 *
 * @example
 * const image = Layer.input([null, 3, 8, 8])
 * Layer.locallyConnected2d({ filters: 4, size: 3, padding: 'same' })(image)   // W [4, 3, 3, 3, 8, 8]
 * Layer.locallyConnected2d({ filters: 3, size: 3, padding: 'same', channelwise: true })(image)   // W [3, 3, 3, 8, 8]
 */
export const locallyConnected2d = locallyConnected(2)

/**
 * A locally connected layer of volumes: [batch, channels, depth, height, width] to
 * [batch, filters, depth', height', width'].
 *
 * @example
 * Layer.locallyConnected3d({ filters: 2, size: 2 })(Layer.input([null, 1, 4, 4, 4]))   // W [2, 1, 2, 2, 2, 3, 3, 3]
 */
export const locallyConnected3d = locallyConnected(3)
