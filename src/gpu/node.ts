/**
 * WebGPU in Node: the one file here that touches Node and Dawn. Loaded only where there
 * is no `navigator.gpu`.
 *
 * The object that Dawn's `create` returns must outlive its devices (a collected one takes
 * the process down), so each is kept for good; there is one for each list of options.
 */
import { tmpdir } from 'node:os'

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
 * Calls `close` when the script has nothing left to do, or ends by `process.exit`. An open
 * device doesn't keep Node alive; closing it first spares drivers that crash at exit.
 */
export const atExit = (close: () => void): void => {
  process.on('beforeExit', close)
  process.on('exit', close)
}
