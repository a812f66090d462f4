/** The bundle that is published: its names, what it loads, its size. */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { rolldown } from 'rolldown'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as source from '../../src/index.ts'

const root = resolve(import.meta.dirname, '../..')

const { bundle, size } = (await import(pathToFileURL(join(root, 'scripts/bundle.mjs')).href)) as {
  bundle: (dir: string) => Promise<readonly string[]>
  size: (what: 'all' | 'core' | 'program') => Promise<Readonly<Record<'first' | 'later', { readonly minified: number; readonly gzip: number }>>>
}

describe('the bundle', () => {
  let dir: string
  beforeAll(async () => {
    // Beside the sources, so that packages are found from it.
    dir = mkdtempSync(join(root, 'node_modules', '.bundle-'))
    await bundle(dir)
  }, 60_000)
  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  it.each(['index.js', 'node.js'])('has the names of the sources and works: %s', (file) => {
    const script = `import * as g from ${JSON.stringify(pathToFileURL(join(dir, file)).href)}
      const x = g.Tensor.input('x', [null])
      const [y] = await g.orThrow(g.evaluate([g.Tensor.mul(2)(x)], { x: [1, 2, 3] }, { gpu: 'reference' }))
      console.log(JSON.stringify({ names: Object.keys(g).sort(), tensor: Object.keys(g.Tensor).length, y: [...y.data] }))`
    const said = execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: root, encoding: 'utf8' })
    expect(JSON.parse(said)).toEqual({ names: Object.keys(source).sort(), tensor: Object.keys(source.Tensor).length, y: [2, 4, 6] })
  })

  it('is read in a few files, which name no module of Node and no package', () => {
    const text = (file: string): string => readFileSync(join(dir, file), 'utf8')
    const imports = (file: string): readonly string[] => [...text(file).matchAll(/^(?:import|export)\b[^;"']*\bfrom\s*["']([^"']+)["']/gm)].map((m) => m[1])
    const read = (file: string, seen = new Set<string>()): ReadonlySet<string> => {
      if (!seen.has(file)) {
        seen.add(file)
        for (const next of imports(file)) read(join(dirname(file), next), seen)
      }
      return seen
    }
    const files = [...read('index.js')], chunks = ['chunks/core.js', 'chunks/device.js', 'chunks/more.js']
    expect(files.filter((f) => f.startsWith('chunks')).map((f) => f.replaceAll('\\', '/')).sort()).toEqual(chunks)
    expect([...read('node.js')].map((f) => f.replaceAll('\\', '/')).sort()).toEqual([...chunks, 'node.js'])
    expect(imports('chunks/core.js')).toEqual([])
    // The others hand on the names of one namespace each.
    expect(files.length).toBeLessThan(25)
  })

  it('leaves the compiler and the kernels to a file that is loaded later', () => {
    const holds = (file: string, text: string | RegExp): boolean => readFileSync(join(dir, 'chunks', file), 'utf8').search(text) >= 0
    expect({ engine: holds('engine.js', '@compute'), core: holds('core.js', '@compute') }).toEqual({ engine: true, core: false })
    expect(holds('core.js', /import\(["'`]\.\/engine\.js["'`]\)/)).toBe(true)
  })

  it('draws plots in a file that the core does not read', () => {
    const script = `import * as d from ${JSON.stringify(pathToFileURL(join(dir, 'draw.js')).href)}
      const svg = await d.toSvg({ title: 'Two', data: { values: [{ a: 1 }, { a: 2 }] }, mark: 'point', encoding: { x: { field: 'a', type: 'quantitative' } } })()
      console.log(JSON.stringify({ names: Object.keys(d).sort(), svg: svg.right.slice(0, 4) }))`
    const said = execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: root, encoding: 'utf8' })
    expect(JSON.parse(said)).toEqual({ names: ['save', 'toPng', 'toSvg'], svg: '<svg' })
  })

  it('keeps what is loaded later in files of its own', () => {
    expect(readdirSync(join(dir, 'chunks'))).toEqual(expect.arrayContaining(['core.js', 'engine.js']))
    expect(readdirSync(join(dir, 'node')).sort()).toEqual(['dawn.js', 'fashion.js', 'files.js', 'mnist.js'])
    expect(readdirSync(join(dir, 'cli'))).toEqual(['main.js'])
    expect(readFileSync(join(dir, 'cli/main.js'), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/)
  })

  it("has no module of Node's for a page, whatever it loads", async () => {
    const page = mkdtempSync(join(root, 'node_modules', '.page-'))
    try {
      await bundle(join(page, 'dist'))
      cpSync(join(root, 'package.json'), join(page, 'package.json'))
      writeFileSync(join(page, 'page.js'), "export * from './dist/index.js'\n")
      const said: string[] = []
      const build = await rolldown({ cwd: page, input: 'page.js', platform: 'browser', onLog: (_, log) => { said.push(log.message) } })
      const { output } = await build.generate({ format: 'esm' })
      await build.close()
      const chunks = output.flatMap((c) => (c.type === 'chunk' ? [c] : []))
      const outside = chunks.flatMap((c) => [...c.imports, ...c.dynamicImports]).filter((i) => !chunks.some((c) => c.fileName === i))
      expect({ outside, said }).toEqual({ outside: [], said: [] })
      expect(chunks.some((c) => c.code.includes('only Node has this'))).toBe(true)
    } finally {
      rmSync(page, { recursive: true, force: true })
    }
  }, 60_000)

  // Loose bounds: they tell when something large came in by mistake. `npm run size` says how it stands.
  it('stays below 250 kB by gzip and 130 kB for a program that fits and predicts, with 110 kB later', async () => {
    const [all, program] = [await size('all'), await size('program')]
    expect(all.first.gzip).toBeLessThan(250_000)
    expect(program.first.gzip).toBeLessThan(130_000)
    expect(program.later.gzip).toBeLessThan(110_000)
  }, 60_000)
})

describe('what is published', () => {
  it('is the bundle, its declarations, the shaders, the set-up and what changed', () => {
    const { files, exports, bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { files: readonly string[]; exports: Record<string, unknown>; bin: Record<string, string> }
    expect(files).toEqual(['dist', 'shaders', 'scripts/setup.mjs', 'CHANGELOG.md'])
    expect(exports['./draw']).toEqual({ types: './dist/cli/draw.d.ts', default: './dist/draw.js' })
    expect([exports['.'], bin]).toEqual([{ types: './dist/index.d.ts', node: './dist/node.js', default: './dist/index.js' }, { gelato: 'dist/cli/main.js' }])
  })
})
