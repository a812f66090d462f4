/**
 * What is measured: plain descriptions, which a child process carries out (`case.mjs`), and the
 * work of each by hand. FLOPs are those of the direct method (a multiply-add is two), whatever
 * the kernels do, so that rates can be compared between methods and libraries.
 */

const pairs = (sizes) => sizes.slice(1).map((n, i) => [sizes[i], n])

/** FLOPs of one training step of a multilayer perceptron: forward, by weights, and by data but for the first layer. */
export const mlpWork = (sizes, batch, samples) => {
  const all = pairs(sizes).map(([a, b]) => 2 * a * b * batch * samples)
  return all.reduce((n, f) => n + 2 * f, 0) + all.slice(1).reduce((n, f) => n + f, 0)
}

// Multiply-adds of an image: two 5x5 convolutions, three dense layers.
const seedLayers = [32 * 24 * 24 * 25, 32 * 8 * 8 * 32 * 25, 512 * 176, 176 * 64, 64 * 10]

/** FLOPs of one training step of the seed network. */
export const seedWork = (batch, samples) => {
  const all = seedLayers.map((m) => 2 * m * batch * samples)
  return all.reduce((n, f) => n + 2 * f, 0) + all.slice(1).reduce((n, f) => n + f, 0)
}

/** FLOPs of a forward pass of the seed network. */
export const seedForward = (images, draws) => seedLayers.reduce((n, m) => n + 2 * m * images * draws, 0)

const seed = (batch, samples) => ({ kind: 'step', name: `seed network, batch ${batch}, S = ${samples}`, net: 'seed', batch, samples, work: seedWork(batch, samples) })
const mlp = (sizes, batch, samples) => ({ kind: 'step', name: `perceptron ${sizes.join('-')}, batch ${batch}, S = ${samples}`, net: 'mlp', sizes, batch, samples, work: mlpWork(sizes, batch, samples) })
const conv2 = (pass) => ({ kind: 'graph', name: `second convolution, batch 100, ${pass}`, graph: pass, work: 2 * 100 * 32 * 8 * 8 * 32 * 25 })

/** The cases of a run by id. */
export const cases = () => ({
  'seed-1': seed(100, 1),
  'seed-8': seed(100, 8),
  'mlp-400': mlp([784, 400, 400, 10], 100, 1),
  'mlp-1200': mlp([784, 1200, 1200, 10], 100, 1),
  predict: { kind: 'predict', name: 'prediction of the seed network, 100 draws', draws: 100, work: seedForward(10_000, 100) },
  matmul: { kind: 'graph', name: 'matmul 1024 x 1024 x 1024', graph: 'matmul', work: 2 * 1024 ** 3 },
  'conv-forward': conv2('forward'),
  'conv-data': conv2('by data'),
  'conv-weights': conv2('by weights'),
  host: { ...seed(100, 1), kind: 'host', name: 'host work of the seed step, null backend' },
  pytorch: { kind: 'peer', name: 'PyTorch: seed network, batch 100, S = 1', script: 'pytorch_seed.py', work: seedWork(100, 1) },
  'numpyro-highest': { kind: 'peer', name: 'NumPyro: seed network, batch 100, S = 1, precision highest', script: 'numpyro_seed.py', precision: 'highest', work: seedWork(100, 1) },
  'numpyro-default': { kind: 'peer', name: "NumPyro: the same, JAX's default precision", script: 'numpyro_seed.py', precision: 'default', work: seedWork(100, 1) },
  'jax-js': { kind: 'jax', name: 'jax-js: seed network, batch 100, S = 1', batch: 100, work: seedWork(100, 1) }
})

/** Cases of the scaling sweep: one thing grows at a time. */
export const sweep = (quick) => {
  const pick = (xs) => (quick ? xs.slice(0, -1) : xs)
  return Object.fromEntries([
    ...pick([10, 100, 1000, 10_000]).map((b) => [`batch-${b}`, { ...mlp([784, 400, 400, 10], b, 1), axis: 'batch', at: b }]),
    ...pick([10, 100, 1000, 10_000]).map((b) => [`seed-batch-${b}`, { ...seed(b, 1), axis: 'batch of the seed network', at: b }]),
    ...pick([100, 400, 1200, 4000]).map((w) => [`width-${w}`, { ...mlp([784, w, w, 10], 100, 1), axis: 'width', at: w }]),
    ...pick([1, 4, 16, 64]).map((s) => [`draws-${s}`, { ...mlp([784, 400, 400, 10], 100, s), axis: 'draws', at: s }])
  ])
}
