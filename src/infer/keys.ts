/**
 * Where randomness comes from: every use folds its own word into the seed's key, and
 * sites fold a hash of their name, so that no two uses share a stream and a draw of a
 * site does not depend on which other sites there are.
 *
 * @since 0.1.0
 */
import { E } from '../fp.ts'
import type { Either } from '../fp.ts'
import { fail } from '../error.ts'
import type { GelatoErrors } from '../error.ts'
import { fold, keyOf } from '../random/index.ts'
import type { Key } from '../random/index.ts'
import * as B from '../tensor/build.ts'
import type { Tensor } from '../tensor/node.ts'

/** The uses of a seed, each a word folded into its key. */
export const purpose = { start: 1, noise: 2, rows: 3, weights: 4, likelihood: 5, elbo: 6 } as const

/** Right for seeds: whole numbers from 0. */
export const wholeSeed = (path: readonly string[], v: unknown): Either<GelatoErrors, void> =>
  Number.isSafeInteger(v) && (v as number) >= 0 ? E.right(undefined) : fail('BadOption', path, String(v), 'a whole number from 0', 'give { seed: 0 }, say')

/** The FNV-1a hash of a name's UTF-8 bytes (Fowler, Noll, Vo), 32 bits. */
export const hashName = (name: string): number =>
  new TextEncoder().encode(name).reduce((h, b) => Math.imul(h ^ b, 0x01000193) >>> 0, 0x811c9dc5)

/** A seed's key on the host for one use and one name. */
export const hostKey = (seed: number, use: number, name: string): Key => fold(hashName(name))(fold(use)(keyOf(seed)))

/** A seed's key as host words. */
export const seedWords = (seed: number): Uint32Array => Uint32Array.from(keyOf(seed))

/** A seed's key as a graph: of a number, or of a scalar that is given at each call. */
export const seedKey = (seed: number | Tensor): Tensor =>
  typeof seed === 'number'
    ? B.array(seedWords(seed), [2], 'u32')
    : B.concat([B.reshape(B.cast(seed, 'u32'), [1]), B.full([1], 0, 'u32')], 0)

/** Key of draw `i` of a name under a seed: fold(fold(seed, hash of the name), i). */
export const drawKey = (seed: Tensor, name: string, i: Tensor | number): Tensor => B.fold(B.fold(seed, hashName(name)), i)
