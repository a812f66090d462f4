/**
 * Winograd's minimal filtering (Winograd 1980; Lavin and Gray 2016) as chains of stages:
 * a convolution and both its gradients are products at the 64 points of 8 x 8 tiles.
 * Images and gradients are transformed once for the two that read them.
 */
import * as B from '../tensor/build.ts'
import type { Tensor } from '../tensor/node.ts'
import { geometry } from '../tensor/ops/convolutions.ts'
import { convDims } from './calls/products.ts'
import { ceilDiv, elements, size, up4, whole } from './extents.ts'
import { step } from './products.ts'
import { MOST_SLICES, biased, inOrder, leadOf, pooledBy, spreadOf, stage } from './stage.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** A convolution as tiles cover it: images, channels, planes, filters, kernel size, and draws with weights of their own. */
interface Shape {
  readonly n: number; readonly c: number; readonly h: number; readonly w: number
  readonly f: number; readonly k: number; readonly oh: number; readonly ow: number
  readonly py: number; readonly px: number
  readonly batch: number
}

/** Tiles of 8 x 8 whose inner m = 9 - k outputs are made at once; counts and paddings. */
const tiling = (s: Shape): { readonly m: number; readonly ty: number; readonly tx: number; readonly T: number; readonly Tp: number; readonly Fp: number; readonly Cp: number } => {
  const m = 9 - s.k, ty = ceilDiv(s.oh, m), tx = ceilDiv(s.ow, m), T = s.n * ty * tx
  return { m, ty, tx, T, Tp: up4(T), Fp: up4(s.f), Cp: up4(s.c) }
}

const groupsFor = (items: number): number => ceilDiv(items, 64)

/** Do tiles begin and end at multiples of four along rows? */
const byFours = (s: Shape): boolean => s.k === 5 && s.w % 4 === 0 && s.px % 4 === 0

// -----------------------------------------------------------------------------
// transforms
// -----------------------------------------------------------------------------

/** V of the images, [batch, 64, c, tiles], rows of tiles padded. */
const inputs = (x: Tensor, s: Shape): Tensor => {
  const { m, ty, tx, T, Tp } = tiling(s), { c } = s
  return stage([x], [s.batch, 64, c, Tp], {
    kernel: byFours(s) ? 'wino_input4' : 'wino_input', slices: s.batch, groups: groupsFor(T * c), flops: T * c * 320, closed: true,
    params: [s.batch, s.n * c * s.h * s.w, s.n, c, s.h, s.w, ty, tx, m, s.py, s.px, Tp]
  })
}

/** U of the kernels: [batch, 64, c, filters] for the product over input channels, [batch, 64, f, channels] for the one over filters. */
const kernels = (w: Tensor, s: Shape, over: 'channels' | 'filters'): Tensor => {
  const { Fp, Cp } = tiling(s), { f, c, k } = s
  const [rows, row, strides] = over === 'channels' ? [c, Fp, [1, Fp]] as const : [f, Cp, [Cp, 1]] as const
  return stage([w, w], [s.batch, 64, rows, row], {
    kernel: 'wino_expand', slices: s.batch, groups: groupsFor(f * c), flops: f * c * 500, closed: true,
    params: [s.batch, f * c * k * k, f, c, k, k, k, 1, 1, 0, 0, c * k * k, k * k, k, rows * row, ...strides]
  })
}

/** Y, the gradient's tiles at the points, [batch, 64, f, tiles], rows of tiles padded. */
const outputs = (g: Tensor, s: Shape): Tensor => {
  const { m, ty, tx, T, Tp } = tiling(s), { n, f, oh, ow } = s
  // What is spread over blocks is read where no tile cuts one.
  const spread = m % 2 === 0 ? spreadOf(g) : undefined
  return stage(spread ?? [inOrder(g), inOrder(g)], [s.batch, 64, f, Tp], {
    kernel: 'wino_expand', slices: s.batch, groups: groupsFor(f * T), flops: f * T * 500, closed: true,
    params: [s.batch, n * f * oh * ow, f, T, m, oh, ow, ty, tx, spread === undefined ? 0 : 1, 1, oh * ow, f * oh * ow, ow, f * Tp, Tp, 1]
  })
}

// -----------------------------------------------------------------------------
// chains
// -----------------------------------------------------------------------------

/** A product [m, k] by [k, n] at each point: which way rows lie, and elements from row to row and from point to point. */
interface Product {
  readonly batch: number; readonly m: number; readonly n: number; readonly k: number
  readonly along: 'k' | 'mn'
  readonly uRow: number; readonly vRow: number; readonly uPoint: number; readonly vPoint: number
}

const points = (u: Tensor, v: Tensor, d: Product): Tensor => {
  const alongK = d.along === 'k' ? 1 : 0
  return stage([u, v], [d.batch * 64, d.m, d.n], {
    kernel: 'matmul_sub', slices: d.batch * 64, closed: true, vector: true, flops: 2 * d.batch * 64 * d.m * d.n * d.k, knobs: { AK: alongK, BK: alongK },
    params: [d.batch * 64, d.uPoint, d.vPoint, d.m, d.n, d.k, d.uRow, d.vRow], groups: ceilDiv(d.m, 32) * ceilDiv(d.n, 32)
  })
}

const contract = (m: Tensor, shape: readonly number[], s: { readonly batch: number; readonly f: number; readonly n: number; readonly len: number; readonly h: number; readonly w: number; readonly ty: number; readonly tx: number; readonly point: number; readonly af: number; readonly of: number; readonly on: number; readonly scaled: 0 | 1 }): Tensor =>
  stage([m], shape, {
    kernel: 'wino_contract', slices: s.batch, groups: groupsFor(s.n * s.ty * s.tx * s.f), flops: s.n * s.ty * s.tx * s.f * 400,
    params: [s.batch, s.f, s.n, s.len, s.h, s.w, s.ty, s.tx, 64 * s.point, s.point, s.af, size(shape) / s.batch, s.f, 0, s.of, s.on, s.scaled]
  })

/** y of x and w. */
const forward = (x: Tensor, w: Tensor, out: readonly number[], s: Shape): Tensor => {
  const { m, ty, tx, Tp, Fp } = tiling(s), { c, f } = s
  const M = points(kernels(inOrder(w), s, 'channels'), inputs(inOrder(x), s), { batch: s.batch, m: f, n: Tp, k: c, along: 'mn', uRow: Fp, vRow: Tp, uPoint: c * Fp, vPoint: c * Tp })
  return contract(M, out, { batch: s.batch, f, n: s.n, len: m, h: s.oh, w: s.ow, ty, tx, point: f * Tp, af: Tp, of: s.oh * s.ow, on: f * s.oh * s.ow, scaled: 0 })
}

/** The gradient by x, of g and w. */
const byImages = (g: Tensor, w: Tensor, out: readonly number[], s: Shape): Tensor => {
  const { m, ty, tx, T, Tp, Cp } = tiling(s), { c, f } = s, wide = byFours(s)
  const M = points(kernels(inOrder(w), s, 'filters'), outputs(g, s), { batch: s.batch, m: c, n: Tp, k: f, along: 'mn', uRow: Cp, vRow: Tp, uPoint: f * Cp, vPoint: f * Tp })
  return stage([M], out, {
    kernel: wide ? 'wino_fold4' : 'wino_fold', slices: s.batch, groups: groupsFor(s.n * c), flops: T * c * 320, closed: !wide, vector: wide,
    params: [s.batch, 64 * c * Tp, c * Tp, Tp, s.n, c, s.h, s.w, ty, tx, m, s.py, s.px]
  })
}

/** The gradient by w, of x and g. */
const byWeights = (x: Tensor, g: Tensor, out: readonly number[], s: Shape): Tensor => {
  const { T, Tp, Cp } = tiling(s), { c, f, k } = s
  // Columns of M past c are sums of what lies behind V's rows, or of zeros: no kernel is made of them.
  const M = points(outputs(g, s), inputs(inOrder(x), s), { batch: s.batch, m: f, n: Cp, k: T, along: 'k', uRow: Tp, vRow: Tp, uPoint: f * Tp, vPoint: c * Tp })
  return contract(M, out, { batch: s.batch, f, n: c, len: k, h: k, w: k, ty: 1, tx: 1, point: f * Cp, af: Cp, of: c * k * k, on: k * k, scaled: 1 })
}

// -----------------------------------------------------------------------------
// choice
// -----------------------------------------------------------------------------

/**
 * Do tiles of 8 x 8 points save more than their transforms cost? The multiplications of the
 * direct method for each of theirs, edges of planes counted, against the channels that share
 * a transform. Fitted to 16 shapes on llvmpipe, against `conv2d_sub`: at most 6 % wrong there.
 */
const tilesPay = (c: number, f: number, k: number, oh: number, ow: number): boolean => {
  const m = 9 - k, saved = (oh * ow * k * k) / (64 * ceilDiv(oh, m) * ceilDiv(ow, m))
  return ((2 * c * f) / (c + f)) * (saved - 2.1) > 30
}

/** The convolution that a node is or is a gradient of, where tiles cover it; undefined where they don't, or don't pay. */
const coverOf = (t: Tensor): Shape | undefined => {
  const g = geometry(t.attrs), [p, q] = t.args.map(whole), lead = leadOf(whole(t), 4), draws = size(lead)
  const [n, c, h, w, f, k, kw, oh, ow] = convDims(t), [py, px] = g.padding.map((e) => e[0])
  const first = step(p, lead, 4), second = step(q, lead, 4)
  if ([...g.stride, ...g.dilation, g.groups].some((v) => v !== 1) || first === undefined || second === undefined) return undefined
  if (k !== kw || k < 2 || k > 6 || !tilesPay(c, f, k, oh, ow)) return undefined
  // The adjoint covers every row of the images only when the windows do.
  if (t.op === 'convData' && (h > oh + k - 1 - py || w > ow + k - 1 - px)) return undefined
  const one: Shape = { n, c, h, w, f, k, oh, ow, py, px, batch: 1 }
  // Slices along z are points times batch entries, and the kernels don't loop over them.
  if (first !== 0 && second !== 0) return draws * 64 <= MOST_SLICES ? { ...one, batch: draws } : undefined
  // The first operand alone is more images.
  if (first !== 0) return t.op === 'convWeights' ? undefined : { ...one, n: n * draws }
  return second === 0 && draws === 1 ? one : undefined
}

/** A convolution or one of its gradients by tiles, where they pay; undefined elsewhere. */
export const winograd = (t: Tensor): Tensor | undefined => {
  const s = coverOf(t), [p, q] = t.args, make = t.op === 'conv2d' ? forward : t.op === 'convData' ? byImages : byWeights
  return s === undefined ? undefined : make(p, q, whole(t), s)
}

// -----------------------------------------------------------------------------
// maxima
// -----------------------------------------------------------------------------

/** The maximum pool `t` (or its index) of 2 x 2 blocks of `a`, a convolution by tiles and perhaps a bias, from the products at the points. */
export const poolOfWinograd = (t: Tensor, a: Tensor): Tensor | undefined => {
  const found = biased(isContraction)(a)
  if (found === undefined) return undefined
  const y = found.conv
  const [batch, f, n, len, oh, ow, ty, tx, ab, ap, af] = y.attrs['params'] as readonly number[]
  const out = whole(y), bias = found.bias ?? B.broadcastTo(B.scalar(0), [f])
  if (len % 2 !== 0 || oh % 2 !== 0 || ow % 2 !== 0 || batch > MOST_SLICES) return undefined
  // Draws that the images hold are more images, all with one bias.
  if (elements(bias) !== f && (elements(bias) !== batch * f || size(leadOf(out, 4)) !== batch)) return undefined
  return pooledBy(t, [y.args[0], inOrder(bias)], {
    kernel: 'wino_pool', slices: batch, groups: groupsFor(n * ty * tx * f), flops: n * ty * tx * f * 400,
    params: [batch, elements(bias) === f ? 0 : f, f, n, len, oh, ow, ty, tx, ab, ap, af]
  })
}

const isContraction = (t: Tensor): boolean => t.attrs['kernel'] === 'wino_contract' && (t.attrs['params'] as readonly number[])[16] === 0
