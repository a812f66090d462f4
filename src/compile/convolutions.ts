/**
 * Convolutions on llvmpipe, for any stride, padding, dilation and groups: by subgroups of
 * eight, and where each filter sees one channel by columns. A convolution and its gradient
 * by data are one kernel: with strides, results of the gradient that are alike modulo the
 * stride meet the same taps, as results of a convolution of stride one do (a class of
 * results). The gradient by weights is a product along pixels, in slices of images that
 * are added after.
 *
 * Laws: what stands for a node has its value, to rounding; each result is written by one
 * kernel, in an order of sums that only the shapes set.
 */
import * as B from '../tensor/build.ts'
import type { Tensor } from '../tensor/node.ts'
import { geometry } from '../tensor/ops/convolutions.ts'
import type { Geometry } from '../tensor/ops/convolutions.ts'
import { convShapes } from './calls/products.ts'
import { ceilDiv, size, whole } from './extents.ts'
import { step } from './products.ts'
import { MOST_SLICES, inOrder, laidOut, leadOf, stage } from './stage.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** A convolution: images, channels and filters of one group, planes, windows, and where draws lie apart. */
interface Conv extends Geometry {
  readonly n: number; readonly c: number; readonly f: number
  readonly h: number; readonly w: number; readonly oh: number; readonly ow: number
  readonly kh: number; readonly kw: number
  readonly batch: number; readonly first: number; readonly second: number
}

/** Most workgroups and images, and most results of a plane: the kernels divide by floats, which are off by one at most up to here. */
const MOST = 2 ** 21
const MOST_OF_PLANE = 2 ** 24

const convOf = (t: Tensor): Conv | undefined => {
  const g = geometry(t.attrs), [p, q] = t.args.map(whole), lead = leadOf(whole(t), 4), [x, w, y] = convShapes(t)
  const [n, channels, h, wd] = x.slice(-4), [filters, c, kh, kw] = w.slice(-4), [oh, ow] = y.slice(-2)
  const first = step(p, lead, 4), second = step(q, lead, 4), batch = size(lead)
  if (first === undefined || second === undefined || channels !== c * g.groups) return undefined
  const s = { ...g, n, c, f: filters / g.groups, h, w: wd, oh, ow, kh, kw, batch, first, second }
  // Draws that share their weights are more images.
  const flat = t.op !== 'convWeights' && second === 0 && (first !== 0 || batch === 1) ? { ...s, n: n * batch, batch: 1, first: 0 } : s
  return flat.batch <= MOST_SLICES && flat.n < MOST && Math.max(h * wd, oh * ow) < MOST_OF_PLANE ? flat : undefined
}

const flopsOf = (s: Conv): number => 2 * s.batch * s.n * s.groups * s.f * s.oh * s.ow * s.c * s.kh * s.kw

/** Filters that a subgroup makes at once. */
const filtersOf = (f: number): number => (f <= 8 ? 8 : f <= 16 ? 16 : 32)

// -----------------------------------------------------------------------------
// a convolution and its gradient by data
// -----------------------------------------------------------------------------

/** A convolution as its kernel takes it: `c` channels to `f` of a group, where results of the same class stand `s` apart in the input, and `r` apart among all results. */
interface Windows {
  readonly c: number; readonly f: number
  readonly h: number; readonly w: number; readonly oh: number; readonly ow: number
  readonly s: readonly number[]; readonly r: readonly number[]; readonly p: readonly number[]; readonly d: readonly number[]
}

const forward = (s: Conv): Windows =>
  ({ c: s.c, f: s.f, h: s.h, w: s.w, oh: s.oh, ow: s.ow, s: s.stride, r: [1, 1], p: s.padding.map((e) => e[0]), d: s.dilation })

const backward = (s: Conv): Windows =>
  ({ c: s.f, f: s.c, h: s.oh, w: s.ow, oh: s.h, ow: s.w, s: [1, 1], r: s.stride, p: s.padding.map((e) => -e[0]), d: s.dilation.map((v) => -v) })

/** Weights as [groups, ky, kx, channels, filters], filters padded to whole tiles. */
const weightsLast = (w: Tensor, s: Conv, turned: boolean, row: number): Tensor => {
  const lead = leadOf(whole(w), 4), l = lead.length, axes = lead.map((_, i) => i)
  const [f, c] = turned ? [l + 2, l + 1] : [l + 1, l + 2]
  const moved = B.transpose(B.reshape(w, [...lead, s.groups, s.f, s.c, s.kh, s.kw]), [...axes, l, l + 3, l + 4, c, f])
  const short = row - (turned ? s.c : s.f)
  return laidOut(short === 0 ? moved : B.pad(moved, whole(moved).map(() => 0), whole(moved).map((_, d) => (d === l + 4 ? short : 0))))
}

const windows = (x: Tensor, w: Tensor, out: readonly number[], s: Conv, turned: boolean): Tensor | undefined => {
  const v = turned ? backward(s) : forward(s), TF = filtersOf(v.f), row = TF * ceilDiv(v.f, TF)
  const WHOLE = size(v.r) === 1 && (v.oh * v.ow) % 4 === 0 ? 1 : 0
  const groups = size(v.r) * ceilDiv(v.f, TF) * s.groups * ceilDiv(s.n * ceilDiv(v.oh, v.r[0]) * ceilDiv(v.ow, v.r[1]), 32)
  // A filter alone leaves seven of eight sums unused: the general kernel takes less time.
  if (v.f === 1 || groups >= MOST) return undefined
  return stage([inOrder(x), weightsLast(w, s, turned, row)], out, {
    kernel: 'conv2d_sub', knobs: { ROWS: TF, WHOLE }, vector: WHOLE === 1, slices: s.batch, groups,
    flops: flopsOf(s),
    params: [
      s.batch, s.first, s.second === 0 ? 0 : s.groups * s.kh * s.kw * v.c * row, s.n, s.groups,
      v.c, v.h, v.w, v.f, row, s.kh, s.kw, v.oh, v.ow, ...v.s, ...v.r, ...v.p, ...v.d
    ]
  })
}

// -----------------------------------------------------------------------------
// the gradient by weights
// -----------------------------------------------------------------------------

/** Results of 32 by 8 that pay for a subgroup: with fewer the general kernel takes less time. */
const FILLED = 64

/** Subgroups that keep the cores busy: slices of images are as few as give so many. */
const BUSY = 64

const weights = (x: Tensor, g: Tensor, out: readonly number[], s: Conv): Tensor | undefined => {
  const TF = filtersOf(s.f), tiles = ceilDiv(s.c * s.kh * s.kw, 32) * ceilDiv(s.f, TF) * s.groups
  const length = ceilDiv(s.n, Math.max(1, Math.min(s.n, ceilDiv(BUSY, tiles * s.batch)))), slices = ceilDiv(s.n, length)
  if (Math.min(32, s.c * s.kh * s.kw) * s.f < FILLED || tiles >= MOST || slices * s.batch > MOST_SLICES) return undefined
  const parts = stage([inOrder(x), inOrder(g)], slices === 1 ? out : [slices, ...out], {
    kernel: 'conv2d_weights_sub', knobs: { ROWS: TF }, slices: slices * s.batch, groups: tiles,
    flops: flopsOf(s),
    params: [
      s.batch, s.first, s.second, s.n, s.groups, s.c, s.h, s.w, s.f, s.kh, s.kw, s.oh, s.ow,
      ...s.stride, s.padding[0][0], s.padding[1][0], ...s.dilation, length
    ]
  })
  return slices === 1 ? parts : B.reshape(B.sum(parts, [0]), out)
}

// -----------------------------------------------------------------------------
// filters of one channel
// -----------------------------------------------------------------------------

/** Filters of one channel a group that are taken one by one; more fill a tile. */
const FEW = 8

const near = (s: Conv): boolean => s.c === 1 && s.f < FEW && s.dilation.every((d) => d === 1)

/** As `windows`, weights as they are: turned round for the gradient, so that both go through them forwards. */
const depth = (x: Tensor, w: Tensor, out: readonly number[], s: Conv, turned: boolean): Tensor | undefined => {
  const v = turned ? backward(s) : forward(s), k = [s.kh, s.kw], items = size(v.r) * ceilDiv(ceilDiv(v.ow, v.r[1]), 8) * s.groups * v.f * s.n
  if (!near(s) || v.c !== 1 || size(v.s) !== 1 || k.some((e, i) => ceilDiv(e, v.r[i]) > 3) || items >= MOST) return undefined
  const WHOLE = v.r[1] === 1 && v.ow % 4 === 0 ? 1 : 0
  return stage([inOrder(x), inOrder(w)], out, {
    kernel: 'conv2d_depth', knobs: { WHOLE }, vector: WHOLE === 1, slices: s.batch, groups: ceilDiv(items, 8), flops: flopsOf(s),
    params: [
      s.batch, s.first, s.second, s.n, s.groups, v.h, v.w, v.f, s.kh, s.kw, v.oh, v.ow, ...v.r,
      ...(turned ? k.map((e, i) => e - 1 + v.p[i]) : v.p), 1, 1, ...v.r, ...(turned ? [s.kh * s.kw - 1, -1] : [0, 1])
    ]
  })
}

/** Invocations that keep the cores busy: slices of images are as few as give so many. */
const ITEMS = 512

const depthWeights = (x: Tensor, g: Tensor, out: readonly number[], s: Conv): Tensor | undefined => {
  if (!near(s) || size(s.stride) !== 1 || s.kh > 3 || s.kw > 3) return undefined
  const strips = ceilDiv(s.ow, 8), each = strips * s.groups * s.f
  const length = ceilDiv(s.n, Math.max(1, Math.min(s.n, ceilDiv(ITEMS, each * s.batch)))), slices = ceilDiv(s.n, length)
  if (each * slices >= MOST) return undefined
  const parts = stage([inOrder(x), inOrder(g)], [slices * strips, ...out], {
    kernel: 'conv2d_weights_depth', slices: s.batch, groups: ceilDiv(each * slices, 8), flops: flopsOf(s),
    params: [s.batch, s.first, s.second, s.n, s.groups, s.h, s.w, s.f, s.kh, s.kw, s.oh, s.ow, s.padding[0][0], s.padding[1][0], length]
  })
  return B.reshape(B.sum(parts, [0]), out)
}

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/** A convolution or one of its gradients by the kernel that its shape fits best; undefined where none does. */
export const convolutionBySubgroups = (t: Tensor): Tensor | undefined => {
  const s = convOf(t), [p, q] = t.args, out = whole(t), turned = t.op === 'convData'
  if (s === undefined || size(out) === 0 || flopsOf(s) === 0) return undefined
  return t.op === 'convWeights' ? depthWeights(p, q, out, s) ?? weights(p, q, out, s) : depth(p, q, out, s, turned) ?? windows(p, q, out, s, turned)
}
