/** Calls of pools and of their gradients, plane by plane. */
import type { Tensor } from '../../tensor/node.ts'
import { poolGeometry } from '../../tensor/ops/pools.ts'
import { ceilDiv, elements, size, whole } from '../extents.ts'
import { inOrder } from '../operands.ts'
import type { Operand } from '../operands.ts'
import type { KernelCall, Lower } from './call.ts'
import { staged } from './stages.ts'

const KERNELS: Readonly<Record<string, string>> = { maxPool2d: 'max_pool2d', maxPoolIndex: 'max_pool2d', poolScatter: 'max_pool2d_grad', sumPool2d: 'sum_pool2d', sumPoolGrad: 'sum_pool2d_grad' }

const isForward = (t: Tensor): boolean => t.op === 'maxPool2d' || t.op === 'maxPoolIndex' || t.op === 'sumPool2d'

/** Shapes of what is pooled and of what it is pooled to. */
const shapesOf = (t: Tensor, a: Operand): readonly [big: readonly number[], small: readonly number[]] => (isForward(t) ? [a.shape, whole(t)] : [whole(t), a.shape])

/** The bits of 1. */
const ONE = 0x3f800000

/** A pool or a gradient of one. */
export const pool = (t: Tensor, [a]: readonly Operand[]): KernelCall | undefined => {
  if (!inOrder(a)) return undefined
  const rows = size(whole(t).slice(0, -2)), plane = size(whole(t).slice(-2)), g = poolGeometry(t.attrs)
  const [big, small] = shapesOf(t, a)
  const dims = [rows, ...big.slice(-2), ...small.slice(-2), ...g.window, ...g.stride, g.padding[0][0], g.padding[1][0]]
  const params = t.op === 'poolScatter' ? [1, 0, 0, ...dims] : t.op === 'sumPool2d' || t.op === 'sumPoolGrad' ? [...dims, ONE] : dims
  return { kernel: KERNELS[t.op], knobs: {}, deep: t.op === 'poolScatter', slices: 1, params, groups: ceilDiv(rows * plane, 64), flops: elements(t) * size(g.window) }
}

/** Does the pool cut planes in blocks of 2 x 2, rows of results in whole vectors? */
const byBlocks = (t: Tensor, [big, small]: readonly [readonly number[], readonly number[]]): boolean => {
  const g = poolGeometry(t.attrs), [h, w] = big.slice(-2), [oh, ow] = small.slice(-2)
  return [...g.window, ...g.stride].every((v) => v === 2) && g.padding.flat().every((v) => v === 0) && h === 2 * oh && w === 2 * ow && ow % 4 === 0
}

/** Maxima, by vectors where they are of 2 x 2 blocks and loads are dear, before the general kernel. */
export const maxima: Lower = (t, operands, target) => {
  if (t.attrs['kernel'] !== undefined) return staged(t, operands, target)
  const general = pool(t, operands), shapes = shapesOf(t, operands[0])
  if (general === undefined) return undefined
  if (target.kind !== 'software' || !byBlocks(t, shapes)) return [general]
  return [{ ...general, kernel: t.op === 'poolScatter' ? 'max_pool2d_2x2_grad' : 'max_pool2d_2x2', vector: true, groups: ceilDiv(size(shapes[1]), 256) }, general]
}
