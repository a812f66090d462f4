/**
 * Plots as files, in Node: what `gelato-gpu/draw` names. A plot is a Vega-Lite value, in a
 * page drawn by Vega itself; here Vega draws it without a screen, as the command line does
 * for its report. Vega, Vega-Lite and resvg are installed by who draws.
 *
 * @since 0.5.0
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { TE, pipe } from '../fp.ts'
import type { TaskEither } from '../fp.ts'
import { gelatoError, shown } from '../error.ts'
import type { GelatoError } from '../error.ts'
import { toPng, toSvg } from './render.ts'
import type { VegaLite } from './render.ts'

export { toPng, toSvg } from './render.ts'
export type { VegaLite } from './render.ts'

const contents = (file: string, plot: VegaLite): TaskEither<GelatoError, string | Uint8Array> => {
  const ending = /\.(svg|png|json)$/i.exec(typeof file === 'string' ? file : '')?.[1].toLowerCase()
  return ending === undefined
    ? TE.left(gelatoError('BadOption', ['draw', 'file'], shown(file), 'a name that ends in .svg, .png or .json', "such as 'loss.svg'"))
    : ending === 'json'
      ? TE.right(`${JSON.stringify(plot, null, 1)}\n`)
      : pipe(toSvg(plot), TE.chain((svg): TaskEither<GelatoError, string | Uint8Array> => (ending === 'svg' ? TE.right(svg) : toPng()(svg))))
}

/**
 * Writes a plot to a file and gives its name: an SVG, a PNG of two pixels a unit, or by the
 * ending `.json` the Vega-Lite specification, for any Vega editor. Folders that are missing are made.
 *
 * Errors: `BadOption` for another ending, `MissingPackage`, `CannotDraw`, `CannotWrite`.
 */
export const save =
  (file: string) =>
  (plot: VegaLite): TaskEither<GelatoError, string> =>
    pipe(
      contents(file, plot),
      TE.chain((content) =>
        TE.tryCatch(
          async () => {
            await mkdir(dirname(file), { recursive: true })
            await writeFile(file, content)
            return file
          },
          (e) => gelatoError('CannotWrite', [file], e instanceof Error ? e.message : String(e), 'a folder that can be made and written', 'check the path, the rights and the space left')
        )
      )
    )
