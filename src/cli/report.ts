/**
 * Writes what a run found: every figure as SVG and PNG and its specification as JSON,
 * the page that shows them, and the numbers. Where PNGs can't be drawn (an optional
 * package, no binary for this machine), the rest is written all the same and a note
 * says so.
 */
import { mkdir, mkdtemp, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { E, TE, pipe } from '../fp.ts'
import type { TaskEither } from '../fp.ts'
import { gelatoError } from '../error.ts'
import type { GelatoError } from '../error.ts'
import { figures } from './figures.ts'
import type { Figure } from './figures.ts'
import { page } from './page.ts'
import type { DrawnFigure } from './page.ts'
import { forPage, toPng, toSvg } from './render.ts'
import type { MnistResults, MnistSummary } from './results.ts'

/** The files written, and notes on what could not be. */
export interface Report {
  readonly page: string
  readonly files: readonly string[]
  readonly notes: readonly string[]
}

const write = (file: string, content: string | Uint8Array): TaskEither<GelatoError, string> =>
  TE.tryCatch(
    () => writeFile(file, content).then(() => file),
    (e) => gelatoError('CannotWrite', [file], e instanceof Error ? e.message : String(e), 'a folder that can be written', 'name another with --out')
  )

/** Makes a folder where it is missing, and something in it for a moment: what can't be written is known before a run, not after it. Errors: `CannotWrite`. */
export const writable = (folder: string): TaskEither<GelatoError, void> =>
  TE.tryCatch(
    async () => {
      await mkdir(folder, { recursive: true })
      await rmdir(await mkdtemp(join(folder, '.gelato-')))
    },
    (e) => gelatoError('CannotWrite', [folder], e instanceof Error ? e.message : String(e), 'a folder that can be made and written', 'name another with --out')
  )

interface Drawn {
  readonly figure: DrawnFigure
  readonly files: readonly string[]
  readonly notes: readonly string[]
}

const draw =
  (folder: string) =>
  (f: Figure): TaskEither<GelatoError, Drawn> =>
    pipe(
      TE.Do,
      TE.apS('svg', toSvg(f.plot)),
      TE.bind('spec', () => write(join(folder, `${f.name}.vl.json`), `${JSON.stringify(f.plot)}\n`)),
      TE.bind('file', ({ svg }) => write(join(folder, `${f.name}.svg`), svg)),
      TE.bind('png', ({ svg }) => TE.fromTask(toPng()(svg))),
      TE.chain(({ svg, file, spec, png }) => {
        const figure = { ...f, svg: forPage(svg) }
        return E.isLeft(png)
          ? TE.right({ figure, files: [file, spec], notes: [`${f.name}.png was not drawn: ${png.left.got}`] })
          : pipe(
              write(join(folder, `${f.name}.png`), png.right),
              TE.map((p) => ({ figure, files: [file, p, spec], notes: [] }))
            )
      })
    )

/** Writes the report into `folder`, which is made where it is missing. Errors: `CannotWrite`, `MissingPackage`, `CannotDraw`. */
export const writeReport =
  (folder: string) =>
  (results: MnistResults, summary: MnistSummary): TaskEither<GelatoError, Report> =>
    pipe(
      writable(folder),
      TE.chain(() => TE.traverseSeqArray(draw(folder))(figures(results))),
      TE.bindTo('drawn'),
      TE.bind('html', ({ drawn }) => write(join(folder, 'index.html'), page(summary, drawn.map((d) => d.figure)))),
      TE.bind('numbers', () => write(join(folder, 'results.json'), `${JSON.stringify(summary, null, 2)}\n`)),
      TE.map(({ drawn, html, numbers }) => ({
        page: html,
        files: [html, numbers, ...drawn.flatMap((d) => d.files)],
        notes: drawn.flatMap((d) => d.notes)
      }))
    )
