/** Layers with noise: what is kept, how much, shared along what; afresh for each row, layer and draw; gone while predicting. */
import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { pipe } from '../../src/fp.ts'
import * as Layer from '../../src/layer/index.ts'
import { interpret } from '../../src/reference/index.ts'
import { batch } from '../../src/tensor/batch.ts'
import * as B from '../../src/tensor/build.ts'
import { topo } from '../../src/tensor/node.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { replace } from '../../src/tensor/replace.ts'
import { rowAxes } from '../../src/tensor/rows.ts'
import { stabilise } from '../../src/tensor/stabilise.ts'
import { row } from '../../src/tensor/table.ts'
import { array, at, batches, checkGradients, close, elaborated, gradients, made, numbers, predicted, rows, training } from './run.ts'

const start = (row: readonly number[]): Layer.Network => Layer.input([null, ...row], { name: 'x' })
const ones = (shape: readonly number[]) => made(shape, () => 1)

/** How far a share may be from its probability: six standard deviations of n draws, one failure in a billion. */
const far = (p: number, n: number): number => 6 * Math.sqrt((p * (1 - p)) / n)

const layers: readonly (readonly [string, (o?: { readonly always?: boolean }) => Layer.Layer])[] = [
  ['dropout', (o) => Layer.dropout(o)], ['spatialDropout', (o) => Layer.spatialDropout(o)], ['gaussianNoise', (o) => Layer.gaussianNoise(o)]
]

describe.each(layers)('%s', (_, layer) => {
  it('leaves its input alone while predicting', () =>
    fc.assert(fc.property(rows(2, 3), batches, (row, n) => {
      const x = array([n, ...row], 1)
      close(predicted(layer()(start(row)), { x }), x)
    })))
  it('is there while predicting when it says always, and the same noise as while training', () => {
    const x = array([2, 3, 4], 1)
    const always = predicted(layer({ always: true })(start([3, 4])), { x })
    expect([...always.data]).not.toEqual([...x.data])
    close(predicted(layer()(start([3, 4])), { x, ...training }), always)
  })
  it('is told by the row: fewer rows have the same noise', () => {
    const x = array([5, 2, 3], 1), network = layer()(start([2, 3]))
    const all = predicted(network, { x, ...training })
    expect([...predicted(network, { x: { shape: [3, 2, 3], data: x.data.slice(0, 18) }, ...training }).data]).toEqual([...all.data.slice(0, 18)])
  })
  it('differs between rows, layers, keys and draws', () => {
    const x = ones([2, 8, 2])
    const e = elaborated(pipe(start([8, 2]), Layer.parallel([layer(), layer()]), Layer.concat({ axis: 0 })))
    const [y] = numbers([e.prediction], { x, ...training })
    const parts = [0, 1, 2, 3].map((k) => [...y.data.slice(16 * k, 16 * k + 16)].join())
    expect(new Set(parts).size).toBe(4)
    const [other] = numbers([e.prediction], { x, ...training, noise: { shape: [2], data: [11, 8] } })
    expect([...other.data]).not.toEqual([...y.data])
    const one = elaborated(layer()(start([8, 2]))).prediction
    const key = B.leaf('key', 'noise', [2], 'u32')
    const draws = numbers(batch(3, [[key, B.fold(key, B.iota([3], 0, 'u32'))]])([one]), { x, ...training })[0]
    expect(draws.shape).toEqual([3, 2, 8, 2])
    expect(new Set([0, 1, 2].map((k) => [...draws.data.slice(32 * k, 32 * k + 32)].join())).size).toBe(3)
  })
})

describe('dropout', () => {
  it('drops a share p and keeps the expected value', () => {
    const n = 20_000
    for (const p of [0.1, 0.5, 0.8]) {
      const { data } = predicted(Layer.dropout({ p })(start([n / 10])), { x: ones([10, n / 10]), ...training })
      const kept = data.filter((v) => v !== 0)
      expect(kept.every((v) => Math.abs(v - 1 / (1 - p)) < 1e-12)).toBe(true)
      expect(Math.abs(1 - kept.length / n - p)).toBeLessThan(far(p, n))
    }
  })
  it('keeps values as they are without rescaling; p = 0 is nothing', () => {
    expect(new Set(predicted(Layer.dropout({ rescale: false })(start([50])), { x: ones([2, 50]), ...training }).data)).toEqual(new Set([0, 1]))
    expect(elaborated(Layer.dropout({ p: 0 })(start([3]))).prediction.op).toBe('input')
  })
  it('shares one mask along shared axes', () =>
    fc.assert(fc.property(rows(1, 3).chain((row) => fc.tuple(fc.constant(row), fc.subarray([...Array(row.length + 1).keys()]))), ([row, sharedAxes]) => {
      const shape = [3, ...row], x = ones(shape)
      const y = predicted(Layer.dropout({ sharedAxes })(start(row)), { x, ...training })
      close(y, made(shape, (ix) => at(y, ix.map((c, i) => (sharedAxes.includes(i) ? 0 : c)))))
    })))
  it('its gradient is its mask', () => {
    const e = elaborated(Layer.dropout({ p: 0.25 })(start([6]))), x = array([2, 6], 1), values = { x, ...training }
    const y = numbers([e.prediction], values)[0], g = gradients(e, ones([2, 6]), values)['x']
    close(y, made(x.shape, (ix) => at(x, ix) * at(g, ix)))
    expect(new Set(g.data)).toEqual(new Set([0, 1 / 0.75]))
  })
})

it('spatialDropout drops whole channels', () => {
  const y = predicted(Layer.spatialDropout()(start([40, 2, 3])), { x: ones([3, 40, 2, 3]), ...training })
  close(y, made(y.shape, ([n, c]) => at(y, [n, c, 0, 0])))
  const dropped = y.data.filter((v) => v === 0).length / 6
  expect(Math.abs(dropped / 120 - 0.5)).toBeLessThan(far(0.5, 120))
})

it('gaussianNoise has mean 0 and the deviation said', () => {
  const n = 20_000
  const { data } = predicted(Layer.gaussianNoise({ sigma: 0.3 })(start([n / 10])), { x: ones([10, n / 10]), ...training })
  const mean = data.reduce((a, b) => a + b, 0) / n, sd = Math.sqrt(data.reduce((a, b) => a + (b - mean) ** 2, 0) / n)
  expect(Math.abs(mean - 1)).toBeLessThan((6 * 0.3) / Math.sqrt(n))
  expect(Math.abs(sd - 0.3)).toBeLessThan((6 * 0.3) / Math.sqrt(2 * n))
  checkGradients(Layer.gaussianNoise()(start([3])), { x: array([2, 3], 1), ...training })
})

describe('rrelu', () => {
  it('takes the mean slope while predicting', () =>
    fc.assert(fc.property(rows(1, 3), batches, (row, n) => {
      const x = array([n, ...row], 1)
      close(predicted(Layer.rrelu({ lower: 0.2, upper: 0.4 })(start(row)), { x }), made(x.shape, (ix) => (at(x, ix) > 0 ? at(x, ix) : 0.3 * at(x, ix))))
    })))
  it('draws slopes while training: one a channel, or one an element', () => {
    const x = made([4, 5, 3], () => -1)
    const slopes = (o?: Layer.RreluConfig) => predicted(Layer.rrelu(o)(start([5, 3])), { x, ...training })
    const shared = slopes(), own = slopes({ sharedAxes: [] })
    close(shared, made(x.shape, ([, c]) => at(shared, [0, c, 0])))
    expect(new Set(shared.data).size).toBe(5)
    expect(new Set(own.data).size).toBe(60)
    for (const v of [...shared.data, ...own.data]) expect(-v >= 0.3 && -v <= 0.8).toBe(true)
    const mean = -own.data.reduce((a, b) => a + b, 0) / 60
    expect(Math.abs(mean - 0.55)).toBeLessThan((6 * 0.5) / Math.sqrt(12 * 60))
    checkGradients(Layer.rrelu()(start([3])), { x: array([2, 3], 1), ...training })
  })
})

it('a prediction that is worked out draws nothing, and keeps its rows apart', () => {
  const network = pipe(start([8, 2]), Layer.dropout(), Layer.spatialDropout(), Layer.gaussianNoise(), Layer.rrelu())
  const settled = (phase: number): readonly Tensor[] => stabilise(replace([[B.leaf('phase', 'phase', []), B.scalar(phase)]])([elaborated(network).prediction]))
  const draws = (phase: number): number => topo(settled(phase)).filter((t) => row(t.op).kind === 'random').length
  expect(draws(0)).toBe(0)
  expect(draws(1)).toBeGreaterThan(0)
  expect(rowAxes('batch')(settled(0))).toEqual([0])
})

it('phase and key are leaves: without them there is no value', () => {
  const r = interpret({ x: ones([1, 2]) })([elaborated(Layer.dropout()(start([2]))).prediction])
  expect(r).toMatchObject({ _tag: 'Left', left: [{ _tag: 'MissingInput' }] })
})
