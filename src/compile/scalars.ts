/**
 * How the ops with loops and branches of their own are written in WGSL, by name: draws by
 * rejection and the derivatives of draws. Their libraries are scalar, so an expression
 * that holds one is not widened to vectors.
 */
import type { ImplicitName } from '../tensor/ops/implicit.ts'
import type { SamplerName } from '../tensor/ops/samplers.ts'

/** A scalar function of a library, with a cost in multiply-adds. */
export interface ScalarCall {
  readonly call: string
  readonly library: string
  readonly cost: number
}

/** Draws: (key, element, parameters...). */
export const drawCalls: Readonly<Record<SamplerName, ScalarCall>> = {
  randomLogGamma: { call: 'random_log_gamma', library: 'samplers', cost: 300 },
  randomVonMises: { call: 'random_von_mises', library: 'samplers', cost: 300 },
  randomPoisson: { call: 'random_poisson', library: 'samplers', cost: 400 },
  randomBinomial: { call: 'random_binomial', library: 'samplers', cost: 400 }
}

/** Elementwise functions. */
export const scalarCalls: Readonly<Record<ImplicitName, ScalarCall>> = {
  logGammaGrad: { call: 'log_gamma_slope', library: 'implicit', cost: 400 },
  vonMisesGrad: { call: 'von_mises_slope', library: 'implicit', cost: 500 }
}

const found = (table: Readonly<Record<string, ScalarCall>>) => (op: string): ScalarCall | undefined =>
  Object.hasOwn(table, op) ? table[op] : undefined

/** The call of a draw, or nothing. */
export const drawCall = found(drawCalls)

/** The call of an elementwise op, or nothing. */
export const scalarCall = found(scalarCalls)
