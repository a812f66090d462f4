// uses:
// Sum over windows of planes x[rows,h,w]; positions outside the plane count as zero. Average pooling is this, scaled by `scale`.
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
  let o = (wid.x + wid.y * p.grid_x) * 64u + lid;
  if (o >= p.rows * p.oh * p.ow) { return; }
  let ox = o % p.ow;
  let oy = (o / p.ow) % p.oh;
  let plane = (o / (p.ow * p.oh)) * p.h * p.w;
  let y0 = i32(oy * p.sy) - p.py;
  let x0 = i32(ox * p.sx) - p.px;
  let ya = u32(clamp(y0, 0, i32(p.h)));
  let yb = u32(clamp(y0 + i32(p.wy), 0, i32(p.h)));
  let xa = u32(clamp(x0, 0, i32(p.w)));
  let xb = u32(clamp(x0 + i32(p.wx), 0, i32(p.w)));
  var acc = 0.0;
  for (var y = ya; y < yb; y++) {
    for (var x = xa; x < xb; x++) { acc += load_a(plane + y * p.w + x); }
  }
  out[o] = epilogue(acc * p.scale, o);
}
