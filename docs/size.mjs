// Records how much of the library a browser loads in figures/size.json, from which `node docs/numbers.mjs`
// makes the page's table: `node docs/size.mjs`. The bundles are those of scripts/bundle.mjs.
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { size } from '../scripts/bundle.mjs'

const docs = dirname(fileURLToPath(import.meta.url))
const words = { all: 'every name', core: 'every name but plots', program: 'a program that fits and predicts' }
const bundles = {}
for (const [what, label] of Object.entries(words)) {
  bundles[label] = await size(what)
  const { first, later } = bundles[label]
  console.log(`${label}: ${first.minified} bytes, ${first.gzip} gzipped; later ${later.minified}, ${later.gzip} gzipped`)
}
writeFileSync(join(docs, 'figures', 'size.json'), `${JSON.stringify({ bundles }, null, 2)}\n`)
