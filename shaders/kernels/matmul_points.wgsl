// uses:
// Batched product for software adapters with nothing fused behind it: C[z,m,n] = sum_k A[z,k,m] B[z,k,n], rows of A and B contiguous, all read and
// written as vec4. One invocation: 8 x 8 outputs. The stores are written out: a tile that is shifted or indexed in a loop stays in memory.
// Loads are 70 % of its time. Slower: 8 x 12, 8 x 16, 12 x 12, 16 x 16 outputs, k unrolled by 2 or 4, and sums along rows of both operands (NT).
// Preconditions: a_k, b_k, n, a_batch, b_batch multiples of 4; batch on z alone.
struct Params {
  grid_x: u32, grid_z: u32, batch: u32, a_batch: u32, b_batch: u32,
  m: u32, n: u32, k: u32, a_k: u32, b_k: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> b: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4<f32>>;

@compute @workgroup_size(32)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let t = (wid.x + wid.y * p.grid_x) * 32u + lid;
  let tiles_n = (p.n + 7u) / 8u;
  if (t >= ((p.m + 7u) / 8u) * tiles_n) { return; }
  let m0 = (t / tiles_n) * 8u;
  let n0 = (t % tiles_n) * 8u;
  var ia = (wid.z * p.a_batch + m0) / 4u;
  var ib = (wid.z * p.b_batch + n0) / 4u;
  let sa = p.a_k / 4u;
  let sb = p.b_k / 4u;
  var acc = array<vec4<f32>, 16>();
  for (var k = 0u; k < p.k; k++) {
    let b0 = b[ib];
    let b1 = b[ib + 1u];
    let a0 = a[ia];
    let a1 = a[ia + 1u];
    acc[0] += a0.x * b0; acc[1] += a0.x * b1;
    acc[2] += a0.y * b0; acc[3] += a0.y * b1;
    acc[4] += a0.z * b0; acc[5] += a0.z * b1;
    acc[6] += a0.w * b0; acc[7] += a0.w * b1;
    acc[8] += a1.x * b0; acc[9] += a1.x * b1;
    acc[10] += a1.y * b0; acc[11] += a1.y * b1;
    acc[12] += a1.z * b0; acc[13] += a1.z * b1;
    acc[14] += a1.w * b0; acc[15] += a1.w * b1;
    ia += sa;
    ib += sb;
  }
  var o = ((wid.z * p.m + m0) * p.n + n0) / 4u;
  let second = n0 + 4u < p.n;
  for (var i = 0u; i < 8u; i++) {
    if (m0 + i < p.m) {
      out[o] = acc[2u * i];
      if (second) { out[o + 1u] = acc[2u * i + 1u]; }
    }
    o += p.n / 4u;
  }
}
