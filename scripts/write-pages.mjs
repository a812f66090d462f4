// Writes docs/distributions/: a page and a picture for every family of the table, and the
// index. `npm run pages` builds first; the test in test/docs/ says when to run it.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { entries } from './pages/families.mjs'
import { draw } from './pages/figure.mjs'
import { index, page } from './pages/page.mjs'
import { sourceOf } from './pages/source.mjs'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const folder = join(root, 'docs', 'distributions')
const built = (file) => import(pathToFileURL(join(root, 'dist', file)).href)

const [gelato, { plot, theme }, { toSvg }] = await Promise.all(['index.js', 'plot/spec.js', 'cli/render.js'].map(built))
const lib = { ...gelato, plot, theme, toSvg }

const said = Object.keys(entries), there = gelato.Dist.familyNames
const missing = there.filter((n) => !said.includes(n)), surplus = said.filter((n) => !there.includes(n))
if (missing.length + surplus.length > 0) {
  console.error(`scripts/pages/families.mjs ${missing.length > 0 ? `lacks ${missing.join(', ')}` : `has ${surplus.join(', ')}, which the table lacks`}`)
  process.exit(1)
}

mkdirSync(folder, { recursive: true })
const written = new Set(['README.md'])
const write = (file, text) => {
  written.add(file)
  writeFileSync(join(folder, file), text)
}
for (const name of said) {
  write(`${name}.md`, await page(lib, name, sourceOf(root, name)))
  write(`${name}.svg`, await draw(lib, name, entries[name]))
}
write('README.md', await index(lib))
for (const f of readdirSync(folder)) if (!written.has(f)) rmSync(join(folder, f))
console.log(`docs/distributions: ${said.length} pages`)
