/**
 * Operands of hand-written kernels where they lie: through the strides of the views over
 * a buffer, so that nothing is copied that a kernel can step through.
 *
 * Law: an element of the operand at (i0, i1, ...) is the buffer's at offset + sum of strides.
 */
import type { Tensor } from '../tensor/node.ts'
import { contiguous, whole } from './extents.ts'
import * as X from './ix.ts'
import { through } from './views.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Where elements lie: (i0, i1, ...) is at offset + sum of strides. */
export interface Strided {
  readonly base: Tensor
  readonly offset: number
  readonly strides: readonly number[]
}

/** An operand with its shape. */
export interface Operand {
  readonly shape: readonly number[]
  readonly at: Strided
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** What lies under a chain of views. */
export const under = (t: Tensor, isBuffer: (t: Tensor) => boolean): Tensor => {
  let now = t
  while (!isBuffer(now)) {
    const step = through(now, X.atLinear(whole(now), X.num(0)))
    if (step === undefined) return now
    now = step[0]
  }
  return now
}

/** The operand as strides over what lies under its views, when its index is a plain sum. */
export const strided = (t: Tensor, isBuffer: (t: Tensor) => boolean): Strided | undefined => {
  const shape = whole(t)
  let at: readonly [Tensor, X.Position] = [t, X.atCoords(shape, shape.map((n, d) => X.variable(`c${d}`, n - 1)))]
  while (!isBuffer(at[0])) {
    const step = through(at[0], at[1])
    if (step === undefined) break
    at = step
  }
  const ix = at[1].linear
  if (ix.constant < 0 || ix.terms.some((x) => x.atom._tag !== 'Var' || x.coef < 0)) return undefined
  return { base: at[0], offset: ix.constant, strides: shape.map((_, d) => ix.terms.find((x) => x.atom.key === `c${d}`)?.coef ?? 0) }
}

/** An operand that a load hook computes: the kernel sees it in C order. */
export const hookedOperand = (t: Tensor): Operand => ({ shape: whole(t), at: { base: t, offset: 0, strides: contiguous(whole(t)) } })

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/** Does the strided operand lie in C order over its last `rank` axes (axes of length 1 don't matter)? */
export const isContiguous = (s: Strided, shape: readonly number[], rank: number): boolean => {
  const want = contiguous(shape)
  return shape.every((n, d) => d < shape.length - rank || n === 1 || s.strides[d] === want[d])
}

/** Do operands lie in C order? */
export const inOrder = (...operands: readonly Operand[]): boolean => operands.every((o) => isContiguous(o.at, o.shape, o.shape.length))

/** The one stride of an operand along all leading axes of the result, if it has one; `tail` axes are its own. */
export const batchStride = ({ at, shape }: Operand, lead: readonly number[], tail: number): number | undefined => {
  const own = shape.length - tail
  let stride: number | undefined
  let inner = 1
  for (let d = lead.length - 1; d >= 0; d--) {
    if (lead[d] === 1) continue
    const k = d - (lead.length - own)
    const step = k < 0 || shape[k] === 1 ? 0 : at.strides[k]
    if (stride === undefined) stride = step
    else if (step !== stride * inner) return undefined
    inner *= lead[d]
  }
  return stride ?? 0
}

/** `batchStride` of an operand whose last `tail` axes must lie in C order. */
export const batchOf = (o: Operand, lead: readonly number[], tail: number): number | undefined =>
  isContiguous(o.at, o.shape, tail) ? batchStride(o, lead, tail) : undefined
