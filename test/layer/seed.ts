/** The network of the contract, for tests. */
import { pipe } from '../../src/fp.ts'
import * as Layer from '../../src/layer/index.ts'
import * as Spec from '../../src/spec/index.ts'

export const seedNetwork = (): Layer.Network => {
  const hyper = pipe(Spec.logNormal({ sd: 10 }), Spec.withShape([]))
  return pipe(
    Layer.input([null, 1, 28, 28], { name: 'x', scale: 1 / 255 }),
    Layer.conv2d({ filters: 32, size: [5, 5], activation: 'tanh' }),
    Layer.maxPool2d({ size: [2, 2] }),
    Layer.conv2d({ filters: 32, size: [5, 5], activation: 'tanh' }),
    Layer.maxPool2d({ size: [2, 2] }),
    Layer.dense({ units: 176, activation: 'tanh' }),
    Layer.dense({ units: 64, activation: 'tanh' }),
    Layer.dense({ units: 10, activation: 'softmax' }),
    Layer.withDefaultSpec(Spec.normal({ sd: hyper }))
  )
}
