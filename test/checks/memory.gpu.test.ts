/** Memory doesn't grow: not over steps, not over fits, on the host or on the device. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Gpu, Layer, Likelihood, Model, Spec, elbo, evaluate, fit, orThrow, pipe, predict } from '../../src/index.ts'
import type { Approximation } from '../../src/index.ts'
import { resident, right } from './tools.ts'

// Four megabytes of data: whatever is forgotten once a fit shows twenty times.
const ROWS = 5000, WIDTH = 200
/** Less than 5,000 steps that leak 5 kB each. */
const LEAK = 24e6
const data = {
  x: { shape: [ROWS, WIDTH], data: Float32Array.from({ length: ROWS * WIDTH }, (_, i) => Math.sin(0.37 * i)) },
  y: Float32Array.from({ length: ROWS }, (_, i) => Math.cos(i))
}
const model = pipe(
  Layer.input([null, WIDTH], { name: 'x' }),
  Layer.dense({ units: 1 }),
  Layer.withDefaultSpec(Spec.normal()),
  Model.observe(Likelihood.normal({ sd: 0.5 }), { name: 'y' })
)

let gpu: Gpu.Device
beforeAll(async () => { gpu = await orThrow(Gpu.open()) })
afterAll(() => Gpu.close(gpu))

const run = async (steps: number, seed = 0): Promise<Approximation.Approximation> => right(await fit(model, { data, gpu, steps, batchSize: 16, seed })())

test('20 fits leave the device and the process as the first one did', async () => {
  const before = [gpu.liveBuffers, gpu.liveBytes]
  expect(before).toEqual([0, 0])
  await run(30)
  expect([gpu.liveBuffers, gpu.liveBytes]).toEqual(before)
  const first = await resident()
  for (let i = 0; i < 20; i++) {
    await run(30, i)
    expect([gpu.liveBuffers, gpu.liveBytes]).toEqual(before)
  }
  // 20 forgotten fits would hold 80 MB; half of that is left to the heaps' own habits.
  expect((await resident()) - first).toBeLessThan(40e6)
})

test('5,000 steps more hold what the first did, and no more buffers than 500', async () => {
  let peak = 0
  const watched = async (steps: number): Promise<void> => {
    const approx = right(await fit(model, { data, gpu, steps, batchSize: 16, onEvent: (e) => { if (e._tag === 'Progress') peak = Math.max(peak, gpu.liveBytes) } })())
    expect(approx.history.loss.length).toBe(steps)
  }
  await watched(500)
  const most = peak
  expect(most).toBeGreaterThan(4 * ROWS * WIDTH)
  peak = 0
  await watched(5000)
  // The heaps of the driver and of JavaScript still grow to what three submissions in flight need; a leak shows in every round.
  let before = await resident(), least = Infinity
  for (let round = 0; round < 4 && least >= LEAK; round++) {
    await watched(5000)
    const after = await resident()
    least = Math.min(least, after - before)
    before = after
  }
  // Staging buffers for records come in powers of two and wait for the next read: at most a megabyte of them.
  expect(peak).toBeLessThan(most + 2 ** 20)
  expect([gpu.liveBuffers, gpu.liveBytes]).toEqual([0, 0])
  // Three records of four bytes a step are a result; a leak of 5 kB a step would show.
  expect(least).toBeLessThan(LEAK)
})

test('predictions, bounds and evaluations hold nothing, whether they go well or not', async () => {
  const approx = await run(5)
  const x = { shape: [100, WIDTH], data: data.x.data.slice(0, 100 * WIDTH) }
  for (let i = 0; i < 3; i++) {
    right(await predict(approx, { x }, { gpu, samples: 2 })())
    right(await elbo(approx, { x, y: data.y.slice(0, 100) }, { gpu, samples: 2 })())
    right(await approx.sample({ size: 3, gpu })())
    right(await evaluate([approx.sampleNode(model.prediction, { size: 2 })], { x }, { gpu })())
    expect((await evaluate([approx.sampleNode(model.prediction)], {}, { gpu, extents: { batch: 3 } })())._tag).toBe('Left')
    expect((await fit(model, { data, gpu, steps: 40, batchSize: 16, start: { 'dense_1.W': { sd: 1e30 } } })())._tag).toBe('Left')
  }
  const stop = new AbortController()
  expect((await fit(model, { data, gpu, steps: 1e6, signal: stop.signal, onEvent: () => stop.abort() })())._tag).toBe('Left')
  expect([gpu.liveBuffers, gpu.liveBytes]).toEqual([0, 0])
})
