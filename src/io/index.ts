/** File formats as pure functions; writing and reading files is in `io/node`, imported when it is called. */
import { TE, pipe } from '../fp.ts'
import type { TaskEither } from '../fp.ts'
import { gelatoError } from '../error.ts'
import type { GelatoError } from '../error.ts'
import type { Saved, SavedFiles } from './node/files.ts'

export type { SafeTensor, SafeTensors } from './safetensors.ts'
export { decode as decodeSafetensors, encode as encodeSafetensors } from './safetensors.ts'
export type { Saved, SavedFiles } from './node/files.ts'

const node = TE.tryCatch(
  () => import('./node/files.ts'),
  (): GelatoError => gelatoError('NoFileSystem', ['io'], 'no Node.js file system', 'Node.js', 'use encodeSafetensors and decodeSafetensors, and keep the bytes yourself')
)

/** Writes JSON and tensors as `<path>.json` and `<path>.safetensors`. Errors: as `io/node/files.ts`. */
export const write =
  (path: string) =>
  (value: Saved): TaskEither<GelatoError, SavedFiles> =>
    pipe(node, TE.chain((m) => m.writeSaved(path)(value)))

/** Reads what `write` wrote. Errors: as `io/node/files.ts`. */
export const read = (path: string): TaskEither<GelatoError, Saved> => pipe(node, TE.chain((m) => m.readSaved(path)))
