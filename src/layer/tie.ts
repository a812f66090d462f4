/**
 * Weight tying: the values of the parameters so far, by name, for those that are tied to
 * them. A tied parameter has no variable of its own; what it was tied to gets the
 * gradients of both places.
 *
 * @since 0.3.0
 */
import { E } from '../fp.ts'
import type { Either } from '../fp.ts'
import { didYouMean, fail } from '../error.ts'
import type { GelatoErrors } from '../error.ts'
import * as Ext from '../tensor/extent.ts'
import { isTensor, shapeOf } from '../tensor/node.ts'
import type { Tensor } from '../tensor/node.ts'

type Value = Either<GelatoErrors, Tensor | null>

/** The values of a network's parameters, as they become known. */
export interface Ties {
  readonly put: (name: string, value: Value) => void
  /** The value that a parameter at a path, of a shape, is tied to. What is wrong with the other parameter is told of that one alone. */
  readonly take: (tied: { readonly name: string; readonly map: (t: Tensor) => Tensor }, path: readonly string[], shape: readonly number[]) => Either<GelatoErrors, Tensor>
}

const mapped = (name: string, path: readonly string[], map: (t: Tensor) => Tensor, value: Tensor): Either<GelatoErrors, Tensor> => {
  const bad = (got: string): Either<GelatoErrors, never> => fail('BadFunction', path, `the function of '${name}' ${got}`, 'a function from tensor to tensor', 'such as Tensor.transpose()')
  try {
    const t: unknown = map(value)
    return isTensor(t) ? (E.isLeft(t.type) ? bad(`doesn't fit it: ${t.type.left[0].got}, need ${t.type.left[0].need}`) : E.right(t)) : bad('gives something else')
  } catch (e) {
    return bad(`throws ${e instanceof Error ? e.message : String(e)}`)
  }
}

/** No values yet, of the parameters of a network by name. */
export const ties = (all: readonly string[]): Ties => {
  const known = new Map<string, Value>()
  return {
    put: (name, value) => { known.set(name, value) },
    take: ({ name, map }, path, shape) => {
      const value = known.get(name)
      if (value === undefined)
        return all.includes(name)
          ? fail('TiedTooEarly', path, `tied to '${name}', which comes later`, 'a parameter of a layer before this one', `tie the other way round: give '${name}' this parameter`)
          : fail('UnknownParameter', path, `tied to '${name}'`, `one of ${[...known.keys()].join(', ') || 'no parameter before this one'}`, didYouMean(name, all))
      if (E.isLeft(value)) return value
      if (value.right === null) return fail('UnknownParameter', path, `tied to '${name}', which is null`, 'a parameter that is there', `give '${name}' a spec or an array`)
      const made = mapped(name, path, map, value.right)
      if (E.isLeft(made) || Ext.sameShape(shapeOf(made.right), shape)) return made
      const turned = shape.length === 2 && Ext.sameShape(shapeOf(made.right), [shape[1], shape[0]])
      return fail('ShapeMismatch', path, `'${name}' of shape ${Ext.showShape(shapeOf(made.right))}`, `the parameter's shape ${Ext.showShape(shape)}`, turned ? `transpose it: Layer.tied('${name}', Tensor.transpose())` : 'give a function that brings it to this shape')
    }
  }
}
