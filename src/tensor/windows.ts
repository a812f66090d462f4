/**
 * Windows that slide over one, two or three axes: convolutions, their adjoints, pools
 * and patches, by the ops for two axes. Layouts: x [N, C, ...axes], weights
 * [F, C / groups, ...kernel].
 *
 * One axis is two with a leading one of length 1. For three, the kernel's first axis is
 * unfolded: the slices of x that it meets become channels and its positions become
 * images, so that the product is one of two axes. That holds x as often as the kernel
 * is deep (divided by the stride along that axis). Pools are separable, so a third axis
 * is one more pool.
 *
 * Laws: linear in x and in w; `adjoint` is the transpose of `convolve` by x.
 *
 * @since 0.2.0
 */
import { E } from '../fp.ts'
import * as B from './build.ts'
import * as Ext from './extent.ts'
import type { Extent, Shape } from './extent.ts'
import { vjp } from './grad.ts'
import type { Tensor } from './node.ts'
import { shapeOf } from './node.ts'
import { windowed } from './ops/convolutions.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Elements before and after an axis. */
type Ends = readonly [number, number]

/** Numbers of a convolution, one an axis. */
export interface Sliding {
  readonly stride: readonly number[]
  readonly padding: readonly Ends[]
  readonly dilation: readonly number[]
  readonly groups: number
}

/** Numbers of a pool, one an axis; padding below the window. */
export interface Pooling {
  readonly window: readonly number[]
  readonly stride: readonly number[]
  readonly padding: readonly Ends[]
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

const span = (kernel: number, dilation: number): number => dilation * (kernel - 1) + 1

/** Length of an axis after a window has gone along it; undefined where it doesn't fit. */
export const slid = (e: Extent, kernel: number, stride: number, padding: Ends, dilation = 1): Extent | undefined =>
  windowed(e, kernel, stride, padding, dilation)

/**
 * The axis `at` as two: offsets in the kernel, and positions of the kernel.
 *
 * Copies of an axis of n elements, end to end and cut into rows of n + dilation, move by
 * the dilation from row to row: row k begins with element k * dilation. So this is a view
 * with one read an element, and its transpose a sum over the kernel.
 */
export const unfold = (x: Tensor, at: number, kernel: number, stride: number, dilation: number): Tensor => {
  if (E.isLeft(x.type)) return x
  const s = shapeOf(x), n = s[at], positions = slid(n, kernel, stride, [0, 0], dilation)
  if (positions === undefined)
    return B.misfit('ShapeMismatch', ['unfold'], `a kernel of ${span(kernel, dilation)} on ${Ext.show(n)} elements`, 'a kernel no longer than the axis', 'use a smaller kernel or padding')
  const within = (...axes: Shape): Shape => [...s.slice(0, at), ...axes, ...s.slice(at + 1)]
  const copies = B.reshape(B.broadcastTo(B.reshape(x, within(1, n)), within(kernel, n)), within(Ext.mul(kernel, n)))
  const rows = B.reshape(B.pad(copies, s.map(() => 0), s.map((_, i) => (i === at ? kernel * dilation : 0))), within(kernel, Ext.add(n, dilation)))
  const reach = Ext.add(Ext.mul(stride, Ext.sub(positions, 1)), 1)
  return B.slice(rows, within(0, 0).map(() => 0), within(kernel, reach), within(1, 1).map((_, i) => (i === at + 1 ? stride : 1)))
}

/** Zeros around the axes from `first` on. */
const padded = (x: Tensor, first: number, padding: readonly Ends[]): Tensor => {
  if (E.isLeft(x.type) || padding.every(([lo, hi]) => lo + hi === 0)) return x
  const rank = shapeOf(x).length
  const side = (end: 0 | 1): readonly number[] => Array.from({ length: rank }, (_, i) => padding[i - first]?.[end] ?? 0)
  return B.pad(x, side(0), side(1))
}

/** What each position of a kernel sees: [N, C, ...axes] to [N, C, k1, o1, k2, o2, ...]. */
export const patches = (x: Tensor, kernel: readonly number[], g: Omit<Sliding, 'groups'>): Tensor =>
  kernel.reduceRight((t, k, d) => unfold(t, d + 2, k, g.stride[d], g.dilation[d]), padded(x, 2, g.padding))

// -----------------------------------------------------------------------------
// convolutions
// -----------------------------------------------------------------------------

const volumes = (x: Tensor, w: Tensor, g: Sliding): Tensor => {
  const deep = unfold(padded(x, 2, g.padding.slice(0, 1)), 2, shapeOf(w)[2] as number, g.stride[0], g.dilation[0])
  if (E.isLeft(deep.type)) return deep
  const [n, c, k, depth, ...plane] = shapeOf(deep), [f, cg, , ...kernel] = shapeOf(w)
  const images = B.reshape(B.transpose(deep, [0, 3, 1, 2, 4, 5]), [Ext.mul(n, depth), Ext.mul(c, k), ...plane])
  const y = convolve(images, B.reshape(w, [f, Ext.mul(cg, k), ...kernel]), { ...g, stride: g.stride.slice(1), padding: g.padding.slice(1), dilation: g.dilation.slice(1) })
  return E.isLeft(y.type) ? y : B.transpose(B.reshape(y, [n, depth, ...shapeOf(y).slice(1)]), [0, 2, 1, 3, 4])
}

/** Cross-correlation of x [N, C, ...axes] with w [F, C / groups, ...kernel] over one, two or three axes. */
export const convolve = (x: Tensor, w: Tensor, g: Sliding): Tensor => {
  // Any node of both carries what is wrong with them.
  if (E.isLeft(x.type) || E.isLeft(w.type)) return B.add(x, w)
  if (g.stride.length === 3) return volumes(x, w, g)
  if (g.stride.length === 1) {
    const y = convolve(B.expandDims(x, 2), B.expandDims(w, 2), { stride: [1, ...g.stride], padding: [[0, 0], ...g.padding], dilation: [1, ...g.dilation], groups: g.groups })
    return E.isLeft(y.type) ? y : B.reshape(y, shapeOf(y).filter((_, i) => i !== 2))
  }
  return B.conv2d(x, w, { stride: [g.stride[0], g.stride[1]], padding: g.padding, dilation: [g.dilation[0], g.dilation[1]], groups: g.groups })
}

/**
 * The transpose of `convolve` by its first operand, from y [N, F, ...] to images
 * [N, C, ...axes] of the given axes: every element of y adds its kernel. Needs axes that
 * `convolve` would take to those of y.
 */
export const adjoint = (y: Tensor, w: Tensor, axes: Shape, g: Sliding): Tensor => {
  if (E.isLeft(y.type) || E.isLeft(w.type)) return B.add(y, w)
  // A linear map has the same derivative everywhere, so any point of the right shape will do.
  const at = B.full([shapeOf(y)[0], Ext.mul(shapeOf(w)[1], g.groups), ...axes], 0)
  return vjp([convolve(at, w, g)], [y], [at])[0]
}

// -----------------------------------------------------------------------------
// pools
// -----------------------------------------------------------------------------

const pool = (op: (x: Tensor, g: B.PoolWindow) => Tensor) => {
  const over = (x: Tensor, g: Pooling): Tensor => {
    if (E.isLeft(x.type)) return x
    const s = shapeOf(x), n = g.window.length, first = s.length - n
    if (n === 2) return op(x, { window: [g.window[0], g.window[1]], stride: [g.stride[0], g.stride[1]], padding: g.padding })
    // One axis, with what follows it as the second of the two.
    const alone = (t: Tensor): Tensor => {
      const e = shapeOf(t), after = e.slice(first + 1)
      const y = n === 1
        ? over(B.expandDims(t, first), { window: [1, ...g.window], stride: [1, ...g.stride], padding: [[0, 0], ...g.padding] })
        : over(B.reshape(t, [...e.slice(0, first + 1), Ext.size(after)]), { window: [g.window[0], 1], stride: [g.stride[0], 1], padding: [g.padding[0], [0, 0]] })
      return E.isLeft(y.type) ? y : B.reshape(y, [...e.slice(0, first), shapeOf(y)[first + (n === 1 ? 1 : 0)], ...after])
    }
    if (n === 1) return alone(x)
    const plane = over(x, { window: g.window.slice(1), stride: g.stride.slice(1), padding: g.padding.slice(1) })
    return E.isLeft(plane.type) ? plane : alone(plane)
  }
  return over
}

/** The largest of each window over the last one, two or three axes; ties have the first in C order. */
export const maxPool = pool(B.maxPool2d)

/** The sum of each window over the last one, two or three axes; padding counts as 0. */
export const sumPool = pool(B.sumPool2d)
