/**
 * A step's work in parts: some of the batch's rows times some of its draws, one part after
 * another in a loop on the device whose carries are the sums, so that a batch, or a number of
 * draws, that doesn't fit in memory is a longer step and not an error. A gradient is a sum
 * over rows and a mean over draws, so it can be added up so.
 *
 * Laws: the sum over parts is the whole to rounding; draws are the same bits however the work
 * is cut; work that isn't cut is the graph that it was.
 *
 * @since 0.3.0
 */
import type { Chunk } from '../compile/plan.ts'
import * as B from '../tensor/build.ts'
import { rowAxes } from '../tensor/rows.ts'
import type { Tensor } from '../tensor/node.ts'
import { shapeOf } from '../tensor/node.ts'
import type { Model } from '../model/index.ts'
import type { Objective } from './objective.ts'
import type { Target, Tensors } from './target.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** How a phase's work may be cut: its draws, and whether the rows of its batch are independent. */
export interface Cuttable {
  readonly draws: number
  readonly rows: boolean
}

/** Some rows and some draws of a step. */
export interface Part {
  /** Values of its rows by name. */
  readonly batch: Tensors
  /** How many draws, and the number of the first, u32. */
  readonly draws: number
  readonly first: Tensor
  /** The target as it counts in this part: rows that fill it up count nothing, noise is its own. */
  readonly of: (t: Target) => Target
  /** What of an objective over these rows and draws counts in the step's. */
  readonly share: (o: Objective) => Objective
}

/** Adds up over all parts what a function gives of each: tensors by name, shaped like those of `like`. */
export type Over = (like: Tensors, f: (part: Part) => Tensors) => Tensors

/** What there is to cut: the numbers of the batch's rows, values at rows, draws. */
export interface Whole {
  /** Row numbers of the batch [rows], u32. */
  readonly rows: Tensor
  readonly batch: Tensors
  readonly at: (rows: Tensor) => Tensors
  readonly draws: number
}

// -----------------------------------------------------------------------------
// how to cut
// -----------------------------------------------------------------------------

/** Are the rows of a model's batch independent, and is nothing carried from step to step? */
export const rowsApart = (model: Model): boolean =>
  Object.keys(model.states).length === 0 && rowAxes('batch')(model.likelihoods.map((l) => l.logLik)).every((a) => a === 0)

/** The chunk that is all of a step's work. */
export const wholeStep = (rows: number, may: Cuttable | undefined): Chunk => ({ rows, draws: may?.draws ?? 1 })

/** A chunk of a step's work within another: a whole part of the draws, rows in parts of one length. */
export const stepWithin = (rows: number, may: Cuttable | undefined) => (c: Chunk): Chunk => {
  const all = wholeStep(rows, may)
  if (may === undefined) return all
  let draws = Math.min(c.draws, may.draws)
  while (may.draws % draws !== 0) draws--
  return { draws, rows: may.rows ? Math.ceil(rows / Math.ceil(rows / Math.min(rows, c.rows))) : rows }
}

// -----------------------------------------------------------------------------
// parts
// -----------------------------------------------------------------------------

const u32 = (n: number): Tensor => B.scalar(n, 'u32')

/** All at once. */
const uncut = (w: Whole): Over => (_, f) => f({ batch: w.batch, draws: w.draws, first: u32(0), of: (t) => t, share: (o) => o })

/** The carry that counts the parts. */
const NUMBER = 'part'

/** Sums over the parts of a step's work. */
export const overParts = (w: Whole, chunk: Chunk): Over => {
  const size = shapeOf(w.rows)[0] as number
  const rowParts = Math.ceil(size / chunk.rows), drawParts = w.draws / chunk.draws
  if (rowParts * drawParts <= 1) return uncut(w)
  const place = B.iota([rowParts * chunk.rows], 0, 'u32')
  const padded = rowParts * chunk.rows !== size
  const split = (t: Tensor): Tensor => B.reshape(t, [rowParts, chunk.rows])
  const rows = split(padded ? B.take(w.rows, B.min(place, u32(size - 1))) : w.rows), real = split(B.lt(place, u32(size)))
  const part = (i: Tensor): Part => {
    const row = rowParts === 1 ? u32(0) : B.mod(i, u32(rowParts))
    const drawn = drawParts === 1 ? u32(0) : B.mul(B.floorDiv(i, u32(rowParts)), u32(chunk.draws))
    return {
      batch: rowParts === 1 ? w.batch : w.at(B.take(rows, row)),
      draws: chunk.draws,
      first: drawn,
      of: (t) => (rowParts === 1 ? t : {
        ...t,
        logLik: (u, batch) => {
          const each = t.logLik(u, { ...batch, key: B.fold(batch.key, row) })
          return padded ? B.select(B.take(real, row), each, 0) : each
        }
      }),
      share: ({ kl, logLik }) => {
        // Every part of the rows holds all of the divergence; draws are averaged.
        const of = { kl: B.div(kl, rowParts * drawParts), logLik: B.div(logLik, drawParts) }
        return { ...of, loss: B.sub(of.kl, of.logLik) }
      }
    }
  }
  return (like, f) => {
    const names = Object.keys(like)
    const zeros = Object.fromEntries(names.map((k) => [k, B.full(shapeOf(like[k]), 0)]))
    // The part's number is carried: what depends on a sequence alone may be computed for all steps at once.
    const { [NUMBER]: _, ...sums } = B.scan((c: Tensors) => {
      const of = f(part(c[NUMBER]))
      return { carry: { [NUMBER]: B.add(c[NUMBER], u32(1)), ...Object.fromEntries(names.map((k) => [k, B.add(c[k], of[k])])) }, out: {} }
    }, { init: { [NUMBER]: u32(0), ...zeros }, length: rowParts * drawParts }).carry
    return sums
  }
}
