// uses: winograd
// Winograd convolution on tiles of 8 x 8, stage 2: a patch of len x len numbers to its 8 x 8 values at the points, G on both sides
// (adjoint = 1: A on both sides, for the gradients). Patches are kernels w[b,f,c], or tiles of g cut from planes of h x w.
// Patch (f, c), c = (n*tiles_y + ty)*tiles_x + tx, starts at f*s_f + n*s_c + ty*len*s_y + tx*len, has rows s_y apart and is zero past h x w;
// kernels have tiles_y = tiles_x = 1, h = w = s_y = len. It goes to U[b, point] + f*o_f + c*o_c.
// pooled = 1: a and index are g before it is spread over blocks of 2 x 2, and where to, so that it is never written out; len is even then. Else index
// is any buffer.
struct Params {
  grid_x: u32, grid_z: u32, batch: u32, a_batch: u32,
  f: u32, c: u32, len: u32, h: u32, w: u32, tiles_y: u32, tiles_x: u32, pooled: u32, adjoint: u32,
  s_f: u32, s_c: u32, s_y: u32,
  o_point: u32, o_f: u32, o_c: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> index: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let e = (wid.x + wid.y * p.grid_x) * 64u + lid;
  if (e >= p.f * p.c) { return; }
  // neighbours share f when o_c is 1, else c, so that writes are next to each other
  let wide = p.o_c == 1u;
  let f = select(e % p.f, e / p.c, wide);
  let c = select(e / p.f, e % p.c, wide);
  let tx = c % p.tiles_x;
  let ty = (c / p.tiles_x) % p.tiles_y;
  let n = c / (p.tiles_x * p.tiles_y);
  let rows = min(p.len, p.h - ty * p.len);
  let cols = min(p.len, p.w - tx * p.len);
  // eight, but not known to the compiler: rows shift through registers in a loop that stays a loop, which compiles ten times faster
  let eight = 8u + (p.grid_x >> 31u);
  let plane = wid.z * p.a_batch + f * p.s_f + n * p.s_c;
  let norm = denominators(p.adjoint == 0u);
  let last = p.len - 1u;
  var d = Tile();
  for (var i = 0u; i < rows; i++) {
    let y = ty * p.len + i;
    let row = (plane >> (2u * p.pooled)) + (y >> p.pooled) * (p.s_y >> p.pooled);
    var r = array<f32, 8>();
    for (var j = 0u; j < cols; j += 1u + p.pooled) {
      let x = tx * p.len + j;
      let at = row + (x >> p.pooled);
      // which of two neighbours has the value, if one of this row does
      let place = select(0u, index[at] - (y * p.w + x), p.pooled == 1u);
      let v = select(0.0, a[at], place < 2u);
      let g = powers(j + (place & 1u), last, norm);
      for (var k = 0u; k < 8u; k++) { r[k] += v * g[k]; }
    }
    let g = powers(i, last, norm);
    for (var q = 0u; q < 8u; q++) {
      for (var k = 0u; k < 8u; k++) { d[q][k] += g[q] * r[k]; }
    }
  }
  var o = wid.z * 64u * p.o_point + f * p.o_f + c * p.o_c;
  for (var i = 0u; i < eight; i++) {
    let v = d[0];
    for (var j = 0u; j < 8u; j++) {
      out[o] = v[j];
      o += p.o_point;
    }
    shift(&d);
  }
}
