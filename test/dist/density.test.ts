import { describe, expect, test } from 'vitest'
import { O } from '../../src/fp.ts'
import * as Dist from '../../src/dist/index.ts'
import type { Dist as D } from '../../src/dist/index.ts'
import * as B from '../../src/tensor/build.ts'
import { grad, stabilise } from '../../src/tensor/index.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { cases, distOf, lines, vectors, wholes } from './cases.ts'
import type { Line } from './cases.ts'
import { at, boxIntegral, integral, lineIntegral, value } from './tools.ts'
import type { Range } from './tools.ts'

/** Stirling's and Bessel's series in the densities end where f32 does: they are good to 1e-7 of a nat. */
const FORM = 1e-7
const near = (got: number, want: number, error = FORM): void => expect(Math.abs(got - want), `${got} for ${want}`).toBeLessThanOrEqual(error * Math.max(1, Math.abs(want)))

test('every family has a case, and says what it is', () => {
  expect(Object.keys(cases).sort()).toEqual([...Dist.familyNames].sort())
  for (const f of Dist.familyNames) {
    const row = Dist.familyOf(f)
    expect([row.doc, row.density].every((s) => s.length > 3)).toBe(true)
    expect(row.discrete).toBe(cases[f].kind === 'whole')
    expect(row.improper).toBe(cases[f].kind === 'improper')
    expect(row.event > 0).toBe(cases[f].kind === 'vector')
  }
})

/** Quadrature sees smooth pieces. */
const pieces = (c: Line): readonly Range[] => {
  const ends = [c.range[0], ...(c.splits ?? []).filter((s) => s > c.range[0] && s < c.range[1]), c.range[1]]
  return ends.slice(1).map((b, i) => [ends[i], b])
}
const over = (d: D, c: Line, g: (x: number, lp: number) => number = () => 1): number =>
  pieces(c).reduce((s, r) => s + integral(Dist.logDensity(d), r, g), 0)
const moment = (o: O.Option<Tensor>): number | undefined => (O.isSome(o) ? value(o.value)[0] : undefined)

/** Log density of scalar parameters as leaves, and their values: nothing is known on the host. */
const withLeaves = (family: Dist.FamilyName, params: Readonly<Record<string, unknown>>, x: Tensor): { readonly lp: Tensor; readonly leaves: readonly Tensor[]; readonly values: Record<string, { shape: readonly number[]; data: readonly number[] }> } => {
  const names = Object.keys(params)
  const shaped = names.map((k) => value(B.float(Dist.make(family, params).params[k])))
  const leaves = names.map((k) => B.leaf('input', k, Dist.familyOf(family).params[k].event === undefined ? [] : [shaped[names.indexOf(k)].length]))
  return {
    lp: Dist.logDensity(Dist.make(family, Object.fromEntries(names.map((k, i) => [k, leaves[i]]))))(x),
    leaves,
    values: Object.fromEntries(names.map((k, i) => [k, { shape: leaves[i].type._tag === 'Right' ? (leaves[i].type.right.shape as readonly number[]) : [], data: shaped[i] }]))
  }
}

describe.each(lines)('$family', (c) => {
  const d = distOf(c.family)
  test('is the independent log density, tails included', () =>
    at(Dist.logDensity(d), c.points).forEach((lp, i) => near(lp, c.logpdf(c.points[i]))))
  test('is the same where nothing is known of the parameters on the host', () => {
    const x = B.leaf('input', 'x', [c.points.length])
    const { lp, values } = withLeaves(c.family, c.params, x)
    value(lp, { ...values, x: { shape: [c.points.length], data: c.points } }).forEach((v, i) => near(v, c.logpdf(c.points[i])))
  })
  test('integrates to one in its own units', () => near(over(d, c), 1))
  test('integrates to one in unconstrained units', () => {
    const b = Dist.bijector(d)
    const logp = (u: Tensor): Tensor => stabilise([B.add(Dist.logDensity(d)(Dist.Bijectors.forward(b)(u)), Dist.Bijectors.logDetJacobian(b)(u))])[0]
    near(b._tag === 'Identity' ? over(d, c) : lineIntegral(logp), 1)
  })
  test('the gradients by value and parameters are central differences', () => {
    const xs = c.points.filter((v) => Math.abs(v) < 13 && v !== 1e-5)
    const x = B.leaf('input', 'x', [xs.length])
    const { lp, leaves, values } = withLeaves(c.family, c.params, x)
    const all = { ...values, x: { shape: [xs.length], data: xs } }
    ;[x, ...leaves].forEach((leaf) => {
      const name = leaf.attrs['name'] as string, now = all[name as keyof typeof all]
      const exact = value(grad([leaf])(B.sum(lp))[0], all)
      now.data.forEach((v, i) => {
        const h = 1e-6 * Math.max(1, Math.abs(v)) * (Math.abs(v) < 1e-3 ? 1e-3 : 1)
        const side = (s: number): number => value(B.sum(lp), { ...all, [name]: { shape: now.shape, data: now.data.map((w, j) => (i === j ? w + s * h : w)) } })[0]
        // Differences of sums of up to 1e3 nats, rounded in f64, over 2e-6; series change branch by 1e-8 at most.
        near(exact[i], (side(1) - side(-1)) / (2 * h), 2e-4)
      })
    })
  })
  test('outside the support the bounded density is minus infinity', () => {
    const outside = [c.range[0] - 0.5, c.range[1] + 0.5].filter(Number.isFinite)
    expect(at(Dist.boundedLogDensity(d), outside)).toEqual(outside.map(() => -Infinity))
    expect(at(Dist.boundedLogDensity(d), c.points)).toEqual(at(Dist.logDensity(d), c.points))
  })
  test('mean, variance, median, mode and entropy are those of the density', () => {
    const mean = moment(Dist.mean(d)), variance = moment(Dist.variance(d)), median = moment(Dist.median(d)), entropy = moment(Dist.entropy(d)), mode = moment(Dist.mode(d))
    expect([mean === undefined, variance === undefined]).toEqual([c.moments === 'none', c.moments === 'none'])
    if (c.moments === 'circle') {
      const [cos, sin] = [over(d, c, (x) => Math.cos(x)), over(d, c, (x) => Math.sin(x))]
      near(mean as number, Math.atan2(sin, cos))
      near(variance as number, 1 - Math.hypot(sin, cos))
    } else if (mean !== undefined && variance !== undefined) {
      const m = over(d, c, (x) => x)
      near(mean, m)
      near(variance, over(d, c, (x) => (x - m) ** 2), 2e-7)
    }
    if (median !== undefined) near(pieces({ ...c, range: [c.range[0], median] }).filter(([a, b]) => a < b).reduce((s, r) => s + integral(Dist.logDensity(d), r), 0), 0.5)
    if (entropy !== undefined) near(entropy, over(d, c, (_, lp) => -lp), 1e-6)
    if (mode !== undefined) {
      const [top, left, right] = at(Dist.boundedLogDensity(d), [mode, mode - 0.01, mode + 0.01])
      expect(top).toBeGreaterThanOrEqual(Math.max(left, right))
    }
    expect(at(Dist.boundedLogDensity(d), value(Dist.center(d)))[0]).toBeGreaterThan(-10)
  })
  test('the cdf is the integral of the density, and the quantile its inverse', () => {
    const inner = c.points.filter((x) => Math.abs(x) < 13)
    const cdf = Dist.cdf(d)(B.leaf('input', 'x', [inner.length]))
    if (O.isSome(cdf)) value(cdf.value, { x: { shape: [inner.length], data: inner } }).forEach((p, i) => {
      const want = pieces({ ...c, range: [c.range[0], inner[i]] }).filter(([a, b]) => a < b).reduce((s, r) => s + integral(Dist.logDensity(d), r), 0)
      near(p, want, 2e-7)
    })
    const qs = [0.001, 0.2, 0.5, 0.9, 0.999]
    const quantile = Dist.quantile(d)(B.leaf('input', 'x', [qs.length]))
    if (O.isSome(quantile)) {
      const back = Dist.cdf(d)(quantile.value)
      expect(O.isSome(back)).toBe(true)
      if (O.isSome(back)) value(back.value, { x: { shape: [qs.length], data: qs } }).forEach((p, i) => near(p, qs[i]))
    }
  })
})

describe.each(wholes)('$family', (c) => {
  const d = distOf(c.family)
  const ks = Array.from({ length: c.upto + 1 }, (_, k) => k)
  const lps = at((x) => Dist.logDensity(d)(B.cast(x, 'i32')), ks)
  test('is the independent log probability', () => lps.forEach((lp, k) => near(lp, c.logpmf(k))))
  test('sums to one', () => near(lps.reduce((s, l) => s + Math.exp(l), 0), 1))
  test('nothing outside', () => {
    expect(at((x) => Dist.boundedLogDensity(d)(B.cast(x, 'i32')), [-1])).toEqual([-Infinity])
    if (['bernoulli', 'categorical', 'orderedLogistic', 'binomial', 'zeroInflatedBinomial'].includes(c.family))
      expect(at((x) => Dist.boundedLogDensity(d)(B.cast(x, 'i32')), [c.upto + 1])).toEqual([-Infinity])
  })
  test('mean, variance, mode, entropy and cdf are those of the probabilities', () => {
    const ps = lps.map(Math.exp)
    const mean = moment(Dist.mean(d)), variance = moment(Dist.variance(d)), entropy = moment(Dist.entropy(d)), mode = moment(Dist.mode(d))
    const m = ps.reduce((s, p, k) => s + p * k, 0)
    if (mean !== undefined) near(mean, m)
    if (variance !== undefined) near(variance, ps.reduce((s, p, k) => s + p * (k - m) ** 2, 0), 1e-6)
    if (entropy !== undefined) near(entropy, ps.reduce((s, p) => s - p * Math.log(p), 0))
    if (mode !== undefined) expect(ps[mode]).toBe(Math.max(...ps))
    const cdf = Dist.cdf(d)(B.array(Float32Array.from(ks), [ks.length]))
    if (O.isSome(cdf)) value(cdf.value).forEach((p, k) => near(p, ps.slice(0, k + 1).reduce((a, b) => a + b, 0), 2e-7))
  })
  test('the gradients by the parameters are central differences', () => {
    const xs = ks.filter((k) => k < 12), x = B.array(Int32Array.from(xs), [xs.length], 'i32')
    const { lp, leaves, values } = withLeaves(c.family, c.params, x)
    leaves.filter((l) => l.attrs['name'] !== 'n').forEach((leaf) => {
      const name = leaf.attrs['name'] as string, now = values[name]
      const exact = value(grad([leaf])(B.sum(lp))[0], values)
      now.data.forEach((v, i) => {
        const side = (s: number): number => value(B.sum(lp), { ...values, [name]: { shape: now.shape, data: now.data.map((w, j) => (i === j ? w + s * 1e-6 : w)) } })[0]
        near(exact[i], (side(1) - side(-1)) / 2e-6, 2e-4)
      })
    })
  })
})

describe.each(vectors)('$family', (c) => {
  const d = distOf(c.family), b = Dist.bijector(d)
  const flat = c.points.flat(), shape = [c.points.length, ...c.shape]
  const x = B.leaf('input', 'x', shape), values = { x: { shape, data: flat } }
  test('is the independent log density', () => value(Dist.logDensity(d)(x), values).forEach((lp, i) => near(lp, c.logpdf(c.points[i]), 1e-6)))
  test('integrates to one in unconstrained units', () => {
    const free = Dist.Bijectors.freeShape(b)(c.shape)
    const dims = free.reduce((s, n) => s * n, 1)
    const logp = (u: Tensor): Tensor => {
      const jacobian = Dist.Bijectors.logDetJacobian(b)(u)
      return B.add(Dist.logDensity(d)(Dist.Bijectors.forward(b)(u)), b._tag === 'Identity' ? B.sum(jacobian, [-1]) : jacobian)
    }
    near(boxIntegral(logp, dims, ...c.box), 1, 1e-6)
  })
  test('the gradient by the value is a central difference', () => {
    const exact = value(grad([x])(B.sum(Dist.logDensity(d)(x)))[0], values)
    flat.forEach((v, i) => {
      const h = 1e-6 * Math.max(Math.abs(v), 1e-3)
      const side = (s: number): number => value(B.sum(Dist.logDensity(d)(x)), { x: { shape, data: flat.map((w, j) => (i === j ? w + s * h : w)) } })[0]
      near(exact[i], (side(1) - side(-1)) / (2 * h), 2e-4)
    })
  })
  test('outside the support the bounded density is minus infinity', () => {
    expect(value(Dist.boundedLogDensity(d)(x), values).every(Number.isFinite)).toBe(true)
    if (b._tag !== 'Identity') expect(value(Dist.boundedLogDensity(d)(x), { x: { shape, data: flat.map((v) => 1 - 2 * v) } })).toEqual(c.points.map(() => -Infinity))
  })
})
