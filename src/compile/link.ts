/**
 * The linker: one WGSL text from a kernel and the libraries it names.
 *
 * WGSL has no include, and override constants can't size register tiles, so variants are
 * made by text: libraries are put before the kernel, dependencies first and each once;
 * `const` knobs, the kernel's or a library's, get their values; hooks, functions whose
 * default is the identity, are replaced whole; the bindings a hook needs are appended
 * after the kernel's own.
 *
 * Laws: pure text to text; a library, knob or hook that doesn't exist is a Left; a link
 * without knobs and hooks has the kernel's own meaning; equal inputs give equal text.
 */
import { all, didYouMean, fail, union } from '../error.ts'
import type { GelatoErrors } from '../error.ts'
import { E, pipe } from '../fp.ts'
import type { Either } from '../fp.ts'
import type { Access } from './program.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** A storage binding that a hook needs, by the name the hook uses. */
export interface ExtraBinding {
  readonly name: string
  /** WGSL type, such as `array<f32>`. */
  readonly type: string
  readonly access: Access
}

/** How a text is specialised: all parts optional. */
export interface Specialisation {
  /** Lanes of the aliases F, U, I, B: scalars (1, the default) or 4-vectors. */
  readonly width?: 1 | 4
  /** Values of `const NAME: type = ...;` lines of the kernel and its libraries. */
  readonly knobs?: Readonly<Record<string, number>>
  /** Function name to the whole text of the function that takes its place. */
  readonly hooks?: Readonly<Record<string, string>>
  /** Storage bindings the hooks need, numbered after the kernel's own. */
  readonly extra?: readonly ExtraBinding[]
  /** Libraries the hooks need beside those the kernel names. */
  readonly uses?: readonly string[]
  /** Uniform words the hooks need: `p.hook`, vectors of four behind the kernel's own parameters. */
  readonly words?: number
}

/** A kernel's text with the libraries it may name. */
export interface LinkInput extends Specialisation {
  readonly kernel: string
  readonly libraries: Readonly<Record<string, string>>
}

/** A whole WGSL module and its storage bindings 1..n in order. */
export interface Linked {
  readonly wgsl: string
  readonly bindings: readonly Access[]
}

// -----------------------------------------------------------------------------
// combinators
// -----------------------------------------------------------------------------

const aliases = (width: 1 | 4): string =>
  [
    ['F', 'f32'],
    ['U', 'u32'],
    ['I', 'i32'],
    ['B', 'bool']
  ]
    .map(([a, t]) => `alias ${a} = ${width === 1 ? t : `vec4<${t}>`};`)
    .join('\n')

/** The names on a text's `// uses:` first line. */
export const usesOf = (text: string): readonly string[] => {
  const m = /^\s*\/\/[ \t]*uses:(.*)/.exec(text)
  return m === null
    ? []
    : m[1]
        .split(',')
        .map((s) => s.trim())
        .filter((s) => s !== '')
}

// The same length, comments blanked, so that positions stay those of the text.
const withoutComments = (text: string): string =>
  text.replace(/\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (c) => c.replace(/[^\n]/g, ' '))

const escaped = (name: string): string => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

// Names of libraries reached from `roots`, dependencies first, each once.
const ordered = (
  roots: readonly string[],
  libraries: Readonly<Record<string, string>>
): Either<GelatoErrors, readonly string[]> => {
  const done: string[] = []
  const errors: GelatoErrors[] = []
  const visit = (name: string, trail: readonly string[]): void => {
    if (done.includes(name)) return
    const text = Object.hasOwn(libraries, name) ? libraries[name] : undefined
    const bad =
      text === undefined
        ? fail('UnknownLibrary', [...trail, name], `library '${name}'`, 'a file of shaders/lib', didYouMean(name, Object.keys(libraries)))
        : trail.includes(name)
          ? fail('LibraryCycle', [...trail, name], `${[...trail, name].join(' uses ')}`, 'libraries without cycles', 'move what both need into a third')
          : undefined
    if (bad !== undefined) {
      errors.push((bad as { left: GelatoErrors }).left)
      return
    }
    for (const dependency of usesOf(text as string)) visit(dependency, [...trail, name])
    if (!done.includes(name)) done.push(name)
  }
  for (const root of roots) visit(root, [])
  return errors.length > 0 ? E.left(union(errors)) : E.right(done)
}

const literal = (value: number, type: string | undefined): string | undefined => {
  if (type === 'f32' || (type === undefined && !Number.isInteger(value)))
    return !Number.isFinite(value) ? undefined : /[.e]/.test(String(value)) ? `${value}f` : `${value}.0f`
  const fits = Number.isInteger(value) && (type === 'u32' ? value >= 0 && value < 2 ** 32 : Math.abs(value) < 2 ** 31)
  return !fits ? undefined : type === 'u32' ? `${value}u` : type === 'i32' ? `${value}i` : String(value)
}

const withKnob =
  (name: string, value: number) =>
  (text: string): Either<GelatoErrors, string> => {
    const found = new RegExp(`^([ \\t]*const[ \\t]+${escaped(name)}[ \\t]*(?::[ \\t]*(\\w+)[ \\t]*)?=)[^;]*;`, 'm').exec(withoutComments(text))
    if (found === null) {
      const names = [...withoutComments(text).matchAll(/^[ \t]*const[ \t]+(\w+)/gm)].map((m) => m[1])
      return fail('UnknownKnob', [name], `knob '${name}'`, `one of ${names.join(', ') || 'none: the kernel has no const'}`, didYouMean(name, names))
    }
    const word = literal(value, found[2])
    return word === undefined
      ? fail('BadKnob', [name], String(value), `a value of type ${found[2]}`, 'give a number in range')
      : E.right(`${text.slice(0, found.index)}${found[1]} ${word};${text.slice(found.index + found[0].length)}`)
  }

const withHook =
  (name: string, replacement: string) =>
  (text: string): Either<GelatoErrors, string> => {
    const bare = withoutComments(text)
    const found = new RegExp(`^[ \\t]*fn[ \\t]+${escaped(name)}[ \\t]*\\(`, 'm').exec(bare)
    if (found === null) {
      const names = [...bare.matchAll(/^[ \t]*fn[ \t]+(\w+)/gm)].map((m) => m[1]).filter((n) => n !== 'main')
      return fail('UnknownHook', [name], `hook '${name}'`, `one of ${names.join(', ') || 'none: the kernel has no hook'}`, didYouMean(name, names))
    }
    if (!new RegExp(`\\bfn[ \\t]+${escaped(name)}[ \\t]*\\(`).test(withoutComments(replacement)))
      return fail('BadHook', [name], replacement.slice(0, 60), `the whole text of a function '${name}'`, `start it with 'fn ${name}('`)
    let end = bare.indexOf('{', found.index)
    let depth = 0
    do {
      depth += bare[end] === '{' ? 1 : bare[end] === '}' ? -1 : 0
      end++
    } while (depth > 0 && end < bare.length)
    return depth > 0
      ? fail('BadHook', [name], `'${name}' has no end`, 'balanced braces', 'close the function in the kernel')
      : E.right(text.slice(0, found.index) + replacement.trim() + text.slice(end))
  }

const withWords =
  (words: number) =>
  (text: string): Either<GelatoErrors, string> => {
    const found = /struct[ \t]+Params[ \t]*\{[^}]*\}/.exec(withoutComments(text))
    if (found === null) return fail('BadHook', ['Params'], 'a kernel without Params', 'a struct Params that hooks can add words to', 'declare the uniform block as struct Params')
    const own = text.slice(found.index, found.index + found[0].length - 1).trimEnd()
    return E.right(`${text.slice(0, found.index)}${own}${own.endsWith(',') ? '' : ','} hook: array<vec4<u32>, ${Math.ceil(words / 4)}> }${text.slice(found.index + found[0].length)}`)
  }

// Accesses of the storage bindings of group 0, which must be 1..n without gaps.
const bindingsOf = (text: string): Either<GelatoErrors, readonly Access[]> => {
  const byNumber = new Map<number, Access>()
  for (const m of withoutComments(text).matchAll(/((?:@\w+\s*\([^)]*\)\s*)+)var\s*<\s*storage\s*(?:,\s*(\w+)\s*)?>/g)) {
    const number = /@binding\s*\(\s*(\d+)/.exec(m[1])
    if (number !== null) byNumber.set(Number(number[1]), m[2] === 'read_write' ? 'write' : 'read')
  }
  const access = Array.from({ length: byNumber.size }, (_, i) => byNumber.get(i + 1))
  return access.includes(undefined)
    ? fail('BadBindings', [], `storage bindings ${[...byNumber.keys()].join(', ')}`, 'numbers from 1 without gaps', 'renumber the bindings of the kernel')
    : E.right(access as readonly Access[])
}

// Directives must stand before every declaration of the whole module.
const hoisted = (text: string): string => {
  const directives: string[] = []
  const rest = text.replace(/^[ \t]*(enable|requires|diagnostic)\b[^;{}]*;/gm, (d) => {
    if (!directives.includes(d.trim())) directives.push(d.trim())
    return ''
  })
  return [...directives, rest].join('\n')
}

const folded = (
  text: string,
  steps: readonly ((t: string) => Either<GelatoErrors, string>)[]
): Either<GelatoErrors, string> => {
  // Each step is tried on the text so far, so that independent mistakes come back together.
  let now = text
  const results = steps.map((step) => {
    const next = step(now)
    if (E.isRight(next)) now = next.right
    return next
  })
  return pipe(
    all(results),
    E.map(() => now)
  )
}

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/**
 * Links a kernel: the text of one module with entry point `main`, and how it sees its
 * storage bindings. Left: `UnknownLibrary`, `LibraryCycle`, `UnknownKnob`, `BadKnob`,
 * `UnknownHook`, `BadHook`, `BadBindings`, as many as there are.
 *
 * @example
 * link({ kernel: kernels.matmul, libraries, knobs: { TM: 8 }, hooks: { epilogue: 'fn epilogue(v: f32, i: u32) -> f32 { return v + bias[i]; }' },
 *   extra: [{ name: 'bias', type: 'array<f32>', access: 'read' }] })
 */
export const link = (input: LinkInput): Either<GelatoErrors, Linked> => {
  const { kernel, libraries, width = 1, knobs = {}, hooks = {}, extra = [], uses = [], words = 0 } = input
  const names = ordered([...usesOf(kernel), ...uses], libraries)
  const texts = E.isRight(names) ? names.right.map((n) => libraries[n]) : []
  const body = folded([...texts, kernel].join('\n'), [
    ...Object.entries(knobs).map(([n, v]) => withKnob(n, v)),
    ...Object.entries(hooks).map(([n, t]) => withHook(n, t)),
    ...(words > 0 ? [withWords(words)] : [])
  ])
  const own = bindingsOf(kernel)
  const failed = [names, body, own].filter(E.isLeft)
  if (failed.length > 0) return E.left(union(failed.map((f) => f.left)))
  const first = (own as { right: readonly Access[] }).right
  const added = extra.map(
    (x, i) => `@group(0) @binding(${first.length + 1 + i}) var<storage, ${x.access === 'write' ? 'read_write' : 'read'}> ${x.name}: ${x.type};`
  )
  const wgsl = hoisted([aliases(width), (body as { right: string }).right, ...added].join('\n'))
  return E.right({ wgsl: `${wgsl.trim()}\n`, bindings: [...first, ...extra.map((x) => x.access)] })
}
