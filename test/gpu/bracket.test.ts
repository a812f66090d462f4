/** What is said of devices that can't be had or are gone, and the bracket, on a device of our own making. */
import { expect, test } from 'vitest'
import { E, TE } from '../../src/fp.ts'
import type { GelatoError } from '../../src/error.ts'
import { close, isOpen, open, releaseShared, sharedDevice, withDevice } from '../../src/gpu/index.ts'
import type { Device } from '../../src/gpu/index.ts'
import { sessionOf } from '../../src/gpu/session.ts'

/** As much of WebGPU as opening and closing asks for. */
const gpu = () => {
  const device = { features: new Set(), limits: {}, lost: new Promise(() => undefined), addEventListener: () => undefined, destroy: () => undefined }
  const info = { vendor: '', architecture: '', device: 'none', description: '', isFallbackAdapter: false }
  return { requestAdapter: () => Promise.resolve({ info, features: new Set(), limits: {}, requestDevice: () => Promise.resolve(device) }) }
}
const left = <A>(e: E.Either<GelatoError, A>): Partial<GelatoError> => (E.isLeft(e) ? e.left : {})

type Use = (device: Device) => TE.TaskEither<GelatoError, unknown>

/** How the bracket ended, and whether the device was open then. */
const ended = async (use: (device: Device) => unknown) => {
  const seen: Device[] = []
  const answer = await withDevice({ provider: gpu })(((d) => { seen.push(d); return use(d) }) as Use)()
  return { answer, open: seen.map(isOpen) }
}

test('a device is closed and a use that throws or rejects is a Left', async () => {
  const uses = [
    () => { throw new Error('boo') },
    () => () => { throw new Error('boo') },
    () => () => Promise.reject(new Error('boo')),
    () => Promise.reject(new Error('boo'))
  ]
  for (const use of uses) {
    const { answer, open } = await ended(use)
    expect(left(answer)).toMatchObject({ _tag: 'BadFunction', path: ['Gpu.withDevice'], got: 'boo' })
    expect(open).toEqual([false])
  }
})

test('a use that gives something else is a Left, one that gives an answer has it', async () => {
  for (const [use, got] of [[() => 3, '3'], [async () => E.right(3), 'a promise'], [() => async () => 3, 'a task of 3']] as const) {
    const { answer, open } = await ended(use)
    expect(left(answer)).toMatchObject({ _tag: 'BadFunction', got, need: 'a function from a device to a TaskEither' })
    expect(open).toEqual([false])
  }
  expect(await ended(() => TE.right(3))).toEqual({ answer: E.right(3), open: [false] })
})

test('where the package of WebGPU is missing, the fix is to install it', async () => {
  const missing = (message: string) => open({ provider: () => Promise.reject(Object.assign(new Error(message), { code: 'ERR_MODULE_NOT_FOUND' })) })()
  const e = left(await missing("Cannot find package 'webgpu' imported from node.js"))
  expect(e._tag).toBe('NoAdapter')
  expect(e.hint).toMatch(/^npm install webgpu;/)
  expect(e.hint).not.toContain('Vulkan')
  expect(left(await missing("Cannot find package 'other' imported from node.js")).hint).toContain('Vulkan')
})

test('a device of one\'s own is not opened anew, the shared one is where it is not passed', async () => {
  const own = await open({ provider: gpu })()
  if (E.isLeft(own)) throw new Error(own.left.got)
  close(own.right)
  expect(sessionOf(own.right).account.lost?.hint).toMatch(/^open another device by Gpu.open and pass it/)
  const page = globalThis as { navigator?: unknown }, before = Object.getOwnPropertyDescriptor(page, 'navigator')
  Object.defineProperty(page, 'navigator', { value: { gpu: gpu() }, configurable: true })
  try {
    const shared = await sharedDevice()
    if (E.isLeft(shared)) throw new Error(shared.left.got)
    releaseShared()
    expect(sessionOf(shared.right).account.lost?.hint).toBe('run it again without `gpu`: a new device is opened')
  } finally {
    if (before === undefined) delete page.navigator
    else Object.defineProperty(page, 'navigator', before)
  }
})
