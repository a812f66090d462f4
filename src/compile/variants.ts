/**
 * Choice of kernels by target and shape, as a rewriting of graphs: a product or a
 * convolution becomes a chain of stages, nodes of the compiler's own that name a
 * kernel file and its words. The rules ship with the package; what they choose is the
 * plan.
 *
 * On a software adapter loads are dear and barriers ruinous: 2x2 pools, products and
 * convolutions by subgroups of 8 lanes, Winograd's minimal filtering F(4x4, 5x5) and kin (Winograd
 * 1980; Lavin and Gray 2016) where both channel counts are large enough. On a GPU:
 * tiles in shared memory, maxima over 2 x 2 blocks along with them (`pooledtiles.ts`).
 *
 * Law: a stage chain has the value of the node it stands for, to rounding.
 */
import * as B from '../tensor/build.ts'
import type { Tensor } from '../tensor/node.ts'
import { dtypeOf, rewrite, shapeOf, topo } from '../tensor/node.ts'
import { tilesOf } from './calls/tiles.ts'
import { convolutionBySubgroups } from './convolutions.ts'
import { elements, whole } from './extents.ts'
import { fewChannels } from './fewchannels.ts'
import { poolsOfConvs, poolsOfStages } from './maxima.ts'
import { ordered } from './ordered.ts'
import { poolsOfTiles, weightsByTiles } from './pooledtiles.ts'
import { exchanges, productBySubgroups, smallProduct } from './products.ts'
import type { Target } from './program.ts'
import { inChunks } from './running.ts'
import { splitSum } from './splits.ts'
import { merged, rewriteStages } from './stage.ts'
import { winograd } from './winograd.ts'

// -----------------------------------------------------------------------------
// small work
// -----------------------------------------------------------------------------

/** Comparisons up to which a scattered sum is a sum like others, which shares a kernel with what is around it. */
const SMALL_SCATTER = 32_768

/** Each row of the result looks for what is its own. */
const smallScatter = (t: Tensor): Tensor | undefined => {
  if (t.op !== 'scatterAdd' || t.attrs['axis'] !== 0 || t.attrs['batchDims'] !== 0 || elements(t) === 0) return undefined
  const [v, ix] = t.args, count = elements(ix), rows = whole(t)[0], inner = elements(t) / rows
  if (count === 0 || count * elements(t) > SMALL_SCATTER) return undefined
  const own = B.eq(B.reshape(ix, [1, count, 1]), B.iota([rows, 1, 1], 0, dtypeOf(ix)))
  return B.reshape(B.sum(B.select(own, B.reshape(v, [1, count, inner]), 0), [1]), shapeOf(t))
}

// -----------------------------------------------------------------------------
// options
// -----------------------------------------------------------------------------

const convolutions = ['conv2d', 'convData', 'convWeights']

/** What stands for a node by name, the rule's choice first. The last is the general kernel. */
type Options = readonly (readonly [name: string, make: () => Tensor])[]

const GENERAL = 'general'

/** The kernel of a stage, which may stand under a view or a sum of its parts. */
const kernelOf = (t: Tensor): string => ((t.op as string) === 'stage' ? (t.attrs['kernel'] as string) : kernelOf(t.args[0]))

const withTile = (t: Tensor, tile: string): Tensor => ({ ...t, attrs: { ...t.attrs, tile } })

const optionsOf = (target: Target) => (t: Tensor): Options => {
  if (t.op !== 'matmul' && !convolutions.includes(t.op)) return []
  if (dtypeOf(t) !== 'f32' || elements(t) === 0) return []
  if (target.kind === 'gpu') return tilesOf(t).map((tile, i) => [tile, () => (i === 0 ? t : withTile(t, tile))])
  const fast = target.subgroupSize !== 8 ? [] : t.op === 'matmul' ? [productBySubgroups(t)] : [winograd(t) ?? fewChannels(t), convolutionBySubgroups(t)]
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
export const variants = (target: Target) => (outputs: readonly Tensor[]): readonly Tensor[] => inChunks(target)(ordered(target)(varied(target)(outputs)))

const varied = (target: Target) => (outputs: readonly Tensor[]): readonly Tensor[] => {
  if (target.kind === 'gpu') return merged(weightsByTiles(poolsOfTiles(target)(rewriteStages(chosen(target))(spread(target)(outputs)))))
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
