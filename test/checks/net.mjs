// A convolutional network and digits made up for it, in plain JavaScript: the tests import it
// beside the sources, and processes of their own import it beside `dist`.

/** The model, built with the library that is handed in. */
export const net = ({ pipe, Spec, Layer, Model, Likelihood }) =>
  pipe(
    Layer.input([null, 1, 8, 8], { name: 'x', scale: 1 / 255 }),
    Layer.conv2d({ filters: 2, size: [3, 3], activation: 'tanh' }),
    Layer.maxPool2d({ size: [2, 2] }),
    Layer.dense({ units: 3, activation: 'softmax' }),
    Layer.withDefaultSpec(Spec.normal({ sd: pipe(Spec.logNormal({ sd: 10 }), Spec.withShape([])) })),
    Model.observe(Likelihood.categorical(), { name: 'y' })
  )

/** n images of a bright bar in one of three places. */
export const images = (n) => ({
  x: {
    dtype: 'u8',
    shape: [n, 1, 8, 8],
    data: Uint8Array.from({ length: 64 * n }, (_, k) => {
      const i = Math.floor(k / 64), row = Math.floor((k % 64) / 8)
      return (Math.floor(row / 3) === i % 3 ? 180 : 20) + ((k * 7919 + i * 31) % 60)
    })
  },
  y: Array.from({ length: n }, (_, i) => i % 3)
})

/** How it is fitted in all tests of bits. */
export const plan = ({ Optimizer }) => ({ batchSize: 8, seed: 11, samples: 2, optimizer: Optimizer.adam({ learningRate: 0.01 }) })
