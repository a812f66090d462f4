/** Chunks that fit a budget on a device, and programs compiled once a structure. Choosing chunks needs no execution: Dawn's null backend where values don't matter. */
import { expect, test } from 'vitest'
import { Gpu, Layer, Likelihood, Model, Optimizer, Spec, elbo, fit, orThrow, pipe, predict } from '../../src/index.ts'
import type { FitOptions } from '../../src/index.ts'
import type { Plan } from '../../src/compile/plan.ts'
import type { Program } from '../../src/compile/program.ts'
import { E } from '../../src/fp.ts'
import { programOf } from '../../src/gpu/index.ts'
import { sessionOf } from '../../src/gpu/session.ts'
import { device, left, right } from '../checks/tools.ts'

const model = pipe(
  Layer.input([null, 12], { name: 'x' }), Layer.dense({ units: 40, activation: 'tanh' }), Layer.dense({ units: 3, activation: 'softmax' }),
  Layer.withDefaultSpec(Spec.normal()), Model.observe(Likelihood.categorical(), { name: 'y' }))
const rows = 900
const x = { shape: [rows, 12], data: Float32Array.from({ length: rows * 12 }, (_, i) => Math.sin(0.7 * i)) }
const data = { x, y: Array.from({ length: rows }, (_, i) => i % 3) }
const options: FitOptions = { data, steps: 4, batchSize: rows, samples: 2, seed: 1 }

/** The plan of a fit on a device whose numbers mean nothing. */
const planned = async (o: Partial<FitOptions>): Promise<Plan | undefined> => {
  let plan: Plan | undefined
  await fit(model, { ...options, steps: 0, ...o, onEvent: (e) => { if (e._tag === 'Compiled') plan = e.plan } })()
  return plan
}

test('a step in parts that fit: less memory, the same learning', async () => {
  const gpu = await device()
  let peak = 0
  const learnt = async (o: Partial<FitOptions>) => {
    peak = 0
    return right(await fit(model, { ...options, ...o, gpu, onEvent: () => { peak = Math.max(peak, gpu.liveBytes) } })())
  }
  const whole = await learnt({}), all = peak
  const memory = Math.floor(all / 3), parts = await learnt({ memory })
  // Beside the step: rings of records and what reads are staged in, in powers of two.
  expect(peak).toBeLessThan(memory + 2 ** 16)
  expect(whole.data.provenance.plan.chunk).toEqual({ rows, draws: 2 })
  expect(parts.data.provenance.plan.chunk?.draws).toBe(1)
  expect(parts.data.provenance.plan.chunk?.rows).toBeLessThan(rows)
  // Sums of 900 rows in another order, Adam's steps of 1e-3 from them.
  whole.history.loss.forEach((v, i) => expect(Math.abs(v / parts.history.loss[i] - 1)).toBeLessThan(1e-5))
  whole.data.state['mu'].data.forEach((v, i) => expect(Math.abs(v - parts.data.state['mu'].data[i])).toBeLessThan(2e-5))

  const a = right(await predict(whole, { x }, { samples: 7, gpu, quantiles: [0.5] })()), b = right(await predict(whole, { x }, { samples: 7, gpu, memory, quantiles: [0.5] })())
  expect(b.plan.chunk?.rows).toBeLessThanOrEqual(a.plan.chunk?.rows as number)
  a.predictiveMean.data.forEach((v, i) => expect(Math.abs(v - b.predictiveMean.data[i])).toBeLessThan(1e-6))
  a.variance.data.forEach((v, i) => expect(Math.abs(v - b.variance.data[i])).toBeLessThan(1e-6))
  a.quantiles.values.data.forEach((v, i) => expect(Math.abs(v - b.quantiles.values.data[i])).toBeLessThan(1e-6))
})

test('a budget below the smallest chunk is refused with what it would take', async () => {
  const gpu = await orThrow(Gpu.open({ dawn: ['backend=null'] }))
  const e = left(await fit(model, { ...options, gpu, memory: 1000 })())
  expect(e).toMatchObject({ _tag: 'LimitExceeded', path: ['memory'], need: 'at most 1000 bytes' })
  const enough = Number(/memory: (\d+)/.exec(e.hint)?.[1])
  expect((await planned({ gpu, memory: enough }))?.chunk).toEqual({ rows: 1, draws: 1 })
  expect(sessionOf(gpu).account.bytes).toBe(0)
  Gpu.close(gpu)
})

test('programs are compiled once a structure, whatever the data, seeds and learning rates', async () => {
  const gpu = await orThrow(Gpu.open({ dawn: ['backend=null'] }))
  const { programs, pipelines } = sessionOf(gpu)
  const counts = (): readonly number[] => [programs.size, pipelines.size]
  const approx = right(await fit(model, { ...options, steps: 0, batchSize: 10, gpu: 'reference' })())
  await planned({ gpu })
  right(await predict(approx, { x }, { samples: 3, gpu })())
  right(await elbo(approx, data, { samples: 2, gpu })())
  const once = counts(), first = [...programs.values()]
  expect(once[0]).toBeGreaterThan(3)
  await planned({ data: { x: { ...x, data: x.data.map((v) => -v) }, y: data.y }, gpu, seed: 9, optimizer: Optimizer.adam({ learningRate: 0.1 }) })
  right(await predict(approx, { x }, { samples: 3, gpu, seed: 5 })())
  right(await elbo(approx, data, { samples: 2, gpu, seed: 5 })())
  expect(counts()).toEqual(once)
  expect(new Set(programs.values())).toEqual(new Set(first))
  Gpu.close(gpu)
})

test('the 64 programs used last are kept', async () => {
  const gpu = await orThrow(Gpu.open({ dawn: ['backend=null'] }))
  let made = 0
  const use = (key: string): Program => right(programOf(key, () => E.right({ kernels: [], slots: [], body: [], record: [String(made++)] }))(gpu))
  const first = use('first')
  for (let i = 0; i < 63; i++) use(`${i}`)
  expect(use('first')).toBe(first)
  // 64 are there; one more takes the place of the one that was used longest ago, which is `0` now.
  use('more')
  expect([use('first') === first, made]).toEqual([true, 65])
  use('0')
  expect(made).toBe(66)
  Gpu.close(gpu)
})

test('a program that goes takes the pipelines with it that no other program needs', async () => {
  const gpu = await orThrow(Gpu.open({ dawn: ['backend=null'] }))
  const { pipelines } = sessionOf(gpu)
  const program = (...keys: readonly string[]): Program => ({ kernels: keys.map((key) => ({ key, label: key, wgsl: '', bindings: [] })), slots: [], body: [], record: [] })
  for (const key of ['own', 'shared', 'other']) pipelines.set(key, Promise.resolve(E.left({ _tag: '', path: [], got: '', need: '', hint: '' })))
  const use = (key: string, p: Program): void => { right(programOf(key, () => E.right(p))(gpu)) }
  use('goes', program('own', 'shared'))
  use('stays', program('shared', 'other'))
  for (let i = 0; i < 62; i++) use(`${i}`, program())
  expect([...pipelines.keys()]).toEqual(['own', 'shared', 'other'])
  use('more', program())
  expect([...pipelines.keys()]).toEqual(['shared', 'other'])
  Gpu.close(gpu)
})
