/** Functions as layers, and layers run backwards. */
import { describe, expect, it } from 'vitest'
import { pipe } from '../../src/fp.ts'
import * as Layer from '../../src/layer/index.ts'
import * as Tensor from '../../src/tensor/index.ts'
import { array, at, checkGradients, close, elaborated, made, predicted, sitesAt } from './run.ts'

const x = array([2, 3], 1)
const start = Layer.input([null, 3], { name: 'x' })

describe('expression', () => {
  it('is the function, of one network or of several', () => {
    close(predicted(Layer.expression(Tensor.square)(start), { x }), made([2, 3], (ix) => at(x, ix) ** 2))
    close(predicted(pipe(start, Layer.expression(Tensor.sum({ axes: [1] }))), { x }), made([2], ([n]) => at(x, [n, 0]) + at(x, [n, 1]) + at(x, [n, 2])))
    const ratio = Layer.expression((a: Tensor.Tensor, b: Tensor.Tensor) => Tensor.div(Tensor.add(3)(b))(a), { name: 'ratio' })
    const network = ratio([start, Layer.activation('tanh')(start)])
    close(predicted(network, { x }), made([2, 3], (ix) => at(x, ix) / (3 + Math.tanh(at(x, ix)))))
    checkGradients(network, { x })
    expect(elaborated(network).layers.at(-1)?.name).toBe('ratio')
  })
})

describe('inverse', () => {
  it('of a dense layer is the transposed weights', () => {
    const code = Layer.dense({ units: 2, b: null })(start)
    const network = pipe(code, Layer.activation('tanh'), Layer.inverse(code))
    const values = sitesAt(network), W = values['dense_1.W']
    expect(Object.keys(values)).toEqual(['dense_1.W'])
    const want = made([2, 3], ([n, i]) => [0, 1].reduce((s, u) => s + Math.tanh([0, 1, 2].reduce((a, j) => a + at(x, [n, j]) * at(W, [j, u]), 0)) * at(W, [i, u]), 0))
    close(predicted(network, { x, ...values }), want)
    checkGradients(network, { x, ...values })
  })
  it('of a nonlinear layer is its derivative, transposed', () => {
    const squashed = Layer.activation('tanh')(start)
    close(predicted(pipe(start, Layer.inverse(squashed)), { x }), made([2, 3], (ix) => at(x, ix) * (1 - Math.tanh(at(x, ix)) ** 2)))
  })
  it('of pooling puts values where the largest were', () => {
    const image = Layer.input([null, 1, 2, 4], { name: 'x' })
    const pooled = Layer.maxPool2d({ size: 2 })(image)
    const data = [1, 5, 0, 2, 3, 4, 8, 7]
    close(predicted(pipe(pooled, Layer.inverse(pooled)), { x: { shape: [1, 1, 2, 4], data } }), { shape: [1, 1, 2, 4], data: data.map((v) => (v === 5 || v === 8 ? v : 0)) })
  })
  it('of layers undone last to first comes back to the shape of the input', () => {
    const first = Layer.dense({ units: 4, activation: 'relu' })(start), second = Layer.dense({ units: 2 })(first)
    const network = pipe(second, Layer.inverse(second), Layer.inverse(first))
    expect(predicted(network, { x, ...sitesAt(network) }).shape).toEqual([2, 3])
  })
})
