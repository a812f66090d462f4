// The text of the pages of distributions, from the library's own table of families. Pure:
// the library comes as an argument (`src` in the tests, `dist` in the script), and every
// number of a page is worked out by it, in the f64 reference.
import { bijectors, entries, groups, references } from './families.mjs'
import { describe, text } from './figure.mjs'
import { guide } from './guide.mjs'
import { example, number, wrap } from './text.mjs'

// -----------------------------------------------------------------------------
// what the table says
// -----------------------------------------------------------------------------

const domains = {
  real: 'any number', extended: 'any number, -inf or inf', positive: 'above 0', count: 'whole, from 0', probability: 'from 0 to 1',
  simplex: 'probabilities that sum to 1', ordered: 'increasing numbers', cholesky: 'lower triangular, diagonal above 0'
}

/** Parameters as leaves of their own names, so that bounds can be read by name. */
const symbolic = ({ Dist, Tensor }, name) => {
  const { params, oneOf } = Dist.familyOf(name)
  const keys = Object.keys(params).filter((k) => !oneOf.slice(1).includes(k))
  return Dist.make(name, Object.fromEntries(keys.map((k) => [k, Tensor.input(k, Array(params[k].event ?? 0).fill(3))])))
}

const bound = (t) => {
  if (t.op === 'input') return t.attrs.name
  const v = t.attrs.value ?? t.attrs.data?.[0]
  return Math.abs(Math.abs(v) - Math.PI) < 1e-6 ? (v < 0 ? '-pi' : 'pi') : String(v)
}

const supportText = ({ Dist }, name, s) => {
  switch (s._tag) {
    case 'Interval': return `(${bound(s.lower)}, ${bound(s.upper)})`
    case 'LowerBound': return `(${bound(s.lower)}, inf)`
    case 'UpperBound': return `(-inf, ${bound(s.upper)})`
    case 'Classes': return name === 'bernoulli' ? '0 and 1' : '0, 1, ..., K - 1'
    case 'Counts': return s.upper === undefined ? '0, 1, 2, ...' : `0, 1, ..., ${bound(s.upper)}`
    case 'Real': return Dist.familyOf(name).event > 0 ? 'vectors of real numbers' : Dist.Supports.show(s)
    default: return Dist.Supports.show(s)
  }
}

/** The support of a family as text. */
export const supportOf = (lib, name) => supportText(lib, name, lib.Dist.support(symbolic(lib, name)))

const values = ({ interpret }, ts) => {
  const r = interpret({})(ts)
  if (r._tag === 'Left') throw new Error(JSON.stringify(r.left))
  return r.right.map(({ shape, data }) => (shape.length === 0 ? short(data[0]) : nested(Array.from(data, short), shape)))
}
const short = (x) => (x === Infinity ? 'inf' : x === -Infinity ? '-inf' : number(x))
const nested = (flat, shape) =>
  shape.length <= 1 ? `[${flat.join(', ')}]`
    : `[${Array.from({ length: shape[0] }, (_, i) => nested(flat.slice((i * flat.length) / shape[0], ((i + 1) * flat.length) / shape[0]), shape.slice(1))).join(', ')}]`

/** Code of parameters: `{ alpha: 2, beta: 1 }`. */
const braces = (params) => `{ ${Object.entries(params).map(([k, v]) => `${k}: ${text(v)}`).join(', ')} }`
const call = (name, params) => `Dist.${name}(${Object.keys(params).length === 0 ? '' : braces(params)})`

/** Which closed forms there are, with their values at the example's parameters. */
const forms = (lib, name, { params, x }) => {
  const { Dist, Tensor } = lib, d = Dist.make(name, params), row = Dist.familyOf(name)
  const middle = x[Math.floor(x.length / 2)]
  const all = [
    ...['mean', 'variance', 'median', 'mode', 'entropy'].map((k) => [k, k === 'entropy' ? 'entropy, nats' : k, Dist[k](d)]),
    ['cdf', `cdf at ${text(middle)}`, row.event > 0 ? { _tag: 'None' } : Dist.cdf(d)(Tensor.constant(middle))],
    ['quantile', 'quantile at 0.9', Dist.quantile(d)(Tensor.constant(0.9))]
  ]
  const there = all.filter(([, , o]) => o._tag === 'Some'), not = all.filter(([, , o]) => o._tag !== 'Some').map(([k]) => k)
  const got = values(lib, there.map(([, , o]) => o.value))
  return [
    ...(there.length === 0 ? [] : [
      `For \`${call(name, params)}\`:`, '',
      '| form | value |', '|---|---|', ...there.map(([, label], i) => `| ${label} | ${got[i]} |`), ''
    ]),
    ...(not.length === 0 ? [] : [`Without a form (\`O.none\`): ${not.join(', ')}.`, ''])
  ]
}

// -----------------------------------------------------------------------------
// pages
// -----------------------------------------------------------------------------

const parameters = (row, e) => {
  const keys = Object.keys(row.params)
  if (keys.length === 0) return ['None.', '']
  const shape = ['', ', along the last axis', ', in the last two axes']
  const rows = keys.map((k) => {
    const p = row.params[k], given = row.oneOf.includes(k) ? `one of ${row.oneOf.join(', ')}` : p.default === undefined ? 'must be given' : text(p.default)
    return `| \`${k}\` | ${domains[p.domain]}${shape[p.event ?? 0]} | ${given} | ${e.params[k]} |`
  })
  return ['| parameter | domain | default | meaning |', '|---|---|---|---|', ...rows, '']
}

/** What `lower` and `upper` of a formula are, where they are no parameters of these names. */
const bounds = (b) => {
  const told = ['lower', 'upper'].filter((k) => b[k] !== undefined && bound(b[k]) !== k).map((k) => `${k} = ${bound(b[k])}`)
  return told.length === 0 ? '' : `, with ${told.join(' and ')}`
}

const mapping = (lib, name, row, e) => {
  const s = lib.Dist.support(symbolic(lib, name)), b = lib.Dist.Supports.bijectorOf(s), about = bijectors[b._tag]
  if (row.discrete) return [wrap(`Support: ${supportText(lib, name, s)}, whole numbers (i32). They can be observed, not inferred by gradients: it is a likelihood, never a prior (\`DiscretePrior\`).`), '']
  return [
    '| | |', '|---|---|',
    `| support | ${supportText(lib, name, s)} |`,
    `| bijector | \`${lib.Dist.Bijectors.name(b)}\`: ${about.x}${bounds(b)} |`,
    `| log abs(dx / du) | ${about.log} |`, '',
    ...(about.more === undefined ? [] : [about.more, '']),
    ...(e.note === undefined ? [] : [wrap(e.note), ''])
  ]
}

/** The page of a family; `source` is the file of its row. */
export const page = async (lib, name, source) => {
  const { Dist } = lib, e = entries[name], row = Dist.familyOf(name)
  const cited = Object.entries(references).filter(([short]) => row.density.includes(short))
  const logDensity = [
    `const d = ${call(name, e.at.params)}`,
    `const x = Tensor.constant(${text(e.at.x)})`,
    "const [lp] = await orThrow(evaluate([Dist.logDensity(d)(x)], {}, { gpu: 'reference' }))",
    'lp.data   // ≈ ?'
  ].join('\n')
  return [
    `# ${e.title}`, '',
    wrap(e.about), '',
    `![${describe(e)}](${name}.svg)`, '',
    '## Density', '',
    '```text', row.density, '```', '',
    wrap(`\`Dist.${name}\`${row.discrete ? '' : `, \`Spec.${name}\``}: ${row.doc}. The row of the table is in [${source}](../../${source}).`), '',
    ...cited.flatMap(([, full]) => [wrap(full), '']),
    '## Parameters', '',
    ...parameters(row, e),
    ...(e.pymc === undefined ? [] : [wrap(`**Beside PyMC.** ${e.pymc}`), '']),
    row.discrete ? '## Support' : '## Support and bijector', '',
    ...mapping(lib, name, row, e),
    '## Closed forms', '',
    ...forms(lib, name, e.at),
    '## Examples', '',
    row.discrete ? 'Log probabilities, in nats:' : 'Log densities, in nats:', '',
    await example(lib, logDensity), '',
    e.says, '',
    await example(lib, e.use), '',
    '[All distributions](README.md)', ''
  ].join('\n')
}

/** The index with its guide. */
export const index = async (lib) => {
  const tables = groups.flatMap((g) => [
    `### ${g.title}`, '', '| distribution | support | for |', '|---|---|---|',
    ...Object.entries(g.families).map(([name, e]) => `| [${name}](${name}.md) | ${supportOf(lib, name)} | ${e.line} |`), ''
  ])
  const told = []
  for (const part of guide) told.push(wrap(part.text), '', ...(part.code === undefined ? [] : [await example(lib, part.code), '']))
  return [
    '# Distributions', '',
    wrap('Every distribution is one row of one table: a density in nats that is normalised and stable in f32, parameters with their domains, a support, and with it the map from the reals on which inference works. `Dist.name(...)` is a distribution of tensors; `Spec.name(...)` is a prior, an expression that waits for its shape.'), '',
    wrap('The pages below are written from that table. In their examples `// =>` says what a line gives and `// ≈` says it to four digits; both are run as tests. Moments that diverge are `inf`, and a closed form that isn\'t there is `O.none`.'), '',
    ...tables, ...told
  ].join('\n')
}

/** The names of all pages: the families that something is said of. */
export const names = Object.keys(entries)
