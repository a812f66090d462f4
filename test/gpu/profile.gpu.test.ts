/** The device's clock: every dispatch is timed once a run, and timed steps compute what steps do. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { E } from '../../src/fp.ts'
import { orThrow } from '../../src/error.ts'
import { close, destroy, instantiate, open, read, runSteps, timeSteps, withDevice, write } from '../../src/gpu/index.ts'
import type { Device } from '../../src/gpu/index.ts'
import * as Profile from '../../src/infer/profile.ts'
import * as Likelihood from '../../src/model/likelihood.ts'
import * as Layer from '../../src/layer/index.ts'
import * as Model from '../../src/model/index.ts'
import * as Spec from '../../src/spec/index.ts'
import * as Tensor from '../../src/tensor/index.ts'
import { pipe } from '../../src/fp.ts'
import { chaos, dispatch, kernel, program, seeds, slot } from './programs.ts'

let device: Device

beforeAll(async () => {
  device = await orThrow(open({ timestamps: true }))
})
afterAll(() => close(device))

const inc = kernel('inc', ['write'], 'b1[i] = b1[i] + 1.0;')

describe('timing of steps', () => {
  it('gives every dispatch its place, inside loops and of empty grids too', async () => {
    const p = program([inc], [slot(0, 'state', 'a', 5), slot(1, 'output', 'b', 5)], [
      { ...dispatch(0, [0], 5), grid: [0, 1, 1] },
      { _tag: 'Loop', n: 0, body: [dispatch(0, [0], 5)] },
      { _tag: 'Loop', n: 3, body: [dispatch(0, [0], 5), { _tag: 'Loop', n: 2, body: [dispatch(0, [0], 5)] }] },
      { _tag: 'Copy', from: 0, to: 1 },
      dispatch(0, [0], 5)
    ])
    const i = await orThrow(instantiate(p)(device))
    const timed = await orThrow(timeSteps(2)(i))
    expect(timed.calls).toEqual([0, 0, 3, 6, 1])
    expect(timed.repeats.map((r) => r.length)).toEqual([5, 5])
    for (const r of timed.repeats) {
      expect(r.every((ms) => ms >= 0 && Number.isFinite(ms))).toBe(true)
      expect([r[0], r[1]]).toEqual([0, 0])
      expect(r[2] + r[3] + r[4]).toBeGreaterThan(0)
    }
    // Two steps of ten increments each, copied before the last.
    expect([...(await orThrow(read(['b'])(i)))['b']]).toEqual([19, 19, 19, 19, 19])
    destroy(i)
  })

  it('times more dispatches than one submit holds', async () => {
    const p = program([inc], [slot(0, 'state', 'a', 1)], [{ _tag: 'Loop', n: 1200, body: [dispatch(0, [0], 1)] }])
    const i = await orThrow(instantiate(p)(device))
    expect((await orThrow(timeSteps(1)(i))).calls).toEqual([1200])
    expect((await orThrow(read(['a'])(i)))['a'][0]).toBe(1200)
    destroy(i)
  })

  it('goes between ordinary steps without changing what they compute or record', async () => {
    const run = async (timed: boolean) => {
      const i = await orThrow(instantiate(chaos(64, 4))(device))
      write('x', seeds(64))(i)
      write('t', new Float32Array(1))(i)
      await orThrow(runSteps(3)(i))
      await (timed ? orThrow(timeSteps(2)(i)) : orThrow(runSteps(2)(i)))
      const { records } = await orThrow(runSteps(5)(i))
      const { x } = await orThrow(read(['x'])(i))
      destroy(i)
      return { records, x }
    }
    expect(await run(true)).toEqual(await run(false))
  })

  it('leaves nothing on the device', async () => {
    const before = { buffers: device.liveBuffers, bytes: device.liveBytes }
    const i = await orThrow(instantiate(chaos(8, 4))(device))
    await orThrow(timeSteps(1)(i))
    destroy(i)
    expect({ buffers: device.liveBuffers, bytes: device.liveBytes }).toEqual(before)
  })

  it('is a Left on a device without the clock, and the clock is there only when asked for', async () => {
    expect(device.features).toContain('timestamp-query')
    await orThrow(withDevice()((plain) => async () => {
      expect(plain.features).not.toContain('timestamp-query')
      const i = await orThrow(instantiate(chaos(8, 4))(plain))
      const r = await timeSteps(1)(i)()
      expect(E.isLeft(r) && r.left).toMatchObject({ _tag: 'MissingFeature', hint: expect.stringContaining('timestamps: true') })
      destroy(i)
      return E.right(undefined)
    }))
    const without = { requestAdapter: () => Promise.resolve({ features: new Set(), info: { description: 'an old card' }, limits: {} }) }
    const r = await open({ timestamps: true, provider: () => without })()
    expect(E.isLeft(r) && r.left).toMatchObject({ _tag: 'MissingFeature', got: expect.stringContaining('an old card') })
  })
})

const consistent = (p: Profile.Profile): void => {
  const near = (a: number, b: number): void => expect(Math.abs(a - b)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(b)))
  expect(p.rows.every((r) => r.milliseconds >= 0 && r.gflops >= 0 && r.gbytes >= 0)).toBe(true)
  for (const rows of [p.rows, Profile.byKernel(p)]) {
    near(rows.reduce((n, r) => n + r.milliseconds, 0), p.totals.milliseconds)
    near(rows.reduce((n, r) => n + r.share, 0), 1)
    near(rows.reduce((n, r) => n + r.flops, 0), p.totals.flops)
    expect(rows.reduce((n, r) => n + r.calls, 0)).toBe(p.totals.dispatches)
  }
}

describe('a profile', () => {
  it('of graphs has their dispatches', async () => {
    const x = Tensor.input('x', [null, 24])
    const p = await orThrow(Profile.graphs({ y: Tensor.matmul(Tensor.transpose()(x))(x), s: Tensor.sum()(x) }, { x: { shape: [40, 24], data: new Float32Array(960).fill(1) } }, { gpu: device, repeats: 2 }))
    consistent(p)
    expect(p).toMatchObject({ _tag: 'Profile', repeats: 2, target: { kind: device.target.kind, name: device.target.name } })
    expect(p.totals.flops).toBeGreaterThanOrEqual(2 * 40 * 40 * 24)
    expect(p.totals.heldBytes).toBeGreaterThanOrEqual(4 * 960)
    for (const r of Profile.byKernel(p)) expect(Profile.show(p)).toContain(r.kernel)
    expect(Profile.listing(p, { wgsl: true })).toContain('@compute')
  })

  it('of a training step is that of fit, and its errors are those of fit', async () => {
    const model = pipe(
      Layer.input([null, 6], { name: 'x' }), Layer.dense({ units: 5, activation: 'tanh' }), Layer.dense({ units: 3, activation: 'softmax' }),
      Layer.withDefaultSpec(Spec.normal()), Model.observe(Likelihood.categorical(), { name: 'y' }))
    const data = { x: { shape: [20, 6], data: Float32Array.from({ length: 120 }, (_, i) => Math.sin(i)) }, y: { shape: [20], data: Uint8Array.from({ length: 20 }, (_, i) => i % 3) } }
    const p = await orThrow(Profile.fit(model, { data, batchSize: 10 }, { repeats: 2 }))
    consistent(p)
    expect(p.totals.flops).toBeGreaterThan(2 * 3 * 10 * (6 * 5 + 5 * 3) / 2)
    expect(p.program.record).toContain('loss')
    const wrong = await Profile.fit(model, { data, batchSize: 21 })()
    expect(E.isLeft(wrong) && wrong.left).toMatchObject({ _tag: 'BadOption', path: ['fit', 'batchSize'] })
    const bad = await Profile.fit(model, { data }, { repeats: 0 })()
    expect(E.isLeft(bad) && bad.left).toMatchObject({ _tag: 'BadOption', path: ['profile', 'repeats'] })
  })
})
