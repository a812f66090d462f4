/**
 * Keys, streams and permutations. Statistical bounds are five standard errors of the
 * statistic under independence: wrong for one seed in two million; the seeds are fixed.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bits, blockAt, fold, halfBits, keyOf, normals, permute, radiusUniformOf, uniformOf } from '../../src/random/index.ts'
import type { Key } from '../../src/random/index.ts'

const N = 100_000
const mean = (xs: ArrayLike<number>, f: (x: number, i: number) => number): number => {
  let s = 0
  for (let i = 0; i < xs.length; i++) s += f(xs[i], i)
  return s / xs.length
}
/** The sample mean of f is within five standard errors of what it should be. */
const near = (got: number, want: number, variance: number, n = N): void => { expect(Math.abs(got - want)).toBeLessThan(5 * Math.sqrt(variance / n)) }
const uniforms = (key: Key, n = N): Float64Array => Float64Array.from(bits(n)(key), uniformOf)
const KEYS: readonly Key[] = [keyOf(0), keyOf(1), keyOf(2 ** 53 - 1), fold(7)(keyOf(0))]

describe('keys', () => {
  test('hold a seed of 53 bits in two words', () => {
    fc.assert(fc.property(fc.maxSafeNat(), (seed) => {
      const [a, b] = keyOf(seed)
      expect(b * 2 ** 32 + a).toBe(seed)
    }))
  })

  test('folded differ, do not depend on their streams, and order matters', () => {
    const key = keyOf(42), seen = new Set<string>()
    for (let w = 0; w < 20_000; w++) seen.add(fold(w)(key).join())
    expect(seen.size).toBe(20_000)
    expect(fold(1)(fold(2)(key))).not.toEqual(fold(2)(fold(1)(key)))
    expect(fold(0)(key)).not.toEqual(key)
    // Folding reads other counters than drawing does.
    expect(fold(0)(key)).not.toEqual(blockAt(0)(key).slice(0, 2))
    expect(fold(2 ** 32 - 1)(key)).toEqual(fold(-1)(key))
  })

  test('folded by neighbouring words give streams that do not correlate', () => {
    for (const [v, w] of [[0, 1], [1, 2], [5, 2 ** 31 + 5], [0, 2 ** 32 - 1]]) {
      const a = uniforms(fold(v)(keyOf(9))), b = uniforms(fold(w)(keyOf(9)))
      near(mean(a, (x, i) => (x - 0.5) * (b[i] - 0.5)), 0, 1 / 144)
    }
    // The first words of many folded keys are as good as a stream.
    const first = Float64Array.from({ length: 20_000 }, (_, w) => uniformOf(bits(1)(fold(w)(keyOf(3)))[0]))
    near(mean(first, (x) => x), 0.5, 1 / 12, first.length)
    near(mean(first.subarray(1), (x, i) => (x - 0.5) * (first[i] - 0.5)), 0, 1 / 144, first.length - 1)
  })
})

describe('streams', () => {
  test('do not depend on how much of them is drawn', () => {
    const key = keyOf(11), long = bits(1001)(key), g = normals(1001)(key)
    for (const n of [0, 1, 2, 3, 4, 5, 64, 1000]) {
      expect(bits(n)(key)).toEqual(long.slice(0, n))
      expect(normals(n)(key)).toEqual(g.slice(0, n))
    }
    expect([...blockAt(3)(key)]).toEqual([...long.slice(12, 16)])
  })

  test('every bit is fair and does not follow its neighbour', () => {
    for (const key of KEYS) {
      const words = bits(N)(key)
      for (let b = 0; b < 32; b++) {
        near(mean(words, (w) => (w >>> b) & 1), 0.5, 0.25)
        near(mean(words.subarray(1), (w, i) => ((w ^ words[i]) >>> b) & 1), 0.5, 0.25, N - 1)
      }
    }
  })
})

describe('uniforms', () => {
  test('lie in (0, 1), exact in f32', () => {
    expect(uniformOf(0)).toBe(2 ** -24)
    expect(uniformOf(2 ** 32 - 1)).toBe(1 - 2 ** -24)
    fc.assert(fc.property(fc.nat({ max: 2 ** 32 - 1 }), (w) => { expect(Math.fround(uniformOf(w))).toBe(uniformOf(w)) }))
    expect(radiusUniformOf(0)).toBe(2 ** -33)
    expect(radiusUniformOf(2 ** 32 - 1)).toBeLessThanOrEqual(1)
  })

  test('have the moments of the uniform distribution', () => {
    for (const key of KEYS) {
      const u = uniforms(key)
      for (const k of [1, 2, 3, 4]) near(mean(u, (x) => x ** k), 1 / (k + 1), 1 / (2 * k + 1) - 1 / (k + 1) ** 2)
      for (const lag of [1, 2, 3, 4]) near(mean(u.subarray(lag), (x, i) => (x - 0.5) * (u[i] - 0.5)), 0, 1 / 144, N - lag)
    }
  })

  test('fill 256 bins evenly', () => {
    for (const key of KEYS) {
      const bins = new Float64Array(256)
      for (const x of uniforms(key)) bins[Math.floor(256 * x)]++
      const chi = bins.reduce((s, c) => s + (c - N / 256) ** 2 / (N / 256), 0)
      // Mean 255, variance 510.
      expect(Math.abs(chi - 255)).toBeLessThan(5 * Math.sqrt(510))
    }
  })
})

describe('normals', () => {
  test('have the moments of the standard normal', () => {
    for (const key of KEYS) {
      const z = normals(N)(key)
      // E x^k is 0, 1, 0, 3, 0, 15 and the variance of x^k is E x^2k - (E x^k)^2.
      const moments = [1, 0, 1, 0, 3, 0, 15, 0, 105, 0, 945, 0, 10395]
      for (const k of [1, 2, 3, 4, 5, 6]) near(mean(z, (x) => x ** k), moments[k], moments[2 * k] - moments[k] ** 2)
      for (const lag of [1, 2, 3, 4]) near(mean(z.subarray(lag), (x, i) => x * z[i]), 0, 1, N - lag)
      // The two of a pair share a radius: their squares must not correlate.
      near(mean(z.subarray(1), (x, i) => (x * x - 1) * (z[i] * z[i] - 1)), 0, 4, N - 1)
    }
  })

  test('have its tails and quartiles', () => {
    // P(Z > t) from tables.
    const tails: readonly (readonly [number, number])[] = [[0, 0.5], [0.6744897501960817, 0.25], [1, 0.15865525393145705], [2, 0.02275013194817921], [3, 0.0013498980316300933]]
    for (const key of KEYS) {
      const z = normals(N)(key)
      for (const [t, p] of tails) {
        near(mean(z, (x) => (x > t ? 1 : 0)), p, p * (1 - p))
        near(mean(z, (x) => (x < -t ? 1 : 0)), p, p * (1 - p))
      }
    }
    expect(Math.sqrt(-2 * Math.log(radiusUniformOf(0)))).toBeCloseTo(6.7637, 3)
  })
})

describe('permutations', () => {
  test('are bijections of [0, n)', () => {
    for (const n of [1, 2, 3, 4, 5, 7, 16, 17, 100, 1000, 4096, 65537])
      for (const key of n > 1000 ? KEYS.slice(0, 1) : KEYS) {
        const seen = new Uint8Array(n), p = permute(n)(key)
        for (let i = 0; i < n; i++) {
          const j = p(i)
          expect(j >= 0 && j < n && Number.isInteger(j)).toBe(true)
          seen[j]++
        }
        expect(seen.every((c) => c === 1)).toBe(true)
      }
  })

  test('walk a domain of less than four times n', () => {
    for (const n of [1, 2, 3, 4, 5, 16, 17, 255, 256, 257, 65536, 65537, 2 ** 31 - 1, 2 ** 31]) {
      const domain = 4 ** halfBits(n)
      expect(domain).toBeGreaterThanOrEqual(n)
      expect(domain).toBeLessThanOrEqual(Math.max(4, 4 * n))
    }
    for (const i of [0, 1, 2 ** 31 - 1]) expect(permute(2 ** 31)(keyOf(5))(i)).toBeLessThan(2 ** 31)
  })

  test('send every element everywhere, equally often', () => {
    // Sizes just above a power of 4 walk longest and are the hardest.
    for (const n of [2, 3, 5, 10, 17]) {
      const draws = 4000, counts = new Float64Array(n * n)
      for (let k = 0; k < draws; k++) {
        const p = permute(n)(fold(k)(keyOf(8)))
        for (let i = 0; i < n; i++) counts[n * i + p(i)]++
      }
      for (const c of counts) near(c / draws, 1 / n, (1 / n) * (1 - 1 / n), draws)
      // n statistics of n - 1 degrees of freedom; rows are not quite independent, hence twice the variance.
      const chi = counts.reduce((s, c) => s + (c - draws / n) ** 2 / (draws / n), 0)
      expect(Math.abs(chi - n * (n - 1))).toBeLessThan(5 * Math.sqrt(4 * n * (n - 1)))
    }
  })

  test('differ by key', () => {
    const image = (key: Key): string => Array.from({ length: 50 }, (_, i) => permute(50)(key)(i)).join()
    expect(new Set(Array.from({ length: 100 }, (_, k) => image(fold(k)(keyOf(1))))).size).toBe(100)
  })
})
