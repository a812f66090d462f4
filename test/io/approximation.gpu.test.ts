/** Approximations as files: the same predictions in another process; whatever was altered is named. */
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import * as gelato from '../../src/index.ts'
import { Approximation, Tensor, elbo, evaluate, fit, predict } from '../../src/index.ts'
import { read, write } from '../../src/io/index.ts'
import type { Saved } from '../../src/io/index.ts'
import { images, net, plan } from '../checks/net.mjs'
import { build, inChild, left, right } from '../checks/tools.ts'

let folder = ''
let path = ''
let approx: Approximation.Approximation
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gelato-'))
  path = join(folder, 'bnn')
  approx = right(await fit(net(gelato), { data: images(42), ...plan(gelato), steps: 25 })())
  right(await Approximation.save(path)(approx)())
})
afterAll(() => rm(folder, { recursive: true }))

const predicted = async (a: Approximation.Approximation): Promise<string> => {
  const post = right(await predict(a, { x: images(9).x }, { samples: 6, seed: 4 })())
  const h = createHash('sha256')
  for (const f of [post.meanPlugIn, post.predictiveMean, post.variance, post.votes]) h.update(new Uint8Array(f.data.buffer, f.data.byteOffset, f.data.byteLength))
  return h.digest('hex')
}

test('another process, without the data and the code of the model, predicts the same bits', async () => {
  build()
  expect(await inChild('child.predict.mjs', path)).toEqual({ bits: await predicted(approx), sites: approx.model.sites.map((s) => s.name), steps: 25 })
})

test('all of it comes back: data, functions, bounds, graphs', async () => {
  const back = right(await Approximation.load(path)())
  const { model: _, ...was } = approx.data
  const { model: __, ...is } = back.data
  expect(is).toEqual(was)
  expect(back.mean).toEqual(approx.mean)
  expect(back.quantile(0.3)).toEqual(approx.quantile(0.3))
  expect(right(await back.sample({ size: 3, seed: 5 })())).toEqual(right(await approx.sample({ size: 3, seed: 5 })()))
  expect(right(await elbo(back, images(42), { samples: 2 })())).toEqual(right(await elbo(approx, images(42), { samples: 2 })()))
  const x = Tensor.input('pixels', [null, 1, 8, 8])
  const many = (a: Approximation.Approximation): Tensor.Tensor => a.sampleNode(a.model.prediction, { size: 3, moreReplacements: [[a.model.inputs['x'], x]] })
  const [p, q] = right(await evaluate([many(approx), many(back)], { pixels: images(5).x })())
  expect(q).toEqual(p)
})

test('cut or altered files are named', async () => {
  for (const kind of ['json', 'safetensors']) {
    const file = `${path}.${kind}`
    const good = await readFile(file)
    const broken = async (bytes: Uint8Array): Promise<void> => {
      await writeFile(file, bytes)
      const e = left(await Approximation.load(path)())
      expect(e._tag).toBe('CorruptFile')
      expect(e.path).toContain(file)
      expect(e.hint.length).toBeGreaterThan(0)
    }
    await broken(good.subarray(0, good.length - 3))
    await broken(good.subarray(0, 10))
    await broken(new Uint8Array(0))
    // One digit of what was learnt, one bit of a number.
    const at = kind === 'json' ? good.indexOf('"step"') + 9 : good.length - 1
    await broken(good.map((b, i) => (i === at ? b ^ 1 : b)))
    await rm(file)
    const gone = left(await Approximation.load(path)())
    expect(gone._tag).toBe('CannotRead')
    expect(gone.path).toContain(file)
    await writeFile(file, good)
  }
  expect(await predicted(right(await Approximation.load(path)()))).toBe(await predicted(approx))
})

type Json = { readonly kind: string; readonly version: number; readonly model: object; readonly data: Readonly<Record<string, unknown>> }

/** What is wrong with a file that was written properly with other content. */
const refused = async (change: (json: Json, tensors: Saved['tensors']) => Saved): Promise<gelato.GelatoError> => {
  const { json, tensors } = right(await read(path)())
  const other = join(folder, 'other')
  right(await write(other)(change(json as Json, tensors))())
  const e = left(await Approximation.load(other)())
  expect(e.path[0]).toContain(other)
  expect(JSON.parse(JSON.stringify(e))).toEqual(e)
  return e
}

test('content that is not an approximation of this version', async () => {
  expect(await refused((json, tensors) => ({ json: { ...json, version: 2 }, tensors }))).toMatchObject({ got: '2', need: 'version 1' })
  expect(await refused((json, tensors) => ({ json: { ...json, kind: 'draws' }, tensors }))).toMatchObject({ got: 'draws' })
  expect(await refused((json, tensors) => ({ json: { ...json, data: { ...json.data, version: 9 } }, tensors }))).toMatchObject({ _tag: 'CorruptApproximation' })
  expect(await refused((_, tensors) => ({ json: 3, tensors }))).toMatchObject({ need: 'an approximation' })
  for (const field of ['posterior', 'layout', 'state', 'step', 'history', 'provenance']) {
    const e = await refused((json, tensors) => ({ json: { ...json, data: Object.fromEntries(Object.entries(json.data).filter(([k]) => k !== field)) }, tensors }))
    expect(e.path).toContain(field)
  }
})

test('tensors that are missing, of another length or of another shape', async () => {
  const { tensors } = right(await read(path)())
  const name = Object.keys(tensors).find((k) => k.startsWith('posterior') && k.includes('mu')) as string
  const missing = await refused((json, ts) => ({ json, tensors: Object.fromEntries(Object.entries(ts).filter(([k]) => k !== name)) }))
  expect(missing.path).toContain(name)
  const { shape, data } = tensors[name]
  const short = await refused((json, ts) => ({ json, tensors: { ...ts, [name]: { dtype: 'F32', shape: [shape[0] - 64], data: Float32Array.from(data).slice(64) } } }))
  expect([short._tag, short.path.includes('mu')]).toEqual(['CorruptApproximation', true])
  const shaped = await refused((json, ts) => ({ json, tensors: { ...ts, [name]: { dtype: 'F32', shape: [2, shape[0] / 2], data: Float32Array.from(data) } } }))
  expect([shaped._tag, shaped.path.includes('mu')]).toEqual(['CorruptApproximation', true])
  const layout = await refused((json, ts) => {
    const l = json.data['layout'] as { readonly dim: number; readonly places: readonly { readonly name: string }[] }
    return { json: { ...json, data: { ...json.data, layout: { ...l, places: l.places.map((p, i) => (i === 1 ? { ...p, name: 'other' } : p)) } } }, tensors: ts }
  })
  expect(layout.got).toContain(approx.model.sites[1].name)
})
