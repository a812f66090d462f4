/**
 * Long sums on GPUs: a product, or a convolution's gradient by weights, whose result is a
 * handful of tiles keeps a handful of a GPU's cores busy (one of 132 for the first layer of
 * the notebook's network). What it sums over is cut into parts that are made side by side,
 * as a batch, and added up after.
 *
 * Laws: the value is the node's own up to the order of sums, which is fixed; the operands
 * are views of what they were.
 */
import * as B from '../tensor/build.ts'
import type { Tensor } from '../tensor/node.ts'
import { node, shapeOf } from '../tensor/node.ts'
import { tileCount } from './calls/tiles.ts'
import { size, whole } from './extents.ts'
import { leadOf } from './stage.ts'

/** Workgroups that keep a large GPU busy; more parts than that only add to the sum after. */
const ENOUGH = 128
/** Sums shorter than that take a tile less time than one more kernel does (some 4 us by arithmetic at half a core's peak; not measured). */
const LONG = 256
/** Shortest sums that are left. */
const LEAST = 64

/** The divisor of `n` up to `most` next to `wanted`. */
const divisor = (n: number, wanted: number, most: number): number => {
  let best = 1
  for (let d = 2; d <= Math.min(n, most); d++) if (n % d === 0 && Math.abs(d - wanted) < Math.abs(best - wanted)) best = d
  return best
}

const wantedParts = (t: Tensor): number => Math.ceil(ENOUGH / tileCount(t))

const product = (t: Tensor): Tensor | undefined => {
  const [a, b] = t.args
  if (size(leadOf(whole(t), 2)) !== 1) return undefined
  const [m, n] = whole(t).slice(-2), k = whole(a)[whole(a).length - 1]
  const parts = k < LONG ? 1 : divisor(k, wantedParts(t), k / LEAST)
  if (parts === 1) return undefined
  const left = B.transpose(B.reshape(a, [m, parts, k / parts]), [1, 0, 2]), right = B.reshape(b, [parts, k / parts, n])
  return B.reshape(B.sum(B.matmul(left, right), [0]), shapeOf(t))
}

const weights = (t: Tensor): Tensor | undefined => {
  const [x, g] = t.args
  if (size(leadOf(whole(t), 4)) !== 1 || [x, g].some((a) => size(leadOf(whole(a), 4)) !== 1)) return undefined
  const [images] = whole(x).slice(-4), pixels = size(whole(g).slice(-2))
  const parts = images * pixels < LONG ? 1 : divisor(images, wantedParts(t), (images * pixels) / LEAST)
  if (parts === 1) return undefined
  const cut = (a: Tensor): Tensor => B.reshape(a, [parts, images / parts, ...whole(a).slice(-3)])
  return B.reshape(B.sum(node('convWeights', [cut(x), cut(g)], t.attrs), [0]), shapeOf(t))
}

/** The node cut along its sum, where its tiles are few; undefined where they are not, or nothing divides. */
export const splitSum = (t: Tensor): Tensor | undefined => {
  if (t.op !== 'matmul' && t.op !== 'convWeights') return undefined
  if (size(whole(t)) === 0 || tileCount(t) >= ENOUGH / 2) return undefined
  return t.op === 'matmul' ? product(t) : weights(t)
}
