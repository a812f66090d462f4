/** Pools by windows and by bins against loops on drawn shapes; laws between them. */
import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import * as Layer from '../../../src/layer/index.ts'
import * as Tensor from '../../../src/tensor/index.ts'
import { drawn, after, pooled } from './loops.ts'
import type { Drawn } from './loops.ts'
import { built, checked, distinct, evaluate, same, tabulated, indices, at } from './tools.ts'
import type { HostArray } from './tools.ts'

type Make = (config: never) => Layer.Layer
const layer = (name: string, config: object): Layer.Layer => ((Layer as unknown as Record<string, Make>)[name])(config as never)
const RUNS = { numRuns: 40 }

/** A window with padding below its size, which is what a pool takes. */
const window = (dims: number): fc.Arbitrary<Drawn> =>
  drawn(dims, 1).map((w) => ({ ...w, padding: w.padding.map(([lo, hi], d) => [Math.min(lo, w.size[d] - 1), Math.min(hi, w.size[d] - 1)] as const), axes: w.axes.map((n, d) => Math.max(n, w.size[d])) }))

const values = (w: Drawn, channels = 2): HostArray => distinct([w.batch, channels, ...w.axes], 1)
const input = (w: Drawn): readonly (number | null)[] => [2, ...w.axes.map((n) => (w.open ? null : n))]
const mean = (vs: readonly number[]): number => vs.reduce((a, b) => a + b, 0) / vs.length

describe.each([1, 2, 3])('windows over %i axes', (dims) => {
  it('the largest of each', () => fc.assert(fc.property(window(dims), (w) => {
    const x = values(w)
    same(checked(built(layer(`maxPool${dims}d`, { size: w.size, stride: w.stride, padding: w.padding }), input(w)), { x }), pooled(x, w, after(w.axes, w), (vs) => Math.max(...vs)))
  }), RUNS))

  it('the mean of each, with padding as zeros or without it', () => fc.assert(fc.property(window(dims), fc.boolean(), (w, countPadding) => {
    const x = values(w), area = w.size.reduce((a, b) => a * b, 1)
    same(checked(built(layer(`avgPool${dims}d`, { size: w.size, stride: w.stride, padding: w.padding, countPadding }), input(w)), { x }),
      pooled(x, w, after(w.axes, w), (vs) => (countPadding ? (mean(vs) * vs.length) / area : mean(vs))))
  }), RUNS))

  it('without ignoreBorder every element is in a window where windows touch, and each window begins inside', () => fc.assert(fc.property(
    window(dims), fc.constantFrom('max', 'avg'), fc.boolean(), (w, kind, countPadding) => {
      // Counted one by one: windows are added until they cover the input, while they begin before its end.
      const windows = w.axes.map((n, d) => {
        const [lo, hi] = w.padding[d]
        let count = 1
        while ((count - 1) * w.stride[d] + w.size[d] < n + lo + hi && count * w.stride[d] < n + lo) count++
        return count
      })
      const x = values(w)
      const y = built(layer(`${kind}Pool${dims}d`, { size: w.size, stride: w.stride, padding: w.padding, ignoreBorder: false, ...(kind === 'avg' ? { countPadding } : {}) }), [2, ...w.axes])
      // Padding counts, what lies beyond it doesn't.
      const counted = (o: readonly number[]): number => o.reduce((area, i, d) =>
        area * (Math.min(i * w.stride[d] - w.padding[d][0] + w.size[d], w.axes[d] + w.padding[d][1]) - i * w.stride[d] + w.padding[d][0]), 1)
      same(checked(y, { x }), pooled(x, w, windows, (vs, o) => (kind === 'max' ? Math.max(...vs) : countPadding ? (mean(vs) * vs.length) / counted(o) : mean(vs))))
    }), RUNS))
})

describe('windows', () => {
  it('the stride is the window where it is not given', () => {
    const x = distinct([1, 2, 6, 7], 1)
    same(evaluate({ x }, [built(Layer.maxPool2d({ size: [2, 3] }), [2, 6, 7])])[0], pooled(x, { size: [2, 3], stride: [2, 3], dilation: [1, 1], padding: [[0, 0], [0, 0]] }, [3, 2], (vs) => Math.max(...vs)))
  })
  it('ignoreBorder as in the original: ceil(i / s) windows of a stride as wide as they, else max(0, ceil((i - k) / s)) + 1', () => fc.assert(fc.property(
    fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }), (n, size, stride) => {
      const y = built(Layer.maxPool1d({ size, stride, ignoreBorder: false }), [1, n])
      expect(Tensor.shape(y)[2]).toBe(stride >= size ? Math.ceil(n / stride) : Math.max(0, Math.ceil((n - size) / stride)) + 1)
    })))
})

/** Bins of an axis, as documented. */
const bins = (n: number, o: number): readonly (readonly [number, number])[] =>
  Array.from({ length: o }, (_, i) => [Math.floor((i * n) / o), Math.ceil(((i + 1) * n) / o)])

const binned = (x: HostArray, sizes: readonly number[], f: (values: readonly number[]) => number): HostArray =>
  tabulated([x.shape[0], x.shape[1], ...sizes], ([n, c, ...o]) => {
    const ends = o.map((i, d) => bins(x.shape[d + 2], sizes[d])[i])
    return f(indices(ends.map(([from, to]) => to - from)).map((k) => at(x, [n, c, ...k.map((i, d) => ends[d][0] + i)]) as number))
  })

const rules = { mean, max: (vs: readonly number[]): number => Math.max(...vs), sum: (vs: readonly number[]): number => vs.reduce((a, b) => a + b, 0) }
const extents = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 3 })

describe('bins', () => {
  it('adaptive: of one to more bins than elements, an axis kept by null', () => fc.assert(fc.property(
    fc.integer({ min: 0, max: 2 }), extents, fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 3, maxLength: 3 }), fc.integer({ min: 0, max: 6 }), fc.constantFrom('mean' as const, 'max' as const),
    (batch, axes, sizes, kept, mode) => {
      const x = distinct([batch, 2, ...axes], 2), size = axes.map((_, d) => (d === kept ? null : sizes[d]))
      const y = built(Layer.adaptivePool({ size, mode }), [2, ...axes.map((n, d) => (d === kept ? null : n))])
      same(checked(y, { x }), binned(x, axes.map((n, d) => size[d] ?? n), rules[mode]))
    }), RUNS))

  it('global: one bin, also for open extents and any function', () => fc.assert(fc.property(
    fc.integer({ min: 0, max: 2 }), extents, fc.constantFrom('mean' as const, 'max' as const, 'sum' as const), fc.boolean(), (batch, axes, mode, open) => {
      const x = distinct([batch, 2, ...axes], 2), want = binned(x, axes.map(() => 1), rules[mode])
      same(checked(built(Layer.globalPool({ mode }), [2, ...axes.map((n) => (open ? null : n))]), { x }), { shape: [batch, 2], data: want.data })
      const own = built(Layer.globalPool({ mode: Tensor.max({ axes: [2] }) }), [2, ...axes])
      same(checked(own, { x }), { shape: [batch, 2], data: binned(x, axes.map(() => 1), rules.max).data })
    }), RUNS))

  it('pyramid: the bins of each level side by side', () => fc.assert(fc.property(
    fc.integer({ min: 0, max: 2 }), extents, fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 }), fc.constantFrom('mean' as const, 'max' as const), (batch, axes, levels, mode) => {
      const x = distinct([batch, 2, ...axes], 2), parts = levels.map((d) => binned(x, axes.map(() => d), rules[mode]))
      const per = levels.map((d) => d ** axes.length), total = per.reduce((a, b) => a + b, 0)
      const want = tabulated([batch, 2, total], ([n, c, i]) => {
        let level = 0, k = i
        while (k >= per[level]) k -= per[level++]
        return parts[level].data[(n * 2 + c) * per[level] + k]
      })
      same(checked(built(Layer.spatialPyramidPool({ levels, mode }), [2, ...axes]), { x }), want)
    }), RUNS))

  it('defaults: the mean of all, four, two and one bins of maxima', () => {
    const x = distinct([1, 1, 5, 6], 3)
    same(evaluate({ x }, [built(Layer.globalPool(), [1, 5, 6])])[0], { shape: [1, 1], data: Float64Array.of(mean([...x.data])) })
    expect(Tensor.shape(built(Layer.spatialPyramidPool(), [1, 5, 6])).slice(1)).toEqual([1, 21])
    same(evaluate({ x }, [built(Layer.adaptivePool({ size: 2 }), [1, 5, 6])])[0], binned(x, [2, 2], mean))
  })
})
