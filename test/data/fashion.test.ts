import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fashionClasses, fashionFromLists, fashionMnist, mnistFiles } from '../../src/data/index.ts'
import { left, right } from '../cli/either.ts'

/** Image `i` of class `c`: its first pixels tell which it is. */
const image = (c: number, i: number): readonly number[] => Array.from({ length: 784 }, (_, k) => (k === 0 ? c : k === 1 ? i >> 8 : k === 2 ? i & 255 : 0))
const lists = (n: number): readonly (readonly (readonly number[])[])[] => Array.from({ length: 10 }, (_, c) => Array.from({ length: n }, (_, i) => image(c, i)))

/** An idx file of bytes: 0, 0, the code of u8, the rank, then extents in big-endian words. */
const idx = (shape: readonly number[], data: Uint8Array): Uint8Array => {
  const head = new DataView(new ArrayBuffer(4 + 4 * shape.length))
  head.setUint32(0, 0x0800 + shape.length)
  shape.forEach((e, i) => { head.setUint32(4 + 4 * i, e) })
  return Uint8Array.from([...new Uint8Array(head.buffer), ...data])
}

describe('Dataset.fashionMnist', () => {
  it('holds out the first thousand of each class and passes over empty entries', () => {
    const [first, ...others] = lists(1003)
    const { train, test } = right(fashionFromLists([[...first.slice(0, 1000), [], ...first.slice(1000), []], ...others]))
    expect([train.rows, test.rows, fashionClasses.length]).toEqual([30, 10_000, 10])
    expect(Array.from(train.fields['y'].data)).toEqual(Array.from({ length: 30 }, (_, i) => Math.floor(i / 3)))
    const rows = Array.from({ length: 30 }, (_, i) => Array.from(train.fields['x'].data.slice(i * 784, i * 784 + 3)))
    expect(rows).toEqual(Array.from({ length: 30 }, (_, i) => [Math.floor(i / 3), 3, 232 + (i % 3)]))
  })

  it('refuses what is no such list', () => {
    expect(left(fashionFromLists(lists(3)))).toMatchObject({ _tag: 'CorruptData', got: '3 images of class 0' })
    expect(left(fashionFromLists([]))).toMatchObject({ _tag: 'CorruptData', got: '0 classes' })
    expect(left(fashionFromLists(lists(1002).map((l, c) => (c === 4 ? [...l, [1, 2]] : l))))).toMatchObject({ _tag: 'CorruptData', got: 'an entry of class 4 that is no image' })
  })

  it('reads the published files in a folder, and tells what is missing', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gelato-'))
    expect(left(await fashionMnist({ folder })())).toMatchObject({ _tag: 'MissingFile', path: ['fashionMnist', mnistFiles.trainImages] })
    const images = idx([2, 28, 28], new Uint8Array(2 * 784).fill(7)), labels = idx([2], Uint8Array.of(9, 0))
    await writeFile(join(folder, mnistFiles.trainImages), images)
    await writeFile(join(folder, mnistFiles.trainLabels), labels)
    await writeFile(join(folder, mnistFiles.testImages), images)
    await writeFile(join(folder, mnistFiles.testLabels), labels)
    const { train } = right(await fashionMnist({ folder })())
    expect([train.name, train.rows, Array.from(train.fields['y'].data)]).toEqual(['fashionMnist.train', 2, [9, 0]])
    await rm(folder, { recursive: true })
  })
})
