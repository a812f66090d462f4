/**
 * Noise inside a layer: drawn from the layer's key, afresh for each draw of the
 * posterior and each step, with a key of its own for each row. `predict` puts the numbers
 * of its rows in the place of 0, 1, ..., so that a row's noise doesn't depend on how rows
 * are cut into batches.
 *
 * @since 0.2.0
 */
import * as B from '../tensor/build.ts'
import type { Shape } from '../tensor/extent.ts'
import type { Tensor } from '../tensor/node.ts'
import type { Place } from './network.ts'

/** Draws of a shape whose leading axis counts rows; where that is 1, all rows share one draw. */
export const draws = (at: Place, shape: Shape, draw: (key: Tensor, shape: Shape) => Tensor): Tensor => {
  const [rows] = shape
  return rows === undefined || rows === 1 ? draw(at.key(), shape) : draw(B.fold(at.key(), B.iota([rows], 0, 'u32')), shape.slice(1))
}

/** One thing while training, another while predicting. */
export const whileTraining = (at: Place, training: Tensor, predicting: Tensor): Tensor => B.select(B.gt(at.phase, 0), training, predicting)
