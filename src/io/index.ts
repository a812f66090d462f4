/** File formats as pure functions; writing and reading files is in `io/node`, imported when it is called. */
import { E, TE, pipe } from '../fp.ts'
import type { TaskEither } from '../fp.ts'
import { gelatoError, shown } from '../error.ts'
import type { GelatoError } from '../error.ts'
import type { Saved, SavedFiles } from './node/files.ts'

export type { SafeTensor, SafeTensors } from './safetensors.ts'
export { decode as decodeSafetensors, encode as encodeSafetensors } from './safetensors.ts'
export type { Saved, SavedFiles } from './node/files.ts'

const noFiles = (): GelatoError =>
  gelatoError('NoFileSystem', ['io'], 'no Node.js file system', 'Node.js',
    'in a browser take Approximation.toSaved and encodeSafetensors, keep the JSON and the bytes yourself, and come back by decodeSafetensors and fromSaved')

type Files = typeof import('./node/files.ts')

/** Uses the files of Node. Left, and never a rejection, where there are none: not loaded, empty, or made of functions that only throw. */
const withFiles = <A>(use: (m: Files) => TaskEither<GelatoError, A>): TaskEither<GelatoError, A> =>
  pipe(
    TE.tryCatch(async () => {
      const m = await import('./node/files.ts')
      return m.hasFiles() ? await use(m)() : E.left(noFiles())
    }, noFiles),
    TE.chain(TE.fromEither)
  )

const isNamed = (path: unknown): boolean => typeof path === 'string' && !/(^|[\\/])\.{0,2}$/.test(path)

/** Writes JSON and tensors as `<path>.json` and `<path>.safetensors`. Errors: `CannotWrite` for a path without a name; as `io/node/files.ts`. */
export const write =
  (path: string) =>
  (value: Saved): TaskEither<GelatoError, SavedFiles> =>
    isNamed(path)
      ? withFiles((m) => m.writeSaved(path)(value))
      : TE.left(gelatoError('CannotWrite', ['save'], shown(path), 'a path that ends in a name, to which .json and .safetensors are added', "such as 'out/model'"))

/** Reads what `write` wrote. Errors: as `io/node/files.ts`. */
export const read = (path: string): TaskEither<GelatoError, Saved> => withFiles((m) => m.readSaved(path))
