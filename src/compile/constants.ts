/**
 * What is known of values when a step is compiled: nodes that are one number throughout,
 * scalars and reductions of constants, which are computed here.
 *
 * Law: what is computed here is the node's f64 meaning, rounded once; what isn't finite is
 * left to the device.
 */
import * as B from '../tensor/build.ts'
import type { Tensor } from '../tensor/node.ts'
import { dtypeOf, shapeOf, topo } from '../tensor/node.ts'
import { leafName } from '../tensor/ops/leaves.ts'
import { row } from '../tensor/table.ts'
import type { Ref } from '../tensor/table.ts'
import { elements, whole } from './extents.ts'

/** The number that every element of a node is, where its form tells. */
export const splat = (t: Tensor): number | undefined =>
  t.op === 'constant'
    ? t.attrs['data'] === undefined ? (t.attrs['value'] as number) : undefined
    : t.op === 'extent' ? (t.attrs['extent'] as number)
    : t.op === 'broadcastTo' || t.op === 'reshape' || t.op === 'transpose' || t.op === 'slice' || t.op === 'flip' ? splat(t.args[0])
    : undefined

/** Scalar elementwise nodes over constants are computed here, rounded as the device would. */
const foldScalar = (t: Tensor): Tensor | undefined => {
  const r = row(t.op)
  if (r.kind !== 'elementwise' || whole(t).length > 0 || dtypeOf(t) === 'bool') return undefined
  const values = t.args.map((a) => (whole(a).length === 0 ? splat(a) : undefined))
  if (values.some((v) => v === undefined)) return undefined
  const out = r.f64(values.map((v) => ({ shape: [], data: Float64Array.of(v as number) })), t.attrs, { shape: [], dtype: dtypeOf(t) }).data[0]
  return Number.isFinite(out) ? B.scalar(dtypeOf(t) === 'f32' ? Math.fround(out) : out, dtypeOf(t)) : undefined
}

/** Results and operands of a reduction that is worked out on the host, at most. */
const MOST_RESULTS = 4096
const MOST_OPERANDS = 2 ** 18

/** Reductions of what is known here (masks, counts, tables) are computed here. */
const foldReduction = (isKnown: (t: Tensor) => boolean, values: WeakMap<Tensor, Ref>) => (t: Tensor): Tensor | undefined => {
  if (row(t.op).kind !== 'reduction' || dtypeOf(t) === 'bool' || dtypeOf(t) === 'u8' || elements(t) > MOST_RESULTS || elements(t.args[0]) > MOST_OPERANDS || !isKnown(t)) return undefined
  const parts = topo([t])
  if (parts.some((x) => elements(x) > MOST_OPERANDS)) return undefined
  for (const x of parts) {
    if (!values.has(x)) values.set(x, row(x.op).f64(x.args.map((a) => values.get(a) as Ref), x.attrs, { shape: whole(x), dtype: dtypeOf(x) }))
  }
  const { data } = values.get(t) as Ref, dtype = dtypeOf(t)
  if (!data.every(Number.isFinite)) return undefined
  return B.array(dtype === 'f32' ? Float32Array.from(data) : dtype === 'i32' ? Int32Array.from(data) : Uint32Array.from(data), shapeOf(t), dtype)
}

/** Does a node depend on constants alone? Remembered for all nodes of one compilation. */
const knownNodes = (): ((t: Tensor) => boolean) => {
  const memo = new WeakMap<Tensor, boolean>()
  return (t) => {
    const stack = [t]
    while (stack.length > 0) {
      const x = stack[stack.length - 1], open = x.args.filter((a) => !memo.has(a))
      if (open.length > 0) stack.push(...open)
      else {
        memo.set(x, leafName(x) === undefined && row(x.op).kind !== 'random' && x.args.every((a) => memo.get(a) === true))
        stack.pop()
      }
    }
    return memo.get(t) === true
  }
}

/** What a node of constants is, for all nodes of one compilation; undefined where it is left to the device. */
export const folding = (): ((t: Tensor) => Tensor | undefined) => {
  const fold = foldReduction(knownNodes(), new WeakMap())
  return (t) => foldScalar(t) ?? fold(t)
}
