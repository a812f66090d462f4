/**
 * What a layer answers when it is shown its inputs: the parameters and states it needs,
 * with their shapes and fans, and its output as a function of their values.
 *
 * Splitting the two keeps all that is Bayesian (priors, defaults, point estimates,
 * names, starts) out of the layers: a layer says shapes and arithmetic, elaboration
 * says what a parameter is.
 *
 * @since 0.1.0
 */
import type { Init } from '../spec/site.ts'
import type { Tensor } from '../tensor/node.ts'

/** A parameter that a layer needs. */
export interface Need {
  readonly shape: readonly number[]
  /** Inputs that each output unit sums over. */
  readonly fanIn: number
  /** Outputs that each input unit reaches. */
  readonly fanOut: number
  /** Where its approximation starts; by role when absent (weights Glorot, biases 0, scales 1). */
  readonly init?: Init
}

/** A value carried from step to step, such as batch statistics. */
export interface StateNeed {
  readonly shape: readonly number[]
  /** Every element's first value. */
  readonly initial: number
}

/** Values by name that the arithmetic gets: `null` where the user wants no such parameter. */
export interface Given {
  readonly params: Readonly<Record<string, Tensor | null>>
  readonly states: Readonly<Record<string, Tensor>>
}

/** Output and, for layers with states, their next values. */
export interface Applied {
  readonly output: Tensor
  readonly next?: Readonly<Record<string, Tensor>>
}

/** Parameters needed, and the output given their values. */
export interface Plan {
  readonly params: Readonly<Record<string, Need>>
  readonly states?: Readonly<Record<string, StateNeed>>
  /** The leaf of an input layer. */
  readonly input?: Tensor
  readonly apply: (given: Given) => Applied
}

/** A plan without parameters. */
export const plain = (output: Tensor): Plan => ({ params: {}, apply: () => ({ output }) })
