/**
 * Keys, streams and permutations made of Philox blocks. Randomness is a pure function:
 * a draw depends on its key and its element index alone, so it is the same bits under
 * any chunking, in TypeScript and in WGSL.
 *
 * The fourth counter word separates the uses: 0 for draws, 1 for folding, 2 for
 * permutations. Element i of a stream is word i mod 4 of block floor(i / 4).
 *
 * Laws: `fold` of different words gives independent keys; `permute(key, n)` is a
 * bijection of [0, n); uniforms lie in (0, 1).
 *
 * @since 0.1.0
 */
import { philox4x32 } from './philox.ts'
import type { Block, Key } from './philox.ts'

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** The key of a seed: a whole number in [0, 2^53). */
export const keyOf = (seed: number): Key => [seed >>> 0, Math.floor(seed / 4294967296) >>> 0]

/** A key derived from another by one 32-bit word (a site, a step, a sample). */
export const fold =
  (word: number) =>
  (key: Key): Key => {
    const [a, b] = philox4x32([word >>> 0, 0, 0, 1], key)
    return [a, b]
  }

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/** Block number `i` of a key's stream. */
export const blockAt =
  (i: number) =>
  (key: Key): Block =>
    philox4x32([i >>> 0, Math.floor(i / 4294967296) >>> 0, 0, 0], key)

/** The first `n` words of a key's stream. */
export const bits =
  (n: number) =>
  (key: Key): Uint32Array => {
    const out = new Uint32Array(Math.ceil(n / 4) * 4)
    for (let i = 0; i < out.length; i += 4) out.set(blockAt(i / 4)(key), i)
    return out.subarray(0, n)
  }

/** The uniform in (0, 1) that a word stands for: 23 bits, never 0 or 1 in f32. */
export const uniformOf = (word: number): number => ((word >>> 9) + 0.5) * 2 ** -23

/** The uniform in (0, 1] used for radii: 32 bits of resolution near 0 (tails to 6.76 sigma). */
export const radiusUniformOf = (word: number): number => Math.min(1, (word + 0.5) * 2 ** -32)

/** The first `n` standard normals of a key's stream, by Box and Muller's pairs. */
export const normals =
  (n: number) =>
  (key: Key): Float64Array => {
    const out = new Float64Array(Math.ceil(n / 4) * 4)
    for (let i = 0; i < out.length; i += 4) {
      const b = blockAt(i / 4)(key)
      for (const half of [0, 2]) {
        const r = Math.sqrt(-2 * Math.log(radiusUniformOf(b[half])))
        const a = 2 * Math.PI * b[half + 1] * 2 ** -32
        out[i + half] = r * Math.cos(a)
        out[i + half + 1] = r * Math.sin(a)
      }
    }
    return out.subarray(0, n)
  }

/** Bits of half a Feistel word for a domain that holds [0, n): at most 4 n values. */
export const halfBits = (n: number): number => Math.max(1, (33 - Math.clz32(Math.max(n, 2) - 1)) >> 1)

/**
 * Image of `i` under a keyed permutation of [0, n): an eight-round balanced Feistel
 * network on 2 h bits whose round function is a Philox word, walked along its cycle
 * until it lands inside (Black and Rogaway 2002). Exact in u32 for n up to 2^31. With four
 * rounds the image of an index is up to 30 % off uniform at n = 5; with eight no test shows it.
 */
export const permute =
  (n: number) =>
  (key: Key) =>
  (i: number): number => {
    const h = halfBits(n)
    const mask = 2 ** h - 1
    let x = i
    do {
      let left = x >>> h
      let right = x & mask
      for (let r = 0; r < 8; r++) {
        const f = philox4x32([right, r, 0, 2], key)[0] & mask
        ;[left, right] = [right, (left ^ f) & mask]
      }
      x = ((left << h) | right) >>> 0
    } while (x >= n)
    return x
  }
