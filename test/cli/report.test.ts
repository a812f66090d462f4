import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TE } from '../../src/fp.ts'
import { gelatoError } from '../../src/error.ts'
import { runMnist } from '../../src/cli/mnist.ts'
import type { MnistDeps } from '../../src/cli/mnist.ts'
import { mnistDefaults } from '../../src/cli/options.ts'
import { progress } from '../../src/cli/progress.ts'
import { left, right } from './either.ts'
import { synthetic } from './synthetic.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gelato-'))
})
afterAll(() => rm(folder, { recursive: true }))

const deps = (lines: string[], run: MnistDeps['run']): MnistDeps => ({
  run,
  progress: progress({ write: () => undefined, now: () => 0 }),
  signal: new AbortController().signal,
  print: (l) => lines.push(l)
})

describe('runMnist', () => {
  it('prints the table, writes figures and page, and ends with the JSON line', async () => {
    const lines: string[] = []
    const out = join(folder, 'new', 'folder')
    const summary = right(await runMnist({ ...mnistDefaults, out, json: true }, deps(lines, () => TE.right(synthetic())))())
    expect(summary.modeError).toBe(0.025)
    expect(lines[0]).toContain('predictive mode')
    expect(JSON.parse(lines[lines.length - 1])).toMatchObject({ modeError: 0.025, adapter: 'synthetic adapter (no GPU)' })
    const names = ['loss', 'variance', 'expected-error', 'reliability', 'doubtful', 'confidently-wrong']
    const files = await readdir(out)
    for (const n of names) for (const ending of ['svg', 'png', 'vl.json']) expect(files).toContain(`${n}.${ending}`)
    expect((await readFile(join(out, 'loss.png'))).subarray(1, 4).toString()).toBe('PNG')
    const html = await readFile(join(out, 'index.html'), 'utf8')
    // self-contained: every figure inline with its words for screen readers, nothing fetched, no script
    expect(html.match(/<svg[^>]* role="img" aria-label="[^"]{20,}"/g)).toHaveLength(names.length)
    expect(html).not.toMatch(/<script|<link|src="|url\(|href="(?!data:)/)
    for (const s of ['9.59 %', '7.48 %', 'Plug-in', 'Predictive mode', 'Predictive mean', 'Expected error rate', 'name="viewport"', 'prefers-color-scheme: dark']) expect(html).toContain(s)
  })

  it('passes an error of training on, and says what can not be written', async () => {
    const e = gelatoError('NoAdapter', [], 'none', 'one', 'get one')
    const lines: string[] = []
    expect(left(await runMnist({ ...mnistDefaults, out: join(folder, 'none') }, deps(lines, () => TE.left(e)))())).toBe(e)
    expect(lines).toEqual([])
    await writeFile(join(folder, 'plain'), '')
    expect(left(await runMnist({ ...mnistDefaults, out: join(folder, 'plain', 'x') }, deps(lines, () => TE.right(synthetic())))())._tag).toBe('CannotWrite')
  })

  it("says what can't be written before it trains, and leaves nothing in a folder that can", async () => {
    await writeFile(join(folder, 'file'), '')
    const ran: string[] = []
    const run: MnistDeps['run'] = ({ out }) => { ran.push(out); return TE.left(gelatoError('Aborted', [], 'x', 'y', 'z')) }
    const tags: string[] = []
    for (const name of ['file', 'made']) tags.push(left(await runMnist({ ...mnistDefaults, out: join(folder, name) }, deps([], run))())._tag)
    expect(tags).toEqual(['CannotWrite', 'Aborted'])
    expect(ran).toEqual([join(folder, 'made')])
    expect(await readdir(join(folder, 'made'))).toEqual([])
  })
})
