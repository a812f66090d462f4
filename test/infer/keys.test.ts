import { expect, test } from 'vitest'
import { interpret } from '../../src/reference/index.ts'
import { fold, keyOf } from '../../src/random/index.ts'
import * as B from '../../src/tensor/build.ts'
import { drawKey, hashName, hostKey, seedKey } from '../../src/infer/keys.ts'

test('names are hashed by FNV-1a (the published vectors)', () => {
  expect(hashName('')).toBe(0x811c9dc5)
  expect(hashName('a')).toBe(0xe40c292c)
  expect(hashName('foobar')).toBe(0xbf9cf968)
})

test('keys in graphs are those on the host; a seed can be a scalar', () => {
  const seed = B.leaf('input', 'seed', [], 'u32')
  const r = interpret({ seed: { shape: [], data: [7] } })([drawKey(seedKey(7), 'w', 3), drawKey(seedKey(seed), 'w', B.scalar(3, 'u32'))])
  const host = fold(3)(fold(hashName('w'))(keyOf(7)))
  expect(r._tag === 'Right' && r.right.map((x) => [...x.data])).toEqual([[...host], [...host]])
})

test('uses of a seed have keys of their own', () => {
  expect(hostKey(1, 1, 'w')).not.toEqual(hostKey(1, 2, 'w'))
  expect(hostKey(1, 1, 'w')).not.toEqual(hostKey(1, 1, 'v'))
})
