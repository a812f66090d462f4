/**
 * A user's function that is told how things go. One that throws, or that is async and
 * rejects, ends what it observes: nothing else of Gelato throws, and no promise of a
 * user's is left without somebody who hears it fail.
 *
 * @since 0.5.0
 */
import { gelatoError } from '../error.ts'
import type { GelatoError } from '../error.ts'

/** An observer that is being watched. */
export interface Observer<A> {
  readonly tell: (a: A) => void
  /** Why it failed, if it did: to be asked when what it observes is over. */
  readonly failure: () => Promise<GelatoError | undefined>
}

/** Watches an observer: the first failure calls `stop`. `path` says which option it was given as. */
export const observer = <A>(path: readonly string[], f: ((a: A) => unknown) | undefined, stop: () => void): Observer<A> => {
  const thrown: unknown[] = []
  const failed = (cause: unknown): void => {
    thrown.push(cause)
    stop()
  }
  return {
    tell: (a) => {
      try {
        const answer = f?.(a)
        if (typeof answer === 'object' && answer !== null && 'then' in answer) Promise.resolve(answer).catch(failed)
      } catch (cause) {
        failed(cause)
      }
    },
    failure: async () => {
      // An async function that threw at its last call says so before the next turn of the event loop.
      await new Promise<void>((next) => { setTimeout(next, 0) })
      return thrown.length === 0 ? undefined
        : gelatoError('ObserverFailed', path, String(thrown[0]), 'an observer that does not throw', `mend the function given as ${path[path.length - 1]}`)
    }
  }
}

/** An abort as the caller sees it: how far it came, and that nothing of it is kept. Other errors are as they were. */
export const stoppedAt = (path: readonly string[], got: () => string) => (e: GelatoError): GelatoError =>
  e._tag === 'Aborted' ? gelatoError('Aborted', path, got(), 'a signal that is not aborted', `call ${path.join('.')} again: what was computed until then is not kept`) : e
