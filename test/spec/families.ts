/**
 * A prior of every family of the table: its parameters from their domains, at shapes
 * that suit it. A family with a domain that isn't known here fails the tests.
 */
import * as Dist from '../../src/dist/index.ts'
import type { Domain, FamilyName } from '../../src/dist/index.ts'
import * as Spec from '../../src/spec/index.ts'

type Params = Readonly<Record<string, Spec.SpecArg>>

/** Numbers of a domain: one, a vector of three, a matrix of three by three. */
const numbers: Readonly<Record<Domain, readonly (Spec.SpecArg | undefined)[]>> = {
  real: [0.25, [-1, 0.5, 2]], extended: [0.5], positive: [1.5, [0.5, 1, 2]], count: [5], probability: [0.25],
  simplex: [undefined, [0.25, 0.25, 0.5]], ordered: [undefined, [-1, 0, 1.5]], cholesky: [undefined, undefined, [[1, 0, 0], [0.5, 1, 0], [0.25, 0.5, 1]]]
}
/** Where domains alone don't say enough. */
const together: Readonly<Partial<Record<FamilyName, Params>>> = { uniform: { lower: -1, upper: 2 }, truncatedNormal: { lower: -2, upper: 2 } }

const value = (family: FamilyName, k: string): Spec.SpecArg => {
  const info = Dist.familyOf(family).params[k], found = together[family]?.[k] ?? numbers[info.domain][info.event ?? 0]
  if (found === undefined) throw new Error(`no numbers for ${family}.${k}, a parameter of domain ${info.domain} with ${info.event ?? 0} axes`)
  return found
}

const chosen = (family: FamilyName, wanted: (k: string) => boolean): Params => {
  const row = Dist.familyOf(family), [first] = row.oneOf
  return Object.fromEntries(Object.keys(row.params).filter((k) => (row.oneOf.includes(k) ? k === first : wanted(k))).map((k) => [k, value(family, k)]))
}

/** Only what has no default. */
export const leastParams = (family: FamilyName): Params => chosen(family, (k) => Dist.familyOf(family).params[k].default === undefined)
/** Every parameter. */
export const allParams = (family: FamilyName): Params => chosen(family, () => true)

/** A prior by its family's name, whatever its parameters. */
export const priorOf = (family: FamilyName, params: Params): Spec.Spec => Spec.of(family, params as never)

/** Families that can be priors, and those that can't. */
export const continuous: readonly FamilyName[] = Dist.familyNames.filter((f) => !Dist.familyOf(f).discrete)
export const discrete: readonly FamilyName[] = Dist.familyNames.filter((f) => Dist.familyOf(f).discrete)

/** The original's three shapes, with the axes of a draw in the end where a draw has some. */
export const shapesOf = (family: FamilyName): readonly (readonly number[])[] =>
  [[[1, 1], [10, 1], [10, 1, 10]], [[3], [10, 3], [10, 1, 3]], [[3, 3], [10, 3, 3], [10, 1, 3, 3]]][Dist.familyOf(family).event]
