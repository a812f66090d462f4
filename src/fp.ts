/**
 * The only file that names fp-ts. `fp-ts/function` type-checks under nodenext but
 * crashes in Node's ESM loader (the package has no exports map), so every import
 * goes through `fp-ts/lib/*.js`.
 *
 * @since 0.1.0
 */
export { pipe, flow, identity, absurd, constVoid } from 'fp-ts/lib/function.js'
export * as E from 'fp-ts/lib/Either.js'
export * as O from 'fp-ts/lib/Option.js'
export * as TE from 'fp-ts/lib/TaskEither.js'
export * as T from 'fp-ts/lib/Task.js'
export * as NEA from 'fp-ts/lib/NonEmptyArray.js'
export * as RA from 'fp-ts/lib/ReadonlyArray.js'
export type { Either } from 'fp-ts/lib/Either.js'
export type { Option } from 'fp-ts/lib/Option.js'
export type { TaskEither } from 'fp-ts/lib/TaskEither.js'
export type { NonEmptyArray } from 'fp-ts/lib/NonEmptyArray.js'
export type { ReadonlyNonEmptyArray } from 'fp-ts/lib/ReadonlyNonEmptyArray.js'
