/**
 * The non-centred form of priors whose location or scale is itself random: the variable
 * is a standard draw z, and the value is `mu + sd z`. The posterior of z and sd is then
 * free of the funnel that couples a value with its scale where data say little
 * (Papaspiliopoulos, Roberts & Skold 2007, "A general framework for the parametrization
 * of hierarchical models").
 *
 * Law: the value has the same prior in either form.
 *
 * @since 0.2.0
 */
import { children, fromEnv, mapChildren, toSpec } from './spec.ts'
import type { LeafSpec, Spec, SpecArg } from './spec.ts'
import { standardOf } from './standard.ts'

const isRandom = (s: Spec): boolean => s._tag === 'ConstantSpec' || s._tag === 'PointSpec' ? false : s._tag === 'OpSpec' ? children(s).some(isRandom) : true

/** Has it a standard form, and does anything random stand in its location or scale? */
const gains = (s: LeafSpec): boolean => {
  const form = standardOf(s.family)
  return form !== undefined && Object.entries(s.params).some(([k, v]) => !form.keep.includes(k) && isRandom(v))
}

/**
 * The same prior with its location-scale distributions in non-centred form, where their
 * parameters hold other priors: normal, laplace, cauchy, studentT, logNormal and others
 * for which it is exact. The variable is `W.standard`; the value stays known as `W`.
 *
 * Other distributions are as they were, and so are the priors of parameters (call it on
 * those to change them) and what is inside `Spec.shared`.
 *
 * @example
 * const theta = Spec.nonCentred(Spec.normal({ mu: Spec.normal(), sd: Spec.halfNormal() }))
 */
export const nonCentred = (s: SpecArg): Spec => {
  const memo = new Map<Spec, Spec>()
  const go = (x: Spec): Spec => {
    const known = memo.get(x)
    if (known !== undefined) return known
    const made = x._tag === 'LeafSpec' ? (gains(x) ? { ...x, fields: { ...x.fields, nonCentred: true as const } } : x)
      : x._tag === 'OpSpec' ? mapChildren(go)(x)
      : x._tag === 'EnvSpec' ? { ...fromEnv((env) => nonCentred(x.f(env))), fields: x.fields }
      : x
    memo.set(x, made)
    return made
  }
  return go(toSpec(s))
}
