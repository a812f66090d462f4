// What the writers of pages share: paragraphs in lines, and examples whose results are
// worked out by running them.

const DIGITS = 5

/** A number in a few digits. */
export const number = (x) => (Number.isFinite(x) ? String(Number(x.toPrecision(DIGITS)) + 0) : String(x))

/** A result as an expression that the examples' checker compares with. */
const literal = (x) => {
  if (typeof x === 'number') return number(x)
  if (typeof x === 'string') return `'${x}'`
  if (typeof x === 'boolean') return String(x)
  if (Array.isArray(x) || ArrayBuffer.isView(x)) return `[${Array.from(x, literal).join(', ')}]`
  if (x?._tag === 'Right') return `E.right(${literal(x.right)})`
  throw new Error(`an example gives ${JSON.stringify(x)}`)
}

const NAMES = ['E', 'Dist', 'Layer', 'Likelihood', 'Model', 'Spec', 'Tensor', 'evaluate', 'flow', 'orThrow', 'pipe']
const BLANK = /^(\s*)(.+?)(\s*\/\/ (?:=>|≈) )\?$/
const AsyncFunction = (async () => {}).constructor

/** An example as a fence: its code is run, and each `// => ?` and `// ≈ ?` becomes the line's value. */
export const example = async (lib, code) => {
  const used = NAMES.filter((n) => new RegExp(`(?<![.\\w])${n}\\b`).test(code))
  const lines = code.split('\n')
  const values = []
  const run = new AsyncFunction(...used, 'seen', lines.map((l) => l.replace(BLANK, '$1seen($2)')).join('\n'))
  await run(...used.map((n) => lib[n]), (x) => values.push(x))
  const filled = lines.map((l) => l.replace(BLANK, (_, indent, expression, mark) => `${indent}${expression}${mark}${literal(values.shift())}`))
  return ['```ts run', `import { ${used.join(', ')} } from 'gelato-gpu'`, '', ...filled, '```'].join('\n')
}

const WIDTH = 120

/** A paragraph in lines of at most 120 characters; code between backquotes and links stay whole. */
export const wrap = (paragraph) => {
  const words = paragraph.match(/(?:`[^`]*`|!?\[[^\]]*\]\([^)]*\)|\S)+/g) ?? []
  return words.reduce((lines, w) => {
    const last = lines[lines.length - 1]
    return last === undefined || last.length + 1 + w.length > WIDTH ? [...lines, w] : [...lines.slice(0, -1), `${last} ${w}`]
  }, []).join('\n')
}
