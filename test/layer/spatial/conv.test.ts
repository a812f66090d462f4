/** Convolutions, also depthwise, separable, transposed and local, against loops on drawn shapes; laws between them. */
import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import * as Layer from '../../../src/layer/index.ts'
import { evaluate } from './tools.ts'
import type { HostArray } from './tools.ts'
import { array, at, built, checked, product, same, tabulated } from './tools.ts'
import { after, convolved, drawn, slide, spread } from './loops.ts'
import type { Drawn } from './loops.ts'

type Make = (config: never) => Layer.Layer
const layer = (name: string, config: object): Layer.Layer => ((Layer as unknown as Record<string, Make>)[name])(config as never)
const RUNS = { numRuns: 40 }

/** The window's numbers in the forms that a user may give: one number where all are equal. */
const forms = (w: Drawn): object => {
  const short = (ns: readonly number[]): number | readonly number[] => (new Set(ns).size === 1 ? ns[0] : ns)
  const even = w.padding.every(([lo, hi]) => lo === hi)
  return { size: short(w.size), stride: short(w.stride), dilation: short(w.dilation), padding: even ? short(w.padding.map((p) => p[0])) : w.padding }
}

const input = (w: Drawn, channels: number): readonly (number | null)[] => [channels, ...w.axes.map((n) => (w.open ? null : n))]

/** Adds a bias [filters] or [filters, ...axes]. */
const plus = (y: HostArray, b: HostArray): HostArray =>
  tabulated(y.shape, (ix) => (at(y, ix) as number) + (at(b, b.shape.length === 1 ? [ix[1]] : ix.slice(1)) as number))

describe.each([1, 2, 3])('over %i axes', (dims) => {
  it('conv is the loop: strides, uneven paddings, dilation, groups, turned kernels', () => fc.assert(fc.property(
    drawn(dims), fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 }), fc.boolean(), fc.boolean(),
    (w, groups, cg, fg, flipFilters, bias) => {
      const x = array([w.batch, cg * groups, ...w.axes], 1), W = array([fg * groups, cg, ...w.size], 2), b = array([fg * groups], 3)
      const y = built(layer(`conv${dims}d`, { filters: fg * groups, groups, flipFilters, ...(bias ? {} : { b: null }), ...forms(w) }), input(w, cg * groups))
      const want = convolved(x, W, w, groups, flipFilters), name = `conv${dims}d_1`
      same(checked(y, { x, [`${name}.W`]: W, ...(bias ? { [`${name}.b`]: b } : {}) }), bias ? plus(want, b) : want)
    }), RUNS))

  it('padding by rule is padding by numbers; untied biases are one a location', () => fc.assert(fc.property(
    drawn(dims), fc.constantFrom('same', 'full', 'valid'), (w, padding) => {
      const size = w.size.map((k) => (k % 2 === 0 ? k + 1 : k)), spans = size.map((k, d) => w.dilation[d] * (k - 1) + 1)
      const ends = spans.map((s) => (padding === 'same' ? (s - 1) / 2 : padding === 'full' ? s - 1 : 0))
      const whole = { ...w, size, open: false, padding: ends.map((e) => [e, e] as const), axes: w.axes.map((n, d) => n + spans[d]) }
      const x = array([w.batch, 2, ...whole.axes], 1), W = array([1, 2, ...size], 2), out = after(whole.axes, whole), b = array([1, ...out], 3)
      if (padding === 'same') expect(out).toEqual(whole.axes.map((n, d) => Math.ceil(n / w.stride[d])))
      const y = built(layer(`conv${dims}d`, { filters: 1, size, stride: w.stride, dilation: w.dilation, padding, untieBiases: true, name: 'c' }), input(whole, 2))
      same(checked(y, { x, 'c.W': W, 'c.b': b }), plus(convolved(x, W, whole, 1, false), b))
    }), RUNS))

  it('depthwise is a convolution with a group for each channel', () => fc.assert(fc.property(
    drawn(dims), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 2 }), fc.boolean(), (w, channels, multiplier, flipFilters) => {
      const x = array([w.batch, channels, ...w.axes], 1), W = array([channels * multiplier, 1, ...w.size], 2)
      const y = built(layer(`depthwiseConv${dims}d`, { multiplier, flipFilters, b: null, name: 'd', ...forms(w) }), input(w, channels))
      same(checked(y, { x, 'd.W': W }), convolved(x, W, w, channels, flipFilters))
    }), RUNS))

  it('separable is depthwise, then a product over the channels', () => fc.assert(fc.property(drawn(dims), fc.integer({ min: 1, max: 2 }), (w, multiplier) => {
    const x = array([w.batch, 2, ...w.axes], 1), W = array([2 * multiplier, 1, ...w.size], 2), P = array([3, 2 * multiplier, ...w.size.map(() => 1)], 3), b = array([3], 4)
    const y = built(layer(`separableConv${dims}d`, { filters: 3, multiplier, name: 's', ...forms(w) }), input(w, 2))
    const ones = w.size.map(() => 1), point = { size: ones, stride: ones, dilation: ones, padding: w.size.map(() => [0, 0] as const) }
    same(checked(y, { x, 's.W': W, 's.P': P, 's.b': b }), plus(convolved(convolved(x, W, w, 2, false), P, point, 1, false), b))
  }), RUNS))

  it('transposed adds every element\'s kernel; sizes in between can be asked for', () => fc.assert(fc.property(
    drawn(dims), fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 }), fc.boolean(), fc.boolean(), (w, groups, fg, flipFilters, asked) => {
      // The drawn axes are those of the output here, so that every crop leaves something.
      const small = after(w.axes, w), least = small.map((n, d) => (n - 1) * w.stride[d] + w.dilation[d] * (w.size[d] - 1) + 1 - w.padding[d][0] - w.padding[d][1])
      fc.pre(asked || least.every((n) => n >= 1))
      const axes = asked ? w.axes : least
      const x = array([w.batch, groups, ...small], 1), W = array([groups, fg, ...w.size], 2)
      const { padding: crop, ...rest } = { padding: w.padding, size: w.size, stride: w.stride, dilation: w.dilation }
      const y = built(layer(`transposedConv${dims}d`, { filters: fg * groups, groups, flipFilters, crop, b: null, name: 't', ...rest, ...(asked ? { outputSize: axes } : {}) }),
        [groups, ...small.map((n) => (w.open && !asked ? null : n))])
      same(checked(y, { x, 't.W': W }), spread(x, W, w, groups, flipFilters, axes))
    }), RUNS))

  it('local is the loop with kernels of each location, for all channels or each to itself', () => fc.assert(fc.property(
    drawn(dims), fc.boolean(), fc.boolean(), (w, channelwise, flipFilters) => {
      const out = after(w.axes, w), filters = channelwise ? 2 : 3, turn = (k: readonly number[]): readonly number[] => (flipFilters ? k.map((i, d) => w.size[d] - 1 - i) : k)
      const x = array([w.batch, 2, ...w.axes], 1), W = array([filters, ...(channelwise ? [] : [2]), ...w.size, ...out], 2)
      const y = built(layer(`locallyConnected${dims}d`, { filters, channelwise, flipFilters, b: null, name: 'l', ...forms(w) }), [2, ...w.axes])
      same(checked(y, { x, 'l.W': W }), slide(x, w, filters, channelwise ? 2 : 1, (f, c, k, o) => at(W, [f, ...(channelwise ? [] : [c]), ...turn(k), ...o]) as number))
    }), RUNS))

  it('transposed is the transpose: <conv(x), y> = <x, transposed(y)>', () => fc.assert(fc.property(drawn(dims), (w) => {
    const out = after(w.axes, w), x = array([1, 2, ...w.axes], 1), W = array([3, 2, ...w.size], 2), z = array([1, 3, ...out], 3)
    const shared = { size: w.size, stride: w.stride, dilation: w.dilation, b: null, name: 'a' }
    const [y] = evaluate({ x, 'a.W': W }, [built(layer(`conv${dims}d`, { filters: 3, padding: w.padding, ...shared }), [2, ...w.axes])])
    const [back] = evaluate({ x: z, 'a.W': W }, [built(layer(`transposedConv${dims}d`, { filters: 2, crop: w.padding, outputSize: w.axes, ...shared }), [3, ...out])])
    const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => Array.from({ length: a.length }, (_, i) => a[i] * b[i]).reduce((s, v) => s + v, 0)
    expect(dot(y.data, z.data)).toBeCloseTo(dot(x.data, back.data), 9)
  }), RUNS))
})

describe('starts and defaults', () => {
  const sites = (l: Layer.Layer, shape: readonly number[]): readonly (readonly [string, readonly number[]])[] =>
    Layer.elaborate(l(Layer.input([null, ...shape]))).sites.map((s) => [s.name, s.shape as readonly number[]])
  it('weights and biases have the documented shapes', () => {
    expect(sites(Layer.conv3d({ filters: 4, size: [1, 2, 3], groups: 2 }), [6, 5, 5, 5])).toEqual([['conv3d_1.W', [4, 3, 1, 2, 3]], ['conv3d_1.b', [4]]])
    expect(sites(Layer.transposedConv2d({ filters: 4, size: 3, groups: 2 }), [6, 5, 5])).toEqual([['transposedConv2d_1.W', [6, 2, 3, 3]], ['transposedConv2d_1.b', [4]]])
    expect(sites(Layer.locallyConnected2d({ filters: 4, size: 3, padding: 'same', untieBiases: true }), [2, 5, 6])).toEqual([['locallyConnected2d_1.W', [4, 2, 3, 3, 5, 6]], ['locallyConnected2d_1.b', [4, 5, 6]]])
    expect(sites(Layer.depthwiseConv1d({ size: 3, multiplier: 2 }), [4, 9])).toEqual([['depthwiseConv1d_1.W', [8, 1, 3]], ['depthwiseConv1d_1.b', [8]]])
    expect(product(sites(Layer.separableConv2d({ filters: 5, size: 3, b: null }), [4, 9, 9])[1][1])).toBe(20)
  })
  it('an activation comes last', () => {
    const y = built(Layer.conv1d({ filters: 1, size: 1, activation: 'relu', W: [[[1]]], b: [-1] }), [1, 3])
    expect([...evaluate({ x: { shape: [1, 1, 3], data: [0, 1, 3] } }, [y])[0].data]).toEqual([0, 0, 2])
  })
})
