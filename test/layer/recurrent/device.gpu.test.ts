/** Recurrent layers on the device: outputs and gradients of several kinds in one program, beside the f64 interpreter. */
import { expect, test } from 'vitest'
import { orThrow } from '../../../src/error.ts'
import * as Layer from '../../../src/layer/index.ts'
import { openSession } from '../../../src/run/open.ts'
import type { HostArray } from '../../../src/run/session.ts'
import * as B from '../../../src/tensor/build.ts'
import type { Tensor } from '../../../src/tensor/node.ts'
import * as T from '../../../src/tensor/index.ts'
import { array, elaborated, sitesAt } from '../run.ts'

const [N, TIME] = [3, 5]
const x = Layer.input([null, TIME, 4], { name: 'x' }), mask = Layer.input([null, TIME], { name: 'mask' })
const networks = {
  lstm: Layer.lstm({ units: 5, mask, backwards: true })(x),
  gru: Layer.gru({ units: 5, gradientClipping: 0.05, onlyReturnFinal: true })(x),
  custom: Layer.customRecurrent({ inputToHidden: Layer.dense({ units: 5 }), hiddenToHidden: Layer.dense({ units: 5, activation: 'tanh' }), activation: 'linear', onlyReturnFinal: true })(x)
}

const f32 = (a: { readonly shape: readonly number[]; readonly data: ArrayLike<number> }): HostArray => ({ shape: a.shape, data: Float32Array.from(a.data) })

test('values and gradients are those of the interpreter', async () => {
  const values: Record<string, HostArray> = {
    x: f32(array([N, TIME, 4], 1)), mask: { shape: [N, TIME], data: Float32Array.of(1, 1, 1, 0, 0, 1, 0, 1, 1, 1, 0, 0, 0, 0, 1) }
  }
  const outputs: Record<string, Tensor> = {}
  for (const [name, network] of Object.entries(networks)) {
    const e = elaborated(network), sites = e.sites.map((s) => s.leaf)
    for (const [k, v] of Object.entries(sitesAt(network))) values[k] = f32(v)
    outputs[name] = e.prediction
    T.grad(sites)(B.mean(B.sin(e.prediction))).forEach((g, k) => { outputs[`${name} by ${String(sites[k].attrs['name'])}`] = g })
  }
  const fn = { outputs, updates: {}, record: {}, extents: { batch: N } }, names = Object.keys(outputs)
  const read = async (where: object): Promise<Readonly<Record<string, HostArray>>> => {
    const s = await orThrow(openSession(fn, values, where))
    await orThrow(s.run(1))
    const r = await orThrow(s.read(names))
    s.destroy()
    return r
  }
  const [got, want] = [await read({}), await read({ gpu: 'reference' })]
  // 5 steps there and 5 back of numbers of order 1, some 100 roundings each.
  for (const n of names) {
    expect(got[n].shape).toEqual(want[n].shape)
    want[n].data.forEach((v, i) => expect(Math.abs(v - got[n].data[i]), `${n} ${i}: ${got[n].data[i]}, wanted ${v}`).toBeLessThan(1000 * 2 ** -24))
  }
})
