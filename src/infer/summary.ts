/**
 * What a posterior says of each site on its own, on the host in double precision:
 * means, standard deviations and quantiles in the site's units, under the family's
 * marginals in unconstrained space.
 *
 * Closed forms for the identity and for exp, alone or from a bound on; else the trapezoidal rule in z, which
 * converges exponentially for integrals against a normal (Trefethen and Weideman 2014).
 * A bijector whose bounds are themselves latent, or of whole vectors: the mean over draws.
 *
 * @since 0.1.0
 */
import { E } from '../fp.ts'
import { Bijectors } from '../dist/index.ts'
import { interpret } from '../reference/index.ts'
import * as B from '../tensor/build.ts'
import { leavesOf } from '../tensor/replace.ts'
import type { Site } from '../spec/site.ts'
import { sampleNodes } from './draws.ts'
import type { Known } from './draws.ts'
import { layoutOf, unpack } from './layout.ts'
import type { Numbers } from './layout.ts'
import type { Posterior } from './method.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Host arrays by site. */
export type BySite = Readonly<Record<string, Numbers>>

/** Mean and standard deviation of each site's unconstrained value. */
export interface Marginal {
  readonly mean: Numbers
  readonly sd: Numbers
}

// -----------------------------------------------------------------------------
// the normal distribution on the host
// -----------------------------------------------------------------------------

/** P(Z <= z): Taylor's series about 0 inside, Laplace's continued fraction in the tails. */
export const normalCdf = (z: number): number => {
  const density = Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI)
  if (Math.abs(z) < 3) {
    let term = z
    let sum = z
    for (let k = 3; Math.abs(term) > 1e-18 * Math.abs(sum); k += 2) { term *= (z * z) / k; sum += term }
    return 0.5 + density * sum
  }
  let f = Math.abs(z)
  for (let k = 120; k >= 1; k--) f = Math.abs(z) + k / f
  return z < 0 ? density / f : 1 - density / f
}

/** The z with P(Z <= z) = p, by bisection. */
export const normalQuantile = (p: number): number => {
  if (!(p >= 0 && p <= 1)) return NaN
  if (p === 0) return -Infinity
  if (p > 0.5) return -normalQuantile(1 - p)
  let lo = -39
  let hi = 0.1
  for (let i = 0; i < 80; i++) {
    const mid = (lo + hi) / 2
    if (normalCdf(mid) < p) lo = mid
    else hi = mid
  }
  return (lo + hi) / 2
}

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))
const mapped = (a: Numbers, f: (x: number, i: number) => number): Numbers => ({ shape: a.shape, data: a.data.map(f) })

/** Marginals of every site in unconstrained space; empty for posteriors that aren't families. */
export const marginalsOf = (sites: readonly Site[], posterior: Posterior): Readonly<Record<string, Marginal>> => {
  if (posterior._tag !== 'Family') return {}
  const layout = layoutOf(sites)
  const of = (name: string): BySite => unpack(layout)(posterior.params[name].data)
  const mean = of(posterior.family === 'delta' ? 'u' : 'mu')
  const sd = posterior.family === 'delta' ? undefined : of('rho')
  return Object.fromEntries(sites.map((s) => [s.name, { mean: mean[s.name], sd: sd === undefined ? mapped(mean[s.name], () => 0) : mapped(sd[s.name], softplus) }]))
}

const STEP = 0.125
const NODES = Float64Array.from({ length: 145 }, (_, i) => (i - 72) * STEP)
const WEIGHTS = NODES.map((z) => (STEP * Math.exp(-0.5 * z * z)) / Math.sqrt(2 * Math.PI))

const image = (s: Site, u: Float64Array): Float64Array => {
  const r = interpret({})([B.broadcastTo(Bijectors.forward(s.bijector)(B.array(u, [u.length / Math.max(1, size(s)), ...s.shape])), [u.length / Math.max(1, size(s)), ...s.shape])])
  return E.isRight(r) ? r.right[0].data : u.map(() => NaN)
}
const size = (s: Site): number => s.shape.reduce((a, b) => a * b, 1)

const byQuadrature = (s: Site, m: Marginal): { readonly mean: Numbers; readonly std: Numbers } => {
  const n = size(s)
  const x = image(s, Float64Array.from({ length: NODES.length * n }, (_, k) => m.mean.data[k % n] + m.sd.data[k % n] * NODES[Math.floor(k / n)]))
  const moment = (f: (v: number, i: number) => number): Numbers =>
    mapped(m.mean, (_, i) => WEIGHTS.reduce((a, w, k) => a + w * f(x[k * n + i], i), 0))
  const mean = moment((v) => v)
  return { mean, std: mapped(moment((v, i) => (v - mean.data[i]) ** 2), Math.sqrt) }
}

const DRAWS = 4096
const byDraws = (known: Known, s: Site): { readonly mean: Numbers; readonly std: Numbers; readonly draws: Float64Array } => {
  const r = interpret({})(sampleNodes(known, { size: DRAWS, seed: 0 })([s.leaf]))
  const n = size(s)
  const draws = E.isRight(r) ? r.right[0].data : new Float64Array(DRAWS * n).fill(NaN)
  const over = (i: number, f: (v: number) => number): number => { let a = 0; for (let k = 0; k < DRAWS; k++) a += f(draws[k * n + i]); return a / DRAWS }
  const mean = { shape: s.shape, data: Float64Array.from({ length: n }, (_, i) => over(i, (v) => v)) }
  return { mean, std: mapped(mean, (m, i) => Math.sqrt(over(i, (v) => (v - m) ** 2))), draws }
}

/** Elements that aren't each a function of one normal: bounds that are latent, maps of whole vectors. */
const needsDraws = (s: Site): boolean => Bijectors.eventRank(s.bijector) > 0 || leavesOf(Bijectors.tensorsOf(s.bijector)).length > 0

/** Mean and standard deviation of every site in its own units. */
export const momentsOf = (known: Known): { readonly mean: BySite; readonly std: BySite } => {
  const { sites } = known.model
  const marginals = marginalsOf(sites, known.posterior)
  const one = (s: Site): { readonly mean: Numbers; readonly std: Numbers } => {
    const m = marginals[s.name]
    if (s.bijector._tag === 'Identity') return { mean: m.mean, std: m.sd }
    if (needsDraws(s)) return byDraws(known, s)
    if (s.bijector._tag === 'Exp' || s.bijector._tag === 'LowerBound' || s.bijector._tag === 'UpperBound') {
      // The image of -inf is the bound that exp goes away from.
      const bound = image(s, m.mean.data.map(() => -Infinity)), sign = s.bijector._tag === 'UpperBound' ? -1 : 1
      const away = mapped(m.mean, (u, i) => Math.exp(u + 0.5 * m.sd.data[i] ** 2))
      return { mean: mapped(away, (x, i) => bound[i] + sign * x), std: mapped(away, (x, i) => x * Math.sqrt(Math.expm1(m.sd.data[i] ** 2))) }
    }
    return byQuadrature(s, m)
  }
  const found = Object.keys(marginals).length === 0 ? [] : sites.map((s) => [s.name, one(s)] as const)
  return { mean: Object.fromEntries(found.map(([k, v]) => [k, v.mean])), std: Object.fromEntries(found.map(([k, v]) => [k, v.std])) }
}

/** The quantile at p of every site's elements, in its own units: the bijector keeps order (or turns it over). */
export const quantilesOf = (known: Known) => (p: number): BySite => {
  const { sites } = known.model
  const marginals = marginalsOf(sites, known.posterior)
  return Object.fromEntries(sites.filter((s) => marginals[s.name] !== undefined).map((s) => {
    const m = marginals[s.name]
    if (needsDraws(s)) {
      const { draws } = byDraws(known, s)
      const n = size(s)
      return [s.name, { shape: s.shape, data: Float64Array.from({ length: n }, (_, i) => Float64Array.from({ length: DRAWS }, (_x, k) => draws[k * n + i]).sort()[Math.min(DRAWS - 1, Math.floor(p * DRAWS))]) }]
    }
    const z = normalQuantile(p) * (s.bijector._tag === 'UpperBound' ? -1 : 1)
    const u = m.mean.data.map((x, i) => (m.sd.data[i] === 0 ? x : x + m.sd.data[i] * z))
    return [s.name, { shape: s.shape, data: s.bijector._tag === 'Identity' ? u : image(s, u) }]
  }))
}
