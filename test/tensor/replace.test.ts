/** Replacement and binding of symbols. */
import { describe, expect, test } from 'vitest'
import * as B from '../../src/tensor/build.ts'
import { bindExtents, leavesOf, listing, opNames, replace, symbolsOf } from '../../src/tensor/index.ts'
import * as Ext from '../../src/tensor/extent.ts'
import { shapeOf, topo } from '../../src/tensor/node.ts'
import { leafName } from '../../src/tensor/ops/leaves.ts'
import { cases } from './cases.ts'
import { distance, errorsIn, evaluate, seeded, valueOf, valuesOf } from './support.ts'

const batch = Ext.sym('batch')
const x = B.leaf('input', 'x', [batch, 3]), w = B.leaf('site', 'w', [3, 2])
const y = B.tanh(B.matmul(x, w))

describe('replace', () => {
  test('of nothing, and of leaves that are not there, gives the very same nodes', () => {
    for (const op of opNames) {
      const [c] = seeded(`identity ${op}`, 1).map((rng) => cases[op](rng))
      expect(replace([])([c.node])[0]).toBe(c.node)
      expect(replace([[B.leaf('input', 'not there', []), B.scalar(1)]])([c.node])[0]).toBe(c.node)
    }
    expect(replace([[x, x]])([y])[0]).toBe(y)
  })

  test('of leaves by constants is evaluation at those values, for every op', () => {
    for (const op of opNames)
      for (const rng of seeded(`constants ${op}`, 3)) {
        const c = cases[op](rng)
        const constants = topo([c.node]).flatMap((t) => {
          const l = c.leaves.find((k) => k.name === leafName(t))
          return l === undefined ? [] : [[t, B.array(Float64Array.from(l.data), l.shape, l.dtype)] as const]
        })
        const [closed] = replace(constants)([c.node])
        expect(leavesOf([closed])).toEqual([])
        expect(distance(evaluate({}, [closed])[0].data, valueOf(c).data)).toBe(0)
      }
  })

  test('matches leaves by kind and name, other nodes by reference', () => {
    const again = B.leaf('input', 'x', [batch, 3]), other = B.leaf('param', 'x', [batch, 3])
    expect(replace([[again, other]])([B.exp(x)])[0].args[0]).toBe(other)
    expect(replace([[other, again]])([B.exp(x)])[0].args[0]).toBe(x)
    const e = B.exp(x)
    expect(replace([[e, x]])([B.neg(e)])[0].args[0]).toBe(x)
    expect(replace([[B.exp(x), x]])([B.neg(e)])[0].args[0]).toBe(e)
  })

  test('is simultaneous: what is put in is not entered again', () => {
    const a = B.leaf('input', 'a', []), b = B.leaf('input', 'b', [])
    const [swapped] = replace([[a, b], [b, a]])([B.sub(a, b)])
    expect(evaluate({ a: { shape: [], data: [5] }, b: { shape: [], data: [3] } }, [swapped])[0].data[0]).toBe(-2)
    const [nested] = replace([[a, B.add(a, 1)]])([B.mul(a, a)])
    expect(evaluate({ a: { shape: [], data: [2] } }, [nested])[0].data[0]).toBe(9)
  })

  test('turns symbols into extents throughout, attributes included', () => {
    const sum = B.add(y, B.broadcastTo(B.scalar(1), [batch, 2]))
    const [five] = replace([[x, B.leaf('input', 'z', [5, 3])]])([sum])
    expect(shapeOf(five)).toEqual([5, 2])
    expect(symbolsOf([five])).toEqual([])
    const [renamed] = replace([[x, B.leaf('input', 'z', [Ext.sym('n'), 3])]])([sum])
    expect(symbolsOf([renamed])).toEqual(['n'])
    const [flat] = replace([[x, B.leaf('input', 'z', [4, 3])]])([B.reshape(x, [Ext.mul(3, batch)])])
    expect(shapeOf(flat)).toEqual([12])
    expect(bindExtents({ batch: 7 })([sum]).map(shapeOf)).toEqual([[7, 2]])
    expect(bindExtents({})([sum])[0]).toBe(sum)
  })

  test('of a misfit is Left', () => {
    for (const wrong of [B.leaf('input', 'z', [5, 4]), B.leaf('input', 'z', [3]), B.leaf('input', 'z', [5, 3], 'i32')])
      expect(errorsIn(replace([[x, wrong]])([y])[0])).toEqual(['ReplacementMismatch'])
    const x2 = B.leaf('input', 'x2', [batch, 3])
    expect(errorsIn(replace([[x, B.leaf('input', 'a', [5, 3])], [x2, B.leaf('input', 'b', [6, 3])]])([B.add(x, x2)])[0])).toEqual(['ReplacementMismatch'])
    const bad = B.add(w, B.leaf('input', 'v', [5]))
    expect(errorsIn(replace([[w, bad]])([y])[0])).toEqual(['ShapeMismatch'])
    expect(errorsIn(replace([[x, x]])([bad])[0])).toEqual(['ShapeMismatch'])
  })

  test('leavesOf names each leaf once, in order of use', () => {
    expect(leavesOf([B.add(y, B.exp(B.leaf('input', 'x', [batch, 2]))), B.sum(w)]).map(leafName)).toEqual(['x', 'w'])
    const [c] = seeded('leaves', 1).map((rng) => cases.matmul(rng))
    expect(leavesOf([c.node]).map(leafName)).toEqual(Object.keys(valuesOf(c.leaves)))
  })

  test('listing of a replaced graph is that of the graph built from the replacement', () => {
    const build = (t: ReturnType<typeof B.leaf>): ReturnType<typeof B.leaf> => B.logSoftmax(B.tanh(B.matmul(t, w)))
    const z = B.leaf('input', 'z', [batch, 3])
    expect(listing(replace([[x, z]])([build(x)]))).toBe(listing([build(z)]))
  })
})
