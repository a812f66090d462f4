/**
 * A plot is a Vega-Lite specification: a plain value that can be stored, restyled,
 * pasted into any Vega editor or embedded in a page. Functions here only build such
 * values; `gelato-gpu/draw` writes them to files in Node, and in a page Vega draws them.
 *
 * Laws: every plot has a title, axis titles with units and a description for people
 * who can't see it; colours are told apart under every common colour blindness
 * (Okabe and Ito's palette), and never carry meaning alone.
 */

import { asError, gelatoError, shown } from '../error.ts'

/** A Vega-Lite specification with what every plot of Gelato has. */
export interface Plot {
  readonly $schema: string
  readonly description: string
  readonly title: { readonly text: string; readonly subtitle?: string | readonly string[] }
  readonly [key: string]: unknown
}

/** Colours and type that all plots share. */
export const theme = {
  ink: '#1b1f24',
  muted: '#59636e',
  grid: '#d8dee4',
  paper: '#ffffff',
  blue: '#0072b2',
  orange: '#d55e00',
  green: '#009e73',
  font: 'Helvetica, Arial, "Liberation Sans", "DejaVu Sans", sans-serif'
} as const

const config = {
  background: theme.paper,
  padding: 8,
  font: theme.font,
  view: { stroke: null },
  title: {
    anchor: 'start',
    color: theme.ink,
    subtitleColor: theme.muted,
    fontSize: 16,
    fontWeight: 600,
    subtitleFontSize: 13,
    subtitlePadding: 4,
    offset: 14
  },
  axis: {
    labelColor: theme.muted,
    titleColor: theme.ink,
    domainColor: theme.muted,
    tickColor: theme.muted,
    gridColor: theme.grid,
    labelFontSize: 13,
    titleFontSize: 13,
    titleFontWeight: 500,
    titlePadding: 8,
    labelAngle: 0
  },
  legend: { labelColor: theme.ink, titleColor: theme.ink, labelFontSize: 13, orient: 'top', direction: 'horizontal', title: null, labelLimit: 0, symbolStrokeWidth: 3, offset: 6 }
} as const

/** A plot of the shared size and style from what is its own. */
export const plot = (
  title: { readonly text: string; readonly subtitle?: string | readonly string[] },
  description: string,
  body: Readonly<Record<string, unknown>>
): Plot => ({
  $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
  title,
  description,
  width: 400,
  height: 240,
  autosize: { type: 'pad' },
  ...body,
  config
})

/** What a plot is made of, where the named parts are arrays; else it throws the error as `orThrow` does, for a plot has no room for a reason. */
export const record = <A extends object>(name: string, given: A, arrays: readonly (keyof A & string)[], hint: string): A => {
  const isArray = (x: unknown): boolean => typeof x === 'object' && x !== null && 'length' in x
  const lost = typeof given !== 'object' || given === null ? arrays : arrays.filter((k) => !isArray(given[k]))
  if (lost.length > 0) throw asError(gelatoError('UnknownForm', ['Plot', name], typeof given === 'object' && given !== null ? `a record without ${lost.join(', ')}` : shown(given), `a record of ${arrays.join(', ')}`, hint))
  return given
}

/** A number for a sentence: at most `digits` significant digits, thousands apart. */
export const say = (x: number, digits = 3): string =>
  Number.isFinite(x)
    ? Math.abs(x) >= 1000
      ? Math.round(x).toLocaleString('en-US')
      : String(Number(x.toPrecision(digits)))
    : 'unknown'
