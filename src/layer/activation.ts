/**
 * Nonlinearities: functions from tensor to tensor of the same shape, by name or given.
 *
 * Each is written so that neither value nor gradient overflows where the function is
 * finite: both branches of a select are evaluated, so the branch not taken gets a
 * harmless argument.
 *
 * @since 0.1.0
 */
import { E } from '../fp.ts'
import { didYouMean, fail } from '../error.ts'
import * as B from '../tensor/build.ts'
import { isTensor } from '../tensor/node.ts'
import type { Tensor } from '../tensor/node.ts'
import type { Reader } from './option.ts'
import { text } from './option.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

type Function1 = (x: Tensor) => Tensor

/** The function under a name that pictures show. */
const named = (name: string, f: Function1): Function1 => Object.defineProperty(f, 'name', { value: name })

/** Klambauer et al. 2017, the fixed point of mean 0 and variance 1. */
const SELU_ALPHA = 1.6732632423543772, SELU_SCALE = 1.0507009873554805

/**
 * Nonlinearities with numbers of their own, for `activation`: the function of a slope
 * below zero, of scales.
 *
 * @example
 * Layer.dense({ units: 64, activation: Layer.nonlinearities.leakyRelu(0.2) })
 */
export const nonlinearities = {
  /** x above zero, slope x below. */
  leakyRelu: (slope = 0.01): Function1 => named(`leakyRelu(${slope})`, (x) => B.select(B.gt(x, 0), x, B.mul(x, slope))),
  /** x above zero, alpha (exp(x) - 1) below (Clevert et al. 2016). */
  elu: (alpha = 1): Function1 => named(`elu(${alpha})`, (x) => B.select(B.gt(x, 0), x, B.mul(B.expm1(B.min(x, 0)), alpha))),
  /** scale x above zero, scale scaleNegative (exp(x) - 1) below. */
  selu: (o: { readonly scale?: number; readonly scaleNegative?: number } = {}): Function1 => {
    const { scale = SELU_SCALE, scaleNegative = SELU_ALPHA } = o
    return named(`selu(${scale}, ${scaleNegative})`, (x) => B.mul(B.select(B.gt(x, 0), x, B.mul(B.expm1(B.min(x, 0)), scaleNegative)), scale))
  },
  /** scaleOut tanh(scaleIn x). */
  scaledTanh: (o: { readonly scaleIn?: number; readonly scaleOut?: number } = {}): Function1 => {
    const { scaleIn = 1, scaleOut = 1 } = o
    return named(`scaledTanh(${scaleIn}, ${scaleOut})`, (x) => B.mul(B.tanh(B.mul(x, scaleIn)), scaleOut))
  }
}

const table = {
  linear: (x: Tensor): Tensor => x,
  relu: B.relu,
  leakyRelu: nonlinearities.leakyRelu(),
  veryLeakyRelu: nonlinearities.leakyRelu(1 / 3),
  elu: nonlinearities.elu(),
  selu: nonlinearities.selu(),
  softplus: (x: Tensor): Tensor => B.softplus(x),
  sigmoid: (x: Tensor): Tensor => B.sigmoid(x),
  tanh: (x: Tensor): Tensor => B.tanh(x),
  /** 1.7159 tanh(2 x / 3), LeCun et al. 1998. */
  scaledTanh: nonlinearities.scaledTanh({ scaleIn: 2 / 3, scaleOut: 1.7159 }),
  /** Over the last axis. */
  softmax: (x: Tensor): Tensor => B.softmax(x),
  /** The tanh form: x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), as x sigmoid(2 ...). */
  gelu: (x: Tensor): Tensor => B.mul(x, B.sigmoid(B.mul(B.mul(x, B.add(1, B.mul(B.square(x), 0.044715))), 2 * Math.sqrt(2 / Math.PI)))),
  /** x times the normal distribution function: the form that PyTorch takes by default. */
  geluExact: (x: Tensor): Tensor => B.mul(x, B.ndtr(x)),
  silu: (x: Tensor): Tensor => B.mul(x, B.sigmoid(x)),
  mish: (x: Tensor): Tensor => B.mul(x, B.tanh(B.softplus(x))),
  softsign: (x: Tensor): Tensor => B.div(x, B.add(1, B.abs(x)))
} satisfies Readonly<Record<string, (x: Tensor) => Tensor>>

const aliases = { identity: 'linear', rectify: 'relu', leakyRectify: 'leakyRelu' } as const

/** Names of the nonlinearities, aliases included. */
export type ActivationName = keyof typeof table | keyof typeof aliases

/** A nonlinearity by name, or any function of a tensor. */
export type Activation = ActivationName | ((x: Tensor) => Tensor)

/** A nonlinearity that was looked up. */
export interface Nonlinearity {
  readonly name: string
  readonly f: (x: Tensor) => Tensor
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** The names that can be given, aliases included. */
export const activationNames: readonly string[] = [...Object.keys(table), ...Object.keys(aliases)]

/** Calls a user's function; what it throws, and what isn't a tensor, is a Left node. */
export const guarded = (what: string, f: () => unknown): Tensor => {
  try {
    const y = f()
    return isTensor(y) ? y : B.misfit('BadFunction', [what], text(y), 'a function that gives a tensor', 'return a tensor expression')
  } catch (e) {
    return B.misfit('BadFunction', [what], e instanceof Error ? e.message : text(e), "a function that doesn't throw", 'mend the function')
  }
}

/** Looks a nonlinearity up. */
export const activation: Reader<Nonlinearity> = (x, path) => {
  if (typeof x === 'function') return E.right({ name: x.name === '' ? 'function' : x.name, f: (t) => guarded('activation', () => (x as (t: Tensor) => unknown)(t)) })
  if (typeof x === 'string') {
    const name = Object.hasOwn(aliases, x) ? aliases[x as keyof typeof aliases] : x
    if (Object.hasOwn(table, name)) return E.right({ name, f: table[name as keyof typeof table] })
    return fail('UnknownActivation', path, `'${x}'`, `one of ${activationNames.join(', ')}, or a function of a tensor`, didYouMean(x, activationNames))
  }
  return fail('UnknownActivation', path, text(x), `one of ${activationNames.join(', ')}, or a function of a tensor`, "such as 'tanh'")
}
