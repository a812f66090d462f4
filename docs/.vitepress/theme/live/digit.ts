/** From a drawing to what MNIST's digits look like: 20 x 20 pixels of ink, centred by mass in 28 x 28. Pure. */

/** Ink from 0 to 1, row by row. */
export interface Ink {
  readonly width: number
  readonly height: number
  readonly at: (x: number, y: number) => number
}

/** The smallest box around the ink, or undefined where there is none. */
const box = (ink: Ink): { readonly x: number; readonly y: number; readonly size: readonly [number, number] } | undefined => {
  let [left, right, top, bottom] = [Infinity, -1, Infinity, -1]
  for (let y = 0; y < ink.height; y++)
    for (let x = 0; x < ink.width; x++)
      if (ink.at(x, y) > 0.1) {
        left = Math.min(left, x)
        right = Math.max(right, x)
        top = Math.min(top, y)
        bottom = Math.max(bottom, y)
      }
  return right < 0 ? undefined : { x: left, y: top, size: [right - left + 1, bottom - top + 1] }
}

/** 784 bytes as MNIST has them, or undefined for an empty drawing. */
export const toMnist = (ink: Ink): Uint8Array | undefined => {
  const b = box(ink)
  if (b === undefined) return undefined
  const scale = Math.max(...b.size) / 20
  // The mean of the ink under each small pixel, then shifted so that the centre of mass is at (14, 14).
  const small = new Float64Array(20 * 20)
  const offset = [b.x - (20 * scale - b.size[0]) / 2, b.y - (20 * scale - b.size[1]) / 2]
  const fine = Math.max(1, Math.ceil(scale))
  for (let j = 0; j < 20; j++)
    for (let i = 0; i < 20; i++) {
      let sum = 0
      for (let v = 0; v < fine; v++)
        for (let u = 0; u < fine; u++) {
          const x = Math.floor(offset[0] + (i + (u + 0.5) / fine) * scale), y = Math.floor(offset[1] + (j + (v + 0.5) / fine) * scale)
          sum += x >= 0 && y >= 0 && x < ink.width && y < ink.height ? ink.at(x, y) : 0
        }
      small[20 * j + i] = sum / fine ** 2
    }
  const mass = small.reduce((a, v) => a + v, 0)
  const centre = [0, 1].map((axis) => small.reduce((a, v, k) => a + v * (axis === 0 ? k % 20 : Math.floor(k / 20)), 0) / mass)
  const [dx, dy] = centre.map((c) => Math.round(13.5 - c))
  const out = new Uint8Array(784)
  small.forEach((v, k) => {
    const x = (k % 20) + dx, y = Math.floor(k / 20) + dy
    if (x >= 0 && y >= 0 && x < 28 && y < 28) out[28 * y + x] = Math.round(255 * Math.min(1, v))
  })
  return out
}

/** Drawings for who can't draw, as strokes in the unit square. */
export const samples: Readonly<Record<string, readonly (readonly (readonly [number, number])[])[]>> = {
  2: [[[0.3, 0.32], [0.36, 0.22], [0.5, 0.18], [0.64, 0.24], [0.68, 0.36], [0.6, 0.5], [0.42, 0.68], [0.3, 0.8], [0.5, 0.79], [0.72, 0.8]]],
  7: [[[0.28, 0.22], [0.5, 0.22], [0.72, 0.22], [0.62, 0.42], [0.52, 0.62], [0.44, 0.84]]],
  'a scribble': [[[0.25, 0.25], [0.75, 0.3], [0.3, 0.5], [0.72, 0.55], [0.28, 0.72], [0.7, 0.8], [0.5, 0.2], [0.45, 0.85]]]
}
