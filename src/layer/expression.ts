/**
 * Any function of tensors as a layer, and a layer run backwards.
 *
 * @since 0.2.0
 */
import { E } from '../fp.ts'
import { fail } from '../error.ts'
import * as B from '../tensor/build.ts'
import * as Ext from '../tensor/extent.ts'
import { vjp } from '../tensor/grad.ts'
import type { Tensor } from '../tensor/node.ts'
import { dtypeOf, topo } from '../tensor/node.ts'
import { guarded } from './activation.ts'
import { shapeIn } from './axes.ts'
import { joining } from './make.ts'
import type { Layer, Network } from './network.ts'
import { isNetwork } from './network.ts'
import type { Reader } from './option.ts'
import { text } from './option.ts'
import { plain } from './plan.ts'

// -----------------------------------------------------------------------------
// expression
// -----------------------------------------------------------------------------

/** Options of `expression`. */
export interface ExpressionOptions {
  readonly name?: string
}

type Formula = (...inputs: readonly Tensor[]) => Tensor

const formula: Reader<Formula> = (x, path) =>
  typeof x === 'function' ? E.right(x as Formula) : fail('BadOption', path, text(x), 'a function of tensors', 'such as Tensor.square, or (a, b) => Tensor.mul(b)(a)')

const made = joining<{ readonly f: Formula }, ExpressionOptions & { readonly f: Formula }>({
  kind: 'expression',
  options: { f: formula },
  label: (o) => o.f.name,
  rule: (o) => (xs) => E.right(plain(guarded('expression', () => o.f(...xs))))
})

/**
 * Any function of the input, or of several: it gets one tensor for each network and gives
 * the output, whose shape is what the function makes it.
 *
 * @example
 * pipe(network, Layer.expression(Tensor.square))
 * Layer.expression((a, b) => Tensor.mul(b)(a))([network, network])
 */
export const expression = (f: Formula, options: ExpressionOptions = {}) => made({ ...options, f })

// -----------------------------------------------------------------------------
// inverse
// -----------------------------------------------------------------------------

/** Options of `inverse`. */
export interface InverseOptions {
  readonly name?: string
}

const back = joining<Readonly<Record<never, never>>, InverseOptions>({
  kind: 'inverse',
  options: {},
  rule: () => (xs) => {
    const [x, output, input] = xs
    if (xs.length !== 3)
      return fail('BadOption', ['of'], 'a layer of no input, or of several', 'a network whose last layer has one input', 'keep the network that ends with the layer to invert, and give that')
    if (!Ext.sameShape(shapeIn(x), shapeIn(output)))
      return fail('ShapeMismatch', [], `input ${Ext.showShape(shapeIn(x))}`, `the shape of what the inverted layer gives, ${Ext.showShape(shapeIn(output))}`, 'undo the layers in between first, last to first')
    return dtypeOf(input) === 'f32' && topo([output]).includes(input)
      ? E.right(plain(vjp([output], [B.float(x)], [input])[0]))
      : fail('NoGradient', [], `a layer whose input is ${dtypeOf(input)}`, 'a layer that has a gradient by its input', 'embeddings and other layers of whole numbers have none')
  }
})

/**
 * The last layer of a network backwards: its transposed derivative, applied to the input.
 * For a linear layer that is the transposed map with the same weights (a tied decoder),
 * for pooling it puts values back where the largest were (Lasagne's InverseLayer). From
 * the shape of the layer's output to that of its input.
 *
 * @example
 * const code = pipe(stem, Layer.dense({ units: 8, b: null }))
 * const decoded = pipe(code, Layer.activation('tanh'), Layer.inverse(code))   // shape of stem, weights of code
 */
export const inverse =
  (of: Network, options: InverseOptions = {}): Layer =>
  (network) => {
    if (!isNetwork(of)) return back(options)([network, of])
    const inputs = of.nodes[of.output].inputs
    return back(options)([network, of, ...inputs.map((output) => ({ ...of, output }))])
  }
