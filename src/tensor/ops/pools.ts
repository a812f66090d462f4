/**
 * Pooling over windows of the last two axes, and the ops their gradients need.
 *
 * `maxPoolIndex` names the winner of each window by its flat position in the input
 * plane (ties to the first in C order); `poolScatter` sends values there and adds them
 * up, `poolGather` fetches from there: each is the transpose of the other, so maximum
 * pooling can be differentiated again and again. `sumPool2d` and `sumPoolGrad` are
 * another such pair.
 *
 * @since 0.1.0
 */
import * as Ext from '../extent.ts'
import type { Extent, Shape } from '../extent.ts'
import { node, shapeOf } from '../node.ts'
import type { Attrs, DType, Tensor, TensorType } from '../node.ts'
import { bad, count, lead, nums, ok } from '../rule.ts'
import type { Typed } from '../rule.ts'
import type { BatchCall, Ref, Row } from '../table.ts'
import { windowed } from './convolutions.ts'

/** Window, stride and padding of a pool, per axis. */
export interface PoolGeometry {
  readonly window: readonly number[]
  readonly stride: readonly number[]
  readonly padding: readonly (readonly number[])[]
}

export const poolGeometry = (attrs: Attrs): PoolGeometry => ({
  window: nums(attrs, 'window'), stride: nums(attrs, 'stride'), padding: attrs['padding'] as readonly (readonly number[])[]
})

const pooled = (op: string, dtype: DType | undefined) => ([x]: readonly TensorType[], attrs: Attrs): Typed => {
  const g = poolGeometry(attrs), r = x.shape.length
  if (r < 2 || x.dtype !== 'f32') return bad(op, `${Ext.showShape(x.shape)} of ${x.dtype}`, 'f32 with at least two axes', 'pool over images')
  if (![...g.window, ...g.stride].every((v) => Number.isInteger(v) && v >= 1) || g.padding.some((p, i) => p.some((v) => v < 0 || v >= g.window[i])))
    return bad(op, JSON.stringify(g), 'window and stride of 1 or more, padding below the window', 'mend the option')
  const oh = windowed(x.shape[r - 2], g.window[0], g.stride[0], g.padding[0], 1)
  const ow = windowed(x.shape[r - 1], g.window[1], g.stride[1], g.padding[1], 1)
  return oh === undefined || ow === undefined
    ? bad(op, `a window of ${g.window.join(' x ')} on ${Ext.showShape(x.shape.slice(-2))}`, 'a window no larger than the padded image', 'use a smaller window or padding')
    : ok([...x.shape.slice(0, -2), oh, ow], dtype ?? x.dtype)
}

const planes = (op: string) => (args: readonly TensorType[], attrs: Attrs): Typed => {
  const size = attrs['size'] as unknown as readonly Extent[]
  return args.length === 2 && !Ext.sameShape(args[0].shape, args[1].shape)
    ? bad(op, args.map((a) => Ext.showShape(a.shape)).join(' and '), 'values and indices of one shape', 'use the index of the same pool')
    : ok([...args[0].shape.slice(0, -2), ...size], 'f32')
}

/** Batching of ops that work plane by plane with operands of one leading shape. */
const batchPlanes = ({ args, batched, original, size }: BatchCall): Tensor =>
  node(original.op, args.map((a, i) => lead(a, batched[i], size)), original.attrs)

const windows = (
  x: Ref, out: readonly number[], g: PoolGeometry, visit: (plane: number, o: number, cells: readonly number[]) => void
): void => {
  const [h, w] = x.shape.slice(-2), [oh, ow] = out.slice(-2), n = count(x.shape.slice(0, -2))
  for (let p = 0; p < n; p++) for (let y = 0; y < oh; y++) for (let c = 0; c < ow; c++) {
    const cells: number[] = []
    for (let a = 0; a < g.window[0]; a++) for (let b = 0; b < g.window[1]; b++) {
      const r = y * g.stride[0] - g.padding[0][0] + a, s = c * g.stride[1] - g.padding[1][0] + b
      if (r >= 0 && r < h && s >= 0 && s < w) cells.push(r * w + s)
    }
    visit(p * h * w, (p * oh + y) * ow + c, cells)
  }
}

const maximum = (pick: (best: number, value: number) => number) => ([x]: readonly Ref[], attrs: Attrs, type: { readonly shape: readonly number[] }): Ref => {
  const data = new Float64Array(count(type.shape))
  windows(x, type.shape, poolGeometry(attrs), (p, o, cells) => {
    const best = cells.reduce((b, k) => (x.data[p + k] > x.data[p + b] ? k : b), cells[0])
    data[o] = pick(best, x.data[p + best])
  })
  return { shape: type.shape, data }
}

const sizeOf = (s: Shape): Shape => s.slice(-2)

export const pools: Record<'maxPool2d' | 'maxPoolIndex' | 'poolScatter' | 'poolGather' | 'sumPool2d' | 'sumPoolGrad', Row> = {
  maxPool2d: {
    kind: 'kernel',
    attrs: ['window', 'stride', 'padding'],
    doc: 'largest of each window',
    type: pooled('maxPool2d', undefined),
    vjp: (t, ct) => [node('poolScatter', [ct, node('maxPoolIndex', [t.args[0]], t.attrs)], { ...t.attrs, size: sizeOf(shapeOf(t.args[0])) })],
    batch: batchPlanes,
    f64: maximum((_, v) => v)
  },
  maxPoolIndex: {
    kind: 'kernel',
    attrs: ['window', 'stride', 'padding'],
    doc: 'flat position of the largest of each window in its plane',
    type: pooled('maxPoolIndex', 'u32'),
    vjp: () => [null],
    batch: batchPlanes,
    f64: maximum((b) => b)
  },
  poolScatter: {
    kind: 'kernel',
    arity: 2,
    attrs: ['window', 'stride', 'padding', 'size'],
    doc: 'adds values at the positions of the winners, zeros elsewhere; size [H, W]',
    type: planes('poolScatter'),
    vjp: (t, ct) => [node('poolGather', [ct, t.args[1]], t.attrs), null],
    batch: batchPlanes,
    f64: ([v, ix], _, type): Ref => {
      const data = new Float64Array(count(type.shape)), plane = count(type.shape.slice(-2)), per = count(v.shape.slice(-2))
      v.data.forEach((x, i) => { data[Math.floor(i / per) * plane + ix.data[i]] += x })
      return { shape: type.shape, data }
    }
  },
  poolGather: {
    kind: 'index',
    arity: 2,
    attrs: ['window', 'stride', 'padding'],
    doc: 'values of a plane at the positions of the winners',
    type: ([v, ix]) =>
      v.shape.length === ix.shape.length && Ext.sameShape(v.shape.slice(0, -2), ix.shape.slice(0, -2))
        ? ok(ix.shape, 'f32')
        : bad('poolGather', `${Ext.showShape(v.shape)} and ${Ext.showShape(ix.shape)}`, 'equal leading axes', 'use the index of the same pool'),
    vjp: (t, ct) => [node('poolScatter', [ct, t.args[1]], { ...t.attrs, size: sizeOf(shapeOf(t.args[0])) }), null],
    batch: batchPlanes,
    f64: ([v, ix], _, type): Ref => {
      const plane = count(v.shape.slice(-2)), per = count(ix.shape.slice(-2))
      return { shape: type.shape, data: ix.data.map((k, i) => v.data[Math.floor(i / per) * plane + k]) }
    }
  },
  sumPool2d: {
    kind: 'kernel',
    attrs: ['window', 'stride', 'padding'],
    doc: 'sum of each window (padding counts as 0)',
    type: pooled('sumPool2d', undefined),
    vjp: (t, ct) => [node('sumPoolGrad', [ct], { ...t.attrs, size: sizeOf(shapeOf(t.args[0])) })],
    batch: batchPlanes,
    f64: ([x], attrs, type): Ref => {
      const data = new Float64Array(count(type.shape))
      windows(x, type.shape, poolGeometry(attrs), (p, o, cells) => { data[o] = cells.reduce((s, k) => s + x.data[p + k], 0) })
      return { shape: type.shape, data }
    }
  },
  sumPoolGrad: {
    kind: 'kernel',
    attrs: ['window', 'stride', 'padding', 'size'],
    doc: 'each input element gets the sum of the values of the windows that hold it; size [H, W]',
    type: planes('sumPoolGrad'),
    vjp: (t, ct) => [node('sumPool2d', [ct], { window: nums(t.attrs, 'window'), stride: nums(t.attrs, 'stride'), padding: poolGeometry(t.attrs).padding })],
    batch: batchPlanes,
    f64: ([g], attrs, type): Ref => {
      const data = new Float64Array(count(type.shape))
      windows({ shape: type.shape, data }, g.shape, poolGeometry(attrs), (p, o, cells) => { for (const k of cells) data[p + k] += g.data[o] })
      return { shape: type.shape, data }
    }
  }
}
