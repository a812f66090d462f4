/**
 * The kinds of errors that the sources make. A function makes errors if it takes their
 * kind as an argument called `tag` (`gelatoError` and `fail` do, and helpers that add a
 * place to them); every PascalCase word at that argument of a call is a kind. So is the
 * `tag` of a record from which an error is made later.
 */
import { readFileSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'

const src = resolve(import.meta.dirname, '../../src')

/** The arguments of a call or a definition, as texts, from behind the bracket on. */
const argumentsAt = (text: string, from: number): readonly string[] => {
  const out = ['']
  let depth = 0, quote: string | undefined
  for (let i = from; i < text.length; i++) {
    const c = text[i]
    if (quote !== undefined) {
      if (c === quote && text[i - 1] !== '\\') quote = undefined
    } else if (c === "'" || c === '"' || c === '`') quote = c
    else if ('([{'.includes(c)) depth++
    else if (')]}'.includes(c)) {
      if (depth === 0) break
      depth--
    } else if (c === ',' && depth === 0) {
      out.push('')
      continue
    }
    out[out.length - 1] += c
  }
  return out
}

/** Functions that take a kind, with its place among their arguments. */
const makersIn = (text: string): readonly (readonly [string, number])[] =>
  [...text.matchAll(/\bconst (\w+) =\s*\(/g)].flatMap((m) => {
    const at = argumentsAt(text, m.index + m[0].length).findIndex((a) => /^\s*_?tag: string$/.test(a))
    return at < 0 ? [] : [[m[1], at] as const]
  })

/** Kinds of errors in texts, each with the files it is made in. */
export const tagsIn = (files: Readonly<Record<string, string>>): ReadonlyMap<string, readonly string[]> => {
  const makers = new Map(Object.values(files).flatMap(makersIn))
  const call = new RegExp(`\\b(${[...makers.keys()].join('|')})\\(`, 'g')
  const out = new Map<string, readonly string[]>()
  for (const [file, text] of Object.entries(files)) {
    const called = [...text.matchAll(call)].flatMap((m) => [...(argumentsAt(text, m.index + m[0].length)[makers.get(m[1]) as number] ?? '').matchAll(/'([A-Z]\w+)'/g)])
    for (const [, tag] of [...called, ...text.matchAll(/\btag: '([A-Z]\w+)'/g)]) out.set(tag, [...new Set([...(out.get(tag) ?? []), file])])
  }
  return out
}

/** Kinds of errors of the sources. */
export const errorTags = (): ReadonlyMap<string, readonly string[]> =>
  tagsIn(Object.fromEntries(
    readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.ts') && f !== 'shaders.ts').sort()
      .map((f) => [f.replaceAll('\\', '/'), readFileSync(join(src, f), 'utf8')])))
