/**
 * Whole numbers among options: how many draws, rows and steps, and seeds; and room for as
 * many numbers.
 *
 * @since 0.5.0
 */
import { E, NEA } from '../fp.ts'
import type { Either } from '../fp.ts'
import { fail, gelatoError, shown } from '../error.ts'
import type { GelatoErrors } from '../error.ts'

/** Right for whole numbers from `least` on, 1 when absent; `path` ends with the option's name. */
export const whole = (path: readonly string[], v: unknown, least = 1): Either<GelatoErrors, void> =>
  Number.isSafeInteger(v) && (v as number) >= least ? E.right(undefined)
    : fail('BadOption', path, shown(v), `a whole number from ${least}`, `give { ${path[path.length - 1]}: ${Math.max(1, least)} } or more`)

/** Arrays that are made, or that there is no room for them. */
export const roomOf = <A>(path: readonly string[], got: string, make: () => A): Either<GelatoErrors, A> =>
  E.tryCatch(make, () => NEA.of(gelatoError('TooLarge', path, got, 'numbers that fit in memory', 'ask for fewer at a time')))

/** Right for seeds: whole numbers from 0. */
export const wholeSeed = (path: readonly string[], v: unknown): Either<GelatoErrors, void> =>
  Number.isSafeInteger(v) && (v as number) >= 0 ? E.right(undefined) : fail('BadOption', path, shown(v), 'a whole number from 0', 'give { seed: 0 }, say')
