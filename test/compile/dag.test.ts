/** Who waits for whom, on random DAGs, against paths found by their definition. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { reached, sorted, waitsFor, waitsThrough } from '../../src/compile/dag.ts'

interface Draft { readonly id: number; readonly deps: Set<Draft> }

/** Up to nine drafts, each of which waits for some of those before it, in any order. */
const dags = fc.integer({ min: 1, max: 9 }).chain((n) =>
  fc.tuple(fc.array(fc.boolean(), { minLength: n * n, maxLength: n * n }), fc.shuffledSubarray([...Array(n).keys()], { minLength: n, maxLength: n })).map(([edges, order]) => {
    const made: Draft[] = Array.from({ length: n }, (_, id) => ({ id, deps: new Set() }))
    made.forEach((d, i) => made.slice(0, i).forEach((e, j) => { if (edges[i * n + j]) d.deps.add(e) }))
    return order.map((i) => made[i])
  }))

/** Is there a way of so many edges or more? */
const way = (from: Draft, to: Draft, least: number): boolean => (from === to && least <= 0) || [...from.deps].some((d) => way(d, to, least - 1))

/** Can the two become one without a cycle: is there no way from one to the other that leaves the two? */
const isCyclic = (all: readonly Draft[], a: Draft, b: Draft): boolean =>
  all.some((c) => c !== a && c !== b && ((way(a, c, 1) && way(c, b, 1)) || (way(b, c, 1) && way(c, a, 1))))

describe('drafts', () => {
  test('wait for what there is a way to', () => {
    fc.assert(fc.property(dags, (all) => {
      for (const a of all) for (const b of all) {
        expect(waitsFor(a, b)).toBe(way(a, b, 0))
        if (a !== b) expect(waitsThrough(a, b)).toBe(way(a, b, 2))
      }
    }))
  })

  test('can be joined unless one waits for the other by way of a third', () => {
    fc.assert(fc.property(dags, (all) => {
      for (const a of all) for (const b of all) if (a !== b) expect(waitsThrough(a, b) || waitsThrough(b, a)).toBe(isCyclic(all, a, b))
    }))
  })

  test('are sorted after all they wait for, each once', () => {
    fc.assert(fc.property(dags, (all) => {
      const order = sorted(all), at = new Map(order.map((d, i) => [d, i]))
      expect([order.length, at.size]).toEqual([all.length, all.length])
      for (const d of all) for (const e of d.deps) expect(at.get(e)).toBeLessThan(at.get(d) as number)
    }))
  })

  test('reach what lies on the ways from them, with themselves', () => {
    fc.assert(fc.property(dags, (all) => {
      for (const a of all) expect(new Set(all.filter((b) => way(a, b, 0)))).toEqual(new Set(reached([a], (d) => d.deps)))
    }))
  })
})
