// uses:
// x of op(l) x = b for l[batch, n, n] and b[batch, n, m] with a stride of their own along the batch: one invocation a column, substituted in
// order. `down` says whether the first row is solved first, l_row and l_column are the strides of op(l).
struct Params { grid_x: u32, columns: u32, n: u32, m: u32, l_batch: u32, b_batch: u32, l_row: u32, l_column: u32, down: u32, unit: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let e = (wid.x + wid.y * p.grid_x) * 64u + lid;
  if (e >= p.columns) { return; }
  let matrix = e / p.m;
  let column = e % p.m;
  let l = matrix * p.l_batch;
  let y = matrix * p.b_batch + column;
  let x = matrix * p.n * p.m + column;
  for (var k = 0u; k < p.n; k++) {
    let i = select(p.n - 1u - k, k, p.down == 1u);
    var s = b[y + i * p.m];
    for (var h = 0u; h < k; h++) {
      let j = select(p.n - 1u - h, h, p.down == 1u);
      s -= a[l + i * p.l_row + j * p.l_column] * out[x + j * p.m];
    }
    if (p.unit == 0u) { s = s / a[l + i * (p.l_row + p.l_column)]; }
    out[x + i * p.m] = s;
  }
}
