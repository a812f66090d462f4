// Fills the tables of the pages from recorded results: `node docs/numbers.mjs`. What stands between
// `<!-- begin: NAME -->` and `<!-- end: NAME -->` is written here and nowhere else; the marker says
// from which file, so that a page can be checked after newer results have come.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { markdown } from '../bench/table.mjs'

const docs = dirname(fileURLToPath(import.meta.url))
const root = dirname(docs)
const json = (file) => JSON.parse(readFileSync(join(root, file), 'utf8'))
const number = (x, digits) => x.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
const percent = (x) => `${number(100 * x, 2)} %`

/** The newest result with a table: a whole run of the benchmark before a quick one. */
const newestBench = () => {
  const all = readdirSync(join(root, 'bench', 'results')).filter((f) => f.endsWith('.json')).sort()
    .map((f) => [`bench/results/${f}`, json(`bench/results/${f}`)]).filter(([, r]) => Array.isArray(r.results))
  return (all.filter(([, r]) => r.settings?.quick !== true).at(-1) ?? all.at(-1))?.[0]
}

const mnist = (file) => {
  const r = json(file)
  const wrong = Math.round(r.modeError * r.images)
  const rows = [
    ['', 'Gelato', 'the notebook'],
    ['steps', `${number(r.options.steps)} of ${r.options.batchSize} images`, '80,000 of 100 images'],
    ['draws', String(r.options.samples), '100'],
    ['error, plug-in ("MAP")', percent(r.plugInError), '9.59 %'],
    ['error, predictive mode', percent(r.modeError), '7.48 %'],
    ['error, argmax of the predictive mean', percent(r.meanError), ''],
    ['negative log likelihood, nats an image', number(r.nll, 4), ''],
    ['expected calibration error', number(r.ece, 4), ''],
    ['−ELBO, nats', number(r.negElbo, 0), ''],
    ['of it KL', number(r.kl, 0), ''],
    ['slope of −ELBO at the end, nats a thousand steps', `${number(r.slope.value, 0)} ± ${number(r.slope.se, 0)}`, ''],
    ['variance, errors / correct', number(r.varianceRatio, 1), ''],
    ['wrong answers without doubt', `${Math.round(r.certainErrors * wrong)} of ${wrong}`, '4'],
    ['doubt and error go together', percent(r.doubtAgreesWithError), ''],
    ['steps a second', number(r.stepsPerSecond, 1), '']
  ]
  return [rows[0], rows[0].map(() => '---'), ...rows.slice(1)].map((c) => `| ${c.join(' | ')} |`).join('\n') + `\n\nOn ${r.adapter.split(':')[0]}, two CPU cores, seed ${r.options.seed}.`
}

const networks = (file) => {
  const r = json(file)
  return [
    '| network | data | numbers | steps | draws | wrong | calibration error | loss at the end, nats |', '|---|---|---|---|---|---|---|---|',
    ...r.runs.map((x) => `| [${x.title}](examples/${x.example}.ts) | ${x.data} | ${number(x.numbers, 0)} | ${number(x.steps, 0)} of ${x.batchSize} | ${x.draws} | ${percent(x.wrong)} | ${number(x.ece, 3)} | ${number(x.loss, 0)} |`),
    '', `On ${r.adapter.split(':')[0]}, two CPU cores, seed 0, ${r.date}.`
  ].join('\n')
}

/** The columns that a page has room for, without what could not run there; the whole table lies beside the result. */
const shown = ['case', 'a second, median (spread)', 'first, cold / warm cache, s', 'dispatches', 'pipelines', 'GFLOP/s', 'of FMA']
const bench = (file) => {
  const lines = markdown(json(file)).trim().replace(/^# (.*)$/m, '**$1**').split('\n')
  const cells = (line) => line.split('|').slice(1, -1).map((c) => c.trim())
  const header = cells(lines.find((l) => l.startsWith('|')) ?? ''), kept = header.flatMap((h, i) => (shown.includes(h) ? [i] : []))
  const row = (line) => (line.includes('| not run') ? [] : [`| ${kept.map((i) => cells(line)[i]).join(' | ')} |`])
  // Each remark is a paragraph.
  return lines.flatMap((l) => (l.startsWith('|') ? row(l) : l === '' ? [''] : [l.replace(/ "GB\/s bound" counts.*/, ''), ''])).join('\n').replace(/\n{3,}/g, '\n\n').trim()
}

const size = (file) => {
  const s = json(file)
  const kb = (x) => `${number(x / 1000, 0)} kB`
  return [
    '| a page uses | it loads, minified | gzipped | at the first computation on a device, minified | gzipped |', '| --- | --- | --- | --- | --- |',
    ...Object.entries(s.bundles).map(([name, { first, later }]) => `| ${[name, kb(first.minified), kb(first.gzip), kb(later.minified), kb(later.gzip)].join(' | ')} |`)
  ].join('\n')
}

const regions = {
  mnist: { page: 'notebook.md', newest: () => 'docs/figures/mnist.json', fill: mnist },
  networks: { page: 'networks.md', newest: () => 'docs/figures/networks.json', fill: networks },
  bench: { page: 'performance.md', newest: newestBench, fill: bench },
  size: { page: 'performance.md', newest: () => 'docs/figures/size.json', fill: size }
}

const marked = (name) => new RegExp(`<!-- begin: ${name}(?: from (\\S+))? -->[\\s\\S]*?<!-- end: ${name} -->`)

/** A page's region as it should be; from the file that the page names, or the newest. */
export const filled = (text, name, file) =>
  text.replace(marked(name), `<!-- begin: ${name} from ${file} -->\n${regions[name].fill(file).replaceAll('$', '$$$$')}\n<!-- end: ${name} -->`)

/** The pages with regions: name, page, and the file that the page was filled from. */
export const regionsOf = (docsFolder = docs) =>
  Object.entries(regions).map(([name, r]) => ({ name, page: r.page, from: marked(name).exec(readFileSync(join(docsFolder, r.page), 'utf8'))?.[1] }))

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href)
  for (const [name, r] of Object.entries(regions)) {
    const file = r.newest()
    if (file === undefined || !existsSync(join(root, file))) continue
    const page = join(docs, r.page)
    writeFileSync(page, filled(readFileSync(page, 'utf8'), name, file))
    console.log(`${r.page}: ${name} from ${file}`)
  }
