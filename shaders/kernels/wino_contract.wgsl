// uses:
// Winograd convolution on tiles of 8 x 8, stage 4: M[b, point, f, t] (the products over channels) to patches of `len` x `len` outputs
// (matrix A on both sides). For a convolution a patch is a tile of y[b,n,f,oh,ow] with len = 9 - (kernel size), cut at the edges;
// for the gradient by weights it is one kernel gw[b,f,c], len = the kernel size, with tiles_y = tiles_x = 1 and "n" counting c; scaled = 1 then
// makes A the transposed G, by the Lagrange denominators that wino_expand left out of g.
// Output patch (f, n, ty, tx) starts at f*o_f + n*o_n + ty*len*w + tx*len; f = (outer)*f_inner + (inner) lands at outer*o_outer + inner*o_f.
struct Params {
  grid_x: u32, grid_z: u32, batch: u32,
  f: u32, n: u32, len: u32, h: u32, w: u32, tiles_y: u32, tiles_x: u32,
  a_batch: u32, a_point: u32, a_f: u32,
  o_batch: u32, f_inner: u32, o_outer: u32, o_f: u32, o_n: u32, scaled: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

fn load_a(i: u32) -> f32 { return a[i]; }
fn epilogue(v: f32, i: u32) -> f32 { return v; }

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let tiles = p.n * p.tiles_y * p.tiles_x;
  let e = (wid.x + wid.y * p.grid_x) * 64u + lid;
  if (e >= tiles * p.f) { return; }
  let t = e % tiles;
  let f = e / tiles;
  let tx = t % p.tiles_x;
  let ty = (t / p.tiles_x) % p.tiles_y;
  let n = t / (p.tiles_x * p.tiles_y);
  let rows = min(p.len, p.h - ty * p.len);
  let cols = min(p.len, p.w - tx * p.len);
  // eight, but not known to the compiler: rows shift through registers in a loop that stays a loop, which compiles ten times faster
  let eight = 8u + (p.grid_x >> 31u);
  let bi = wid.z;
  {
    let src = bi * p.a_batch + f * p.a_f + t;
    let dst = bi * p.o_batch + (f / p.f_inner) * p.o_outer + (f % p.f_inner) * p.o_f + n * p.o_n + ty * p.len * p.w + tx * p.len;
    var lo = array<vec4<f32>, 8>();
    var hi = array<vec4<f32>, 8>();
    var at = src;
    for (var i = 0u; i < eight; i++) {
      for (var j = 0u; j < 7u; j++) {
        lo[j] = lo[j + 1u];
        hi[j] = hi[j + 1u];
      }
      var r = array<f32, 8>();
      for (var j = 0u; j < 8u; j++) { r[j] = load_a(at + j * p.a_point); }
      at += 8u * p.a_point;
      lo[7] = vec4<f32>(r[0], r[1], r[2], r[3]);
      hi[7] = vec4<f32>(r[4], r[5], r[6], r[7]);
    }
    // even and odd parts at +-1, +-2, +-1/2 along y
    let e1 = array<vec4<f32>, 2>(lo[1] + lo[2], hi[1] + hi[2]);
    let d1 = array<vec4<f32>, 2>(lo[1] - lo[2], hi[1] - hi[2]);
    let e2 = array<vec4<f32>, 2>(lo[3] + lo[4], hi[3] + hi[4]);
    let d2 = array<vec4<f32>, 2>(lo[3] - lo[4], hi[3] - hi[4]);
    let e3 = array<vec4<f32>, 2>(lo[5] + lo[6], hi[5] + hi[6]);
    let d3 = array<vec4<f32>, 2>(lo[5] - lo[6], hi[5] - hi[6]);
    let z0 = array<vec4<f32>, 2>(lo[0], hi[0]);
    let z7 = array<vec4<f32>, 2>(lo[7], hi[7]);
    let n1 = select(1.0, -2.0 / 9.0, p.scaled == 1u);
    let n2 = select(1.0, 1.0 / 90.0, p.scaled == 1u);
    let n3 = select(1.0, 32.0 / 45.0, p.scaled == 1u);
    for (var i = 0u; i < rows; i++) {
      let odd = (i & 1u) == 1u;
      let b = n2 * f32(1u << i);
      let s = n3 / f32(1u << i);
      var r: array<vec4<f32>, 2>;
      for (var q = 0u; q < 2u; q++) {
        r[q] = n1 * select(e1[q], d1[q], odd) + b * select(e2[q], d2[q], odd) + s * select(e3[q], d3[q], odd)
          + select(0.0, 1.0, i == 0u) * z0[q] + select(0.0, 1.0, i + 1u == p.len) * z7[q];
      }
      let x1 = vec2<f32>(r[0].y + r[0].z, r[0].y - r[0].z);
      let x2 = vec2<f32>(r[0].w + r[1].x, r[0].w - r[1].x);
      let x3 = vec2<f32>(r[1].y + r[1].z, r[1].y - r[1].z);
      for (var j = 0u; j < cols; j++) {
        let k = j & 1u;
        let c = f32(1u << j);
        let v = n1 * select(x1.x, x1.y, k == 1u) + n2 * c * select(x2.x, x2.y, k == 1u) + n3 * select(x3.x, x3.y, k == 1u) / c
          + select(0.0, r[0].x, j == 0u) + select(0.0, r[1].w, j + 1u == p.len);
        let o = dst + i * p.w + j;
        out[o] = epilogue(v, o);
      }
    }
  }
}
