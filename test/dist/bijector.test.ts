import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Dist from '../../src/dist/index.ts'
import type { Bijector } from '../../src/dist/index.ts'
import * as B from '../../src/tensor/build.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { at, lineIntegral } from './tools.ts'

const { forward, inverse, logDetJacobian, tensorsOf, fromTensors, name, mapTensors } = Dist.Bijectors
const all: readonly Bijector[] = [
  Dist.Bijectors.identity, Dist.Bijectors.exp, Dist.Bijectors.sigmoid,
  Dist.Bijectors.interval(B.scalar(-2), B.scalar(3)), Dist.Bijectors.lowerBound(B.scalar(1.5)), Dist.Bijectors.upperBound(B.scalar(-0.5))
]

describe.each(all.map((b) => ({ b, tag: b._tag })))('$tag', ({ b }) => {
  test('there and back', () => {
    // Within |u| < 12 the image keeps at least 1e-5 of f64's relative precision from the bounds.
    fc.assert(fc.property(fc.double({ min: -12, max: 12, noNaN: true }), (u) => {
      expect(at((x) => inverse(b)(forward(b)(x)), [u])[0]).toBeCloseTo(u, 8)
    }))
  })
  test('the log Jacobian is the log of the derivative', () => {
    fc.assert(fc.property(fc.double({ min: -6, max: 6, noNaN: true }), (u) => {
      const h = 1e-5
      const [lo, hi] = at(forward(b), [u - h, u + h])
      expect(at(logDetJacobian(b), [u])[0]).toBeCloseTo(Math.log(Math.abs(hi - lo) / (2 * h)), 5)
    }))
  })
  test('stays finite far out', () => {
    expect(at(logDetJacobian(b), [-500, 500]).every(Number.isFinite)).toBe(true)
  })
  test('is data: a tag and tensors', () => {
    expect(fromTensors(b._tag, tensorsOf(b))).toEqual(b)
    expect(mapTensors((t: Tensor) => t)(b)).toEqual(b)
    expect(name(b)).toBe(b._tag.charAt(0).toLowerCase() + b._tag.slice(1))
  })
})

test('an unknown tag or a missing bound is undefined', () => {
  expect(fromTensors('Warp', [])).toBeUndefined()
  expect(fromTensors('Interval', [B.scalar(0)])).toBeUndefined()
})

// For each bijector a conjugate pair in one dimension: the integral over u of the joint
// density is the evidence. Forgetting the Jacobian changes every one of them.
describe('evidence of conjugate pairs', () => {
  const sumOf = (ts: readonly Tensor[]): Tensor => ts.slice(1).reduce((a, b) => B.add(a, b), ts[0])
  const joint = (b: Bijector, prior: (x: Tensor) => Tensor, lik: (x: Tensor) => Tensor) => (u: Tensor): Tensor => {
    const x = forward(b)(u)
    return sumOf([prior(x), lik(x), logDetJacobian(b)(u)])
  }
  const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1))

  test('identity: normal mean, one observation', () => {
    const e = lineIntegral(joint(Dist.Bijectors.identity, Dist.logDensity(Dist.normal({ mu: 1, sd: 2 })), (x) => Dist.logDensity(Dist.normal({ mu: x, sd: 1.5 }))(B.scalar(3))))
    // x ~ N(1, 2^2 + 1.5^2) at 3
    expect(Math.log(e)).toBeCloseTo(-0.5 * (4 / 6.25) - 0.5 * Math.log(2 * Math.PI * 6.25), 8)
  })
  test('exp: exponential rate with an exponential prior', () => {
    const data = [0.5, 1.25, 0.75], s = 2.5, lam = 0.5
    const prior = Dist.exponential({ lam })
    const e = lineIntegral(joint(Dist.bijector(prior), Dist.logDensity(prior), (x) => sumOf(data.map((v) => Dist.logDensity(Dist.exponential({ lam: x }))(B.scalar(v))))))
    expect(Math.log(e)).toBeCloseTo(Math.log(lam * factorial(3) / (lam + s) ** 4), 8)
  })
  const heads = [1, 0, 1, 1, 0]
  const coin = (x: Tensor): Tensor => sumOf(heads.map((h) => Dist.logDensity(Dist.bernoulli({ probs: x }))(B.scalar(h, 'i32'))))
  const beta = factorial(3) * factorial(2) / factorial(6)
  test('interval: a coin with a uniform prior', () => {
    const prior = Dist.uniform()
    expect(Math.log(lineIntegral(joint(Dist.bijector(prior), Dist.logDensity(prior), coin)))).toBeCloseTo(Math.log(beta), 8)
  })
  test('sigmoid: the same coin', () => {
    expect(Math.log(lineIntegral(joint(Dist.Bijectors.sigmoid, (x) => B.mul(x, 0), coin)))).toBeCloseTo(Math.log(beta), 8)
  })
  test('bounds: an exponential that begins at 2, and one that ends at -1', () => {
    // z ~ Exp(1) moved by a; likelihood exp(-z): evidence 1/2 whatever the bound.
    const lower = Dist.Bijectors.lowerBound(B.scalar(2)), upper = Dist.Bijectors.upperBound(B.scalar(-1))
    const e = Dist.logDensity(Dist.exponential())
    expect(lineIntegral(joint(lower, (x) => e(B.sub(x, 2)), (x) => B.sub(2, x)))).toBeCloseTo(0.5, 8)
    expect(lineIntegral(joint(upper, (x) => e(B.sub(-1, x)), (x) => B.add(1, x)))).toBeCloseTo(0.5, 8)
  })
})

test('supports say what lies inside and how they look', () => {
  const inside = (d: Dist.Dist, xs: readonly number[]): readonly number[] => at((x) => B.cast(Dist.Supports.contains(Dist.support(d))(x), 'f32'), xs)
  expect(inside(Dist.logNormal(), [-1, 0.5])).toEqual([0, 1])
  expect(inside(Dist.uniform({ lower: -2, upper: 2 }), [-3, -1, 3])).toEqual([0, 1, 0])
  expect(inside(Dist.categorical({ logits: [0, 0, 0] }), [-1, 2, 3])).toEqual([0, 1, 0])
  expect([Dist.normal(), Dist.halfNormal(), Dist.uniform(), Dist.bernoulli({ probs: 0.5 })].map((d) => Dist.Supports.show(Dist.support(d))))
    .toEqual(['(-inf, inf)', '(0, inf)', '(0, 1)', '0..1'])
})
