/**
 * Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel Random Numbers: As Easy as
 * 1, 2, 3; SC 2011): a bijection of 128-bit counters chosen by a 64-bit key, made of
 * ten rounds of 32-bit multiplications. `shaders/lib/random.wgsl` is its twin: same
 * key and counter, same bits.
 *
 * Law: the known-answer vectors of the publication's library hold.
 *
 * @since 0.1.0
 */

/** Four 32-bit words, each a number in [0, 2^32). */
export type Block = readonly [number, number, number, number]

/** A 64-bit key as two 32-bit words. */
export type Key = readonly [number, number]

const M0 = 0xd2511f53
const M1 = 0xcd9e8d57
const W0 = 0x9e3779b9
const W1 = 0xbb67ae85

const mulHi = (a: number, b: number): number => {
  const a0 = a & 0xffff
  const a1 = a >>> 16
  const b0 = b & 0xffff
  const b1 = b >>> 16
  const low = a0 * b0
  const mid = a1 * b0 + (low >>> 16)
  const mid2 = a0 * b1 + (mid % 65536)
  return (a1 * b1 + Math.floor(mid / 65536) + Math.floor(mid2 / 65536)) >>> 0
}

/** The block of random words for a counter under a key. */
export const philox4x32 = (counter: Block, key: Key): Block => {
  let [c0, c1, c2, c3] = counter
  let [k0, k1] = key
  for (let round = 0; round < 10; round++) {
    const h0 = mulHi(M0, c0)
    const l0 = Math.imul(M0, c0) >>> 0
    const h1 = mulHi(M1, c2)
    const l1 = Math.imul(M1, c2) >>> 0
    ;[c0, c1, c2, c3] = [(h1 ^ c1 ^ k0) >>> 0, l1, (h0 ^ c3 ^ k1) >>> 0, l0]
    k0 = (k0 + W0) >>> 0
    k1 = (k1 + W1) >>> 0
  }
  return [c0, c1, c2, c3]
}
