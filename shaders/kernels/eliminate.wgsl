// uses:
// The upper triangle that elimination with partial pivoting makes of a[batch, n, n]: one workgroup a matrix, columns in parallel. Of two rows
// exchanged one changes its sign, so the determinant stays. In step k all read column k as it was, and only afterwards is it set right:
// one barrier a step.
struct Params { grid_x: u32, batch: u32, n: u32 }
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
  for (var e = lid; e < n * n; e += W) { out[o + e] = a[o + e]; }
  storageBarrier();
  for (var k = 0u; k < n; k++) {
    var top = k;
    var best = abs(out[o + k * n + k]);
    for (var i = k + 1u; i < n; i++) {
      let v = abs(out[o + i * n + k]);
      if (v > best) { best = v; top = i; }
    }
    let before = out[o + k * n + k];
    let pivot = out[o + top * n + k];
    for (var c = k + 1u + lid; c < n; c += W) {
      let x = out[o + top * n + c];
      if (top != k) {
        out[o + top * n + c] = -out[o + k * n + c];
        out[o + k * n + c] = x;
      }
      for (var i = k + 1u; i < n; i++) {
        let v = select(out[o + i * n + k], -before, i == top);
        if (v != 0.0) { out[o + i * n + c] -= (v / pivot) * x; }
      }
    }
    storageBarrier();
    for (var i = k + lid; i < n; i += W) { out[o + i * n + k] = select(0.0, pivot, i == k); }
  }
}
