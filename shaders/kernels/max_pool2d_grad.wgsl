// uses:
// Transpose of pool_gather, and so the gradient of max_pool2d: gx[plane, q] = sum of g[plane, o] over the windows o that cover q and
// whose index is q. A gather: every element of gx visits the windows over it in order and is written once.
struct Params {
  grid_x: u32, grid_z: u32, batch: u32, a_batch: u32, b_batch: u32,
  rows: u32, h: u32, w: u32, oh: u32, ow: u32,
  wy: u32, wx: u32, sy: u32, sx: u32, py: i32, px: i32,
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
  let size = p.rows * p.h * p.w;
  if (e >= size) { return; }
  let q = e % (p.h * p.w);
  let plane = (e / (p.h * p.w)) * p.oh * p.ow;
  let y = i32(q / p.w) + p.py;
  let x = i32(q % p.w) + p.px;
  // the windows over y are those with oy*sy <= y < oy*sy + wy
  let ya = u32(max(y - i32(p.wy) + i32(p.sy), 0)) / p.sy;
  let yb = min(u32(max(y + i32(p.sy), 0)) / p.sy, p.oh);
  let xa = u32(max(x - i32(p.wx) + i32(p.sx), 0)) / p.sx;
  let xb = min(u32(max(x + i32(p.sx), 0)) / p.sx, p.ow);
  for (var bi = wid.z; bi < p.batch; bi += p.grid_z) {
    let ga = bi * p.a_batch + plane;
    let gb = bi * p.b_batch + plane;
    var acc = 0.0;
    for (var oy = ya; oy < yb; oy++) {
      for (var ox = xa; ox < xb; ox++) {
        let o = oy * p.ow + ox;
        let v = load_a(ga + o);
        acc += select(0.0, v, load_b(gb + o) == q);
      }
    }
    let o = bi * size + e;
    out[o] = epilogue(acc, o);
  }
}
