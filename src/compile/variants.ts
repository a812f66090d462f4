/**
 * Choice of kernels by target and shape, as a rewriting of graphs: a product or a
 * convolution becomes a chain of stages, nodes of the compiler's own that name a
 * kernel file and its words. The rules ship with the package; what they choose is the
 * plan.
 *
 * On a software adapter loads are dear and barriers ruinous: 2x2 pools, products and
 * convolutions by subgroups of 8 lanes, Winograd's minimal filtering F(4x4, 5x5) and kin (Winograd
 * 1980; Lavin and Gray 2016) where both channel counts are large enough. On a GPU:
 * tiles in shared memory.
 *
 * Law: a stage chain has the value of the node it stands for, to rounding.
 */
import * as B from '../tensor/build.ts'
import type { Tensor } from '../tensor/node.ts'
import { dtypeOf, rewrite, shapeOf, topo } from '../tensor/node.ts'
import { geometry } from '../tensor/ops/convolutions.ts'
import { poolGeometry } from '../tensor/ops/pools.ts'
import { convolutionBySubgroups } from './convolutions.ts'
import { fewForward, fewWeights, poolOfConv } from './fewchannels.ts'
import { tilesOf } from './heavy.ts'
import { ordered } from './ordered.ts'
import { exchanges, productBySubgroups, smallProduct, step } from './products.ts'
import type { Target } from './program.ts'
import { splitSum } from './splits.ts'
import { MOST_SLICES, leadOf, merged, pooledBy, rewriteStages, size, whole } from './stage.ts'
import { poolOfWinograd, winoData, winoForward, winoWeights } from './winograd.ts'
import type { Shape } from './winograd.ts'

// -----------------------------------------------------------------------------
// small work
// -----------------------------------------------------------------------------

/** Comparisons up to which a scattered sum is a sum like others, which shares a kernel with what is around it. */
const SMALL_SCATTER = 32_768

/** Each row of the result looks for what is its own. */
const smallScatter = (t: Tensor): Tensor | undefined => {
  if (t.op !== 'scatterAdd' || t.attrs['axis'] !== 0 || t.attrs['batchDims'] !== 0 || size(whole(t)) === 0) return undefined
  const [v, ix] = t.args, count = size(whole(ix)), rows = whole(t)[0], inner = size(whole(t)) / rows
  if (count === 0 || count * size(whole(t)) > SMALL_SCATTER) return undefined
  const own = B.eq(B.reshape(ix, [1, count, 1]), B.iota([rows, 1, 1], 0, dtypeOf(ix)))
  return B.reshape(B.sum(B.select(own, B.reshape(v, [1, count, inner]), 0), [1]), shapeOf(t))
}

// -----------------------------------------------------------------------------
// rules
// -----------------------------------------------------------------------------

/**
 * Do tiles of 8 x 8 points save more than their transforms cost? The multiplications of the
 * direct method for each of theirs, edges of planes counted, against the channels that share
 * a transform. Fitted to 16 shapes on llvmpipe, against `conv2d_sub`: at most 6 % wrong there.
 */
const tilesPay = (c: number, f: number, k: number, oh: number, ow: number): boolean => {
  const m = 9 - k, saved = (oh * ow * k * k) / (64 * Math.ceil(oh / m) * Math.ceil(ow / m))
  return ((2 * c * f) / (c + f)) * (saved - 2.1) > 30
}

const softwareConv = (t: Tensor): Tensor | undefined => {
  const g = geometry(t.attrs), [p, q] = t.args, out = whole(t), lead = leadOf(out, 4)
  const [xs, ws, ys] = t.op === 'conv2d' ? [whole(p), whole(q), out] : t.op === 'convData' ? [out, whole(q), whole(p)] : [whole(p), out, whole(q)]
  const [n, c, h, w] = xs.slice(-4), [f, , kh, kw] = ws.slice(-4), [, , oh, ow] = ys.slice(-4)
  if ([...g.stride, ...g.dilation, g.groups].some((v) => v !== 1)) return undefined
  const sp = step(whole(p), lead, 4), sq = step(whole(q), lead, 4)
  if (sp === undefined || sq === undefined) return undefined
  const base: Shape = { n, c, h, w, f, k: kh, oh, ow, py: g.padding[0][0], px: g.padding[1][0], batch: size(lead) }
  if (kh === kw && kh >= 2 && kh <= 6 && tilesPay(c, f, kh, oh, ow)) {
    // Both operands batched, or neither; the first alone is more images.
    const none = sp === 0 && sq === 0, both = sp !== 0 && sq !== 0
    const shape = none ? { ...base, batch: 1 } : both ? base : sq === 0 && t.op !== 'convWeights' ? { ...base, n: n * size(lead), batch: 1 } : undefined
    // Slices along z are points times batch entries, and the kernels don't loop over them.
    if (shape !== undefined && shape.batch * 64 <= MOST_SLICES && !(none && size(lead) > 1)) {
      const make = t.op === 'conv2d' ? winoForward : t.op === 'convData' ? winoData : winoWeights
      // The adjoint covers every row of the images only when the windows do.
      if (t.op !== 'convData' || (h <= oh + kh - 1 - base.py && w <= ow + kw - 1 - base.px)) return make(p, q, out, shape)
    }
  }
  return t.op === 'conv2d' ? fewForward(t) : t.op === 'convWeights' ? fewWeights(t) : undefined
}

// -----------------------------------------------------------------------------
// maxima in one with what they are of
// -----------------------------------------------------------------------------

const isPool = (t: Tensor): boolean => t.op === 'maxPool2d' || t.op === 'maxPoolIndex'

/** Who reads each node of graphs. */
const readers = (outputs: readonly Tensor[]): ReadonlyMap<Tensor, readonly Tensor[]> => {
  const out = new Map<Tensor, Tensor[]>()
  for (const t of topo(outputs)) for (const a of t.args) out.set(a, [...(out.get(a) ?? []), t])
  return out
}

/** Maxima of 2 x 2 blocks of a convolution, perhaps with a bias, that nothing else reads: one kernel, and no tensor between. */
const pooled = (isInner: (t: Tensor) => boolean, make: (t: Tensor, a: Tensor) => Tensor | undefined) => (outputs: readonly Tensor[]): readonly Tensor[] => {
  const consumers = readers(outputs), kept = new Set(outputs)
  const readByPools = (t: Tensor): boolean => !kept.has(t) && (consumers.get(t) ?? []).every(isPool)
  return rewriteStages((t, original) => {
    if (!isPool(t) || t.attrs['kernel'] !== undefined) return t
    const g = poolGeometry(t.attrs), was = original.args[0]
    if ([...g.window, ...g.stride].some((v) => v !== 2) || g.padding.flat().some((v) => v !== 0) || !readByPools(was)) return t
    const inner = was.op === 'add' ? was.args.filter(isInner) : []
    return inner.some((x) => kept.has(x) || (consumers.get(x) ?? []).length > 1) ? t : make(t, t.args[0]) ?? t
  })(outputs)
}

const poolsOfConvs = (target: Target) => pooled((t) => t.op === 'conv2d', (t, a) => {
  const fused = target.subgroupSize === 8 ? poolOfConv(a, whole(t)) : undefined
  return fused === undefined ? undefined : pooledBy(t, fused[0], fused[1])
})

const poolsOfStages = pooled((t) => t.attrs['kernel'] !== undefined, poolOfWinograd)

const convolutions = ['conv2d', 'convData', 'convWeights']

/** What stands for a node by name, the rule's choice first. The last is the general kernel. */
type Options = readonly (readonly [name: string, make: () => Tensor])[]

const GENERAL = 'general'

/** The kernel of a stage, which may stand under a view or a sum of its parts. */
const kernelOf = (t: Tensor): string => ((t.op as string) === 'stage' ? (t.attrs['kernel'] as string) : kernelOf(t.args[0]))

const withTile = (t: Tensor, tile: string): Tensor => ({ ...t, attrs: { ...t.attrs, tile } })

const optionsOf = (target: Target) => (t: Tensor): Options => {
  if (t.op !== 'matmul' && !convolutions.includes(t.op)) return []
  if (dtypeOf(t) !== 'f32' || size(whole(t)) === 0) return []
  if (target.kind === 'gpu') return tilesOf(t).map((tile, i) => [tile, () => (i === 0 ? t : withTile(t, tile))])
  const fast = target.subgroupSize !== 8 ? [] : t.op === 'matmul' ? [productBySubgroups(t)] : [softwareConv(t), convolutionBySubgroups(t)]
  return [...fast.flatMap((v) => (v === undefined ? [] : [[kernelOf(v), () => v] as const])), [GENERAL, () => t]]
}

const argument = (t: Tensor): string => `${whole(t).join('x')}${exchanges(t) ? "'" : ''}`

/** The op and all that its cost depends on: shapes, layouts, windows. */
const questionOf = (t: Tensor): string =>
  [t.op, ...t.args.map(argument), ...Object.entries(t.attrs).filter(([k]) => k !== 'tile').map(([k, v]) => `${k}=${JSON.stringify(v)}`)].join(' ')

const chosen = (target: Target) => (t: Tensor): Tensor => {
  const options = optionsOf(target)(t)
  if (options.length === 0) return t
  const wanted = target.choices?.[questionOf(t)]
  return (options.find(([name]) => name === wanted) ?? options[0])[1]()
}

const small = (target: Target): ((outputs: readonly Tensor[]) => readonly Tensor[]) => rewrite((t) => smallProduct(target)(t) ?? smallScatter(t) ?? t)

/** Sums of few tiles cut, for a GPU. */
const spread = (target: Target) => (outputs: readonly Tensor[]): readonly Tensor[] => rewrite((t) => splitSum(t) ?? t)(small(target)(outputs))

/** Puts the target's variants in place of general nodes: those that the plan names, else by rule. */
export const variants = (target: Target) => (outputs: readonly Tensor[]): readonly Tensor[] => ordered(target)(varied(target)(outputs))

const varied = (target: Target) => (outputs: readonly Tensor[]): readonly Tensor[] => {
  if (target.kind === 'gpu') return rewrite(chosen(target))(spread(target)(outputs))
  const general = poolsOfConvs(target)(small(target)(outputs))
  return merged(poolsOfStages(merged(rewriteStages(chosen(target))(general))))
}

/** A choice that graphs leave on a target: a node over leaves of its own to measure, and the variants' names, the rule's first. */
export interface Question {
  readonly question: string
  readonly options: readonly string[]
  readonly node: Tensor
}

/** The node over inputs `0`, `1`, ... that lie as its arguments do. */
const alone = (t: Tensor): Tensor => ({
  ...t,
  args: t.args.map((a, k) => {
    const leaf = B.leaf('input', String(k), exchanges(a) ? whole(a.args[0]) : whole(a), dtypeOf(a))
    return exchanges(a) ? B.swapLast(leaf) : leaf
  })
})

/** The choices that there are in simplified graphs, each question once. */
export const questionsOf = (target: Target) => (outputs: readonly Tensor[]): readonly Question[] => {
  const rest = target.kind === 'gpu' ? spread(target)(outputs) : poolsOfConvs(target)(small(target)(outputs))
  const found = topo(rest).flatMap((t): readonly Question[] => {
    const options = optionsOf(target)(t).map(([name]) => name)
    return options.length < 2 ? [] : [{ question: questionOf(t), options, node: alone(t) }]
  })
  return [...new Map(found.map((q) => [q.question, q])).values()]
}
