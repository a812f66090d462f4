// uses:
// out[b, r, i] = sum over j in order with index[b, j] == r of v[b, j, i]: every element of out is owned by one invocation, which walks all
// positions, so there are no atomics and the sum has one order. Costs rows * inner * count index reads: for many rows, sort instead.
// Indices outside 0..rows are dropped.
struct Params {
  grid_x: u32, grid_z: u32, batch: u32, a_batch: u32, b_batch: u32,
  rows: u32, count: u32, inner: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

fn load_a(i: u32) -> f32 { return a[i]; }
fn load_b(i: u32) -> u32 { return b[i]; }
fn epilogue(v: f32, i: u32) -> f32 { return v; }

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let e = (wid.x + wid.y * p.grid_x) * 64u + lid;
  let size = p.rows * p.inner;
  if (e >= size) { return; }
  let row = e / p.inner;
  let col = e % p.inner;
  for (var bi = wid.z; bi < p.batch; bi += p.grid_z) {
    let ja = bi * p.a_batch + col;
    let jb = bi * p.b_batch;
    var acc = 0.0;
    for (var j = 0u; j < p.count; j++) {
      if (load_b(jb + j) == row) { acc += load_a(ja + j * p.inner); }
    }
    let o = bi * size + e;
    out[o] = epilogue(acc, o);
  }
}
