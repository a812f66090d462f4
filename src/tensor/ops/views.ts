/**
 * Views: ops that only say where an element comes from. The compiler turns them into
 * index arithmetic of whatever reads them.
 *
 * @since 0.1.0
 */
import * as Ext from '../extent.ts'
import type { Extent } from '../extent.ts'
import * as B from '../build.ts'
import { node, shapeOf } from '../node.ts'
import type { Tensor } from '../node.ts'
import { bad, broadcast, broadcastIndex, lead, normalAxes, num, nums, ok, shapeAttr, shapes, strides, tabulate } from '../rule.ts'
import type { BatchCall, Row } from '../table.ts'

const whole = (x: unknown): readonly number[] => x as readonly number[]
const zeros = (n: number): readonly number[] => Array<number>(n).fill(0)

const sliceExtent = (start: Extent, stop: Extent, step: number): Extent => {
  const span = Ext.sub(stop, start)
  return step === 1 ? span : Ext.floorDiv(Ext.add(span, step - 1), step)
}

const withLead = (f: (size: Extent, original: Tensor, arg: Tensor) => Tensor) => (c: BatchCall): Tensor => f(c.size, c.original, c.args[0])

export const views: Record<'reshape' | 'broadcastTo' | 'transpose' | 'slice' | 'pad' | 'flip' | 'concat', Row> = {
  reshape: {
    kind: 'view',
    attrs: ['shape'],
    doc: 'the same elements in C order under another shape',
    type: ([x], attrs) => {
      const shape = shapeAttr(attrs, 'shape')
      return Ext.same(Ext.size(x.shape), Ext.size(shape))
        ? ok(shape, x.dtype)
        : bad('reshape', Ext.showShape(x.shape), `${Ext.show(Ext.size(x.shape))} elements, not ${Ext.showShape(shape)} with ${Ext.show(Ext.size(shape))}`, 'give a shape with as many elements')
    },
    vjp: (t, ct) => [B.reshape(ct, shapeOf(t.args[0]))],
    batch: withLead((n, o, x) => node('reshape', [x], { shape: [n, ...shapeAttr(o.attrs, 'shape')] })),
    f64: ([x], attrs) => ({ shape: whole(attrs['shape']), data: x.data })
  },
  broadcastTo: {
    kind: 'view',
    attrs: ['shape'],
    doc: 'repeated along axes of length 1 and new leading axes',
    type: ([x], attrs) => {
      const shape = shapeAttr(attrs, 'shape')
      const both = broadcast(x.shape, shape)
      return both !== undefined && Ext.sameShape(both, shape)
        ? ok(shape, x.dtype)
        : bad('broadcastTo', Ext.showShape(x.shape), `a shape that broadcasts to ${Ext.showShape(shape)}`, 'extents must be equal or 1, aligned at the right')
    },
    vjp: (t, ct) => [B.sumTo(ct, shapeOf(t.args[0]))],
    batch: withLead((n, o, x) => {
      const to = shapeAttr(o.attrs, 'shape')
      const from = shapeOf(x).slice(1)
      return node('broadcastTo', [B.reshape(x, [n, ...zeros(to.length - from.length).map(() => 1), ...from])], { shape: [n, ...to] })
    }),
    f64: ([x], attrs) => {
      const shape = whole(attrs['shape'])
      const at = broadcastIndex(x.shape, shape.length)
      return tabulate(shape, (ix) => x.data[at(ix)])
    }
  },
  transpose: {
    kind: 'view',
    attrs: ['perm'],
    doc: 'axes in another order',
    type: ([x], attrs) => {
      const perm = nums(attrs, 'perm')
      return perm.length === x.shape.length && normalAxes(perm, perm.length) !== undefined && perm.every((p) => p >= 0)
        ? ok(perm.map((p) => x.shape[p]), x.dtype)
        : bad('transpose', `axes [${perm.join(', ')}] of ${Ext.showShape(x.shape)}`, 'every axis once', 'name each axis of the tensor exactly once, counted from 0')
    },
    vjp: (t, ct) => {
      const perm = nums(t.attrs, 'perm')
      return [B.transpose(ct, perm.map((_, i) => perm.indexOf(i)))]
    },
    batch: withLead((_n, o, x) => B.transpose(x, [0, ...nums(o.attrs, 'perm').map((p) => p + 1)])),
    f64: ([x], attrs) => {
      const perm = nums(attrs, 'perm')
      const st = strides(x.shape)
      return tabulate(perm.map((p) => x.shape[p]), (ix) => x.data[perm.reduce((k, p, i) => k + ix[i] * st[p], 0)])
    }
  },
  slice: {
    kind: 'view',
    attrs: ['start', 'stop', 'step'],
    doc: 'elements start, start + step, ... below stop of each axis',
    type: ([x], attrs) => {
      const start = shapeAttr(attrs, 'start'), stop = shapeAttr(attrs, 'stop'), step = nums(attrs, 'step')
      const fits = start.length === x.shape.length && stop.length === x.shape.length && x.shape.every((e, i) => {
        const a = start[i], b = stop[i]
        return step[i] >= 1 && !(typeof a === 'number' && a < 0) && !(typeof a === 'number' && typeof b === 'number' && b < a) &&
          !(typeof b === 'number' && typeof e === 'number' && b > e)
      })
      return fits
        ? ok(x.shape.map((_, i) => sliceExtent(start[i], stop[i], step[i])), x.dtype)
        : bad('slice', `${Ext.showShape(start)} to ${Ext.showShape(stop)} by [${step.join(', ')}] of ${Ext.showShape(x.shape)}`, 'for each axis 0 <= start <= stop <= extent and step >= 1', 'use flip for negative steps')
    },
    vjp: (t, ct) => {
      const x = shapeOf(t.args[0]), start = shapeAttr(t.attrs, 'start'), step = nums(t.attrs, 'step')
      const out = shapeOf(t)
      const spaced = step.every((s) => s === 1) ? ct : dilate(ct, step)
      const wide = out.map((e, i) => (step[i] === 1 ? e : Ext.mul(e, step[i])))
      // A dilated block may overhang the axis by less than a step: cut (an unknown extent after its last element), then pad.
      const room = x.map((e, i) => Ext.sub(e, start[i]))
      const cut = wide.map((w, i) =>
        typeof w === 'number' && typeof room[i] === 'number' ? Math.min(w, room[i]) : step[i] === 1 ? w : Ext.add(Ext.mul(Ext.sub(out[i], 1), step[i]), 1))
      const kept = cut.every((c, i) => c === wide[i]) ? spaced : B.slice(spaced, x.map(() => 0), cut)
      return [B.pad(kept, start, room.map((r, i) => Ext.sub(r, cut[i])))]
    },
    batch: withLead((n, o, x) => B.slice(x, [0, ...shapeAttr(o.attrs, 'start')], [n, ...shapeAttr(o.attrs, 'stop')], [1, ...nums(o.attrs, 'step')])),
    f64: ([x], attrs, type) => {
      const start = nums(attrs, 'start'), step = nums(attrs, 'step'), st = strides(x.shape)
      return tabulate(type.shape, (ix) => x.data[ix.reduce((k, c, d) => k + (start[d] + c * step[d]) * st[d], 0)])
    }
  },
  pad: {
    kind: 'view',
    attrs: ['lo', 'hi', 'value'],
    doc: 'a constant around the tensor',
    type: ([x], attrs) => {
      const lo = shapeAttr(attrs, 'lo'), hi = shapeAttr(attrs, 'hi')
      return lo.length === x.shape.length && hi.length === x.shape.length && [...lo, ...hi].every((e) => !(typeof e === 'number' && e < 0))
        ? ok(x.shape.map((e, i) => Ext.add(Ext.add(e, lo[i]), hi[i])), x.dtype)
        : bad('pad', `${Ext.showShape(lo)} and ${Ext.showShape(hi)} around ${Ext.showShape(x.shape)}`, 'a number of elements, not negative, before and after each axis', 'use slice to cut')
    },
    vjp: (t, ct) => {
      const x = shapeOf(t.args[0]), lo = shapeAttr(t.attrs, 'lo')
      return [B.slice(ct, lo, x.map((e, i) => Ext.add(e, lo[i])))]
    },
    batch: withLead((_n, o, x) => B.pad(x, [0, ...shapeAttr(o.attrs, 'lo')], [0, ...shapeAttr(o.attrs, 'hi')], num(o.attrs, 'value'))),
    f64: ([x], attrs, type) => {
      const lo = nums(attrs, 'lo'), st = strides(x.shape)
      return tabulate(type.shape, (ix) =>
        ix.every((c, d) => c >= lo[d] && c < lo[d] + x.shape[d]) ? x.data[ix.reduce((k, c, d) => k + (c - lo[d]) * st[d], 0)] : num(attrs, 'value'))
    }
  },
  flip: {
    kind: 'view',
    attrs: ['axes'],
    doc: 'axes run backwards',
    type: ([x], attrs) =>
      normalAxes(nums(attrs, 'axes'), x.shape.length) !== undefined
        ? ok(x.shape, x.dtype)
        : bad('flip', `axes [${nums(attrs, 'axes').join(', ')}] of ${Ext.showShape(x.shape)}`, 'axes of the tensor, each once', 'count axes from 0'),
    vjp: (t, ct) => [B.flip(ct, nums(t.attrs, 'axes'))],
    batch: withLead((_n, o, x) => B.flip(x, (normalAxes(nums(o.attrs, 'axes'), shapeOf(o).length) ?? []).map((a) => a + 1))),
    f64: ([x], attrs) => {
      const axes = normalAxes(nums(attrs, 'axes'), x.shape.length) ?? [], st = strides(x.shape)
      return tabulate(x.shape, (ix) => x.data[ix.reduce((k, c, d) => k + (axes.includes(d) ? x.shape[d] - 1 - c : c) * st[d], 0)])
    }
  },
  concat: {
    kind: 'view',
    arity: 'several',
    attrs: ['axis'],
    doc: 'one after another along an axis',
    type: (args, attrs) => {
      const axis = num(attrs, 'axis'), [first] = args
      const fits = args.every((a) => a.dtype === first.dtype && a.shape.length === first.shape.length &&
        a.shape.every((e, i) => i === axis || Ext.same(e, first.shape[i]))) && axis >= 0 && axis < first.shape.length
      return fits
        ? ok(first.shape.map((e, i) => (i === axis ? args.reduce<Extent>((n, a) => Ext.add(n, a.shape[i]), 0) : e)), first.dtype)
        : bad('concat', shapes(args), `one dtype and equal extents on all axes but ${axis}`, 'reshape or cast the parts that differ')
    },
    vjp: (t, ct) => {
      const axis = num(t.attrs, 'axis')
      let at: Extent = 0
      return t.args.map((a) => {
        const from = at
        at = Ext.add(at, shapeOf(a)[axis])
        return B.sliceAxis(ct, axis, from, at)
      })
    },
    batch: ({ args, batched, original, size }) =>
      node('concat', args.map((a, i) => lead(a, batched[i], size)), { axis: num(original.attrs, 'axis') + 1 }),
    f64: (args, attrs, type) => {
      const axis = num(attrs, 'axis'), st = args.map((a) => strides(a.shape))
      return tabulate(type.shape, (ix) => {
        let c = ix[axis], k = 0
        while (c >= args[k].shape[axis]) c -= args[k++].shape[axis]
        return args[k].data[ix.reduce((n, x, d) => n + (d === axis ? c : x) * st[k][d], 0)]
      })
    }
  }
}

/** Zeros between elements: element i goes to i * step, blocks of `step` long. */
const dilate = (t: Tensor, step: readonly number[]): Tensor => {
  const s = shapeOf(t)
  const split = B.reshape(t, s.flatMap((e) => [e, 1]))
  const filled = B.pad(split, s.flatMap(() => [0, 0]), step.flatMap((k) => [0, k - 1]))
  return B.reshape(filled, s.map((e, i) => Ext.mul(e, step[i])))
}

