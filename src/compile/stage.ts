/**
 * Stages: nodes of the compiler's own that name a kernel file and its words, and how the
 * operands of such kernels lie.
 */
import type { Attrs, Tensor } from '../tensor/node.ts'
import { shapeOf, topo } from '../tensor/node.ts'
import * as B from '../tensor/build.ts'
import { poolGeometry } from '../tensor/ops/pools.ts'
import type { OpName } from '../tensor/table.ts'
import { E } from '../fp.ts'
import { isLeafBuffer } from './buffers.ts'
import { elements, size, whole } from './extents.ts'
import { interner } from './merge.ts'
import { isContiguous, strided } from './operands.ts'


/** Slices along z that every target takes. */
export const MOST_SLICES = 65_535

// -----------------------------------------------------------------------------
// stages
// -----------------------------------------------------------------------------

/** How a stage calls its kernel: words after grid_x and grid_z, flat workgroups, slices along z. */
export interface Stage {
  readonly kernel: string
  readonly params: readonly number[]
  readonly groups: number
  readonly slices: number
  readonly flops: number
  readonly knobs?: Readonly<Record<string, number>>
  /** Do the kernel's hooks work on four elements (`epilogue4`)? */
  readonly vector?: boolean
  /** Has it an epilogue hook? */
  readonly closed?: boolean
}

const attrsOf = (s: Stage): Attrs => ({
  kernel: s.kernel, params: s.params, groups: s.groups, slices: s.slices, flops: s.flops,
  knobs: JSON.stringify(s.knobs ?? {}), vector: s.vector ?? false, closed: s.closed ?? false
})

/** A stage with a result of this shape. */
export const stage = (args: readonly Tensor[], shape: readonly number[], s: Stage): Tensor => ({
  _tag: 'Tensor', op: 'stage' as OpName, args, attrs: { shape, ...attrsOf(s) }, type: E.right({ shape, dtype: 'f32' as const })
})

/** A maximum pool (or its index) made by a stage that does more than pool: its arguments are the stage's. */
export const pooledBy = (t: Tensor, args: readonly Tensor[], s: Stage): Tensor => ({ ...t, args, attrs: { ...t.attrs, ...attrsOf(s) } })

// -----------------------------------------------------------------------------
// graphs with stages
// -----------------------------------------------------------------------------

/** `rewrite` for graphs that hold stages, which have no row to be rebuilt by: a node keeps its type. */
export const rewriteStages = (f: (renewed: Tensor, original: Tensor) => Tensor) => (outputs: readonly Tensor[]): readonly Tensor[] => {
  const memo = new Map<Tensor, Tensor>()
  for (const t of topo(outputs)) {
    const args = t.args.map((a) => memo.get(a) as Tensor)
    memo.set(t, f(args.every((a, k) => a === t.args[k]) ? t : { ...t, args }, t))
  }
  return outputs.map((o) => memo.get(o) as Tensor)
}

/** Equal nodes become one. */
export const merged = (outputs: readonly Tensor[]): readonly Tensor[] => rewriteStages(interner().intern)(outputs)

// -----------------------------------------------------------------------------
// operands
// -----------------------------------------------------------------------------

/** A view that is written out in C order. */
export const laidOut = (t: Tensor): Tensor => ({ _tag: 'Tensor', op: 'reshape', args: [t], attrs: { shape: shapeOf(t), force: true }, type: t.type })

/** Does it lie in C order where a kernel can bind it? */
export const lies = (t: Tensor): boolean => {
  const at = strided(t, isLeafBuffer)
  return at !== undefined && at.offset % 64 === 0 && isContiguous(at, whole(t), whole(t).length)
}

/** The tensor itself where it lies in C order already, else a copy. */
export const inOrder = (t: Tensor): Tensor => (lies(t) ? t : laidOut(t))

/** The axes before the last `tail`. */
export const leadOf = (s: readonly number[], tail: number): readonly number[] => s.slice(0, s.length - tail)

/** Pooled values and places of which `g` is the spreading over blocks of 2 x 2, when both are batched as it is. */
export const spreadOf = (g: Tensor): readonly [Tensor, Tensor] | undefined => {
  if (g.op !== 'poolScatter') return undefined
  const { window, stride, padding } = poolGeometry(g.attrs), [v, at] = g.args
  const exact = [...window, ...stride].every((k) => k === 2) && padding.flat().every((k) => k === 0) && elements(g) === 4 * elements(v)
  return exact && elements(at) === elements(v) && lies(at) ? [inOrder(v), at] : undefined
}

/** Is it one number a channel (and draw), the same for all images and positions? Then as [.., f]. */
const channelBias = (t: Tensor, out: readonly number[]): Tensor | undefined => {
  if (t.op === 'broadcastTo') return channelBias(t.args[0], out)
  const s = whole(t), r = s.length, lead = leadOf(out, 4)
  const fits = r >= 3 && s[r - 1] === 1 && s[r - 2] === 1 && s[r - 3] === out[out.length - 3] && (r === 3 || s[r - 4] === 1)
  const own = s.slice(0, Math.max(0, r - 4))
  return fits && (size(own) === 1 || size(own) === size(lead)) ? B.reshape(t, [...own, s[r - 3]]) : undefined
}

/** A convolution, and what is added to each of its channels, as [.., f]. */
export interface Biased { readonly conv: Tensor; readonly bias: Tensor | undefined }

/** The convolution that a node is, or is the sum of with a number a channel; undefined for others. */
export const biased = (isConvolution: (t: Tensor) => boolean) => (t: Tensor): Biased | undefined => {
  if (isConvolution(t)) return { conv: t, bias: undefined }
  if (t.op !== 'add') return undefined
  const found = [t.args, [t.args[1], t.args[0]]].flatMap(([conv, other]): readonly Biased[] => {
    const bias = isConvolution(conv) && elements(conv) === elements(t) ? channelBias(other, whole(conv)) : undefined
    return bias === undefined ? [] : [{ conv, bias }]
  })
  return found[0]
}
