// uses:
// Transpose of sum_pool2d: gx[plane, q] = scale * sum of g[plane, o] over the windows o that cover q.
struct Params {
  grid_x: u32, rows: u32, h: u32, w: u32, oh: u32, ow: u32,
  wy: u32, wx: u32, sy: u32, sx: u32, py: i32, px: i32, scale: f32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

fn load_a(i: u32) -> f32 { return a[i]; }
fn epilogue(v: f32, i: u32) -> f32 { return v; }

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let e = (wid.x + wid.y * p.grid_x) * 64u + lid;
  if (e >= p.rows * p.h * p.w) { return; }
  let q = e % (p.h * p.w);
  let plane = (e / (p.h * p.w)) * p.oh * p.ow;
  let y = i32(q / p.w) + p.py;
  let x = i32(q % p.w) + p.px;
  // the windows over y are those with oy*sy <= y < oy*sy + wy
  let ya = u32(max(y - i32(p.wy) + i32(p.sy), 0)) / p.sy;
  let yb = min(u32(max(y + i32(p.sy), 0)) / p.sy, p.oh);
  let xa = u32(max(x - i32(p.wx) + i32(p.sx), 0)) / p.sx;
  let xb = min(u32(max(x + i32(p.sx), 0)) / p.sx, p.ow);
  var acc = 0.0;
  for (var oy = ya; oy < yb; oy++) {
    for (var ox = xa; ox < xb; ox++) { acc += load_a(plane + oy * p.ow + ox); }
  }
  out[e] = epilogue(acc * p.scale, e);
}
