// uses:
// Transposed copy for software adapters: out[z, j, i] = a[z, i, j], a of m rows and n columns, both multiples of 4, in C order.
// One invocation: a block of 4 x 4 by vec4. A group of eight invocations costs some 0.1 us there before it does anything, so that one element an
// invocation took five times as long (512 x 176: 1.2 ms against 0.2).
struct Params {
  grid_x: u32, grid_z: u32, batch: u32, m: u32, n: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4<f32>>;

@compute @workgroup_size(32)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let t = (wid.x + wid.y * p.grid_x) * 32u + lid;
  let rows = p.m / 4u;
  let cols = p.n / 4u;
  if (t >= rows * cols) { return; }
  for (var z = wid.z; z < p.batch; z += p.grid_z) {
    let i = z * p.m * cols + 4u * (t % rows) * cols + t / rows;
    let o = z * p.n * rows + 4u * (t / rows) * rows + t % rows;
    let r0 = a[i];
    let r1 = a[i + cols];
    let r2 = a[i + 2u * cols];
    let r3 = a[i + 3u * cols];
    out[o] = vec4<f32>(r0.x, r1.x, r2.x, r3.x);
    out[o + rows] = vec4<f32>(r0.y, r1.y, r2.y, r3.y);
    out[o + 2u * rows] = vec4<f32>(r0.z, r1.z, r2.z, r3.z);
    out[o + 3u * rows] = vec4<f32>(r0.w, r1.w, r2.w, r3.w);
  }
}
