// uses:
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

fn epilogue(v: f32, i: u32) -> f32 { return v; }

// Row i of A by eight rows of numbers: even and odd parts at +-1, +-2, +-1/2.
fn along(i: u32, r: array<vec4<f32>, 8>) -> vec4<f32> {
  let odd = select(1.0, -1.0, (i & 1u) == 1u);
  let b = f32(1u << i);
  return (r[1] + odd * r[2]) + b * (r[3] + odd * r[4]) + (r[5] + odd * r[6]) / b + select(0.0, 1.0, i == 0u) * r[0] + select(0.0, 1.0, i + 1u == p.len) * r[7];
}

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
  // eight, but not known to the compiler: rows shift through registers in a loop that stays a loop, which compiles ten times faster
  let eight = 8u + (p.grid_x >> 31u);
  let bi = wid.z;
  let start = bias[bi * p.bias_batch + f];
  let plane = ((bi * p.n + n) * p.f + f) * (p.oh / 2u) * (p.ow / 2u);
  var lo = array<vec4<f32>, 8>();
  var hi = array<vec4<f32>, 8>();
  var at = bi * p.a_batch + f * p.a_f + t;
  for (var i = 0u; i < eight; i++) {
    for (var j = 0u; j < 7u; j++) {
      lo[j] = lo[j + 1u];
      hi[j] = hi[j + 1u];
    }
    var r = array<f32, 8>();
    for (var j = 0u; j < 8u; j++) { r[j] = a[at + j * p.a_point]; }
    at += 8u * p.a_point;
    lo[7] = vec4<f32>(r[0], r[1], r[2], r[3]);
    hi[7] = vec4<f32>(r[4], r[5], r[6], r[7]);
  }
  for (var i = 0u; i < rows; i += 2u) {
    // two rows of the patch, at the eight points along x
    let l0 = along(i, lo);
    let h0 = along(i, hi);
    let l1 = along(i + 1u, lo);
    let h1 = along(i + 1u, hi);
    for (var j = 0u; j < cols; j += 2u) {
      // both rows at column j, and at column j + 1
      let even = vec2<f32>(l0.x, l1.x) * select(0.0, 1.0, j == 0u)
        + vec2<f32>(l0.y + l0.z, l1.y + l1.z) + f32(1u << j) * vec2<f32>(l0.w + h0.x, l1.w + h1.x) + vec2<f32>(h0.y + h0.z, h1.y + h1.z) / f32(1u << j);
      let odd = vec2<f32>(h0.w, h1.w) * select(0.0, 1.0, j + 2u == p.len)
        + vec2<f32>(l0.y - l0.z, l1.y - l1.z) + f32(2u << j) * vec2<f32>(l0.w - h0.x, l1.w - h1.x) + vec2<f32>(h0.y - h0.z, h1.y - h1.z) / f32(2u << j);
      let best = max(even, odd);
      let y = ty * p.len + i;
      let x = tx * p.len + j;
      let q = y * p.ow + x;
      let o = plane + (y / 2u) * (p.ow / 2u) + x / 2u;
      out[o] = epilogue(start + max(best.x, best.y), o);
      index[o] = select(q + select(0u, 1u, odd.x > even.x), q + p.ow + select(0u, 1u, odd.y > even.y), best.y > best.x);
    }
  }
}
