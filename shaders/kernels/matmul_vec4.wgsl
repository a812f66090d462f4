// uses:
// Matrix product for software adapters: C[b,m,n] = sum_k A[b,m,k] B[b,k,n] with A stored k-major (a_m = 1) and B with b_n = 1, both read as vec4.
// One invocation holds (4 TM) x (4 TN) outputs and adds outer products; loads are what costs there, so no shared memory and no unrolling of k.
// Named sums instead of the array, stored from an array at the end, took the same time; so did workgroups of 8 and 16.
// Needs a_k, b_k, a_batch, b_batch and n to be multiples of 4; m is free: rows past the edge are computed from whatever is there and not stored.
struct Params {
  grid_x: u32, grid_z: u32, batch: u32, a_batch: u32, b_batch: u32,
  m: u32, n: u32, k: u32,
  a_k: u32, b_k: u32,
  splits: u32, k_len: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> b: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4<f32>>;

const TM: u32 = 1u;
const TN: u32 = 2u;

fn load_a4(i: u32) -> vec4<f32> { return a[i / 4u]; }
fn load_b4(i: u32) -> vec4<f32> { return b[i / 4u]; }
fn epilogue4(v: vec4<f32>, i: u32) -> vec4<f32> { return v; }

@compute @workgroup_size(32)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let t = (wid.x + wid.y * p.grid_x) * 32u + lid;
  let tiles_n = (p.n + 4u * TN - 1u) / (4u * TN);
  let tiles_m = (p.m + 4u * TM - 1u) / (4u * TM);
  if (t >= tiles_m * tiles_n) { return; }
  let m0 = (t / tiles_n) * 4u * TM;
  let n0 = (t % tiles_n) * 4u * TN;
  for (var z = wid.z; z < p.batch * p.splits; z += p.grid_z) {
    let bi = z % p.batch;
    let k0 = (z / p.batch) * p.k_len;
    let k1 = min(p.k, k0 + p.k_len);
    var ia = bi * p.a_batch + k0 * p.a_k + m0;
    var ib = bi * p.b_batch + k0 * p.b_k + n0;
    var acc = array<array<vec4<f32>, TN>, 4u * TM>();
    for (var k = k0; k < k1; k++) {
      var bv: array<vec4<f32>, TN>;
      for (var j = 0u; j < TN; j++) { bv[j] = load_b4(ib + 4u * j); }
      for (var i = 0u; i < TM; i++) {
        let av = load_a4(ia + 4u * i);
        for (var j = 0u; j < TN; j++) {
          acc[4u * i][j] = fma(vec4<f32>(av.x), bv[j], acc[4u * i][j]);
          acc[4u * i + 1u][j] = fma(vec4<f32>(av.y), bv[j], acc[4u * i + 1u][j]);
          acc[4u * i + 2u][j] = fma(vec4<f32>(av.z), bv[j], acc[4u * i + 2u][j]);
          acc[4u * i + 3u][j] = fma(vec4<f32>(av.w), bv[j], acc[4u * i + 3u][j]);
        }
      }
      ia += p.a_k;
      ib += p.b_k;
    }
    // the tile shifts through its first register, in loops whose lengths aren't known, so that there is one store (and epilogue) to compile
    let rows = min(4u * TM + (p.grid_x >> 31u), p.m - m0);
    let cols = min(TN + (p.grid_x >> 31u), (p.n - n0) / 4u);
    for (var i = 0u; i < rows; i++) {
      var o = (z * p.m + m0 + i) * p.n + n0;
      for (var j = 0u; j < cols; j++) {
        out[o / 4u] = epilogue4(acc[0][0], o);
        o += 4u;
        for (var r = 1u; r < TN; r++) { acc[0][r - 1u] = acc[0][r]; }
      }
      for (var r = 1u; r < 4u * TM; r++) { acc[r - 1u] = acc[r]; }
    }
  }
}
