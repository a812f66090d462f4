/**
 * MNIST from the bytes of its four idx files: pure, so that a browser that fetched
 * them can use it too. Pixels stay raw (0 to 255, u8): scaling belongs to the model.
 */
import { E, pipe } from '../fp.ts'
import type { Either } from '../fp.ts'
import { all, fail } from '../error.ts'
import type { GelatoErrors } from '../error.ts'
import { fromFields } from '../dataset/index.ts'
import type { Dataset } from '../dataset/index.ts'
import { parseIdx } from './idx.ts'

/** Training and test part of a data set. */
export interface TrainTest {
  readonly train: Dataset<'x' | 'y'>
  readonly test: Dataset<'x' | 'y'>
}

/** The names that the four files go by. */
export const mnistFiles = {
  trainImages: 'train-images-idx3-ubyte',
  trainLabels: 'train-labels-idx1-ubyte',
  testImages: 't10k-images-idx3-ubyte',
  testLabels: 't10k-labels-idx1-ubyte'
} as const

const part = (
  name: string,
  images: readonly [string, Uint8Array],
  labels: readonly [string, Uint8Array]
): Either<GelatoErrors, Dataset<'x' | 'y'>> =>
  pipe(
    all([parseIdx(images[0], 3)(images[1]), parseIdx(labels[0], 1)(labels[1])]),
    E.chain(([x, y]) => {
      const [n, height, width] = x.shape
      const high = y.data.findIndex((v) => v > 9)
      if (height !== 28 || width !== 28)
        return fail('CorruptIdx', [images[0]], `images of ${height} x ${width}`, 'images of 28 x 28', 'this is neither MNIST nor Fashion-MNIST: make a data set with Dataset.of')
      if (y.shape[0] !== n)
        return fail('CorruptIdx', [labels[0]], `${y.shape[0]} labels for ${n} images`, 'one label per image', 'take both files from one source')
      if (high >= 0)
        return fail('CorruptIdx', [labels[0]], `label ${y.data[high]} at row ${high}`, 'labels from 0 to 9', 'the file is damaged: get it anew')
      // copies start at offset 0: the views behind the 8- and 16-byte headers need not be aligned to words
      return E.right(
        fromFields(name, {
          x: { dtype: 'u8', shape: [n, 1, height, width], data: new Uint8Array(x.data) },
          y: { dtype: 'u8', shape: [n], data: new Uint8Array(y.data) }
        })
      )
    })
  )

/**
 * MNIST, or Fashion-MNIST, which has its form, from its files' bytes: `x` u8
 * [n, 1, 28, 28] raw pixels, `y` u8 [n] labels.
 *
 * Errors: `CorruptIdx`, for every bad file at once.
 */
export const mnistFromBytes = (
  bytes: Readonly<Record<keyof typeof mnistFiles, Uint8Array>>,
  name = 'mnist'
): Either<GelatoErrors, TrainTest> =>
  pipe(
    all([
      part(`${name}.train`, [mnistFiles.trainImages, bytes.trainImages], [mnistFiles.trainLabels, bytes.trainLabels]),
      part(`${name}.test`, [mnistFiles.testImages, bytes.testImages], [mnistFiles.testLabels, bytes.testLabels])
    ]),
    E.map(([train, test]) => ({ train, test }))
  )
