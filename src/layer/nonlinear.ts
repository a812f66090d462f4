/**
 * A nonlinearity as a layer of its own, and any function of a tensor as a layer.
 *
 * @since 0.1.0
 */
import { E } from '../fp.ts'
import type { Activation, Nonlinearity } from './activation.ts'
import { activation as reader } from './activation.ts'
import { unary } from './make.ts'
import type { Layer } from './network.ts'
import { plain } from './plan.ts'

const make = unary<{ readonly f: Nonlinearity }, { readonly f: Activation; readonly name?: string }>({
  kind: 'activation',
  options: { f: reader },
  label: (o) => o.f.name,
  rule: (o) => ([x]) => E.right(plain(o.f.f(x)))
})

/**
 * A nonlinearity, by name or as a function of a tensor.
 *
 * @example
 * pipe(network, Layer.activation('relu'), Layer.activation(Tensor.mul(2)))
 */
export const activation = (f: Activation, options: { readonly name?: string } = {}): Layer => make({ ...options, f })
