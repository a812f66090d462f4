/**
 * Calls of matrix products and of convolutions with their gradients, by the general kernels:
 * each invocation makes a block of results. Where operands lie matters to the products
 * alone, which have strides for rows and columns.
 */
import type { Tensor } from '../../tensor/node.ts'
import { geometry } from '../../tensor/ops/convolutions.ts'
import { ceilDiv, size, whole } from '../extents.ts'
import { batchOf, batchStride } from '../operands.ts'
import type { Operand } from '../operands.ts'
import type { KernelCall } from './call.ts'

/** A product of the last two axes. */
export const product = (t: Tensor, [a, b]: readonly Operand[]): KernelCall | undefined => {
  const out = whole(t), lead = out.slice(0, -2)
  const r = a.shape.length, q = b.shape.length
  const [n] = out.slice(-1), k = a.shape[r - 1]
  let m = out[out.length - 2], batch = size(lead)
  let ab = batchStride(a, lead, 2)
  const bb = batchStride(b, lead, 2)
  if (ab === undefined || bb === undefined) return undefined
  const am = a.at.strides[r - 2], ak = a.at.strides[r - 1], bk = b.at.strides[q - 2], bn = b.at.strides[q - 1]
  // One matrix for all: the batch is more rows.
  if (bb === 0 && batch > 1 && ab === m * am) {
    m *= batch
    batch = 1
    ab = 0
  }
  return {
    kernel: 'matmul', knobs: {}, deep: true, slices: batch,
    params: [batch, ab, bb, m, n, k, am, ak, bk, bn, 1, k],
    groups: ceilDiv(ceilDiv(m, 4) * ceilDiv(n, 4), 64), flops: 2 * batch * m * n * k
  }
}

/** Shapes of the images, weights and results of the convolution that a node is, or is a gradient of. */
export const convShapes = (t: Tensor): readonly [x: readonly number[], w: readonly number[], y: readonly number[]] => {
  const [p, q] = t.args.map(whole), out = whole(t)
  return t.op === 'conv2d' ? [p, q, out] : t.op === 'convData' ? [out, q, p] : [p, out, q]
}

/** Their extents without leading axes: images, channels, height and width; filters and windows; height and width of results. */
export const convDims = (t: Tensor): readonly number[] => {
  const [x, w, y] = convShapes(t)
  const [n, c, h, wd] = x.slice(-4), [f, , kh, kw] = w.slice(-4), [, , oh, ow] = y.slice(-4)
  return [n, c, h, wd, f, kh, kw, oh, ow]
}

/** A convolution, or its gradient by images or by weights. */
export const convolution = (t: Tensor, operands: readonly Operand[]): KernelCall | undefined => {
  const lead = whole(t).slice(0, -4), g = geometry(t.attrs)
  const [first, second] = operands.map((o) => batchOf(o, lead, 4))
  if (first === undefined || second === undefined) return undefined
  const dims = convDims(t), [n, c, h, wd, f, kh, kw, oh, ow] = dims
  const batch = size(lead), cg = c / g.groups, fg = f / g.groups
  const tail = [g.stride[0], g.stride[1], g.padding[0][0], g.padding[1][0], g.dilation[0], g.dilation[1], g.groups]
  const params = [batch, first, second, ...dims, ...tail]
  const flops = 2 * batch * n * f * oh * ow * cg * kh * kw
  const common = { deep: true, slices: batch, params, flops }
  if (t.op === 'conv2d') {
    const tf = fg < 4 ? 1 : 4
    return { ...common, kernel: 'conv2d', knobs: tf === 4 ? {} : { TF: 1 }, groups: ceilDiv(ceilDiv(ow, 4) * oh * ceilDiv(fg, tf) * g.groups * n, 64) }
  }
  if (t.op === 'convData') {
    const tc = cg < 4 ? 1 : 4
    return { ...common, kernel: 'conv2d_data', knobs: tc === 4 ? {} : { TC: 1 }, groups: ceilDiv(ceilDiv(wd, 4 * g.stride[1]) * g.stride[1] * h * ceilDiv(cg, tc) * g.groups * n, 64) }
  }
  return { ...common, kernel: 'conv2d_weights', knobs: {}, params: [...params, 1, n], groups: ceilDiv(ceilDiv(cg * kh * kw, 4) * ceilDiv(fg, 4) * g.groups, 64) }
}
