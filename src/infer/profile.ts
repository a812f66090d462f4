/**
 * Profiles as users see them: what graphs or a training step cost, kernel by kernel.
 * Import it as a namespace.
 *
 * Law: the step that is profiled is the one that `fit` would run with the same options.
 *
 * @since 0.2.0
 */
import { TE, pipe } from '../fp.ts'
import type { TaskEither } from '../fp.ts'
import { gelatoError } from '../error.ts'
import type { GelatoError } from '../error.ts'
import { profileStep } from '../run/profile.ts'
import type { Profile, ProfileOptions } from '../run/profile.ts'
import type { Model } from '../model/index.ts'
import type { FitOptions } from './fit.ts'
import { stepOf } from './capture.ts'

export { byKernel, graphs, listing, show } from '../run/profile.ts'
export type { Profile, ProfileOptions, ProfileRow, ProfileTotals } from '../run/profile.ts'

/**
 * Profiles one training step of a fit (of its first phase). Options are those of `fit`;
 * `gpu` is a device opened with `{ timestamps: true }`, or absent: then one is opened.
 *
 * Errors: those of `fit`; `MissingFeature` where the device can't time kernels.
 *
 * @example
 * const p = await orThrow(fit(bnn, { data: train, batchSize: 100 }, { repeats: 3 }))
 * console.log(show(p))
 */
export const fit = (model: Model, options: FitOptions, { repeats }: Pick<ProfileOptions, 'repeats'> = {}): TaskEither<GelatoError, Profile> =>
  options.gpu === 'reference'
    ? TE.left(gelatoError('BadOption', ['profile', 'gpu'], "'reference'", 'a device', 'the interpreter has no kernels: leave `gpu` out'))
    : pipe(
        stepOf(model, options),
        TE.chain(({ fn, values }) => profileStep(fn, values, { ...(options.gpu === undefined ? {} : { gpu: options.gpu as Exclude<typeof options.gpu, 'reference'> }), ...(repeats === undefined ? {} : { repeats }) }))
      )
