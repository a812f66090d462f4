/**
 * Graphs cut along an axis that a counter makes: draws are numbered by one vector 0, 1, ...,
 * and where each is computed apart from the others a graph for some of them is the same
 * graph with a shorter counter.
 *
 * Law: the outputs for numbers from..from + n are those slices of the whole, along the axes told.
 *
 * @since 0.3.0
 */
import { E } from '../fp.ts'
import * as B from './build.ts'
import * as Ext from './extent.ts'
import type { Shape } from './extent.ts'
import type { Attrs, Tensor } from './node.ts'
import { rebuild, shapeOf, topo } from './node.ts'
import { axesAlong } from './rows.ts'
import { shapeAttr } from './rule.ts'

/** A way to cut outputs: their axes, and the outputs for `n` numbers from a first one (u32). */
export interface Cut {
  readonly length: number
  readonly axes: readonly number[]
  readonly piece: (first: Tensor, n: number) => readonly Tensor[]
}

const isCounter = (t: Tensor): boolean => t.op === 'iota' && t.attrs['dtype'] === 'u32' && E.isRight(t.type) && shapeOf(t).length === 1 && typeof shapeOf(t)[0] === 'number'

const at = (s: Shape, axis: number, n: number): Shape => s.map((e, i) => (i === axis ? n : e))

/** Attributes of a node that say its length along an axis. */
const shortened = (t: Tensor, axis: number, n: number): Attrs =>
  t.op === 'reshape' || t.op === 'broadcastTo' ? { ...t.attrs, shape: at(shapeAttr(t.attrs, 'shape'), axis, n) }
    : t.op === 'slice' ? { ...t.attrs, stop: at(shapeAttr(t.attrs, 'stop'), axis, n) }
      : t.attrs

/** The ways to cut outputs along counters, the longest first. */
export const cuts = (outputs: readonly Tensor[]): readonly Cut[] => {
  const order = topo(outputs), counters = order.filter(isCounter)
  const lengths = [...new Set(counters.map((t) => shapeOf(t)[0] as number))].filter((n) => n > 1).sort((a, b) => b - a)
  return lengths.flatMap((length): readonly Cut[] => {
    const own = new Set(counters.filter((t) => shapeOf(t)[0] === length))
    const found = axesAlong(own)(order), axis = new Map(order.map((t, i) => [t, found[i]]))
    const axes = outputs.map((t) => axis.get(t))
    const piece = (first: Tensor, n: number): readonly Tensor[] => {
      const memo = new Map<Tensor, Tensor>()
      for (const t of order) {
        const a = axis.get(t)
        memo.set(t, typeof a !== 'number' ? t : own.has(t) ? B.add(B.iota([n], 0, 'u32'), first) : rebuild(t, t.args.map((x) => memo.get(x) as Tensor), shortened(t, a, n)))
      }
      return outputs.map((t) => memo.get(t) as Tensor)
    }
    if (!axes.every((a) => typeof a === 'number')) return []
    // What else would say the length (the body of a loop, say) shows in a piece that is no tensor, or of another shape.
    const fits = piece(B.scalar(0, 'u32'), 1).every((t, i) => E.isRight(t.type) && Ext.sameShape(shapeOf(t), at(shapeOf(outputs[i]), axes[i] as number, 1)))
    return fits ? [{ length, axes: axes as readonly number[], piece }] : []
  })
}
