/**
 * Convolutions by tiles on GPUs whose maxima over 2 x 2 blocks come along, values and
 * places from one kernel, and gradients by weights that read the pooled gradient and its
 * places: the plane before pooling is neither written nor read, which is most of what
 * such a layer moves.
 *
 * Law: what is fused has the values and places that two kernels have, sums by weights in
 * another order, which only the shapes set.
 */
import * as B from '../tensor/build.ts'
import type { Tensor } from '../tensor/node.ts'
import { bytesOf, isLeafBuffer } from './buffers.ts'
import { convolutionByTiles, pooledByTiles, tilesAcross } from './calls/tiles.ts'
import { elements, size, whole } from './extents.ts'
import { byBlocks, pooled, readers } from './maxima.ts'
import { batchOf, strided } from './operands.ts'
import { step } from './products.ts'
import type { Target } from './program.ts'
import { biased, inOrder, leadOf, lies, pooledBy, rewriteStages, stage } from './stage.ts'

// -----------------------------------------------------------------------------
// maxima
// -----------------------------------------------------------------------------

/** Where weights or biases lie: in which tensor, from which element, and how far apart draws are. */
interface Lying { readonly base: Tensor; readonly from: number; readonly step: number }

/** Draws of one site lie among those of all others, which are bound in one; what lies otherwise is copied. `tail` axes are their own, those before are draws. */
const lying = (target: Target, t: Tensor, lead: readonly number[], tail: number): Lying | undefined => {
  const at = strided(t, isLeafBuffer), among = at === undefined ? undefined : batchOf({ shape: whole(t), at }, lead, tail)
  if (at !== undefined && among !== undefined && bytesOf(at.base) <= target.maxBindingBytes) return { base: at.base, from: at.offset, step: among }
  const apart = step(whole(t), lead, tail)
  return apart === undefined ? undefined : { base: inOrder(t), from: 0, step: apart }
}

/** Maxima of convolutions by tiles, and of what is added to them, in the tiles that the plan names for the convolution. */
export const poolsOfTiles = (target: Target) => pooled((t) => t.op === 'conv2d', (t, a) => {
  const found = biased((x) => x.op === 'conv2d')(a), call = found === undefined || elements(t) === 0 ? undefined : pooledByTiles(found.conv, whole(t))
  if (found === undefined || call === undefined) return undefined
  const { conv, bias } = found, [x, w] = conv.args, lead = leadOf(whole(conv), 4), { params } = call
  const u = lying(target, w, lead, 4), v = bias === undefined ? u : lying(target, bias, lead, 1)
  if (u === undefined || v === undefined) return undefined
  return pooledBy(t, [inOrder(x), u.base, v.base], {
    ...call, knobs: { ...call.knobs, BIASED: bias === undefined ? 0 : 1 }, params: [...params.slice(0, 2), u.step, ...params.slice(3), v.step, u.from, v.from]
  })
})

// -----------------------------------------------------------------------------
// gradients by weights
// -----------------------------------------------------------------------------

/** Tiles side by side up to which the pooled gradient is read: each spreads all of it again, by two loads a number where the plane takes one. */
const ACROSS = 2

/** Pooled values and places whose spreading over blocks a gradient is, its images perhaps cut in slices (`splits.ts`); undefined for others. */
const spreadUnder = (g: Tensor): readonly [values: Tensor, places: Tensor] | undefined => {
  if (g.op === 'poolScatter') return byBlocks(g) && lies(g.args[1]) ? [g.args[0], g.args[1]] : undefined
  const shape = whole(g), inner = g.op === 'reshape' ? whole(g.args[0]) : []
  if (inner.length < 3 || shape.slice(-3).some((n, d) => n !== inner.slice(-3)[d])) return undefined
  const found = spreadUnder(g.args[0])
  if (found === undefined) return undefined
  const [v, at] = found.map((a) => B.reshape(a, [...leadOf(shape, 2), ...whole(a).slice(-2)]))
  return [v, at]
}

/** A gradient by weights by tiles, from the pooled gradient where nothing else wants it spread; the node itself where there are no tiles. */
const weights = (t: Tensor, isOwn: boolean): Tensor => {
  const call = elements(t) === 0 ? undefined : convolutionByTiles(t)
  if (call === undefined) return t
  const [x, g] = t.args, { params } = call, [c, kh, kw] = whole(t).slice(-3)
  const spread = isOwn && tilesAcross(call, c * kh * kw) <= ACROSS ? spreadUnder(g) : undefined
  const [v, at] = spread === undefined ? [inOrder(g), inOrder(g)] : [inOrder(spread[0]), spread[1]]
  return stage([inOrder(x), v, at], whole(t), {
    ...call, knobs: { ...call.knobs, POOLED: spread === undefined ? 0 : 1 },
    params: [...params.slice(0, 2), params[2] === 0 ? 0 : size(whole(v).slice(-4)), ...params.slice(3)]
  })
}

/** Gradients by weights by tiles, in the tiles that the plan names. */
export const weightsByTiles = (outputs: readonly Tensor[]): readonly Tensor[] => {
  const consumers = readers(outputs), kept = new Set(outputs)
  const isOwn = (g: Tensor): boolean => !kept.has(g) && consumers.get(g)?.length === 1 && (g.op !== 'reshape' || isOwn(g.args[0]))
  return rewriteStages((t, was) => (t.op === 'convWeights' ? weights(t, isOwn(was.args[1])) : t))(outputs)
}
