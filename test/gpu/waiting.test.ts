/**
 * Waiting for a buffer without keeping a core busy, on a buffer of our own making: the
 * question is taken back and asked again until the device is done.
 */
import { describe, expect, test } from 'vitest'
import { E } from '../../src/fp.ts'
import { collect } from '../../src/gpu/inner.ts'
import type { Inner } from '../../src/gpu/inner.ts'
import { deviceLost, lose } from '../../src/gpu/session.ts'

/** A buffer that maps at the question of this number, or refuses; questions that were taken back are rejected, as the standard says. */
const buffer = (answersAt: number, refuse = false) => {
  const seen = { asked: 0, open: 0, most: 0 }
  let reject: ((e: Error) => void) | undefined
  const fake = {
    size: 256,
    mapState: 'unmapped',
    mapAsync: () => new Promise<void>((resolve, no) => {
      seen.asked++
      seen.most = Math.max(seen.most, ++seen.open)
      if (seen.asked < answersAt) reject = no
      else if (refuse) { seen.open--; no(new Error('validation')) }
      else { seen.open--; fake.mapState = 'mapped'; resolve() }
    }),
    unmap: () => {
      if (reject !== undefined) { seen.open--; reject(new Error('unmapped while the mapping was pending')) }
      reject = undefined
      fake.mapState = 'unmapped'
    },
    getMappedRange: () => Uint8Array.of(1, 2, 3, 4).buffer,
    destroy: () => undefined
  }
  return { fake: fake as unknown as GPUBuffer, seen }
}

const inner = (polls: boolean): Inner => {
  const session = { polls, waiting: new Set(), account: { buffers: 0, bytes: 0, lost: undefined } }
  return { session, state: { destroyed: false }, owned: new Set(), idle: [] } as unknown as Inner
}

describe('a staging buffer', () => {
  test.each([1, 2, 5])('is asked for until question %i is answered, one at a time', async (n) => {
    const { fake, seen } = buffer(n)
    const got = await collect(inner(true), fake, 4)
    expect(E.isRight(got) && [...new Uint8Array(got.right)]).toEqual([1, 2, 3, 4])
    expect(seen).toEqual({ asked: n, open: 0, most: 1 })
  })
  test('is asked for once where the host waits by itself', async () => {
    const { fake, seen } = buffer(1)
    expect(E.isRight(await collect(inner(false), fake, 4))).toBe(true)
    expect(seen.asked).toBe(1)
  })
  test('that refuses is an error, not asked for again', async () => {
    const { fake, seen } = buffer(3, true)
    expect(await collect(inner(true), fake, 4)).toMatchObject(E.left({ _tag: 'GpuFault' }))
    expect(seen.asked).toBe(3)
  })
  test('of a device that goes while it is waited for is Left', async () => {
    const { fake } = buffer(Infinity), it = inner(true)
    const got = collect(it, fake, 4)
    setTimeout(() => lose(it.session, deviceLost('destroyed', '')), 10)
    expect(await got).toMatchObject(E.left({ _tag: 'DeviceLost' }))
  })
  test('that is destroyed in a rest is not asked for again', async () => {
    const { fake, seen } = buffer(Infinity), it = inner(true)
    let after = Infinity
    const got = collect(it, fake, 4)
    setTimeout(() => {
      it.state.destroyed = true
      after = seen.asked
    }, 10)
    expect(await got).toMatchObject(E.left({ _tag: 'InstanceDestroyed' }))
    // The question that was open at that moment was the last.
    expect(seen.asked).toBeLessThanOrEqual(after)
    expect(seen.open).toBe(0)
  })
})
