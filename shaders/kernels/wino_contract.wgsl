// uses: gathered
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
  // 8, see gathered
  let eight = 8u + (p.grid_x >> 31u);
  var d = gathered(wid.z * p.a_batch + f * p.a_f + t, p.a_point, eight);
  let dst = wid.z * p.o_batch + (f / p.f_inner) * p.o_outer + (f % p.f_inner) * p.o_f + n * p.o_n + ty * p.len * p.w + tx * p.len;
  let norm = denominators(p.scaled == 1u);
  for (var i = 0u; i < rows; i++) {
    let r = powers_along(&d, powers(i, p.len - 1u, norm));
    for (var j = 0u; j < cols; j++) {
      let o = dst + i * p.w + j;
      out[o] = epilogue(dot8(powers(j, p.len - 1u, norm), r), o);
    }
  }
}
