// Writes src/shaders.ts from shaders/: every `lib/**/*.wgsl` into `libraries`, every
// `kernels/**/*.wgsl` into `kernels`, keyed by path without folder and extension. The
// WGSL files are the source; the module is what Node, a browser and the tests read.
// It is not kept in git. The file is replaced in one move, and only when it changes.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')

/** Without lines that are a comment alone, but for the first, which names libraries: a third of what a browser would load. */
const bare = (text) => text.split('\n').filter((line, i) => i === 0 || !/^\s*\/\//.test(line)).join('\n')

const texts = (folder) => {
  const base = join(root, 'shaders', folder)
  if (!existsSync(base)) return {}
  const files = readdirSync(base, { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.wgsl')).sort()
  return Object.fromEntries(files.map((f) => [f.replaceAll('\\', '/').slice(0, -'.wgsl'.length), bare(readFileSync(join(base, f), 'utf8'))]))
}

const table = (name, doc, entries) =>
  [
    `/** ${doc} */`,
    `export const ${name}: Readonly<Record<string, string>> = {`,
    Object.entries(entries)
      .map(([k, text]) => `  ${JSON.stringify(k)}: ${JSON.stringify(text)}`)
      .join(',\n'),
    '}',
    ''
  ].join('\n')

/** Regenerates src/shaders.ts; true when the file changed. */
export const embed = () => {
  const text = [
    '// Generated from shaders/ by scripts/embed-shaders.mjs. Edit the WGSL files instead.',
    '',
    table('libraries', 'WGSL function libraries by name.', texts('lib')),
    table('kernels', 'WGSL kernels with entry point `main`, by name.', texts('kernels'))
  ].join('\n')
  const out = join(root, 'src', 'shaders.ts')
  if (existsSync(out) && readFileSync(out, 'utf8') === text) return false
  mkdirSync(dirname(out), { recursive: true })
  const next = `${out}.${process.pid}.tmp`
  writeFileSync(next, text)
  renameSync(next, out)
  return true
}

// Also a vitest global setup, which calls the default export.
export default () => {
  embed()
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) embed()
