// The site: `node docs/site.mjs build|preview|dev`. `npm run docs` and `npm run docs:preview` call it.
//
// `build` installs the packages of this folder where they are missing (`npm ci`; the one step that
// may use a network), checks the types of the examples, lets TypeDoc write the reference from the
// doc comments, and VitePress the site. Any warning fails the build, as does a dead link or anchor.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { deadAnchors } from './anchors.mjs'

const docs = dirname(fileURLToPath(import.meta.url))
const root = dirname(docs)
const say = (line) => process.stderr.write(`${line}\n`)
const stop = (line) => {
  say(line)
  process.exit(1)
}

/** True when every package of the lock file is installed in its version (optional ones may lack). */
const installed = () => {
  const hidden = join(docs, 'node_modules', '.package-lock.json')
  if (!existsSync(hidden)) return false
  const want = JSON.parse(readFileSync(join(docs, 'package-lock.json'), 'utf8')).packages
  const have = JSON.parse(readFileSync(hidden, 'utf8')).packages
  return Object.entries(want).every(([path, p]) => path === '' || have[path]?.version === p.version || (have[path] === undefined && (p.optional === true || p.peer === true)))
}

const ensureInstalled = () => {
  if (installed()) return
  say('installing the packages of docs/package-lock.json')
  const npm = process.env.npm_execpath
  const args = ['ci', '--no-fund', '--no-audit']
  const child = npm ? spawnSync(process.execPath, [npm, ...args], { cwd: docs, stdio: ['ignore', 2, 2] })
    : spawnSync('npm', args, { cwd: docs, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' })
  if (child.status !== 0) stop('npm ci failed')
}

const bin = { vitepress: ['vitepress', 'bin', 'vitepress.js'], typedoc: ['typedoc', 'bin', 'typedoc'], tsc: ['typescript', 'bin', 'tsc'] }
const tool = (name, args) => [join(docs, 'node_modules', ...bin[name]), ...args]

/** Runs a tool; ends the build where it fails or warns. */
const checked = (name, args) =>
  new Promise((done) => {
    const child = spawn(process.execPath, tool(name, args), { cwd: docs, env: { ...process.env, FORCE_COLOR: '0', NO_COLOR: '1' }, stdio: ['ignore', 'pipe', 'pipe'] })
    let text = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        text += chunk
        process.stderr.write(chunk)
      })
    child.on('exit', (code) => {
      if (code !== 0) stop(`${name} failed`)
      const warning = text.split('\n').find((l) => /\bwarn(ing)?\b|\(!\)|deprecated/i.test(l))
      if (warning !== undefined) stop(`${name} warns, which fails the build: ${warning.trim()}`)
      done()
    })
  })

const tasks = {
  build: async () => {
    ensureInstalled()
    spawnSync(process.execPath, [join(root, 'scripts', 'embed-shaders.mjs')], { cwd: root, stdio: ['ignore', 2, 2] })
    await checked('tsc', ['-p', 'examples'])
    await checked('typedoc', ['--options', 'typedoc.json', '--logLevel', 'Warn'])
    await checked('vitepress', ['build', '.'])
    const dead = deadAnchors(join(docs, '.vitepress', 'dist'))
    if (dead.length > 0) stop(`links to anchors that aren't there:\n${dead.join('\n')}`)
  },
  preview: () => {
    if (!existsSync(join(docs, '.vitepress', 'dist', 'index.html'))) stop('build the site first: npm run docs')
    spawn(process.execPath, tool('vitepress', ['preview', '.', '--host', '127.0.0.1', ...process.argv.slice(3)]), { cwd: docs, stdio: 'inherit' }).on('exit', (code) => process.exit(code ?? 1))
  },
  dev: () => {
    ensureInstalled()
    spawn(process.execPath, tool('vitepress', ['dev', '.', '--host', '127.0.0.1', ...process.argv.slice(3)]), { cwd: docs, stdio: 'inherit' }).on('exit', (code) => process.exit(code ?? 1))
  }
}

const task = tasks[process.argv[2]]
if (task === undefined) stop(`usage: node docs/site.mjs ${Object.keys(tasks).join('|')}`)
await task()
