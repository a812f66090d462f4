/**
 * A call of a hand-written kernel before linking: which file, its uniform words, its grid.
 * The files beside this one make the calls of one family of ops each; `heavy.ts` has them
 * by op.
 *
 * Laws: operands are bound where they lie, through strides where the kernel has them;
 * leading batch axes are folded here, where every extent is a number.
 */
import type { Tensor } from '../../tensor/node.ts'
import type { Operand } from '../operands.ts'
import type { Target } from '../program.ts'

/** A kernel call. Params are in the order of the kernel's struct, after grid_x (and grid_z, where it is deep). */
export interface KernelCall {
  readonly kernel: string
  readonly knobs: Readonly<Record<string, number>>
  readonly params: readonly number[]
  /** Flat workgroups, and slices along z. */
  readonly groups: number
  readonly slices: number
  /** Has the kernel grid_z as its second word? */
  readonly deep: boolean
  /** Do its hooks take four elements at a time (`load_a4`, `epilogue4`)? */
  readonly vector?: boolean
  readonly flops: number
}

/** Calls that compute a node, in order of preference; undefined when the operands can't be addressed. */
export type Lower = (t: Tensor, operands: readonly Operand[], target: Target) => readonly KernelCall[] | undefined

/** The lowering by one call. */
export const only = (f: (t: Tensor, operands: readonly Operand[]) => KernelCall | undefined): Lower => (t, operands) => {
  const call = f(t, operands)
  return call === undefined ? undefined : [call]
}

/** An attribute that is true or not, as a word. */
export const flag = (t: Tensor, k: string): number => (t.attrs[k] === true ? 1 : 0)
