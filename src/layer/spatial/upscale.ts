/**
 * Larger images of [batch, channels, ...axes], by whole factors.
 *
 * `repeat` copies each element (nearest neighbour); `dilate` puts zeros after it;
 * `linear` draws lines between neighbours along each axis (bilinear on images,
 * trilinear on volumes): output o of factor f stands at (o + 1/2) / f - 1/2 between the
 * elements of the input, and what stands outside them has the value at the edge
 * (PyTorch's `align_corners=False`).
 *
 * @since 0.2.0
 */
import { E } from '../../fp.ts'
import * as B from '../../tensor/build.ts'
import * as Ext from '../../tensor/extent.ts'
import type { Shape } from '../../tensor/extent.ts'
import type { Tensor } from '../../tensor/node.ts'
import { shapeOf } from '../../tensor/node.ts'
import { unary } from '../make.ts'
import { orElse, word } from '../option.ts'
import { plain } from '../plan.ts'
import type { Dims, PerAxis, Spatial } from './dims.ts'
import { perAxis, spatial, times } from './dims.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** How elements in between come about. */
export type UpscaleMode = 'repeat' | 'dilate' | 'linear'

/** Options of `upscale1d`, `upscale2d` and `upscale3d`. */
export interface UpscaleConfig<D extends Dims> {
  /** By which factor, one number or one an axis. */
  readonly scale: PerAxis<D>
  /** `repeat` when absent. */
  readonly mode?: UpscaleMode
  readonly name?: string
}

interface Options {
  readonly scale: readonly number[]
  readonly mode: UpscaleMode
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** A shape with an axis of `k` after the axis `at`. */
const opened = (s: Shape, at: number, k: number): Shape => [...s.slice(0, at + 1), k, ...s.slice(at + 1)]

/** An element's outputs in their order: of [..., n, ...], the values [..., n, factor, ...]. */
const repeated = (x: Tensor, at: number, factor: number): Tensor => {
  const s = shapeOf(x)
  return B.broadcastTo(B.reshape(x, opened(s, at, 1)), opened(s, at, factor))
}

const dilated = (x: Tensor, at: number, factor: number): Tensor => {
  const s = opened(shapeOf(x), at, 1)
  return B.pad(B.reshape(x, s), s.map(() => 0), s.map((_, i) => (i === at + 1 ? factor - 1 : 0)))
}

/** Each output is between an element and the one before or after it, by shares that are the same for all elements. */
const between = (x: Tensor, at: number, factor: number): Tensor => {
  const s = shapeOf(x), n = s[at]
  const offsets = Array.from({ length: factor }, (_, r) => (r + 0.5) / factor - 0.5)
  const shares = (f: (offset: number) => number): Tensor => B.array(Float64Array.from(offsets, f), [factor, ...s.slice(at + 1).map(() => 1)])
  const open = (t: Tensor): Tensor => B.reshape(t, opened(s, at, 1))
  const first = B.sliceAxis(x, at, 0, 1), last = B.sliceAxis(x, at, Ext.sub(n, 1), n)
  const before = B.concat([first, B.sliceAxis(x, at, 0, Ext.sub(n, 1))], at), after = B.concat([B.sliceAxis(x, at, 1, n), last], at)
  const parts = [B.mul(open(before), shares((d) => Math.max(0, -d))), B.mul(open(x), shares((d) => 1 - Math.abs(d))), B.mul(open(after), shares((d) => Math.max(0, d)))]
  return parts.reduce((a, b) => B.add(a, b))
}

const modes: Readonly<Record<UpscaleMode, (x: Tensor, at: number, factor: number) => Tensor>> = { repeat: repeated, dilate: dilated, linear: between }

const scaled = (x: Tensor, at: number, factor: number, mode: UpscaleMode): Tensor => {
  if (factor === 1) return x
  const s = shapeOf(x), y = modes[mode](x, at, factor)
  return B.reshape(y, s.map((e, i) => (i === at ? Ext.mul(e, factor) : e)))
}

const upscale = <D extends Dims>(dims: D) => {
  const kind = `upscale${dims}d`
  return unary<Options, UpscaleConfig<D>>({
    kind,
    options: { scale: perAxis(dims, 1), mode: orElse(word<UpscaleMode>(['repeat', 'dilate', 'linear']), 'repeat') },
    label: (o) => `by ${times(o.scale)}, ${o.mode}`,
    rule: (o) => ([x]) =>
      E.map((_: Spatial) => plain(o.scale.reduce((t, f, d) => scaled(t, d + 2, f, o.mode), B.float(x))))(spatial(x, dims, kind))
  })
}

/**
 * Longer sequences: [batch, channels, length] to [batch, channels, length * scale].
 *
 * @example
 * Layer.upscale1d({ scale: 2, mode: 'linear' })
 */
export const upscale1d = upscale(1)

/**
 * Larger images: [batch, channels, height, width] to [batch, channels, height * scale,
 * width * scale].
 *
 * @example
 * Layer.upscale2d({ scale: 2 })(Layer.input([null, 3, 7, 7]))   // [batch, 3, 14, 14]
 * Layer.upscale2d({ scale: [1, 2], mode: 'dilate' })
 */
export const upscale2d = upscale(2)

/**
 * Larger volumes: [batch, channels, depth, height, width] to [batch, channels, depth *
 * scale, height * scale, width * scale].
 *
 * @example
 * Layer.upscale3d({ scale: [1, 2, 2] })
 */
export const upscale3d = upscale(3)
