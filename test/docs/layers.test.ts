/** The pages of layers are what source and library say: `npm run pages` writes them anew. */
import { readFileSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import * as gelato from '../../src/index.ts'

const root = resolve(import.meta.dirname, '../..')
const folder = join(root, 'docs', 'layers')

type Sources = readonly (readonly [string, string])[]
interface Option { readonly name: string; readonly doc: string }
const script = async <T>(file: string): Promise<T> => (await import(pathToFileURL(join(root, 'scripts', 'pages', 'layers', file)).href)) as T
const { entries, index, page, told, unsaid } = await script<{
  readonly entries: Readonly<Record<string, { readonly members?: readonly string[] }>>
  readonly index: (all: Sources) => string
  readonly page: (lib: object, all: Sources, name: string) => Promise<string>
  readonly told: (all: Sources, name: string) => readonly { readonly doc: string; readonly options: readonly Option[] }[]
  readonly unsaid: (options: readonly Option[]) => readonly string[]
}>('page.mjs')
const { sources } = await script<{ readonly sources: (root: string) => Sources }>('source.mjs')

const all = sources(root)
const file = (name: string): string => readFileSync(join(folder, name), 'utf8')

/** What else the namespace holds: parts for layers of one's own, selectors, names, and `activation`, which is `nonlinearity`. */
const others: readonly string[] = [
  'isNetwork', 'plain', 'activationNames', 'nonlinearities', 'begin', 'joining', 'unary', 'unaryOr', 'elaborate', 'activation', 'lastLayer', 'not'
]

test('every layer has a page, and every page a layer', () => {
  const layers = Object.keys(gelato.Layer).filter((n) => !others.includes(n)).sort()
  expect(Object.entries(entries).flatMap(([name, { members = [name] }]) => members).sort()).toEqual(layers)
  expect(readdirSync(folder).sort()).toEqual(['README.md', ...Object.keys(entries).map((n) => `${n}.md`)].sort())
})

test('the index is what the generator writes', () => expect(file('README.md')).toBe(index(all)))

describe.each(Object.keys(entries))('%s', (name) => {
  test('its page is what the generator writes', async () => expect(file(`${name}.md`), 'npm run pages').toBe(await page(gelato, all, name)))
  test('the source says what it is and what each option means', () => {
    for (const { doc, options } of told(all, name)) {
      expect(doc).toMatch(/\S+ \S+/)
      expect(unsaid(options)).toEqual([])
    }
  })
})
