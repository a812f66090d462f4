/**
 * The step that a fit would run, as a value: for whoever wants to look at it, or to time it.
 *
 * Law: nothing is compiled, opened or run.
 *
 * @since 0.2.0
 */
import { TE } from '../fp.ts'
import type { TaskEither } from '../fp.ts'
import { gelatoError } from '../error.ts'
import type { GelatoError } from '../error.ts'
import type { HostArrays, StepFn } from '../run/session.ts'
import type { Model } from '../model/index.ts'
import { fit } from './fit.ts'
import type { FitOptions } from './fit.ts'

/** A step as `fit` would run it, with its first values; errors are those of `fit`. */
export const stepOf = (model: Model, options: FitOptions): TaskEither<GelatoError, { readonly fn: StepFn; readonly values: HostArrays }> => async () => {
  const seen: { readonly fn: StepFn; readonly values: HostArrays }[] = []
  // `fit` opens its step through this and gets an error, so nothing is compiled and nothing runs.
  const enough = gelatoError('Captured', ['profile'], 'a step', 'a step', '')
  const ended = await fit(model, { ...options, steps: Math.max(1, options.steps ?? 1), open: (fn, values) => { seen.push({ fn, values }); return TE.left(enough) } })()
  return seen.length > 0 ? TE.right<GelatoError, (typeof seen)[0]>(seen[0])()
    : ended._tag === 'Left' ? ended
    : TE.left<GelatoError, never>(gelatoError('NoStep', ['profile'], 'a fit without a step', 'a method that runs a step', 'profile a method with steps'))()
}

