import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Dist from '../../src/dist/index.ts'
import { interpret } from '../../src/reference/index.ts'
import { stabilise } from '../../src/tensor/stabilise.ts'
import * as B from '../../src/tensor/build.ts'
import { targetOf } from '../../src/infer/target.ts'
import { model, site } from './models.ts'

const LOG_2PI = Math.log(2 * Math.PI)
const normal = (x: number, m: number, s: number): number => -0.5 * ((x - m) / s) ** 2 - Math.log(s) - 0.5 * LOG_2PI

/** A site of each kind: scalars in the table, parameters by element, a prior that isn't normal. */
const mixed = () => {
  const s = site('s', [], Dist.logNormal({ mu: 0.3, sd: 2 }))
  const w = site('w', [70], Dist.normal({ sd: s.leaf }))
  const v = site('v', [2], Dist.normal({ mu: [1, -1], sd: [0.5, 3] }))
  const h = site('h', [3], Dist.halfNormal({ sd: 2 }))
  return model({ sites: [s, w, v, h], prediction: w.leaf, likelihoods: [] })
}

test('blocks together are the log density of u: densities at the images plus log Jacobians', () => {
  const t = targetOf(mixed())
  const u = B.leaf('input', 'u', [t.dim])
  const [inU, inX] = stabilise([t.logPrior(u), t.logPrior(u, 'constrained')])
  fc.assert(fc.property(fc.integer({ min: 1, max: 1000 }), (seed) => {
    const data = Float64Array.from({ length: t.dim }, (_, i) => Math.sin(seed * (i + 1)))
    const at = (k: number, i: number): number => data[t.layout.places[k].offset + i]
    const us = at(0, 0)
    let inSpace = normal(us, 0.3, 2)
    for (let i = 0; i < 70; i++) inSpace += normal(at(1, i), 0, Math.exp(us))
    inSpace += normal(at(2, 0), 1, 0.5) + normal(at(2, 1), -1, 3)
    let jacobian = us
    for (let i = 0; i < 3; i++) {
      inSpace += Math.log(2) + normal(Math.exp(at(3, i)), 0, 2) + at(3, i)
      jacobian += at(3, i)
    }
    const r = interpret({ u: { shape: [t.dim], data } })([inU, inX])
    if (r._tag === 'Left') throw new Error(r.left[0].got)
    // The table holds constants in single precision.
    expect(r.right[0].data[0]).toBeCloseTo(inSpace, 4)
    expect(r.right[1].data[0]).toBeCloseTo(inSpace - jacobian, 4)
  }), { numRuns: 20 })
})

test('scalars share one block, whatever the number of sites', () => {
  const t = targetOf(mixed())
  const blocks = t.blocks(B.leaf('input', 'u', [t.dim]))
  expect(blocks.map((b) => [b._tag, b.sites])).toEqual([['Normal', ['s', 'w']], ['Normal', ['v']], ['General', ['h']]])
})
