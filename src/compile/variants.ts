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
import type { Attrs, Tensor } from '../tensor/node.ts'
import { dtypeOf, rewrite, shapeOf, topo } from '../tensor/node.ts'
import { geometry } from '../tensor/ops/convolutions.ts'
import { poolGeometry } from '../tensor/ops/pools.ts'
import type { OpName } from '../tensor/table.ts'
import { E } from '../fp.ts'
import { isLeafBuffer } from './emit.ts'
import { isContiguous, strided } from './heavy.ts'
import type { Target } from './program.ts'

const whole = (t: Tensor): readonly number[] => shapeOf(t) as readonly number[]
const size = (s: readonly number[]): number => s.reduce((a, b) => a * b, 1)
/** Slices along z that every target takes. */
const MOST_SLICES = 65_535
const up4 = (n: number): number => Math.ceil(n / 4) * 4

// -----------------------------------------------------------------------------
// constructors
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

const stage = (args: readonly Tensor[], shape: readonly number[], s: Stage): Tensor => ({
  _tag: 'Tensor', op: 'stage' as OpName, args, attrs: { shape, ...attrsOf(s) }, type: E.right({ shape, dtype: 'f32' as const })
})

/** A maximum pool (or its index) made by a stage that does more than pool: its arguments are the stage's. */
const pooledBy = (t: Tensor, args: readonly Tensor[], s: Stage): Tensor => ({ ...t, args, attrs: { ...t.attrs, ...attrsOf(s) } })

/** A view that is written out in C order. */
const laidOut = (t: Tensor): Tensor => ({ _tag: 'Tensor', op: 'reshape', args: [t], attrs: { shape: shapeOf(t), force: true }, type: t.type })

const lies = (t: Tensor): boolean => {
  const at = strided(t, isLeafBuffer)
  return at !== undefined && at.offset % 64 === 0 && isContiguous(at, whole(t), whole(t).length)
}

/** The tensor itself where it lies in C order already, else a copy. */
const inOrder = (t: Tensor): Tensor => (lies(t) ? t : laidOut(t))

/** The last two axes exchanged, without doubling an exchange that is there. */
const swapped = (t: Tensor): Tensor => {
  const n = whole(t).length
  const perm = [...Array.from({ length: n - 2 }, (_, i) => i), n - 1, n - 2]
  return t.op === 'transpose' && (t.attrs['perm'] as readonly number[]).every((p, i) => p === perm[i]) ? t.args[0] : B.transpose(t, perm)
}

// -----------------------------------------------------------------------------
// products
// -----------------------------------------------------------------------------

const leadOf = (s: readonly number[], tail: number): readonly number[] => s.slice(0, s.length - tail)

/** Elements between batch entries of a contiguous operand: 0 when shared, undefined when neither all nor none. */
const step = (s: readonly number[], lead: readonly number[], tail: number): number | undefined => {
  const own = leadOf(s, tail)
  return size(own) === 1 ? 0 : size(own) === size(lead) ? size(s.slice(s.length - tail)) : undefined
}

/** Product by vectors: the left operand k-major, the right one along n. */
const product = (aT: Tensor, b: Tensor, lead: readonly number[], dims: { readonly m: number; readonly n: number; readonly k: number; readonly ak: number; readonly bk: number }, batch: number, ab: number, bb: number): Tensor =>
  stage([aT, b], [...lead, dims.m, dims.n], {
    kernel: 'matmul_vec4', vector: true, slices: batch, flops: 2 * batch * dims.m * dims.n * dims.k,
    params: [batch, ab, bb, dims.m, dims.n, dims.k, dims.ak, dims.bk, 1, dims.k],
    ...(dims.m > 4 ? { knobs: { TM: 2 } } : {}),
    groups: Math.ceil((Math.ceil(dims.m / (dims.m > 4 ? 8 : 4)) * Math.ceil(dims.n / 8)) / 32)
  })

/** Is it an exchange of the last two axes alone? */
const exchanges = (t: Tensor): boolean => {
  const n = whole(t).length
  return t.op === 'transpose' && n >= 2 && (t.attrs['perm'] as readonly number[]).every((p, i) => p === (i < n - 2 ? i : 2 * n - 3 - i))
}

/** An operand of a product in C order: exchanged axes are written out by blocks where both are multiples of 4. */
const blocked = (t: Tensor): Tensor => {
  const s = whole(t), [n, m] = s.slice(-2), batch = size(leadOf(s, 2))
  return lies(t) || !exchanges(t) || !lies(t.args[0]) || m % 4 !== 0 || n % 4 !== 0 || batch > MOST_SLICES
    ? inOrder(t)
    : stage([t.args[0]], s, { kernel: 'transpose4', closed: true, slices: batch, flops: 0, params: [batch, m, n], groups: Math.ceil(((m / 4) * (n / 4)) / 32) })
}

const vectorMatmul = (t: Tensor): Tensor | undefined => {
  const [a, b] = t.args, lead = leadOf(whole(t), 2)
  const [m, n] = whole(t).slice(-2), k = whole(a)[whole(a).length - 1]
  if (n % 4 !== 0 || k < 8 || m < 8 || m * n * k < 200_000) return undefined
  const ab = step(whole(a), lead, 2), bb = step(whole(b), lead, 2)
  if (ab === undefined || bb === undefined) return undefined
  const m4 = up4(m), aT = swapped(a), r = whole(aT).length
  const padded = m4 === m ? aT : B.pad(aT, whole(aT).map(() => 0), whole(aT).map((_, d) => (d === r - 1 ? m4 - m : 0)))
  return product(blocked(padded), blocked(b), lead, { m, n, k, ak: m4, bk: n }, size(lead), ab === 0 ? 0 : k * m4, bb)
}

// -----------------------------------------------------------------------------
// Winograd
// -----------------------------------------------------------------------------

interface Shape {
  readonly n: number; readonly c: number; readonly h: number; readonly w: number
  readonly f: number; readonly k: number; readonly oh: number; readonly ow: number
  readonly py: number; readonly px: number
  readonly batch: number
}

/** Tiles of 8 x 8 whose inner m = 9 - k outputs are made at once; counts and paddings. */
const tiling = (s: Shape): { readonly m: number; readonly ty: number; readonly tx: number; readonly T: number; readonly Tp: number; readonly Fp: number; readonly Cp: number } => {
  const m = 9 - s.k, ty = Math.ceil(s.oh / m), tx = Math.ceil(s.ow / m), T = s.n * ty * tx
  return { m, ty, tx, T, Tp: up4(T), Fp: up4(s.f), Cp: up4(s.c) }
}

const groupsFor = (items: number): number => Math.ceil(items / 64)

const winoInput = (x: Tensor, s: Shape, o: { readonly point: number; readonly c: number; readonly t: number }): Tensor => {
  const { m, ty, tx, T } = tiling(s)
  return stage([x], [s.batch, 64, o.point], {
    kernel: s.k === 5 && s.w % 4 === 0 && s.px % 4 === 0 ? 'wino_input4' : 'wino_input', slices: s.batch, groups: groupsFor(T * s.c), flops: T * s.c * 320, closed: true,
    params: [s.batch, s.n * s.c * s.h * s.w, s.n, s.c, s.h, s.w, ty, tx, m, s.py, s.px, 64 * o.point, o.point, o.c, o.t]
  })
}

const winoExpand = (w: Tensor, batch: number, per: number, e: { readonly f: number; readonly c: number; readonly len: number; readonly h: number; readonly w: number; readonly ty: number; readonly tx: number; readonly adjoint: 0 | 1; readonly sf: number; readonly sc: number; readonly sy: number }, o: { readonly point: number; readonly f: number; readonly c: number }): Tensor =>
  stage([w], [batch, 64, o.point], {
    kernel: 'wino_expand', slices: batch, groups: groupsFor(e.f * e.c), flops: e.f * e.c * 500, closed: true,
    params: [batch, per, e.f, e.c, e.len, e.h, e.w, e.ty, e.tx, 0, e.adjoint, e.sf, e.sc, e.sy, 64 * o.point, o.point, o.f, o.c]
  })

const points = (u: Tensor, v: Tensor, batch: number, d: { readonly m: number; readonly n: number; readonly k: number }): Tensor => {
  const ak = up4(d.m), bk = d.n
  return stage([u, v], [batch * 64, d.m, d.n], {
    kernel: 'matmul_points', slices: batch * 64, closed: true, flops: 2 * batch * 64 * d.m * d.n * d.k,
    params: [batch * 64, d.k * ak, d.k * bk, d.m, d.n, d.k, ak, bk], groups: Math.ceil((Math.ceil(d.m / 8) * Math.ceil(d.n / 8)) / 32)
  })
}

const contract = (m: Tensor, shape: readonly number[], s: { readonly batch: number; readonly f: number; readonly n: number; readonly len: number; readonly h: number; readonly w: number; readonly ty: number; readonly tx: number; readonly point: number; readonly af: number; readonly of: number; readonly on: number }): Tensor =>
  stage([m], shape, {
    kernel: 'wino_contract', slices: s.batch, groups: groupsFor(s.n * s.ty * s.tx * s.f), flops: s.n * s.ty * s.tx * s.f * 400,
    params: [s.batch, s.f, s.n, s.len, s.h, s.w, s.ty, s.tx, 64 * s.point, s.point, s.af, size(shape) / s.batch, s.f, 0, s.of, s.on]
  })

const winoForward = (x: Tensor, w: Tensor, out: readonly number[], s: Shape): Tensor => {
  const { m, ty, tx, Tp, Fp } = tiling(s), { c, f, k } = s
  const V = winoInput(x, s, { point: c * Tp, c: Tp, t: 1 })
  const U = winoExpand(w, s.batch, f * c * k * k, { f, c, len: k, h: k, w: k, ty: 1, tx: 1, adjoint: 0, sf: c * k * k, sc: k * k, sy: k }, { point: c * Fp, f: 1, c: Fp })
  const M = points(U, V, s.batch, { m: f, n: Tp, k: c })
  return contract(M, out, { batch: s.batch, f, n: s.n, len: m, h: s.oh, w: s.ow, ty, tx, point: f * Tp, af: Tp, of: s.oh * s.ow, on: f * s.oh * s.ow })
}

const winoData = (g: Tensor, w: Tensor, out: readonly number[], s: Shape): Tensor => {
  const { m, ty, tx, T, Tp, Cp } = tiling(s), { c, f, k, oh, ow } = s
  const Y = winoExpand(g, s.batch, s.n * f * oh * ow, { f, c: T, len: m, h: oh, w: ow, ty, tx, adjoint: 1, sf: oh * ow, sc: f * oh * ow, sy: ow }, { point: f * Tp, f: Tp, c: 1 })
  const U = winoExpand(w, s.batch, f * c * k * k, { f, c, len: k, h: k, w: k, ty: 1, tx: 1, adjoint: 0, sf: c * k * k, sc: k * k, sy: k }, { point: f * Cp, f: Cp, c: 1 })
  const M = points(U, Y, s.batch, { m: c, n: Tp, k: f })
  const wide = s.k === 5 && s.w % 4 === 0 && s.px % 4 === 0
  return stage([M], out, {
    kernel: wide ? 'wino_fold4' : 'wino_fold', slices: s.batch, groups: groupsFor(s.n * c), flops: T * c * 320, closed: !wide, vector: wide,
    params: [s.batch, 64 * c * Tp, c * Tp, Tp, s.n, c, s.h, s.w, ty, tx, m, s.py, s.px]
  })
}

const winoWeights = (x: Tensor, g: Tensor, out: readonly number[], s: Shape): Tensor => {
  const { m, ty, tx, T, Fp, Cp } = tiling(s), { c, f, k, oh, ow } = s
  const V = winoInput(x, s, { point: T * Cp, c: 1, t: Cp })
  const G = winoExpand(g, s.batch, s.n * f * oh * ow, { f, c: T, len: m, h: oh, w: ow, ty, tx, adjoint: 0, sf: oh * ow, sc: f * oh * ow, sy: ow }, { point: T * Fp, f: 1, c: Fp })
  const M = points(G, V, s.batch, { m: f, n: Cp, k: T })
  return contract(M, out, { batch: s.batch, f, n: c, len: k, h: k, w: k, ty: 1, tx: 1, point: f * Cp, af: Cp, of: c * k * k, on: k * k })
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

/** Pooled values and places of which `g` is the spreading over blocks of 2 x 2, when both are batched as it is. */
const spreadOf = (g: Tensor): readonly [Tensor, Tensor] | undefined => {
  if (g.op !== 'poolScatter') return undefined
  const { window, stride, padding } = poolGeometry(g.attrs), [v, at] = g.args
  const exact = [...window, ...stride].every((k) => k === 2) && padding.flat().every((k) => k === 0) && size(whole(g)) === 4 * size(whole(v))
  return exact && size(whole(at)) === size(whole(v)) && lies(at) ? [inOrder(v), at] : undefined
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

const softwareConv = (t: Tensor): Tensor | undefined => {
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
      if (t.op !== 'convData' || (h <= oh + kh - 1 - base.py && w <= ow + kw - 1 - base.px)) return make(inOrder(p), inOrder(q), out, shape)
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

/** Is it one number a channel (and draw), the same for all images and positions? Then as [.., f]. */
const channelBias = (t: Tensor, out: readonly number[]): Tensor | undefined => {
  if (t.op === 'broadcastTo') return channelBias(t.args[0], out)
  const s = whole(t), r = s.length, lead = leadOf(out, 4)
  const fits = r >= 3 && s[r - 1] === 1 && s[r - 2] === 1 && s[r - 3] === out[out.length - 3] && (r === 3 || s[r - 4] === 1)
  const own = s.slice(0, Math.max(0, r - 4))
  return fits && (size(own) === 1 || size(own) === size(lead)) ? B.reshape(t, [...own, s[r - 3]]) : undefined
}

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

/** Maxima of 2 x 2 blocks of a convolution that nothing else reads: one kernel, and no tensor between. */
const poolsOfConvs = (outputs: readonly Tensor[]): readonly Tensor[] => {
  const consumers = new Map<Tensor, Tensor[]>()
  for (const t of topo(outputs)) for (const a of t.args) consumers.set(a, [...(consumers.get(a) ?? []), t])
  const kept = new Set(outputs)
  const readByPools = (t: Tensor): boolean => !kept.has(t) && (consumers.get(t) ?? []).every(isPool)
  const made = new Map<Tensor, readonly [readonly Tensor[], Stage] | undefined>()
  return rewrite((t, original) => {
    if (!isPool(t)) return t
    const g = poolGeometry(t.attrs), [a] = t.args, was = original.args[0]
    if ([...g.window, ...g.stride].some((v) => v !== 2) || g.padding.flat().some((v) => v !== 0) || !readByPools(was)) return t
    const inner = was.op === 'add' ? was.args.filter((x) => x.op === 'conv2d') : []
    if (inner.some((x) => kept.has(x) || (consumers.get(x) ?? []).length > 1)) return t
    if (!made.has(a)) made.set(a, poolOfConv(a, whole(t)))
    const fused = made.get(a)
    return fused === undefined ? t : pooledBy(t, fused[0], fused[1])
  })(outputs)
}

const convolutions = ['conv2d', 'convData', 'convWeights']

/** Puts the target's variants in place of general nodes. */
export const variants = (target: Target) => (outputs: readonly Tensor[]): readonly Tensor[] =>
  target.kind === 'gpu'
    ? outputs
    : rewrite((t) => {
        if (dtypeOf(t) !== 'f32' || size(whole(t)) === 0) return t
        return (t.op === 'matmul' ? vectorMatmul(t) : convolutions.includes(t.op) ? softwareConv(t) : undefined) ?? t
      })(poolsOfConvs(outputs))
