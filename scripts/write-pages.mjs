// Writes docs/distributions/ (a page and a picture for every family of the table) and
// docs/layers/ (a page for every layer), and their indexes. `npm run pages` builds first;
// the tests in test/docs/ say when to run it.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import * as families from './pages/families.mjs'
import { draw } from './pages/figure.mjs'
import * as layers from './pages/layers/page.mjs'
import { sources } from './pages/layers/source.mjs'
import { index, page } from './pages/page.mjs'
import { sourceOf } from './pages/source.mjs'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const built = (file) => import(pathToFileURL(join(root, 'build', file)).href)

const [gelato, { plot, theme }, { toSvg }] = await Promise.all(['index.js', 'plot/spec.js', 'cli/render.js'].map(built))
const lib = { ...gelato, plot, theme, toSvg }

const said = Object.keys(families.entries), there = gelato.Dist.familyNames
const missing = there.filter((n) => !said.includes(n)), surplus = said.filter((n) => !there.includes(n))
if (missing.length + surplus.length > 0) {
  console.error(`scripts/pages/families.mjs ${missing.length > 0 ? `lacks ${missing.join(', ')}` : `has ${surplus.join(', ')}, which the table lacks`}`)
  process.exit(1)
}

/** Makes a folder of docs/ hold these files and no others. */
const write = (name, files) => {
  const folder = join(root, 'docs', name)
  mkdirSync(folder, { recursive: true })
  for (const [file, text] of files) writeFileSync(join(folder, file), text)
  const written = new Set(files.map(([file]) => file))
  for (const f of readdirSync(folder)) if (!written.has(f)) rmSync(join(folder, f))
  console.log(`docs/${name}: ${files.filter(([f]) => f.endsWith('.md')).length} pages`)
}

const each = async (names, f) => {
  const out = []
  for (const n of names) out.push(...(await f(n)))
  return out
}

const all = sources(root)
write('distributions', [
  ...(await each(said, async (n) => [[`${n}.md`, await page(lib, n, sourceOf(root, n))], [`${n}.svg`, await draw(lib, n, families.entries[n])]])),
  ['README.md', await index(lib)]
])
write('layers', [
  ...(await each(Object.keys(layers.entries), async (n) => [[`${n}.md`, await layers.page(lib, all, n)]])),
  ['README.md', layers.index(all)]
])
