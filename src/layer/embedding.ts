/**
 * Embedding: whole numbers to learnt rows of features.
 *
 * @since 0.2.0
 */
import { E } from '../fp.ts'
import { fail } from '../error.ts'
import * as B from '../tensor/build.ts'
import * as Ext from '../tensor/extent.ts'
import { dtypeOf } from '../tensor/node.ts'
import { shapeIn } from './axes.ts'
import { unary } from './make.ts'
import { count } from './option.ts'
import type { ParamValue, Weight } from './param.ts'
import { weight } from './param.ts'

/** Options of `embedding`. */
export interface EmbeddingConfig {
  /** How many different numbers there are: they run from 0 to `inputs` - 1. */
  readonly inputs: number
  /** Features of each. */
  readonly units: number
  /** Weights [inputs, units], a row for each number. */
  readonly W?: Weight
  readonly name?: string
}

/**
 * A row of `W` for each whole number of the input: [batch, ...] to [batch, ..., units].
 * `fit`, `elbo` and `predict` refuse data with a number outside 0 to `inputs` - 1; where numbers
 * are worked out by layers before, one outside takes the nearest row, the first or the last.
 *
 * @example
 * pipe(Layer.input([null, 20], { name: 'words', dtype: 'i32' }), Layer.embedding({ inputs: 1000, units: 16 }))   // [batch, 20, 16]
 */
export const embedding = unary<{ readonly inputs: number; readonly units: number; readonly W: ParamValue }, EmbeddingConfig>({
  kind: 'embedding',
  options: { inputs: count(1), units: count(1), W: weight },
  slots: (o) => ({ W: { role: 'weight', value: o.W } }),
  label: (o) => `${o.inputs} to ${o.units}`,
  rule: (o) => ([x]) => {
    const shape = [o.inputs, o.units], dtype = dtypeOf(x)
    return dtype === 'i32' || dtype === 'u32'
      ? E.right({
          // Each output is one row, not a sum of rows: the fan in is 1.
          params: { W: { shape, fanIn: 1, fanOut: o.units } },
          apply: ({ params: { W } }) => ({ output: B.take(W ?? B.full(shape, 0), x) })
        })
      : fail('ShapeMismatch', [], `input ${Ext.showShape(shapeIn(x))} of ${dtype}`, 'whole numbers (i32 or u32)', "begin with Layer.input(shape, { dtype: 'i32' })")
  }
})
