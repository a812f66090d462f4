/**
 * Streams: a step that goes through all pairs of a chunk of rows and a draw, draws
 * first, with its counters on the device, so that many steps go into one submission.
 *
 * Law: chunks and draws each come once, in order; what a draw is doesn't depend on
 * the chunk.
 *
 * @since 0.1.0
 */
import * as B from '../tensor/build.ts'
import type { Tensor } from '../tensor/node.ts'
import type { HostArray, HostArrays } from '../run/session.ts'

const u32 = (v: number): HostArray => ({ shape: [], data: Uint32Array.of(v) })
const one = (): Tensor => B.scalar(1, 'u32')

/** Counters of a stream over rows and draws. */
export interface Counters {
  /** The draw's number and the chunk's first row, u32 scalars. */
  readonly sample: Tensor
  readonly row: Tensor
  /** The chunk's rows [size], the last ones repeated past the end, and which are real. */
  readonly rows: Tensor
  readonly valid: Tensor
  readonly updates: Readonly<Record<string, Tensor>>
  readonly values: (n: number, samples: number) => HostArrays
}

/** How many chunks of a size cover n rows. */
export const chunkStep = (n: number, size: number): number => Math.ceil(n / size)

/** The counters of a stream whose chunks have `size` rows. */
export const countersAt = (size: number): Counters => {
  const sample = B.leaf('state', 'chunk.sample', [], 'u32'), row = B.leaf('state', 'chunk.row', [], 'u32')
  const n = B.leaf('input', 'chunk.rows', [], 'u32'), samples = B.leaf('input', 'chunk.samples', [], 'u32')
  const next = B.add(sample, one())
  const wrap = B.ge(next, samples)
  const at = B.add(B.iota([size], 0, 'u32'), row)
  return {
    sample,
    row,
    rows: B.min(at, B.sub(n, one())),
    valid: B.lt(at, n),
    updates: {
      'chunk.sample': B.select(wrap, B.scalar(0, 'u32'), next),
      'chunk.row': B.select(wrap, B.add(row, B.scalar(size, 'u32')), row)
    },
    values: (rows, draws) => ({ 'chunk.sample': u32(0), 'chunk.row': u32(0), 'chunk.rows': u32(rows), 'chunk.samples': u32(draws) })
  }
}
