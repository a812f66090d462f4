/**
 * The op table: the spine of the language. One row an op says everything about it but
 * how it is lowered: the rule for its shape and dtype, its gradient written with ops
 * (so gradients of gradients work), how it takes one more leading axis, and its
 * meaning in f64. The compiler has one lowering of the same name for each.
 *
 * @since 0.1.0
 */
import type { Either } from '../fp.ts'
import type { GelatoErrors } from '../error.ts'
import type { Extent } from './extent.ts'
import type { Attrs, Tensor, TensorType } from './node.ts'
import { leaves } from './ops/leaves.ts'
import { elementwise } from './ops/elementwise.ts'
import { views } from './ops/views.ts'
import { reductions } from './ops/reductions.ts'
import { products } from './ops/products.ts'
import { convolutions } from './ops/convolutions.ts'
import { pools } from './ops/pools.ts'
import { indexing } from './ops/indexing.ts'
import { randoms } from './ops/randoms.ts'
import { special } from './ops/special.ts'
import { samplers } from './ops/samplers.ts'
import { implicit } from './ops/implicit.ts'
import { order } from './ops/order.ts'
import { linalg } from './ops/linalg.ts'
import { loops } from './ops/scan.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** A host array in the reference's precision: every dtype as f64 numbers, C order. */
export interface Ref {
  readonly shape: readonly number[]
  readonly data: Float64Array
}

/** What kind of work an op is, for the passes that treat kinds alike. */
export type Kind = 'leaf' | 'elementwise' | 'view' | 'reduction' | 'kernel' | 'index' | 'random' | 'loop'

/** How a batching rule is called: arguments with their new leading axis where `batched`. */
export interface BatchCall {
  readonly args: readonly Tensor[]
  readonly batched: readonly boolean[]
  readonly original: Tensor
  readonly size: Extent
}

/** One op. */
export interface Row {
  readonly kind: Kind
  readonly doc: string
  /** How many arguments, one when absent (none for a leaf). */
  readonly arity?: number | 'several'
  /** Attributes that it can't be without. */
  readonly attrs?: readonly string[]
  readonly type: (args: readonly TensorType[], attrs: Attrs) => Either<GelatoErrors, TensorType>
  /** Cotangents of the arguments, given the node and its own cotangent; null where none flows. */
  readonly vjp: (t: Tensor, ct: Tensor) => readonly (Tensor | null)[]
  /**
   * Of an op with several results, one node each: the attribute that says which. Nodes
   * that are equal but for it are siblings, made by one computation.
   */
  readonly result?: string
  /** Cotangents of the arguments that are wanted, given siblings and their cotangents together. */
  readonly jointVjp?: (siblings: readonly Tensor[], cts: readonly Tensor[], wanted: readonly boolean[]) => readonly (Tensor | null)[]
  /** The node over arguments of which some have one more leading axis; the result has it. */
  readonly batch: (call: BatchCall) => Tensor
  /** The value, from values of the arguments. Leaves have none. */
  readonly f64: (args: readonly Ref[], attrs: Attrs, type: { readonly shape: readonly number[]; readonly dtype: string }) => Ref
}

const rows = {
  ...leaves, ...elementwise, ...views, ...reductions, ...products, ...convolutions, ...pools, ...indexing, ...randoms,
  ...special, ...samplers, ...implicit, ...order, ...linalg, ...loops
}

/** Names of the ops. */
export type OpName = keyof typeof rows

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/** The row of an op. */
export const row = (op: OpName): Row => rows[op]

/** Can an op have that many arguments? */
export const takes = (op: OpName, n: number): boolean => {
  const r = row(op)
  return r.arity === 'several' ? n > 0 : n === (r.arity ?? (r.kind === 'leaf' ? 0 : 1))
}

/** All ops, in the table's order: tests and docs walk it. */
export const opNames: readonly OpName[] = Object.keys(rows) as OpName[]
