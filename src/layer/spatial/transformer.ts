/**
 * Spatial transformer (Jaderberg et al. 2015): images seen through an affine map that
 * a network chooses for each of them.
 *
 * With coordinates from -1 to 1 along each axis (the centres of the outermost pixels),
 * the output at (x, y) is the input at (t0 x + t1 y + t2, t3 x + t4 y + t5), between
 * pixels by bilinear interpolation; t = [1, 0, 0, 0, 1, 0] changes nothing. Outside the
 * image, `nearest` takes the pixel at the edge, `mirror` reflects the image there, `wrap`
 * repeats it. Differentiable in the images and in the maps (in those but where a
 * coordinate meets a pixel's centre).
 *
 * Four pixels are fetched for each output and channel. The gradient by the images adds
 * them up in a fixed order, at a cost of pixels times fetched pixels: small where the
 * layer stands on the input of a network, which needs none.
 *
 * @since 0.2.0
 */
import { E } from '../../fp.ts'
import { fail } from '../../error.ts'
import * as B from '../../tensor/build.ts'
import * as Ext from '../../tensor/extent.ts'
import type { Extent, Shape } from '../../tensor/extent.ts'
import { node } from '../../tensor/node.ts'
import type { Tensor } from '../../tensor/node.ts'
import { shapeIn } from '../axes.ts'
import { joining } from '../make.ts'
import type { Layer, Network, Rule } from '../network.ts'
import { applyTo } from '../network.ts'
import type { Reader } from '../option.ts'
import { anything, orElse, text, word } from '../option.ts'
import { plain } from '../plan.ts'
import type { PerAxis } from './dims.ts'
import { known, spatial } from './dims.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** What is seen outside an image. */
export type Border = 'nearest' | 'mirror' | 'wrap'

/** Options of `spatialTransformer`. */
export interface SpatialTransformerConfig {
  /** From the images to their maps, where these aren't given as a second network. */
  readonly localization?: Layer
  /** By which factor the output is smaller, one number or [vertical, horizontal]; 1 when absent. */
  readonly downsampleFactor?: PerAxis<2>
  /** `nearest` when absent. */
  readonly border?: Border
  readonly name?: string
}

interface Options {
  readonly localization: unknown
  readonly downsampleFactor: readonly number[]
  readonly border: Border
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

const factor: Reader<readonly number[]> = (x, path) => {
  const each = Array.isArray(x) ? (x as readonly unknown[]) : [x, x]
  return each.length === 2 && each.every((f) => typeof f === 'number' && Number.isFinite(f) && f > 0)
    ? E.right(each as readonly number[])
    : fail('BadOption', path, text(x), 'a number above 0, or two of them [vertical, horizontal]', 'such as 2')
}

/** n coordinates from -1 to 1. */
const line = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => (n === 1 ? -1 : (2 * i) / (n - 1) - 1))

/** Coordinates (x, y, 1) of every output, [3, locations]. */
const grid = ([oh, ow]: readonly number[]): Tensor => {
  const points = line(oh).flatMap((y) => line(ow).map((x) => [x, y, 1] as const))
  return B.array(Float64Array.from([0, 1, 2].flatMap((k) => points.map((p) => p[k]))), [3, oh * ow])
}

/** A number for the horizontal axis and one for the vertical, from their extents. */
type Along = (f: (n: number) => number) => Tensor

/** Whole positions [..., 2 axes, 2 neighbours, locations] brought into the image. */
const inside: Readonly<Record<Border, (p: Tensor, along: Along) => Tensor>> = {
  nearest: (p, along) => B.clip(p, 0, along((n) => n - 1)),
  mirror: (p, along) => {
    const period = along((n) => 2 * Math.max(1, n - 1))
    return B.min(B.min(B.mod(p, period), B.mod(B.neg(p), period)), along((n) => n - 1))
  },
  wrap: (p, along) => B.mod(p, along((n) => n))
}

/** The four corners of each location from both neighbours down and both across: [batch, 2 axes, 2, locations] to [batch, 4 locations]. */
const corners = (t: Tensor, [batch, locations]: Shape, f: (down: Tensor, across: Tensor) => Tensor): Tensor => {
  const axis = (k: number, shape: Shape): Tensor => B.reshape(B.sliceAxis(t, 1, k, k + 1), shape)
  return B.reshape(f(axis(1, [batch, 2, 1, locations]), axis(0, [batch, 1, 2, locations])), [batch, Ext.mul(4, locations)])
}

/** Images [batch, channels, h, w] through maps [batch, 2, 3], to images of `out`. */
const through = (x: Tensor, maps: Tensor, [batch, channels]: Shape, [h, w]: readonly number[], out: readonly number[], border: Border): Tensor => {
  const locations = out[0] * out[1], each: Shape = [batch, locations]
  const along: Along = (f) => B.array(Float64Array.of(f(w), f(h)), [2, 1, 1]), side = (a: number, b: number): Tensor => B.array(Float64Array.of(a, b), [2, 1])
  const at = B.mul(B.add(B.reshape(B.matmul(maps, grid(out)), [batch, 2, 1, locations]), 1), along((n) => (n - 1) / 2))
  const first = B.stopGradient(B.floor(at))
  const pixels = corners(inside[border](B.add(first, side(0, 1)), along), each, (down, across) => B.add(B.mul(down, w), across))
  const shares = corners(B.add(B.mul(B.sub(at, first), side(-1, 1)), side(1, 0)), each, B.mul)
  const seen = node('take', [B.reshape(x, [batch, channels, h * w]), B.cast(pixels, 'i32')], { axis: 2, batchDims: 1 })
  const weighted = B.reshape(B.mul(seen, B.reshape(shares, [batch, 1, 4 * locations])), [batch, channels, 4, locations])
  return B.reshape(B.sum(weighted, [2]), [batch, channels, ...out])
}

const isMap = (s: Shape, batch: Extent): boolean =>
  Ext.same(s[0] ?? 0, batch) && (Ext.sameShape(s.slice(1), [6]) || Ext.sameShape(s.slice(1), [2, 3]))

const rule = (o: Options): Rule => (inputs) => {
  const [x, maps] = inputs
  if (inputs.length !== 2)
    return fail('ShapeMismatch', [], `${inputs.length} network${inputs.length === 1 ? '' : 's'}`, 'two networks: images, and the maps through which they are seen', 'give the localization network in the options, or [images, maps]')
  const s = spatial(x, 2, 'spatialTransformer')
  if (E.isLeft(s)) return s
  const size = known(s.right.axes, 'the coordinates run over them', s.right)
  if (E.isLeft(size)) return size
  const given = shapeIn(maps), { batch, shape } = s.right
  if (!isMap(given, batch))
    return fail('ShapeMismatch', ['localization'], `maps of ${Ext.showShape(given)} for images of ${Ext.showShape(shape)}`, `six numbers an image, ${Ext.showShape([batch, 6])}`, 'end the localization network with Layer.dense({ units: 6 })')
  const out = size.right.map((n, d) => Math.floor(n / o.downsampleFactor[d]))
  return out.some((n) => n < 1)
    ? fail('ShapeMismatch', ['downsampleFactor'], `a factor of ${o.downsampleFactor.join(' x ')} on images of ${size.right.join(' x ')}`, 'at least one pixel left', 'use a smaller factor')
    : E.right(plain(through(B.float(x), B.reshape(B.float(maps), [batch, 2, 3]), shape, size.right, out, o.border)))
}

const join = joining<Options, SpatialTransformerConfig>({
  kind: 'spatialTransformer',
  options: { localization: anything, downsampleFactor: orElse(factor, [1, 1]), border: orElse(word<Border>(['nearest', 'mirror', 'wrap']), 'nearest') },
  label: (o) => o.border,
  rule
})

/**
 * Images through affine maps: [batch, channels, height, width] and maps [batch, 6] (or
 * [batch, 2, 3]) to [batch, channels, height / factor, width / factor]. The maps come
 * from the localization network of the options, or as a second network.
 *
 * @example
 * const image = Layer.input([null, 1, 28, 28])
 * const locate = Layer.sequential([Layer.dense({ units: 32, activation: 'relu' }), Layer.dense({ units: 6, b: [1, 0, 0, 0, 1, 0] })])
 * Layer.spatialTransformer({ localization: locate, downsampleFactor: 2 })(image)   // [batch, 1, 14, 14]
 * Layer.spatialTransformer({ border: 'mirror' })([image, locate(image)])
 */
export const spatialTransformer = (config: SpatialTransformerConfig = {}) => {
  const layer = join(config)
  const localization = typeof config === 'object' && config !== null ? config.localization : undefined
  return (networks: Network | readonly Network[]): Network =>
    layer(localization === undefined || Array.isArray(networks) ? networks : [networks as Network, applyTo(networks as Network)(localization)])
}
