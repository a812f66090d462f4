/** Philox4x32-10 against the known answers of the publication's library, and as a bijection. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { philox4x32 } from '../../src/random/index.ts'
import type { Block } from '../../src/random/index.ts'

const hex = (b: Block): readonly string[] => b.map((w) => w.toString(16).padStart(8, '0'))

test('the three published vectors', () => {
  const f = 0xffffffff
  expect(hex(philox4x32([0, 0, 0, 0], [0, 0]))).toEqual(['6627e8d5', 'e169c58d', 'bc57ac4c', '9b00dbd8'])
  expect(hex(philox4x32([f, f, f, f], [f, f]))).toEqual(['408f276d', '41c83b0e', 'a20bc7c6', '6d5451fd'])
  expect(hex(philox4x32([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]))).toEqual(['d16cfe09', '94fdcceb', '5001e420', '24126ea1'])
})

/** The same rounds in whole numbers of any size. */
const exact = (counter: Block, key: readonly [number, number]): Block => {
  let [a, b, c, d] = counter.map(BigInt), [k, l] = key.map(BigInt)
  const low = (x: bigint): bigint => x & 0xffffffffn
  for (let round = 0; round < 10; round++) {
    const p = 0xd2511f53n * a, q = 0xcd9e8d57n * c
    ;[a, b, c, d] = [(q >> 32n) ^ b ^ k, low(q), (p >> 32n) ^ d ^ l, low(p)]
    k = low(k + 0x9e3779b9n)
    l = low(l + 0xbb67ae85n)
  }
  return [a, b, c, d].map(Number) as unknown as Block
}

/** The rounds undone: the multipliers are odd, so they have inverses modulo 2^32. */
const inverse = (block: Block, key: readonly [number, number]): Block => {
  const undo = (m: bigint): bigint => { let r = m; for (let i = 0; i < 5; i++) r = (r * (2n - m * r)) & 0xffffffffn; return r & 0xffffffffn }
  const [m0, m1] = [undo(0xd2511f53n), undo(0xcd9e8d57n)]
  let [a, b, c, d] = block.map(BigInt)
  for (let round = 9; round >= 0; round--) {
    const k = (BigInt(key[0]) + BigInt(round) * 0x9e3779b9n) & 0xffffffffn, l = (BigInt(key[1]) + BigInt(round) * 0xbb67ae85n) & 0xffffffffn
    const x = (d * m0) & 0xffffffffn, z = (b * m1) & 0xffffffffn
    ;[a, b, c, d] = [x, a ^ k ^ ((0xcd9e8d57n * z) >> 32n), z, c ^ l ^ ((0xd2511f53n * x) >> 32n)]
  }
  return [a, b, c, d].map(Number) as unknown as Block
}

const word = fc.oneof(fc.nat({ max: 0xffffffff }), fc.constantFrom(0, 1, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff))
const counter = fc.tuple(word, word, word, word), key = fc.tuple(word, word)

test('agrees with exact arithmetic and is a bijection of counters', () => {
  fc.assert(fc.property(counter, key, (c, k) => {
    expect(philox4x32(c, k)).toEqual(exact(c, k))
    expect(inverse(philox4x32(c, k), k)).toEqual(c)
  }), { numRuns: 500 })
})
