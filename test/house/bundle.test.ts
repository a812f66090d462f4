/** The bundle that is published: its names, what it loads, its size. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as source from '../../src/index.ts'

const root = resolve(import.meta.dirname, '../..')

const { bundle, size } = (await import(pathToFileURL(join(root, 'scripts/bundle.mjs')).href)) as {
  bundle: (dir: string) => Promise<readonly string[]>
  size: (what: 'all' | 'core' | 'program') => Promise<{ readonly minified: number; readonly gzip: number }>
}

describe('the bundle', () => {
  let dir: string
  beforeAll(async () => {
    // Beside the sources, so that packages are found from it.
    dir = mkdtempSync(join(root, 'node_modules', '.bundle-'))
    await bundle(dir)
  }, 60_000)
  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  it('has the names of the sources and works', () => {
    const script = `import * as g from ${JSON.stringify(pathToFileURL(join(dir, 'index.js')).href)}
      const x = g.Tensor.input('x', [null])
      const [y] = await g.orThrow(g.evaluate([g.Tensor.mul(2)(x)], { x: [1, 2, 3] }, { gpu: 'reference' }))
      console.log(JSON.stringify({ names: Object.keys(g).sort(), tensor: Object.keys(g.Tensor).length, y: [...y.data] }))`
    const said = execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: root, encoding: 'utf8' })
    expect(JSON.parse(said)).toEqual({ names: Object.keys(source).sort(), tensor: Object.keys(source.Tensor).length, y: [2, 4, 6] })
  })

  it('is read in two files, which name no module of Node and no package', () => {
    const text = (file: string): string => readFileSync(join(dir, file), 'utf8')
    const imports = (file: string): readonly string[] => [...text(file).matchAll(/\bfrom\s*["']([^"']+)["']/g)].map((m) => m[1])
    expect(imports('index.js')).toEqual(['./chunks/core.js'])
    expect(imports('chunks/core.js')).toEqual([])
  })

  it('keeps what is loaded later in files of its own', () => {
    expect(readdirSync(join(dir, 'chunks'))).toEqual(expect.arrayContaining(['core.js', 'files.js', 'node.js']))
    expect(readdirSync(join(dir, 'cli'))).toEqual(['main.js'])
    expect(readFileSync(join(dir, 'cli/main.js'), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/)
  })

  // Loose bounds: they tell when something large came in by mistake. `npm run size` says how it stands.
  it('stays below 400 kB by gzip, and 250 kB for a program that fits and predicts', async () => {
    const [all, program] = [await size('all'), await size('program')]
    expect(all.gzip).toBeLessThan(400_000)
    expect(program.gzip).toBeLessThan(Math.min(250_000, all.gzip))
  })
})

describe('what is published', () => {
  it('is the bundle, its declarations, the shaders and the set-up', () => {
    const { files, exports, bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { files: readonly string[]; exports: Record<string, unknown>; bin: Record<string, string> }
    expect(files).toEqual(['dist', 'shaders', 'scripts/setup.mjs'])
    expect([exports['.'], bin]).toEqual([{ types: './dist/index.d.ts', default: './dist/index.js' }, { gelato: 'dist/cli/main.js' }])
  })
})
