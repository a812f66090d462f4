// uses:
// Reads each plane of a at the positions another plane holds: out[plane, o] = a[plane, index[plane, o]], positions in 0..size_in.
// The transpose of max_pool2d_grad; also the forward mode of max_pool2d.
struct Params {
  grid_x: u32, grid_z: u32, batch: u32, a_batch: u32, b_batch: u32,
  rows: u32, size_in: u32, size_out: u32,
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
  let size = p.rows * p.size_out;
  if (e >= size) { return; }
  let plane = (e / p.size_out) * p.size_in;
  for (var bi = wid.z; bi < p.batch; bi += p.grid_z) {
    let q = min(load_b(bi * p.b_batch + e), p.size_in - 1u);
    let o = bi * size + e;
    out[o] = epilogue(load_a(bi * p.a_batch + plane + q), o);
  }
}
