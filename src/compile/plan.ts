/**
 * A plan: what was chosen where the rules leave a choice, as plain data. With the same
 * plan the bits are the same, so a plan is part of a result's provenance, and can be given
 * back to replay it.
 */

/** Kernel variants by question (an op and its shapes), such as `{ 'matmul 100x784x400': 'matmul_sub' }`. */
export type Choices = Readonly<Record<string, string>>

/** Rows and draws that are computed together. */
export interface Chunk {
  readonly rows: number
  readonly draws: number
}

/** What makes the bits of a run. */
export interface Plan {
  /** A digest of the kernels' texts: equal for equal programs. */
  readonly kernels: string
  /** The variants that were chosen by measuring, or given; the others follow from the rules of this version. */
  readonly choices: Choices
  /** How rows and draws were cut, where they were. */
  readonly chunk?: Chunk
}
