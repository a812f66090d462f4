/** Index arithmetic against integers, for every value that the variables may take. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as X from '../../src/compile/ix.ts'
import type { Atom, Ix } from '../../src/compile/ix.ts'

type Env = Readonly<Record<string, number>>

const MAX: Readonly<Record<string, number>> = { i: 11, j: 6, k: 3 }
const envs: readonly Env[] = Array.from({ length: 12 * 7 * 4 }, (_, n) => ({ i: n % 12, j: Math.floor(n / 12) % 7, k: Math.floor(n / 84) }))

const atomAt = (a: Atom, env: Env): number =>
  a._tag === 'Var' ? env[a.key] : a._tag === 'Div' ? Math.floor(at(a.of, env) / a.by) : at(a.of, env) - a.by * Math.floor(at(a.of, env) / a.by)
const at = (ix: Ix, env: Env): number => ix.terms.reduce((n, t) => n + t.coef * atomAt(t.atom, env), ix.constant)

const atomsOf = (ix: Ix): readonly Atom[] => ix.terms.flatMap((t) => [t.atom, ...(t.atom._tag === 'Var' ? [] : atomsOf(t.atom.of))])

/** An index and what it should be, built alike. */
interface Both {
  readonly ix: Ix
  readonly value: (env: Env) => number
}
const step = (both: Both, op: string, n: number, key: string): Both => {
  const { ix, value } = both
  switch (op) {
    case 'divide': return { ix: X.divide(ix, n), value: (e) => Math.floor(value(e) / n) }
    case 'modulo': return { ix: X.modulo(ix, n), value: (e) => value(e) % n }
    case 'times': return { ix: X.times(ix, n), value: (e) => value(e) * n }
    case 'plus': return { ix: X.plus(ix, X.times(X.variable(key, MAX[key]), n)), value: (e) => value(e) + n * e[key] }
    case 'shift': return { ix: X.plus(ix, X.num(n)), value: (e) => value(e) + n }
    // A flipped axis: counted from its end.
    default: {
      const end = X.most(ix)
      return { ix: X.minus(X.num(end), ix), value: (e) => end - value(e) }
    }
  }
}
const steps = fc.array(fc.tuple(fc.constantFrom('divide', 'modulo', 'times', 'plus', 'shift', 'flip'), fc.integer({ min: 1, max: 12 }), fc.constantFrom('i', 'j', 'k')), { maxLength: 7 })
const both = steps.map((ss) => ss.reduce((b, [op, n, key]) => step(b, op, n, key), { ix: X.variable('i', MAX.i), value: (e: Env) => e.i } as Both))

describe('index arithmetic', () => {
  it('agrees with integers everywhere', () => {
    fc.assert(fc.property(both, ({ ix, value }) => envs.every((e) => at(ix, e) === value(e))), { numRuns: 1000 })
  })

  it('keeps every atom between 0 and its largest value, as unsigned words need', () => {
    fc.assert(fc.property(both, ({ ix }) => atomsOf(ix).every((a) => envs.every((e) => atomAt(a, e) >= 0 && atomAt(a, e) <= a.max))), { numRuns: 1000 })
  })

  it('bounds values by most and least', () => {
    fc.assert(fc.property(both, ({ ix }) => envs.every((e) => at(ix, e) <= X.most(ix) && at(ix, e) >= X.least(ix))), { numRuns: 300 })
  })

  it('gives equal texts to the same sum in another order', () => {
    fc.assert(fc.property(both, both, (a, b) => X.isSame(X.plus(a.ix, b.ix), X.plus(b.ix, a.ix)) && X.isSame(X.minus(X.plus(a.ix, b.ix), b.ix), a.ix)))
  })

  it('cancels a split that is put together again', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }), (n, m) => {
      const i = X.variable('i', n * m - 1)
      const [row, column] = X.atLinear([n, m], i).coords()
      const joined = X.atCoords([n, m], [row, column]).linear
      return Array.from({ length: n * m }, (_, v) => at(joined, { i: v })).every((v, k) => v === k)
    }))
    // With coordinates given, nothing is divided.
    const p = X.atCoords([5, 7], [X.variable('r', 4), X.variable('c', 6)])
    expect(X.atLinear([5, 7], p.linear).coords().map(X.show)).toEqual(['1*r', '1*c'])
  })

  it('tells how four consecutive lanes move', () => {
    const seen = new Set<string>()
    fc.assert(fc.property(both, ({ ix }) => {
      const m = X.motion(ix, 'i')
      seen.add(m)
      if (m === 'jumps') return true
      return envs.filter((e) => e.i % 4 === 0).every((e) => {
        const four = [0, 1, 2, 3].map((l) => at(ix, { ...e, i: e.i + l }))
        return m === 'still' ? four.every((v) => v === four[0]) : four[0] % 4 === 0 && four.every((v, l) => v === four[0] + l)
      })
    }), { numRuns: 1000 })
    expect([...seen].sort()).toEqual(['jumps', 'steps', 'still'])
  })
})
