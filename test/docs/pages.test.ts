/** The pages of distributions are those of the table: `npm run pages` writes them anew. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { toSvg } from '../../src/cli/render.ts'
import { familyNames, familyOf } from '../../src/dist/index.ts'
import * as gelato from '../../src/index.ts'
import { plot, theme } from '../../src/plot/spec.ts'
import { docsNear, docsSame, docsSound } from './same.ts'

const root = resolve(import.meta.dirname, '../..')
const folder = join(root, 'docs', 'distributions')
const lib = { ...gelato, plot, theme, toSvg }

interface Entry {
  readonly title: string
  readonly params: Readonly<Record<string, string>>
  readonly settings: readonly Readonly<Record<string, unknown>>[]
}
interface Group {
  readonly title: string
  readonly families: Readonly<Record<string, Entry>>
}

const script = async <T>(file: string): Promise<T> => (await import(pathToFileURL(join(root, 'scripts', 'pages', file)).href)) as T
const { entries, groups, bijectors } = await script<{ readonly entries: Readonly<Record<string, Entry>>; readonly groups: readonly Group[]; readonly bijectors: Readonly<Record<string, { readonly x: string; readonly log: string }>> }>('families.mjs')
const { index, page } = await script<{
  readonly index: (lib: object) => Promise<string>
  readonly page: (lib: object, name: string, source: string) => Promise<string>
}>('page.mjs')
const { draw } = await script<{ readonly draw: (lib: object, name: string, e: Entry) => Promise<string> }>('figure.mjs')
const { sourceOf } = await script<{ readonly sourceOf: (root: string, name: string) => string }>('source.mjs')

const file = (name: string): string => readFileSync(join(folder, name), 'utf8')

test('every family has a page and a picture, and every page a family', () => {
  const names = [...familyNames].sort()
  expect(Object.keys(entries).sort()).toEqual(names)
  expect(groups.flatMap((g) => Object.keys(g.families)).sort()).toEqual(names)
  expect(readdirSync(folder).sort()).toEqual(['README.md', ...names.flatMap((n) => [`${n}.md`, `${n}.svg`])].sort())
})

test('the index is what the generator writes from the table', async () => expect(file('README.md')).toBe(await index(lib)))

describe.each(Object.keys(entries))('%s', (name) => {
  const e = entries[name], row = familyOf(name as (typeof familyNames)[number])
  test('the page is what the generator writes from the table', async () => {
    expect(file(`${name}.md`), 'npm run pages').toBe(await page(lib, name, sourceOf(root, name)))
  })
  test('the picture is what the generator draws, is small, and has a text', async () => {
    const svg = file(`${name}.svg`)
    expect(svg === (await draw(lib, name, e)), 'npm run pages').toBe(true)
    expect(svg.length).toBeLessThan(15_000)
    expect(svg).toMatch(/^<svg [^>]*role="img" aria-label="[^"]{10,}"><title>/)
    expect(svg).not.toMatch(/NaN|undefined/)
  })
  test('the page tells every parameter and two examples with results', () => {
    const text = file(`${name}.md`)
    expect(Object.keys(e.params).sort()).toEqual(Object.keys(row.params).sort())
    expect(e.settings.every((s) => Object.keys(s).every((k) => k in row.params))).toBe(true)
    expect(text).toContain(row.density)
    expect([...text.matchAll(/^```ts run\n[\s\S]*?\/\/ (?:=>|≈) [^?\n]+\n[\s\S]*?^```/gm)].length).toBe(2)
    expect(text).not.toMatch(/undefined|\bNaN\b|\[object/)
    expect(existsSync(join(root, sourceOf(root, name)))).toBe(true)
  })
})

test('the formulas of the bijectors are what the bijectors do', () => {
  // Elementwise ones as code: softplus, exp and log of u, between bounds.
  const lower = -1, upper = 3, u = [-2, 0, 0.7, 3]
  const { E, Dist, Tensor, interpret, pipe } = gelato, b = Dist.Bijectors
  const all = { Identity: b.identity, Exp: b.exp, Sigmoid: b.sigmoid, Interval: b.interval(Tensor.constant(lower), Tensor.constant(upper)), LowerBound: b.lowerBound(Tensor.constant(lower)), UpperBound: b.upperBound(Tensor.constant(upper)) }
  expect(Object.keys(bijectors).sort()).toEqual([...Object.keys(all), 'StickBreaking', 'CholeskyCorr', 'Ordered'].sort())
  for (const [tag, map] of Object.entries(all)) {
    const formula = (text: string): ((u: number) => number) => {
      const f = new Function('u', 'lower', 'upper', 'exp', 'log', 'softplus', `return ${text}`) as (...xs: readonly unknown[]) => number
      return (v) => f(v, lower, upper, Math.exp, Math.log, (x: number) => Math.log1p(Math.exp(x)))
    }
    const x = Tensor.constant(u)
    const got = pipe(interpret({})([b.forward(map)(x), b.logDetJacobian(map)(x)]), E.map((r) => r.map((t) => Array.from(t.data))), E.toUnion)
    docsNear(got, [u.map(formula(bijectors[tag].x.replace('x = ', ''))), u.map(formula(bijectors[tag].log))])
  }
})

test('a result that is wrong in its fourth digit, or has another form, is seen', () => {
  docsNear([-1.19314, [2]], [-1.1931, [2]])
  expect(() => docsNear(-1.1941, -1.1931)).toThrow()
  expect(() => docsNear([1, 2], [1])).toThrow()
  expect(() => docsNear('1', 1)).toThrow()
  expect(() => docsNear(Infinity, 1e30)).toThrow()
  expect(() => docsSame(1.00001, 1)).toThrow()
})

test('a network or a model with a problem is seen, alone and in a list', () => {
  const { Layer, Model, pipe } = gelato
  const broken = pipe(Layer.input([null, 4], { name: 'x' }), Layer.dense({ units: 0 })), sound = pipe(Layer.input([null, 4], { name: 'x' }), Layer.dense({ units: 1 }))
  docsSound({ sound, model: Model.of(sound), list: [sound], number: 1, nothing: undefined })
  for (const x of [broken, Model.of(broken), [sound, broken]]) expect(() => docsSound({ x })).toThrow(/BadOption/)
})
