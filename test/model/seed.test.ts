/** The contract's network: its sites, names, shapes, counts, table and picture. */
import { describe, expect, it } from 'vitest'
import { E, O, pipe } from '../../src/fp.ts'
import * as Likelihood from '../../src/model/likelihood.ts'
import * as Model from '../../src/model/index.ts'
import * as Tensor from '../../src/tensor/index.ts'
import { seedNetwork } from '../layer/seed.ts'

const bnn = pipe(seedNetwork(), Model.observe(Likelihood.categorical(), { name: 'y' }))

const expected: readonly (readonly [string, readonly number[]])[] = [
  ['conv2d_1.W.sd', []], ['conv2d_1.W', [32, 1, 5, 5]], ['conv2d_1.b', [32]],
  ['conv2d_2.W.sd', []], ['conv2d_2.W', [32, 32, 5, 5]], ['conv2d_2.b', [32]],
  ['dense_1.W.sd', []], ['dense_1.W', [512, 176]], ['dense_1.b', [176]],
  ['dense_2.W.sd', []], ['dense_2.W', [176, 64]], ['dense_2.b', [64]],
  ['dense_3.W.sd', []], ['dense_3.W', [64, 10]], ['dense_3.b', [10]]
]

describe('the network of the contract', () => {
  it('passes the check, without notes', () => {
    expect(E.isRight(Model.check(bnn))).toBe(true)
    expect(Model.notes(bnn)).toEqual([])
  })

  it('has 15 sites, parents first, with deterministic names', () => {
    expect(Model.sites(bnn).map((s) => [s.name, s.shape])).toEqual(expected)
  })

  it('has three sites in dense_3 and 128,735 latent numbers', () => {
    expect(pipe(bnn, Model.sitesOf('dense_3')).map((s) => s.name)).toEqual(['dense_3.W.sd', 'dense_3.W', 'dense_3.b'])
    const by = (role: string): number => bnn.sites.filter((s) => s.role === role).reduce((n, s) => n + s.shape.reduce((a, b) => a * b, 1), 0)
    expect([by('weight'), by('bias'), by('scale')]).toEqual([128_416, 314, 5])
    expect(Model.parameterCount(bnn)).toBe(128_735)
  })

  it('predicts [batch, 10] and observes whole numbers [batch]', () => {
    expect(Tensor.shape(bnn.prediction)).toHaveLength(2)
    expect(Tensor.show(bnn.inputs['x'])).toBe('x')
    expect(bnn.prediction.type).toMatchObject({ right: { dtype: 'f32' } })
    expect(Tensor.shape(bnn.prediction)[1]).toBe(10)
    expect(Tensor.shape(bnn.prediction)[0]).toEqual(Tensor.shape(bnn.inputs['x'])[0])
    expect(bnn.observed['y'].type).toMatchObject({ right: { dtype: 'i32', shape: [Tensor.shape(bnn.inputs['x'])[0]] } })
    expect(Tensor.symbolsOf([bnn.prediction])).toEqual(['batch'])
  })

  it('starts weights and biases by their fans', () => {
    const init = (name: string): unknown => bnn.sites.find((s) => s.name === name)?.init
    expect(init('conv2d_2.W')).toEqual({ _tag: 'Glorot', fanIn: 32 * 25, fanOut: 32 * 25 })
    expect(init('dense_1.W')).toEqual({ _tag: 'Glorot', fanIn: 512, fanOut: 176 })
    expect(init('dense_3.b')).toEqual({ _tag: 'Constant', value: 0, scale: Math.sqrt(2 / 74) })
  })

  it('is told as a table and as a picture', () => {
    const table = Model.summary(bnn)
    expect(table).toContain('[batch, 32, 24, 24]')
    expect(table).toMatch(/W +\[512, 176\] +90112 +normal\(mu 0, sd dense_1\.W\.sd\)/)
    expect(table).toMatch(/total +15 sites +128735/)
    const picture = Model.toMermaid(bnn)
    expect(picture.split('\n')[0]).toBe('flowchart TD')
    expect(picture).toMatch(/l7 --> y0/)
    expect(picture).toMatch(/s0 --> s1/)
    expect(picture).toMatch(/s1 --> l1/)
    expect(picture).not.toMatch(/s0 --> l1/)
  })

  it('finds tensors by name', () => {
    expect(pipe(bnn, Model.find('conv2d_1.W'), O.map(Tensor.nameOf))).toEqual(O.some('conv2d_1.W'))
    expect(pipe(bnn, Model.find('dense_2'), O.map((t) => t === bnn.outputs['dense_2']))).toEqual(O.some(true))
    expect(pipe(bnn, Model.find('nobody'))).toEqual(O.none)
  })
})
