/** Moments, cdfs and quantiles against figures from elsewhere; cdfs outside the support; gradients by probabilities of 0 and 1. */
import { describe, expect, test } from 'vitest'
import { O } from '../../src/fp.ts'
import * as Dist from '../../src/dist/index.ts'
import * as B from '../../src/tensor/build.ts'
import { grad, stabilise } from '../../src/tensor/index.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { normalAt } from './cases.ts'
import { asked, figures, off } from './figures.ts'
import { outside } from './outside.ts'
import { value } from './tools.ts'

// Ten digits are written down, and series that end below f32's last digit are used in f64 too. Wise's
// form of a negative binomial may be off by 1e-6.
test('moments, cdfs and quantiles', () => {
  figures.forEach((f, i) => {
    const { graph, values } = asked(f, i)
    expect(off(f, value(graph, values), f.family === 'negativeBinomial' ? 1e-6 : 2e-7)).toEqual([])
  })
})

describe('outside the support', () => {
  test('there are families of every kind of end', () => expect(outside.map((o) => o.family)).toEqual(expect.arrayContaining(['gamma', 'beta', 'wald', 'pareto', 'uniform', 'binomial', 'zeroInflatedPoisson'])))
  test.each(outside)('the cdf of $family is 0 below and 1 above, and flat', ({ family, d, x, want }) => {
    const leaf = B.leaf('input', 'x', [x.length]), cdf = O.getOrElse(() => B.scalar(NaN))(Dist.cdf(d)(leaf)), values = { x: { shape: [x.length], data: x } }
    expect(value(cdf, values)).toEqual(want)
    if (!Dist.familyOf(family).discrete) expect(value(grad([leaf])(B.sum(cdf))[0], values).map(Math.abs)).toEqual(x.map(() => 0))
  })
})

describe('gradients by probabilities of 0 and 1', () => {
  const slopes = (make: (p: Tensor) => Dist.Dist, ps: readonly number[], xs: readonly number[]): readonly number[] => {
    const p = B.leaf('input', 'p', [ps.length])
    const [lp] = stabilise([B.sum(Dist.logDensity(make(p))(B.array(Float32Array.from(xs), [xs.length])))])
    return value(grad([p])(lp)[0], { p: { shape: [ps.length], data: ps } })
  }
  const near = (got: readonly number[], want: readonly number[]): void => got.forEach((g, i) => expect(g / want[i]).toBeCloseTo(1, 6))
  test('of a scale mixture: the densities less each other, over the mixture', () => {
    const ratio = (x: number): number => Math.exp(normalAt(0, 1)(x) - normalAt(0, 0.125)(x))
    near(slopes((pi) => Dist.scaleMixture({ pi, sd1: 1, sd2: 0.125 }), [0, 0, 1, 1], [0.5, 0.125, 0.5, 0.125]), [ratio(0.5) - 1, ratio(0.125) - 1, 1 - 1 / ratio(0.5), 1 - 1 / ratio(0.125)])
  })
  test('of a mixture of normals: each density over the mixture', () => {
    const density = (k: number): number => Math.exp(normalAt(k, 1)(0.5))
    near(slopes((w) => Dist.normalMixture({ w, mu: [0, 1, 3], sd: 1 }), [1, 0, 0], [0.5]), [1, density(1) / density(0), density(3) / density(0)])
  })
  test('of coins and counts: x / p - (n - x) / (1 - p), its one-sided value where a term vanishes', () => {
    near(slopes((probs) => Dist.binomial({ n: 7, probs }), [0, 1, 0.25], [0, 7, 2]), [-7, 7, 2 / 0.25 - 5 / 0.75])
    near(slopes((probs) => Dist.bernoulli({ probs }), [0, 1, 0.25], [0, 1, 1]), [-1, 1, 4])
    expect(slopes((probs) => Dist.categorical({ probs }), [0, 1, 0], [1])).toEqual([0, 1, 0])
  })
  test('of structural zeros', () => {
    // log(g + (1 - g) p) at 0 and log((1 - g) p) elsewhere, p = exp(-2) of none.
    near(slopes((gate) => Dist.zeroInflatedPoisson({ gate, rate: 2 }), [0, 1, 0], [0, 0, 3]), [Math.exp(2) - 1, 1 - Math.exp(-2), -1])
  })
  test('a probability behind a sigmoid is evaluated from its logit all the same', () => {
    // f64's sigmoid of 900 is 1, of -900 it is 0.
    const u = B.leaf('input', 'u', [2]), v = { u: { shape: [2], data: [-900, 900] } }
    const at = (d: Dist.Dist, xs: readonly number[]): readonly [readonly number[], readonly number[]] => {
      const [lp] = stabilise([Dist.logDensity(d)(B.array(Float32Array.from(xs), [2]))])
      return [value(lp, v), value(grad([u])(B.sum(lp))[0], v)]
    }
    const [wide, slope] = at(Dist.scaleMixture({ pi: B.sigmoid(u), sd1: 1, sd2: 0.0078125 }), [3, 3])
    expect(wide[0]).toBeCloseTo(-900 + normalAt(0, 1)(3), 6)
    expect(wide[1]).toBeCloseTo(normalAt(0, 1)(3), 6)
    expect(slope).toEqual([expect.closeTo(1, 9), expect.closeTo(0, 9)])
    expect(at(Dist.binomial({ n: 3, probs: B.sigmoid(u) }), [3, 0])).toEqual([[expect.closeTo(-2700, 4), expect.closeTo(-2700, 4)], [expect.closeTo(3, 9), expect.closeTo(-3, 9)]])
  })
})

describe('a vector of length one', () => {
  test('is one Dirichlet draw for one concentration', () => {
    expect(value(Dist.logDensity(Dist.dirichlet({ alpha: 2 }))(B.array(Float32Array.of(1, 1), [2, 1])))).toEqual([expect.closeTo(0, 9), expect.closeTo(0, 9)])
    expect(value(Dist.sample(Dist.dirichlet({ alpha: 2 }))(B.array(Uint32Array.of(0, 0), [2], 'u32'), [1]))).toEqual([1])
  })
})
