// uses: tile
// Matrix product for GPUs: C[b,m,n] = sum_k A[b,m,k] B[b,k,n] with any strides. Neighbours read along whichever axis of an operand has
// stride 1. Params, bindings, hooks and slices of k are those of matmul.
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

fn load_a(i: u32) -> f32 { return a[i]; }
fn load_b(i: u32) -> f32 { return b[i]; }
fn epilogue(v: f32, i: u32) -> f32 { return v; }

@compute @workgroup_size(16u * RY)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let rows = p.m;
  let cols = p.n;
  let corner = corner_of(wid.x + wid.y * p.grid_x, rows, cols);
  if (corner.group > 0u) { return; }
  let a_across = p.a_k == 1u;
  let b_across = p.b_n != 1u;
  for (var z = wid.z; z < p.batch * p.splits; z += p.grid_z) {
    let bi = z % p.batch;
    let k0 = (z / p.batch) * p.k_len;
    let k1 = min(p.k, k0 + p.k_len);
    var sums = Block();
    for (var kt = k0; kt < k1; kt += BK) {
      for (var r = 0u; r < TM; r++) {
        let e = lid + 16u * RY * r;
        let k = kt + select(e / LEFT, e % 16u, a_across);
        let q = select(e % LEFT, e / 16u, a_across);
        let i = bi * p.a_batch + min(k, p.k - 1u) * p.a_k;
        let m = corner.row + 4u * q;
        let v = vec4<f32>(load_a(i + min(m, rows - 1u) * p.a_m), load_a(i + min(m + 1u, rows - 1u) * p.a_m),
          load_a(i + min(m + 2u, rows - 1u) * p.a_m), load_a(i + min(m + 3u, rows - 1u) * p.a_m));
        left[left_of(k - kt, q)] = select(vec4<f32>(), v, k < k1);
      }
      for (var r = 0u; r < FN; r++) {
        let e = lid + 16u * RY * r;
        let k = kt + select(e / RIGHT, e % 16u, b_across);
        let q = select(e % RIGHT, e / 16u, b_across);
        let i = bi * p.b_batch + min(k, p.k - 1u) * p.b_k;
        let n = corner.column + 4u * q;
        let v = vec4<f32>(load_b(i + min(n, cols - 1u) * p.b_n), load_b(i + min(n + 1u, cols - 1u) * p.b_n),
          load_b(i + min(n + 2u, cols - 1u) * p.b_n), load_b(i + min(n + 3u, cols - 1u) * p.b_n));
        right[right_of(k - kt, q)] = select(vec4<f32>(), v, k < k1);
      }
      workgroupBarrier();
      add_slice(&sums, lid);
      workgroupBarrier();
    }
    for (var i = 0u; i < 4u * TM; i++) {
      let m = row_of(corner, i, lid);
      for (var j = 0u; j < 4u * TN; j++) {
        let q = column_of(corner, j, lid);
        if (m < rows && q < cols) {
          let o = (z * rows + m) * cols + q;
          out[o] = epilogue(sums[i][j / 4u][j % 4u], o);
        }
      }
    }
  }
}
