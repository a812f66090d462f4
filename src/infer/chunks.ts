/**
 * Streams: a step that goes through all pairs of a chunk of rows and a chunk of draws,
 * draws first, with its counters on the device, so that many steps go into one submission.
 *
 * Laws: chunks and draws each come once, in order; what a draw is doesn't depend on
 * the chunk; how many different steps are compiled doesn't grow with how many different
 * numbers of rows there are.
 *
 * @since 0.1.0
 */
import type { Field, FieldData } from '../dataset/index.ts'
import * as B from '../tensor/build.ts'
import type { Tensor } from '../tensor/node.ts'
import type { Chunked } from '../run/chunk.ts'
import type { HostArray, HostArrays } from '../run/session.ts'
import type { Rows } from './rowdata.ts'

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

/**
 * The least of a few lengths that n rows fit in: powers of two up to 64, then eight an octave, so that at most an eighth
 * is added. A step is compiled for its lengths, and data come in all of them: with few lengths there are few programs.
 */
export const roomFor = (n: number): number => {
  const octave = 2 ** Math.ceil(Math.log2(n)), step = n <= 64 ? octave : octave / 16
  return Math.ceil(n / step) * step
}

/** Rows from which on data are taken as they are: the work is long beside the compiling, and a copy would be large. */
const MANY = 2 ** 16

/** The same rows in arrays with room for more, which nobody reads: so that the number of rows is no part of what is compiled. */
export const withRoom = (rows: Rows): Rows => {
  const room = roomFor(rows.n)
  if (rows.fixed !== undefined || rows.n >= MANY || room === rows.n) return rows
  const wider = (f: Field): Field => {
    const shape = [room, ...f.shape.slice(1)], size = shape.reduce((a, b) => a * b, 1)
    const data: FieldData = f.dtype === 'u8' ? new Uint8Array(size) : f.dtype === 'i32' ? new Int32Array(size) : f.dtype === 'u32' ? new Uint32Array(size) : new Float32Array(size)
    data.set(f.data)
    return { dtype: f.dtype, shape, data }
  }
  return { ...rows, fields: Object.fromEntries(Object.entries(rows.fields).map(([k, f]) => [k, wider(f)])) }
}

/**
 * How rows and draws are cut: chunks of rows of one length, so that the last is not mostly repeated rows, rounded up to one
 * of a few lengths, and where there are few rows several draws at once.
 */
export const streamChunks = (rows: { readonly n: number; readonly fixed: number | undefined }, draws: number, batchSize: number | undefined): Omit<Chunked, 'at'> => {
  // The interpreter compiles nothing, and takes the rows that there are.
  const even = (most: number, compiled = true): number => {
    const each = Math.ceil(rows.n / Math.ceil(rows.n / Math.min(rows.n, most)))
    return rows.fixed ?? (compiled ? Math.min(most, roomFor(each)) : each)
  }
  return {
    first: (d) => {
      const lanes = LANES[d?.target.kind ?? 'software'], size = even(batchSize ?? lanes, d !== undefined)
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
