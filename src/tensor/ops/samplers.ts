/**
 * Draws that need rejection or counting, with parameters: rows of the op table.
 *
 * `key` may have leading axes; they come before the attribute `shape`, and parameters
 * broadcast against the result. Parameters may have leading axes of their own too, of
 * which an element of the key's draws knows nothing: a batch of parameters under one key
 * shares the underlying noise, a batch of keys gives independent draws.
 *
 * Gradients of the continuous ones are implicit (Figurnov, Mohamed, Mnih 2018): the
 * draw's cdf is held fixed while the parameter moves.
 *
 * @since 0.2.0
 */
import { samplers as draws } from '../../random/index.ts'
import type { Key } from '../../random/index.ts'
import * as B from '../build.ts'
import * as Ext from '../extent.ts'
import { node, shapeOf } from '../node.ts'
import type { Attrs, DType, Tensor, TensorType } from '../node.ts'
import { bad, broadcast, broadcastIndex, count, ok, shapeAttr, shapes, tabulate } from '../rule.ts'
import type { Typed } from '../rule.ts'
import type { BatchCall, Ref, Row } from '../table.ts'

const isKey = (t: TensorType): boolean => t.dtype === 'u32' && t.shape[t.shape.length - 1] === 2

const drawType = (op: string, dtype: DType) => ([key, ...parameters]: readonly TensorType[], attrs: Attrs): Typed => {
  const own = shapeAttr(attrs, 'shape')
  if (!isKey(key)) return bad(op, `${Ext.showShape(key.shape)} of ${key.dtype}`, 'a key: u32 with a last axis of 2', 'make one with Tensor.key or fold')
  const wrong = parameters.find((p) => p.dtype !== 'f32')
  if (wrong !== undefined) return bad(op, wrong.dtype, 'parameters of f32', 'cast them')
  const whole = parameters.reduce<TensorType['shape'] | undefined>((s, p) => s && broadcast(s, p.shape), [...key.shape.slice(0, -1), ...own])
  return whole !== undefined && own.every((e, i) => Ext.same(e, whole[whole.length - own.length + i]))
    ? ok(whole, dtype)
    : bad(op, shapes(parameters), `parameters that broadcast to draws of ${Ext.showShape([...key.shape.slice(0, -1), ...own])}`, 'give the draws the shape of the parameters')
}

/** Batching by alignment at the right, where the key's own axes stand before those of the draws. */
const batchDraws = ({ args, batched, original }: BatchCall): Tensor => {
  const own = (i: number): number => shapeOf(original.args[i]).length + (i === 0 ? shapeAttr(original.attrs, 'shape').length - 1 : 0)
  const rank = Math.max(...original.args.map((_, i) => own(i)))
  return node(original.op, args.map((a, i) => {
    const s = shapeOf(a)
    return batched[i] && own(i) < rank ? node('reshape', [a], { shape: [s[0], ...Array<number>(rank - own(i)).fill(1), ...s.slice(1)] }) : a
  }), original.attrs)
}

const draw = (
  doc: string, op: string, dtype: DType, arity: number,
  sampler: (...parameters: number[]) => (key: Key) => (element: number) => number,
  slope?: (parameter: Tensor, drawn: Tensor) => Tensor
): Row => ({
  kind: 'random',
  arity,
  attrs: ['shape'],
  doc,
  type: drawType(op, dtype),
  vjp: (t, ct) => [null, ...t.args.slice(1).map((a) => (slope === undefined ? null : B.sumTo(B.mul(ct, slope(a, t)), shapeOf(a))))],
  batch: batchDraws,
  f64: ([key, ...parameters], attrs, type): Ref => {
    const own = count(attrs['shape'] as readonly number[]), rank = type.shape.length
    const lead = rank - (attrs['shape'] as readonly number[]).length
    const kt = broadcastIndex(key.shape.slice(0, -1), lead), pt = parameters.map((p) => broadcastIndex(p.shape, rank))
    return tabulate(type.shape, (ix, i) => {
      const k = kt(ix)
      return sampler(...parameters.map((p, j) => p.data[pt[j](ix)]))([key.data[2 * k], key.data[2 * k + 1]])(i % own)
    })
  }
})

export type SamplerName = 'randomLogGamma' | 'randomVonMises' | 'randomPoisson' | 'randomBinomial'

export const samplers: Record<SamplerName, Row> = {
  randomLogGamma: draw('logs of Gamma(alpha, 1) draws', 'randomLogGamma', 'f32', 2, draws.logGamma, (alpha, t) => B.logGammaGrad(alpha, t)),
  randomVonMises: draw('von Mises draws about 0, in (-pi, pi)', 'randomVonMises', 'f32', 2, draws.vonMises, (kappa, t) => B.vonMisesGrad(kappa, t)),
  randomPoisson: draw('Poisson counts', 'randomPoisson', 'i32', 2, draws.poisson),
  randomBinomial: draw('binomial counts of n trials', 'randomBinomial', 'i32', 3, draws.binomial)
}
