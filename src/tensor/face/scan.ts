/**
 * Loops over time: the public function.
 *
 * @since 0.3.0
 */
import * as B from '../build.ts'
import type { ScanOptions, Scanned, Step, Tensors } from '../build.ts'

export type { ScanOptions, Scanned, Step, Tensors } from '../build.ts'

/**
 * `Tensor.scan(f, { init, xs })` runs `f(carry, x)` over the leading axis of the
 * sequences `xs`: each step gets the carries of the one before and one element of each
 * sequence, and gives `{ carry, out }`. The result holds the last carries, and what the
 * steps gave with a leading axis of time. Carries keep their shapes; whatever else `f`
 * uses is the same in every step. `f` is called once, to build the graph.
 *
 * `reverse` runs from the last element to the first; `length` says how many steps where
 * there are no sequences. Gradients go through, of first and higher order.
 *
 * @example
 * const { carry, out } = Tensor.scan(({ h }, { x }) => {
 *   const next = Tensor.add(x)(Tensor.mul(0.5)(h))
 *   return { carry: { h: next }, out: { h: next } }
 * }, { init: { h: Tensor.constant(0) }, xs: { x: Tensor.constant([4, 2, 1]) } })
 * pipe(interpret({})([out.h, carry.h]), E.map(([all, last]) => [all.data, last.data]))   // => E.right([[4, 4, 3], [3]])
 */
export const scan = <C extends Tensors, X extends Tensors, Y extends Tensors>(f: (carry: C, x: X) => Step<C, Y>, options: ScanOptions<C, X>): Scanned<C, Y> =>
  B.scan(f, options)
