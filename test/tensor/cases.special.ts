/**
 * Cases of the special functions, on domains where values and two derivatives are of
 * order 1 to 100. Tolerances count roundings as in cases.ts: the bounds stated in
 * shaders/lib, with room for the arguments' conditioning.
 *
 * @since 0.2.0
 */
import * as B from '../../src/tensor/build.ts'
import { node } from '../../src/tensor/node.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import type { SpecialName } from '../../src/tensor/ops/special.ts'
import { between, binary, call, EPS, int, leaf, pair, shape, unary, under, whole } from './draw.ts'
import type { Case, Draw, Rng } from './draw.ts'

/** A parameter without a (second) derivative: whole numbers cast, so that no gradient is asked of it. */
const parameter = (x: Tensor): Tensor => B.cast(x, 'f32')

const shaped = (op: SpecialName, draw: Draw, ulps: number) => (rng: Rng): Case => {
  const [s, t] = pair(rng)
  return call([leaf(rng, 'a', 'i32', s, whole(1, 15)), leaf(rng, 'x', 'f32', t, draw)], (a, x) => node(op, [parameter(a), x]), ulps * EPS)
}
const betaCase = (op: SpecialName, smooth: boolean, ulps: number) => (rng: Rng): Case => {
  const s = shape(rng, int(rng, 0, 3)), shapes = [s, under(rng, s), under(rng, s)], turn = int(rng, 0, 2)
  const [a, b, x] = [0, 1, 2].map((i) => shapes[(i + turn) % 3]), inner = between(0.1, 0.9)
  return smooth
    ? call([leaf(rng, 'a', 'f32', a, between(0.6, 9)), leaf(rng, 'b', 'f32', b, between(0.6, 9)), leaf(rng, 'x', 'f32', x, inner)], (...xs) => node(op, xs), ulps * EPS)
    : call([leaf(rng, 'a', 'i32', a, whole(1, 15)), leaf(rng, 'b', 'i32', b, whole(1, 15)), leaf(rng, 'x', 'f32', x, inner)], (p, q, z) => node(op, [parameter(p), parameter(q), z]), ulps * EPS)
}
const float2 = (op: SpecialName, a: Draw, b: Draw, ulps: number): ((rng: Rng) => Case) => binary(op, ['f32'], { f32: [a, b] }, ulps)

/** One generator an op. */
export const specialCases: Readonly<Record<SpecialName, (rng: Rng) => Case>> = {
  lgamma: unary('lgamma', between(0.3, 12), 8),
  polygamma: (rng) => {
    const order = int(rng, 0, 3)
    return call([leaf(rng, 'x', 'f32', shape(rng, int(rng, 0, 3)), between(0.7, 12))], (x) => B.polygamma(order, x), 32 * EPS)
  },
  lbeta: float2('lbeta', between(0.3, 12), between(0.3, 12), 24),
  erf: unary('erf', between(-3, 3), 6), erfc: unary('erfc', between(-3, 3), 8), erfcx: unary('erfcx', between(-1.5, 12), 16),
  erfinv: unary('erfinv', between(-0.9, 0.9), 16), ndtri: unary('ndtri', between(0.05, 0.95), 16),
  logNdtr: unary('logNdtr', between(-12, 4), 16),
  logI0: unary('logI0', between(-40, 40), 12), besselRatio: unary('besselRatio', between(-40, 40), 12),
  gammainc: shaped('gammainc', between(0.3, 15), 32), gammaincc: shaped('gammaincc', between(0.3, 15), 32),
  gammaincSlope: shaped('gammaincSlope', between(0.3, 15), 64),
  betainc: betaCase('betainc', false, 48),
  gammaKernel: float2('gammaKernel', between(0.6, 9), between(0.3, 9), 64),
  betaKernel: betaCase('betaKernel', true, 64)
}
