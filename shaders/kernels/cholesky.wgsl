// uses:
// L with L L^T = a[batch, n, n] from the lower triangle: one workgroup a matrix, column by column, rows in parallel. All of the lower triangle
// is NaN where a pivot isn't positive.
struct Params { grid_x: u32, batch: u32, n: u32, nan: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

const W: u32 = 64u;

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let matrix = wid.x + wid.y * p.grid_x;
  if (matrix >= p.batch) { return; }
  let n = p.n;
  let o = matrix * n * n;
  for (var j = 0u; j < n; j++) {
    for (var i = lid; i < n; i += W) {
      var s = 0.0;
      if (i >= j) {
        s = a[o + i * n + j];
        for (var k = 0u; k < j; k++) { s -= out[o + i * n + k] * out[o + j * n + k]; }
      }
      out[o + i * n + j] = s;
    }
    storageBarrier();
    let d = out[o + j * n + j];
    var root = bitcast<f32>(p.nan);
    if (d > 0.0) { root = sqrt(d); }
    for (var i = lid; i < n; i += W) {
      if (i > j) { out[o + i * n + j] = out[o + i * n + j] / root; }
    }
    // Nobody reads a diagonal element again after this.
    storageBarrier();
    if (lid == 0u) { out[o + j * n + j] = root; }
  }
  storageBarrier();
  if (n > 0u && (bitcast<u32>(out[o + n * n - 1u]) & 0x7fffffffu) > 0x7f800000u) {
    for (var i = lid; i < n; i += W) {
      for (var j = 0u; j <= i; j++) { out[o + i * n + j] = bitcast<f32>(p.nan); }
    }
  }
}
