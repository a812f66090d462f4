/**
 * Winograd's minimal filtering (Winograd 1980; Lavin and Gray 2016) as chains of stages:
 * a convolution and both its gradients are products at the 64 points of 8 x 8 tiles. What
 * two of the three need of one tensor is made once, in both their layouts.
 */
import * as B from '../tensor/build.ts'
import type { Tensor } from '../tensor/node.ts'
import { MOST_SLICES, channelBias, inOrder, leadOf, pooledBy, size, spreadOf, stage, up4, whole } from './stage.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** A convolution: images, channels, planes, filters, kernel size, and draws with weights of their own. */
export interface Shape {
  readonly n: number; readonly c: number; readonly h: number; readonly w: number
  readonly f: number; readonly k: number; readonly oh: number; readonly ow: number
  readonly py: number; readonly px: number
  readonly batch: number
}

/** Tiles of 8 x 8 whose inner m = 9 - k outputs are made at once; counts and paddings. */
const tiling = (s: Shape): { readonly m: number; readonly ty: number; readonly tx: number; readonly T: number; readonly Tp: number; readonly Fp: number; readonly Cp: number } => {
  const m = 9 - s.k, ty = Math.ceil(s.oh / m), tx = Math.ceil(s.ow / m), T = s.n * ty * tx
  return { m, ty, tx, T, Tp: up4(T), Fp: up4(s.f), Cp: up4(s.c) }
}

const groupsFor = (items: number): number => Math.ceil(items / 64)

/** Is a tensor also an operand of that convolution, which then wants it transformed in another layout? */
export type AlsoFor = (op: 'conv2d' | 'convData' | 'convWeights', operand: 0 | 1) => boolean

// -----------------------------------------------------------------------------
// layouts
// -----------------------------------------------------------------------------

/** Numbers at a point, and the strides of two axes within it. */
interface Layout { readonly point: number; readonly first: number; readonly second: number }

const words = (l: Layout): readonly number[] => [64 * l.point, l.point, l.first, l.second]

/** A transform written in one layout or two: the stage's words, and the parts as views. */
const laid = (batch: number, one: Layout, other: Layout | undefined, make: (length: number, layout: readonly number[]) => Tensor): readonly Tensor[] => {
  const ends = [one, ...(other === undefined ? [] : [other])].map((l) => batch * 64 * l.point)
  const all = make(ends.reduce((a, b) => a + b, 0), [...words(one), ...(other === undefined ? [0, 0, 0, 0, 0] : [ends[0], ...words(other)])])
  return other === undefined
    ? [B.reshape(all, [batch, 64, one.point])]
    : [B.reshape(B.slice(all, [0], [ends[0]]), [batch, 64, one.point]), B.reshape(B.slice(all, [ends[0]], [ends[0] + ends[1]]), [batch, 64, other.point])]
}

/** V of the images: for the product over channels, and over tiles. */
const inputs = (x: Tensor, s: Shape, forward: boolean, weights: boolean): readonly (Tensor | undefined)[] => {
  const { m, ty, tx, T, Tp, Cp } = tiling(s), { c } = s
  const ofForward: Layout = { point: c * Tp, first: Tp, second: 1 }, ofWeights: Layout = { point: T * Cp, first: 1, second: Cp }
  const make = (length: number, layout: readonly number[]): Tensor => stage([x], [length], {
    kernel: s.k === 5 && s.w % 4 === 0 && s.px % 4 === 0 ? 'wino_input4' : 'wino_input', slices: s.batch, groups: groupsFor(T * c), flops: T * c * 320, closed: true,
    params: [s.batch, s.n * c * s.h * s.w, s.n, c, s.h, s.w, ty, tx, m, s.py, s.px, ...layout]
  })
  return forward ? laid(s.batch, ofForward, weights ? ofWeights : undefined, make) : [undefined, ...laid(s.batch, ofWeights, undefined, make)]
}

/** U of the kernels: for the product over input channels, and over filters. */
const kernels = (w: Tensor, s: Shape, forward: boolean, data: boolean): readonly (Tensor | undefined)[] => {
  const { Fp, Cp } = tiling(s), { f, c, k } = s
  const ofForward: Layout = { point: c * Fp, first: 1, second: Fp }, ofData: Layout = { point: f * Cp, first: Cp, second: 1 }
  const make = (length: number, layout: readonly number[]): Tensor => stage([w, w], [length], {
    kernel: 'wino_expand', slices: s.batch, groups: groupsFor(f * c), flops: f * c * 500, closed: true,
    params: [s.batch, f * c * k * k, f, c, k, k, k, 1, 1, 0, 0, c * k * k, k * k, k, ...layout]
  })
  return forward ? laid(s.batch, ofForward, data ? ofData : undefined, make) : [undefined, ...laid(s.batch, ofData, undefined, make)]
}

/** The gradient's tiles at the points: for the product over filters, and over tiles. */
const outputs = (g: Tensor, s: Shape, data: boolean, weights: boolean): readonly (Tensor | undefined)[] => {
  const { m, ty, tx, T, Tp, Fp } = tiling(s), { n, f, oh, ow } = s, spread = spreadOf(g)
  const ofData: Layout = { point: f * Tp, first: Tp, second: 1 }, ofWeights: Layout = { point: T * Fp, first: 1, second: Fp }
  const make = (length: number, layout: readonly number[]): Tensor => stage(spread ?? [inOrder(g), inOrder(g)], [length], {
    kernel: 'wino_expand', slices: s.batch, groups: groupsFor(f * T), flops: f * T * 500, closed: true,
    params: [s.batch, n * f * oh * ow, f, T, m, oh, ow, ty, tx, spread === undefined ? 0 : 1, 1, oh * ow, f * oh * ow, ow, ...layout]
  })
  return data ? laid(s.batch, ofData, weights ? ofWeights : undefined, make) : [undefined, ...laid(s.batch, ofWeights, undefined, make)]
}

// -----------------------------------------------------------------------------
// chains
// -----------------------------------------------------------------------------

const points = (u: Tensor, v: Tensor, batch: number, d: { readonly m: number; readonly n: number; readonly k: number }): Tensor => {
  const ak = up4(d.m), bk = d.n
  return stage([u, v], [batch * 64, d.m, d.n], {
    kernel: 'matmul_points', slices: batch * 64, closed: true, flops: 2 * batch * 64 * d.m * d.n * d.k,
    params: [batch * 64, d.k * ak, d.k * bk, d.m, d.n, d.k, ak, bk], groups: Math.ceil((Math.ceil(d.m / 8) * Math.ceil(d.n / 8)) / 32)
  })
}

const contract = (m: Tensor, shape: readonly number[], s: { readonly batch: number; readonly f: number; readonly n: number; readonly len: number; readonly h: number; readonly w: number; readonly ty: number; readonly tx: number; readonly point: number; readonly af: number; readonly of: number; readonly on: number; readonly scaled: 0 | 1 }): Tensor =>
  stage([m], shape, {
    kernel: 'wino_contract', slices: s.batch, groups: groupsFor(s.n * s.ty * s.tx * s.f), flops: s.n * s.ty * s.tx * s.f * 400,
    params: [s.batch, s.f, s.n, s.len, s.h, s.w, s.ty, s.tx, 64 * s.point, s.point, s.af, size(shape) / s.batch, s.f, 0, s.of, s.on, s.scaled]
  })

/** y of x and w. */
export const winoForward = (x: Tensor, w: Tensor, out: readonly number[], s: Shape, also: AlsoFor): Tensor => {
  const { m, ty, tx, Tp } = tiling(s), { c, f } = s
  const [V] = inputs(inOrder(x), s, true, also('convWeights', 0)), [U] = kernels(inOrder(w), s, true, also('convData', 1))
  const M = points(U as Tensor, V as Tensor, s.batch, { m: f, n: Tp, k: c })
  return contract(M, out, { batch: s.batch, f, n: s.n, len: m, h: s.oh, w: s.ow, ty, tx, point: f * Tp, af: Tp, of: s.oh * s.ow, on: f * s.oh * s.ow, scaled: 0 })
}

/** The gradient by x, of g and w. */
export const winoData = (g: Tensor, w: Tensor, out: readonly number[], s: Shape, also: AlsoFor): Tensor => {
  const { m, ty, tx, T, Tp } = tiling(s), { c, f } = s
  const [Y] = outputs(g, s, true, also('convWeights', 1)), [, U] = kernels(inOrder(w), s, also('conv2d', 1), true)
  const M = points(U as Tensor, Y as Tensor, s.batch, { m: c, n: Tp, k: f })
  const wide = s.k === 5 && s.w % 4 === 0 && s.px % 4 === 0
  return stage([M], out, {
    kernel: wide ? 'wino_fold4' : 'wino_fold', slices: s.batch, groups: groupsFor(s.n * c), flops: T * c * 320, closed: !wide, vector: wide,
    params: [s.batch, 64 * c * Tp, c * Tp, Tp, s.n, c, s.h, s.w, ty, tx, m, s.py, s.px]
  })
}

/** The gradient by w, of x and g. */
export const winoWeights = (x: Tensor, g: Tensor, out: readonly number[], s: Shape, also: AlsoFor): Tensor => {
  const { T, Cp } = tiling(s), { c, f, k } = s
  const [, V] = inputs(inOrder(x), s, also('conv2d', 0), true), [, G] = outputs(g, s, also('convData', 0), true)
  const M = points(G as Tensor, V as Tensor, s.batch, { m: f, n: Cp, k: T })
  return contract(M, out, { batch: s.batch, f, n: c, len: k, h: k, w: k, ty: 1, tx: 1, point: f * Cp, af: Cp, of: c * k * k, on: k * k, scaled: 1 })
}

// -----------------------------------------------------------------------------
// maxima
// -----------------------------------------------------------------------------

/** The maximum pool `t` (or its index) of 2 x 2 blocks of `a`, a convolution by tiles and perhaps a bias, from the products at the points. */
export const poolOfWinograd = (t: Tensor, a: Tensor): Tensor | undefined => {
  const [y, added] = a.op === 'add' ? (isContraction(a.args[0]) ? a.args : [a.args[1], a.args[0]]) : [a, undefined]
  if (!isContraction(y)) return undefined
  const [batch, f, n, len, oh, ow, ty, tx, ab, ap, af] = y.attrs['params'] as readonly number[]
  const out = whole(y), bias = added === undefined ? B.broadcastTo(B.scalar(0), [f]) : channelBias(added, out)
  if (bias === undefined || size(out) !== size(whole(a)) || len % 2 !== 0 || oh % 2 !== 0 || ow % 2 !== 0 || batch > MOST_SLICES) return undefined
  // Draws that the images hold are more images, all with one bias.
  if (size(whole(bias)) !== f && (size(whole(bias)) !== batch * f || size(leadOf(out, 4)) !== batch)) return undefined
  return pooledBy(t, [y.args[0], inOrder(bias)], {
    kernel: 'wino_pool', slices: batch, groups: groupsFor(n * ty * tx * f), flops: n * ty * tx * f * 400,
    params: [batch, size(whole(bias)) === f ? 0 : f, f, n, len, oh, ow, ty, tx, ab, ap, af]
  })
}

const isContraction = (t: Tensor): boolean => t.attrs['kernel'] === 'wino_contract' && (t.attrs['params'] as readonly number[])[16] === 0
