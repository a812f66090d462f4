// uses: winograd
// Winograd (Toom-Cook) convolution on tiles of 8 x 8, points 0, 1, -1, 2, -2, 1/2, -1/2, infinity; stage 1: the data,
// read by vec4: w, step and px are multiples of 4 (5 x 5 kernels, step 4). Params and results are those of wino_input.
// Tile (ty, tx) of a plane starts at (ty*step - py, tx*step - px) and is zero outside the plane; it is transformed by B on both sides and
// written to V[b, point, c, t], t = (n*tiles_y + ty)*tiles_x + tx. step = 9 - (kernel size) for a convolution; see wino_expand, wino_contract.
// Rows by a dynamic index instead of shifts, and points spread over cache sets, took the same time.
struct Params {
  grid_x: u32, grid_z: u32, batch: u32, a_batch: u32,
  n: u32, c: u32, h: u32, w: u32, tiles_y: u32, tiles_x: u32, step: u32, py: i32, px: i32,
  o_batch: u32, o_point: u32, o_c: u32, o_t: u32,
  second: u32, q_batch: u32, q_point: u32, q_c: u32, q_t: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let tiles = p.n * p.tiles_y * p.tiles_x;
  let e = (wid.x + wid.y * p.grid_x) * 64u + lid;
  if (e >= tiles * p.c) { return; }
  // neighbours share c when o_t is 1, else t, so that writes are next to each other
  let wide = p.o_t == 1u;
  let t = select(e / p.c, e % tiles, wide);
  let c = select(e % p.c, e / tiles, wide);
  let x0 = i32((t % p.tiles_x) * p.step) - p.px;
  let y0 = i32(((t / p.tiles_x) % p.tiles_y) * p.step) - p.py;
  let plane = ((t / (p.tiles_x * p.tiles_y)) * p.c + c) * p.h * p.w;
  // eight, but not known to the compiler: rows shift through registers in a loop that stays a loop, which compiles ten times faster
  let eight = 8u + (p.grid_x >> 31u);
  let bi = wid.z;
  {
    let src = bi * p.a_batch + plane;
    var lo = array<vec4<f32>, 8>();
    var hi = array<vec4<f32>, 8>();
    for (var i = 0u; i < eight; i++) {
      let y = y0 + i32(i);
      let row = (src + u32(clamp(y, 0, i32(p.h) - 1)) * p.w) / 4u;
      let inside = y >= 0 && y < i32(p.h);
      let l = a[row + u32(clamp(x0, 0, i32(p.w) - 4)) / 4u];
      let r = a[row + u32(clamp(x0 + 4, 0, i32(p.w) - 4)) / 4u];
      for (var j = 0u; j < 7u; j++) {
        lo[j] = lo[j + 1u];
        hi[j] = hi[j + 1u];
      }
      lo[7] = select(vec4<f32>(), l, inside && x0 >= 0 && x0 < i32(p.w));
      hi[7] = select(vec4<f32>(), r, inside && x0 + 4 >= 0 && x0 + 4 < i32(p.w));
    }
    lo = input8(lo);
    hi = input8(hi);
    var o = bi * p.o_batch + c * p.o_c + t * p.o_t;
    var q = p.second + bi * p.q_batch + c * p.q_c + t * p.q_t;
    for (var i = 0u; i < eight; i++) {
      let v = input1(array<f32, 8>(lo[0].x, lo[0].y, lo[0].z, lo[0].w, hi[0].x, hi[0].y, hi[0].z, hi[0].w));
      for (var j = 0u; j < 8u; j++) { out[o + j * p.o_point] = v[j]; }
      if (p.second != 0u) {
        for (var j = 0u; j < 8u; j++) { out[q + j * p.q_point] = v[j]; }
      }
      o += 8u * p.o_point;
      q += 8u * p.q_point;
      for (var j = 0u; j < 7u; j++) {
        lo[j] = lo[j + 1u];
        hi[j] = hi[j + 1u];
      }
    }
  }
}
