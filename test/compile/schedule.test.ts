/** The plan of kernels on random steps. */
import { describe, expect, test } from 'vitest'
import { isLeafBuffer } from '../../src/compile/buffers.ts'
import { schedule } from '../../src/compile/schedule.ts'
import type { Schedule, Unit } from '../../src/compile/schedule.ts'
import type { Wanted } from '../../src/compile/stored.ts'
import { simplify } from '../../src/compile/simplify.ts'
import { variants } from '../../src/compile/variants.ts'
import type { Target } from '../../src/compile/program.ts'
import type { Source } from '../../src/compile/compile.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { leafName } from '../../src/tensor/ops/leaves.ts'
import { topo } from '../../src/tensor/node.ts'
import * as B from '../../src/tensor/build.ts'
import { opNames } from '../../src/tensor/table.ts'
import { seeded } from '../tensor/support.ts'
import { stepOf, targets } from './graphs.ts'

/** What a unit makes. */
const madeBy = (u: Unit): readonly Tensor[] => [...(u.main === undefined ? [] : [u.main]), ...(u.twin === undefined ? [] : [u.twin]), ...u.roots]

/** As `compile` prepares it, with results and updates that are all different nodes. */
const wantedOf = (source: Source, target: Target): Wanted => {
  const names = Object.keys(source.updates)
  const all = variants(target)(simplify(1024)([...Object.values(source.outputs), ...Object.values(source.record), ...Object.values(source.updates)]))
  const count = all.length - names.length
  const leaves = topo(all).filter((t) => t.op === 'state')
  const seen = new Set<Tensor>(all.slice(0, count))
  const updates = names.flatMap((name, i) => {
    const leaf = leaves.find((l) => leafName(l) === name), next = all[count + i]
    if (leaf === undefined || isLeafBuffer(next) || seen.has(next)) return []
    seen.add(next)
    return [{ leaf, next }]
  })
  return { results: [...new Set(all.slice(0, count).filter((t) => !isLeafBuffer(t)))], updates }
}

const check = (wanted: Wanted, plan: Schedule): void => {
  const order = new Map<Tensor, number>()
  plan.units.forEach((u, i) => madeBy(u).forEach((t) => {
    expect(order.has(t), 'made by one unit').toBe(false)
    order.set(t, i)
  }))
  // A whole is there when its last part is.
  const madeAt = (t: Tensor): number | undefined => plan.wholes.has(t)
    ? Math.max(-1, ...[...plan.parts].flatMap(([part, at]) => (at.whole === t ? [order.get(part) ?? Infinity] : [])))
    : order.get(t)
  plan.units.forEach((u, i) => {
    for (const t of u.reads) {
      if (isLeafBuffer(t)) continue
      const made = madeAt(t)
      expect(made, `${t.op} is made by a unit`).toBeDefined()
      expect(made as number, `${t.op} is made before it is read`).toBeLessThan(i + (madeBy(u).includes(t) ? 1 : 0))
    }
    for (const t of u.stored) {
      expect(madeBy(u)).toContain(t)
      const part = plan.parts.get(t)
      if (part !== undefined) expect(u.reads.has(part.whole), 'nobody reads a concatenation while writing part of it').toBe(false)
    }
  })
  for (const t of [...wanted.results, ...wanted.updates.map((x) => x.next)]) expect(madeAt(t), `${t.op} is made`).toBeDefined()
  // In place: nobody reads the old value after it is overwritten.
  for (const [next, leaf] of plan.inPlace) {
    const at = order.get(next) as number
    plan.units.forEach((u, i) => { if (u.reads.has(leaf)) expect(i, 'reads of a state come before its overwriting').toBeLessThanOrEqual(at) })
    expect(wanted.results).not.toContain(next)
  }
}

describe('the plan', () => {
  test.each(opNames)('of steps with %s', (op) => {
    seeded(`schedule ${op}`, 8).forEach((rng, k) => {
      const source = stepOf(rng, op, 1 + (k % 5))
      for (const target of targets) {
        const wanted = wantedOf(source, target)
        check(wanted, schedule(wanted, target))
      }
    })
  })

  test('an elementwise chain behind a product is one kernel', () => {
    const x = B.leaf('input', 'x', [64, 32]), w = B.leaf('input', 'w', [32, 48]), b = B.leaf('input', 'b', [48])
    const y = B.tanh(B.add(B.matmul(x, w), b))
    for (const target of targets) expect(schedule({ results: [y], updates: [] }, target).units.map((u) => u.kind)).toEqual(['heavy'])
  })

  test('a state is overwritten in place where each element depends on its own, and nowhere else', () => {
    const s = B.leaf('state', 's', [500]), g = B.leaf('input', 'g', [500])
    const own = B.sub(s, B.mul(0.1, g)), other = B.sub(B.flip(s, [0]), g)
    for (const target of targets) {
      expect(schedule({ results: [], updates: [{ leaf: s, next: own }] }, target).inPlace.get(own)).toBe(s)
      expect(schedule({ results: [], updates: [{ leaf: s, next: other }] }, target).inPlace.size).toBe(0)
    }
  })
})
