// Runs an example: `node docs/example.mjs two-moons`. It is TypeScript over the sources of this
// checkout, so nothing has to be built first; in a project of your own, import 'gelato-gpu' from npm.
import { existsSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { embed } from '../scripts/embed-shaders.mjs'

const docs = dirname(fileURLToPath(import.meta.url))
// The Vite of the library's own tests: the one beside this file belongs to VitePress and is older.
const { runnerImport } = await import(pathToFileURL(createRequire(join(docs, '..', 'package.json')).resolve('vite')).href)
const file = join(docs, 'examples', `${process.argv[2]}.ts`)
if (process.argv[2] === undefined || !existsSync(file)) {
  const names = readdirSync(join(docs, 'examples')).filter((f) => f.endsWith('.ts')).map((f) => f.replace(/\.ts$/, ''))
  console.error(`usage: node docs/example.mjs ${names.join('|')}`)
  process.exit(1)
}
embed()
await runnerImport(file, {
  root: dirname(docs),
  configFile: false,
  logLevel: 'error',
  resolve: { alias: { 'gelato-gpu': join(docs, '..', 'src', 'index.ts') } }
})
