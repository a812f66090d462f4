/** What is said of each spatial layer's commonest mistakes: the layer, its input, the rule, the fix. */
import { describe, expect, it } from 'vitest'
import { pipe } from '../../../src/fp.ts'
import * as Layer from '../../../src/layer/index.ts'
import * as Tensor from '../../../src/tensor/index.ts'
import { told } from './tools.ts'

const wave = Layer.input([null, 4, 10]), image = Layer.input([null, 3, 8, 8]), scan = Layer.input([null, 2, 4, 6, 6]), open = Layer.input([null, 3, null, null])
const loose = <A>(x: unknown): A => x as A

/** The layer in whose path the error stands, and pieces of its text. */
const says = (n: Layer.Network, path: string, ...pieces: readonly string[]): void => {
  const text = told(n)
  expect(text.split('\n')[0].replace(/^\w+ at /, '')).toBe(path)
  for (const piece of pieces) expect(text).toContain(piece)
  expect(text).toMatch(/fix: {2}\S/)
}

describe('inputs', () => {
  it('of too few or too many axes', () => {
    says(Layer.conv1d({ filters: 1, size: 3 })(Layer.input([null, 10])), 'conv1d_1', 'input [batch, 10]', 'sequences of three axes [batch, channels, length]', 'add a channel axis: Layer.reshape({ shape: [[0], 1, [1]] })')
    says(Layer.conv3d({ filters: 1, size: 3 })(image), 'conv3d_1', 'input [batch, 3, 8, 8]', 'volumes of five axes', '[[0], 1, [1], [2], [3]]')
    says(pipe(image, Layer.flatten(), Layer.maxPool2d({ size: 2 })), 'maxPool2d_1', 'input [batch, 192]', 'before flatten and dense layers')
    says(pipe(image, Layer.flatten(), Layer.globalPool()), 'globalPool_1', 'input [batch, 192]', 'at least three axes')
    says(Layer.upscale2d({ scale: 2 })(wave), 'upscale2d_1', 'input [batch, 4, 10]', 'images of four axes')
  })
  it('of unknown channels', () => {
    says(Layer.depthwiseConv2d({ size: 3 })(Layer.input([null, null, 8, 8])), 'depthwiseConv2d_1', 'a known number of channels')
  })
})

describe('kernels', () => {
  it('larger than the input', () => {
    says(pipe(wave, Layer.conv1d({ filters: 2, size: 11, name: 'long' })), 'long > size', 'kernel 11 on a sequence of 10 (input [batch, 4, 10])')
    says(Layer.conv3d({ filters: 2, size: [5, 3, 3] })(scan), 'conv3d_1 > size', 'kernel 5 x 3 x 3 on a volume of 4 x 6 x 6')
    says(Layer.separableConv2d({ filters: 2, size: 9 })(image), 'separableConv2d_1 > size', 'kernel 9 x 9 on an image of 8 x 8 (input [batch, 3, 8, 8])')
    says(Layer.locallyConnected2d({ filters: 2, size: 9 })(image), 'locallyConnected2d_1 > size', 'a kernel no larger than the padded input')
  })
  it("even ones with 'same'", () => {
    says(Layer.conv1d({ filters: 2, size: 4, padding: 'same' })(wave), 'conv1d_1 > padding', "'same' with a kernel of 4", 'odd kernel sizes', '[[before, after]]')
    says(Layer.transposedConv2d({ filters: 2, size: 4, crop: 'same' })(image), 'transposedConv2d_1 > crop', "'same' with a kernel of 4 x 4", 'give the crop as [[top, bottom], [left, right]]')
  })
  it('groups that divide neither channels nor filters', () => {
    says(Layer.conv1d({ filters: 3, size: 3, groups: 2 })(wave), 'conv1d_1 > groups', '4 channels and 3 filters in 2 groups', 'channels and filters divisible by groups')
    says(Layer.transposedConv1d({ filters: 3, size: 3, groups: 2 })(wave), 'transposedConv1d_1 > groups', '4 channels and 3 filters in 2 groups')
  })
  it('biases a location of an input whose extents are open', () => {
    says(Layer.conv2d({ filters: 2, size: 3, untieBiases: true })(open), 'conv2d_1 > untieBiases', 'one bias a location', 'or share the biases')
    says(Layer.locallyConnected2d({ filters: 2, size: 3 })(open), 'locallyConnected2d_1', 'weights of its own')
  })
  it('outputs that no convolution takes back, or of which nothing is left', () => {
    says(Layer.transposedConv2d({ filters: 2, size: 3, stride: 2, crop: 1, outputSize: 17 })(image), 'transposedConv2d_1 > outputSize', 'an output of 17 x 17 from input [batch, 3, 8, 8]', 'at least 15 x 15 and at most 16 x 16')
    says(Layer.transposedConv1d({ filters: 2, size: 3, crop: 7 })(wave), 'transposedConv1d_1 > crop', '7 and 7 cut from 12 elements', 'at least one element left')
  })
  it('channelwise with other filters than channels', () => {
    says(Layer.locallyConnected2d({ filters: 4, size: 3, channelwise: true })(image), 'locallyConnected2d_1 > filters', '4 filters, channelwise, on 3 channels', 'use filters: 3')
  })
})

describe('pools', () => {
  it('windows larger than the input, padding as wide as they', () => {
    says(Layer.maxPool1d({ size: 11 })(wave), 'maxPool1d_1 > size', 'window 11 on a sequence of 10', 'ignoreBorder: false')
    says(Layer.avgPool3d({ size: 2, padding: 2 })(scan), 'avgPool3d_1 > padding', 'padding below the window')
    says(Layer.avgPool2d({ size: 4, padding: 'same' })(image), 'avgPool2d_1 > padding', "'same' with a kernel of 4 x 4")
  })
  it('borders and bins of open extents', () => {
    says(Layer.maxPool2d({ size: 2, ignoreBorder: false })(open), 'maxPool2d_1', 'known extents')
    says(Layer.adaptivePool({ size: [2, null] })(open), 'adaptivePool_1 > size', 'the bins depend on them', 'Layer.globalPool')
    says(Layer.spatialPyramidPool()(open), 'spatialPyramidPool_1 > levels', 'the bins depend on them')
  })
  it('sizes of another number of axes, functions of another shape', () => {
    says(Layer.adaptivePool({ size: [2, 2, 2] })(image), 'adaptivePool_1 > size', 'for axes of 8 x 8', 'one number for each of the 2 axes')
    says(Layer.globalPool({ mode: Tensor.max({ axes: [1] }) })(image), 'globalPool_1 > mode', '[batch, 64] for [batch, 3, 64]', 'Tensor.max({ axes: [2] })')
    says(Layer.globalPool({ mode: () => { throw new Error('oh') } })(image), 'globalPool_1 > mode', 'oh')
  })
})

describe('the spatial transformer', () => {
  it('without maps, or with maps of another shape', () => {
    says(Layer.spatialTransformer()(image), 'spatialTransformer_1', '1 network', 'two networks', '[images, maps]')
    says(Layer.spatialTransformer({ localization: Layer.dense({ units: 5 }) })(image), 'spatialTransformer_1 > localization', 'maps of [batch, 5] for images of [batch, 3, 8, 8]', 'Layer.dense({ units: 6 })')
    says(Layer.spatialTransformer({ localization: loose(3) })(image), 'layer_1', 'a function from network to network')
  })
  it('of open extents, or made smaller than a pixel', () => {
    const locate = Layer.sequential([Layer.globalPool(), Layer.dense({ units: 6 })])
    says(Layer.spatialTransformer({ localization: locate })(open), 'spatialTransformer_1', 'the coordinates run over them')
    says(Layer.spatialTransformer({ localization: locate, downsampleFactor: 9 })(image), 'spatialTransformer_1 > downsampleFactor', 'at least one pixel left')
  })
})

describe('options', () => {
  it.each([
    ['conv1d_1 > size', Layer.conv1d({ filters: 1, size: loose([3, 3]) })(wave), 'or one in [length]'],
    ['conv3d_1 > stride', Layer.conv3d({ filters: 1, size: 1, stride: loose([1, 2]) })(scan), 'or three of them [depth, height, width]'],
    ['conv2d_1 > padding', Layer.conv2d({ filters: 1, size: 1, padding: loose([[1, 1], 1]) })(image), '[[top, bottom], [left, right]]'],
    ['conv2d_1 > dilation', Layer.conv2d({ filters: 1, size: 1, dilation: 0 })(image), 'a whole number of 1 or more'],
    ['depthwiseConv2d_1 > filters', Layer.depthwiseConv2d(loose({ size: 1, filters: 3 }))(image), "option 'filters'"],
    ['transposedConv2d_1 > padding', Layer.transposedConv2d(loose({ filters: 1, size: 1, padding: 1 }))(image), "option 'padding'"],
    ['upscale2d_1 > mode', Layer.upscale2d({ scale: 2, mode: loose('cubic') })(image), 'one of repeat, dilate, linear'],
    ['globalPool_1 > mode', Layer.globalPool({ mode: loose('median') })(image), 'mean, max, sum, or a function'],
    ['adaptivePool_1 > size', Layer.adaptivePool({ size: 0 })(image), 'null keeps an axis'],
    ['spatialPyramidPool_1 > levels', Layer.spatialPyramidPool({ levels: [] })(image), 'whole numbers of 1 or more'],
    ['spatialTransformer_1 > border', Layer.spatialTransformer({ border: loose('zeros') })([image, image]), 'one of nearest, mirror, wrap'],
    ['spatialTransformer_1 > downsampleFactor', Layer.spatialTransformer({ downsampleFactor: -1 })([image, image]), 'a number above 0']
  ] as const)('%s', (path, n, piece) => { says(n, path, piece) })
  it('whatever a plain JavaScript caller passes is a network with errors', () => {
    const all = Object.entries(Layer).filter(([k]) => /^(conv|depthwise|separable|transposed|locally|maxPool|avgPool|upscale)\w*[123]d$|^(global|adaptive|spatialPyramid)Pool$|^spatialTransformer$/.test(k)) as [string, (c: unknown) => (n: unknown) => Layer.Network][]
    expect(all.length).toBe(28)
    for (const [, make] of all) for (const config of [null, undefined, 3, 'x', [], { size: 'x' }, { size: 1, filters: 1, scale: 1, oops: 1 }])
      for (const n of [null, 3, [], image]) expect(Array.isArray(Layer.elaborate(make(config)(n)).problems)).toBe(true)
  })
})
