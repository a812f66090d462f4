/**
 * Linear algebra over any leading batch axes: the public, data-last functions.
 *
 * Matrices are the last two axes; leading axes broadcast. Symmetric matrices are given
 * by their lower triangle: what stands above the diagonal isn't read.
 *
 * @since 0.2.0
 */
import * as B from '../build.ts'
import type { NormOptions, TriangularOptions } from '../build.ts'
import type { Tensor } from '../node.ts'
import * as face from './face.ts'

export type { Eigen, NormOptions, TriangularOptions } from '../build.ts'

/**
 * `Tensor.cholesky(a)`: lower triangular L with L L^T = a. NaN where a matrix is not
 * positive definite.
 *
 * @example
 * const l = Tensor.cholesky(Tensor.constant([[4, 2], [2, 10]]))
 * pipe(interpret({})([l]), E.map(([v]) => v.data))   // => E.right([2, 0, 1, 3])
 */
export const cholesky = face.direct('cholesky', [face.operand], (a: Tensor): Tensor => B.cholesky(a))

/**
 * `Tensor.triangularSolve(b)(l)`: x of l x = b, b a vector or columns. Only one side of
 * the diagonal of l is read: the lower one, unless `lower` is false. `transpose` solves
 * with the transpose of l, `unit` takes the diagonal for ones.
 *
 * @example
 * const l = Tensor.constant([[2, 0], [1, 4]])
 * pipe(interpret({})([pipe(l, Tensor.triangularSolve(Tensor.constant([2, 9])))]), E.map(([v]) => v.data))   // => E.right([1, 2])
 */
export const triangularSolve = face.curried('triangularSolve', [face.operand, face.options('lower', 'transpose', 'unit')], (b: Tensor, o: TriangularOptions = {}) => (l: Tensor): Tensor => B.triangularSolve(l, b, o))

/** `Tensor.choleskySolve(b)(l)`: x of l l^T x = b, for a Cholesky factor l. */
export const choleskySolve = face.curried('choleskySolve', [face.operand], (b: Tensor) => (l: Tensor): Tensor => B.choleskySolve(l, b))

/**
 * `Tensor.solve(b)(a)`: x of a x = b by elimination with partial pivoting, b a vector
 * or columns. A singular matrix gives infinities or NaN.
 *
 * @example
 * const a = Tensor.constant([[0, 2], [4, 1]])
 * pipe(interpret({})([pipe(a, Tensor.solve(Tensor.constant([2, 5])))]), E.map(([v]) => v.data))   // => E.right([1, 1])
 */
export const solve = face.curried('solve', [face.operand], (b: Tensor) => (a: Tensor): Tensor => B.solve(a, b))

/** `Tensor.inverse(a)`. To solve equations use `solve`: it is cheaper and more accurate. */
export const inverse = face.direct('inverse', [face.operand], (a: Tensor): Tensor => B.inverse(a))

/**
 * `Tensor.det(a)`. The gradient, det a times the transposed inverse, is undefined for
 * singular matrices.
 *
 * @example
 * pipe(interpret({})([Tensor.det(Tensor.constant([[0, 2], [4, 1]]))]), E.map(([v]) => v.data))   // => E.right([-8])
 */
export const det = face.direct('det', [face.operand], (a: Tensor): Tensor => B.det(a))

/** `Tensor.logAbsDet(a)`: log |det a|, where the determinant itself would overflow. */
export const logAbsDet = face.direct('logAbsDet', [face.operand], (a: Tensor): Tensor => B.logAbsDet(a))

/** `Tensor.logdet(a)`: log det a of positive definite matrices, by their Cholesky factor. */
export const logdet = face.direct('logdet', [face.operand], (a: Tensor): Tensor => B.logdet(a))

/**
 * `Tensor.eigh(a)`: `{ values, vectors }` of symmetric matrices: eigenvalues ascending,
 * eigenvectors of length 1 as columns. Of each vector the first component that has at
 * least 0.6 of the largest one's size is positive. Gradients leave out what pairs of
 * equal eigenvalues would have to say to each other, which is undefined.
 *
 * @example
 * const { values } = Tensor.eigh(Tensor.constant([[2, 0], [0, 1]]))
 * pipe(interpret({})([values]), E.map(([v]) => v.data))   // => E.right([1, 2])
 */
export const eigh = (a: Tensor): B.Eigen => B.eigh(B.operand(a))

/**
 * `Tensor.matrixPower(n)(a)`: a multiplied n times by itself, n a whole number; by its
 * inverse for negative n; the identity for 0.
 *
 * @example
 * const a = Tensor.constant([[1, 1], [0, 1]])
 * pipe(interpret({})([pipe(a, Tensor.matrixPower(5))]), E.map(([v]) => v.data))   // => E.right([1, 5, 0, 1])
 */
export const matrixPower = face.curried('matrixPower', [face.power], (n: number) => (a: Tensor): Tensor => B.matrixPower(a, n))

/**
 * `Tensor.dot(b)(a)` as numpy has it: the inner product of vectors, the product by a
 * scalar, the matrix product of matrices, and in general the sum over the last axis of
 * a and the last but one of b.
 *
 * @example
 * pipe(interpret({})([pipe(Tensor.constant([1, 2]), Tensor.dot(Tensor.constant([3, 4])))]), E.map(([v]) => v.data))   // => E.right([11])
 */
export const dot = face.curried('dot', [face.operand], (b: Tensor) => (a: Tensor): Tensor => B.dot(a, b))

/** `Tensor.outer(b)(a)`: a_i b_j, both flattened. */
export const outer = face.curried('outer', [face.operand], (b: Tensor) => (a: Tensor): Tensor => B.outer(a, b))

/**
 * `Tensor.norm(options)(x)` as numpy has it: without `ord` the root of the sum of
 * squares, over all axes or those named; over one axis the norm of that power (0 counts
 * what differs from 0, infinities are the extremes); over two axes 'fro', 1, -1 and
 * infinities. The gradient at 0 is 0.
 *
 * @example
 * pipe(interpret({})([Tensor.norm()(Tensor.constant([3, 4]))]), E.map(([v]) => v.data))   // => E.right([5])
 */
export const norm = face.curried('norm', [face.options('ord', 'axes', 'keepDims')], (o: NormOptions = {}) => (x: Tensor): Tensor => B.norm(x, o))
