// uses:
// x of a x = b by elimination with partial pivoting, for a[batch, n, n] and b[batch, n, m]: one workgroup a matrix, columns in parallel. The
// result holds x in m columns and then, as room to work in, n columns for a, which are left at zero. See eliminate for the steps.
struct Params { grid_x: u32, batch: u32, n: u32, m: u32, a_batch: u32, b_batch: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

const W: u32 = 64u;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let matrix = wid.x + wid.y * p.grid_x;
  if (matrix >= p.batch) { return; }
  let n = p.n;
  let m = p.m;
  let wide = n + m;
  let o = matrix * n * wide;
  for (var e = lid; e < n * n; e += W) { out[o + (e / n) * wide + m + e % n] = a[matrix * p.a_batch + e]; }
  for (var e = lid; e < n * m; e += W) { out[o + (e / m) * wide + e % m] = b[matrix * p.b_batch + e]; }
  storageBarrier();
  for (var k = 0u; k < n; k++) {
    var top = k;
    var best = abs(out[o + k * wide + m + k]);
    for (var i = k + 1u; i < n; i++) {
      let v = abs(out[o + i * wide + m + k]);
      if (v > best) { best = v; top = i; }
    }
    let before = out[o + k * wide + m + k];
    let pivot = out[o + top * wide + m + k];
    for (var q = lid; q < m + n - 1u - k; q += W) {
      let c = o + select(q + k + 1u, q, q < m);
      let x = out[c + top * wide];
      if (top != k) {
        out[c + top * wide] = -out[c + k * wide];
        out[c + k * wide] = x;
      }
      for (var i = k + 1u; i < n; i++) {
        let v = select(out[o + i * wide + m + k], -before, i == top);
        if (v != 0.0) { out[c + i * wide] -= (v / pivot) * x; }
      }
    }
    storageBarrier();
    if (lid == 0u) { out[o + k * wide + m + k] = pivot; }
  }
  storageBarrier();
  for (var q = lid; q < m; q += W) {
    for (var r = 0u; r < n; r++) {
      let i = n - 1u - r;
      var s = out[o + i * wide + q];
      for (var j = i + 1u; j < n; j++) { s -= out[o + i * wide + m + j] * out[o + j * wide + q]; }
      out[o + i * wide + q] = s / out[o + i * wide + m + i];
    }
  }
  storageBarrier();
  for (var e = lid; e < n * n; e += W) { out[o + (e / n) * wide + m + e % n] = 0.0; }
}
