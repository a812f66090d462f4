/**
 * Elementwise ops: one definition a line, the shape rule (numpy's broadcasting),
 * batching and unbroadcasting of gradients shared by all.
 *
 * Derivatives are the textbook ones, written so that they stay finite where the
 * function does; where a function has a corner the derivative of one side is taken.
 *
 * @since 0.1.0
 */
import * as B from '../build.ts'
import type { Attrs, DType, Tensor, TensorType } from '../node.ts'
import { dtypeOf, shapeOf } from '../node.ts'
import { bad, batchAligned, broadcast, broadcastIndex, broadcastNumbers, ok, shapes, tabulate } from '../rule.ts'
import type { Typed } from '../rule.ts'
import type { Ref, Row } from '../table.ts'

type DtypeRule = (ds: readonly DType[], attrs: Attrs) => DType | undefined

export const FLOAT: DtypeRule = (ds) => (ds.every((d) => d === 'f32') ? 'f32' : undefined)
const NUMBER: DtypeRule = (ds) => (ds.every((d) => d === ds[0] && d !== 'bool' && d !== 'u8') ? ds[0] : undefined)
const COMPARE: DtypeRule = (ds) => (ds.every((d) => d === ds[0] && d !== 'u8') ? 'bool' : undefined)
const LOGIC: DtypeRule = (ds) => (ds.every((d) => d === ds[0] && d !== 'f32' && d !== 'u8') ? ds[0] : undefined)
const WHOLE: DtypeRule = (ds) => (ds.every((d) => d === ds[0] && (d === 'i32' || d === 'u32')) ? ds[0] : undefined)

const elementwiseType = (rule: DtypeRule, need: string) => (args: readonly TensorType[], attrs: Attrs): Typed => {
  const shape = args.slice(1).reduce<TensorType['shape'] | undefined>((s, a) => s && broadcast(s, a.shape), args[0].shape)
  if (shape === undefined)
    return bad('broadcast', shapes(args), 'shapes that broadcast: equal extents, or 1, aligned at the right', 'reshape or transpose one of them')
  const dtype = rule(args.map((a) => a.dtype), attrs)
  return dtype === undefined
    ? bad('dtype', args.map((a) => a.dtype).join(' and '), need, 'use cast')
    : ok(shape, dtype)
}

const wrap = (dtype: string, v: number): number => (dtype === 'u32' ? v >>> 0 : dtype === 'i32' ? v | 0 : v)

export const define = (
  arity: number, doc: string, rule: DtypeRule, need: string,
  f: (dtype: string, ...xs: number[]) => number,
  d: (t: Tensor, ct: Tensor) => readonly (Tensor | null)[]
): Row => ({
  kind: 'elementwise',
  arity,
  doc,
  type: elementwiseType(rule, need),
  vjp: (t, ct) =>
    d(t, ct).map((g, i) => (g === null || dtypeOf(t.args[i]) !== 'f32' ? null : B.sumTo(g, shapeOf(t.args[i])))),
  batch: batchAligned,
  f64: (args, _, type): Ref => {
    const shape = args.slice(1).reduce((s, a) => broadcastNumbers(s, a.shape), args[0].shape)
    const { dtype } = type, [x, y, z] = args.map((a) => reader(a, shape))
    // One call for each element: no arrays of arguments, since constants of a step are folded with this too.
    return tabulate(shape, y === undefined ? (ix, i) => f(dtype, x(ix, i)) : z === undefined ? (ix, i) => f(dtype, x(ix, i), y(ix, i)) : (ix, i) => f(dtype, x(ix, i), y(ix, i), z(ix, i)))
  }
})

/** An array's element for a place in a shape that it broadcasts to. */
const reader = ({ shape: own, data }: Ref, shape: readonly number[]): ((ix: readonly number[], i: number) => number) => {
  if (data.length === 1) return () => data[0]
  if (own.length === shape.length && own.every((n, d) => n === shape[d])) return (_, i) => data[i]
  const at = broadcastIndex(own, shape.length)
  return (ix) => data[at(ix)]
}

export type D1 = (x: Tensor, y: Tensor, ct: Tensor) => Tensor | null
export const float1 = (doc: string, f: (x: number) => number, d: D1): Row =>
  define(1, doc, FLOAT, 'f32', (_, x) => f(x), (t, ct) => [d(t.args[0], t, ct)])
const number1 = (doc: string, f: (x: number) => number, d: D1): Row =>
  define(1, doc, NUMBER, 'f32, i32 or u32', (dt, x) => wrap(dt, f(x)), (t, ct) => [d(t.args[0], t, ct)])

export type D2 = (a: Tensor, b: Tensor, y: Tensor, ct: Tensor) => readonly (Tensor | null)[]
const number2 = (doc: string, f: (a: number, b: number, dtype: string) => number, d: D2): Row =>
  define(2, doc, NUMBER, 'one numeric dtype', (dt, a, b) => wrap(dt, f(a, b, dt)), (t, ct) => d(t.args[0], t.args[1], t, ct))
export const float2 = (doc: string, f: (a: number, b: number) => number, d: D2): Row =>
  define(2, doc, FLOAT, 'f32', (_, a, b) => f(a, b), (t, ct) => d(t.args[0], t.args[1], t, ct))
const compare2 = (doc: string, f: (a: number, b: number) => boolean): Row =>
  define(2, doc, COMPARE, 'one dtype', (_, a, b) => (f(a, b) ? 1 : 0), () => [null, null])
const logic2 = (doc: string, f: (a: number, b: number) => number): Row =>
  define(2, doc, LOGIC, 'bool, i32 or u32', (dt, a, b) => wrap(dt, f(a, b)), () => [null, null])
const shift2 = (doc: string, f: (a: number, b: number, dtype: string) => number): Row =>
  define(2, doc, WHOLE, 'i32 or u32', (dt, a, b) => wrap(dt, f(a, b, dt)), () => [null, null])

const stableSigmoid = (x: number): number => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)))
const halfEven = (x: number): number => {
  const r = Math.round(x)
  return Math.abs(x % 1) === 0.5 && r % 2 !== 0 ? r - 1 : r
}

type Name =
  | 'neg' | 'abs' | 'sign' | 'floor' | 'ceil' | 'round' | 'trunc' | 'exp' | 'expm1' | 'log' | 'log1p' | 'sqrt'
  | 'sin' | 'cos' | 'tan' | 'asin' | 'acos' | 'atan' | 'sinh' | 'cosh' | 'tanh' | 'asinh' | 'acosh' | 'atanh'
  | 'sigmoid' | 'softplus' | 'isFinite' | 'not' | 'stopGradient' | 'clipGradient' | 'cast'
  | 'add' | 'sub' | 'mul' | 'div' | 'pow' | 'mod' | 'floorDiv' | 'max' | 'min' | 'atan2'
  | 'lt' | 'le' | 'gt' | 'ge' | 'eq' | 'ne' | 'and' | 'or' | 'xor' | 'shiftLeft' | 'shiftRight' | 'select'

export const elementwise: Record<Name, Row> = {
  neg: number1('-x', (x) => -x, (_x, _y, ct) => B.neg(ct)),
  abs: number1('absolute value', Math.abs, (x, _y, ct) => B.mul(ct, B.sign(x))),
  sign: number1('-1, 0 or 1', Math.sign, () => null),
  floor: float1('largest whole number not above', Math.floor, () => null),
  ceil: float1('smallest whole number not below', Math.ceil, () => null),
  round: float1('nearest whole number, halves to even', halfEven, () => null),
  trunc: float1('whole part', Math.trunc, () => null),
  exp: float1('e to the x', Math.exp, (_x, y, ct) => B.mul(ct, y)),
  expm1: float1('exp(x) - 1, accurate near 0', Math.expm1, (x, _y, ct) => B.mul(ct, B.exp(x))),
  log: float1('natural logarithm', Math.log, (x, _y, ct) => B.div(ct, x)),
  log1p: float1('log(1 + x), accurate near 0', Math.log1p, (x, _y, ct) => B.div(ct, B.add(x, 1))),
  sqrt: float1('square root', Math.sqrt, (_x, y, ct) => B.div(B.mul(ct, 0.5), y)),
  sin: float1('sine', Math.sin, (x, _y, ct) => B.mul(ct, B.cos(x))),
  cos: float1('cosine', Math.cos, (x, _y, ct) => B.neg(B.mul(ct, B.sin(x)))),
  tan: float1('tangent', Math.tan, (_x, y, ct) => B.mul(ct, B.add(1, B.square(y)))),
  asin: float1('arc sine', Math.asin, (x, _y, ct) => B.div(ct, B.sqrt(B.mul(B.sub(1, x), B.add(1, x))))),
  acos: float1('arc cosine', Math.acos, (x, _y, ct) => B.neg(B.div(ct, B.sqrt(B.mul(B.sub(1, x), B.add(1, x)))))),
  atan: float1('arc tangent', Math.atan, (x, _y, ct) => B.div(ct, B.add(1, B.square(x)))),
  sinh: float1('hyperbolic sine', Math.sinh, (x, _y, ct) => B.mul(ct, B.cosh(x))),
  cosh: float1('hyperbolic cosine', Math.cosh, (x, _y, ct) => B.mul(ct, B.sinh(x))),
  tanh: float1('hyperbolic tangent', Math.tanh, (_x, y, ct) => B.mul(ct, B.sub(1, B.square(y)))),
  asinh: float1('inverse hyperbolic sine', Math.asinh, (x, _y, ct) => B.div(ct, B.sqrt(B.add(B.square(x), 1)))),
  acosh: float1('inverse hyperbolic cosine', Math.acosh, (x, _y, ct) => B.div(ct, B.sqrt(B.mul(B.sub(x, 1), B.add(x, 1))))),
  atanh: float1('inverse hyperbolic tangent', Math.atanh, (x, _y, ct) => B.div(ct, B.mul(B.sub(1, x), B.add(1, x)))),
  sigmoid: float1('1 / (1 + exp(-x))', stableSigmoid, (_x, y, ct) => B.mul(ct, B.mul(y, B.sub(1, y)))),
  softplus: float1('log(1 + exp(x))', (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), (x, _y, ct) => B.mul(ct, B.sigmoid(x))),
  isFinite: define(1, 'neither infinite nor NaN', (ds) => (ds[0] === 'f32' ? 'bool' : undefined), 'f32', (_, x) => (Number.isFinite(x) ? 1 : 0), () => [null]),
  not: define(1, 'logical or bitwise complement', LOGIC, 'bool, i32 or u32', (dt, x) => (dt === 'bool' ? (x === 0 ? 1 : 0) : wrap(dt, ~x)), () => [null]),
  stopGradient: define(1, 'the same value, with no gradient', (ds) => ds[0], 'any dtype', (_, x) => x, () => [null]),
  clipGradient: {
    ...define(1, 'the same value, with its gradient cut to [-limit, limit]', FLOAT, 'f32', (_, x) => x, (t, ct) => [B.clip(ct, -(t.attrs['limit'] as number), t.attrs['limit'] as number)]),
    attrs: ['limit']
  },
  cast: { ...define(1,
    'the same number in another dtype (towards zero for whole numbers; 0 is false)',
    (_, attrs) => (attrs['dtype'] === 'u8' ? undefined : (attrs['dtype'] as DType)), 'f32, i32, u32 or bool',
    (dt, x) => (dt === 'bool' ? (x !== 0 ? 1 : 0) : dt === 'f32' ? x : dt === 'u32' ? Math.min(4294967295, Math.max(0, Math.trunc(x))) : Math.min(2147483647, Math.max(-2147483648, Math.trunc(x)))),
    (t, ct) => [dtypeOf(t) === 'f32' ? ct : null]
  ), attrs: ['dtype'] },
  add: number2('a + b', (a, b) => a + b, (_a, _b, _y, ct) => [ct, ct]),
  sub: number2('a - b', (a, b) => a - b, (_a, _b, _y, ct) => [ct, B.neg(ct)]),
  mul: number2('a * b', (a, b, dt) => (dt === 'f32' ? a * b : Math.imul(a, b)), (a, b, _y, ct) => [B.mul(ct, b), B.mul(ct, a)]),
  div: float2('a / b', (a, b) => a / b, (_a, b, y, ct) => [B.div(ct, b), B.neg(B.div(B.mul(ct, y), b))]),
  pow: float2('a to the b', Math.pow, (a, b, y, ct) => [
    B.mul(ct, B.mul(b, B.pow(a, B.sub(b, 1)))),
    B.mul(ct, B.mul(y, B.log(B.select(B.gt(a, 0), a, 1))))
  ]),
  mod: number2('remainder with the sign of the divisor', (a, b, dt) => (dt === 'f32' ? a - b * Math.floor(a / b) : b === 0 ? 0 : ((a % b) + b) % b),
    (a, b, _y, ct) => [ct, B.neg(B.mul(ct, B.floor(B.div(a, b))))]),
  floorDiv: number2('floor of a / b (0 where b is 0, for whole numbers)', (a, b, dt) => (dt !== 'f32' && b === 0 ? 0 : Math.floor(a / b)), () => [null, null]),
  max: number2('the larger (ties: the first)', (a, b) => Math.max(a, b), (a, b, _y, ct) => [B.select(B.ge(a, b), ct, 0), B.select(B.ge(a, b), 0, ct)]),
  min: number2('the smaller (ties: the first)', (a, b) => Math.min(a, b), (a, b, _y, ct) => [B.select(B.le(a, b), ct, 0), B.select(B.le(a, b), 0, ct)]),
  atan2: float2('angle of the point (b, a)', Math.atan2, (a, b, _y, ct) => {
    const r = B.add(B.square(a), B.square(b))
    return [B.div(B.mul(ct, b), r), B.neg(B.div(B.mul(ct, a), r))]
  }),
  lt: compare2('a < b', (a, b) => a < b), le: compare2('a <= b', (a, b) => a <= b),
  gt: compare2('a > b', (a, b) => a > b), ge: compare2('a >= b', (a, b) => a >= b),
  eq: compare2('a = b', (a, b) => a === b), ne: compare2('a differs from b', (a, b) => a !== b),
  and: logic2('both, bit by bit', (a, b) => a & b), or: logic2('either, bit by bit', (a, b) => a | b), xor: logic2('one of them, bit by bit', (a, b) => a ^ b),
  shiftLeft: shift2('bits moved up by b mod 32', (a, b) => a << (b & 31)),
  shiftRight: shift2('bits moved down by b mod 32 (the sign kept for i32)', (a, b, dt) => (dt === 'i32' ? a >> (b & 31) : a >>> (b & 31))),
  select: define(3, 'a where the condition holds, else b', (ds) => (ds[0] === 'bool' && ds[1] === ds[2] && ds[1] !== 'u8' ? ds[1] : undefined), 'a bool condition and two of one dtype',
    (_, c, a, b) => (c !== 0 ? a : b), (t, ct) => [null, B.select(t.args[0], ct, 0), B.select(t.args[0], 0, ct)])
}

/** Names of the elementwise ops. */
export type ElementwiseName = Name

