/** The law of the rooms: what may import what, and what no source file may hold. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const src = resolve(import.meta.dirname, '../../src')

// In reading order: a file imports from its own room and from those before it.
const rooms = [
  'error.ts', 'fp.ts', 'tags.ts', 'shaders.ts', 'random', 'tensor', 'dist', 'spec', 'layer', 'model', 'dataset', 'compile', 'gpu',
  'reference', 'run', 'infer', 'predict', 'data', 'io', 'plot', 'cli', 'index.ts'
]
// These two hold each other's types: errors are combined with fp-ts.
const peers = ['error.ts', 'fp.ts']

const mayTouchNode = (file: string): boolean => file === 'gpu/node.ts' || /^(data\/node|io\/node|cli)\//.test(file)

const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .map((f) => f.replaceAll('\\', '/'))
  .filter((f) => f.endsWith('.ts'))
  .sort()
const own = files.filter((f) => f !== 'shaders.ts')
const text = (file: string): string => readFileSync(join(src, file), 'utf8')
const code = (file: string): string => text(file).replace(/\/\*[\s\S]*?\*\//g, (c) => c.replace(/[^\n]/g, ' ')).replace(/(^|[^:'"])\/\/[^\n]*/g, '$1')
const room = (file: string): string => file.split('/')[0]

/** Specifiers of a file's imports and re-exports, static and dynamic. */
const imports = (file: string): readonly string[] =>
  [...code(file).matchAll(/(?:^|\n)\s*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]|(?:^|\n)\s*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g)].map(
    (m) => m[1] ?? m[2] ?? m[3]
  )

const offences = (test: (file: string) => readonly string[]): readonly string[] => own.flatMap((f) => test(f).map((o) => `${f}: ${o}`))

describe('the house', () => {
  it('has only the rooms of the list', () => {
    expect(own.filter((f) => !rooms.includes(room(f)))).toEqual([])
  })

  it('imports only upward', () => {
    expect(
      offences((file) =>
        imports(file)
          .filter((s) => s.startsWith('.'))
          .flatMap((s) => {
            const target = relative(src, resolve(src, dirname(file), s)).replaceAll('\\', '/')
            const [from, to] = [room(file), room(target)]
            const upward = from === to || (peers.includes(from) && peers.includes(to)) || rooms.indexOf(to) < rooms.indexOf(from)
            return upward && to !== 'index.ts' ? [] : [s]
          })
      )
    ).toEqual([])
  })

  it('imports files that exist, by their .ts name', () => {
    expect(
      offences((file) => imports(file).filter((s) => s.startsWith('.') && s !== './shaders.ts' && (!s.endsWith('.ts') || !existsSync(resolve(src, dirname(file), s)))))
    ).toEqual([])
  })

  it('touches Node only in its four places', () => {
    expect(offences((file) => (mayTouchNode(file) ? [] : imports(file).filter((s) => s.startsWith('node:'))))).toEqual([])
  })

  it('names fp-ts only in src/fp.ts', () => {
    expect(offences((file) => (file === 'fp.ts' ? [] : imports(file).filter((s) => s.startsWith('fp-ts'))))).toEqual([])
  })

  it('has no file over 600 lines', () => {
    expect(offences((file) => (text(file).split('\n').length > 601 ? [`${text(file).split('\n').length} lines`] : []))).toEqual([])
  })

  it('has no variable of a module outside src/gpu', () => {
    expect(offences((file) => (room(file) === 'gpu' ? [] : (code(file).match(/^(export\s+)?(let|var)\b.*/gm) ?? [])))).toEqual([])
  })

  it('has no class, any or silenced type error', () => {
    expect(
      offences((file) => [
        ...(code(file).match(/^\s*(export\s+)?(abstract\s+)?class\s+\w+.*/gm) ?? []),
        ...(code(file).match(/(:|\bas|<)\s*any\b[^\n]*/g) ?? []),
        ...(text(file).match(/@ts-(ignore|nocheck|expect-error)[^\n]*/g) ?? [])
      ])
    ).toEqual([])
  })

  it('opens every file with a comment that says what it is', () => {
    expect(offences((file) => (/^(#![^\n]*\n)?\s*\/[/*]/.test(text(file)) ? [] : ['no header comment']))).toEqual([])
  })
})
