import fc from 'fast-check'
import { expect, test } from 'vitest'
import { interpret } from '../../src/reference/index.ts'
import * as B from '../../src/tensor/build.ts'
import { rowsAt } from '../../src/infer/rows.ts'
import type { RowOrder } from '../../src/infer/rows.ts'

const u32 = (name: string, shape: readonly number[] = []) => B.leaf('input', name, shape, 'u32')

const draw = (n: number, size: number, steps: number, order: RowOrder, seed = [5, 0]): { rows: number[][]; epoch: number; offset: number } => {
  const made = rowsAt({ epoch: u32('epoch'), offset: u32('offset') }, { n: u32('n'), size, seed: u32('seed', [2]), order })
  let at = { epoch: 0, offset: 0 }
  const rows: number[][] = []
  for (let i = 0; i < steps; i++) {
    const r = interpret({ epoch: { shape: [], data: [at.epoch] }, offset: { shape: [], data: [at.offset] }, n: { shape: [], data: [n] }, seed: { shape: [2], data: seed } })([made.rows, made.next.epoch, made.next.offset])
    if (r._tag === 'Left') throw new Error(r.left[0].need)
    rows.push([...r.right[0].data])
    at = { epoch: r.right[1].data[0], offset: r.right[2].data[0] }
  }
  return { rows, ...at }
}

const sizes = fc.integer({ min: 1, max: 40 }).chain((n) => fc.tuple(fc.constant(n), fc.integer({ min: 1, max: n })))

test('batches are consecutive rows of concatenated permutations of all rows', () => {
  fc.assert(fc.property(sizes, ([n, size]) => {
    const steps = Math.ceil((3 * n) / size)
    const { rows, epoch, offset } = draw(n, size, steps, 'minibatch')
    const all = rows.flat()
    for (let e = 0; e < 3; e++) expect([...all.slice(e * n, (e + 1) * n)].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i))
    expect(rows.every((r) => r.length === size)).toBe(true)
    expect(epoch * n + offset).toBe(steps * size)
  }), { numRuns: 40 })
})

test('epochs and seeds have permutations of their own', () => {
  const { rows } = draw(30, 30, 2, 'minibatch')
  expect(rows[0]).not.toEqual(rows[1])
  expect(draw(30, 30, 1, 'minibatch', [6, 0]).rows[0]).not.toEqual(rows[0])
})

test('a phase over the epoch reads the rows in order', () => {
  expect(draw(5, 2, 5, 'epoch').rows.flat()).toEqual([0, 1, 2, 3, 4, 0, 1, 2, 3, 4])
})
