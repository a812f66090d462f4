/**
 * Linear algebra over any leading batch axes: constructors with the data first.
 *
 * @since 0.2.0
 */
import { E } from '../../fp.ts'
import * as B from '../build.ts'
import * as Ext from '../extent.ts'
import type { Extent } from '../extent.ts'
import { node, shapeOf } from '../node.ts'
import type { Tensor } from '../node.ts'

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** The n by n identity matrix. */
export const identity = (n: Extent): Tensor => B.cast(B.eq(B.iota([n, n], 0), B.iota([n, n], 1)), 'f32')

// -----------------------------------------------------------------------------
// combinators
// -----------------------------------------------------------------------------

/** Solves for a right side that may be a vector. */
const forVectors = (b: Tensor, f: (columns: Tensor) => Tensor): Tensor => {
  if (E.isLeft(b.type) || shapeOf(b).length !== 1) return f(b)
  const x = f(B.expandDims(b, -1))
  return E.isLeft(x.type) ? x : B.reshape(x, shapeOf(x).slice(0, -1))
}

/** L with L L^T = a, from the lower triangle of a. NaN where a is not positive definite. */
export const cholesky = (a: Tensor): Tensor => node('cholesky', [B.float(a)])

/** Which triangle is read (lower when absent), whether of its transpose, whether its diagonal counts as 1. */
export interface TriangularOptions {
  readonly lower?: boolean
  readonly transpose?: boolean
  readonly unit?: boolean
}

/** x of l x = b for a triangular l. */
export const triangularSolve = (l: Tensor, b: Tensor, o: TriangularOptions = {}): Tensor =>
  forVectors(B.float(b), (c) => node('triangularSolve', [B.float(l), c], { lower: o.lower ?? true, transpose: o.transpose ?? false, unit: o.unit ?? false }))

/** x of L L^T x = b, given L. */
export const choleskySolve = (l: Tensor, b: Tensor): Tensor => triangularSolve(l, triangularSolve(l, b), { transpose: true })

/** x of a x = b by elimination with partial pivoting. */
export const solve = (a: Tensor, b: Tensor): Tensor =>
  forVectors(B.float(b), (c) => {
    const x = node('solve', [B.float(a), c])
    return E.isLeft(x.type) ? x : B.sliceAxis(x, shapeOf(x).length - 1, 0, shapeOf(c)[shapeOf(c).length - 1])
  })

/** The inverse of square matrices. */
export const inverse = (a: Tensor): Tensor => (E.isLeft(a.type) ? a : solve(a, identity(shapeOf(a)[shapeOf(a).length - 1] ?? 1)))

/** The diagonal after elimination: its product is the determinant. */
const pivots = (a: Tensor): Tensor => B.diagonal(node('eliminate', [B.float(a)]), 0, -2, -1)

/** Determinants. */
export const det = (a: Tensor): Tensor => B.prod(pivots(a), [-1])

/** log |det a|. */
export const logAbsDet = (a: Tensor): Tensor => B.sum(B.log(B.abs(pivots(a))), [-1])

/** log det a of positive definite matrices, by their Cholesky factor. */
export const logdet = (a: Tensor): Tensor => B.mul(2, B.sum(B.log(B.diagonal(cholesky(a), 0, -2, -1)), [-1]))

/** Eigenvalues and eigenvectors of symmetric matrices. */
export interface Eigen {
  /** Ascending. */
  readonly values: Tensor
  /** As columns, of length 1. */
  readonly vectors: Tensor
}

/** Eigenvalues, ascending, and eigenvectors of symmetric matrices, from the lower triangle. */
export const eigh = (a: Tensor): Eigen => {
  const t = node('eigh', [B.float(a)])
  if (E.isLeft(t.type)) return { values: t, vectors: t }
  const s = shapeOf(t), r = s.length, n = s[r - 2]
  return { values: B.reshape(B.sliceAxis(t, r - 1, n, Ext.add(n, 1)), s.slice(0, -1)), vectors: B.sliceAxis(t, r - 1, 0, n) }
}

/** a multiplied n times by itself; negative n by the inverse, 0 is the identity. */
export const matrixPower = (a: Tensor, n: number): Tensor => {
  if (E.isLeft(a.type)) return a
  const s = shapeOf(a), r = s.length
  if (!Number.isInteger(n)) return B.misfit('BadOption', ['matrixPower'], String(n), 'a whole number', 'round it, or use eigh for powers in between')
  if (r < 2 || !Ext.same(s[r - 1], s[r - 2])) return B.misfit('ShapeMismatch', ['matrixPower'], Ext.showShape(s), 'square matrices: the last two axes equally long', 'check the shape')
  if (n === 0) return B.broadcastTo(identity(s[r - 1]), s)
  let square = n < 0 ? inverse(a) : B.float(a), out: Tensor | undefined
  for (let k = Math.abs(n); k > 0; k = Math.floor(k / 2)) {
    if (k % 2 === 1) out = out === undefined ? square : B.matmul(out, square)
    if (k > 1) square = B.matmul(square, square)
  }
  return out as Tensor
}

/** numpy's dot: inner product of vectors, product by a scalar, else sum over the last axis of a and the last but one of b. */
export const dot = (a: Tensor, b: Tensor): Tensor => {
  if (E.isLeft(a.type) || E.isLeft(b.type)) return B.add(a, b)
  const s = shapeOf(a), t = shapeOf(b), p = s.length, q = t.length
  if (p === 0 || q === 0) return B.mul(a, b)
  const k = s[p - 1], at = q === 1 ? 0 : q - 2
  if (!Ext.same(k, t[at]))
    return B.misfit('ShapeMismatch', ['dot'], `${Ext.showShape(s)} and ${Ext.showShape(t)}`, `as many elements along axis ${at} of the second as along the last of the first`, 'transpose one of them')
  if (p === 1 && q === 1) return B.sum(B.mul(a, b))
  const rest = t.filter((_, i) => i !== at)
  const rows = B.reshape(a, [Ext.size(s.slice(0, -1)), k]), columns = B.reshape(q === 1 ? b : B.moveAxis(b, at, 0), [k, Ext.size(rest)])
  return B.reshape(B.matmul(rows, columns), [...s.slice(0, -1), ...rest])
}

/** All products of an element of a with one of b, both flattened. */
export const outer = (a: Tensor, b: Tensor): Tensor => {
  if (E.isLeft(a.type) || E.isLeft(b.type)) return B.add(a, b)
  return B.mul(B.expandDims(B.flatten(a), 1), B.expandDims(B.flatten(b), 0))
}

// -----------------------------------------------------------------------------
// norms
// -----------------------------------------------------------------------------

/** Square root with gradient 0 at 0. */
const root = (x: Tensor): Tensor => {
  const zero = B.le(x, 0)
  return B.select(zero, 0, B.sqrt(B.select(zero, 1, x)))
}

/** Which norm: of vectors a power or an infinity, of matrices (two axes) 'fro', 1, -1 or an infinity. */
export interface NormOptions {
  readonly ord?: number | 'fro'
  readonly axes?: readonly number[]
  readonly keepDims?: boolean
}

/** Norms as numpy has them: without `ord` the root of the sum of squares. Gradient 0 at 0. */
export const norm = (t: Tensor, o: NormOptions = {}): Tensor => {
  if (E.isLeft(t.type)) return t
  const x = B.float(t), rank = shapeOf(x).length, axes = o.axes ?? shapeOf(x).map((_, i) => i), keep = o.keepDims ?? false, ord = o.ord
  const size = B.abs(x)
  if (ord === undefined || ord === 'fro' || (ord === 2 && axes.length === 1)) return root(B.sum(B.square(x), axes, keep))
  if (axes.length === 2) {
    const [row, column] = axes.map((a) => (a < 0 ? a + rank : a)), over = Math.abs(ord) === 1 ? row : column, other = over === row ? column : row
    if (Math.abs(ord) !== 1 && Math.abs(ord) !== Infinity)
      return B.misfit('BadOption', ['norm', 'ord'], String(ord), "for matrices 'fro', 1, -1, Infinity or -Infinity", 'the largest singular value is the root of the largest eigenvalue of the transpose times the matrix: see eigh')
    const sums = B.sum(size, [over], true), best = (ord > 0 ? B.reduceMax : B.reduceMin)(sums, [other], true)
    return keep || E.isLeft(best.type) ? best : B.squeeze(best, [over, other])
  }
  if (axes.length !== 1) return B.misfit('BadOption', ['norm', 'axes'], `[${axes.join(', ')}]`, 'one axis for vectors, two for matrices', 'name the axes, or leave out ord')
  if (ord === Infinity) return B.reduceMax(size, axes, keep)
  if (ord === -Infinity) return B.reduceMin(size, axes, keep)
  if (ord === 0) return B.sum(B.cast(B.ne(x, 0), 'f32'), axes, keep)
  if (ord === 1) return B.sum(size, axes, keep)
  const zero = B.eq(x, 0)
  const total = B.sum(B.select(zero, 0, B.pow(B.select(zero, 1, size), ord)), axes, keep), none = B.le(total, 0)
  return B.select(none, 0, B.pow(B.select(none, 1, total), 1 / ord))
}
