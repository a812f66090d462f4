/**
 * Products on software adapters: which of them are sums like others, and which become a
 * stage of `matmul_sub`, how their operands lie for it, what of a batch is more rows, and
 * a long sum in parts.
 *
 * Law: what stands for a product has its value, to rounding.
 */
import * as B from '../tensor/build.ts'
import type { Tensor } from '../tensor/node.ts'
import { dtypeOf } from '../tensor/node.ts'
import { tileCount } from './calls/tiles.ts'
import type { Target } from './program.ts'
import { size, up4, whole } from './extents.ts'
import { MOST_SLICES, inOrder, leadOf, lies, stage } from './stage.ts'
import { MANY } from './turned.ts'

// -----------------------------------------------------------------------------
// operands
// -----------------------------------------------------------------------------

/** The last two axes exchanged, without doubling an exchange that is there. */
const swapped = (t: Tensor): Tensor => {
  const n = whole(t).length
  const perm = [...Array.from({ length: n - 2 }, (_, i) => i), n - 1, n - 2]
  return t.op === 'transpose' && (t.attrs['perm'] as readonly number[]).every((p, i) => p === perm[i]) ? t.args[0] : B.transpose(t, perm)
}

/** Is it an exchange of the last two axes alone? */
export const exchanges = (t: Tensor): boolean => {
  const n = whole(t).length
  return t.op === 'transpose' && n >= 2 && (t.attrs['perm'] as readonly number[]).every((p, i) => p === (i < n - 2 ? i : 2 * n - 3 - i))
}

/** Elements between batch entries of a contiguous operand: 0 when shared, undefined when neither all nor none. */
export const step = (s: readonly number[], lead: readonly number[], tail: number): number | undefined => {
  const own = leadOf(s, tail)
  return size(own) === 1 ? 0 : size(own) === size(lead) ? size(s.slice(s.length - tail)) : undefined
}

/** An operand as the kernel takes it: which of its axes its rows run along, and their length. */
interface Rows { readonly t: Tensor; readonly alongK: boolean; readonly row: number }

const liesAlongK = (t: Tensor): boolean => !lies(swapped(t)) && (lies(t) || !exchanges(t))

/**
 * Does a copy along n save more than it takes (5 ns a number), where each number of an
 * operand in rows along k goes into so many sums? Such rows are read one by one. From 512
 * sums a number on a copy saves 5 to 20 % of the product's time, at 400 nothing; of fewer
 * than 262,144 numbers that is under 2 ms, which two kernels more to compile aren't worth.
 * The 32 rows that a tile walks along share two sets of an L1 cache or one when they are a
 * multiple of 2 KB apart: then it saves 10 to 30 % from 128 sums on (at 64 nothing).
 */
const paysCopy = (t: Tensor, row: number, sums: number): boolean =>
  row % 512 === 0 ? size(whole(t)) >= MANY && sums >= 128 : size(whole(t)) >= 4 * MANY && sums >= 512

/** Rows along k where it lies so and no copy pays, else along n, padded to a multiple of 4; `t` is [.., n, k]. */
const rowsOf = (t: Tensor, n: number, k: number, sums: number): Rows => {
  if (liesAlongK(t) && !paysCopy(t, k, sums)) return { t: inOrder(t), alongK: true, row: k }
  const turned = swapped(t), r = whole(turned).length, row = up4(n)
  const padded = row === n ? turned : B.pad(turned, whole(turned).map(() => 0), whole(turned).map((_, d) => (d === r - 1 ? row - n : 0)))
  return { t: inOrder(padded), alongK: false, row }
}

// -----------------------------------------------------------------------------
// small products
// -----------------------------------------------------------------------------

/**
 * Multiply-adds below which a product is a sum like others, which shares a kernel with what
 * is around it. Where the kernel by subgroups is there, it takes a third of the sum's time
 * at 100,000 and 50 us less at 40,000: a step saves less than compiling one more is worth.
 */
const small = (target: Target): number => (target.kind === 'software' && target.subgroupSize === 8 ? 100_000 : 200_000)

/** On a GPU, a product of few tiles leaves most of it idle: up to so many multiply-adds, terms of a sum and tiles it is a sum too, which may be a phase of a chain (by arithmetic; not measured). */
const FEW = { products: 2 ** 21, terms: 256, tiles: 8 }

const isSmall = (t: Tensor, k: number, target: Target): boolean => {
  const n = size(whole(t)) * k
  return n < small(target) || (target.kind === 'gpu' && n <= FEW.products && k <= FEW.terms && tileCount(t) <= FEW.tiles)
}

/** The sum that a small product is; undefined for others. */
export const smallProduct = (target: Target) => (t: Tensor): Tensor | undefined => {
  if (t.op !== 'matmul' || dtypeOf(t) !== 'f32') return undefined
  const [a, b] = t.args, k = whole(a)[whole(a).length - 1]
  if (k === 0 || !isSmall(t, k, target)) return undefined
  return B.sum(B.mul(B.reshape(a, [...whole(a), 1]), B.reshape(b, [...whole(b).slice(0, -2), 1, ...whole(b).slice(-2)])), [-2])
}

// -----------------------------------------------------------------------------
// products by subgroups
// -----------------------------------------------------------------------------

/** Tiles of m x n results, of 32 columns each, and their rows: a multiple of 4 up to 32, alike over m. */
const tilesOf = (m: number, n: number): { readonly tiles: number; readonly height: number } => {
  const down = Math.ceil(m / 32), height = up4(Math.ceil(m / down))
  return { tiles: Math.ceil(m / height) * Math.ceil(n / 32), height }
}

/** Nanoseconds of one step of k, measured on llvmpipe: a tile's loads, each of its rows, and eight tiles of 4 x 4 of the general kernel. */
const LOADS = 135, ROW = 5, GENERAL = 130

const isSlower = (m: number, n: number): boolean => {
  const { tiles, height } = tilesOf(m, n)
  return tiles * (LOADS + ROW * height) > (GENERAL * Math.ceil(m / 4) * Math.ceil(n / 4)) / 8
}

/** Tiles that keep the cores busy, and the shortest part of a sum that is cut to have them. */
const TILES = 8
const SHORTEST = 256

/** The fewest equal parts of a sum over k for which there are enough tiles; 1 where none are. */
const partsOf = (tiles: number, k: number): number => {
  const enough = Array.from({ length: Math.floor(k / SHORTEST) }, (_, i) => i + 1).filter((s) => k % s === 0 && s <= TILES)
  return 2 * tiles > TILES ? 1 : enough.find((s) => s * tiles >= TILES) ?? enough[enough.length - 1] ?? 1
}

/** The product as a stage, for subgroups of 8 lanes; undefined where the general kernel is the better one. */
export const productBySubgroups = (t: Tensor): Tensor | undefined => {
  const [a, b] = t.args, out = whole(t), lead = leadOf(out, 2)
  const [n] = out.slice(-1), k = whole(a)[whole(a).length - 1]
  const as = step(whole(a), lead, 2), bs = step(whole(b), lead, 2)
  if (n % 4 !== 0 || k === 0 || as === undefined || bs === undefined) return undefined
  // One matrix for all: the batch is more rows.
  const folded = bs === 0 && as !== 0 && liesAlongK(a)
  const [m, batch] = folded ? [size(out) / n, 1] : [out[out.length - 2], size(lead)]
  const { tiles, height } = tilesOf(m, n)
  if (batch > MOST_SLICES || isSlower(m, n)) return undefined
  const left = rowsOf(folded ? B.reshape(a, [m, k]) : a, m, k, n), right = rowsOf(swapped(b), n, k, m)
  // Parts of the sum are a batch of products along k.
  const parts = batch === 1 ? partsOf(tiles, k) : 1, length = k / parts
  const per = (x: Rows, entry: number, shared: boolean): number =>
    parts > 1 ? (x.alongK ? length : length * x.row) : shared ? 0 : x.alongK ? x.row * entry : x.row * k
  const slices = parts > 1 ? parts : batch
  const made = stage([left.t, right.t], parts > 1 ? [parts, ...out] : out, {
    kernel: 'matmul_sub', vector: true, slices, flops: 2 * batch * m * n * k, groups: tiles,
    params: [slices, per(left, m, folded || as === 0), per(right, n, bs === 0), m, n, length, left.row, right.row],
    knobs: { ROWS: height, AK: left.alongK ? 1 : 0, BK: right.alongK ? 1 : 0 }
  })
  return parts > 1 ? B.reshape(B.sum(made, [0]), out) : made
}
