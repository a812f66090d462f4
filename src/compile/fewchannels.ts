/**
 * Convolutions with few input channels by subgroups of eight, whose lanes are filters:
 * the convolution, the same with bias and maxima over 2 x 2 blocks in one, and the
 * gradient by weights, which reads the pooled gradient where there is one. Paddings are
 * written out, since images of few channels are small. Several channels have the gradient
 * alone: weights that don't stay in registers cost more than `conv2d_sub` does.
 *
 * Law: a stage has the value of the nodes it stands for, to rounding, in an order of sums
 * that only the shapes set.
 */
import * as B from '../tensor/build.ts'
import type { Tensor } from '../tensor/node.ts'
import { geometry } from '../tensor/ops/convolutions.ts'
import { ceilDiv, elements, size, up4, whole } from './extents.ts'
import { step } from './products.ts'
import { MOST_SLICES, biased, inOrder, leadOf, spreadOf, stage } from './stage.ts'
import type { Stage } from './stage.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** A convolution: images with their padding, channels, planes, filters, windows, and where draws lie apart. */
interface Few {
  readonly x: Tensor
  readonly n: number; readonly c: number; readonly h: number; readonly w: number; readonly f: number
  readonly kh: number; readonly kw: number; readonly oh: number; readonly ow: number
  readonly batch: number; readonly xs: number; readonly ws: number; readonly ys: number
  readonly flops: number
}

/** Images whose planes have these borders, and rows of a multiple of four, written out unless they have that. */
const bordered = (x: Tensor, padding: readonly (readonly number[])[]): Tensor => {
  const s = whole(x), r = s.length, [top, left] = padding, width = s[r - 1] + left[0] + left[1]
  const low = [...leadOf(s, 2).map(() => 0), top[0], left[0]], high = [...leadOf(s, 2).map(() => 0), top[1], left[1] + up4(width) - width]
  return [...low, ...high].every((v) => v === 0) ? x : B.pad(x, low, high)
}

/** A convolution of few channels, from its images, the shapes of its weights and its result; undefined for others. */
const fewOf = (t: Tensor, images: Tensor, ws: readonly number[], ys: readonly number[]): Few | undefined => {
  const g = geometry(t.attrs), lead = leadOf(whole(t), 4), [f, c, kh, kw] = ws.slice(-4), [oh, ow] = ys.slice(-2)
  if ([...g.stride, ...g.dilation, g.groups].some((v) => v !== 1) || g.padding.flat().some((v) => v < 0)) return undefined
  if (c >= 8 || kw > 5 || size(lead) > MOST_SLICES || elements(images) * size(ws) * size(ys) === 0) return undefined
  const x = bordered(images, g.padding), [n, , h, w] = whole(x).slice(-4), batch = size(lead)
  const [xs, wstep, ystep] = [whole(x), ws, ys].map((s) => step(s, lead, 4))
  return xs === undefined || wstep === undefined || ystep === undefined
    ? undefined
    : { x, n, c, h, w, f, kh, kw, oh, ow, batch, xs, ws: wstep, ys: ystep, flops: 2 * batch * n * f * oh * ow * c * kh * kw }
}

/** Rows of the kernel that are taken at once. */
const rowsAtOnce = (kh: number): number => [5, 4, 3, 2].find((k) => kh % k === 0) ?? 1

const windows = (s: Few): Readonly<Record<string, number>> => ({ KH: rowsAtOnce(s.kh), KW: s.kw })

/** Multiply-adds by which a pixel pays for being written out with a border, 20 to 30 ns, where there are several channels. */
const PAYS = 256

/** One channel, and windows whose weights stay in registers? */
const isSingle = (s: Few): boolean => s.c === 1 && s.kh <= 5

/** Subgroups that fill a machine. */
const ENOUGH = 128

/** Columns of a plane that a subgroup makes, a multiple of `strip`: all, where there are images enough. */
const columns = (s: Few, strip: number, width: number): number => {
  const strips = ceilDiv(width, strip)
  return strip * ceilDiv(strips, Math.min(strips, ceilDiv(ENOUGH, s.batch * s.n * ceilDiv(s.f, 8))))
}

// -----------------------------------------------------------------------------
// stages
// -----------------------------------------------------------------------------

/** A convolution of one channel in windows of at most 5 x 5 that step by one; undefined for others. */
const forward = (t: Tensor): Tensor | undefined => {
  const w = t.args[1], s = fewOf(t, t.args[0], whole(w), whole(t))
  if (s === undefined || !isSingle(s)) return undefined
  const cols = columns(s, 8, s.ow)
  return stage([inOrder(s.x), inOrder(w)], whole(t), {
    kernel: 'conv2d_rows', knobs: windows(s), slices: s.batch, flops: s.flops,
    params: [s.batch, s.xs, s.ws, s.n, s.h, s.w, s.f, s.oh, s.ow, cols],
    groups: ceilDiv(s.ow, cols) * ceilDiv(s.f, 8) * s.n
  })
}

/** The gradient by weights of a convolution of fewer than 8 channels in windows up to 5 wide, in slices of images that are added after; undefined for others. */
const weights = (t: Tensor): Tensor | undefined => {
  const [x, g] = t.args, out = whole(t), s = fewOf(t, x, out, whole(g))
  if (s === undefined || s.ow % 4 !== 0 || (s.x !== x && s.c > 1 && s.f * s.kh * s.kw < PAYS)) return undefined
  const per = (s.kh / rowsAtOnce(s.kh)) * ceilDiv(s.f, 8) * s.c
  const length = ceilDiv(s.n, Math.min(s.n, ceilDiv(ENOUGH, per * s.batch))), splits = ceilDiv(s.n, length)
  const pooled = spreadOf(g)
  const parts = stage([inOrder(s.x), ...(pooled ?? [inOrder(g), inOrder(g)])], splits === 1 ? out : [splits, ...out], {
    kernel: 'conv2d_weights_rows', knobs: { ...windows(s), POOLED: pooled === undefined ? 0 : 1 }, slices: s.batch, flops: s.flops,
    params: [s.batch, s.xs, pooled === undefined ? s.ys : s.ys / 4, s.n, s.c, s.h, s.w, s.f, s.kh, s.oh, s.ow, splits, length],
    groups: per * splits
  })
  return splits === 1 ? parts : B.reshape(B.sum(parts, [0]), out)
}

/** A convolution or its gradient by weights by lanes that are filters; undefined where that doesn't pay. */
export const fewChannels = (t: Tensor): Tensor | undefined => (t.op === 'conv2d' ? forward(t) : t.op === 'convWeights' ? weights(t) : undefined)

/** Arguments and call of `conv2d_pool` for maxima, of that shape, over 2 x 2 blocks of a convolution, perhaps with a bias; undefined where it doesn't fit. */
export const poolOfConv = (t: Tensor, pooled: readonly number[]): readonly [readonly Tensor[], Stage] | undefined => {
  const found = biased((x) => x.op === 'conv2d')(t)
  if (found === undefined) return undefined
  const { conv, bias } = found, w = conv.args[1], s = fewOf(conv, conv.args[0], whole(w), whole(conv)), [oh, ow] = pooled.slice(-2)
  if (s === undefined || !isSingle(s)) return undefined
  const b = bias ?? B.broadcastTo(B.scalar(0), [s.f]), cols = columns(s, 4, ow)
  return [[inOrder(s.x), inOrder(w), inOrder(b)], {
    kernel: 'conv2d_pool', knobs: windows(s), slices: s.batch, flops: s.flops,
    params: [s.batch, s.xs, s.ws, elements(b) === s.f ? 0 : s.f, s.n, s.h, s.w, s.f, oh, ow, s.ow, cols],
    groups: ceilDiv(ow, cols) * ceilDiv(s.f, 8) * s.n
  }]
}
