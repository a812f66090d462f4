/** Attention against loops over heads, queries and keys; positional embeddings against their formula. */
import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { pipe } from '../../src/fp.ts'
import * as Layer from '../../src/layer/index.ts'
import { array, at, batches, checkGradients, close, elaborated, made, predicted, sitesAt } from './run.ts'
import type { Array64 } from './run.ts'

const input = (name: string, row: readonly number[]): Layer.Network => Layer.input([null, ...row], { name })

const drawn = fc.record({
  heads: fc.integer({ min: 1, max: 3 }), keyDim: fc.integer({ min: 1, max: 3 }), valueDim: fc.integer({ min: 1, max: 3 }), units: fc.integer({ min: 1, max: 3 }),
  queries: fc.integer({ min: 1, max: 3 }), keys: fc.integer({ min: 1, max: 4 }), fq: fc.integer({ min: 1, max: 3 }), fk: fc.integer({ min: 1, max: 3 }),
  fv: fc.integer({ min: 1, max: 3 }), masked: fc.constantFrom('none', 'keys', 'both')
})

/** x W + b for the features of one place. */
const map = (x: Array64, place: readonly number[], W: Array64, b: Array64): readonly number[] =>
  Array.from({ length: W.shape[1] }, (_, j) => Array.from({ length: W.shape[0] }, (_x, i) => at(x, [...place, i]) * at(W, [i, j])).reduce((a, c) => a + c, b.data[j]))

describe('multiHeadAttention', () => {
  it('is a weighted mean of values for each head', () =>
    fc.assert(fc.property(drawn, batches, (d, n) => {
      const { heads, keyDim, valueDim, units, queries, keys } = d
      const nets = [input('q', [queries, d.fq]), input('k', [keys, d.fk]), input('v', [keys, d.fv])]
      const allows = (row: number, i: number, j: number): boolean => d.masked === 'none' || (d.masked === 'keys' ? (row + j) % 2 === 0 : (row + i + j) % 3 !== 0)
      const mask = d.masked === 'keys' ? made([n, keys], ([r, j]) => (allows(r, 0, j) ? 2 : 0)) : made([n, queries, keys], ([r, i, j]) => (allows(r, i, j) ? 1 : 0))
      const more = d.masked === 'none' ? {} : { mask: input('mask', mask.shape.slice(1)) }
      const network = Layer.multiHeadAttention({ heads, keyDim, valueDim, units, name: 'a', ...more })(nets)
      const values = sitesAt(network), p = (name: string): Array64 => values[`a.${name}`] as Array64
      const q = array([n, queries, d.fq], 1), k = array([n, keys, d.fk], 2), v = array([n, keys, d.fv], 3)
      const want = made([n, queries, units], ([r, i, u]) => {
        const query = map(q, [r, i], p('Wq'), p('bq')), out: number[] = []
        for (let h = 0; h < heads; h++) {
          const open = Array.from({ length: keys }, (_, j) => j).filter((j) => allows(r, i, j))
          const scores = open.map((j) => Math.exp(map(k, [r, j], p('Wk'), p('bk')).slice(h * keyDim, (h + 1) * keyDim).reduce((s, w, c) => s + w * query[h * keyDim + c], 0) / Math.sqrt(keyDim)))
          const total = scores.reduce((a, b) => a + b, 0)
          for (let c = 0; c < valueDim; c++) out.push(open.reduce((s, j, o) => s + (scores[o] / total) * map(v, [r, j], p('Wv'), p('bv'))[h * valueDim + c], 0))
        }
        return out.reduce((s, w, c) => s + w * at(p('Wo'), [c, u]), p('bo').data[u])
      })
      close(predicted(network, { q, k, v, ...(d.masked === 'none' ? {} : { mask }), ...values }), want)
    }), { numRuns: 60 }))
  it('causal: a place does not see what comes after it', () => {
    const network = Layer.multiHeadAttention({ heads: 2, causal: true })(input('x', [4, 4])), values = sitesAt(network)
    const x = array([1, 4, 4], 1), later = { ...x, data: x.data.map((v, i) => (i < 8 ? v : v + 1)) }
    const a = predicted(network, { x, ...values }), b = predicted(network, { x: later, ...values })
    expect([...b.data.slice(0, 8)]).toEqual([...a.data.slice(0, 8)])
    expect([...b.data.slice(8)]).not.toEqual([...a.data.slice(8)])
  })
  it('without a mask, reordering the places reorders the outputs', () => {
    const network = Layer.multiHeadAttention({ heads: 1 })(input('x', [3, 2])), values = sitesAt(network), x = array([1, 3, 2], 1)
    const y = predicted(network, { x, ...values })
    const order = [2, 0, 1], moved = made([1, 3, 2], ([, i, f]) => at(x, [0, order[i], f]))
    close(predicted(network, { x: moved, ...values }), made([1, 3, 2], ([, i, f]) => at(y, [0, order[i], f])))
  })
  it('has the right gradients; fully masked queries have none', () => {
    const network = Layer.multiHeadAttention({ heads: 2, causal: true, mask: input('mask', [3]) })(input('x', [3, 2]))
    checkGradients(network, { x: array([2, 3, 2], 1), mask: { shape: [2, 3], data: [1, 1, 0, 0, 0, 0] }, ...sitesAt(network) })
  })
  it('parameters have their shapes and roles; biases may be left out', () => {
    const e = elaborated(Layer.multiHeadAttention({ heads: 2, keyDim: 3, bq: null, bk: null, bv: null, bo: null })([input('q', [2, 4]), input('m', [5, 7])]))
    expect(e.sites.map((s) => [s.name.split('.')[1], s.role, s.shape])).toEqual([
      ['Wq', 'weight', [4, 6]], ['Wk', 'weight', [7, 6]], ['Wv', 'weight', [7, 6]], ['Wo', 'weight', [6, 4]]
    ])
  })
  it('takes sequences whose length is given at each call', () => {
    const network = Layer.multiHeadAttention({ heads: 1, causal: true })(Layer.input([null, null, 2], { name: 'x' }))
    expect(predicted(network, { x: array([2, 5, 2], 1), ...sitesAt(network) }).shape).toEqual([2, 5, 2])
  })
})

describe('positionalEmbedding', () => {
  it('adds sines and cosines of growing length', () =>
    fc.assert(fc.property(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }), batches, (time, features, n) => {
      const x = array([n, time, features], 1)
      const want = made(x.shape, ([r, t, j]) => {
        const i = Math.floor(j / 2), angle = t / 10000 ** ((2 * i) / features)
        return at(x, [r, t, j]) + (j % 2 === 0 ? Math.sin(angle) : Math.cos(angle))
      })
      // The waves are stored in single precision.
      close(predicted(Layer.positionalEmbedding()(input('x', [time, features])), { x }), want, 1e-7)
    })))
  it('or learnt features, a row for each place', () => {
    const network = Layer.positionalEmbedding({ kind: 'learnt' })(input('x', [3, 2])), values = sitesAt(network), x = array([2, 3, 2], 1)
    close(predicted(network, { x, ...values }), made(x.shape, (ix) => at(x, ix) + at(values['positionalEmbedding_1.W'], ix.slice(1))))
    checkGradients(pipe(network, Layer.activation('tanh')), { x, ...values })
    expect(elaborated(Layer.positionalEmbedding()(input('x', [3, 2]))).sites).toEqual([])
  })
})
