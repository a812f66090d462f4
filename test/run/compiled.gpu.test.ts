/** Compiled functions on a device that goes away. */
import { expect, test } from 'vitest'
import { Dist, Gpu, Model, Spec, Tensor, compile, evaluate, orThrow } from '../../src/index.ts'
import { sessionOf } from '../../src/gpu/session.ts'
import { device, left } from '../checks/tools.ts'

const x = Tensor.input('x', [null]), s = Tensor.input('s', [])

test('after a loss of the shared device a call gives what evaluate gives, with the fixed values', async () => {
  const y = Tensor.mul(s)(x), f = compile({ y }, { s: 2 })
  const coin = Model.joint({ p: Spec.uniform() }, ({ p }) => ({ y: Dist.bernoulli({ probs: Tensor.broadcastTo([4])(p) }) }))
  const density = Model.densityFunction(coin, { data: { y: [1, 1, 0, 1] } })
  const before = await orThrow(density({ p: 0.5 }))
  expect([...(await orThrow(f({ x: [1, 2], s: 5 }))).y.data]).toEqual([5, 10])
  const gone = sessionOf(await device())
  gone.device.destroy()
  await gone.device.lost
  const [want] = await orThrow(evaluate([y], { x: [1, 2], s: 2 }))
  expect((await orThrow(f({ x: [1, 2] }))).y).toEqual(want)
  expect((await orThrow(f({ x: [3, 4] }))).y.data).toEqual(Float32Array.of(6, 8))
  expect(await orThrow(density({ p: 0.5 }))).toEqual(before)
})

test('on a device of its own that is closed a call is refused, as evaluate is', async () => {
  const gpu = await orThrow(Gpu.open({ dawn: ['backend=null'] })), f = compile({ y: Tensor.mul(2)(x) }, {}, { gpu })
  await orThrow(f({ x: [1] }))
  Gpu.close(gpu)
  for (let i = 0; i < 2; i++) expect(left(await f({ x: [1] })())._tag).toBe('DeviceLost')
  expect(left(await evaluate([Tensor.mul(2)(x)], { x: [1] }, { gpu })())._tag).toBe('DeviceLost')
})
