/**
 * Log densities and their gradients with every op rounded to f32, over the range that a
 * user meets: the forms lose no digits and nothing overflows, whatever the device's
 * functions are like (density.gpu.test.ts has those).
 */
import { expect, test } from 'vitest'
import { E } from '../../src/fp.ts'
import { interpret } from '../../src/reference/index.ts'
import * as B from '../../src/tensor/build.ts'
import { grad, stabilise } from '../../src/tensor/index.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { topo, typeOf } from '../../src/tensor/node.ts'
import { leafName } from '../../src/tensor/ops/leaves.ts'
import { row } from '../../src/tensor/table.ts'
import type { Ref } from '../../src/tensor/table.ts'
import * as Dist from '../../src/dist/index.ts'
import { boundOf, drawn, drawnFamilies, errorOf } from './ranges.ts'
import type { Drawn } from './ranges.ts'

/** Every f32 node rounded after its f64 meaning. */
const rounded = (graphs: readonly Tensor[], values: Drawn['values']): readonly Ref[] => {
  const memo = new Map<Tensor, Ref>()
  for (const n of topo(graphs)) {
    const { shape, dtype } = typeOf(n), name = leafName(n)
    const exact = name === undefined
      ? row(n.op).f64(n.args.map((a) => memo.get(a) as Ref), n.attrs, { shape: shape as readonly number[], dtype })
      : { shape: values[name].shape, data: Float64Array.from(values[name].data) }
    memo.set(n, dtype === 'f32' ? { shape: exact.shape, data: Float64Array.from(exact.data, Math.fround) } : exact)
  }
  return graphs.map((g) => memo.get(g) as Ref)
}

test('every proper family has a range', () => {
  expect([...drawnFamilies, 'flat'].sort()).toEqual([...Dist.familyNames].sort())
})

test.each(drawnFamilies)('%s', (family) => {
  const d = drawn(family)
  const exact = interpret(d.values)([d.lp])
  if (E.isLeft(exact)) throw new Error(JSON.stringify(exact.left))
  const want = exact.right[0].data
  const [stable] = stabilise([d.lp])
  const gradients = Dist.familyOf(family).discrete ? [] : grad([d.x])(B.sum(stable))
  const [got, ...slopes] = rounded([stable, ...gradients], d.values)
  want.forEach((w, i) => expect(errorOf(got.data[i], w), `${d.show(i)}: ${got.data[i]} for ${w}`).toBeLessThan(boundOf(family)))
  slopes.forEach((s) => expect(s.data.every(Number.isFinite)).toBe(true))
})
