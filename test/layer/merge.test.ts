/** Layers that join: cropping, coefficients, functions, residuals; repeated and shared layers; several inputs and outputs. */
import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { pipe } from '../../src/fp.ts'
import * as Layer from '../../src/layer/index.ts'
import * as Tensor from '../../src/tensor/index.ts'
import { array, at, batches, checkGradients, close, elaborated, made, numbers, predicted, rows, sitesAt } from './run.ts'

const input = (name: string, row: readonly number[]): Layer.Network => Layer.input([null, ...row], { name })

/** Two or three rows of one rank, and a crop for every axis behind the batch. */
const branches = fc.integer({ min: 1, max: 3 }).chain((rank) => fc.record({
  rows: fc.array(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: rank, maxLength: rank }), { minLength: 2, maxLength: 3 }),
  crops: fc.array(fc.constantFrom<'lower' | 'upper' | 'center'>('lower', 'upper', 'center'), { minLength: rank, maxLength: rank })
}))
const from = (crop: Layer.Crop, extent: number, least: number): number => (crop === 'lower' ? 0 : crop === 'upper' ? extent - least : Math.floor((extent - least) / 2))

describe('cropping', () => {
  it('keeps the lower, upper or middle part of longer branches', () =>
    fc.assert(fc.property(branches, batches, (d, n) => {
      const nets = d.rows.map((r, k) => input(`x${k}`, r))
      const xs = d.rows.map((r, k) => array([n, ...r], k))
      const least = d.rows[0].map((_, i) => Math.min(...d.rows.map((r) => r[i])))
      const part = (k: number, ix: readonly number[]): number => at(xs[k], ix.map((c, i) => (i === 0 ? c : c + from(d.crops[i - 1], d.rows[k][i - 1], least[i - 1]))))
      const values = Object.fromEntries(xs.map((x, k) => [`x${k}`, x]))
      const want = made([n, ...least], (ix) => xs.reduce((s, _, k) => s + (k + 1) * part(k, ix), 0))
      close(predicted(Layer.add({ cropping: [null, ...d.crops], coefficients: xs.map((_, k) => k + 1) })(nets), values), want)
      const product = made([n, ...least], (ix) => xs.reduce((s, _, k) => s * part(k, ix), 1))
      close(predicted(Layer.merge({ with: 'product', cropping: [null, ...d.crops] })(nets), values), product)
    })))
  it('of a concatenation leaves its axis whole', () => {
    const nets = [input('a', [2, 5]), input('b', [3, 3])], a = array([2, 2, 5], 1), b = array([2, 3, 3], 2)
    const network = Layer.concat({ cropping: [null, 'lower', 'center'] })(nets)
    close(predicted(network, { a, b }), made([2, 5, 3], ([n, c, i]) => (c < 2 ? at(a, [n, c, i + 1]) : at(b, [n, c - 2, i]))))
    checkGradients(network, { a, b })
  })
})

describe('merge', () => {
  it('takes the larger, the smaller, or any function', () => {
    const nets = [input('a', [3]), input('b', [3]), input('c', [1])], values = { a: array([2, 3], 1), b: array([2, 3], 2), c: array([2, 1], 3) }
    const by = (f: (...v: readonly number[]) => number) => made([2, 3], ([n, i]) => f(at(values.a, [n, i]), at(values.b, [n, i]), at(values.c, [n, 0])))
    close(predicted(Layer.merge({ with: 'max' })(nets), values), by(Math.max))
    close(predicted(Layer.merge({ with: 'min' })(nets), values), by(Math.min))
    close(predicted(Layer.merge({ with: (a, b) => Tensor.sub(b)(a) })(nets), values), by((a, b, c) => a - b - c))
    checkGradients(Layer.merge({ with: 'product' })(nets), values)
    checkGradients(Layer.add({ coefficients: 0.5 })(nets), values)
  })
})

describe('residual', () => {
  it('goes around, as it is or through a projection', () => {
    const x = array([2, 3], 1)
    close(predicted(Layer.residual(Layer.activation('tanh'), { coefficients: [1, 0.5] })(input('x', [3])), { x }), made([2, 3], (ix) => at(x, ix) + 0.5 * Math.tanh(at(x, ix))))
    const network = Layer.residual(Layer.dense({ units: 2, activation: 'tanh' }), { projection: Layer.dense({ units: 2, b: null, name: 'around' }) })(input('x', [3]))
    expect(elaborated(network).sites.map((s) => s.name)).toEqual(['around.W', 'dense_2.W', 'dense_2.b'])
    checkGradients(network, { x, ...sitesAt(network) })
  })
})

describe('repeat', () => {
  it('is the layer so many times, each with parameters of its own', () =>
    fc.assert(fc.property(fc.nat({ max: 4 }), (n) => {
      const network = Layer.repeat(n, Layer.dense({ units: 3, b: null }))(input('x', [3]))
      expect(elaborated(network).sites.map((s) => s.name)).toEqual(Array.from({ length: n }, (_, i) => `dense_${i + 1}.W`))
    })))
  it('of nothing leaves the very network', () => {
    const x = input('x', [3])
    expect(Layer.repeat(0, Layer.dropout())(x)).toBe(x)
  })
})

describe('graphs', () => {
  it('a subnetwork that several branches use is there once, and its gradient is the sum', () => {
    const stem = pipe(input('x', [3]), Layer.dense({ units: 3, activation: 'tanh' }), Layer.layerNorm())
    const network = pipe(stem, Layer.parallel([Layer.dense({ units: 2 }), Layer.sequential([Layer.slice({ indices: { stop: 2 } }), Layer.scale()])]), Layer.merge({ with: 'product' }))
    const e = elaborated(network)
    expect(e.layers.map((l) => l.kind).sort()).toEqual(['dense', 'dense', 'input', 'layerNorm', 'merge', 'scale', 'slice'])
    checkGradients(network, { x: array([2, 3], 1), ...sitesAt(network) })
  })
  it('several inputs and several outputs are one model', () => {
    const left = pipe(input('a', [2]), Layer.dense({ units: 3, name: 'left' })), right = pipe(input('b', [4]), Layer.dense({ units: 3, name: 'right' }))
    const joined = Layer.concat({ name: 'joined' })([left, right])
    const e = elaborated(Layer.merge({ with: 'max' })([Layer.dense({ units: 1, name: 'first' })(joined), Layer.dense({ units: 1, name: 'second' })(joined)]))
    expect(Object.keys(e.inputs)).toEqual(['a', 'b'])
    const values = { a: array([2, 2], 1), b: array([2, 4], 2), ...Object.fromEntries(e.sites.map((s, i) => [s.name, array(s.shape, i)])) }
    const [top, first, second] = numbers([e.prediction, e.outputs['first'], e.outputs['second']], values)
    close(top, made([2, 1], (ix) => Math.max(at(first, ix), at(second, ix))))
    expect(e.sites.filter((s) => s.name.startsWith('left'))).toHaveLength(2)
  })
  it('any shapes that broadcast add up', () =>
    fc.assert(fc.property(rows(1, 3), batches, (row, n) => {
      const flat = row.map(() => 1), a = array([n, ...row], 1), b = array([n, ...flat], 2)
      close(predicted(Layer.add()([input('a', row), input('b', flat)]), { a, b }), made([n, ...row], (ix) => at(a, ix) + at(b, [ix[0], ...flat.map(() => 0)])))
    })))
})
