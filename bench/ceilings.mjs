/**
 * What the adapter can do at most, by two small programs: independent chains of fused
 * multiply-adds in registers, and a scaled copy between arrays too large for a cache. Raw
 * WebGPU, so that nothing of the library flatters or spoils the figures.
 */

// Multiply-adds of each chain in one turn of the loop.
const unrolled = 16

const fmaText = (type, chains) => `
struct P { loops: u32, b: f32, c: f32 }
@group(0) @binding(0) var<uniform> p: P;
@group(0) @binding(1) var<storage, read_write> y: array<${type}>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) g: vec3<u32>) {
  ${Array.from({ length: chains }, (_, i) => `var a${i} = ${type}(f32(g.x) + ${i}.0);`).join(' ')}
  let b = ${type}(p.b);
  let c = ${type}(p.c);
  for (var l = 0u; l < p.loops; l++) {
    ${Array.from({ length: unrolled * chains }, (_, i) => `a${i % chains} = fma(a${i % chains}, b, c);`).join('\n    ')}
  }
  y[g.x] = ${Array.from({ length: chains }, (_, i) => `a${i}`).join(' + ')};
}`

// Each invocation moves `per` vectors, a whole grid apart.
const copyText = (per) => `
struct P { groups: u32, s: f32 }
@group(0) @binding(0) var<uniform> p: P;
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(local_invocation_index) l: u32) {
  for (var k = 0u; k < ${per}u; k++) {
    let i = (w.x + k * p.groups) * 64u + l;
    y[i] = p.s * x[i];
  }
}`

const usage = { storage: 0x80, uniform: 0x40, copyDst: 8, mapRead: 1 }

const turn = () => new Promise((resolve) => setImmediate(resolve))

/**
 * Waits for a marker that the last submission fills. While a promise of the device is pending,
 * Dawn in Node keeps a core busy, which a software adapter misses: so the question is taken
 * back after a few turns and asked again a millisecond later.
 */
const filled = async (marker) => {
  for (;;) {
    let answer
    const asked = marker.mapAsync(1).then(() => { answer = true }, () => { answer = false })
    for (let k = 0; k < 3 && answer === undefined; k++) await turn()
    if (answer === false) throw new Error('the device refuses to map a buffer: it was lost')
    const there = answer === true
    marker.unmap()
    await asked
    if (there) return
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

// An entry object that is collected takes its devices, and the process, with it.
const kept = []

const openDevice = async (adapterName) => {
  let gpu = globalThis.navigator?.gpu
  if (gpu === undefined) {
    process.env.XDG_RUNTIME_DIR ??= (await import('node:os')).tmpdir()
    gpu = (await import('webgpu')).create(adapterName === undefined ? [] : [`adapter=${adapterName}`])
  }
  kept.push(gpu)
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' })
  if (adapter === null) throw new Error('no adapter')
  const { maxStorageBufferBindingSize, maxBufferSize } = adapter.limits
  const device = await adapter.requestDevice({ requiredLimits: { maxStorageBufferBindingSize, maxBufferSize } })
  return { device, software: /llvmpipe|lavapipe|swiftshader/i.test(`${adapter.info.description} ${adapter.info.device}`) }
}

/** The best of several runs of `amount(n)` work, n grown until a run takes 60 ms: a ceiling, not an average. */
const best = async (run, repeats) => {
  await run(1)
  let n = 1
  for (let ms = 0; n < 2 ** 20; n *= 2) {
    const t = performance.now()
    await run(n)
    ms = performance.now() - t
    if (ms > 60) break
  }
  const times = []
  for (let r = 0; r < repeats; r++) {
    const t = performance.now()
    await run(n)
    times.push((performance.now() - t) / n)
  }
  return Math.min(...times)
}

/** GFLOP/s of fused multiply-adds (two operations each), GB/s of a copy (read and written bytes). */
export const measure = async (spec) => {
  const { device, software } = await openDevice(spec.adapter)
  const pipeline = (code) => device.createComputePipelineAsync({ layout: 'auto', compute: { module: device.createShaderModule({ code }), entryPoint: 'main' } })
    .then((p) => ({ p, group: (params, buffers) => {
      const u = device.createBuffer({ size: 16, usage: usage.uniform | usage.copyDst })
      device.queue.writeBuffer(u, 0, params)
      return device.createBindGroup({ layout: p.getBindGroupLayout(0), entries: [u, ...buffers].map((buffer, binding) => ({ binding, resource: { buffer } })) })
    } }))
  const marker = device.createBuffer({ size: 16, usage: usage.mapRead | usage.copyDst })
  const runner = (p, group, x) => async (n) => {
    const encoder = device.createCommandEncoder()
    const pass = encoder.beginComputePass()
    pass.setPipeline(p)
    pass.setBindGroup(0, group)
    for (let i = 0; i < n; i++) pass.dispatchWorkgroups(x)
    pass.end()
    encoder.clearBuffer(marker)
    device.queue.submit([encoder.finish()])
    await filled(marker)
  }
  // Lanes and loops: enough to fill the device, some milliseconds a dispatch. The best shape counts.
  const invocations = software ? 2 ** 13 : 2 ** 20, loops = software ? 128 : 256
  const shapes = software ? [['f32', 4], ['f32', 8], ['f32', 12], ['vec4<f32>', 2], ['vec4<f32>', 4]] : [['f32', 4], ['f32', 8], ['f32', 16]]
  let gflops = 0
  for (const [type, chains] of shapes) {
    const { p, group } = await pipeline(fmaText(type, chains))
    const wide = type === 'f32' ? 1 : 4
    const words = new ArrayBuffer(16)
    new Uint32Array(words)[0] = loops
    new Float32Array(words).set([0.999, 0.001], 1)
    const y = device.createBuffer({ size: 4 * wide * invocations, usage: usage.storage })
    const ms = await best(runner(p, group(words, [y]), invocations / 64), spec.repeats)
    gflops = Math.max(gflops, (2 * unrolled * chains * wide * loops * invocations) / ms / 1e6)
    y.destroy()
  }
  const size = Math.min(2 ** Math.floor(Math.log2(device.limits.maxStorageBufferBindingSize)), software ? 2 ** 26 : 2 ** 28)
  const x = device.createBuffer({ size, usage: usage.storage }), y = device.createBuffer({ size, usage: usage.storage })
  let gbytes = 0
  for (const per of [4, 8, 16].map((n) => Math.max(n, size / 2 ** 25))) {
    const groups = size / 16 / 64 / per
    const { p, group } = await pipeline(copyText(per))
    const words = new ArrayBuffer(16)
    new Uint32Array(words)[0] = groups
    new Float32Array(words)[1] = 1.5
    const ms = await best(runner(p, group(words, [y, x]), groups), spec.repeats)
    gbytes = Math.max(gbytes, (2 * size) / ms / 1e6)
  }
  device.destroy()
  return { gflops, gbytes }
}
