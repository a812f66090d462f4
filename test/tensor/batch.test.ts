/**
 * `batch` against a loop over slices: every op of the table, every subset of its leaves
 * batched. The same f64 sums may be taken in another order, hence 1e-12.
 */
import { describe, expect, test } from 'vitest'
import * as B from '../../src/tensor/build.ts'
import { batch, grad, opNames } from '../../src/tensor/index.ts'
import type { Tensor } from '../../src/tensor/index.ts'
import { topo } from '../../src/tensor/node.ts'
import { leafName } from '../../src/tensor/ops/leaves.ts'
import { interpret } from '../../src/reference/index.ts'
import { cases } from './cases.ts'
import type { Case, Leaf, Rng } from './cases.ts'
import { distance, errorsIn, evaluate, seeded, valuesOf } from './support.ts'

const subsets = <A>(xs: readonly A[]): readonly (readonly A[])[] =>
  xs.reduce<readonly (readonly A[])[]>((all, x) => [...all, ...all.map((s) => [...s, x])], [[]]).slice(1)

const check = (c: Case, chosen: readonly Leaf[], size: number, rng: Rng): void => {
  const slices = Array.from({ length: size }, (_, k) => c.leaves.map((l) => (chosen.includes(l) ? { ...l, data: k === 0 ? l.data : l.again(rng) } : l)))
  const nodes = topo([c.node])
  const pairs = chosen.map((l) => [
    nodes.find((t) => leafName(t) === l.name) as Tensor,
    B.leaf('input', `${l.name} stacked`, [size, ...l.shape], l.dtype)
  ] as const)
  const [many] = batch(size, pairs)([c.node])
  expect(errorsIn(many)).toEqual([])
  const stacked = chosen.map((l) => ({ ...l, name: `${l.name} stacked`, shape: [size, ...l.shape], data: slices.flatMap((s) => s.find((x) => x.name === l.name)?.data ?? []) }))
  const [got] = evaluate(valuesOf([...c.leaves, ...stacked]), [many])
  const want = slices.map((s) => evaluate(valuesOf(s), [c.node])[0])
  expect(got.shape).toEqual([size, ...want[0].shape])
  expect(distance(got.data, want.flatMap((w) => [...w.data]))).toBeLessThan(1e-12)
}

describe('batch', () => {
  for (const op of opNames)
    test(`of ${op} is a loop over slices, for every subset of its leaves`, () => {
      seeded(`batch ${op}`, 12).forEach((rng, i) => {
        const c = cases[op](rng)
        if (c.leaves.length === 0) {
          const [many] = batch(3, [])([c.node])
          const [got, one] = evaluate({}, [many, c.node])
          expect(got.shape).toEqual([3, ...one.shape])
          expect([...got.data]).toEqual([...one.data, ...one.data, ...one.data])
        }
        for (const chosen of subsets(c.leaves.slice(0, 4))) check(c, chosen, [3, 2, 1][i % 3], rng)
      })
    })

  test('of batched graphs is a loop over both', () => {
    for (const op of ['matmul', 'conv2d', 'take', 'scatterAdd', 'maxPool2d', 'fold', 'randomNormal', 'permuteIndex', 'select', 'concat', 'broadcastTo', 'reduceMax'] as const)
      for (const rng of seeded(`twice ${op}`, 6)) {
        const c = cases[op](rng), l = c.leaves[Math.floor(rng() * c.leaves.length)], m = c.leaves[Math.floor(rng() * c.leaves.length)]
        const x = topo([c.node]).find((t) => leafName(t) === l.name) as Tensor
        const inner = { ...l, name: 'inner', shape: [2, ...l.shape], data: [...l.data, ...l.again(rng)], again: (r: Rng) => [...l.again(r), ...l.again(r)] }
        const [many] = batch(2, [[x, B.leaf('input', 'inner', inner.shape, l.dtype)]])([c.node])
        const others = c.leaves.filter((k) => k !== l)
        check({ ...c, leaves: [...others, inner], node: many }, [m === l ? inner : m], 3, rng)
      }
  })

  test('goes through gradients: one gradient a slice', () => {
    const w = B.leaf('site', 'w', [3]), x = B.leaf('input', 'x', [4, 3])
    const y = B.sum(B.square(B.tanh(B.matmul(x, B.reshape(w, [3, 1])))))
    const ws = B.leaf('input', 'ws', [5, 3])
    const [gs] = batch(5, [[w, ws]])(grad([w])(y))
    const [rng] = seeded('gradients', 1), data = Array.from({ length: 15 }, rng), xs = { shape: [4, 3], data: Array.from({ length: 12 }, rng) }
    const [got] = evaluate({ x: xs, ws: { shape: [5, 3], data } }, [gs])
    for (let k = 0; k < 5; k++) {
      const [one] = evaluate({ x: xs, w: { shape: [3], data: data.slice(3 * k, 3 * k + 3) } }, grad([w])(y))
      expect(distance(got.data.slice(3 * k, 3 * k + 3), one.data)).toBeLessThan(1e-12)
    }
  })

  test('shares what depends on no batched leaf', () => {
    const w = B.leaf('site', 'w', [3]), x = B.leaf('input', 'x', [3]), costly = B.exp(x)
    const [many] = batch(7, [[w, B.leaf('input', 'ws', [7, 3])]])([B.add(w, costly)])
    expect(topo([many])).toContain(costly)
    expect(errorsIn(batch(7, [])([costly])[0])).toEqual([])
  })

  test('takes a symbolic size', () => {
    const w = B.leaf('site', 'w', [2]), draws = { _tag: 'Sym' as const, terms: [{ coef: 1, atoms: ['draws'] }] }
    const [many] = batch(draws, [[w, B.leaf('input', 'ws', [draws, 2])]])([B.sum(w)])
    expect([...evaluate({ ws: { shape: [3, 2], data: [1, 2, 3, 4, 5, 6] } }, [many])[0].data]).toEqual([3, 7, 11])
  })

  test('values of another shape, and Lefts, are Left', () => {
    const w = B.leaf('site', 'w', [3]), bad = B.add(w, B.leaf('input', 'v', [2]))
    expect(errorsIn(batch(7, [[w, B.leaf('input', 'ws', [3, 7])]])([B.sum(w)])[0])).toEqual(['ShapeMismatch'])
    expect(errorsIn(batch(7, [[w, B.leaf('input', 'ws', [7, 3])]])([B.sum(bad)])[0])).toEqual(['ShapeMismatch'])
    expect(errorsIn(batch(7, [[w, bad]])([B.sum(w)])[0])).toEqual(['ShapeMismatch'])
    expect(interpret({})(batch(7, [[w, bad]])([B.sum(w)]))._tag).toBe('Left')
  })
})
