// uses:
// out[b, o, r, i] = sum over k from bounds[b, r] to bounds[b, r + 1] of v[b, o, order[b, k], i]: sums of runs of positions, one invocation an
// element, which adds its run in order.
struct Params { grid_x: u32, grid_z: u32, size: u32, outer: u32, rows: u32, count: u32, inner: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> v: array<f32>;
@group(0) @binding(2) var<storage, read> order: array<u32>;
@group(0) @binding(3) var<storage, read> bounds: array<u32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;

fn epilogue(v: f32, i: u32) -> f32 { return v; }

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let e = (wid.x + wid.y * p.grid_x) * 64u + lid;
  if (e >= p.size) { return; }
  let row = (e / p.inner) % p.rows;
  let line = e / (p.inner * p.rows);
  let batch = line / p.outer;
  let at = batch * (p.rows + 1u) + row;
  let end = bounds[at + 1u];
  var acc = 0.0;
  for (var k = bounds[at]; k < end; k++) { acc += v[(line * p.count + order[batch * p.count + k]) * p.inner + e % p.inner]; }
  out[e] = epilogue(acc, e);
}
