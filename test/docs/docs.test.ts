/** Every example of the documentation runs: those that need no device. */
import { existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mnistDefaults, parseArguments } from '../../src/cli/options.ts'
import { examples, outFolder, pages, runExample } from './blocks.ts'

// What examples write goes to a folder of its own.
const home = process.cwd()
beforeAll(() => {
  const out = join(outFolder, 'drawn')
  mkdirSync(out, { recursive: true })
  process.chdir(out)
})
afterAll(() => { process.chdir(home) })

const all = examples()

test('examples are found in the pages and in the doc comments', () => {
  expect(all.filter((e) => e.name.startsWith('README.md')).length).toBeGreaterThan(0)
  expect(all.filter((e) => e.name.startsWith('docs/')).length).toBeGreaterThan(0)
  expect(all.filter((e) => e.name.startsWith('src/')).length).toBeGreaterThan(30)
})

test.each(all.filter((e) => !e.device).map((e) => [e.name, e] as const))('%s', async (_, e) => {
  await runExample(e)
})

const root = resolve(import.meta.dirname, '../..')
const page = (file: string): string => readFileSync(join(root, file), 'utf8')

test('the README tells every option of the command and its default', () => {
  const help = parseArguments(['mnist', '--help'])
  const flags = help._tag === 'Right' && help.right._tag === 'Text' ? [...help.right.text.matchAll(/^ +(?:-h, )?(--[a-z-]+)/gm)].map((m) => m[1]) : []
  expect(flags.length).toBeGreaterThan(5)
  const rows = new Map([...page('README.md').matchAll(/^\| `(--[a-z-]+)[^|]*\|[^|]*\| ?([^|]*?) ?\|$/gm)].map((m) => [m[1], m[2].replaceAll('`', '')]))
  expect([...rows.keys()].sort()).toEqual([...flags].sort())
  for (const [key, value] of Object.entries(mnistDefaults))
    if (typeof value === 'number' || typeof value === 'string') expect(rows.get(`--${key.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`), key).toBe(String(value))
})

test('files and folders that the pages name exist', () => {
  for (const file of pages()) {
    const text = page(file)
    const named = [...text.matchAll(/`((?:[\w.-]+\/)*[\w.-]+\.ts|(?:src|test|shaders|bench|docs)\/[\w./-]*)`/g)].map((m) => m[1])
    const linked = [...text.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map((m) => m[1])
    expect(named.filter((f) => !['', 'src/', 'src/compile/'].some((at) => existsSync(join(root, at, f)))), file).toEqual([])
    expect(linked.filter((f) => !existsSync(resolve(root, file, '..', f))), file).toEqual([])
  }
})

test('the rooms that the architecture lists are those of src', () => {
  const text = page('docs/architecture.md')
  const rooms = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((d) => d.isDirectory()).map((d) => d.name)
  expect(rooms.filter((r) => !new RegExp(`^\\|[^|]*\`src/${r}/\``, 'm').test(text))).toEqual([])
})
