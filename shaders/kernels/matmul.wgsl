// uses:
// Matrix product for any shape and any strides: C[b,m,n] = sum_k A[b,m,k] B[b,k,n].
// One invocation holds a TM x TN tile of C in registers. Rows and columns past the edge read a clamped address and are not stored,
// so the inner loop has no branch. Terms are summed in the order of k. Slices of k (splits > 1) go to C[split,b,m,n].
struct Params {
  grid_x: u32, grid_z: u32, batch: u32, a_batch: u32, b_batch: u32,
  m: u32, n: u32, k: u32,
  a_m: u32, a_k: u32, b_k: u32, b_n: u32,
  splits: u32, k_len: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

const TM: u32 = 4u;
const TN: u32 = 4u;

fn load_a(i: u32) -> f32 { return a[i]; }
fn load_b(i: u32) -> f32 { return b[i]; }
fn epilogue(v: f32, i: u32) -> f32 { return v; }

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let t = (wid.x + wid.y * p.grid_x) * 64u + lid;
  let tiles_n = (p.n + TN - 1u) / TN;
  let tiles_m = (p.m + TM - 1u) / TM;
  if (t >= tiles_m * tiles_n) { return; }
  let m0 = (t / tiles_n) * TM;
  let n0 = (t % tiles_n) * TN;
  for (var z = wid.z; z < p.batch * p.splits; z += p.grid_z) {
    let bi = z % p.batch;
    let k0 = (z / p.batch) * p.k_len;
    let k1 = min(p.k, k0 + p.k_len);
    var ia: array<u32, TM>;
    var ib: array<u32, TN>;
    for (var i = 0u; i < TM; i++) { ia[i] = bi * p.a_batch + min(m0 + i, p.m - 1u) * p.a_m + k0 * p.a_k; }
    for (var j = 0u; j < TN; j++) { ib[j] = bi * p.b_batch + min(n0 + j, p.n - 1u) * p.b_n + k0 * p.b_k; }
    var acc = array<array<f32, TN>, TM>();
    for (var k = k0; k < k1; k++) {
      var bv: array<f32, TN>;
      for (var j = 0u; j < TN; j++) {
        bv[j] = load_b(ib[j]);
        ib[j] += p.b_k;
      }
      for (var i = 0u; i < TM; i++) {
        let av = load_a(ia[i]);
        ia[i] += p.a_k;
        for (var j = 0u; j < TN; j++) { acc[i][j] = fma(av, bv[j], acc[i][j]); }
      }
    }
    // the tile shifts through its first register, in loops whose lengths aren't known, so that there is one store to compile
    let rows = min(TM + (p.grid_x >> 31u), p.m - m0);
    let cols = min(TN + (p.grid_x >> 31u), p.n - n0);
    for (var i = 0u; i < rows; i++) {
      for (var j = 0u; j < cols; j++) {
        let o = (z * p.m + m0 + i) * p.n + n0 + j;
        out[o] = epilogue(acc[0][0], o);
        for (var r = 1u; r < TN; r++) { acc[0][r - 1u] = acc[0][r]; }
      }
      for (var r = 1u; r < TM; r++) { acc[r - 1u] = acc[r]; }
    }
  }
}
