/** Approximations where there are no files: what `save` wrote is read from fetched values, and who saves is told. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { Approximation, E, fit, orThrow, pipe } from '../../src/index.ts'
import { left, right } from '../cli/either.ts'
import { classifier, open } from '../infer/models.ts'

const { model, data } = classifier()
const approx = await orThrow(fit(model, { data, steps: 1, open }))

afterEach(() => {
  vi.doUnmock('node:path')
  vi.doUnmock('node:fs/promises')
  vi.resetModules()
})

test('the two files are read as fetched: the JSON as it is, or its content alone', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gelato-'))
  try {
    const files = await orThrow(Approximation.save(join(folder, 'net'))(approx))
    const json = JSON.parse(await readFile(files.json, 'utf8')) as { readonly content: unknown }
    const { tensors } = await orThrow(Approximation.decodeSafetensors('net.safetensors')(new Uint8Array(await readFile(files.tensors))))
    for (const form of [json, json.content]) expect((await orThrow(Approximation.fromSaved({ json: form, tensors }))).data).toEqual(approx.data)
    expect(left(Approximation.fromSaved({ json: { ...json, version: 99 }, tensors }))).toMatchObject({ _tag: 'UnknownVersion', path: ['json'] })
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('values go forth and back as text and bytes', async () => {
  const { json, tensors } = await orThrow(Approximation.toSaved(approx))
  const text = JSON.stringify(json), bytes = await orThrow(Approximation.encodeSafetensors({ tensors, metadata: {} }))
  const back = pipe(bytes, Approximation.decodeSafetensors('net'), E.chain((file) => Approximation.fromSaved({ json: JSON.parse(text), tensors: file.tensors })))
  expect((await orThrow(back)).data).toEqual(approx.data)
})

test('what is no saved approximation is told', () => {
  const { json } = right(Approximation.toSaved(approx))
  for (const [x, at] of [[undefined, 'saved'], [{ json }, 'tensors'], [{ json: 3, tensors: {} }, 'kind'], [{ json: { format: 'gelato-gpu', version: 1, content: 3 }, tensors: {} }, 'kind']] as const)
    expect(left(Approximation.fromSaved(x as unknown as Approximation.Saved))).toMatchObject({ _tag: 'CorruptApproximation', path: [at] })
})

test.each([
  ['empty modules', () => ({ basename: undefined, dirname: undefined })],
  ['functions that throw', () => ({ basename: () => { throw new Error('no file system in a page') }, dirname: () => '' })],
  ['no modules', () => { throw new Error('no such module') }]
] as const)('saving and loading where a bundler put %s is a Left', async (_, path) => {
  vi.resetModules()
  vi.doMock('node:path', path as () => object)
  const io = await import('../../src/io/index.ts')
  const e = left(await io.write('net')({ json: {}, tensors: {} })())
  expect(e).toMatchObject({ _tag: 'NoFileSystem', hint: expect.stringContaining('toSaved') as string })
})

test('loading with empty modules is a Left', async () => {
  vi.resetModules()
  vi.doMock('node:fs/promises', () => Object.fromEntries(['mkdir', 'open', 'readFile', 'rename', 'rm'].map((k) => [k, undefined])))
  const io = await import('../../src/io/index.ts')
  expect(left(await io.read('net')())).toMatchObject({ _tag: 'NoFileSystem' })
})
