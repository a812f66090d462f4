/**
 * Running sums along long axes: the sums of chunks, their running sums (by chunks again
 * where there are many), and from these each chunk by an invocation of its own, so that a
 * line fills a machine and no term is added to a sum of all before it.
 *
 * Law: the values are those of `cumsum`, for whole numbers to the bit.
 */
import * as B from '../tensor/build.ts'
import type { Tensor } from '../tensor/node.ts'
import { dtypeOf, node } from '../tensor/node.ts'
import { flag } from './calls/call.ts'
import { linesOf } from './calls/lines.ts'
import { ceilDiv, elements, whole } from './extents.ts'
import type { Target } from './program.ts'
import { merged, rewriteStages, stage } from './stage.ts'

/** Elements of a chunk; the kernel's blocks are as long. */
const CHUNK = 128

/** Lines that occupy a machine (on a CPU a subgroup's lanes, all of which a load takes as long as one): with more, each is walked in one go, half the reads. */
const LINES = { software: 8, gpu: 16_384 } as const

const running = (target: Target, t: Tensor): Tensor => {
  const [a] = t.args, shape = whole(t), axis = t.attrs['axis'] as number, [lines, n, inner] = linesOf(shape, axis)
  if (n <= 2 * CHUNK || lines >= LINES[target.kind] || elements(t) === 0) return t
  const chunks = ceilDiv(n, CHUNK), rest = (at: number): readonly number[] => shape.map((_, d) => (d === axis ? at : 0))
  const even = B.pad(a, rest(0), rest(chunks * CHUNK - n)), cut = B.reshape(even, [...shape.slice(0, axis), chunks, CHUNK, ...shape.slice(axis + 1)])
  const starts = running(target, node('cumsum', [B.sum(cut, [axis + 1])], { axis, exclusive: true, reverse: t.attrs['reverse'] === true }))
  const total = lines * chunks
  return {
    ...stage([a, starts], shape, {
      kernel: 'cumsum_chunks', knobs: { WHOLE: dtypeOf(t) === 'f32' ? 0 : 1 }, params: [total, n, inner, CHUNK, chunks, flag(t, 'reverse'), flag(t, 'exclusive')],
      groups: ceilDiv(total, 64), slices: 1, closed: true, flops: 2 * elements(t)
    }),
    type: t.type
  }
}

/** Puts stages in place of running sums along long axes of few lines. */
export const inChunks = (target: Target) => (outputs: readonly Tensor[]): readonly Tensor[] => {
  const now = rewriteStages((t) => (t.op === 'cumsum' ? running(target, t) : t))(outputs)
  return now.every((t, i) => t === outputs[i]) ? outputs : merged(now)
}
