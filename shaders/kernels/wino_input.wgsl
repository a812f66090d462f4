// uses: winograd
// Winograd (Toom-Cook) convolution on tiles of 8 x 8, points 0, 1, -1, 2, -2, 1/2, -1/2, infinity; stage 1: the data.
// Tile (ty, tx) of a plane starts at (ty*step - py, tx*step - px) and is zero outside the plane; it is transformed by B on both sides and
// written to V[b, point, c, t], t = (n*tiles_y + ty)*tiles_x + tx, in rows of t_pad. step = 9 - (kernel size) for a convolution; see wino_expand,
// wino_contract.
struct Params {
  grid_x: u32, grid_z: u32, batch: u32, a_batch: u32,
  n: u32, c: u32, h: u32, w: u32, tiles_y: u32, tiles_x: u32, step: u32, py: i32, px: i32,
  t_pad: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

fn load_a(i: u32) -> f32 { return a[i]; }

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let tiles = p.n * p.tiles_y * p.tiles_x;
  let e = (wid.x + wid.y * p.grid_x) * 64u + lid;
  if (e >= tiles * p.c) { return; }
  let t = e % tiles;
  let c = e / tiles;
  let x0 = i32((t % p.tiles_x) * p.step) - p.px;
  let y0 = i32(((t / p.tiles_x) % p.tiles_y) * p.step) - p.py;
  let plane = wid.z * p.a_batch + (t / (p.tiles_x * p.tiles_y) * p.c + c) * p.h * p.w;
  // eight, but not known to the compiler: rows shift through registers in loops that stay loops, which compiles ten times faster
  let eight = 8u + (p.grid_x >> 31u);
  var d = Tile();
  for (var i = 0u; i < eight; i++) {
    let y = y0 + i32(i);
    let row = plane + u32(clamp(y, 0, i32(p.h) - 1)) * p.w;
    let inside = y >= 0 && y < i32(p.h);
    var r = array<f32, 8>();
    for (var j = 0u; j < eight; j++) {
      let x = x0 + i32(j);
      let v = load_a(row + u32(clamp(x, 0, i32(p.w) - 1)));
      for (var k = 0u; k < 7u; k++) { r[k] = r[k + 1u]; }
      r[7] = select(0.0, v, inside && x >= 0 && x < i32(p.w));
    }
    shift(&d);
    d[7] = r;
  }
  input_columns(&d);
  let step = p.c * p.t_pad;
  var o = wid.z * 64u * step + c * p.t_pad + t;
  for (var i = 0u; i < eight; i++) {
    let v = input8(d[0]);
    for (var j = 0u; j < 8u; j++) {
      out[o] = v[j];
      o += step;
    }
    shift(&d);
  }
}
