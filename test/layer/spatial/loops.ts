/**
 * Convolutions, transposed convolutions, local connections and pools as loops over
 * indices: what the layers must be equal to, on one, two or three axes.
 */
import fc from 'fast-check'
import type { HostArray } from './tools.ts'
import { at, indices, product, tabulated } from './tools.ts'

export type Ends = readonly [number, number]

/** A window with all its numbers, one an axis. */
export interface Window {
  readonly size: readonly number[]
  readonly stride: readonly number[]
  readonly padding: readonly Ends[]
  readonly dilation: readonly number[]
}

/** A window on an input. */
export interface Drawn extends Window {
  readonly batch: number
  readonly axes: readonly number[]
  /** Whether the input's extents are left open until it has values. */
  readonly open: boolean
}

/** A window that fits an input: empty batches, axes of one element, odd strides and paddings among them. */
export const drawn = (dims: number, dilations = 2): fc.Arbitrary<Drawn> =>
  fc.record({
    batch: fc.integer({ min: 0, max: 2 }),
    open: fc.boolean(),
    axis: fc.array(fc.record({
      k: fc.integer({ min: 1, max: 3 }), s: fc.integer({ min: 1, max: 3 }), d: fc.integer({ min: 1, max: dilations }),
      lo: fc.integer({ min: 0, max: 2 }), hi: fc.integer({ min: 0, max: 2 }), more: fc.integer({ min: 0, max: 3 })
    }), { minLength: dims, maxLength: dims })
  }).map(({ batch, open, axis }) => ({
    batch, open, size: axis.map((a) => a.k), stride: axis.map((a) => a.s), dilation: axis.map((a) => a.d), padding: axis.map((a): Ends => [a.lo, a.hi]),
    axes: axis.map((a) => Math.max(1, a.d * (a.k - 1) + 1 - a.lo - a.hi) + a.more)
  }))

/** Extents after the window, as documented. */
export const after = (axes: readonly number[], w: Window): readonly number[] =>
  axes.map((n, d) => Math.floor((n + w.padding[d][0] + w.padding[d][1] - w.dilation[d] * (w.size[d] - 1) - 1) / w.stride[d]) + 1)

const place = (o: readonly number[], k: readonly number[], w: Window): readonly number[] =>
  o.map((i, d) => i * w.stride[d] - w.padding[d][0] + k[d] * w.dilation[d])

const turned = (k: readonly number[], w: Window, flip: boolean): readonly number[] => (flip ? k.map((i, d) => w.size[d] - 1 - i) : k)

/** y[n, f, o] = sum over c, k of weights(f, c, k, o) x[n, c, place]; channels of f's group. */
export const slide = (x: HostArray, w: Window, filters: number, groups: number, weight: (f: number, c: number, k: readonly number[], o: readonly number[]) => number): HostArray => {
  const per = x.shape[1] / groups, ks = indices(w.size)
  return tabulated([x.shape[0], filters, ...after(x.shape.slice(2), w)], ([n, f, ...o]) => {
    let sum = 0
    for (let c = 0; c < per; c++) for (const k of ks) {
      const v = at(x, [n, Math.floor((f * groups) / filters) * per + c, ...place(o, k, w)])
      if (v !== undefined) sum += v * weight(f, c, k, o)
    }
    return sum
  })
}

export const convolved = (x: HostArray, W: HostArray, w: Window, groups: number, flip: boolean): HostArray =>
  slide(x, w, W.shape[0], groups, (f, c, k) => at(W, [f, c, ...turned(k, w, flip)]) as number)

/** Every element adds its kernel to the output. */
export const spread = (x: HostArray, W: HostArray, w: Window, groups: number, flip: boolean, axes: readonly number[]): HostArray => {
  const [n, c, ...small] = x.shape, per = W.shape[1], shape = [n, per * groups, ...axes]
  const data = new Float64Array(product(shape))
  for (const [i, j, ...o] of indices([n, c, ...small])) for (let f = 0; f < per; f++) for (const k of indices(w.size)) {
    const to = place(o, k, w)
    if (!to.every((p, d) => p >= 0 && p < axes[d])) continue
    const place0 = [i, Math.floor((j * groups) / c) * per + f, ...to].reduce((a, v, d) => a * shape[d] + v, 0)
    data[place0] += (at(x, [i, j, ...o]) as number) * (at(W, [j, f, ...turned(k, w, flip)]) as number)
  }
  return { shape, data }
}

/** What a window holds, without what is outside. */
export const held = (x: HostArray, w: Window, n: number, c: number, o: readonly number[]): readonly number[] =>
  indices(w.size).flatMap((k) => at(x, [n, c, ...place(o, k, w)]) ?? [])

/** Pools by a rule for what a window holds, on so many windows an axis. */
export const pooled = (x: HostArray, w: Window, axes: readonly number[], f: (values: readonly number[], o: readonly number[]) => number): HostArray =>
  tabulated([x.shape[0], x.shape[1], ...axes], ([n, c, ...o]) => f(held(x, w, n, c, o), o))
