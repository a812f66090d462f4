/**
 * Spatial layers on the device: outputs and gradients of a shape or two of each against
 * the f64 reference, all in one program a group; also over several draws of the weights.
 *
 * Sums of at most a few hundred products of numbers of order one, in f32 and in any
 * order, and affine maps to coordinates of some tens: 1e-4 of the largest value.
 */
import { describe, expect, test } from 'vitest'
import { orThrow } from '../../../src/error.ts'
import * as Layer from '../../../src/layer/index.ts'
import { openSession } from '../../../src/run/open.ts'
import * as B from '../../../src/tensor/build.ts'
import { batch, grad } from '../../../src/tensor/index.ts'
import type { Tensor } from '../../../src/tensor/index.ts'
import { shapeOf } from '../../../src/tensor/node.ts'
import { leafName } from '../../../src/tensor/ops/leaves.ts'
import { bindExtents, leavesOf, replace } from '../../../src/tensor/replace.ts'
import { array, distinct, evaluate } from './tools.ts'
import type { HostArray } from './tools.ts'

const ROWS = 3

interface Case {
  readonly name: string
  readonly layer: (n: Layer.Network) => Layer.Network
  readonly shape: readonly number[]
}

/** Outputs and gradients of a case, and values of its leaves, which have names of their own. */
const graphs = ({ name, layer, shape }: Case): { readonly outputs: Readonly<Record<string, Tensor>>; readonly values: Readonly<Record<string, HostArray>> } => {
  const e = Layer.elaborate(layer(Layer.input([null, ...shape], { name: 'x' })))
  const [open] = bindExtents({ batch: ROWS })([e.prediction])
  const [y] = replace(leavesOf([open]).map((l) => [l, B.leaf(l.op as 'input', `${name}.${leafName(l)}`, shapeOf(l))] as const))([open])
  const leaves = leavesOf([y]), ct = B.leaf('input', `${name}.ct`, shapeOf(y))
  const slopes = grad(leaves)(B.sum(B.mul(y, ct)))
  const values = Object.fromEntries([...leaves, ct].map((l, i) => [leafName(l) as string, (leafName(l) as string).endsWith('.x') ? distinct(shapeOf(l) as readonly number[], i) : array(shapeOf(l) as readonly number[], i)]))
  return { outputs: { [name]: y, ...Object.fromEntries(leaves.map((l, i) => [`d ${leafName(l)}`, slopes[i]])) }, values }
}

const compare = async (outputs: Readonly<Record<string, Tensor>>, given: Readonly<Record<string, HostArray>>): Promise<void> => {
  // Both sides start from the same f32 numbers.
  const values = Object.fromEntries(Object.entries(given).map(([k, v]) => [k, { shape: v.shape, data: Float32Array.from(v.data) }]))
  const names = Object.keys(outputs)
  const session = await orThrow(openSession({ outputs, updates: {}, record: {}, extents: {} }, values))
  await orThrow(session.run(1))
  const got = await orThrow(session.read(names))
  session.destroy()
  evaluate(values, names.map((k) => outputs[k])).forEach((want, i) => {
    expect(got[names[i]].shape, names[i]).toEqual(want.shape)
    const scale = Math.max(1, ...want.data.map(Math.abs))
    expect(want.data.reduce((w, v, j) => Math.max(w, Math.abs(v - got[names[i]].data[j])), 0) / scale, names[i]).toBeLessThan(1e-4)
  })
}

const together = (cases: readonly Case[]): Promise<void> => {
  const all = cases.map(graphs)
  return compare(Object.assign({}, ...all.map((g) => g.outputs)) as Readonly<Record<string, Tensor>>, Object.assign({}, ...all.map((g) => g.values)) as Readonly<Record<string, HostArray>>)
}

describe('on the device', () => {
  test('convolutions', () => together([
    { name: 'conv1d', layer: Layer.conv1d({ filters: 4, size: 5, stride: 2, padding: 'same', groups: 2, activation: 'tanh' }), shape: [4, 17] },
    { name: 'conv2d', layer: Layer.conv2d({ filters: 6, size: [3, 2], stride: [2, 1], padding: [[1, 0], [0, 2]], dilation: [1, 2], flipFilters: true, untieBiases: true }), shape: [2, 9, 8] },
    { name: 'conv3d', layer: Layer.conv3d({ filters: 4, size: [2, 3, 3], stride: [2, 2, 1], padding: [1, 0, 1], groups: 2 }), shape: [2, 6, 9, 8] },
    { name: 'separable', layer: Layer.separableConv2d({ filters: 6, size: 3, padding: 'same', multiplier: 2 }), shape: [4, 7, 8] }
  ]))

  test('transposed and local', () => together([
    { name: 'up2d', layer: Layer.transposedConv2d({ filters: 3, size: 3, stride: 2, crop: 1, outputSize: [12, 10] }), shape: [4, 6, 5] },
    { name: 'up3d', layer: Layer.transposedConv3d({ filters: 2, size: 2, stride: [2, 1, 2] }), shape: [3, 3, 4, 3] },
    { name: 'local', layer: Layer.locallyConnected2d({ filters: 3, size: 3, padding: 'same' }), shape: [2, 6, 5] },
    { name: 'channelwise', layer: Layer.locallyConnected2d({ filters: 4, size: [2, 3], stride: 2, channelwise: true }), shape: [4, 6, 7] }
  ]))

  test('pools', () => together([
    { name: 'max2d', layer: Layer.maxPool2d({ size: [3, 2], ignoreBorder: false }), shape: [2, 8, 7] },
    { name: 'max3d', layer: Layer.maxPool3d({ size: 2, padding: [1, 0, 1] }), shape: [2, 5, 6, 5] },
    { name: 'avg2d', layer: Layer.avgPool2d({ size: 3, stride: 2, padding: 1, countPadding: false }), shape: [2, 7, 8] },
    { name: 'avg3d', layer: Layer.avgPool3d({ size: [2, 3, 2], stride: 2, padding: [1, 1, 0] }), shape: [2, 4, 6, 5] },
    { name: 'global', layer: Layer.globalPool({ mode: 'max' }), shape: [3, 5, 6] },
    { name: 'adaptive', layer: Layer.adaptivePool({ size: [3, null], mode: 'max' }), shape: [2, 7, 6] }
  ]))

  test('upscaling and affine maps', () => together([
    { name: 'repeat', layer: Layer.upscale2d({ scale: [2, 3] }), shape: [2, 5, 4] },
    { name: 'dilate', layer: Layer.upscale2d({ scale: [1, 2], mode: 'dilate' }), shape: [2, 3, 4] },
    { name: 'linear', layer: Layer.upscale1d({ scale: 3, mode: 'linear' }), shape: [2, 7] },
    { name: 'mirror', layer: Layer.spatialTransformer({ border: 'mirror', localization: Layer.dense({ units: 6, name: 'maps' }), downsampleFactor: 2 }), shape: [2, 6, 7] }
  ]))

  test('over draws of the weights, as an approximation takes them', async () => {
    const one = graphs({ name: 'conv3d', layer: Layer.conv3d({ filters: 3, size: 2 }), shape: [2, 4, 5, 5] }), names = Object.keys(one.outputs)
    const many = leavesOf(Object.values(one.outputs)).filter((l) => l.op === 'site').map((l) => [l, B.leaf('site', `${leafName(l)}.draws`, [2, ...shapeOf(l)])] as const)
    const outputs = batch(2, many)(Object.values(one.outputs)), draws = many.map(([, t]) => [leafName(t) as string, array(shapeOf(t) as readonly number[], 4)] as const)
    const data = Object.entries(one.values).filter(([k]) => many.every(([l]) => leafName(l) !== k))
    await compare(Object.fromEntries(outputs.map((t, i) => [names[i], t])), Object.fromEntries([...data, ...draws]))
  })
})
