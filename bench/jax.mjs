/**
 * The seed network's training step by jax-js, another library on WebGPU, on the same adapter:
 * mean-field normal approximation with scales of the priors latent, KL in closed form, one
 * draw a step, Adam, the whole step under `jit`. Its batch is one that lies on the device as
 * floats from the start, so it draws and converts no rows: less work than Gelato's step does.
 *
 * jax-js looks for `navigator.gpu` and the constants of browsers, which Node gets here.
 */

const shapes = {
  c1W: [32, 1, 5, 5], c1b: [32], c2W: [32, 32, 5, 5], c2b: [32],
  d1W: [512, 176], d1b: [176], d2W: [176, 64], d2b: [64], d3W: [64, 10], d3b: [10]
}
const names = Object.keys(shapes)
const weights = names.filter((n) => n.endsWith('W'))
const size = (n) => shapes[n].reduce((a, b) => a * b, 1)
const ROWS = 60_000

/** Runs it; `rates` times repeats of `run(k)`. */
export const seedStep = async (spec, rates) => {
  const { create, globals } = await import('webgpu')
  Object.assign(globalThis, globals)
  process.env.XDG_RUNTIME_DIR ??= (await import('node:os')).tmpdir()
  const gpu = create(spec.adapter === undefined ? [] : [`adapter=${spec.adapter}`])
  Object.defineProperty(globalThis, 'navigator', { value: { gpu, userAgent: 'Node', hardwareConcurrency: 2 }, configurable: true })
  const jax = await import('@jax-js/jax').catch((e) => { throw new Error(`@jax-js/jax can't be loaded: ${e.message}`) })
  const { numpy: np, lax, nn, random, jit, valueAndGrad, tree } = jax
  if (!(await jax.init('webgpu')).includes('webgpu')) throw new Error('jax-js finds no WebGPU here')
  jax.defaultDevice('webgpu')

  // A value is consumed by its use: `.ref` keeps it for another.
  const forward = (w, x) => {
    const conv = (h, k, b, n) => np.tanh(lax.conv(h, k, [1, 1], 'VALID').add(b.reshape([1, n, 1, 1])))
    const pool = (h, n, s) => np.max(h.reshape([spec.batch, n, s / 2, 2, s / 2, 2]), [3, 5])
    const one = pool(conv(x, w.c1W, w.c1b, 32), 32, 24)
    const two = pool(conv(one, w.c2W, w.c2b, 32), 32, 8)
    const dense = (h, k, b) => np.matmul(h, k).add(b)
    return dense(np.tanh(dense(np.tanh(dense(two.reshape([spec.batch, 512]), w.d1W, w.d1b)), w.d2W, w.d2b)), w.d3W, w.d3b)
  }
  const loss = (p, key, x, hot) => {
    const keys = random.split(key, names.length + weights.length)
    const draw = {}, kl = []
    const u = {}
    names.forEach((n, i) => {
      const sigma = nn.softplus(p.rho[n].ref)
      draw[n] = p.mu[n].ref.add(sigma.mul(random.normal(keys.ref.slice(i), shapes[n])))
    })
    weights.forEach((n, i) => {
      const sigma = nn.softplus(p.hrho[n].ref)
      u[n] = p.hmu[n].ref.add(sigma.ref.mul(random.normal(keys.ref.slice(names.length + i), [])))
      // N(hmu, sigma) from N(0, 10).
      kl.push(np.log(sigma.ref).neg().add(Math.log(10) - 0.5).add(sigma.ref.mul(sigma).add(np.square(p.hmu[n].ref)).mul(0.005)))
    })
    keys.dispose()
    for (const n of names) {
      const sigma = nn.softplus(p.rho[n].ref)
      const square = sigma.ref.mul(sigma.ref).add(np.square(p.mu[n].ref))
      const logS = np.log(sigma)
      kl.push(n in u
        ? np.sum(square.mul(np.exp(u[n].ref.mul(-2))).mul(0.5).sub(logS)).add(u[n].mul(size(n))).sub(0.5 * size(n))
        : np.sum(square.mul(0.005).sub(logS)).add((Math.log(10) - 0.5) * size(n)))
    }
    tree.dispose(p)
    const logits = forward(draw, x)
    const ll = np.sum(nn.logSoftmax(logits, -1).mul(hot))
    return kl.reduce((a, b) => a.add(b)).sub(ll.mul(ROWS / spec.batch))
  }
  const step = jit((p, m, v, t, key, x, hot) => {
    const [value, g] = valueAndGrad(loss)(p.ref ? p : tree.ref(p), key, x, hot)
    const t1 = t.add(1)
    const at = np.sqrt(np.exp(t1.ref.mul(Math.log(0.999))).neg().add(1)).div(np.exp(t1.ref.mul(Math.log(0.9))).neg().add(1)).mul(1e-3)
    const m1 = tree.map((a, b) => a.mul(0.9).add(b.mul(0.1)), m, tree.ref(g))
    const v1 = tree.map((a, b) => a.mul(0.999).add(np.square(b).mul(0.001)), v, g)
    const p1 = tree.map((a, b, c) => a.sub(b.mul(at.ref).div(np.sqrt(c).add(1e-8))), p, tree.ref(m1), tree.ref(v1))
    at.dispose()
    return [p1, m1, v1, t1, value]
  })

  const record = (ns, f) => Object.fromEntries(ns.map((n) => [n, f(n)]))
  const filled = (n, value) => np.full(shapes[n], value)
  const start = (f, h, g) => ({ mu: record(names, f), rho: record(names, h), hmu: record(weights, () => np.array(g)), hrho: record(weights, () => np.array(g === 0 ? -5 : g)) })
  const wave = (n) => np.array(Float32Array.from({ length: size(n) }, (_, i) => 0.1 * Math.sin(12.9898 * i))).reshape(shapes[n])
  let p = start(wave, (n) => filled(n, -5), 0)
  const zero = () => ({ mu: record(names, (n) => filled(n, 0)), rho: record(names, (n) => filled(n, 0)), hmu: record(weights, () => np.array(0)), hrho: record(weights, () => np.array(0)) })
  let m = zero(), v = zero(), t = np.array(0)
  const x = np.array(Float32Array.from({ length: spec.batch * 784 }, (_, i) => Math.abs(Math.sin(i)))).reshape([spec.batch, 1, 28, 28])
  const hot = np.array(Float32Array.from({ length: spec.batch * 10 }, (_, i) => (Math.floor(i / 10) % 10 === i % 10 ? 1 : 0))).reshape([spec.batch, 10])
  let i = 0, last = NaN
  const run = async (k) => {
    for (let j = 0; j < k; j++) {
      const out = step(p, m, v, t, random.key(i++), x.ref, hot.ref)
      p = out[0]; m = out[1]; v = out[2]; t = out[3]
      last = await out[4].jsAsync()
    }
  }
  const began = performance.now()
  await run(1)
  const firstMs = performance.now() - began
  const first = last
  const rate = spec.firstOnly ? {} : await rates(run)
  if (!Number.isFinite(last)) throw new Error(`the loss became ${last}`)
  return { firstMs, ...rate, device: 'the same adapter', loss: [first, last] }
}
