// uses:
// Winograd convolution on tiles of 8 x 8, stage 2: a patch of len x len numbers to its 8 x 8 values at the points, G on both sides
// (adjoint = 1: A on both sides, for the gradients). Patches are kernels w[b,f,c], or tiles of g cut from planes of h x w.
// Patch (f, c), c = (n*tiles_y + ty)*tiles_x + tx, starts at f*s_f + n*s_c + ty*len*s_y + tx*len, has rows s_y apart and is zero past h x w;
// kernels have tiles_y = tiles_x = 1, h = w = s_y = len. It goes to U[b, point] + f*o_f + c*o_c, and where second is not 0 once more, laid out
// for another product, to second + the same by the q_ strides.
// pooled = 1: a and index are g before it is spread over blocks of 2 x 2, and where to, so that it is never written out; else index is any buffer.
struct Params {
  grid_x: u32, grid_z: u32, batch: u32, a_batch: u32,
  f: u32, c: u32, len: u32, h: u32, w: u32, tiles_y: u32, tiles_x: u32, pooled: u32, adjoint: u32,
  s_f: u32, s_c: u32, s_y: u32,
  o_batch: u32, o_point: u32, o_f: u32, o_c: u32,
  second: u32, q_batch: u32, q_point: u32, q_f: u32, q_c: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> index: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

// Column j of G: the j-th powers of the points over their Lagrange denominators, as two vec4; of A, without the denominators.
fn powers(j: u32) -> array<vec4<f32>, 2> {
  let s = select(1.0, -1.0, (j & 1u) == 1u);
  let b = f32(1u << j);
  let plain = p.adjoint == 1u;
  let n1 = select(-2.0 / 9.0, 1.0, plain);
  let n2 = select(1.0 / 90.0, 1.0, plain) * b;
  let n3 = select(32.0 / 45.0, 1.0, plain) / b;
  return array<vec4<f32>, 2>(
    vec4<f32>(select(0.0, 1.0, j == 0u), n1, n1 * s, n2),
    vec4<f32>(n2 * s, n3, n3 * s, select(0.0, 1.0, j + 1u == p.len)));
}

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
  let bi = wid.z;
  {
    let plane = bi * p.a_batch + f * p.s_f + n * p.s_c;
    var lo = array<vec4<f32>, 8>();
    var hi = array<vec4<f32>, 8>();
    for (var i = 0u; i < rows; i++) {
      var l = vec4<f32>();
      var h = vec4<f32>();
      for (var j = 0u; j < cols; j++) {
        let y = ty * p.len + i;
        let x = tx * p.len + j;
        let at = (plane >> (2u * p.pooled)) + (y >> p.pooled) * (p.s_y >> p.pooled) + (x >> p.pooled);
        let v = select(0.0, a[at], p.pooled == 0u || index[at] == y * p.w + x);
        let g = powers(j);
        l += v * g[0];
        h += v * g[1];
      }
      let g = powers(i);
      lo[0] += g[0].x * l; lo[1] += g[0].y * l; lo[2] += g[0].z * l; lo[3] += g[0].w * l;
      lo[4] += g[1].x * l; lo[5] += g[1].y * l; lo[6] += g[1].z * l; lo[7] += g[1].w * l;
      hi[0] += g[0].x * h; hi[1] += g[0].y * h; hi[2] += g[0].z * h; hi[3] += g[0].w * h;
      hi[4] += g[1].x * h; hi[5] += g[1].y * h; hi[6] += g[1].z * h; hi[7] += g[1].w * h;
    }
    var o = bi * p.o_batch + f * p.o_f + c * p.o_c;
    var q = p.second + bi * p.q_batch + f * p.q_f + c * p.q_c;
    for (var i = 0u; i < eight; i++) {
      var v = array<f32, 8>(lo[0].x, lo[0].y, lo[0].z, lo[0].w, hi[0].x, hi[0].y, hi[0].z, hi[0].w);
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
