/** Models with point estimates and states, and a line's data. */
import { E, pipe } from '../../src/fp.ts'
import * as Layer from '../../src/layer/index.ts'
import * as Likelihood from '../../src/model/likelihood.ts'
import * as Model from '../../src/model/index.ts'
import * as Spec from '../../src/spec/index.ts'
import * as B from '../../src/tensor/build.ts'
import * as Tensor from '../../src/tensor/index.ts'

/** Points about a line, and as data about their mean. */
export const xs = [3, 4, 5, 6, 7.5], ys = [1.1, 2.1, 3.2, 4.1, 5.4]
export const line = { x: xs.map((x) => [x - 5.1]), y: ys }

/** x less its mean: of the batch while training, the carried one while predicting. */
const center = Layer.unaryOr<{ readonly rate: number }, { readonly rate?: number; readonly name?: string }>({
  kind: 'center',
  options: { rate: (x) => E.right((x ?? 0.5) as number) },
  rule: (o) => ([x], at) => {
    const n = Tensor.shape(x)[1] as number
    return E.right({
      params: {},
      states: { mean: { shape: [n], initial: 0 } },
      apply: ({ states: { mean } }) => {
        const now = B.mean(x, [0])
        return {
          output: B.sub(x, B.select(B.gt(at.phase, 0), now, mean)),
          next: { mean: B.add(B.mul(mean, 1 - o.rate), B.mul(now, o.rate)) }
        }
      }
    })
  }
})

/** A layer whose output is centred by running means, below a layer of point estimates. */
export const normalised = (W: Spec.SpecArg): Model.Model => pipe(
  Layer.input([null, 1], { name: 'x' }), Layer.dense({ units: 2, W, b: Spec.learn(0), name: 'a' }), center({ name: 'c' }), Layer.dense({ units: 1, W: Spec.learn(), b: Spec.learn(), name: 'd' }),
  Model.observe(Likelihood.normal({ sd: 0.5 }), { name: 'y' }))

/** Latent weights about a learnt mean, point estimates, states. */
export const mixed = normalised(Spec.normal({ mu: Spec.learn(0.5) }))
