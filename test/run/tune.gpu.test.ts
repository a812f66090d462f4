/** Kernels chosen by measuring: kept on disk by adapter, found again, replayed from a plan. */
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Gpu, Layer, Likelihood, Model, Spec, Tensor, evaluate, fit, orThrow, pipe } from '../../src/index.ts'
import type { Choices } from '../../src/compile/plan.ts'
import { sessionOf } from '../../src/gpu/session.ts'
import { openChunked, openSession } from '../../src/run/open.ts'
import type { Where } from '../../src/run/where.ts'
import type { Plan } from '../../src/compile/plan.ts'
import { left, right } from '../checks/tools.ts'

// Large enough to have variants: 192^3 multiply-adds.
const n = 192
const a = Tensor.input('a', [n, n]), b = Tensor.input('b', [n, n])
const product = Tensor.matmul(b)(a)
const f32 = (f: (i: number) => number) => ({ shape: [n, n], data: Float32Array.from({ length: n * n }, (_, i) => f(i)) })
const values = { a: f32((i) => Math.sin(i)), b: f32((i) => Math.cos(3 * i)) }
const fn = { outputs: { y: product }, updates: {}, record: {}, extents: {} }
const QUESTION = `matmul ${n}x${n} ${n}x${n}`

let dir: string
const before = process.env['XDG_CACHE_HOME']
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'gelato-cache-'))
  process.env['XDG_CACHE_HOME'] = dir
})
afterAll(() => {
  if (before === undefined) delete process.env['XDG_CACHE_HOME']
  else process.env['XDG_CACHE_HOME'] = before
  rmSync(dir, { recursive: true, force: true })
})

/** A device that compiles and runs nothing: what is chosen there has no meaning, how it is kept has. */
const open = (): Promise<Gpu.Device> => orThrow(Gpu.open({ dawn: ['backend=null'] }))

/** The plan of the product on a device of its own. */
const planned = async (where: Where): Promise<Plan> => {
  const gpu = await open()
  try {
    const session = right(await openSession(fn, values, { ...where, gpu })())
    right(await session.run(1)())
    return session.plan
  } finally {
    Gpu.close(gpu)
  }
}

test('tune measures, keeps what it found on disk, and finds it again; a plan replays it', async () => {
  const rule = await planned({})
  expect(rule.choices).toEqual({})
  const tuned = await planned({ tune: true })
  expect(Object.keys(tuned.choices)).toEqual([QUESTION])
  expect(await planned({ plan: tuned })).toEqual(tuned)

  const folder = join(dir, 'gelato'), [file, ...rest] = readdirSync(folder)
  expect(rest).toEqual([])
  const kept = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { version: number; choices: Record<string, string> }
  expect(kept.choices).toEqual(tuned.choices)
  // What is in the file is believed, so each variant can be had by name.
  const plans: Plan[] = []
  for (const variant of ['64', '32', '128', 'none']) {
    writeFileSync(join(folder, file), JSON.stringify({ ...kept, choices: { [QUESTION]: variant, other: 'x' } }))
    plans.push(await planned({ tune: true }))
    expect(plans[plans.length - 1].choices).toEqual({ [QUESTION]: variant })
  }
  expect(new Set(plans.map((p) => p.kernels)).size).toBe(4)
  // 64 is what the rule takes for so small a product.
  expect(plans[0].kernels).toBe(rule.kernels)
  // A name that there is no more is asked for anew; so is all of a file that can't be read.
  for (const text of [JSON.stringify({ ...kept, choices: { [QUESTION]: 'gone' } }), JSON.stringify({ ...kept, version: 0 }), '{ broken']) {
    writeFileSync(join(folder, file), text)
    expect(['64', '32', '128', 'none']).toContain((await planned({ tune: true })).choices[QUESTION])
    expect((JSON.parse(readFileSync(join(folder, file), 'utf8')) as typeof kept).version).toBe(kept.version)
  }
})

test('fit and evaluate take tune and plan; the plan is in the provenance', async () => {
  const model = pipe(Layer.input([null, n], { name: 'x' }), Layer.dense({ units: n }), Layer.withDefaultSpec(Spec.normal()), Model.observe(Likelihood.normal({ sd: 1 }), { name: 'y' }))
  const data = { x: values.a, y: values.b }
  const gpu = await open()
  // What the device gives means nothing, so the plan is taken where it is told first.
  const o = { data, steps: 0, batchSize: n, gpu }
  const compiled = async (more: Where): Promise<Plan | undefined> => {
    let plan: Plan | undefined
    await fit(model, { ...o, ...more, gpu, onEvent: (e) => { if (e._tag === 'Compiled') plan = e.plan } })()
    return plan
  }
  const first = await compiled({ tune: true })
  expect(Object.keys(first?.choices ?? {})).toContain(QUESTION)
  expect(await compiled({ plan: first as Plan })).toEqual(first)
  const [v] = right(await evaluate([product], values, { gpu, tune: true })())
  expect(v.shape).toEqual([n, n])
  expect(left(await fit(model, { ...o, tune: 1 as unknown as boolean })())).toMatchObject({ _tag: 'BadOption', path: ['fit', 'tune'] })
  expect(left(await evaluate([product], values, { gpu, plan: 'x' as unknown as Plan })())).toMatchObject({ _tag: 'BadOption', path: ['evaluate', 'plan'] })
  Gpu.close(gpu)
})

test('a chunk fits with the variants that were measured, not only with the rules\'', async () => {
  const gpu = await open(), x = Tensor.input('x', [null, 1, 28, 28]), w = Tensor.input('w', [32, 1, 5, 5])
  const y = Tensor.maxPool2d({ window: [2, 2] })(Tensor.conv2d(w)(x))
  const at = ({ rows }: { readonly rows: number }) => ({
    fn: { outputs: { y }, updates: {}, record: {}, extents: { 'x.0': rows } },
    values: { x: { shape: [rows, 1, 28, 28], data: new Float32Array(784 * rows) }, w: { shape: [32, 1, 5, 5], data: new Float32Array(800) } }
  })
  const opened = async (where: Where) => {
    const { session, chunk } = right(await openChunked({ first: () => ({ rows: 100, draws: 1 }), within: (c) => c, fixed: false, at }, { ...where, gpu })())
    const held = gpu.liveBytes
    session.destroy()
    return { rows: chunk.rows, held, choices: Object.values(session.plan.choices) }
  }
  const rules = await opened({})
  // Measured, says the cache, is the variant that keeps the images before their maxima: four times as many numbers.
  sessionOf(gpu).measured.choices = new Proxy<Choices>({}, { get: () => 'none' })
  expect((await opened({ tune: true })).held).toBeGreaterThan(2 * rules.held)
  // Buffers are rounded up to 256 bytes, and numbers of the kernels have one of their own.
  const memory = rules.held, tuned = await opened({ tune: true, memory })
  expect([tuned.choices, rules.rows]).toEqual([['none'], 100])
  expect(tuned.held).toBeLessThan(memory + 2 ** 12)
  expect(tuned.rows).toBeGreaterThan(100 / 4)
  Gpu.close(gpu)
})
