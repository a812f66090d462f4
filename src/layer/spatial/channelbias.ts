/**
 * The bias of layers that make channels: one number a channel, or (untied) one a
 * channel and location.
 *
 * @since 0.2.0
 */
import { E } from '../../fp.ts'
import type { Either } from '../../fp.ts'
import { fail } from '../../error.ts'
import type { GelatoErrors } from '../../error.ts'
import * as B from '../../tensor/build.ts'
import * as Ext from '../../tensor/extent.ts'
import type { Shape } from '../../tensor/extent.ts'
import type { Tensor } from '../../tensor/node.ts'

/** The shape of a bias on [batch, filters, ...axes]. */
export const biasShape = (filters: number, axes: Shape, untied: boolean): Either<GelatoErrors, readonly number[]> =>
  !untied ? E.right([filters])
  : axes.every((e) => typeof e === 'number') ? E.right([filters, ...axes])
  : fail('ShapeMismatch', ['untieBiases'], `an output of ${Ext.showShape([filters, ...axes])} a row`, 'known extents of the axes: there is one bias a location', 'give the extents of the input as numbers instead of null, or share the biases')

/** Adds a bias of that shape, where there is one. */
export const biased = (y: Tensor, b: Tensor | null, filters: number, axes: Shape, untied: boolean): Tensor =>
  b === null ? y : B.add(y, untied ? b : B.reshape(b, [filters, ...axes.map(() => 1)]))
