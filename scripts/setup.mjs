// Makes sure that a WebGPU adapter answers.
//
// A child process opens Dawn, so that a crash in a driver is an answer too. Where no adapter
// answers, and it may (Linux with apt, as root or by `sudo -n`), this installs Mesa's software
// Vulkan driver and asks again. Everywhere else it prints the one line to type. Debian 12's own
// Mesa is too old for Dawn, so there the driver comes from the distribution's backports suite,
// whose address is derived from the Debian source that the machine already has; the suite is
// named in a temporary apt configuration only and nothing is left behind in /etc/apt.
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const say = (line) => process.stderr.write(`${line}\n`)

// -----------------------------------------------------------------------------
// asking for an adapter
// -----------------------------------------------------------------------------

const ask = `
import { create } from 'webgpu'
const gpu = create([])
const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' })
if (!adapter) process.exit(3)
const device = await adapter.requestDevice()
process.stdout.write(adapter.info.device + ' (' + adapter.info.description + ')')
device.destroy()
`

/** The adapter's name, or undefined and why not. */
export const probe = () => {
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', ask], {
    cwd: root,
    encoding: 'utf8',
    timeout: 60_000,
    env: { ...process.env, XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR ?? tmpdir() }
  })
  return child.status === 0 ? { adapter: child.stdout.trim() } : { adapter: undefined, why: (child.stderr || '').trim().split('\n').slice(0, 6).join('\n') }
}

// -----------------------------------------------------------------------------
// apt sources
// -----------------------------------------------------------------------------

/** The stanzas of a deb822 file as maps of lower-case field to value; comments dropped. */
const stanzas = (text) =>
  text
    .split('\n')
    .filter((l) => !l.startsWith('#'))
    .join('\n')
    .split(/\n[ \t]*\n/)
    .map((s) => {
      const fields = new Map()
      let last
      for (const line of s.split('\n')) {
        const m = /^([A-Za-z0-9-]+):\s*(.*)$/.exec(line)
        if (m) fields.set((last = m[1].toLowerCase()), m[2])
        else if (last && /^\s/.test(line)) fields.set(last, `${fields.get(last)}\n${line}`)
      }
      return fields
    })
    .filter((f) => f.size > 0)

const words = (s) => (s ?? '').split(/\s+/).filter(Boolean)

/**
 * The source text that names `suite`'s backports beside it, or undefined when this file holds
 * no binary source of `suite`. Options such as Signed-By are kept as they are.
 */
export const backportsSource = (name, text, suite) => {
  const backports = `${suite}-backports`
  if (name.endsWith('.sources')) {
    const base = stanzas(text).find(
      (f) => words(f.get('types')).includes('deb') && words(f.get('suites')).includes(suite) && words(f.get('components')).includes('main') && (f.get('enabled') ?? 'yes') !== 'no'
    )
    if (!base) return undefined
    const lines = [...base].map(([k, v]) => (k === 'types' ? `types: deb` : k === 'suites' ? `suites: ${backports}` : k === 'components' ? 'components: main' : `${k}: ${v}`))
    return `${lines.join('\n')}\n`
  }
  for (const line of text.split('\n')) {
    const m = /^\s*deb\s+(\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+(.*)$/.exec(line)
    if (m && m[3] === suite && words(m[4].replace(/#.*/, '')).includes('main')) return `deb ${m[1] ?? ''}${m[2]} ${backports} main\n`
  }
  return undefined
}

const aptFiles = () => {
  const parts = '/etc/apt/sources.list.d'
  return ['/etc/apt/sources.list', ...(existsSync(parts) ? readdirSync(parts).sort().map((f) => join(parts, f)) : [])].filter(
    (f) => existsSync(f) && (f.endsWith('.list') || f.endsWith('.sources'))
  )
}

// -----------------------------------------------------------------------------
// installing
// -----------------------------------------------------------------------------

const has = (command) => spawnSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' }).status === 0

/** How to run a command as root: nothing before it, `sudo -n`, or not at all. */
const asRoot = () =>
  process.getuid?.() === 0 ? [] : has('sudo') && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0 ? ['sudo', '-n'] : undefined

const osRelease = () =>
  existsSync('/etc/os-release')
    ? Object.fromEntries(
        readFileSync('/etc/os-release', 'utf8')
          .split('\n')
          .map((l) => /^([A-Z_]+)="?([^"]*)"?$/.exec(l))
          .filter(Boolean)
          .map((m) => [m[1], m[2]])
      )
    : {}

const packages = ['mesa-vulkan-drivers', 'libvulkan1']

const quietly = ['-qq', '-o', 'Dpkg::Use-Pty=0', '-o', 'DPkg::Lock::Timeout=300']

const run = (prefix, args) => {
  const [command, ...rest] = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', ...args]
  return spawnSync(command, rest, { stdio: ['ignore', 2, 2] }).status === 0
}

/** Installs from the machine's own suites. */
const installPlain = (prefix) =>
  run(prefix, ['apt-get', ...quietly, 'update']) && run(prefix, ['apt-get', ...quietly, '-y', 'install', '--no-install-recommends', ...packages])

/** Installs from `suite`-backports, named in a temporary apt configuration. */
const installBackports = (prefix, suite) => {
  const found = aptFiles()
    .map((f) => [f, backportsSource(f, readFileSync(f, 'utf8'), suite)])
    .find(([, text]) => text !== undefined)
  if (!found) {
    say(`setup: no source of ${suite} in /etc/apt to derive the backports address from`)
    return false
  }
  const [file, text] = found
  const dir = mkdtempSync(join(tmpdir(), 'gelato-apt-'))
  try {
    // apt's own unprivileged user reads and fetches here.
    chmodSync(dir, 0o755)
    const parts = join(dir, 'sources.list.d')
    for (const d of [parts, join(dir, 'lists', 'partial'), join(dir, 'archives', 'partial')]) mkdirSync(d, { recursive: true })
    cpSync(file, join(parts, file.split('/').pop()))
    writeFileSync(join(parts, `gelato-backports.${file.endsWith('.sources') ? 'sources' : 'list'}`), text)
    const options = [
      `Dir::Etc::sourcelist=${join(dir, 'none')}`,
      `Dir::Etc::sourceparts=${parts}`,
      `Dir::State::lists=${join(dir, 'lists')}`,
      `Dir::Cache::archives=${join(dir, 'archives')}`,
      `Dir::Cache::pkgcache=`,
      `Dir::Cache::srcpkgcache=`,
      'Acquire::Languages=none',
      'APT::Sandbox::User=root'
    ].flatMap((o) => ['-o', o])
    return (
      run(prefix, ['apt-get', ...options, ...quietly, 'update']) &&
      run(prefix, ['apt-get', ...options, ...quietly, '-y', '-t', `${suite}-backports`, 'install', '--no-install-recommends', ...packages])
    )
  } finally {
    // Under sudo, apt's files in here belong to root.
    const [command, ...rest] = [...prefix, 'rm', '-rf', dir]
    spawnSync(command, rest, { stdio: 'ignore' })
    rmSync(dir, { recursive: true, force: true })
  }
}

const install = () => {
  if (process.platform !== 'linux' || !has('apt-get')) return false
  const prefix = asRoot()
  if (prefix === undefined) {
    say('setup: not root, and sudo asks for a password, so nothing is installed')
    return false
  }
  const { ID, VERSION_CODENAME } = osRelease()
  say('setup: no WebGPU adapter answers; installing the software Vulkan driver of Mesa')
  return ID === 'debian' && VERSION_CODENAME === 'bookworm' ? installBackports(prefix, VERSION_CODENAME) : installPlain(prefix)
}

const advice = () =>
  [
    'No WebGPU adapter answers on this machine. With a GPU, install its vendor\'s driver (Vulkan on Linux).',
    'Without one, install a software Vulkan driver:',
    '  Debian 12       sudo npm run setup    (it takes the driver from your mirror\'s bookworm-backports)',
    '  Debian, Ubuntu  sudo apt-get update && sudo apt-get install -y mesa-vulkan-drivers libvulkan1',
    '  Fedora          sudo dnf install -y mesa-vulkan-drivers vulkan-loader',
    '  Arch            sudo pacman -S --needed vulkan-swrast vulkan-icd-loader',
    '  openSUSE        sudo zypper install -y libvulkan_lvp libvulkan1',
    '  macOS           nothing to install: Metal is part of the system',
    '  Windows         nothing to install: Direct3D 12 is part of the system',
    'Alpine and other musl systems can\'t load the webgpu package; use a glibc image.'
  ].join('\n')

/** True when an adapter answers, in the end. Says nothing when one answers at once and `quiet`. */
export const setup = ({ quiet = false } = {}) => {
  const first = probe()
  if (first.adapter !== undefined) {
    if (!quiet) say(`setup: adapter ${first.adapter}`)
    return true
  }
  const second = install() ? probe() : first
  if (second.adapter !== undefined) {
    say(`setup: adapter ${second.adapter}`)
    return true
  }
  if (second.why) say(second.why)
  say(advice())
  return false
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) process.exitCode = setup() ? 0 : 1
