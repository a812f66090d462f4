import { describe, expect, test } from 'vitest'
import { E, O } from '../../src/fp.ts'
import * as Dist from '../../src/dist/index.ts'
import type { Dist as D } from '../../src/dist/index.ts'
import * as B from '../../src/tensor/build.ts'
import { grad, listing, stabilise } from '../../src/tensor/index.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { at, value } from './tools.ts'

// Values from the closed forms, worked out by hand: -log(2 pi)/2 = -0.9189385332046727.
test.each([
  ['normal', { mu: 1, sd: 2 }, 4, -1.125 - Math.log(2) - 0.9189385332046727],
  ['logNormal', { mu: 0, sd: 10 }, Math.E, -0.005 - Math.log(10) - 0.9189385332046727 - 1],
  ['laplace', { mu: 1, b: 2 }, -3, -2 - Math.log(4)],
  ['exponential', { lam: 3 }, 2, Math.log(3) - 6],
  ['halfNormal', { sd: 2 }, 2, -0.5 - Math.log(2) + 0.5 * Math.log(2 / Math.PI)],
  ['cauchy', { alpha: 0, beta: 1 }, 1, -Math.log(2 * Math.PI)],
  ['halfCauchy', { beta: 2 }, 2, -Math.log(2 * Math.PI)],
  ['uniform', { lower: -1, upper: 3 }, 0, -Math.log(4)],
  ['flat', {}, 12, 0]
] as const)('%s at a point', (family, params, x, expected) => {
  expect(at(Dist.logDensity(Dist.make(family, params)), [x])[0]).toBeCloseTo(expected, 12)
})

test('broadcasts over value and parameters', () => {
  const d = Dist.uniform({ lower: 0, upper: [[1], [2], [4]] })
  expect(value(Dist.logDensity(d)(B.array(Float32Array.of(0.5, 0.6), [2]))).map((v) => -v)).toEqual([0, 0, Math.log(2), Math.log(2), Math.log(4), Math.log(4)])
})

describe('stable forms', () => {
  const u = B.leaf('input', 'u', []), x = B.leaf('input', 'x', [])
  test('a normal whose scale is exp(u) is evaluated from u', () => {
    const [lp] = stabilise([Dist.logDensity(Dist.normal({ sd: B.exp(u) }))(x)])
    expect(listing([lp])).not.toMatch(/= log\(/)
    // exp(800) overflows f64, so any form that goes through sd fails.
    expect(value(lp, { u: { shape: [], data: [800] }, x: { shape: [], data: [3] } })[0]).toBeCloseTo(-800.9189385332047, 9)
  })
  test('a log-normal at exp(u) is evaluated from u', () => {
    const d = Dist.logNormal({ sd: 10 })
    const [lp] = stabilise([B.add(Dist.logDensity(d)(B.exp(u)), u)])
    expect(value(lp, { u: { shape: [], data: [-800] } })[0]).toBeCloseTo(-3200 - Math.log(10) - 0.9189385332046727, 9)
  })
  test('a categorical over a softmax is evaluated from logits', () => {
    const z = B.leaf('input', 'z', [3])
    const [lp] = stabilise([Dist.logDensity(Dist.categorical({ probs: B.softmax(z) }))(B.scalar(2, 'i32'))])
    const v = { z: { shape: [3], data: [900, 0, -900] } }
    expect(value(lp, v)[0]).toBe(-1800)
    expect(value(grad([z])(lp)[0], v)).toEqual([-1, 0, 1])
  })
  test('a Bernoulli over a sigmoid is evaluated from logits', () => {
    const [lp] = stabilise([Dist.logDensity(Dist.bernoulli({ probs: B.sigmoid(u) }))(B.scalar(0, 'i32'))])
    expect(value(lp, { u: { shape: [], data: [900] } })[0]).toBe(-900)
  })
})

describe('discrete families', () => {
  test('a categorical reads one class a row', () => {
    const d = Dist.categorical({ probs: [[0.25, 0.75], [0.5, 0.5]] })
    expect(value(Dist.logDensity(d)(B.array(Int32Array.of(1, 0), [2], 'i32')))).toEqual([Math.log(0.75), Math.log(0.5)])
    expect(value(O.toNullable(Dist.entropy(d)) as Tensor)[1]).toBeCloseTo(Math.LN2, 12)
    expect(value(O.toNullable(Dist.mode(d)) as Tensor)).toEqual([1, 0])
  })
  test('logits and the probabilities that they mean agree', () => {
    const logits = [0.3, -1], p = logits.map((l) => Math.exp(l) / (Math.exp(0.3) + Math.exp(-1)))
    const one = (d: D): number => value(Dist.logDensity(d)(B.scalar(1, 'i32')))[0]
    // The probabilities are rounded to f32 constants.
    expect(one(Dist.categorical({ probs: p }))).toBeCloseTo(one(Dist.categorical({ logits })), 6)
  })
})

describe('what is wrong is a value', () => {
  const tag = (t: Tensor): string | undefined => (E.isLeft(t.type) ? t.type.left[0]._tag : undefined)
  const x = B.scalar(1)
  test('parameters', () => {
    expect(tag(Dist.logDensity(Dist.categorical({}))(x))).toBe('MissingParameter')
    expect(tag(Dist.logDensity(Dist.bernoulli({ probs: 0.5, logits: 0 }))(x))).toBe('MissingParameter')
    const sloppy = { sigma: 1 } as unknown as { sd: number }
    expect(tag(Dist.sample(Dist.normal(sloppy))(B.array(Uint32Array.of(0, 0), [2], 'u32'), []))).toBe('UnknownParameter')
    expect(tag(Dist.logDensity(Dist.normal({ mu: [[1], [2, 3]] }))(x))).toBe('RaggedArray')
  })
  test('no draws from a flat prior', () => {
    expect(tag(Dist.sample(Dist.flat())(B.array(Uint32Array.of(0, 0), [2], 'u32'), []))).toBe('NoSampler')
    expect(Dist.isProper(Dist.flat())).toBe(false)
  })
})
