/** A small network for each layer of features, shapes, statistics, noise and attention. */
import { pipe } from '../../src/fp.ts'
import * as Layer from '../../src/layer/index.ts'

const input = (row: readonly number[], name = 'x', dtype: 'f32' | 'i32' = 'f32'): Layer.Network => Layer.input([null, ...row], { name, dtype })
const row = input([6]), places = input([4, 5]), words = input([3], 'x', 'i32')
const code = Layer.dense({ units: 3, b: null })(row)

/** A small network for each layer, by name. */
export const networks: Readonly<Record<string, Layer.Network>> = {
  nin: Layer.nin({ units: 3, activation: 'geluExact', untieBiases: true })(places),
  embedding: Layer.embedding({ inputs: 5, units: 4 })(words),
  rearranged: pipe(places, Layer.transpose({ axes: [0, 2, 'x', 1] }), Layer.pad({ width: [[1, 0], 2], value: 0.5 }), Layer.slice({ indices: { start: 1, step: 2 }, axis: 1 }), Layer.slice({ indices: -3 })),
  featurePool: pipe(row, Layer.featurePool({ size: 3 })),
  featureWta: pipe(row, Layer.featureWta({ size: 2 })),
  merged: Layer.merge({ with: 'product' })([Layer.add({ coefficients: [1, -2], cropping: [null, 'center'] })([Layer.pad({ width: 1, batchAxes: 1 })(row), row]), row]),
  concat: Layer.concat({ cropping: [null, null, 'upper'] })([places, Layer.slice({ indices: { stop: 3 } })(places)]),
  affine: pipe(places, Layer.bias(), Layer.scale({ sharedAxes: [0] }), Layer.prelu(), Layer.standardize({ offset: 0.1, scale: 2 })),
  inverse: pipe(code, Layer.activation('tanh'), Layer.inverse(code)),
  batchNorm: Layer.batchNorm()(places),
  layerNorm: Layer.layerNorm()(places),
  groupNorm: Layer.groupNorm({ groups: 2 })(places),
  instanceNorm: Layer.instanceNorm({ gamma: null, beta: null })(places),
  localResponseNorm: Layer.localResponseNorm({ alpha: 0.3, n: 3 })(places),
  noise: pipe(places, Layer.dropout({ p: 0.4 }), Layer.gaussianNoise(), Layer.rrelu()),
  spatialDropout: Layer.spatialDropout()(places),
  attention: Layer.multiHeadAttention({ heads: 2, keyDim: 3, causal: true, mask: input([4], 'mask') })(Layer.positionalEmbedding()(places)),
  learntPlaces: Layer.positionalEmbedding({ kind: 'learnt' })(places)
}
