import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { E, TE } from '../../src/fp.ts'
import { orThrow } from '../../src/error.ts'
import { close, destroy, instantiate, isOpen, open, read, releaseShared, runSteps, sharedDevice, using, withDevice, write } from '../../src/gpu/index.ts'
import type { Device } from '../../src/gpu/index.ts'
import { sessionOf } from '../../src/gpu/session.ts'
import { axpy, chaos } from './programs.ts'

const leftTag = (e: E.Either<{ _tag: string }, unknown>): string => (E.isLeft(e) ? e.left._tag : 'Right')

const doubled = (d: Parameters<ReturnType<typeof instantiate>>[0]) =>
  TE.tryCatch(
    async () => {
      const i = await orThrow(instantiate(axpy(2))(d))
      write('x', new Float32Array([3, 4]))(i)
      await orThrow(runSteps(1)(i))
      const { out } = await orThrow(read(['out'])(i))
      destroy(i)
      return [...out]
    },
    (e) => (e as Error & { cause: { _tag: string; path: string[]; got: string; need: string; hint: string } }).cause
  )

describe('a device', () => {
  it('tells its limits as plain data', async () => {
    await orThrow(
      withDevice()((d) =>
        TE.fromIO(() => {
          const { target } = d
          expect(JSON.parse(JSON.stringify(target))).toEqual(target)
          // The least that WebGPU guarantees.
          expect(target.maxBindingBytes).toBeGreaterThanOrEqual(2 ** 27)
          expect(target.maxStorageBuffers).toBeGreaterThanOrEqual(8)
          expect(target.name).not.toBe('')
          if (/llvmpipe|swiftshader/i.test(target.name)) expect(target.kind).toBe('software')
        })
      )
    )
  })

  it('is closed by its bracket, also after a failure', async () => {
    const seen: Parameters<typeof isOpen>[0][] = []
    await orThrow(withDevice()((d) => TE.fromIO(() => seen.push(d))))
    const failed = await withDevice()((d) => {
      seen.push(d)
      return TE.left({ _tag: 'Mine', path: [], got: '', need: '', hint: '' })
    })()
    expect(leftTag(failed)).toBe('Mine')
    expect(seen.map(isOpen)).toEqual([false, false])
  })

  it('that is not there is a Left that says how to get one', async () => {
    const r = await open({ adapter: 'nonexistent' })()
    expect(leftTag(r)).toBe('NoAdapter')
    expect(E.isLeft(r) && r.left.hint).toContain('mesa-vulkan-drivers')
    expect(leftTag(await open({ provider: () => Promise.reject(new Error('none')) })())).toBe('NoAdapter')
  })

  it('is taken from a given provider', async () => {
    const { dawn } = await import('../../src/gpu/node.ts')
    const d = await orThrow(open({ provider: () => dawn(['backend=null']) }))
    expect(d.target.name).not.toBe('')
    close(d)
  })

  it('that is lost turns everything under way into a Left', async () => {
    const d = await orThrow(open())
    const i = await orThrow(instantiate(chaos(100, 8))(d))
    const running = runSteps(1_000_000)(i)()
    setTimeout(() => sessionOf(d).device.destroy(), 50)
    expect(leftTag(await running)).toBe('DeviceLost')
    expect(leftTag(await read(['x'])(i)())).toBe('DeviceLost')
    expect(leftTag(write('x', new Float32Array(1))(i))).toBe('DeviceLost')
    expect(leftTag(await instantiate(axpy(4))(d)())).toBe('DeviceLost')
    destroy(i)
    close(d)
  })

  it('that is lost or closed is not held', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const opened = () => orThrow(open({ dawn: ['backend=null'] }))
    const gone = async (end: (d: Device) => void) => {
      const d = await opened()
      end(d)
      return new WeakRef(d)
    }
    const refs = [await gone(close), await gone((d) => sessionOf(d).device.destroy())]
    // Finalisers of the GPU's objects run between turns, and free what the next round collects; who looks keeps for a turn.
    for (let i = 0; i < 50 && refs.some((r) => r.deref() !== undefined); i++) {
      await new Promise((r) => setTimeout(r, 20))
      collect()
    }
    expect(refs.map((r) => r.deref() === undefined)).toEqual([true, true])
  })

  it('that is closed while it is used is a Left', async () => {
    const d = await orThrow(open())
    const i = await orThrow(instantiate(chaos(100, 8))(d))
    const running = runSteps(1_000_000)(i)()
    setTimeout(() => close(d), 50)
    expect(leftTag(await running)).toBe('DeviceLost')
  })
})

describe('the shared device', () => {
  it('is one for all at the same time', async () => {
    const [a, b] = await Promise.all([orThrow(sharedDevice), orThrow(sharedDevice)])
    expect(a).toBe(b)
    expect(await orThrow(using()(doubled))).toEqual([6, 9])
  })

  it('is opened anew after a loss', async () => {
    const a = await orThrow(sharedDevice)
    sessionOf(a).device.destroy()
    const lost = await using(a)(doubled)()
    expect(leftTag(lost)).toBe('DeviceLost')
    expect(await orThrow(using()(doubled))).toEqual([6, 9])
    expect(await orThrow(sharedDevice)).not.toBe(a)
  })

  it('is opened anew after its release', async () => {
    const a = await orThrow(sharedDevice)
    releaseShared()
    releaseShared()
    expect(isOpen(a)).toBe(false)
    expect(await orThrow(using()(doubled))).toEqual([6, 9])
    releaseShared()
  })
})

describe('a script', () => {
  const root = resolve(import.meta.dirname, '../..')
  const gpu = join(root, 'build/gpu/index.js')
  let dir: string

  /** Runs a script against the built library: how it ended and what it printed. */
  const run = (text: string): Promise<{ code: number | null; signal: string | null; out: string; err: string }> =>
    new Promise((done) => {
      const file = join(dir, 'script.mjs')
      writeFileSync(file, `import { open, sharedDevice, using, instantiate, write, runSteps, read } from ${JSON.stringify(pathToFileURL(gpu).href)}\n${text}`)
      const child = spawn(process.execPath, [file], { cwd: root, timeout: 60_000 })
      let out = ''
      let err = ''
      child.stdout.on('data', (d) => (out += d))
      child.stderr.on('data', (d) => (err += d))
      child.on('close', (code, signal) => done({ code, signal, out, err }))
    })

  const use = `
const n = 4
const program = ${JSON.stringify(axpy(4), (_, v: unknown) => (ArrayBuffer.isView(v) ? { array: [...(v as Uint32Array)], kind: v.constructor.name } : v))}
const revive = (v) => v && v.kind ? new globalThis[v.kind](v.array) : Array.isArray(v) ? v.map(revive) : v && typeof v === 'object' ? Object.fromEntries(Object.entries(v).map(([k, x]) => [k, revive(x)])) : v
const got = (e) => { if (e._tag === 'Left') throw new Error(JSON.stringify(e.left)); return e.right }
const once = async (device) => {
  const i = got(await instantiate(revive(program))(device)())
  got(write('x', new Float32Array([1, 2, 3, 4]))(i))
  got(await runSteps(3)(i)())
  console.log([...got(await read(['out'])(i)()).out].join(' '))
}
`

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'gelato-'))
    // Outputs are written even where some other file has a type error.
    await new Promise((done) => spawn(process.execPath, [join(root, 'scripts/run.mjs'), 'build'], { stdio: 'ignore' }).on('close', done))
    if (!existsSync(gpu)) throw new Error('the build made no build/gpu')
  })
  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  for (const [name, text] of [
    ['that uses the shared device', 'await once(got(await sharedDevice()))'],
    ['that leaves its own device open', 'await once(got(await open()()))'],
    ['that uses several devices one after another', 'for (let k = 0; k < 3; k++) await once(got(await open()()))'],
    ['that ends by process.exit', 'await once(got(await sharedDevice())); process.exit(0)'],
    ['that collects its garbage', 'await once(got(await sharedDevice())); for (let k = 0; k < 200; k++) { new Array(1e5).fill({}); if (k % 50 === 0) await new Promise((r) => setTimeout(r, 1)) }; await once(got(await sharedDevice()))']
  ] as const) {
    it(`${name} ends by itself, well`, async () => {
      const { code, signal, out, err } = await run(use + text)
      expect({ code, signal, err: code === 0 ? '' : err }).toEqual({ code: 0, signal: null, err: '' })
      expect(out.trim().split('\n')[0]).toBe('2 5 8 11')
    })
  }

  it('needs no DOM library for the declarations it sees', () => {
    const seen = new Set<string>()
    const visit = (file: string): void => {
      if (seen.has(file) || !existsSync(file)) return
      seen.add(file)
      for (const m of readFileSync(file, 'utf8').matchAll(/(?:from |import\()['"](\.[^'"]*)\.ts['"]/g)) visit(`${resolve(dirname(file), m[1])}.d.ts`)
    }
    visit(join(root, 'dist/gpu/index.d.ts'))
    visit(join(root, 'dist/index.d.ts'))
    expect(seen.size).toBeGreaterThan(3)
    expect([...seen].flatMap((f) => (readFileSync(f, 'utf8').match(/^(?!\s*(\*|\/)).*\bGPU[A-Z]?\w*.*$/gm) ?? []).map((l) => `${f}: ${l}`))).toEqual([])
  })

  it('that fails says so and ends', async () => {
    const { code } = await run(`${use}await once(got(await sharedDevice())); throw new Error('x')`)
    expect(code).toBe(1)
  })
})
