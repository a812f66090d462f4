/**
 * The examples of the documentation as modules: every fence of README.md and docs/
 * that begins with ```ts run, and every `@example` in a doc comment of src.
 *
 * The programs in docs/examples are examples too; their first comment has the same words,
 * after `In tests:`, and arguments (`--quick`); what they print is not shown.
 *
 * Words after `run` in a fence: `gpu` (needs a device), `steps=30` (what stands after
 * `steps:` becomes 30, and so for any option), `small` (`Dataset.mnist()` gives its
 * first 512 training and 200 test images), `mistyped` (shows what the types refuse).
 * Doc comments: names that the example doesn't declare come from its own module, then
 * from the public face, then from `fixtures.ts`; whatever awaits needs a device.
 * A line that ends in `// => value` is asserted: value is an expression; host arrays
 * and typed arrays are compared as arrays, tensors by their text. `// ≈ value` asserts
 * it to four digits.
 * Networks and models that an example names at its left edge must be free of problems,
 * unless it calls them `wrong`: one that is broken is a value like any other.
 */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')
const folder = join(root, '.cache', 'docs')

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** One example: where it stands, its text, and whether it needs a device. */
export interface Example {
  readonly name: string
  readonly code: string
  readonly device: boolean
  /** As the page shows it, before what the fence's words change; of fences only. */
  readonly shown?: { readonly code: string; readonly line: number; readonly mistyped: boolean }
  /** The file whose exports are in scope; absent for pages, which import for themselves. */
  readonly own?: string
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

const lineOf = (text: string, at: number): number => text.slice(0, at).split('\n').length

const reduced = (code: string, words: readonly string[]): string =>
  words.reduce((c, w) => {
    const [, key, value] = /^(\w+)=(.+)$/.exec(w) ?? []
    return key !== undefined ? c.replace(new RegExp(`\\b${key}: [\\d_]+`, 'g'), `${key}: ${value}`)
      : w === 'small' ? c.replaceAll('Dataset.mnist()', 'smallMnist()') : c
  }, code)

const inPage = (file: string): readonly Example[] => {
  const text = readFileSync(join(root, file), 'utf8')
  return [...text.matchAll(/^```ts run\b([^\n]*)\n([\s\S]*?)^```/gm)].map((m): Example => {
    const words = m[1].trim().split(/\s+/)
    const line = lineOf(text, m.index)
    return { name: `${file}:${line}`, code: reduced(m[2], words), device: words.includes('gpu'), shown: { code: m[2], line, mistyped: words.includes('mistyped') } }
  })
}

const inProgram = (file: string): Example => {
  const text = readFileSync(join(root, file), 'utf8')
  const words = /^ \* In tests: (.*)$/m.exec(text)?.[1].trim().split(/\s+/) ?? []
  const given = words.filter((w) => w.startsWith('--')).map((w) => JSON.stringify(w)).join(', ')
  const quiet = 'const console = { log: (..._: readonly unknown[]) => {} }'
  const process = `const process = Object.create(globalThis.process, { argv: { value: ['node', 'example', ${given}] } })`
  return { name: file, code: reduced([quiet, process, text].join('\n'), words), device: words.includes('gpu') }
}

const inSource = (file: string): readonly Example[] => {
  const text = readFileSync(join(root, file), 'utf8')
  return [...text.matchAll(/@example[^\n]*\n([\s\S]*?)\*\//g)].map((m): Example => {
    const code = m[1].split('\n').map((l) => l.replace(/^\s*\* ?/, '')).join('\n').split(/^@\w/m)[0].trim()
    return { name: `${file}:${lineOf(text, m.index)}`, code, device: /\bawait\b/.test(code), own: file }
  })
}

/** README.md and the pages under docs, by path. */
export const pages = (): readonly string[] => [
  'README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map((f) => `docs/${f.replaceAll('\\', '/')}`)
    .filter((f) => f.endsWith('.md') && !/^docs\/(reference|source|\.vitepress)\/|node_modules\//.test(f)).sort()
]

/** The programs in docs/examples, by path. */
export const programs = (): readonly string[] => readdirSync(join(root, 'docs', 'examples')).filter((f) => f.endsWith('.ts')).sort().map((f) => `docs/examples/${f}`)

/** Every example of the documentation. */
export const examples = (): readonly Example[] => [
  ...pages().flatMap(inPage),
  ...programs().map(inProgram),
  ...readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).map((f) => `src/${f.replaceAll('\\', '/')}`)
    .filter((f) => f.endsWith('.ts') && f !== 'src/shaders.ts').sort().flatMap(inSource)
]

// -----------------------------------------------------------------------------
// modules
// -----------------------------------------------------------------------------

const asserted = (code: string): string =>
  code.split('\n').map((line) => {
    const m = /^(\s*)(?:(const\s+([[{]?\s*\w+\s*[\]}]?)\s*=\s*.*?)|(.*?))\s*\/\/ (=>|≈) (.+)$/.exec(line)
    if (m === null) return line
    const [, indent, declaration, target, expression, sign, value] = m
    const same = sign === '=>' ? 'docsSame' : 'docsNear'
    return declaration === undefined
      ? `${indent}${same}(${expression}, ${value})`
      : `${indent}${declaration}\n${indent}${same}(${target.replace(/[[\]{}\s]/g, '')}, ${value})`
  }).join('\n')

/** Names that an example gives at its left edge; `wrong` is what an example calls what it shows to be wrong. */
const kept = (code: string): readonly string[] => [...code.matchAll(/^const (\w+) =/gm)].map((m) => m[1]).filter((n) => n !== 'wrong')

const from = (file: string): string => JSON.stringify(relative(folder, join(root, file)).replaceAll('\\', '/'))

const words = (code: string): ReadonlySet<string> => new Set(code.replace(/'[^'\n]*'/g, "''").match(/(?<![.\w$])[A-Za-z_]\w*/g) ?? [])
const declared = (code: string): readonly string[] => [...code.matchAll(/\b(?:const|let)\s+(?:(\w+)|[[{]([^\]}]*)[\]}])/g)].flatMap((m) => (m[1] ?? m[2]).split(',').map((s) => s.split(':').pop()?.trim() ?? ''))
  // const a = ..., b = ... on one line.
  .concat([...code.matchAll(/, (\w+) = /g)].map((m) => m[1]))

/** Writes an example as a module; its default export runs it. Returns the path. */
export const moduleOf = async (e: Example): Promise<string> => {
  mkdirSync(folder, { recursive: true })
  const scope: [string, readonly string[]][] = []
  if (e.own !== undefined) {
    const wanted = new Set([...words(e.code)].filter((w) => !declared(e.code).includes(w)))
    for (const file of [e.own, 'src/index.ts', 'test/docs/fixtures.ts']) {
      const names = Object.keys((await import(join(root, file))) as object).filter((n) => wanted.delete(n))
      if (names.length > 0) scope.push([file, names])
    }
  }
  const code = asserted(e.code)
  const imports = [...code.matchAll(/^import [^\n]*$/gm)].map((m) => m[0].replace(/['"]gelato-gpu['"]/, from('src/index.ts')).replace(/['"]gelato-gpu\/draw['"]/, from('src/cli/draw.ts')))
  const text = [
    `// ${e.name}`,
    ...imports,
    ...scope.map(([file, names]) => `import { ${names.join(', ')} } from ${from(file)}`),
    `import { docsNear, docsSame, docsSound } from ${from('test/docs/same.ts')}`,
    ...(code.includes('smallMnist()') ? [`import { smallMnist } from ${from('test/docs/fixtures.ts')}`] : []),
    'export default async () => {',
    code.replace(/^import [^\n]*$/gm, ''),
    `docsSound({ ${kept(code).join(', ')} })`,
    '}',
    ''
  ].join('\n')
  const path = join(folder, `${e.name.replace(/[^\w]+/g, '-')}.ts`)
  writeFileSync(path, text)
  return path
}

/** Runs an example; rejects with what it throws. */
export const runExample = async (e: Example): Promise<void> => {
  const m = (await import(/* @vite-ignore */ await moduleOf(e))) as { readonly default: () => Promise<void> }
  await m.default()
}

/** Folder of what examples write. */
export const outFolder = dirname(join(folder, 'out'))
