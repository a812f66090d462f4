/**
 * The same layer several times over.
 *
 * @since 0.2.0
 */
import { E } from '../fp.ts'
import { unary } from './make.ts'
import type { Layer } from './network.ts'
import { sequential } from './network.ts'
import { count } from './option.ts'
import { plain } from './plan.ts'

const misused = unary<{ readonly times: number }, { readonly times: number }>({
  kind: 'repeat',
  options: { times: count(0) },
  rule: () => ([x]) => E.right(plain(x))
})

/**
 * A layer `n` times one after another, each with parameters of its own;
 * `repeat(0, layer)` leaves a network as it is.
 *
 * @example
 * Layer.repeat(3, Layer.residual(Layer.dense({ units: 64, activation: 'tanh' })))
 */
export const repeat = (times: number, layer: Layer): Layer =>
  Number.isSafeInteger(times) && times >= 0 ? sequential(Array.from({ length: times }, () => layer)) : misused({ times })
