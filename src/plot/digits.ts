/**
 * A sheet of images with what the model says of each: the notebook's pictures of
 * digits it doubts, or gets wrong with confidence.
 */
import { greyDataUrl } from './png.ts'
import { plot, say, theme } from './spec.ts'
import type { Plot } from './spec.ts'

/** An image of 28 x 28 (bytes 0 to 255 or floats 0 to 1), its label and what was predicted. */
export interface Digit {
  readonly image: Uint8Array | Float32Array
  readonly label: number
  readonly prediction: number
  readonly expectedErrorRate: number
}

/** The sheet of `items`, row by row; a wrong prediction is marked by colour and by a cross. */
export const digits = (
  items: readonly Digit[],
  options: { readonly columns?: number; readonly title?: string; readonly subtitle?: string } = {}
): Plot => {
  const { columns = 3, title = 'Digits', subtitle = 'true label, prediction, expected error rate' } = options
  const wrong = (d: Digit): boolean => d.label !== d.prediction
  const values = items.map((d, i) => ({
    row: Math.floor(i / columns),
    column: i % columns,
    url: greyDataUrl(d.image, Math.round(Math.sqrt(d.image.length))),
    says: `true ${d.label}, says ${d.prediction}${wrong(d) ? ' ✗' : ''}`,
    doubt: `expected error ${say(100 * d.expectedErrorRate, 2)} %`,
    wrong: wrong(d)
  }))
  const hidden = (field: string) => ({ field, type: 'ordinal', axis: null, scale: { paddingInner: 0, paddingOuter: 0 } })
  return plot(
    { text: title, subtitle: items.length === 0 ? 'none' : subtitle },
    `${title}: ${items.length === 0 ? 'no images to show' : items.map((d) => `a ${d.label} read as ${d.prediction}, expected error rate ${say(100 * d.expectedErrorRate, 2)} percent`).join('; ')}.`,
    {
      width: { step: 136 },
      height: { step: 138 },
      data: { values },
      encoding: { x: hidden('column'), y: hidden('row') },
      layer: [
        { mark: { type: 'image', width: 84, height: 84, smooth: false, yOffset: -18 }, encoding: { url: { field: 'url', type: 'nominal' } } },
        {
          mark: { type: 'text', yOffset: 36, fontSize: 13, fontWeight: 600 },
          encoding: {
            text: { field: 'says', type: 'nominal' },
            color: { condition: { test: 'datum.wrong', value: theme.orange }, value: theme.ink }
          }
        },
        { mark: { type: 'text', yOffset: 53, fontSize: 12.5, color: theme.muted }, encoding: { text: { field: 'doubt', type: 'nominal' } } }
      ]
    }
  )
}
