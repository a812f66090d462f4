/**
 * Networks of several outputs: branches that end apart are held together by a layer that
 * passes the first on, so that names, parameters and errors of all of them are those of
 * one network.
 *
 * @since 0.3.0
 */
import { E } from '../fp.ts'
import { fail } from '../error.ts'
import { joining } from './make.ts'
import { plain } from './plan.ts'

/** Options of `outputs`. */
export interface OutputsConfig {
  readonly name?: string
}

/**
 * A network of several outputs, from networks that may share layers. Its own output is
 * the first; the others are observed, and looked up, by the names of their layers.
 *
 * @example
 * const trunk = pipe(Layer.input([null, 4], { name: 'x' }), Layer.dense({ units: 16, activation: 'tanh' }))
 * const two = pipe(trunk, Layer.parallel([Layer.dense({ units: 1, name: 'mean' }), Layer.dense({ units: 1, name: 'noise' })]), Layer.outputs())
 * const m = pipe(two, Model.observe(Likelihood.normal({ sd: Likelihood.fromOutput('noise') }), { name: 'y' }))
 */
export const outputs = joining<Readonly<Record<never, never>>, OutputsConfig>({
  kind: 'outputs',
  options: {},
  rule: () => (inputs) =>
    inputs.length > 0 ? E.right(plain(inputs[0])) : fail('ShapeMismatch', [], 'no networks', 'one network or more', 'give an array of networks')
})
