/** The same seed and plan give the same parameters, to the bit, whatever else happens. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import * as gelato from '../../src/index.ts'
import { Approximation, Method, Optimizer, fit } from '../../src/index.ts'
import type { FitOptions } from '../../src/index.ts'
import { images, net, plan } from './net.mjs'
import { bits, blr, blrData, build, inChild, right } from './tools.ts'

const STEPS = 60
const model = net(gelato)
const data = images(42)
const run = async (o: Partial<FitOptions> = {}): Promise<Approximation.Approximation> => right(await fit(model, { data, ...plan(gelato), steps: STEPS, ...o })())

let folder = ''
let whole: Approximation.Approximation
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gelato-'))
  whole = await run()
})
afterAll(() => rm(folder, { recursive: true }))

test('at 1, 7 and 50 steps a submit', async () => {
  for (const stepsPerSubmit of [1, 7, 50]) {
    const other = await run({ stepsPerSubmit })
    expect(bits(other.data.state)).toBe(bits(whole.data.state))
    expect(other.history).toEqual(whole.history)
    expect(other.data.provenance.plan).toEqual(whole.data.provenance.plan)
  }
})

test('another seed gives other bits', async () => {
  expect(bits((await run({ seed: 12 })).data.state)).not.toBe(bits(whole.data.state))
})

test('after another fit, and beside one', async () => {
  const other = (): Promise<unknown> => fit(blr(), { data: blrData, batchSize: 2, steps: 40, seed: 3 })()
  await other()
  const [again] = await Promise.all([run(), other()])
  expect(bits(again.data.state)).toBe(bits(whole.data.state))
})

test('in a process of its own, at 1 and at 50 steps a submit', async () => {
  build()
  for (const stepsPerSubmit of ['1', '50']) expect(await inChild('child.fit.mjs', String(STEPS), stepsPerSubmit)).toEqual({ bits: bits(whole.data.state) })
})

test('stopped and continued, in three parts, also through a file', async () => {
  const first = await run({ steps: 17 })
  const second = right(await fit(model, { data, from: first, steps: 20 })())
  right(await Approximation.save(join(folder, 'net'))(second)())
  const read = right(await Approximation.load(join(folder, 'net'))())
  expect(bits(read.data.state)).toBe(bits(second.data.state))
  for (const from of [second, read]) {
    const third = right(await fit(model, { data, from, steps: STEPS - 37 })())
    expect(bits(third.data.state)).toBe(bits(whole.data.state))
    expect(third.history).toEqual(whole.history)
    expect([third.data.step, third.data.epoch, third.data.offset]).toEqual([whole.data.step, whole.data.epoch, whole.data.offset])
  }
})

test('a schedule goes by the absolute step, also for the posterior mode', async () => {
  const o = { method: Method.map(), optimizer: Optimizer.momentum({ learningRate: Optimizer.warmUp({ steps: 20, then: Optimizer.cosine({ value: 1e-3, steps: 50 }) }) }) }
  const all = await run({ ...o, steps: 45 })
  const part = await run({ ...o, steps: 30 })
  expect(bits(right(await fit(model, { data, from: part, method: o.method, steps: 15 })()).data.state)).toBe(bits(all.data.state))
})
