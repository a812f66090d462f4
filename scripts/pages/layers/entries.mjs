// What the pages of layers show beside what the source says: a network whose shapes and
// parameters are listed, an example whose results are worked out, and the commonest
// mistake. Grouped as the index is. `members` share a page that has their name without
// the number of axes; `config` names the options' type where it isn't in the declaration.

const IMAGES = "Layer.input([null, 3, 28, 28], { name: 'x' })"
const ROWS = "Layer.input([null, 8], { name: 'x' })"
const SEQUENCE = "Layer.input([null, 20, 8], { name: 'x' })"

const on = (input, layer) => `pipe(${input}, ${layer})`

/** An example: what a layer makes of one small array. */
const gives = (shape, layer, x, options = '') => `const network = pipe(Layer.input(${shape}, { name: 'x'${options} }), ${layer})
const [y] = await orThrow(evaluate([Model.of(network).prediction], { x: ${x} }, { gpu: 'reference' }))
y.data   // ≈ ?`

/** An example: what a layer makes of two branches of one input. */
const joins = (layer, x = '[[1, 2]]') => `const stem = Layer.input([null, 2], { name: 'x' })
const tens = pipe(stem, Layer.expression(Tensor.mul(10)))
const [y] = await orThrow(evaluate([Model.of(${layer}([stem, tens])).prediction], { x: ${x} }, { gpu: 'reference' }))
y.data   // ≈ ?`

const connected = {
  dense: {
    network: on("Layer.input([null, 1, 28, 28], { name: 'x' })", "Layer.dense({ units: 10, activation: 'softmax' })"),
    says: 'The weights are [inputs, units]: a row of the input times `W` is a row of the output.',
    example: gives('[null, 2]', 'Layer.dense({ units: 1, W: [[1], [2]], b: [0.5] })', '[[1, 1], [0, 3]]'),
    mistake: on("Layer.input([null, null, 8], { name: 'x' })", 'Layer.dense({ units: 10 })')
  },
  nin: {
    network: on(IMAGES, "Layer.nin({ units: 10, activation: 'relu' })"),
    says: 'It is a convolution with kernels of one place, written as a product.',
    example: gives('[null, 2, 1, 2]', 'Layer.nin({ units: 1, W: [[1], [10]], b: null })', '[[[[1, 2]], [[3, 4]]]]'),
    mistake: on("Layer.input([null, null, 8, 8], { name: 'x' })", 'Layer.nin({ units: 10 })')
  },
  embedding: {
    network: on("Layer.input([null, 20], { name: 'words', dtype: 'i32' })", 'Layer.embedding({ inputs: 1000, units: 16 })'),
    example: gives('[null, 3]', 'Layer.embedding({ inputs: 2, units: 2, W: [[1, 2], [3, 4]] })', '[[1, 0, 1]]', ", dtype: 'i32'"),
    mistake: on(ROWS, 'Layer.embedding({ inputs: 0, units: 16 })')
  }
}

const convolutions = {
  conv: {
    members: ['conv1d', 'conv2d', 'conv3d'], config: 'ConvConfig',
    network: on(IMAGES, "Layer.conv2d({ filters: 32, size: 5, activation: 'tanh' })"),
    says: 'The extent of the output along an axis of n is floor((n + padding - (dilation (size - 1) + 1)) / stride) + 1; `same` pads so that it is ceil(n / stride), `full` by size - 1 on both sides. `flipFilters: true` turns kernels by 180 degrees, as Lasagne does when nothing is said; PyTorch and this library don\'t.',
    example: gives('[null, 1, 4]', 'Layer.conv1d({ filters: 1, size: 2, W: [[[1, 10]]], b: null })', '[[[1, 2, 3, 4]]]'),
    mistake: on("Layer.input([null, 1, 4, 4], { name: 'x' })", 'Layer.conv2d({ filters: 8, size: 5 })')
  },
  transposedConv: {
    members: ['transposedConv1d', 'transposedConv2d', 'transposedConv3d'], config: 'TransposedConvConfig',
    network: on("Layer.input([null, 16, 7, 7], { name: 'x' })", 'Layer.transposedConv2d({ filters: 8, size: 4, stride: 2, crop: 1 })'),
    says: 'The extent of the output is (n - 1) stride - 2 crop + dilation (size - 1) + 1. Of several extents that one convolution makes equal, `outputSize` chooses.',
    example: gives('[null, 1, 2]', 'Layer.transposedConv1d({ filters: 1, size: 2, stride: 2, W: [[[1, 10]]], b: null })', '[[[1, 2]]]'),
    mistake: on("Layer.input([null, 16, 7, 7], { name: 'x' })", 'Layer.transposedConv2d({ filters: 8, size: 3, stride: 2, outputSize: 20 })')
  },
  depthwiseConv: {
    members: ['depthwiseConv1d', 'depthwiseConv2d', 'depthwiseConv3d'], config: 'DepthwiseConfig',
    network: on(IMAGES, "Layer.depthwiseConv2d({ size: 3, padding: 'same', multiplier: 2 })"),
    example: gives('[null, 2, 2]', 'Layer.depthwiseConv1d({ size: 2, W: [[[1, 1]], [[1, -1]]], b: null })', '[[[1, 2], [3, 4]]]'),
    mistake: on(IMAGES, "Layer.depthwiseConv2d({ size: 4, padding: 'same' })")
  },
  separableConv: {
    members: ['separableConv1d', 'separableConv2d', 'separableConv3d'], config: 'SeparableConfig',
    network: on(IMAGES, "Layer.separableConv2d({ filters: 32, size: 3, padding: 'same', activation: 'relu' })"),
    example: gives('[null, 1, 3]', 'Layer.separableConv1d({ filters: 2, size: 2, W: [[[1, 1]]], P: [[[1]], [[10]]], b: null })', '[[[1, 2, 3]]]'),
    mistake: on(ROWS, 'Layer.separableConv2d({ filters: 32, size: 3 })')
  },
  locallyConnected: {
    members: ['locallyConnected1d', 'locallyConnected2d', 'locallyConnected3d'], config: 'LocallyConnectedConfig',
    network: on("Layer.input([null, 3, 8, 8], { name: 'x' })", "Layer.locallyConnected2d({ filters: 4, size: 3, padding: 'same' })"),
    example: gives('[null, 1, 3]', 'Layer.locallyConnected1d({ filters: 1, size: 1, W: [[[[1, 10, 100]]]], b: null })', '[[[1, 2, 3]]]'),
    mistake: on("Layer.input([null, 3, null, null], { name: 'x' })", 'Layer.locallyConnected2d({ filters: 4, size: 3 })')
  },
  spatialTransformer: {
    signature: 'Layer.spatialTransformer(config)(network or [images, maps])', config: 'SpatialTransformerConfig',
    network: on("Layer.input([null, 1, 28, 28], { name: 'x' })", 'Layer.spatialTransformer({ localization: Layer.dense({ units: 6, b: [1, 0, 0, 0, 1, 0] }), downsampleFactor: 2 })'),
    says: 'The six numbers are the rows of a 2 x 3 matrix from places of the output to places of the input, both from -1 to 1; start the last layer of the network that finds them near [1, 0, 0, 0, 1, 0], which leaves images as they are.',
    example: gives('[null, 1, 1, 3]', 'Layer.spatialTransformer({ localization: Layer.dense({ units: 6, W: 0, b: [-1, 0, 0, 0, 1, 0] }) })', '[[[[1, 2, 3]]]]'),
    mistake: on(IMAGES, 'Layer.spatialTransformer({ localization: Layer.dense({ units: 4 }) })')
  }
}

const pooling = {
  maxPool: {
    members: ['maxPool1d', 'maxPool2d', 'maxPool3d'], config: 'MaxPoolConfig',
    network: on(IMAGES, 'Layer.maxPool2d({ size: 2 })'),
    example: gives('[null, 1, 5]', 'Layer.maxPool1d({ size: 2, ignoreBorder: false })', '[[[1, 5, 2, 3, 9]]]'),
    mistake: on("Layer.input([null, 3, 2, 2], { name: 'x' })", 'Layer.maxPool2d({ size: 3 })')
  },
  avgPool: {
    members: ['avgPool1d', 'avgPool2d', 'avgPool3d'], config: 'AvgPoolConfig',
    network: on(IMAGES, 'Layer.avgPool2d({ size: 3, stride: 2, padding: 1, countPadding: false })'),
    example: gives('[null, 1, 4]', 'Layer.avgPool1d({ size: 2, padding: 1, stride: 2, countPadding: false })', '[[[1, 5, 2, 3]]]'),
    mistake: on(IMAGES, 'Layer.avgPool2d({ size: 2, padding: 2 })')
  },
  globalPool: {
    network: on(IMAGES, 'Layer.globalPool()'),
    example: gives('[null, 2, 3]', "Layer.globalPool({ mode: 'max' })", '[[[1, 5, 2], [7, 3, 1]]]'),
    mistake: on(ROWS, 'Layer.globalPool()')
  },
  adaptivePool: {
    network: on(IMAGES, 'Layer.adaptivePool({ size: [2, 3] })'),
    example: gives('[null, 1, 5]', 'Layer.adaptivePool({ size: 2 })', '[[[1, 2, 3, 4, 5]]]'),
    mistake: on(IMAGES, 'Layer.adaptivePool({ size: [1, 2, 3] })')
  },
  spatialPyramidPool: {
    network: on(IMAGES, 'Layer.spatialPyramidPool()'),
    example: gives('[null, 1, 2, 2]', 'Layer.spatialPyramidPool({ levels: [2, 1] })', '[[[[1, 2], [3, 4]]]]'),
    mistake: on(ROWS, 'Layer.spatialPyramidPool()')
  },
  featurePool: {
    network: on("Layer.input([null, 128], { name: 'x' })", 'Layer.featurePool({ size: 2 })'),
    example: gives('[null, 4]', 'Layer.featurePool({ size: 2 })', '[[1, 5, 3, 2]]'),
    mistake: on(ROWS, 'Layer.featurePool({ size: 3 })')
  },
  featureWta: {
    network: on("Layer.input([null, 128], { name: 'x' })", 'Layer.featureWta({ size: 4 })'),
    example: gives('[null, 4]', 'Layer.featureWta({ size: 2 })', '[[1, 5, 3, 2]]'),
    mistake: on(ROWS, 'Layer.featureWta({ size: 5 })')
  },
  upscale: {
    members: ['upscale1d', 'upscale2d', 'upscale3d'], config: 'UpscaleConfig',
    network: on("Layer.input([null, 3, 7, 7], { name: 'x' })", 'Layer.upscale2d({ scale: 2 })'),
    example: gives('[null, 1, 2]', "Layer.upscale1d({ scale: 2, mode: 'linear' })", '[[[0, 4]]]'),
    mistake: on(ROWS, 'Layer.upscale2d({ scale: 2 })')
  }
}

const shapes = {
  flatten: {
    network: on(IMAGES, 'Layer.flatten()'),
    example: gives('[null, 2, 2]', 'Layer.flatten()', '[[[1, 2], [3, 4]]]'),
    mistake: on(ROWS, 'Layer.flatten({ outdim: 3 })')
  },
  reshape: {
    network: on("Layer.input([null, 64], { name: 'x' })", 'Layer.reshape({ shape: [[0], 16, -1] })'),
    example: gives('[null, 4]', 'Layer.reshape({ shape: [[0], 2, -1] })', '[[1, 2, 3, 4]]'),
    mistake: on(ROWS, 'Layer.reshape({ shape: [[0], 3, -1] })')
  },
  transpose: {
    network: on(SEQUENCE, 'Layer.transpose({ axes: [0, 2, 1] })'),
    example: gives('[null, 2, 2]', 'Layer.transpose({ axes: [0, 2, 1] })', '[[[1, 2], [3, 4]]]'),
    mistake: on(SEQUENCE, 'Layer.transpose({ axes: [0, 2] })')
  },
  pad: {
    network: on(IMAGES, 'Layer.pad({ width: 2 })'),
    example: gives('[null, 2]', 'Layer.pad({ width: [[1, 0]], batchAxes: 1, value: -1 })', '[[1, 2]]'),
    mistake: on(IMAGES, 'Layer.pad({ width: [1, 2, 3] })')
  },
  slice: {
    network: on(SEQUENCE, 'Layer.slice({ indices: -1, axis: 1 })'),
    example: gives('[null, 4]', 'Layer.slice({ indices: { start: 1, step: 2 } })', '[[1, 2, 3, 4]]'),
    mistake: on(SEQUENCE, 'Layer.slice({ indices: 20, axis: 1 })')
  }
}

const joining = {
  concat: {
    signature: 'Layer.concat(config)(networks)',
    network: on(ROWS, 'Layer.parallel([Layer.dense({ units: 3 }), Layer.dense({ units: 4 })]), Layer.concat()'),
    example: joins('Layer.concat()'),
    mistake: on(IMAGES, 'Layer.parallel([Layer.conv2d({ filters: 8, size: 3 }), Layer.conv2d({ filters: 8, size: 5 })]), Layer.concat()')
  },
  add: {
    signature: 'Layer.add(config)(networks)',
    network: on(ROWS, 'Layer.parallel([Layer.dense({ units: 3 }), Layer.dense({ units: 3 })]), Layer.add({ coefficients: [1, 0.5] })'),
    example: joins('Layer.add({ coefficients: [1, 0.5] })'),
    mistake: on(ROWS, 'Layer.parallel([Layer.dense({ units: 3 }), Layer.dense({ units: 4 })]), Layer.add()')
  },
  merge: {
    signature: 'Layer.merge(config)(networks)',
    network: on(ROWS, "Layer.parallel([Layer.dense({ units: 3 }), Layer.dense({ units: 3, activation: 'sigmoid' })]), Layer.merge({ with: 'product' })"),
    example: joins("Layer.merge({ with: 'product' })"),
    mistake: on(ROWS, "Layer.parallel([Layer.dense({ units: 3 }), Layer.dense({ units: 3 })]), Layer.merge({ with: 'times' })")
  },
  residual: {
    signature: 'Layer.residual(layer, config)(network)',
    network: on(ROWS, "Layer.residual(Layer.dense({ units: 8, activation: 'tanh' }))"),
    example: gives('[null, 2]', 'Layer.residual(Layer.expression(Tensor.square))', '[[1, 3]]'),
    mistake: on(ROWS, 'Layer.residual(Layer.dense({ units: 16 }))')
  },
  outputs: {
    signature: 'Layer.outputs(config)(networks)',
    network: on(ROWS, "Layer.parallel([Layer.dense({ units: 1, name: 'mean' }), Layer.dense({ units: 1, name: 'noise' })]), Layer.outputs()"),
    example: joins('Layer.outputs()')
  }
}

const pointwise = {
  nonlinearity: {
    signature: 'Layer.nonlinearity(activation)(network)', source: 'activation', file: 'nonlinear.ts',
    network: on(ROWS, "Layer.nonlinearity('relu')"),
    says: 'Names: see `Layer.activationNames`. `Layer.activation` is the same function.',
    example: gives('[null, 3]', "Layer.nonlinearity('relu')", '[[-1, 0, 2]]'),
    mistake: on(ROWS, "Layer.nonlinearity('rellu')")
  },
  bias: {
    network: on(IMAGES, 'Layer.bias()'),
    example: gives('[null, 2]', 'Layer.bias({ b: [10, 20] })', '[[1, 2]]'),
    mistake: on(ROWS, 'Layer.bias({ b: [1, 2] })')
  },
  scale: {
    network: on(IMAGES, 'Layer.scale({ scales: Spec.logNormal({ sd: 0.5 }) })'),
    example: gives('[null, 2]', 'Layer.scale({ scales: [10, 20] })', '[[1, 2]]'),
    mistake: on(IMAGES, 'Layer.scale({ sharedAxes: [7] })')
  },
  standardize: {
    network: on("Layer.input([null, 2], { name: 'x' })", 'Layer.standardize({ offset: [3.1, 0.2], scale: [1.4, 0.1] })'),
    example: gives('[null, 2]', 'Layer.standardize({ offset: [1, 2], scale: [2, 4] })', '[[3, 10]]'),
    mistake: on(ROWS, 'Layer.standardize({ offset: [1, 2], scale: 1 })')
  },
  prelu: {
    network: on(IMAGES, 'Layer.prelu()'),
    example: gives('[null, 2]', "Layer.prelu({ sharedAxes: 'all', alpha: 0.25 })", '[[-4, 4]]'),
    mistake: on(IMAGES, 'Layer.prelu({ alpha: [0.1, 0.2] })')
  },
  rrelu: {
    network: on(IMAGES, 'Layer.rrelu()'),
    example: gives('[null, 2]', 'Layer.rrelu({ lower: 0.25, upper: 0.75 })', '[[-4, 4]]'),
    says: 'Predicting takes the mean slope, (lower + upper) / 2.',
    mistake: on(IMAGES, 'Layer.rrelu({ lower: 0.8, upper: 0.3 })')
  },
  expression: {
    signature: 'Layer.expression(f, options)(network or networks)',
    network: on(ROWS, 'Layer.expression(Tensor.square)'),
    example: gives('[null, 2]', 'Layer.expression(Tensor.square)', '[[-3, 2]]'),
    mistake: on(ROWS, 'Layer.expression(Tensor.reshape([3, -1]))')
  },
  inverse: {
    signature: 'Layer.inverse(of, options)(network)',
    network: "(() => { const stem = Layer.input([null, 8], { name: 'x' }); const code = pipe(stem, Layer.dense({ units: 3, b: null })); return pipe(code, Layer.nonlinearity('tanh'), Layer.inverse(code)) })()",
    example: `const stem = Layer.input([null, 2], { name: 'x' })
const code = pipe(stem, Layer.dense({ units: 1, W: [[3], [4]], b: null }))
const [y] = await orThrow(evaluate([Model.of(pipe(code, Layer.inverse(code))).prediction], { x: [[1, 1]] }, { gpu: 'reference' }))
y.data   // ≈ ?`
  }
}

const normalisation = {
  batchNorm: {
    network: on(IMAGES, 'Layer.conv2d({ filters: 32, size: 3, b: null }), Layer.batchNorm()'),
    says: 'The running statistics are states of the model: `fit` carries them from step to step, the approximation keeps them, and predicting uses them. Where weights are random, they are the mean over the draws of a step.',
    example: `const network = pipe(Layer.input([null, 2], { name: 'x' }), Layer.batchNorm({ gamma: null, beta: null, epsilon: 1e-9 }))
const running = { 'batchNorm_1.mean': [1, 2], 'batchNorm_1.variance': [4, 9] }
const [y] = await orThrow(evaluate([Model.of(network).prediction], { x: [[1, 2], [3, 5]], ...running }, { gpu: 'reference' }))
y.data   // ≈ ?`,
    mistake: on(IMAGES, 'Layer.batchNorm({ axes: [1, 2, 3] })')
  },
  layerNorm: {
    network: on(SEQUENCE, 'Layer.layerNorm()'),
    example: gives('[null, 2]', 'Layer.layerNorm({ gamma: null, beta: null, epsilon: 1e-9 })', '[[1, 3], [0, 10]]'),
    mistake: on(SEQUENCE, 'Layer.layerNorm({ axes: [0, 2] })')
  },
  groupNorm: {
    network: on("Layer.input([null, 32, 14, 14], { name: 'x' })", 'Layer.groupNorm({ groups: 8 })'),
    example: gives('[null, 4]', 'Layer.groupNorm({ groups: 2, gamma: null, beta: null, epsilon: 1e-9 })', '[[1, 3, 0, 10]]'),
    mistake: on(IMAGES, 'Layer.groupNorm({ groups: 2 })')
  },
  instanceNorm: {
    network: on(IMAGES, 'Layer.instanceNorm()'),
    example: gives('[null, 1, 2]', 'Layer.instanceNorm({ gamma: null, beta: null, epsilon: 1e-9 })', '[[[1, 3]]]'),
    mistake: on(ROWS, 'Layer.instanceNorm()')
  },
  localResponseNorm: {
    network: on(IMAGES, 'Layer.localResponseNorm()'),
    example: gives('[null, 3]', 'Layer.localResponseNorm({ n: 3, k: 1, alpha: 1, beta: 1 })', '[[1, 2, 3]]'),
    mistake: on(IMAGES, 'Layer.localResponseNorm({ n: 4 })')
  }
}

const noise = {
  dropout: {
    network: on(ROWS, 'Layer.dropout({ p: 0.2 })'),
    example: gives('[null, 2]', 'Layer.dropout({ p: 0.5 })', '[[1, 2]]'),
    says: 'Predicting leaves values as they are, unless `always` is said: then every prediction is a draw, which is approximate inference in the sense of Gal and Ghahramani (2016).',
    mistake: on(ROWS, 'Layer.dropout({ p: 1 })')
  },
  spatialDropout: {
    network: on(IMAGES, 'Layer.spatialDropout({ p: 0.1 })'),
    example: gives('[null, 2, 1]', 'Layer.spatialDropout()', '[[[1], [2]]]'),
    mistake: on("Layer.input([null], { name: 'x' })", 'Layer.spatialDropout()')
  },
  gaussianNoise: {
    network: on(ROWS, 'Layer.gaussianNoise({ sigma: 0.05 })'),
    example: gives('[null, 2]', 'Layer.gaussianNoise()', '[[1, 2]]'),
    mistake: on(ROWS, 'Layer.gaussianNoise({ sigma: -1 })')
  }
}

const sequences = {
  recurrent: {
    network: on(SEQUENCE, 'Layer.recurrent({ units: 16, onlyReturnFinal: true })'),
    example: gives('[null, 3, 1]', "Layer.recurrent({ units: 1, Win: 1, Whid: 2, b: null, activation: 'linear' })", '[[[1], [0], [1]]]'),
    mistake: on(ROWS, 'Layer.recurrent({ units: 16 })')
  },
  lstm: {
    network: on(SEQUENCE, 'Layer.lstm({ units: 16, peepholes: false })'),
    example: gives('[null, 2, 1]', 'Layer.lstm({ units: 1, peepholes: false, ingate: { Win: 0, Whid: 0, b: 0 }, forgetgate: { Win: 0, Whid: 0, b: 0 }, outgate: { Win: 0, Whid: 0, b: 0 }, cell: { Win: 1, Whid: 0, b: 0 } })', '[[[1], [1]]]'),
    mistake: on(ROWS, 'Layer.lstm({ units: 16 })')
  },
  gru: {
    network: on(SEQUENCE, 'Layer.gru({ units: 16, onlyReturnFinal: true })'),
    example: gives('[null, 2, 1]', 'Layer.gru({ units: 1, resetgate: { Win: 0, Whid: 0, b: 0 }, updategate: { Win: 0, Whid: 0, b: 0 }, hiddenUpdate: { Win: 1, Whid: 0, b: 0 } })', '[[[1], [1]]]'),
    mistake: on(ROWS, 'Layer.gru({ units: 16 })')
  },
  customRecurrent: {
    network: on("Layer.input([null, 9, 1, 8, 8], { name: 'film' })", "Layer.customRecurrent({ inputToHidden: Layer.conv2d({ filters: 4, size: 3, padding: 'same' }), hiddenToHidden: Layer.conv2d({ filters: 4, size: 3, padding: 'same' }), onlyReturnFinal: true })"),
    example: gives('[null, 3, 1]', "Layer.customRecurrent({ inputToHidden: Layer.scale({ scales: 1 }), hiddenToHidden: Layer.scale({ scales: 2 }), activation: 'linear' })", '[[[1], [0], [1]]]'),
    mistake: on(SEQUENCE, 'Layer.customRecurrent({ inputToHidden: Layer.dense({ units: 4 }), hiddenToHidden: Layer.dense({ units: 5 }) })')
  },
  multiHeadAttention: {
    signature: 'Layer.multiHeadAttention(config)(network or [queries, keys] or [queries, keys, values])', config: 'MultiHeadAttentionConfig',
    network: on("Layer.input([null, 20, 32], { name: 'words' })", 'Layer.multiHeadAttention({ heads: 4, causal: true })'),
    example: gives('[null, 2, 1]', 'Layer.multiHeadAttention({ heads: 1, Wq: 0, Wk: 0, Wv: 1, Wo: 1, bq: null, bk: null, bv: null, bo: null })', '[[[1], [3]]]'),
    mistake: on("Layer.input([null, 20, 30], { name: 'words' })", 'Layer.multiHeadAttention({ heads: 4 })')
  },
  positionalEmbedding: {
    network: on(SEQUENCE, "Layer.positionalEmbedding({ kind: 'learnt' })"),
    example: gives('[null, 2, 2]', 'Layer.positionalEmbedding()', '[[[0, 0], [0, 0]]]'),
    mistake: on(ROWS, 'Layer.positionalEmbedding()')
  }
}

const putting = {
  input: {
    signature: 'Layer.input(shape, options)',
    network: on("Layer.input([null, 1, 28, 28], { name: 'x', scale: 1 / 255 })", 'Layer.flatten()'),
    example: gives('[null, 2]', 'Layer.nonlinearity(\'linear\')', '[[0, 255]]', ', scale: 1 / 255'),
    mistake: on("Layer.input([null, 0], { name: 'x' })", 'Layer.flatten()')
  },
  sequential: {
    signature: 'Layer.sequential(layers)(network)',
    network: on(ROWS, "Layer.sequential([Layer.dense({ units: 64, activation: 'tanh' }), Layer.dense({ units: 10 })])"),
    example: gives('[null, 2]', 'Layer.sequential([Layer.scale({ scales: 2 }), Layer.bias({ b: 1 })])', '[[1, 2]]'),
    mistake: on(ROWS, 'Layer.sequential([Layer.dense])')
  },
  parallel: {
    signature: 'Layer.parallel(layers)(network)',
    network: on(ROWS, 'Layer.parallel([Layer.dense({ units: 3 }), Layer.dense({ units: 4 })]), Layer.concat()'),
    example: gives('[null, 2]', "Layer.parallel([Layer.nonlinearity('relu'), Layer.expression(Tensor.neg)]), Layer.concat()", '[[-1, 2]]')
  },
  repeat: {
    signature: 'Layer.repeat(times, layer)(network)',
    network: on(ROWS, "Layer.repeat(3, Layer.residual(Layer.dense({ units: 8, activation: 'tanh' })))"),
    says: 'Each of them has parameters of its own; they are numbered by kind.',
    example: gives('[null, 1]', 'Layer.repeat(3, Layer.expression(Tensor.mul(2)))', '[[1]]'),
    mistake: on(ROWS, 'Layer.repeat(-1, Layer.dense({ units: 8 }))')
  },
  upTo: {
    signature: "Layer.upTo(name)(network)",
    network: on(ROWS, "Layer.dense({ units: 4 }), Layer.dense({ units: 1 }), Layer.upTo('dense_1')"),
    example: gives('[null, 1]', "Layer.expression(Tensor.mul(2), { name: 'twice' }), Layer.dense({ units: 1, W: 0 }), Layer.upTo('twice')", '[[3]]'),
    mistake: on(ROWS, "Layer.dense({ units: 4 }), Layer.upTo('dense_2')")
  }
}

const TWO = "Layer.dense({ units: 16, activation: 'tanh' }), Layer.dense({ units: 1 })"
const edited = (edit) => on(ROWS, `${TWO}, ${edit}`)

/** An example: how many numbers of two layers are still inferred. */
const counts = (edit) => `const network = pipe(Layer.input([null, 8], { name: 'x' }), ${TWO}, ${edit})
Model.sites(Model.of(network)).map((s) => s.name)   // => ?`

const bayesian = {
  withDefaultSpec: {
    signature: 'Layer.withDefaultSpec(weights, others)(network)',
    network: edited("Layer.withDefaultSpec(Spec.laplace({ b: 0.1 }), { bias: Spec.normal() })"),
    example: counts('Layer.withDefaultSpec(Spec.normal({ sd: Spec.halfNormal() }))'),
    mistake: edited('Layer.withDefaultSpec(Spec.normal(), { weight: Spec.normal() })')
  },
  withSpecs: {
    signature: 'Layer.withSpecs(selector, spec)(network)',
    network: edited("Layer.withSpecs({ role: 'weight', layer: 'dense_1' }, Spec.laplace({ b: 0.1 }))"),
    says: 'A selector is a record (`layer`, `kind`, `role`, `param`, each one or several), a list of selectors, `Layer.not(selector)`, `Layer.lastLayer`, or a predicate; `{}` is everything.',
    example: counts("Layer.withSpecs({ role: 'bias' }, null)"),
    mistake: edited("Layer.withSpecs({ layer: 'dense_3' }, Spec.normal())")
  },
  pointEstimate: {
    signature: 'Layer.pointEstimate(selector, init)(network)',
    network: edited('Layer.pointEstimate(Layer.not(Layer.lastLayer))'),
    example: counts('Layer.pointEstimate(Layer.not(Layer.lastLayer))'),
    mistake: edited("Layer.pointEstimate({ layer: 'dense1' })")
  },
  bayesian: {
    signature: 'Layer.bayesian(selector, spec)(network)',
    network: edited('Layer.pointEstimate({}), Layer.bayesian(Layer.lastLayer)'),
    example: counts('Layer.pointEstimate({}), Layer.bayesian(Layer.lastLayer)'),
    mistake: edited("Layer.bayesian({ role: 'weights' })")
  },
  freeze: {
    signature: 'Layer.freeze(selector, values)(network)',
    network: edited("Layer.freeze({ layer: 'dense_1' })"),
    example: counts("Layer.freeze({ layer: 'dense_1' }, 0.5)"),
    mistake: edited("Layer.freeze({ layer: 'dense_1' }, { 'dense_1.W': 0 })")
  },
  tied: {
    signature: 'Layer.tied(name, map)', file: 'param.ts',
    network: on(ROWS, "Layer.dense({ units: 3, name: 'encoder' }), Layer.dense({ units: 8, W: Layer.tied('encoder.W', Tensor.transpose()) })"),
    example: `const network = pipe(Layer.input([null, 8], { name: 'x' }),
  Layer.dense({ units: 3, name: 'encoder' }),
  Layer.dense({ units: 8, W: Layer.tied('encoder.W', Tensor.transpose()) }))
Model.sites(Model.of(network)).map((s) => s.name)   // => ?`,
    mistake: on(ROWS, "Layer.dense({ units: 8, name: 'encoder' }), Layer.dense({ units: 3, W: Layer.tied('encoder.W') })")
  },
  withWeights: {
    signature: 'Layer.withWeights(weights)(network)',
    network: edited("Layer.withWeights({ 'dense_2.W': { shape: [16, 1], data: new Float32Array(16) } })"),
    example: gives('[null, 2]', "Layer.dense({ units: 1, b: null }), Layer.withWeights({ 'dense_1.W': { shape: [2, 1], data: Float32Array.of(1, -1) } })", '[[3, 1]]'),
    mistake: edited("Layer.withWeights({ 'dense_3.W': { shape: [1], data: Float32Array.of(1) } })")
  },
  moped: {
    signature: 'Layer.moped(weights, options)(network)',
    network: edited("Layer.moped({ 'dense_2.b': { shape: [1], data: Float32Array.of(2) } })"),
    says: '`Weights.fromSafetensors` and `Weights.fromTorch` read weights that were trained elsewhere.',
    example: counts("Layer.moped({ 'dense_2.b': { shape: [1], data: Float32Array.of(2) } }, { delta: 0.2 })"),
    mistake: edited("Layer.moped({ 'dense_2.b': { shape: [1], data: Float32Array.of(2) } }, { delta: 0 })")
  }
}

export const groups = [
  { title: 'Beginning and putting together', layers: putting },
  { title: 'What is Bayesian', layers: bayesian },
  { title: 'Fully connected and tables', layers: connected },
  { title: 'Convolutions', layers: convolutions },
  { title: 'Pooling and scaling', layers: pooling },
  { title: 'Element by element', layers: pointwise },
  { title: 'Normalisation', layers: normalisation },
  { title: 'Noise', layers: noise },
  { title: 'Joining', layers: joining },
  { title: 'Rearranging', layers: shapes },
  { title: 'Sequences', layers: sequences }
]
