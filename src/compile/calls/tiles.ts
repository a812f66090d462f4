/**
 * Products and convolutions on GPUs: by tiles in shared memory, a workgroup a tile, of a
 * kind that fits the rows and columns of the product that the op is (a convolution's are
 * channels by pixels).
 */
import type { Tensor } from '../../tensor/node.ts'
import { geometry } from '../../tensor/ops/convolutions.ts'
import { ceilDiv, size, whole } from '../extents.ts'
import { hookedOperand } from '../operands.ts'
import type { Operand } from '../operands.ts'
import type { KernelCall, Lower } from './call.ts'
import { convDims, convolution } from './products.ts'

// -----------------------------------------------------------------------------
// kinds of tiles
// -----------------------------------------------------------------------------

/** Kinds of tiles for a product of that size, the rule's choice first: of 128 or 64 a side or 32 x 64, none where one would be mostly empty. */
const kindsFor = (rows: number, cols: number): readonly string[] =>
  rows < 16 || cols < 16 ? ['none'] : rows >= 512 && cols >= 512 ? ['128', '64', 'none'] : rows <= 32 ? ['32', '64', 'none'] : ['64', '32', '128', 'none']

/** Rows and columns of a kind of tile. */
const sidesOf = (kind: string): readonly [number, number] => (kind === '128' ? [128, 128] : kind === '32' ? [32, 64] : [64, 64])

const countOf = (kind: string, rows: number, cols: number): number => {
  const [r, c] = sidesOf(kind)
  return ceilDiv(rows, r) * ceilDiv(cols, c)
}

// -----------------------------------------------------------------------------
// products
// -----------------------------------------------------------------------------

/** Rows and columns of the product that an op with these extents is. */
const convSides = (op: string, [n, c, h, w, f, kh, kw, oh, ow]: readonly number[], groups: number): readonly [number, number] =>
  op === 'conv2d' ? [f / groups, n * oh * ow] : op === 'convData' ? [c / groups, n * h * w] : [f / groups, (c / groups) * kh * kw]

/** Rows and columns of the product that a product or a convolution is, and how many of them there are. */
const productOf = (t: Tensor): readonly [rows: number, cols: number, products: number] => {
  const out = whole(t)
  if (t.op === 'matmul') return [out[out.length - 2], out[out.length - 1], size(out.slice(0, -2))]
  const { groups } = geometry(t.attrs)
  return [...convSides(t.op, convDims(t), groups), groups * size(out.slice(0, -4))]
}

/** The kinds of tiles that a product or a convolution may be computed by on a GPU, the rule's choice first. */
export const tilesOf = (t: Tensor): readonly string[] => {
  const [rows, cols] = productOf(t)
  return kindsFor(rows, cols)
}

/** Workgroups that a product or a convolution is on a GPU by the rule's choice. */
export const tileCount = (t: Tensor): number => {
  const [rows, cols, products] = productOf(t), [kind] = kindsFor(rows, cols)
  return products * (kind === 'none' ? ceilDiv(ceilDiv(rows, 4) * ceilDiv(cols, 4), 64) : countOf(kind, rows, cols))
}

// -----------------------------------------------------------------------------
// calls
// -----------------------------------------------------------------------------

/** The same call by a kernel of tiles of `groups` products of that size; undefined where a tile would be mostly empty, or the plan wants none. */
const byTiles = (call: KernelCall, kernel: string, rows: number, cols: number, groups: number, wanted: unknown): KernelCall | undefined => {
  const offered = kindsFor(rows, cols), kind = offered.find((k) => k === wanted) ?? offered[0]
  if (kind === 'none') return undefined
  const side = kind === '128' ? 2 : 1
  return { ...call, kernel, knobs: { TM: side, TN: side, RY: kind === '32' ? 8 : 16 }, groups: countOf(kind, rows, cols) * groups }
}

const tiled = (t: Tensor, call: KernelCall): KernelCall | undefined => {
  // As it is called: a batch with one matrix for all is more rows.
  const p = call.params, groups = t.op === 'matmul' ? 1 : p[18]
  const [rows, cols] = t.op === 'matmul' ? [p[3], p[4]] : convSides(t.op, p.slice(3, 12), groups)
  return byTiles(call, `${call.kernel}_tile`, rows, cols, groups, t.attrs['tile'])
}

/** The general kernel, after the tiles where the target is a GPU. A gradient by weights by tiles is a stage (`pooledtiles.ts`), so that it may read what was pooled. */
export const withTiles = (f: (t: Tensor, operands: readonly Operand[]) => KernelCall | undefined): Lower => (t, operands, target) => {
  const call = f(t, operands)
  const tile = call === undefined || target.kind !== 'gpu' || t.op === 'convWeights' ? undefined : tiled(t, call)
  return call === undefined ? undefined : tile === undefined ? [call] : [tile, call]
}

const laidOutCall = (t: Tensor): KernelCall | undefined => convolution(t, t.args.map(hookedOperand))

/** The call by tiles of a convolution or a gradient of one whose operands are laid out in C order; undefined where there is none, or the plan wants none. */
export const convolutionByTiles = (t: Tensor): KernelCall | undefined => {
  const call = laidOutCall(t)
  return call === undefined ? undefined : tiled(t, call)
}

/** The same of a convolution whose maxima, of that shape, over 2 x 2 blocks are taken along with it: the columns are the pixels of the blocks. */
export const pooledByTiles = (t: Tensor, pooled: readonly number[]): KernelCall | undefined => {
  const call = laidOutCall(t)
  if (call === undefined) return undefined
  const p = call.params, [n] = p.slice(3), [oh, ow] = pooled.slice(-2), groups = p[18]
  return byTiles(call, 'conv2d_pool_tile', p[7] / groups, 4 * n * oh * ow, groups, t.attrs['tile'])
}

/** Tiles side by side in a call by tiles, for a product of so many columns. */
export const tilesAcross = (call: KernelCall, cols: number): number => ceilDiv(cols, 64 * call.knobs['TN'])
