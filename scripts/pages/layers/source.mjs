// What the source says of a layer: its doc comment and the options it takes. Reads the
// house's own manner of writing (one `export const name =` a layer, one option a line, a
// doc comment above it); what it can't read is an error, so a page is never silently thin.
import { readFileSync, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'

const files = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((f) => (f.isDirectory() ? files(join(folder, f.name)) : f.name.endsWith('.ts') ? [join(folder, f.name)] : []))

/** The text of a doc comment without stars, up to its first tag. */
const prose = (comment) =>
  comment.split('\n').map((l) => l.replace(/^\s*(?:\/\*\*|\*\/|\*)? ?/, '').replace(/\*\/\s*$/, '').trim()).join('\n').split(/^@/m)[0].trim()

/** The doc comment that ends just before a place. */
const commentBefore = (text, at) => {
  const close = text.slice(0, at).trimEnd()
  return close.endsWith('*/') ? prose(close.slice(close.lastIndexOf('/**'))) : ''
}

/** All sources of the room, by path from the root. */
export const sources = (root) => files(join(root, 'src', 'layer')).map((f) => [relative(root, f), readFileSync(f, 'utf8')])

const declared = (all, pattern, what) => {
  for (const [file, text] of all) {
    const m = pattern.exec(text)
    if (m !== null) return { file, text, at: m.index, m }
  }
  throw new Error(`no file of src/layer declares ${what}`)
}

/** Fields of an interface, those it extends first: `{ name, type, optional, doc }`. */
const fieldsOf = (all, name) => {
  const { text, at, m } = declared(all, new RegExp(`^export interface ${name}(?:<[^{>]*>)?(?: extends ([^{]+?))? \\{`, 'm'), `interface ${name}`)
  const from = at + m[0].length, body = text.slice(from, text.indexOf('\n}', from))
  const inherited = (m[1] ?? '').split(/,(?![^<]*>)/).map((s) => s.trim()).filter((s) => s !== '').flatMap((s) => {
    const omit = /^Omit<(\w+)(?:<\w+>)?, (.+)>$/.exec(s)
    return omit === null ? fieldsOf(all, s.replace(/<.*/, '')) : fieldsOf(all, omit[1]).filter((f) => !omit[2].includes(`'${f.name}'`))
  })
  const own = [...body.matchAll(/((?:\s*\/\*\*(?:[^*]|\*(?!\/))*\*\/)?)\s*readonly (\w+)(\??): ([^\n]+)/g)]
    .map(([, doc, field, mark, type]) => ({ name: field, type: type.replace(/;$/, '').trim(), optional: mark === '?', doc: prose(doc.trim()).replace(/\s*\n\s*/g, ' ') }))
  return [...inherited.filter((f) => !own.some((o) => o.name === f.name)), ...own]
}

/** What the room's own types among those of options are, each once: aliases with their doc comments, records with their fields. */
export const typesIn = (all, options) => {
  const seen = new Set(['Activation', 'Weight', 'OptionalWeight', 'Network', 'Layer', 'Tensor'])
  return options.flatMap((o) => o.type.match(/\b[A-Z]\w+/g) ?? []).flatMap((name) => {
    if (seen.has(name)) return []
    seen.add(name)
    for (const [, text] of all) {
      const alias = new RegExp(`^export type ${name}\\b`, 'm').exec(text)
      if (alias !== null) return [{ name, doc: commentBefore(text, alias.index), fields: [] }]
      const record = new RegExp(`^export interface ${name}\\b`, 'm').exec(text)
      if (record !== null) return [{ name, doc: commentBefore(text, record.index), fields: fieldsOf(all, name) }]
    }
    return []
  })
}

/** File, doc comment and options of a layer; `config` names the interface where its declaration doesn't. */
export const layerSource = (all, name, config) => {
  const { file, text, at } = declared(all, new RegExp(`^export const ${name}\\b`, 'm'), name)
  const rest = text.slice(at), end = rest.slice(1).search(/\n(?:export |\/\*\*|\/\/ ---)/)
  const names = config !== undefined ? [config] : [...rest.slice(0, end < 0 ? undefined : end + 1).matchAll(/\b([A-Z]\w*(?:Config|Options))\b/g)].map((m) => m[1])
  const shape = names.find((n) => all.some(([, t]) => new RegExp(`^export interface ${n}\\b`, 'm').test(t)))
  return { file, doc: commentBefore(text, at), options: shape === undefined ? [] : fieldsOf(all, shape) }
}
