// uses:
// Matrix product for software adapters: C[b,m,n] = sum_k A[b,m,k] B[b,k,n]. Operands are taken as they lie: A k-major (rows of m, read as vec4), or with
// AK = 1 in rows of k, read one by one; B k-major (rows of n), or with BK = 1 in rows of k. a_row and b_row are elements from row to row.
// One invocation holds (4 TM) x (4 TN) outputs and adds outer products; loads are what costs there, a vector as much as its elements, so no shared
// memory and no unrolling of k (four steps of k as vectors along rows took twice as long: too much lives at once).
// Named sums instead of the array, stored from an array at the end, took the same time; so did workgroups of 8 and 16.
// Needs n, and of what is read as vec4 the row and the batch stride, to be multiples of 4; m is free: rows past the edge are computed from
// whatever is there and not stored.
struct Params {
  grid_x: u32, grid_z: u32, batch: u32, a_batch: u32, b_batch: u32,
  m: u32, n: u32, k: u32,
  a_row: u32, b_row: u32,
  splits: u32, k_len: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> b: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4<f32>>;

const TM: u32 = 1u;
const TN: u32 = 2u;
const AK: u32 = 0u;
const BK: u32 = 0u;

fn load_a4(i: u32) -> vec4<f32> { return a[i / 4u]; }
fn load_b4(i: u32) -> vec4<f32> { return b[i / 4u]; }
fn one_a(i: u32) -> f32 { return a[i / 4u][i & 3u]; }
fn one_b(i: u32) -> f32 { return b[i / 4u][i & 3u]; }
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
    var ia = bi * p.a_batch + select(k0 * p.a_row + m0, k0, AK == 1u);
    var ib = bi * p.b_batch + select(k0 * p.b_row + n0, k0, BK == 1u);
    let last = p.m - 1u;
    var acc = array<array<vec4<f32>, TN>, 4u * TM>();
    for (var k = k0; k < k1; k++) {
      // all loads before all arithmetic: a load is a loop over lanes there, around which sums are spilled
      var bv: array<vec4<f32>, TN>;
      for (var j = 0u; j < TN; j++) {
        if (BK == 1u) {
          let c = ib + min(n0 + 4u * j, p.n - 4u) * p.b_row;
          bv[j] = vec4<f32>(one_b(c), one_b(c + p.b_row), one_b(c + 2u * p.b_row), one_b(c + 3u * p.b_row));
        } else {
          bv[j] = load_b4(ib + 4u * j);
        }
      }
      var av: array<vec4<f32>, TM>;
      for (var i = 0u; i < TM; i++) {
        if (AK == 1u) {
          let r = m0 + 4u * i;
          av[i] = vec4<f32>(one_a(ia + min(r, last) * p.a_row), one_a(ia + min(r + 1u, last) * p.a_row), one_a(ia + min(r + 2u, last) * p.a_row), one_a(ia + min(r + 3u, last) * p.a_row));
        } else {
          av[i] = load_a4(ia + 4u * i);
        }
      }
      for (var i = 0u; i < TM; i++) {
        for (var j = 0u; j < TN; j++) {
          acc[4u * i][j] = fma(vec4<f32>(av[i].x), bv[j], acc[4u * i][j]);
          acc[4u * i + 1u][j] = fma(vec4<f32>(av[i].y), bv[j], acc[4u * i + 1u][j]);
          acc[4u * i + 2u][j] = fma(vec4<f32>(av[i].z), bv[j], acc[4u * i + 2u][j]);
          acc[4u * i + 3u][j] = fma(vec4<f32>(av[i].w), bv[j], acc[4u * i + 3u][j]);
        }
      }
      ia += select(p.a_row, 1u, AK == 1u);
      ib += select(p.b_row, 1u, BK == 1u);
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
