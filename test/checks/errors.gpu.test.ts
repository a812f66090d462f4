/** What goes wrong on the device is an error value too, and what was learnt is not lost. */
import { expect, test } from 'vitest'
import * as gelato from '../../src/index.ts'
import { Gpu, TE, Tensor, elbo, evaluate, fit, predict } from '../../src/index.ts'
import type { Aborted, FitEvent } from '../../src/index.ts'
import { sessionOf } from '../../src/gpu/session.ts'
import { images, net, plan } from './net.mjs'
import { bits, device, left, right } from './tools.ts'

const model = net(gelato)
const data = images(42)
const o = { data, ...plan(gelato) }

test('no adapter of a name, or none at all', async () => {
  const named = left(await Gpu.open({ adapter: 'nonsuch' })())
  expect(named).toMatchObject({ _tag: 'NoAdapter', path: ['gpu'] })
  expect(named.got).toContain("'nonsuch'")
  expect(named.hint).toContain('mesa-vulkan-drivers')
  const none = await Gpu.withDevice({ provider: () => ({ requestAdapter: () => Promise.resolve(null) }) })(() => TE.right(1))()
  expect(left(none)).toMatchObject({ _tag: 'NoAdapter', got: 'no adapter' })
  expect(left(await Gpu.open({ adaptor: 'x' } as object)())).toMatchObject({ _tag: 'UnknownOption', hint: "did you mean 'adapter'?" })
})

test('a device that is lost in mid-fit, then one that was closed', async () => {
  const gpu = right(await Gpu.open()())
  const lost = left(await fit(model, {
    ...o, gpu, steps: 1e6,
    // The driver takes the device away: the library is told by the device alone.
    onEvent: (e: FitEvent) => { if (e._tag === 'Progress') sessionOf(gpu).device.destroy() }
  })())
  expect(lost).toMatchObject({ _tag: 'DeviceLost', path: ['gpu'] })
  expect(lost.hint).toContain('open another device')
  expect(Gpu.isOpen(gpu)).toBe(false)
  const approx = right(await fit(model, { ...o, steps: 0 })())
  for (const r of [
    await fit(model, { ...o, gpu, steps: 1 })(), await predict(approx, { x: data.x }, { gpu })(), await elbo(approx, data, { gpu })(),
    await approx.sample({ gpu })(), await evaluate([Tensor.ones([2])], {}, { gpu })()
  ]) expect(left<gelato.GelatoError>(r)._tag).toBe('DeviceLost')
  // The shared device is another one.
  expect(right(await fit(model, { ...o, steps: 2 })()).data.step).toBe(2)
})

test('the shared device, lost in mid-fit, is opened anew', async () => {
  const before = await device()
  expect(left(await fit(model, { ...o, steps: 1e6, onEvent: (e) => { if (e._tag === 'Progress') sessionOf(before).device.destroy() } })())._tag).toBe('DeviceLost')
  expect(right(await fit(model, { ...o, steps: 2 })()).data.step).toBe(2)
  expect(await device()).not.toBe(before)
})

test('a fit that is cancelled gives what was learnt; going on from it is the uninterrupted fit', async () => {
  const gpu = await device()
  const stop = new AbortController()
  const aborted = left(await fit(model, { ...o, steps: 1e6, stepsPerSubmit: 5, signal: stop.signal, onEvent: (e) => { if (e._tag === 'Progress') stop.abort() } })()) as Aborted
  expect(aborted).toMatchObject({ _tag: 'Aborted', path: ['fit'] })
  expect(aborted.hint).toContain('error.partial')
  const { partial } = aborted
  const done = partial.data.step
  expect(done).toBeGreaterThan(0)
  expect(partial.history.loss.length).toBe(done)
  expect(gpu.liveBuffers).toBe(0)
  expect(right(await predict(partial, { x: data.x }, { samples: 2 })()).predictiveMean.shape).toEqual([42, 3])
  const on = right(await fit(model, { data, from: partial, steps: 10 })())
  const whole = right(await fit(model, { ...o, steps: done + 10 })())
  expect(bits(on.data.state)).toBe(bits(whole.data.state))
  expect(on.history).toEqual(whole.history)
})

test('a signal that was fired before is heeded everywhere', async () => {
  const signal = AbortSignal.abort()
  const e = left(await fit(model, { ...o, steps: 50, signal })()) as Aborted
  expect([e._tag, e.partial.data.step]).toEqual(['Aborted', 0])
  const approx = right(await fit(model, { ...o, steps: 0 })())
  expect(left(await predict(approx, { x: data.x }, { signal })())._tag).toBe('Aborted')
  expect(left(await elbo(approx, data, { signal })())._tag).toBe('Aborted')
  expect((await device()).liveBuffers).toBe(0)
})

test('an observer that throws, and a gradient that is not finite', async () => {
  expect(left(await fit(model, { ...o, steps: 1e6, onEvent: (e) => { if (e._tag === 'Progress') throw new Error('mine') } })())).toMatchObject({ _tag: 'ObserverFailed', got: 'Error: mine' })
  const bad = left(await fit(model, { ...o, steps: 100, start: { 'dense_1.W.sd': { mean: 1e-30 } } })())
  expect(bad).toMatchObject({ _tag: 'Diverged', path: ['fit', 'dense_1.W.sd'] })
  expect(bad.hint).toContain('learning rate')
  expect((await device()).liveBuffers).toBe(0)
})

test('a buffer that is too large names what it is and what to do', async () => {
  const gpu = await device()
  const n = Math.floor(gpu.target.maxBindingBytes / 4) + 4096
  const e = left(await evaluate([Tensor.cast('f32')(Tensor.arange(n))])())
  expect(['LimitExceeded', 'OutOfMemory']).toContain(e._tag)
  expect(e.got).toContain(`[${n}]`)
  expect(gpu.liveBuffers).toBe(0)
})
