// Bundles the package: src/index.ts to dist/index.js and the program to dist/cli/main.js, what
// both use and what is loaded later in chunks beside them. Declarations stay one file a module.
//
// Node reads a hundred small modules in 200 ms and fp-ts's CommonJS files in another 100; one
// file with the parts of fp-ts that are used takes a third of that. Packages that are loaded
// later, or may be missing (webgpu, vega, commander, ...), stay outside; so do Node's modules,
// which the core doesn't name (checked here: a browser reads the same file).
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')

/** The modules of fp-ts that src/fp.ts names, as ES modules: the others fall away. */
const fpTs = {
  name: 'fp-ts-es6',
  resolveId: (id) => {
    const part = /^fp-ts\/lib\/(\w+)\.js$/.exec(id)?.[1]
    return part === undefined ? null : join(root, 'node_modules', 'fp-ts', 'es6', `${part}.js`)
  }
}

const inside = /^(fp-ts|immer)(\/|$)/
const external = (id) => id !== 'program' && !id.startsWith('.') && !id.startsWith('/') && !/^[A-Za-z]:/.test(id) && !inside.test(id)

/** A bundler of these entries. Neutral of platform: for `node` it would add a loader of CommonJS modules, which nothing here is. */
const open = (input, plugins = []) =>
  rolldown({
    cwd: root, input, external, platform: 'neutral', plugins: [...plugins, fpTs], treeshake: { moduleSideEffects: false },
    resolve: { mainFields: ['module', 'main'] }, transform: { define: { 'process.env.NODE_ENV': '"production"' } }, logLevel: 'warn'
  })

/** All that is not loaded later, in one file that the entry and the program share. */
const core = { name: 'core', test: /[\\/]src[\\/](?!cli[\\/]|data[\\/]node[\\/]|io[\\/]node[\\/]|gpu[\\/]node\.ts|index\.ts)|node_modules[\\/](fp-ts|immer)[\\/]/ }

/** Chunks that a chunk of these reads at once, itself first. */
const readAtOnce = (chunks, name, seen = new Set()) => {
  if (seen.has(name)) return seen
  seen.add(name)
  for (const next of chunks.get(name)?.imports ?? []) readAtOnce(chunks, next, seen)
  return seen
}

/** Writes the bundle and gives its files; throws where the core would load one of Node's modules. */
export const bundle = async (dir = join(root, 'dist')) => {
  const build = await open({ index: 'src/index.ts', 'cli/main': 'src/cli/main.ts' })
  const { output } = await build.write({
    dir, format: 'esm', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name].js', codeSplitting: { groups: [core] },
    // Names are kept, for profiles and traces.
    minify: { compress: true, mangle: false, codegen: true }
  })
  await build.close()
  const chunks = new Map(output.filter((c) => c.type === 'chunk').map((c) => [c.fileName, c]))
  const read = [...readAtOnce(chunks, 'index.js')]
  const outside = read.filter((f) => !chunks.has(f))
  if (outside.length > 0) throw new Error(`the core loads ${outside.join(', ')}`)
  return output.map((c) => join(dir, c.fileName))
}

/** Programs whose size is told: all names, all but plots, and one that fits and predicts. */
const programs = {
  all: "export * from './src/index.ts'",
  core: "export { pipe, flow, E, O, TE, orThrow, render, Random, Tensor, Dist, Spec, Layer, Likelihood, Model, Dataset, Gpu, interpret, evaluate, compile, fit, elbo, Method, Optimizer, Profile, predict, Metrics, Approximation } from './src/index.ts'",
  program: `import { pipe, Spec, Layer, Likelihood, Model, fit, predict, orThrow } from './src/index.ts'
    const model = pipe(Layer.input([null, 3]), Layer.dense({ units: 2, activation: 'softmax' }), Layer.withDefaultSpec(Spec.normal()), Model.observe(Likelihood.categorical()))
    export const run = async (data, x) => orThrow(predict(await orThrow(fit(model, { data })), x))`
}

/** Bytes that a browser loads for one of these programs, minified, and then by gzip. */
export const size = async (what) => {
  const entry = { name: 'program', resolveId: (id) => (id === 'program' ? join(root, 'program.js') : null), load: (id) => (id === join(root, 'program.js') ? programs[what] : null) }
  const build = await open({ index: 'program' }, [entry])
  const { output } = await build.generate({ format: 'esm', minify: true })
  await build.close()
  const chunks = new Map(output.filter((c) => c.type === 'chunk').map((c) => [c.fileName, c]))
  const text = [...readAtOnce(chunks, 'index.js')].map((f) => chunks.get(f)?.code ?? '').join('\n')
  return { minified: Buffer.byteLength(text), gzip: gzipSync(text, { level: 9 }).length }
}
