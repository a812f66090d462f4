/**
 * Where randomness comes from: every use folds its own word into the seed's key, and
 * sites fold a hash of their name, so that no two uses share a stream and a draw of a
 * site does not depend on which other sites there are.
 *
 * @since 0.1.0
 */
import { fold, keyOf } from '../random/index.ts'
import type { Key } from '../random/index.ts'
import { START } from '../model/held.ts'
import { hashName } from '../model/noise.ts'

export { drawKey, hashName, seedKey, seedWords } from '../model/noise.ts'

/** The uses of a seed, each a word folded into its key. */
export const purpose = { start: START, noise: 2, rows: 3, weights: 4, likelihood: 5, elbo: 6 } as const

/** A seed's key on the host for one use and one name. */
export const hostKey = (seed: number, use: number, name: string): Key => fold(hashName(name))(fold(use)(keyOf(seed)))
