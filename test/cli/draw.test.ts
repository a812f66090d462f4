import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Plot } from '../../src/index.ts'
import { save, toSvg } from '../../src/cli/draw.ts'
import { left, right } from './either.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gelato-'))
})
afterAll(() => rm(folder, { recursive: true }))

const plot = Plot.lossCurve({ loss: [3, 2, 1.5, 1.25] })

it('writes a plot as SVG, PNG or its specification, by the ending', async () => {
  const [svg, png, json] = ['a.svg', 'a.PNG', 'new/a.vl.json'].map((f) => join(folder, f))
  for (const f of [svg, png, json]) expect(right(await save(f)(plot)())).toBe(f)
  expect(await readFile(svg, 'utf8')).toMatch(/^<svg[^>]* role="img"[^>]*><title>Loss by step<\/title>/)
  expect((await readFile(png)).subarray(1, 4).toString()).toBe('PNG')
  expect(JSON.parse(await readFile(json, 'utf8'))).toEqual(JSON.parse(JSON.stringify(plot)))
})

it('draws what was restyled, with the title as a text or none', async () => {
  for (const [title, said] of [['Mine', 'Mine'], [undefined, 'a plot'], [{ text: ['a', 'b'] }, 'a b']] as const)
    expect(right(await toSvg({ ...plot, title, description: undefined })())).toContain(`aria-label="${said}"><title>${said}</title>`)
})

it('says what it can not draw or write', async () => {
  expect(left(await save(join(folder, 'a.pdf'))(plot)())).toMatchObject({ _tag: 'BadOption', need: expect.stringContaining('.svg') })
  expect(left(await save(undefined as never)(plot)())).toMatchObject({ _tag: 'BadOption' })
  expect(left(await save(join(import.meta.filename, 'a.svg'))(plot)())).toMatchObject({ _tag: 'CannotWrite' })
  for (const wrong of [undefined, null, 3]) expect(left(await toSvg(wrong as never)())).toMatchObject({ _tag: 'CannotDraw', hint: expect.stringContaining('Plot.lossCurve') })
  expect(left(await toSvg({ mark: 'nothing' })())).toMatchObject({ _tag: 'CannotDraw' })
})
