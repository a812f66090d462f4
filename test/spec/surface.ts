/**
 * Every op that specs have: operands of which it can be made, how it is called (alike in
 * the Spec and in the Tensor namespace) and the shape of what it gives, by the rules of
 * numpy. The tests of ops and the trees of the laws walk this table.
 */
import * as Tensor from '../../src/tensor/index.ts'

export type Shape = readonly number[]
export type Fn = (...args: readonly unknown[]) => unknown
/** Spec or Tensor. */
export type Ns = Readonly<Record<string, Fn>>

export interface Way {
  /** Shapes of the operands, the data first. */
  readonly dims: readonly Shape[]
  readonly build: (n: Ns, xs: readonly unknown[]) => unknown
  readonly shape: Shape
}

const M: Shape = [2, 3], SQUARE: Shape = [2, 2]
const call = (f: Fn, ...first: readonly unknown[]) => (...data: readonly unknown[]): unknown => (f(...first) as Fn)(...data)
const direct = (name: string, dims: Shape, shape: Shape): readonly [string, Way] => [name, { dims: [dims], shape, build: (n, [x]) => n[name](x) }]
/** The op's own arguments first, then the data. */
const given = (name: string, dims: Shape, rest: readonly unknown[], shape: Shape): readonly [string, Way] =>
  [name, { dims: [dims], shape, build: (n, [x]) => call(n[name], ...rest)(x) }]
const two = (name: string, a: Shape, b: Shape, shape: Shape, rest: readonly unknown[] = []): readonly [string, Way] =>
  [name, { dims: [a, b], shape, build: (n, [x, y]) => call(n[name], y, ...rest)(x) }]

const whole = (n: Ns, k: number, x: unknown): unknown => call(n['cast'], 'i32')(call(n['mul'], k)(x))
/** A positive definite matrix, a lower triangular one. */
const definite = (n: Ns, x: unknown): unknown => call(n['add'], Tensor.mul(4)(Tensor.eye(2)))(call(n['matmul'], call(n['transpose'])(x))(x))
const lower = (n: Ns, x: unknown): unknown => call(n['tril'])(call(n['add'], 1)(x))
const through = (name: string, prepare: (n: Ns, x: unknown) => unknown, shape: Shape): readonly [string, Way] =>
  [name, { dims: [SQUARE], shape, build: (n, [x]) => n[name](prepare(n, x)) }]

/** Element by element, of one operand. */
export const unary = [
  'neg', 'abs', 'sign', 'floor', 'ceil', 'round', 'trunc', 'exp', 'expm1', 'log', 'log1p', 'sqrt', 'sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'sinh', 'cosh', 'tanh',
  'asinh', 'acosh', 'atanh', 'sigmoid', 'softplus', 'isFinite', 'stopGradient', 'square', 'reciprocal', 'rsqrt', 'logSigmoid', 'relu', 'float', 'exp2', 'log2', 'log10',
  'deg2rad', 'rad2deg', 'zerosLike', 'onesLike', 'lgamma', 'digamma', 'trigamma', 'erf', 'erfc', 'erfcx', 'erfinv', 'ndtri', 'ndtr', 'logNdtr', 'logI0', 'besselRatio', 'log1mexp'
] as const
/** Element by element, of two operands that broadcast. */
export const binary = [
  'add', 'sub', 'mul', 'div', 'pow', 'mod', 'floorDiv', 'maximum', 'minimum', 'atan2', 'lt', 'le', 'gt', 'ge', 'eq', 'ne', 'lbeta', 'gammainc', 'gammaincc', 'logAddExp', 'xlogy', 'xlog1py'
] as const
/** Over axes, all of them when none is named. */
export const reductions = ['sum', 'prod', 'max', 'min', 'mean', 'argmax', 'argmin', 'logSumExp', 'median', 'ptp', 'variance', 'std', 'norm'] as const
const bits = ['and', 'or', 'xor', 'shiftLeft', 'shiftRight'] as const
const INDEX = Tensor.constant({ shape: [2], data: Int32Array.of(1, 0) })
const ROWS = Tensor.constant({ shape: [2, 3], data: Int32Array.of(1, 0, 1, 0, 0, 1) })

export const surface: Readonly<Record<string, Way>> = Object.fromEntries([
  ...unary.map((k) => direct(k, M, M)),
  ...binary.map((k) => two(k, M, [3], M)),
  ...reductions.map((k) => given(k, M, [{ axes: [1], keepDims: true }], [2, 1])),
  ...bits.map((k): readonly [string, Way] => [k, { dims: [M, [3]], shape: M, build: (n, [x, y]) => call(n[k], whole(n, 9, y))(whole(n, 20, x)) }]),
  ...(['not', 'invert'] as const).map((k): readonly [string, Way] => [k, { dims: [M], shape: M, build: (n, [x]) => n[k](call(n['gt'], 0.5)(x)) }]),
  ...(['any', 'all'] as const).map((k): readonly [string, Way] => [k, { dims: [M], shape: [3], build: (n, [x]) => call(n[k], { axes: [0] })(call(n['gt'], 0.5)(x)) }]),
  direct('size', M, []), direct('shape', M, [2]), direct('ndim', M, []), direct('flatten', M, [6]),
  given('reshape', M, [[3, 2]], [3, 2]), given('broadcastTo', M, [[4, 2, 3]], [4, 2, 3]), given('transpose', M, [[1, 0]], [3, 2]), given('slice', M, [[0, 1], [2, 3]], [2, 2]),
  given('pad', M, [[0, 1], [1, 0], 0], [3, 4]), given('flip', M, [[1]], M), given('expandDims', M, [0], [1, 2, 3]), given('squeeze', [2, 1, 3], [[1]], M),
  given('swapAxes', M, [0, 1], [3, 2]), given('moveAxis', [2, 3, 4], [0, 2], [3, 4, 2]), given('repeat', M, [2, 1], [2, 6]), given('tile', M, [[2, 1]], [4, 3]),
  given('get', M, [1, { start: 1 }], [2]), given('extent', M, [1], []), given('fill', M, [2], M), given('cast', M, ['i32'], M), given('clipGradient', M, [1], M),
  given('compress', M, [[true, false, true], 1], [2, 2]), given('diagonal', [3, 3], [], [3]), given('trace', [3, 3], [], []), given('diag', [3], [1], [4, 4]),
  given('tril', [3, 3], [], [3, 3]), given('triu', [3, 3], [-1], [3, 3]),
  given('softmax', M, [], M), given('logSoftmax', M, [[0]], M), given('cumsum', M, [{ axis: 1, reverse: true }], M), given('cumprod', M, [], M),
  given('sort', M, [{ axis: 0 }], M), given('argsort', M, [{ descending: true }], M), given('polygamma', M, [2], M), given('matrixPower', SQUARE, [3], SQUARE),
  given('maxPool2d', [1, 1, 4, 4], [{ window: [2, 2] }], [1, 1, 2, 2]), given('sumPool2d', [1, 1, 4, 4], [{ window: [2, 2] }], [1, 1, 2, 2]), given('avgPool2d', [1, 1, 4, 4], [{ window: [2, 2] }], [1, 1, 2, 2]),
  two('conv2d', [1, 1, 4, 4], [2, 1, 3, 3], [1, 2, 2, 2]), two('matmul', M, [3, 4], [2, 4]), two('dot', M, [3], [2]), two('outer', [2], [3], M), two('recurrence', M, M, M),
  two('solve', SQUARE, [2], [2]), two('searchsorted', M, [4], M),
  ['triangularSolve', { dims: [SQUARE, SQUARE], shape: SQUARE, build: (n, [x, y]) => call(n['triangularSolve'], y)(lower(n, x)) }],
  ['choleskySolve', { dims: [SQUARE, SQUARE], shape: SQUARE, build: (n, [x, y]) => call(n['choleskySolve'], y)(lower(n, x)) }],
  through('cholesky', definite, SQUARE), through('inverse', definite, SQUARE), through('det', definite, []), through('logAbsDet', definite, []), through('logdet', definite, []),
  ['eigh', { dims: [SQUARE], shape: [2], build: (n, [x]) => (n['eigh'](definite(n, x)) as { readonly values: unknown }).values }],
  ['stack', { dims: [[2], [2]], shape: SQUARE, build: (n, xs) => n['stack'](xs) }],
  ['concat', { dims: [[2], [3]], shape: [5], build: (n, xs) => call(n['concat'], 0)(xs) }],
  ['choose', { dims: [M, M, M], shape: M, build: (n, [x, a, b]) => call(n['choose'], [a, b])(whole(n, 2, x)) }],
  ['select', { dims: [M, M], shape: M, build: (n, [a, b]) => call(n['select'], a, b)(call(n['gt'], b)(a)) }],
  ['clip', { dims: [M, [3]], shape: M, build: (n, [a, b]) => call(n['clip'], 0.2, b)(a) }],
  ['betainc', { dims: [M, [3]], shape: M, build: (n, [a, b]) => call(n['betainc'], 2, b)(a) }],
  given('take', M, [INDEX, 1], [2, 2]), given('takeAlong', M, [ROWS, 0], M), given('scatterAdd', M, [INDEX, 4], [4, 3])
] as readonly (readonly [string, Way])[])
