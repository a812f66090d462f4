/** Layers along the features: featurePool, featureWta, nin, embedding, bias, scale, standardize, prelu, against loops. */
import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { pipe } from '../../src/fp.ts'
import * as Layer from '../../src/layer/index.ts'
import * as Tensor from '../../src/tensor/index.ts'
import { array, at, batches, checkGradients, close, elaborated, made, predicted, rows, sitesAt } from './run.ts'

const start = (row: readonly number[]): Layer.Network => Layer.input([null, ...row], { name: 'x' })

describe('featurePool and featureWta', () => {
  const drawn = rows(1, 3).chain((row) => fc.record({ row: fc.constant(row), axis: fc.integer({ min: 1, max: row.length }), size: fc.integer({ min: 1, max: 3 }) }))
    .map((d) => ({ ...d, row: d.row.map((e, i) => (i + 1 === d.axis ? e * d.size : e)) }))
  const pools = { max: (v: readonly number[]) => Math.max(...v), min: (v: readonly number[]) => Math.min(...v), sum: (v: readonly number[]) => v.reduce((a, b) => a + b, 0), mean: (v: readonly number[]) => v.reduce((a, b) => a + b, 0) / v.length }
  it('pools neighbours', () =>
    fc.assert(fc.property(drawn, batches, fc.constantFrom<Layer.FeaturePooling>('max', 'min', 'mean', 'sum'), ({ row, axis, size }, n, pool) => {
      const x = array([n, ...row], 1)
      const group = (ix: readonly number[]): readonly number[] => Array.from({ length: size }, (_, k) => at(x, ix.map((c, i) => (i === axis ? c * size + k : c))))
      const want = made(x.shape.map((e, i) => (i === axis ? e / size : e)), (ix) => pools[pool](group(ix)))
      close(predicted(Layer.featurePool({ size, axis, pool })(start(row)), { x }), want)
    })))
  it('keeps the winner, the first of equals', () =>
    fc.assert(fc.property(drawn, batches, ({ row, axis, size }, n) => {
      const full = array([n, ...row], 2), x = { ...full, data: full.data.map(Math.round) }
      const want = made(x.shape, (ix) => {
        const from = Math.floor(ix[axis] / size) * size
        const group = Array.from({ length: size }, (_, k) => at(x, ix.map((c, i) => (i === axis ? from + k : c))))
        return group.indexOf(Math.max(...group)) === ix[axis] - from ? at(x, ix) : 0
      })
      close(predicted(Layer.featureWta({ size, axis })(start(row)), { x }), want)
    })))
  it('has the gradients of its winners', () => {
    const x = array([2, 6], 3)
    checkGradients(Layer.featurePool({ size: 3 })(start([6])), { x })
    checkGradients(Layer.featurePool({ size: 2, pool: 'mean' })(start([6])), { x })
    checkGradients(Layer.featureWta({ size: 2 })(start([6])), { x })
  })
})

describe('nin', () => {
  const drawn = fc.record({ row: rows(1, 3), units: fc.integer({ min: 1, max: 3 }), untieBiases: fc.boolean() })
  it('is one dense layer at every place', () =>
    fc.assert(fc.property(drawn, batches, ({ row, units, untieBiases }, n) => {
      const network = Layer.nin({ units, untieBiases })(start(row)), values = sitesAt(network)
      const x = array([n, ...row], 1), W = values['nin_1.W'], b = values['nin_1.b']
      expect(b.shape).toEqual(untieBiases ? [units, ...row.slice(1)] : [units])
      const want = made([n, units, ...row.slice(1)], ([r, u, ...place]) =>
        Array.from({ length: row[0] }, (_, c) => at(x, [r, c, ...place]) * at(W, [c, u])).reduce((a, v) => a + v, at(b, untieBiases ? [u, ...place] : [u])))
      close(predicted(network, { x, ...values }), want)
    })))
  it('has the right gradients, and needs no bias', () => {
    const network = Layer.nin({ units: 2, activation: 'tanh', untieBiases: true })(start([3, 2]))
    checkGradients(network, { x: array([2, 3, 2], 1), ...sitesAt(network) })
    expect(elaborated(Layer.nin({ units: 2, b: null })(start([3, 2]))).sites.map((s) => [s.name, s.shape])).toEqual([['nin_1.W', [3, 2]]])
  })
})

describe('embedding', () => {
  it('gives the row of each number, the nearest row for numbers outside', () =>
    fc.assert(fc.property(rows(0, 2), batches, fc.integer({ min: 1, max: 5 }), fc.constantFrom<'i32' | 'u32'>('i32', 'u32'), (row, n, inputs, dtype) => {
      const network = Layer.embedding({ inputs, units: 3 })(Layer.input([null, ...row], { name: 'x', dtype })), values = sitesAt(network)
      const x = made([n, ...row], (ix) => (ix.reduce((k, c) => 7 * k + c, 3) * 5) % (inputs + 2) - (dtype === 'i32' ? 1 : 0))
      const want = made([n, ...row, 3], (ix) => at(values['embedding_1.W'], [Math.min(inputs - 1, Math.max(0, at(x, ix.slice(0, -1)))), ix[ix.length - 1]]))
      close(predicted(network, { x, ...values }), want)
    })))
  it('has the gradient of its rows: repeated numbers add up', () => {
    const network = Layer.embedding({ inputs: 3, units: 2 })(Layer.input([null, 2], { name: 'x', dtype: 'i32' }))
    checkGradients(network, { x: { shape: [2, 2], data: [0, 2, 2, 2] }, ...sitesAt(network) })
  })
})

describe('bias, scale, prelu', () => {
  const drawn = rows(1, 3).chain((row) => fc.record({
    row: fc.constant(row), shared: fc.oneof(fc.constantFrom<'auto' | 'all'>('auto', 'all'), fc.subarray([...row.keys()].map((i) => i + 1)).map((a) => [0, ...a])), back: fc.boolean()
  }))
  const layers = [
    ['bias', (sharedAxes: Layer.Axes) => Layer.bias({ sharedAxes }), 'b', (x: number, p: number) => x + p],
    ['scale', (sharedAxes: Layer.Axes) => Layer.scale({ sharedAxes }), 'scales', (x: number, p: number) => x * p],
    ['prelu', (sharedAxes: Layer.Axes) => Layer.prelu({ sharedAxes }), 'alpha', (x: number, p: number) => (x > 0 ? x : p * x)]
  ] as const
  it.each(layers)('%s has an element for each place of the axes that are not shared', (kind, layer, param, f) =>
    fc.assert(fc.property(drawn, batches, ({ row, shared, back }, n) => {
      const rank = row.length + 1
      const axes = shared === 'all' ? [...Array(rank).keys()] : shared === 'auto' ? [...Array(rank).keys()].filter((i) => i !== 1) : shared
      const network = layer(Array.isArray(shared) && back ? shared.map((a: number) => a - rank) : shared)(start(row)), values = sitesAt(network)
      const x = array([n, ...row], 1), p = values[`${kind}_1.${param}`]
      expect(p.shape).toEqual(row.filter((_, i) => !axes.includes(i + 1)))
      close(predicted(network, { x, ...values }), made(x.shape, (ix) => f(at(x, ix), at(p, ix.filter((_, i) => !axes.includes(i))))))
    })))
  it('start, and have their default priors, where the layer does nothing (prelu: at 0.25)', () => {
    const e = elaborated(pipe(start([2]), Layer.bias(), Layer.scale(), Layer.prelu()))
    expect(e.sites.map((s) => [s.role, s.init])).toEqual([
      ['bias', { _tag: 'Constant', value: 0, scale: 1 }], ['scale', { _tag: 'Constant', value: 1, scale: 1 }], ['scale', { _tag: 'Constant', value: 0.25, scale: 1 }]
    ])
    expect(e.sites.map((s) => Tensor.show(s.dist.params['mu']))).toEqual(['0', '1', '0.25'])
  })
  it('have the right gradients', () => {
    const network = pipe(start([3, 2]), Layer.bias(), Layer.scale({ sharedAxes: [0] }), Layer.prelu({ sharedAxes: 'all' }))
    checkGradients(network, { x: array([2, 3, 2], 1), ...sitesAt(network) })
  })
})

describe('standardize', () => {
  it('takes off and divides', () => {
    const x = array([2, 2, 3], 1)
    const network = Layer.standardize({ offset: [[1], [2]], scale: [1, 2, 4] })(start([2, 3]))
    close(predicted(network, { x }), made(x.shape, ([n, i, j]) => (at(x, [n, i, j]) - (i + 1)) / 2 ** j))
    checkGradients(network, { x })
    close(predicted(Layer.standardize({ offset: 1, scale: { shape: [3], data: Float32Array.of(1, 2, 4) } })(start([2, 3])), { x }), made(x.shape, (ix) => (at(x, ix) - 1) / 2 ** ix[2]))
    expect(elaborated(network).sites).toEqual([])
  })
})
