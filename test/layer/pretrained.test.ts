/** Weights put into a network: names that aren't there, states that stay or go on. */
import { describe, expect, it } from 'vitest'
import { E, pipe } from '../../src/fp.ts'
import { render } from '../../src/error.ts'
import * as Layer from '../../src/layer/index.ts'
import * as Likelihood from '../../src/model/likelihood.ts'
import * as Model from '../../src/model/index.ts'
import * as Spec from '../../src/spec/index.ts'
import { leavesOf } from '../../src/tensor/replace.ts'
import { fit } from '../../src/infer/index.ts'
import { evaluate } from '../../src/run/evaluate.ts'

const net = pipe(Layer.input([null, 2], { name: 'x' }), Layer.dense({ units: 1 }))
const told = (n: Layer.Network): string => Model.of(n).problems.map(render).join('\n')
const right = <A>(e: E.Either<unknown, A>): A => {
  if (E.isLeft(e)) throw new Error(JSON.stringify(e.left))
  return e.right
}

describe.each(['withWeights', 'moped'] as const)('%s', (put) => {
  it.each(['dense_1.w', 'dense_1.W.sd', 'dense_1.sd', 'W'])('says that there is no %s', (name) => {
    const text = told(pipe(net, Layer[put]({ [name]: 1 })))
    expect(text).toContain(`weights '${name}'`)
    expect(text).toContain('one of dense_1.W, dense_1.b')
    expect(text).toContain(put)
  })
  it('tells names of PyTorch, nested ones too', () => {
    for (const name of ['dense_1.weight', 'dense_1.bias', 'features.0.weight']) expect(told(pipe(net, Layer[put]({ [name]: 1 })))).toContain('Weights.fromTorch')
  })
  it('takes variables of the priors that the weights came from, beside the weights', () => {
    expect(told(pipe(net, Layer[put]({ 'dense_1.W': [[1], [1]], 'dense_1.W.sd': 1 })))).toBe('')
  })
  it('wants states in their shape', () => {
    const norm = pipe(net, Layer.batchNorm({ name: 'bn' }))
    expect(told(pipe(norm, Layer[put]({ 'bn.mean': [1, 2] })))).toMatch(/ShapeMismatch.*\[2\].*\[1\]/s)
    expect(told(pipe(norm, Layer[put]({ 'bn.avg': [1] })))).toContain('bn.mean, bn.variance')
    expect(told(pipe(norm, Layer[put]({ 'bn.mean': [1] })))).toBe('')
  })
})

describe('running statistics', () => {
  const weights = { 'bn.mean': [3, -1], 'bn.variance': [4, 0.25], 'bn.gamma': [1, 2], 'bn.beta': [0, 1] }
  const body = pipe(Layer.input([null, 2], { name: 'x' }), Layer.batchNorm({ name: 'bn', epsilon: 1e-5 }))
  const x = [[5, 0], [1, -2]]
  // gamma (x - mean) / sqrt(variance + epsilon) + beta
  const want = x.map(([a, b]) => [(a - 3) / Math.sqrt(4 + 1e-5), (2 * (b + 1)) / Math.sqrt(0.25 + 1e-5) + 1]).flat()

  it('withWeights keeps them: while predicting and training, without a state', async () => {
    const fixed = pipe(body, Layer.withWeights(weights))
    expect(Model.of(fixed).states).toEqual({})
    const [y] = right(await evaluate([Model.of(fixed).prediction], { x }, { gpu: 'reference' })())
    Array.from(y.data, (v, i) => expect(v).toBeCloseTo(want[i], 5))
    const m = pipe(fixed, Layer.dense({ units: 1, name: 'head' }), Model.observe(Likelihood.normal({ sd: 1 })))
    const a = right(await fit(m, { data: { x: [[9, 9], [8, 7]], y: [1, 2] }, steps: 2, gpu: 'reference' })())
    expect(a.states).toEqual({})
    // Training sees what predictions see: nothing of the body depends on the phase.
    expect(leavesOf([Model.of(fixed).prediction]).map((l) => l.op)).toEqual(['input'])
  })
  it('moped starts at them and goes on', async () => {
    const m = pipe(body, Layer.moped(weights), Layer.dense({ units: 1, name: 'head', W: Spec.normal() }), Model.observe(Likelihood.normal({ sd: 1 })))
    expect([...(m.states['bn.mean'].initial as Float32Array)]).toEqual([3, -1])
    const a = right(await fit(m, { data: { x: [[9, 9], [7, 7]], y: [1, 2] }, steps: 1, gpu: 'reference' })())
    // 0.9 old + 0.1 of the batch's mean, 8
    expect([...a.states['bn.mean'].data].map((v) => Math.round(v * 1e4) / 1e4)).toEqual([3.5, -0.1])
  })
  it('two branches of an edited network are one layer', () => {
    const fixed = pipe(body, Layer.withWeights(weights))
    const both = pipe(fixed, Layer.parallel([Layer.dense({ units: 1 }), Layer.dense({ units: 1 })]), Layer.concat())
    expect([Model.of(both).problems, Model.of(both).states]).toEqual([[], {}])
    const clash = Layer.add()([body, pipe(body, Layer.withWeights(weights)), pipe(body, Layer.moped(weights))])
    expect(told(clash)).toContain('ConflictingParameter')
  })
})
