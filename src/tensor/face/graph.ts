/**
 * What is done with whole graphs: gradients, batches, replacements. The public functions,
 * which look at what they are given; inside, those of `../grad.ts`, `../batch.ts` and
 * `../replace.ts` are called as they are.
 *
 * @since 0.1.0
 */
import { batch as batched } from '../batch.ts'
import { grad as gradients } from '../grad.ts'
import { replace as replaced } from '../replace.ts'
import * as face from './face.ts'

/**
 * Gradients of a scalar with respect to nodes, one of each node's shape.
 *
 * @example
 * const x = Tensor.input('x', [3])
 * const [g] = grad([x])(Tensor.sum()(Tensor.square(x)))
 * pipe(interpret({ x: { shape: [3], data: [1, 2, 3] } })([g]), E.map(([v]) => v.data))   // => E.right([2, 4, 6])
 */
export const grad = face.toList('grad', [face.operands], gradients)

/**
 * Runs a graph over `size` values at once: every pair says which node takes values with
 * a new leading axis of that size. Leaves are matched by kind and name, other nodes by
 * reference, as in `replace`. The outputs all have that axis.
 *
 * @example
 * const w = Tensor.input('w', [3]), ws = Tensor.input('ws', [100, 3])
 * const [many] = batch(100, [[w, ws]])([Tensor.sum()(w)])
 * Tensor.shape(many)   // => [100]
 */
export const batch = face.listed('batch', [face.extent, face.pairs], batched)

/**
 * Substitutes nodes in several graphs at once.
 *
 * @example
 * const [y] = replace([[bnn.inputs.x, x]])([bnn.prediction])
 */
export const replace = face.listed('replace', [face.pairs], replaced)
