/**
 * Compiling ahead on a second device: it changes nothing, ends, and leaves nothing behind.
 */
import { describe, expect, test } from 'vitest'
import { link } from '../../src/compile/link.ts'
import { E } from '../../src/fp.ts'
import { orThrow } from '../../src/error.ts'
import { compileAhead, through } from '../../src/gpu/ahead.ts'
import { close, isOpen, open } from '../../src/gpu/device.ts'
import { sessionOf } from '../../src/gpu/session.ts'
import { kernels, libraries } from '../../src/shaders.ts'

const all = Object.entries(kernels).map(([label, text]) => {
  const r = link({ kernel: text, libraries })
  if (E.isLeft(r)) throw new Error(JSON.stringify(r.left))
  return { key: label, label, wgsl: r.right.wgsl, bindings: r.right.bindings }
})

describe('a second device', () => {
  test('compiles every kernel over parameters that are all zeros: each finds nothing to do, and ends', async () => {
    const device = await orThrow(open())
    expect(await through(sessionOf(device), all, () => false, 0)).toBe(all.length)
    close(device)
  })
  test('goes from the last kernel to the first until it is stopped, and closes', async () => {
    const device = await orThrow(open()), session = sessionOf(device)
    const opened: unknown[] = []
    const watched = { ...session, another: async () => {
      const r = await orThrow(open())
      opened.push(r)
      return E.right(r)
    } }
    const ahead = compileAhead(watched, all)
    ahead?.stop()
    expect(await ahead?.ended).toBe(0)
    expect(opened.map((d) => isOpen(d as typeof device))).toEqual([false])
    close(device)
  })
  test('is not opened for a few kernels, nor where a second one gains nothing', async () => {
    const device = await orThrow(open()), session = sessionOf(device)
    expect(compileAhead(session, all.slice(0, 2))).toBeUndefined()
    expect(compileAhead({ ...session, another: undefined }, all)).toBeUndefined()
    close(device)
  })
  test('ends with the device it works for', async () => {
    const device = await orThrow(open()), session = sessionOf(device)
    const ahead = compileAhead({ ...session, another: open() }, all)
    close(device)
    expect(await ahead?.ended).toBeLessThan(all.length)
    expect(session.closing.size).toBe(0)
  })
})
