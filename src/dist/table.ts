/**
 * The table of families. `Dist`, `Spec`, the documentation and the tests read it.
 *
 * @since 0.1.0
 */
import * as bounded from './families/bounded.ts'
import * as counts from './families/counts.ts'
import * as discrete from './families/discrete.ts'
import * as mixture from './families/mixture.ts'
import * as positive from './families/positive.ts'
import * as real from './families/real.ts'
import * as vector from './families/vector.ts'
import type { Family } from './family.ts'

/** Every family by name, with the types of its parameters' names. */
export const families = { ...real, ...positive, ...bounded, ...mixture, ...vector, ...discrete, ...counts }

/** Names of the families. */
export type FamilyName = keyof typeof families

/** Names of a family's parameters. */
export type ParamName<F extends FamilyName> = keyof (typeof families)[F]['params'] & string

/** The row of a family. */
export const familyOf = (name: FamilyName): Family => families[name]

/** All names, in the table's order. */
export const familyNames: readonly FamilyName[] = Object.keys(families) as FamilyName[]
