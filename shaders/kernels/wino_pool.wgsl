// uses: gathered
// wino_contract for a convolution with a bias per channel and maxima over blocks of 2 x 2 behind it, so that y is never written out: patches of an
// even len, oh and ow even, bias[b, f] by bias_batch. out and index are y pooled, [b, n, f, oh/2, ow/2], index counting in the plane before.
struct Params {
  grid_x: u32, grid_z: u32, batch: u32, bias_batch: u32,
  f: u32, n: u32, len: u32, oh: u32, ow: u32, tiles_y: u32, tiles_x: u32,
  a_batch: u32, a_point: u32, a_f: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;
@group(0) @binding(4) var<storage, read_write> index: array<u32>;

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
  let rows = min(p.len, p.oh - ty * p.len);
  let cols = min(p.len, p.ow - tx * p.len);
  // 8, see gathered
  let eight = 8u + (p.grid_x >> 31u);
  var d = gathered(wid.z * p.a_batch + f * p.a_f + t, p.a_point, eight);
  let start = bias[wid.z * p.bias_batch + f];
  let plane = ((wid.z * p.n + n) * p.f + f) * (p.oh / 2u) * (p.ow / 2u);
  let last = p.len - 1u;
  let one = denominators(false);
  for (var i = 0u; i < rows; i += 2u) {
    // two rows of the patch, at the eight points along x
    let r = powers_along(&d, powers(i, last, one));
    let s = powers_along(&d, powers(i + 1u, last, one));
    for (var j = 0u; j < cols; j += 2u) {
      let even = powers(j, last, one);
      let odd = powers(j + 1u, last, one);
      let v = vec4<f32>(dot8(even, r), dot8(odd, r), dot8(even, s), dot8(odd, s));
      let best = max(v.xz, v.yw);
      let y = ty * p.len + i;
      let x = tx * p.len + j;
      let q = y * p.ow + x;
      let o = plane + (y / 2u) * (p.ow / 2u) + x / 2u;
      out[o] = epilogue(start + max(best.x, best.y), o);
      index[o] = select(q + select(0u, 1u, v.y > v.x), q + p.ow + select(0u, 1u, v.w > v.z), best.y > best.x);
    }
  }
}
