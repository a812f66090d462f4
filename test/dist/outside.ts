/** Values outside the support of every family that has a cdf and ends, and what the cdf is there: 0 below, 1 above. */
import { O } from '../../src/fp.ts'
import * as Dist from '../../src/dist/index.ts'
import * as B from '../../src/tensor/build.ts'
import { cases, distOf } from './cases.ts'

export interface Outside {
  readonly family: Dist.FamilyName
  readonly d: Dist.Dist
  readonly x: readonly number[]
  readonly want: readonly number[]
}

/** The ends of the cases' supports, by hand: those of `wald` and the truncated normal are of their parameters. */
const ENDS: { readonly [F in Dist.FamilyName]?: readonly [number, number] } = {
  logNormal: [0, Infinity], halfNormal: [0, Infinity], exponential: [0, Infinity], halfCauchy: [0, Infinity], halfStudentT: [0, Infinity],
  gamma: [0, Infinity], chiSquared: [0, Infinity], inverseGamma: [0, Infinity], weibull: [0, Infinity], beta: [0, 1],
  poisson: [0, Infinity], negativeBinomial: [0, Infinity], zeroInflatedPoisson: [0, Infinity], zeroInflatedNegativeBinomial: [0, Infinity]
}

const endsOf = (f: Dist.FamilyName): readonly [number, number] | undefined => {
  const p = (cases[f] as { readonly params?: Readonly<Record<string, number>> }).params ?? {}
  return f === 'uniform' || f === 'truncatedNormal' ? [p['lower'], p['upper']]
    : f === 'pareto' ? [p['m'], Infinity]
    : f === 'wald' ? [p['alpha'], Infinity]
    : f === 'binomial' || f === 'zeroInflatedBinomial' ? [0, p['n']]
    : ENDS[f]
}

export const outside: readonly Outside[] = Dist.familyNames.flatMap((family) => {
  if (cases[family].kind === 'improper') return []
  const d = distOf(family), ends = endsOf(family)
  if (ends === undefined || O.isNone(Dist.cdf(d)(B.scalar(0)))) return []
  const [lower, upper] = ends, below = [lower - 0.25, lower - 1, lower - 1e6, -1e30], above = upper === Infinity ? [] : [upper, upper + 0.25, upper + 1e6, 1e30]
  return [{ family, d, x: [...below, ...above], want: [...below.map(() => 0), ...above.map(() => 1)] }]
})
