/**
 * Maxima over 2 x 2 blocks of a convolution in one kernel with it, bias and all, where
 * nothing else reads it: no tensor lies between, which is four times as large as its maxima.
 * What software adapters have is here, and the rule; what GPUs have is in `pooledtiles.ts`.
 *
 * Law: what is fused has the values and places that the pool had, to rounding.
 */
import type { Tensor } from '../tensor/node.ts'
import { topo } from '../tensor/node.ts'
import { poolGeometry } from '../tensor/ops/pools.ts'
import { whole } from './extents.ts'
import { poolOfConv } from './fewchannels.ts'
import type { Target } from './program.ts'
import { pooledBy, rewriteStages } from './stage.ts'
import { poolOfWinograd } from './winograd.ts'

/** Does a pool, or its gradient, cut planes in blocks of 2 x 2? */
export const byBlocks = (t: Tensor): boolean => {
  const g = poolGeometry(t.attrs)
  return [...g.window, ...g.stride].every((v) => v === 2) && g.padding.flat().every((v) => v === 0)
}

/** Maxima of 2 x 2 blocks, or their places, that no stage makes yet. */
const isPool = (t: Tensor): boolean => (t.op === 'maxPool2d' || t.op === 'maxPoolIndex') && t.attrs['kernel'] === undefined && byBlocks(t)

/** Who reads each node of graphs. */
export const readers = (outputs: readonly Tensor[]): ReadonlyMap<Tensor, readonly Tensor[]> => {
  const out = new Map<Tensor, Tensor[]>()
  for (const t of topo(outputs)) for (const a of t.args) out.set(a, [...(out.get(a) ?? []), t])
  return out
}

/** Maxima of 2 x 2 blocks of a convolution, perhaps with a bias, that nothing else reads: one kernel, and no tensor between. */
export const pooled = (isInner: (t: Tensor) => boolean, make: (t: Tensor, a: Tensor) => Tensor | undefined) => (outputs: readonly Tensor[]): readonly Tensor[] => {
  const consumers = readers(outputs), kept = new Set(outputs)
  const readByPools = (t: Tensor): boolean => !kept.has(t) && (consumers.get(t) ?? []).every(isPool)
  return rewriteStages((t, original) => {
    const was = original.args[0]
    if (!isPool(t) || !readByPools(was)) return t
    const inner = was.op === 'add' ? was.args.filter(isInner) : []
    return inner.some((x) => kept.has(x) || (consumers.get(x) ?? []).length > 1) ? t : make(t, t.args[0]) ?? t
  })(outputs)
}

/** Maxima of convolutions of one channel, and of what is added to them, on software adapters. */
export const poolsOfConvs = (target: Target) => pooled((t) => t.op === 'conv2d', (t, a) => {
  const fused = target.subgroupSize === 8 ? poolOfConv(a, whole(t)) : undefined
  return fused === undefined ? undefined : pooledBy(t, fused[0], fused[1])
})

/** Maxima of convolutions by tiles. */
export const poolsOfStages = pooled((t) => t.attrs['kernel'] !== undefined, poolOfWinograd)
