// uses:
// Matrix product for GPUs: C[b,m,n] = sum_k A[b,m,k] B[b,k,n] with any strides. A workgroup makes a tile of (4 RY TM) x (64 TN) from slices of A and B
// of depth BK in shared memory; an invocation holds (4 TM) x (4 TN) of it. Neighbours read along whichever axis of an operand has stride 1.
// Params, bindings, hooks and slices of k are those of matmul.
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

const TM: u32 = 1u;
const TN: u32 = 1u;
const BK: u32 = 16u;
// rows of invocations: 16, or 8 where half a tile of 64 rows would be empty
const RY: u32 = 16u;
// vectors of the right operand that an invocation fetches for a slice
const FN: u32 = TN * 16u / RY;

var<workgroup> sa: array<vec4<f32>, BK * RY * TM>;
var<workgroup> sb: array<vec4<f32>, BK * 16u * TN>;

fn load_a(i: u32) -> f32 { return a[i]; }
fn load_b(i: u32) -> f32 { return b[i]; }
fn epilogue(v: f32, i: u32) -> f32 { return v; }

@compute @workgroup_size(16u * RY)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let rows = p.m;
  let cols = p.n;
  let tiles_n = (cols + 64u * TN - 1u) / (64u * TN);
  let tiles_m = (rows + 4u * RY * TM - 1u) / (4u * RY * TM);
  var tile = wid.x + wid.y * p.grid_x;
  if (tile >= tiles_m * tiles_n) { return; }
  let n0 = (tile % tiles_n) * 64u * TN; tile /= tiles_n;
  let m0 = tile * 4u * RY * TM;
  let ty = lid / 16u;
  let tx = lid % 16u;
  let a_across = p.a_k == 1u;
  let b_across = p.b_n != 1u;
  for (var z = wid.z; z < p.batch * p.splits; z += p.grid_z) {
    let bi = z % p.batch;
    let k0 = (z / p.batch) * p.k_len;
    let k1 = min(p.k, k0 + p.k_len);
    var acc = array<array<vec4<f32>, TN>, 4u * TM>();
    for (var kt = k0; kt < k1; kt += BK) {
      for (var r = 0u; r < TM; r++) {
        let e = lid + 16u * RY * r;
        let k = kt + select(e / (RY * TM), e % 16u, a_across);
        let q = select(e % (RY * TM), e / 16u, a_across);
        let i = bi * p.a_batch + min(k, p.k - 1u) * p.a_k;
        let m = m0 + 4u * q;
        let v = vec4<f32>(load_a(i + min(m, rows - 1u) * p.a_m), load_a(i + min(m + 1u, rows - 1u) * p.a_m),
          load_a(i + min(m + 2u, rows - 1u) * p.a_m), load_a(i + min(m + 3u, rows - 1u) * p.a_m));
        sa[(k - kt) * RY * TM + q] = select(vec4<f32>(), v, k < k1);
      }
      for (var r = 0u; r < FN; r++) {
        let e = lid + 16u * RY * r;
        let k = kt + select(e / (16u * TN), e % 16u, b_across);
        let q = select(e % (16u * TN), e / 16u, b_across);
        let i = bi * p.b_batch + min(k, p.k - 1u) * p.b_k;
        let n = n0 + 4u * q;
        let v = vec4<f32>(load_b(i + min(n, cols - 1u) * p.b_n), load_b(i + min(n + 1u, cols - 1u) * p.b_n),
          load_b(i + min(n + 2u, cols - 1u) * p.b_n), load_b(i + min(n + 3u, cols - 1u) * p.b_n));
        sb[(k - kt) * 16u * TN + q] = select(vec4<f32>(), v, k < k1);
      }
      workgroupBarrier();
      for (var k = 0u; k < BK; k++) {
        var bv: array<vec4<f32>, TN>;
        for (var j = 0u; j < TN; j++) { bv[j] = sb[(k * TN + j) * 16u + tx]; }
        for (var i = 0u; i < TM; i++) {
          let av = sa[(k * TM + i) * RY + ty];
          for (var j = 0u; j < TN; j++) {
            acc[4u * i][j] = fma(vec4<f32>(av.x), bv[j], acc[4u * i][j]);
            acc[4u * i + 1u][j] = fma(vec4<f32>(av.y), bv[j], acc[4u * i + 1u][j]);
            acc[4u * i + 2u][j] = fma(vec4<f32>(av.z), bv[j], acc[4u * i + 2u][j]);
            acc[4u * i + 3u][j] = fma(vec4<f32>(av.w), bv[j], acc[4u * i + 3u][j]);
          }
        }
      }
      workgroupBarrier();
    }
    for (var i = 0u; i < 4u * TM; i++) {
      let m = m0 + (i / 4u) * 4u * RY + 4u * ty + i % 4u;
      for (var j = 0u; j < 4u * TN; j++) {
        let q = n0 + (j / 4u) * 64u + 4u * tx + j % 4u;
        if (m < rows && q < cols) {
          let o = (z * rows + m) * cols + q;
          out[o] = epilogue(acc[i][j / 4u][j % 4u], o);
        }
      }
    }
  }
}
