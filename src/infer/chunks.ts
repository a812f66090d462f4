/**
 * Streams: a step that goes through all pairs of a chunk of rows and a chunk of draws,
 * draws first, with its counters on the device, so that many steps go into one submission.
 *
 * Law: chunks and draws each come once, in order; what a draw is doesn't depend on
 * the chunk.
 *
 * @since 0.1.0
 */
import * as B from '../tensor/build.ts'
import type { Tensor } from '../tensor/node.ts'
import type { Chunked } from '../run/chunk.ts'
import type { HostArray, HostArrays } from '../run/session.ts'

const u32 = (v: number): HostArray => ({ shape: [], data: Uint32Array.of(v) })
const one = (): Tensor => B.scalar(1, 'u32')

/** Counters of a stream over rows and draws. */
export interface Counters {
  /** The number of the step's first draw and the chunk's first row, u32 scalars. */
  readonly sample: Tensor
  readonly row: Tensor
  /** How many draws there are in all. */
  readonly samples: Tensor
  /** The chunk's rows [size], the last ones repeated past the end, and which are real. */
  readonly rows: Tensor
  readonly valid: Tensor
  readonly updates: Readonly<Record<string, Tensor>>
  readonly values: (n: number, samples: number) => HostArrays
}

/** Draws times rows in one step when nothing else is said: enough to fill a device, few enough to stay in its caches. */
const LANES = { software: 500, gpu: 4000 } as const

/** How rows and draws are cut: chunks of rows of one length, so that the last is not mostly repeated rows, and where there are few rows several draws at once. */
export const streamChunks = (rows: { readonly n: number; readonly fixed: number | undefined }, draws: number, batchSize: number | undefined): Omit<Chunked, 'at'> => {
  const even = (most: number): number => rows.fixed ?? Math.ceil(rows.n / Math.ceil(rows.n / Math.min(rows.n, most)))
  return {
    first: (d) => {
      const lanes = LANES[d?.target.kind ?? 'software'], size = even(batchSize ?? lanes)
      return { rows: size, draws: Math.max(1, Math.min(draws, Math.floor(lanes / size))) }
    },
    within: (c) => ({ rows: even(c.rows), draws: Math.min(draws, c.draws) }),
    fixed: rows.fixed !== undefined
  }
}

/** How many chunks of a size cover n rows. */
export const chunkStep = (n: number, size: number): number => Math.ceil(n / size)

/** The counters of a stream whose steps take `size` rows and `draws` draws. */
export const countersAt = (size: number, draws = 1): Counters => {
  const sample = B.leaf('state', 'chunk.sample', [], 'u32'), row = B.leaf('state', 'chunk.row', [], 'u32')
  const n = B.leaf('input', 'chunk.rows', [], 'u32'), samples = B.leaf('input', 'chunk.samples', [], 'u32')
  const next = B.add(sample, B.scalar(draws, 'u32'))
  const wrap = B.ge(next, samples)
  const at = B.add(B.iota([size], 0, 'u32'), row)
  return {
    sample,
    row,
    samples,
    rows: B.min(at, B.sub(n, one())),
    valid: B.lt(at, n),
    updates: {
      'chunk.sample': B.select(wrap, B.scalar(0, 'u32'), next),
      'chunk.row': B.select(wrap, B.add(row, B.scalar(size, 'u32')), row)
    },
    values: (rows, total) => ({ 'chunk.sample': u32(0), 'chunk.row': u32(0), 'chunk.rows': u32(rows), 'chunk.samples': u32(total) })
  }
}
