/**
 * Valid calls of every op of the table, drawn from a seeded generator: shapes with 0 (where
 * legal), 1, primes, broadcasting and several leading axes; attributes; dtypes; values
 * inside the op's domain and away from its kinks, so that differences can be taken.
 *
 * A device that computes in f32 from the same leaves must come within
 * `tolerance * max(1, largest |value|)` of the f64 meaning, element by element. The
 * tolerance counts roundings, 2^-24 each: those of the function's own bound (shaders/lib)
 * times the conditioning over the domain used here, or the number of terms of a sum, terms
 * being of order 1. Whole numbers, choices and moves are exact: 0.
 *
 * @since 0.1.0
 */
import * as B from '../../src/tensor/build.ts'
import type { DType } from '../../src/tensor/node.ts'
import { node, shapeOf } from '../../src/tensor/node.ts'
import type { OpName } from '../../src/tensor/table.ts'
import { linalgCases } from './cases.linalg.ts'
import { orderCases } from './cases.order.ts'
import { EPS, times, int, pick, count, each, between, away, fractional, whole, apart, ordinary, word, signed, unsigned, bit, drawOf, extent, shape, under, leaf, keyLeaf, call, unary, numeric, pair, binary } from './draw.ts'
import type { Rng, Leaf, Case, Draw } from './draw.ts'
import { samplerCases } from './cases.samplers.ts'
import { scanCases } from './cases.scan.ts'
import { specialCases } from './cases.special.ts'

export { rngOf } from './draw.ts'
export type { Rng, Leaf, Case } from './draw.ts'

const NUMBERS: readonly DType[] = ['f32', 'f32', 'i32', 'u32']
const FLOATS: readonly DType[] = ['f32']
/** Multiples of 1/4 on one side, odd multiples of 1/8 on the other: never closer than 1/8. */
const quarters = each((r) => int(r, -9, 9) / 4)
const eighths = each((r) => (2 * int(r, -9, 9) + 1) / 8)
/** Quotients by 1, 2 or 4 of numbers with a fraction of .1 to .9 stay off whole numbers. */
const divisors = each((r) => pick(r, [1, -1, 2, -2]))
const dividends = each((r) => Math.fround(int(r, -20, 20) + 0.2 + 0.6 * r()))
const compare = (op: OpName): ((rng: Rng) => Case) =>
  binary(op, ['f32', 'i32', 'u32', 'bool'], { f32: [quarters, each((r) => (r() < 0.5 ? int(r, -9, 9) / 4 : (2 * int(r, -9, 9) + 1) / 8))] }, 0)
const logic = (op: OpName): ((rng: Rng) => Case) => binary(op, ['bool', 'i32', 'u32'], {}, 0)
const shift = (op: OpName): ((rng: Rng) => Case) =>
  binary(op, ['i32', 'u32'], { i32: [signed, whole(-3, 40)], u32: [unsigned, whole(0, 40)] }, 0)

const castCase = (rng: Rng): Case => {
  const from = pick(rng, ['f32', 'i32', 'u32', 'bool', 'u8'] as const), to = pick(rng, ['f32', 'i32', 'u32', 'bool'] as const)
  const draw = from === 'f32' ? fractional(-50, 50) : to === 'f32' && from === 'i32' ? whole(-1000, 1000) : to === 'f32' && from === 'u32' ? whole(0, 1000) : drawOf(from)
  return call([leaf(rng, 'x', from, shape(rng, int(rng, 0, 3)), draw)], (x) => node('cast', [x], { dtype: to }), 0)
}

const selectCase = (rng: Rng): Case => {
  const dtype = pick(rng, ['f32', 'i32', 'u32', 'bool'] as const), s = shape(rng, int(rng, 0, 4))
  const shapes = [s, under(rng, s), under(rng, s)], turn = int(rng, 0, 2)
  const [c, a, b] = times(3, (i) => shapes[(i + turn) % 3])
  return call([leaf(rng, 'c', 'bool', c), leaf(rng, 'a', dtype, a), leaf(rng, 'b', dtype, b)], (x, y, z) => node('select', [x, y, z]), 0)
}

// -----------------------------------------------------------------------------
// views
// -----------------------------------------------------------------------------

const anyDtype = (rng: Rng): DType => pick(rng, ['f32', 'f32', 'i32', 'u32', 'bool', 'u8'] as const)
const some = (rng: Rng, s: readonly number[], dtype: DType = anyDtype(rng)): Leaf => leaf(rng, 'x', dtype, s)

const shuffled = (rng: Rng, n: number): readonly number[] => {
  const key = times(n, () => rng())
  return times(n, (i) => i).sort((a, b) => key[a] - key[b])
}
const subset = (rng: Rng, n: number): readonly number[] => times(n, (i) => i).filter(() => rng() < 0.5).map((a) => (rng() < 0.2 ? a - n : a))

const reshapeCase = (rng: Rng): Case => {
  const s = shape(rng, int(rng, 0, 4)), n = count(s)
  const factors = n === 0 ? [0, 3] : [2, 3, 4, 5, 7].filter((p) => n % p === 0)
  const p = factors.length > 0 ? pick(rng, factors) : 1
  const to = pick(rng, [[n], [1, ...s], [...s].reverse(), n === 0 ? [p, 0] : [n / p, p], n === 0 ? [0, 1, p] : [p, 1, n / p]])
  return call([some(rng, s)], (x) => node('reshape', [x], { shape: to }), 0)
}
const sliceCase = (rng: Rng): Case => {
  const s = shape(rng, int(rng, 1, 4))
  const start = s.map((e) => int(rng, 0, e)), stop = s.map((e, i) => int(rng, start[i], e)), step = s.map(() => pick(rng, [1, 1, 1, 2, 3]))
  return call([some(rng, s)], (x) => node('slice', [x], { start, stop, step }), 0)
}
const padCase = (rng: Rng): Case => {
  const s = shape(rng, int(rng, 1, 4)), dtype = anyDtype(rng)
  const lo = s.map(() => int(rng, 0, 2)), hi = s.map(() => int(rng, 0, 2))
  return call([some(rng, s, dtype)], (x) => node('pad', [x], { lo, hi, value: dtype === 'bool' ? 1 : pick(rng, [0, 0, 3]) }), 0)
}
const concatCase = (rng: Rng): Case => {
  const s = shape(rng, int(rng, 1, 3)), axis = int(rng, 0, s.length - 1), dtype = pick(rng, ['f32', 'f32', 'i32', 'u32', 'bool', 'u8'] as const)
  const leaves = times(int(rng, 1, 4), (k) => leaf(rng, `x${k}`, dtype, s.map((e, i) => (i === axis ? extent(rng) : e))))
  return call(leaves, (...xs) => node('concat', xs, { axis }), 0)
}

// -----------------------------------------------------------------------------
// reductions, products
// -----------------------------------------------------------------------------

/** A reduction; the tolerance allows for the number of terms reduced, in any order. */
const reduction = (op: OpName, dtypes: readonly DType[], draw: Draw, perTerm: number, empty: boolean, most = 4) => (rng: Rng): Case => {
  const s = shape(rng, int(rng, 0, most), empty ? 0 : 1), axes = subset(rng, s.length), dtype = pick(rng, dtypes), keepDims = rng() < 0.4
  const terms = count(axes.map((a) => s[a < 0 ? a + s.length : a]))
  return call([leaf(rng, 'x', dtype, s, dtype === 'f32' ? draw : drawOf(dtype))], (x) => node(op, [x], { axes, keepDims }), dtype === 'f32' ? perTerm * (terms + 4) * EPS : 0)
}

const matmulCase = (rng: Rng): Case => {
  const lead = shape(rng, int(rng, 0, 2)), [m, k, n] = shape(rng, 3)
  const flip = rng() < 0.5, a = [...lead, m, k], b = [...under(rng, lead), k, n]
  const [la, lb] = flip ? [[...under(rng, lead), m, k], [...lead, k, n]] : [a, b]
  return call([leaf(rng, 'a', 'f32', la), leaf(rng, 'b', 'f32', lb)], (x, y) => node('matmul', [x, y]), 4 * (k + 4) * EPS)
}

// -----------------------------------------------------------------------------
// convolutions, pools
// -----------------------------------------------------------------------------

interface ConvShapes {
  readonly x: readonly number[]
  readonly w: readonly number[]
  readonly g: readonly number[]
  readonly attrs: { readonly stride: readonly number[]; readonly padding: readonly (readonly number[])[]; readonly dilation: readonly number[]; readonly groups: number }
}

const convShapes = (rng: Rng): ConvShapes => {
  const groups = pick(rng, [1, 1, 2, 3]), cg = int(rng, 1, 3), fg = int(rng, 1, 2)
  const kernel = times(2, () => int(rng, 1, 3)), stride = times(2, () => pick(rng, [1, 1, 2, 3]))
  const padding = times(2, () => times(2, () => pick(rng, [0, 0, 1, 2]))), dilation = times(2, () => pick(rng, [1, 1, 2]))
  const size = times(2, (i) => Math.max(1, dilation[i] * (kernel[i] - 1) + 1 - padding[i][0] - padding[i][1]) + int(rng, 0, 4))
  const out = times(2, (i) => Math.floor((size[i] + padding[i][0] + padding[i][1] - dilation[i] * (kernel[i] - 1) - 1) / stride[i]) + 1)
  const n = extent(rng)
  const lead = shape(rng, pick(rng, [0, 0, 1, 2]), 1)
  const other = rng() < 0.5 ? [] : under(rng, lead)
  const [lx, lw] = rng() < 0.5 ? [lead, other] : [other, lead]
  return {
    x: [...lx, n, cg * groups, ...size], w: [...lw, fg * groups, cg, ...kernel], g: [...lx, n, fg * groups, ...out],
    attrs: { stride, padding, dilation, groups }
  }
}
const convCase = (rng: Rng): Case => {
  const c = convShapes(rng)
  return call([leaf(rng, 'x', 'f32', c.x), leaf(rng, 'w', 'f32', c.w)], (x, w) => node('conv2d', [x, w], c.attrs), 4 * (count(c.w.slice(-3)) + 4) * EPS)
}
const convDataCase = (rng: Rng): Case => {
  const c = convShapes(rng)
  return call([leaf(rng, 'g', 'f32', c.g), leaf(rng, 'w', 'f32', c.w)], (g, w) => node('convData', [g, w], { ...c.attrs, size: c.x.slice(-2) }), 4 * (count(c.w.slice(-4)) + 4) * EPS)
}
const convWeightsCase = (rng: Rng): Case => {
  const c = convShapes(rng)
  // Leading axes of the images against those of the gradient, as for the two others.
  const lead = c.w.slice(0, -4), g = [...lead, ...c.g.slice(-4)]
  return call([leaf(rng, 'x', 'f32', c.x), leaf(rng, 'g', 'f32', g)], (x, y) => node('convWeights', [x, y], { ...c.attrs, kernel: c.w.slice(-2) }), 4 * (c.x[c.x.length - 4] * count(c.g.slice(-2)) + 4) * EPS)
}

interface PoolShapes {
  readonly x: readonly number[]
  readonly attrs: { readonly window: readonly number[]; readonly stride: readonly number[]; readonly padding: readonly (readonly number[])[] }
}
const poolShapes = (rng: Rng): PoolShapes => {
  const window = times(2, () => int(rng, 1, 3)), stride = times(2, (i) => pick(rng, [window[i], window[i], 1, 2]))
  const padding = times(2, (i) => times(2, () => (rng() < 0.6 ? 0 : int(rng, 0, window[i] - 1))))
  const size = times(2, (i) => window[i] + int(rng, 0, 4))
  return { x: [...shape(rng, int(rng, 0, 3)), ...size], attrs: { window, stride, padding } }
}
const pool = (op: OpName, draw: Draw, tolerance: (window: number) => number) => (rng: Rng): Case => {
  const p = poolShapes(rng)
  return call([leaf(rng, 'x', 'f32', p.x, draw)], (x) => node(op, [x], p.attrs), tolerance(count(p.attrs.window)))
}
/** Ops on the winners of a pool: the index is that of a maximum over the same windows. */
const winners = (op: 'poolScatter' | 'poolGather') => (rng: Rng): Case => {
  const p = poolShapes(rng), attrs = { ...p.attrs, size: p.x.slice(-2) }
  const out = shapeOf(node('maxPool2d', [B.leaf('input', 'x', p.x)], p.attrs)) as readonly number[]
  const v = leaf(rng, 'v', 'f32', op === 'poolScatter' ? out : p.x)
  return call([v, leaf(rng, 'x', 'f32', p.x, apart)], (y, x) => node(op, [y, node('maxPoolIndex', [x], p.attrs)], attrs), op === 'poolScatter' ? 40 * EPS : 0)
}
const sumPoolGradCase = (rng: Rng): Case => {
  const p = poolShapes(rng), out = shapeOf(node('sumPool2d', [B.leaf('input', 'x', p.x)], p.attrs)) as readonly number[]
  return call([leaf(rng, 'g', 'f32', out)], (g) => node('sumPoolGrad', [g], { ...p.attrs, size: p.x.slice(-2) }), 40 * EPS)
}

// -----------------------------------------------------------------------------
// indices, random
// -----------------------------------------------------------------------------

/** Indices mostly inside [0, n), some outside (u32 can't be negative). */
const indices = (n: number, dtype: DType): Draw => each((r) => (r() < 0.85 ? int(r, 0, Math.max(0, n - 1)) : dtype === 'i32' && r() < 0.5 ? -int(r, 1, 3) : n + int(r, 0, 2)))

const takeCase = (rng: Rng): Case => {
  const lead = shape(rng, pick(rng, [0, 0, 0, 1, 2]), 1), outer = shape(rng, int(rng, 0, 2)), inner = shape(rng, int(rng, 0, 2)), j = extent(rng, 1)
  const dtype = pick(rng, ['i32', 'u32'] as const), ix = [...lead, ...shape(rng, int(rng, 0, 2))]
  const attrs = { axis: lead.length + outer.length, batchDims: lead.length }
  return call([some(rng, [...lead, ...outer, j, ...inner]), leaf(rng, 'index', dtype, ix, indices(j, dtype))], (x, i) => node('take', [x, i], attrs), 0)
}
const scatterCase = (rng: Rng): Case => {
  const lead = shape(rng, pick(rng, [0, 0, 0, 1, 2]), 1), outer = shape(rng, int(rng, 0, 2)), inner = shape(rng, int(rng, 0, 2)), size = extent(rng)
  const dtype = pick(rng, ['i32', 'u32'] as const), own = shape(rng, int(rng, 0, 2))
  const attrs = { axis: lead.length + outer.length, size, batchDims: lead.length }
  return call([leaf(rng, 'v', 'f32', [...lead, ...outer, ...own, ...inner]), leaf(rng, 'index', dtype, [...lead, ...own], indices(size, dtype))],
    (v, i) => node('scatterAdd', [v, i], attrs), 2 * (count(own) + 2) * EPS)
}

const drawCase = (op: OpName, tolerance: number) => (rng: Rng): Case => {
  const s = shape(rng, int(rng, 0, 3))
  return call([keyLeaf(rng, rng() < 0.5 ? [] : shape(rng, int(rng, 1, 2)))], (k) => node(op, [k], { shape: s }), tolerance)
}
const foldCase = (rng: Rng): Case => {
  const [s, t] = pair(rng)
  return call([keyLeaf(rng, s), leaf(rng, 'word', 'u32', t, word)], (k, w) => node('fold', [k, w]), 0)
}
const permuteCase = (rng: Rng): Case => {
  const [s, t] = pair(rng), least = pick(rng, [1, 2, 3, 5, 100, 65537])
  return call([keyLeaf(rng, rng() < 0.5 ? [] : under(rng, s)), leaf(rng, 'index', 'u32', s, whole(0, least - 1)), leaf(rng, 'n', 'u32', rng() < 0.5 ? [] : t, whole(least, 2 * least))],
    (k, i, n) => node('permuteIndex', [k, i, n]), 0)
}

// -----------------------------------------------------------------------------
// leaves
// -----------------------------------------------------------------------------

const named = (op: OpName & B.LeafKind, dtype?: DType, fixed?: readonly number[]) => (rng: Rng): Case => {
  const l = leaf(rng, op, dtype ?? anyDtype(rng), fixed ?? shape(rng, int(rng, 0, 3)), op === 'key' ? word : op === 'phase' ? bit : undefined)
  return { leaves: [l], node: B.leaf(op, l.name, l.shape, l.dtype), tolerance: 0 }
}
const constantCase = (rng: Rng): Case => {
  const dtype = pick(rng, ['f32', 'i32', 'u32', 'bool'] as const), s = shape(rng, int(rng, 1, 3)), l = leaf(rng, 'c', dtype, s)
  const data = dtype === 'f32' ? Float32Array.from(l.data) : dtype === 'i32' ? Int32Array.from(l.data) : Uint32Array.from(l.data)
  return { leaves: [], node: rng() < 0.3 ? B.scalar(drawOf(dtype)(rng, 1)[0], dtype) : B.array(data, s, dtype), tolerance: 0 }
}
const iotaCase = (rng: Rng): Case => {
  const s = shape(rng, int(rng, 1, 3))
  return { leaves: [], node: B.iota(s, int(rng, 0, s.length - 1), pick(rng, ['i32', 'u32', 'f32'] as const)), tolerance: 0 }
}

// -----------------------------------------------------------------------------
// the table
// -----------------------------------------------------------------------------

/** One generator an op. */
export const cases: Readonly<Record<OpName, (rng: Rng) => Case>> = {
  constant: constantCase,
  iota: iotaCase,
  extent: (rng) => ({ leaves: [], node: B.extentScalar(int(rng, 0, 1000)), tolerance: 0 }),
  input: named('input'), site: named('site', 'f32'), param: named('param', 'f32'), state: named('state'),
  phase: named('phase', 'f32', []), key: named('key', 'u32', [2]),

  neg: numeric('neg', ordinary), abs: numeric('abs', away(0.05, 2)), sign: numeric('sign', away(0.05, 2)),
  floor: unary('floor', fractional(-20, 20), 0), ceil: unary('ceil', fractional(-20, 20), 0), round: unary('round', fractional(-20, 20), 0), trunc: unary('trunc', fractional(-20, 20), 0),
  // exp(3) is the largest value: 2 ulp of it.
  exp: unary('exp', between(-3, 3), 5), expm1: unary('expm1', between(-3, 3), 6),
  log: unary('log', between(0.05, 20), 4), log1p: unary('log1p', between(-0.9, 10), 6), sqrt: unary('sqrt', between(0.05, 20), 5),
  sin: unary('sin', between(-12, 12), 4), cos: unary('cos', between(-12, 12), 4), tan: unary('tan', between(-1.3, 1.3), 10),
  asin: unary('asin', between(-0.95, 0.95), 10), acos: unary('acos', between(-0.95, 0.95), 10), atan: unary('atan', between(-5, 5), 10),
  sinh: unary('sinh', between(-3, 3), 12), cosh: unary('cosh', between(-3, 3), 12), tanh: unary('tanh', between(-4, 4), 10),
  asinh: unary('asinh', between(-5, 5), 12), acosh: unary('acosh', between(1.1, 9), 12), atanh: unary('atanh', between(-0.95, 0.95), 12),
  sigmoid: unary('sigmoid', between(-8, 8), 12), softplus: unary('softplus', between(-8, 8), 8),
  isFinite: (rng) => call([leaf(rng, 'x', 'f32', shape(rng, int(rng, 0, 3)), each((r) => pick(r, [0, 1, -2.5, Math.fround(3e38), Infinity, -Infinity, NaN])))], (x) => node('isFinite', [x]), 0),
  not: (rng) => { const d = pick(rng, ['bool', 'i32', 'u32'] as const); return call([some(rng, shape(rng, int(rng, 0, 3)), d)], (x) => node('not', [x]), 0) },
  stopGradient: (rng) => call([some(rng, shape(rng, int(rng, 0, 3)), pick(rng, ['f32', 'i32', 'u32', 'bool'] as const))], (x) => node('stopGradient', [x]), 0),
  // No gradient here is as large as the limit.
  clipGradient: (rng) => call([leaf(rng, 'x', 'f32', shape(rng, int(rng, 0, 3)))], (x) => node('clipGradient', [x], { limit: 1e6 }), 0),
  cast: castCase,

  add: binary('add', NUMBERS, {}, 1), sub: binary('sub', NUMBERS, {}, 1), mul: binary('mul', NUMBERS, {}, 1),
  // WGSL divides to 2.5 ulp.
  div: binary('div', FLOATS, { f32: [ordinary, away(0.3, 2)] }, 6),
  // The exponent times the logarithm is at most 7, and its rounding is that of the result.
  pow: binary('pow', FLOATS, { f32: [between(0.2, 3), between(-4, 4)] }, 30),
  mod: binary('mod', NUMBERS, { f32: [dividends, divisors] }, 4), floorDiv: binary('floorDiv', NUMBERS, { f32: [dividends, divisors] }, 0),
  max: binary('max', NUMBERS, { f32: [quarters, eighths] }, 0), min: binary('min', NUMBERS, { f32: [quarters, eighths] }, 0),
  atan2: binary('atan2', FLOATS, { f32: [away(0.1, 2), away(0.1, 2)] }, 12),
  lt: compare('lt'), le: compare('le'), gt: compare('gt'), ge: compare('ge'), eq: compare('eq'), ne: compare('ne'),
  and: logic('and'), or: logic('or'), xor: logic('xor'),
  shiftLeft: shift('shiftLeft'), shiftRight: shift('shiftRight'),
  select: selectCase,

  reshape: reshapeCase,
  broadcastTo: (rng) => { const s = shape(rng, int(rng, 0, 4)); return call([some(rng, under(rng, s))], (x) => node('broadcastTo', [x], { shape: s }), 0) },
  transpose: (rng) => { const s = shape(rng, int(rng, 0, 4)); return call([some(rng, s)], (x) => node('transpose', [x], { perm: shuffled(rng, s.length) }), 0) },
  slice: sliceCase, pad: padCase,
  flip: (rng) => { const s = shape(rng, int(rng, 0, 4)); return call([some(rng, s)], (x) => node('flip', [x], { axes: subset(rng, s.length) }), 0) },
  concat: concatCase,

  sum: reduction('sum', NUMBERS, ordinary, 2, true),
  prod: reduction('prod', NUMBERS, away(0.5, 1.3), 4, true, 2),
  reduceMax: reduction('reduceMax', NUMBERS, apart, 0, false), reduceMin: reduction('reduceMin', NUMBERS, apart, 0, false),
  argmax: reduction('argmax', NUMBERS, apart, 0, false), argmin: reduction('argmin', NUMBERS, apart, 0, false),
  logSumExp: reduction('logSumExp', FLOATS, between(-30, 3), 2, false),

  matmul: matmulCase,
  conv2d: convCase, convData: convDataCase, convWeights: convWeightsCase,
  maxPool2d: pool('maxPool2d', apart, () => 0), maxPoolIndex: pool('maxPoolIndex', apart, () => 0),
  poolScatter: winners('poolScatter'), poolGather: winners('poolGather'),
  sumPool2d: pool('sumPool2d', ordinary, (n) => 2 * (n + 2) * EPS), sumPoolGrad: sumPoolGradCase,

  take: takeCase, scatterAdd: scatterCase,

  fold: foldCase, randomBits: drawCase('randomBits', 0), randomUniform: drawCase('randomUniform', 0),
  // 1e-6 absolute, see shaders/lib/random.wgsl.
  randomNormal: drawCase('randomNormal', 1e-6),
  permuteIndex: permuteCase,

  ...specialCases, ...linalgCases, ...orderCases, ...samplerCases, ...scanCases
}
