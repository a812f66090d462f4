/**
 * WebGPU in Node: the one file here that touches Node and Dawn: the entry object, the end of
 * a script, the cache directory. Loaded only under Node.
 *
 * The object that Dawn's `create` returns must outlive its devices (a collected one takes
 * the process down), so each is kept for good; there is one for each list of options.
 */
import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

type Dawn = { readonly create: (options: readonly string[]) => GPU }

const kept = new Map<string, GPU>()

/** The WebGPU entry object of Dawn made with these options. Throws where Dawn can't be loaded. */
export const dawn = async (options: readonly string[]): Promise<GPU> => {
  const key = options.join('\n')
  const known = kept.get(key)
  if (known !== undefined) return known
  // Mesa warns on stderr when it has no runtime folder.
  process.env['XDG_RUNTIME_DIR'] ??= tmpdir()
  // By a variable, so that neither the compiler nor a bundler looks into the package: its
  // types repeat those of the DOM library.
  const name: string = 'webgpu'
  const gpu = ((await import(name)) as Dawn).create(options)
  const raced = kept.get(key) ?? gpu
  kept.set(key, raced)
  return raced
}

/**
 * Calls `idle` when the script has nothing left to do, and `end` when the process ends. An
 * open device doesn't keep Node alive; closing it first spares drivers that crash at exit,
 * above all while they compile.
 */
export const atExit = (idle: () => void, end: () => void): void => {
  process.on('beforeExit', idle)
  process.on('exit', end)
}

/** The user's cache directory of Gelato: $XDG_CACHE_HOME, or what the system has for it. */
const cacheDir = (): string => {
  const { env, platform } = process
  const base = env['XDG_CACHE_HOME'] ??
    (platform === 'win32' ? (env['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local')) : platform === 'darwin' ? join(homedir(), 'Library', 'Caches') : join(homedir(), '.cache'))
  return join(base, 'gelato')
}

const cacheFile = (key: string): string => join(cacheDir(), `${createHash('sha256').update(key).digest('hex').slice(0, 16)}.json`)

/** What is kept under a key; undefined where nothing is. */
export const readCache = (key: string): Promise<string | undefined> => readFile(cacheFile(key), 'utf8').catch(() => undefined)

/** Keeps a text under a key, whole or not at all. A directory that can't be written keeps nothing. */
export const writeCache = async (key: string, text: string): Promise<void> => {
  const file = cacheFile(key), next = `${file}.${process.pid}.tmp`
  await mkdir(dirname(file), { recursive: true })
    .then(() => writeFile(next, text))
    .then(() => rename(next, file))
    .catch(() => undefined)
}
