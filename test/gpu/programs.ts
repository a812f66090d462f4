/** Hand-written programs for the tests of the run loop. */
import type { Access, Dispatch, Instruction, Kernel, Program, Slot } from '../../src/compile/program.ts'

export const kernel = (label: string, bindings: readonly Access[], text: string): Kernel => {
  const head = bindings
    .map((b, i) => `@group(0) @binding(${i + 1}) var<storage, ${b === 'write' ? 'read_write' : 'read'}> b${i + 1}: array<f32>;`)
    .join('\n')
  const wgsl = `struct Params { n: u32, k: u32 }
@group(0) @binding(0) var<uniform> p: Params;
${head}
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) g: vec3<u32>) {
  let i = g.x;
  if (i >= p.n) { return; }
  ${text}
}
`
  return { key: wgsl, label, wgsl, bindings }
}

export const slot = (id: number, role: Slot['role'], name: string | undefined, n: number, more: Partial<Slot> = {}): Slot => ({
  id,
  role,
  ...(name === undefined ? {} : { name }),
  bytes: Math.ceil((4 * n) / 16) * 16,
  storage: 'f32',
  shape: [n],
  ...more
})

export const dispatch = (kernelIndex: number, slots: readonly number[], n: number, k = 0): Dispatch => ({
  _tag: 'Dispatch',
  kernel: kernelIndex,
  slots,
  params: new Uint32Array([n, k]),
  grid: [Math.ceil(n / 64), 1, 1],
  label: `kernel ${kernelIndex}`,
  flops: 0,
  bytes: 0
})

export const program = (kernels: readonly Kernel[], slots: readonly Slot[], body: readonly Instruction[], record: readonly string[] = []): Program => ({
  kernels,
  slots,
  body,
  record
})

/** out = 2 x + y, y a constant. */
export const axpy = (n: number): Program =>
  program(
    [kernel('axpy', ['read', 'read', 'write'], 'b3[i] = 2.0 * b1[i] + b2[i];')],
    [
      slot(0, 'input', 'x', n),
      slot(1, 'constant', undefined, n, { data: Float32Array.from({ length: n }, (_, i) => i) }),
      slot(2, 'output', 'out', n)
    ],
    [dispatch(0, [0, 1, 2], n)]
  )

/**
 * A logistic map in `n` lanes with a step counter in lane 0 of `t`; records (t, x[0]) into a
 * ring of `capacity` rows. Chaotic, so any change in order or number of steps shows.
 */
export const chaos = (n: number, capacity: number): Program =>
  program(
    [
      kernel('map', ['write'], 'b1[i] = 3.9 * b1[i] * (1.0 - b1[i]);'),
      kernel('record', ['read', 'read', 'write'], 'let r = u32(b2[0]) % p.k; b3[2u * r] = b2[0]; b3[2u * r + 1u] = b1[0];'),
      kernel('count', ['write'], 'b1[0] = b1[0] + 1.0;')
    ],
    [slot(0, 'state', 'x', n), slot(1, 'state', 't', 1), slot(2, 'ring', undefined, 2 * capacity, { shape: [capacity, 2] })],
    [dispatch(0, [0], n), dispatch(1, [0, 1, 2], 1, capacity), dispatch(2, [1], 1)],
    ['t', 'x0']
  )

/** Starting values of `chaos` in (0, 1). */
export const seeds = (n: number): Float32Array => Float32Array.from({ length: n }, (_, i) => (i + 1) / (n + 2))
