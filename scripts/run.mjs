// What the npm scripts call: `node scripts/run.mjs TASK [ARGS]`.
//
// On a fresh clone with nothing but Node and npm it first does what is missing: `npm ci` when
// node_modules doesn't match the lock file, the build when dist doesn't match the sources, and
// `setup` when no adapter answers. What those steps print goes to stderr, so stdout carries the
// task's own output alone; arguments, terminal and exit code pass through. Only Node's own
// modules are used here, since this runs before anything is installed.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { embed } from './embed-shaders.mjs'
import { setup } from './setup.mjs'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const at = (...parts) => join(root, ...parts)
const say = (line) => process.stderr.write(`${line}\n`)
const env = { ...process.env, XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR ?? tmpdir() }

const fail = (line) => {
  say(line)
  process.exit(1)
}

// -----------------------------------------------------------------------------
// what is missing
// -----------------------------------------------------------------------------

/** True when every package of the lock file is installed in its version (optional ones may lack). */
const installed = () => {
  const hidden = at('node_modules', '.package-lock.json')
  if (!existsSync(hidden)) return false
  const want = JSON.parse(readFileSync(at('package-lock.json'), 'utf8')).packages
  const have = JSON.parse(readFileSync(hidden, 'utf8')).packages
  return Object.entries(want).every(
    ([path, p]) => path === '' || (have[path] ? have[path].version === p.version : p.optional === true || p.devOptional === true || p.peer === true)
  )
}

const ensureInstalled = () => {
  if (installed()) return
  say('installing the packages of package-lock.json')
  // Under `npm run` this is the very npm that was called.
  const npm = process.env.npm_execpath
  const child = npm
    ? spawnSync(process.execPath, [npm, 'ci', '--no-fund', '--no-audit'], { cwd: root, env, stdio: ['ignore', 2, 2] })
    : spawnSync('npm', ['ci', '--no-fund', '--no-audit'], { cwd: root, env, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' })
  if (child.status !== 0) fail('npm ci failed')
}

/** The benchmark's own packages; without them it runs all the same and says what is missing. */
const ensureBench = () => {
  if (existsSync(at('bench', 'node_modules', '@jax-js', 'jax'))) return
  const child = spawnSync('npm', ['install', '--prefix', '.', '--no-fund', '--no-audit', '--no-package-lock'], { cwd: at('bench'), env, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' })
  if (child.status !== 0) say('the packages of bench/ were not installed: jax-js will be missing from the table')
}

const filesOf = (folder) =>
  readdirSync(at(folder), { recursive: true, withFileTypes: true })
    .filter((d) => d.isFile())
    .map((d) => join(d.parentPath ?? d.path, d.name))
    .sort()

/** A digest of all that the build reads. */
const digest = () => {
  const hash = createHash('sha256')
  for (const f of [at('package.json'), at('tsconfig.base.json'), at('tsconfig.build.json'), at('scripts', 'bundle.mjs'), at('scripts', 'pure.mjs'), ...filesOf('src')]) {
    if (!f.endsWith('.tmp')) hash.update(f.slice(root.length)).update('\0').update(readFileSync(f)).update('\0')
  }
  return hash.digest('hex')
}

/** Removes files of an ending whose source is gone. */
const sweep = (folder, ending) => {
  for (const f of filesOf(folder)) {
    if (f.endsWith(ending) && !existsSync(at('src', `${f.slice(at(folder).length + 1, -ending.length)}.ts`))) rmSync(f)
  }
}

/**
 * dist: what is published, bundled, with declarations. build: the same sources one file a
 * module, for the benchmark and tests that reach inside.
 */
const ensureBuilt = async () => {
  embed()
  const stamp = at('build', '.built')
  const now = digest()
  if (existsSync(stamp) && existsSync(at('dist', 'index.js')) && readFileSync(stamp, 'utf8') === now) return
  say('building')
  for (const folder of ['dist', 'build']) mkdirSync(at(folder), { recursive: true })
  const child = spawnSync(process.execPath, [at('node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json', '--declarationDir', 'dist'], { cwd: root, env, stdio: ['ignore', 2, 2] })
  // Modules are written even where one has a type error, so that what is sound can be tried.
  sweep('build', '.js')
  const { bundle } = await import('./bundle.mjs')
  const written = await bundle().catch((e) => fail(`the bundle failed: ${e.message}`))
  for (const f of filesOf('dist')) if (!f.endsWith('.d.ts') && !written.includes(f)) rmSync(f)
  sweep('dist', '.d.ts')
  if (child.status !== 0) fail('the build failed')
  writeFileSync(stamp, now)
}

// -----------------------------------------------------------------------------
// tasks
// -----------------------------------------------------------------------------

/** Runs node on `args` in the foreground and ends as it ends. */
const become = (args, more = {}) => {
  const child = spawn(process.execPath, args, { cwd: root, env: { ...env, ...more }, stdio: 'inherit' })
  // A terminal sends its interrupt to the child too, which may want to clean up first.
  process.on('SIGINT', () => {})
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (e) => fail(String(e)))
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 1)))
}

const asksForHelp = (args) => args.length === 1 && ['--help', '-h', 'help', '--version', '-V'].includes(args[0])

const tasks = {
  build: async () => {
    ensureInstalled()
    await ensureBuilt()
  },
  size: async () => {
    ensureInstalled()
    embed()
    const { size } = await import('./bundle.mjs')
    const kB = (n) => `${(n / 1000).toFixed(0)} kB`
    for (const [name, what] of [['all exports', 'all'], ['without plots', 'core'], ['a program that fits and predicts', 'program']]) {
      const { first, later } = await size(what)
      console.log(`${name}: ${kB(first.minified)} minified, ${kB(first.gzip)} by gzip; at the first computation on a device ${kB(later.minified)}, ${kB(later.gzip)} by gzip`)
    }
  },
  setup: () => {
    ensureInstalled()
    process.exitCode = setup() ? 0 : 1
  },
  mnist: async (args) => {
    ensureInstalled()
    await ensureBuilt()
    // Without an adapter the command itself says what is wrong, in its own form.
    if (!asksForHelp(args)) setup({ quiet: true })
    become([at('dist', 'cli', 'main.js'), 'mnist', ...args])
  },
  profile: async (args) => {
    ensureInstalled()
    await ensureBuilt()
    if (!asksForHelp(args)) setup({ quiet: true })
    become([at('dist', 'cli', 'main.js'), 'profile', ...args])
  },
  bench: async (args) => {
    ensureInstalled()
    await ensureBuilt()
    if (!asksForHelp(args)) {
      setup({ quiet: true })
      ensureBench()
    }
    become([at('bench', 'run.mjs'), ...args])
  },
  pages: async () => {
    ensureInstalled()
    await ensureBuilt()
    become([at('scripts', 'write-pages.mjs')])
  },
  test: async (args) => {
    ensureInstalled()
    await ensureBuilt()
    setup()
    const report = at('.test-report', 'report.json')
    rmSync(report, { force: true })
    become([at('node_modules', 'vitest', 'vitest.mjs'), 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...args])
  }
}

const [name, ...args] = process.argv.slice(2)
if (!Object.hasOwn(tasks, name ?? '')) fail(`usage: node scripts/run.mjs ${Object.keys(tasks).join('|')} [arguments]`)
await tasks[name](args)
