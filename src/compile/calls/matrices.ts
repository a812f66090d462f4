/** Calls of linear algebra: decompositions of a square matrix a workgroup, and equations. */
import type { Target } from '../program.ts'
import { ceilDiv, size, whole } from '../extents.ts'
import { batchOf, inOrder } from '../operands.ts'
import { flag } from './call.ts'
import type { Lower } from './call.ts'

/** Invocations for work on `n` rows or columns at a time: a power of two, few where barriers are dear. */
const team = (n: number, target: Target): number => {
  const [least, most] = target.kind === 'software' ? [4, 64] : [32, 256]
  return Math.min(most, Math.max(least, 2 ** Math.ceil(Math.log2(Math.max(1, n)))))
}

/** One square matrix in, one result a workgroup: `most` is the work at a time for n rows, `rest` are the last words. */
const square = (kernel: string, most: (n: number) => number, rest: (n: number) => readonly number[]): Lower => (_, operands, target) => {
  if (!inOrder(...operands)) return undefined
  const [a] = operands, n = a.shape[a.shape.length - 1], batch = size(a.shape.slice(0, -2))
  return [{ kernel, knobs: { W: team(most(n), target) }, deep: false, slices: 1, params: [batch, n, ...rest(n)], groups: batch, flops: batch * n ** 3 }]
}

const NAN_BITS = 0x7fc00000
/** Sweeps after which rotations no longer move anything, with some to spare; most matrices are done before. */
const sweeps = (n: number): number => 8 + Math.ceil(Math.log2(n + 1))

export const cholesky = square('cholesky', (n) => n, () => [NAN_BITS])
export const eliminate = square('eliminate', (n) => n, () => [])
export const eigh = square('eigh', (n) => ceilDiv(n * n, 8), (n) => [sweeps(n)])

/** Equations of any matrices, a workgroup each, and of triangular ones, an invocation a right side. */
export const equations: Lower = (t, [a, b], target) => {
  const lead = whole(t).slice(0, -2), [n, m] = b.shape.slice(-2), batch = size(lead)
  const [ab, bb] = [a, b].map((o) => batchOf(o, lead, 2))
  if (ab === undefined || bb === undefined) return undefined
  if (t.op === 'solve')
    return [{ kernel: 'solve', knobs: { W: team(n + m, target) }, deep: false, slices: 1, params: [batch, n, m, ab, bb], groups: batch, flops: batch * n * n * (n + 2 * m) }]
  const turned = t.attrs['transpose'] === true, down = (t.attrs['lower'] === true) !== turned
  return [{
    kernel: 'triangular_solve', knobs: {}, deep: false, slices: 1, groups: ceilDiv(batch * m, 64), flops: batch * n * n * m,
    params: [batch * m, n, m, ab, bb, turned ? 1 : n, turned ? n : 1, down ? 1 : 0, flag(t, 'unit')]
  }]
}
