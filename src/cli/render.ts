/**
 * Draws plots: a Vega-Lite value to SVG text by Vega without a screen, and SVG to PNG
 * by resvg. Both packages are optional; where one is missing the error says which.
 *
 * Text in a PNG needs a font: the system's, or the one of `dejavu-fonts-ttf` where
 * the system has none.
 */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { TE, pipe } from '../fp.ts'
import type { TaskEither } from '../fp.ts'
import { gelatoError, shown } from '../error.ts'
import type { GelatoError } from '../error.ts'
import { theme } from '../plot/spec.ts'

/** A Vega-Lite specification: a `Plot`, one that was restyled, or one of your own. */
export type VegaLite = Readonly<Record<string, unknown>>

/** A title is a text, or a record with one. */
const titleOf = ({ title }: VegaLite): string => {
  const text = typeof title === 'object' && title !== null ? (title as { readonly text?: unknown }).text : title
  return typeof text === 'string' ? text : Array.isArray(text) ? text.join(' ') : 'a plot'
}

const missing =
  (name: string) =>
  (e: unknown): GelatoError =>
    gelatoError('MissingPackage', ['plot', name], e instanceof Error ? e.message : String(e), `the npm package '${name}', to draw plots`, `npm install ${name}`)

const failed =
  (what: string) =>
  (e: unknown): GelatoError =>
    gelatoError('CannotDraw', ['plot', what], e instanceof Error ? e.message : String(e), 'a valid Vega-Lite specification', 'compare with the specification that the plot function gave')

const escapeXml = (s: string): string =>
  s.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;')

/** Says to a screen reader what a drawing shows. */
const describe =
  (plot: VegaLite) =>
  (svg: string): string =>
    svg.replace(/<svg([^>]*)>/, (_, attributes: string) => {
      const title = escapeXml(titleOf(plot)), text = typeof plot['description'] === 'string' ? escapeXml(plot['description']) : title
      return `<svg${attributes} role="img" aria-label="${text}"><title>${title}</title><desc>${text}</desc>`
    })

/** A plot as SVG text. Errors: `MissingPackage`, `CannotDraw`. */
export const toSvg = (plot: VegaLite): TaskEither<GelatoError, string> =>
  typeof plot !== 'object' || plot === null
    ? TE.left(gelatoError('CannotDraw', ['plot'], shown(plot), 'a Vega-Lite specification', 'give what a function of Plot gives, such as Plot.lossCurve(approx.history)'))
    : pipe(
        TE.Do,
        TE.apS('vega', TE.tryCatch(() => import('vega'), missing('vega'))),
        TE.apS('lite', TE.tryCatch(() => import('vega-lite'), missing('vega-lite'))),
        TE.chain(({ vega, lite }) =>
          TE.tryCatch(async () => {
            const compiled = lite.compile(plot as unknown as Parameters<typeof lite.compile>[0], {
              logger: vega.logger(vega.Error)
            })
            const view = new vega.View(vega.parse(compiled.spec), { renderer: 'none', logLevel: vega.Error })
            const svg = await view.toSVG()
            view.finalize()
            return svg
          }, failed(titleOf(plot)))
        ),
        TE.map(describe(plot))
      )

const bundledFonts = (): readonly string[] => {
  try {
    const folder = join(dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json')), 'ttf')
    return ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map((f) => join(folder, f))
  } catch {
    return []
  }
}

/** SVG text as the bytes of a PNG, `scale` pixels a unit. Errors: `MissingPackage`, `CannotDraw`. */
export const toPng =
  (scale = 2) =>
  (svg: string): TaskEither<GelatoError, Uint8Array> =>
    pipe(
      TE.tryCatch(() => import('@resvg/resvg-js'), missing('@resvg/resvg-js')),
      TE.chain(({ Resvg }) =>
        TE.tryCatch(
          async () =>
            new Resvg(svg, {
              fitTo: { mode: 'zoom', value: scale },
              background: theme.paper,
              font: { loadSystemFonts: true, fontFiles: [...bundledFonts()], defaultFontFamily: 'DejaVu Sans', sansSerifFamily: 'DejaVu Sans' }
            })
              .render()
              .asPng(),
          failed('PNG')
        )
      )
    )

/**
 * SVG for a page that follows the reader's light or dark mode: the theme's inks
 * become the page's CSS variables and the size becomes the container's.
 */
export const forPage = (svg: string): string =>
  svg
    .replace(/(<svg[^>]*?) width="[^"]*" height="[^"]*"/, '$1')
    .replaceAll(`fill="${theme.paper}"`, 'fill="none"')
    .replaceAll(theme.ink, 'var(--ink)')
    .replaceAll(theme.muted, 'var(--muted)')
    .replaceAll(theme.grid, 'var(--grid)')
    .replaceAll(theme.blue, 'var(--blue)')
    .replaceAll(theme.orange, 'var(--orange)')
    .replaceAll(theme.green, 'var(--green)')
