/** Networks with states and noise through fit, predict and evaluate, on the interpreter. */
import { describe, expect, it } from 'vitest'
import { Layer, Likelihood, Method, Model, evaluate, fit, orThrow, pipe, predict } from '../../src/index.ts'

const rows = 24
const x = { shape: [rows, 3] as const, data: Float32Array.from({ length: 3 * rows }, (_, i) => 5 + 2 * Math.sin(1.3 * i)) }
const y = Int32Array.from({ length: rows }, (_, i) => Number(x.data[3 * i] > x.data[3 * i + 1]))

const network = (head: Layer.Layer): Layer.Network =>
  pipe(Layer.input([null, 3], { name: 'x' }), Layer.dense({ units: 4 }), Layer.batchNorm(), Layer.activation('relu'), head, Layer.dense({ units: 2, activation: 'softmax' }))
const model = (head: Layer.Layer): Model.Model => pipe(network(head), Model.observe(Likelihood.categorical(), { name: 'y' }))

describe('fit', () => {
  it('moves the running statistics of batchNorm, and keeps them in the approximation', async () => {
    const approx = await orThrow(fit(model(Layer.dropout()), { data: { x, y }, steps: 30, batchSize: 12, seed: 1, gpu: 'reference' }))
    const { states } = approx.data
    expect(Object.keys(states)).toEqual(['batchNorm_1.mean', 'batchNorm_1.variance'])
    expect([...states['batchNorm_1.mean'].data].some((v) => Math.abs(v) > 0.1)).toBe(true)
    expect([...states['batchNorm_1.variance'].data].some((v) => Math.abs(v - 1) > 0.1)).toBe(true)
    expect(approx.history.loss.every(Number.isFinite)).toBe(true)
  })
})

describe('predict', () => {
  it('with dropout has no noise of its own: one draw of the weights is one prediction', async () => {
    const approx = await orThrow(fit(model(Layer.dropout()), { data: { x, y }, steps: 2, batchSize: 12, seed: 1, gpu: 'reference' }))
    const plain = await orThrow(predict(approx, { x }, { samples: 3, seed: 2, gpu: 'reference' }))
    const pieces = await orThrow(predict(approx, { x }, { samples: 3, seed: 2, batchSize: 5, gpu: 'reference' }))
    expect([...pieces.predictiveMean.data]).toEqual([...plain.predictiveMean.data])
  })
  it('at one point of the posterior varies with dropout that stays alone', async () => {
    const spread = async (always: boolean): Promise<number> => {
      const approx = await orThrow(fit(model(Layer.dropout({ always })), { data: { x, y }, steps: 2, batchSize: 12, seed: 1, method: Method.map(), gpu: 'reference' }))
      const { variance } = await orThrow(predict(approx, { x }, { samples: 4, seed: 2, gpu: 'reference' }))
      return Math.max(...variance.data)
    }
    expect(await spread(false)).toBe(0)
    expect(await spread(true)).toBeGreaterThan(1e-4)
  })
  it('with dropout that stays has noise, which does not depend on how rows are cut', async () => {
    const approx = await orThrow(fit(model(Layer.dropout({ always: true })), { data: { x, y }, steps: 2, batchSize: 12, seed: 1, gpu: 'reference' }))
    const whole = await orThrow(predict(approx, { x }, { samples: 3, seed: 2, gpu: 'reference' }))
    const pieces = await orThrow(predict(approx, { x }, { samples: 3, seed: 2, batchSize: 5, gpu: 'reference' }))
    expect([...pieces.predictiveMean.data]).toEqual([...whole.predictiveMean.data])
    expect([...pieces.variance.data]).toEqual([...whole.variance.data])
  })
})

describe('evaluate', () => {
  it('predicts, unless a phase is given', async () => {
    const { prediction } = Layer.elaborate(pipe(Layer.input([null, 3], { name: 'x' }), Layer.dropout()))
    const [still] = await orThrow(evaluate([prediction], { x }, { gpu: 'reference' }))
    expect([...still.data]).toEqual([...x.data])
    const noisy = async (seed: number): Promise<readonly number[]> => [...(await orThrow(evaluate([prediction], { x, phase: 1 }, { seed, gpu: 'reference' })))[0].data]
    expect((await noisy(1)).filter((v) => v === 0).length).toBeGreaterThan(10)
    expect(await noisy(1)).toEqual(await noisy(1))
    expect(await noisy(2)).not.toEqual(await noisy(1))
  })
})
