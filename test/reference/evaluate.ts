/**
 * Evaluates WGSL expressions on the adapter: one module for a whole list of them, told
 * apart by workgroup row, at either width of the aliases F, U, I, B.
 */
import { link } from '../../src/compile/link.ts'
import { E } from '../../src/fp.ts'
import { dawn } from '../../src/gpu/node.ts'
import { libraries } from '../../src/shaders.ts'

/** An expression in `a` and `b` of type F, I or U, over as many pairs of values as the others. */
export interface Expression {
  readonly wgsl: string
  readonly type: 'F' | 'I' | 'U'
  readonly a: ArrayLike<number>
  readonly b?: ArrayLike<number>
}

/** A device with an error collector, closed by `close`. */
export interface Bench {
  readonly device: GPUDevice
  readonly errors: string[]
}

export const openBench = async (): Promise<Bench> => {
  const gpu = await dawn([])
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' })
  if (adapter === null) throw new Error('no adapter: npm run setup')
  const device = await adapter.requestDevice()
  const errors: string[] = []
  device.addEventListener('uncapturederror', (e) => errors.push((e as GPUUncapturedErrorEvent).error.message))
  return { device, errors }
}

/** Runs a module whose storage binding 1 is read and 2 written, and gives the words written. */
export const runModule = async (bench: Bench, wgsl: string, input: Uint32Array, outputWords: number, grid: readonly [number, number]): Promise<Uint32Array> => {
  const { device } = bench
  const buffer = (bytes: number, usage: number): GPUBuffer => device.createBuffer({ size: Math.ceil(bytes / 256) * 256, usage })
  const from = buffer(input.byteLength, GPUBufferUsages.STORAGE | GPUBufferUsages.COPY_DST)
  const to = buffer(4 * outputWords, GPUBufferUsages.STORAGE | GPUBufferUsages.COPY_SRC)
  const back = buffer(4 * outputWords, GPUBufferUsages.MAP_READ | GPUBufferUsages.COPY_DST)
  device.queue.writeBuffer(from, 0, input.buffer as ArrayBuffer, input.byteOffset, input.byteLength)
  const module = device.createShaderModule({ code: wgsl })
  const said = (await module.getCompilationInfo()).messages.filter((m) => m.type === 'error')
  if (said.length > 0) throw new Error(said.map((m) => `${m.lineNum}: ${m.message}\n${wgsl.split('\n')[m.lineNum - 1]}`).join('\n'))
  const pipeline = await device.createComputePipelineAsync({ layout: 'auto', compute: { module, entryPoint: 'main' } })
  const group = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [{ binding: 1, resource: { buffer: from } }, { binding: 2, resource: { buffer: to } }]
  })
  const encoder = device.createCommandEncoder()
  const pass = encoder.beginComputePass()
  pass.setPipeline(pipeline)
  pass.setBindGroup(0, group)
  pass.dispatchWorkgroups(grid[0], grid[1])
  pass.end()
  encoder.copyBufferToBuffer(to, 0, back, 0, 4 * outputWords)
  device.queue.submit([encoder.finish()])
  await back.mapAsync(1)
  const out = new Uint32Array(back.getMappedRange().slice(0, 4 * outputWords))
  for (const b of [from, to, back]) b.destroy()
  if (bench.errors.length > 0) throw new Error(bench.errors.join('\n'))
  return out
}

// The numbers of the WebGPU specification: Node has no global GPUBufferUsage.
const GPUBufferUsages = { MAP_READ: 1, COPY_SRC: 4, COPY_DST: 8, STORAGE: 128 }

/** A module's text with the libraries it names. */
export const linked = (kernel: string, width: 1 | 4): string => {
  const r = link({ kernel, libraries, width })
  if (E.isLeft(r)) throw new Error(JSON.stringify(r.left))
  return r.right.wgsl
}

const words = (type: Expression['type'], xs: ArrayLike<number>, n: number): Uint32Array =>
  type === 'F' ? new Uint32Array(Float32Array.from({ length: n }, (_, i) => xs[i] ?? 1).buffer)
  : Uint32Array.from({ length: n }, (_, i) => xs[i] ?? 1)

/** Values of the expressions, each as long as its `a`. */
export const evaluate = async (bench: Bench, uses: string, width: 1 | 4, expressions: readonly Expression[]): Promise<readonly (readonly number[])[]> => {
  const n = Math.ceil(Math.max(...expressions.map((e) => e.a.length)) / 256) * 256
  const items = n / width
  const input = new Uint32Array(2 * n * expressions.length)
  expressions.forEach((e, j) => {
    input.set(words(e.type, e.a, n), 2 * n * j)
    input.set(words(e.type, e.b ?? [], n), 2 * n * j + n)
  })
  const scalar = { F: 'f32', I: 'i32', U: 'u32' }
  const word = width === 1 ? 'u32' : 'vec4<u32>'
  const cases = expressions.map((e, j) =>
    `case ${j}u: { let a = bitcast<${e.type}>(x); let b = bitcast<${e.type}>(y); r = bitcast<U>(${width === 1 ? scalar[e.type] : `vec4<${scalar[e.type]}>`}(${e.wgsl})); }`)
  const out = await runModule(bench, linked(`// uses: ${uses}
@group(0) @binding(1) var<storage, read> given: array<${word}>;
@group(0) @binding(2) var<storage, read_write> made: array<${word}>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) g: vec3<u32>) {
  if (g.x >= ${items}u) { return; }
  let x = given[g.y * ${2 * items}u + g.x];
  let y = given[g.y * ${2 * items}u + ${items}u + g.x];
  var r = U(0u);
  switch (g.y) {
    ${cases.join('\n    ')}
    default: {}
  }
  made[g.y * ${items}u + g.x] = r;
}`, width), input, n * expressions.length, [Math.ceil(items / 64), expressions.length])
  return expressions.map((e, j) => {
    const part = out.slice(j * n, j * n + e.a.length)
    return Array.from(e.type === 'F' ? new Float32Array(part.buffer) : e.type === 'I' ? new Int32Array(part.buffer) : part)
  })
}
