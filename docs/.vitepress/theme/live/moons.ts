/** Two moons: the data, the model and the grid of the first experiment. Nothing here touches the page. */
import { Layer, Likelihood, Model, Spec, pipe } from 'gelato-gpu'

const generator = (seed: number) => () => (seed = (seed * 1664525 + 1013904223) >>> 0) / 2 ** 32

/** Two crescents of n / 2 points each, with noise. */
export const moons = (n: number, noise: number): { readonly x: readonly (readonly [number, number])[]; readonly y: Int32Array } => {
  const u = generator(1)
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - u())) * Math.cos(2 * Math.PI * u())
  const x = Array.from({ length: n }, (_, i): readonly [number, number] => {
    const a = Math.PI * u(), upper = i % 2 === 0
    return [(upper ? Math.cos(a) : 1 - Math.cos(a)) + noise * normal(), (upper ? Math.sin(a) : 0.5 - Math.sin(a)) + noise * normal()]
  })
  return { x, y: Int32Array.from(x, (_, i) => i % 2) }
}

/** 2 numbers, two layers of 8 units, 2 classes; every weight is unknown. */
export const model = pipe(
  Layer.input([null, 2], { name: 'x' }),
  Layer.dense({ units: 8, activation: 'tanh' }),
  Layer.dense({ units: 8, activation: 'tanh' }),
  Layer.dense({ units: 2, activation: 'softmax' }),
  Layer.withDefaultSpec(Spec.normal({ sd: 2 }), { bias: Spec.normal({ sd: 2 }) }),
  Model.observe(Likelihood.categorical(), { name: 'y' }))

/** What the picture shows, in the data's units. */
export const view = { left: -2, right: 3, bottom: -1.75, top: 2.25 } as const

/** The middles of cells, row by row from the top. */
export const grid = (columns: number, rows: number): readonly (readonly [number, number])[] =>
  Array.from({ length: columns * rows }, (_, i): readonly [number, number] => [
    view.left + ((view.right - view.left) * ((i % columns) + 0.5)) / columns,
    view.top - ((view.top - view.bottom) * (Math.floor(i / columns) + 0.5)) / rows
  ])
