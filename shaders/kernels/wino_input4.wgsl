// uses: winograd
// Winograd (Toom-Cook) convolution on tiles of 8 x 8, points 0, 1, -1, 2, -2, 1/2, -1/2, infinity; stage 1: the data,
// read by vec4: w, step and px are multiples of 4 (5 x 5 kernels, step 4). Params and results are those of wino_input.
// Tile (ty, tx) of a plane starts at (ty*step - py, tx*step - px) and is zero outside the plane; it is transformed by B on both sides and
// written to V[b, point, c, t], t = (n*tiles_y + ty)*tiles_x + tx, in rows of t_pad. step = 9 - (kernel size) for a convolution; see wino_expand,
// wino_contract.
// Three quarters of its time are loads and stores, 14 ns a component of 8 lanes. No faster: rows by a dynamic index instead of shifts, all rows or two
// at a time written out, points spread over cache sets. Written once more, in the order of another product, it took twice the time.
struct Params {
  grid_x: u32, grid_z: u32, batch: u32, a_batch: u32,
  n: u32, c: u32, h: u32, w: u32, tiles_y: u32, tiles_x: u32, step: u32, py: i32, px: i32,
  t_pad: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

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
  let xl = u32(clamp(x0, 0, i32(p.w) - 4));
  let xr = u32(clamp(x0 + 4, 0, i32(p.w) - 4));
  let left = x0 >= 0 && x0 < i32(p.w);
  let right = x0 + 4 >= 0 && x0 + 4 < i32(p.w);
  // eight, but not known to the compiler: rows shift through registers in loops that stay loops, which compiles ten times faster
  let eight = 8u + (p.grid_x >> 31u);
  var d = Tile();
  for (var i = 0u; i < eight; i++) {
    let y = y0 + i32(i);
    let row = plane + u32(clamp(y, 0, i32(p.h) - 1)) * p.w;
    let inside = y >= 0 && y < i32(p.h);
    let l = select(vec4<f32>(), a[(row + xl) / 4u], inside && left);
    let r = select(vec4<f32>(), a[(row + xr) / 4u], inside && right);
    shift(&d);
    d[7] = array<f32, 8>(l.x, l.y, l.z, l.w, r.x, r.y, r.z, r.w);
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
