/**
 * One case in a process of its own: `node case.mjs JSON`. Prints one line of JSON, `{ error }`
 * where it can't be done. A process each, so that no case finds the pipelines, memory or
 * compiled JavaScript of another, and so that the first step is a first step.
 */
import { execFile } from 'node:child_process'
import { cpus } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { seedForward } from './cases.mjs'

const here = dirname(fileURLToPath(import.meta.url))

const spec = JSON.parse(process.argv[2])
const dist = spec.dist ?? join(here, '../build')
const load = (file) => import(pathToFileURL(resolve(dist, file)).href)
const now = () => performance.now()

export const median = (xs) => {
  const s = [...xs].sort((a, b) => a - b), h = s.length >> 1
  return s.length % 2 ? s[h] : (s[h - 1] + s[h]) / 2
}

/** Rates of `run(k)`, k such that all repeats together take about `seconds`; median and spread. */
const rates = async (run) => {
  const began = now()
  await run(1)
  const one = now() - began
  const k = Math.max(1, Math.min(20_000, Math.round((1000 * spec.seconds) / spec.repeats / one)))
  const all = []
  for (let r = 0; r < spec.repeats; r++) {
    const t = now()
    await run(k)
    all.push((1000 * k) / (now() - t))
  }
  return { perSecond: median(all), low: Math.min(...all), high: Math.max(...all), repeats: all.length, stepsARepeat: k }
}

// -----------------------------------------------------------------------------
// Gelato
// -----------------------------------------------------------------------------

const IMAGES = 60_000

/** Random images, labels in turn: a step costs the same whatever they show. */
const images = (n, shape) => {
  const data = new Uint8Array(n * 784)
  for (let i = 0, s = 1; i < data.length; i++) data[i] = (s = (Math.imul(s, 1664525) + 1013904223) >>> 0) >>> 24
  return { x: { shape: [n, ...shape], data }, y: { shape: [n], data: Uint8Array.from({ length: n }, (_, i) => i % 10) } }
}

const perceptron = ({ pipe, Layer, Spec, Model, Likelihood }, [inputs, ...sizes]) => pipe(
  sizes.reduce(
    (net, units, i) => pipe(net, Layer.dense({ units, activation: i === sizes.length - 1 ? 'softmax' : 'relu' })),
    Layer.input([null, inputs], { name: 'x', scale: 1 / 126 })),
  Layer.withDefaultSpec(Spec.normal({ sd: 0.1 })),
  Model.observe(Likelihood.categorical(), { name: 'y' }))

const modelOf = async (gelato) => {
  if (spec.net === 'mlp') return { model: perceptron(gelato, spec.sizes), shape: [784] }
  const { notebookModel } = await load('cli/train.js')
  return { model: notebookModel(false), shape: [1, 28, 28] }
}

/** What a compiled step holds and does, loops unrolled. */
const programFacts = async (fn, device) => {
  const { compile } = await load('compile/compile.js')
  const began = now()
  const c = compile(fn, device.target)
  const compileMs = now() - began
  if (c._tag === 'Left') return {}
  const p = c.right
  const count = (body) => body.reduce((n, i) => n + (i._tag === 'Loop' ? i.n * count(i.body) : i._tag === 'Dispatch' ? 1 : 0), 0)
  // Of the data only a batch is read.
  const data = new Set(p.slots.filter((s) => s.role === 'input' && s.storage === 'u8' && s.shape[0] === IMAGES).map((s) => s.id))
  const bytes = (body) => body.reduce((n, i) => n + (i._tag === 'Loop' ? i.n * bytes(i.body)
    : i._tag === 'Dispatch' ? i.bytes - i.slots.reduce((m, id) => m + (data.has(id) ? p.slots[id].bytes * (1 - (spec.batch ?? IMAGES) / IMAGES) : 0), 0) : 0), 0)
  return {
    compileMs, dispatches: count(p.body), pipelines: new Set(p.kernels.map((k) => k.key)).size, boundBytes: Math.max(0, bytes(p.body)),
    dataBytes: p.slots.filter((s) => data.has(s.id)).reduce((n, s) => n + s.bytes, 0),
    stateBytes: p.slots.filter((s) => s.role === 'state').reduce((n, s) => n + s.bytes, 0),
    tempBytes: p.slots.filter((s) => s.role === 'temp').reduce((n, s) => n + s.bytes, 0)
  }
}

const device = async ({ orThrow, Gpu }) => orThrow(spec.adapter === undefined ? Gpu.open() : Gpu.open({ adapter: spec.adapter }))

/** Opens a step, times its first run and (unless only that is asked for) its rate. */
const session = async (gelato, d, began, fn, values) => {
  const { openSession } = await load('run/open.js')
  const s = await gelato.orThrow(openSession(fn, values, { gpu: d }))
  const run = (k) => gelato.orThrow(s.run(k))
  await run(1)
  const firstMs = now() - began
  const rate = spec.firstOnly ? {} : await rates(run)
  const heldBytes = d.liveBytes
  s.destroy()
  return { firstMs, ...rate, heldBytes, device: d.target.name, ...(spec.firstOnly ? {} : await programFacts(fn, d)) }
}

const step = async () => {
  const gelato = await load('index.js')
  const { stepOf } = await load('infer/capture.js')
  const { model, shape } = await modelOf(gelato)
  const data = images(IMAGES, shape)
  const d = await device(gelato)
  const options = { data, batchSize: spec.batch, samples: spec.samples, optimizer: gelato.Optimizer.adam({ learningRate: 1e-3 }), seed: 0 }
  const timed = async (more) => {
    const began = now()
    const { fn, values } = await gelato.orThrow(stepOf(model, { ...options, ...more }))
    return session(gelato, d, began, fn, values)
  }
  try {
    return await timed({})
  } catch (e) {
    if (e.name !== 'LimitExceeded') throw e
    // Too large for the device at once: in the parts that `fit` cuts it into.
    let plan
    await gelato.orThrow(gelato.fit(model, { ...options, steps: 1, gpu: d, onEvent: (event) => { if (event._tag === 'Compiled') plan = event.plan } }))
    return { ...(await timed({ plan })), chunk: plan.chunk }
  }
}

const noise = (n) => Float32Array.from({ length: n }, (_, i) => Math.sin(12.9898 * (i % 65_537)))
const array = (...shape) => ({ shape, data: noise(shape.reduce((a, b) => a * b, 1)) })

const graph = async () => {
  const gelato = await load('index.js')
  const { Tensor } = gelato
  const input = (name, ...shape) => [Tensor.input(name, shape), array(...shape)]
  const d = await device(gelato)
  let y, values
  if (spec.graph === 'matmul') {
    const [a, av] = input('a', 1024, 1024), [b, bv] = input('b', 1024, 1024)
    y = Tensor.matmul(b)(a)
    values = { a: av, b: bv }
  } else {
    const [x, xv] = input('x', 100, 32, 12, 12), [w, wv] = input('w', 32, 32, 5, 5), [g, gv] = input('g', 100, 32, 8, 8)
    const out = Tensor.conv2d(w)(x)
    const through = (leaf) => Tensor.grad([leaf])(Tensor.sum()(Tensor.mul(g)(out)))[0]
    y = spec.graph === 'forward' ? out : through(spec.graph === 'by data' ? x : w)
    values = spec.graph === 'forward' ? { x: xv, w: wv } : spec.graph === 'by data' ? { w: wv, g: gv } : { x: xv, g: gv }
  }
  return session(gelato, d, now(), { outputs: { y }, updates: {}, record: {}, extents: {} }, values)
}

const prediction = async () => {
  const gelato = await load('index.js')
  const { fit, predict, orThrow } = gelato
  const { model, shape } = await modelOf(gelato)
  const d = await device(gelato)
  const approx = await orThrow(fit(model, { data: images(1000, shape), steps: 2, batchSize: 100, seed: 0, gpu: d }))
  const once = async (n, draws) => {
    const { x } = images(n, shape)
    const began = now()
    let peak = 0
    await orThrow(predict(approx, { x }, { samples: draws, seed: 1, gpu: d, onProgress: () => { peak = Math.max(peak, d.liveBytes) } }))
    return { ms: now() - began, peak }
  }
  const first = await once(100, 2)
  // As many images as the time allows, at most all of MNIST's test set.
  const { ms } = await once(100, 5)
  const n = Math.max(100, Math.min(10_000, Math.floor((1000 * spec.predictSeconds) / (ms / 500) / spec.draws / 100) * 100))
  const runs = []
  for (let r = 0; r < spec.predictRepeats; r++) runs.push(await once(n, spec.draws))
  const times = runs.map((r) => r.ms)
  return {
    images: n, draws: spec.draws, work: seedForward(n, spec.draws), firstMs: first.ms,
    perSecond: 1000 / median(times), low: 1000 / Math.max(...times), high: 1000 / Math.min(...times), repeats: times.length, stepsARepeat: 1,
    heldBytes: Math.max(...runs.map((r) => r.peak)), device: d.target.name, seconds: median(times) / 1000, secondsFor10000: (median(times) / 1000) * (10_000 / n)
  }
}

/**
 * The host's work of a step, with Dawn's null backend: everything but what a GPU would do. The
 * null backend's own threads count too, so CPU time is an upper bound of ours. Beside it, in
 * turns, the same dispatches by bare WebGPU calls in one loop: what nobody can go below.
 */
const host = async () => {
  const gelato = await load('index.js')
  const { stepOf } = await load('infer/capture.js')
  const { openInstance } = await load('run/device.js')
  const { runSteps } = await load('gpu/loop.js')
  const { flat, innerOf } = await load('gpu/inner.js')
  const { model, shape } = await modelOf(gelato)
  const d = await gelato.orThrow(gelato.Gpu.open({ dawn: ['backend=null'] }))
  const { fn, values } = await gelato.orThrow(stepOf(model, { data: images(1000, shape), batchSize: spec.batch, samples: spec.samples, seed: 0 }))
  const { instance } = await gelato.orThrow(openInstance(fn, values)(d))
  const inner = innerOf(instance), { device } = inner.session, calls = [...flat(inner.ops)].filter((op) => op._tag === 'Run')
  const aSubmit = 50
  const run = (k) => gelato.orThrow(runSteps(k, { stepsPerSubmit: aSubmit })(instance))
  const bare = async (k) => {
    for (let done = 0; done < k; done += aSubmit) {
      const encoder = device.createCommandEncoder(), pass = encoder.beginComputePass()
      for (let i = 0; i < aSubmit; i++)
        for (const { pipeline, group, grid: [x, y, z] } of calls) {
          pass.setPipeline(pipeline)
          pass.setBindGroup(0, group)
          pass.dispatchWorkgroups(x, y, z)
        }
      pass.end()
      device.queue.submit([encoder.finish()])
    }
    await device.queue.onSubmittedWorkDone()
  }
  await run(2000)
  await bare(2000)
  const steps = 5000, cpu = [], rate = [], floor = []
  for (let r = 0; r < spec.repeats; r++) {
    const began = now(), used = process.cpuUsage()
    await run(steps)
    const { user, system } = process.cpuUsage(used)
    cpu.push((user + system) / steps)
    rate.push((1000 * steps) / (now() - began))
    const again = now()
    await bare(steps)
    floor.push((1000 * (now() - again)) / steps)
  }
  const { dispatches, pipelines } = await programFacts(fn, d)
  return { perSecond: median(rate), low: Math.min(...rate), high: Math.max(...rate), repeats: rate.length, stepsARepeat: steps, hostMicroseconds: 1e6 / median(rate), bareMicroseconds: median(floor), hostCpuMicroseconds: median(cpu), dispatches, pipelines, noWork: true }
}

// -----------------------------------------------------------------------------
// peers in Python
// -----------------------------------------------------------------------------

const python = (command, args) =>
  new Promise((done) => {
    execFile(command, [join(here, 'peers', spec.script), ...args], { maxBuffer: 2 ** 26 }, (error, stdout, stderr) =>
      done(error === null ? { out: stdout } : { error: (stderr.trim().split('\n').at(-1) || error.message).slice(0, 200) }))
  })

/** A peer's script by the first Python that has what it needs. */
const peer = async () => {
  const args = spec.script === 'pytorch_seed.py'
    ? ['--time-only', String(spec.seconds), '--repeats', String(spec.repeats), '--threads', String(cpus().length)]
    : ['--time-only', '--steps', String(spec.quick ? 50 : 1000), '--precision', spec.precision]
  let got
  for (const command of spec.python === undefined ? ['python3', '/usr/bin/python3', 'python'] : [spec.python]) {
    got = await python(command, args)
    if (got.error === undefined) break
  }
  if (got.error !== undefined) throw new Error(got.error)
  const r = JSON.parse(got.out.trim().split('\n').at(-1))
  return r.rates === undefined
    ? { perSecond: r.stepsPerSecond, low: r.stepsPerSecond, high: r.stepsPerSecond, repeats: 1, stepsARepeat: r.steps, firstMs: 1000 * r.compileSeconds, device: r.device, versions: `numpyro ${r.numpyro}, jax ${r.jax}` }
    : { perSecond: median(r.rates), low: Math.min(...r.rates), high: Math.max(...r.rates), repeats: r.rates.length, stepsARepeat: r.stepsARepeat, firstMs: 1000 * r.firstSeconds, versions: `torch ${r.torch}, ${r.threads} threads` }
}

// -----------------------------------------------------------------------------
// the run
// -----------------------------------------------------------------------------

const kinds = {
  step, graph, predict: prediction, host, peer,
  jax: async () => (await import('./jax.mjs')).seedStep(spec, rates),
  ceilings: async () => (await import('./ceilings.mjs')).measure(spec),
  import: async () => {
    const began = now()
    await import(pathToFileURL(resolve(spec.bundle, 'index.js')).href)
    return { ms: now() - began }
  }
}

let result
try {
  result = await kinds[spec.kind]()
} catch (e) {
  result = { error: e instanceof Error ? e.message : String(e) }
}
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0))
