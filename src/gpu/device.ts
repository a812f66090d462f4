/**
 * The device as a resource: opened, used in a bracket, closed. And the module state of the
 * library: the shared device, opened at its first use, used by all concurrent operations,
 * closed when the script has nothing left to do, opened anew after a loss; and which devices
 * are open, so that none outlives the process. (Beside it `node.ts` keeps Dawn's entry
 * objects, and `run/compiled.ts` has the collector free what nobody calls any more.)
 *
 * Laws: `open` never throws; `close` twice is `close` once; an idle device keeps no script
 * alive; one that is closed or lost is not held here; an adapter is asked for anew each time,
 * since one adapter gives one device.
 */
import type { Target } from '../compile/program.ts'
import { gelatoError, knownOptions, merge, shown } from '../error.ts'
import type { GelatoError } from '../error.ts'
import { E, TE } from '../fp.ts'
import type { Either, TaskEither } from '../fp.ts'
import { inNode } from './host.ts'
import { deviceLost, gpuFault, lose, sessionOf } from './session.ts'
import type { Session } from './session.ts'
import type { Device, GpuOptions } from './types.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

const wantedFeatures = ['subgroups', 'shader-f16', 'timestamp-query'] as const
// Clocks in the command stream cost something on some drivers: only who asks gets them.
const timing = 'timestamp-query'
// Dawn rounds timestamps to 65 or 100 us, against timing attacks between pages of a browser.
const exactClock = 'disable-dawn-features=timestamp_quantization'

// Mesa's llvmpipe checks every access to a buffer against its size by itself, and our kernels index arrays of their own within bounds:
// Dawn's second check only costs there (4 % of a step, a fifth of the first compilation). A GPU keeps it.
const unchecked = 'enable-dawn-features=disable_robustness'

const wantedLimits = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
  'maxComputeWorkgroupsPerDimension'
] as const

const messageOf = (e: unknown): string => (e instanceof Error ? e.message : String(e))

const noAdapter = (got: string): GelatoError =>
  gelatoError(
    'NoAdapter',
    ['gpu'],
    got,
    'a WebGPU adapter',
    `${inNode()
      ? "install a Vulkan driver: the graphics card's own, or on Debian and Ubuntu without a card `apt-get install mesa-vulkan-drivers` (23 or later)"
      : 'use a browser with WebGPU, on a page from https or localhost'}; small things run without one: { gpu: 'reference' }`
  )

const noPackage = (got: string): GelatoError =>
  gelatoError('NoAdapter', ['gpu'], got, "the npm package 'webgpu', which is WebGPU for Node", "npm install webgpu; small things run without it: { gpu: 'reference' }")

/** Is this the failure to find the package? The packages that it needs itself have other names. */
const isNoPackage = (e: unknown): boolean => e instanceof Error && /Cannot find (package|module) 'webgpu'/.test(e.message)

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

const browserEntry = (): GPU | undefined => (globalThis as { navigator?: { gpu?: GPU } }).navigator?.gpu

const entry = async (options: GpuOptions): Promise<GPU> => {
  if (options.provider !== undefined) return (await options.provider()) as GPU
  const browser = browserEntry()
  if (browser !== undefined && options.adapter === undefined && options.dawn === undefined) return browser
  if (!inNode()) throw new Error('this browser has no WebGPU')
  const { dawn } = await import('./node.ts')
  return dawn([...(options.adapter === undefined ? [] : [`adapter=${options.adapter}`]), ...(options.timestamps === true ? [exactClock] : []), ...(options.dawn ?? [])])
}

const isSoftware = (info: GPUAdapterInfo): boolean =>
  info.isFallbackAdapter || /llvmpipe|lavapipe|swiftshader|software|basic render/i.test(`${info.description} ${info.device} ${info.architecture}`)

/** Is it Mesa's software adapter? */
const isMesa = (info: GPUAdapterInfo): boolean => /llvmpipe/i.test(info.description)

/** An adapter and the object it comes from, which outlives it. Options of Dawn hold for the object, and which suit is known once an adapter was seen. */
const reach = async (options: GpuOptions): Promise<readonly [GPU, GPUAdapter | null]> => {
  const from = async (o: GpuOptions): Promise<readonly [GPU, GPUAdapter | null]> => {
    const gpu = await entry(o)
    return [gpu, await gpu.requestAdapter({ powerPreference: 'high-performance' })]
  }
  const first = await from(options), [gpu, adapter] = first
  const ours = options.provider === undefined && options.dawn === undefined && gpu !== browserEntry()
  if (!ours || adapter === null || !isMesa(adapter.info)) return first
  const again = await from({ ...options, dawn: [unchecked] })
  return again[1] === null ? first : again
}

const noClock = (name: string): GelatoError =>
  gelatoError('MissingFeature', ['gpu', 'timestamps'], `'${name}' without ${timing}`, `an adapter with ${timing}`, 'profile on another adapter, or time whole steps by the clock')

/** The limits and class of an open device as plain data. */
const targetOf = (info: GPUAdapterInfo, device: GPUDevice): Target => {
  const name = info.description !== '' ? info.description : info.device !== '' ? info.device : `${info.vendor} ${info.architecture}`.trim()
  const { limits } = device
  return {
    kind: isSoftware(info) ? 'software' : 'gpu',
    name,
    maxBindingBytes: limits.maxStorageBufferBindingSize,
    maxBufferBytes: limits.maxBufferSize,
    maxStorageBuffers: limits.maxStorageBuffersPerShaderStage,
    maxWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
    maxInvocations: limits.maxComputeInvocationsPerWorkgroup,
    maxWorkgroupBytes: limits.maxComputeWorkgroupStorageSize,
    subgroupSize: device.features.has('subgroups') && info.subgroupMinSize === info.subgroupMaxSize && info.subgroupMinSize <= 64 ? info.subgroupMinSize : 0
  }
}

const sessionFrom = (gpu: GPU, info: GPUAdapterInfo, device: GPUDevice, options: GpuOptions, isShared: boolean): Session => {
  const account: Session['account'] = { buffers: 0, bytes: 0, lost: undefined }
  const watchers: Session['watchers'] = new Set()
  const waiting: Session['waiting'] = new Set()
  device.addEventListener('uncapturederror', (event) => {
    // The error goes to the operations under way; the default would only print it.
    event.preventDefault()
    const error = gpuFault(['gpu'], event.error)
    for (const w of watchers) w(error)
  })
  return {
    _tag: 'Device',
    target: targetOf(info, device),
    info: { vendor: info.vendor, architecture: info.architecture, device: info.device, description: info.description },
    features: wantedFeatures.filter((f) => device.features.has(f)),
    get liveBuffers() {
      return account.buffers
    },
    get liveBytes() {
      return account.bytes
    },
    gpu,
    device,
    polls: gpu !== browserEntry(),
    shared: isShared,
    another: isMesa(info) && options.provider === undefined ? open(options) : undefined,
    closing: new Set(),
    pipelines: new Map(),
    layouts: new Map(),
    programs: new Map(),
    measured: { choices: undefined },
    watchers,
    waiting,
    account
  }
}

// Not in `sessionFrom`: the listener there is never let go by Dawn, nor is what lies in one scope with it.
const endWithLoss = (session: Session): void => {
  void session.device.lost.then((l) => {
    lose(session, deviceLost(l.reason, l.message, session.shared))
    forget(session)
  })
}

const opening =
  (options: GpuOptions, isShared: boolean): TaskEither<GelatoError, Device> =>
  async () => {
    const known = knownOptions(['gpu'], ['adapter', 'dawn', 'provider', 'timestamps'])(options)
    if (E.isLeft(known)) return E.left(merge(known.left))
    try {
      const [gpu, adapter] = await reach(options)
      if (adapter === null) return E.left(noAdapter(options.adapter === undefined ? 'no adapter' : `no adapter named '${options.adapter}'`))
      const timed = options.timestamps === true
      if (timed && !adapter.features.has(timing)) return E.left(noClock(adapter.info.description))
      const device = await adapter.requestDevice({
        requiredFeatures: wantedFeatures.filter((f) => adapter.features.has(f) && (f !== timing || timed)),
        requiredLimits: Object.fromEntries(wantedLimits.map((l) => [l, adapter.limits[l]]))
      })
      const session = sessionFrom(gpu, adapter.info, device, options, isShared)
      endWithLoss(session)
      await closedAtExit(session)
      return E.right(session)
    } catch (e) {
      const message = messageOf(e)
      return E.left(isNoPackage(e) ? noPackage(message) : noAdapter(options.adapter === undefined ? message : `no adapter named '${options.adapter}': ${message}`))
    }
  }

/**
 * Opens a device. Left: `NoAdapter` where none answers (or Dawn can't be loaded);
 * `MissingFeature` where `timestamps` are asked for and the adapter has none.
 *
 * @example
 * const device = await orThrow(Gpu.open())
 * const [y] = await orThrow(evaluate([Tensor.add(1)(Tensor.constant([1, 2]))], {}, { gpu: device }))   // => [2, 3]
 * Gpu.close(device)
 */
export const open = (options: GpuOptions = {}): TaskEither<GelatoError, Device> => opening(options, false)

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/** Closes a device; all its instances go with it. Operations under way are Left `DeviceLost`. */
export const close = (device: Device): void => {
  const session = sessionOf(device)
  for (const end of [...session.closing]) end()
  lose(session, deviceLost('closed', '', session.shared))
  forget(session)
  session.pipelines.clear()
  session.layouts.clear()
  session.programs.clear()
  session.device.destroy()
}

/** True until the device is closed or lost. */
export const isOpen = (device: Device): boolean => sessionOf(device).account.lost === undefined

const badUse = (got: string, need: string, hint: string): Either<GelatoError, never> =>
  E.left(gelatoError('BadFunction', ['Gpu.withDevice'], got, need, hint))

const isEither = (x: unknown): boolean => ['Left', 'Right'].includes(String((x as { readonly _tag?: unknown } | null | undefined)?._tag))

/** What a use comes to. A promise in the place of a TaskEither is awaited: the device is not closed below it, and its failure is told. */
const used = <A>(use: (device: Device) => TaskEither<GelatoError, A>) => (device: Device): TaskEither<GelatoError, A> => async () => {
  try {
    const task: unknown = use(device), lazy = typeof task === 'function'
    const answer: unknown = await (lazy ? (task as () => unknown)() : task)
    return lazy && isEither(answer) ? (answer as Either<GelatoError, A>)
      : badUse(lazy ? `a task of ${shown(answer)}` : task instanceof Promise ? 'a promise' : shown(task), 'a function from a device to a TaskEither', 'such as (gpu) => fit(model, { data, gpu })')
  } catch (e) {
    return badUse(messageOf(e), "a function that doesn't throw", 'mend the function, or let it give its errors as a Left')
  }
}

/** Opens a device, uses it, closes it whatever comes of the use. Left: as `open`, and `BadFunction` where `use` throws. */
export const withDevice =
  (options: GpuOptions = {}) =>
  <A>(use: (device: Device) => TaskEither<GelatoError, A>): TaskEither<GelatoError, A> =>
    TE.bracket(open(options), used(use), (device) => TE.fromIO(() => close(device)))

// -----------------------------------------------------------------------------
// the shared device
// -----------------------------------------------------------------------------

const shared: {
  current: Promise<Either<GelatoError, Device>> | undefined
  device: Device | undefined
  /** Every device that is open, for the end of the process. */
  readonly open: Set<Device>
  hooked: boolean
} = { current: undefined, device: undefined, open: new Set(), hooked: false }

/** Lets go of a device that is closed or lost. */
const forget = (device: Device): void => {
  shared.open.delete(device)
  if (shared.device !== device) return
  shared.current = undefined
  shared.device = undefined
}

const openShared = async (): Promise<Either<GelatoError, Device>> => {
  const opened = await opening({}, true)()
  // Kept beside the promise, since at exit nothing can be awaited.
  if (E.isRight(opened) && isOpen(opened.right)) shared.device = opened.right
  return opened
}

/** Closes a device at the end of the process, if it is still open then. */
const closedAtExit = async (device: Device): Promise<void> => {
  shared.open.add(device)
  if (shared.hooked || !inNode()) return
  const { atExit } = await import('./node.ts')
  if (!shared.hooked) atExit(releaseShared, () => { for (const d of [...shared.open]) close(d) })
  shared.hooked = true
}

/** The shared device: the open one, or a new one. Calls at the same time get the same. */
export const sharedDevice: TaskEither<GelatoError, Device> = async () => {
  for (;;) {
    const current = (shared.current ??= openShared())
    const opened = await current
    if (E.isRight(opened) && isOpen(opened.right)) return opened
    // A failure is not remembered and a lost device not handed out; whoever sees it first forgets it.
    if (shared.current === current) shared.current = undefined
    if (E.isLeft(opened)) return opened
  }
}

/** Closes the shared device, if it is open; the next use opens another. */
export const releaseShared = (): void => {
  const { device } = shared
  shared.current = undefined
  shared.device = undefined
  if (device !== undefined && isOpen(device)) close(device)
}

/** Uses the given device, or the shared one. */
export const using =
  (gpu?: Device) =>
  <A>(use: (device: Device) => TaskEither<GelatoError, A>): TaskEither<GelatoError, A> =>
    TE.Monad.chain(gpu === undefined ? sharedDevice : TE.right(gpu), use)
