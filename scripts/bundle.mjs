// Bundles the package: src/index.ts to dist/index.js (for Node dist/node.js), what draws plots to
// dist/draw.js and the program to dist/cli/main.js, what they use and what is loaded later in chunks beside them. Declarations
// stay one file a module.
//
// Node reads a hundred small modules in 200 ms and fp-ts's CommonJS files in another 100; one
// file with the parts of fp-ts that are used takes a third of that. Packages that are loaded
// later, or may be missing (webgpu, vega, commander, ...), stay outside. What names Node's modules
// is loaded later by way of the package's own imports (`#node/...`): whoever bundles for a page
// finds dist/none.js there, and no module of Node's (checked here).
//
// Whoever bundles the package for a page gets what the page uses: constants are marked as pure
// (scripts/pure.mjs), and each namespace (`Layer`, `Tensor`, ...) is a module of its own, for
// of a namespace as an object nothing can be left out.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'
import { parseAst } from 'rolldown/parseAst'
import { pure } from './pure.mjs'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const src = join(root, 'src')
const { sideEffects } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

// -----------------------------------------------------------------------------
// the bundler
// -----------------------------------------------------------------------------

/** The modules of fp-ts that src/fp.ts names, as ES modules: the others fall away. */
const fpTs = {
  name: 'fp-ts-es6',
  resolveId: (id) => {
    const part = /^fp-ts\/lib\/(\w+)\.js$/.exec(id)?.[1]
    return part === undefined ? null : join(root, 'node_modules', 'fp-ts', 'es6', `${part}.js`)
  }
}

/** The modules of the sources that only Node has, by the name under which they are loaded later. */
const ofNode = { mnist: 'src/data/node/mnist.ts', fashion: 'src/data/node/fashion.ts', dawn: 'src/gpu/node.ts', files: 'src/io/node/files.ts' }
const isOfNode = (id) => /[\\/]src[\\/](cli|(data|io)[\\/]node)[\\/]|[\\/]src[\\/]gpu[\\/]node\.ts$/.test(id)
const later = {
  name: 'of-node',
  resolveId: (id, importer) => {
    if (importer === undefined || !id.startsWith('.') || isOfNode(importer)) return null
    const file = resolve(dirname(importer), id), found = Object.entries(ofNode).find(([, f]) => join(root, f) === file)
    return found === undefined ? null : { id: `#node/${found[0]}`, external: true }
  }
}
/** What a page finds in their place: its evaluation fails, which is told as `NoFileSystem` or the like. */
const none = "throw new Error('only Node has this')\n"

/** A module made of a text, by a name that no file has. */
const made = (name, text) => ({ name, resolveId: (id) => (id === name ? join(root, `${name}.ts`) : null), load: (id) => (id === join(root, `${name}.ts`) ? text : null) })

const inside = /^(fp-ts|immer)(\/|$)/
const external = (id) => !/^(program|plain)$/.test(id) && !id.startsWith('.') && !id.startsWith('/') && !/^[A-Za-z]:/.test(id) && !inside.test(id)

/** A bundler of these entries. Neutral of platform: for `node` it would add a loader of CommonJS modules, which nothing here is. */
const open = (input, plugins = []) =>
  rolldown({
    cwd: root, input, external, platform: 'neutral', plugins: [...plugins, later, fpTs], treeshake: { moduleSideEffects: false },
    resolve: { mainFields: ['module', 'main'] }, transform: { define: { 'process.env.NODE_ENV': '"production"' } }, logLevel: 'warn'
  })

/** Chunks that a chunk of these reads at once, itself first. */
const readAtOnce = (chunks, name, seen = new Set()) => {
  if (seen.has(name)) return seen
  seen.add(name)
  for (const next of chunks.get(name)?.imports ?? []) readAtOnce(chunks, next, seen)
  return seen
}

/** The same with what they load later. */
const withLater = (chunks, name, seen = new Set()) => {
  if (seen.has(name)) return seen
  seen.add(name)
  const c = chunks.get(name)
  for (const next of [...(c?.imports ?? []), ...(c?.dynamicImports ?? [])]) withLater(chunks, next, seen)
  return seen
}

const byName = (output) => new Map(output.filter((c) => c.type === 'chunk').map((c) => [c.fileName, c]))

// -----------------------------------------------------------------------------
// the package
// -----------------------------------------------------------------------------

/** What a module hands on: names of other modules, and whole modules as namespaces (without `local`). */
const handedOn = (file) =>
  parseAst(readFileSync(file, 'utf8'), { lang: 'ts' }).body.flatMap((s) => {
    if (!s.type.startsWith('Export') || s.exportKind === 'type' || !s.source) return []
    const from = s.source.value.startsWith('.') ? join(dirname(file), s.source.value) : s.source.value
    return s.type === 'ExportAllDeclaration' ? [{ name: s.exported.name, from }] : s.specifiers.map((x) => ({ name: x.exported.name, local: x.local.name, from }))
  })

/** The names of the package, each from where it is one. */
const names = () => {
  const named = handedOn(join(src, 'index.ts')).map((n) => {
    const space = n.local === undefined ? undefined : handedOn(n.from).find((m) => m.name === n.local && m.local === undefined)
    return space === undefined ? n : { ...space, name: n.name }
  })
  return {
    plain: named.filter((n) => n.local !== undefined),
    spaces: named.filter((n) => n.local === undefined).map((n) => ({ ...n, entry: n.from.startsWith(src) ? relative(src, n.from).replaceAll('\\', '/').slice(0, -'.ts'.length) : `fp/${/(\w+)\.js$/.exec(n.from)[1]}` }))
  }
}

/** The modules of the sources that are read with the package, not later. */
const readFirst = async () => {
  const build = await open({ index: 'src/index.ts' })
  const { output } = await build.generate({ format: 'esm' })
  await build.close()
  const chunks = byName(output)
  return new Set([...readAtOnce(chunks, 'index.js')].flatMap((f) => Object.keys(chunks.get(f)?.modules ?? {})))
}

/** Parts of which a page may use nothing at first, in files of their own: bundlers move whole files, and with a file comes what it loads later. */
const aside = { device: /[\\/]src[\\/]gpu[\\/]/, more: /[\\/]src[\\/](data|io|plot)[\\/]/ }
const isAside = (id) => Object.values(aside).some((a) => a.test(id))

/** Writes node.js, index.js with its namespaces in one file: Node leaves nothing out, and opens few files sooner than many. */
const whole = async (dir) => {
  const chunks = { name: 'chunks', resolveId: (id) => (/[\\/]chunks[\\/]/.test(id) ? { id: `./chunks/${basename(id)}`, external: true } : null) }
  const build = await open({ node: join(dir, 'index.js') }, [chunks])
  await build.write({ dir, format: 'esm', entryFileNames: '[name].js', comments: { annotation: true, jsdoc: false, legal: false }, minify: { compress: true, mangle: false, codegen: false } })
  await build.close()
}

/** Writes the bundle and gives its files; throws where the core would load one of Node's modules. */
export const bundle = async (dir = join(root, 'dist')) => {
  const { plain, spaces } = names(), first = await readFirst()
  const text = plain.map((n) => `export { ${n.local} as ${n.name} } from ${JSON.stringify(n.from)}`).join('\n')
  const build = await open({ index: 'plain', ...Object.fromEntries(spaces.map((s) => [s.entry, s.from])), draw: 'src/cli/draw.ts', 'cli/main': 'src/cli/main.ts', ...Object.fromEntries(Object.entries(ofNode).map(([name, file]) => [`node/${name}`, file])) }, [made('plain', text)])
  const { output } = await build.write({
    dir, format: 'esm', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name].js',
    // What is read with the package in three files, which the entries and the program share.
    codeSplitting: {
      groups: [
        { name: 'core', test: (id) => first.has(id) && !isAside(id) },
        ...Object.entries(aside).map(([name, part]) => ({ name, test: (id) => first.has(id) && part.test(id) }))
      ]
    },
    // Names and lines are kept, for profiles and traces: where an error is thrown Node prints the whole line.
    comments: { annotation: true, jsdoc: false, legal: false }, minify: { compress: true, mangle: false, codegen: false }
  })
  await build.close()
  const chunks = byName(output)
  const read = [...new Set(['index.js', ...spaces.map((s) => `${s.entry}.js`)].flatMap((f) => [...readAtOnce(chunks, f)]))]
  const outside = read.filter((f) => !chunks.has(f))
  if (outside.length > 0) throw new Error(`the core loads ${outside.join(', ')}`)
  for (const f of read.filter((f) => f.startsWith('chunks/'))) writeFileSync(join(dir, f), pure(chunks.get(f).code))
  const index = spaces.map((s) => `export * as ${s.name} from ${JSON.stringify(`./${s.entry}.js`)};\n`)
  writeFileSync(join(dir, 'index.js'), chunks.get('index.js').code + index.join(''))
  const named = [...withLater(chunks, 'index.js')].filter((f) => /^node:|^webgpu$/.test(f))
  if (named.length > 0) throw new Error(`a page would find ${named.join(', ')}`)
  writeFileSync(join(dir, 'none.js'), none)
  await whole(dir)
  return ['node.js', 'none.js', ...output.map((c) => c.fileName)].map((f) => join(dir, f))
}

// -----------------------------------------------------------------------------
// its size in a page
// -----------------------------------------------------------------------------

/** Programs whose size is told, as a page has them: all names, all but plots, and one that fits and predicts. */
const programs = {
  all: "export * from './index.js'",
  core: "export { pipe, flow, E, O, TE, orThrow, render, Random, Tensor, Dist, Spec, Layer, Likelihood, Model, Dataset, Gpu, interpret, evaluate, compile, fit, elbo, Method, Optimizer, Profile, predict, Metrics, Approximation } from './index.js'",
  program: `import { pipe, Spec, Layer, Likelihood, Model, fit, predict, orThrow } from './index.js'
    const model = pipe(Layer.input([null, 3]), Layer.dense({ units: 2, activation: 'softmax' }), Layer.withDefaultSpec(Spec.normal()), Model.observe(Likelihood.categorical()))
    export const run = async (data, x) => orThrow(predict(await orThrow(fit(model, { data })), x))`
}

const weigh = (texts) => ({ minified: Buffer.byteLength(texts.join('\n')), gzip: gzipSync(texts.join('\n'), { level: 9 }).length })

/** Bytes of one of these programs, minified, and then by gzip, made of the package as it is published: what a browser loads `first`, and what more when a device is first asked for. */
export const size = async (what) => {
  const dir = mkdtempSync(join(tmpdir(), 'gelato-size-'))
  try {
    await bundle(dir)
    writeFileSync(join(dir, 'package.json'), JSON.stringify({ type: 'module', sideEffects }))
    writeFileSync(join(dir, 'program.js'), programs[what])
    const build = await rolldown({ cwd: dir, input: { program: join(dir, 'program.js') }, external: (id) => !id.startsWith('.') && !id.startsWith(dir), platform: 'browser', logLevel: 'warn' })
    const { output } = await build.generate({ format: 'esm', minify: true })
    await build.close()
    const chunks = byName(output), first = readAtOnce(chunks, 'program.js')
    const engine = [...chunks.values()].find((c) => c.isDynamicEntry && c.name === 'engine')
    const later = engine === undefined ? [] : [...readAtOnce(chunks, engine.fileName)].filter((f) => !first.has(f))
    const texts = (files) => [...files].map((f) => chunks.get(f)?.code ?? '')
    return { first: weigh(texts(first)), later: weigh(texts(later)) }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
