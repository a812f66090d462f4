/**
 * How each elementwise op is written in WGSL, by name. Texts use the width aliases
 * F, I, U, B, so one text serves scalars and 4-vectors; functions beginning with `f_`
 * and `i_` come from `shaders/lib`.
 *
 * Law: the table is complete: its type asks for every elementwise op.
 */
import type { ElementwiseName } from '../tensor/ops/elementwise.ts'
import type { SpecialName } from '../tensor/ops/special.ts'
import type { Attrs, DType } from '../tensor/node.ts'

/** Width alias of a dtype. */
export const alias = (d: DType): string => (d === 'f32' ? 'F' : d === 'i32' ? 'I' : d === 'bool' ? 'B' : 'U')

/** Element type of a dtype in a buffer. */
export const elementType = (d: DType): string => (d === 'f32' ? 'f32' : d === 'i32' ? 'i32' : 'u32')

/** What a lowering knows: the arguments' texts, their dtypes, the result's dtype, and the node's attributes. */
export interface Call {
  readonly x: readonly string[]
  readonly from: readonly DType[]
  readonly to: DType
  readonly attrs: Attrs
}

/** A lowering: its WGSL, the libraries it needs, and its cost in multiply-adds. */
export interface Lowering {
  readonly text: (c: Call) => string
  readonly uses: readonly string[]
  readonly cost: number
}

const lower = (text: (c: Call) => string, cost = 1, ...uses: readonly string[]): Lowering => ({ text, cost, uses })
const call = (name: string, cost: number, ...uses: readonly string[]): Lowering => lower((c) => `${name}(${c.x.join(', ')})`, cost, ...uses)
const infix = (op: string): Lowering => lower(({ x }) => `(${x[0]} ${op} ${x[1]})`)
/** Comparisons and logic: on bool operands the bitwise operators act componentwise. */
const order = (op: string): Lowering =>
  lower(({ x, from }) => (from[0] === 'bool' ? `(select(U(0u), U(1u), ${x[0]}) ${op} select(U(0u), U(1u), ${x[1]}))` : `(${x[0]} ${op} ${x[1]})`))

const bitwise = (op: string): Lowering =>
  lower(({ x, to }) =>
    to !== 'bool' ? `(${x[0]} ${op} ${x[1]})` : op === '^' ? `(${x[0]} != ${x[1]})` : `(${x[0]} ${op} ${x[1]})`)

export const elementwise: Record<ElementwiseName | SpecialName, Lowering> = {
  neg: lower(({ x, to }) => (to === 'u32' ? `(U(0u) - ${x[0]})` : `(-${x[0]})`)),
  abs: call('abs', 1),
  sign: lower(({ x, to }) => (to === 'u32' ? `min(${x[0]}, U(1u))` : `sign(${x[0]})`)),
  floor: call('floor', 1), ceil: call('ceil', 1), round: call('f_round_even', 1, 'bits'), trunc: call('trunc', 1),
  exp: call('f_exp', 8, 'explog'), expm1: call('f_expm1', 14, 'explog'), log: call('f_log', 10, 'explog'), log1p: call('f_log1p', 14, 'explog'),
  sqrt: call('sqrt', 4),
  sin: call('f_sin', 14, 'trig'), cos: call('f_cos', 14, 'trig'), tan: call('f_tan', 20, 'trig'),
  asin: call('f_asin', 14, 'trig'), acos: call('f_acos', 14, 'trig'), atan: call('f_atan', 14, 'trig'),
  sinh: call('f_sinh', 20, 'hyper'), cosh: call('f_cosh', 20, 'hyper'), tanh: call('f_tanh', 14, 'hyper'),
  asinh: call('f_asinh', 20, 'hyper'), acosh: call('f_acosh', 20, 'hyper'), atanh: call('f_atanh', 20, 'hyper'),
  sigmoid: call('f_sigmoid', 12, 'hyper'), softplus: call('f_softplus', 20, 'hyper'),
  isFinite: call('f_is_finite', 1, 'bits'),
  not: lower(({ x, to }) => (to === 'bool' ? `(!${x[0]})` : `(~${x[0]})`)),
  stopGradient: lower(({ x }) => x[0], 0), clipGradient: lower(({ x }) => x[0], 0),
  cast: lower(({ x, from, to }) => {
    if (to === 'bool') return from[0] === 'bool' ? x[0] : `(${x[0]} != ${alias(from[0])}(0))`
    if (from[0] === 'bool') return `select(${alias(to)}(0), ${alias(to)}(1), ${x[0]})`
    if (from[0] === 'i32' && to === 'u32') return `U(max(${x[0]}, I(0)))`
    if (from[0] === 'u32' && to === 'i32') return `I(min(${x[0]}, U(2147483647u)))`
    return `${alias(to)}(${x[0]})`
  }),
  add: infix('+'), sub: infix('-'), mul: infix('*'),
  div: lower(({ x }) => `(${x[0]} / ${x[1]})`, 4),
  pow: call('f_pow', 24, 'explog'),
  mod: lower(({ x, to }) => `${to === 'f32' ? 'f_mod' : to === 'i32' ? 'i_mod' : 'u_mod'}(${x.join(', ')})`, 6, 'bits'),
  floorDiv: lower(({ x, to }) => (to === 'f32' ? `floor(${x[0]} / ${x[1]})` : `${to === 'i32' ? 'i_floor_div' : 'u_floor_div'}(${x.join(', ')})`), 6, 'bits'),
  max: call('max', 1), min: call('min', 1),
  atan2: call('f_atan2', 20, 'trig'),
  lt: order('<'), le: order('<='), gt: order('>'), ge: order('>='), eq: order('=='), ne: order('!='),
  and: bitwise('&'), or: bitwise('|'), xor: bitwise('^'),
  shiftLeft: lower(({ x, from }) => `(${x[0]} << (${from[1] === 'i32' ? `bitcast<U>(${x[1]})` : x[1]} & U(31u)))`),
  shiftRight: lower(({ x, from }) => `(${x[0]} >> (${from[1] === 'i32' ? `bitcast<U>(${x[1]})` : x[1]} & U(31u)))`),
  select: lower(({ x }) => `select(${x[2]}, ${x[1]}, ${x[0]})`),
  lgamma: call('f_lgamma', 50, 'gamma'),
  polygamma: lower(({ x, attrs }) => (attrs['order'] === 0 ? `f_digamma(${x[0]})` : `f_polygamma(${attrs['order'] as number}, ${x[0]})`), 80, 'gamma'),
  lbeta: call('f_lbeta', 150, 'gamma'),
  erf: call('f_erf', 40, 'erf'), erfc: call('f_erfc', 36, 'erf'), erfcx: call('f_erfcx', 36, 'erf'), erfinv: call('f_erfinv', 40, 'erf'),
  ndtri: call('f_ndtri', 44, 'erf'), logNdtr: call('f_log_ndtr', 60, 'erf'),
  logI0: call('f_log_i0', 36, 'bessel'), besselRatio: call('f_bessel_ratio', 80, 'bessel'),
  gammainc: call('f_gammainc', 800, 'incomplete'), gammaincc: call('f_gammaincc', 800, 'incomplete'), gammaincSlope: call('f_gammainc_slope', 900, 'incomplete'),
  betainc: call('f_betainc', 1500, 'incomplete'), gammaKernel: call('f_gamma_kernel', 120, 'incomplete'), betaKernel: call('f_beta_kernel', 250, 'incomplete')
}

/** A scalar literal of a dtype as text of the given width alias; what is too large for f32 is its largest number. */
export const literal = (value: number, dtype: DType): string => {
  if (dtype === 'bool') return `B(${value !== 0})`
  if (dtype === 'i32') return value === -2147483648 ? 'I(-2147483647 - 1)' : `I(${value | 0})`
  if (dtype !== 'f32') return `U(${value >>> 0}u)`
  const v = Math.fround(Math.max(-3.4028234663852886e38, Math.min(3.4028234663852886e38, value)))
  const text = String(v)
  return `F(${/[.e]/.test(text) ? text : `${text}.0`})`
}
