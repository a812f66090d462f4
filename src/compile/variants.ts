/**
 * Choice of kernels by target and shape, as a rewriting of graphs: a product or a
 * convolution becomes a chain of stages, nodes of the compiler's own that name a
 * kernel file and its words. The rules ship with the package; what they choose is the
 * plan.
 *
 * On a software adapter loads are dear and barriers ruinous: 2x2 pools, products and
 * convolutions by vectors, Winograd's minimal filtering F(4x4, 5x5) and kin (Winograd
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
import { tilesOf } from './heavy.ts'
import type { Target } from './program.ts'
import { splitSum } from './splits.ts'
import { MOST_SLICES, channelBias, inOrder, laidOut, leadOf, lies, merged, pooledBy, rewriteStages, size, spreadOf, stage, up4, whole } from './stage.ts'
import type { Stage } from './stage.ts'
import { poolOfWinograd, winoData, winoForward, winoWeights } from './winograd.ts'
import type { AlsoFor, Shape } from './winograd.ts'

// -----------------------------------------------------------------------------
// layouts
// -----------------------------------------------------------------------------

/** The last two axes exchanged, without doubling an exchange that is there. */
const swapped = (t: Tensor): Tensor => {
  const n = whole(t).length
  const perm = [...Array.from({ length: n - 2 }, (_, i) => i), n - 1, n - 2]
  return t.op === 'transpose' && (t.attrs['perm'] as readonly number[]).every((p, i) => p === perm[i]) ? t.args[0] : B.transpose(t, perm)
}

// -----------------------------------------------------------------------------
// small work
// -----------------------------------------------------------------------------

/** Multiply-adds below which a product is a sum like others, which shares a kernel with what is around it. */
const SMALL_PRODUCT = 200_000
const SMALL_SCATTER = 65_536

const smallProduct = (t: Tensor): Tensor | undefined => {
  if (t.op !== 'matmul' || dtypeOf(t) !== 'f32') return undefined
  const [a, b] = t.args, k = whole(a)[whole(a).length - 1]
  if (size(whole(t)) * k >= SMALL_PRODUCT || k === 0) return undefined
  return B.sum(B.mul(B.reshape(a, [...whole(a), 1]), B.reshape(b, [...whole(b).slice(0, -2), 1, ...whole(b).slice(-2)])), [-2])
}

/** Each row of the result looks for what is its own. */
const smallScatter = (t: Tensor): Tensor | undefined => {
  if (t.op !== 'scatterAdd' || t.attrs['axis'] !== 0 || t.attrs['batchDims'] !== 0 || size(whole(t)) === 0) return undefined
  const [v, ix] = t.args, count = size(whole(ix)), rows = whole(t)[0], inner = size(whole(t)) / rows
  if (count === 0 || count * size(whole(t)) > SMALL_SCATTER) return undefined
  const own = B.eq(B.reshape(ix, [1, count, 1]), B.iota([rows, 1, 1], 0, dtypeOf(ix)))
  return B.reshape(B.sum(B.select(own, B.reshape(v, [1, count, inner]), 0), [1]), shapeOf(t))
}

// -----------------------------------------------------------------------------
// products
// -----------------------------------------------------------------------------

/** Elements between batch entries of a contiguous operand: 0 when shared, undefined when neither all nor none. */
const step = (s: readonly number[], lead: readonly number[], tail: number): number | undefined => {
  const own = leadOf(s, tail)
  return size(own) === 1 ? 0 : size(own) === size(lead) ? size(s.slice(s.length - tail)) : undefined
}

/** Is it an exchange of the last two axes alone? */
const exchanges = (t: Tensor): boolean => {
  const n = whole(t).length
  return t.op === 'transpose' && n >= 2 && (t.attrs['perm'] as readonly number[]).every((p, i) => p === (i < n - 2 ? i : 2 * n - 3 - i))
}

/** An operand as the product by vectors takes it: which of its axes its rows run along, and their length. */
interface Rows { readonly t: Tensor; readonly alongK: boolean; readonly row: number }

/** Rows along k where it lies so, else along n, padded to a multiple of 4; `t` is [.., n, k]. */
const rowsOf = (t: Tensor, n: number, k: number): Rows => {
  if (!lies(swapped(t)) && (lies(t) || !exchanges(t))) return { t: inOrder(t), alongK: true, row: k }
  const turned = swapped(t), r = whole(turned).length, row = up4(n)
  const padded = row === n ? turned : B.pad(turned, whole(turned).map(() => 0), whole(turned).map((_, d) => (d === r - 1 ? row - n : 0)))
  return { t: inOrder(padded), alongK: false, row }
}

const vectorMatmul = (t: Tensor): Tensor | undefined => {
  const [a, b] = t.args, lead = leadOf(whole(t), 2), batch = size(lead)
  const [m, n] = whole(t).slice(-2), k = whole(a)[whole(a).length - 1]
  if (n % 4 !== 0 || k < 8 || m < 8 || m * n * k < SMALL_PRODUCT) return undefined
  const ab = step(whole(a), lead, 2), bb = step(whole(b), lead, 2)
  if (ab === undefined || bb === undefined) return undefined
  const left = rowsOf(a, m, k), right = rowsOf(swapped(b), n, k)
  const per = (x: Rows, rows: number): number => x.row * (x.alongK ? rows : k)
  return stage([left.t, right.t], [...lead, m, n], {
    kernel: 'matmul_vec4', vector: true, slices: batch, flops: 2 * batch * m * n * k,
    params: [batch, ab === 0 ? 0 : per(left, m), bb === 0 ? 0 : per(right, n), m, n, k, left.row, right.row, 1, k],
    knobs: { TM: 2, AK: left.alongK ? 1 : 0, BK: right.alongK ? 1 : 0 },
    groups: Math.ceil((Math.ceil(m / 8) * Math.ceil(n / 8)) / 32)
  })
}

// -----------------------------------------------------------------------------
// convolutions with few input channels
// -----------------------------------------------------------------------------

/** Weights as [c, ky, kx, f], f padded to a multiple of 4. */
const channelsLast = (w: Tensor): Tensor => {
  const r = whole(w).length, f = whole(w)[r - 4]
  const lead = Array.from({ length: r - 4 }, (_, i) => i)
  const moved = B.transpose(w, [...lead, r - 3, r - 2, r - 1, r - 4])
  return laidOut(f % 4 === 0 ? moved : B.pad(moved, whole(moved).map(() => 0), whole(moved).map((_, d) => (d === r - 1 ? up4(f) - f : 0))))
}

const rowsForward = (x: Tensor, w: Tensor, out: readonly number[], s: Shape, xs: number, ws: number, kh: number, kw: number): Tensor => {
  const f4 = up4(s.f)
  return stage([inOrder(x), channelsLast(w)], out, {
    kernel: 'conv2d_rows', slices: s.batch, flops: 2 * s.batch * s.n * s.f * s.oh * s.ow * s.c * kh * kw,
    params: [s.batch, xs, ws === 0 ? 0 : s.c * kh * kw * f4, s.n, s.c, s.h, s.w, s.f, kh, kw, s.oh, s.ow],
    groups: Math.ceil((Math.ceil(s.ow / 8) * s.oh * Math.ceil(s.f / 4) * s.n) / 32)
  })
}

const rowsWeights = (x: Tensor, g: Tensor, out: readonly number[], s: Shape, xs: number, gs: number, kh: number, kw: number): Tensor => {
  const per = Math.ceil(kh / 5) * Math.ceil(s.f / 4) * s.c
  const splits = Math.max(1, Math.min(s.n, Math.ceil(400 / per))), length = Math.ceil(s.n / splits)
  const pooled = spreadOf(g)
  const parts = stage([inOrder(x), ...(pooled ?? [inOrder(g)])], [splits, ...out], {
    kernel: pooled === undefined ? 'conv2d_weights_rows' : 'conv2d_weights_pool', slices: s.batch, flops: 2 * s.batch * s.n * s.f * s.oh * s.ow * s.c * kh * kw,
    params: [s.batch, xs, pooled === undefined ? gs : gs / 4, s.n, s.c, s.h, s.w, s.f, kh, kw, s.oh, s.ow, splits, length],
    groups: Math.ceil((per * splits) / 16)
  })
  return B.reshape(B.sum(parts, [0]), out)
}

// -----------------------------------------------------------------------------
// rules
// -----------------------------------------------------------------------------

const softwareConv = (t: Tensor, also: AlsoFor): Tensor | undefined => {
  const g = geometry(t.attrs), [p, q] = t.args, out = whole(t), lead = leadOf(out, 4)
  const [xs, ws, ys] = t.op === 'conv2d' ? [whole(p), whole(q), out] : t.op === 'convData' ? [out, whole(q), whole(p)] : [whole(p), out, whole(q)]
  const [n, c, h, w] = xs.slice(-4), [f, , kh, kw] = ws.slice(-4), [, , oh, ow] = ys.slice(-4)
  if ([...g.stride, ...g.dilation, g.groups].some((v) => v !== 1)) return undefined
  const sp = step(whole(p), lead, 4), sq = step(whole(q), lead, 4)
  if (sp === undefined || sq === undefined) return undefined
  const base: Shape = { n, c, h, w, f, k: kh, oh, ow, py: g.padding[0][0], px: g.padding[1][0], batch: size(lead) }
  const flat = g.padding.every((e) => e.every((v) => v === 0))
  if (c >= 8 && f >= 8 && kh === kw && kh >= 2 && kh <= 6 && oh * ow >= 4) {
    // Both operands batched, or neither; the first alone is more images.
    const none = sp === 0 && sq === 0, both = sp !== 0 && sq !== 0
    const shape = none ? { ...base, batch: 1 } : both ? base : sq === 0 && t.op !== 'convWeights' ? { ...base, n: n * size(lead), batch: 1 } : undefined
    // Slices along z are points times batch entries, and the kernels don't loop over them.
    if (shape !== undefined && shape.batch * 64 <= MOST_SLICES && !(none && size(lead) > 1)) {
      const make = t.op === 'conv2d' ? winoForward : t.op === 'convData' ? winoData : winoWeights
      // The adjoint covers every row of the images only when the windows do.
      if (t.op !== 'convData' || (h <= oh + kh - 1 - base.py && w <= ow + kw - 1 - base.px)) return make(p, q, out, shape, also)
    }
  }
  if (c < 8 && flat && w % 4 === 0 && kw <= 5 && t.op === 'conv2d') return rowsForward(p, q, out, base, sp, sq, kh, kw)
  if (c < 8 && flat && w % 4 === 0 && ow % 4 === 0 && kw <= 5 && t.op === 'convWeights') return rowsWeights(p, q, out, base, sp, sq, kh, kw)
  return undefined
}

// -----------------------------------------------------------------------------
// convolution, bias and maxima of 2 x 2 in one
// -----------------------------------------------------------------------------

/** A convolution with what is added to each of its channels. */
interface Biased { readonly conv: Tensor; readonly bias: Tensor | undefined }

const biased = (t: Tensor): Biased | undefined => {
  if (t.op === 'conv2d') return { conv: t, bias: undefined }
  if (t.op !== 'add') return undefined
  for (const [conv, other] of [[t.args[0], t.args[1]], [t.args[1], t.args[0]]]) {
    if (conv.op !== 'conv2d' || size(whole(conv)) !== size(whole(t))) continue
    const bias = channelBias(other, whole(conv))
    if (bias !== undefined) return { conv, bias }
  }
  return undefined
}

/** Arguments and call of `conv2d_pool` for the maxima of `t`; undefined where it doesn't fit. */
const poolOfConv = (t: Tensor, pooled: readonly number[]): readonly [readonly Tensor[], Stage] | undefined => {
  const found = biased(t)
  if (found === undefined) return undefined
  const { conv, bias } = found, out = whole(conv), lead = leadOf(out, 4), batch = size(lead)
  const g = geometry(conv.attrs), [x, w] = conv.args
  const [n, c, h, wd] = whole(x).slice(-4), [f, , kh, kw] = whole(w).slice(-4), pw = out[out.length - 1], [oh, ow] = pooled.slice(-2)
  if ([...g.stride, ...g.dilation, g.groups].some((v) => v !== 1) || g.padding.flat().some((v) => v !== 0)) return undefined
  if (c >= 8 || kw !== 5 || wd % 4 !== 0 || ow % 4 !== 0 || batch > MOST_SLICES) return undefined
  const xs = step(whole(x), lead, 4), ws = step(whole(w), lead, 4)
  if (xs === undefined || ws === undefined) return undefined
  const b = bias ?? B.broadcastTo(B.scalar(0), [f])
  const f4 = up4(f)
  return [[inOrder(x), channelsLast(w), inOrder(b)], {
    kernel: 'conv2d_pool', knobs: { ONE: c === 1 ? 1 : 0 }, vector: true, slices: batch, flops: 2 * batch * n * f * 4 * oh * ow * c * kh * kw,
    params: [batch, xs, ws === 0 ? 0 : c * kh * 5 * f4, size(whole(b)) === f ? 0 : f, n, c, h, wd, f, kh, oh, ow, pw],
    groups: Math.ceil(((ow / 4) * oh * (f4 / 4) * n) / 32)
  }]
}

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

const poolsOfConvs = pooled((t) => t.op === 'conv2d', (t, a) => {
  const fused = poolOfConv(a, whole(t))
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

const optionsOf = (target: Target) => (t: Tensor, also: AlsoFor): Options => {
  if (t.op !== 'matmul' && !convolutions.includes(t.op)) return []
  if (dtypeOf(t) !== 'f32' || size(whole(t)) === 0) return []
  if (target.kind === 'gpu') return tilesOf(t).map((tile, i) => [tile, () => (i === 0 ? t : withTile(t, tile))])
  const fast = t.op === 'matmul' ? vectorMatmul(t) : softwareConv(t, also)
  return [...(fast === undefined ? [] : [[kernelOf(fast), () => fast] as const]), [GENERAL, () => t]]
}

const argument = (t: Tensor): string => `${whole(t).join('x')}${exchanges(t) ? "'" : ''}`

/** The op and all that its cost depends on: shapes, layouts, windows. */
const questionOf = (t: Tensor): string =>
  [t.op, ...t.args.map(argument), ...Object.entries(t.attrs).filter(([k]) => k !== 'tile').map(([k, v]) => `${k}=${JSON.stringify(v)}`)].join(' ')

const chosen = (target: Target, consumers: ReadonlyMap<Tensor, readonly Tensor[]>) => (t: Tensor, original: Tensor): Tensor => {
  const options = optionsOf(target)(t, (op, k) => original.args.some((a) => (consumers.get(a) ?? []).some((x) => x.op === op && x.args[k] === a)))
  if (options.length === 0) return t
  const wanted = target.choices?.[questionOf(t)]
  return (options.find(([name]) => name === wanted) ?? options[0])[1]()
}

const small = rewrite((t) => smallProduct(t) ?? smallScatter(t) ?? t)

/** Sums of few tiles cut, for a GPU. */
const spread = (outputs: readonly Tensor[]): readonly Tensor[] => rewrite((t) => splitSum(t) ?? t)(small(outputs))

/** Puts the target's variants in place of general nodes: those that the plan names, else by rule. */
export const variants = (target: Target) => (outputs: readonly Tensor[]): readonly Tensor[] => {
  if (target.kind === 'gpu') return rewrite(chosen(target, new Map()))(spread(outputs))
  const general = poolsOfConvs(small(outputs))
  return merged(poolsOfStages(merged(rewriteStages(chosen(target, readers(general)))(general))))
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
  const rest = target.kind === 'gpu' ? spread(outputs) : poolsOfConvs(small(outputs))
  const found = topo(rest).flatMap((t): readonly Question[] => {
    const options = optionsOf(target)(t, () => false).map(([name]) => name)
    return options.length < 2 ? [] : [{ question: questionOf(t), options, node: alone(t) }]
  })
  return [...new Map(found.map((q) => [q.question, q])).values()]
}
