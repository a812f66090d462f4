/**
 * Standard forms: families whose draws are a fixed map of a draw that has no location
 * and scale of its own. `Spec.nonCentred` makes the standard draw the variable.
 *
 * Law: `value(z, p)` with z from `family` (at the parameters in `keep`) has the
 * distribution of the row, exactly.
 *
 * @since 0.2.0
 */
import { make } from '../dist/index.ts'
import type { Dist, FamilyName, Params } from '../dist/index.ts'
import * as B from '../tensor/build.ts'
import type { Tensor } from '../tensor/node.ts'
import { leavesOf } from '../tensor/replace.ts'

/** How a family is had from its standard form. */
export interface Standard {
  readonly family: FamilyName
  /** Parameters that the standard form keeps; the others are in the map. */
  readonly keep: readonly string[]
  /** Parameters of the standard form that have no default. */
  readonly at: Readonly<Record<string, number>>
  readonly value: (z: Tensor, p: Params) => Tensor
}

type Map = Standard['value']
const form = (family: FamilyName, value: Map, keep: readonly string[] = [], at: Standard['at'] = {}): Standard => ({ family, keep, at, value })
const moved = (location: string, scale: string): Map => (z, p) => B.add(p[location], B.mul(p[scale], z))
const scaled = (scale: string): Map => (z, p) => B.mul(p[scale], z)
const paced = (rate: string): Map => (z, p) => B.div(z, p[rate])
const last = (t: Tensor): Tensor => B.expandDims(t, -1)

const forms: Readonly<Partial<Record<FamilyName, Standard>>> = {
  normal: form('normal', moved('mu', 'sd')),
  laplace: form('laplace', moved('mu', 'b')),
  cauchy: form('cauchy', moved('alpha', 'beta')),
  studentT: form('studentT', moved('mu', 'sd'), ['nu']),
  skewNormal: form('skewNormal', moved('mu', 'sd'), ['alpha']),
  logNormal: form('normal', (z, p) => B.exp(moved('mu', 'sd')(z, p))),
  halfNormal: form('halfNormal', scaled('sd')),
  halfCauchy: form('halfCauchy', scaled('beta')),
  halfStudentT: form('halfStudentT', scaled('sd'), ['nu']),
  exponential: form('exponential', paced('lam')),
  gamma: form('gamma', paced('beta'), ['alpha'], { beta: 1 }),
  inverseGamma: form('inverseGamma', scaled('beta'), ['alpha']),
  weibull: form('weibull', scaled('beta'), ['alpha'], { beta: 1 }),
  pareto: form('pareto', scaled('m'), ['alpha'], { m: 1 }),
  wald: form('wald', (z, p) => B.add(p['alpha'], z), ['mu', 'lam']),
  uniform: form('uniform', (z, { lower, upper }) => B.add(lower, B.mul(B.sub(upper, lower), z))),
  orderedNormal: form('orderedNormal', (z, { mu, sd }) => B.add(last(mu), B.mul(last(sd), z))),
  multivariateNormal: form('normal', (z, { mu, chol }) => B.add(mu, B.sum(B.mul(B.tril(chol), B.expandDims(z, -2)), [-1])))
}

/** The standard form of a family, undefined where there is none. */
export const standardOf = (family: FamilyName): Standard | undefined => forms[family]

/** Families with a standard form. */
export const standardNames: readonly FamilyName[] = Object.keys(forms) as FamilyName[]

/** The standard draw's distribution: the parameters that are kept, the others at the values of the standard form. */
export const standardDist = (form: Standard, d: Dist): Dist =>
  make(form.family, { ...form.at, ...Object.fromEntries(form.keep.map((k) => [k, d.params[k]])) } as Readonly<Record<never, Tensor>>)

/** The form in which a distribution is had from a standard draw, where its location or scale depends on other variables. */
export const nonCentredForm = (d: Dist): Standard | undefined => {
  const form = standardOf(d.family)
  const random = form !== undefined && leavesOf(Object.entries(d.params).flatMap(([k, t]) => (form.keep.includes(k) ? [] : [t]))).some((l) => l.op === 'site')
  return random ? form : undefined
}
