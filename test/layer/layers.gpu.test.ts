/** Layers on the device, outputs and gradients while training and while predicting, against the f64 reference. */
import { expect, test } from 'vitest'
import { E, pipe } from '../../src/fp.ts'
import { orThrow } from '../../src/error.ts'
import * as Layer from '../../src/layer/index.ts'
import { interpret } from '../../src/reference/index.ts'
import { Likelihood, Model, Optimizer, fit, predict } from '../../src/index.ts'
import { openSession } from '../../src/run/open.ts'
import type { HostArray } from '../../src/run/session.ts'
import * as B from '../../src/tensor/build.ts'
import { grad } from '../../src/tensor/grad.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { dtypeOf, shapeOf } from '../../src/tensor/node.ts'
import { leafName } from '../../src/tensor/ops/leaves.ts'
import { bindExtents, leavesOf, replace } from '../../src/tensor/replace.ts'
import { networks } from './networks.ts'
import { array, elaborated } from './run.ts'

const whole = (t: Tensor): readonly number[] => shapeOf(t) as readonly number[]

interface Built {
  readonly outputs: Readonly<Record<string, Tensor>>
  readonly values: Readonly<Record<string, HostArray>>
}

/** Output, gradients and next states of a network on three rows, its leaves under names of their own. */
const built = (name: string, n: Layer.Network): Built => {
  const e = elaborated(n)
  const fixed = bindExtents({ batch: 3 })([e.prediction, ...Object.values(e.states).map((s) => s.next)])
  const own = leavesOf(fixed).filter((l) => l.op !== 'phase' && l.op !== 'key')
  const renamed = own.map((l) => B.leaf(l.op as 'input', `${name}.${leafName(l)}`, shapeOf(l), dtypeOf(l)))
  const [y, ...next] = replace(own.map((l, i): readonly [Tensor, Tensor] => [l, renamed[i]]))(fixed)
  const by = renamed.filter((l) => dtypeOf(l) === 'f32' && l.op !== 'state')
  const gradients = grad(by)(B.sum(B.mul(y, B.array(Float32Array.from(array(whole(y), 17).data), shapeOf(y)))))
  return {
    outputs: {
      [name]: y,
      ...Object.fromEntries(gradients.map((g, i) => [`${name} by ${leafName(by[i])}`, g])),
      ...Object.fromEntries(Object.keys(e.states).map((k, i) => [`${name} next ${k}`, next[i]]))
    },
    values: Object.fromEntries(renamed.map((l, i) => {
      const leaf = leafName(l) as string, { shape, data } = array(whole(l), i + 1)
      return [leaf, {
        shape,
        data: dtypeOf(l) === 'i32' ? Int32Array.from(data, (v) => Math.abs(Math.round(3 * v)))
          : Float32Array.from(data, (v) => (leaf.endsWith('mask') ? Number(v > -0.5) : leaf.endsWith('variance') ? 2 + v : v))
      }]
    }))
  }
}

test('outputs, gradients and next states of every layer', async () => {
  const all = Object.entries(networks).map(([name, n]) => built(name, n))
  const outputs: Readonly<Record<string, Tensor>> = Object.assign({}, ...all.map((b) => b.outputs))
  const values: Record<string, HostArray> = Object.assign({ noise: { shape: [2], data: Uint32Array.of(5, 9) }, phase: { shape: [], data: Float32Array.of(1) } }, ...all.map((b) => b.values))
  const names = Object.keys(outputs)
  const session = await orThrow(openSession({ outputs, updates: {}, record: {}, extents: {} }, values))
  try {
    for (const phase of [1, 0]) {
      values.phase = { shape: [], data: Float32Array.of(phase) }
      await orThrow(session.write('phase', values.phase))
      await orThrow(session.run(1))
      const got = await orThrow(session.read(names))
            const want = interpret(values)(names.map((n) => outputs[n]))
            if (E.isLeft(want)) throw new Error(JSON.stringify(want.left))
      want.right.forEach((w, i) => {
        expect(got[names[i]].shape, names[i]).toEqual(w.shape)
        const scale = Math.max(1, ...w.data.map(Math.abs))
        const worst = w.data.reduce((m, v, k) => Math.max(m, Math.abs(v - got[names[i]].data[k])), 0)
        // Sums of at most a hundred products of order one in single precision, divided by deviations of order one.
        expect(worst / scale, `${names[i]} in phase ${phase}`).toBeLessThan(2e-5)
      })
    }
  } finally {
    session.destroy()
  }
})

test('a network with batchNorm and dropout fits, and predicts (on the host) by its running statistics', async () => {
  // Two features of means 5 and -3 and deviation 2; the class is which of the two is further up.
  const rows = 256, noise = array([rows, 2], 4, 2 * Math.SQRT2).data, mean = [5, -3]
  const x = { shape: [rows, 2], data: Float32Array.from(noise, (v, i) => v + mean[i % 2]) }
  const y = Int32Array.from({ length: rows }, (_, i) => Number(noise[2 * i] > noise[2 * i + 1]))
  const model = pipe(
    Layer.input([null, 2], { name: 'x' }), Layer.batchNorm({ gamma: null, beta: null }), Layer.dropout({ p: 0.2 }), Layer.dense({ units: 2, activation: 'softmax' }),
    Model.observe(Likelihood.categorical(), { name: 'y' }))
  const approx = await orThrow(fit(model, { data: { x, y }, steps: 300, batchSize: 64, seed: 1, optimizer: Optimizer.adam({ learningRate: 0.02 }) }))
  const loss = (from: number, to: number): number => approx.history.loss.slice(from, to).reduce((a, b) => a + b, 0) / (to - from)
  expect(loss(250, 300)).toBeLessThan(0.8 * loss(0, 20))
  const states = approx.data.states
  // A mean over the last twenty batches or so of 64 rows: a fifteenth of the deviation at most, six times over.
  mean.forEach((m, i) => expect(Math.abs(states['batchNorm_1.mean'].data[i] - m)).toBeLessThan(0.4))
  const variance = [0, 1].map((k) => noise.filter((_, i) => i % 2 === k).reduce((s, v) => s + v * v, 0) / rows)
  variance.forEach((v, i) => expect(Math.abs(states['batchNorm_1.variance'].data[i] / v - 1)).toBeLessThan(0.2))
  // Chance is a half; dropout of one of two features and running means leave some rows near the boundary on the wrong side.
  const { meanMode } = await orThrow(predict(approx, { x }, { samples: 8, gpu: 'reference' }))
  expect(meanMode.data.filter((k, i) => k !== y[i]).length / rows).toBeLessThan(0.2)
})
