/** What the tests of the tensor language share: evaluation of cases on the f64 interpreter. */
import { renderAll } from '../../src/error.ts'
import { E } from '../../src/fp.ts'
import { interpret } from '../../src/reference/index.ts'
import type { Ref, Values } from '../../src/reference/index.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { rngOf } from './cases.ts'
import type { Case, Leaf, Rng } from './cases.ts'

/** Seeds `n` generators of their own for an op or test of that name. */
export const seeded = (name: string, n: number): readonly Rng[] =>
  Array.from({ length: n }, (_, i) => rngOf([...name].reduce((h, c) => Math.imul(h ^ c.charCodeAt(0), 16777619), 2166136261) + 7919 * i))

export const valuesOf = (leaves: readonly Leaf[]): Values => Object.fromEntries(leaves.map((l) => [l.name, { shape: l.shape, data: l.data }]))

/** Values of outputs; an error fails the test with its text. */
export const evaluate = (values: Values, outputs: readonly Tensor[]): readonly Ref[] => {
  const r = interpret(values)(outputs)
  if (E.isLeft(r)) throw new Error(renderAll(r.left))
  return r.right
}

export const valueOf = (c: Case): Ref => evaluate(valuesOf(c.leaves), [c.node])[0]

/** Largest absolute difference over the larger of 1 and the largest value. */
export const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let worst = a.length === b.length ? 0 : Infinity, scale = 1
  for (let i = 0; i < a.length; i++) {
    if (Object.is(a[i], b[i]) || a[i] === b[i]) continue
    const d = Math.abs(a[i] - b[i])
    worst = Math.max(worst, Number.isNaN(d) ? Infinity : d)
    scale = Math.max(scale, Math.abs(b[i]))
  }
  return worst / scale
}

export const errorsIn = (t: Tensor): readonly string[] => (E.isLeft(t.type) ? t.type.left.map((e) => e._tag) : [])
