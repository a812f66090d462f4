/** Every fence of the pages that is run is also TypeScript as strict as the house's own: one program of them all. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { examples } from './blocks.ts'

const root = resolve(import.meta.dirname, '../..')
const folder = join(root, '.cache', 'docs-types')
const fences = examples().flatMap((e) => (e.shown === undefined ? [] : [{ name: e.name, file: `${e.name.replace(/[^\w]+/g, '-')}.ts`, ...e.shown }]))

/** What the compiler says, by the fence it says it of: lines are those of the page. */
const complaints = (): ReadonlyMap<string, readonly string[]> => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const f of fences) writeFileSync(join(folder, f.file), `${'\n'.repeat(f.line)}${f.code}\nexport {}\n`)
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({
    extends: '../../tsconfig.base.json',
    compilerOptions: { noEmit: true, noUnusedLocals: false, typeRoots: ['../../node_modules/@types'], paths: { 'gelato-gpu': ['../../src/index.ts'], 'gelato-gpu/draw': ['../../src/cli/draw.ts'] } },
    include: ['*.ts']
  }))
  const { stdout, stderr, status } = spawnSync(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', folder, '--pretty', 'false'], { cwd: folder, encoding: 'utf8' })
  const lines = stdout.split('\n').filter((l) => /error TS/.test(l))
  if (status !== 0 && lines.length === 0) throw new Error(`tsc: ${stdout}${stderr}`)
  return new Map(fences.map((f) => [f.name, lines.filter((l) => l.startsWith(`${f.file}(`))])).set('elsewhere', lines.filter((l) => !fences.some((f) => l.startsWith(`${f.file}(`))))
}

test('the fences have the types that they should, and the mistyped ones have not', () => {
  expect(fences.length).toBeGreaterThan(100)
  const said = complaints()
  const wrong = fences.filter((f) => (said.get(f.name)?.length === 0) === f.mistyped)
  expect(wrong.flatMap((f) => (f.mistyped ? [`${f.name} is fit for the types: take the word mistyped away`] : said.get(f.name) ?? []))).toEqual([])
  expect(fences.filter((f) => f.mistyped).length).toBeGreaterThan(0)
  expect(said.get('elsewhere')).toEqual([])
}, 120_000)
