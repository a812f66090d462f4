// The text of the pages of layers: what the source says of a layer, with shapes,
// parameters, results and error messages that the library itself works out. Pure: library
// and sources come as arguments.
import { example, wrap } from '../text.mjs'
import { groups } from './entries.mjs'
import { layerSource, typesIn } from './source.mjs'

/** Everything that has a page, by name. */
export const entries = Object.assign({}, ...groups.map((g) => g.layers))

const common = {
  name: 'The name of the layer, and so of its parameters; its kind and number (`dense_1`) when absent.',
  activation: 'A [nonlinearity](nonlinearity.md) by name or as a function; `linear` when absent.'
}

const cell = (s) => s.replaceAll('|', '\\|').replace(/\s*\n\s*/g, ' ')

/** What must be given first, the name last. */
const ordered = (options) => [0, 1, 2].flatMap((rank) => options.filter((o) => (o.name === 'name' ? 2 : o.optional ? 1 : 0) === rank))

const optionTable = (options) =>
  [
    '| option | type | |', '|---|---|---|',
    ...ordered(options).map((o) => `| \`${o.name}\`${o.optional ? '' : ', must be given'} | \`${cell(o.type)}\` | ${cell(o.doc || common[o.name] || '')} |`), ''
  ]

/** Options that nothing is said of, anywhere. */
export const unsaid = (options) => options.filter((o) => o.doc === '' && common[o.name] === undefined).map((o) => o.name)

const run = (lib, code) => {
  const names = ['Layer', 'Spec', 'Tensor', 'pipe']
  return new Function(...names, `return (${code})`)(...names.map((n) => lib[n]))
}

const shown = (shape) => (shape === undefined ? 'none' : `[${shape.map((e) => (typeof e === 'number' ? e : e.name ?? 'batch')).join(', ')}]`)

const roles = { weight: 'weight', bias: 'bias', scale: 'scale' }

/** Shapes and parameters of the network of an entry, by the library. */
const facts = (lib, e) => {
  const { layers, problems } = lib.Layer.elaborate(run(lib, e.network))
  if (problems.length > 0) throw new Error(`${e.network}: ${problems.map(lib.render).join('\n')}`)
  const by = new Map(layers.map((l) => [l.name, l])), last = layers[layers.length - 1]
  const used = layers.filter((l) => l.params.length > 0)
  return [
    '```ts', e.network, '```', '',
    '| | shape |', '|---|---|',
    ...last.inputs.map((n) => `| input \`${n}\` | ${shown(by.get(n).shape)} |`),
    `| output \`${last.name}\` | ${shown(last.shape)} |`, '',
    ...(used.length === 0 ? ['No parameters.', ''] : [
      '| parameter | role | shape | prior |', '|---|---|---|---|',
      ...used.flatMap((l) => l.params.map((p) => `| \`${l.name}.${p.name}\` | ${roles[p.role] ?? p.role} | ${shown(p.shape)} | \`${cell(p.prior)}\` |`)), ''
    ])
  ]
}

/** What the library answers to a mistake. */
const mistake = (lib, code) => {
  const { problems } = lib.Layer.elaborate(run(lib, code))
  if (problems.length === 0) throw new Error(`no mistake: ${code}`)
  return ['```ts', code, '```', '', '```text', ...problems.map(lib.render), '```', '']
}

const call = (name, e) => e.signature ?? `Layer.${name}(config)(network)`

/** What the source says of the layers of a page, in order. */
export const told = (all, name) => {
  const e = entries[name]
  return (e.members ?? [name]).map((n) => ({ name: n, ...layerSource(e.file === undefined ? all : all.filter(([f]) => f.endsWith(e.file)), e.source ?? n, e.config) }))
}

/** Paragraphs in lines; lists stay lists. */
const paragraphs = (doc) =>
  doc.split(/\n\s*\n/).flatMap((p) => [p.split(/\n(?=- )/).map(wrap).join('\n'), ''])

/** The page of a layer, or of the same layer for one, two and three axes. */
export const page = async (lib, all, name) => {
  const e = entries[name], members = told(all, name)
  return [
    `# ${e.members === undefined ? name : e.members.join(', ')}`, '',
    ...members.flatMap((m) => [
      ...(members.length === 1 ? [] : [`**${m.name}.** `]).concat(paragraphs(m.doc)).reduce((lines, l, i) => (i === 1 && members.length > 1 ? [wrap(lines[0] + l)] : [...lines, l]), [])
    ]),
    ...(e.says === undefined ? [] : [wrap(e.says), '']),
    wrap(`${members.map((m) => `\`${call(m.name, e)}\``).join(', ')}, in [${members[0].file}](../../${members[0].file}).`), '',
    ...(members[0].options.length === 0 ? [] : ['## Options', '', ...optionTable(members[0].options)]),
    ...typesIn(all, members[0].options).flatMap((t) => [wrap(`**\`${t.name}\`.** ${t.doc}`), '', ...(t.fields.length === 0 ? [] : optionTable(t.fields))]),
    '## Shapes and parameters', '',
    ...facts(lib, e),
    '## Example', '',
    await example(lib, e.example), '',
    ...(e.mistake === undefined ? [] : ['## The commonest mistake', '', ...mistake(lib, e.mistake)]),
    '[All layers](README.md)', ''
  ].join('\n')
}

/** Up to the first full stop or colon that doesn't belong to "et al." or stand in brackets. */
const firstSentence = (doc) => /^(?:\([^)]*\)|[\s\S])*?(?<!et al)[.:](?=\s|$)/.exec(doc)[0].replace(/\s+/g, ' ').replace(/:$/, '.')

/** The index. */
export const index = (all) =>
  [
    '# Layers', '',
    wrap('A layer is a function from options to a function from network to network; a network is a value, and its shapes are checked before anything runs. Every parameter takes a prior (any spec), an array (fixed), `Spec.learn(init)` (a point estimate), `Layer.tied(name)` (another layer\'s parameter) or, where it says so, null for none; what is left out gets a default by role (`Layer.withDefaultSpec`).'), '',
    wrap('The pages are written from the source: options and their meaning from the types, shapes, priors, results and error messages by running the code beside them.'), '',
    ...groups.flatMap((g) => [
      `## ${g.title}`, '', '| layer | |', '|---|---|',
      ...Object.keys(g.layers).map((n) => `| [${(entries[n].members ?? [n]).join(', ')}](${n}.md) | ${cell(firstSentence(told(all, n).at(entries[n].members === undefined ? 0 : 1).doc))} |`), ''
    ])
  ].join('\n')
