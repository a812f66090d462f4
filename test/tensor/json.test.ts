/** Graphs as JSON: a round trip for every op, and distrust of what is read. */
import { describe, expect, test } from 'vitest'
import { E } from '../../src/fp.ts'
import * as B from '../../src/tensor/build.ts'
import * as Ext from '../../src/tensor/extent.ts'
import { fromJson, grad, listing, opNames, toJson } from '../../src/tensor/index.ts'
import type { Tensor } from '../../src/tensor/index.ts'
import { topo, typeOf } from '../../src/tensor/node.ts'
import { cases } from './cases.ts'
import { distance, evaluate, seeded, valuesOf } from './support.ts'

const back = (outputs: readonly Tensor[]): readonly Tensor[] => {
  const { json, arrays } = toJson(outputs)
  const r = fromJson(JSON.parse(JSON.stringify(json)), arrays)
  if (E.isLeft(r)) throw new Error(JSON.stringify(r.left))
  return r.right
}

describe('json', () => {
  test('a round trip keeps listing and value, gradients too', () => {
    for (const op of opNames)
      for (const rng of seeded(`json ${op}`, 4)) {
        const c = cases[op](rng)
        const floats = topo([c.node]).filter((t) => t.args.length === 0 && typeOf(t).dtype === 'f32')
        const outputs = typeOf(c.node).dtype === 'f32' ? [c.node, ...grad(floats)(B.sum(c.node))] : [c.node]
        const again = back(outputs)
        expect(listing(again)).toBe(listing(outputs))
        // Gradients that don't exist are Left nodes: they are kept, and have no value.
        const well = outputs.flatMap((o, i) => (E.isRight(o.type) ? [i] : []))
        const [a, b] = [outputs, again].map((o) => evaluate(valuesOf(c.leaves), well.map((i) => o[i])))
        a.forEach((r, i) => expect(distance(b[i].data, r.data)).toBe(0))
      }
  })

  test('sharing, symbols and order of outputs are kept', () => {
    const batch = Ext.sym('batch'), x = B.leaf('input', 'x', [batch, 2]), e = B.exp(x)
    const y = B.add(B.reshape(B.mul(e, e), [Ext.mul(2, batch)]), B.extentScalar(Ext.floorDiv(Ext.add(batch, 1), 2)))
    const again = back([y, e, y])
    expect(listing(again)).toBe(listing([y, e, y]))
    expect(again[0]).toBe(again[2])
    expect(topo(again).length).toBe(topo([y, e]).length)
  })

  test('infinities and errors are kept', () => {
    const outputs = [B.scalar(-Infinity), B.scalar(Infinity), B.neg(B.misfit('NoGradient', ['op'], 'got', 'need', 'fix'))]
    const again = back(outputs)
    expect(again.map((t) => t.attrs['value'])).toEqual([-Infinity, Infinity, undefined])
    expect(again[2].type).toEqual(outputs[2].type)
    expect(E.isLeft(fromJson({ nodes: [{ op: 'constant', args: [], attrs: { value: { $number: 'seven' }, shape: [], dtype: 'f32' } }], outputs: [0] }))).toBe(true)
    expect(E.isLeft(fromJson({ nodes: [{ op: 'constant', args: [], attrs: { value: 1, shape: [], dtype: 'f32' }, errors: [3] }], outputs: [0] }))).toBe(true)
  })

  test('what is broken is Left and never thrown', () => {
    const leaf = { op: 'input', args: [], attrs: { name: 'x', shape: [2], dtype: 'f32' } }
    const exp = { op: 'exp', args: [0], attrs: {} }
    const graph = (...nodes: readonly unknown[]): unknown => ({ nodes, outputs: [nodes.length - 1] })
    const broken: readonly unknown[] = [
      null, 3, 'x', {}, { nodes: [] }, { nodes: [leaf], outputs: [1] }, { nodes: [leaf], outputs: ['0'] }, graph(null), graph({ ...leaf, op: 'nothing' }), graph({ ...leaf, op: 'toString' }),
      graph(leaf, { ...exp, args: [1] }), graph(leaf, { ...exp, args: [-1] }), graph(leaf, { ...exp, args: 'x' }), graph(leaf, { op: 'exp', attrs: {} }), graph(leaf, { ...exp, args: [] }), graph(leaf, { ...exp, args: [0, 0] }),
      graph(leaf, { op: 'add', args: [0], attrs: {} }), graph(leaf, { op: 'concat', args: [], attrs: { axis: 0 } }), graph({ ...leaf, attrs: {} }), graph({ ...leaf, attrs: { ...leaf.attrs, shape: 'x' } }),
      graph({ ...leaf, attrs: { ...leaf.attrs, shape: [null] } }), graph({ ...leaf, attrs: { ...leaf.attrs, shape: [{ _tag: 'Sym', terms: [{ coef: 1 }] }] } }), graph({ ...leaf, attrs: { ...leaf.attrs, dtype: 'f64' } }), graph({ ...leaf, attrs: { ...leaf.attrs, name: 3 } }),
      graph(leaf, { op: 'sum', args: [0], attrs: { axes: [0.5], keepDims: false } }), graph(leaf, { op: 'sum', args: [0], attrs: {} }), graph(leaf, { op: 'transpose', args: [0], attrs: { perm: { 0: 0 } } }),
      graph({ op: 'constant', args: [], attrs: { shape: [], dtype: 'f32' } }), graph({ op: 'constant', args: [], attrs: { shape: [1], dtype: 'f32', data: { $array: 'missing' } } }), graph({ op: 'constant', args: [], attrs: { shape: [], dtype: 'f32', value: 'one' } })
    ]
    for (const b of broken) {
      const r = fromJson(b)
      expect(E.isLeft(r) && r.left[0]._tag, JSON.stringify(b)).toBe('CorruptGraph')
    }
  })

  test('ill-shaped graphs come back as Left nodes', () => {
    const r = fromJson({ nodes: [{ op: 'input', args: [], attrs: { name: 'x', shape: [2], dtype: 'f32' } }, { op: 'reshape', args: [0], attrs: { shape: [3] } }], outputs: [1] })
    expect(E.isRight(r) && r.right[0].type._tag).toBe('Left')
  })
})
