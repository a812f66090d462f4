/**
 * Two-dimensional cross-correlation and its two gradients.
 *
 * The three are the partial derivatives of one trilinear form
 * T(x, w, g) = sum g * conv2d(x, w): by g, by x (`convData`) and by w (`convWeights`).
 * So the derivatives of each are the other two, and the set is closed under
 * differentiation.
 *
 * Layouts: x [..., N, C, H, W]; w [..., F, C / groups, kh, kw]; g [..., N, F, OH, OW].
 * Leading axes broadcast between the operands. OH = floor((H + lo + hi - d (kh - 1) - 1) / s) + 1.
 *
 * @since 0.1.0
 */
import * as Ext from '../extent.ts'
import type { Extent, Shape } from '../extent.ts'
import * as B from '../build.ts'
import { node, shapeOf } from '../node.ts'
import type { Attrs, TensorType } from '../node.ts'
import { bad, batchAligned, broadcast, broadcastIndex, count, nums, num, ok, shapes } from '../rule.ts'
import type { Typed } from '../rule.ts'
import type { Ref, Row } from '../table.ts'

/** Numbers of a window: stride, padding, dilation per axis, groups. */
export interface Geometry {
  readonly stride: readonly number[]
  readonly padding: readonly (readonly number[])[]
  readonly dilation: readonly number[]
  readonly groups: number
}

export const geometry = (attrs: Attrs): Geometry => ({
  stride: nums(attrs, 'stride'),
  padding: attrs['padding'] as readonly (readonly number[])[],
  dilation: nums(attrs, 'dilation'),
  groups: num(attrs, 'groups')
})

/** Length of an axis after a strided, padded, dilated window; undefined when the window doesn't fit. */
export const windowed = (e: Extent, k: number, stride: number, pad: readonly number[], dilation: number): Extent | undefined => {
  const span = Ext.sub(Ext.add(e, pad[0] + pad[1]), dilation * (k - 1) + 1)
  return typeof span === 'number' && span < 0 ? undefined : Ext.add(Ext.floorDiv(span, stride), 1)
}

const tail = (s: Shape): Shape => s.slice(s.length - 4)
const outer = (s: Shape): Shape => s.slice(0, s.length - 4)

const ranks = (op: string, args: readonly TensorType[]): Typed | undefined =>
  args.some((a) => a.shape.length < 4)
    ? bad(op, shapes(args), 'at least four axes each: images [N, C, H, W], weights [F, C / groups, kh, kw]', 'reshape the operands')
    : args.some((a) => a.dtype !== 'f32')
      ? bad(op, args.map((a) => a.dtype).join(' and '), 'f32', 'use cast')
      : undefined

const badAttrs = (op: string, g: Geometry): Typed | undefined =>
  [...g.stride, ...g.dilation, g.groups].every((v) => Number.isInteger(v) && v >= 1) && g.padding.flat().every((v) => Number.isInteger(v) && v >= 0)
    ? undefined
    : bad(op, JSON.stringify(g), 'stride, dilation, groups of 1 or more and padding of 0 or more, all whole', 'mend the option')

/** The output's type by the forward rule, with the operands' shapes known. */
const forward = (op: string, x: Shape, w: Shape, g: Geometry): Typed => {
  const [n, c, h, wd] = tail(x)
  const [f, cg, kh, kw] = tail(w)
  const lead = broadcast(outer(x), outer(w))
  const both = `${Ext.showShape(x)} and ${Ext.showShape(w)}`
  if (lead === undefined) return bad(op, both, 'leading axes that broadcast', 'align the leading axes')
  if (typeof kh !== 'number' || typeof kw !== 'number') return bad(op, both, 'a kernel of known size', 'give the kernel size as numbers')
  if (!Ext.same(Ext.mul(cg, g.groups), c))
    return bad(op, both, `weights of ${Ext.show(c)} / ${g.groups} input channels, not ${Ext.show(cg)}`, 'the channels must match and be divisible by groups')
  if (typeof f === 'number' && f % g.groups !== 0) return bad(op, `${f} filters in ${g.groups} groups`, 'filters divisible by groups', 'change filters or groups')
  const oh = windowed(h, kh, g.stride[0], g.padding[0], g.dilation[0])
  const ow = windowed(wd, kw, g.stride[1], g.padding[1], g.dilation[1])
  if (oh === undefined || ow === undefined)
    return bad(op, `a kernel of ${kh} x ${kw} on an image of ${Ext.show(h)} x ${Ext.show(wd)}`, 'a kernel (with its dilation) no larger than the padded image', 'use a smaller kernel or padding')
  return ok([...lead, n, f, oh, ow], 'f32')
}

const attrsOf = (g: Geometry): Attrs => ({ stride: g.stride, padding: g.padding, dilation: g.dilation, groups: g.groups })

/** Calls `visit(y index, x index, w index)` for every product of one image set, in output order. */
const products = (
  xs: readonly number[], ws: readonly number[], ys: readonly number[], g: Geometry,
  visit: (y: number, x: number, w: number) => void
): void => {
  const [n, c, h, w] = xs, [f, cg, kh, kw] = ws, [, , oh, ow] = ys
  const fg = f / g.groups
  for (let i = 0; i < n; i++) for (let o = 0; o < f; o++) for (let y = 0; y < oh; y++) for (let x = 0; x < ow; x++)
    for (let k = 0; k < cg; k++) for (let a = 0; a < kh; a++) for (let b = 0; b < kw; b++) {
      const r = y * g.stride[0] - g.padding[0][0] + a * g.dilation[0]
      const s = x * g.stride[1] - g.padding[1][0] + b * g.dilation[1]
      if (r < 0 || r >= h || s < 0 || s >= w) continue
      visit(((i * f + o) * oh + y) * ow + x, ((i * c + Math.floor(o / fg) * cg + k) * h + r) * w + s, ((o * cg + k) * kh + a) * kw + b)
    }
}

/** Runs `one` over the broadcast leading axes of two operands. */
const perBatch = (
  a: Ref, b: Ref, shape: readonly number[], one: (a0: number, b0: number, out0: number, out: Float64Array) => void
): Ref => {
  const lead = shape.slice(0, -4)
  const at = broadcastIndex(a.shape.slice(0, -4), lead.length), bt = broadcastIndex(b.shape.slice(0, -4), lead.length)
  const an = count(a.shape.slice(-4)), bn = count(b.shape.slice(-4)), on = count(shape.slice(-4))
  const data = new Float64Array(count(shape))
  const total = count(lead)
  for (let i = 0; i < total; i++) {
    const ix = lead.map((_, d) => Math.floor(i / count(lead.slice(d + 1))) % lead[d])
    one(at(ix) * an, bt(ix) * bn, i * on, data)
  }
  return { shape, data }
}

const t4 = (s: readonly number[]): readonly number[] => s.slice(-4)

export const convolutions: Record<'conv2d' | 'convData' | 'convWeights', Row> = {
  conv2d: {
    kind: 'kernel',
    arity: 2,
    attrs: ['stride', 'padding', 'dilation', 'groups'],
    doc: 'cross-correlation of images x with weights w',
    type: (args, attrs) => ranks('conv2d', args) ?? badAttrs('conv2d', geometry(attrs)) ?? forward('conv2d', args[0].shape, args[1].shape, geometry(attrs)),
    vjp: (t, ct) => {
      const [x, w] = t.args, g = attrsOf(geometry(t.attrs)), xs = tail(shapeOf(x)), ws = tail(shapeOf(w))
      return [
        B.sumTo(node('convData', [ct, w], { ...g, size: [xs[2], xs[3]] }), shapeOf(x)),
        B.sumTo(node('convWeights', [x, ct], { ...g, kernel: [ws[2], ws[3]] }), shapeOf(w))
      ]
    },
    batch: batchAligned,
    f64: ([x, w], attrs, type) =>
      perBatch(x, w, type.shape, (x0, w0, y0, out) =>
        products(t4(x.shape), t4(w.shape), t4(type.shape), geometry(attrs), (y, i, k) => { out[y0 + y] += x.data[x0 + i] * w.data[w0 + k] }))
  },
  convData: {
    kind: 'kernel',
    arity: 2,
    attrs: ['stride', 'padding', 'dilation', 'groups', 'size'],
    doc: 'gradient of conv2d by its images: from g and w to [..., N, C, H, W]',
    type: (args, attrs) => {
      const problem = ranks('convData', args) ?? badAttrs('convData', geometry(attrs))
      if (problem !== undefined) return problem
      const g = geometry(attrs), [h, w] = shapeAttr2(attrs, 'size'), [gs, ws] = args.map((a) => a.shape)
      const x = [...outer(gs), tail(gs)[0], Ext.mul(tail(ws)[1], g.groups), h, w]
      const y = forward('convData', x, ws, g)
      if (y._tag === 'Left') return y
      if (!Ext.sameShape(tail(y.right.shape), tail(gs)))
        return bad('convData', Ext.showShape(gs), `a gradient of shape ${Ext.showShape(y.right.shape)}`, 'give the size of the images the gradient came from')
      return ok([...outer(y.right.shape), ...tail(x)], 'f32')
    },
    vjp: (t, ct) => {
      const [g, w] = t.args, a = attrsOf(geometry(t.attrs)), ws = tail(shapeOf(w))
      return [
        B.sumTo(node('conv2d', [ct, w], a), shapeOf(g)),
        B.sumTo(node('convWeights', [ct, g], { ...a, kernel: [ws[2], ws[3]] }), shapeOf(w))
      ]
    },
    batch: batchAligned,
    f64: ([g, w], attrs, type) =>
      perBatch(g, w, type.shape, (g0, w0, x0, out) =>
        products(t4(type.shape), t4(w.shape), t4(g.shape), geometry(attrs), (y, i, k) => { out[x0 + i] += g.data[g0 + y] * w.data[w0 + k] }))
  },
  convWeights: {
    kind: 'kernel',
    arity: 2,
    attrs: ['stride', 'padding', 'dilation', 'groups', 'kernel'],
    doc: 'gradient of conv2d by its weights: from x and g to [..., F, C / groups, kh, kw]',
    type: (args, attrs) => {
      const problem = ranks('convWeights', args) ?? badAttrs('convWeights', geometry(attrs))
      if (problem !== undefined) return problem
      const g = geometry(attrs), [kh, kw] = nums(attrs, 'kernel'), [xs, gs] = args.map((a) => a.shape)
      const cg = Ext.divExact(tail(xs)[1], g.groups)
      if (cg === undefined) return bad('convWeights', shapes(args), `channels divisible by ${g.groups} groups`, 'change groups')
      const w = [...outer(gs), tail(gs)[1], cg, kh, kw]
      const y = forward('convWeights', xs, w, g)
      if (y._tag === 'Left') return y
      if (!Ext.sameShape(tail(y.right.shape), tail(gs)))
        return bad('convWeights', shapes(args), `a gradient of shape ${Ext.showShape(y.right.shape)}`, 'give the kernel size the gradient came from')
      return ok([...outer(y.right.shape), ...tail(w)], 'f32')
    },
    vjp: (t, ct) => {
      const [x, g] = t.args, a = attrsOf(geometry(t.attrs)), xs = tail(shapeOf(x))
      return [
        B.sumTo(node('convData', [g, ct], { ...a, size: [xs[2], xs[3]] }), shapeOf(x)),
        B.sumTo(node('conv2d', [x, ct], a), shapeOf(g))
      ]
    },
    batch: batchAligned,
    f64: ([x, g], attrs, type) =>
      perBatch(x, g, type.shape, (x0, g0, w0, out) =>
        products(t4(x.shape), t4(type.shape), t4(g.shape), geometry(attrs), (y, i, k) => { out[w0 + k] += x.data[x0 + i] * g.data[g0 + y] }))
  }
}

const shapeAttr2 = (attrs: Attrs, k: string): readonly [Extent, Extent] => attrs[k] as unknown as readonly [Extent, Extent]
