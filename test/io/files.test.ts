import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { read, write } from '../../src/io/index.ts'
import { left, right } from '../cli/either.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gelato-'))
})
afterAll(() => rm(folder, { recursive: true }))

const value = {
  json: { seed: 3, names: ['a', 'b'], nested: { '10': 1, '2': null, x: -0.1 } },
  tensors: { w: { dtype: 'F32' as const, shape: [2, 2], data: Float32Array.of(1, -0, NaN, 4e-40) }, n: { dtype: 'U8' as const, shape: [3], data: Uint8Array.of(1, 2, 255) } }
}
const save = async (name: string): Promise<string> => {
  const path = join(folder, name)
  right(await write(path)(value)())
  return path
}

describe('saved files', () => {
  it('come back as they were, from folders that are made', async () => {
    const path = await save('deep/er/model.v1')
    const back = right(await read(path)())
    expect(back).toEqual(value)
    expect((await readdir(join(folder, 'deep/er'))).sort()).toEqual(['model.v1.json', 'model.v1.safetensors'])
  })

  it('can be written over', async () => {
    const path = await save('over')
    right(await write(path)({ ...value, json: 'other' })())
    expect(right(await read(path)()).json).toBe('other')
  })

  it('say which file was cut or altered', async () => {
    const path = await save('harmed')
    const alter = async (file: string, change: (b: Uint8Array) => Uint8Array, also = path): Promise<void> => writeFile(file, change(await readFile(also === path ? file : also)))
    const at = (e: { readonly path: readonly string[] }): string => e.path[0]
    const tensors = `${path}.safetensors`
    const json = `${path}.json`
    await alter(tensors, (b) => b.subarray(0, b.length - 1))
    expect(left(await read(path)())).toMatchObject({ _tag: 'CorruptFile', path: [tensors] })
    await save('harmed')
    await alter(tensors, (b) => b.map((x, i) => (i === b.length - 1 ? x ^ 1 : x)))
    expect(left(await read(path)())).toMatchObject({ _tag: 'CorruptFile', path: [tensors] })
    await save('harmed')
    await alter(json, (b) => b.subarray(0, b.length >> 1))
    expect(at(left(await read(path)()))).toBe(json)
    await writeFile(json, JSON.stringify({ ...(JSON.parse(await readFile(`${await save('harmed')}.json`, 'utf8')) as object), content: { seed: 4 } }))
    expect(left(await read(path)())).toMatchObject({ _tag: 'CorruptFile', path: [json], got: 'content with another SHA-256' })
    await writeFile(json, '{"format":"something else"}')
    expect(left(await read(path)())).toMatchObject({ _tag: 'CorruptFile', path: [json] })
    await writeFile(json, '{"format":"gelato-gpu","version":99,"content":null}')
    expect(left(await read(path)())).toMatchObject({ _tag: 'UnknownVersion', path: [json] })
    await save('harmed')
    await rm(tensors)
    expect(left(await read(path)())).toMatchObject({ _tag: 'CannotRead', path: [tensors] })
  })

  it('say what can not be written', async () => {
    const loop: { self?: unknown } = {}
    loop.self = loop
    expect(left(await write(join(folder, 'a'))({ json: loop, tensors: {} })())).toMatchObject({ _tag: 'NotJson' })
    await writeFile(join(folder, 'plain'), '')
    expect(left(await write(join(folder, 'plain', 'a'))(value)())).toMatchObject({ _tag: 'CannotWrite' })
  })

  it('have a name', async () => {
    const inside = join(folder, 'nameless')
    const bad: readonly unknown[] = ['', `${inside}/`, `${inside}/.`, '..', undefined, 3]
    for (const path of bad)
      expect(left(await write(path as string)(value)())).toMatchObject({ _tag: 'CannotWrite', path: ['save'], need: expect.stringContaining('ends in a name') as string })
    expect(await readdir(folder)).not.toContain('nameless')
    await save('.hidden')
    expect(await readdir(folder)).toContain('.hidden.json')
  })
})
