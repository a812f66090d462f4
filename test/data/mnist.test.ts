import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { mnist, mnistFiles } from '../../src/data/index.ts'
import { left, right } from '../cli/either.ts'

describe('Dataset.mnist', () => {
  it('reads the real files', async () => {
    const { train, test } = right(await mnist()())
    expect([train.rows, test.rows]).toEqual([60000, 10000])
    expect(train.fields['x'].shape).toEqual([60000, 1, 28, 28])
    // the class counts of MNIST's training set, as commonly published
    const counts = Array.from({ length: 10 }, () => 0)
    train.fields['y'].data.forEach((y) => counts[y]++)
    expect(counts).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949])
    // and its mean pixel, 0.1307 of 255
    let sum = 0
    for (const v of train.fields['x'].data) sum += v
    expect(sum / train.fields['x'].data.length / 255).toBeCloseTo(0.1307, 4)
  })

  it('says which file is missing or corrupt', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gelato-'))
    expect(left(await mnist({ folder })())).toMatchObject({ _tag: 'MissingFile', path: ['mnist', mnistFiles.trainImages] })
    for (const f of Object.values(mnistFiles)) await writeFile(join(folder, f), Uint8Array.of(0, 0, 8))
    expect(left(await mnist({ folder })())).toMatchObject({ _tag: 'CorruptIdx', path: [mnistFiles.trainImages] })
    await rm(folder, { recursive: true })
  })
})
