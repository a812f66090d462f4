import { describe, expect, test } from 'vitest'
import { O } from '../../src/fp.ts'
import * as Dist from '../../src/dist/index.ts'
import * as B from '../../src/tensor/build.ts'
import { batch, grad, shape } from '../../src/tensor/index.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { cases, distOf, lines, vectors, wholes } from './cases.ts'
import { integral, value } from './tools.ts'

const N = 20_000
const key = (seed: number): Tensor => B.array(Uint32Array.of(seed, 0), [2], 'u32')
const draws = (d: Dist.Dist, seed = 11, of: readonly number[] = [N]): readonly number[] => value(Dist.sample(d)(key(seed), of))
const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length
const numbers = (o: O.Option<Tensor>): readonly number[] => (O.isSome(o) ? value(o.value) : [])

// Seeds are fixed, so these can't flicker; 4.5 standard errors has probability 7e-6.
const Z = 4.5
const zMean = (xs: readonly number[], mu: number, variance: number): void =>
  expect(Math.abs(mean(xs) - mu) / Math.sqrt(variance / xs.length), `mean ${mean(xs)} for ${mu}`).toBeLessThan(Z)
const zShare = (hits: number, n: number, p: number): void =>
  expect(Math.abs(hits / n - p) / Math.sqrt((p * (1 - p)) / n), `share ${hits / n} for ${p}`).toBeLessThan(Z)

test('every proper family draws', () => {
  expect(Dist.familyNames.filter((f) => O.isNone(Dist.familyOf(f).sample))).toEqual(Dist.familyNames.filter((f) => cases[f].kind === 'improper'))
})

describe.each(lines)('draws of $family', (c) => {
  const d = distOf(c.family)
  const xs = draws(d)
  const mass = (to: number): number => {
    // Split at the centre, so that a cut far out in a tail doesn't thin the nodes there.
    const inner = [...(c.splits ?? value(Dist.center(d)))].filter((s) => s > c.range[0] && s < to)
    const ends = [c.range[0], ...inner, to]
    return ends.slice(1).reduce((s, b, i) => s + integral(Dist.logDensity(d), [ends[i], b]), 0)
  }
  test('lie inside the support', () => expect(xs.every((x) => x > c.range[0] && x < c.range[1])).toBe(true))
  test('have the probabilities of the density at several cuts', () => {
    // Cuts are quantiles of draws of another seed, so they lie where the density does.
    const pilot = [...draws(d, 5, [2000])].sort((a, b) => a - b)
    for (const k of [0.005, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 0.995]) {
      const cut = pilot[Math.floor(k * pilot.length)]
      zShare(xs.filter((x) => x < cut).length, N, mass(cut))
    }
  })
  test('have its mean and variance', () => {
    const [mu] = numbers(Dist.mean(d)), [s2] = numbers(Dist.variance(d))
    if (c.moments === 'none') return expect([mu, s2]).toEqual([undefined, undefined])
    if (c.moments === 'circle') {
      // The mean of cos(x - mu) is 1 less the circular variance.
      const cosines = xs.map((x) => Math.cos(x - mu))
      const second = integral(Dist.logDensity(d), c.range, (x) => Math.cos(x - mu) ** 2)
      return zMean(cosines, 1 - s2, second - (1 - s2) ** 2)
    }
    zMean(xs, mu, s2)
    const fourth = integral(Dist.logDensity(d), c.range, (x) => (x - mu) ** 4)
    zMean(xs.map((x) => (x - mu) ** 2), s2, fourth - s2 * s2)
  })
})

describe.each(wholes)('draws of $family', (c) => {
  const xs = draws(distOf(c.family))
  test('have their probabilities', () => {
    expect(xs.every((x) => Number.isInteger(x) && x >= 0 && x <= c.upto)).toBe(true)
    for (let k = 0; k <= c.upto; k++) {
      const p = Math.exp(c.logpmf(k))
      // The normal limit wants a few dozen expected hits.
      if (N * p > 30) zShare(xs.filter((x) => x === k).length, N, p)
    }
  })
})

describe.each(vectors)('draws of $family', (c) => {
  const d = distOf(c.family), size = c.shape.reduce((a, b) => a * b, 1)
  const flat = draws(d, 11, [N, ...c.shape])
  const at = (i: number): readonly number[] => Array.from({ length: N }, (_, n) => flat[n * size + i])
  test('lie inside the support', () =>
    expect(value(B.cast(Dist.Supports.contains(Dist.support(d))(B.array(Float32Array.from(flat), [N, ...c.shape])), 'f32')).every((v) => v === 1)).toBe(true))
  test('have their means and variances', () => {
    const means = numbers(Dist.mean(d)), variances = numbers(Dist.variance(d))
    means.forEach((m, i) => zMean(at(i), m, variances[i]))
    // Kurtosis of these elements is at most 4, so a squared deviation varies by at most 3 variances squared.
    variances.forEach((v, i) => zMean(at(i).map((x) => (x - means[i]) ** 2), v, 3 * v * v))
  })
})

test('normal vectors are correlated as their factor says', () => {
  const flat = draws(distOf('multivariateNormal'), 3, [N, 2])
  // cov = 1.5 * -0.75; the product of two normals varies by v1 v2 + cov^2.
  const v1 = 2.25, v2 = 0.5625 + 0.25, cov = -1.125
  zMean(Array.from({ length: N }, (_, i) => (flat[2 * i] - 0.5) * (flat[2 * i + 1] + 1)), cov, v1 * v2 + cov * cov)
})

test('correlations of an LKJ factor have their beta law', () => {
  const flat = draws(distOf('lkjCholesky'), 3, [N, 3, 3])
  const row = (n: number, i: number): readonly number[] => flat.slice(9 * n + 3 * i, 9 * n + 3 * i + 3)
  // Each r is 2 Beta(a, a) - 1 with a = eta - 1 + k / 2, so E r^2 = 1 / (2 a + 1), E r^4 = 3 / ((2 a + 1)(2 a + 3)).
  const a = 1.75 - 1 + 1.5, v = 1 / (2 * a + 1)
  for (const [i, j] of [[1, 0], [2, 0], [2, 1]] as const) {
    const rs = Array.from({ length: N }, (_, n) => row(n, i).reduce((s, x, k) => s + x * row(n, j)[k], 0))
    zMean(rs, 0, v)
    zMean(rs.map((r) => r * r), v, 3 / ((2 * a + 1) * (2 * a + 3)) - v * v)
  }
})

test('ordered normals are the order statistics', () => {
  const flat = draws(distOf('orderedNormal'), 3, [N, 2])
  // The mean of the larger of two standard normals is 1 / sqrt(pi), its variance 1 - 1 / pi.
  for (const [i, s] of [[0, -1], [1, 1]] as const)
    zMean(Array.from({ length: N }, (_, n) => flat[2 * n + i]), 0.5 + (s * 1.25) / Math.sqrt(Math.PI), 1.25 ** 2 * (1 - 1 / Math.PI))
})

describe('truncated normals in their tails', () => {
  const hazard = (a: number): number => 1 / Math.exp(value(Dist.logDensity(Dist.truncatedNormal({ lower: a }))(B.scalar(a)))[0])
  test.each([[4, Infinity], [40, Infinity], [-Infinity, -12], [30, 30.02], [-8, -7.5]])('from %d to %d', (lower, upper) => {
    const d = Dist.truncatedNormal({ lower, upper })
    const xs = draws(d, 7)
    expect(xs.every((x) => x >= lower && x <= upper)).toBe(true)
    const [a, b] = [Number.isFinite(lower) ? lower : upper - 3, Number.isFinite(upper) ? upper : lower + (lower > 10 ? 1 : 8)]
    const m = integral(Dist.logDensity(d), [a, b], (x) => x), v = integral(Dist.logDensity(d), [a, b], (x) => (x - m) ** 2)
    zMean(xs, m, v)
    const cut = m + (lower > 0 ? 0.5 : -0.5) * Math.sqrt(v)
    zShare(xs.filter((x) => x < cut).length, N, integral(Dist.logDensity(d), [a, cut]))
  })
  test('the density at the bound is the hazard', () => {
    // Mills' ratio at 40 by its continued fraction: 1 / (40 + 1 / (40 + 2 / (40 + 3 / 40))).
    expect(hazard(40)).toBeCloseTo(1 / (40 + 1 / (40 + 2 / (40 + 3 / (40 + 4 / 40)))), 12)
  })
})

test('draws follow their parameters and their key', () => {
  const d = Dist.normal({ mu: [0, 100], sd: 0.001 })
  const t = Dist.sample(d)(key(1), [3, 2])
  expect(shape(t)).toEqual([3, 2])
  expect(value(t).map((x) => Math.round(x) + 0)).toEqual([0, 100, 0, 100, 0, 100])
  expect(value(t)).toEqual(value(Dist.sample(d)(key(1), [3, 2])))
  expect(value(t)).not.toEqual(value(Dist.sample(d)(key(2), [3, 2])))
})

test.each(Dist.familyNames.filter((f) => !Dist.familyOf(f).improper))('a batch of keys gives the draws of each: %s', (f) => {
  const d = distOf(f), c = cases[f]
  const of = [2, ...(c.kind === 'vector' ? c.shape : [])]
  const one = B.leaf('input', 'k', [2], 'u32'), many = B.array(Uint32Array.of(5, 6, 7, 8, 9, 10), [3, 2], 'u32')
  const [batched] = batch(3, [[one, many]])([Dist.sample(d)(one, of)])
  expect(shape(batched)).toEqual([3, ...of])
  const separate = [[5, 6], [7, 8], [9, 10]].flatMap((k) => value(Dist.sample(d)(B.array(Uint32Array.from(k), [2], 'u32'), of)))
  expect(value(batched)).toEqual(separate)
})

test.each(Dist.familyNames.filter((f) => !Dist.familyOf(f).improper))('keys with leading axes come before the shape: %s', (f) => {
  const c = cases[f], of = [2, ...(c.kind === 'vector' ? c.shape : [])]
  const many = B.array(Uint32Array.of(5, 6, 7, 8, 9, 10), [3, 2], 'u32')
  expect(shape(Dist.sample(distOf(f))(many, of))).toEqual([3, ...of])
})

describe('gradients of draws', () => {
  // The mean of dx / dp over draws is the derivative of the mean, whatever way draws depend on p.
  const M = 4000
  const slopes = (d: (p: Tensor) => Dist.Dist, f: (x: Tensor) => Tensor, at: readonly number[], own: readonly number[] = []): readonly number[] => {
    const p = B.leaf('input', 'p', [M, ...own])
    const [g] = grad([p])(B.sum(f(Dist.sample(d(p))(key(29), [M, ...own]))))
    return value(g, { p: { shape: [M, ...own], data: Array.from({ length: M }, () => at).flat() } })
  }
  const agrees = (gs: readonly number[], want: number): void => {
    const m = mean(gs), v = gs.reduce((s, g) => s + (g - m) ** 2, 0) / gs.length
    expect(Math.abs(m - want), `${m} for ${want}`).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(want)) + Z * Math.sqrt(v / gs.length))
  }
  const scalars = lines.filter((c) => c.moments === undefined).flatMap((c) =>
    Object.keys(c.params).filter((k) => Dist.familyOf(c.family).params[k].event === undefined).map((k) => ({ c, k, family: c.family })))
  test.each(scalars)('$family by $k', ({ c, k }) => {
    const at = c.params[k] as number
    const with_ = (p: Tensor): Dist.Dist => Dist.make(c.family, { ...c.params, [k]: p })
    const p = B.leaf('input', 'p', [])
    const m = Dist.mean(with_(p))
    if (O.isNone(m)) throw new Error('no mean')
    agrees(slopes(with_, (x) => x, [at]), value(grad([p])(B.sum(m.value))[0], { p: { shape: [], data: [at] } })[0])
  })
  test('von Mises by kappa', () => {
    const A = (k: number): number => 1 - numbers(Dist.variance(Dist.vonMises({ mu: 0, kappa: k })))[0]
    agrees(slopes((kappa) => Dist.vonMises({ mu: 0, kappa }), B.cos, [2.5]), (A(2.501) - A(2.499)) / 0.002)
  })
  test('Dirichlet by alpha', () => {
    const gs = slopes((alpha) => Dist.dirichlet({ alpha }), (x) => B.sliceAxis(x, 1, 0, 1), [1.5, 2.25, 3], [3])
    // d(a / n) / da = (n - a) / n^2, by the others -a / n^2
    const n = 6.75
    ;[(n - 1.5) / n ** 2, -1.5 / n ** 2, -1.5 / n ** 2].forEach((want, i) => agrees(gs.filter((_, j) => j % 3 === i), want))
  })
  test('normal mixture by its weights', () => {
    const p = B.leaf('input', 'p', [M, 2])
    const d = Dist.normalMixture({ w: B.softmax(p), mu: [-2, 3], sd: [0.5, 0.75] })
    const [g] = grad([p])(B.sum(Dist.sample(d)(key(29), [M])))
    const gs = value(g, { p: { shape: [M, 2], data: Array.from({ length: M }, () => [0, 0.5]).flat() } })
    // The mean is 5 s - 2 with s = sigmoid(u2 - u1).
    const s = 1 / (1 + Math.exp(-0.5))
    agrees(gs.filter((_, j) => j % 2 === 1), 5 * s * (1 - s))
  })
})
