/** The spatial transformer against its definition, on drawn images and maps. */
import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { pipe } from '../../../src/fp.ts'
import * as Layer from '../../../src/layer/index.ts'
import * as Model from '../../../src/model/index.ts'
import type { HostArray } from './tools.ts'
import { array, at, checked, evaluate, numbers, same, tabulated, told } from './tools.ts'

const seen = (shape: readonly number[], config: Layer.SpatialTransformerConfig): Layer.Network =>
  Layer.spatialTransformer(config)([Layer.input([null, ...shape], { name: 'x' }), Layer.input([null, 6], { name: 'maps' })])

/** A pixel's place in an axis of n, for a whole number anywhere: by walking, not by arithmetic. */
const inside = (p: number, n: number, border: Layer.Border): number => {
  if (border === 'nearest') return Math.min(n - 1, Math.max(0, p))
  let at = 0, step = 1
  for (let i = 0; i < Math.abs(p); i++) {
    if (border === 'wrap') at = (at + Math.sign(p) + n) % n
    else {
      // Reflection is even about 0: going left is going right.
      if (at + step < 0 || at + step >= n) step = -step
      at = n === 1 ? 0 : at + step
    }
  }
  return at
}

const through = (x: HostArray, maps: HostArray, [oh, ow]: readonly number[], border: Layer.Border): HostArray => {
  const [batch, channels, h, w] = x.shape, coordinate = (i: number, n: number): number => (n === 1 ? -1 : -1 + (2 * i) / (n - 1))
  return tabulated([batch, channels, oh, ow], ([n, c, i, j]) => {
    const t = maps.data.slice(6 * n, 6 * n + 6), X = coordinate(j, ow), Y = coordinate(i, oh)
    const px = ((t[0] * X + t[1] * Y + t[2] + 1) / 2) * (w - 1), py = ((t[3] * X + t[4] * Y + t[5] + 1) / 2) * (h - 1)
    let sum = 0
    for (const a of [0, 1]) for (const b of [0, 1]) {
      const r = Math.floor(py) + a, s = Math.floor(px) + b
      sum += (1 - Math.abs(py - r)) * (1 - Math.abs(px - s)) * (at(x, [n, c, inside(r, h, border), inside(s, w, border)]) as number)
    }
    return sum
  })
}

describe('spatialTransformer', () => {
  it.each(['nearest', 'mirror', 'wrap'] as const)('%s: is bilinear between pixels, differentiable in images and maps', (border) => fc.assert(fc.property(
    fc.integer({ min: 0, max: 2 }), fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }), fc.constantFrom(1, 0.5, 2), fc.integer({ min: 1, max: 999 }),
    (batch, channels, h, w, factor, seed) => {
      fc.pre(Math.floor(h / factor) >= 1 && Math.floor(w / factor) >= 1)
      const x = array([batch, channels, h, w], 1), maps = { shape: [batch, 6], data: numbers(6 * batch, seed) }
      const e = Layer.elaborate(seen([channels, h, w], { border, downsampleFactor: factor }))
      expect(e.problems).toEqual([])
      same(checked(e.prediction, { x, maps }), through(x, maps, [Math.floor(h / factor), Math.floor(w / factor)], border))
    }), { numRuns: 40 }))

  it('the identity leaves images as they are, a turn by 180 degrees turns them', () => {
    const x = array([2, 3, 4, 5], 1), y = Layer.elaborate(seen([3, 4, 5], {})).prediction
    const maps = (t: readonly number[]): HostArray => ({ shape: [2, 6], data: Float64Array.from([...t, ...t]) })
    same(evaluate({ x, maps: maps([1, 0, 0, 0, 1, 0]) }, [y])[0], x)
    same(evaluate({ x, maps: maps([-1, 0, 0, 0, -1, 0]) }, [y])[0], tabulated(x.shape, ([n, c, i, j]) => at(x, [n, c, 3 - i, 4 - j]) as number))
  })

  it('a localization network in the options is the second network', () => {
    const locate = Layer.dense({ units: 6, W: 0, b: [1, 0, 0, 0, 1, 0], name: 'locate' }), image = Layer.input([null, 1, 4, 4], { name: 'x' })
    const n = pipe(image, Layer.spatialTransformer({ localization: locate, downsampleFactor: [2, 1] }))
    expect(told(n)).toBe('')
    expect(Model.of(n).layers.map((l) => l.name)).toEqual(['x', 'locate', 'spatialTransformer_1'])
    expect(evaluate({ x: array([3, 1, 4, 4], 1) }, [Layer.elaborate(n).prediction])[0].shape).toEqual([3, 1, 2, 4])
  })
})
