/** Wrong recurrent layers: each error names the layer, what was found, the rule and the fix. */
import { describe, expect, it } from 'vitest'
import { pipe } from '../../../src/fp.ts'
import * as Layer from '../../../src/layer/index.ts'
import * as Spec from '../../../src/spec/index.ts'
import { told } from '../run.ts'

const row = Layer.input([null, 28], { name: 'x' }), rows = Layer.input([null, 28, 28], { name: 'x' })
/** What a plain JavaScript caller may pass. */
const loose = <A>(x: unknown): A => x as A

describe('shapes', () => {
  it.each(['recurrent', 'lstm', 'gru'] as const)('%s on rows that are no sequences', (kind) => {
    const text = told(Layer[kind]({ units: 4, name: 'reader' })(row))
    expect(text).toContain('ShapeMismatch at reader')
    expect(text).toContain('input [batch, 28]')
    expect(text).toContain('sequences [batch, time, features] of known features')
    expect(text).toContain('Layer.reshape({ shape: [[0], time, features] })')
  })
  it('features that nobody knows', () =>
    expect(told(Layer.lstm({ units: 4 })(Layer.input([null, 5, null], { name: 'x' })))).toMatch(/ShapeMismatch at lstm_1[^]*give the features as numbers/))
  it('a mask of other steps', () =>
    expect(told(Layer.gru({ units: 4, mask: Layer.input([null, 27], { name: 'mask' }) })(rows))).toMatch(/ShapeMismatch at gru_1 > mask[^]*mask \[batch, 27\][^]*\[batch, 28\]/))
  it('an array of another shape than a gate wants', () =>
    expect(told(Layer.lstm({ units: 2, ingate: { b: [1, 2, 3] } })(rows))).toMatch(/ShapeMismatch at lstm_1 > ingate.b[^]*\[3\][^]*shape \[2\]/))
  it('a custom recurrence on rows that are no sequences', () =>
    expect(told(Layer.customRecurrent({ inputToHidden: Layer.dense({ units: 2 }), hiddenToHidden: Layer.dense({ units: 2 }) })(Layer.input([null], { name: 'x' })))).toContain('sequences [batch, time, ...]'))
  it('a hidden state that changes its shape', () => {
    const text = told(Layer.customRecurrent({ inputToHidden: Layer.dense({ units: 4 }), hiddenToHidden: Layer.dense({ units: 3 }), name: 'mine' })(rows))
    expect(text).toContain('ShapeMismatch at mine > hiddenToHidden')
    expect(text).toContain('[batch, 3] from [batch, 4]')
  })
  it('a layer with states between hidden states', () =>
    expect(told(Layer.customRecurrent({ inputToHidden: Layer.dense({ units: 3 }), hiddenToHidden: (n) => pipe(n, Layer.dense({ units: 3 }), Layer.batchNorm()) })(rows))).toMatch(/BadLayer at customRecurrent_1 > hiddenToHidden[^]*batchNorm_1.mean[^]*layerNorm/))
  it('errors of the layers inside name them', () =>
    expect(told(Layer.customRecurrent({ inputToHidden: Layer.conv2d({ filters: 1, size: 3 }), hiddenToHidden: Layer.dense({ units: 3 }) })(rows))).toContain('conv2d_1'))
})

describe('options', () => {
  it('of a gate are checked where they stand', () => {
    expect(told(Layer.lstm(loose({ units: 2, ingate: { Wout: 1 } }))(rows))).toMatch(/lstm_1 > ingate > Wout/)
    expect(told(Layer.lstm(loose({ units: 2, cell: { Wcell: Spec.normal() } }))(rows))).toMatch(/lstm_1 > cell > Wcell/)
    expect(told(Layer.gru({ units: 2, updategate: { activation: loose('sigmod') } })(rows))).toMatch(/gru_1 > updategate > activation[^]*did you mean 'sigmoid'/)
  })
  it('that are no masks, clips or layers', () => {
    expect(told(Layer.recurrent({ units: 2, gradientClipping: -1 })(rows))).toMatch(/recurrent_1 > gradientClipping[^]*a number above 0/)
    expect(told(Layer.recurrent({ units: 2, mask: loose([1, 0]) })(rows))).toMatch(/recurrent_1 > mask[^]*a network/)
    expect(told(Layer.customRecurrent(loose({ inputToHidden: 3, hiddenToHidden: Layer.dense({ units: 2 }) }))(rows))).toMatch(/NotALayer|inputToHidden/)
    expect(told(pipe(rows, Layer.lstm(loose({}))))).toMatch(/lstm_1 > units/)
  })
})
