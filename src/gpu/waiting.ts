/**
 * Waiting for a device without keeping a core busy. While a promise of the device is
 * pending, Dawn in Node looks for news without a pause: a core's work, which a software
 * adapter misses. So the question is asked, soon taken back, and asked again after a rest.
 *
 * Law: at most one question is open at a time, and none when the answer is given.
 */
import type { GelatoError } from '../error.ts'
import { E } from '../fp.ts'
import type { Either } from '../fp.ts'
import { settle } from './session.ts'
import type { Session } from './session.ts'

// Asked this long without a rest: what is short should not wait for a timer.
const askMs = 2
const askTurns = 3
// A rest as a share of the time already waited, and its bounds in milliseconds.
const restShare = 0.04
const [leastRest, mostRest] = [1, 20]

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** A turn of the event loop: timers take a millisecond, so the host's faster way where it has one. */
const turn = (): Promise<void> =>
  new Promise((resolve) => ((globalThis as { setImmediate?: (f: () => void) => void }).setImmediate ?? setTimeout)(resolve))

/**
 * Waits until a buffer is mapped, or until it is `gone` (destroyed, with what owns it) or the
 * device is: nobody asks a destroyed buffer. Left: `GpuFault` where it is refused, or the error of what went.
 */
export const mapped = async (session: Session, buffer: GPUBuffer, bytes: number, gone: () => GelatoError | undefined = () => undefined): Promise<Either<GelatoError, void>> => {
  const answerOf = (asked: Promise<void>): Promise<Either<GelatoError, void>> => settle(session, ['program'], asked)
  if (!session.polls) return answerOf(buffer.mapAsync(1, 0, bytes))
  const began = performance.now()
  const waited = (): number => performance.now() - began
  for (;;) {
    let open = true
    const close = (): void => { open = false }
    const promise = buffer.mapAsync(1, 0, bytes), asked = answerOf(promise)
    promise.then(close, close)
    for (let turns = 0; open && (turns < askTurns || waited() < askMs); turns++) await turn()
    if (!open) return asked
    // What was destroyed meanwhile has answered already, and unmaps to nothing.
    buffer.unmap()
    await asked
    await pause(Math.min(mostRest, Math.max(leastRest, restShare * waited())))
    const end = session.account.lost ?? gone()
    if (end !== undefined) return E.left(end)
  }
}
