/** Upscaling against its definition, element by element, on drawn shapes. */
import { describe, it } from 'vitest'
import fc from 'fast-check'
import * as Layer from '../../../src/layer/index.ts'
import type { HostArray } from './tools.ts'
import { array, at, built, checked, indices, same, tabulated } from './tools.ts'

const makes = [Layer.upscale1d, Layer.upscale2d, Layer.upscale3d] as unknown as readonly ((config: Layer.UpscaleConfig<3>) => Layer.Layer)[]

const axis = fc.record({ n: fc.integer({ min: 1, max: 4 }), f: fc.integer({ min: 1, max: 4 }) })

/** Between neighbours along each axis; beyond the edge stands its value. */
const line = (x: HostArray, [n, c, ...o]: readonly number[], factors: readonly number[]): number => {
  const where = o.map((i, d) => (i + 0.5) / factors[d] - 0.5)
  return indices(o.map(() => 2)).reduce((sum, corner) => {
    const places = where.map((p, d) => Math.floor(p) + corner[d])
    const share = where.reduce((s, p, d) => s * (corner[d] === 1 ? p - Math.floor(p) : 1 - (p - Math.floor(p))), 1)
    return sum + share * (at(x, [n, c, ...places.map((p, d) => Math.min(x.shape[d + 2] - 1, Math.max(0, p)))]) as number)
  }, 0)
}

describe.each([1, 2, 3])('over %i axes', (dims) => {
  it.each(['repeat', 'dilate', 'linear'] as const)('%s', (mode) => fc.assert(fc.property(
    fc.integer({ min: 0, max: 2 }), fc.boolean(), fc.array(axis, { minLength: dims, maxLength: dims }), (batch, open, each) => {
      const axes = each.map((a) => a.n), scale = each.map((a) => a.f), x = array([batch, 2, ...axes], 1)
      const one = scale.every((f) => f === scale[0])
      const y = built(makes[dims - 1]({ mode, scale: (one ? scale[0] : scale) as number }), [2, ...axes.map((n) => (open ? null : n))])
      same(checked(y, { x }), tabulated([batch, 2, ...axes.map((n, d) => n * scale[d])], ([n, c, ...o]) =>
        mode === 'linear' ? line(x, [n, c, ...o], scale)
        : mode === 'dilate' && o.some((i, d) => i % scale[d] !== 0) ? 0
        : at(x, [n, c, ...o.map((i, d) => Math.floor(i / scale[d]))]) as number))
    }), { numRuns: 40 }))
})
