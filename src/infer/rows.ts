/**
 * Which rows make a batch: B consecutive rows of concatenated epoch permutations. The
 * position is (epoch, offset), so that no count of rows seen is ever large; a batch
 * that straddles two epochs takes each row from the permutation of its own epoch.
 *
 * Laws: always B rows; over an epoch every row comes once; the rows of a step depend
 * on the seed and the position alone.
 *
 * @since 0.1.0
 */
import * as B from '../tensor/build.ts'
import type { Tensor } from '../tensor/node.ts'
import { purpose } from './keys.ts'

/** How a phase reads the data: drawn batches, batches in order, or all rows at every step. */
export type RowOrder = 'minibatch' | 'epoch' | 'full'

/** A place in the sequence of epochs, u32 scalars. */
export interface Position {
  readonly epoch: Tensor
  readonly offset: Tensor
}

/** The rows [B] of a step, u32, and the position after it. `n` is the number of rows, at least B. */
export const rowsAt = (at: Position, o: { readonly n: Tensor; readonly size: number; readonly seed: Tensor; readonly order: RowOrder }): { readonly rows: Tensor; readonly next: Position } => {
  const p = B.add(B.iota([o.size], 0, 'u32'), at.offset)
  const over = B.ge(p, o.n)
  const inside = B.sub(p, B.select(over, o.n, B.scalar(0, 'u32')))
  const epochs = B.add(at.epoch, B.cast(over, 'u32'))
  const end = B.add(at.offset, B.scalar(o.size, 'u32'))
  const done = B.ge(end, o.n)
  return {
    rows: o.order === 'minibatch' ? B.permuteIndex(B.fold(B.fold(o.seed, purpose.rows), epochs), inside, o.n) : inside,
    next: { epoch: B.add(at.epoch, B.cast(done, 'u32')), offset: B.sub(end, B.select(done, o.n, B.scalar(0, 'u32'))) }
  }
}
