/**
 * Helpers of the table's rows: type rules, broadcasting, batching by alignment, and
 * the loops of the f64 meanings.
 *
 * @since 0.1.0
 */
import { E } from '../fp.ts'
import type { Either } from '../fp.ts'
import { fail } from '../error.ts'
import type { GelatoErrors } from '../error.ts'
import * as Ext from './extent.ts'
import type { Extent, Shape } from './extent.ts'
import type { Attrs, DType, Tensor, TensorType } from './node.ts'
import { node, shapeOf } from './node.ts'
import type { BatchCall, Ref } from './table.ts'

export type Typed = Either<GelatoErrors, TensorType>

// -----------------------------------------------------------------------------
// types
// -----------------------------------------------------------------------------

/** A Right type. */
export const ok = (shape: Shape, dtype: DType): Typed => E.right({ shape, dtype })

/** A shape error of an op. */
export const bad = (op: string, got: string, need: string, hint: string): Typed => fail('ShapeMismatch', [op], got, need, hint)

/** Shapes of several tensors as text. */
export const shapes = (ts: readonly TensorType[]): string => ts.map((t) => Ext.showShape(t.shape)).join(' and ')

/** Numpy's broadcasting, also for symbols: equal, or one of them 1. Undefined when they don't fit. */
export const broadcast = (a: Shape, b: Shape): Shape | undefined => {
  const rank = Math.max(a.length, b.length)
  const out: Extent[] = []
  for (let i = 0; i < rank; i++) {
    const x = i < rank - a.length ? 1 : a[i - (rank - a.length)]
    const y = i < rank - b.length ? 1 : b[i - (rank - b.length)]
    if (Ext.same(x, y)) out.push(x)
    else if (x === 1) out.push(y)
    else if (y === 1) out.push(x)
    else return undefined
  }
  return out
}

/** Axes normalised to 0..rank-1, sorted, or undefined when one is out of range or given twice. */
export const normalAxes = (axes: readonly number[], rank: number): readonly number[] | undefined => {
  const out = axes.map((a) => (a < 0 ? a + rank : a)).sort((a, b) => a - b)
  return out.every((a, i) => Number.isInteger(a) && a >= 0 && a < rank && a !== out[i - 1]) ? out : undefined
}

/** Attributes by their types. */
export const nums = (attrs: Attrs, k: string): readonly number[] => attrs[k] as readonly number[]
export const num = (attrs: Attrs, k: string): number => attrs[k] as number
export const shapeAttr = (attrs: Attrs, k: string): Shape => attrs[k] as Shape

// -----------------------------------------------------------------------------
// batching
// -----------------------------------------------------------------------------

/** Inserts `n` axes of length 1 after the leading axis. */
const padRank = (t: Tensor, n: number): Tensor => {
  const s = shapeOf(t)
  return n === 0 ? t : node('reshape', [t], { shape: [s[0], ...Array<number>(n).fill(1), ...s.slice(1)] })
}

/** Batching of ops that broadcast their operands right-aligned, over all axes but the last `tail`. */
export const batchAligned = ({ args, batched, original }: BatchCall): Tensor => {
  const rank = Math.max(...original.args.map((a) => shapeOf(a).length))
  return node(original.op, args.map((a, i) => (batched[i] ? padRank(a, rank - (shapeOf(a).length - 1)) : a)), original.attrs)
}

/** The argument with the new leading axis, whether it had one or not. */
export const lead = (t: Tensor, batched: boolean, size: Extent): Tensor =>
  batched ? t : node('broadcastTo', [t], { shape: [size, ...shapeOf(t)] })

// -----------------------------------------------------------------------------
// f64 meanings
// -----------------------------------------------------------------------------

/** Number of elements. */
export const count = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

/** C-order strides. */
export const strides = (shape: readonly number[]): number[] => {
  const out = new Array<number>(shape.length)
  let n = 1
  for (let i = shape.length - 1; i >= 0; i--) {
    out[i] = n
    n *= shape[i]
  }
  return out
}

/** A fresh array filled by `f(index vector, linear index)`; the vector is reused between calls. */
export const tabulate = (shape: readonly number[], f: (ix: readonly number[], i: number) => number): Ref => {
  const n = count(shape)
  const data = new Float64Array(n)
  const ix = new Array<number>(shape.length).fill(0)
  for (let i = 0; i < n; i++) {
    data[i] = f(ix, i)
    for (let d = shape.length - 1; d >= 0; d--) {
      if (++ix[d] < shape[d]) break
      ix[d] = 0
    }
  }
  return { shape, data }
}

/** Reads an array that is broadcast to a larger shape: index vector of the result -> linear index. */
export const broadcastIndex = (from: readonly number[], rank: number): ((ix: readonly number[]) => number) => {
  const st = strides(from)
  const off = rank - from.length
  return (ix) => {
    let k = 0
    for (let d = 0; d < from.length; d++) if (from[d] !== 1) k += ix[d + off] * st[d]
    return k
  }
}

/** Shapes broadcast together, all concrete. */
export const broadcastNumbers = (a: readonly number[], b: readonly number[]): readonly number[] =>
  broadcast(a, b) as readonly number[]
