/**
 * Order in stages: long axes are sorted in blocks whose runs are merged two by two, n log n
 * comparisons of n log n steps that no workgroup waits for; and on a GPU sums scattered by
 * many indices become sums of runs of the sorted indices.
 *
 * Laws: positions sort as `argsort` does, equals in their old order; a sum of a run adds in
 * the order of the indices, so it has the bits of `scatterAdd`.
 */
import { E } from '../fp.ts'
import * as B from '../tensor/build.ts'
import type { Tensor } from '../tensor/node.ts'
import { dtypeOf, node } from '../tensor/node.ts'
import { flipOf, keyKind, linesOf, scattered } from './calls/lines.ts'
import { elements, size, whole } from './extents.ts'
import type { Target } from './program.ts'
import { merged, rewriteStages, stage } from './stage.ts'

/** Elements of a block, each of which is compared to all others of it. */
const BLOCK = 64
/** More indices than every invocation of a GPU walks through. */
const WALKED = 4096

/** Positions that sort an axis: blocks, then runs of twice the length until one is left. */
const sorted = (t: Tensor): Tensor => {
  const [a] = t.args, shape = whole(t), [lines, n, inner] = linesOf(shape, t.attrs['axis'] as number)
  const passed = (kernel: string, args: readonly Tensor[], run: number): Tensor => ({
    ...stage(args, shape, {
      kernel, params: [lines, n, inner, flipOf(t), run], knobs: { KIND: keyKind(a) }, groups: Math.ceil(size(shape) / 64), slices: 1, closed: true,
      flops: size(shape) * (args.length === 1 ? run : Math.ceil(Math.log2(run)))
    }),
    type: E.right({ shape, dtype: 'i32' as const })
  })
  let order = passed('argsort_rank', [a], BLOCK)
  for (let run = BLOCK; run < n; run *= 2) order = passed('argsort_merge', [a, order], run)
  return order
}

/** A scattered sum as sums of runs: those of a row lie side by side once the indices are sorted. */
const runs = (t: Tensor): Tensor => {
  const [v, ix] = t.args, { outer, lines, rows, count, inner } = scattered(t), batch = lines / outer
  const flat = B.reshape(ix, [batch, count]), order = sorted(node('argsort', [flat], { axis: 1, descending: false }))
  const keys = node('take', [flat, order], { axis: 1, batchDims: 1 }), rowsOf = B.broadcastTo(B.iota([rows + 1], 0, dtypeOf(ix)), [batch, rows + 1])
  const bounds = node('searchsorted', [keys, rowsOf], { batchDims: 1, right: false })
  return stage([v, order, bounds], whole(t), {
    kernel: 'segment_sum', params: [elements(t), outer, rows, count, inner], groups: Math.ceil(elements(t) / 64), slices: 1, flops: elements(v)
  })
}

const renewed = (target: Target) => (t: Tensor): Tensor =>
  t.op === 'argsort' && whole(t)[t.attrs['axis'] as number] > BLOCK && elements(t) > 0 ? sorted(t)
  : t.op === 'scatterAdd' && target.kind === 'gpu' && scattered(t).count > WALKED && elements(t) > 0 ? runs(t)
  : t

/** Puts stages in place of long sorts, and on a GPU of sums scattered by many indices. */
export const ordered = (target: Target) => (outputs: readonly Tensor[]): readonly Tensor[] => {
  const now = rewriteStages(renewed(target))(outputs)
  return now.every((t, i) => t === outputs[i]) ? outputs : merged(now)
}
