/**
 * Lowerings of the ops that have hand-written kernels: which file, its uniform words,
 * its grid, where its operands lie. Each op of that kind has one entry.
 *
 * Laws: operands are bound where they lie, through strides where the kernel has them;
 * leading batch axes are folded here, where every extent is a number.
 */
import type { Tensor } from '../tensor/node.ts'
import { dtypeOf, shapeOf } from '../tensor/node.ts'
import { geometry } from '../tensor/ops/convolutions.ts'
import { poolGeometry } from '../tensor/ops/pools.ts'
import * as X from './ix.ts'
import { through } from './emit.ts'
import type { Target } from './program.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** An operand where it lies: element (i0, i1, ...) is at offset + sum of strides. */
export interface Strided {
  readonly base: Tensor
  readonly offset: number
  readonly strides: readonly number[]
}

/** A kernel call before linking. Params are in the order of the kernel's struct, after grid_x. */
export interface Plan {
  readonly kernel: string
  readonly knobs: Readonly<Record<string, number>>
  readonly params: readonly number[]
  /** Flat workgroups, and slices along z. */
  readonly groups: number
  readonly slices: number
  /** Has the kernel grid_z as its second word? */
  readonly deep: boolean
  /** Do its hooks take four elements at a time (`load_a4`, `epilogue4`)? */
  readonly vector?: boolean
  readonly flops: number
}

const whole = (t: Tensor): readonly number[] => shapeOf(t) as readonly number[]
const size = (s: readonly number[]): number => s.reduce((a, b) => a * b, 1)
const ceil = (a: number, b: number): number => Math.ceil(a / b)
const contiguous = (shape: readonly number[]): readonly number[] => shape.map((_, i) => size(shape.slice(i + 1)))

// -----------------------------------------------------------------------------
// operands
// -----------------------------------------------------------------------------

/** What lies under a chain of views. */
export const under = (t: Tensor, isBuffer: (t: Tensor) => boolean): Tensor => {
  let now = t
  while (!isBuffer(now)) {
    const step = through(now, X.atLinear(whole(now), X.num(0)))
    if (step === undefined) return now
    now = step[0]
  }
  return now
}

/** The operand as strides over what lies under its views, when its index is a plain sum. */
export const strided = (t: Tensor, isBuffer: (t: Tensor) => boolean): Strided | undefined => {
  const shape = whole(t)
  let at: readonly [Tensor, X.Position] = [t, X.atCoords(shape, shape.map((n, d) => X.variable(`c${d}`, n - 1)))]
  while (!isBuffer(at[0])) {
    const step = through(at[0], at[1])
    if (step === undefined) break
    at = step
  }
  const ix = at[1].linear
  if (ix.constant < 0 || ix.terms.some((x) => x.atom._tag !== 'Var' || x.coef < 0)) return undefined
  return { base: at[0], offset: ix.constant, strides: shape.map((_, d) => ix.terms.find((x) => x.atom.key === `c${d}`)?.coef ?? 0) }
}

/** Does the strided operand lie in C order over its last `rank` axes (axes of length 1 don't matter)? */
export const isContiguous = (s: Strided, shape: readonly number[], rank: number): boolean => {
  const want = contiguous(shape)
  return shape.every((n, d) => d < shape.length - rank || n === 1 || s.strides[d] === want[d])
}

/** The one stride of an operand along all leading axes of the result, if it has one; `tail` axes are its own. */
export const batchStride = (s: Strided, shape: readonly number[], lead: readonly number[], tail: number): number | undefined => {
  const own = shape.length - tail
  let stride: number | undefined
  let inner = 1
  for (let d = lead.length - 1; d >= 0; d--) {
    if (lead[d] === 1) continue
    const k = d - (lead.length - own)
    const step = k < 0 || shape[k] === 1 ? 0 : s.strides[k]
    if (stride === undefined) stride = step
    else if (step !== stride * inner) return undefined
    inner *= lead[d]
  }
  return stride ?? 0
}

// -----------------------------------------------------------------------------
// plans
// -----------------------------------------------------------------------------

/** An operand with its shape. */
export interface Operand {
  readonly shape: readonly number[]
  readonly at: Strided
}

const matmulPlan = (t: Tensor, [a, b]: readonly Operand[]): Plan | undefined => {
  const out = whole(t), lead = out.slice(0, -2)
  const r = a.shape.length, q = b.shape.length
  const [n] = out.slice(-1), k = a.shape[r - 1]
  let m = out[out.length - 2], batch = size(lead)
  let ab = batchStride(a.at, a.shape, lead, 2)
  const bb = batchStride(b.at, b.shape, lead, 2)
  if (ab === undefined || bb === undefined) return undefined
  const am = a.at.strides[r - 2], ak = a.at.strides[r - 1], bk = b.at.strides[q - 2], bn = b.at.strides[q - 1]
  // One matrix for all: the batch is more rows.
  if (bb === 0 && batch > 1 && ab === m * am) {
    m *= batch
    batch = 1
    ab = 0
  }
  return {
    kernel: 'matmul', knobs: {}, deep: true, slices: batch,
    params: [batch, ab, bb, m, n, k, am, ak, bk, bn, 1, k],
    groups: ceil(ceil(m, 4) * ceil(n, 4), 64), flops: 2 * batch * m * n * k
  }
}

const convShapes = (x: readonly number[], w: readonly number[], y: readonly number[]): readonly number[] => {
  const [n, c, h, wd] = x.slice(-4), [f, , kh, kw] = w.slice(-4), [, , oh, ow] = y.slice(-4)
  return [n, c, h, wd, f, kh, kw, oh, ow]
}

const convPlan = (t: Tensor, operands: readonly Operand[]): Plan | undefined => {
  const out = whole(t), lead = out.slice(0, -4), g = geometry(t.attrs)
  const strides = operands.map((o) => (isContiguous(o.at, o.shape, 4) ? batchStride(o.at, o.shape, lead, 4) : undefined))
  if (strides.some((s) => s === undefined)) return undefined
  const [p, q] = operands.map((o) => o.shape)
  const [x, w, y] = t.op === 'conv2d' ? [p, q, out] : t.op === 'convData' ? [out, q, p] : [p, out, q]
  const dims = convShapes(x, w, y)
  const [n, c, h, wd, f, kh, kw, oh, ow] = dims
  const batch = size(lead), cg = c / g.groups, fg = f / g.groups
  const tail = [g.stride[0], g.stride[1], g.padding[0][0], g.padding[1][0], g.dilation[0], g.dilation[1], g.groups]
  const params = [batch, strides[0] as number, strides[1] as number, ...dims, ...tail]
  const flops = 2 * batch * n * f * oh * ow * cg * kh * kw
  const tf = fg < 4 ? 1 : 4
  if (t.op === 'conv2d')
    return { kernel: 'conv2d', knobs: tf === 4 ? {} : { TF: 1 }, deep: true, slices: batch, params, flops, groups: ceil(ceil(ow, 4) * oh * ceil(fg, tf) * g.groups * n, 64) }
  if (t.op === 'convData') {
    const tc = cg < 4 ? 1 : 4
    return { kernel: 'conv2d_data', knobs: tc === 4 ? {} : { TC: 1 }, deep: true, slices: batch, params, flops, groups: ceil(ceil(wd, 4 * g.stride[1]) * g.stride[1] * h * ceil(cg, tc) * g.groups * n, 64) }
  }
  return { kernel: 'conv2d_weights', knobs: {}, deep: true, slices: batch, params: [...params, 1, n], flops, groups: ceil(ceil(cg * kh * kw, 4) * ceil(fg, 4) * g.groups, 64) }
}

const poolParams = (t: Tensor, big: readonly number[], small: readonly number[]): readonly number[] => {
  const g = poolGeometry(t.attrs)
  return [...big.slice(-2), ...small.slice(-2), ...g.window, ...g.stride, g.padding[0][0], g.padding[1][0]]
}

const plane = (s: readonly number[]): number => size(s.slice(-2))

const poolPlan = (t: Tensor, [a]: readonly Operand[]): Plan | undefined => {
  const out = whole(t), rows = size(out.slice(0, -2))
  if (!isContiguous(a.at, a.shape, a.shape.length)) return undefined
  const one = new Uint32Array(Float32Array.of(1).buffer)[0]
  const forward = t.op === 'maxPool2d' || t.op === 'maxPoolIndex' || t.op === 'sumPool2d'
  const [big, small] = forward ? [a.shape, out] : [out, a.shape]
  const dims = poolParams(t, big, small)
  const params = t.op === 'poolScatter' ? [1, 0, 0, rows, ...dims] : t.op === 'sumPool2d' || t.op === 'sumPoolGrad' ? [rows, ...dims, one] : [rows, ...dims]
  const kernel = { maxPool2d: 'max_pool2d', maxPoolIndex: 'max_pool2d', poolScatter: 'max_pool2d_grad', sumPool2d: 'sum_pool2d', sumPoolGrad: 'sum_pool2d_grad' }[t.op as 'maxPool2d']
  return { kernel, knobs: {}, deep: t.op === 'poolScatter', slices: 1, params, groups: ceil(rows * plane(out), 64), flops: size(out) * size(poolGeometry(t.attrs).window) }
}

/** A scattered sum as [lines, count, inner] to [lines, rows, inner], `outer` lines an index. */
export const scattered = (t: Tensor): { readonly outer: number; readonly lines: number; readonly rows: number; readonly count: number; readonly inner: number } => {
  const [v, ix] = t.args.map(whole), axis = t.attrs['axis'] as number, nb = t.attrs['batchDims'] as number, span = ix.length - nb
  const outer = size(v.slice(nb, axis))
  return { outer, lines: size(v.slice(0, axis)), rows: whole(t)[axis], count: size(v.slice(axis, axis + span)), inner: size(v.slice(axis + span)) }
}

/** Invocations that fill a machine: on a CPU one subgroup for each of a few cores. */
const WALKS = { software: 32, gpu: 65_536 } as const

const scatterPlan: Lower = (t, operands, target) => {
  const [v, ix] = operands
  if (!isContiguous(v.at, v.shape, v.shape.length) || !isContiguous(ix.at, ix.shape, ix.shape.length)) return undefined
  const { outer, lines, rows, count, inner } = scattered(t)
  // Rows in as few stretches as fill the machine: each walks all indices.
  const columns = Math.max(1, lines * inner), span = ceil(rows, Math.max(1, Math.min(rows, ceil(WALKS[target.kind], columns)))) || 1
  const walks = lines * inner * ceil(rows, span), W = target.kind === 'software' ? 8 : 64
  return [{ kernel: 'scatter_add', knobs: { W }, deep: false, slices: 1, params: [walks, outer, rows, count, inner, span], groups: ceil(walks, W), flops: walks * count }]
}

// -----------------------------------------------------------------------------
// plans: lines along an axis, matrices
// -----------------------------------------------------------------------------

const flag = (t: Tensor, k: string): number => (t.attrs[k] === true ? 1 : 0)
const inOrder = (operands: readonly Operand[]): boolean => operands.every((o) => isContiguous(o.at, o.shape, o.shape.length))

/** How keys of a dtype are read (`order_key`), and what turns their order round. */
export const keyKind = (t: Tensor): number => ({ f32: 0, i32: 1, u32: 2 })[dtypeOf(t) as 'f32']
export const flipOf = (t: Tensor): number => (t.attrs['descending'] === true ? 0xffffffff : 0)

/** Invocations for work on `n` rows or columns at a time: a power of two, few where barriers are dear. */
const team = (n: number, target: Target): number => {
  const [least, most] = target.kind === 'software' ? [4, 64] : [32, 256]
  return Math.min(most, Math.max(least, 2 ** Math.ceil(Math.log2(Math.max(1, n)))))
}

/** An axis as [outer, n, inner]: lines, n, inner. */
export const linesOf = (shape: readonly number[], axis: number): readonly [number, number, number] => {
  const n = shape[axis], inner = size(shape.slice(axis + 1))
  return [size(shape.slice(0, axis)) * inner, n, inner]
}

const alongPlan: Lower = (t, operands) => {
  if (!inOrder(operands)) return undefined
  const [lines, n, inner] = linesOf(whole(t), t.attrs['axis'] as number), sum = t.op === 'cumsum'
  return [{
    kernel: sum ? 'cumsum' : 'recurrence', knobs: { WHOLE: dtypeOf(t) === 'f32' ? 0 : 1 }, deep: false, slices: 1,
    params: [lines, n, inner, flag(t, 'reverse'), ...(sum ? [flag(t, 'exclusive')] : [])], groups: ceil(lines, 64), flops: 2 * size(whole(t))
  }]
}

/** Each element counts those before it: for longer axes see `ordered.ts`. */
const argsortPlan: Lower = (t, operands) => {
  if (!inOrder(operands)) return undefined
  const [lines, n, inner] = linesOf(whole(t), t.attrs['axis'] as number)
  return [{
    kernel: 'argsort_rank', knobs: { KIND: keyKind(t.args[0]) }, deep: true, slices: 1,
    params: [lines, n, inner, flipOf(t), n], groups: ceil(lines * n, 64), flops: lines * n * n
  }]
}

const searchPlan: Lower = (t, operands) => {
  if (!inOrder(operands)) return undefined
  const nb = t.attrs['batchDims'] as number, n = operands[0].shape[nb], values = size(whole(t))
  return [{
    kernel: 'searchsorted', knobs: { KIND: keyKind(t.args[0]) }, deep: false, slices: 1,
    params: [values, size(whole(t).slice(nb)), n, flag(t, 'right')], groups: ceil(values, 64), flops: values * Math.ceil(Math.log2(n + 2))
  }]
}

/** One square matrix in, one result a workgroup. */
const squarePlan = (kernel: string, most: (n: number) => number, rest: (n: number) => readonly number[]): Lower => (t, operands, target) => {
  if (!inOrder(operands)) return undefined
  const [a] = operands, n = a.shape[a.shape.length - 1], batch = size(a.shape.slice(0, -2))
  return [{ kernel, knobs: { W: team(most(n), target) }, deep: false, slices: 1, params: [batch, n, ...rest(n)], groups: batch, flops: batch * n ** 3 }]
}

const NAN_BITS = 0x7fc00000
/** Sweeps after which rotations no longer move anything, with some to spare; most matrices are done before. */
const sweeps = (n: number): number => 8 + Math.ceil(Math.log2(n + 1))

const equationPlan: Lower = (t, [a, b], target) => {
  const out = whole(t), lead = out.slice(0, -2), [n, m] = b.shape.slice(-2), batch = size(lead)
  const [ab, bb] = [a, b].map((o) => (isContiguous(o.at, o.shape, 2) ? batchStride(o.at, o.shape, lead, 2) : undefined))
  if (ab === undefined || bb === undefined) return undefined
  if (t.op === 'solve')
    return [{ kernel: 'solve', knobs: { W: team(n + m, target) }, deep: false, slices: 1, params: [batch, n, m, ab, bb], groups: batch, flops: batch * n * n * (n + 2 * m) }]
  const turned = t.attrs['transpose'] === true, down = (t.attrs['lower'] === true) !== turned
  return [{
    kernel: 'triangular_solve', knobs: {}, deep: false, slices: 1, groups: ceil(batch * m, 64), flops: batch * n * n * m,
    params: [batch * m, n, m, ab, bb, turned ? 1 : n, turned ? n : 1, down ? 1 : 0, flag(t, 'unit')]
  }]
}

// -----------------------------------------------------------------------------
// plans: variants
// -----------------------------------------------------------------------------

/** Stages (see `variants.ts`) carry their plan; their operands lie in C order. */
const stagePlan: Lower = (t, operands) =>
  operands.every((o) => isContiguous(o.at, o.shape, o.shape.length))
    ? [{
        kernel: t.attrs['kernel'] as string, knobs: JSON.parse(t.attrs['knobs'] as string) as Readonly<Record<string, number>>, deep: true,
        params: t.attrs['params'] as readonly number[], groups: t.attrs['groups'] as number, slices: t.attrs['slices'] as number,
        flops: t.attrs['flops'] as number, vector: t.attrs['vector'] as boolean
      }]
    : undefined

/** Rows and columns of the product that an op is: a convolution's are channels by pixels. */
const sidesOf = (op: string, [n, c, h, w, f, kh, kw, oh, ow]: readonly number[], g: number): readonly [number, number] =>
  op === 'conv2d' ? [f / g, n * oh * ow] : op === 'convData' ? [c / g, n * h * w] : [f / g, (c / g) * kh * kw]

/** Kinds of tiles for a product of that size, the rule's choice first: of 128 or 64 a side or 32 x 64, none where one would be mostly empty. */
const tilesFor = (rows: number, cols: number): readonly string[] =>
  rows < 16 || cols < 16 ? ['none'] : rows >= 512 && cols >= 512 ? ['128', '64', 'none'] : rows <= 32 ? ['32', '64', 'none'] : ['64', '32', '128', 'none']

/** Rows and columns of a kind of tile. */
const sideOf = (kind: string): readonly [number, number] => (kind === '128' ? [128, 128] : kind === '32' ? [32, 64] : [64, 64])

const count = (kind: string, rows: number, cols: number): number => {
  const [r, c] = sideOf(kind)
  return ceil(rows, r) * ceil(cols, c)
}

/** Rows and columns of the product that a product or a convolution is, and how many of them there are. */
const productOf = (t: Tensor): readonly [rows: number, cols: number, products: number] => {
  const out = whole(t)
  if (t.op === 'matmul') return [out[out.length - 2], out[out.length - 1], size(out.slice(0, -2))]
  const [p, q] = t.args.map(whole), { groups } = geometry(t.attrs)
  const dims = t.op === 'conv2d' ? convShapes(p, q, out) : t.op === 'convData' ? convShapes(out, q, p) : convShapes(p, out, q)
  return [...sidesOf(t.op, dims, groups), groups * size(out.slice(0, -4))]
}

/** The kinds of tiles that a product or a convolution may be computed by on a GPU, the rule's choice first. */
export const tilesOf = (t: Tensor): readonly string[] => {
  const [rows, cols] = productOf(t)
  return tilesFor(rows, cols)
}

/** Workgroups that a product or a convolution is on a GPU by the rule's choice. */
export const tileCount = (t: Tensor): number => {
  const [rows, cols, products] = productOf(t), [kind] = tilesFor(rows, cols)
  return products * (kind === 'none' ? ceil(ceil(rows, 4) * ceil(cols, 4), 64) : count(kind, rows, cols))
}

/** The same call by tiles in shared memory, for GPUs. Undefined where a tile would be mostly empty, or the plan wants none. */
const tiled = (t: Tensor, plan: Plan): Plan | undefined => {
  const p = plan.params, g = t.op === 'matmul' ? 1 : p[18]
  const [rows, cols] = t.op === 'matmul' ? [p[3], p[4]] : sidesOf(t.op, p.slice(3, 12), g)
  const wanted = t.attrs['tile'], offered = tilesFor(rows, cols)
  const kind = offered.find((k) => k === wanted) ?? offered[0]
  if (kind === 'none') return undefined
  const side = kind === '128' ? 2 : 1
  return { ...plan, kernel: `${plan.kernel}_tile`, knobs: { TM: side, TN: side, RY: kind === '32' ? 8 : 16 }, groups: count(kind, rows, cols) * g }
}

/** The general kernel, after the tiles where the target is a GPU. */
const withTiles = (f: (t: Tensor, operands: readonly Operand[]) => Plan | undefined): Lower => (t, operands, target) => {
  const plan = f(t, operands)
  const tile = plan === undefined || target.kind !== 'gpu' ? undefined : tiled(t, plan)
  return plan === undefined ? undefined : tile === undefined ? [plan] : [tile, plan]
}

const only = (f: (t: Tensor, operands: readonly Operand[]) => Plan | undefined): Lower => (t, operands) => {
  const p = f(t, operands)
  return p === undefined ? undefined : [p]
}

/** Pools of 2 x 2 blocks by vectors, where they fit, before the general kernel. */
const pools: Lower = (t, operands, target) => {
  if (t.attrs['kernel'] !== undefined) return stagePlan(t, operands, target)
  const general = poolPlan(t, operands)
  if (general === undefined) return undefined
  const g = poolGeometry(t.attrs), out = whole(t), [a] = operands
  const [big, small] = t.op === 'poolScatter' ? [out, a.shape] : [a.shape, out]
  const [h, w] = big.slice(-2), [oh, ow] = small.slice(-2)
  const blocks = [...g.window, ...g.stride].every((v) => v === 2) && g.padding.flat().every((v) => v === 0) && h === 2 * oh && w === 2 * ow && ow % 4 === 0
  const fast = (kernel: string): readonly Plan[] => [{ ...general, kernel, vector: true, groups: ceil(size(small), 256) }, general]
  return !blocks || target.kind !== 'software' ? [general]
    : t.op === 'poolScatter' ? fast('max_pool2d_2x2_grad')
    : t.op === 'maxPool2d' || t.op === 'maxPoolIndex' ? fast('max_pool2d_2x2')
    : [general]
}

/** Plans in order of preference; undefined when the operands can't be addressed. */
export type Lower = (t: Tensor, operands: readonly Operand[], target: Target) => readonly Plan[] | undefined

/** The lowering of each op with a hand-written kernel: its plans, given where its operands lie. */
export const heavy: Record<
  | 'matmul' | 'conv2d' | 'convData' | 'convWeights' | 'maxPool2d' | 'maxPoolIndex' | 'poolScatter' | 'sumPool2d' | 'sumPoolGrad' | 'scatterAdd' | 'stage'
  | 'cumsum' | 'recurrence' | 'argsort' | 'searchsorted' | 'cholesky' | 'triangularSolve' | 'solve' | 'eliminate' | 'eigh',
  Lower
> = {
  matmul: withTiles(matmulPlan), conv2d: withTiles(convPlan), convData: withTiles(convPlan), convWeights: withTiles(convPlan),
  maxPool2d: pools, maxPoolIndex: pools, poolScatter: pools, sumPool2d: only(poolPlan), sumPoolGrad: only(poolPlan),
  scatterAdd: scatterPlan, stage: stagePlan,
  cumsum: alongPlan, recurrence: alongPlan, argsort: argsortPlan, searchsorted: searchPlan,
  cholesky: squarePlan('cholesky', (n) => n, () => [NAN_BITS]), eliminate: squarePlan('eliminate', (n) => n, () => []),
  eigh: squarePlan('eigh', (n) => ceil(n * n, 8), (n) => [sweeps(n)]), triangularSolve: equationPlan, solve: equationPlan
}

export type HeavyName = keyof typeof heavy

export const isHeavy = (t: Tensor): boolean => Object.hasOwn(heavy, t.op)

/** Kernels without hooks, most of which work in their result: nothing rides in their epilogue. */
const BARE: readonly string[] = ['scatterAdd', 'cumsum', 'recurrence', 'argsort', 'searchsorted', 'cholesky', 'triangularSolve', 'solve', 'eliminate', 'eigh'] satisfies readonly HeavyName[]

export const isClosed = (t: Tensor): boolean => t.attrs['closed'] === true || BARE.includes(t.op)
