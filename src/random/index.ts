/**
 * The counter-based random number generator: blocks, keys, streams, permutations.
 *
 * @since 0.1.0
 */
export * from './philox.ts'
export * from './stream.ts'
export * as samplers from './samplers.ts'
export * as implicit from './implicit.ts'
