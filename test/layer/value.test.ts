/** Values of networks against loops written out by hand, on the f64 reference. */
import { describe, expect, it } from 'vitest'
import { E, pipe } from '../../src/fp.ts'
import * as Layer from '../../src/layer/index.ts'
import * as Spec from '../../src/spec/index.ts'
import { interpret } from '../../src/reference/index.ts'
import type { Ref, Values } from '../../src/reference/index.ts'
import type { Tensor } from '../../src/tensor/index.ts'

/** Numbers without pattern, the same in every run. */
const numbers = (n: number, seed: number): number[] => Array.from({ length: n }, (_, i) => Math.sin(12.9898 * (i + 1) + 78.233 * seed) * 1.5)
const size = (s: readonly number[]): number => s.reduce((a, b) => a * b, 1)
const array = (shape: readonly number[], seed: number) => ({ shape, data: Float64Array.from(numbers(size(shape), seed)) })

const run = (t: Tensor, values: Values): Ref => {
  const r = interpret(values)([t])
  if (E.isLeft(r)) throw new Error(JSON.stringify(r.left))
  return r.right[0]
}

const close = (got: Ref, shape: readonly number[], want: readonly number[]): void => {
  expect(got.shape).toEqual(shape)
  // Both sides are sums of at most a hundred f64 products: 1e-12 is thousands of roundings.
  want.forEach((w, i) => expect(got.data[i]).toBeCloseTo(w, 11))
}

describe('the notebook in small: conv, pool, dense, softmax', () => {
  const network = pipe(
    Layer.input([null, 1, 6, 6], { name: 'x', scale: 0.5 }),
    Layer.conv2d({ filters: 2, size: [3, 3], activation: 'tanh' }),
    Layer.maxPool2d({ size: 2 }),
    Layer.dense({ units: 3, activation: 'softmax' }),
    Layer.withDefaultSpec(Spec.normal())
  )
  const x = array([2, 1, 6, 6], 1), cw = array([2, 1, 3, 3], 2), cb = array([2], 3), dw = array([8, 3], 4), db = array([3], 5)

  it('equals the loops', () => {
    const want: number[] = []
    for (let n = 0; n < 2; n++) {
      const features: number[] = []
      for (let f = 0; f < 2; f++) for (let py = 0; py < 2; py++) for (let px = 0; px < 2; px++) {
        let best = -Infinity
        for (let dy = 0; dy < 2; dy++) for (let dx = 0; dx < 2; dx++) {
          let s = cb.data[f]
          for (let a = 0; a < 3; a++) for (let b = 0; b < 3; b++)
            s += 0.5 * x.data[n * 36 + (2 * py + dy + a) * 6 + 2 * px + dx + b] * cw.data[f * 9 + a * 3 + b]
          best = Math.max(best, Math.tanh(s))
        }
        features.push(best)
      }
      const logits = [0, 1, 2].map((k) => features.reduce((s, v, i) => s + v * dw.data[i * 3 + k], db.data[k]))
      const z = logits.reduce((s, l) => s + Math.exp(l), 0)
      want.push(...logits.map((l) => Math.exp(l) / z))
    }
    const e = Layer.elaborate(network)
    expect(e.problems).toEqual([])
    close(run(e.prediction, { x, 'conv2d_1.W': cw, 'conv2d_1.b': cb, 'dense_1.W': dw, 'dense_1.b': db }), [2, 3], want)
  })
})

describe('conv2d', () => {
  const x = array([1, 2, 5, 4], 7)
  const cases = [
    { name: 'stride and uneven padding', config: { stride: [2, 1], padding: [[1, 0], [0, 2]] }, s: [2, 1], p: [[1, 0], [0, 2]], d: [1, 1], g: 1, flip: false, k: [3, 2] },
    { name: 'same', config: { padding: 'same' }, s: [1, 1], p: [[1, 1], [0, 0]], d: [1, 1], g: 1, flip: false, k: [3, 1] },
    { name: 'full', config: { padding: 'full' }, s: [1, 1], p: [[2, 2], [1, 1]], d: [1, 1], g: 1, flip: false, k: [3, 2] },
    { name: 'dilation', config: { dilation: [2, 1] }, s: [1, 1], p: [[0, 0], [0, 0]], d: [2, 1], g: 1, flip: false, k: [2, 2] },
    { name: 'groups', config: { groups: 2 }, s: [1, 1], p: [[0, 0], [0, 0]], d: [1, 1], g: 2, flip: false, k: [2, 2] },
    { name: 'flipped filters', config: { flipFilters: true }, s: [1, 1], p: [[0, 0], [0, 0]], d: [1, 1], g: 1, flip: true, k: [2, 3] }
  ] as const
  it.each(cases)('$name: equals the loops', ({ config, s, p, d, g, flip, k }) => {
    const w = array([4, 2 / g, k[0], k[1]], 8)
    const e = Layer.elaborate(pipe(Layer.input([null, 2, 5, 4], { name: 'x' }), Layer.conv2d({ filters: 4, size: [k[0], k[1]], b: null, ...config })))
    expect(e.problems).toEqual([])
    const oh = Math.floor((5 + p[0][0] + p[0][1] - d[0] * (k[0] - 1) - 1) / s[0]) + 1
    const ow = Math.floor((4 + p[1][0] + p[1][1] - d[1] * (k[1] - 1) - 1) / s[1]) + 1
    const want: number[] = []
    for (let f = 0; f < 4; f++) for (let y = 0; y < oh; y++) for (let c = 0; c < ow; c++) {
      let sum = 0
      for (let q = 0; q < 2 / g; q++) for (let a = 0; a < k[0]; a++) for (let b = 0; b < k[1]; b++) {
        const row = y * s[0] - p[0][0] + a * d[0], col = c * s[1] - p[1][0] + b * d[1]
        const channel = g === 1 ? q : Math.floor(f / 2)
        const [wa, wb] = flip ? [k[0] - 1 - a, k[1] - 1 - b] : [a, b]
        if (row >= 0 && row < 5 && col >= 0 && col < 4) sum += x.data[(channel * 5 + row) * 4 + col] * w.data[((f * (2 / g) + q) * k[0] + wa) * k[1] + wb]
      }
      want.push(sum)
    }
    close(run(e.prediction, { x, 'conv2d_1.W': w }), [1, 4, oh, ow], want)
  })
})

describe('other layers', () => {
  const x = array([2, 3, 4], 9)
  it('avgPool2d counts padding or not', () => {
    const image = { shape: [1, 1, 2, 2], data: Float64Array.of(1, 2, 3, 4) }
    const pooled = (countPadding: boolean): Ref =>
      run(Layer.elaborate(pipe(Layer.input([null, 1, 2, 2], { name: 'x' }), Layer.avgPool2d({ size: 2, padding: 1, countPadding }))).prediction, { x: image })
    close(pooled(true), [1, 1, 2, 2], [0.25, 0.5, 0.75, 1])
    close(pooled(false), [1, 1, 2, 2], [1, 2, 3, 4])
  })
  it('dense flattens trailing axes, or keeps leading ones', () => {
    const w12 = array([12, 2], 10), w4 = array([4, 2], 11)
    const flat = Layer.elaborate(pipe(Layer.input([null, 3, 4], { name: 'x' }), Layer.dense({ units: 2, b: null })))
    close(run(flat.prediction, { x, 'dense_1.W': w12 }), [2, 2],
      [0, 1].flatMap((n) => [0, 1].map((u) => Array.from({ length: 12 }, (_, i) => x.data[n * 12 + i] * w12.data[i * 2 + u]).reduce((a, b) => a + b, 0))))
    for (const numLeadingAxes of [2, -1]) {
      const kept = Layer.elaborate(pipe(Layer.input([null, 3, 4], { name: 'x' }), Layer.dense({ units: 2, b: null, numLeadingAxes })))
      close(run(kept.prediction, { x, 'dense_1.W': w4 }), [2, 3, 2],
        [0, 1, 2, 3, 4, 5].flatMap((r) => [0, 1].map((u) => [0, 1, 2, 3].map((i) => x.data[r * 4 + i] * w4.data[i * 2 + u]).reduce((a, b) => a + b, 0))))
    }
  })
  it('flatten, reshape, concat and add rearrange as they say', () => {
    const start = Layer.input([null, 3, 4], { name: 'x' })
    const out = (n: Layer.Network): Ref => run(Layer.elaborate(n).prediction, { x })
    close(out(Layer.flatten()(start)), [2, 12], [...x.data])
    close(out(Layer.reshape({ shape: [[0], 2, -1] })(start)), [2, 2, 6], [...x.data])
    close(out(pipe(start, Layer.parallel([Layer.sequential([]), Layer.activation((t) => t)]), Layer.concat())), [2, 6, 4],
      [0, 0, 1, 1].flatMap((n) => [...x.data.slice(n * 12, n * 12 + 12)]))
    close(out(Layer.residual(Layer.activation('relu'))(start)), [2, 3, 4], [...x.data].map((v) => v + Math.max(v, 0)))
  })
  it('fixed parameters are used as they are, numbers for every element', () => {
    const n = pipe(Layer.input([null, 2], { name: 'x' }), Layer.dense({ units: 2, W: [[1, 2], [3, 4]], b: 0.5 }))
    const e = Layer.elaborate(n)
    expect(e.sites).toEqual([])
    close(run(e.prediction, { x: { shape: [1, 2], data: [1, 10] } }), [1, 2], [31.5, 42.5])
  })
})
