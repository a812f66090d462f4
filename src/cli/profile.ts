/**
 * `gelato profile`: one training step of the notebook's network, timed kernel by kernel.
 *
 * The images are random: a step costs the same whatever they show, and no data are needed.
 */
import { TE, pipe } from '../fp.ts'
import type { TaskEither } from '../fp.ts'
import type { GelatoError } from '../error.ts'
import { withDevice } from '../gpu/index.ts'
import * as Profile from '../infer/profile.ts'
import { Optimizer } from '../infer/index.ts'
import type { ProfileOptions } from './options.ts'
import { notebookModel } from './train.ts'

/** As many as MNIST has, so that the bytes held are those of real training. */
const IMAGES = 60_000

const randomImages = (): { readonly x: { readonly shape: readonly number[]; readonly data: Uint8Array }; readonly y: { readonly shape: readonly number[]; readonly data: Uint8Array } } => {
  const data = new Uint8Array(IMAGES * 784)
  for (let i = 0, s = 1; i < data.length; i++) data[i] = (s = (Math.imul(s, 1664525) + 1013904223) >>> 0) >>> 24
  return { x: { shape: [IMAGES, 1, 28, 28], data }, y: { shape: [IMAGES], data: Uint8Array.from({ length: IMAGES }, (_, i) => i % 10) } }
}

/** Times the step. Errors: `NoAdapter`, `MissingFeature`. */
export const profileNotebook = (o: ProfileOptions): TaskEither<GelatoError, Profile.Profile> =>
  withDevice({ timestamps: true, ...(o.adapter === undefined ? {} : { adapter: o.adapter }) })((gpu) =>
    Profile.fit(notebookModel(false), {
      data: randomImages(), gpu, batchSize: o.batchSize, samples: o.samples, optimizer: Optimizer.adam({ learningRate: 1e-3 })
    }, { repeats: o.repeats }))

/** The profile as the command prints it. */
export const profileText = (o: ProfileOptions) => (p: Profile.Profile): string => {
  if (o.json) {
    const { program, ...plain } = p
    return JSON.stringify({ ...plain, byKernel: Profile.byKernel(p), options: o, ...(o.wgsl ? { kernels: program.kernels.map((k) => ({ label: k.label, wgsl: k.wgsl })) } : {}) })
  }
  return [
    ...(o.listing || o.wgsl ? [Profile.listing(p, { wgsl: o.wgsl }), ''] : []),
    Profile.show(p, { by: o.dispatches ? 'dispatch' : 'kernel' })
  ].join('\n')
}

/** Runs the command. */
export const runProfile = (o: ProfileOptions, print: (line: string) => void): TaskEither<GelatoError, void> =>
  pipe(profileNotebook(o), TE.map((p) => print(profileText(o)(p))))
