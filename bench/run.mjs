/**
 * The benchmark: `npm run bench -- [options]`, after `npm run build`. Each case runs in a process
 * of its own; results go to results/DATE-DEVICE.json with a table beside it. See README.md.
 */
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, platform, tmpdir, totalmem } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { cases, sweep } from './cases.mjs'
import { markdown } from './table.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const usage = `usage: npm run bench -- [options]

  --only <ids>       cases by id, with commas; a * stands for anything
  --quick            shorter repeats, fewer images, cold start of the first case alone
  --sweep            the scaling sweep instead: batch, width, draws
  --json <file>      where the results go (default: bench/results/DATE-DEVICE.json)
  --adapter <name>   graphics adapter whose name holds this
  --build <folder>   the build that is measured, one file a module (default: build)
  --python <command> what runs the peers in Python (default: the first that has their packages)
  --list             the ids, nothing run`

const options = {
  only: { type: 'string' }, quick: { type: 'boolean', default: false }, sweep: { type: 'boolean', default: false }, json: { type: 'string' },
  adapter: { type: 'string' }, build: { type: 'string' }, python: { type: 'string' }, list: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false }
}
let o
try {
  o = parseArgs({ options, allowPositionals: false }).values
} catch (e) {
  console.error(`${e.message}\n\n${usage}`)
  process.exit(2)
}
if (o.help) {
  console.log(usage)
  process.exit(0)
}

const all = o.sweep ? sweep(o.quick) : cases()
const patterns = o.only?.split(',').map((p) => new RegExp(`^${p.trim().replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`))
const ids = Object.keys(all).filter((id) => patterns === undefined || patterns.some((p) => p.test(id)))
if (o.list || ids.length === 0) {
  console.log(ids.length === 0 ? `no case is named so; there are: ${Object.keys(all).join(', ')}` : ids.join('\n'))
  process.exit(ids.length === 0 ? 2 : 0)
}
const dist = resolve(o.build ?? join(here, '../build')), bundle = join(here, '../dist')
if (![dist, bundle].every((folder) => existsSync(join(folder, 'index.js')))) {
  console.error(`${dist} and ${bundle} hold no build: npm run build`)
  process.exit(1)
}

/** Carries a case out in a process of its own, with the shader cache in `cache` (or as the system has it). */
const child = (spec, cache) =>
  new Promise((done) => {
    const env = cache === undefined ? process.env
      : { ...process.env, MESA_SHADER_CACHE_DIR: cache, __GL_SHADER_DISK_CACHE: '1', __GL_SHADER_DISK_CACHE_PATH: cache }
    execFile(process.execPath, [join(here, 'case.mjs'), JSON.stringify(spec)], { env, maxBuffer: 2 ** 26, timeout: 3_600_000 }, (error, stdout, stderr) => {
      const line = stdout.trim().split('\n').at(-1) ?? ''
      try {
        done(JSON.parse(line))
      } catch {
        done({ error: error === null ? `no result: ${line}` : `ended by ${error.signal ?? error.code}: ${stderr.trim().split('\n').slice(-3).join(' | ')}` })
      }
    })
  })

const say = (text) => process.stderr.write(text)
const common = { dist, bundle, quick: o.quick, ...(o.python === undefined ? {} : { python: o.python }), ...(o.adapter === undefined ? {} : { adapter: o.adapter }), repeats: o.quick ? 3 : 7, predictRepeats: o.quick ? 1 : 3, predictSeconds: o.quick ? 10 : 60, seconds: o.quick ? 3 : 20 }
const load = loadavg()[0]
if (load > 1) say(`the machine is busy (load ${load.toFixed(1)}): figures will be low\n`)

say('ceilings ... ')
const ceilings = await child({ ...common, kind: 'ceilings' })
say(ceilings.error === undefined ? `${ceilings.gflops.toFixed(1)} GFLOP/s, ${ceilings.gbytes.toFixed(1)} GB/s\n` : `${ceilings.error}\n`)

const imports = []
for (let i = 0; i < 7; i++) imports.push((await child({ ...common, kind: 'import' })).ms ?? NaN)
imports.sort((a, b) => a - b)

const results = []
for (const [k, id] of ids.entries()) {
  const spec = { ...common, ...all[id] }
  say(`${id} ... `)
  // A fresh folder is a cold cache; the second process finds what the first left there.
  const cold = !o.sweep && ['step', 'graph', 'jax'].includes(spec.kind) && (!o.quick || k === 0)
  const cache = mkdtempSync(join(tmpdir(), 'bench-shaders-'))
  const first = cold ? await child({ ...spec, firstOnly: true }, cache) : undefined
  const main = first?.error === undefined ? await child(spec, cold ? cache : undefined) : first
  rmSync(cache, { recursive: true, force: true })
  const { firstMs, ...rest } = main
  const gflops = rest.perSecond === undefined || rest.noWork ? undefined : ((rest.work ?? spec.work) * rest.perSecond) / 1e9
  const gbytes = rest.perSecond === undefined || rest.noWork || rest.boundBytes === undefined ? undefined : (rest.boundBytes * rest.perSecond) / 1e9
  results.push({
    id, name: spec.name, work: spec.work, ...(spec.axis === undefined ? {} : { axis: spec.axis, at: spec.at }), ...rest,
    ...(first?.firstMs === undefined ? {} : { firstColdSeconds: first.firstMs / 1000 }),
    ...(firstMs === undefined ? {} : { [cold ? 'firstWarmSeconds' : 'firstSeconds']: firstMs / 1000 }),
    ...(gflops === undefined ? {} : { gflops, ...(ceilings.gflops === undefined ? {} : { shareOfFma: gflops / ceilings.gflops }) }),
    ...(gbytes === undefined ? {} : { gbytes, ...(ceilings.gbytes === undefined ? {} : { shareOfBandwidth: gbytes / ceilings.gbytes }) })
  })
  say(rest.error === undefined ? `${(rest.perSecond ?? NaN).toPrecision(3)} a second\n` : `${rest.error}\n`)
}

const device = results.find((r) => r.device !== undefined && r.device !== 'the same adapter')?.device ?? 'unknown'
const date = new Date().toISOString().slice(0, 10)
const report = {
  date, device, machine: { cpu: cpus()[0]?.model ?? '', cores: cpus().length, memory: totalmem(), platform: platform(), node: process.version, load },
  // Without folders of this machine.
  command: ['npm run bench', ...(o.only || o.quick || o.sweep || o.adapter ? ['--'] : []), ...(o.only ? ['--only', o.only] : []), ...(o.quick ? ['--quick'] : []), ...(o.sweep ? ['--sweep'] : []), ...(o.adapter ? ['--adapter', o.adapter] : [])].join(' '),
  settings: { quick: o.quick, sweep: o.sweep, repeats: common.repeats, secondsACase: common.seconds },
  ceilings, importMilliseconds: imports[3], results
}
const short = device.toLowerCase().replace(/[:(].*$/, '').replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '').slice(0, 40)
const file = resolve(o.json ?? join(here, 'results', `${date}-${short}${o.sweep ? '-sweep' : ''}${o.quick ? '-quick' : ''}.json`))
const text = markdown(report)
mkdirSync(dirname(file), { recursive: true })
writeFileSync(file, `${JSON.stringify(report, null, 1)}\n`)
writeFileSync(file.replace(/(\.json)?$/, '.md'), `${text}\n`)
console.log(text)
say(`\nwritten: ${file}\n`)
