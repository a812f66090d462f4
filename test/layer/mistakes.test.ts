/** What each layer says of its commonest mistakes: the layer as the user wrote it, its input, the rule, the fix. */
import { describe, expect, it } from 'vitest'
import { pipe } from '../../src/fp.ts'
import * as Layer from '../../src/layer/index.ts'
import { told } from './run.ts'

const loose = (x: unknown): never => x as never
const row = Layer.input([null, 6], { name: 'x' })
const image = Layer.input([null, 3, 8, 8], { name: 'x' })
const unknown = Layer.input([null, null, 6], { name: 'x' })
const sequence = Layer.input([null, 5, 6], { name: 'words' })

/** One line a mistake: what was written, and what of the message matters. */
const mistakes: readonly (readonly [string, Layer.Network, readonly string[]])[] = [
  ['nin on channels that are not known', Layer.nin({ units: 2 })(unknown), ['ShapeMismatch at nin_1', '[batch, x.1, 6]', 'a known number of channels on axis 1', 'Layer.transpose']],
  ['nin with a bias for places of unknown number', Layer.nin({ units: 2, untieBiases: true })(Layer.input([null, 3, null])), ['nin_1 > untieBiases', 'leave untieBiases out']],
  ['embedding of real numbers', Layer.embedding({ inputs: 5, units: 2 })(row), ['ShapeMismatch at embedding_1', '[batch, 6] of f32', 'whole numbers', "dtype: 'i32'"]],
  ['embedding without units', Layer.embedding(loose({ inputs: 5 }))(row), ['BadOption at embedding_1 > units']],
  ['transpose of an axis that is not there', Layer.transpose({ axes: [0, 2] })(row), ['transpose_1 > axes', 'axis 2 of input [batch, 6]', 'axes 0 to 1', "use 'x' for a new axis"]],
  ['transpose that forgets an axis', Layer.transpose({ axes: [1, 'x'] })(row), ['without axis 0 of input [batch, 6]', 'every axis that is longer than 1', 'name axis 0']],
  ['transpose of one axis twice', Layer.transpose({ axes: [0, 0] })(row), ['BadOption at transpose_1 > axes', 'each at most once']],
  ['pad with widths for other axes', Layer.pad({ width: [1, 2, 3] })(image), ['pad_1 > width', '3 widths for input [batch, 3, 8, 8]', 'one for each of 2 axes']],
  ['pad of rows of features', Layer.pad({ width: 1 })(row), ['pad_1 > width', 'use a smaller batchAxes']],
  ['pad by less than nothing', Layer.pad({ width: -1 })(image), ['BadOption at pad_1 > width']],
  ['slice of a place that is not there', Layer.slice({ indices: 8 })(image), ['slice_1 > indices', 'place 8 on axis 3 of input [batch, 3, 8, 8]', 'a place from -8 to 7']],
  ['slice of an axis that is not there', Layer.slice({ indices: 0, axis: 4 })(image), ['slice_1 > axis', 'axis 4 of input [batch, 3, 8, 8]', 'an axis of the input, -4 to 3']],
  ['slice backwards', Layer.slice({ indices: { step: -1 } })(row), ['BadOption at slice_1 > indices', 'a step of 1 or more']],
  ['featurePool whose size does not divide', Layer.featurePool({ size: 4 })(row), ['featurePool_1 > size', 'groups of 4 on axis 1 of input [batch, 6]', 'divides the extent', 'change the 6 features']],
  ['featureWta whose size does not divide', Layer.featureWta({ size: 4, name: 'winners' })(row), ['ShapeMismatch at winners > size']],
  ['concat of branches of two sizes', Layer.concat()([image, Layer.pad({ width: 1 })(image)]), ['concat_1', 'inputs [batch, 3, 8, 8] and [batch, 3, 10, 10]', 'cropping']],
  ['add with too few coefficients', Layer.add({ coefficients: [1] })([row, Layer.bias()(row)]), ['add_1 > coefficients', '1 coefficients for 2 networks']],
  ['add with a crop that is no crop', Layer.add({ cropping: loose(['middle']) })([row, row]), ['BadOption at add_1 > cropping', "'lower', 'upper', 'center' or null"]],
  ['crops of inputs of two ranks', Layer.merge({ with: 'max', cropping: [null, 'lower'] })([row, image]), ['merge_1 > cropping', 'inputs of equal rank']],
  ['crops of an axis of unknown length', Layer.add({ cropping: [null, 'lower'] })([unknown, sequence]), ['add_1 > cropping', 'known extents on axes that are cropped']],
  ['merge by a word that is none', Layer.merge({ with: loose('times') })([row, row]), ['BadOption at merge_1 > with', 'product, max, min', 'Layer.add']],
  ['merge by a function that gives no tensor', Layer.merge({ with: loose(() => 1) })([row, row]), ['BadFunction at merge_1 > with']],
  ['residual that changes the shape', Layer.residual(Layer.dense({ units: 4 }))(row), ['add_1', '[batch, 6] and [batch, 4]', 'the same output shape']],
  ['repeat half a time', Layer.repeat(1.5, Layer.bias())(row), ['BadOption at repeat_1 > times', 'a whole number of 0 or more']],
  ['bias over an axis of unknown length', Layer.bias({ sharedAxes: [0, 2] })(unknown), ['bias_1 > sharedAxes', '[batch, x.1, 6]', 'known extents', 'numbers instead of null']],
  ['scale shared along an axis that is not there', Layer.scale({ sharedAxes: [0, 5] })(row), ['scale_1 > sharedAxes', 'axes [0, 5] of input [batch, 6]', '-2 to 1']],
  ['standardize by a scale of 0', Layer.standardize({ offset: 0, scale: [1, 0] })(row), ['BadOption at standardize_1 > scale', 'numbers other than 0']],
  ['standardize channels by a row', Layer.standardize({ offset: [1, 2, 3], scale: 1 })(image), ['standardize_1 > offset', 'offset [3] for input [batch, 3, 8, 8]', '[channels, 1, 1]']],
  ['prelu with alpha of another shape', Layer.prelu({ alpha: [0.1, 0.2] })(row), ['prelu_1 > alpha', 'shape [6]']],
  ['rrelu from high to low', Layer.rrelu({ lower: 0.5, upper: 0.1 })(row), ['BadOption at rrelu_1 > lower', 'lower at most upper']],
  ['expression that is no function', Layer.expression(loose('square'))(row), ['BadOption at expression_1 > f', 'a function of tensors']],
  ['expression that throws', Layer.expression(() => { throw new Error('oh') })(row), ['BadFunction at expression_1', 'oh']],
  ['inverse of another shape', pipe(row, Layer.inverse(Layer.dense({ units: 2 })(row))), ['inverse_1', 'input [batch, 6]', '[batch, 2]', 'undo the layers in between']],
  ['inverse of an input', pipe(row, Layer.inverse(row)), ['BadOption at inverse_1 > of', 'one input']],
  ['inverse of an embedding', (() => {
    const words = Layer.embedding({ inputs: 5, units: 2 })(Layer.input([null], { dtype: 'i32' }))
    return pipe(words, Layer.inverse(words))
  })(), ['NoGradient at inverse_1', 'embeddings']],
  ['inverse of no network', pipe(row, Layer.inverse(loose(3))), ['NotANetwork at inverse_1']],
  ['batchNorm without the batch', Layer.batchNorm({ axes: [1] })(row), ['batchNorm_1 > axes', 'axis 0, the batch', 'Layer.layerNorm']],
  ['batchNorm of channels that are not known', Layer.batchNorm()(unknown), ['batchNorm_1 > axes', 'known extents']],
  ['batchNorm with a weight above 1', Layer.batchNorm({ alpha: 2 })(row), ['BadOption at batchNorm_1 > alpha', 'at most 1']],
  ['batchNorm with PyTorch’s name', Layer.batchNorm(loose({ eps: 1e-5 }))(row), ['UnknownOption at batchNorm_1 > eps', 'one of gamma, beta, epsilon']],
  ['layerNorm over the batch', Layer.layerNorm({ axes: [0, 1] })(row), ['layerNorm_1 > axes', 'axes of one row', 'Layer.batchNorm']],
  ['groupNorm whose groups do not divide', Layer.groupNorm({ groups: 2 })(image), ['groupNorm_1 > groups', '2 groups of input [batch, 3, 8, 8]', 'use a divisor of 3']],
  ['instanceNorm of rows of features', Layer.instanceNorm()(row), ['instanceNorm_1', 'input [batch, 6]', 'Layer.layerNorm']],
  ['localResponseNorm over an even window', Layer.localResponseNorm({ n: 4 })(image), ['BadOption at localResponseNorm_1 > n', 'an odd number']],
  ['localResponseNorm without channels', Layer.localResponseNorm()(Layer.input([null])), ['localResponseNorm_1', 'channels on axis 1']],
  ['dropout of everything', Layer.dropout({ p: 1 })(row), ['BadOption at dropout_1 > p', 'below 1']],
  ['dropout shared along an axis that is not there', Layer.dropout({ sharedAxes: [3] })(row), ['dropout_1 > sharedAxes', 'axes [3] of input [batch, 6]']],
  ['spatialDropout of rows of features', Layer.spatialDropout()(row), ['spatialDropout_1', 'input [batch, 6]', 'use Layer.dropout']],
  ['gaussianNoise of negative deviation', Layer.gaussianNoise({ sigma: -1 })(row), ['BadOption at gaussianNoise_1 > sigma', '0 or more']],
  ['attention to rows of features', Layer.multiHeadAttention({ heads: 2 })(row), ['multiHeadAttention_1', 'inputs [batch, 6]', 'sequences [batch, time, features]', 'Layer.reshape']],
  ['attention with heads that do not divide', Layer.multiHeadAttention({ heads: 4 })(sequence), ['multiHeadAttention_1 > heads', '4 heads over 6 features of input [batch, 5, 6]', 'or give keyDim']],
  ['attention with keys and values of two lengths', Layer.multiHeadAttention({ heads: 2 })([sequence, sequence, Layer.input([null, 4, 6])]), ['multiHeadAttention_1', 'as many values as keys']],
  ['causal attention to another sequence', Layer.multiHeadAttention({ heads: 2, causal: true })([sequence, Layer.input([null, 4, 6])]), ['multiHeadAttention_1 > causal', '5 queries and 4 keys']],
  ['attention with a mask of another length', Layer.multiHeadAttention({ heads: 2, mask: Layer.input([null, 4], { name: 'mask' }) })(sequence), ['multiHeadAttention_1 > mask', 'mask [batch, 4] for 5 queries and 5 keys']],
  ['attention with an array for a mask', Layer.multiHeadAttention({ heads: 2, mask: loose([[1]]) })(sequence), ['BadOption at multiHeadAttention_1 > mask', 'a network']],
  ['attention to too many', Layer.multiHeadAttention({ heads: 2 })([sequence, sequence, sequence, sequence]), ['4 networks', '[query, key, value]']],
  ['positionalEmbedding of unknown length', Layer.positionalEmbedding()(unknown), ['positionalEmbedding_1', '[batch, x.1, 6]', 'a number instead of null']],
  ['positionalEmbedding with weights for waves', Layer.positionalEmbedding({ W: [[0]] })(sequence), ['positionalEmbedding_1 > W', "say kind: 'learnt'"]]
]

describe('mistakes', () => {
  it.each(mistakes.map(([name, network, parts]) => [name, { network, parts }] as const))('%s', (_, { network, parts }) => {
    const text = told(network)
    for (const part of parts) expect(text).toContain(part)
  })
  it('are told with a fix, one block each', () => {
    for (const [name, network] of mistakes) expect(told(network), name).toMatch(/^\w+ at [^\n]+\n {2}got: {2}[^\n]+\n {2}need: [^\n]+\n {2}fix: {2}[^\n]+/)
  })
  it('of two branches come together', () => {
    const text = told(Layer.add()([Layer.spatialDropout({ name: 'left' })(row), Layer.featurePool({ size: 4, name: 'right' })(row)]))
    expect(text).toContain('at left')
    expect(text).toContain('at right')
  })
})
